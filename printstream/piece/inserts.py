"""Inserts into envelopes: in order of priority, as far as pockets, limits, postage steps and stock go.

In: pieces with their weight, the wishes of their documents, price steps. Out: pieces with INSERTS and new weights, what
became of each insert. Never: moves a piece to another stream; lets an insert that nobody pays for cross a postage step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base.columns import (
    INSERTS,
    INSERTS_WANTED,
    MAX_THICKNESS_UM,
    MAX_WEIGHT_MG,
    STREAM,
    THICKNESS_UM,
    WEIGHT_MG,
)
from printstream.base.frozen import frozen
from printstream.base.program import Enclosures
from printstream.base.steps import PriceSteps
from printstream.envelope import Insert
from printstream.job import Job, StreamSettings
from printstream.piece.weigh import round_up

_NO_LIMIT = 1 << 62
MEASURES = (WEIGHT_MG, THICKNESS_UM, MAX_WEIGHT_MG, MAX_THICKNESS_UM)


@frozen
class InsertCount:
    """What became of an insert: every piece that wanted it is counted once.

    Attributes:
        name: of the insert.
        wanted: pieces that asked for it.
        inserted: pieces that got it.
        no_pocket: pieces that got none because the stream's pockets, or the inserts that a piece may have, were used up.
        no_room: because the piece would have exceeded a limit of its stream or scheme.
        postage_step: because it would have crossed a postage step.
        out_of_stock: because none was left.
        stock_left: how many remain; None without limit.
    """

    name: str
    wanted: int = 0
    inserted: int = 0
    no_pocket: int = 0
    no_room: int = 0
    postage_step: int = 0
    out_of_stock: int = 0
    stock_left: int | None = None


@frozen
class Inserted:
    """Pieces with inserts.

    Attributes:
        pieces: with INSERTS (pockets, bits) and their weight and thickness, inserts included.
        counts: what became of each insert, in the job's order.
        pockets: by stream, the insert in each pocket, from pocket 1; places in the job's list.
    """

    pieces: pl.DataFrame
    counts: tuple[InsertCount, ...]
    pockets: Mapping[str, tuple[int, ...]]


@dataclass
class _Load:
    """Weights and thicknesses as they grow: int64[pieces, 4], columns as in MEASURES."""

    now: NDArray[np.int64]
    held: NDArray[np.int64]


def add_inserts(
    pieces: pl.DataFrame,
    wanted: NDArray[np.uint32],
    job: Job,
    steps: Mapping[str, PriceSteps],
    *,
    strict: bool,
) -> Inserted:
    """Give the pieces their inserts.

    Args:
        pieces: a row a piece in the order of the input: STREAM and MEASURES.
        wanted: uint32[pieces]: inserts that a piece's documents ask for, bit k the job's insert k.
        job: inserts, inserter, streams.
        steps: price steps by stream.
        strict: whether the steps of single-piece prices count for pieces of a scheme too.
    """
    streams = pieces[STREAM.name].to_numpy()
    rows = {s.name: np.flatnonzero(streams == s.name) for s in job.streams}
    ranked = sorted(range(len(job.inserts)), key=lambda k: (job.inserts[k].priority, k))
    pockets = {name: _pockets(wanted[own], ranked, job) for name, own in rows.items()}
    load = _Load(
        np.column_stack([pieces[c.name].to_numpy() for c in MEASURES]).astype(np.int64).reshape(-1, 4),
        np.zeros(pieces.height, np.int64),
    )
    bits = np.zeros(pieces.height, np.uint32)
    counts = [InsertCount("")] * len(job.inserts)
    for k in ranked:
        counts[k] = _insert(k, wanted, job, steps, rows, pockets, load, bits, strict)
    changed = [pl.Series(c.name, load.now[:, j]) for j, c in enumerate(MEASURES)]
    return Inserted(pieces.with_columns(*changed, pl.Series(INSERTS.name, bits)), tuple(counts), pockets)


def wanted_by_pieces(
    documents: pl.DataFrame, lead: NDArray[np.uint32], enclosures: Enclosures | None
) -> NDArray[np.uint32]:
    """What the documents of each piece ask for together; lead is the first document of each."""
    wanted = documents[INSERTS_WANTED.name].to_numpy().astype(np.uint32)
    if enclosures is None:
        return wanted[lead]
    if not wanted.size:
        return wanted
    begins = enclosures.first[:-1]
    holds = np.diff(enclosures.first) > 0
    together = np.zeros(wanted.size, np.uint32)
    together[holds] = np.bitwise_or.reduceat(wanted[enclosures.documents], begins[holds])
    return together[lead]


def crosses_single_steps(
    before: pl.DataFrame, after: pl.DataFrame, steps: Mapping[str, PriceSteps], rows: NDArray[np.bool_]
) -> bool:
    """Tell whether inserts, paid or not, lift any of these pieces over a step of the single-piece prices."""
    for name, own in steps.items():
        mine = (before[STREAM.name] == name).to_numpy() & rows
        for column, limits in ((WEIGHT_MG, own.all_weight_mg), (THICKNESS_UM, own.all_thickness_um)):
            was, now = (frame[column.name].to_numpy()[mine] for frame in (before, after))
            if (np.searchsorted(limits, was) != np.searchsorted(limits, now)).any():
                return True
    return False


def _pockets(wanted: NDArray[np.uint32], ranked: list[int], job: Job) -> tuple[int, ...]:
    """The inserts that a stream's pockets hold: the first by priority of those that anyone there asks for."""
    asked = int(np.bitwise_or.reduce(wanted)) if wanted.size else 0
    return tuple(k for k in ranked if asked >> k & 1)[: job.inserter.pockets]


