"""How a saving is shared among those who made it together: the arithmetic, exact to the last unit.

In: what every coalition saves, in whole mills. Out: shares, in whole mills, that add up to the whole saving. Never: knows
a job or a piece.

The Shapley value (L. S. Shapley, A Value for n-Person Games, 1953) gives each party what it adds to the saving, averaged
over all orders in which the parties could have come. For many parties it is the mean over orders drawn by lot (J. Castro,
D. Gomez, J. Tejada, Polynomial calculation of the Shapley value based on sampling, 2009).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from hashlib import sha256
from math import factorial, sqrt

import numpy as np
from numpy.typing import NDArray

from printstream.base.frozen import frozen

_LEAST = -(1 << 62)
Value = Callable[[int], int]
"""What a coalition saves, mills; a party's bit is set where it takes part. The empty one saves nothing."""


@frozen
class Shares:
    """Shares before they are rounded.

    Attributes:
        exact: by party; they add up to the value of all parties together.
        standard_errors: by party, mills: of the mean over orders drawn by lot; None where nothing was drawn.
    """

    exact: tuple[Fraction, ...]
    standard_errors: tuple[float, ...] | None = None


def shapley(parties: int, value: Value) -> Shares:
    """The Shapley value over all coalitions: 2 ** parties values, each asked for once."""
    values = [value(coalition) for coalition in range(1 << parties)]
    sums = [0] * parties
    for coalition, saved in enumerate(values):
        size = coalition.bit_count()
        for party in range(parties):
            if not coalition >> party & 1:
                weight = factorial(size) * factorial(parties - size - 1)
                sums[party] += weight * (values[coalition | 1 << party] - saved)
    return Shares(tuple(Fraction(s, factorial(parties)) for s in sums))


def sampled_shapley(value: Value, orders: Iterable[Sequence[int]]) -> Shares:
    """The mean over orders in which the parties come; each order's additions add up to the whole saving.

    Args:
        value: asked once for each coalition that occurs.
        orders: at least two, each a permutation of the parties.
    """
    known: dict[int, int] = {0: 0}
    drawn = [_additions(value, order, known) for order in orders]
    count, parties = len(drawn), len(drawn[0])
    means = tuple(Fraction(sum(row[p] for row in drawn), count) for p in range(parties))
    squares = (sum((row[p] - means[p]) ** 2 for row in drawn) for p in range(parties))
    # Standard error of a mean of independent draws; with one party nothing varies.
    errors = tuple(sqrt(float(s) / (count - 1) / count) for s in squares)
    return Shares(means, errors)


def _additions(value: Value, order: Sequence[int], known: dict[int, int]) -> list[int]:
    """What each party adds when they come in this order, by party."""
    added = [0] * len(order)
    coalition = 0
    for party in order:
        before = known[coalition]
        coalition |= 1 << party
        if coalition not in known:
            known[coalition] = value(coalition)
        added[party] = known[coalition] - before
    return added


def drawn_orders(seeds: Sequence[str], count: int) -> Iterable[list[int]]:
    """Draw orders: in each, parties come by the digest of their seed and the draw's number.

    A party's place depends on its own seed and the others', not on the place in which it was named; the digest is the
    same on every machine and for every version of Python.
    """
    for number in range(count):
        digests = [sha256(f"{seed}/{number}".encode()).digest() for seed in seeds]
        yield sorted(range(len(seeds)), key=digests.__getitem__)


def proportional(weights: Sequence[int], saved: int) -> Shares:
    """Shares in proportion to weights, which are whole and not all 0."""
    whole = sum(weights)
    return Shares(tuple(Fraction(saved * weight, whole) for weight in weights))


def rounded(exact: Sequence[Fraction]) -> list[int]:
    """Whole shares with the same whole sum: rounded down, then the largest remainders get one more each.

    Of equal remainders the party that comes first.
    """
    floors = [share.numerator // share.denominator for share in exact]
    left = sum(exact) - sum(floors)
    assert left.denominator == 1
    order = sorted(range(len(exact)), key=lambda k: floors[k] - exact[k])
    for k in order[: int(left)]:
        floors[k] += 1
    return floors


def spread(share: int, weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """Spread a share over pieces in proportion to their weights, by largest remainders.

    Args:
        share: mills, of either sign.
        weights: int64[n], >= 0; of equal remainders the piece that comes first gets its mill.

    Returns:
        int64[n], adding up to ``share``.
    """
    whole = int(weights.sum())
    if not share:
        return np.zeros(weights.size, np.int64)
    if not whole:
        msg = "there is nothing that the share could be spread over"
        raise ValueError(msg)
    if abs(share) * int(weights.max()) >= 1 << 62:
        msg = "the share is too large to be spread in 64 bits"
        raise OverflowError(msg)
    parts, remainders = np.divmod(share * weights, whole)
    left = share - int(parts.sum())
    parts[np.argsort(-remainders, kind="stable")[:left]] += 1
    return np.asarray(parts, np.int64)


def best_splits(parties: int, value: Value) -> tuple[list[int], list[int]]:
    """What coalitions save at best, where some of them may stay apart from others; 3 ** parties steps.

    ``value`` is what all of a coalition save together, less than nothing where that costs more.

    Such values are superadditive: two coalitions together never save less than each by itself, so that by the Shapley
    value no party gets less than what it saves alone.

    Returns:
        by coalition: what it saves at best; and the group, within it, of its first party. Of equal splits the one
        whose first party is with the most others.
    """
    saved, group = [0] * (1 << parties), [0] * (1 << parties)
    for coalition in range(1, 1 << parties):
        first = coalition & -coalition
        rest = coalition ^ first
        others = rest
        saved[coalition] = _LEAST
        while True:
            here = first | others
            total = value(here) + saved[coalition ^ here]
            if total > saved[coalition]:
                saved[coalition], group[coalition] = total, here
            if not others:
                break
            others = (others - 1) & rest
    return saved, group


def groups_of(coalition: int, group: Sequence[int]) -> list[int]:
    """The groups that a coalition is best split into, of ``best_splits``."""
    found = []
    while coalition:
        found.append(group[coalition])
        coalition ^= group[coalition]
    return found


def objections(parties: int, value: Value, shares: Sequence[Fraction]) -> list[int]:
    """Coalitions that would save more by themselves than their shares come to; none: the shares lie in the core."""
    found = []
    for coalition in range(1, 1 << parties):
        mine = sum((shares[p] for p in range(parties) if coalition >> p & 1), Fraction(0))
        if value(coalition) > mine:
            found.append(coalition)
    return found
