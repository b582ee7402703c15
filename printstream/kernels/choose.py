"""The cheapest choice of groups in a forest: for each number of pieces that a subtree may leave, its least cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from printstream.kernels.jit import inline_kernel, kernel

LEFT, GROUPS, NODE, ENDS = range(4)
"""Columns of a state: pieces left, groups made, how it came about; from ENDS on what all costs if the pieces end there."""
_A, _B, _NEXT, _COSTS = range(2, 6)
"""Columns of a candidate, after LEFT and GROUPS: the nodes it comes from, the next of its class; ends from _COSTS on."""
_COUNT, _FREE, _CLASSES, _WORK = range(4)
"""What is used of the table: rows, the first free one, classes touched; and comparisons made."""
_NOTHING = -1
_NODE_LIMIT = 100_000_000
_FIRST_MARK = -2
"""A group that is made, in the place of a node: this less the number of its level and first unit."""
MINIMUM, OPTIONAL, SURELY, COUNTS = range(4)
DONE, TOO_MUCH_WORK = 0, 1


@inline_kernel
def _beats(
    table: NDArray[np.int64], row: int, ends: NDArray[np.int64], groups: int, first: int, strictly: bool
) -> bool:
    """Whether a candidate of the table costs no more at any end than ``ends``; or, not strictly, the other way round."""
    fewer = table[row, GROUPS] <= groups
    more = table[row, GROUPS] >= groups
    for end in range(first, len(ends)):
        have, new = table[row, _COSTS + end], ends[end]
        if strictly:
            if have > new or (have == new and not fewer):
                return False
        elif new > have or (new == have and not more):
            return False
    return True


@inline_kernel
def _offer(
    table: NDArray[np.int64],
    head: NDArray[np.int32],
    touched: NDArray[np.int32],
    used: NDArray[np.int64],
    ends: NDArray[np.int64],
    left: int,
    groups: int,
    a: int,
    b: int,
    cap: int,
    first: int,
) -> bool:
    """Keep a candidate unless another of its class is as good at every end to come; False where the table is full."""
    kind = min(left, cap)
    row = head[kind]
    if row < 0:
        touched[used[_CLASSES]] = kind
        used[_CLASSES] += 1
    used[_WORK] += 1
    while row >= 0:
        used[_WORK] += 1
        if _beats(table, row, ends, groups, first, True):
            return True
        row = table[row, _NEXT]
    before, row = -1, head[kind]
    while row >= 0:
        after = table[row, _NEXT]
        if _beats(table, row, ends, groups, first, False):
            if before < 0:
                head[kind] = after
            else:
                table[before, _NEXT] = after
            table[row, _NEXT] = used[_FREE]
            used[_FREE] = row
        else:
            before = row
        row = after
    row = used[_FREE]
    if row >= 0:
        used[_FREE] = table[row, _NEXT]
    elif used[_COUNT] < len(table):
        row = used[_COUNT]
        used[_COUNT] += 1
    else:
        return False
    table[row, LEFT], table[row, GROUPS], table[row, _A], table[row, _B] = left, groups, a, b
    table[row, _COSTS:] = ends
    table[row, _NEXT] = head[kind]
    head[kind] = row
    return True


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
def _taken(
    table: NDArray[np.int64], head: NDArray[np.int32], touched: NDArray[np.int32], used: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The table's candidates, class by class; the table is empty afterwards."""
    found = np.empty((used[_COUNT], table.shape[1]), np.int64)
    count = 0
    for place in range(used[_CLASSES]):
        row = head[touched[place]]
        head[touched[place]] = -1
        while row >= 0:
            found[count] = table[row]
            count += 1
            row = table[row, _NEXT]
    used[_COUNT], used[_FREE], used[_CLASSES] = 0, -1, 0
    return found[:count]


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
    table: NDArray[np.int64],
    head: NDArray[np.int32],
    touched: NDArray[np.int32],
    used: NDArray[np.int64],
    cap: int,
    level: int,
    most_work: int,
) -> bool:
    """Every state of some units with every state of another one; False where that is too much."""
    width = some.shape[1] - ENDS
    ends = np.empty(width, np.int64)
    for a in some:
        if used[_WORK] > most_work:
            return False
        for b in others:
            for end in range(width):
                ends[end] = a[ENDS + end] + b[ENDS + end]
            left, groups = a[LEFT] + b[LEFT], a[GROUPS] + b[GROUPS]
            if not _offer(table, head, touched, used, ends, left, groups, a[NODE], b[NODE], cap, level):
                return False
    return True


