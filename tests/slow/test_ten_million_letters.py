"""Ten million letters through ``plan`` as it is typed: all to one code, and codes in turn, US and British.

    make test-slow

The whole command in a process of its own: exit code, every letter counted, processor time and peak memory.
"""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from printstream import ingest
from tests.endtoend.test_bad_mail_as_typed import write_job
from tests.judges.nights import call_apart

pytestmark = pytest.mark.slow

LETTERS = 10_000_000
MOST_CPU_SECONDS = 90
"""Measured on a machine that others used too: 20 and 23 for the US, 52 for British postcodes in turn."""
MOST_GIB = 4
LETTERS_OF_UNITS = "ABDEFGHJLNPQRSTUWXYZ"


def _american_in_turn() -> pl.Series:
    codes = ingest.known_places()["zip5"].unique().sort()
    return codes.gather(np.arange(LETTERS) % len(codes))


def _british_in_turn() -> pl.Series:
    k = np.arange(LETTERS)

    def letter(number: np.ndarray, choice: str) -> pl.Series:
        return pl.Series(np.array(list(choice))[number % len(choice)])

    town = letter(k, "MBSLEGNW") + pl.Series(k // 8 % 90 + 1).cast(pl.String) + " "
    unit = letter(k // 6_480, LETTERS_OF_UNITS) + letter(k // 6_480 // 20, LETTERS_OF_UNITS)
    return town + pl.Series(k // 720 % 9 + 1).cast(pl.String) + unit


@pytest.mark.parametrize(
    ("scheme", "codes"),
    [
        ("us_fcm_letters", lambda: pl.Series(["10001"]).new_from_index(0, LETTERS)),
        ("us_fcm_letters", _american_in_turn),
        ("gb_access_1400", lambda: pl.Series(["M1 1AA"]).new_from_index(0, LETTERS)),
        ("gb_access_1400", _british_in_turn),
    ],
    ids=["one ZIP Code", "each ZIP Code in turn", "one postcode", "postcodes in turn"],
)
def test_ten_million_letters_are_planned(
    scheme: str, codes: Callable[[], pl.Series], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    same = {
        "name": "Ann Lee",
        "street": "1 Oak St",
        "city": "Town",
        "state": "NY",
        "plus4": "0001",
        "point": "01",
    }
    columns = [pl.lit(text).alias(name) for name, text in same.items()]
    (tmp_path / "data").mkdir()
    pl.DataFrame({"key": np.arange(LETTERS), "code": codes()}).with_columns(columns).write_parquet(
        tmp_path / "data" / "documents.parquet"
    )
    job = write_job(tmp_path / "job", scheme)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = call_apart("plan", job, "--input", tmp_path / "data", "--json", "--quiet", cwd=tmp_path)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    (tmp_path / "data" / "documents.parquet").unlink()
    assert done.code == 0, done.err
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    gib = done.record["peak_memory_bytes"] / 2**30
    with capsys.disabled():
        print(f"\n{scheme}: {spent:.1f} s of processor time, {gib:.2f} GiB")
    assert done.record["counts"]["pieces"] == LETTERS
    assert done.record["postage_mills"] < done.record["single_piece_postage_mills"]
    assert spent < MOST_CPU_SECONDS
    assert gib < MOST_GIB
