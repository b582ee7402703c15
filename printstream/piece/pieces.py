"""The room's one walk: sheets of documents, documents into envelopes, weight, stream, inserts.

In: documents with PAGES. Out: ``Pieces``. Never: loops over documents in Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base.columns import (
    DOCUMENT,
    INSERTS,
    MAX_THICKNESS_UM,
    MAX_WEIGHT_MG,
    PAGES,
    SHEETS,
    STREAM,
    THICKNESS_UM,
    WEIGHT_MG,
)
from printstream.base.errors import InputError
from printstream.base.frames import with_series, without
from printstream.base.frozen import frozen
from printstream.base.program import Enclosures
from printstream.base.steps import PriceSteps
from printstream.imposition import Scheme
from printstream.job import Job
from printstream.piece.household import match_documents, several_addressees
from printstream.piece.inserts import (
    InsertCount,
    Inserted,
    add_inserts,
    crosses_single_steps,
    wanted_by_pieces,
)
from printstream.piece.weigh import has_tolerances, weight_table

_LIMITS = (MAX_WEIGHT_MG.name, MAX_THICKNESS_UM.name)
# Numbers of sheets up to the number of pieces and this are told apart by a table, larger ones by sorting.
_SMALL_TABLE = 1 << 16


@frozen
class Pieces:
    """What lies in each envelope.

    Attributes:
        documents: the documents with their own SHEETS.
        frame: a row a piece, ordered by its first document, whose columns it has: SHEETS, STREAM, WEIGHT_MG and
            THICKNESS_UM of the whole piece; MAX_WEIGHT_MG and MAX_THICKNESS_UM where there are tolerances; INSERTS where
            the job has inserts.
        enclosures: documents of the pieces; None where each piece is one document.
        mixed: first documents of the pieces that hold documents to more than one addressee.
        empty: the frame before inserts; the same where the job has none.
        inserts: what became of each insert.
        pockets: by stream, the insert in each pocket (places in the job's list).
    """

    documents: pl.DataFrame
    frame: pl.DataFrame
    enclosures: Enclosures | None = None
    mixed: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))
    empty: pl.DataFrame = field(default_factory=pl.DataFrame)
    inserts: tuple[InsertCount, ...] = ()
    pockets: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def make_pieces(documents: pl.DataFrame, job: Job, steps: Mapping[str, PriceSteps] | None = None) -> Pieces:
    """Fill the envelopes.

    Args:
        documents: a frame with PAGES, at least 1 each; with the rules' columns where the job has households or inserts.
        job: its stock, streams, household and inserts are used.
        steps: price steps by stream; without them no insert is added.

    Raises:
        InputError: a document has no pages.
    """
    counted = _count_sheets(documents, job.imposition.load())
    enclosures, mixed, frame = None, np.zeros(0, np.uint32), counted
    if job.household is not None or job.types:
        enclosures = match_documents(counted, job)
        mixed = several_addressees(counted, enclosures)
        frame = _first_documents(counted, enclosures)
    frame = _weigh(frame, job)
    made = Pieces(counted, _without_limits(frame, job), enclosures, mixed)
    made = replace(made, empty=made.frame)
    if not job.inserts or steps is None:
        return made
    return _with_inserts(made, _wishes(made, frame), frame, job, steps, strict=False)


def check_inserts(
    made: Pieces, unsorted: NDArray[np.uint32], job: Job, steps: Mapping[str, PriceSteps]
) -> Pieces | None:
    """Put the inserts in anew where they turn out to cost postage; None where they do not.

    Which pieces a scheme leaves over is known only after the sort. These pay single-piece prices, which have steps of
    their own; where an insert that nobody pays for crosses one, all inserts are chosen again with those steps in mind.

    Args:
        made: the pieces.
        unsorted: first documents of the pieces at single-piece prices.
        job: the job.
        steps: price steps by stream.
    """
    rows = np.isin(made.frame[DOCUMENT.name].to_numpy(), unsorted)
    rows &= made.frame[INSERTS.name].to_numpy() != 0
    if not crosses_single_steps(made.empty, made.frame, steps, rows):
        return None
    frame = _weigh(made.empty.drop(_weighed(made.empty)), job)
    return _with_inserts(made, _wishes(made, frame), frame, job, steps, strict=True)


def _weighed(frame: pl.DataFrame) -> list[str]:
    names = {STREAM.name, WEIGHT_MG.name, THICKNESS_UM.name, *_LIMITS}
    return [name for name in frame.columns if name in names]


def _count_sheets(documents: pl.DataFrame, scheme: Scheme) -> pl.DataFrame:
    pages = documents[PAGES.name]
    if pages.null_count() or (len(pages) and pages.min() < 1):  # type: ignore[operator]
        what = "a document has no pages"
        raise InputError(what, next_step="Check what the template prints for it")
    sheets = pl.Series(SHEETS.name, _leaves(pages.to_numpy(), scheme), pl.UInt32)
    return with_series(documents, sheets)


def _leaves(pages: NDArray[np.integer], scheme: Scheme) -> NDArray[np.uint32]:
    """Leaves of so many pages, blank ones that the binding needs included."""
    unit = scheme.unit.pages
    units = -(-pages.astype(np.int64) // unit)
    return (units * (unit // scheme.faces)).astype(np.uint32)


def _first_documents(documents: pl.DataFrame, enclosures: Enclosures) -> pl.DataFrame:
    """The first document of each piece, with the sheets of them all."""
    sizes = np.diff(enclosures.first)
    lead = np.flatnonzero(sizes)
    sheets = (
        np.add.reduceat(enclosures.sheets.astype(np.int64), enclosures.first[lead]) if lead.size else sizes
    )
    return documents[lead].with_columns(pl.Series(SHEETS.name, sheets, pl.UInt32))


def _weigh(frame: pl.DataFrame, job: Job) -> pl.DataFrame:
    counts, row_of = _distinct(frame[SHEETS.name].to_numpy())
    table = weight_table(counts.tolist(), job)
    table.drop_in_place(SHEETS.name)  # the frame has them
    rows = pl.Series(row_of)
    return with_series(frame, *(column[rows] for column in table))


def _distinct(sheets: NDArray[np.uint32]) -> tuple[NDArray[np.integer[Any]], NDArray[np.uint32]]:
    """The different numbers, rising, and for each piece which of them is its own."""
    if int(sheets.max(initial=0)) > sheets.size + _SMALL_TABLE:
        different, row_of = np.unique(sheets, return_inverse=True)
        return different, row_of.astype(np.uint32)
    counts = np.flatnonzero(np.bincount(sheets))
    row_at = np.zeros(counts.max(initial=0) + 1, np.uint32)
    row_at[counts] = np.arange(counts.size)
    return counts, row_at[sheets]


def _without_limits(frame: pl.DataFrame, job: Job) -> pl.DataFrame:
    """Leave out what only repeats weight and thickness: it is 16 bytes a piece."""
    return frame if has_tolerances(job) else without(frame, _LIMITS)


def _wishes(made: Pieces, frame: pl.DataFrame) -> NDArray[np.uint32]:
    lead = frame[DOCUMENT.name].to_numpy()
    return wanted_by_pieces(made.documents, lead, made.enclosures)


def _with_inserts(
    made: Pieces,
    wanted: NDArray[np.uint32],
    frame: pl.DataFrame,
    job: Job,
    steps: Mapping[str, PriceSteps],
    *,
    strict: bool,
) -> Pieces:
    done: Inserted = add_inserts(frame, wanted, job, steps, strict=strict)
    return replace(made, frame=_without_limits(done.pieces, job), inserts=done.counts, pockets=done.pockets)
