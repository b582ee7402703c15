"""The walk through the shop: press, cutter, feeder, inserter, reconciliation.

In: ``Settings``. Out: ``Outcome``. Never: writes anything; reporting is floor.report's.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from printstream.base.errors import JobError, UsageError
from printstream.base.frozen import frozen
from printstream.base.log import Reporter
from printstream.floor import faults, sampling
from printstream.floor.compare import Manifest, compare
from printstream.floor.faults import Mishap
from printstream.floor.findings import Envelope, Finding
from printstream.floor.finishing import finishing_of, scheme_words
from printstream.floor.handwork import bound, take_off_own, without_blank_ends
from printstream.floor.inserter import Fed, Inserter
from printstream.floor.machinefile import machine_file
from printstream.floor.pairs import check_pair
from printstream.floor.press import Damage, Press
from printstream.floor.profile import ReadProfile
from printstream.floor.profilefile import read_profile
from printstream.floor.reader import Reading
from printstream.floor.setup import Shop, WorkOrder, read_shop, read_work_order
from printstream.floor.web import check_frames
from printstream.floor.work import Ask, Speed, Station, read_all
from printstream.kernels.reading import MARKS_READ

HEADS = ("omr", "code")


@frozen
class Settings:
    """What the operator asked for."""

    run_dir: Path
    inserter: str = ""
    """Profile; empty: the one that the work order names."""
    shop: str = "us_letter"
    finishing: str = ""
    """The imposition by which sheets are cut and stacked; empty: the work order's."""
    heads: tuple[str, ...] = HEADS
    """Which of the machine's readers are switched on."""
    sample: int | None = None
    """Sheets to read; None: all."""
    faults: tuple[str, ...] = ()
    seed: int = 1
    workers: int = 1
    results: str = ""
    """Layout of result files; empty: the floor's own."""


@frozen
class Caught:
    """Whether a mishap was found out.

    Attributes:
        mishap: what happened.
        by_machine: kinds of findings by which the machine found it, when it happened or at the next set.
        by_manifest: kinds by which the comparison found it.
    """

    mishap: Mishap
    by_machine: tuple[str, ...]
    by_manifest: tuple[str, ...]


@dataclass
class Outcome:
    """All that came of it.

    Attributes:
        sheets: of the pile, blanks at the ends of stacks not counted.
        blanks: those.
        own_sheets: sheets of the shop's own, taken off before the feeder.
        read: sheets read.
        drawn: those of them that make the sample.
        faulty_sheets: those of the sample with a finding.
        wrong_out: envelopes that the machine took for good, though they hold other sheets than the manifest says.
    """

    order: WorkOrder
    station: Station
    shop: Shop
    profile: ReadProfile
    sampled: bool
    sheets: int = 0
    blanks: int = 0
    own_sheets: int = 0
    read: int = 0
    envelopes: list[Envelope] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    caught: list[Caught] = field(default_factory=list)
    wrong_out: int = 0
    speed: Speed = field(default_factory=Speed)
    piece_spool: Mapping[int, int] = field(default_factory=dict)
    drawn: int = 0
    faulty_sheets: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """Findings of each kind."""
        return dict(Counter(finding.kind for finding in self.findings).most_common())


def run_floor(settings: Settings, reporter: Reporter) -> Outcome:
    """Take a finished run through the shop.

    Raises:
        UsageError, JobError: what is asked for does not fit together.
        BalanceError: a print file cannot be read.
    """
    if settings.sample is not None and settings.faults:
        what = "a sample would miss most mishaps"
        raise UsageError(what, where="--fault", next_step="Read every sheet: leave --sample out")
    wants = [faults.wanted(word) for word in settings.faults]
    if settings.results:
        machine_file(settings.results, 1, ())  # a layout that cannot be written is refused at once
    station = _station(settings)
    outcome = Outcome(
        station.order, station, station.shop, station.profile, sampled=settings.sample is not None
    )
    with reporter.stage(1, "press and cutter"):
        pile = _pile(station)
    manifest = Manifest(settings.run_dir)
    outcome.piece_spool = dict(zip(manifest.pieces, manifest.spools, strict=True))
    if settings.sample is not None:
        _sampled(outcome, pile, manifest, settings, reporter)
        return outcome
    with reporter.stage(2, "read"):
        readings = _read(outcome, [_ask(row) for row in pile], settings.workers, reporter)
    with reporter.stage(3, "insert"):
        kept = without_blank_ends(station, pile, readings)
        outcome.blanks = int((~kept).sum())
        outcome.own_sheets, strangers = take_off_own(station, pile, kept, readings)
        order, books = bound(station, pile, kept, readings)
        pile, kept, readings = pile[order], kept[order], [readings[place] for place in order.tolist()]
        outcome.sheets = int(kept.sum())
        true_sets = _true_sets(pile, kept, manifest)
        mishaps = faults.place_mishaps(wants, settings.seed, pile[:, 0], pile[:, 3], true_sets)
        _reread(outcome, pile, readings, mishaps)
        feed = _feed(pile, kept, readings, mishaps, books)
        machine = Inserter(station.profile, station.shop, station.order)
        outcome.envelopes = list(machine.envelopes(feed))
    with reporter.stage(4, "compare"):
        weight = station.order.sheet_weight_mg
        by_piece = station.profile.tells_piece
        compared = compare(outcome.envelopes, manifest, station.shop, weight, by_piece=by_piece)
        seen = [*strangers, *_web(station, pile, readings)]
        outcome.findings = seen + [f for e in outcome.envelopes for f in e.findings] + compared
        outcome.wrong_out = _wrong_out(outcome.envelopes, true_sets)
        outcome.caught = _caught(outcome, compared, mishaps, true_sets, manifest)
    return outcome


