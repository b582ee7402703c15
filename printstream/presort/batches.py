"""A batch: pieces of one stream, in order, in trays, with their postage.

In: rows of one stream, codes, a scheme. Out: ``Batch``. Never: mixes two groups in a tray, but for overflow that rolls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base.columns import (
    CIN,
    CITY,
    CONTENT,
    DESTINATION,
    DESTINATION_ZIP,
    FULL,
    PRESORT_LEVEL,
    STATE,
    STREAM,
    TRAY_TYPE,
)
from printstream.base.frozen import frozen
from printstream.presort.codes import Codes, mailing_order
from printstream.presort.containers import ContainerLevel
from printstream.presort.groups import Group, SortPlan
from printstream.presort.kinds import length_um
from printstream.presort.labels import label_zip
from printstream.presort.rolls import Filled, roll_overflow
from printstream.presort.scheme import NO_TRAY, SINGLE, Level, RateCard, Scheme, Tray, TraySet
from printstream.presort.single import SinglePiece

LABEL_COLUMNS = (STREAM, PRESORT_LEVEL, TRAY_TYPE, DESTINATION, DESTINATION_ZIP, CIN, CONTENT, FULL)
_NO_LIMIT = 1 << 62


@frozen
class Batch:
    """Pieces that follow one another.

    Attributes:
        rows: uint32[n], rows of the documents in mailing order.
        tray_first: int64[t], first piece of each tray within the batch.
        trays: a row a tray: what its label says.
        levels: names of the levels.
        level: uint8[n], level of each piece, a place in ``levels``.
        postage_mills: int64[n].
        unpriced: pieces beyond the last price step, priced at it.
        greedy_trays: trays that the greedy preparation of the same levels needs.
    """

    rows: NDArray[np.uint32]
    tray_first: NDArray[np.int64]
    trays: pl.DataFrame
    levels: tuple[str, ...]
    level: NDArray[np.uint8]
    postage_mills: NDArray[np.int64]
    unpriced: int = 0
    greedy_trays: int = 0


@frozen
class Kinds:
    """What the trays of a set take, and from where on they are full; thickness um, weight mg, pieces.

    Attributes:
        large, small: int64[3], limits; a negative thickness where there is no small tray.
        full: int64[2, 3], from where on the large and the small one are full.
        limited: whether weight counts.
    """

    large: NDArray[np.int64]
    small: NDArray[np.int64]
    full: NDArray[np.int64]
    limited: bool

    @classmethod
    def of(cls, scheme: Scheme, tray_set: TraySet) -> Kinds:
        """The limits of a set's trays."""
        large, small = tray_set.trays[0], tray_set.trays[-1]
        limits = [_limits(scheme, t) for t in (large, small)]
        full = np.array([_full(scheme, t) for t in (large, small)], np.int64)
        if len(tray_set.trays) == 1:
            limits[1] = [-1, -1, -1]
        limited = large.max_weight_mg is not None or small.max_weight_mg is not None
        return cls(np.array(limits[0], np.int64), np.array(limits[1], np.int64), full, limited)


def _limits(scheme: Scheme, tray: Tray) -> list[int]:
    return [scheme.usable_um(tray), tray.max_weight_mg or _NO_LIMIT, tray.max_pieces or _NO_LIMIT]


