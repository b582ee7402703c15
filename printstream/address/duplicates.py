"""Whether an earlier document has the same recipient and address: case, dots, commas and blanks do not count.

In: documents. Out: a flag a document; of a part of the documents, numbers and texts by which the whole decides.
Never: calls those the same who have no name or no street.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.address import view as v
from printstream.address.texts import ODD, capitals, fingerprints, rows_there_twice
from printstream.job import Job

_PLACE = (v.CITY, v.CODE, v.COUNTRY)


def duplicates(documents: pl.DataFrame, job: Job, view: pl.DataFrame) -> NDArray[np.bool_]:
    """Whether all lines, city, code and country were there before."""
    prints = fingerprints(_lines(documents, job)) ^ (view.select(_PLACE).hash_rows().to_numpy() * ODD)
    rows = _named(view)
    # Equal numbers are rare among different people: only theirs are compared as texts.
    suspects = rows[rows_there_twice(prints[rows])]
    again = np.zeros(documents.height, np.bool_)
    again[suspects[was_there(whole_addresses(documents, job, suspects, view))]] = True
    return again


def likenesses(documents: pl.DataFrame, job: Job) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Documents that could be duplicates, ascending, and numbers that are equal where they are, on any machine."""
    view = v.view_of(documents, job)
    rows = _named(view)
    return rows, fingerprints([*_lines(documents, job), *(view[name] for name in _PLACE)])[rows]


def whole_addresses(
    documents: pl.DataFrame, job: Job, rows: NDArray[np.int64], view: pl.DataFrame | None = None
) -> pl.Series:
    """Texts of some documents that are equal where recipient and address are the same."""
    view = v.view_of(documents, job) if view is None else view
    same = [line.gather(rows) for line in _lines(documents, job)]
    spelled = capitals(pl.DataFrame(same).select(pl.concat_str(pl.all(), separator=" ")).to_series())
    key = view.select(_PLACE)[rows].with_columns(spelled.alias("lines"))
    return key.select(pl.concat_str(pl.all(), separator="\n")).to_series()


def was_there(texts: pl.Series) -> NDArray[np.int64]:
    """Rows whose text an earlier row has."""
    rows: NDArray[np.int64] = np.flatnonzero(~texts.is_first_distinct().to_numpy())
    return rows


def _named(view: pl.DataFrame) -> NDArray[np.int64]:
    rows: NDArray[np.int64] = np.flatnonzero(((view[v.NAME] != "") & (view[v.STREET] != "")).to_numpy())
    return rows


def _lines(documents: pl.DataFrame, job: Job) -> list[pl.Series]:
    names = dict.fromkeys((*job.address.lines, job.address.street))
    texts = [pl.col(name).cast(pl.String).fill_null("") for name in names]
    return documents.select(text.alias(str(k)) for k, text in enumerate(texts)).get_columns()
