"""Inserter profiles as data: a file that says which marks a machine reads, where, and within what limits."""

from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from printstream.base.errors import JobError
from printstream.base.model import LengthMpt, Model, Name, Slug
from printstream.base.yamlfile import load_model

Mark = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(@(first|last))?$", max_length=48)]
Pattern = Annotated[str, Field(pattern=r"^[|.]{1,16}$")]


class Counter(Model):
    """A number that marks and codes count."""

    counts: Literal["sheets", "pieces", "sheets_of_piece", "sheets_left"]
    """Sheets or pieces of the run, sheets of the piece from its first, or those of it still to come."""
    first: Annotated[int, Field(ge=0)] = 0
    """Smallest value; 1 leaves zero out."""
    last: Annotated[int, Field(ge=0, lt=1 << 31)]
    """Largest value, after which it starts again."""
    direction: Literal["up", "down"] = "up"
    """From first to last, or from last to first."""

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.last <= self.first:
            msg = "last must be larger than first"
            raise ValueError(msg)
        return self


class Table(Model):
    """A shop's own table: what is printed on a sheet by its place in the set, ``|`` a mark, ``.`` none."""

    single: Pattern
    """The only sheet of a set."""
    first: Pattern
    """The first of several."""
    middle: Pattern
    """Neither first nor last."""
    last: Pattern
    """The last of several."""

    @model_validator(mode="after")
    def _even(self) -> Self:
        if len({len(row) for row in self.rows}) != 1:
            msg = "all four rows of a table must have the same number of places"
            raise ValueError(msg)
        return self

    @property
    def rows(self) -> tuple[str, str, str, str]:
        """The four rows."""
        return self.single, self.first, self.middle, self.last


class OmrTrack(Model):
    """The reading track."""

    marks: tuple[Mark, ...] = Field(min_length=1, max_length=32)
    """Marks in reading order: start, safety, timing, absent, begin_of_set, end_of_set, insert_1 ... insert_16, divert,
    end_of_tray, end_of_spool, parity, parity_odd, sequence_1, sequence_2, sequence_4 ... (bits of a counter), places of a
    table; not_ before a mark that is printed while the thing is not so; @first or @last behind one that stands on the first
    or last sheet of a set only."""
    reads: Literal["downwards", "upwards"] = "downwards"
    """Downwards: the first mark is the topmost."""
    sheets: Literal["every", "first", "last"] = "every"
    """Which sheets of a set have a track."""
    left: LengthMpt | None = None
    """From the sheet's left edge to the marks."""
    right: LengthMpt | None = None
    """From the marks to the sheet's right edge, instead of left."""
    top: LengthMpt
    """From the sheet's top edge to the uppermost mark."""
    pitch: LengthMpt
    """From mark to mark."""
    length: LengthMpt
    """Length of a mark."""
    thickness: LengthMpt
    """Thickness of a mark."""
    clear_side: LengthMpt
    """Free paper beside the marks, on the side of the text."""
    clear_above: LengthMpt
    """Free paper above the first mark (other marks of the profile excepted)."""
    clear_below: LengthMpt
    """Free paper below the last mark."""

    @model_validator(mode="after")
    def _one_edge(self) -> Self:
        if (self.left is None) == (self.right is None):
            msg = "give left or right, and not both"
            raise ValueError(msg)
        return self


class Matrix(Model):
    """A Data Matrix whose text is written like those of a template."""

    text: str
    """Content: literals and {job_code}, {piece}, {sheet}, {sheets}, {inserts}, with formats such as {piece:pad8}."""
    left: LengthMpt
    """From the sheet's left edge to the symbol."""
    top: LengthMpt
    """From the sheet's top edge to the symbol."""
    module: LengthMpt
    """Width of a module."""
    modules: Literal[10, 12, 14, 16, 18, 20, 22, 24, 26]
    """Modules a side, finder included (ISO/IEC 16022, table 7)."""
    quiet_modules: Annotated[int, Field(ge=1, le=10)] = 1
    """Free modules on all four sides; the standard asks for one."""


class Item(Model):
    """A part of a code's text; one of literal, value, bits and check."""

    literal: Annotated[str, Field(pattern=r"^([0-9A-Z. $/+%-]|\{job_code\})+$", max_length=24)] | None = None
    """Characters; {job_code} stands for the job's."""
    value: Name | None = None
    """A number: piece, sheet, sheets, sheets_left, inserts, divert, or a counter."""
    digits: Annotated[int, Field(ge=1, le=12)] | None = None
    """Digits of the number, filled up with zeros."""
    base: Literal[10, 16, 32, 36] | None = None
    """Base of the number, 10 where absent; digits are 0 to 9 and A to Z."""
    bits: Annotated[tuple[Mark, ...], Field(min_length=1, max_length=5)] | None = None
    """Up to five marks as one character, 0 to 9 and A to V; the first mark is the highest bit."""
    check: Literal["mod10", "mod43", "mod37_36"] | None = None
    """Check character over all before it: ISO/IEC 16390 annex A, ISO/IEC 16388 annex A, ISO/IEC 7064 MOD 37,36."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [k for k in ("literal", "value", "bits", "check") if getattr(self, k) is not None]
        if len(kinds) != 1:
            msg = "an item is one of literal, value, bits and check"
            raise ValueError(msg)
        if (self.value is None) != (self.digits is None) or (self.base is not None and self.value is None):
            msg = "a value, and nothing else, has digits and a base"
            raise ValueError(msg)
        return self


class Code(Model):
    """A code whose text is laid out item by item, of the same length on every sheet."""

    symbology: Literal["data_matrix", "code39", "interleaved_2of5"]
    """The carrier; bars have wide elements of three modules."""
    text: tuple[Item, ...] = Field(min_length=1, max_length=24)
    """The text, item by item."""
    sheets: Literal["every", "first", "last"] = "every"
    """Which sheets of a set have the code."""
    left: LengthMpt
    """From the sheet's left edge to the symbol."""
    top: LengthMpt
    """From the sheet's top edge to the symbol."""
    module: LengthMpt
    """Width of a module."""
    modules: Literal[10, 12, 14, 16, 18, 20, 22, 24, 26] | None = None
    """Modules a side of a Data Matrix, finder included (ISO/IEC 16022, table 7)."""
    height: LengthMpt | None = None
    """Height of bars."""
    orientation: Literal["picket_fence", "ladder"] = "picket_fence"
    """Bars stand side by side, or lie one above the other as steps of a ladder, the text running upwards."""
    quiet_modules: Annotated[int, Field(ge=1, le=30)] = 10
    """Free modules: on all sides of a Data Matrix, before and behind bars (10 at least)."""

    @model_validator(mode="after")
    def _form(self) -> Self:
        if (self.symbology == "data_matrix") != (self.modules is not None):
            msg = "a Data Matrix, and nothing else, has modules"
        elif (self.symbology == "data_matrix") == (self.height is not None):
            msg = "bars, and nothing else, have a height"
        elif self.symbology != "data_matrix" and self.quiet_modules < 10:
            msg = "bars need ten free modules before and behind"
        else:
            return self
        raise ValueError(msg)


