"""Where a spool ends and the next begins.

In: pieces in mailing order, the job's limits. Out: ranges of pieces. Never: parts a piece.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base import columns as c
from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.job import SpoolSettings

Ints = NDArray[np.int64]
_MOST_SPOOLS = 20_000


@frozen
class Limits:
    """What ends a spool.

    Attributes:
        soft: leaves after which the next allowed place ends it.
        hard: cumulative sums, int64[pieces + 1], each with what a spool may hold of it at most.
    """

    soft: int
    hard: tuple[tuple[Ints, int], ...]


def band(pieces: pl.DataFrame, settings: SpoolSettings) -> pl.DataFrame:
    """Add the weight band of each piece, where the job has bands."""
    if not settings.weight_bands_mg:
        return pieces
    weights = pieces[c.WEIGHT_MG.name].to_numpy()
    number = np.searchsorted(np.array(settings.weight_bands_mg), weights, side="left")
    return pieces.with_columns(pl.Series(c.WEIGHT_BAND.name, number.astype(np.uint32)))


def boundaries(pieces: pl.DataFrame, settings: SpoolSettings) -> tuple[Ints, Ints]:
    """Pieces before which a spool must begin, and those before which it may; the end is among both.

    Raises:
        JobError: when a column by which spools are cut is not there.
    """
    by = [c.STREAM.name, *settings.each]
    missing = [name for name in by if name not in pieces.columns]
    if missing:
        msg = f"spools cannot be cut by {missing[0]!r}: pieces have no such column"
        raise JobError(msg, where="job.spool.each", next_step="Name a column of the documents")
    if settings.weight_bands_mg:
        by.append(c.WEIGHT_BAND.name)
    forced = _changes(pieces, by)
    if forced.size > _MOST_SPOOLS:
        msg = f"spools would be cut at {forced.size:,} places"
        next_step = "Cut by columns that change rarely in mailing order, or make them streams"
        raise JobError(msg, where="job.spool.each", next_step=next_step)
    if settings.at == "piece":
        return forced, np.arange(1, pieces.height + 1, dtype=np.int64)
    return forced, np.union1d(forced, _changes(pieces, [c.STREAM.name, c.TRAY_ID.name]))


def _changes(pieces: pl.DataFrame, by: list[str]) -> Ints:
    """Pieces whose values differ from those of the piece before, and the end."""
    if pieces.height <= 1:
        return np.array([pieces.height], np.int64)
    differs = np.zeros(pieces.height, np.bool_)
    for name in by:
        values = pieces[name]
        differs |= values.ne_missing(values.shift(1)).to_numpy()
    at = np.flatnonzero(differs)
    return np.append(at[at > 0], pieces.height).astype(np.int64)


def limits(
    pieces: pl.DataFrame, leaves: Ints, settings: SpoolSettings, cells: int, most_leaves: int | None
) -> Limits:
    """The job's limits as sums over pieces.

    Args:
        pieces: in mailing order.
        leaves: int64[pieces + 1]: leaves before each piece.
        settings: of the job.
        cells: leaves that fit on a press sheet.
        most_leaves: that a reel takes.
    """
    hard: list[tuple[Ints, int]] = []
    count = pieces.height
    if settings.most_pieces:
        hard.append((np.arange(count + 1, dtype=np.int64), settings.most_pieces))
    if settings.most_bytes:
        known = pieces[c.PAGES.name] if c.PAGES.name in pieces.columns else 2 * pieces[c.SHEETS.name]
        pages = known.to_numpy().astype(np.int64)
        hard.append((_sums(pages) * settings.bytes_a_page, settings.most_bytes))
    if settings.most_trays:
        hard.append((_tray_sums(pieces), settings.most_trays))
    if most_leaves is not None:
        hard.append((leaves, most_leaves))
    return Limits(settings.sheets * cells, tuple(hard))


def _sums(values: Ints) -> Ints:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(values, dtype=np.int64)])


def _tray_sums(pieces: pl.DataFrame) -> Ints:
    """Trays that begin before each piece."""
    begins = np.zeros(pieces.height, np.int64)
    begins[:1] = 1
    begins[_changes(pieces, [c.STREAM.name, c.TRAY_ID.name])[:-1]] = 1
    return _sums(begins)


def next_end(leaves: Ints, forced: Ints, allowed: Ints, limit: Limits, begin: int) -> int:
    """Where the spool that begins with a piece ends.

    Args:
        leaves: int64[pieces + 1].
        forced: from ``boundaries``.
        allowed: from ``boundaries``.
        limit: from ``limits``.
        begin: the piece.
    """
    must = int(forced[np.searchsorted(forced, begin, side="right")])
    full = int(np.searchsorted(leaves, leaves[begin] + limit.soft, side="left"))
    after = np.searchsorted(allowed, max(full, begin + 1), side="left")
    end = min(must, int(allowed[after]) if after < allowed.size else must)
    fits = end
    for sums, most in limit.hard:
        fits = min(fits, int(np.searchsorted(sums, sums[begin] + most, side="right")) - 1)
    if fits >= end:
        return end
    at = int(np.searchsorted(allowed, fits, side="right")) - 1
    last = int(allowed[at]) if at >= 0 else -1
    # A tray that is larger than a spool is parted between two of its pieces.
    return last if last > begin else max(fits, begin + 1)
