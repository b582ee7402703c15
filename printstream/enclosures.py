"""What the papers say of envelopes: documents that share one, their types, inserts, pockets, what that saved.

In: the plan. Out: tables, rows of the record. Never: decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream import ticket
from printstream.arrange import Enclosed
from printstream.base import columns as c
from printstream.base.errors import BalanceError
from printstream.job import Job
from printstream.plan import Plan

ADDRESSEES = "addressees.parquet"
POCKETS = "pockets.parquet"
POCKET = c.Column("pocket", pl.UInt32(), "pocket of the inserter, from 1")
INSERT = c.Column("insert", pl.String(), "name of the insert")
STOCK_BEFORE = c.Column("stock_before", pl.Int64(), "inserts left before the spool; null without limit")
STOCK_AFTER = c.Column("stock_after", pl.Int64(), "inserts left behind the spool; null without limit")
POCKET_COLUMNS = (c.SPOOL, c.STREAM, POCKET, INSERT, c.PIECES, STOCK_BEFORE, STOCK_AFTER)
MANIFEST_COLUMNS = (c.ENCLOSURE, c.ENCLOSURES, c.FIRST_SHEET, c.PIECE_SHEETS)
ADDRESSEE_COLUMNS = (c.PIECE_ID, c.SPOOL, c.ENCLOSURE, c.DOCUMENT_ID, c.ADDRESSEE)
_ONCE = (c.POSTAGE_MILLS, c.WEIGHT_MG, c.THICKNESS_UM)
"""What a piece has once: it stands with its first document, the others have 0, so that columns add up."""


def rows_of_documents(pieces: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Turn a row a piece into a row a document, in mailing order.

    Args:
        pieces: the manifest's columns, those of the piece and of its first document; in mailing order.
        plan: the plan.
    """
    sheets = plan.imposed.sheets
    piece = sheets.enclosure_piece
    place = _places(piece)
    own = np.diff(sheets.first_sheet)
    before = sheets.first_sheet[:-1] - sheets.piece_sheet[piece]
    sizes = np.bincount(piece, minlength=pieces.height)
    kind = [pl.col(c.DOCUMENT_TYPE.name).cast(pl.String).alias(c.TYPE.name)] if plan.order.types else []
    facts = plan.documents.select(c.DOCUMENT_ID.name, c.PAGES.name, c.MONEY_CENTS.name, *kind)
    return pieces[piece].with_columns(
        *facts[sheets.enclosure_document].get_columns(),
        pl.Series(c.SHEETS.name, own, pl.UInt32),
        pl.Series(c.SIDES.name, plan.imposed.sides),
        pl.Series(c.FIRST_SIDE.name, plan.imposed.first_side),
        pl.Series(c.SLOT.name, plan.imposed.slot).cast(c.SLOT.dtype),
        pl.Series(c.ENCLOSURE.name, place + 1, pl.UInt32),
        pl.Series(c.ENCLOSURES.name, sizes[piece], pl.UInt32),
        pl.Series(c.FIRST_SHEET.name, before + 1, pl.UInt32),
        pl.Series(c.PIECE_SHEETS.name, np.diff(sheets.piece_sheet)[piece], pl.UInt32),
        *(pl.when(pl.Series(place == 0)).then(pl.col(x.name)).otherwise(0).alias(x.name) for x in _ONCE),
    )


def manifest_columns(job: Job) -> tuple[c.Column, ...]:
    """Columns that the manifest has besides those of every job."""
    shared = MANIFEST_COLUMNS if job.household is not None or job.types else ()
    shared = (*shared, c.INSERTS) if job.inserts else shared
    return (*shared, c.TYPE) if job.types else shared


def warnings(plan: Plan) -> tuple[str, ...]:
    """Sentences for the operator."""
    found = []
    row = household_row(plan)
    if row is not None and row.several_addressees:
        found.append(
            f"{row.several_addressees:,} envelopes hold documents to different addressees, as the job allows; "
            f"they are listed in {ADDRESSEES}."
        )
    found += [
        f"Insert {x.name}: {x.out_of_stock:,} pieces got none, because none was left."
        for x in insert_rows(plan)
        if x.out_of_stock
    ]
    return tuple(found)


def tables(manifest: pl.DataFrame, plan: Plan) -> list[tuple[str, pl.DataFrame]]:
    """The tables that a job with households or inserts leaves, by file name."""
    found = []
    if plan.enclosed is not None and plan.enclosed.enclosures is not None:
        found.append((ADDRESSEES, _several_addressees(manifest, plan, plan.enclosed)))
    if plan.order.job.inserts:
        found.append((POCKETS, pocket_plan(plan)))
    return found


