"""What follows from the findings: who leaves, who goes into a stream apart, what the sort and the barcode see.

In: documents, what was found. Out: documents in two parts, and their columns settled. Never: judges.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.address import view as v
from printstream.address.judge import UNDELIVERABLE, Judged
from printstream.address.posts import HOMES
from printstream.addressing import ACTIONS
from printstream.base import columns as c
from printstream.base.frozen import frozen
from printstream.job import Job

_SETTLED = {
    c.POSTAL_CODE.name: v.CODE,
    c.PLUS4.name: v.PLUS4,
    c.DELIVERY_POINT.name: v.POINT,
    c.CITY.name: v.CITY,
    c.STATE.name: v.STATE,
}
_PREFIX = "settled "
SETTLED = tuple(_PREFIX + name for name in _SETTLED)
"""Columns for the rooms after layout, kept apart until then: the template prints the input's own."""
_OF_PIECES = (
    *(c.SHEETS.name, c.STREAM.name, c.WEIGHT_MG.name, c.THICKNESS_UM.name),
    *(c.MAX_WEIGHT_MG.name, c.MAX_THICKNESS_UM.name),
)


@frozen
class Parted:
    """Documents by what happens to them.

    Attributes:
        kept: those to print or divert, with their status, action and settled columns.
        leaving: the others by action, as they came.
        columns, reasons: of the rejected ones, one each.
    """

    kept: pl.DataFrame
    leaving: Mapping[str, pl.DataFrame]
    columns: tuple[str, ...]
    reasons: tuple[str, ...]


def with_diverted(job: Job) -> Job:
    """The job with its stream of diverted documents after the others; documents come there by policy only."""
    return job if job.diverted is None else job.model_copy(update={"streams": (*job.streams, job.diverted)})


def part_documents(documents: pl.DataFrame, judged: Judged) -> Parted:
    """Part documents by action.

    Args:
        documents: those that were judged.
        judged: what was found.
    """
    stays = judged.actions <= ACTIONS.index("divert")
    sortable = ~judged.foreign & ~_rows(judged, "malformed_code")
    known = pl.Series(sortable)
    settled = judged.view.select(
        (
            pl.when(known).then(part).otherwise(pl.lit("")) if part not in (v.CITY, v.STATE) else pl.col(part)
        ).alias(_PREFIX + name)
        for name, part in _SETTLED.items()
    )
    actions = pl.Series(c.ADDRESS_ACTION.name, ACTIONS, dtype=pl.Enum(ACTIONS)).gather(judged.actions)
    kept = documents.drop(UNDELIVERABLE, strict=False).with_columns(
        judged.statuses().alias(c.ADDRESS_STATUS.name), actions, *settled
    )
    kept = kept if stays.all() else kept.filter(pl.Series(stays))
    leaving: dict[str, pl.DataFrame] = {
        action: documents.filter(pl.Series(judged.actions == k))
        for k, action in enumerate(ACTIONS)
        if action not in ("print", "divert")
    }
    rejected = judged.deciding[judged.actions == ACTIONS.index("reject")].tolist()
    return Parted(
        kept,
        leaving,
        tuple(judged.findings[k].column for k in rejected),
        tuple(f"{judged.findings[k].code} {judged.findings[k].reason}" for k in rejected),
    )


def _rows(judged: Judged, status: str) -> NDArray[np.bool_]:
    rows = np.zeros(judged.actions.size, np.bool_)
    for finding in judged.findings:
        if finding.status == status:
            rows |= finding.rows
    return rows


def settle(documents: pl.DataFrame) -> pl.DataFrame:
    """Give the rooms after layout the codes that were judged, in place of the input's; abroad there are none."""
    if SETTLED[0] not in documents.columns:
        return documents
    return documents.with_columns(
        pl.col(n).cast(pl.String).alias(n.removeprefix(_PREFIX)) for n in SETTLED
    ).drop(SETTLED)


def keep_apart(documents: pl.DataFrame) -> pl.DataFrame:
    """Diverted documents share no envelope and ask for no insert."""
    if c.ADDRESS_ACTION.name not in documents.columns:
        return documents
    diverted = pl.col(c.ADDRESS_ACTION.name) == "divert"
    alone = {c.HOUSEHOLD.name: None, c.INSERTS_WANTED.name: 0}
    return documents.with_columns(
        pl.when(diverted).then(pl.lit(value, pl.UInt32)).otherwise(pl.col(name)).alias(name)
        for name, value in alone.items()
        if name in documents.columns
    )


def divert(
    pieces: pl.DataFrame, job: Job, weigh: Callable[[pl.DataFrame, Job], pl.DataFrame]
) -> pl.DataFrame:
    """Put diverted documents into their stream, with its envelope.

    Args:
        pieces: a row a piece, with its PAGES, SHEETS, STREAM, weight and thickness.
        job: the job, with its stream of diverted documents.
        weigh: from pages to sheets, stream, weight and thickness, a row a document.
    """
    if c.ADDRESS_ACTION.name not in pieces.columns or job.diverted is None:
        return pieces
    diverted = (pieces[c.ADDRESS_ACTION.name] == "divert").to_numpy()
    if not diverted.any():
        return pieces
    alone = job.model_copy(update={"streams": (job.diverted,), "household": None, "types": (), "inserts": ()})
    measured = [name for name in _OF_PIECES if name in pieces.columns]
    theirs = weigh(pieces.filter(pl.Series(diverted)).drop(measured), alone)
    # Tolerances may be those of the other streams' envelopes only.
    exact = {c.MAX_WEIGHT_MG.name: c.WEIGHT_MG.name, c.MAX_THICKNESS_UM.name: c.THICKNESS_UM.name}
    rows = np.flatnonzero(diverted)
    return pieces.with_columns(
        pieces[name].scatter(rows, theirs[name if name in theirs.columns else exact[name]])
        for name in measured
    )


def sortable(documents: pl.DataFrame, job: Job) -> pl.DataFrame:
    """The documents for the sort, which takes codes of the form only: what has none gets one that no address has."""
    checks = job.address.checks
    if checks is None or not (documents[c.POSTAL_CODE.name] == "").any():
        return documents
    code = pl.col(c.POSTAL_CODE.name)
    nowhere = pl.lit(HOMES[checks.home].nowhere)
    return documents.with_columns(
        pl.when(code == "").then(nowhere).otherwise(code).alias(code.meta.output_name())
    )
