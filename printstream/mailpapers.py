"""What the post gets with the mail: tray labels, lists, statement summary, Mail.dat; a part of the corridor.

In: plan and manifest. Out: the files of ``postal/``, sealed. Never: decides anything about the mail; claims to be
certified.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from datetime import date
from hashlib import sha256
from pathlib import Path

import polars as pl

from printstream import presort, spool, ticket
from printstream.base import columns as c
from printstream.base.errors import JobError
from printstream.base.files import Seal, sync_folder, write_parts
from printstream.base.frozen import frozen
from printstream.job import Job
from printstream.numbering import FirstSerials
from printstream.order import WorkOrder
from printstream.plan import Plan

POSTAL = "postal"
MAILDAT = "maildat"
TRAY_LABELS = "tray-labels.pdf"
PLACARDS = "placards"


@frozen
class Levels:
    """What the schemes of a job say of their levels.

    Attributes:
        papers: by stream and level name.
        titles: of the schemes.
        trays: names of the trays that they use.
        carriers: what papers say of the containers, by stream.
    """

    papers: dict[tuple[str, str], ticket.LevelPaper]
    titles: dict[str, str]
    trays: frozenset[str]
    carriers: dict[str, ticket.ContainerPaper]


def check_papers(order: WorkOrder) -> None:
    """Refuse, before any data is read, papers that the job's settings do not suffice for.

    Raises:
        JobError: saying what is missing.
    """
    if order.job.mailing.maildat is not None:
        check_maildat(order.job, *presort.load_prices(order.job, order.job_dir))


def check_maildat(
    job: Job, schemes: Mapping[str, presort.LoadedScheme], singles: Mapping[str, presort.LoadedSingle]
) -> None:
    """Refuse a Mail.dat of schemes that it has no codes for, or whose service is not that of the barcodes.

    Raises:
        JobError: saying what is missing.
    """
    service = job.mailing.maildat.service if job.mailing.maildat is not None else None
    for name, loaded in schemes.items():
        known = loaded.scheme.service_types
        other = () if known is None else known.basic if service == "full" else known.full
        if service is not None and job.mailing.service_type in other:
            what = f"maildat says {service} service, but service_type {job.mailing.service_type} is of the other kind"
            step = f"Give one of scheme {name}'s service_types, or change maildat.service"
            raise JobError(what, where="job.mailing", next_step=step)
    levels = levels_of(job, schemes, singles)
    ticket.check_levels({key: paper.cin for key, paper in levels.papers.items()}, levels.trays)
    ticket.check_carriers(levels.carriers)


def levels_of(
    job: Job, schemes: Mapping[str, presort.LoadedScheme], singles: Mapping[str, presort.LoadedSingle]
) -> Levels:
    """Say what the papers need of the schemes of a job's streams."""
    papers: dict[tuple[str, str], ticket.LevelPaper] = {}
    titles: dict[str, str] = {}
    trays: set[str] = set()
    carriers: dict[str, ticket.ContainerPaper] = {}
    for stream in job.streams:
        name = stream.single
        if stream.scheme is not None:
            scheme = schemes[stream.scheme].scheme
            titles[stream.scheme], name = scheme.title, scheme.residual
            if stream.containers is not None and stream.containers in scheme.containers:
                carriers[stream.name] = _container_paper(scheme, stream.containers)
            trays.update(tray.name for tray_set in scheme.tray_sets for tray in tray_set.trays)
            for level in scheme.levels:
                day = _list_date(scheme, level.labeling_list)
                papers[stream.name, level.name] = ticket.LevelPaper(level.cin, day)
        titles[name] = singles[name].single.title
    return Levels(papers, titles, frozenset(trays), carriers)


def _list_date(scheme: presort.Scheme, name: str | None) -> date | None:
    """Effective date of a labeling list; that of one that only stands in for the post's own would mislead."""
    listed = scheme.labeling_lists[name] if name else None
    return listed.effective if listed is not None and not listed.stand_in else None


def _container_paper(scheme: presort.Scheme, name: str) -> ticket.ContainerPaper:
    container = scheme.containers[name]
    sheet = container.placard
    return ticket.ContainerPaper(
        title=container.title,
        heading=sheet.title,
        width_mpt=sheet.width,
        height_mpt=sheet.height,
        copies=sheet.copies,
        letter_mpt=sheet.letter_height,
        barcode=sheet.barcode == "im_container",
        maildat_type=container.maildat_type,
        section=container.section,
        maildat_levels={level.name: level.maildat_level for level in container.levels},
        list_dates={level.name: _list_date(scheme, level.labeling_list) for level in container.levels},
        tare_mg=container.tare_mg,
    )


