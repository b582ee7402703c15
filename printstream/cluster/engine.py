"""The corridor past one machine: the same rooms, walked by parts; the client decides, workers read and draw.

In: options with a scheduler's address. Out: a run folder in the store. Never: sends rows through the client, but for the
narrow columns of the sort; names a final file before all are verified.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from printstream import mailpapers, papers, paperwork, rules, ticket
from printstream.base import interrupts
from printstream.base.errors import JobError, UsageError
from printstream.base.files import Seal
from printstream.base.log import Reporter
from printstream.base.measure import peak_memory_bytes
from printstream.base.options import Options, RunResult, new_run_id
from printstream.base.places import Place
from printstream.cluster import gathering
from printstream.cluster.group import MANIFEST, RECORDS, SPOOLS, Drawn
from printstream.cluster.night import SCRATCH, Night
from printstream.cluster.part import HOUSEHOLDS
from printstream.cluster.planning import ADDRESSES, plan_night
from printstream.cluster.pressing import draw_archives, draw_spools
from printstream.cluster.release import release
from printstream.cluster.scheduler import connect
from printstream.numbering import number_pieces, number_trays
from printstream.order import WorkOrder, read_order

_IN_SCRATCH = ("documents", "lines", "narrow", "sorted", "packed", RECORDS, MANIFEST, ADDRESSES, HOUSEHOLDS)
_FOLDERS = (SPOOLS, *(f"{SCRATCH}/{name}" for name in _IN_SCRATCH))


def run(options: Options, reporter: Reporter) -> RunResult:
    """Plan, draw, verify and release a night's mail on a cluster."""
    began, started = time.perf_counter(), datetime.now(UTC)
    order = read_order(options.job)
    mailpapers.check_papers(order)
    _check_job(order)
    source = options.input_place
    run_id = options.run_id or new_run_id(started, str(options.job.resolve()), str(source))
    with (
        interrupts.held(),  # see pipeline.run
        _run_folder(options.out_place / order.job.name / run_id) as place,
        _papers_folder(run_id) as folder,
        connect(options.scheduler, run_id) as cluster,
        ThreadPoolExecutor(1) as executor,
    ):
        at_work = Night(cluster, order, place, source, reporter)
        plan, laid, homes = plan_night(at_work, options.limit)
        plan = number_pieces(plan, options.serials, run_id, write=True)
        first_serials = number_trays(plan, options.serials, run_id, write=True)
        for warning in plan.warnings:
            reporter.warn(warning)
        # Before a night is drawn: a value may not fit the machine's record.
        begun = paperwork.begin(folder, plan, first_serials, executor)
        with reporter.stage(8, "draw"):
            groups, drawn = draw_spools(at_work, plan, laid, homes, begun)
            produced = gathering.produced_of(plan, groups, drawn)
        with reporter.stage(9, "verify"):
            papers.check_money(plan, produced)
        archived: dict[str, Seal] = {}
        later: list[Drawn] = []
        if order.job.archive is not None:
            with reporter.stage(10, "archive"):
                manifest = begun.papers.result().manifest
                archived, later = draw_archives(at_work, plan, groups, manifest, folder)
        threads = cluster.threads

        def record() -> ticket.RunRecord:
            seconds = time.perf_counter() - began
            peak = peak_memory_bytes() + gathering.peak_of([*drawn, *later])
            stages = reporter.stages
            return papers.run_record(plan, produced, Path(run_id), started, stages, seconds, peak, threads)

        return release(place, at_work.scratch, folder, plan, produced, begun, archived, record, reporter)


def _check_job(order: WorkOrder) -> None:
    """Refuse what cannot be judged in parts, before anything is read.

    Raises:
        JobError: naming the setting.
    """
    rules.check_row_wise(order.job)
    if order.types:
        what = "the cluster runs jobs of one document type"
        raise JobError(what, where="job.types", next_step="Run it with --engine local")
    checks = order.job.address.checks
    if checks is not None and checks.returned is not None:
        what = "the cluster does not take addresses from a returned list"
        next_step = "Run it on one machine, or replace the addresses in the input"
        raise JobError(what, where="job.address.checks.returned", next_step=next_step)


@contextmanager
def _run_folder(place: Place) -> Iterator[Place]:
    """Make the run's folder, which must be new; when the run fails it goes again.

    Raises:
        UsageError: when it is there already.
    """
    if not place.make_folder(new=True):
        msg = f"there is a run {place.name!r} already"
        raise UsageError(msg, where=str(place), next_step="Choose another --run-id, or take that run away")
    try:
        for name in _FOLDERS:
            (place / name).make_folder()
        yield place
    except BaseException:
        # run.json, written last, is the release.
        if not (place / ticket.RUN_FILE).exists():
            place.remove_folder()
        raise


@contextmanager
def _papers_folder(name: str) -> Iterator[Path]:
    """A folder of this machine for the run's papers, of the run's name; it goes again."""
    with TemporaryDirectory(prefix="printstream-papers-") as above:
        folder = Path(above) / name
        folder.mkdir()
        yield folder
