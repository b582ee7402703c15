"""The sharing rules against their definitions, and the properties that make them fair."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from math import factorial
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from printstream.commingle import game
from tests.reference import sharing as twin


def random_game(seed: int, parties: int, *, low: int = -500) -> list[int]:
    dice = Random(seed)
    return [0] + [dice.randint(low, 1_000) for _ in range((1 << parties) - 1)]


def as_sets(parties: int, values: list[int]) -> twin.Game:
    return {c: values[sum(1 << p for p in c)] for c in twin.coalitions(parties)}


games = st.tuples(st.integers(0, 2**32), st.integers(1, 6))


@given(games)
def test_shapley_is_the_mean_over_all_orders(drawn: tuple[int, int]) -> None:
    seed, parties = drawn
    values = random_game(seed, parties)
    assert list(game.shapley(parties, values.__getitem__).exact) == twin.shapley(
        parties, as_sets(parties, values)
    )


@given(games)
def test_shares_add_up_to_the_saving(drawn: tuple[int, int]) -> None:
    seed, parties = drawn
    values = random_game(seed, parties)
    for shares in (
        game.shapley(parties, values.__getitem__),
        game.sampled_shapley(values.__getitem__, game.drawn_orders([f"{k}" for k in range(parties)], 7)),
        game.proportional([3 + k for k in range(parties)], values[-1]),
    ):
        assert sum(shares.exact) == values[-1]
        whole = game.rounded(shares.exact)
        assert sum(whole) == values[-1]
        assert whole == twin.rounded(list(shares.exact))
        assert all(abs(w - s) < 1 for w, s in zip(whole, shares.exact, strict=True))


@given(games, st.data())
def test_parties_that_add_the_same_get_the_same(drawn: tuple[int, int], data: st.DataObject) -> None:
    seed, parties = drawn
    if parties < 2:
        return
    one, two = data.draw(st.permutations(range(parties)).map(lambda p: p[:2]))
    values = random_game(seed, parties)

    def value(coalition: int) -> int:
        """One and two stand for each other."""
        mine, theirs = coalition >> one & 1, coalition >> two & 1
        return values[
            coalition & ~(1 << one | 1 << two) | (mine + theirs > 0) << one | (mine + theirs > 1) << two
        ]

    shares = game.shapley(parties, value).exact
    assert shares[one] == shares[two]


@given(games, st.data())
def test_a_party_that_never_adds_anything_gets_nothing(drawn: tuple[int, int], data: st.DataObject) -> None:
    seed, parties = drawn
    null = data.draw(st.integers(0, parties - 1))
    values = random_game(seed, parties)
    values[0] = 0
    shares = game.shapley(parties, lambda c: values[c & ~(1 << null)])
    assert shares.exact[null] == 0
    drawn_ = game.sampled_shapley(
        lambda c: values[c & ~(1 << null)], list(permutations(range(parties)))[:9] * 2
    )
    assert drawn_.exact[null] == 0
    assert drawn_.standard_errors is not None
    assert drawn_.standard_errors[null] == 0.0


@given(games, st.integers(0, 2**32))
def test_shares_of_two_games_add_up_to_those_of_both(drawn: tuple[int, int], other: int) -> None:
    """So classes of mail may be shared one by one."""
    seed, parties = drawn
    a, b = random_game(seed, parties), random_game(other, parties)
    both = game.shapley(parties, lambda c: a[c] + b[c]).exact
    apart = zip(
        game.shapley(parties, a.__getitem__).exact, game.shapley(parties, b.__getitem__).exact, strict=True
    )
    assert list(both) == [x + y for x, y in apart]


def test_all_orders_drawn_once_are_the_exact_value() -> None:
    values = random_game(5, 4)
    orders = list(permutations(range(4)))
    assert game.sampled_shapley(values.__getitem__, orders).exact == game.shapley(4, values.__getitem__).exact


@pytest.mark.parametrize("seed", range(4))
def test_drawn_shares_lie_near_the_exact_ones(seed: int) -> None:
    """Within 4.5 standard errors; a true error of that size comes once in a hundred thousand draws."""
    values = random_game(seed, 7, low=0)
    exact = game.shapley(7, values.__getitem__).exact
    shares = game.sampled_shapley(
        values.__getitem__, game.drawn_orders([f"{seed}/{k}" for k in range(7)], 600)
    )
    assert shares.standard_errors is not None
    for share, right, error in zip(shares.exact, exact, shares.standard_errors, strict=True):
        assert 0 < error < 25
        assert abs(float(share - right)) < 4.5 * error
    assert shares.exact != exact


def test_orders_are_drawn_alike_everywhere_and_do_not_depend_on_who_was_named_first() -> None:
    seeds = ["1/gas", "1/clinic", "7/college"]
    orders = [tuple(seeds[p] for p in order) for order in game.drawn_orders(seeds, 6_000)]
    turned = [seeds[2], seeds[0], seeds[1]]
    assert orders == [tuple(turned[p] for p in order) for order in game.drawn_orders(turned, 6_000)]
    counts = {order: orders.count(order) for order in set(orders)}
    assert len(counts) == factorial(3)
    assert all(abs(count - 1_000) < 150 for count in counts.values())


@given(
    st.integers(-(10**9), 10**9),
    st.lists(st.integers(0, 5_000), min_size=1, max_size=60).filter(lambda w: sum(w) > 0),
)
def test_a_share_is_spread_to_the_last_mill(share: int, weights: list[int]) -> None:
    parts = game.spread(share, np.array(weights, np.int64))
    assert int(parts.sum()) == share
    whole = sum(weights)
    assert parts.tolist() == twin.rounded([Fraction(share * w, whole) for w in weights])


def test_a_share_too_large_for_the_arithmetic_is_refused() -> None:
    with pytest.raises(OverflowError):
        game.spread(1 << 50, np.array([1 << 20], np.int64))
    with pytest.raises(ValueError, match="nothing that the share"):
        game.spread(5, np.zeros(3, np.int64))


def test_who_would_do_better_apart_is_named() -> None:
    # Two of three save all there is, whoever they are: three thirds, and every pair could take all.
    pair = [0, 0, 0, 90, 0, 90, 90, 90]
    shares = game.shapley(3, pair.__getitem__).exact
    assert shares == (30, 30, 30)
    assert game.objections(3, pair.__getitem__, shares) == [0b011, 0b101, 0b110]
    grand = [0, 0, 0, 0, 0, 0, 0, 90]
    assert game.objections(3, grand.__getitem__, game.shapley(3, grand.__getitem__).exact) == []


@given(st.integers(0, 2**32), st.integers(1, 5))
def test_the_best_split_is_the_best_of_all_and_nobody_loses_by_it(seed: int, parties: int) -> None:
    dice = Random(seed)
    # Alone nobody saves anything; together they may even lose.
    values = [0 if k.bit_count() < 2 else dice.randint(-300, 300) for k in range(1 << parties)]
    saved, group = game.best_splits(parties, values.__getitem__)
    sets = as_sets(parties, values)
    for coalition in twin.coalitions(parties):
        mask = sum(1 << p for p in coalition)
        best = max(sum(sets[part] for part in parts) for parts in twin.partitions(sorted(coalition)))
        assert saved[mask] == best
        groups = game.groups_of(mask, group)
        assert sum(groups) == mask
        assert sum(values[g] for g in groups) == best
    assert min(game.shapley(parties, saved.__getitem__).exact) >= 0


def test_the_glove_game_of_the_textbooks() -> None:
    """One left glove, two right ones: 2/3 and 1/6 each."""
    gloves = [0, 0, 0, 1, 0, 1, 0, 1]
    assert game.shapley(3, gloves.__getitem__).exact == (Fraction(2, 3), Fraction(1, 6), Fraction(1, 6))
