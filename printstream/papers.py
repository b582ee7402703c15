"""What a run leaves besides its print files: the balance, manifest, rejects, record.

In: plan and production. Out: tables under their final names, the record. Never: draws, decides.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream import claims, enclosures, impose, marks, spool, ticket
from printstream.base import columns as c
from printstream.base.errors import BalanceError
from printstream.base.files import Seal, seal_of, write_folder
from printstream.base.measure import cpu_name, versions
from printstream.base.options import available_cores
from printstream.fonts.faces import load_face
from printstream.plan import Plan
from printstream.produce import Produced, shared_resources
from printstream.readback import FinishedSpool

MANIFEST = "manifest.parquet"
REJECTS = "rejects.parquet"
SIDES = "sides.parquet"
PREFLIGHT = "preflight.parquet"
WORK_ORDERS = "workorder"
TRAYS = "trays.parquet"
CONTAINERS = "containers.parquet"
ARCHIVE = "archive"
"""Key of run.json's work order: what the archive's files follow; absent where there are none."""
FONTS = "fonts"
STANDARDS = "standards"
"""Key of run.json's work order: what the print files follow; absent where they are plain PDF."""
_SIDE_SCHEMA = {"spool": pl.UInt32, "side": pl.UInt32, "plain_bytes": pl.Int64, "adler32": pl.UInt32}


def check_money(plan: Plan, produced: Produced) -> None:
    """Compare the total that each last page states with the document's amount.

    Raises:
        BalanceError: when a document was not drawn to its end, or states another amount.
    """
    expected = plan.documents[c.MONEY_CENTS.name].to_numpy()
    wrong = np.flatnonzero((produced.printed_cents != expected) & _states_money(plan))
    if wrong.size:
        msg = f"{wrong.size:,} documents state another total than their input"
        where = f"document {wrong[0]}, counted from 0 among the printed ones"
        raise BalanceError(msg, where=where, next_step="Nothing was released; keep the input and report it")


def _states_money(plan: Plan) -> NDArray[np.bool_]:
    """Documents whose table adds up what their row states."""
    states = np.zeros(plan.documents.height, np.bool_)
    orders = plan.order.types or (plan.order,)
    for order, first in zip(orders, (0, *(typed.first_document for typed in plan.later)), strict=True):
        # A further type's documents begin later and overwrite this.
        states[first:] = order.job.input.documents.money is not None and order.template.table is not None
    return states


def manifest(plan: Plan) -> pl.DataFrame:
    """A row a document, in mailing order."""
    own = plan.documents.select(
        c.DOCUMENT.name,
        c.DOCUMENT_ID.name,
        c.PAGES.name,
        c.POSTAL_CODE.name,
        c.PLUS4.name,
        c.DELIVERY_POINT.name,
        c.MONEY_CENTS.name,
    )
    imposed = plan.imposed
    pieces = plan.presorted.pieces.with_columns(
        pl.Series(c.SPOOL.name, imposed.piece_spool),
        pl.Series(c.FIRST_SIDE.name, imposed.piece_first_side),
        *(
            pl.Series(x.name, v[imposed.first_enclosure]).cast(x.dtype)
            for x, v in ((c.SIDES, imposed.sides), (c.SLOT, imposed.slot))
        ),
    ).join(own, on=c.DOCUMENT.name, how="left", maintain_order="left")
    pieces = pieces.with_columns(marks.postal_barcodes(pieces, plan.documents, plan.order.job))
    more: tuple[c.Column, ...] = ()
    trays = plan.presorted.trays
    if c.CONTAINER_ID.name in trays.columns:
        pieces = pieces.with_columns(_container_of(pieces[c.TRAY_ID.name], trays))
        more = (c.CONTAINER_ID,)
    if plan.enclosed is not None:
        pieces = enclosures.rows_of_documents(pieces, plan)
        more += enclosures.manifest_columns(plan.order.job)
    return pieces.select(
        column.name
        for column in (
            c.DOCUMENT_ID,
            c.PIECE_ID,
            c.SEQUENCE,
            c.SPOOL,
            c.FIRST_SIDE,
            c.SLOT,
            c.SIDES,
            c.PAGES,
            c.SHEETS,
            c.POSTAL_CODE,
            c.PRESORT_LEVEL,
            c.TRAY_ID,
            c.POSTAL_BARCODE,
            c.POSTAGE_MILLS,
            c.MONEY_CENTS,
            c.WEIGHT_MG,
            c.THICKNESS_UM,
            c.STREAM,
            *more,
        )
    )


