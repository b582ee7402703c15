"""The one order in which a run's papers are written.

What follows from the plan is written before pages are drawn, or while they are; the rest when print files are verified.

In: plan, then production. Out: files of the run folder with their seals; all but run.json and the report. Never: gives a
paper its final name before the print files have theirs: a killed run must not leave control files that could be loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from printstream import inserterpapers, mailpapers, papers
from printstream.base.files import Seal, sync_folder
from printstream.base.frozen import frozen
from printstream.base.inline import InlineExecutor
from printstream.numbering import FirstSerials
from printstream.plan import Plan
from printstream.produce import Produced

EARLY = "early.partial"
"""Below the run folder, what has no final name yet."""


@frozen
class PlanPapers:
    """Papers that the plan alone says.

    Attributes:
        manifest: a row a document, in mailing order.
        seals: of the tables and the post's papers.
        work_orders: what will be written of each print file, when its checksum is known.
    """

    manifest: pl.DataFrame
    seals: dict[str, Seal]
    work_orders: list[dict[str, Any]]


@frozen
class Begun:
    """Papers that are there, or being written, under no final name yet.

    Attributes:
        clerk: who writes them.
        control_files: seals of the inserter's files.
        papers: all others that follow from the plan.
    """

    clerk: Executor
    control_files: dict[str, Seal]
    papers: Future[PlanPapers]

    def check(self) -> None:
        """Raise what went wrong with papers that are done: a night must not be drawn for nothing."""
        if self.papers.done():
            self.papers.result()


@contextmanager
def clerk(executor: Executor, workers: int) -> Iterator[Executor]:
    """Who writes papers while pages are drawn: beside several workers a thread of its own, which mostly waits for the disk.

    Args:
        executor: workers; a single one does its papers itself.
        workers: how many.
    """
    if workers == 1:
        yield executor
        return
    with ThreadPoolExecutor(1) as own:
        yield own


def begin(
    run_dir: Path,
    plan: Plan,
    first_serials: FirstSerials,
    executor: Executor,
    *,
    manifest: pl.DataFrame | None = None,
    mailed: Plan | None = None,
) -> Begun:
    """Write what the plan alone says; all but the inserter's files while pages are drawn.

    Args:
        run_dir: the run's folder.
        plan: the plan.
        first_serials: from ``numbering.number_trays``.
        executor: does what is written meanwhile.
        manifest: a row a document, in mailing order; made meanwhile where absent.
        mailed: the plan as the post's papers see it, where that is another.

    Raises:
        JobError: when a value does not fit the machine's record.
        ResourceError: when the disk is full.
    """
    early = run_dir / EARLY
    early.mkdir()
    control_files = inserterpapers.write_inserter_files(early, plan)
    written = executor.submit(_write_plan_papers, early, plan, first_serials, manifest, mailed)
    return Begun(executor, control_files, written)


def _write_plan_papers(
    early: Path, plan: Plan, first_serials: FirstSerials, manifest: pl.DataFrame | None, mailed: Plan | None
) -> PlanPapers:
    """Write the tables, then the post's papers, and make ready what the end of the run needs."""
    # Tables first: polars and the disk leave the interpreter to who prepares the drawing.
    pieces = papers.manifest(plan) if manifest is None else manifest
    seals = papers.write_plan_tables(early, plan, pieces)
    mail = plan if mailed is None else mailed
    seals |= mailpapers.write_mail_papers(early, mail, pieces, first_serials, InlineExecutor())
    papers.prepare_record()
    return PlanPapers(pieces, seals, papers.plan_work_orders(plan))


def finish(
    run_dir: Path, plan: Plan, produced: Produced, begun: Begun, run_id: str | None = None
) -> dict[str, Seal]:
    """Write what production says, name what was begun, write job tickets; give the seals of it, print files included.

    Args:
        run_dir: the run's folder.
        plan: the plan.
        produced: the print files, verified.
        begun: from ``begin``.
        run_id: that job tickets name, where it is not the folder's name.

    Raises:
        JobError: when a value does not fit a field of Mail.dat.
        ResourceError: when the disk is full.
    """
    early = run_dir / EARLY
    sides = begun.clerk.submit(papers.write_sides, early, produced)
    planned = begun.papers.result()
    seals = papers.write_work_orders(early, planned.work_orders, produced) | sides.result()
    seals |= papers.spool_seals(produced) | planned.seals | begun.control_files
    _name(early, run_dir)
    return seals | papers.write_job_tickets(run_dir, plan, produced, run_id)


def _name(early: Path, run_dir: Path) -> None:
    """Move what was written early to where it belongs."""
    for path in sorted(early.iterdir()):
        path.rename(run_dir / path.name)
    early.rmdir()
    sync_folder(run_dir)
