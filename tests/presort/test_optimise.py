"""The choice of levels where it is hard: bounded time, a true bound on the gap, and the exact answer where there is one."""

from __future__ import annotations

import time
from itertools import product
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from benchmarks.test_optimise import MINIMUMS, PRICES, choice_of, scheme
from benchmarks.test_presort import mailing
from printstream.presort import load_form, optimise
from printstream.presort.codes import address_codes
from printstream.presort.groups import RESIDUAL
from printstream.presort.optimise import Choice, cheapest_levels
from printstream.presort.scheme import Level

FORM = load_form("us")
IMPATIENT = ((0, 1 << 62, 64), (1 << 62, 2, 64))
"""Not exactly at all, then with two states of a group."""


def random_choice(dice: Random) -> Choice:
    """Three levels of eight codes, minimums and prices in any order."""
    keys = tuple(np.arange(8, dtype=np.int32) // width for width in (1, dice.choice([2, 4]), 8))
    minimums = [dice.randint(1, 6), dice.randint(1, 14), 1]
    levels = tuple(
        Level.model_validate(
            {"name": f"l{n}", "minimum_pieces": m, "optional": n < 2, "content": "x"}
            | ({"prefix_length": 3 - n} if n < 2 else {})
        )
        for n, m in enumerate(minimums)
    )
    pieces = np.array([dice.randint(0, 7) for _ in range(8)])
    flat = sorted(dice.randint(50, 90) for _ in range(3)) if dice.random() < 0.7 else [70, 60, 80]
    # The pieces of a code are of one weight class, so each code has its own prices.
    prices = np.array([[p + dice.randint(0, 12) for _ in range(8)] for p in flat])
    mills = np.vstack([prices * pieces, np.zeros((1, 8), np.int64)])
    return Choice(levels, 0, keys, pieces, mills, prices, rest=False)


def lawful_levels(choice: Choice) -> list[np.ndarray[Any, Any]]:
    """Every choice of groups that are left, in mailings of eight codes; groups short of their minimum are never made."""
    groups = [(n, k) for n in range(2) for k in np.unique(choice.keys[n]).tolist()]
    found = {}
    for made in product([True, False], repeat=len(groups)):
        level_of = np.full(8, RESIDUAL, np.int8)
        for (number, key), yes in zip(groups, made, strict=True):
            mine = (choice.keys[number] == key) & (level_of == RESIDUAL)
            if yes and choice.pieces[mine].sum() >= choice.levels[number].minimum_pieces:
                level_of[mine] = number
        level_of[(level_of == RESIDUAL) & (choice.pieces > 0)] = 2
        level_of[choice.pieces == 0] = RESIDUAL
        found[level_of.tobytes()] = level_of
    return list(found.values())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**64 - 1))
def test_without_patience_the_answer_is_lawful_and_the_gap_is_true(seed: int) -> None:
    choice = random_choice(Random(seed))
    lawful = lawful_levels(choice)
    least = min(choice.postage(x) for x in lawful)
    exact = cheapest_levels(choice)
    assert (choice.postage(exact.level_of), exact.gap_mills) == (least, 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimise, "_PATIENCE", IMPATIENT)
        hasty = cheapest_levels(choice)
    assert any(np.array_equal(hasty.level_of[choice.pieces > 0], x[choice.pieces > 0]) for x in lawful)
    cost = choice.postage(hasty.level_of)
    assert least <= cost <= min(least + hasty.gap_mills, choice.postage(choice.greedy()))
    event(f"dearer: {cost > least}, gap: {hasty.gap_mills > 0}")


@pytest.mark.long
@pytest.mark.parametrize("prices", PRICES)
@pytest.mark.parametrize("minimums", MINIMUMS)
def test_hard_schemes_take_bounded_time(minimums: str, prices: str) -> None:
    codes = address_codes(mailing(1_000_000), FORM)
    choice = choice_of(codes, scheme(MINIMUMS[minimums], PRICES[prices]))
    before = time.process_time()
    done = cheapest_levels(choice)
    # Two seconds as a rule (benchmarks/test_optimise.py); the first one compiles.
    assert time.process_time() - before < 60
    cost = choice.postage(done.level_of)
    assert cost <= choice.postage(choice.greedy())
    assert done.gap_mills <= 0.02 * cost
