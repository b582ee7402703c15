"""The job file as a frozen model: every setting has a unit, a default and a sentence.

In: the text of a job file. Out: ``Job``. Never: reads data, touches the disk.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from printstream.addressing import AddressChecks
from printstream.base.model import LabelLine
from printstream.base.model import LengthMpt as LengthMpt
from printstream.base.model import Model as Model
from printstream.base.model import Name as Name
from printstream.base.model import RelativePath as RelativePath
from printstream.base.model import Slug as Slug
from printstream.envelope import MAX_INSERTS, MAX_POCKETS, Household, Insert, Matching, Percent
from printstream.imposition import Mark, Scheme, load_scheme
from printstream.inputs import DetailsInput as DetailsInput
from printstream.inputs import DocumentsInput as DocumentsInput
from printstream.inputs import DocumentType, InputSettings, types_fault
from printstream.inputs import Rules as Rules
from printstream.mailer import MailDat, MailerId, Papers, Placards, TrayLabels, maildat_fault
from printstream.postal import (
    AustraliaPost,
    DeutschePost,
    JapanPost,
    Kix,
    Mailmark,
    Mailmark2d,
    Planet,
    Rm4scc,
    Serials,
    post_fault,
)
from printstream.standards import Archive, OutputIntent, Records, StandardName, order_fault
from printstream.ticketing import JobTicket


class AddressSettings(Model):
    """Which columns hold the recipient's address."""

    lines: tuple[Name, ...] = Field(min_length=1, max_length=6)
    """Columns printed above the city line, in order; the first is the recipient and must not be empty."""
    street: Name
    """The delivery line among them that must not be empty."""
    city: Name | None = None
    """City column; with `checks`, city, state and code may all be left out: they are read from the last of the lines."""
    state: Name | None = None
    """Two-letter state column; US addresses need it."""
    zip5: Name | None = None
    """Five-digit ZIP column of US addresses."""
    plus4: Name | None = None
    """ZIP+4 add-on column of US addresses."""
    delivery_point: Name | None = None
    """Two-digit delivery point column of US addresses."""
    postal_code: Name | None = None
    """Postal code column of another post's addresses, in the place of zip5."""
    form: Slug | None = None
    """What these codes look like: ca, cn, de, gb, prefix, us, or a file of the job's own forms folder."""
    checks: AddressChecks | None = None
    """Judge addresses before anything is laid out; where absent, ingest rejects what has no name, street or code."""

    @model_validator(mode="after")
    def _one_post(self) -> AddressSettings:
        if self.checks is not None and not (self.city or self.state or self.zip5 or self.postal_code):
            return self  # read from the last line
        if self.city is None:
            msg = "an address has city; only with address.checks may city, state and code all be left out"
            raise ValueError(msg)
        if self.checks is not None and (self.checks.home == "us") != (self.zip5 is not None):
            msg = "address.checks.home is us where the address has zip5, and another where it has postal_code"
            raise ValueError(msg)
        if (self.zip5 is None) == (self.postal_code is None):
            msg = "an address has either zip5 (with state) or postal_code (with form)"
            raise ValueError(msg)
        if self.zip5 is not None and (self.state is None or self.form is not None):
            msg = "a US address has zip5 and state, and no form"
            raise ValueError(msg)
        if self.postal_code is not None and self.form is None:
            msg = "postal_code needs form, what the post's codes look like: ca, cn, de, gb, prefix, us, or your own"
            raise ValueError(msg)
        if self.postal_code is not None and (self.plus4 or self.delivery_point):
            msg = "plus4 and delivery_point belong to zip5, the address of the US"
            raise ValueError(msg)
        return self


class Stock(Model):
    """The paper."""

    name: str = "Letter 90 g/m2"
    """What the operator loads."""
    width: LengthMpt = 612_000
    """Width of a finished sheet."""
    height: LengthMpt = 792_000
    """Height of a finished sheet."""
    grammage_gsm: Annotated[int, Field(gt=0, le=1000)] = 90
    """Weight of the paper, g/m2."""
    caliper_um: Annotated[int, Field(gt=0, le=2000)] = 110
    """Thickness of one sheet, micrometres."""
    weight_tolerance_percent: Percent = 0
    """How much heavier a sheet may be (paper of ISO 536 grammage: commonly 4)."""
    thickness_tolerance_percent: Percent = 0
    """How much thicker a sheet may be."""


