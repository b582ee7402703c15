"""The inserter: sheets in the order of the feeder to envelopes, by nothing but what the eyes read.

In: readings in feeding order. Out: envelopes, each with its findings. Never: knows what the sheets should be.

A set ends where its marks or its code say so. What cannot be read ends nothing: the set goes on, and the next sheet that
says it is a first one starts another. A set with any finding is diverted. The last envelope waits before the stacker until
the next set is complete: when a sheet is missing there, it may have gone into the waiting one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from printstream.floor.findings import Envelope, Finding
from printstream.floor.profile import ReadProfile
from printstream.floor.reader import WINDOW_CUT, WINDOW_EMPTY, Reading
from printstream.floor.saying import Said, Steps, said
from printstream.floor.setup import Shop, WorkOrder

LOOSE = -1
GAPS = ("sequence_break", "mis_collation")
TORN_OFF = "a first sheet comes before the last one of the set"


class Fed(NamedTuple):
    """What the feeder took: a sheet's place in the pile, and the places of sheets that clung below it.

    A leaf of a bound book has the book's number, by which it stays with the book's others whatever it says.
    """

    spool: int
    place: int
    below: tuple[int, ...]
    reading: Reading
    book: int = LOOSE


class Inserter:
    """A machine at work on a run; midway: its first set may have begun before the first sheet that it gets."""

    def __init__(self, profile: ReadProfile, shop: Shop, order: WorkOrder, *, midway: bool = False) -> None:
        self._midway = midway
        self._profile, self._shop, self._order = profile, shop, order
        self._tells_stop = "end_of_spool" in profile.words
        self._counted = {n: c for n, c in profile.counters.items() if n in profile.words}
        self._open: Envelope | None = None
        self._waiting: Envelope | None = None
        self._spool = -1
        self._stopped = False
        self._steps: dict[str, Steps] = {}
        self._book = LOOSE
        self._sheet = 0
        self._sheets: int | None = None
        self._left: int | None = None
        self._piece: int | None = None

    def envelopes(self, feed: Iterable[Fed]) -> Iterator[Envelope]:
        """Collate, stuff and weigh all that is fed."""
        for fed in feed:
            yield from self.take(fed)
        if self._open is not None:
            yield from self._end_of_pile("the pile ends within a set")
        self._check_stop()
        if self._waiting is not None:
            yield self._waiting

    def take(self, fed: Fed) -> Iterator[Envelope]:
        """Feed a sheet; gives the envelopes that go on."""
        if fed.spool != self._spool:
            if self._open is not None:
                yield from self._end_of_pile("the print file ends within a set")
            self._check_stop()
            # The operator loads another print file; its first sheet may have any number.
            self._spool, self._stopped = fed.spool, False
            self._steps.clear()
        words = said(fed.reading, self._profile, self._shop)
        if self._open is not None:
            yield from self._before(fed, words)
        opened = self._open is None
        if self._open is None:
            self._open = Envelope(fed.spool)
            self._sheet = 0
            self._sheets = self._left = None
        own = self._open
        self._book = fed.book
        if fed.book != LOOSE:
            _as_bound(words, fed, opened=opened)
        self._sheet += 1
        own.places += [fed.place, *fed.below]
        own.read += 1
        for kind, what in words.wrong:
            self._note(kind, what, fed)
        if fed.below and self._shop.reader.double_detector:
            self._note("doubled_feed", "", fed)
        self._check_counters(words, fed, opened=opened)
        self._check_set(words, fed, opened=opened)
        self._take_orders(words, fed)
        if opened and fed.reading.window in (WINDOW_EMPTY, WINDOW_CUT):
            kind = "no_address" if fed.reading.window == WINDOW_EMPTY else "address_cut"
            self._note(kind, "", fed)
        if words.last:
            if words.sheets not in (None, own.read) and not self._midway:
                self._note("mis_collation", f"{own.read} sheets of {words.sheets}", fed)
            yield from self._stuff()

    def _before(self, fed: Fed, words: Said) -> Iterator[Envelope]:
        """End the open set where the next sheet is of another one."""
        if self._book != LOOSE:
            if fed.book != self._book:
                yield from self._end_of_book()
        elif words.first:
            yield from self._torn_off(TORN_OFF) if self._profile.tells_last else self._stuff()

    def _end_of_book(self) -> Iterator[Envelope]:
        own = self._open
        assert own is not None
        if self._sheets not in (None, own.read):
            what = f"a book of {own.read} leaves instead of {self._sheets}"
            own.findings.append(Finding("mis_collation", what, own.spool + 1, own.places[-1], own.piece))
        return self._stuff()

    @property
    def findings(self) -> list[Finding]:
        """What was found in the sets that have not gone on yet."""
        return [f for e in (self._waiting, self._open) if e is not None for f in e.findings]

    def _note(self, kind: str, what: str, fed: Fed) -> None:
        assert self._open is not None
        piece = self._open.piece or self._piece or 0
        self._open.findings.append(Finding(kind, what, fed.spool + 1, fed.place, piece))

    # ---- counters

    def _check_counters(self, words: Said, fed: Fed, *, opened: bool) -> None:
        """Every counter has counted one further, in its own way, since the sheet before."""
        for name, counter in self._counted.items():
            due = self._due(name, opened=opened)
            seen = words.steps.get(name)
            found = due if seen is None else seen if due is None else seen & due
            if found is not None and not found:
                of_set = counter.counts in ("sheets_of_piece", "sheets_left")
                inside = of_set or (counter.counts == "pieces" and not opened)
                kind = "mis_collation" if inside else "sequence_break"
                self._note(kind, f"{name} is {_steps(seen)} instead of {_steps(due)}, from 0", fed)
                found = seen
            if found is None:
                self._steps.pop(name, None)
            else:
                self._steps[name] = found

    def _due(self, name: str, *, opened: bool) -> Steps | None:
        """Steps that a counter may have on this sheet; None: any."""
        counter, before = self._counted[name], self._steps.get(name)
        if counter.counts == "sheets_of_piece":
            before = (None if self._midway else frozenset((-1,))) if opened else before
        if counter.counts == "sheets_left" and opened:
            return None
        if before is None or (counter.counts == "pieces" and not opened):
            return before
        way = -1 if counter.counts == "sheets_left" else 1
        return frozenset((step + way) % counter.steps for step in before)

    # ---- the set

    def _check_set(self, words: Said, fed: Fed, *, opened: bool) -> None:
        """All sheets of a set are of one piece, counted from 1; pieces count up by one."""
        if words.first is False and opened and not self._midway:
            self._note("mis_collation", "the set begins with a sheet that is not its first", fed)
        if words.piece is not None:
            self._check_piece(words.piece, fed)
        if words.sheet is not None:
            if words.sheet != self._sheet and not (opened and self._midway):
                self._note("mis_collation", f"sheet {words.sheet} instead of {self._sheet}", fed)
            self._sheet = words.sheet
            if self._sheets not in (None, words.sheets):
                self._note("mis_collation", f"of {words.sheets} instead of {self._sheets} sheets", fed)
            self._sheets = words.sheets
        if words.sheets_left is not None:
            if self._left is not None and words.sheets_left != self._left - 1:
                self._note("mis_collation", f"{words.sheets_left} to come instead of {self._left - 1}", fed)
            self._left = words.sheets_left

    def _check_piece(self, piece: int, fed: Fed) -> None:
        own = self._open
        assert own is not None
        if own.piece == 0:
            due = self._piece + 1 if self._piece is not None else None
            own.piece = piece
            if due is not None and piece != due:
                self._note("sequence_break", f"piece {piece} instead of {due}", fed)
            self._piece = piece
        elif piece != own.piece:
            self._note("mis_collation", f"a sheet of piece {piece}", fed)
            self._piece = max(piece, own.piece)

    def _take_orders(self, words: Said, fed: Fed) -> None:
        """Which pockets feed, where the envelope goes, what comes behind it."""
        own = self._open
        assert own is not None
        both = own.pockets & words.pockets
        if own.inserts & both != words.inserts & both:
            self._note("marks_disagree", "about the pockets", fed)
        own.pockets |= words.pockets
        own.inserts |= words.inserts
        own.to_divert |= bool(words.divert)
        if words.end_of_tray is not None:
            own.end_of_tray = words.end_of_tray
        if self._stopped:
            self._note("sequence_break", "a sheet comes behind the last set of the print file", fed)
        own.end_of_spool |= bool(words.end_of_spool)

    def _check_stop(self) -> None:
        """The last set of a print file says so, where the profile has a mark for it."""
        last = self._waiting
        if last is not None and self._tells_stop and last.good and not last.end_of_spool:
            what = "the print file's last set has no stop mark"
            last.findings.append(Finding("sequence_break", what, last.spool + 1, last.places[-1], last.piece))

    # ---- the envelope

    def _end_of_pile(self, why: str) -> Iterator[Envelope]:
        if self._book != LOOSE:
            return self._end_of_book()
        return self._torn_off(why) if self._profile.tells_last else self._stuff()

    def _torn_off(self, why: str) -> Iterator[Envelope]:
        own = self._open
        assert own is not None
        own.findings.append(Finding("mis_collation", why, own.spool + 1, own.places[-1], own.piece))
        return self._stuff()

    def _stuff(self) -> Iterator[Envelope]:
        """Fold, stuff, weigh and gauge the set; let the envelope before it go."""
        own, before = self._open, self._waiting
        assert own is not None
        self._open, self._waiting, self._midway = None, own, False
        self._stopped = own.end_of_spool
        self._gauge(own)
        if before is not None:
            gap = next((f for f in own.findings if f.kind in GAPS), None)
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


def _as_bound(words: Said, fed: Fed, *, opened: bool) -> None:
    """A leaf of a book: blank ones are bound in behind the printed ones, and none parts itself from the others."""
    if fed.reading.blank and not opened:
        words.wrong.clear()
    if words.first and not opened:
        words.wrong.append(("mis_collation", "a first sheet within a book"))
    words.last = None


def _steps(steps: Steps | None) -> str:
    return " or ".join(str(step) for step in sorted(steps or ()))
