"""Which PDF standards a job's files follow, and what they say for it.

In: nothing. Out: models. Never: reads a profile, writes a file (room 9 does).
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from printstream.base.model import Model, Name, RelativePath
from printstream.imposition import Scheme

StandardName = Literal["pdfx4", "pdfvt1"]
RecordField = Literal[
    "piece_id",
    "sequence",
    "documents",
    "sheets",
    "pages",
    "tray_id",
    "presort_level",
    "stream",
    "weight_mg",
    "thickness_um",
    "postal_code",
    "city",
    "state",
    "document_id",
]


class OutputIntent(Model):
    """The printing condition that a file is made for."""

    shipped: Literal["cmyk-tr001", "srgb"] | None = None
    """A shipped profile: cmyk-tr001 (CMYK, compatible with CGATS TR 001) or srgb."""
    profile: RelativePath | None = None
    """The shop's own ICC profile, relative to the job's folder: an output profile, or a display's for RGB and grey."""
    identifier: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    """Name of the printing condition, as its registry has it; with `profile`."""
    registry: Annotated[str, Field(max_length=200)] = "http://www.color.org"
    """The registry that knows the identifier; empty: none does."""
    condition: Annotated[str, Field(max_length=200)] = ""
    """The printing condition in words, for the operator."""

    @model_validator(mode="after")
    def _one_profile(self) -> Self:
        if self.shipped is not None and self.profile is not None:
            msg = "an output intent has either a shipped profile or the shop's own"
            raise ValueError(msg)
        if self.profile is not None and self.identifier is None:
            msg = "the shop's own profile needs identifier, the name of its printing condition"
            raise ValueError(msg)
        return self


class Records(Model):
    """What the document part metadata (PDF/VT) says of each piece; without personal data unless it is asked for."""

    fields: tuple[RecordField, ...] = ("piece_id", "sequence", "sheets", "pages", "tray_id", "postal_code")
    """Which of the run's columns; document_id is that of the piece's first document."""
    name: Name | None = None
    """Column of the documents that holds the recipient's name."""


class Archive(Model):
    """A second set of files for the archive: PDF/A-3, pages in reading order, whatever the imposition."""

    data: Literal["json", "none"] = "json"
    """What goes along with each document: its row of the manifest as an associated file, or nothing."""


def order_fault(scheme: Scheme, sheet_mpt: tuple[int, int], stock_mpt: tuple[int, int]) -> str | None:
    """Say why pages of the print file are not the pieces' pages in reading order; None where they are."""
    plain = scheme.cells == 1 and scheme.unit.pages == scheme.faces and scheme.order == "sheets"
    if not plain or scheme.web or scheme.rotate[0] or scheme.scale_percent != 100 or scheme.unit.folds:
        return f"scheme {scheme.name!r} imposes pages"
    if sheet_mpt != stock_mpt:
        return "the press sheet is not the size of the stock"
    return None
