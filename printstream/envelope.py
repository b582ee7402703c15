"""What goes into an envelope, as settings of a job: documents that share one, and inserts.

In: the parts of a job file below ``household`` and ``inserts``. Out: models. Never: reads data, decides.
"""

from typing import Annotated, Literal

from pydantic import Field

from printstream.base.model import Model, Slug

MAX_POCKETS = 16
"""Most pockets of an inserter."""
MAX_INSERTS = 32
"""Most inserts of a job: a document's wishes are the bits of one number."""

Percent = Annotated[int, Field(ge=0, le=50)]


class Household(Model):
    """Documents to the same addressee share an envelope."""

    same: tuple[str, ...] = ()
    """SQL expressions over the document's columns; documents share an envelope where all of them are equal. One that is
    NULL or empty leaves its document alone. The addressee must be the same in any case, see different_addressees; with no
    expression it alone decides."""
    different_addressees: Literal["part", "allow"] = "part"
    """Documents whose same-expressions are equal but whose addressees are not (address lines, city, state and postal code,
    capitals and blanks aside): part gives each addressee an envelope of its own, allow puts them into one and lists them in
    addressees.parquet."""
    apart: str | None = None
    """SQL expression: documents for which it is true, or NULL, travel alone."""
    order: tuple[str, ...] = ()
    """SQL expressions by which the documents of an envelope are ordered, ascending, NULL last; the input's order decides
    between equals. The first document's address shows in the window."""
    max_documents: Annotated[int, Field(ge=1)] | None = None
    """Most documents of an envelope; no limit where absent."""
    max_sheets: Annotated[int, Field(ge=1)] | None = None
    """Most sheets of an envelope with several documents; no limit where absent."""
    max_weight_mg: Annotated[int, Field(ge=1)] | None = None
    """Heaviest envelope with several documents, tolerances and all, without inserts; no limit where absent."""
    max_thickness_um: Annotated[int, Field(ge=1)] | None = None
    """Thickest envelope with several documents, tolerances and all, without inserts; no limit where absent."""
    keep_stream: bool = True
    """Whether documents share an envelope only where the piece stays in the stream of its largest document."""
    following_address: Literal["keep", "omit"] = "keep"
    """Whether documents behind the first show their address; the post's code stands on the first in any case."""
    duplex_sharing: Literal[False] = False
    """Whether a document may begin on the back of the one before; not supported, each starts on a new sheet."""


class Matching(Model):
    """Documents of several types with the same match share an envelope, whole, in the order of the types."""

    different_addressees: Literal["reject", "allow"] = "reject"
    """Documents of a match whose addressees differ (address lines, city, state and postal code, capitals and blanks aside):
    reject lets them all leave, allow mails them to the first one's and lists them in addressees.parquet."""
    following_address: Literal["keep", "omit"] = "keep"
    """Whether documents behind the first show their address; the post's code stands on the first in any case."""


class Insert(Model):
    """A leaflet that the inserter adds from a pocket."""

    name: Slug
    """Name on the pocket plan."""
    when: str = "TRUE"
    """SQL expression over the document's columns; a piece gets the insert where it is true for any of its documents."""
    priority: Annotated[int, Field(ge=0)] = 0
    """Inserts with a lower number go first where pockets, weight or room are short; equals as they are listed."""
    weight_mg: Annotated[int, Field(gt=0)]
    """Weight of one."""
    thickness_um: Annotated[int, Field(gt=0)]
    """Thickness of one, folded as it lies in the pocket."""
    tolerance_percent: Percent = 0
    """How much heavier and thicker one may be."""
    stock: Annotated[int, Field(ge=0)] | None = None
    """How many there are; pieces get them in the order of the input. No limit where absent."""
    pays_postage: bool = False
    """Whether the insert may lift a piece over a postage step, because somebody pays for it."""
