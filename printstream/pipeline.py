"""The corridor: a room a line. Reading it is reading the system.

In: options. Out: a run folder, or a count of what a run would do. Never: names a final file before it is
verified.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from printstream import mailpapers, papers, paperwork, spool, ticket
from printstream.addresses import write_list
from printstream.base import interrupts
from printstream.base.errors import BalanceError, ResourceError, UsageError
from printstream.base.files import Seal, sync_folder
from printstream.base.log import Reporter
from printstream.base.measure import peak_memory_bytes
from printstream.base.options import Options, RunResult, new_run_id
from printstream.checking import check_order
from printstream.claims import piece_records
from printstream.kernels.jit import cache_is_warm
from printstream.numbering import FirstSerials, number_pieces, number_trays
from printstream.order import check_source, read_order
from printstream.plan import Plan, make_plan
from printstream.produce import Produced, produce


def run(options: Options, reporter: Reporter) -> RunResult:
    """Plan, draw, verify and release a night's mail."""
    began, started = time.perf_counter(), datetime.now(UTC)
    order = read_order(options.job)
    mailpapers.check_papers(order)
    if not cache_is_warm():
        reporter.info("Compiling the kernels for this machine, once; about a minute.")
    workers = options.worker_count
    with (
        interrupts.held(),  # first: a signal between the folder and its keeper would leave it behind
        _run_folder(options, order.job.name, started) as run_dir,
        ThreadPoolExecutor(workers) as executor,
    ):
        plan = make_plan(order, options.data_dir, options.limit, executor, workers, reporter)
        plan = number_pieces(plan, options.serials, run_dir.name, write=True)
        first_serials = number_trays(plan, options.serials, run_dir.name, write=True)
        for warning in plan.warnings:
            reporter.warn(warning)
        produced, seals = print_plan(run_dir, plan, first_serials, executor, workers, reporter)
        seconds = time.perf_counter() - began
        record = papers.run_record(
            plan, produced, run_dir, started, reporter.stages, seconds, peak_memory_bytes(), workers
        )
        ticket.write_report(run_dir, record)
        interrupts.check()
        ticket.write_run_json(run_dir, record, seals, workers)
        sync_folder(run_dir.parent)
    return _result(record, run_dir, plan)


def print_plan(
    run_dir: Path,
    plan: Plan,
    first_serials: FirstSerials,
    executor: Executor,
    workers: int,
    reporter: Reporter,
    *,
    manifest: pl.DataFrame | None = None,
    mailed: Plan | None = None,
    run_id: str | None = None,
) -> tuple[Produced, dict[str, Seal]]:
    """Draw, verify and name a plan's print files, and write all that goes with them but the record and its report.

    Args:
        run_dir: the run's folder, with its folder of spools.
        plan: the plan.
        first_serials: serial numbers of tray 1 and container 1.
        executor: workers.
        workers: how many.
        reporter: is told.
        manifest: a row a document, in mailing order; ``papers.manifest`` where absent.
        mailed: the plan as the post's papers see it, where that is another.
        run_id: that job tickets name, where it is not the folder's name.

    Returns:
        the print files, and the seals of all files by their names in the run folder.
    """
    with paperwork.clerk(executor, workers) as clerk:
        # Before a night is drawn: a value may not fit the machine's record.
        begun = paperwork.begin(run_dir, plan, first_serials, clerk, manifest=manifest, mailed=mailed)
        with reporter.stage(8, "draw"):
            records = piece_records(plan)

            def more(row: int) -> spool.Extras:
                begun.check()
                return records(row)

            produced = produce(plan, run_dir / "spool", executor, workers, reporter, more=more)
        with reporter.stage(9, "verify"):
            papers.check_money(plan, produced)
            spool.release_all([finished.file.path for finished in produced.spools])
        interrupts.check()
        with reporter.stage(10, "ticket"):
            seals = paperwork.finish(run_dir, plan, produced, begun, run_id)
    if plan.order.job.archive is not None:
        from printstream.archive import write_archive  # most jobs have none

        with reporter.stage(10, "archive"):
            listed = begun.papers.result().manifest
            seals |= write_archive(run_dir, plan, listed, executor, workers, reporter)
    return produced, seals


