"""Postage-aware layout: documents whose last page holds a few lines only, and what closing them up would save.

In: a plan, a number of lines; the night arranged again with a page less for these documents. Out: which, and how many.
Never: breaks a page; whether the lines find room is the designer's affair.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base import columns as c
from printstream.base.errors import UsageError
from printstream.base.frozen import frozen
from printstream.plan import Plan
from printstream.presort import Presorted

_LISTED = 100
_AFTER = "after"


@frozen
class Closed:
    """Documents that were closed up.

    Attributes:
        lines: most lines on the last page of each.
        documents: how many they are.
        sheets: sheets that this saves.
        cheaper: pieces that pay less: lighter by a price step, or lifted with their group to a finer level.
        keys: of the documents of such pieces, those first that save most; 100 at most.
    """

    lines: int
    documents: int
    sheets: int
    cheaper: int
    keys: tuple[str, ...]


def spilling(plan: Plan, lines: int) -> NDArray[np.bool_]:
    """Whether the last of several pages of each document holds so many lines at most.

    Raises:
        UsageError: when the job has no detail lines, so that no page holds any, or several types of documents.
    """
    if plan.order.types:
        what = "documents of several types cannot be closed up yet"
        raise UsageError(what, where="--compare closing_lines", next_step="Compare another setting")
    if plan.order.job.input.details is None:
        what = "the job has no detail lines that could be closed up"
        raise UsageError(what, where="--compare closing_lines", next_step="Compare another setting")
    last = plan.pages.first_page[1:] - 1
    on_last = np.diff(plan.line_arrays.first) - plan.pages.first_line[last]
    return (plan.page_counts > 1) & (on_last <= lines)


def closed_up(plan: Plan, chosen: NDArray[np.bool_], lines: int, made: Presorted) -> Closed:
    """Compare the pieces as they are with the same ones arranged after closing up."""
    before, after = plan.presorted.pieces, made.pieces
    both = before.select(c.DOCUMENT.name, c.POSTAGE_MILLS.name).join(
        after.select(c.DOCUMENT.name, pl.col(c.POSTAGE_MILLS.name).alias(_AFTER)), on=c.DOCUMENT.name
    )
    saved = (pl.col(c.POSTAGE_MILLS.name).cast(pl.Int64) - pl.col(_AFTER).cast(pl.Int64)).alias("saved")
    cheaper = both.select(c.DOCUMENT.name, saved).filter(pl.col("saved") > 0)
    most = cheaper.sort(["saved", c.DOCUMENT.name], descending=[True, False]).head(_LISTED)
    keys = plan.documents[c.DOCUMENT_ID.name].gather(most[c.DOCUMENT.name])
    return Closed(
        lines,
        int(chosen.sum()),
        int(before[c.SHEETS.name].sum()) - int(after[c.SHEETS.name].sum()),
        cheaper.height,
        tuple(keys.cast(pl.String).to_list()),
    )
