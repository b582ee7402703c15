"""The cheapest choice of groups in a forest: for each number of pieces that a subtree may leave, its least cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from printstream.kernels.candidates import (
    COSTS,
    GROUPS,
    LEFT,
    WORK,
    A,
    B,
    Candidates,
    new_candidates,
    offer,
    taken,
)
from printstream.kernels.jit import inline_kernel, kernel

NODE, ENDS = range(2, 4)
"""Columns of a state, after LEFT and GROUPS: how it came about; from ENDS on what all costs if the pieces end there."""
_NOTHING = -1
_NODE_LIMIT = 100_000_000
_FIRST_MARK = -2
"""A group that is made, in the place of a node: this less the number of its level and first unit."""
MINIMUM, OPTIONAL, SURELY, COUNTS = range(4)
DONE, TOO_MUCH_WORK = 0, 1


@inline_kernel
def _more_rows(array: NDArray[np.int64], rows: int) -> NDArray[np.int64]:
    """The same array with room for so many rows."""
    if rows <= len(array):
        return array
    larger = np.empty((max(2 * len(array), rows), array.shape[1]), array.dtype)
    larger[: len(array)] = array
    return larger


@inline_kernel
def _thinned(states: NDArray[np.int64], most: int, first: int) -> NDArray[np.int64]:
    """The most promising states: half by the next end to come, the others by the last."""
    if len(states) <= most:
        return states
    keep = np.zeros(len(states), np.uint8)
    kept = 0
    by_next, by_last = np.argsort(states[:, ENDS + first]), np.argsort(states[:, -1])
    for place in range(len(states)):
        if kept < most and keep[by_next[place]] == 0:
            keep[by_next[place]] = 1
            kept += 1
        if kept < most and keep[by_last[place]] == 0:
            keep[by_last[place]] = 1
            kept += 1
    chosen: NDArray[np.int64] = states[keep == 1]
    return chosen


@inline_kernel
def _states_of_units(pieces: NDArray[np.int64], mills: NDArray[np.int64]) -> NDArray[np.int64]:
    """Before any group is made: all pieces of a unit are left."""
    states = np.zeros((len(pieces), ENDS + len(mills)), np.int64)
    for unit in range(len(pieces)):
        states[unit, LEFT], states[unit, NODE] = pieces[unit], _NOTHING
        for end in range(len(mills)):
            states[unit, ENDS + end] = mills[end, unit]
    return states


@inline_kernel
def _sum_of_lone(
    states: NDArray[np.int64], first: NDArray[np.int64], nodes: NDArray[np.int32], count: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], int]:
    """Units that have one state are one state together, whatever the others do."""
    total = np.zeros((1, states.shape[1]), np.int64)
    total[0, NODE] = _NOTHING
    for unit in range(len(first) - 1):
        if first[unit + 1] - first[unit] == 1:
            one = states[first[unit]]
            if total[0, NODE] >= 0 and one[NODE] >= 0:
                nodes = _more_rows(nodes, count + 1)
                nodes[count, 0], nodes[count, 1] = total[0, NODE], one[NODE]
                total[0, NODE] = count
                count += 1
            elif one[NODE] >= 0:
                total[0, NODE] = one[NODE]
            total[0, LEFT] += one[LEFT]
            total[0, GROUPS] += one[GROUPS]
            total[0, ENDS:] += one[ENDS:]
    return total, nodes, count


@inline_kernel
def _offer_sums(
    some: NDArray[np.int64],
    others: NDArray[np.int64],
    candidates: Candidates,
    cap: int,
    level: int,
    most_work: int,
) -> bool:
    """Every state of some units with every state of another one; False where that is too much."""
    width, used = some.shape[1] - ENDS, candidates[3]
    ends = np.empty(width, np.int64)
    for a in some:
        if used[WORK] > most_work:
            return False
        for b in others:
            for end in range(width):
                ends[end] = a[ENDS + end] + b[ENDS + end]
            left, groups = a[LEFT] + b[LEFT], a[GROUPS] + b[GROUPS]
            if not offer(candidates, ends, left, groups, a[NODE], b[NODE], cap, level):
                return False
    return True


@inline_kernel
def _sums(
    found: NDArray[np.int64], nodes: NDArray[np.int32], count: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], int]:
    """Candidates as states; each that comes from two nodes, or makes a group, is a node."""
    states = np.empty((len(found), found.shape[1] - COSTS + ENDS), np.int64)
    nodes = _more_rows(nodes, count + len(found))
    for place in range(len(found)):
        one = found[place]
        states[place, LEFT], states[place, GROUPS] = one[LEFT], one[GROUPS]
        states[place, ENDS:] = one[COSTS:]
        if one[B] < _NOTHING or (one[A] >= 0 and one[B] >= 0):
            nodes[count, 0], nodes[count, 1] = one[A], one[B]
            states[place, NODE] = count
            count += 1
        else:
            states[place, NODE] = max(one[A], one[B])
    return states, nodes, count


@inline_kernel
def _merged_units(
    states: NDArray[np.int64],
    first: NDArray[np.int64],
    nodes: NDArray[np.int32],
    count: int,
    candidates: Candidates,
    cap: int,
    level: int,
    most_work: int,
    most_states: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32], int, bool, bool]:
    """The states of a group's units together; nodes and how many; whether states were thinned, and whether all was done."""
    thinned = False
    merged, nodes, count = _sum_of_lone(states, first, nodes, count)
    for unit in range(len(first) - 1):
        others = states[first[unit] : first[unit + 1]]
        if len(others) == 1:
            continue
        if not _offer_sums(merged, others, candidates, cap, level, most_work):
            return merged, nodes, count, thinned, False
        merged, nodes, count = _sums(taken(candidates), nodes, count)
        if len(merged) > most_states:
            thinned = True
            merged = _thinned(merged, most_states, level)
    return merged, nodes, count, thinned, True


