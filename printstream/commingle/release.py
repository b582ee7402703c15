"""A mailing's folder: every job drawn with its own template, the common papers; all of it is released at once, or nothing.

In: the mailing. Out: ``out/<mailing>/<run-id>/``. Never: leaves a run folder of a mailing that failed.

    jobs/<job>/            a run folder as any other, with its own run.json, manifest, accounts and print files
    pieces.parquet         every piece: job, tray, what it costs alone, its share, its invoice
    trays.parquet          the common trays; containers.parquet: the pallets, where the common streams name them
    merge.csv              which pieces of which job lie in which tray
    accounts.csv           a row a job; coalitions.csv: what the shares are made of
    postal/                labels, lists, statement, Mail.dat of the mailing as a whole
    mailing.html, mailing.json
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import polars as pl

from printstream import mailpapers, papers, spool, ticket
from printstream.base import columns as c
from printstream.base import interrupts
from printstream.base.errors import ResourceError, UsageError
from printstream.base.files import Seal, seal_of, sync_folder, write_whole
from printstream.base.frozen import frozen
from printstream.base.log import Reporter
from printstream.base.measure import peak_memory_bytes
from printstream.commingle import tables
from printstream.commingle.mailing import Laps, Mailing, common_stream_series, owners_of
from printstream.commingle.record import commingled_row, folder_of
from printstream.mailer import Party
from printstream.numbering import FirstSerials
from printstream.pipeline import print_plan
from printstream.plan import Plan

PIECES, TRAYS, MERGE = "pieces.parquet", "trays.parquet", "merge.csv"
ACCOUNTS, COALITIONS = "accounts.csv", "coalitions.csv"


@frozen
class DrawnJob:
    """A job of the mailing, drawn and on disk, not yet released.

    Attributes:
        run_dir: its run folder.
        record: its figures.
        manifest: with accounts.
        seals: of files already sealed.
    """

    run_dir: Path
    record: ticket.RunRecord
    manifest: pl.DataFrame
    seals: dict[str, Seal]


@contextmanager
def mailing_folder(out: Path, name: str, run_id: str) -> Iterator[Path]:
    """Make the mailing's folder under another name; it gets its own when all is done, and goes when anything fails.

    Raises:
        UsageError: when there is such a mailing already.
        ResourceError: when the folder cannot be made.
    """
    final = out / name / run_id
    partial = final.with_name(run_id + spool.PARTIAL_SUFFIX)
    if final.exists():
        what = f"there is a mailing {run_id!r} already"
        step = "Choose another --run-id, or take that mailing away"
        raise UsageError(what, where=str(final), next_step=step)
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        partial.mkdir()
    except FileExistsError as error:
        what = "another run is making this mailing, or was killed while it did"
        step = "Choose another --run-id, or take the unfinished folder away"
        raise UsageError(what, where=str(partial), next_step=step) from error
    except OSError as error:
        what = f"the mailing's folder cannot be made: {error.strerror}"
        raise ResourceError(what, where=str(final), next_step="Let this user write to --out") from error
    try:
        yield partial
        interrupts.check()
        partial.rename(final)
        sync_folder(final.parent)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def draw_job(
    mailing: Mailing,
    number: int,
    folder: Path,
    run_id: str,
    started: datetime,
    executor: Executor,
    workers: int,
    reporter: Reporter,
    laps: Laps,
) -> DrawnJob:
    """Draw, verify and write a job's part, as a run of it alone would; all but its run.json.

    Raises:
        BalanceError: when a print file does not read back as planned, or money does not balance.
    """
    part = mailing.parts[number]
    run_dir = folder / folder_of(part.order.job.name)
    (run_dir / "spool").mkdir(parents=True)
    reporter.info(f"Job {part.order.job.name}")
    with laps.of(number):
        own = tables.accounts(mailing.pool, mailing.share_mills, part, number)
        manifest = tables.with_accounts(papers.manifest(part), own)
        mailed = _without_trays(part)
        produced, seals = print_plan(
            run_dir,
            part,
            FirstSerials(),
            executor,
            workers,
            reporter,
            manifest=manifest,
            mailed=mailed,
            run_id=run_id,
        )
    stages = laps.stages(number)
    seconds = sum(spent for _, _, spent in stages)
    record = papers.run_record(
        part, produced, run_dir, started, stages, seconds, peak_memory_bytes(), workers
    )
    record = replace(record, run_id=run_id, commingled=commingled_row(mailing, number, run_id))
    ticket.write_report(run_dir, record)
    return DrawnJob(run_dir, record, manifest, seals)


def _without_trays(part: Plan) -> Plan:
    """The plan without papers that are of the mailing as a whole: trays, postage statement, Mail.dat."""
    mailing = part.order.job.mailing
    own = mailing.papers.model_copy(update={"tray_labels": False, "summary": False})
    changed = mailing.model_copy(update={"papers": own, "maildat": None})
    order = replace(part.order, job=part.order.job.model_copy(update={"mailing": changed}))
    return replace(part, order=order)


def write_common(
    mailing: Mailing,
    drawn: list[DrawnJob],
    folder: Path,
    first: FirstSerials,
    executor: Executor,
) -> dict[str, Seal]:
    """Write the tables and papers of the mailing as a whole; give their seals.

    Args:
        mailing: the mailing.
        drawn: its jobs.
        folder: of the mailing.
        first: serial numbers of the first tray and the first container.
        executor: files are written side by side.

    Raises:
        BalanceError: when the jobs' manifests are not the mailing.
    """
    names = [order.job.name for order in mailing.orders.orders]
    manifests = list(zip(names, (job.manifest for job in drawn), strict=True))
    pieces = tables.piece_table(manifests, common_stream_series(mailing))
    merge = tables.merge_table(pieces)
    seals = {
        PIECES: papers.write_parquet(folder / PIECES, pieces),
        TRAYS: papers.write_parquet(folder / TRAYS, mailing.presorted.trays),
        MERGE: write_whole(folder / MERGE, merge.write_csv().encode()),
    }
    if mailing.presorted.containers is not None:
        seals[papers.CONTAINERS] = papers.write_parquet(
            folder / papers.CONTAINERS, mailing.presorted.containers
        )
    if pieces.height:
        post = _post(mailing, pieces, tables.tray_contents(merge), first)
        seals |= mailpapers.write_post(folder, post, executor)
    return seals


def _post(
    mailing: Mailing, pieces: pl.DataFrame, contents: dict[int, str], first: FirstSerials
) -> ticket.Post:
    """The mailing as its papers see it: common streams and places, no print file of its own."""
    lists, presorted = mailing.orders.lists, mailing.presorted
    # Items by Mailmark are each client's own: its run folder has them.
    job = mailing.job
    own = job.mailing.papers.model_copy(update={"emanifest": False})
    job = job.model_copy(update={"mailing": job.mailing.model_copy(update={"papers": own})})
    levels = mailpapers.levels_of(job, lists.schemes, lists.singles)
    sequence = pl.col(c.MAILING_SEQUENCE.name)
    table = pieces.with_columns(
        sequence.alias(c.SEQUENCE.name),
        (sequence + 1).alias(c.PIECE_ID.name),
        pl.col(tables.COMMON_STREAM).alias(c.STREAM.name),
        pl.lit(None, c.SPOOL.dtype).alias(c.SPOOL.name),
    )
    owners: tuple[Party, ...] = ()
    if job.mailing.maildat is not None:
        of_job = owners_of(mailing.orders)
        owners = tuple(dict.fromkeys(of_job))
        names = [order.job.name for order in mailing.orders.orders]
        numbers = {name: owners.index(party) for name, party in zip(names, of_job, strict=True)}
        table = table.with_columns(
            pl.col(c.JOB.name).replace_strict(numbers, return_dtype=pl.Int64).alias(ticket.OWNER)
        )
    return ticket.Post(
        job,
        table,
        presorted.trays,
        presorted.qualification.levels,
        presorted.qualification.rates,
        presorted.currency,
        levels.titles,
        levels.papers,
        first.tray,
        owners,
        contents,
        presorted.containers,
        levels.carriers,
        first.container,
    )


def release(
    folder: Path, drawn: list[DrawnJob], record: ticket.MailingRecord, seals: dict[str, Seal], workers: int
) -> None:
    """Write the accounts and the page, then every run.json, then mailing.json; what does not balance is refused.

    Raises:
        BalanceError: counts or money of a job, or of the mailing over its jobs, do not add up.
    """
    ticket.check_mailing(record)
    seals[ACCOUNTS] = write_whole(folder / ACCOUNTS, ticket.shares_list(record))
    if any(row.coalitions for row in record.classes):
        seals[COALITIONS] = write_whole(folder / COALITIONS, ticket.coalitions_list(record))
    page = ticket.mailing_html(record).encode()
    seals[ticket.MAILING_PAGE_FILE] = write_whole(folder / ticket.MAILING_PAGE_FILE, page)
    for job in drawn:
        path = ticket.write_run_json(job.run_dir, job.record, job.seals, workers)
        seals[path.relative_to(folder).as_posix()] = seal_of(path)
    document = ticket.mailing_document(record, dict(sorted(seals.items())))
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    write_whole(folder / ticket.MAILING_RECORD_FILE, text.encode())