def _container_of(tray_ids: pl.Series, trays: pl.DataFrame) -> pl.Series:
    """The container of each piece, by its tray; null: in none."""
    numbers = trays[c.TRAY_ID.name].to_numpy()
    known = np.zeros(int(numbers.max(initial=0)) + 1, np.uint32)
    known[numbers] = trays[c.CONTAINER_ID.name].fill_null(0).to_numpy()
    found = pl.Series(c.CONTAINER_ID.name, known[tray_ids.to_numpy()])
    return found.set(found == 0, None)


def write_plan_tables(folder: Path, plan: Plan, pieces: pl.DataFrame) -> dict[str, Seal]:
    """Write manifest, rejects, trays and what else the plan alone says; give the tables' seals.

    Args:
        folder: where they go.
        plan: the plan.
        pieces: the manifest.
    """
    found = [] if plan.preflight is None else [(PREFLIGHT, plan.preflight.table)]
    tables = (
        (MANIFEST, pieces),
        *enclosures.tables(pieces, plan),
        (REJECTS, plan.outcomes.reject_table()),
        (TRAYS, plan.presorted.trays),
        *_container_table(plan),
        *found,
    )
    return {name: write_parquet(folder / name, frame) for name, frame in tables}


def spool_seals(produced: Produced) -> dict[str, Seal]:
    """The seals of the print files, by the names that they will have."""
    return {
        f"spool/{finished.file.path.name.removesuffix(spool.PARTIAL_SUFFIX)}": Seal(
            finished.sha256, finished.file.size_bytes
        )
        for finished in produced.spools
    }


def write_sides(folder: Path, produced: Produced) -> dict[str, Seal]:
    """Write the sides' checksums; give the table's seal."""
    return {SIDES: write_parquet(folder / SIDES, side_table(produced.spools))}


def _container_table(plan: Plan) -> list[tuple[str, pl.DataFrame]]:
    """The pallets or other containers, where the job plans them."""
    containers = plan.presorted.containers
    return [] if containers is None else [(CONTAINERS, containers)]


def plan_work_orders(plan: Plan) -> list[dict[str, Any]]:
    """Say what the shop does with each spool; all but the print files' checksums."""
    job = plan.order.job
    envelopes = {stream.name: stream.envelope for stream in job.streams}
    zones = plan.order.marks.clear_zones_mpt
    rows = range(plan.imposed.spools.height)
    return [impose.work_order(plan.imposed, job, row, "", envelopes, zones) for row in rows]


def write_work_orders(folder: Path, orders: list[dict[str, Any]], produced: Produced) -> dict[str, Seal]:
    """Write the work orders of the finished print files; give the files' seals.

    Args:
        folder: where their folder goes.
        orders: from ``plan_work_orders``.
        produced: the print files.
    """
    contents = {}
    for row, (order, finished) in enumerate(zip(orders, produced.spools, strict=True)):
        sealed = order | {"sha256": finished.sha256}
        text = json.dumps(sealed, ensure_ascii=False, separators=(",", ":"), default=list)
        contents[f"{row + 1:04d}.json"] = f"{text}\n".encode()
    (folder / WORK_ORDERS).mkdir()
    seals = write_folder(folder / WORK_ORDERS, contents)
    return {f"{WORK_ORDERS}/{name}": seal for name, seal in seals.items()}


def write_job_tickets(
    run_dir: Path, plan: Plan, produced: Produced, run_id: str | None = None
) -> dict[str, Seal]:
    """Write a job ticket for each print file, where the job asks for them; give the files' seals."""
    if plan.order.job.ticket is None:
        return {}
    # Few jobs have tickets, and every run starts here.
    from printstream.jobtickets import write_tickets

    return write_tickets(run_dir, plan, produced, run_id)


