"""Lifts and stacks: which run of units lies in which cells of which press sheets.

In: where pieces begin in a spool's sequence of units, the scheme. Out: arrays of a ``SpoolSpread``. Never: parts a piece,
unless the scheme says so.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from printstream.base.frozen import frozen
from printstream.impose.spread import SpoolSpread
from printstream.imposition import Scheme

Ints = NDArray[np.int64]
Cuts = list[tuple[int, int]]


@frozen
class Where:
    """Where units lie: int64[...] press sheet (leaders counted) and cell of each."""

    sheet: Ints
    cell: Ints


def stack_cells(scheme: Scheme) -> tuple[Ints, Ints, Ints]:
    """Stack of each cell, its place among that stack's cells, cells of each stack."""
    cell = np.arange(scheme.cells, dtype=np.int64)
    if scheme.order == "sheets":
        return np.zeros_like(cell), cell, np.array([scheme.cells], np.int64)
    if scheme.order == "column_stacks":
        stacks = np.full(scheme.columns, scheme.rows, np.int64)
        return cell % scheme.columns, cell // scheme.columns, stacks
    return cell, np.zeros_like(cell), np.ones(scheme.cells, np.int64)


def cut_lifts(bounds: Ints, scheme: Scheme) -> tuple[Ints, Ints, Ints]:
    """Cut a spool into lifts, and each into stacks.

    Args:
        bounds: int64[pieces + 1]: position at which each piece begins, the shop's own sheets before it included; the end.
        scheme: order, depth.

    Returns:
        lift_first, stack_first, stack_count of SpoolSpread.
    """
    _, _, cells = stack_cells(scheme)
    if scheme.order == "copies":
        total = int(bounds[-1])
        zeros = np.zeros((1, cells.size), np.int64)
        return np.array([0, total], np.int64), zeros, np.full_like(zeros, total)
    if scheme.split_pieces:
        bounds = np.arange(int(bounds[-1]) + 1, dtype=np.int64)
    room = scheme.stack_depth * int(cells[0])
    sheets = [0]
    firsts: list[list[int]] = []
    counts: list[list[int]] = []
    at, end = 0, bounds.size - 1
    while at < end or not firsts:
        stacks, at = _lift(bounds, at, end, cells.size, room)
        heights = [int(bounds[b] - bounds[a]) for a, b in stacks]
        firsts.append([int(bounds[a]) for a, _ in stacks])
        counts.append(heights)
        sheets.append(sheets[-1] + -(-max(heights) // int(cells[0])))
    return np.array(sheets, np.int64), np.array(firsts, np.int64), np.array(counts, np.int64)


def _lift(bounds: Ints, at: int, end: int, stacks: int, room: int) -> tuple[Cuts, int]:
    """Pieces of the next lift's stacks, and where the one after begins."""
    if room == 0:
        return even_stacks(bounds, at, end, stacks), end
    full: Cuts = []
    begin = at
    for _ in range(stacks):
        stop = int(np.searchsorted(bounds, bounds[begin] + room, side="right")) - 1
        # A piece that is deeper than a lift lies in a stack of its own.
        stop = min(max(stop, begin + 1), end)
        full.append((begin, stop))
        begin = stop
    if begin < end:
        return full, begin
    even = even_stacks(bounds, at, end, stacks)
    fits = max(int(bounds[b] - bounds[a]) for a, b in even) <= room
    return (even if fits else full), end


def even_stacks(bounds: Ints, begin: int, end: int, stacks: int) -> Cuts:
    """Piece ranges of the stacks: as even as whole pieces allow, none taller than the first."""
    found = []
    at = begin
    for left in range(stacks, 0, -1):
        remaining = int(bounds[end] - bounds[at])
        goal = int(bounds[at]) + -(-remaining // left)
        stop = end if left == 1 else min(int(np.searchsorted(bounds, goal, side="left")), end)
        found.append((at, stop))
        at = stop
    return found


def where_units_lie(spread: SpoolSpread, positions: Ints) -> Where:
    """Press sheet and cell of each position; in the first cell where all hold the same."""
    pattern = spread.pattern
    sheet, cell = np.zeros_like(positions), np.zeros_like(positions)
    if pattern.scheme.order == "copies":
        return Where(positions + spread.leaders[0], cell)
    firsts, counts = spread.stack_first.reshape(-1), spread.stack_count.reshape(-1)
    # Stacks that hold nothing begin where the next one does.
    filled = np.flatnonzero(counts)
    row = filled[np.searchsorted(firsts[filled], positions, side="right") - 1]
    lift, stack = np.divmod(row, pattern.stack_cells.size)
    at = positions - firsts[row]
    by_rank = np.full((pattern.stack_cells.size, int(pattern.stack_cells.max())), -1, np.int64)
    by_rank[pattern.stack_of, pattern.rank_of] = np.arange(pattern.stack_of.size)
    runs_back = pattern.backward[by_rank[stack, 0]]
    at = np.where(runs_back, counts[row] - 1 - at, at)
    size = pattern.stack_cells[stack]
    sheet = spread.lift_first[lift] + at // size + spread.leaders[0]
    return Where(sheet, by_rank[stack, at % size])
