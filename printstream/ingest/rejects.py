"""Rejects: a row for every record that leaves, with place, column, reason and value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base.columns import (
    DOCUMENT_ID,
    REASON,
    REJECT_COLUMN,
    REJECTS,
    ROW,
    SOURCE,
    VALUE,
)

VALUE_LENGTH = 200
"""Characters of the offending value that are kept."""
_NONE = pl.DataFrame(schema={c.name: c.dtype for c in REJECTS})


def no_rejects() -> pl.DataFrame:
    """Give a table of rejects without a row."""
    return _NONE.clone()


def as_rejects(frame: pl.DataFrame) -> pl.DataFrame:
    """Bring a frame that has the columns of REJECTS to their types and lengths."""
    value = pl.col(VALUE.name).cast(pl.String).str.slice(0, VALUE_LENGTH)
    return frame.with_columns(value).select(pl.col(c.name).cast(c.dtype) for c in REJECTS)


def reject_documents(
    documents: pl.DataFrame,
    bad: NDArray[np.int64],
    column: str | Sequence[str],
    reason: str | Sequence[str],
    value: Sequence[str | None] | None = None,
) -> pl.DataFrame:
    """Make reject rows for documents that leave after ingest, such as those without a glyph.

    Args:
        documents: the documents' frame, with SOURCE, ROW and DOCUMENT_ID.
        bad: rows of ``documents``, a row of rejects each.
        column: the column that is wrong, one for all or one each.
        reason: why, one for all or one each.
        value: the offending value each.

    Returns:
        a frame of REJECTS.
    """
    columns = [column] * len(bad) if isinstance(column, str) else list(column)
    reasons = [reason] * len(bad) if isinstance(reason, str) else list(reason)
    return as_rejects(
        documents.select(SOURCE.name, ROW.name, DOCUMENT_ID.name)[bad].with_columns(
            pl.Series(REJECT_COLUMN.name, columns, pl.String),
            pl.Series(REASON.name, reasons, pl.String),
            pl.Series(VALUE.name, list(value) if value is not None else [None] * len(bad), pl.String),
        )
    )