def side_table(spools: Sequence[FinishedSpool]) -> pl.DataFrame:
    """Length and checksum of every side's content, by which `verify` knows it again."""
    frames = [
        pl.DataFrame(
            {
                "spool": np.full(s.plain_bytes.size, number, np.uint32),
                "side": np.arange(s.plain_bytes.size, dtype=np.uint32),
                "plain_bytes": s.plain_bytes,
                "adler32": s.adler32,
            },
            schema=_SIDE_SCHEMA,
        )
        for number, s in enumerate(spools, 1)
    ]
    return pl.concat(frames) if frames else pl.DataFrame(schema=_SIDE_SCHEMA)


def write_parquet(path: Path, frame: pl.DataFrame) -> Seal:
    """Write a table under a partial name, flush it, give it its name."""
    partial = path.with_name(path.name + spool.PARTIAL_SUFFIX)
    # Row groups would follow the parts that the table was put together from.
    frame.rechunk().write_parquet(partial, compression="zstd", compression_level=1)
    spool.release(partial)
    return seal_of(path)


def prepare_record() -> None:
    """Read what the record and its report take from files, which takes a while the first time."""
    versions()
    cpu_name()
    ticket.prepare_report()


def run_record(
    plan: Plan,
    produced: Produced | None,
    run_dir: Path,
    started: datetime,
    stages: Sequence[tuple[int, str, float]],
    total_seconds: float,
    peak_memory_bytes: int,
    workers: int,
) -> ticket.RunRecord:
    """Gather what the papers of the run say."""
    job = plan.order.job
    printed = int(plan.documents[c.MONEY_CENTS.name].sum())
    levels = plan.presorted.pieces.group_by(c.PRESORT_LEVEL.name, maintain_order=True).agg(
        pl.len().alias("pieces"), pl.col(c.POSTAGE_MILLS.name).sum()
    )
    warnings = (
        *plan.warnings,
        *enclosures.warnings(plan),
        *(produced.warnings if produced is not None else ()),
    )
    return ticket.RunRecord(
        job=job.name,
        title=job.title,
        run_id=run_dir.name,
        started=started,
        counts=_counts(plan),
        money_in_cents=plan.money_in_cents,
        money_out_cents={"printed": printed, **plan.outcomes.cents},
        stages=tuple(ticket.StageRow(*stage) for stage in stages),
        total_seconds=total_seconds,
        peak_memory_bytes=peak_memory_bytes,
        levels=tuple(ticket.LevelRow(*row) for row in levels.iter_rows()),
        single_piece_postage_mills=plan.presorted.single_piece_mills,
        greedy_postage_mills=plan.presorted.greedy_mills,
        greedy_trays=plan.presorted.greedy_trays,
        postage_gap_mills=plan.presorted.gap_mills,
        trays=ticket.tray_rows(plan.presorted.trays),
        containers=ticket.container_rows(plan.presorted.containers),
        carried_trays=_carried(plan),
        spools=_spool_rows(plan, produced),
        rejects=_reject_rows(plan),
        household=enclosures.household_row(plan),
        inserts=enclosures.insert_rows(plan),
        types=enclosures.type_rows(plan),
        warnings=warnings,
        currency=plan.presorted.currency,
        work_order=work_order(plan),
        versions=versions(),
        machine=ticket.Machine(cpu_name(), available_cores(), workers),
        status="released" if produced is not None else "planned",
    )


def _carried(plan: Plan) -> int:
    """Trays that say that they travel in a container of the run."""
    if plan.presorted.containers is None:
        return 0
    return int(plan.presorted.trays[c.CONTAINER_ID.name].count())


