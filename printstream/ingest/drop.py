"""Takes documents away after ingest and numbers the rest anew."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from printstream.base.columns import DOCUMENT
from printstream.base.inline import InlineExecutor
from printstream.ingest.tables import Details
from printstream.kernels.ingest import UNREADABLE
from printstream.kernels.lines import close_gaps


def drop_documents(
    documents: pl.DataFrame, details: Details | None, bad: ArrayLike, executor: Executor | None = None
) -> tuple[pl.DataFrame, Details | None]:
    """Take documents away with their lines, whoever found them unfit.

    Args:
        documents: accepted documents, row k being document k, with any columns.
        details: their lines; the arena and the dictionaries stay as they are, only ``order`` shrinks, in its own
            memory, which is given away.
        bad: rows of ``documents`` that leave, in any order, repeats allowed.
        executor: a worker that sees to the lines meanwhile; the caller's own thread where absent.

    Returns:
        documents with DOCUMENT 0..n-1 again, and their lines; the money and number of the lines that left are
        counted as those of rejected documents. Bad documents that were not named are still pending.
    """
    keep = np.ones(len(documents), np.bool_)
    keep[np.asarray(bad, np.int64)] = False
    closing = None
    if details is not None:
        closing = (executor or InlineExecutor()).submit(_drop_lines, details, keep)
    kept = documents.filter(pl.Series(keep)).with_columns(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias(DOCUMENT.name)
    )
    return kept, None if closing is None else closing.result()


def documents_of_lines(details: Details, rows: ArrayLike) -> NDArray[np.int64]:
    """Give the documents that own any of these lines, ascending, each once; lone lines have none."""
    marked = np.zeros(details.rows, np.bool_)
    marked[np.asarray(rows, np.int64)] = True
    places = np.flatnonzero(marked[details.order])
    return np.unique(np.searchsorted(details.first, places, side="right") - 1)


def _drop_lines(details: Details, keep: NDArray[np.bool_]) -> Details:
    counts = np.diff(details.first)
    leaving = np.empty(int(counts[~keep].sum()), np.uint32)
    if len(leaving):
        close_gaps(details.order, details.first, keep, leaving)
    first = np.zeros(int(keep.sum()) + 1, np.int64)
    np.cumsum(counts[keep], out=first[1:])
    pending = details.bad_documents
    pending_stay = keep[pending]
    amounts = details.amounts(leaving)
    amounts[amounts == UNREADABLE] = 0
    cents = (int((amounts >> 32).sum()) << 32) + int((amounts & 0xFFFFFFFF).sum())
    return replace(
        details,
        order=details.order[: first[-1]],
        first=first,
        lines=details.lines.moved(len(leaving)),
        cents=details.cents.moved(cents),
        bad_documents=(np.cumsum(keep) - 1)[pending[pending_stay]],
        bad_rejects=details.bad_rejects.filter(pl.Series(pending_stay)),
    )
