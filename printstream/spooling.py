"""Print files and the inserter that reads their sheets, as settings of a job.

In: the parts of a job file below ``inserter`` and ``spool``. Out: models. Never: cuts a spool.
"""

from typing import Annotated, Literal

from pydantic import Field

from printstream.base.model import LengthMpt, Model, Name, RelativePath, Slug
from printstream.envelope import MAX_POCKETS
from printstream.standards import OutputIntent, Records, StandardName


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
    output_intent: OutputIntent = OutputIntent.preset()
    """The printing condition that they are made for; where it says nothing, the shipped cmyk-tr001."""
    records: Records = Records.preset()
    """What a PDF/VT record says of its piece."""

    @property
    def has_records(self) -> bool:
        """Whether print files say of each piece what it is."""
        return "pdfvt1" in self.standard

    @property
    def has_own_sheets(self) -> bool:
        """Whether sheets of the shop's own, with text, are printed."""
        slips = self.banner or self.tray_tags or self.end_slip or self.break_sheets is not None
        return slips or self.reel_start > 0 or self.reel_end > 0
