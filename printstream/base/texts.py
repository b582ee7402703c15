"""Texts of which few differ: a message, a state, a segment.

In: a column of text. Out: its different texts. Never: changes what a row says.
"""

from __future__ import annotations

import polars as pl

_SAMPLE = 1 << 12
_ROWS_A_TEXT = 4
"""Texts of which each stands in at least so many rows on the average are kept once."""


def few_texts(texts: pl.Series) -> pl.Series | None:
    """Give the different texts by first appearance, or None where there are many.

    Args:
        texts: of text, without nulls.
    """
    most = texts.len() // _ROWS_A_TEXT
    if not most or texts.head(_SAMPLE).n_unique() > most:
        return None
    entries = texts.unique(maintain_order=True)
    return entries if entries.len() <= most else None
