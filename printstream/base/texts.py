"""Texts of which few differ: a message, a state, a segment.

In: a column of text. Out: its different texts. Never: changes what a row says.
"""

from __future__ import annotations

import polars as pl

_SAMPLE = 1 << 12
_ALIKE = 1 << 5
"""Where fewer than one in so many texts of a sample are there already, nearly all texts differ."""
_ROWS_A_TEXT = 4
"""Texts of which each stands in at least so many rows on the average are kept once."""


def few_texts(texts: pl.Series) -> pl.Series | None:
    """Give the different texts by first appearance, or None where there are many.

    Args:
        texts: of text, without nulls.
    """
    most = texts.len() // _ROWS_A_TEXT
    if not most or _differ(texts, most):
        return None
    entries = texts.unique(maintain_order=True)
    return entries if entries.len() <= most else None


def _differ(texts: pl.Series, most: int) -> bool:
    """Whether more texts differ than ``most``, as far as the first ones and some from everywhere tell."""
    samples = texts.head(_SAMPLE), texts.gather_every(-(-texts.len() // _SAMPLE))
    return all(each.n_unique() > min(most, each.len() - each.len() // _ALIKE) for each in samples)
