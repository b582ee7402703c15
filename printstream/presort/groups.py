"""Which level and group each ZIP Code has in a mailing, and in which order ZIP Codes are mailed.

In: how many pieces each ZIP Code has, the scheme. Out: ``SortPlan``. Never: looks at a piece; there are at
most 100,000 ZIP Codes, so this costs nothing, whatever the mailing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from printstream.presort.labels import NO_GROUP, ZIPS, label_zip
from printstream.presort.scheme import Level, LoadedScheme

RESIDUAL = -1
_ALL_ZIPS = np.arange(ZIPS, dtype=np.int32)


@dataclass(frozen=True)
class Group:
    """Pieces that share trays.

    Attributes:
        level: index into the scheme's levels.
        label: the label of a list's group, the digits of a prefix, empty where all pieces are one group.
        zip_text: the digits that name the destination; empty where all pieces are one group.
        pieces: number of pieces.
    """

    level: int
    label: str
    zip_text: str
    pieces: int


@dataclass(frozen=True)
class SortPlan:
    """The order of ZIP Codes in a mailing.

    Attributes:
        level: int8[100000]: level of each ZIP Code; RESIDUAL where no level takes it or it has no piece.
        rank: uint32[100000]: place of each ZIP Code with a level; 0 elsewhere.
        groups: the groups, in mailing order.
    """

    level: NDArray[np.int8]
    rank: NDArray[np.uint32]
    groups: tuple[Group, ...]


def plan_groups(pieces_of_zip: NDArray[np.int64], loaded: LoadedScheme) -> SortPlan:
    """Give each ZIP Code the finest level whose group reaches the minimum.

    "Presort is performed sequentially, from the lowest (finest) level to the highest level", and each level
    is completed before the next one (DMM 235.1.1): a level counts only what the ones before it left.

    Args:
        pieces_of_zip: int64[100000], pieces of each ZIP Code.
        loaded: the scheme with its lists.
    """
    level_of = np.full(ZIPS, RESIDUAL, np.int8)
    key_of = np.zeros(ZIPS, np.int32)
    left = pieces_of_zip > 0
    for number, level in enumerate(loaded.scheme.levels):
        keys = _keys(level, loaded)
        candidates = np.flatnonzero(left & (keys != NO_GROUP))
        counts = np.zeros(ZIPS, np.int64)
        np.add.at(counts, keys[candidates], pieces_of_zip[candidates])
        taken = candidates[counts[keys[candidates]] >= level.minimum_pieces]
        level_of[taken], key_of[taken] = number, keys[taken]
        left[taken] = False
    zips = np.flatnonzero(level_of != RESIDUAL)
    zips = zips[np.lexsort((zips, key_of[zips], level_of[zips]))]
    rank = np.zeros(ZIPS, np.uint32)
    rank[zips] = np.arange(zips.size, dtype=np.uint32)
    return SortPlan(level_of, rank, _groups(zips, level_of, key_of, pieces_of_zip, loaded))


def _keys(level: Level, loaded: LoadedScheme) -> NDArray[np.int32]:
    """The group of each ZIP Code at a level, numbered in mailing order."""
    if level.prefix_length is not None:
        return _ALL_ZIPS // np.int32(10 ** (5 - level.prefix_length))
    if level.labeling_list is not None:
        return loaded.lists[level.labeling_list].group
    return np.zeros(ZIPS, np.int32)


def _groups(
    zips: NDArray[np.intp],
    level_of: NDArray[np.int8],
    key_of: NDArray[np.int32],
    pieces_of_zip: NDArray[np.int64],
    loaded: LoadedScheme,
) -> tuple[Group, ...]:
    """The groups of ZIP Codes that are in mailing order."""
    if not zips.size:
        return ()
    levels, keys = level_of[zips], key_of[zips]
    first = np.flatnonzero(np.r_[True, (np.diff(levels) != 0) | (np.diff(keys) != 0)])
    pieces = np.add.reduceat(pieces_of_zip[zips], first)
    rows = zip(levels[first].tolist(), keys[first].tolist(), pieces.tolist(), strict=True)
    return tuple(
        Group(level, *_names(loaded.scheme.levels[level], key, loaded), count) for level, key, count in rows
    )


def _names(level: Level, key: int, loaded: LoadedScheme) -> tuple[str, str]:
    """Label and ZIP digits of a group."""
    if level.prefix_length is not None:
        digits = str(key).zfill(level.prefix_length)
        return digits, digits
    if level.labeling_list is not None:
        label = loaded.lists[level.labeling_list].labels[key]
        return label, label_zip(label)
    return "", ""
