"""What a profile's marks reveal when sheets are missing, doubled or swapped, found by simulation.

In: what every sheet says. Out: for each fault, how often the marks reveal it, and how soon. Never: assumes a machine; the
reader here is the best one possible.

The reader knows nothing but the marks, and that a run begins with its first sheet. Of all runs that could give the sheets
read so far it keeps those left; when none is left, the fault is revealed. No machine that reads only marks can do better;
one with a file of the run (docs/inserters.md) also knows which pieces there are.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from printstream.base.frozen import frozen
from printstream.base.program import SheetMarks
from printstream.marks.words import SheetFacts, code_texts, sheet_words

PIECES, MOST_SHEETS = 14, 5
"""Pieces of a simulated run, and most sheets of one."""
_SHEETS = PIECES * MOST_SHEETS
_SPARE = 3
"""More pieces than there are may seem to be there."""

Sheet = tuple[int, int, int, int]
"""Number in the run and of the piece, from 0; number in the piece, from 1, and of how many."""


@frozen
class Outcome:
    """How often a fault is revealed.

    Attributes:
        trials: faults that were tried.
        revealed: those that the marks reveal at all.
        in_time: those revealed before the set that has the first wrong sheet is sealed: by its last sheet at the latest.
    """

    trials: int
    revealed: int
    in_time: int


class Reader:
    """The best possible reader of a profile's marks."""

    def __init__(self, marks: SheetMarks) -> None:
        self._said = _all_sayings(marks)

    def says(self, sheet: Sheet) -> int:
        """What a sheet says, as a number; sheets that say the same have the same one."""
        run, piece, number, sheets = sheet
        return int(self._said[run, piece, number - 1, sheets - 1])

    def revealed_at(self, read: Sequence[int]) -> int | None:
        """The place of the sheet at which no run is left that could give these; None where one is left."""
        left = {(0, 1, sheets) for sheets in range(1, MOST_SHEETS + 1)}
        for place, said in enumerate(read):
            left = {
                h
                for h in left
                if h[0] < PIECES + _SPARE and self._said[place, h[0], h[1] - 1, h[2] - 1] == said
            }
            if not left:
                return place
            left = {following for h in left for following in _following(h)}
        return None


def _following(sheet: tuple[int, int, int]) -> list[tuple[int, int, int]]:
    piece, number, sheets = sheet
    if number < sheets:
        return [(piece, number + 1, sheets)]
    return [(piece + 1, 1, count) for count in range(1, MOST_SHEETS + 1)]


def _all_sayings(marks: SheetMarks) -> NDArray[np.int64]:
    """What any sheet would say: int64[run, piece, number - 1, sheets - 1]; -1 where there is no such sheet."""
    shape = (_SHEETS + 1, PIECES + _SPARE, MOST_SHEETS, MOST_SHEETS)
    run, piece, number, sheets = (axis.ravel() for axis in np.indices(shape))
    facts = SheetFacts(0, run, piece, number + 1, sheets + 1, np.zeros(run.size, np.uint32))
    rows = np.column_stack((sheet_words(marks, facts).view(np.uint8).reshape(-1, 4), _texts(marks, facts)))
    said: NDArray[np.int64] = np.unique(rows, axis=0, return_inverse=True)[1].reshape(shape)
    said[(number > sheets).reshape(shape)] = -1
    return said


def _texts(marks: SheetMarks, facts: SheetFacts) -> NDArray[np.uint8]:
    """Texts of all codes, and of the Data Matrix that is written like a template's."""
    texts = code_texts(marks, facts)
    names = {"{piece:": facts.piece, "{sheet:": facts.sheet, "{sheets:": facts.sheets}
    columns = [
        (value >> shift & 255).astype(np.uint8)
        for name, value in names.items() if name in marks.matrix_text
        for shift in (0, 8)
    ]  # fmt: skip
    return np.column_stack((texts, *columns)) if columns else texts


# ---- faults


