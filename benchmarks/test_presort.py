"""Room 5: a million pieces presorted by the shipped First-Class scheme: towns of all sizes, one ZIP Code, all of them.

Every round checks that the mailing is complete and that trays add up. PIECES=10000000 for the large one. Processor time
and peak memory stand beside the seconds.
"""

from __future__ import annotations

import os
import resource
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


SHAPES: dict[str, pl.Expr | None] = {
    "towns": None,
    "one ZIP Code": pl.lit("10001"),
    "each ZIP Code in turn": (pl.col("document") % 100_000).cast(pl.String).str.zfill(5),
}


@pytest.fixture(scope="module", params=SHAPES)
def documents(request: Any) -> pl.DataFrame:
    codes = SHAPES[request.param]
    made = mailing(PIECES)
    return made if codes is None else made.with_columns(codes.alias("postal_code"))


def bench_job() -> Job:
    """A job of the shipped First-Class scheme."""
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


@pytest.fixture(scope="module")
def job() -> Job:
    return bench_job()


def test_presort(benchmark: Any, documents: pl.DataFrame, job: Job) -> None:
    presort(documents.head(1000), job)
    before = resource.getrusage(resource.RUSAGE_SELF)
    done: Presorted = benchmark.pedantic(presort, (documents, job), rounds=3, warmup_rounds=0)
    after = resource.getrusage(resource.RUSAGE_SELF)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    benchmark.extra_info |= {
        "pieces": PIECES,
        "pieces_per_second": round(PIECES / benchmark.stats.stats.min),
        "cpu_seconds": round(spent / 3, 2),
        "peak_gib": round(after.ru_maxrss / 2**20, 2),
        "trays": done.trays.height,
        "zip_codes": documents["postal_code"].n_unique(),
    }
    assert done.pieces["document"].sort().equals(documents["document"])
    assert done.trays["pieces"].sum() == PIECES
    for kind, most_um in (("2ft", 533_400), ("1ft", 260_350)):
        assert (done.trays.filter(tray_type=kind)["thickness_um"] <= most_um).all()
