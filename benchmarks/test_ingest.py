"""Room 1: detail lines a second, from Parquet to grouped and sorted columns, the sums checked.

The lines are those of the statement job (12 columns, 11 of them read besides the key), all unique, unsorted
by document; files lie in the page cache. Compilation is not measured: every path runs once before. The peers
read the same columns of the same files: pyarrow only decodes them (our floor), polars also sorts them.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from printstream.ingest import read_details, read_documents
from printstream.job import Job

LINES, DOCUMENTS, PARTS = 1_200_000, 20_000, 40_000
WANTED = ["segment", "month_spend_cents", "first_order"]
WANTED_LINES = [
    "order_date",
    "ship_date",
    "part_name",
    "quantity",
    "price_cents",
    "discount_percent",
    "tax_percent",
    "ship_mode",
]
ORDER_BY = ["order_date", "order_key", "line_number"]


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ingest")
    lot = np.random.default_rng(1)
    order = np.sort(lot.integers(0, LINES // 4, LINES))
    key = lot.integers(0, DOCUMENTS, LINES // 4)[order]
    net = lot.integers(90_000, 10_000_000, LINES)
    day = lot.integers(8036, 10440, LINES // 4)[order].astype(np.int32)
    parts = np.array([f"part {k:>32}" for k in lot.permutation(10**6)[:PARTS]])
    modes = np.array(["AIR", "FOB", "MAIL", "RAIL", "REG AIR", "SHIP", "TRUCK"])
    small = pa.int32()
    lines = pa.table(
        {
            "customer_key": key,
            "order_key": order,
            "line_number": pa.array(np.arange(LINES) % 7, small),
            "order_date": pa.array(day, pa.date32()),
            "ship_date": pa.array(day + 30, pa.date32()),
            "part_name": parts[lot.integers(0, PARTS, LINES)],
            "quantity": pa.array(lot.integers(1, 51, LINES), small),
            "price_cents": net * 2,
            "discount_percent": pa.array(lot.integers(0, 11, LINES), small),
            "tax_percent": pa.array(lot.integers(0, 9, LINES), small),
            "ship_mode": modes[lot.integers(0, 7, LINES)],
            "net_cents": net,
        }
    )
    (folder / "lines").mkdir()
    (folder / "documents").mkdir()
    for k in range(4):
        part = lines.slice(k * LINES // 4, LINES // 4)
        pq.write_table(part, folder / "lines" / f"{k}.parquet", compression="lz4", row_group_size=1 << 18)
    count = np.arange(DOCUMENTS)
    documents = pa.table(
        {
            "customer_key": count,
            "name": [f"Customer {k}" for k in count],
            "street": [f"{k} Main St" for k in count],
            "city": ["Adjuntas"] * DOCUMENTS,
            "state": ["PR"] * DOCUMENTS,
            "zip5": ["00601"] * DOCUMENTS,
            "segment": ["MACHINERY"] * DOCUMENTS,
            "first_order": pa.array([9000] * DOCUMENTS, pa.date32()),
            "total_cents": np.bincount(key, weights=net, minlength=DOCUMENTS).astype(np.int64),
            "month_spend_cents": pa.FixedSizeListArray.from_arrays(
                pa.array(lot.integers(0, 10**7, 12 * DOCUMENTS)), 12
            ),
        }
    )
    pq.write_table(documents, folder / "documents" / "0.parquet")
    return folder


@pytest.fixture(name="job", scope="module")
def _job() -> Job:
    details = {
        "files": ["lines"],
        "key": "customer_key",
        "group": "order_key",
        "order_by": ORDER_BY,
        "money": "net_cents",
    }
    return Job.model_validate(
        {
            "format": "printstream-job/1",
            "name": "bench",
            "title": "Bench",
            "production_date": date(2026, 1, 1),
            "input": {
                "documents": {"files": ["documents"], "key": "customer_key", "money": "total_cents"},
                "details": details,
            },
            "address": {
                "lines": ["name", "street"],
                "street": "street",
                "city": "city",
                "state": "state",
                "zip5": "zip5",
            },
        }
    )


def told(benchmark: Any, rows: int) -> None:
    benchmark.extra_info["rows"] = rows
    benchmark.extra_info["million_rows_a_second"] = round(rows / benchmark.stats.stats.min / 1e6, 2)


@pytest.mark.parametrize("workers", [1, 2])
def test_details(benchmark: Any, folder: Path, job: Job, workers: int) -> None:
    documents = read_documents(job, folder, WANTED, None)

    def run() -> Any:
        return read_details(job, folder, WANTED_LINES, documents.accepted, documents.rejected_keys, workers)

    details = run()
    benchmark.pedantic(run, rounds=5, warmup_rounds=1)
    told(benchmark, LINES)
    assert details.bad_documents.size == 0, "every document's lines must add up to its total"
    assert details.cents.accepted == documents.cents
    days = details.values("order_date")[details.order].astype(np.int64)
    inside = np.ones(LINES - 1, np.bool_)
    inside[details.first[1:-1] - 1] = False
    assert (np.diff(days)[inside] >= 0).all()


def test_documents(benchmark: Any, folder: Path, job: Job) -> None:
    def run() -> Any:
        return read_documents(job, folder, WANTED, None)

    benchmark.pedantic(run, rounds=5, warmup_rounds=1)
    told(benchmark, DOCUMENTS)
    assert run().accepted.height == DOCUMENTS


def test_pyarrow_decodes(benchmark: Any, folder: Path) -> None:
    columns = ["customer_key", "net_cents", *ORDER_BY[1:], *WANTED_LINES]

    def run() -> pa.Table:
        return pq.read_table(folder / "lines", columns=columns, use_threads=False)

    benchmark.pedantic(run, rounds=5, warmup_rounds=1)
    told(benchmark, LINES)
    assert run().num_rows == LINES


def test_polars_reads_and_sorts(benchmark: Any, folder: Path) -> None:
    columns = ["customer_key", "net_cents", *ORDER_BY[1:], *WANTED_LINES]

    def run() -> pl.DataFrame:
        lines = pl.read_parquet(folder / "lines" / "*.parquet", columns=columns)
        return lines.sort("customer_key", *ORDER_BY, maintain_order=True)

    benchmark.pedantic(run, rounds=5, warmup_rounds=1)
    told(benchmark, LINES)
    assert run().height == LINES