def _run(lot: random.Random) -> list[Sheet]:
    sheets: list[Sheet] = []
    for piece in range(PIECES):
        count = lot.randint(1, MOST_SHEETS)
        sheets += [(len(sheets) + k, piece, k + 1, count) for k in range(count)]
    return sheets


def _without(run: list[Sheet], begin: int, end: int) -> list[Sheet]:
    return run[:begin] + run[end:]


def _in_middle(run: list[Sheet], wanted: Callable[[Sheet], bool], lot: random.Random) -> int | None:
    """A sheet of the kind wanted, neither in the first nor in the last pieces."""
    places = [k for k, sheet in enumerate(run) if 1 <= sheet[1] < PIECES - 4 and wanted(sheet)]
    return lot.choice(places) if places else None


def _miss(
    wanted: Callable[[Sheet], bool],
) -> Callable[[list[Sheet], random.Random], tuple[list[Sheet], int] | None]:
    def fault(run: list[Sheet], lot: random.Random) -> tuple[list[Sheet], int] | None:
        at = _in_middle(run, wanted, lot)
        return None if at is None else (_without(run, at, at + 1), at)

    return fault


def _double(run: list[Sheet], lot: random.Random) -> tuple[list[Sheet], int] | None:
    at = _in_middle(run, lambda sheet: True, lot)
    return None if at is None else (run[: at + 1] + run[at:], at + 1)


def _swap(within: bool) -> Callable[[list[Sheet], random.Random], tuple[list[Sheet], int] | None]:
    def fault(run: list[Sheet], lot: random.Random) -> tuple[list[Sheet], int] | None:
        at = _in_middle(run, lambda sheet: (sheet[2] < sheet[3]) == within, lot)
        return None if at is None else ([*run[:at], run[at + 1], run[at], *run[at + 2 :]], at)

    return fault


def _miss_set(run: list[Sheet], lot: random.Random) -> tuple[list[Sheet], int] | None:
    at = _in_middle(run, lambda sheet: sheet[2] == 1, lot)
    return None if at is None else (_without(run, at, at + run[at][3]), at)


def _miss_eight(run: list[Sheet], lot: random.Random) -> tuple[list[Sheet], int] | None:
    at = _in_middle(run, lambda sheet: True, lot)
    return None if at is None or at + 8 >= len(run) - 6 else (_without(run, at, at + 8), at)


FAULTS: dict[str, Callable[[list[Sheet], random.Random], tuple[list[Sheet], int] | None]] = {
    "first sheet of a set missing": _miss(lambda s: s[2] == 1 and s[3] > 1),
    "middle sheet missing": _miss(lambda s: 1 < s[2] < s[3]),
    "last sheet of a set missing": _miss(lambda s: s[2] == s[3] > 1),
    "sheet doubled": _double,
    "two sheets of a set swapped": _swap(within=True),
    "sheets of two sets swapped": _swap(within=False),
    "whole set missing": _miss_set,
    "eight sheets missing": _miss_eight,
}


def try_faults(marks: SheetMarks, trials: int = 60, seed: int = 1) -> dict[str, Outcome]:
    """Put each fault into seeded runs and see whether the reader finds it."""
    reader = Reader(marks)
    found = {}
    for name, fault in FAULTS.items():
        lot = random.Random(f"{seed} {name}")
        made = [case for case in (fault(_run(lot), lot) for _ in range(trials)) if case is not None]
        places = [(reader.revealed_at([reader.says(sheet) for sheet in run]), run, at) for run, at in made]
        revealed = [(place, run, at) for place, run, at in places if place is not None]
        in_time = sum(place <= _set_end(run, at) for place, run, at in revealed)
        found[name] = Outcome(len(made), len(revealed), in_time)
    return found


def _set_end(run: list[Sheet], at: int) -> int:
    """Place of the last sheet of the set that the first wrong sheet, at ``at``, falls into."""
    return next((k for k in range(at, len(run)) if run[k][2] == run[k][3]), len(run))
