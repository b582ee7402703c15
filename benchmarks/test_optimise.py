"""The choice of levels on schemes made to be hard: a million pieces, minimums that keep groups waiting for one another.

Every round checks that the postage is no more than the greedy one, and what the gap may be. PIECES=... for other sizes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.test_presort import PIECES, mailing
from printstream.presort.codes import Codes, address_codes
from printstream.presort.groups import level_keys
from printstream.presort.load import LoadedScheme, load_form
from printstream.presort.optimise import Choice, cheapest_levels
from printstream.presort.scheme import Scheme

MINIMUMS = {
    "10 and 1000": (10, 1000, 1, 1),
    "10, 1000, 1000": (10, 1000, 1000, 1),
    "10, 100, 1000": (10, 100, 1000, 1),
    "2, 3, 5000, 1": (2, 3, 5000, 1),
    "10, 5000, 200000": (10, 5000, 200_000, 1),
    "2, 200, 20000, 1000000": (2, 200, 20_000, 1_000_000),
}


def scheme(minimums: tuple[int, ...], prices: list[Any]) -> LoadedScheme:
    names = ("p5", "p4", "p2", "rest")
    values: dict[str, Any] = {
        "format": "printstream-scheme/1",
        "title": "hard",
        "currency": "USD",
        "minimum_pieces": 1,
        "max_weight_mg": 99_223,
        "max_thickness_um": 6_350,
        "rates": [
            {
                "effective": "2020-01-01",
                "source": "none",
                "confirmed": False,
                "prices": dict(zip(names, prices, strict=True)),
            }
        ],
        "levels": [
            {"name": n, "minimum_pieces": m, "optional": True, "content": n}
            | ({"prefix_length": int(n[1])} if n != "rest" else {"optional": False})
            for n, m in zip(names, minimums, strict=True)
        ],
        "tray_sets": [
            {
                "max_envelope_length": "10in",
                "max_envelope_height": "5in",
                "trays": [{"name": "t", "inner_length": "20in"}],
            }
        ],
    }
    return LoadedScheme(Scheme.model_validate(values), load_form("us"), {})


def choice_of(codes: Codes, loaded: LoadedScheme) -> Choice:
    """What ``prepare`` would choose among, with every piece at the price of its weight."""
    levels, card = loaded.scheme.levels, loaded.scheme.rates[0]
    size = codes.table.size
    pieces = np.bincount(codes.code, minlength=size)
    mills = np.zeros((len(levels) + 1, size), np.int64)
    for number, level in enumerate(levels):
        np.add.at(mills[number], codes.code, card.mills(level.name, codes.weight_mg))
    rest = levels[-1].minimum_pieces > 1
    if rest:
        mills[-1] = pieces * 740
    weights = np.array(sorted({s.max_weight_mg for x in levels for s in card.steps_of(x.name)} | {99_223}))
    prices = np.stack([card.mills(level.name, weights) for level in levels])
    return Choice(levels, 0, level_keys(loaded, codes.table), pieces, mills, prices, rest)


PRICES = {
    "flat": [500, 510, 520, 600],
    "dearer when finer": [600, 590, 560, 640],
    "by weight": [
        [
            {"max_weight_mg": w, "price_mills": p + k * s}
            for k, w in enumerate((10_500, 16_000, 21_000, 99_223))
        ]
        for p, s in ((500, 50), (510, 47), (530, 44), (600, 55))
    ],
}


@pytest.mark.parametrize("prices", PRICES)
@pytest.mark.parametrize("minimums", MINIMUMS)
def test_optimiser(benchmark: Any, minimums: str, prices: str) -> None:
    codes = address_codes(mailing(PIECES), load_form("us"))
    choice = choice_of(codes, scheme(MINIMUMS[minimums], PRICES[prices]))
    done = benchmark.pedantic(cheapest_levels, (choice,), rounds=1, warmup_rounds=0)
    greedy, found = choice.postage(choice.greedy()), choice.postage(done.level_of)
    benchmark.extra_info |= {
        "saved_mills": greedy - found,
        "gap_mills": done.gap_mills,
        "gap_share": done.gap_mills / found,
    }
    assert found <= greedy
    assert done.gap_mills >= 0
