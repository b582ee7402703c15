"""Which level and group each postal code has in a mailing, and in which order codes are mailed.

In: how many pieces each code has, the scheme. Out: ``SortPlan``. Never: looks at a piece; there are far fewer
codes than pieces, so this costs little, whatever the mailing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from printstream.base.frozen import frozen
from printstream.presort.forms import CodeTable
from printstream.presort.kinds import Grouped
from printstream.presort.labels import NO_GROUP, label_zip
from printstream.presort.load import LoadedScheme

RESIDUAL = -1


@frozen
class Group:
    """Pieces that share trays.

    Attributes:
        level: index into the scheme's levels.
        key: number of the group within its level.
        label: the label of a list's group, the characters of a prefix, empty where all pieces are one group.
        code_text: what names the destination; empty where all pieces are one group.
        pieces: number of pieces.
        first_code: the first postal code in it.
    """

    level: int
    key: int
    label: str
    code_text: str
    pieces: int
    first_code: int


@frozen
class SortPlan:
    """The order of postal codes in a mailing.

    Attributes:
        level: int8[codes]: level of each code; RESIDUAL where no level takes it or it has no piece.
        rank: uint32[codes]: place of each code with a level; 0 elsewhere.
        groups: the groups, in mailing order.
        keys: int32[codes] for each level: the group that a code is of.
    """

    level: NDArray[np.int8]
    rank: NDArray[np.uint32]
    groups: tuple[Group, ...]
    keys: tuple[NDArray[np.int32], ...]


def level_keys(loaded: LoadedScheme, table: CodeTable) -> tuple[NDArray[np.int32], ...]:
    """The group of each code at each level, numbered in mailing order; NO_GROUP where it is in none."""
    return tuple(keys_of(level, loaded, table) for level in loaded.scheme.levels)


def keys_of(level: Grouped, loaded: LoadedScheme, table: CodeTable) -> NDArray[np.int32]:
    """The group of each code at one level; see ``level_keys``."""
    length = loaded.length_of(level)
    if length is not None:
        return table.keys(length)
    if level.labeling_list is not None:
        return loaded.lists[level.labeling_list].groups(table)
    return np.zeros(table.size, np.int32)


def greedy_levels(
    pieces: NDArray[np.int64], keys: tuple[NDArray[np.int32], ...], minimums: list[int], numbers: range
) -> NDArray[np.int8]:
    """Give each code the finest level whose group reaches the minimum.

    "Presort is performed sequentially, from the lowest (finest) level to the highest level", and each level
    is completed before the next one (DMM 235.1.1): a level counts only what the ones before it left.

    Args:
        pieces: int64[codes], pieces of each code.
        keys: of all levels.
        minimums: of all levels.
        numbers: the levels that are tried.
    """
    level_of = np.full(pieces.size, RESIDUAL, np.int8)
    left = pieces > 0
    for number in numbers:
        key = keys[number]
        candidates = np.flatnonzero(left & (key != NO_GROUP))
        if not candidates.size:
            continue
        counts = np.zeros(int(key.max()) + 1, np.int64)
        np.add.at(counts, key[candidates], pieces[candidates])
        taken = candidates[counts[key[candidates]] >= minimums[number]]
        level_of[taken] = number
        left[taken] = False
    return level_of


def plan_of_levels(
    level_of: NDArray[np.int8],
    pieces: NDArray[np.int64],
    keys: tuple[NDArray[np.int32], ...],
    loaded: LoadedScheme,
    table: CodeTable,
) -> SortPlan:
    """Order codes that have their levels: levels, within a level groups, within a group codes."""
    codes = np.flatnonzero(level_of != RESIDUAL)
    key_of = np.zeros(table.size, np.int32)
    for number, key in enumerate(keys):
        mine = codes[level_of[codes] == number]
        key_of[mine] = key[mine]
    codes = codes[np.lexsort((codes, key_of[codes], level_of[codes]))]
    rank = np.zeros(table.size, np.uint32)
    rank[codes] = np.arange(codes.size, dtype=np.uint32)
    return SortPlan(level_of, rank, _groups(codes, level_of, key_of, pieces, loaded, table), keys)


def _groups(
    codes: NDArray[np.intp],
    level_of: NDArray[np.int8],
    key_of: NDArray[np.int32],
    pieces_of_code: NDArray[np.int64],
    loaded: LoadedScheme,
    table: CodeTable,
) -> tuple[Group, ...]:
    """The groups of codes that are in mailing order."""
    if not codes.size:
        return ()
    levels, keys = level_of[codes], key_of[codes]
    first = np.flatnonzero(np.r_[True, (np.diff(levels) != 0) | (np.diff(keys) != 0)])
    pieces = np.add.reduceat(pieces_of_code[codes], first)
    rows = zip(
        levels[first].tolist(), keys[first].tolist(), pieces.tolist(), codes[first].tolist(), strict=True
    )
    return tuple(
        Group(level, key, *names_of(loaded.scheme.levels[level], key, code, loaded, table), count, code)
        for level, key, count, code in rows
    )


def names_of(level: Grouped, key: int, code: int, loaded: LoadedScheme, table: CodeTable) -> tuple[str, str]:
    """Label and code text of a group: its number at the level, and a code in it."""
    length = loaded.length_of(level)
    if length is not None:
        text = table.prefix(code, length)
        return text, text
    if level.labeling_list is not None:
        label = loaded.lists[level.labeling_list].labels[key]
        return label, label_zip(label)
    return "", ""
