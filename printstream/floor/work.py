"""The reading itself, in as many processes as there are cores: PDFium draws in one thread of each.

In: which sheets to read. Out: their readings, in the order asked for. Never: depends on the number of processes.
"""

from __future__ import annotations

import atexit
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.floor.finishing import Finishing
from printstream.floor.press import CutSheet, Damage, DamagedSheet, Press
from printstream.floor.profile import ReadProfile
from printstream.floor.reader import Eyes, Reading, Sheet
from printstream.floor.setup import Envelope, Shop, SpoolOrder, WorkOrder
from printstream.floor.web import look_at_frame

CHUNK = 128


class Ask(NamedTuple):
    """A sheet to be read: print file (0-based), press sheet, page of its front, and what happened to it."""

    spool: int
    press_sheet: int
    page: int
    damage: Damage | None = None


@frozen
class Station:
    """All that a reading process must know."""

    order: WorkOrder
    finishing: Finishing
    shop: Shop
    profile: ReadProfile

    def envelope(self, spool: SpoolOrder) -> Envelope:
        """The envelope of a spool; the work order was checked for it."""
        return self.shop.envelopes[spool.envelope]

    def windows(self) -> tuple[tuple[int, int, int, int] | None, ...]:
        """What is certain to show of a sheet of each spool.

        Raises:
            JobError: a spool's folded sets do not fit into their envelope.
        """
        width, height = self.finishing.page
        found = []
        for number, spool in enumerate(self.order.spools, 1):
            try:
                found.append(self.envelope(spool).certain_to_be_seen(width, height // (spool.folds + 1)))
            except JobError as error:
                where = (
                    f"spool {number}, stream {spool.stream}, envelope {spool.envelope}, {spool.folds} folds"
                )
                raise JobError(error.what, where=where, next_step=error.next_step) from error
        return tuple(found)

    def eyes(self) -> Eyes:
        """Set the eyes up."""
        clearances = tuple(self.envelope(spool).clearance for spool in self.order.spools)
        return Eyes(self.profile, self.shop, *self.finishing.page, self.windows(), clearances)


class Reader:
    """Press, cutter and eyes of one process."""

    def __init__(self, station: Station) -> None:
        self.press = Press(station.order, station.finishing)
        self.eyes = station.eyes()

    def sheet(self, ask: Ask) -> Sheet:
        """A sheet, damaged or not."""
        leaf = self.press.finishing.leaves[ask.page]
        sheet = CutSheet(self.press.file(ask.spool), ask.press_sheet, leaf)
        if ask.damage is None:
            return sheet
        zones = self.eyes.zones
        tear = zones[0]._replace(
            left=min(z.left for z in zones),
            top=min(z.top for z in zones),
            right=max(z.right for z in zones),
            bottom=max(z.bottom for z in zones),
        )
        return DamagedSheet(sheet, ask.damage, self.press.page_px, tear)

    def read(self, asks: Sequence[Ask]) -> tuple[list[Reading], int, float]:
        """Read sheets: their readings, sides drawn, processor seconds.

        Pages of one press sheet that stand together in ``asks`` share its drawing.
        """
        begin, drawn = time.process_time(), self.press.rendered
        readings = [self._read(ask) for ask in asks]
        return readings, self.press.rendered - drawn, time.process_time() - begin

    def _read(self, ask: Ask) -> Reading:
        reading = self.eyes.read(self.sheet(ask), ask.spool)
        if self.press.finishing.web and ask.page == 0:
            file = self.press.file(ask.spool)
            reading = reading._replace(frame=look_at_frame(file, self.press.finishing, ask.press_sheet))
        return reading


_station: Station | None = None
_reader: Reader | None = None


def _set_up(station: Station) -> None:
    # Nothing here may fail: a pool whose processes fail at their start tells nobody why.
    global _station
    _station = station


def _read(asks: Sequence[Ask]) -> tuple[list[Reading], int, float]:
    global _reader
    if _reader is None:
        assert _station is not None
        _reader = Reader(_station)
        # PDFium complains of files that are open when a process ends.
        atexit.register(_reader.press.close)
    return _reader.read(asks)


@dataclass
class Speed:
    """How fast sheets were read."""

    sides: int = 0
    cpu_seconds: float = 0.0
    seconds: float = 0.0


def read_all(
    station: Station, asks: Sequence[Ask], workers: int, speed: Speed, advance: Callable[[int, int], None]
) -> list[Reading]:
    """Read sheets, side by side.

    Args:
        station: the set-up.
        asks: sheets.
        workers: processes; with one, this process reads.
        speed: added to.
        advance: told sheets read and sheets in all.
    """
    begin = time.perf_counter()
    # Sorted so that all pages of a press sheet are read while it is drawn, and split where it ends.
    ranked = sorted(range(len(asks)), key=lambda k: asks[k][:3])
    chunks = [ranked[k : k + CHUNK] for k in range(0, len(ranked), CHUNK)]
    readings: list[Reading | None] = [None] * len(asks)
    done = 0
    for chunk, (found, sides, cpu) in zip(chunks, _results(station, asks, chunks, workers), strict=True):
        for place, reading in zip(chunk, found, strict=True):
            readings[place] = reading
        speed.sides += sides
        speed.cpu_seconds += cpu
        done += len(chunk)
        advance(done, len(asks))
    speed.seconds += time.perf_counter() - begin
    return [reading for reading in readings if reading is not None]


def _results(
    station: Station, asks: Sequence[Ask], chunks: Sequence[Sequence[int]], workers: int
) -> Iterator[tuple[list[Reading], int, float]]:
    work = ([asks[k] for k in chunk] for chunk in chunks)
    if workers == 1 or len(chunks) == 1:
        reader = Reader(station)
        try:
            yield from map(reader.read, work)
        finally:
            reader.press.close()
        return
    # Spawned, because a fork would take over locks of threads that it does not take over.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        min(workers, len(chunks)), mp_context=context, initializer=_set_up, initargs=(station,)
    ) as pool:
        try:
            yield from pool.map(_read, work)
        finally:
            # A fault in one file is no reason to read all the others first.
            pool.shutdown(cancel_futures=True)
