"""What a sheet says of itself: marks, characters and numbers of all its carriers, heard together.

In: a reading, the profile. Out: ``Said``. Never: knows the sheets around it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from printstream.base.units import MPT_PER_IN
from printstream.floor.profile import ALWAYS, Counter, Mark, ReadProfile, number_of, owner_of
from printstream.floor.reader import Reading
from printstream.floor.setup import Shop
from printstream.floor.texts import content_of
from printstream.kernels import reading as eyes

_MPT_PER_UM = MPT_PER_IN / 25_400
_WHY = {
    eyes.MARKS_NONE: "no mark",
    eyes.MARKS_FAINT: "a mark is faint, or has not the thickness of one",
    eyes.MARKS_UNEVEN: "the marks are not evenly spaced",
    eyes.MARKS_STRAY: "ink where no mark can be",
    eyes.MARKS_PARTED: "a mark is there in part",
    eyes.MARKS_MANY: "more ink than marks",
}
_PLACES = ("single", "first", "middle", "last")
Steps = frozenset[int]


@dataclass
class Said:
    """What a sheet says of itself; None where it does not.

    Attributes:
        steps: how far each counter may have counted.
        pockets: pockets of which the sheet says whether they feed, as bits; inserts: those that do.
        wrong: kinds of findings, with what is wrong.
    """

    first: bool | None = None
    last: bool | None = None
    piece: int | None = None
    sheet: int | None = None
    sheets: int | None = None
    sheets_left: int | None = None
    steps: dict[str, Steps] = field(default_factory=dict)
    pockets: int = 0
    inserts: int = 0
    divert: bool | None = None
    end_of_tray: bool | None = None
    end_of_spool: bool | None = None
    wrong: list[tuple[str, str]] = field(default_factory=list)


def said(reading: Reading, profile: ReadProfile, shop: Shop) -> Said:
    """What a sheet says, and what is wrong with how it says it."""
    return _Hearing(reading, profile, shop).said()


class _Hearing:
    """The marks and numbers of one sheet."""

    def __init__(self, reading: Reading, profile: ReadProfile, shop: Shop) -> None:
        self.reading, self.profile, self.shop = reading, profile, shop
        self.words = Said()
        self.marks: list[tuple[Mark, bool]] = []
        self.numbers: dict[str, int] = {}
        self.sure: dict[str, set[bool]] = {"first": set(), "last": set()}
        self.likely: dict[str, bool] = {}

    def said(self) -> Said:
        words, reading, shop = self.words, self.reading, self.shop
        if reading.blank:
            words.wrong.append(("blank_sheet", ""))
            return words
        self._hear_track()
        self._hear_codes()
        self._hear_tables()
        self._hear_counters()
        self._hear_numbers()
        self._settle()
        self._hear_orders()
        if abs(reading.skew_mdeg) > 1000 * shop.reader.skew_degrees:
            words.wrong.append(("skewed", f"{abs(reading.skew_mdeg) / 1000:.1f} degrees"))
        if reading.stray > shop.reader.clear_ink:
            words.wrong.append(("clear_zone", f"{reading.stray} dark pixels"))
        if reading.back_ink > shop.reader.clear_ink:
            words.wrong.append(("ink_on_back", f"{reading.back_ink} dark pixels"))
        return words

    def _wrong(self, kind: str, what: str) -> None:
        self.words.wrong.append((kind, what))

    # ---- carriers

    def _hear_track(self) -> None:
        track, reading = self.profile.track, self.reading
        if track is None:
            return
        if track.on != "every":
            self.sure[track.on].add(reading.marks != eyes.MARKS_NONE)
            if reading.marks == eyes.MARKS_NONE:
                return
        if reading.marks != eyes.MARKS_READ:
            self._wrong("unreadable_marks", _WHY[reading.marks])
            return
        there = [(mark, bool(reading.bits >> place & 1)) for place, mark in enumerate(track.marks)]
        if not all(
            printed is not mark.inverted for mark, printed in there if mark.name in ALWAYS and not mark.on
        ):
            self._wrong("unreadable_marks", "a mark that every sheet has is missing")
            return
        if abs(reading.mark_shift_um) * _MPT_PER_UM > self.shop.reader.mark_shift:
            self._wrong("misplaced_marks", f"by {reading.mark_shift_um / 1000:.1f} mm")
            return
        self._take_marks(there)

    def _take_marks(self, there: list[tuple[Mark, bool]]) -> None:
        """Marks of one track or one character: parity counts them, and each says something."""
        odd = sum(printed for _, printed in there) % 2 == 1
        names = {mark.name for mark, _ in there}
        if ("parity" in names and odd) or ("parity_odd" in names and not odd):
            self._wrong("marks_disagree", "the parity is wrong")
            return
        if any(printed for mark, printed in there if mark.name == "absent"):
            self._wrong("marks_disagree", "a mark where none is ever printed")
            return
        self.marks += there
        for mark, printed in there:
            if mark.name in ("begin_of_set", "end_of_set") and not mark.on:
                what = "first" if mark.name == "begin_of_set" else "last"
                self.sure[what].add(printed is not mark.inverted)

    def _hear_codes(self) -> None:
        reading = self.reading
        for code, text in zip(self.profile.codes, reading.codes, strict=True):
            if code.on != "every":
                self.sure[code.on].add(bool(text))
                if not text and not reading.code_ink:
                    continue
            content = content_of(text, code)
            if content is None:
                self._wrong("unreadable_code", "its content has another form" if text else "no code")
                continue
            if content.job_code not in (None, self.profile.job_code):
                self._wrong("wrong_job", "")
                continue
            self._take_marks(content.bits)
            for name, value in content.numbers.items():
                if self.numbers.setdefault(name, value) != value:
                    self._wrong("marks_disagree", f"about {name}")
        if reading.code_shift_um * _MPT_PER_UM > self.shop.reader.code_shift:
            self._wrong("misplaced_code", f"by {reading.code_shift_um / 1000:.1f} mm")

    # ---- what they say

    def _hear_tables(self) -> None:
        for name, rows in self.profile.tables.items():
            seen = {
                number_of(m.name): p is not m.inverted
                for m, p in self.marks
                if owner_of(m.name) == name and not m.on
            }
            if not seen:
                continue
            fits = {
                place
                for place, row in zip(_PLACES, rows, strict=True)
                if all((row[number - 1] == "|") is printed for number, printed in seen.items())
            }
            if not fits:
                self._wrong("marks_disagree", "the marks are in no row of the table")
            for what in ("first", "last"):
                of = {"single", what}
                if fits and (fits <= of or not fits & of):
                    self.sure[what].add(fits <= of)

    def _hear_counters(self) -> None:
        for name, counter in self.profile.counters.items():
            bits = [(number_of(m.name), p) for m, p in self.marks if owner_of(m.name) == name]
            if name in self.numbers:
                step = counter.step(self.numbers[name])
                steps = frozenset() if step is None else frozenset((step,))
            elif bits:
                steps = _steps_of(bits, counter)
            else:
                continue
            if not steps:
                self._wrong("marks_disagree", f"{name} never has this value")
                continue
            self.words.steps[name] = steps
            what = {"sheets_of_piece": "first", "sheets_left": "last"}.get(counter.counts)
            if what is not None:
                self._at_zero(what, steps)

    def _at_zero(self, what: str, steps: Steps) -> None:
        """A count within the set: not at zero, it is surely not that end; at zero it may have started again."""
        if 0 not in steps:
            self.sure[what].add(False)
        elif steps == {0}:
            self.likely[what] = True

    def _hear_numbers(self) -> None:
        words, numbers = self.words, self.numbers
        words.piece, words.sheet, words.sheets, words.sheets_left = (
            numbers.get(name) for name in ("piece", "sheet", "sheets", "sheets_left")
        )
        if words.sheet is not None:
            self.sure["first"].add(words.sheet == 1)
            if words.sheets is not None:
                self.sure["last"].add(words.sheet == words.sheets)
        if words.sheets_left is not None:
            self.sure["last"].add(words.sheets_left == 0)

    def _settle(self) -> None:
        """What the carriers say of the ends of the set, if they agree."""
        for what, votes in self.sure.items():
            if len(votes) == 2:
                self._wrong("marks_disagree", "about the first or the last sheet of a set")
            # Where they do not, the numbers of a code are believed, which were heard last.
            value = next(iter(votes)) if len(votes) == 1 else self.likely.get(what) if not votes else None
            setattr(self.words, what, value)
        words = self.words
        if words.sheet is not None:
            words.first = words.sheet == 1
            if words.sheets is not None:
                words.last = words.sheet == words.sheets

    def _hear_orders(self) -> None:
        words = self.words
        heard: dict[str, bool] = {}
        for mark, printed in self.marks:
            if mark.on:
                here = words.first if mark.on == "first" else words.last
                if here is False and printed:
                    self._wrong("marks_disagree", f"{mark.name} on a sheet that has it never")
                if here is not True:
                    continue
            _hear_order(heard, mark.name, printed is not mark.inverted)
        for name, value in heard.items():
            if name.startswith("insert_"):
                words.pockets |= 1 << number_of(name) - 1
                words.inserts |= value << number_of(name) - 1
            else:
                setattr(words, name, value)
        if "inserts" in self.numbers:
            words.pockets, words.inserts = 0xFFFF, self.numbers["inserts"]
        if "divert" in self.numbers:
            words.divert = bool(self.numbers["divert"])


def _hear_order(heard: dict[str, bool], name: str, value: bool) -> None:
    if name in ("divert", "end_of_tray", "end_of_spool") or name.startswith("insert_"):
        heard[name] = value


def _steps_of(bits: Iterable[tuple[int, bool]], counter: Counter) -> Steps:
    """Steps of a counter that show these bits."""
    mask = value = 0
    for weight, printed in bits:
        mask |= weight
        value |= weight * printed
    return _fitting(mask, value, counter.first, counter.last, counter.down)


@cache
def _fitting(mask: int, value: int, first: int, last: int, down: bool) -> Steps:
    fits = (number for number in range(first, last + 1) if number & mask == value)
    return frozenset(last - number if down else number - first for number in fits)