def _insert(
    k: int,
    wanted: NDArray[np.uint32],
    job: Job,
    steps: Mapping[str, PriceSteps],
    rows: Mapping[str, NDArray[np.int64]],
    pockets: Mapping[str, tuple[int, ...]],
    load: _Load,
    bits: NDArray[np.uint32],
    strict: bool,
) -> InsertCount:
    """Add one insert to all pieces that may have it."""
    insert = job.inserts[k]
    adds = _measures(insert)
    asks = (wanted >> np.uint32(k)) & np.uint32(1) == 1
    has_pocket, has_room, same_step = (np.zeros(asks.size, np.bool_) for _ in range(3))
    pocket_bit = np.zeros(asks.size, np.uint32)
    most = job.inserter.pockets if job.inserter.max_inserts is None else job.inserter.max_inserts
    for stream in job.streams:
        own = rows[stream.name]
        if k not in pockets[stream.name] or not own.size:
            continue
        pocket_bit[own] = 1 << pockets[stream.name].index(k)
        has_pocket[own] = load.held[own] < most
        after = load.now[own] + adds
        has_room[own] = _has_room(load.now[own], after, stream, steps[stream.name])
        same_step[own] = insert.pays_postage or _same_step(load.now[own], after, steps[stream.name], strict)
    fits = asks & has_pocket & has_room & same_step
    got = np.flatnonzero(fits)[: insert.stock]
    load.now[got] += adds
    load.held[got] += 1
    bits[got] |= pocket_bit[got]
    return InsertCount(
        insert.name,
        wanted=int(asks.sum()),
        inserted=got.size,
        no_pocket=int((asks & ~has_pocket).sum()),
        no_room=int((asks & has_pocket & ~has_room).sum()),
        postage_step=int((asks & has_pocket & has_room & ~same_step).sum()),
        out_of_stock=int(fits.sum()) - got.size,
        stock_left=None if insert.stock is None else insert.stock - got.size,
    )


def _measures(insert: Insert) -> NDArray[np.int64]:
    """What an insert adds, columns as in MEASURES."""
    worst = Fraction(100 + insert.tolerance_percent, 100)
    return np.array(
        [
            insert.weight_mg,
            insert.thickness_um,
            round_up(insert.weight_mg * worst),
            round_up(insert.thickness_um * worst),
        ],
        np.int64,
    )


def _has_room(
    before: NDArray[np.int64], after: NDArray[np.int64], stream: StreamSettings, steps: PriceSteps
) -> NDArray[np.bool_]:
    """Whether the limits of the stream hold, and the scheme that takes the piece still takes it."""
    fits = (after[:, 2] <= (stream.max_weight_mg or _NO_LIMIT)) & (
        after[:, 3] <= (stream.max_thickness_um or _NO_LIMIT)
    )
    taken = _takes(before, steps)
    return np.asarray(fits & (~taken | _takes(after, steps)), np.bool_)


def _takes(load: NDArray[np.int64], steps: PriceSteps) -> NDArray[np.bool_]:
    return np.asarray(
        (load[:, 2] <= steps.most_weight_mg) & (load[:, 3] <= steps.most_thickness_um), np.bool_
    )


def _same_step(
    before: NDArray[np.int64], after: NDArray[np.int64], steps: PriceSteps, strict: bool
) -> NDArray[np.bool_]:
    """Whether weight and thickness stay in their steps, as they should be and at the worst."""
    weights = np.array(steps.all_weight_mg if strict else steps.weight_mg, np.int64)
    thicknesses = np.array(steps.all_thickness_um if strict else steps.thickness_um, np.int64)
    same = np.ones(before.shape[0], np.bool_)
    for column, limits in enumerate((weights, thicknesses, weights, thicknesses)):
        was, now = (np.searchsorted(limits, load[:, column]) for load in (before, after))
        same &= was == now
    return same
