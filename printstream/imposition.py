"""Imposition schemes as data: how pages lie on press sheets, and what cutter and folder do with them.

In: the name of a shipped scheme, changes of its settings. Out: ``Scheme``. Never: places a page (room 6 does).
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from printstream.base.errors import JobError
from printstream.base.model import LengthMpt, Model, Slug
from printstream.base.yamlfile import load_model

Row = Annotated[str, Field(pattern=r"^[1-9][0-9]?r?( [1-9][0-9]?r?)*$")]
Angle = Literal[0, 90, 180, 270]
Mark = Literal[
    "crop", "fold", "perforation", "registration", "collating", "colour_bar", "text", "web", "skip_fold"
]
Positive = Annotated[int, Field(ge=1, le=64)]


class Unit(Model):
    """What the cutter leaves in one cell: a leaf, or a signature that is folded to one."""

    front: tuple[Row, ...] = ("1",)
    """Page numbers on the front: rows from the top, pages from the left; r: the page stands on its head."""
    back: tuple[Row, ...] = ("2",)
    """The same on the back, as it shows when the unit is turned about its vertical axis; empty: the back stays blank."""
    folds: tuple[Literal["left_behind", "top_behind"], ...] = ()
    """Folds in order: the left half goes behind the right one, or the top half behind the bottom one."""
    binding: Literal["none", "saddle", "perfect"] = "none"
    """saddle: all units of a piece are folded into each other; perfect: each is folded, then they lie one on the other."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        pages = sorted(page for page, *_ in (*grid_of(self.front), *grid_of(self.back)))
        if pages != list(range(1, len(pages) + 1)):
            msg = "front and back must hold the pages 1, 2, 3 ..., each once"
            raise ValueError(msg)
        shapes = {tuple(len(row.split()) for row in face) for face in (self.front, self.back) if face}
        if len(shapes) != 1 or len(set(next(iter(shapes)))) != 1:
            msg = "front and back must have the same rows and columns"
            raise ValueError(msg)
        if self.binding != "none" and (self.folds[-1:] != ("left_behind",) or len(pages) % 4):
            msg = "a bound unit has a multiple of four pages and is folded at the spine last: left_behind"
            raise ValueError(msg)
        return self

    @property
    def pages(self) -> int:
        """Pages of a unit."""
        return len(grid_of(self.front)) + len(grid_of(self.back))

    @property
    def columns(self) -> int:
        """Pages side by side on a face."""
        return len(self.front[0].split())

    @property
    def rows(self) -> int:
        """Pages above each other on a face."""
        return len(self.front)


def grid_of(face: tuple[str, ...]) -> list[tuple[int, int, int, bool]]:
    """Page, row, column, whether it stands on its head, of all pages of a face."""
    return [
        (int(word.rstrip("r")), i, j, word.endswith("r"))
        for i, row in enumerate(face)
        for j, word in enumerate(row.split())
    ]


