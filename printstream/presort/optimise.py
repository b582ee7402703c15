"""The cheapest lawful choice of levels: which optional groups are made, and which are left to coarser levels.

A group that may be left is worth leaving only where its pieces help a coarser group to its minimum. Groups of a
level lie each within one group of the next levels, so the choice is a walk up a tree: for each number of pieces
that a subtree may leave, the least that its mail costs (exact; docs/presort.md, "The cheapest preparation").

In: pieces and prices by postal code, keys by level. Out: the level of each code. Never: looks at a piece.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from printstream.base.errors import JobError
from printstream.presort.groups import RESIDUAL, greedy_levels
from printstream.presort.labels import NO_GROUP
from printstream.presort.scheme import Level

_NEVER = 1 << 62


@dataclass(frozen=True)
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
        return int(self.mills[level_of[codes], codes].sum())


@dataclass(frozen=True)
class State:
    """One way to prepare the mail below a node.

    Attributes:
        left: pieces that no group has taken.
        mills: what these cost at each level and at none.
        cost: postage of the groups made, and their number.
        made: the groups made, as (level, key) in a nested pair; None where there is none.
    """

    left: int
    mills: tuple[int, ...]
    cost: tuple[int, int]
    made: Made


Made = tuple["Made", "Made"] | tuple[int, int] | None
Unit = tuple[tuple[int, ...], list[State]]


def check_nested(choice: Choice) -> None:
    """Refuse levels whose groups cut through one another; choosing and rolling need a tree.

    Raises:
        JobError: naming the levels.
    """
    codes = np.flatnonzero(choice.pieces)
    for fine in range(choice.start, len(choice.levels)):
        inside = codes[choice.keys[fine][codes] != NO_GROUP]
        for coarse in range(fine + 1, len(choice.levels)):
            pairs = np.unique(np.stack([choice.keys[fine][inside], choice.keys[coarse][inside]]), axis=1)
            if np.unique(pairs[0]).size != pairs.shape[1]:
                names = f"{choice.levels[fine].name!r} and {choice.levels[coarse].name!r}"
                what = f"a group of level {names.split(' and ')[0]} lies in two groups of level {names.split(' and ')[1]}"
                step = "Make every level required with its own overflow, or mend the lists"
                raise JobError(what, where=f"levels {names}", next_step=step)


def cheapest_levels(choice: Choice) -> NDArray[np.int8]:
    """Give each code the level that it has in the cheapest lawful preparation."""
    level_of = choice.greedy()
    surely = [_surely_made_from(choice, number) for number in range(len(choice.levels))]
    roots = _roots_with_a_choice(choice, surely)
    if not roots.size:
        return level_of
    codes = np.flatnonzero(choice.pieces)
    of_root = _root_of(choice)
    # Where every piece has the finest level that it could ever have, nothing is left to choose.
    roots = np.intersect1d(roots, of_root[codes[level_of[codes] != _finest_levels(choice)[codes]]])
    for root in roots.tolist():
        mine = codes[of_root[codes] == root]
        made = _solve(choice, mine, surely)
        level_of[mine] = RESIDUAL
        for number in reversed(range(choice.start, len(choice.levels))):
            keys = [key for level, key in made if level == number]
            level_of[mine[np.isin(choice.keys[number][mine], keys)]] = number
    return level_of


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


def _solve(choice: Choice, codes: NDArray[np.intp], surely: list[int]) -> list[tuple[int, int]]:
    """The groups made in the cheapest preparation of these codes, as level and key."""
    units = _atoms(choice, codes)
    count = len(choice.levels)
    for number in range(choice.start, count):
        level = choice.levels[number]
        cap = max((choice.levels[k].minimum_pieces for k in range(number + 1, count)), default=0)
        by_key: dict[int, list[Unit]] = {}
        done: list[Unit] = []
        for unit in units:
            if unit[0][number] == NO_GROUP:
                done.append(unit)
            else:
                by_key.setdefault(unit[0][number], []).append(unit)
        for key, members in by_key.items():
            merged = _merge(members, max(cap, level.minimum_pieces), number)
            states = [s for state in merged for s in _made_or_left(state, number, key, level, surely[number])]
            done.append((members[0][0], _prune(states, cap, number + 1)))
        units = done
    made: list[tuple[int, int]] = []
    for _, states in units:
        best = min(states, key=lambda s: (s.cost[0] + s.mills[-1], s.cost[1]))
        made += _flat(best.made)
    return made


def _atoms(choice: Choice, codes: NDArray[np.intp]) -> list[Unit]:
    """Codes that are of the same group at every level, with their pieces and prices."""
    keys = np.stack([k[codes] for k in choice.keys], axis=1)
    rows, inverse = np.unique(keys, axis=0, return_inverse=True)
    pieces = np.zeros(len(rows), np.int64)
    np.add.at(pieces, inverse, choice.pieces[codes])
    mills = np.zeros((len(rows), len(choice.mills)), np.int64)
    np.add.at(mills, inverse, choice.mills[:, codes].T)
    return [
        (tuple(row), [State(left, tuple(price), (0, 0), None)])
        for row, left, price in zip(rows.tolist(), pieces.tolist(), mills.tolist(), strict=True)
    ]


def _merge(members: list[Unit], cap: int, number: int) -> list[State]:
    """Every way to prepare the mail of several units, without those that another one beats."""
    plain = [states[0] for _, states in members if len(states) == 1]
    found = [_sum(plain)] if plain else []
    for _, states in members:
        if len(states) > 1:
            found = _prune([_sum([a, b]) for a in found for b in states], cap, number) if found else states
    return found


def _sum(states: list[State]) -> State:
    made: Made = None
    for state in states:
        if state.made is not None:
            made = state.made if made is None else (made, state.made)
    return State(
        sum(s.left for s in states),
        tuple(map(sum, zip(*(s.mills for s in states), strict=True))),
        (sum(s.cost[0] for s in states), sum(s.cost[1] for s in states)),
        made,
    )


def _made_or_left(state: State, number: int, key: int, level: Level, surely: int) -> list[State]:
    """What may become of the pieces that are left when a group's turn comes."""
    if state.left < max(level.minimum_pieces, 1):
        return [state]
    postage, groups = state.cost
    # Groups without a minimum do not count among the groups: some are always there.
    cost = (postage + state.mills[number], groups + (level.minimum_pieces > 1))
    here: Made = (number, key)
    made = State(0, (0,) * len(state.mills), cost, here if state.made is None else (state.made, here))
    if not level.optional or state.left >= surely:
        return [made]
    return [made, state]


def _prune(states: list[State], cap: int, number: int) -> list[State]:
    """Drop states that another one beats at every level that is still to come.

    States are compared where they open the same groups: with the same pieces left, or with as many as any
    later level asks for.
    """
    classes: dict[int, list[tuple[list[tuple[int, int]], State]]] = {}
    for state in states:
        postage, groups = state.cost
        ends = [(postage + mills, groups) for mills in state.mills[number:]]
        kept = classes.setdefault(min(state.left, cap), [])
        if any(all(a <= b for a, b in zip(other, ends, strict=True)) for other, _ in kept):
            continue
        kept[:] = [k for k in kept if not all(a <= b for a, b in zip(ends, k[0], strict=True))]
        kept.append((ends, state))
    return [state for kept in classes.values() for _, state in kept]


def _flat(made: Made) -> list[tuple[int, int]]:
    """The groups of a nested pair."""
    found: list[tuple[int, int]] = []
    stack = [made]
    while stack:
        node = stack.pop()
        if node is None:
            continue
        one, two = node
        if isinstance(one, int) and isinstance(two, int):
            found.append((one, two))
        elif not isinstance(one, int) and not isinstance(two, int):
            stack += [one, two]
    return found