def _station(settings: Settings) -> Station:
    order = read_work_order(settings.run_dir)
    shop = read_shop(settings.shop)
    for spool in order.spools:
        if spool.envelope not in shop.envelopes:
            msg = f"the shop has no envelope {spool.envelope!r}"
            raise JobError(
                msg, where="--shop", next_step="Add it to a copy of the shop's file, and name that"
            )
    words = scheme_words(settings.finishing) if settings.finishing else order.scheme
    finishing = finishing_of(words, (order.page_width, order.page_height), order.press_sheet)
    if finishing.order == "copies":
        what = f"scheme {finishing.name!r} makes every piece more than once, which is no mailing"
        raise UsageError(what, where="--finishing", next_step="Name another scheme")
    if settings.sample is not None and finishing.binding != "none":
        what = "leaves of books, drawn by lot, have no neighbour that tells of them"
        raise UsageError(what, where="--sample", next_step="Read every sheet: leave --sample out")
    profile = read_profile(settings.inserter or order.profile, order.job_code, finishing.page[0])
    profile = profile.only(settings.heads)
    if finishing.binding != "none" and not profile.tells_first:
        what = f"what is read of profile {profile.name!r} does not say where a book begins"
        next_step = "Choose a profile with a mark or a code for the first sheet of a set"
        raise JobError(what, where="--inserter", next_step=next_step)
    station = Station(order, finishing, shop, profile)
    station.windows()
    return station


def _pile(station: Station) -> NDArray[np.int64]:
    """The whole run's pile: int64[sheets, 4]: spool, press sheet, page, stack."""
    press = Press(station.order, station.finishing)
    try:
        piles = list(press.piles())
    finally:
        press.close()
    return np.concatenate(piles) if piles else np.zeros((0, 4), np.int64)


def _ask(row: NDArray[np.int64], damage: Damage | None = None) -> Ask:
    return Ask(int(row[0]), int(row[1]), int(row[2]), damage)


def _read(outcome: Outcome, asks: Sequence[Ask], workers: int, reporter: Reporter) -> list[Reading]:
    readings = read_all(
        outcome.station,
        asks,
        workers,
        outcome.speed,
        lambda done, total: reporter.advance(done, total, "sheets"),
    )
    outcome.read += len(asks)
    return readings


def _web(station: Station, pile: NDArray[np.int64], readings: Sequence[Reading]) -> list[Finding]:
    """What cutter and folder found on a roll."""
    if not station.finishing.web:
        return []
    frames = [
        (int(row[0]), int(row[1]), reading)
        for row, reading in zip(pile, readings, strict=True)
        if row[2] == 0
    ]
    return check_frames(station.finishing, station.order, frames)


def _true_sets(pile: NDArray[np.int64], kept: NDArray[np.bool_], manifest: Manifest) -> NDArray[np.int64]:
    """Which envelope each sheet should go to, by counting the manifest's sheets off along the pile; -1: none.

    For judging mishaps only; the machine never sees it.
    """
    sets = np.full(pile.shape[0], -1, np.int64)
    spools = np.array(manifest.spools, np.int64)
    sheets = np.array(manifest.sheets, np.int64)
    for spool in np.unique(spools):
        own = np.flatnonzero(spools == spool)
        due = np.repeat(own, sheets[own])
        places = np.flatnonzero(kept & (pile[:, 0] + 1 == spool))
        count = min(due.size, places.size)
        sets[places[:count]] = due[:count]
    return sets


def _reread(
    outcome: Outcome,
    pile: NDArray[np.int64],
    readings: list[Reading],
    mishaps: Sequence[Mishap],
) -> None:
    """Read the damaged sheets as they are now; not counted into the speed."""
    own = [mishap for mishap in mishaps if faults.KINDS[mishap.kind].on_paper]
    asks = [_ask(pile[m.place], Damage(m.kind, m.amount, m.seed)) for m in own]
    if asks:
        again = read_all(outcome.station, asks, 1, Speed(), lambda done, total: None)
        for mishap, reading in zip(own, again, strict=True):
            readings[mishap.place] = reading


