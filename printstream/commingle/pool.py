"""The pieces of all jobs in one table, sorted as one mailing, and each job's part of it again.

In: the jobs' plans. Out: ``Pool``, ``Sorted``, parts. Never: chooses what is sorted together; shares money.

A job's envelopes are printed and inserted apart, in the order in which the sorting line needs them, and merged there:
within a job, streams follow each other as always, and within a stream pieces run as they do in the common mailing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream import address, presort
from printstream.arrange import place
from printstream.base import columns as c
from printstream.base.errors import BalanceError
from printstream.base.frozen import frozen
from printstream.commingle.classes import PriceLists
from printstream.job import Job
from printstream.plan import Plan

_SORTED_BY = (
    *(c.DOCUMENT, c.POSTAL_CODE, c.PLUS4, c.DELIVERY_POINT, c.CITY, c.STATE),
    *(c.WEIGHT_MG, c.THICKNESS_UM, c.MAX_WEIGHT_MG, c.MAX_THICKNESS_UM, c.SHEETS, c.STREAM),
)
"""What the sort reads of a piece."""
_NOMINAL = {c.MAX_WEIGHT_MG.name: c.WEIGHT_MG.name, c.MAX_THICKNESS_UM.name: c.THICKNESS_UM.name}
"""What stands for a limit where the job has no tolerances."""


@frozen
class Pool:
    """All pieces of all jobs, a row each: job by job, within a job by document.

    Attributes:
        pieces: what the sort reads; DOCUMENT is numbered through all jobs, STREAM is the job's own.
        first_document: int64[jobs + 1]: number of each job's first document.
        job: uint16[n]: whose the piece is.
        alone_mills: int64[n]: postage where the job is sorted alone.
        alone_level: its level there.
    """

    pieces: pl.DataFrame
    first_document: NDArray[np.int64]
    job: NDArray[np.uint16]
    alone_mills: NDArray[np.int64]
    alone_level: pl.Series

    def rows_of(self, job: int, streams: Sequence[str]) -> NDArray[np.uint32]:
        """Rows of a job's pieces of some of its streams, ascending."""
        mine = self.pieces[c.STREAM.name].is_in(list(streams)).to_numpy() & (self.job == job)
        return np.flatnonzero(mine).astype(np.uint32)

    def rows_of_documents(self, documents: pl.Series) -> NDArray[np.int64]:
        """Rows of pieces by document, as numbered here."""
        known = self.pieces[c.DOCUMENT.name].to_numpy()
        return np.asarray(np.searchsorted(known, documents.to_numpy()), np.int64)


def gather(plans: Sequence[Plan]) -> Pool:
    """Lay the pieces of all jobs end to end."""
    frames, jobs, mills, levels = [], [], [], []
    counts = [plan.documents[c.DOCUMENT.name].max() for plan in plans]
    sizes = [int(count) + 1 if count is not None else 0 for count in counts]  # type: ignore[arg-type]
    first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    for number, plan in enumerate(plans):
        own = _pieces_of(plan)
        alone = own.select(c.DOCUMENT.name).join(
            plan.presorted.pieces.select(c.DOCUMENT.name, c.POSTAGE_MILLS.name, c.PRESORT_LEVEL.name),
            on=c.DOCUMENT.name,
            how="left",
            maintain_order="left",
        )
        frames.append(own.with_columns(pl.col(c.DOCUMENT.name) + pl.lit(int(first[number]), pl.UInt32)))
        jobs.append(np.full(own.height, number, np.uint16))
        mills.append(alone[c.POSTAGE_MILLS.name].to_numpy())
        levels.append(alone[c.PRESORT_LEVEL.name])
    return Pool(
        pl.concat(frames),
        first,
        np.concatenate(jobs),
        np.concatenate(mills).astype(np.int64),
        pl.concat(levels),
    )


def _pieces_of(plan: Plan) -> pl.DataFrame:
    """What the sort reads of a job's pieces, by document."""
    assert plan.pieces is not None
    own = address.sortable(plan.pieces, plan.order.job)
    columns = []
    for column in _SORTED_BY:
        if column.name in own.columns:
            columns.append(pl.col(column.name).cast(column.dtype))
        elif column.name in _NOMINAL:
            columns.append(pl.col(_NOMINAL[column.name]).cast(column.dtype).alias(column.name))
        else:
            columns.append(pl.lit("", column.dtype).alias(column.name))
    return own.select(columns).sort(c.DOCUMENT.name)


def sort_together(
    pool: Pool, job: Job, stream_of: dict[tuple[int, str], str], lists: PriceLists
) -> presort.Presorted:
    """Sort all pieces as one mailing, each in its common stream.

    Raises:
        BalanceError: a piece is lost or there twice.
    """
    documents = pool.pieces.with_columns(common_streams(pool, stream_of))
    presorted = presort.sort_mailing(documents, job, lists.schemes, lists.singles)
    mailed = presorted.pieces[c.DOCUMENT.name]
    if mailed.len() != pool.pieces.height or not mailed.sort().equals(
        pool.pieces[c.DOCUMENT.name], check_names=False
    ):
        what = f"{pool.pieces.height:,} pieces went into the common sort, and others came out"
        raise BalanceError(what, next_step="Nothing was released; keep the input and report it")
    return presorted


