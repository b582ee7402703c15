"""The one order in which a run's papers are written.

What follows from the plan is written before pages are drawn, or while they are; the rest when print files are verified.

In: plan, then production. Out: files of the run folder with their seals; all but run.json and the report. Never: gives a
paper its final name before the print files have theirs: a killed run must not leave control files that could be loaded.
"""

from __future__ import annotations

from concurrent.futures import Executor, Future
from pathlib import Path

import polars as pl

from printstream import inserterpapers, mailpapers, papers
from printstream.base.files import Seal, sync_folder
from printstream.base.frozen import frozen
from printstream.base.inline import InlineExecutor
from printstream.numbering import FirstSerials
from printstream.plan import Plan
from printstream.produce import Produced

EARLY = "early.partial"
"""Below the run folder, what is written before pages are drawn."""


@frozen
class Begun:
    """Papers that are there, or being written, under no final name yet.

    Attributes:
        manifest: a row a document, in mailing order.
        control_files: seals of the inserter's files.
        mail_papers: those of the post's.
    """

    manifest: pl.DataFrame
    control_files: dict[str, Seal]
    mail_papers: Future[dict[str, Seal]]


def begin(
    run_dir: Path,
    plan: Plan,
    manifest: pl.DataFrame,
    first_serials: FirstSerials,
    executor: Executor,
    mailed: Plan | None = None,
) -> Begun:
    """Write what the plan alone says; the post's papers are written while pages are drawn.

    Args:
        run_dir: the run's folder.
        plan: the plan.
        manifest: a row a document, in mailing order.
        first_serials: from ``numbering.number_trays``.
        executor: does the post's papers.
        mailed: the plan as the post's papers see it, where that is another.

    Raises:
        JobError: when a value does not fit the machine's record.
        ResourceError: when the disk is full.
    """
    early = run_dir / EARLY
    control_files = inserterpapers.write_inserter_files(early, plan)
    mail = mailed if mailed is not None else plan
    posted = executor.submit(
        mailpapers.write_mail_papers, early, mail, manifest, first_serials, InlineExecutor()
    )
    return Begun(manifest, control_files, posted)


def finish(
    run_dir: Path, plan: Plan, produced: Produced, begun: Begun, run_id: str | None = None
) -> dict[str, Seal]:
    """Write the tables, name what was begun, write job tickets; give the seals of all of it, print files included.

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
    seals = papers.write_tables(run_dir, plan, produced, begun.manifest) | begun.control_files
    seals |= begun.mail_papers.result()
    _name(run_dir / EARLY, run_dir)
    return seals | papers.write_job_tickets(run_dir, plan, produced, run_id)


def _name(early: Path, run_dir: Path) -> None:
    """Move the folders that were written early to where they belong."""
    if not early.exists():
        return
    for folder in sorted(early.iterdir()):
        folder.rename(run_dir / folder.name)
    early.rmdir()
    sync_folder(run_dir)