def _feed(
    pile: NDArray[np.int64],
    kept: NDArray[np.bool_],
    readings: Sequence[Reading],
    mishaps: Sequence[Mishap],
    books: NDArray[np.int64],
) -> Iterator[Fed]:
    for place, below in faults.feeding_order(mishaps, pile[:, 0], pile[:, 3]):
        if kept[place]:
            yield Fed(int(pile[place, 0]), place, below, readings[place], int(books[place]))


def _wrong_out(envelopes: Sequence[Envelope], true_sets: NDArray[np.int64]) -> int:
    """Envelopes that went out as good and do not hold exactly one piece's sheets in their order."""
    size = Counter(int(s) for s in true_sets)
    wrong = 0
    for envelope in envelopes:
        if envelope.good:
            own = [int(true_sets[place]) for place in envelope.places]
            places = envelope.places
            whole = len(set(own)) == 1 and len(own) == size[own[0]] and own[0] >= 0
            wrong += not (whole and all(a < b for a, b in itertools.pairwise(places)))
    return wrong


def _caught(
    outcome: Outcome,
    compared: Sequence[Finding],
    mishaps: Sequence[Mishap],
    true_sets: NDArray[np.int64],
    manifest: Manifest,
) -> list[Caught]:
    """Say of each mishap what gave it away: findings of its own sheets, or of the set that came next."""
    envelope_at: dict[int, int] = {}
    for number, envelope in enumerate(outcome.envelopes):
        envelope_at.update(dict.fromkeys(envelope.places, number))
    last_place = true_sets.size - 1
    caught = []
    for mishap in mishaps:
        span = range(mishap.place, mishap.last + 1)
        near = {envelope_at[place] for place in span if place in envelope_at}
        for step, end in ((1, mishap.last), (-1, mishap.place)):
            place = end + step
            while 0 <= place <= last_place and place not in envelope_at:
                place += step
            if place in envelope_at:
                near.add(envelope_at[place])
        machine = {f.kind for n in near for f in outcome.envelopes[n].findings}
        pieces = {manifest.pieces[true_sets[p]] for p in span if true_sets[p] >= 0}
        spools = {manifest.spools[true_sets[p]] for p in span if true_sets[p] >= 0}
        # A print file's count that does not fit is no sign of a damaged sheet.
        counted = set() if faults.KINDS[mishap.kind].on_paper else {0, *spools}
        listed = {f.kind for f in compared if f.piece in pieces or (f.piece == 0 and f.spool in counted)}
        caught.append(Caught(mishap, tuple(sorted(machine)), tuple(sorted(listed))))
    return caught


# ---- a sample


def _sampled(
    outcome: Outcome,
    pile: NDArray[np.int64],
    manifest: Manifest,
    settings: Settings,
    reporter: Reporter,
) -> None:
    """Read sheets drawn by lot, each with the one before it in the pile, and check them as pairs."""
    chosen = sampling.choose(pile.shape[0], settings.sample or 0, settings.seed)
    before = {int(p): int(p) - 1 for p in chosen if p > 0 and (pile[p - 1, [0, 3]] == pile[p, [0, 3]]).all()}
    wanted = sorted({*map(int, chosen), *before.values()})
    with reporter.stage(2, "read"):
        found = dict(
            zip(
                wanted,
                _read(outcome, [_ask(pile[p]) for p in wanted], settings.workers, reporter),
                strict=True,
            )
        )
    outcome.sheets, outcome.drawn = pile.shape[0], chosen.size
    with reporter.stage(3, "check"):
        for place in map(int, chosen):
            former = found[before[place]] if place in before else None
            _check_drawn(outcome, pile, place, found[place], former, manifest)


def _check_drawn(
    outcome: Outcome,
    pile: NDArray[np.int64],
    place: int,
    own: Reading,
    former: Reading | None,
    manifest: Manifest,
) -> None:
    """Check a sheet of the sample."""
    station, spool = outcome.station, int(pile[place, 0])
    outcome.blanks += own.blank
    if _is_the_shops(station, spool, own):
        outcome.own_sheets += 1
        return
    if former is not None:
        cell = station.finishing.leaves[int(pile[place, 2])].cell + 1
        begins = former.blank and cell in station.finishing.turned_over
        if begins or _is_the_shops(station, spool, former):
            former = None
    wrong = check_pair(station, place, spool + 1, own, former, manifest)
    outcome.faulty_sheets += bool(wrong)
    outcome.findings += wrong


def _is_the_shops(station: Station, spool: int, reading: Reading) -> bool:
    """Whether a sheet of a file with banners, tags or slips is taken for one: none of the readers can read anything on it.

    Where it lies in the pile cannot be told from a sample.
    """
    if not station.order.spools[spool].own or reading.blank:
        return False
    return reading.marks != MARKS_READ and not any(reading.codes)