class Scheme(Model):
    """A scheme: what stands in a cell, where the cells are, in which order they come out."""

    format: Literal["printstream-imposition/1"]
    """Version of this file's form."""
    name: Slug
    """Name by which jobs choose it."""
    title: str
    """What it is, in a sentence."""
    finishing: str
    """What is done with the printed sheets, for the work order."""
    unit: Unit = Unit.preset()
    """What a cell holds."""
    columns: Positive = 1
    """Cells side by side."""
    rows: Positive = 1
    """Cells above each other."""
    order: Literal["sheets", "stacks", "column_stacks", "copies"] = "sheets"
    """sheets: cell after cell, sheet after sheet. stacks: every cell of the cut sheets is a stack; they are laid one on the
    other, the first on top. column_stacks: every column is one, its cells from the top. copies: every cell has the same."""
    turned_over: tuple[int, ...] = ()
    """Cells, counted from 1, whose stacks run backwards and are turned over about their vertical axis after the cut."""
    rotate: tuple[Angle, ...] = (0,)
    """How cells are turned, counter-clockwise, cell after cell; repeated to the last."""
    turn: Literal["sideways", "over"] = "sideways"
    """How the press turns the sheet for its back: about its vertical or its horizontal axis."""
    split_pieces: bool = False
    """Whether a piece may lie in two stacks."""
    stack_depth: Annotated[int, Field(ge=0)] = 0
    """Most press sheets that are cut at a time; every lift of so many runs in order by itself. 0: the whole spool."""
    web: bool = False
    """Whether it is printed on a roll: a press sheet is a frame of the web, and frames join without a gap."""
    scale_percent: Annotated[int, Field(ge=10, le=400)] = 100
    """Size of the pages on the press sheet."""
    gutter_x: LengthMpt = 0
    """Between cells side by side."""
    gutter_y: LengthMpt = 0
    """Between cells above each other."""
    spine: LengthMpt = 0
    """Between the pages of a unit at the fold that becomes the spine: what the binder mills off."""
    head: LengthMpt = 0
    """Between the pages of a unit at folds across the spine, which are trimmed off."""
    creep: LengthMpt = 0
    """How much further out a leaf of a bound piece lies than the one around it: its pages move to the spine by so much."""
    bleed: LengthMpt = 0
    """How far pages may print beyond their trim; half a gutter at most where two cells meet."""
    shift_x: LengthMpt = 0
    """How far to the right of the middle the front's cells stand."""
    shift_y: LengthMpt = 0
    """How far above the middle the front's cells stand."""
    back_shift_x: LengthMpt = 0
    """How far the back is moved to the right, to correct the press's register."""
    back_shift_y: LengthMpt = 0
    """How far the back is moved up."""
    marks: tuple[Mark, ...] = ("crop",)
    """What is printed beside the pages: crop, fold, perforation, registration, collating, colour_bar, text, web (the
    cutter's eye mark on every frame), skip_fold (frames at whose end the web is folded)."""
    fold_every: Annotated[int, Field(ge=1, le=99)] = 1
    """With skip_fold: the web is folded after every so many frames."""
    perforate: tuple[LengthMpt, ...] = ()
    """With perforation: distances of lines across each page from its bottom."""

    @model_validator(mode="after")
    def _cells(self) -> Self:
        cells = self.columns * self.rows
        if any(not 1 <= cell <= cells for cell in self.turned_over):
            msg = f"turned_over names a cell that is not among the {cells}"
            raise ValueError(msg)
        if self.turned_over and (self.order != "stacks" or not self.unit.back):
            msg = "only stacks with printed backs can be turned over"
            raise ValueError(msg)
        if self.order == "copies" and self.stack_depth:
            msg = "copies have no stack_depth"
            raise ValueError(msg)
        if any(a % 180 != self.rotate[0] % 180 for a in self.rotate):
            msg = "cells must all stand upright, or all lie on their side"
            raise ValueError(msg)
        return self

    @property
    def cells(self) -> int:
        """Cells of a press sheet."""
        return self.columns * self.rows

    @property
    def faces(self) -> int:
        """Printed faces of a leaf, and of a press sheet: 2, or 1 where backs stay blank."""
        return 2 if self.unit.back else 1

    def leaves(self, pages: int) -> int:
        """Leaves of a piece with so many pages, blank ones that its binding needs included."""
        unit = self.unit.pages
        return -(-pages // unit) * unit // self.faces


def scheme_names() -> tuple[str, ...]:
    """All shipped schemes."""
    return tuple(sorted(path.stem for path in _folder().glob("*.yaml")))


def load_scheme(name: str, changes: Mapping[str, Any] | None = None) -> Scheme:
    """Load a shipped scheme, with some of its settings changed.

    Raises:
        JobError: when there is none of this name, or the changes do not fit it.
    """
    scheme = _shipped(name)
    if not changes:
        return scheme
    try:
        return scheme_of({**scheme.model_dump(exclude_unset=True), **changes})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        msg = f"scheme {name!r} cannot be changed so: {first['msg'].removeprefix('Value error, ')}"
        raise JobError(
            msg, where=f"imposition.{place}".rstrip("."), next_step="See docs/imposition.md"
        ) from None


def scheme_of(values: Mapping[str, Any]) -> Scheme:
    """Make a scheme of plain data whose lengths may be millipoints."""
    return Scheme.model_validate(_as_written(values))


@cache
def _shipped(name: str) -> Scheme:
    path = _folder() / f"{name}.yaml"
    if not path.is_file():
        msg = f"there is no imposition scheme {name!r}"
        raise JobError(msg, where="imposition.scheme", next_step=f"Known are: {', '.join(scheme_names())}")
    return load_model(path, Scheme)


def _as_written(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as a file has them: lengths carry a unit."""
    lengths = {name for name, info in Scheme.model_fields.items() if info.annotation is int and info.metadata}
    lengths -= {"columns", "rows", "stack_depth", "scale_percent", "fold_every"}
    written = dict(values)
    for name in lengths & values.keys():
        if isinstance(values[name], int):
            written[name] = f"{Decimal(values[name]) / 1000}pt"
    if "perforate" in values:
        written["perforate"] = [
            f"{Decimal(v) / 1000}pt" if isinstance(v, int) else v for v in values["perforate"]
        ]
    return written


def _folder() -> Path:
    return Path(str(resources.files("printstream") / "impose" / "schemes"))


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
