"""Serial numbers of the jobs of a mailing: no two pieces of it have one code.

In: the jobs and their parts. Out: jobs with their first serial. Never: hands out a number that another of the jobs has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from printstream import marks
from printstream.base.errors import JobError
from printstream.numbering import number_pieces
from printstream.order import WorkOrder
from printstream.plan import Plan


def register_of(order: WorkOrder, folder: Path | None) -> Path | None:
    """The register that a job's serial numbers come from: of the command line, else its own; None where there is none."""
    settings = order.job.mailing.serials
    if folder is not None or settings is None:
        return folder
    return (order.job_dir / settings.folder).resolve()


def check_registers(orders: Sequence[WorkOrder], folder: Path | None) -> None:
    """Refuse jobs that number pieces of one mailer out of different registers.

    Raises:
        JobError: naming two jobs.
    """
    found: dict[str, tuple[str, Path | None]] = {}
    for order in orders:
        issuer, _ = marks.serial_limit(order.job)
        mine = register_of(order, folder)
        name, register = found.setdefault(issuer, (order.job.name, mine))
        if issuer and register != mine:
            what = f"jobs {name} and {order.job.name} number pieces of one mailer ({issuer}) out of different registers"
            step = "Name one register for all with --serials, or the same folder in both jobs"
            raise JobError(what, where="job.mailing.serials", next_step=step)


def number_parts(parts: Sequence[Plan], folder: Path | None, run_id: str, *, write: bool) -> list[Plan]:
    """Give each job's pieces serial numbers of their own.

    With a register, each job reserves its numbers there. Without one, a job starts at its first serial or, where another
    job of the same mailer has come that far, behind it.

    Args:
        parts: the jobs' plans.
        folder: the register's folder by the command line.
        run_id: name of the run.
        write: whether they are printed; otherwise this only looks.

    Raises:
        JobError: when there are not so many numbers.
        ResourceError: when a register is damaged or cannot be written.
    """
    numbered = []
    ends: dict[str, int] = {}
    for part in parts:
        if register_of(part.order, folder) is not None:
            numbered.append(number_pieces(part, folder, run_id, write=write))
            continue
        issuer, limit = marks.serial_limit(part.order.job)
        if not issuer:
            numbered.append(part)
            continue
        mailing = part.order.job.mailing
        first = max(mailing.first_serial, ends.get(issuer, 0))
        ends[issuer] = first + part.presorted.pieces.height
        if ends[issuer] > limit:
            what = f"the mailing needs serial numbers up to {ends[issuer] - 1:,}, the code has them below {limit:,}"
            step = "Start lower, use a shorter mailer id, or split the mailing"
            raise JobError(what, where=f"job {part.order.job.name}: mailing.first_serial", next_step=step)
        changed = mailing.model_copy(update={"first_serial": first})
        order = replace(part.order, job=part.order.job.model_copy(update={"mailing": changed}))
        numbered.append(replace(part, order=order))
    return numbered