def write_mail_papers(
    run_dir: Path, plan: Plan, manifest: pl.DataFrame, first: FirstSerials, executor: Executor
) -> dict[str, Seal]:
    """Write the papers that the job asks for into ``postal/``; give their seals by path below the run folder.

    Args:
        run_dir: the run's folder.
        plan: the plan.
        manifest: a row a document, in mailing order.
        first: from ``numbering.number_trays``.
        executor: files are written side by side.

    Raises:
        JobError: when a value does not fit a field of Mail.dat.
        ResourceError: when the disk is full.
    """
    if not plan.presorted.pieces.height:
        return {}
    return write_post(run_dir, _post(plan, manifest, first), executor)


def write_post(run_dir: Path, post: ticket.Post, executor: Executor) -> dict[str, Seal]:
    """Write the papers of a mailing into ``postal/``; see ``write_mail_papers``."""
    jobs: dict[str, Callable[[Path], Seal]] = {}
    for name, parts in _files(post):
        jobs[f"{POSTAL}/{name}"] = lambda path, parts=parts: write_parts(path, parts)  # type: ignore[misc]
    if post.job.mailing.papers.tray_labels and post.has_trays:
        jobs[f"{POSTAL}/{TRAY_LABELS}"] = lambda path: _write_labels(path, post)
    for name, stream in _placard_files(post):
        jobs[f"{POSTAL}/{name}"] = lambda path, stream=stream: _write_placards(path, post, stream)  # type: ignore[misc]
    for folder in sorted({(run_dir / name).parent for name in jobs}):
        folder.mkdir(parents=True, exist_ok=True)
    done = executor.map(lambda item: item[1](run_dir / item[0]), jobs.items())
    seals = dict(zip(jobs, done, strict=True))
    if seals:
        sync_folder(run_dir / POSTAL)
    return seals


def _post(plan: Plan, manifest: pl.DataFrame, first: FirstSerials) -> ticket.Post:
    pieces = manifest
    if manifest.height != plan.presorted.pieces.height:
        # Several documents in one envelope are one piece.
        pieces = manifest.unique(c.PIECE_ID.name, keep="first", maintain_order=True)
    job = plan.order.job
    levels = levels_of(job, *presort.load_prices(job, plan.order.job_dir))
    return ticket.Post(
        job,
        pieces,
        plan.presorted.trays,
        plan.presorted.qualification.levels,
        plan.presorted.qualification.rates,
        plan.presorted.currency,
        levels.titles,
        levels.papers,
        first.tray,
        containers=plan.presorted.containers,
        carriers=levels.carriers,
        first_container_serial=first.container,
    )


def _files(post: ticket.Post) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Name and content of every file of text."""
    papers = post.job.mailing.papers
    if papers.tray_labels and post.has_trays:
        yield "trays.csv", [ticket.tray_list(ticket.tray_table(post))]
    if papers.placards and post.containers is not None:
        yield "containers.csv", [ticket.container_list(ticket.container_table(post))]
    if papers.summary:
        yield "postage.csv", [ticket.postage_list(post)]
        yield "qualification.csv", [ticket.level_list(post)]
        yield ticket.STATEMENT_FILE, [ticket.statement_html(post).encode()]
    if papers.piece_list:
        yield "pieces.csv", ticket.piece_list(post.pieces)
    if papers.emanifest and ticket.is_mailmark(post.job):
        yield "mailmark-items.csv", ticket.mailmark_list(post)
    for name, parts in ticket.maildat_files(post):
        yield f"{MAILDAT}/{name}", parts


def _placard_files(post: ticket.Post) -> list[tuple[str, str]]:
    """Name and stream of each file of placards; one stream's needs no name."""
    if not post.job.mailing.papers.placards or post.containers is None:
        return []
    streams = post.containers[c.STREAM.name].unique(maintain_order=True).to_list()
    if len(post.carriers) == 1:
        return [(f"{PLACARDS}.pdf", stream) for stream in streams]
    return [(f"{PLACARDS}-{stream}.pdf", stream) for stream in streams]


def _write_placards(path: Path, post: ticket.Post, stream: str) -> Seal:
    table = ticket.container_table(post)
    mine = table.filter(pl.col(c.STREAM.name) == stream)
    made = ticket.placard_sheets(mine, post.carriers[stream], table.height, post.job)
    return _write_sheets(path, made, post.job, f"{post.job.title}, placards")


def _write_labels(path: Path, post: ticket.Post) -> Seal:
    made = ticket.label_sheets(ticket.tray_table(post), post.job)
    return _write_sheets(path, made, post.job, f"{post.job.title}, tray labels")


def _write_sheets(path: Path, made: ticket.LabelSheets, job: Job, title: str) -> Seal:
    identity = sha256(f"{job.name}/{job.seed}/{path.name}/{job.production_date}".encode()).digest()[:16]
    sheets = spool.Sheets(
        made.faces, made.codepage, made.width_mpt, made.height_mpt, title, job.production_date, identity
    )
    return spool.write_sheets(path, sheets, made.pages)