@inline_kernel
def _offer_made_or_left(
    merged: NDArray[np.int64],
    candidates: Candidates,
    rule: NDArray[np.int64],
    later: int,
    level: int,
    mark: int,
) -> bool:
    """What may become of the pieces that are left when a group's turn comes; False where that is too much."""
    ends = np.empty(merged.shape[1] - ENDS, np.int64)
    for state in merged:
        left, groups, node = state[LEFT], state[GROUPS], state[NODE]
        enough = left >= max(rule[MINIMUM], 1)
        if enough:
            ends[:] = state[ENDS + level]
            if not offer(candidates, ends, 0, groups + rule[COUNTS], node, mark, later, level + 1):
                return False
        if not enough or (rule[OPTIONAL] == 1 and left < rule[SURELY]):
            ends[:] = state[ENDS:]
            if not offer(candidates, ends, left, groups, node, _NOTHING, later, level + 1):
                return False
    return True


@inline_kernel
def _write_made(
    states: NDArray[np.int64], first: NDArray[np.int64], nodes: NDArray[np.int32], made: NDArray[np.uint8]
) -> None:
    """Of what is left of each tree take the cheapest state, and go back to the groups that it made."""
    waiting = np.empty(len(nodes) + 1, np.int64)
    for unit in range(len(first) - 1):
        best = first[unit]
        for row in range(first[unit], first[unit + 1]):
            dearer = states[row, -1] - states[best, -1]
            if dearer < 0 or (dearer == 0 and states[row, GROUPS] < states[best, GROUPS]):
                best = row
        waiting[0] = states[best, NODE]
        depth = 1 if waiting[0] >= 0 else 0
        while depth > 0:
            depth -= 1
            node = waiting[depth]
            for side in range(2):
                other = nodes[node, side]
                if other >= 0:
                    waiting[depth] = other
                    depth += 1
                elif other < _NOTHING:
                    made[(_FIRST_MARK - other) // made.shape[1], (_FIRST_MARK - other) % made.shape[1]] = 1


@inline_kernel
def _end_of_group(
    keys: NDArray[np.int32], root: NDArray[np.int64], unit_of: NDArray[np.int64], begin: int, count: int
) -> int:
    """Where the units end that are of one group, or the one that is in none."""
    stop, unit = begin + 1, unit_of[begin]
    while (
        keys[unit] >= 0
        and stop < count
        and keys[unit_of[stop]] == keys[unit]
        and root[unit_of[stop]] == root[unit]
    ):
        stop += 1
    return stop


@kernel
def choose_groups(
    keys: NDArray[np.int32],
    root: NDArray[np.int64],
    pieces: NDArray[np.int64],
    mills: NDArray[np.int64],
    rules: NDArray[np.int64],
    most_work: int,
    most_states: int,
    most_candidates: int,
    made: NDArray[np.uint8],
) -> tuple[int, int]:
    """Choose which groups are made so that each tree's mail costs least; of equals the fewest groups.

    A state is a way to prepare the mail below a group. States are compared where they open the same groups: with the
    same pieces left, or with as many as any later level asks for; one that another beats at every end is dropped.

    Args:
        keys: int32[levels, units], group of each unit at each level, finest first; negative where it is in none. The
            units of a group lie side by side at every level, and the groups of a level within those of the next.
        root: int64[units], tree of each unit; the units of a tree lie side by side.
        pieces: int64[units].
        mills: int64[levels + 1, units], what the unit's pieces cost at each level and where none takes them, >= 0.
        rules: int64[levels, 4]: MINIMUM; OPTIONAL, 1 where a group may be left; SURELY, pieces from which on it is
            made all the same; COUNTS, 1 where its groups count among the groups.
        most_work: comparisons before giving up.
        most_states: states kept of a group; more are thinned, and what is found may not be the cheapest.
        most_candidates: candidates kept at a time; more are too much work.
        made: uint8[levels, units], zeros; written: 1 at the first unit of each group that is made. Owned by the caller.

    Returns:
        DONE or TOO_MUCH_WORK (then nothing is written), and whether states were thinned.
    """
    levels, count = keys.shape
    units, most_pieces, any_thinned, node_count = count, pieces.sum(), 0, 0
    states = _states_of_units(pieces, mills)
    first, unit_of = np.arange(count + 1), np.arange(count)
    nodes = np.empty((1024, 2), np.int32)
    classes = min(rules[:, MINIMUM].max(), most_pieces) + 1
    candidates = new_candidates(most_candidates, states.shape[1] - ENDS, classes)
    for level in range(levels):
        later = 0 if level + 1 == levels else min(rules[level + 1 :, MINIMUM].max(), most_pieces)
        cap = min(max(later, rules[level, MINIMUM]), most_pieces)
        new = np.empty(states.shape, np.int64)
        new_first, new_of = np.zeros(count + 1, np.int64), np.empty(count, np.int64)
        new_count = size = begin = 0
        while begin < count:
            stop = _end_of_group(keys[level], root, unit_of, begin, count)
            merged = states[first[begin] : first[stop]]
            if keys[level, unit_of[begin]] >= 0:
                merged, nodes, node_count, thinned, done = _merged_units(
                    states,
                    first[begin : stop + 1],
                    nodes,
                    node_count,
                    candidates,
                    cap,
                    level,
                    most_work,
                    most_states,
                )
                any_thinned |= thinned
                mark = _FIRST_MARK - (level * units + unit_of[begin])
                if not done or not _offer_made_or_left(merged, candidates, rules[level], later, level, mark):
                    return TOO_MUCH_WORK, any_thinned
                merged, nodes, node_count = _sums(taken(candidates), nodes, node_count)
            if node_count > _NODE_LIMIT - most_candidates:
                return TOO_MUCH_WORK, any_thinned
            new = _more_rows(new, size + len(merged))
            new[size : size + len(merged)] = merged
            size += len(merged)
            new_of[new_count] = unit_of[begin]
            new_count += 1
            new_first[new_count] = size
            begin = stop
        states, first, unit_of, count = new, new_first[: new_count + 1], new_of, new_count
    _write_made(states, first, nodes, made)
    return DONE, any_thinned
