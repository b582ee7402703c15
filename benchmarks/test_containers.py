"""Trays of ten million letters put on pallets: what the sort pays for it. TRAYS=... for other sizes.

Every round checks that each tray lies on one pallet, none is too full, and the count is what it was.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import polars as pl

from printstream.job import Job
from printstream.presort.carry import Carried, carry
from printstream.presort.load import load_scheme, load_single
from printstream.presort.mailing import desk_of
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


def test_trays_on_pallets_with_weights_and_words(benchmark: Any) -> None:
    """All that the sort does for containers: a piece for each tray stands for its mail."""
    random = np.random.default_rng(1)
    zip_codes = np.sort(random.integers(1001, 99_950, TRAYS))
    documents = pl.DataFrame(
        {
            "document": np.arange(TRAYS, dtype=np.uint32),
            "postal_code": [f"{code:05d}" for code in zip_codes],
            "plus4": ["1234"] * TRAYS,
            "delivery_point": ["56"] * TRAYS,
            "weight_mg": np.full(TRAYS, 10_000, np.int64),
            "thickness_um": np.full(TRAYS, 500, np.int64),
        }
    )
    trays = pl.DataFrame(
        {
            "tray_id": np.arange(1, TRAYS + 1, dtype=np.uint32),
            "stream": ["letter"] * TRAYS,
            "presort_level": np.where(random.random(TRAYS) < 0.7, "5d", "aadc"),
            "tray_type": random.choice(["1ft", "2ft", "2ft"], TRAYS),
            "pieces": np.full(TRAYS, 500, np.uint32),
            "weight_mg": random.integers(2_000_000, 12_000_000, TRAYS),
        }
    )
    job = Job.model_validate(
        {
            "format": "printstream-job/1",
            "name": "benchmark",
            "title": "benchmark",
            "production_date": "2025-08-01",
            "input": {"documents": {"files": ["d.parquet"], "key": "k"}},
            "address": {"lines": ["n"], "street": "s", "city": "c", "state": "st", "zip5": "z"},
            "streams": [
                {"name": "letter", "scheme": "us_fcm_letters", "containers": "pallet", "envelope": "#10"}
            ],
        }
    )
    desk, _ = desk_of(
        documents, job, {"us_fcm_letters": load_scheme("us_fcm_letters")}, {"us_fcm_single": load_single()}
    )
    first_rows = np.arange(TRAYS, dtype=np.uint32)
    carry(trays, first_rows, desk)  # compiled
    made: Carried = benchmark(carry, trays, first_rows, desk)
    inside = made.trays.filter(pl.col("container_id").is_not_null())
    assert made.containers["trays"].sum() == inside.height > TRAYS * 0.9
    assert made.containers["gross_mg"].max() <= 997_903_214
    if benchmark.stats is not None:
        assert benchmark.stats.stats.median < 0.05
