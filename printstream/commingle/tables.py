"""The tables of a common mailing: every piece with its account, and what the sorting line merges.

In: the jobs' parts, shares. Out: frames. Never: decides anything.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base import columns as c
from printstream.base.errors import BalanceError
from printstream.commingle.pool import Pool
from printstream.plan import Plan

SPOOL_FIRST, SPOOL_LAST = "spool_first", "spool_last"
COMMON_STREAM = "common_stream"
PIECES = (
    *(
        c.MAILING_SEQUENCE,
        c.JOB,
        c.PIECE_ID,
        c.DOCUMENT_ID,
        c.STREAM,
        c.TRAY_ID,
        c.PRESORT_LEVEL,
        c.ALONE_LEVEL,
    ),
    *(c.ALONE_MILLS, c.SHARE_MILLS, c.INVOICE_MILLS, c.POSTAGE_MILLS, c.POSTAL_CODE, c.POSTAL_BARCODE),
    *(c.SPOOL, c.FIRST_SIDE, c.SHEETS, c.WEIGHT_MG, c.THICKNESS_UM),
)
"""Columns of pieces.parquet, besides the common stream; STREAM is the job's own."""
ACCOUNTS = (c.MAILING_SEQUENCE, c.ALONE_LEVEL, c.ALONE_MILLS, c.SHARE_MILLS, c.INVOICE_MILLS)
"""What a job's manifest gets besides."""
_LONGEST = 62
"""Characters that a tray label has room for."""


def accounts(pool: Pool, share_mills: NDArray[np.int64], part: Plan, number: int) -> pl.DataFrame:
    """A row a piece of a job in its own order: PIECE_ID and what it costs alone, its share, its invoice."""
    pieces = part.presorted.pieces
    documents = pieces[c.DOCUMENT.name] + pl.Series([int(pool.first_document[number])], dtype=pl.UInt32)
    rows = pool.rows_of_documents(documents)
    alone, share = pool.alone_mills[rows], share_mills[rows]
    return pieces.select(c.PIECE_ID.name, c.MAILING_SEQUENCE.name).with_columns(
        pool.alone_level.gather(rows).alias(c.ALONE_LEVEL.name),
        pl.Series(c.ALONE_MILLS.name, alone, pl.Int64),
        pl.Series(c.SHARE_MILLS.name, share, pl.Int64),
        pl.Series(c.INVOICE_MILLS.name, alone - share, pl.Int64),
    )


def with_accounts(manifest: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """A job's manifest with its accounts; of several documents in a piece the first has the money, so that it adds up."""
    joined = manifest.join(own, on=c.PIECE_ID.name, how="left", maintain_order="left")
    if manifest.height == own.height:
        return joined
    first = pl.col(c.PIECE_ID.name).is_first_distinct()
    money = (c.ALONE_MILLS, c.SHARE_MILLS, c.INVOICE_MILLS)
    return joined.with_columns(pl.when(first).then(pl.col(x.name)).otherwise(0).alias(x.name) for x in money)


def piece_table(manifests: Sequence[tuple[str, pl.DataFrame]], common: pl.Series) -> pl.DataFrame:
    """A row a piece of the whole mailing, in mailing order.

    Args:
        manifests: job name, and its manifest with accounts.
        common: the common stream of each piece, in mailing order.

    Raises:
        BalanceError: places in the mailing are missing or there twice.
    """
    frames = []
    for job, manifest in manifests:
        pieces = manifest
        if manifest[c.PIECE_ID.name].n_unique() != manifest.height:
            # All weight and money of a piece stand with its first document; sheets do not.
            sheets = manifest.group_by(c.PIECE_ID.name).agg(pl.col(c.SHEETS.name).sum())
            pieces = (
                manifest.unique(c.PIECE_ID.name, keep="first", maintain_order=True)
                .drop(c.SHEETS.name)
                .join(sheets, on=c.PIECE_ID.name, how="left", maintain_order="left")
            )
        named = pieces.with_columns(pl.lit(job).alias(c.JOB.name))
        frames.append(named.select(pl.col(column.name).cast(column.dtype) for column in PIECES))
    table = pl.concat(frames).sort(c.MAILING_SEQUENCE.name)
    places = table[c.MAILING_SEQUENCE.name].to_numpy()
    if places.size != common.len() or not np.array_equal(places, np.arange(places.size)):
        what = (
            f"the jobs' manifests hold {places.size:,} pieces, the mailing {common.len():,}, or not the same"
        )
        raise BalanceError(what, next_step="Nothing was released; keep the input and report it")
    return table.with_columns(common.alias(COMMON_STREAM))


def merge_table(pieces: pl.DataFrame) -> pl.DataFrame:
    """What the sorting line puts into each tray: a row a tray, job and stream; the job's pieces follow one another.

    Args:
        pieces: ``piece_table``.

    Raises:
        BalanceError: a job's pieces of a tray do not follow one another.
    """
    by = [c.TRAY_ID.name, c.JOB.name, c.STREAM.name]
    number = pl.col(c.PIECE_ID.name)
    table = (
        pieces.group_by(by)
        .agg(
            pl.len().cast(c.PIECES.dtype).alias(c.PIECES.name),
            number.min().alias(c.FIRST_PIECE.name),
            number.max().alias(c.LAST_PIECE.name),
            pl.col(c.SPOOL.name).min().alias(SPOOL_FIRST),
            pl.col(c.SPOOL.name).max().alias(SPOOL_LAST),
            pl.col(c.THICKNESS_UM.name).sum(),
            pl.col(c.WEIGHT_MG.name).sum(),
            pl.col(c.POSTAGE_MILLS.name).sum(),
        )
        .sort(c.TRAY_ID.name, c.JOB.name, c.FIRST_PIECE.name)
    )
    span = table[c.LAST_PIECE.name] - table[c.FIRST_PIECE.name] + 1
    if not span.equals(table[c.PIECES.name], check_names=False):
        what = "a job's pieces of a tray do not follow one another"
        raise BalanceError(what, next_step="Nothing was released; keep the input and report it")
    return table


def tray_contents(merge: pl.DataFrame) -> dict[int, str]:
    """Whose mail lies in each tray, for its label."""
    counted = merge.group_by(c.TRAY_ID.name, c.JOB.name, maintain_order=True).agg(pl.col(c.PIECES.name).sum())
    found: dict[int, list[str]] = {}
    for tray, job, pieces in counted.iter_rows():
        found.setdefault(tray, []).append(f"{job} {pieces:,}")
    texts = {tray: " · ".join(words) for tray, words in found.items()}
    return {
        tray: text if len(text) <= _LONGEST else f"{len(found[tray])} jobs, see merge list"
        for tray, text in texts.items()
    }
