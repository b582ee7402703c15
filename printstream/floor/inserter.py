"""The inserter: sheets in the order of the feeder to envelopes, by nothing but what the eyes read.

In: readings in feeding order. Out: envelopes, each with its findings. Never: knows what the sheets should be.

A set ends where its marks or its code say so. What cannot be read ends nothing: the set goes on, and the next sheet that
says it is a first one starts another. A set with any finding is diverted. The last envelope waits before the stacker until
the next set is complete: when a sheet is missing there, it may have gone into the waiting one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from printstream.base.units import MPT_PER_IN
from printstream.floor.findings import Envelope, Finding
from printstream.floor.profile import ALWAYS, ReadProfile, Track
from printstream.floor.reader import WINDOW_CUT, WINDOW_EMPTY, Reading
from printstream.floor.setup import Shop, WorkOrder
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


class Fed(NamedTuple):
    """What the feeder took: a sheet's place in the pile, and the places of sheets that clung below it."""

    spool: int
    place: int
    below: tuple[int, ...]
    reading: Reading


@dataclass
class Said:
    """What a sheet says of itself; None where it does not."""

    first: bool | None = None
    last: bool | None = None
    number: int | None = None
    piece: int | None = None
    sheet: int | None = None
    sheets: int | None = None
    inserts: int | None = None
    wrong: list[tuple[str, str]] = field(default_factory=list)


def said(reading: Reading, profile: ReadProfile, shop: Shop) -> Said:
    """What a sheet says, and what is wrong with how it says it."""
    words = Said()
    if reading.blank:
        words.wrong.append(("blank_sheet", ""))
        return words
    if profile.track is not None:
        _hear_marks(words, reading, profile.track, shop)
    if profile.code is not None:
        _hear_code(words, reading, profile, shop)
    if abs(reading.skew_mdeg) > 1000 * shop.reader.skew_degrees:
        words.wrong.append(("skewed", f"{abs(reading.skew_mdeg) / 1000:.1f} degrees"))
    if reading.stray > shop.reader.clear_ink:
        words.wrong.append(("clear_zone", f"{reading.stray} dark pixels"))
    if reading.back_ink > shop.reader.clear_ink:
        words.wrong.append(("ink_on_back", f"{reading.back_ink} dark pixels"))
    return words


def _hear_marks(words: Said, reading: Reading, track: Track, shop: Shop) -> None:
    if reading.marks != eyes.MARKS_READ:
        words.wrong.append(("unreadable_marks", _WHY[reading.marks]))
        return
    there = {mark: bool(reading.bits >> place & 1) for place, mark in enumerate(track.marks)}
    if any(not there[mark] for mark in ALWAYS & there.keys()) or there.get("absent"):
        words.wrong.append(("unreadable_marks", "a mark that every sheet has is missing"))
        return
    if abs(reading.mark_shift_um) * _MPT_PER_UM > shop.reader.mark_shift:
        words.wrong.append(("misplaced_marks", f"by {reading.mark_shift_um / 1000:.1f} mm"))
        return
    odd = reading.bits.bit_count() % 2
    if ("parity" in there and odd) or ("parity_odd" in there and not odd):
        words.wrong.append(("marks_disagree", "the parity is wrong"))
        return
    for mark, value in (("begin_of_set", True), ("not_begin_of_set", False)):
        if mark in there:
            words.first = there[mark] is value
    for mark, value in (("end_of_set", True), ("not_end_of_set", False)):
        if mark in there:
            words.last = there[mark] is value
    if track.sequence:
        words.number = sum(value for place, value in track.sequence if reading.bits >> place & 1)


def _hear_code(words: Said, reading: Reading, profile: ReadProfile, shop: Shop) -> None:
    code = profile.code
    assert code is not None
    match = code.pattern.fullmatch(reading.code)
    if match is None:
        words.wrong.append(("unreadable_code", "its content has another form" if reading.code else "no code"))
        return
    if reading.code_shift_um * _MPT_PER_UM > shop.reader.code_shift:
        words.wrong.append(("misplaced_code", f"by {reading.code_shift_um / 1000:.1f} mm"))
    found = match.groupdict()
    if "job_code" in found and found["job_code"] != profile.job_code:
        words.wrong.append(("wrong_job", ""))
        return
    words.piece, words.sheet, words.sheets, words.inserts = (
        int(found[name]) if name in found else None for name in ("piece", "sheet", "sheets", "inserts")
    )
    if words.sheet is None:
        return
    first = words.sheet == 1
    last = words.sheet == words.sheets if words.sheets is not None else None
    if words.first not in (None, first) or (last is not None and words.last not in (None, last)):
        words.wrong.append(("marks_disagree", "about the first or the last sheet of a set"))
    words.first = first
    words.last = words.last if last is None else last


