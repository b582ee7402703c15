"""DuckDB beside us for the two sorts: a million pieces into mailing order, and detail lines under their documents.

Ours does more in the same time: presort makes trays and postage, ingest checks every value and adds up the money.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from benchmarks.clock import cpu_of
from benchmarks.conftest import Ledger
from benchmarks.test_presort import PIECES, mailing
from printstream.ingest import read_details, read_documents
from printstream.job import Job
from printstream.order import check_source, read_order
from printstream.presort import presort
from tests.judges.nights import JOB

ROUNDS = 3
needs_duckdb = pytest.mark.skipif(
    importlib.util.find_spec("duckdb") is None, reason="duckdb is not installed (printstream[bench])"
)


def kept(benchmark: Any, ledger: Ledger, name: str, rows: int, times: list[float]) -> None:
    figures = {"rows": rows, "seconds": benchmark.stats.stats.min, "cpu_seconds": min(times)}
    benchmark.extra_info |= figures
    ledger.add("sort", name, **figures, million_rows_per_second=rows / figures["seconds"] / 1e6)


def timed(benchmark: Any, run: Any) -> list[float]:
    run()
    times: list[float] = []
    benchmark.pedantic(lambda: times.append(cpu_of(run)), rounds=ROUNDS)
    return times


def test_pieces_ours(benchmark: Any, ledger: Ledger) -> None:
    frame = mailing(PIECES)
    job = Job.model_validate(
        {
            "format": "printstream-job/1",
            "name": "bench",
            "title": "bench",
            "production_date": "2026-01-31",
            "input": {"documents": {"files": ["d.parquet"], "key": "k"}},
            "address": {"lines": ["n"], "street": "s", "city": "c", "state": "st", "zip5": "z"},
        }
    )
    assert presort(frame, job).pieces["document"].sort().to_list() == list(range(PIECES))
    times = timed(benchmark, lambda: presort(frame, job))
    kept(benchmark, ledger, "pieces: printstream presort, trays and postage", PIECES, times)


@needs_duckdb
def test_pieces_duckdb(benchmark: Any, ledger: Ledger) -> None:
    import duckdb

    table = mailing(PIECES).to_arrow()
    link = duckdb.connect()
    link.register("pieces", table)
    query = "SELECT * FROM pieces ORDER BY stream, postal_code, plus4, delivery_point, document"
    assert link.sql(query).to_arrow_table().num_rows == PIECES
    times = timed(benchmark, lambda: link.sql(query).to_arrow_table())
    kept(benchmark, ledger, "pieces: DuckDB sort only", PIECES, times)


def test_lines_ours(benchmark: Any, data: Path, ledger: Ledger) -> None:
    order = read_order(JOB)
    source = check_source(order, data)
    documents = read_documents(order.job, data, source.read_documents, None)

    def run() -> Any:
        return read_details(
            order.job, data, source.read_lines, documents.accepted, documents.rejected_keys, 2
        )

    rows = run().rows
    times = timed(benchmark, run)
    kept(benchmark, ledger, "lines: printstream ingest, checked and added up", rows, times)


@needs_duckdb
def test_lines_duckdb(benchmark: Any, data: Path, ledger: Ledger) -> None:
    import duckdb

    order = read_order(JOB)
    names = sorted({"customer_key", "order_key", "line_number", *check_source(order, data).read_lines})
    link = duckdb.connect()
    link.execute("SET threads = 2")
    query = (
        f"SELECT {', '.join(names)} FROM read_parquet('{data}/lines/*.parquet') "
        "ORDER BY customer_key, order_key, line_number"
    )
    rows = link.sql(f"SELECT count(*) FROM read_parquet('{data}/lines/*.parquet')").fetchall()[0][0]
    times = timed(benchmark, lambda: link.sql(query).to_arrow_table())
    kept(benchmark, ledger, "lines: DuckDB read and sort only", rows, times)
