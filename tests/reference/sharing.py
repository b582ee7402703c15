"""Sharing a saving, from the definitions alone: every order in which the parties can come, one after the other.

Shares no code with the product. A game is a dict: frozenset of parties -> what they save; the empty set saves nothing.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, permutations

Game = dict[frozenset[int], int]


def shapley(parties: int, game: Game) -> list[Fraction]:
    """What each party adds when it comes, averaged over all orders."""
    sums = [0] * parties
    count = 0
    for order in permutations(range(parties)):
        count += 1
        there: frozenset[int] = frozenset()
        for party in order:
            sums[party] += game[there | {party}] - game[there]
            there |= {party}
    return [Fraction(s, count) for s in sums]


def coalitions(parties: int) -> list[frozenset[int]]:
    return [frozenset(c) for size in range(parties + 1) for c in combinations(range(parties), size)]


def rounded(shares: list[Fraction]) -> list[int]:
    """Largest remainder, by handing out one unit at a time."""
    whole = [int(s // 1) for s in shares]
    while sum(whole) < sum(shares):
        # Whoever is furthest below its share gets the next one; of equals, the first.
        lack = [s - w for s, w in zip(shares, whole, strict=True)]
        whole[lack.index(max(lack))] += 1
    return whole


def partitions(parties: list[int]) -> list[list[frozenset[int]]]:
    """Every way to part a set."""
    if not parties:
        return [[]]
    first, *rest = parties
    found = []
    for parts in partitions(rest):
        found.append([frozenset({first}), *parts])
        found += [[*parts[:k], parts[k] | {first}, *parts[k + 1 :]] for k in range(len(parts))]
    return found