class StreamSettings(Model):
    """A class of pieces by sheets, weight and thickness, with its envelope and fold; the first that fits is taken."""

    name: Slug
    """Name of the stream."""
    max_sheets: Annotated[int, Field(gt=0)] | None = None
    """Most sheets of a piece in this stream; absent on the last stream: no limit."""
    max_weight_mg: Annotated[int, Field(gt=0)] | None = None
    """Heaviest piece of this stream, tolerances and all; inserts are left out rather than exceed it."""
    max_thickness_um: Annotated[int, Field(gt=0)] | None = None
    """Thickest piece of this stream, tolerances and all; inserts are left out rather than exceed it."""
    envelope: str = "#10 window"
    """What the operator loads."""
    envelope_weight_mg: Annotated[int, Field(ge=0)] = 4_700
    """Weight of the empty envelope, mg."""
    envelope_thickness_um: Annotated[int, Field(ge=0)] = 200
    """Thickness of the empty envelope, micrometres."""
    envelope_tolerance_percent: Percent = 0
    """How much heavier and thicker the envelope may be."""
    inner_width: LengthMpt | None = None
    """Inner width of the envelope; where both are known, the folded sheet is checked against them."""
    inner_height: LengthMpt | None = None
    """Inner height of the envelope."""
    folds: Annotated[int, Field(ge=0, le=3)] = 2
    """Parallel folds of the set: 2 for a C-fold, so three layers a sheet."""
    scheme: Slug | None = None
    """Presort scheme of the stream; absent means not presorted, single-piece price."""
    single: Slug = "us_fcm_single"
    """Single-piece prices of a stream without a scheme; a scheme names its own."""
    containers: Name | None = None
    """What the stream's trays travel in: a name in containers of its scheme, such as pallet; absent: not planned."""

    @model_validator(mode="after")
    def _containers_of_a_scheme(self) -> StreamSettings:
        if self.containers is not None and self.scheme is None:
            msg = f"stream {self.name}: containers needs a scheme, because trays travel in them; leave both out, or none"
            raise ValueError(msg)
        return self


POSTS = ("mailmark", "mailmark_2d", "rm4scc", "kix", "auspost", "japanpost", "planet", "dp_datamatrix")
"""Settings of the codes other than the Intelligent Mail barcode, by name in Mailing."""


class Mailing(Model):
    """What the post needs to know."""

    barcode: Literal[
        "imb",
        "mailmark_c",
        "mailmark_l",
        "mailmark_2d",
        "rm4scc",
        "kix",
        "auspost",
        "japanpost",
        "postnet",
        "planet",
        "dp_datamatrix",
        "none",
    ] = "imb"
    """The post's code on every piece; where the template puts it, see the address and postal blocks."""
    barcode_id: Annotated[str, Field(pattern=r"^[0-9][0-4]$")] = "00"
    """IMb barcode identifier, two digits, the second 0 to 4 (USPS-B-3200)."""
    service_type: Annotated[str, Field(pattern=r"^[0-9]{3}$")] = "300"
    """IMb service type identifier (STID), three digits; 300 is First-Class basic automation."""
    mailer_id: MailerId = "123456"
    """IMb mailer identifier: six digits starting 0 to 8, or nine starting 9."""
    first_serial: Annotated[int, Field(ge=0)] = 1
    """Serial, item or consignment number of the first piece, for all codes that have one; counts up in mailing order."""
    serials: Serials | None = None
    """Register of the serial numbers used; without it, every run starts at the first serial."""
    mailmark: Mailmark | None = None
    """Content of mailmark_c and mailmark_l."""
    mailmark_2d: Mailmark2d | None = None
    """Content of mailmark_2d."""
    rm4scc: Rm4scc | None = None
    """Content of rm4scc."""
    kix: Kix | None = None
    """Content of kix."""
    auspost: AustraliaPost | None = None
    """Content of auspost."""
    japanpost: JapanPost | None = None
    """Content of japanpost."""
    planet: Planet | None = None
    """Content of planet; postnet has the address's ZIP, add-on and delivery point."""
    dp_datamatrix: DeutschePost | None = None
    """Content of dp_datamatrix."""
    origin: LabelLine = "NEW YORK NY 100"
    """Line 3 of the tray labels: where the mail is entered."""
    papers: Papers = Papers()
    """Which papers for the post a run makes."""
    tray_labels: TrayLabels = TrayLabels()
    """What tray labels say, and their sheets."""
    placards: Placards = Placards()
    """What placards of pallets and other containers say besides."""
    maildat: MailDat | None = None
    """Makes a Mail.dat 25-1 file set; absent: none."""

    @model_validator(mode="after")
    def _one_post(self) -> Mailing:
        own = {name: getattr(self, name) for name in POSTS}
        registered = self.serials is not None
        fault = post_fault(self.barcode, own) or maildat_fault(
            self.maildat, self.barcode, self.service_type, registered=registered
        )
        if fault:
            raise ValueError(fault)
        return self