def common_streams(pool: Pool, stream_of: dict[tuple[int, str], str]) -> pl.Series:
    """The common stream of each piece."""
    keys = pl.DataFrame(
        [(job, own, common) for (job, own), common in stream_of.items()],
        schema={"job": pl.UInt16, c.STREAM.name: pl.String, "common": pl.String},
        orient="row",
    )
    own = pl.DataFrame({"job": pool.job, c.STREAM.name: pool.pieces[c.STREAM.name]})
    joined = own.join(keys, on=["job", c.STREAM.name], how="left", maintain_order="left")
    return joined["common"].alias(c.STREAM.name)


def part_of(
    pool: Pool,
    presorted: presort.Presorted,
    plans: Sequence[Plan],
    number: int,
    stream_of: dict[tuple[int, str], str],
) -> Plan:
    """A job's plan with its part of the common mailing: its own order and numbers, the common trays and prices.

    Args:
        pool: all pieces.
        presorted: the common mailing.
        plans: of the jobs alone.
        number: which of them.
        stream_of: common stream of each job's stream.
    """
    plan = plans[number]
    job = plan.order.job
    warnings = tuple(w for w in presorted.warnings if _concerns(w, number, stream_of))
    pieces = _own_pieces(pool, presorted, plan, number)
    part = replace(
        plan.presorted,
        pieces=pieces,
        trays=_own_trays(pieces, presorted.trays),
        warnings=warnings,
        # Of a part of a mailing nobody knows what another preparation of the whole would cost it.
        greedy_mills=0,
        greedy_trays=0,
        gap_mills=0,
        qualification=presort.Qualification(),
        # Containers are the common mailing's; the job's trays say in which they travel.
        containers=None,
    )
    size = plan.order.template.width, plan.order.template.height
    enclosed = plan.enclosed
    imposed = place(part, plan.documents, job, size, None if enclosed is None else enclosed.enclosures)
    if enclosed is not None:
        # What sharing envelopes saved is said as it is for the job alone.
        less = _postage(part) - _postage(plan.presorted)
        enclosed = replace(enclosed, alone_postage_mills=enclosed.alone_postage_mills + less)
    return replace(plan, presorted=part, imposed=imposed, warnings=warnings, enclosed=enclosed)


def _concerns(warning: str, number: int, stream_of: dict[tuple[int, str], str]) -> bool:
    """Whether a warning is a job's business; what is the matter with another client's own streams is not."""
    named = re.match(r"Stream ([^:]+):", warning)
    own = {common for (job, _), common in stream_of.items() if job == number}
    return named is None or named[1] in own


def _postage(presorted: presort.Presorted) -> int:
    return int(presorted.pieces[c.POSTAGE_MILLS.name].sum())


def _own_pieces(pool: Pool, presorted: presort.Presorted, plan: Plan, number: int) -> pl.DataFrame:
    """A row a piece of the job in its own order; MAILING_SEQUENCE is its place in the common mailing."""
    first, end = (int(k) for k in pool.first_document[number : number + 2])
    document = pl.col(c.DOCUMENT.name)
    mine = presorted.pieces.filter((document >= first) & (document < end))
    rows = pool.rows_of_documents(mine[c.DOCUMENT.name])
    order = {stream.name: k for k, stream in enumerate(plan.order.job.streams)}
    mine = mine.with_columns(
        (document - first).cast(c.DOCUMENT.dtype),
        pl.col(c.SEQUENCE.name).alias(c.MAILING_SEQUENCE.name),
        pool.pieces[c.STREAM.name].gather(rows),
    )
    by_stream = pl.col(c.STREAM.name).replace_strict(order, return_dtype=pl.UInt32)
    mine = mine.sort(by_stream, c.MAILING_SEQUENCE.name)
    numbers = pl.int_range(pl.len(), dtype=pl.UInt32)
    mine = mine.with_columns(numbers.alias(c.SEQUENCE.name), (numbers + 1).alias(c.PIECE_ID.name))
    alone = plan.presorted.pieces
    if c.INSERTS.name in alone.columns:
        inserts = alone.select(c.DOCUMENT.name, c.INSERTS.name)
        mine = mine.join(inserts, on=c.DOCUMENT.name, how="left", maintain_order="left")
    return mine


def _own_trays(pieces: pl.DataFrame, trays: pl.DataFrame) -> pl.DataFrame:
    """A row a common tray that holds pieces of the job: what its label says, and the job's part of its mail."""
    own = pieces.group_by(c.TRAY_ID.name).agg(
        pl.col(c.STREAM.name).first(),
        pl.col(c.SEQUENCE.name).min().alias(c.FIRST_SEQUENCE.name),
        pl.len().cast(c.PIECES.dtype).alias(c.PIECES.name),
        pl.col(c.THICKNESS_UM.name).sum(),
        pl.col(c.WEIGHT_MG.name).sum(),
    )
    label = trays.drop(set(own.columns) - {c.TRAY_ID.name})
    joined = own.join(label, on=c.TRAY_ID.name, how="left").sort(c.FIRST_SEQUENCE.name)
    return joined.select(trays.columns)
