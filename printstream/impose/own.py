"""Sheets of the shop's own in a spool: banner, tray tags, slips, leaders.

In: the pieces of a spool, the job. Out: which come before which piece, and what they say. Never: names a recipient.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base import columns as c
from printstream.base.frozen import frozen
from printstream.base.units import MPT_PER_IN
from printstream.job import Job

Ints = NDArray[np.int64]


@frozen
class OwnSheet:
    """A sheet of the shop's own.

    Attributes:
        kind: banner, tray_tag, break, end.
        before: piece of the spool that it comes before, from 0; the number of pieces where it comes last.
        lines: what it says, the heading first.
    """

    kind: str
    before: int
    lines: tuple[str, ...]


def tray_labels(trays: pl.DataFrame | None) -> Mapping[int, tuple[str, ...]]:
    """Lines of each tray's label, by its number."""
    if trays is None or trays.is_empty():
        return {}
    names = [c.TRAY_ID, c.DESTINATION, c.CONTENT, c.TRAY_TYPE, c.PIECES]
    rows = trays.select(column.name for column in names).iter_rows()
    return {
        tray: (
            destination or "",
            content or "",
            f"Tray {tray}, {kind}" if kind != "none" else f"Container {tray}",
            _counted(pieces, "piece"),
        )
        for tray, destination, content, kind, pieces in rows
    }


def own_sheets(
    job: Job, pieces: pl.DataFrame, leaves: Ints, number: int, labels: Mapping[int, tuple[str, ...]]
) -> list[OwnSheet]:
    """The sheets that a spool asks for, in order.

    Args:
        job: its settings.
        pieces: of the spool.
        leaves: int64[pieces + 1]: leaves before each of them.
        number: of the spool, from 1.
        labels: from ``tray_labels``.
    """
    settings = job.spool
    found: list[OwnSheet] = []
    if settings.banner:
        found.append(OwnSheet("banner", 0, _banner(job, pieces, int(leaves[-1] - leaves[0]), number)))
    if settings.tray_tags or settings.break_sheets is not None:
        found += _at_trays(job, pieces, leaves, labels)
    if settings.end_slip:
        lines = (f"End of spool {number:04d}", job.title, _counted(pieces.height, "piece"))
        found.append(OwnSheet("end", pieces.height, lines))
    return found


def _banner(job: Job, pieces: pl.DataFrame, leaves: int, number: int) -> tuple[str, ...]:
    stream = pieces[c.STREAM.name][0]
    stock = job.stock
    return (
        f"Spool {number:04d}",
        job.title,
        f"Job {job.name}, {job.production_date.isoformat()}",
        f"Stream {stream}",
        f"Stock {stock.name}, {stock.width / MPT_PER_IN:g} x {stock.height / MPT_PER_IN:g} in",
        f"Imposition {job.imposition.scheme}",
        f"{_counted(pieces.height, 'piece')}, {_counted(leaves, 'sheet')}",
        _counted(pieces[c.TRAY_ID.name].n_unique(), "tray"),
    )


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def _at_trays(
    job: Job, pieces: pl.DataFrame, leaves: Ints, labels: Mapping[int, tuple[str, ...]]
) -> list[OwnSheet]:
    """Tags before each tray, and slips where it is a good place to stop."""
    trays = pieces[c.TRAY_ID.name]
    starts = np.flatnonzero(trays.ne_missing(trays.shift(1)).to_numpy())
    found: list[OwnSheet] = []
    since = int(leaves[0])
    every = job.spool.break_sheets
    for piece in starts.tolist():
        tray = int(trays[piece])
        if every is not None and int(leaves[piece]) - since >= every:
            since = int(leaves[piece])
            found.append(OwnSheet("break", piece, ("Stop here if need be", f"Next is tray {tray}")))
        if job.spool.tray_tags:
            found.append(OwnSheet("tray_tag", piece, labels.get(tray, (f"Tray {tray}",))))
    return found


def weave(units: Ints, piece_unit: Ints, sheets: list[OwnSheet]) -> tuple[Ints, Ints, Ints]:
    """Put the shop's own sheets between the pieces.

    Args:
        units: int64[units] of the spool, in order.
        piece_unit: int64[pieces + 1]: index in ``units`` at which each piece begins.
        sheets: in order.

    Returns:
        int64[positions] units, -2 - k for sheet k; int64[pieces + 1] position at which each piece begins, with the
        sheets before it; int64[pieces] position of each piece's first unit.
    """
    before = np.array([sheet.before for sheet in sheets], np.int64)
    woven = np.insert(units, piece_unit[before], -2 - np.arange(before.size))
    count = piece_unit.size - 1
    ahead = np.searchsorted(before, np.arange(count + 1), side="left")
    through = np.searchsorted(before, np.arange(count + 1), side="right")
    bounds = piece_unit + ahead
    bounds[-1] = woven.size
    return woven, bounds, (piece_unit + through)[:-1]
