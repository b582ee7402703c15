"""Serial numbers of a run's pieces, trays and containers, from the register where the job or the command names one.

In: the plan. Out: first numbers. Never: gives a number that the register gave lately.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from printstream import marks, presort, ticket
from printstream.base import columns as c
from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.job import Job
from printstream.plan import Plan
from printstream.postal import SERIAL_DAYS

_NO_CONTAINERS = pl.DataFrame()


@frozen
class FirstSerials:
    """Serial numbers of tray 1 and of container 1."""

    tray: int = 1
    container: int = 1


def number_pieces(plan: Plan, folder: Path | None, run_id: str, *, write: bool) -> Plan:
    """Give the pieces serial numbers that no run had lately, where the job or the command names a register.

    Args:
        plan: the plan.
        folder: the register's folder by the command line.
        run_id: name of the run.
        write: whether they are printed; otherwise this only looks.

    Raises:
        JobError: when there are not so many numbers.
        ResourceError: when the register is damaged or cannot be written.
    """
    job, pieces = plan.order.job, plan.presorted.pieces.height
    issuer, limit = marks.serial_limit(job)
    folder = _register_of(plan, folder)
    if not issuer or pieces == 0:
        return plan
    if pieces > limit:
        msg = f"{pieces:,} pieces need more serial numbers than the code has ({limit:,})"
        raise JobError(msg, where="job.mailing", next_step="Use a shorter mailer id, or split the mailing")
    if folder is None:
        _check_first_serial(job.mailing.first_serial, pieces, limit)
        return plan
    first = marks.reserve_serials(
        folder,
        marks.Wanted(
            issuer,
            limit,
            pieces,
            job.mailing.first_serial,
            job.production_date,
            _days(job),
            f"{job.name}/{run_id}",
        ),
        write=write,
    )
    mailing = job.mailing.model_copy(update={"first_serial": first})
    order = replace(plan.order, job=job.model_copy(update={"mailing": mailing}))
    return replace(plan, order=order)


def _check_first_serial(first: int, pieces: int, limit: int) -> None:
    """Refuse numbers that the code cannot hold; they would begin again at 0, which others may have had."""
    if first + pieces > limit:
        what = f"{pieces:,} pieces from first_serial {first:,} on need numbers up to {first + pieces - 1:,}, and "
        what += f"the code's last is {limit - 1:,}"
        step = "Start lower, or name a register in mailing.serials, which knows what is free"
        raise JobError(what, where="job.mailing.first_serial", next_step=step)


def number_trays(plan: Plan, folder: Path | None, run_id: str, *, write: bool) -> FirstSerials:
    """Give the first serial numbers of trays and containers, from the register where job or command name one.

    Args:
        plan: the plan.
        folder: the register's folder by the command line.
        run_id: name of the run.
        write: whether they are used; otherwise this only looks.

    Raises:
        JobError: when there are not so many numbers.
        ResourceError: when the register is damaged or cannot be written.
    """
    return reserve_trays(plan.order.job, plan.presorted, _register_of(plan, folder), run_id, write=write)


def reserve_trays(
    job: Job, presorted: presort.Presorted, folder: Path | None, run_id: str, *, write: bool
) -> FirstSerials:
    """Give the first serial numbers of trays and containers, from the register in a folder; see ``number_trays``."""
    trays = presorted.trays
    containers = _NO_CONTAINERS if presorted.containers is None else presorted.containers
    labelled = trays.filter(pl.col(c.CIN.name).str.len_chars() > 0).height
    labels, placards = job.mailing.tray_labels, job.mailing.placards
    if folder is None or not labelled:
        return FirstSerials(labels.first_serial, placards.first_serial)
    mailer_id, limit = ticket.tray_serial_limit(job)
    day, days, owner = job.production_date, _days(job), f"{job.name}/{run_id}"
    wanted = marks.Wanted(f"tray-{mailer_id}", limit, trays.height, labels.first_serial, day, days, owner)
    tray = marks.reserve_serials(folder, wanted, write=write)
    if not containers.height:
        return FirstSerials(tray, placards.first_serial)
    mailer_id, limit = ticket.container_serial_limit(job)
    issuer = f"container-{mailer_id}"
    wanted = marks.Wanted(issuer, limit, containers.height, placards.first_serial, day, days, owner)
    return FirstSerials(tray, marks.reserve_serials(folder, wanted, write=write))


def _register_of(plan: Plan, folder: Path | None) -> Path | None:
    """The register's folder: of the command line, else the job's; None where there is none."""
    settings = plan.order.job.mailing.serials
    return plan.order.job_dir / settings.folder if folder is None and settings is not None else folder


def _days(job: Job) -> int:
    """How long a number is not given again."""
    settings = job.mailing.serials
    return settings.days if settings is not None else SERIAL_DAYS
