"""The corridor of a common mailing: a step a line.

In: what is asked for, options. Out: the mailing's folder, or what it would be. Never: names a final file before all of the
mailing is there.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from printstream import numbering, ticket
from printstream.base import interrupts
from printstream.base.frozen import frozen
from printstream.base.log import Reporter
from printstream.base.measure import peak_memory_bytes
from printstream.base.options import Options, RunResult, new_run_id
from printstream.checking import check_order
from printstream.commingle.mailing import Laps, Orders, make_mailing, read_orders
from printstream.commingle.record import mailing_record
from printstream.commingle.release import draw_job, mailing_folder, release, write_common
from printstream.commingle.serials import number_parts, register_of
from printstream.commingle.words import Asked
from printstream.kernels.jit import cache_is_warm


@frozen
class Done:
    """A mailing, as the command line shows it.

    Attributes:
        folder: of the mailing; where a plan's would be made.
        record: its figures.
    """

    folder: Path
    record: ticket.MailingRecord


def run(asked: Asked, options: Options, reporter: Reporter) -> Done:
    """Plan all jobs, sort them as one mailing, draw each, share the saving, release all of it."""
    began, started = time.perf_counter(), datetime.now(UTC)
    orders = read_orders(asked, options.serials)
    if not cache_is_warm():
        reporter.info("Compiling the kernels for this machine, once; about a minute.")
    workers = options.worker_count
    run_id = options.run_id or _run_id(orders, started)
    with (
        interrupts.held(),  # see pipeline.run
        mailing_folder(options.out, orders.name, run_id) as folder,
        ThreadPoolExecutor(workers) as executor,
    ):
        laps = Laps(reporter)
        mailing = make_mailing(orders, options, executor, workers, reporter, laps)
        parts = number_parts(mailing.parts, options.serials, run_id, write=True)
        mailing = replace(mailing, parts=tuple(parts))
        register = register_of(orders.orders[0], options.serials)
        first_serials = numbering.reserve_trays(mailing.job, mailing.presorted, register, run_id, write=True)
        drawn = [
            draw_job(mailing, number, folder, run_id, started, executor, workers, reporter, laps)
            for number in range(len(parts))
        ]
        with reporter.stage(10, "ticket"):
            seals = write_common(mailing, drawn, folder, first_serials, executor)
        seconds = time.perf_counter() - began
        record = mailing_record(
            mailing,
            run_id,
            started,
            reporter.stages,
            seconds,
            peak_memory_bytes(),
            workers,
            status="released",
        )
        for warning in record.warnings:
            reporter.warn(warning)
        release(folder, drawn, record, seals, workers)
    return Done(options.out / orders.name / run_id, record)


def check(asked: Asked, options: Options, reporter: Reporter) -> tuple[RunResult, ...]:
    """Check what is asked for, that the jobs can be one mailing, and each job with its input; sort nothing."""
    with reporter.stage(1, "check"):
        orders = read_orders(asked, options.serials)
        return tuple(
            check_order(order, client.input_dir, options, reporter)
            for order, client in zip(orders.orders, orders.asked.clients, strict=True)
        )


def plan(asked: Asked, options: Options, reporter: Reporter) -> Done:
    """Plan all jobs, sort them as one mailing, share the saving; draw and write nothing."""
    began, started = time.perf_counter(), datetime.now(UTC)
    orders = read_orders(asked, options.serials)
    workers = options.worker_count
    run_id = options.run_id or _run_id(orders, started)
    with interrupts.held(), ThreadPoolExecutor(workers) as executor:
        mailing = make_mailing(orders, options, executor, workers, reporter, Laps(reporter))
        number_parts(mailing.parts, options.serials, run_id, write=False)
    seconds = time.perf_counter() - began
    record = mailing_record(
        mailing, run_id, started, reporter.stages, seconds, peak_memory_bytes(), workers, status="planned"
    )
    ticket.check_mailing(record)
    for warning in record.warnings:
        reporter.warn(warning)
    return Done(options.out / orders.name, record)


def _run_id(orders: Orders, started: datetime) -> str:
    words = [str(path.resolve()) for x in orders.asked.clients for path in (x.job_dir, x.input_dir)]
    return new_run_id(started, *words)
