"""The cheapest lawful choice of levels: which optional groups are made, and which are left to coarser levels.

A group that may be left is worth leaving only where its pieces help a coarser group to its minimum. Groups of a
level lie each within one group of the next levels, so the choice is a walk up a tree: for each number of pieces
that a subtree may leave, the least that its mail costs (docs/presort.md, "The cheapest preparation"). Exact, unless a
scheme leaves more choices than are looked at; then what is found comes with a bound on what the cheapest could save.

In: pieces and prices by postal code, keys by level. Out: the level of each code. Never: looks at a piece.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.presort.groups import RESIDUAL, greedy_levels
from printstream.presort.labels import NO_GROUP
from printstream.presort.scheme import Level

_NEVER = 1 << 62
_PATIENCE = ((60_000_000, _NEVER, 1 << 20), (_NEVER, 48, 1 << 13))
"""Comparisons, states kept of a group, candidates kept at a time: first exactly, then with a gap. Together under two
seconds for a million pieces (benchmarks/test_optimise.py)."""


@frozen
class Choice:
    """What the optimiser chooses among.

    Attributes:
        levels: of the scheme.
        start: the first level that is still to be made.
        keys: int32[codes] for each level.
        pieces: int64[codes].
        mills: int64[levels + 1, codes]: what the pieces of a code cost at each level, and, last, where none
            takes them.
        prices: int64[levels, weights]: price of a piece at each level, for each weight class that prices tell apart.
        rest: whether pieces may be left that no level takes.
    """

    levels: tuple[Level, ...]
    start: int
    keys: tuple[NDArray[np.int32], ...]
    pieces: NDArray[np.int64]
    mills: NDArray[np.int64]
    prices: NDArray[np.int64]
    rest: bool

    @property
    def minimums(self) -> list[int]:
        """Of all levels."""
        return [level.minimum_pieces for level in self.levels]

    def greedy(self) -> NDArray[np.int8]:
        """Make every group that can be made, finest first."""
        return greedy_levels(self.pieces, self.keys, self.minimums, range(self.start, len(self.levels)))

    def postage(self, level_of: NDArray[np.int8]) -> int:
        """What the mail costs at these levels; RESIDUAL is the last row of the prices."""
        codes = np.flatnonzero(self.pieces)
        return self.postage_of(codes, level_of[codes])

    def postage_of(self, codes: NDArray[np.intp], level: NDArray[np.int8]) -> int:
        """What these codes cost at these levels."""
        return int(self.mills[level, codes].sum())


@frozen
class Chosen:
    """A preparation.

    Attributes:
        level_of: int8[codes].
        gap_mills: postage that the cheapest preparation could save at most; 0 where this one is the cheapest.
    """

    level_of: NDArray[np.int8]
    gap_mills: int = 0


@frozen
class Forest:
    """Trees of groups; see ``kernels.choose.choose_groups`` for the arrays."""

    keys: NDArray[np.int32]
    root: NDArray[np.int64]
    pieces: NDArray[np.int64]
    mills: NDArray[np.int64]


def check_nested(choice: Choice) -> None:
    """Refuse levels whose groups cut through one another; choosing and rolling need a tree.

    Raises:
        JobError: naming the levels.
    """
    codes = np.flatnonzero(choice.pieces)
    for fine in range(choice.start, len(choice.levels)):
        inside = codes[choice.keys[fine][codes] != NO_GROUP]
        for coarse in range(fine + 1, len(choice.levels)):
            if _lie_across(choice.keys[fine][inside], choice.keys[coarse][inside]):
                names = f"{choice.levels[fine].name!r} and {choice.levels[coarse].name!r}"
                what = f"a group of level {names.split(' and ')[0]} lies in two groups of level {names.split(' and ')[1]}"
                step = "Make every level required with its own overflow, or mend the lists"
                raise JobError(what, where=f"levels {names}", next_step=step)


def _lie_across(fine: NDArray[np.int32], coarse: NDArray[np.int32]) -> bool:
    """Whether codes of one fine group are of several coarse ones: some code's is not that of its group's last code."""
    coarse_of = np.zeros(int(fine.max(initial=-1)) + 1, np.int32)
    coarse_of[fine] = coarse
    return not np.array_equal(coarse_of[fine], coarse)


def cheapest_levels(choice: Choice) -> Chosen:
    """Give each code the level that it has in the cheapest lawful preparation, or in one that is proved to be near."""
    level_of = choice.greedy()
    surely = [_surely_made_from(choice, number) for number in range(len(choice.levels))]
    roots = _roots_with_a_choice(choice, surely)
    if not roots.size:
        return Chosen(level_of)
    codes = np.flatnonzero(choice.pieces)
    of_root = _root_of(choice)
    # Where every piece has the finest level that it could ever have, nothing is left to choose.
    roots = np.intersect1d(roots, of_root[codes[level_of[codes] != _finest_levels(choice)[codes]]])
    mine = codes[np.isin(of_root[codes], roots)]
    if not mine.size:
        return Chosen(level_of)
    forest = _forest_of(choice, mine, of_root)
    made, exact = _groups_made(forest, choice, surely)
    found = level_of.copy()
    found[mine] = _levels_of(choice, mine, forest, made)
    if exact:
        return Chosen(found)
    cost = choice.postage_of(mine, found[mine])
    if choice.postage_of(mine, level_of[mine]) <= cost:
        found, cost = level_of, choice.postage_of(mine, level_of[mine])
    return Chosen(found, cost - _least_mills(choice, mine))


def _surely_made_from(choice: Choice, number: int) -> int:
    """From so many pieces on an optional group of a level is cheaper made, whatever the others do.

    Leaving it costs each piece at least the least step to a later price. What it can help: at each later level
    its one group there, short of its minimum without it, has fewer than the minimum of other pieces, each of
    which saves at most the largest step from that level on.
    """
    if not choice.levels[number].optional:
        return 0
    prices = choice.prices
    if choice.rest or (np.diff(prices[choice.start :], axis=0) < 0).any():
        return _NEVER
    least = int((prices[number + 1] - prices[number]).min()) if number + 1 < len(prices) else 0
    if least <= 0:
        return _NEVER
    help_of = sum(
        (choice.levels[k].minimum_pieces - 1) * int((prices[-1] - prices[k]).max())
        for k in range(number + 1, len(prices))
    )
    return help_of // least + 1


def _finest_levels(choice: Choice) -> NDArray[np.int8]:
    """The finest level whose group is large enough with all its pieces, taken by finer levels or not.

    Where prices do not rise from level to level no level is the best that could be: then -2, which is none.
    """
    codes = np.flatnonzero(choice.pieces)
    count = len(choice.levels)
    prices = choice.mills[choice.start : count + choice.rest, codes]
    if (np.diff(prices, axis=0) <= 0).any():
        return np.full(choice.pieces.size, RESIDUAL - 1, np.int8)
    finest = np.full(choice.pieces.size, RESIDUAL, np.int8)
    for number in reversed(range(choice.start, count)):
        key = choice.keys[number]
        inside = codes[key[codes] != NO_GROUP]
        if inside.size:
            counts = np.zeros(int(key.max()) + 1, np.int64)
            np.add.at(counts, key[inside], choice.pieces[inside])
            enough = counts[key[inside]] >= choice.levels[number].minimum_pieces
            finest[inside[enough]] = number
    return finest


def _couples(choice: Choice) -> list[int]:
    """Levels at which the groups of a subtree meet a minimum together, up to the one that takes any left."""
    found = []
    for number in range(choice.start, len(choice.levels)):
        level = choice.levels[number]
        if level.minimum_pieces > 1 or level.optional:
            found.append(number)
        elif level.takes_all:
            break
    return found


def _root_of(choice: Choice) -> NDArray[np.int64]:
    """The largest group with a minimum that each code is of, as a number: level and key."""
    root = np.full(choice.pieces.size, -1, np.int64)
    for number in _couples(choice):
        inside = choice.keys[number] != NO_GROUP
        root[inside] = number * (1 << 32) + choice.keys[number][inside].astype(np.int64)
    return root


def _roots_with_a_choice(choice: Choice, surely: list[int]) -> NDArray[np.int64]:
    """Roots below which an optional group could have its minimum and is not surely made."""
    of_root = _root_of(choice)
    codes = np.flatnonzero(choice.pieces)
    found = [np.empty(0, np.int64)]
    for number in range(choice.start, len(choice.levels)):
        level = choice.levels[number]
        if not level.optional or surely[number] <= level.minimum_pieces:
            continue
        key = choice.keys[number]
        inside = codes[key[codes] != NO_GROUP]
        if inside.size:
            counts = np.zeros(int(key.max()) + 1, np.int64)
            np.add.at(counts, key[inside], choice.pieces[inside])
            some = counts[key[inside]] >= level.minimum_pieces
            if number == choice.start:
                # Nothing is taken before it: the group is as large as it seems.
                some &= counts[key[inside]] < surely[number]
            found.append(of_root[inside[some]])
    return np.unique(np.concatenate(found))


def _forest_of(choice: Choice, codes: NDArray[np.intp], of_root: NDArray[np.int64]) -> Forest:
    """Codes that are of the same group at every level, as one unit, the units of each group side by side."""
    by_level = range(choice.start, len(choice.levels))
    keys = np.stack([choice.keys[number][codes] for number in by_level])
    order = np.lexsort((*keys, of_root[codes]))
    codes, keys = codes[order], keys[:, order]
    root = of_root[codes]
    first = np.flatnonzero(np.r_[True, (np.diff(root) != 0) | (np.diff(keys) != 0).any(axis=0)])
    # Where nothing can be left, the last end must not look cheap: states would seem worth keeping for it.
    rows = [*by_level, len(choice.levels) - (not choice.rest)]
    mills = np.stack([np.add.reduceat(choice.mills[row][codes], first) for row in rows])
    pieces = np.add.reduceat(choice.pieces[codes], first)
    return Forest(np.ascontiguousarray(keys[:, first]), root[first], pieces, mills)


def _groups_made(forest: Forest, choice: Choice, surely: list[int]) -> tuple[NDArray[np.bool_], bool]:
    """Which units are the first of a group that is made, at each level; and whether nothing can be cheaper."""
    from printstream.kernels.choose import DONE, choose_groups

    rules = np.array(
        [
            # Groups without a minimum do not count among the groups: some are always there.
            (level.minimum_pieces, level.optional, sure, level.minimum_pieces > 1)
            for level, sure in zip(choice.levels, surely, strict=True)
        ],
        np.int64,
    )[choice.start :]
    for work, states, candidates in _PATIENCE:
        made = np.zeros(forest.keys.shape, np.uint8)
        tree = forest.keys, forest.root, forest.pieces, forest.mills, rules
        done, thinned = choose_groups(*tree, work, states, candidates, made)
        if done == DONE:
            return made.astype(np.bool_), not thinned
    return np.zeros(forest.keys.shape, np.bool_), False


def _levels_of(
    choice: Choice, codes: NDArray[np.intp], forest: Forest, made: NDArray[np.bool_]
) -> NDArray[np.int8]:
    """The finest level of each code whose group is made."""
    level_of = np.full(codes.size, RESIDUAL, np.int8)
    for row in reversed(range(len(made))):
        keys = forest.keys[row][made[row]]
        level_of[np.isin(choice.keys[choice.start + row][codes], keys)] = choice.start + row
    return level_of


def _least_mills(choice: Choice, codes: NDArray[np.intp]) -> int:
    """What these codes cost at least: each at the best price of all groups that could reach their minimum."""
    count = len(choice.levels)
    least = choice.mills[-1][codes] if choice.rest else np.full(codes.size, _NEVER)
    for number in range(choice.start, count):
        key = choice.keys[number]
        inside = key[codes] != NO_GROUP
        counts = np.zeros(int(key.max()) + 2, np.int64)
        np.add.at(counts, key[codes[inside]], choice.pieces[codes[inside]])
        enough = inside & (counts[key[codes]] >= choice.levels[number].minimum_pieces)
        least = np.where(enough, np.minimum(least, choice.mills[number][codes]), least)
    return int(least.sum())
