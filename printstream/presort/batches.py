"""A batch: pieces of one stream, in order, in trays, with their postage.

In: rows of one stream, codes, a scheme. Out: ``Batch``. Never: mixes two groups in a tray.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base.columns import (
    CITY,
    DESTINATION,
    PRESORT_LEVEL,
    STATE,
    STREAM,
    TRAY_TYPE,
)
from printstream.presort.codes import Codes, mailing_order
from printstream.presort.columns import CIN, CONTENT, DESTINATION_ZIP, FULL
from printstream.presort.groups import Group, SortPlan
from printstream.presort.labels import label_zip
from printstream.presort.scheme import NO_TRAY, SINGLE, Level, Scheme, SinglePiece, TraySet, length_um

LABEL_COLUMNS = (STREAM, PRESORT_LEVEL, TRAY_TYPE, DESTINATION, DESTINATION_ZIP, CIN, CONTENT, FULL)


@dataclass(frozen=True)
class Batch:
    """Pieces that follow one another.

    Attributes:
        rows: uint32[n], rows of the documents in mailing order.
        tray_first: int64[t], first piece of each tray within the batch.
        trays: a row a tray: what its label says.
        postage_mills: int64[n].
        unpriced: pieces beyond the last price step, priced at it.
    """

    rows: NDArray[np.uint32]
    tray_first: NDArray[np.int64]
    trays: pl.DataFrame
    postage_mills: NDArray[np.int64]
    unpriced: int = 0


def presorted_batch(
    rows: NDArray[np.uint32],
    codes: Codes,
    plan: SortPlan,
    scheme: Scheme,
    tray_set: TraySet,
    labels: Labels,
) -> Batch:
    """Sort pieces that all have a level, and fill trays group by group."""
    rows = rows[mailing_order(plan.rank[codes.zip5[rows]], codes.tail[rows])]
    pieces = np.array([group.pieces for group in plan.groups], np.int64)
    group_first = np.concatenate([np.zeros(1, np.int64), np.cumsum(pieces)])
    thickness = codes.thickness_um[rows]
    large, small = tray_set.trays[0], tray_set.trays[-1]
    small_um = scheme.usable_um(small) if len(tray_set.trays) > 1 else -1
    first, is_small = _fill(thickness, group_first, scheme.usable_um(large), small_um, rows.size)
    group_of = np.searchsorted(group_first, first, side="right") - 1
    filled = np.add.reduceat(thickness, first) if first.size else first
    full = np.where(is_small, filled >= scheme.full_um(small), filled >= scheme.full_um(large))
    level_of = np.array([group.level for group in plan.groups], np.int64)[group_of]
    price = np.array([level.price_mills for level in scheme.levels], np.int64)[level_of]
    by_group = labels.of_groups(plan.groups, scheme.levels, rows[group_first[:-1]])
    kinds = pl.Series(TRAY_TYPE.name, [large.name, small.name]).gather(is_small.astype(np.uint32))
    trays = by_group[group_of].with_columns(kinds, pl.Series(FULL.name, full))
    sizes = np.diff(first, append=rows.size)
    return Batch(rows, first, trays.select(c.name for c in LABEL_COLUMNS), np.repeat(price, sizes))


def single_batch(rows: NDArray[np.uint32], codes: Codes, single: SinglePiece, stream: str) -> Batch:
    """Sort pieces by ZIP Code only, price them one by one, and divide them into containers."""
    rows = rows[mailing_order(codes.zip5[rows].astype(np.uint32), codes.tail[rows])]
    thickness = codes.thickness_um[rows]
    ends = np.array([0, rows.size], np.int64)
    large = length_um(single.container.inner_length)
    first, _ = _fill(thickness, ends, large, -1, single.container.max_pieces)
    postage, unpriced = single_postage(codes.weight_mg[rows], thickness, single)
    words = (stream, SINGLE, NO_TRAY, single.destination, "", "", "", False)
    trays = pl.DataFrame(
        {c.name: [w] * first.size for c, w in zip(LABEL_COLUMNS, words, strict=True)},
        schema={c.name: c.dtype for c in LABEL_COLUMNS},
    )
    return Batch(rows, first, trays, postage, unpriced)


def single_postage(
    weight_mg: NDArray[np.int64], thickness_um: NDArray[np.int64], single: SinglePiece
) -> tuple[NDArray[np.int64], int]:
    """Give the price of each piece: the first shape that takes it, there the first step that does.

    Returns:
        postage in mills, and how many pieces no step takes; these get the price of the last one.
    """
    postage = np.full(weight_mg.size, single.shapes[-1].steps[-1].price_mills, np.int64)
    left = np.ones(weight_mg.size, np.bool_)
    for shape in single.shapes:
        limits = np.array([s.max_weight_mg for s in shape.steps], np.int64)
        prices = np.array([s.price_mills for s in shape.steps], np.int64)
        fits = left & (thickness_um <= shape.max_thickness_um) & (weight_mg <= limits[-1])
        postage[fits] = prices[np.searchsorted(limits, weight_mg[fits], side="left")]
        left &= ~fits
    return postage, int(left.sum())


def _fill(
    thickness: NDArray[np.int64],
    group_first: NDArray[np.int64],
    large_um: int,
    small_um: int,
    max_pieces: int,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """First piece and kind of each tray."""
    from printstream.kernels.presort import fill_containers

    first = np.empty(thickness.size, np.int64)
    is_small = np.empty(thickness.size, np.uint8)
    count = fill_containers(thickness, group_first, large_um, small_um, max_pieces, first, is_small)
    return first[:count].copy(), is_small[:count].astype(np.bool_)


@dataclass(frozen=True)
class Labels:
    """What tray labels of a stream say.

    Attributes:
        stream: name of the stream.
        origin: where the mail is entered.
        places: CITY and STATE of the documents; no columns where they are not known.
    """

    stream: str
    origin: str
    places: pl.DataFrame

    def of_groups(
        self, groups: tuple[Group, ...], levels: tuple[Level, ...], first_rows: NDArray[np.uint32]
    ) -> pl.DataFrame:
        """A row a group: the labels' words."""
        places = self._places(first_rows)
        group_levels = [levels[g.level] for g in groups]
        words = {
            STREAM.name: [self.stream] * len(groups),
            PRESORT_LEVEL.name: [level.name for level in group_levels],
            DESTINATION.name: [
                self._destination(g, level, place)
                for g, level, place in zip(groups, group_levels, places, strict=True)
            ],
            DESTINATION_ZIP.name: [self._zip(g) for g in groups],
            CIN.name: [level.cin for level in group_levels],
            CONTENT.name: [level.content for level in group_levels],
        }
        return pl.DataFrame(words, schema=dict.fromkeys(words, pl.String()))

    def _places(self, rows: NDArray[np.uint32]) -> list[str]:
        """City and state of documents, in capitals; empty where they are not known."""
        if not {CITY.name, STATE.name} <= set(self.places.columns):
            return [""] * rows.size
        chosen = self.places.select(CITY.name, STATE.name)[rows]
        return [" ".join(f"{city or ''} {state or ''}".upper().split()) for city, state in chosen.iter_rows()]

    def _destination(self, group: Group, level: Level, place: str) -> str:
        # A 5-digit label names city, state and ZIP Code; a shorter prefix spans cities, so digits alone.
        text = f"{place} {group.label}".strip() if level.prefix_length == 5 else group.label
        return level.destination.replace("{destination}", text).replace("{origin}", self.origin)

    def _zip(self, group: Group) -> str:
        digits = group.zip_text or label_zip(self.origin)
        return digits.ljust(5, "0") if digits else ""