def work_order(plan: Plan) -> dict[str, Any]:
    """Say what the shop floor must know and cannot see: how sheets are cut and stacked, paper, marks, envelopes."""
    job, claim = plan.order.job, claims.claim_of(plan.order)
    streams = {stream.name: stream for stream in job.streams}
    return {
        **({STANDARDS: list(claim.names)} if claim is not None else {}),
        **({ARCHIVE: {"standard": claims.ARCHIVED, "data": job.archive.data}} if job.archive else {}),
        **({FONTS: _fonts(plan)} if plan.order.fonts else {}),
        "imposition": job.imposition.scheme,
        "page": {"width_mpt": job.stock.width, "height_mpt": job.stock.height},
        "stock": {"grammage_gsm": job.stock.grammage_gsm, "caliper_um": job.stock.caliper_um},
        "inserter": {"profile": job.inserter.profile, "job_code": job.inserter.job_code},
        "spools": [
            {
                "file": f"spool/{number:04d}.pdf",
                "stream": name,
                "envelope": streams[name].envelope,
                "envelope_weight_mg": streams[name].envelope_weight_mg,
                "envelope_thickness_um": streams[name].envelope_thickness_um,
                "folds": streams[name].folds,
            }
            for number, name in enumerate(plan.imposed.spools[c.STREAM.name], 1)
        ],
    }


def _fonts(plan: Plan) -> dict[str, dict[str, str]]:
    """The job's own font files by path: who prints the same again must have the same."""
    faces = {name: load_face(name, plan.order.fonts) for name in plan.order.fonts}
    return {
        name: {"postscript_name": face.postscript_name, "sha256": face.digest.hex()}
        for name, face in faces.items()
    }


def _counts(plan: Plan) -> dict[str, int]:
    return {
        "documents_in": plan.documents_in,
        "printed": plan.documents.height,
        **plan.outcomes.documents,
        "rejected_lines": plan.outcomes.rejected_lines,
        "pieces": plan.presorted.pieces.height,
        "pages": int(plan.pages.first_page[-1]),
        "sheets": int(plan.imposed.sheets.first_sheet[-1]),
        "sides": int(plan.imposed.spools[c.IMPRESSIONS.name].sum()),
        "spools": plan.imposed.spools.height,
        **({} if plan.presorted.containers is None else {"containers": plan.presorted.containers.height}),
    }


def _spool_rows(plan: Plan, produced: Produced | None) -> tuple[ticket.SpoolRow, ...]:
    pages = plan.page_counts[plan.imposed.sheets.enclosure_document]
    pieces = plan.presorted.pieces.height
    first = enclosures.first_enclosures(plan.imposed.sheets.enclosure_piece, pieces)
    total = np.concatenate([[0], np.cumsum(pages)])[first]
    rows = []
    for number, row in enumerate(plan.imposed.spools.iter_rows(named=True)):
        begin = row[c.FIRST_SEQUENCE.name]
        end = begin + row[c.PIECES.name]
        size = produced.spools[number].file.size_bytes if produced is not None else 0
        rows.append(
            ticket.SpoolRow(
                file=f"spool/{number + 1:04d}.pdf",
                stream=row[c.STREAM.name],
                pieces=row[c.PIECES.name],
                pages=int(total[end] - total[begin]),
                sheets=row[c.SHEETS.name],
                sides=row[c.IMPRESSIONS.name],
                bytes=size,
                first_sequence=begin,
            )
        )
    return tuple(rows)


def _reject_rows(plan: Plan) -> tuple[ticket.RejectRow, ...]:
    keys = (c.REJECT_COLUMN.name, c.REASON.name)
    counted = plan.outcomes.reject_table().group_by(*keys).len()
    ordered = counted.sort("len", *keys, descending=[True, False, False])
    return tuple(ticket.RejectRow(column or "", *rest) for column, *rest in ordered.iter_rows())


def check_art(plan: Plan) -> None:
    """Import the template's art and subset its faces, to find faults in them before a run.

    Raises:
        JobError: when a designer's PDF cannot be used, or has ink where the inserter reads.
    """
    order = plan.order
    shared_resources(plan)
    if order.job.archive is not None:
        shared_resources(plan, claims.archive_claim(order))
    for form in plan.forms:
        if form.pdf:
            art = order.job_dir / form.pdf
            zones = order.marks.clear_zones_mpt
            spool.check_art_zones(art, form.page, order.template.height, zones, form.name)
