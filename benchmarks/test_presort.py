"""Room 5: a million pieces presorted by the shipped First-Class scheme.

Every round checks that the mailing is complete and that trays add up. PIECES=10000000 for the large one.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import polars as pl
import pytest

from printstream.job import Job
from printstream.presort import Presorted, presort

PIECES = int(os.environ.get("PIECES", "1000000"))


def mailing(pieces: int, seed: int = 1) -> pl.DataFrame:
    """Letters to 40,000 ZIP Codes whose sizes are Pareto-distributed, as towns are."""
    lot = np.random.default_rng(seed)
    zips = lot.choice(100_000, 40_000, replace=False)
    sizes = lot.pareto(1.0, zips.size) + 0.05
    sheets = lot.choice([1, 2, 3, 4], pieces, p=[0.5, 0.3, 0.15, 0.05])

    def digits(numbers: Any, width: int) -> pl.Series:
        return pl.Series(numbers).cast(pl.String).str.zfill(width)

    return pl.DataFrame(
        {
            "document": np.arange(pieces, dtype=np.uint32),
            "postal_code": digits(lot.choice(zips, pieces, p=sizes / sizes.sum()), 5),
            "plus4": digits(lot.integers(0, 10_000, pieces), 4),
            "delivery_point": digits(lot.integers(0, 100, pieces), 2),
            "weight_mg": 4_700 + 5_429 * sheets,
            "thickness_um": 200 + 330 * sheets,
            "sheets": sheets.astype(np.uint32),
            "stream": pl.repeat("letter", pieces, eager=True),
        }
    )


@pytest.fixture(scope="module")
def documents() -> pl.DataFrame:
    return mailing(PIECES)


@pytest.fixture(scope="module")
def job() -> Job:
    return Job.model_validate(
        {
            "format": "printstream-job/1",
            "name": "bench",
            "title": "bench",
            "production_date": "2026-01-31",
            "input": {"documents": {"files": ["d.parquet"], "key": "k"}},
            "address": {"lines": ["n"], "street": "s", "city": "c", "state": "st", "zip5": "z"},
        }
    )


def test_presort(benchmark: Any, documents: pl.DataFrame, job: Job) -> None:
    done: Presorted = benchmark.pedantic(presort, (documents, job), rounds=3, warmup_rounds=1)
    benchmark.extra_info |= {
        "pieces": PIECES,
        "pieces_per_second": round(PIECES / benchmark.stats.stats.min),
        "trays": done.trays.height,
        "zip_codes": documents["postal_code"].n_unique(),
    }
    assert done.pieces["document"].sort().equals(documents["document"])
    assert done.trays["pieces"].sum() == PIECES
    assert done.trays.filter(presort_level="5d", tray_type="2ft")["thickness_um"].max() <= 533_400
    assert done.trays.filter(tray_type="1ft")["thickness_um"].max() <= 260_350
