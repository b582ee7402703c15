"""Trays of ten million letters put on pallets: what the sort pays for it. TRAYS=... for other sizes.

Every round checks that each tray lies on one pallet, none is too full, and the count is what it was.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from printstream.presort.load import load_scheme
from printstream.presort.stow import Loads, Stowed, stow

TRAYS = int(os.environ.get("TRAYS", "25000"))


def test_trays_on_pallets(benchmark: Any) -> None:
    pallet = load_scheme("us_fcm_letters").scheme.containers["pallet"]
    random = np.random.default_rng(1)
    aadc = np.sort(random.integers(0, 195, TRAYS))
    fine = random.random(TRAYS) < 0.7
    zip_code = np.where(fine, aadc * 10 + random.integers(0, 10, TRAYS), -1)
    aadc = np.where(random.random(TRAYS) < 0.97, aadc, -1)
    loads = Loads(
        random.choice([1, 2, 2, 2], TRAYS),
        random.integers(3_000_000, 14_000_000, TRAYS),
        np.stack([np.where(aadc < 0, -1, zip_code), aadc, np.zeros(TRAYS, np.int64)]),
    )
    stow(loads, pallet)  # compiled
    made: Stowed = benchmark(stow, loads, pallet)
    count = made.level.size
    assert np.bincount(made.of_tray, loads.places, count).max() <= pallet.places
    assert np.bincount(made.of_tray, loads.gross_mg, count).max() <= pallet.load_mg
    assert count < TRAYS / 30
    if benchmark.stats is not None:
        assert benchmark.stats.stats.median < 0.05