@inline_kernel
def _sums(
    found: NDArray[np.int64], nodes: NDArray[np.int32], count: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], int]:
    """Candidates as states; each that comes from two nodes, or makes a group, is a node."""
    states = np.empty((len(found), found.shape[1] - _COSTS + ENDS), np.int64)
    nodes = _more_rows(nodes, count + len(found))
    for place in range(len(found)):
        one = found[place]
        states[place, LEFT], states[place, GROUPS] = one[LEFT], one[GROUPS]
        states[place, ENDS:] = one[_COSTS:]
        if one[_B] < _NOTHING or (one[_A] >= 0 and one[_B] >= 0):
            nodes[count, 0], nodes[count, 1] = one[_A], one[_B]
            states[place, NODE] = count
            count += 1
        else:
            states[place, NODE] = max(one[_A], one[_B])
    return states, nodes, count


@inline_kernel
def _offer_made_or_left(
    merged: NDArray[np.int64],
    table: NDArray[np.int64],
    head: NDArray[np.int32],
    touched: NDArray[np.int32],
    used: NDArray[np.int64],
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
            if not _offer(
                table, head, touched, used, ends, 0, groups + rule[COUNTS], node, mark, later, level + 1
            ):
                return False
        if not enough or (rule[OPTIONAL] == 1 and left < rule[SURELY]):
            ends[:] = state[ENDS:]
            if not _offer(table, head, touched, used, ends, left, groups, node, _NOTHING, later, level + 1):
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
    units, most_pieces, thinned, node_count = count, pieces.sum(), 0, 0
    states = _states_of_units(pieces, mills)
    first, unit_of = np.arange(count + 1), np.arange(count)
    nodes = np.empty((1024, 2), np.int32)
    table = np.empty((most_candidates, states.shape[1] - ENDS + _COSTS), np.int64)
    head = np.full(min(rules[:, MINIMUM].max(), most_pieces) + 1, -1, np.int32)
    touched = np.empty(len(head), np.int32)
    used = np.array([0, -1, 0, 0])
    for level in range(levels):
        later = 0 if level + 1 == levels else min(rules[level + 1 :, MINIMUM].max(), most_pieces)
        cap = min(max(later, rules[level, MINIMUM]), most_pieces)
        new = np.empty(states.shape, np.int64)
        new_first, new_of = np.zeros(count + 1, np.int64), np.empty(count, np.int64)
        new_count = size = begin = 0
        while begin < count:
            key, tree = keys[level, unit_of[begin]], root[unit_of[begin]]
            stop = begin + 1
            while (
                key >= 0
                and stop < count
                and keys[level, unit_of[stop]] == key
                and root[unit_of[stop]] == tree
            ):
                stop += 1
            merged = states[first[begin] : first[stop]]
            if key >= 0:
                merged, nodes, node_count = _sum_of_lone(states, first[begin : stop + 1], nodes, node_count)
                for unit in range(begin, stop):
                    others = states[first[unit] : first[unit + 1]]
                    if len(others) == 1:
                        continue
                    if not _offer_sums(merged, others, table, head, touched, used, cap, level, most_work):
                        return TOO_MUCH_WORK, thinned
                    found = _taken(table, head, touched, used)
                    merged, nodes, node_count = _sums(found, nodes, node_count)
                    if len(merged) > most_states:
                        thinned = 1
                        merged = _thinned(merged, most_states, level)
                mark = _FIRST_MARK - (level * units + unit_of[begin])
                if not _offer_made_or_left(
                    merged, table, head, touched, used, rules[level], later, level, mark
                ):
                    return TOO_MUCH_WORK, thinned
                merged, nodes, node_count = _sums(_taken(table, head, touched, used), nodes, node_count)
            if node_count > _NODE_LIMIT - most_candidates:
                return TOO_MUCH_WORK, thinned
            new = _more_rows(new, size + len(merged))
            new[size : size + len(merged)] = merged
            size += len(merged)
            new_of[new_count] = unit_of[begin]
            new_count += 1
            new_first[new_count] = size
            begin = stop
        states, first, unit_of, count = new, new_first[: new_count + 1], new_of, new_count
    _write_made(states, first, nodes, made)
    return DONE, thinned