def pocket_plan(plan: Plan) -> pl.DataFrame:
    """A row a spool and pocket: what the operator loads, how many it takes, how many are left."""
    job, rows = plan.order.job, []
    pockets = plan.enclosed.pockets if plan.enclosed is not None else {}
    left = [insert.stock for insert in job.inserts]
    bits = plan.imposed.sheets.piece_inserts
    for spool in plan.imposed.spools.iter_rows(named=True):
        begin = spool[c.FIRST_SEQUENCE.name]
        own = bits[begin : begin + spool[c.PIECES.name]]
        for place, k in enumerate(pockets.get(spool[c.STREAM.name], ())):
            count = int(((own >> np.uint32(place)) & np.uint32(1)).sum())
            before = left[k]
            left[k] = None if before is None else before - count
            names = spool[c.SPOOL.name], spool[c.STREAM.name], place + 1, job.inserts[k].name
            rows.append((*names, count, before, left[k]))
    schema = {column.name: column.dtype for column in POCKET_COLUMNS}
    return pl.DataFrame(rows, schema=schema, orient="row")


def household_row(plan: Plan) -> ticket.HouseholdRow | None:
    """What sharing envelopes saved; None where each document has its own."""
    enclosed = plan.enclosed
    if enclosed is None or enclosed.enclosures is None:
        return None
    sizes = np.diff(enclosed.enclosures.first)
    postage = int(plan.presorted.pieces[c.POSTAGE_MILLS.name].sum()) - enclosed.insert_postage_mills
    return ticket.HouseholdRow(
        shared_pieces=int((sizes > 1).sum()),
        shared_documents=int(sizes[sizes > 1].sum()),
        envelopes_saved=enclosed.alone_pieces - plan.presorted.pieces.height,
        postage_saved_mills=enclosed.alone_postage_mills - postage,
        several_addressees=enclosed.mixed.size,
    )


def type_rows(plan: Plan) -> tuple[ticket.TypeRow, ...]:
    """What became of the documents of each type; nothing where the job has one."""
    if not plan.order.types:
        return ()
    sheets = np.zeros(plan.documents.height, np.int64)
    sheets[plan.imposed.sheets.enclosure_document] = np.diff(plan.imposed.sheets.first_sheet)
    bounds = [0, *(typed.first_document for typed in plan.later), plan.documents.height]
    rows = []
    for (name, outcomes), (first, end) in zip(plan.outcomes.of_types.items(), pairwise(bounds), strict=True):
        cents = int(plan.documents[c.MONEY_CENTS.name][first:end].sum())
        rows.append(
            ticket.TypeRow(
                name=name,
                documents_in=outcomes.documents_in,
                documents={"printed": end - first, **outcomes.documents},
                pages=int(plan.pages.first_page[end] - plan.pages.first_page[first]),
                sheets=int(sheets[first:end].sum()),
                money_in_cents=outcomes.cents_in,
                money_out_cents={"printed": cents, **outcomes.cents},
            )
        )
    return tuple(rows)


def check_types(manifest: pl.DataFrame, record: Mapping[str, Any]) -> None:
    """Compare what a released run says of each type with its manifest.

    Raises:
        BalanceError: when they differ.
    """
    for row in record.get("types", ()):
        own = manifest.filter(pl.col(c.TYPE.name) == row["name"])
        found = own.height, int(own[c.PAGES.name].sum()), int(own[c.MONEY_CENTS.name].sum())
        said = row["documents"]["printed"], row["pages"], row["money_out_cents"]["printed"]
        if found != said:
            msg = f"the manifest has {found} documents, pages and cents of type {row['name']}, run.json says {said}"
            raise BalanceError(msg, where="manifest.parquet", next_step="Do not print this run")


def insert_rows(plan: Plan) -> tuple[ticket.InsertRow, ...]:
    """What became of each insert."""
    if plan.enclosed is None:
        return ()
    return tuple(
        ticket.InsertRow(
            *(x.name, x.wanted, x.inserted, x.no_pocket, x.no_room, x.postage_step, x.out_of_stock),
            x.stock_left,
        )
        for x in plan.enclosed.inserts
    )


def first_enclosures(piece: NDArray[np.uint32], pieces: int) -> NDArray[np.int64]:
    """The first enclosure of every piece, and the end; int64[pieces + 1]."""
    first: NDArray[np.int64] = np.searchsorted(piece, np.arange(pieces + 1)).astype(np.int64)
    return first


def _places(piece: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Place of each enclosure in its piece, from 0."""
    first = first_enclosures(piece, int(piece[-1]) + 1 if piece.size else 0)
    return np.asarray(np.arange(piece.size) - first[piece], np.int64)


def _several_addressees(manifest: pl.DataFrame, plan: Plan, enclosed: Enclosed) -> pl.DataFrame:
    """A row a document of the pieces that hold documents to more than one addressee."""
    documents = plan.imposed.sheets.enclosure_document
    addressee = plan.documents[c.ADDRESSEE.name][documents]
    lead = plan.presorted.pieces[c.DOCUMENT.name].to_numpy()[plan.imposed.sheets.enclosure_piece]
    mixed = np.isin(lead, enclosed.mixed)
    table = manifest.with_columns(addressee.alias(c.ADDRESSEE.name)).filter(pl.Series(mixed))
    columns = (*ADDRESSEE_COLUMNS, c.TYPE) if plan.order.types else ADDRESSEE_COLUMNS
    return table.select(x.name for x in columns).rename({c.ADDRESSEE.name: "addressee"})