class Imposition(Model):
    """How pages lie on press sheets: a scheme, and what is different from it here."""

    scheme: Slug = "two_up_cut_and_stack"
    """Imposition scheme (printstream/impose/schemes; docs/imposition.md)."""
    sheet_width: LengthMpt = 1_296_000
    """Width of the press sheet, or of the roll."""
    sheet_height: LengthMpt = 864_000
    """Height of the press sheet, or of a frame of the roll."""
    crop_marks: bool = True
    """Draw the scheme's crop marks where the press sheet is larger than the trimmed pages."""
    columns: Annotated[int, Field(ge=1, le=64)] | None = None
    """Cells side by side."""
    rows: Annotated[int, Field(ge=1, le=64)] | None = None
    """Cells above each other."""
    turn: Literal["sideways", "over"] | None = None
    """How the press turns the sheet for its back: about its vertical or its horizontal axis."""
    rotate: tuple[Literal[0, 90, 180, 270], ...] | None = None
    """How cells are turned, counter-clockwise, cell after cell."""
    stack_depth: Annotated[int, Field(ge=0)] | None = None
    """Most press sheets that are cut at a time; 0: the whole spool."""
    split_pieces: bool | None = None
    """Whether a piece may lie in two stacks."""
    scale_percent: Annotated[int, Field(ge=10, le=400)] | None = None
    """Size of the pages on the press sheet."""
    gutter_x: LengthMpt | None = None
    """Between cells side by side."""
    gutter_y: LengthMpt | None = None
    """Between cells above each other."""
    bleed: LengthMpt | None = None
    """How far pages may print beyond their trim."""
    creep: LengthMpt | None = None
    """How much the pages of each leaf further in move to the spine."""
    back_shift_x: LengthMpt | None = None
    """How far the back is moved to the right, to correct the press's register."""
    back_shift_y: LengthMpt | None = None
    """How far the back is moved up."""
    marks: tuple[Mark, ...] | None = None
    """What is printed beside the pages."""
    fold_every: Annotated[int, Field(ge=1, le=99)] | None = None
    """With skip_fold: the web is folded after every so many frames."""
    perforate: tuple[LengthMpt, ...] | None = None
    """With perforation: distances of lines across each page from its bottom."""

    def load(self) -> Scheme:
        """Load the scheme, with what is different here.

        Raises:
            JobError: when there is none of this name, or the changes do not fit it.
        """
        own = {"scheme", "sheet_width", "sheet_height", "crop_marks"}
        return load_scheme(self.scheme, self.model_dump(exclude=own, exclude_none=True))


class Inserter(Model):
    """What the inserter reads."""

    profile: Slug = "omr_basic"
    """Inserter mark profile (printstream/marks/profiles)."""
    own_profile: RelativePath | None = None
    """The shop's own mark profile, relative to the job's folder, instead of a shipped one (docs/inserters.md)."""
    job_code: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,8}$")] = "PS000001"
    """Job code in every Data Matrix, one to eight capitals and digits."""
    pockets: Annotated[int, Field(ge=0, le=MAX_POCKETS)] = 4
    """Pockets for inserts."""
    max_inserts: Annotated[int, Field(ge=0)] | None = None
    """Most inserts of a piece; as many as there are pockets where absent."""
    files: tuple[Slug, ...] = ()
    """Control files beside each print file: shipped layouts (printstream/ticket/inserter_files)."""
    own_files: tuple[RelativePath, ...] = ()
    """Layouts of the shop's own control files, relative to the job's folder."""
    divert_over_mg: Annotated[int, Field(gt=0)] | None = None
    """Heavier pieces go to the divert bin, mg."""
    divert_over_um: Annotated[int, Field(gt=0)] | None = None
    """Thicker pieces go to the divert bin, micrometres."""