class Inserter:
    """A machine at work on a run."""

    def __init__(self, profile: ReadProfile, shop: Shop, order: WorkOrder) -> None:
        self._profile, self._shop, self._order = profile, shop, order
        self._numbers = profile.track.numbers if profile.track else 1
        self._open: Envelope | None = None
        self._waiting: Envelope | None = None
        self._spool = -1
        self._due: int | None = None
        self._sheet = 0
        self._sheets: int | None = None
        self._piece: int | None = None

    def envelopes(self, feed: Iterable[Fed]) -> Iterator[Envelope]:
        """Collate, stuff and weigh all that is fed."""
        for fed in feed:
            if self._open is not None and self._open.spool != fed.spool:
                yield from self._torn_off("the print file ends within a set")
            if fed.spool != self._spool:
                # The operator loads another print file; its first sheet may have any number.
                self._spool, self._due = fed.spool, None
            yield from self._take(fed)
        if self._open is not None:
            yield from self._torn_off("the pile ends within a set")
        if self._waiting is not None:
            yield self._waiting

    def _take(self, fed: Fed) -> Iterator[Envelope]:
        words = said(fed.reading, self._profile, self._shop)
        if self._open is not None and words.first:
            yield from self._torn_off("a first sheet comes before the last one of the set")
        opened = self._open is None
        if self._open is None:
            self._open = Envelope(fed.spool)
            self._sheet = 0
            self._sheets = None
        own = self._open
        self._sheet += 1
        own.places += [fed.place, *fed.below]
        own.read += 1
        for kind, what in words.wrong:
            self._note(kind, what, fed)
        if fed.below and self._shop.reader.double_detector:
            self._note("doubled_feed", "", fed)
        self._check_number(words, fed)
        self._check_set(words, fed, opened=opened)
        if opened and fed.reading.window in (WINDOW_EMPTY, WINDOW_CUT):
            kind = "no_address" if fed.reading.window == WINDOW_EMPTY else "address_cut"
            self._note(kind, "", fed)
        if words.inserts is not None:
            own.inserts = words.inserts
        if words.last:
            if words.sheets is not None and own.read != words.sheets:
                self._note("mis_collation", f"{own.read} sheets of {words.sheets}", fed)
            yield from self._stuff()

    def _note(self, kind: str, what: str, fed: Fed) -> None:
        assert self._open is not None
        piece = self._open.piece or self._piece or 0
        self._open.findings.append(Finding(kind, what, fed.spool + 1, fed.place, piece))

    def _check_number(self, words: Said, fed: Fed) -> None:
        """The sheet number counts up by one and starts again."""
        if words.number is not None:
            if self._due is not None and words.number != self._due:
                self._note("sequence_break", f"number {words.number} instead of {self._due}", fed)
            self._due = (words.number + 1) % self._numbers
        elif self._due is not None:
            self._due = (self._due + 1) % self._numbers

    def _check_set(self, words: Said, fed: Fed, *, opened: bool) -> None:
        """All sheets of a set are of one piece, counted from 1; pieces count up by one."""
        own = self._open
        assert own is not None
        if words.first is False and opened:
            self._note("mis_collation", "the set begins with a sheet that is not its first", fed)
        if words.piece is not None:
            if own.piece == 0:
                due = self._piece + 1 if self._piece is not None else None
                own.piece = words.piece
                if due is not None and words.piece != due:
                    self._note("sequence_break", f"piece {words.piece} instead of {due}", fed)
                self._piece = words.piece
            elif words.piece != own.piece:
                self._note("mis_collation", f"a sheet of piece {words.piece}", fed)
                self._piece = max(words.piece, own.piece)
        if words.sheet is not None:
            if words.sheet != self._sheet:
                self._note("mis_collation", f"sheet {words.sheet} instead of {self._sheet}", fed)
            self._sheet = words.sheet
            if self._sheets not in (None, words.sheets):
                self._note("mis_collation", f"of {words.sheets} instead of {self._sheets} sheets", fed)
            self._sheets = words.sheets

    def _torn_off(self, why: str) -> Iterator[Envelope]:
        own = self._open
        assert own is not None
        own.findings.append(Finding("mis_collation", why, own.spool + 1, own.places[-1], own.piece))
        return self._stuff()

    def _stuff(self) -> Iterator[Envelope]:
        """Fold, stuff, weigh and gauge the set; let the envelope before it go."""
        own, before = self._open, self._waiting
        assert own is not None
        self._open, self._waiting = None, own
        self._gauge(own)
        if before is not None:
            gap = next((f for f in own.findings if f.kind in ("sequence_break", "mis_collation")), None)
            if gap is not None and before.spool == own.spool:
                what = f"the set behind it: {gap.what}"
                before.findings.append(
                    Finding("sequence_break", what, gap.spool, before.places[-1], before.piece)
                )
            yield before

    def _gauge(self, own: Envelope) -> None:
        order = self._order.spools[own.spool]
        envelope = self._shop.envelopes[order.envelope]
        count = len(own.places)
        own.weight_mg = round(count * self._order.sheet_weight_mg) + order.envelope_weight_mg
        own.thickness_um = count * self._order.caliper_um * (order.folds + 1) + order.envelope_thickness_um
        if own.read > envelope.pocket_sheets:
            what = f"{own.read} sheets, room for {envelope.pocket_sheets}"
            own.findings.append(Finding("pocket_overflow", what, own.spool + 1, own.places[-1], own.piece))
        if own.thickness_um > envelope.max_thickness_um:
            what = f"{own.thickness_um / 1000:.2f} mm, at most {envelope.max_thickness_um / 1000:.2f} mm"
            own.findings.append(Finding("over_thickness", what, own.spool + 1, own.places[-1], own.piece))
