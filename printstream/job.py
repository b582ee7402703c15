"""The job file as a frozen model: every setting has a unit, a default and a sentence.

In: the text of a job file. Out: ``Job``. Never: reads data, touches the disk.

Each part of the file has its models in a module of its own; what must fit together is checked here.
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from printstream.addressing import AddressSettings as AddressSettings
from printstream.base.model import LengthMpt as LengthMpt
from printstream.base.model import Model as Model
from printstream.base.model import Name as Name
from printstream.base.model import RelativePath as RelativePath
from printstream.base.model import Slug as Slug
from printstream.envelope import MAX_INSERTS, Household, Insert, Matching
from printstream.imposition import Imposition as Imposition
from printstream.inputs import DetailsInput as DetailsInput
from printstream.inputs import DocumentsInput as DocumentsInput
from printstream.inputs import DocumentType, types_fault
from printstream.inputs import InputSettings as InputSettings
from printstream.inputs import Rules as Rules
from printstream.mailing import Mailing as Mailing
from printstream.materials import Stock as Stock
from printstream.materials import StreamSettings as StreamSettings
from printstream.spooling import Inserter
from printstream.spooling import SpoolSettings as SpoolSettings
from printstream.standards import Archive, order_fault
from printstream.ticketing import JobTicket


class Job(Model):
    """A work order: what is read, how it looks, how it is mailed, printed and inserted."""

    format: Literal["printstream-job/1"]
    """Version of this file's form."""
    name: Slug
    """Short name; the run folder is out/<name>/<run-id>."""
    title: str
    """Title of the print files."""
    production_date: date
    """Date on the statement's mailing papers and in the print files; a setting, so that runs repeat."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of everything drawn by lot."""
    input: InputSettings
    """What is read."""
    address: AddressSettings
    """Which columns hold the address."""
    rules: Rules = Rules.preset()
    """Derived fields and decisions."""
    template: RelativePath = "template.yaml"
    """The template, relative to the job's folder; a job of several types has those of its types."""
    types: tuple[DocumentType, ...] = ()
    """Types of documents that share envelopes, in the order in which they lie there; absent: one type, by template."""
    matching: Matching = Matching.preset()
    """How documents of several types come together."""
    stock: Stock = Stock.preset()
    """The paper."""
    streams: tuple[StreamSettings, ...] = (StreamSettings.preset(name="letter", scheme="us_fcm_letters"),)
    """Classes of pieces, by rising sheet count; the last takes the rest."""
    household: Household | None = None
    """Which documents share an envelope; each has its own where absent."""
    inserts: tuple[Insert, ...] = Field(default=(), max_length=MAX_INSERTS)
    """Leaflets that the inserter adds."""
    diverted: StreamSettings | None = None
    """Stream of the documents that the address policy diverts, whatever their sheets; not presorted."""
    mailing: Mailing = Mailing.preset()
    """What the post needs to know."""
    imposition: Imposition = Imposition.preset()
    """How pages lie on press sheets."""
    inserter: Inserter = Inserter.preset()
    """What the inserter reads."""
    spool: SpoolSettings = SpoolSettings.preset()
    """How print files are cut and written."""
    archive: Archive | None = None
    """Makes files for the archive besides (docs/standards-pdf.md); absent: none."""
    ticket: JobTicket | None = None
    """A job ticket beside each print file; none where absent."""

    @property
    def has_control_text(self) -> bool:
        """Whether press sheets carry text beside the pages."""
        return self.spool.has_own_sheets or "text" in self.imposition.load().marks

    @model_validator(mode="after")
    def _code_has_its_address(self) -> Self:
        barcode, address = self.mailing.barcode, self.address
        # Whole lines, with neither of the columns, are read by the address room.
        american = address.zip5 or (address.city is None and address.checks and address.checks.home == "us")
        if barcode in ("imb", "postnet") and not american:
            msg = f"the barcode {barcode} needs address.zip5; choose another mailing.barcode, or none"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _records_have_their_pages(self) -> Self:
        if not self.spool.has_records:
            return self
        sheet = self.imposition.sheet_width, self.imposition.sheet_height
        fault = order_fault(self.imposition.load(), sheet, (self.stock.width, self.stock.height))
        if fault is None and self.spool.has_own_sheets:
            fault = "sheets of the shop's own (banner, tags, slips, leaders) belong to no piece"
        if fault is not None:
            msg = f"pdfvt1 needs a file whose pages are the pieces' pages in order; {fault}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _types_fit(self) -> Self:
        fault = types_fault(self.types, self.input)
        if fault is None and self.types and "template" in self.model_fields_set:
            fault = "a job of several types has their templates, and no template of its own"
        if fault is None and self.types and self.address.checks is not None:
            fault = "address.checks judges jobs of one type only; take types or address.checks away"
        if fault is not None:
            raise ValueError(fault)
        return self

    @model_validator(mode="after")
    def _streams_rise(self) -> Self:
        limits = [s.max_sheets for s in self.streams]
        if not limits or limits[-1] is not None or None in limits[:-1]:
            msg = "every stream but the last needs max_sheets, and the last must not have it"
            raise ValueError(msg)
        rising = [m for m in limits if m is not None]
        if rising != sorted(set(rising)) or len({s.name for s in self.streams}) != len(self.streams):
            msg = "streams must have different names and rising max_sheets"
            raise ValueError(msg)
        last = self.streams[-1]
        if last.max_weight_mg is not None or last.max_thickness_um is not None:
            msg = "the last stream takes the rest, so it must have neither max_weight_mg nor max_thickness_um"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _sheets_fit_envelopes(self) -> Self:
        for stream in self.streams:
            folded = self.stock.height / (stream.folds + 1)
            if stream.inner_width is None or stream.inner_height is None:
                continue
            least, most = sorted((stream.inner_width, stream.inner_height))
            if min(self.stock.width, folded) > least or max(self.stock.width, folded) > most:
                msg = f"stream {stream.name}: a sheet with {stream.folds} folds does not fit into {stream.envelope}"
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _inserts_differ(self) -> Self:
        names = [insert.name for insert in self.inserts]
        if len(set(names)) != len(names):
            msg = "inserts must have different names"
            raise ValueError(msg)
        if names and self.inserter.pockets == 0:
            msg = "there are inserts, but the inserter has no pockets"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _ticket_names_exist(self) -> Self:
        if self.ticket is None:
            return self
        streams = {s.name for s in (*self.streams, *([self.diverted] if self.diverted else []))}
        inserts = {insert.name for insert in self.inserts}
        for kind, given, known in (
            ("stream", self.ticket.envelope_ids, streams),
            ("insert", self.ticket.insert_ids, inserts),
        ):
            for name in sorted(given.keys() - known):
                msg = f"the ticket has a product number for the {kind} {name!r}, which the job has not"
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _diverted_go_somewhere(self) -> Self:
        policy = self.address.checks.policy if self.address.checks is not None else None
        if self.diverted is None:
            if policy is not None and "divert" in policy.model_dump().values():
                msg = "the address policy diverts documents, and there is no stream `diverted` for them"
                raise ValueError(msg)
        elif (
            self.diverted.max_sheets is not None
            or self.diverted.scheme is not None
            or self.diverted.name in {s.name for s in self.streams}
        ):
            msg = "the stream `diverted` needs a name of its own, and takes neither max_sheets nor a scheme"
            raise ValueError(msg)
        return self