class SpoolSettings(Model):
    """How print files are cut and written. A new stream starts one in any case, and no piece lies in two."""

    sheets: Annotated[int, Field(gt=0)] = 5_000
    """Press sheets a spool; the cut comes at the tray boundary at or after this, never inside a piece."""
    at: Literal["tray", "piece"] = "tray"
    """Where spools may be cut; a tray that is larger than a limit is cut between two pieces."""
    each: tuple[Name, ...] = ()
    """Columns of the documents (a client, a stock, an inserter class): a new value in mailing order starts a new spool."""
    weight_bands_mg: tuple[Annotated[int, Field(gt=0)], ...] = ()
    """Rising weights: a piece of another band than the one before starts a new spool."""
    most_pieces: Annotated[int, Field(gt=0)] | None = None
    """Most pieces of a spool."""
    most_trays: Annotated[int, Field(gt=0)] | None = None
    """Most trays of a spool; 1: a spool a tray."""
    most_bytes: Annotated[int, Field(gt=0)] | None = None
    """Most bytes of a spool, by what its pages are expected to take."""
    bytes_a_page: Annotated[int, Field(gt=0)] = 2_500
    """What a page is expected to take in the file; a run's report says what it took."""
    roll_length: LengthMpt | None = None
    """Longest web of a spool, leaders included: what a reel holds."""
    banner: bool = False
    """A sheet before each spool that says what it is."""
    tray_tags: bool = False
    """A sheet before each tray with the text of its label."""
    break_sheets: Annotated[int, Field(gt=0)] | None = None
    """After so many sheets a slip at the next tray tells the operator that this is a good place to stop."""
    end_slip: bool = False
    """A sheet behind each spool that says that it is complete."""
    reel_start: Annotated[int, Field(ge=0, le=1000)] = 0
    """Press sheets, or frames of the roll, that lead in."""
    reel_end: Annotated[int, Field(ge=0, le=1000)] = 0
    """Press sheets, or frames of the roll, that lead out."""
    standard: tuple[StandardName, ...] = ()
    """Standards that print files follow: pdfx4; pdfvt1, which is pdfx4 with a record a piece and wants unimposed pages."""
    output_intent: OutputIntent = OutputIntent()
    """The printing condition that they are made for; where it says nothing, the shipped cmyk-tr001."""
    records: Records = Records()
    """What a PDF/VT record says of its piece."""

    @property
    def has_own_sheets(self) -> bool:
        """Whether sheets of the shop's own, with text, are printed."""
        slips = self.banner or self.tray_tags or self.end_slip or self.break_sheets is not None
        return slips or self.reel_start > 0 or self.reel_end > 0


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
    rules: Rules = Rules()
    """Derived fields and decisions."""
    template: RelativePath = "template.yaml"
    """The template, relative to the job's folder; a job of several types has those of its types."""
    types: tuple[DocumentType, ...] = ()
    """Types of documents that share envelopes, in the order in which they lie there; absent: one type, by template."""
    matching: Matching = Matching()
    """How documents of several types come together."""
    stock: Stock = Stock()
    """The paper."""
    streams: tuple[StreamSettings, ...] = (StreamSettings(name="letter", scheme="us_fcm_letters"),)
    """Classes of pieces, by rising sheet count; the last takes the rest."""
    household: Household | None = None
    """Which documents share an envelope; each has its own where absent."""
    inserts: tuple[Insert, ...] = Field(default=(), max_length=MAX_INSERTS)
    """Leaflets that the inserter adds."""
    diverted: StreamSettings | None = None
    """Stream of the documents that the address policy diverts, whatever their sheets; not presorted."""
    mailing: Mailing = Mailing()
    """What the post needs to know."""
    imposition: Imposition = Imposition()
    """How pages lie on press sheets."""
    inserter: Inserter = Inserter()
    """What the inserter reads."""
    spool: SpoolSettings = SpoolSettings()
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
    def _code_has_its_address(self) -> Job:
        barcode, address = self.mailing.barcode, self.address
        # Whole lines, with neither of the columns, are read by the address room.
        american = address.zip5 or (address.city is None and address.checks and address.checks.home == "us")
        if barcode in ("imb", "postnet") and not american:
            msg = f"the barcode {barcode} needs address.zip5; choose another mailing.barcode, or none"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _records_have_their_pages(self) -> Job:
        if "pdfvt1" not in self.spool.standard:
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
    def _types_fit(self) -> Job:
        fault = types_fault(self.types, self.input)
        if fault is None and self.types and "template" in self.model_fields_set:
            fault = "a job of several types has their templates, and no template of its own"
        if fault is None and self.types and self.address.checks is not None:
            fault = "address.checks judges jobs of one type only; take types or address.checks away"
        if fault is not None:
            raise ValueError(fault)
        return self

    @model_validator(mode="after")
    def _streams_rise(self) -> Job:
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
    def _sheets_fit_envelopes(self) -> Job:
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
    def _inserts_differ(self) -> Job:
        names = [insert.name for insert in self.inserts]
        if len(set(names)) != len(names):
            msg = "inserts must have different names"
            raise ValueError(msg)
        if names and self.inserter.pockets == 0:
            msg = "there are inserts, but the inserter has no pockets"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _ticket_names_exist(self) -> Job:
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
    def _diverted_go_somewhere(self) -> Job:
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
