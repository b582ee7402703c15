"""Room 2a: addresses judged a second and core, three ways: parts alone, with the window, with the lines composed.

A million made-up US addresses, every name and street its own, cities in small letters as they are keyed in. Processor time,
all threads together; every path runs once before. What is found is counted, so that nothing is left out.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from printstream import address, ingest
from printstream.base.addressplace import AddressPart, AddressPlace
from tests.address.addresskit import job_of

ADDRESSES = 1_000_000
WINDOW = {
    "envelope_width": "9.5in", "envelope_height": "4.125in", "left": "0.875in", "bottom": "0.5in",
    "width": "4.5in", "height": "1.125in", "panel_height": "264pt",
}  # fmt: skip
LINES = tuple((AddressPart(name, is_column=True),) for name in ("name", "street", "city"))
PLACE = AddressPlace("t", 72_000, 200_000, 10_000, 250_000, "plex-sans", 9_000, LINES, None, (9_000, 2_016))


@pytest.fixture(name="documents", scope="module")
def _documents() -> pl.DataFrame:
    known = ingest.known_places()
    chosen = known[np.random.default_rng(1).integers(0, known.height, ADDRESSES)]
    k = pl.int_range(ADDRESSES, eager=True)
    return pl.DataFrame(
        {
            "name": pl.Series([f"Given{n % 997} Sur-name{n % 4999}" for n in range(ADDRESSES)]),
            "street": pl.Series([f"{n % 9973} North Elm St. Apt {n % 89}" for n in range(ADDRESSES)]),
            "extra": pl.Series([""]).new_from_index(0, ADDRESSES),
            "city": chosen["city"].str.to_titlecase(),
            "state": chosen["state"],
            "zip": chosen["zip5"],
            "plus4": (k % 10_000).cast(pl.String).str.zfill(4),
            "point": (k % 100).cast(pl.String).str.zfill(2),
            "country": pl.Series([""]).new_from_index(0, ADDRESSES),
            "key": k,
        }
    )


@pytest.mark.parametrize(
    ("checks", "place"),
    [({}, None), ({"window": WINDOW}, PLACE), ({"window": WINDOW, "compose": "upper"}, PLACE)],
    ids=["parts", "window", "composed"],
)
def test_addresses_judged(benchmark: Any, documents: pl.DataFrame, checks: Any, place: Any) -> None:
    job = job_of(**checks)
    places = address.read_places(job, Path(), ingest.known_places())
    address.judge_addresses(documents, job, places, place)
    began = time.process_time()
    benchmark.pedantic(address.judge_addresses, (documents, job, places, place), rounds=3)
    seconds = (time.process_time() - began) / 3
    benchmark.extra_info["addresses_a_second_a_core"] = round(ADDRESSES / seconds)
    judged = address.judge_addresses(documents, job, places, place)[1]
    assert {f.code: int(f.rows.sum()) for f in judged.findings} == {"A50": 128, "A51": 128, "A90": 19_120}
