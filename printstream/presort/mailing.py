"""The room's one public function: from documents to pieces in mailing order, with trays and postage.

In: documents with POSTAL_CODE, PLUS4, DELIVERY_POINT, WEIGHT_MG, THICKNESS_UM, SHEETS, STREAM; the job. Out:
``Presorted``. Never: loops over pieces in Python.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base.columns import (
    DOCUMENT,
    FIRST_SEQUENCE,
    PIECE_ID,
    PIECES,
    POSTAGE_MILLS,
    PRESORT_LEVEL,
    SEQUENCE,
    SHEETS,
    STREAM,
    THICKNESS_UM,
    TRAY_ID,
    WEIGHT_MG,
)
from printstream.base.errors import InputError, JobError
from printstream.base.frozen import frozen
from printstream.job import Job
from printstream.presort.batches import Batch, single_postage
from printstream.presort.checks import (
    check_containers,
    check_currencies,
    container_warnings,
    form_of,
    rate_warnings,
    scheme_warnings,
    service_warnings,
    trays_for,
)
from printstream.presort.codes import address_codes
from printstream.presort.columns import PIECE_COLUMNS, TRAY_COLUMNS
from printstream.presort.load import LoadedScheme, LoadedSingle, load_form, load_scheme, load_single
from printstream.presort.qualify import Qualification, qualify
from printstream.presort.single import SinglePiece
from printstream.presort.streams import Desk, single_name, sort_stream

_NO_STREAM = 65_535
_US_FORM = "us"


@frozen
class Presorted:
    """A mailing.

    Attributes:
        pieces: a row a piece, in mailing order (PIECE_COLUMNS).
        trays: a row a tray, in mailing order (TRAY_COLUMNS).
        warnings: sentences that the operator must see.
        currency: ISO 4217 code of the postage.
        single_piece_mills: what the same pieces would cost at single-piece prices.
        greedy_mills: what they would cost if every group that can be made were made, finest first.
        greedy_trays: trays of that preparation, no overflow rolled; containers of unsorted mail apart.
        gap_mills: postage that the cheapest preparation could save at most; 0 where this one is proved cheapest.
        containers: a row a pallet or other container (CONTAINER_COLUMNS); None where no stream of the job names one;
            then the trays have no TRAY_CONTAINER_COLUMNS.
        qualification: pieces, trays and postage by level and by rate, for each stream's scheme.
    """

    pieces: pl.DataFrame
    trays: pl.DataFrame
    warnings: tuple[str, ...]
    currency: str
    single_piece_mills: int
    greedy_mills: int = 0
    greedy_trays: int = 0
    gap_mills: int = 0
    qualification: Qualification = field(default_factory=Qualification)
    containers: pl.DataFrame | None = None


def presort(documents: pl.DataFrame, job: Job, folder: Path | None = None) -> Presorted:
    """Sort documents into a mailing by the schemes that the job's streams name.

    Args:
        documents: a row a piece; CITY and STATE are used for tray labels where present.
        job: the job.
        folder: the job's folder; its schemes/ and lists/ go before the package's own.

    Raises:
        JobError: a scheme or list is missing or wrong, or no tray takes an envelope.
        InputError: a postal code is not of the schemes' form, or a stream is not the job's.
    """
    schemes, singles = load_prices(job, folder)
    done = sort_mailing(documents, job, schemes, singles)
    # Not of a mailing of several jobs: each has its own barcodes.
    return replace(done, warnings=(*done.warnings, *service_warnings(job, schemes)))


def load_prices(
    job: Job, folder: Path | None = None
) -> tuple[dict[str, LoadedScheme], dict[str, LoadedSingle]]:
    """Load the schemes that the job's streams name, and the single-piece prices of what these do not take.

    Raises:
        JobError: a scheme or list is missing or wrong.
    """
    schemes = {s.scheme: load_scheme(s.scheme, folder) for s in job.streams if s.scheme is not None}
    names = {single_name(s, schemes) for s in job.streams}
    return schemes, {name: load_single(name, folder) for name in sorted(names)}


def check_streams(job: Job, folder: Path | None = None) -> None:
    """Refuse, before any data is read, streams that cannot be sorted or priced together.

    Raises:
        JobError: a scheme or list is missing or wrong, currencies or forms of postal codes differ, they are not those of
            the addresses, or no tray takes an envelope.
    """
    schemes, singles = load_prices(job, folder)
    check_currencies(schemes, singles)
    form = form_of(schemes, singles)
    if job.address.zip5 is not None and form != load_form(_US_FORM, folder):
        what = f"the streams' schemes sort by a {form.title}, but the addresses have a five-digit ZIP Code"
        step = "Name schemes of the USPS, or give address.postal_code and address.form instead of zip5"
        raise JobError(what, where="job.streams", next_step=step)
    check_containers(job, schemes)
    for stream in job.streams:
        if stream.scheme is not None:
            trays_for(stream, schemes[stream.scheme])


def sort_mailing(
    documents: pl.DataFrame, job: Job, schemes: dict[str, LoadedScheme], singles: dict[str, LoadedSingle]
) -> Presorted:
    """Sort documents by loaded schemes; see ``presort``.

    Args:
        documents: a row a piece.
        job: the job.
        schemes: schemes by the names in the job's streams.
        singles: single-piece prices by the names in the schemes' ``residual`` and the streams' ``single``.
    """
    if not documents[DOCUMENT.name].is_sorted():
        documents = documents.sort(DOCUMENT.name)
    check_containers(job, schemes)
    desk, currency = desk_of(documents, job, schemes, singles)
    warnings = list(_dated_warnings(desk))
    batches: list[Batch] = []
    unsorted_mills = greedy_mills = greedy_trays = gap_mills = 0
    for stream, rows in zip(job.streams, _rows_of_streams(documents, job), strict=True):
        done = sort_stream(rows, stream, desk)
        batches += done.batches
        warnings += done.warnings
        greedy_mills += done.greedy_mills
        greedy_trays += done.greedy_trays
        gap_mills += done.gap_mills
        unsorted_mills += _unsorted_mills(rows, desk.single_of(stream)[1], desk)
    pieces, trays = _assemble(desk, batches)
    containers = None
    if any(stream.containers is not None for stream in job.streams):
        from printstream.presort.carry import carry  # most jobs have none

        carried = carry(trays, np.concatenate([b.rows[b.tray_first] for b in batches]), desk)
        trays, containers = carried.trays, carried.containers
        warnings += carried.warnings
    return Presorted(
        pieces,
        trays,
        tuple(warnings),
        currency,
        unsorted_mills,
        greedy_mills,
        greedy_trays,
        gap_mills,
        qualify(pieces, trays, job, schemes),
        containers,
    )


def desk_of(
    documents: pl.DataFrame, job: Job, schemes: dict[str, LoadedScheme], singles: dict[str, LoadedSingle]
) -> tuple[Desk, str]:
    """Lay everything out for the sort, and give the currency of all prices; see ``sort_mailing``."""
    currency = check_currencies(schemes, singles)
    return Desk(
        documents, address_codes(documents, form_of(schemes, singles)), job, schemes, singles
    ), currency


def _dated_warnings(desk: Desk) -> Iterator[str]:
    for name, loaded in desk.schemes.items():
        yield from scheme_warnings(name, loaded, desk.job.production_date)
    for name, single in dict(desk.single_of(s) for s in desk.job.streams).items():
        yield from rate_warnings(name, single.rates, desk.job.production_date)
    yield from container_warnings(desk.job, desk.schemes)


def _rows_of_streams(documents: pl.DataFrame, job: Job) -> list[NDArray[np.uint32]]:
    """Rows of each stream of the job, in document order."""
    names = [s.name for s in job.streams]
    numbers = (
        documents[STREAM.name]
        .replace_strict(names, range(len(names)), default=_NO_STREAM, return_dtype=pl.UInt16)
        .to_numpy()
    )
    if (numbers == _NO_STREAM).any():
        what = "a document has a stream that the job does not have"
        raise InputError(what, where=STREAM.name)
    return [np.flatnonzero(numbers == k).astype(np.uint32) for k in range(len(names))]


def _unsorted_mills(rows: NDArray[np.uint32], single: SinglePiece, desk: Desk) -> int:
    return int(single_postage(desk.codes.weight_mg[rows], desk.codes.thickness_um[rows], single)[0].sum())


def _assemble(desk: Desk, batches: list[Batch]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Lay the batches end to end and number pieces and trays through."""
    rows = np.concatenate([b.rows for b in batches])
    starts = np.cumsum([0, *(b.rows.size for b in batches)])
    first = np.concatenate([b.tray_first + start for b, start in zip(batches, starts, strict=False)])
    sizes = np.diff(first, append=rows.size)
    labels = pl.concat([b.trays for b in batches])
    trays = labels.with_columns(
        pl.Series(TRAY_ID.name, np.arange(1, first.size + 1, dtype=np.uint32)),
        pl.Series(FIRST_SEQUENCE.name, first.astype(np.uint32)),
        pl.Series(PIECES.name, sizes.astype(np.uint32)),
        pl.Series(THICKNESS_UM.name, _sums(desk.codes.thickness_um[rows], first)),
        pl.Series(WEIGHT_MG.name, _sums(desk.codes.weight_mg[rows], first)),
    )
    tray_of = np.repeat(np.arange(first.size, dtype=np.uint32), sizes)
    sequence = np.arange(rows.size, dtype=np.uint32)
    pieces = desk.documents.select(c.name for c in (DOCUMENT, WEIGHT_MG, THICKNESS_UM, SHEETS))[rows]
    pieces = pieces.with_columns(
        pl.Series(SEQUENCE.name, sequence),
        pl.Series(PIECE_ID.name, sequence + np.uint32(1)),
        pl.Series(TRAY_ID.name, tray_of + np.uint32(1)),
        pl.Series(POSTAGE_MILLS.name, np.concatenate([b.postage_mills for b in batches])),
        labels[STREAM.name].gather(tray_of),
        pl.concat([_level_names(b) for b in batches]).alias(PRESORT_LEVEL.name),
    )
    return (
        pieces.select(pl.col(c.name).cast(c.dtype) for c in PIECE_COLUMNS),
        trays.select(pl.col(c.name).cast(c.dtype) for c in TRAY_COLUMNS),
    )


def _level_names(batch: Batch) -> pl.Series:
    """The level of each piece; where overflow rolls it is not that of the tray."""
    return pl.Series(batch.levels, dtype=pl.String).gather(batch.level.astype(np.uint32))


def _sums(values: NDArray[np.int64], first: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.add.reduceat(values, first) if first.size else np.empty(0, np.int64)
