"""The same columns in less memory, once no rule reads them any more.

In: documents after the rules. Out: the same values in narrower types. Never: changes a value.
"""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from printstream.base.texts import few_texts


def narrow_columns(documents: pl.DataFrame, untouched: Collection[str]) -> pl.DataFrame:
    """Narrow numbers to the width that they need, and texts of which few differ to an Enum.

    Documents wait in memory while their lines are read. A CASE of five messages costs the length of the message a
    document, lists of numbers eight bytes a number.

    Args:
        documents: a row a document.
        untouched: columns that keep their type.
    """
    for series in documents.get_columns():
        if series.name not in untouched:
            documents = documents.with_columns(_narrow(series))
    return documents


def _narrow(series: pl.Series) -> pl.Series:
    if series.dtype == pl.String:
        entries = None if series.null_count() else few_texts(series)
        return series if entries is None else series.cast(pl.Enum(entries))
    if series.dtype == pl.Int64:
        return series.shrink_dtype()
    if series.dtype == pl.List(pl.Int64):
        numbers = series.explode()
        least, most = numbers.min(), numbers.max()
        if isinstance(least, int) and isinstance(most, int) and least >= -(2**31) and most < 2**31:
            return series.cast(pl.List(pl.Int32))
    return series
