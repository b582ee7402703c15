"""The handwork between cutter and feeder: blanks and the shop's own sheets are taken off, books are bound.

In: the pile as it was cut, the readings of its sheets. Out: which sheets go on, in which order. Never: knows the manifest.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from printstream.floor.findings import Finding
from printstream.floor.finishing import nest
from printstream.floor.inserter import LOOSE
from printstream.floor.reader import Reading
from printstream.floor.saying import said
from printstream.floor.work import Station


def bound(
    station: Station, pile: NDArray[np.int64], kept: NDArray[np.bool_], readings: Sequence[Reading]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bind books: a new one begins with each unit whose first leaf says that it is the first of its set.

    Returns:
        int64[sheets] order of the pile behind the binder; int64[sheets] book of each sheet in it, LOOSE where it is
        in none.
    """
    finishing, per = station.finishing, station.finishing.unit_leaves
    count = len(readings)
    if finishing.binding == "none" or not count:
        return np.arange(count), np.full(count, LOOSE)
    sizes: list[int] = []
    before = -1
    for unit in range(0, count, per):
        first = said(readings[unit], station.profile, station.shop).first
        spool = int(pile[unit, 0]) if kept[unit] else -1
        if first or spool != before or spool < 0:
            sizes.append(0)
        sizes[-1] += 1
        before = spool
    books = np.repeat(np.arange(len(sizes)), np.array(sizes) * per)
    return nest(per, sizes) if finishing.binding == "saddle" else np.arange(count), books


def without_blank_ends(
    station: Station, pile: NDArray[np.int64], readings: Sequence[Reading]
) -> NDArray[np.bool_]:
    """Sheets that go on: units that are blank, at either end of a stack, are taken off by hand."""
    per = station.finishing.unit_leaves
    sheets = np.array([reading.blank for reading in readings], np.bool_).reshape(-1, per)
    blank = np.logical_and.reduce(sheets, axis=1)
    own = pile[::per][:, [0, 3]]
    stacks = np.concatenate([[True], (own[1:] != own[:-1]).any(axis=1), [True]])
    kept: NDArray[np.bool_] = ~blank
    for begin, end in itertools.pairwise(np.flatnonzero(stacks).tolist()):
        printed = np.flatnonzero(~blank[begin:end])
        if printed.size:
            kept[begin + printed[0] : begin + printed[-1] + 1] = True
    return np.repeat(kept, per)


def take_off_own(
    station: Station, pile: NDArray[np.int64], kept: NDArray[np.bool_], readings: Sequence[Reading]
) -> tuple[int, list[Finding]]:
    """Take banners, tray tags and slips off, where the work order has them; what lies there instead is named.

    In books a leaf is turned in with its unit, so places are counted in units, before they are folded.

    Returns:
        how many were taken off, and what is wrong; ``kept`` is changed.
    """
    findings, count = [], 0
    finishing, profile, shop = station.finishing, station.profile, station.shop
    for number, order in enumerate(station.order.spools):
        places = np.flatnonzero(kept & (pile[:, 0] == number))
        for own in order.own:
            at = places[own * finishing.unit_leaves : (own + 1) * finishing.unit_leaves].tolist()
            words = [said(readings[place], profile, shop) for place in at]
            if not at or any(w.first is not None or w.last is not None or w.piece for w in words):
                what = f"leaf {own + 1} of the pile"
                findings.append(Finding("own_sheet", what, number + 1, at[0] if at else -1))
                continue
            kept[at] = False
            count += len(at)
    return count, findings