class Limits(Model):
    """What the machine's manual allows; ``check`` refuses marks beyond. Absent: not known."""

    thickness: tuple[LengthMpt, LengthMpt] | None = None
    """Thinnest and thickest mark."""
    length: tuple[LengthMpt, LengthMpt] | None = None
    """Shortest and longest mark."""
    pitch: tuple[LengthMpt, LengthMpt] | None = None
    """Smallest and largest pitch."""
    positions: Annotated[int, Field(ge=1, le=32)] | None = None
    """Most places of the track."""
    track_length: LengthMpt | None = None
    """Longest track, from the first mark's upper to the last mark's lower edge."""
    top: LengthMpt | None = None
    """Least from the sheet's top edge to the first mark."""
    bottom: LengthMpt | None = None
    """Least from the last mark to the sheet's bottom edge."""
    centre: tuple[LengthMpt, LengthMpt] | None = None
    """Nearest and farthest from the sheet's centre line to the middle of the marks, left or right."""
    clear_side: LengthMpt | None = None
    """Least clear_side."""
    clear_along: LengthMpt | None = None
    """Least clear_above and clear_below."""
    module: tuple[LengthMpt, LengthMpt] | None = None
    """Smallest and largest module of a code."""
    code_height: LengthMpt | None = None
    """Least height of bars."""
    order: tuple[Mark, ...] = ()
    """The order that the machine prescribes; marks may be left out, and the rest moves up."""
    one_of: tuple[Mark, ...] = ()
    """Marks of which the track must have one at least."""
    at_an_end: Mark | None = None
    """A mark that must be the first or the last."""


class Profile(Model):
    """An inserter's marks."""

    format: Literal["printstream-inserter/1"]
    """Version of this file's form."""
    name: Slug
    """Name by which jobs choose it."""
    title: str
    """What it is."""
    extends: Slug | None = None
    """A shipped profile; what this file does not say stays as there."""
    confirmed: Literal["manual", "secondary", "own_choice"] = "own_choice"
    """Where order and limits come from: the machine's manual, somebody's account of it, or nowhere. No shipped profile was
    tried on a machine."""
    control: Literal["first", "last"] = "first"
    """The sheet of a set on which the address stands and which the machine takes its orders from; says how the set is to be
    collated, and is printed in the work order only."""
    omr: OmrTrack | None = None
    """The reading track."""
    matrix: Matrix | None = None
    """A Data Matrix whose text is written like those of a template."""
    codes: tuple[Code, ...] = Field(default=(), max_length=3)
    """Codes whose texts are laid out item by item."""
    counters: dict[Name, Counter] = Field(default_factory=dict)
    """Counters by name; ``sequence`` counts the run's sheets from 0 where it is not given."""
    tables: dict[Name, Table] = Field(default_factory=dict)
    """Tables by name."""
    limits: Limits = Limits.preset()
    """What the machine's manual allows."""


def shipped() -> dict[str, Path]:
    """Files of the shipped profiles by name."""
    folder = Path(str(resources.files("printstream.marks") / "profiles"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load_profile(name: str) -> Profile:
    """Load a shipped profile by name.

    Raises:
        JobError: when there is none.
    """
    files = shipped()
    if name not in files:
        msg = f"there is no inserter profile {name!r}"
        raise JobError(msg, where="job.inserter.profile", next_step=f"Known are: {', '.join(files)}")
    return _extended(load_model(files[name], Profile), files[name])


def load_own_profile(path: Path) -> Profile:
    """Load a shop's own profile, on top of the shipped one that it extends.

    Raises:
        JobError: when it is wrong.
    """
    return _extended(load_model(path, Profile), path)


def _extended(own: Profile, path: Path) -> Profile:
    if own.extends is None:
        return own
    if own.extends not in shipped() or own.extends == path.stem:
        msg = f"there is no inserter profile {own.extends!r} to extend"
        raise JobError(msg, where=str(path), next_step=f"Known are: {', '.join(shipped())}")
    base = load_profile(own.extends)
    return base.model_copy(update={key: getattr(own, key) for key in own.model_fields_set})
