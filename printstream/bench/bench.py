"""The bench as a walk: warm up, look at what was made, the small job, then rounds of runs and floors.

In: settings. Out: ``Record``. Never: leaves a print file behind, measures two things at once.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from printstream.base.errors import BalanceError, ResourceError, UsageError
from printstream.base.frozen import frozen
from printstream.base.log import Reporter
from printstream.base.measure import versions
from printstream.base.options import Options
from printstream.bench.content import sample_content
from printstream.bench.floor import IGZIP_LEVEL, Floor, columns_read, floor_of
from printstream.bench.machine import this_machine
from printstream.bench.record import ALL, ONE_CORE, ONE_WORKER, Record, Small, Timed, Work
from printstream.bench.runs import Command, Kind, WholeRun, can_hold_cores, whole_run
from printstream.bench.small import cut_input
from printstream.order import WorkOrder, read_order


@frozen
class Settings:
    """What the operator asked for."""

    options: Options
    """Job, input, folder for what is made, workers, limit."""
    runs: int = 3
    """Runs of each kind, at least."""
    minutes: float = 0.0
    """Go on with rounds of runs until so much time is spent."""
    small: bool = True
    """Measure the small job and compilation, too."""


def run_bench(settings: Settings, reporter: Reporter) -> Record:
    """Measure a job on this machine.

    Raises:
        PrintstreamError: the fault of a run, of its own class.
    """
    options = settings.options
    order = read_order(options.job)
    if order.types:
        what = "a bench looks at the columns of one documents table, and the job has several types"
        raise UsageError(what, where=str(options.job), next_step="Bench a job of one type")
    made = datetime.now(UTC).isoformat(timespec="seconds")
    with _workshop(options.out) as place:
        machine = this_machine(place)
        if not machine.idle:
            reporter.warn(
                f"Other programs keep {machine.busy_cores:.1f} cores busy; the figures will suffer."
            )
        command = Command(options.job, options.data_dir, place, options.limit)
        kinds = _kinds(options.worker_count)
        with reporter.stage(1, "warm-up"):
            first = whole_run(command, kinds[0], "warm-up")
        with reporter.stage(2, "content"):
            work = _work(first)
        small = None
        if settings.small:
            with reporter.stage(3, "small job"):
                small = _small_job(order, command, kinds[0], first, settings.runs)
        first.discard()
        with reporter.stage(4, "rounds"):
            runs, floors, one_floors = _rounds(settings, order, command, kinds, first.counts, reporter)
        content = floors[0].content_bytes
    busy = (
        () if machine.idle else (f"other programs kept {machine.busy_cores:.2f} cores busy before the bench",)
    )
    return Record(
        job=order.job.name,
        made=made,
        machine=machine,
        versions=versions(),
        level=IGZIP_LEVEL,
        work=replace(work, content_bytes=content),
        kinds=kinds,
        runs=runs,
        floors=tuple(floors),
        one_floors=tuple(one_floors),
        small=small,
        warm_up_seconds=first.seconds,
        warnings=busy,
    )


@contextmanager
def _workshop(out: Path) -> Iterator[Path]:
    """Make a folder on the disk that print files go to; it goes again, whatever happens."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix=".bench-", dir=out))
    except OSError as error:
        what = f"no folder can be made: {error.strerror}"
        raise ResourceError(what, where=str(out), next_step="Let this user write to --out") from error
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _kinds(workers: int) -> tuple[Kind, ...]:
    """All workers; one worker; one worker that is held to one core."""
    kinds = [Kind(ALL, workers)]
    if workers > 1:
        kinds.append(Kind(ONE_WORKER, 1))
        if can_hold_cores():
            kinds.append(Kind(ONE_CORE, 1, 1))
    return tuple(kinds)


def _work(run: WholeRun) -> Work:
    sample = sample_content(run.run_dir)
    counts = dict(run.counts)
    # The sample stands for all sides.
    share = counts["sides"] / max(1, sample.sides)
    return Work(
        counts=counts,
        spool_bytes=sum(path.stat().st_size for path in run.spools),
        content_bytes=0,
        glyphs_per_page=share * sample.glyphs / max(1, counts["pages"]),
        codes_per_sheet=share * (sample.matrices + sample.bars) / max(1, counts["sheets"]),
        sampled_sides=sample.sides,
    )


def _small_job(order: WorkOrder, command: Command, kind: Kind, first: WholeRun, runs: int) -> Small:
    """Time a hundred documents, first with nothing compiled, then as every day."""
    data = command.place / "small-input"
    documents = cut_input(order.job, command.data_dir, first.run_dir, data)
    cold_cache = {"PRINTSTREAM_CACHE_DIR": str(command.place / "cache")}
    small = replace(command, data_dir=data, limit=None, environment=cold_cache)
    cold = _seconds(small, kind)
    _seconds(small, kind)
    warm = [_seconds(small, kind) for _ in range(runs)]
    return Small(documents, tuple(warm), max(0.0, cold - sorted(warm)[len(warm) // 2]))


def _seconds(command: Command, kind: Kind) -> float:
    run = whole_run(command, kind)
    run.discard()
    return run.seconds


def _rounds(
    settings: Settings,
    order: WorkOrder,
    command: Command,
    kinds: tuple[Kind, ...],
    counts: Mapping[str, int],
    reporter: Reporter,
) -> tuple[dict[str, list[Timed]], list[Floor], list[Floor]]:
    """Run every kind once a round, and the floor right after the run that it lies under: all workers', one worker's.

    Raises:
        BalanceError: when a run did other work than the first one.
    """
    tables = columns_read(order, command.data_dir)
    runs: dict[str, list[Timed]] = {kind.name: [] for kind in kinds}
    floors: dict[str, list[Floor]] = {ALL: [], ONE_WORKER: []}
    begin = time.monotonic()
    while len(floors[ALL]) < settings.runs or time.monotonic() - begin < 60 * settings.minutes:
        for kind in kinds:
            run = whole_run(command, kind)
            if run.counts != counts:
                what = "two runs of the same job counted differently"
                raise BalanceError(what, where=str(command.job), next_step="Report it; print neither")
            runs[kind.name].append(Timed.of(run))
            if kind.name in floors:
                floors[kind.name].append(floor_of(run.run_dir, tables, kind.workers))
            run.discard()
        done = len(floors[ALL])
        reporter.advance(done, max(settings.runs, done), "rounds")
    return runs, floors[ALL], floors[ONE_WORKER]
