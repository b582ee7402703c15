"""The archive: the night's documents once more, as PDF/A-3 in reading order, each with its row of the manifest.

In: plan, manifest. Out: verified files under their final names, their tables, seals. Never: changes a print file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream import impose, papers, spool, ticket
from printstream.base import columns as c
from printstream.base.errors import BalanceError
from printstream.base.files import Seal
from printstream.base.log import Reporter
from printstream.claims import archive_claim
from printstream.job import Imposition, Job, SpoolSettings
from printstream.plan import Copy, Plan
from printstream.produce import produce, shared_resources

FOLDER = "archive"
PAGES = f"{FOLDER}/pages.parquet"
INDEX = f"{FOLDER}/index.parquet"
_FILE, _FIRST_PAGE, _ROW = "file", "first_page", "row_file"
_SAYS = "The document's row of the run's manifest"
_UNKNOWN_DAY = date(1970, 1, 1)
_DO_NOT = "Do not rely on this archive"


def write_archive(
    run_dir: Path, plan: Plan, manifest: pl.DataFrame, executor: Executor, workers: int, reporter: Reporter
) -> dict[str, Seal]:
    """Draw, verify and release the archive's files, and write their tables.

    Args:
        run_dir: the run's folder.
        plan: the plan.
        manifest: a row a document in mailing order.
        executor: workers.
        workers: how many.
        reporter: told of the pages.

    Returns:
        the seals of all files, by their names in the run folder.

    Raises:
        BalanceError: when a file does not read back as planned, or states another amount.
    """
    folder, job, copy = run_dir / FOLDER, plan.order.job, _copy(plan)
    folder.mkdir()
    files = None
    if job.archive is not None and job.archive.data == "json":
        files = document_files(manifest, copy.imposed.first_side.astype(np.int64), job.production_date)
    resources = shared_resources(copy, archive_claim(plan.order))
    made = produce(
        copy,
        folder,
        executor,
        workers,
        reporter,
        resources,
        more=lambda row: spool.Extras(attachments=None if files is None else files(row)),
    )
    papers.check_money(plan, made)
    spool.release_all([finished.file.path for finished in made.spools])
    seals = {
        f"{FOLDER}/{row + 1:04d}.pdf": Seal(finished.sha256, finished.file.size_bytes)
        for row, finished in enumerate(made.spools)
    }
    index = _index(manifest, copy.imposed, None if files is None else _file_name(manifest.height))
    tables = ((PAGES, papers.side_table(made.spools)), (INDEX, index))
    return seals | {name: papers.write_parquet(run_dir / name, table) for name, table in tables}


def verify_archive(run_dir: Path, executor: Executor, reporter: Reporter) -> None:
    """Read the files of a released archive back: pages, claims, every document's row.

    Raises:
        BalanceError: at the first difference.
    """
    said = ticket.read_run_json(run_dir).get("work_order", {}).get(papers.ARCHIVE)
    if said is None:
        return
    manifest, index = pl.read_parquet(run_dir / papers.MANIFEST), pl.read_parquet(run_dir / INDEX)
    same = (c.DOCUMENT_ID.name, c.PAGES.name)
    if not index.select(same).equals(manifest.select(same)):
        msg = "the archive's index and the manifest have different documents"
        raise BalanceError(msg, where=INDEX, next_step=_DO_NOT)
    files = None
    if said["data"] == "json":
        files = document_files(manifest, index[_FIRST_PAGE].to_numpy().astype(np.int64), _UNKNOWN_DAY)
    pages = pl.read_parquet(run_dir / PAGES).partition_by("spool", as_dict=True)
    checks = [
        executor.submit(
            spool.verify_sides,
            run_dir / FOLDER / f"{number:04d}.pdf",
            table["plain_bytes"].to_numpy(),
            table["adler32"].to_numpy(),
            (said["standard"],),
            None,
            None if files is None else files(number - 1),
        )
        for (number,), table in sorted(pages.items())
    ]
    for done, check in enumerate(checks, 1):
        check.result()
        reporter.advance(done, len(checks), "archive files")


def document_files(
    manifest: pl.DataFrame, first_pages: NDArray[np.int64], day: date
) -> Callable[[int], spool.Attachments]:
    """Each document's row of the manifest as JSON, by row of the spool.

    Args:
        manifest: a row a document, spool after spool.
        first_pages: int64[documents]: page of its file on which it begins.
        day: that the files bear.
    """
    spools, name = manifest[c.SPOOL.name].to_numpy(), _file_name(manifest.height)

    def files(row: int) -> spool.Attachments:
        begin, end = (int(v) for v in np.searchsorted(spools, (row + 1, row + 2)))
        own = manifest[begin:end]

        def rows(start: int, stop: int) -> Iterable[bytes]:
            return own[start:stop].write_ndjson().encode("utf-8").splitlines()

        pages = first_pages[begin:end]
        return spool.Attachments(pages, begin + 1, name, rows, "application/json", _SAYS, day)

    return files


def _file_name(documents: int) -> Callable[[int], str]:
    """Names by number, all as long as each other."""
    digits = max(6, len(str(documents)))
    return lambda number: f"document-{number:0{digits}d}.json"


def _copy(plan: Plan) -> Copy:
    """What production reads, with a file's pages in reading order."""
    order = plan.order
    size = order.template.width, order.template.height
    imposed = impose.in_reading_order(plan.imposed, plan.page_counts, size)
    order = replace(order, job=_plain(order.job))
    held = plan.typeset, plan.line_arrays, plan.pages
    return Copy(order, plan.documents, imposed, *held, later=plan.later)


def _plain(job: Job) -> Job:
    """The job without press sheets."""
    width, height = job.stock.width, job.stock.height
    alone = Imposition.model_construct(
        scheme="one_up", crop_marks=False, sheet_width=width, sheet_height=height
    )
    return job.model_copy(update={"imposition": alone, "spool": SpoolSettings()})


def _index(
    manifest: pl.DataFrame, imposed: impose.Imposed, name: Callable[[int], str] | None
) -> pl.DataFrame:
    """Where each document is: file, page, the file with its row."""
    rows = [None] * manifest.height if name is None else [name(k + 1) for k in range(manifest.height)]
    return manifest.select(
        c.DOCUMENT_ID.name,
        pl.format(f"{FOLDER}/{{}}.pdf", pl.col(c.SPOOL.name).cast(pl.String).str.zfill(4)).alias(_FILE),
        pl.Series(_FIRST_PAGE, imposed.first_side),
        c.PAGES.name,
        pl.Series(_ROW, rows, pl.String),
    )
