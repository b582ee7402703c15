"""A table in memory is read and judged as the same table in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

from printstream.ingest import InputTables, read_details, read_documents
from printstream.ingest.documents import Documents
from printstream.ingest.tables import Details
from tests.ingest.inputs import WANTED, WANTED_LINES, document, line, make_job, write_input

ODD = [
    document(1, 30),
    document(2, 10, name="  "),
    document(3, 0, zip5="99999"),
    document(3, 0),
    document(5, -7, zip4=None, months=[1] * 11),
    document(6, 70, segment="a\x07b"),
    document(7, 1 << 40),
    document(8, 8, zip4="", point=None, segment="äöü €"),
]
LINES = [
    line(1, 10), line(1, 20, part="nut"), line(2, 10), line(99, 5), line(None, 6), line(6, 70),
    line(8, 9, day=None), line(8, -1, part="\u00fc"), line(7, 1 << 40),
]  # fmt: skip
TYPES: dict[str, dict[str, Any]] = {
    "plain": {},
    "large": {"document_types": {"name": pa.large_string(), "total": pa.decimal128(20, 2)}},
    "views": {"document_types": {"name": pa.string_view(), "segment": pa.string_view()}},
    "dictionaries": {
        "document_types": {"segment": pa.dictionary(pa.int32(), pa.string())},
        "line_types": {"part": pa.dictionary(pa.int32(), pa.string()), "order_number": pa.uint64()},
    },
}


def _both(tables: Any) -> tuple[Documents, Details]:
    job = make_job()
    read = read_documents(job, tables, WANTED, None)
    keys = read.rejected_keys
    return read, read_details(job, tables, WANTED_LINES, read.accepted, keys, 1)


@pytest.mark.parametrize("rows_a_piece", [1, 3, 100])
@pytest.mark.parametrize("types", TYPES)
def test_a_table_in_memory_is_judged_as_in_a_file(tmp_path: Path, types: str, rows_a_piece: int) -> None:
    write_input(tmp_path, ODD, LINES, **TYPES[types])
    tables = [
        _in_pieces(pq.read_table(tmp_path / name / "000.parquet"), rows_a_piece)
        for name in ("documents", "lines")
    ]
    read, details = _both(InputTables.of(*tables))
    from_files, details_from_files = _both(tmp_path)
    nameless = pl.exclude("source")
    assert_frame_equal(read.accepted.select(nameless), from_files.accepted.select(nameless))
    assert_frame_equal(read.rejects.select(nameless), from_files.rejects.select(nameless))
    assert (read.rows, read.cents, read.rejected_cents) == (8, from_files.cents, from_files.rejected_cents)
    assert {1, 8} >= set(read.accepted["account"])
    assert read.rejects.height >= 6
    assert (details.lines, details.cents) == (details_from_files.lines, details_from_files.cents)
    assert_frame_equal(details.rejects.select(nameless), details_from_files.rejects.select(nameless))
    assert_frame_equal(details.bad_rejects.select(nameless), details_from_files.bad_rejects.select(nameless))
    assert np.array_equal(details.order, details_from_files.order)
    for name in details.columns:  # files may have columns narrower, with numbers kept aside
        ours, theirs = (each.values(name)[each.order] for each in (details, details_from_files))
        assert np.array_equal(ours, theirs), name
    order = np.arange(details.rows)
    assert np.array_equal(details.amounts(order), details_from_files.amounts(order))
    assert details.dictionaries == details_from_files.dictionaries


def test_tables_without_rows(tmp_path: Path) -> None:
    write_input(tmp_path, [document(1)], [line(1)])
    empty = [pq.read_table(tmp_path / name / "000.parquet").slice(0, 0) for name in ("documents", "lines")]
    read, details = _both(InputTables.of(*empty))
    assert (read.rows, read.accepted.height, details.rows, details.lines.total) == (0, 0, 0, 0)


def _in_pieces(table: pa.Table, rows: int) -> pa.Table:
    """The table as so many rows at a time give it, each piece inside of longer buffers."""
    return pa.Table.from_batches(table.to_batches(rows), table.schema)
