"""The archive: the night's documents once more, as PDF/A-3 in reading order, each with its row of the manifest.

In: plan, manifest. Out: verified files under their final names, their tables, seals. Never: changes a print file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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
from printstream.readback import FinishedSpool

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
    folder, copy = run_dir / FOLDER, archived(plan, plan.page_counts)
    folder.mkdir()
    resources, more = shared_resources(copy, archive_claim(plan.order)), row_files(copy, manifest)
    made = produce(copy, folder, executor, workers, reporter, resources, more=more)
    papers.check_money(plan, made)
    spool.release_all([finished.file.path for finished in made.spools])
    return file_seals(made.spools) | write_tables(
        run_dir, plan.order.job, manifest, copy.imposed.first_side, made.spools
    )


def file_seals(spools: Sequence[FinishedSpool]) -> dict[str, Seal]:
    """Seals of the archive's files, by name in the run folder."""
    return {
        f"{FOLDER}/{number:04d}.pdf": Seal(finished.sha256, finished.file.size_bytes)
        for number, finished in enumerate(spools, 1)
    }


def write_tables(
    run_dir: Path,
    job: Job,
    manifest: pl.DataFrame,
    first_pages: NDArray[np.uint32],
    spools: Sequence[FinishedSpool],
) -> dict[str, Seal]:
    """Write what is on every page of the archive, and where each document is; ``first_pages`` of its files."""
    name = _file_name(manifest.height) if _has_rows(job) else None
    tables = ((PAGES, papers.side_table(spools)), (INDEX, _index(manifest, first_pages, name)))
    return {path: papers.write_parquet(run_dir / path, table) for path, table in tables}


def _has_rows(job: Job) -> bool:
    return job.archive is not None and job.archive.data == "json"


def row_files(
    copy: Copy, manifest: pl.DataFrame, first: int = 0, documents: int | None = None
) -> Callable[[int], spool.Extras]:
    """What goes along with the pages of the spool in a row of the copy's spools.

    Args:
        copy: from ``archived``.
        manifest: rows of the run's manifest, from ``first`` on, of the copy's spools at least.
        first: row of the manifest.
        documents: rows of the whole manifest; those at hand where absent.
    """
    job = copy.order.job
    if not _has_rows(job):
        return lambda _row: spool.Extras()
    first_pages = copy.imposed.first_side[first : first + manifest.height].astype(np.int64)
    files = document_files(manifest, first_pages, job.production_date, first, documents)
    numbers = copy.imposed.spools[c.SPOOL.name].to_list()
    return lambda row: spool.Extras(attachments=files(numbers[row]))


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
            None if files is None else files(number),
        )
        for (number,), table in sorted(pages.items())
    ]
    for done, check in enumerate(checks, 1):
        check.result()
        reporter.advance(done, len(checks), "archive files")


def document_files(
    manifest: pl.DataFrame,
    first_pages: NDArray[np.int64],
    day: date,
    first: int = 0,
    documents: int | None = None,
) -> Callable[[int], spool.Attachments]:
    """Each document's row of the manifest as JSON, by number of the spool.

    Args:
        manifest: a row a document, spool after spool; of the whole one, those from ``first`` on.
        first_pages: int64[documents]: page of its file on which it begins.
        day: that the files bear.
        first: row of the whole manifest.
        documents: rows of the whole manifest; those at hand where absent.
    """
    spools = manifest[c.SPOOL.name].to_numpy()
    name = _file_name(manifest.height if documents is None else documents)

    def files(number: int) -> spool.Attachments:
        begin, end = (int(v) for v in np.searchsorted(spools, (number, number + 1)))
        own = manifest[begin:end]

        def rows(start: int, stop: int) -> Iterable[bytes]:
            return own[start:stop].write_ndjson().encode("utf-8").splitlines()

        pages = first_pages[begin:end]
        return spool.Attachments(pages, first + begin + 1, name, rows, "application/json", _SAYS, day)

    return files


def _file_name(documents: int) -> Callable[[int], str]:
    """Names by number, all as long as each other."""
    digits = max(6, len(str(documents)))
    return lambda number: f"document-{number:0{digits}d}.json"


def archived(plan: Copy, page_counts: NDArray[np.int64]) -> Copy:
    """What production reads, with a file's pages in reading order.

    Args:
        plan: a night, or a part of it.
        page_counts: int64[documents]: pages of each.
    """
    order = plan.order
    size = order.template.width, order.template.height
    imposed = impose.in_reading_order(plan.imposed, page_counts, size)
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
    manifest: pl.DataFrame, first_pages: NDArray[np.uint32], name: Callable[[int], str] | None
) -> pl.DataFrame:
    """Where each document is: file, page, the file with its row."""
    rows = [None] * manifest.height if name is None else [name(k + 1) for k in range(manifest.height)]
    return manifest.select(
        c.DOCUMENT_ID.name,
        pl.format(f"{FOLDER}/{{}}.pdf", pl.col(c.SPOOL.name).cast(pl.String).str.zfill(4)).alias(_FILE),
        pl.Series(_FIRST_PAGE, first_pages),
        c.PAGES.name,
        pl.Series(_ROW, rows, pl.String),
    )
