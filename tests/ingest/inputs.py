"""Small inputs for the tests of room 1: a job, sound rows, files of any type and row-group size."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from printstream.job import Job

Row = dict[str, Any]
DOCUMENT_TYPES: dict[str, pa.DataType] = {
    "account": pa.int64(),
    "name": pa.string(),
    "street": pa.string(),
    "city": pa.string(),
    "state": pa.string(),
    "zip5": pa.string(),
    "zip4": pa.string(),
    "point": pa.string(),
    "total": pa.int64(),
    "opened": pa.date32(),
    "months": pa.list_(pa.int64()),
    "segment": pa.string(),
}
LINE_TYPES: dict[str, pa.DataType] = {
    "account": pa.int64(),
    "order_number": pa.int64(),
    "line": pa.int32(),
    "day": pa.date32(),
    "part": pa.string(),
    "amount": pa.int64(),
    "paid": pa.bool_(),
}
WANTED = ["opened", "months", "segment"]
WANTED_LINES = ["part", "paid"]


def make_job(*, order_by: tuple[str, ...] = ("day", "line"), **changes: Any) -> Job:
    """Give a job over documents/*.parquet and lines/*.parquet."""
    documents = {"files": ["documents"], "key": "account", "money": "total"}
    details = {
        "files": ["lines"], "key": "account", "group": "order_number", "order_by": order_by, "money": "amount",
    }  # fmt: skip
    setup: Row = {
        "format": "printstream-job/1",
        "name": "small",
        "title": "Small",
        "production_date": date(2026, 1, 2),
        "input": {"documents": documents, "details": details, **changes},
        "address": {
            "lines": ["name", "street"], "street": "street", "city": "city", "state": "state",
            "zip5": "zip5", "plus4": "zip4", "delivery_point": "point",
        },
    }  # fmt: skip
    return Job.model_validate(setup)


def document(account: Any, total: Any = 0, **changes: Any) -> Row:
    """Give a sound document, changed as asked."""
    row = {
        "account": account, "name": "Ada Lovelace", "street": "12 Main Street", "city": "Adjuntas", "state": "PR",
        "zip5": "00601", "zip4": "1234", "point": "12", "total": total, "opened": date(2020, 2, 29),
        "months": list(range(12)), "segment": "private",
    }  # fmt: skip
    return {**row, **changes}


def line(account: Any, amount: Any = 0, **changes: Any) -> Row:
    """Give a sound line, changed as asked."""
    row = {
        "account": account, "order_number": 7, "line": 1, "day": date(2025, 1, 1), "part": "bolt",
        "amount": amount, "paid": True,
    }  # fmt: skip
    return {**row, **changes}


def write(path: Path, rows: list[Row], types: dict[str, pa.DataType], **options: Any) -> None:
    """Write rows to a Parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = pa.schema(list(types.items()))
    columns = []
    for name, kind in types.items():
        values = [row[name] for row in rows]
        plain = kind.value_type if pa.types.is_dictionary(kind) else kind
        array = pa.array(values, plain)
        columns.append(array.dictionary_encode().cast(kind) if pa.types.is_dictionary(kind) else array)
    pq.write_table(pa.table(columns, schema=schema), path, **options)


def write_input(
    folder: Path,
    documents: list[Row],
    lines: list[Row],
    *,
    files: int = 1,
    document_types: dict[str, pa.DataType] | None = None,
    line_types: dict[str, pa.DataType] | None = None,
    **options: Any,
) -> tuple[list[tuple[str, list[Row]]], list[tuple[str, list[Row]]]]:
    """Write both tables, each cut into files; give name and rows of each, as the twin takes them."""
    kinds = (DOCUMENT_TYPES | (document_types or {}), LINE_TYPES | (line_types or {}))
    written = []
    for table, rows, types in zip(("documents", "lines"), (documents, lines), kinds, strict=True):
        parts = []
        for k in range(files):
            part = rows[len(rows) * k // files : len(rows) * (k + 1) // files]
            name = f"{table}/{k:03d}.parquet"
            write(folder / name, part, types, **options)
            parts.append((name, part))
        written.append(parts)
    return written[0], written[1]
