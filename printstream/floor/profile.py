"""What an inserter can read: a track of marks, codes, counters and tables.

In: what floor.profilefile makes of a profile. Out: ``ReadProfile``. Never: uses the printing side's model of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field, replace

from printstream.base.errors import JobError
from printstream.base.frozen import frozen

ALWAYS = frozenset({"start", "safety", "timing"})
"""Marks that every sheet carries."""
ORDERS = frozenset(
    {*(f"insert_{pocket}" for pocket in range(1, 17)), "divert", "end_of_tray", "end_of_spool"}
)
"""What the machine is told to do with a piece."""
PLAIN = ALWAYS | ORDERS | {"absent", "begin_of_set", "end_of_set", "parity", "parity_odd"}
_NUMBERED = re.compile(r"(?P<owner>.+)_(?P<number>\d+)\Z")
NUMBERS = frozenset({"piece", "sheet", "sheets", "sheets_left", "inserts", "divert"})


@frozen
class Mark:
    """A mark of a track, or a bit of a character.

    Attributes:
        name: what it says.
        inverted: whether it is printed while the thing is not so.
        on: "first" or "last": it stands on that sheet of a set only.
    """

    name: str
    inverted: bool = False
    on: str = ""


@frozen
class Counter:
    """A counter: what it counts, from where to where, whether downwards."""

    counts: str
    first: int
    last: int
    down: bool = False

    @property
    def steps(self) -> int:
        """Values before it starts again."""
        return self.last - self.first + 1

    def step(self, value: int) -> int | None:
        """How far it has counted; None where it never has this value."""
        if not self.first <= value <= self.last:
            return None
        return self.last - value if self.down else value - self.first


@frozen
class Track:
    """A track of marks; lengths in mpt from the sheet's top left corner.

    Attributes:
        marks: what each mark says, the topmost first.
        on: the sheets of a set that have it: every, first, last.
    """

    marks: tuple[Mark, ...]
    left: int
    top: int
    pitch: int
    length: int
    thickness: int
    clear_side: int
    clear_above: int
    clear_below: int
    on: str = "every"

    @property
    def bottom(self) -> int:
        """Lower edge of the last mark."""
        return self.top + (len(self.marks) - 1) * self.pitch + self.thickness

    def box(self, mark: int) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of a mark."""
        top = self.top + mark * self.pitch
        return self.left, top, self.left + self.length, top + self.thickness


@frozen
class Item:
    """A part of a code's text.

    Attributes:
        kind: literal, job_code, value, bits, check.
        width: characters; 0: as many as come.
        word: the literal; the value's or counter's name; the check's rule.
        base: of a value.
        marks: of bits, the highest first.
    """

    kind: str
    width: int
    word: str = ""
    base: int = 10
    marks: tuple[Mark, ...] = ()


@frozen
class Code:
    """A code; lengths in mpt from the sheet's top left corner.

    Attributes:
        symbology: data_matrix, code39, interleaved_2of5.
        box: left, top, right, bottom of the symbol.
        quiet: free paper around it.
        ladder: whether bars lie one above the other.
        items: its text.
        on: the sheets of a set that have it: every, first, last.
    """

    symbology: str
    box: tuple[int, int, int, int]
    quiet: int
    ladder: bool
    items: tuple[Item, ...]
    on: str = "every"


@frozen
class ReadProfile:
    """What the machine reads.

    Attributes:
        name: the profile's.
        track: its marks; None: no head.
        codes: its codes; none: no camera.
        counters: by name.
        tables: rows for the single, first, middle and last sheet of a set, by name.
        unread: parts of the profile that the floor does not know.
        job_code: what the operator keyed in.
    """

    name: str
    track: Track | None
    codes: tuple[Code, ...]
    unread: tuple[str, ...]
    job_code: str
    counters: Mapping[str, Counter] = field(default_factory=dict)
    tables: Mapping[str, tuple[str, str, str, str]] = field(default_factory=dict)

    def only(self, heads: tuple[str, ...]) -> ReadProfile:
        """The same with some heads switched off.

        Raises:
            JobError: when nothing is left to read.
        """
        left = replace(
            self,
            track=self.track if "omr" in heads else None,
            codes=self.codes if "code" in heads else (),
        )
        if left.track is None and not left.codes:
            msg = f"profile {self.name!r} has nothing that the heads {', '.join(heads)} can read"
            raise JobError(msg, where="--heads", next_step="Choose among omr and code")
        if not left.tells_sets:
            msg = f"what the floor can read of profile {self.name!r} does not say where a set begins or ends"
            raise JobError(
                msg, where="--inserter", next_step="Choose another profile; docs/floor.md says what is read"
            )
        return left

    @property
    def words(self) -> frozenset[str]:
        """Names of all that marks, bits and values say."""
        marks = list(self.track.marks if self.track else ())
        marks += [mark for code in self.codes for item in code.items for mark in item.marks]
        values = {item.word for code in self.codes for item in code.items if item.kind == "value"}
        return frozenset({mark.name for mark in marks} | {owner_of(mark.name) for mark in marks} | values)

    @property
    def tells_first(self) -> bool:
        """Whether something that is read says that a sheet is the first of its set."""
        on = {carrier.on for carrier in (self.track, *self.codes) if carrier is not None}
        counted = {n for n, c in self.counters.items() if c.counts == "sheets_of_piece"}
        return bool(self.words & ({"begin_of_set", "sheet"} | counted | self.tables.keys())) or "first" in on

    @property
    def tells_last(self) -> bool:
        """Whether something that is read says that a sheet is the last of its set."""
        on = {carrier.on for carrier in (self.track, *self.codes) if carrier is not None}
        counted = {n for n, c in self.counters.items() if c.counts == "sheets_left"}
        told = {"end_of_set", "sheets_left"} | counted | self.tables.keys()
        return bool(self.words & told) or {"sheet", "sheets"} <= self.words or "last" in on

    @property
    def tells_sets(self) -> bool:
        """Whether something that is read says where sets begin or end."""
        return self.tells_first or self.tells_last

    @property
    def tells_piece(self) -> bool:
        """Whether a code has the number of the piece."""
        return any(item.word == "piece" for code in self.codes for item in code.items)


def owner_of(name: str) -> str:
    """Counter or table of a numbered mark, as ``sequence`` of ``sequence_4``; empty where there is none."""
    match = None if name in PLAIN else _NUMBERED.match(name)
    return match["owner"] if match else ""


def number_of(name: str) -> int:
    """Number at the end of a mark's name."""
    return int(name.rpartition("_")[2])
