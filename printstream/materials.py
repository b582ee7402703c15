"""Paper and envelopes as settings of a job: what the operator loads, and what mail goes into which envelope.

In: the parts of a job file below ``stock`` and ``streams``. Out: models. Never: weighs or sorts a piece.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from printstream.base.model import LengthMpt, Model, Name, Slug
from printstream.envelope import Percent


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
    def _containers_of_a_scheme(self) -> Self:
        if self.containers is not None and self.scheme is None:
            msg = f"stream {self.name}: containers needs a scheme, because trays travel in them; leave both out, or none"
            raise ValueError(msg)
        return self
