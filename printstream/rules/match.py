"""Which documents of several types come together, and which must leave.

In: documents of all types, type after type, with MATCH_KEY and DOCUMENT_TYPE. Out: MATCH, ADDRESSEE; the rows that leave,
with reasons. Never: takes a document away itself.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base.columns import ADDRESSEE, DOCUMENT_TYPE, MATCH, MATCH_KEY
from printstream.base.errors import InputError
from printstream.base.frozen import frozen
from printstream.job import Job
from printstream.rules.enclose import addressees, same_numbers

NO_KEY = "the match is missing"
REPEATED = "the match is there more than once in this type"
DIFFERENT = "the documents of its match have different addressees"


@frozen
class Unmatched:
    """Documents that cannot be printed for the sake of their match.

    Attributes:
        rows: int64[n], ascending.
        reasons: one each.
    """

    rows: NDArray[np.int64]
    reasons: tuple[str, ...]


def no_document(name: str) -> str:
    """Say that a type is missing."""
    return f"its match has no {name} to print"


def bad_keys(keys: pl.Series) -> Unmatched:
    """Find the documents of one type whose match is empty, or is that of another one too.

    All of these: nobody can tell which of them the other types' documents belong to.
    """
    missing = keys.is_null() | (keys.str.strip_chars() == "")
    wrong = missing | keys.is_duplicated()
    rows = np.flatnonzero(wrong.to_numpy()).astype(np.int64)
    absent = missing.to_numpy()
    return Unmatched(rows, tuple(NO_KEY if absent[row] else REPEATED for row in rows.tolist()))


def match_types(documents: pl.DataFrame, job: Job) -> pl.DataFrame:
    """Number the matches and the addressees, each by its first document."""
    return documents.with_columns(
        same_numbers([documents[MATCH_KEY.name]]).alias(MATCH.name),
        addressees(documents, job).alias(ADDRESSEE.name),
    )


def unmatched(documents: pl.DataFrame, job: Job) -> Unmatched:
    """Find the matches that lack a document, or have one to somebody else; all their documents leave.

    Args:
        documents: from ``match_types``.
        job: its types and how they are matched.

    Raises:
        InputError: a type is missing that must not be.
    """
    match, kind = documents[MATCH.name], documents[DOCUMENT_TYPE.name]
    reason = pl.Series([None], dtype=pl.String).new_from_index(0, documents.height)
    # Only what would be printed otherwise is a reason to stop.
    for settings in sorted(job.types, key=lambda settings: settings.missing == "stop"):
        if settings.missing == "allow":
            continue
        lacking = ~match.is_in(match.filter(kind == settings.name).implode())
        count = match.filter(lacking & reason.is_null()).n_unique()
        if count and settings.missing == "stop":
            msg = f"{count:,} matches have no {settings.name} to print, and the job says to stop then"
            next_step = "Deliver the missing documents, or set missing to reject or allow"
            raise InputError(msg, where=f"job.types, type {settings.name}", next_step=next_step)
        reason = _first(reason, lacking, no_document(settings.name))
    if job.matching.different_addressees == "reject":
        several = documents.select(pl.col(ADDRESSEE.name).n_unique().over(MATCH.name) > 1).to_series()
        reason = _first(reason, several, DIFFERENT)
    rows = np.flatnonzero(reason.is_not_null().to_numpy()).astype(np.int64)
    return Unmatched(rows, tuple(reason.drop_nulls().to_list()))


def _first(reason: pl.Series, fails: pl.Series, words: str) -> pl.Series:
    """Give documents that fail these words where they have none yet."""
    return pl.select(pl.when(reason.is_null() & fails).then(pl.lit(words)).otherwise(reason)).to_series()
