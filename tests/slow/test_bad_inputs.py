"""Inputs of odd shapes: a document of a million lines, a million of one, one ZIP Code, one row group, a hundred thousand of them.

    make test-slow

Each shape is planned (the first is printed too) at n and at 2 n, a process each: memory stays within the figure, and
twice the input takes about twice the processor time.
"""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.judges.nights import JOB, call_apart

pytestmark = pytest.mark.slow

MOST_MEMORY_BYTES = 4 << 30
MOST_RATIO = 2.6
"""Processor time of 2 n over that of n; that of n / 100, which is the start of the process, is taken off both."""
CENTS = 1234
DAY = 10_000


def _documents(lines_of: np.ndarray[Any, Any], zips: list[str]) -> pa.Table:
    """Sound documents, each with so many lines."""
    n = len(lines_of)
    number = np.arange(n)
    columns = {
        "customer_key": number,
        "name": [f"Customer {k}" for k in range(n)],
        "street": [f"{k} Main Street" for k in range(n)],
        "city": ["Springfield"] * n,
        "state": ["IL"] * n,
        "zip5": [zips[k % len(zips)] for k in range(n)],
        "zip4": [f"{k % 10_000:04}" for k in range(n)],
        "delivery_point": [f"{k % 100:02}" for k in range(n)],
        "segment": ["BUILDING"] * n,
        "nation": ["UNITED STATES"] * n,
        "phone": ["10-100-106-1617"] * n,
        "account_balance_cents": number,
        "orders": pa.array(np.ones(n), pa.int32()),
        "total_cents": lines_of * CENTS,
        "month_spend_cents": pa.array([[k] * 12 for k in range(n)], pa.list_(pa.int64())),
        "first_order": pa.array(np.full(n, DAY, np.int32), pa.date32()),
        "last_order": pa.array(np.full(n, DAY, np.int32), pa.date32()),
    }
    return pa.table(columns)


def _lines(owner: np.ndarray[Any, Any]) -> pa.Table:
    """A line of CENTS for each owner."""
    n = len(owner)
    number = np.arange(n)
    names = pa.array([f"part number {k}" for k in range(1000)])
    modes = pa.array(["AIR", "TRUCK"])
    days = pa.array(np.full(n, DAY, np.int32), pa.date32())
    columns = {
        "customer_key": owner,
        "order_key": number // 7,
        "line_number": pa.array(number % 7, pa.int32()),
        "order_date": days,
        "ship_date": days,
        "part_name": names.take(pa.array(number % 1000)),
        "quantity": pa.array(np.ones(n), pa.int32()),
        "price_cents": np.full(n, CENTS),
        "discount_percent": pa.array(number % 10, pa.int32()),
        "tax_percent": pa.array(number % 8, pa.int32()),
        "ship_mode": modes.take(pa.array(number % 2)),
        "net_cents": np.full(n, CENTS),
    }
    return pa.table(columns)


def _write(
    folder: Path,
    documents: int,
    owner: np.ndarray[Any, Any],
    zips: list[str],
    group: int | None,
    document_group: int | None = None,
) -> None:
    for name in ("documents", "lines"):
        (folder / name).mkdir(parents=True)
    lines_of = np.bincount(owner, minlength=documents)
    made = _documents(lines_of, zips)
    pq.write_table(made, folder / "documents" / "0.parquet", row_group_size=document_group)
    pq.write_table(_lines(owner), folder / "lines" / "0.parquet", row_group_size=group or max(len(owner), 1))


ZIPS = ["62701", "10001", "90001", "60601", "33101"]
SHAPES: dict[str, tuple[int, Callable[[Path, int], None]]] = {
    "one document of a million lines": (
        1_000_000,
        lambda folder, n: _write(folder, 1, np.zeros(n, np.int64), ZIPS, 1 << 17),
    ),
    "a million documents of one line": (
        1_000_000,
        lambda folder, n: _write(folder, n, np.arange(n), ZIPS, 1 << 17),
    ),
    "all in one ZIP Code": (
        200_000,
        lambda folder, n: _write(folder, n, np.repeat(np.arange(n), 3), ZIPS[:1], 1 << 17),
    ),
    "one row group": (
        4_000_000,
        lambda folder, n: _write(folder, n // 60, np.arange(n) % (n // 60), ZIPS, None),
    ),
    "tiny row groups": (100_000, lambda folder, n: _write(folder, 1000, np.arange(n) % 1000, ZIPS, 1)),
    "tiny row groups of documents": (
        20_000,
        lambda folder, n: _write(folder, n, np.arange(n), ZIPS, 1 << 17, 1),
    ),
}


def _plan(folder: Path, out: Path, command: str) -> tuple[dict[str, Any], float]:
    """The record of a run, and its processor time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    more = ("--run-id", folder.name) if command == "run" else ()
    done = call_apart(command, JOB, "--input", folder, "--out", out, "--workers", 2, "--json", *more)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.code == 0, done.err
    return done.record, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("shape", SHAPES)
def test_memory_and_linear_time(shape: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    n, make = SHAPES[shape]
    command = "run" if shape.startswith("one document") else "plan"
    seconds, peaks = [], []
    for size in (n // 100, n, 2 * n):
        folder = tmp_path / str(size)
        make(folder, size)
        if not seconds:
            _plan(folder, tmp_path / "warm", command)  # kernels compiled
        record, spent = _plan(folder, tmp_path / "out", command)
        assert record["counts"]["rejected"] == 0
        assert record["counts"]["printed"] == record["counts"]["documents_in"]
        seconds.append(spent)
        peaks.append(record["peak_memory_bytes"])
    start, once, twice = seconds
    ratio = (twice - start) / (once - start)
    with capsys.disabled():
        gib = " and ".join(f"{peak / 2**30:.2f}" for peak in peaks[1:])
        print(
            f"\n{shape}: n = {n:,}: {once:.1f} s, 2 n: {twice:.1f} s less {start:.1f}, x {ratio:.2f}; {gib} GiB"
        )
    assert max(peaks) < MOST_MEMORY_BYTES
    assert ratio < MOST_RATIO
