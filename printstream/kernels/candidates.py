"""A table of candidates: ways to prepare the mail below a group, by class; one that another beats at every end is dropped.

A candidate's class is the pieces that it leaves, or as many as any later level asks for.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from printstream.kernels.jit import inline_kernel

LEFT, GROUPS = range(2)
"""Columns of a candidate: pieces left, groups made."""
A, B, _NEXT, COSTS = range(2, 6)
"""Further: the nodes it comes from, the next of its class; from COSTS on what all costs if the pieces end there."""
COUNT, FREE, CLASSES, WORK = range(4)
"""What is used of the table: rows, the first free one, classes touched; and comparisons made."""
Candidates: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]
"""int64[rows, COSTS + ends]: the table; int32[classes]: first row of each class, -1 where none; int32[classes]: those that
have any; int64[4]: what is used."""


@inline_kernel
def new_candidates(rows: int, ends: int, classes: int) -> Candidates:
    """Make an empty table."""
    head = np.full(classes, -1, np.int32)
    return (
        np.empty((rows, COSTS + ends), np.int64),
        head,
        np.empty(classes, np.int32),
        np.array([0, -1, 0, 0]),
    )


@inline_kernel
def _beats(
    table: NDArray[np.int64], row: int, ends: NDArray[np.int64], groups: int, first: int, strictly: bool
) -> bool:
    """Whether a candidate of the table costs no more at any end than ``ends``; or, not strictly, the other way round."""
    fewer = table[row, GROUPS] <= groups
    more = table[row, GROUPS] >= groups
    for end in range(first, len(ends)):
        have, new = table[row, COSTS + end], ends[end]
        if strictly:
            if have > new or (have == new and not fewer):
                return False
        elif new > have or (new == have and not more):
            return False
    return True


@inline_kernel
def _is_beaten(
    table: NDArray[np.int64],
    used: NDArray[np.int64],
    row: int,
    ends: NDArray[np.int64],
    groups: int,
    first: int,
) -> bool:
    """Whether a candidate of a class, from its first row on, is as good as ``ends`` at every end to come."""
    used[WORK] += 1
    while row >= 0:
        used[WORK] += 1
        if _beats(table, row, ends, groups, first, True):
            return True
        row = table[row, _NEXT]
    return False


@inline_kernel
def _drop_beaten(
    table: NDArray[np.int64],
    head: NDArray[np.int32],
    used: NDArray[np.int64],
    kind: int,
    ends: NDArray[np.int64],
    groups: int,
    first: int,
) -> None:
    """Take the candidates of a class out of the table that ``ends`` beats at every end to come."""
    before, row = -1, head[kind]
    while row >= 0:
        after = table[row, _NEXT]
        if _beats(table, row, ends, groups, first, False):
            if before < 0:
                head[kind] = after
            else:
                table[before, _NEXT] = after
            table[row, _NEXT] = used[FREE]
            used[FREE] = row
        else:
            before = row
        row = after


@inline_kernel
def _free_row(table: NDArray[np.int64], used: NDArray[np.int64]) -> int:
    """A row that is not in use; -1 where the table is full."""
    row: int = used[FREE]
    if row >= 0:
        used[FREE] = table[row, _NEXT]
    elif used[COUNT] < len(table):
        row = used[COUNT]
        used[COUNT] += 1
    return row


@inline_kernel
def offer(
    candidates: Candidates,
    ends: NDArray[np.int64],
    left: int,
    groups: int,
    a: int,
    b: int,
    cap: int,
    first: int,
) -> bool:
    """Keep a candidate unless another of its class is as good at every end to come; False where the table is full."""
    table, head, touched, used = candidates
    kind = min(left, cap)
    if head[kind] < 0:
        touched[used[CLASSES]] = kind
        used[CLASSES] += 1
    if _is_beaten(table, used, head[kind], ends, groups, first):
        return True
    _drop_beaten(table, head, used, kind, ends, groups, first)
    row = _free_row(table, used)
    if row < 0:
        return False
    table[row, LEFT], table[row, GROUPS], table[row, A], table[row, B] = left, groups, a, b
    table[row, COSTS:] = ends
    table[row, _NEXT] = head[kind]
    head[kind] = row
    return True


@inline_kernel
def taken(candidates: Candidates) -> NDArray[np.int64]:
    """The table's candidates, class by class; the table is empty afterwards."""
    table, head, touched, used = candidates
    found = np.empty((used[COUNT], table.shape[1]), np.int64)
    count = 0
    for place in range(used[CLASSES]):
        row = head[touched[place]]
        head[touched[place]] = -1
        while row >= 0:
            found[count] = table[row]
            count += 1
            row = table[row, _NEXT]
    used[COUNT], used[FREE], used[CLASSES] = 0, -1, 0
    return found[:count]