def _full(scheme: Scheme, tray: Tray) -> list[int]:
    """A tray that can take no more weight or pieces is as full as one that has no room."""
    share = scheme.full_percent
    others = [
        -(-limit * share // 100) if limit else _NO_LIMIT for limit in (tray.max_weight_mg, tray.max_pieces)
    ]
    return [scheme.full_um(tray), *others]


@frozen
class Trays:
    """Groups cut into trays.

    Attributes:
        first: int64[t], first piece of each tray.
        small: bool[t], whether it is of the small kind.
        full: bool[t].
        group: int64[t], group of each tray.
    """

    first: NDArray[np.int64]
    small: NDArray[np.bool_]
    full: NDArray[np.bool_]
    group: NDArray[np.int64]


def cut_trays(
    thickness: NDArray[np.int64], weight: NDArray[np.int64], group_first: NDArray[np.int64], kinds: Kinds
) -> Trays:
    """Cut groups of pieces in mailing order into trays."""
    from printstream.kernels.presort import fill_containers

    first = np.empty(thickness.size, np.int64)
    is_small = np.empty(thickness.size, np.uint8)
    heavy = weight if kinds.limited else thickness
    count = fill_containers(thickness, heavy, group_first, kinds.large, kinds.small, first, is_small)
    first, small = first[:count].copy(), is_small[:count].astype(np.bool_)
    least = kinds.full[small.astype(np.int64)]
    full = np.add.reduceat(thickness, first) >= least[:, 0] if count else np.empty(0, np.bool_)
    if count and kinds.limited:
        full |= np.add.reduceat(weight, first) >= least[:, 1]
    full |= np.diff(first, append=thickness.size) >= least[:, 2]
    return Trays(first, small, full, np.searchsorted(group_first, first, side="right") - 1)


def presorted_batch(
    rows: NDArray[np.uint32],
    codes: Codes,
    plan: SortPlan,
    scheme: Scheme,
    card: RateCard,
    tray_sets: tuple[TraySet, ...],
    labels: Labels,
) -> Batch:
    """Sort pieces that all have a level, and fill trays group by group; of several tray sets, the best one's."""
    rows = rows[mailing_order(plan.rank[codes.code[rows]], codes.tail[rows])]
    made = [_in_trays(rows, codes, plan, scheme, card, tray_set, labels) for tray_set in tray_sets]
    best = min(made, key=lambda batch: batch.tray_first.size)
    return replace(best, greedy_trays=made[0].greedy_trays)


def _in_trays(
    rows: NDArray[np.uint32],
    codes: Codes,
    plan: SortPlan,
    scheme: Scheme,
    card: RateCard,
    tray_set: TraySet,
    labels: Labels,
) -> Batch:
    kinds = Kinds.of(scheme, tray_set)
    sizes = np.array([group.pieces for group in plan.groups], np.int64)
    group_first = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    first_rows = rows[group_first[:-1]]
    level = np.repeat(np.array([group.level for group in plan.groups], np.uint8), sizes)
    thickness = codes.thickness_um[rows]
    weight = codes.weight_mg[rows] if kinds.limited else thickness
    trays = cut_trays(thickness, weight, group_first, kinds)
    greedy = trays.first.size
    if any(x.overflow == "roll" for x in scheme.levels) and greedy:
        last = np.searchsorted(trays.group, np.arange(1, len(plan.groups) + 1)) - 1
        counts = np.bincount(trays.group, minlength=len(plan.groups))
        ends = trays.first[last], trays.full[last], int(kinds.large[0])
        filled = Filled(thickness, codes.code[rows], group_first, counts, *ends)
        rolled = roll_overflow(filled, plan, scheme.levels)
        if rolled is not None:
            order, group_first = rolled
            rows, level, thickness = rows[order], level[order], thickness[order]
            trays = cut_trays(thickness, thickness, group_first, kinds)
    by_group = labels.of_groups(plan.groups, scheme.levels, first_rows)
    names = [tray_set.trays[0].name, tray_set.trays[-1].name]
    table = by_group[trays.group].with_columns(
        pl.Series(TRAY_TYPE.name, names, pl.String).gather(trays.small.astype(np.uint32)),
        pl.Series(FULL.name, trays.full, pl.Boolean),
    )
    postage = prices_of(card, tuple(x.name for x in scheme.levels), level, codes.weight_mg, rows)
    return Batch(
        rows,
        trays.first,
        table.select(c.name for c in LABEL_COLUMNS),
        tuple(x.name for x in scheme.levels),
        level,
        postage,
        greedy_trays=greedy,
    )


def prices_of(
    card: RateCard,
    names: tuple[str, ...],
    level: NDArray[np.uint8],
    weight_mg: NDArray[np.int64],
    rows: NDArray[np.uint32],
) -> NDArray[np.int64]:
    """Postage of each piece at its level."""
    flat = [0 if card.steps_of(name) else int(card.mills(name, np.zeros(1, np.int64))[0]) for name in names]
    postage: NDArray[np.int64] = np.array(flat, np.int64)[level]
    for number, name in enumerate(names):
        if card.steps_of(name):
            mine = np.flatnonzero(level == number)
            postage[mine] = card.mills(name, weight_mg[rows[mine]])
    return postage


def single_batch(rows: NDArray[np.uint32], codes: Codes, single: SinglePiece, stream: str) -> Batch:
    """Sort pieces by postal code only, price them one by one, and divide them into containers."""
    rows = rows[mailing_order(codes.code[rows].astype(np.uint32), codes.tail[rows])]
    thickness = codes.thickness_um[rows]
    ends = np.array([0, rows.size], np.int64)
    box = [length_um(single.container.inner_length), _NO_LIMIT, single.container.max_pieces]
    no_small = np.full(3, -1, np.int64)
    kinds = Kinds(np.array(box, np.int64), no_small, np.full((2, 3), _NO_LIMIT, np.int64), limited=False)
    first = cut_trays(thickness, thickness, ends, kinds).first
    postage, unpriced = single_postage(codes.weight_mg[rows], thickness, single)
    words = (stream, SINGLE, NO_TRAY, single.destination, "", "", "", False)
    trays = pl.DataFrame(
        {c.name: [w] * first.size for c, w in zip(LABEL_COLUMNS, words, strict=True)},
        schema={c.name: c.dtype for c in LABEL_COLUMNS},
    )
    level = np.zeros(rows.size, np.uint8)
    return Batch(rows, first, trays, (SINGLE,), level, postage, unpriced, greedy_trays=first.size)


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
        # Nearly always all pieces are of the first shape: no picking and putting back then.
        if fits.all():
            return prices[np.searchsorted(limits, weight_mg, side="left")], 0
        postage[fits] = prices[np.searchsorted(limits, weight_mg[fits], side="left")]
        left &= ~fits
    return postage, int(left.sum())


@frozen
class Labels:
    """What tray labels of a stream say.

    Attributes:
        stream: name of the stream.
        origin: where the mail is entered.
        places: CITY and STATE of the documents; no columns where they are not known.
        barcode_digits: digits of the label's code where shorter ones are filled up with zeros (US: 5), else 0.
        whole: characters of a whole postal code; a label that names one names its city too.
    """

    stream: str
    origin: str
    places: pl.DataFrame
    barcode_digits: int
    whole: int

    def of_groups(
        self,
        groups: tuple[Group, ...],
        levels: Sequence[Level | ContainerLevel],
        first_rows: NDArray[np.uint32],
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

    def _destination(self, group: Group, level: Level | ContainerLevel, place: str) -> str:
        # The label of a whole code names city, state and code; a shorter prefix spans cities, so it stands alone.
        is_whole = group.label == group.code_text and len(group.code_text) == self.whole
        text = f"{place} {group.label}".strip() if is_whole else group.label
        words = {"destination": text, "code": group.code_text, "place": place, "origin": self.origin}
        for key, word in words.items():
            text = level.destination if key == "destination" else text
            text = text.replace(f"{{{key}}}", word)
        return " ".join(text.split())

    def _zip(self, group: Group) -> str:
        digits = group.code_text or label_zip(self.origin)
        return digits.ljust(self.barcode_digits, "0") if digits else ""