def plan(options: Options, reporter: Reporter) -> RunResult:
    """Count pages, pieces, trays, postage and spools; draw nothing."""
    began, started = time.perf_counter(), datetime.now(UTC)
    order = read_order(options.job)
    mailpapers.check_papers(order)
    workers = options.worker_count
    with interrupts.held(), ThreadPoolExecutor(workers) as executor:
        made = make_plan(order, options.data_dir, options.limit, executor, workers, reporter)
        made = number_pieces(made, options.serials, options.run_id or "", write=False)
    for warning in made.warnings:
        reporter.warn(warning)
    run_dir = options.out / order.job.name
    seconds = time.perf_counter() - began
    record = papers.run_record(
        made, None, run_dir, started, reporter.stages, seconds, peak_memory_bytes(), workers
    )
    # A plan has neither files nor finished pages.
    return replace(_result(record, run_dir, made), spools=(), pages_per_minute=0.0)


def check(options: Options, reporter: Reporter) -> RunResult:
    """Check the job, its template and the form of its input; draw nothing."""
    with reporter.stage(1, "check"):
        order = read_order(options.job)
        return check_order(order, options.data_dir, options, reporter)


def export_addresses(options: Options, path: Path, reporter: Reporter) -> int:
    """Write the list for an address service; give its rows."""
    with reporter.stage(1, "ingest"):
        order = read_order(options.job)
        if order.types:
            what = "the list for an address service is made from one documents table, and the job has several types"
            raise UsageError(what, where="job.types", next_step="List each table with a job of its own")
        check_source(order, options.data_dir)
        return write_list(order.job, options.data_dir, options.limit, path, order.codes)


def _result(record: ticket.RunRecord, run_dir: Path, made: Plan) -> RunResult:
    """The record's figures, and what was found before printing."""
    rows = () if made.preflight is None else made.preflight.rows
    return replace(ticket.result_of(record, run_dir), preflight=rows)


def verify(run_dir: Path, reporter: Reporter, workers: int) -> RunResult:
    """Verify a finished run folder again: every file, count and amount.

    Raises:
        BalanceError: naming the first thing that is not as it was released.
    """
    with reporter.stage(9, "verify"), ThreadPoolExecutor(workers) as executor:
        faults = ticket.broken_seals(run_dir, workers)
        if faults:
            more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
            raise BalanceError(faults[0] + more, where=str(run_dir), next_step="Do not print this run")
        from printstream.archive import verify_archive  # a run starts sooner without
        from printstream.released import verify_run

        result = verify_run(run_dir, executor, reporter)
        verify_archive(run_dir, executor, reporter)
        return result


@contextmanager
def _run_folder(options: Options, job: str, started: datetime) -> Iterator[Path]:
    """Make the run's folder, which must be new; when the run fails it goes again.

    Raises:
        UsageError: when it is there already.
        ResourceError: when it cannot be made.
    """
    names = (str(options.job.resolve()), str(options.data_dir.resolve()))
    run_dir = options.out / job / (options.run_id or new_run_id(started, *names))
    _make_folder(run_dir)
    try:
        (run_dir / "spool").mkdir()
        yield run_dir
    except BaseException:
        # run.json, written last, is the release.
        if not (run_dir / ticket.RUN_FILE).exists():
            shutil.rmtree(run_dir, ignore_errors=True)
        raise


def _make_folder(run_dir: Path) -> None:
    """Make a folder that only this run can have made."""
    try:
        run_dir.parent.mkdir(parents=True, exist_ok=True)
        run_dir.mkdir()
    except OSError as error:
        if run_dir.is_dir():
            msg = f"there is a run {run_dir.name!r} already"
            next_step = "Choose another --run-id, or take that run away"
            raise UsageError(msg, where=str(run_dir), next_step=next_step) from error
        msg = f"the run folder cannot be made: {error.strerror}"
        raise ResourceError(msg, where=str(run_dir), next_step="Let this user write to --out") from error
