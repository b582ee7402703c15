"""Fixed-width records, a column at a time: a table of fields says where each stands and how it is filled.

In: a layout table, values by field. Out: bytes, record after record. Never: shortens a value without saying so,
leaves a required field empty, writes a field that the layout does not have.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base.errors import JobError
from printstream.base.frozen import frozen

Values = str | int | date | Decimal | pl.Series | NDArray[np.int64]
"""A constant for all records, or a value each."""

LINE_END = b"\r\n"
"""Behind the closing character of each record: our choice, because readers take lines; the layout says nothing of it."""
_CHUNK_ROWS = 1 << 16
"""Records made at a time: a few megabytes, however many there are."""
_SPACE, _ZERO = 0x20, 0x30


@frozen
class Field:
    """A field of a record; ``start`` counts from 0, ``kind`` as in the table's head."""

    code: str
    name: str
    start: int
    length: int
    required: bool
    kind: str
    decimals: int
    codes: frozenset[str]


@frozen
class Layout:
    """A kind of record."""

    record: str
    fields: Mapping[str, Field]
    length: int


@cache
def layouts(table: str) -> Mapping[str, Layout]:
    """Read a layout table of the package: the layouts by record."""
    text = resources.files("printstream.ticket").joinpath("tables", table).read_text("utf-8")
    fields: dict[str, dict[str, Field]] = {}
    for row in csv.DictReader(line for line in text.splitlines() if not line.startswith("#")):
        fields.setdefault(row["record"], {})[row["field"]] = Field(
            row["field"],
            row["name"],
            int(row["start"]) - 1,
            int(row["length"]),
            row["required"] == "1",
            row["kind"],
            int(row["decimals"] or 0),
            frozenset(row["codes"].split("|")) if row["codes"] else frozenset(),
        )
    return {
        name: Layout(name, of, max(f.start + f.length for f in of.values())) for name, of in fields.items()
    }


def records(layout: Layout, count: int, values: Mapping[str, Values | None]) -> Iterator[bytes]:
    """Write records, some thousands at a time.

    Args:
        layout: where fields stand.
        count: how many records.
        values: by field code; None and fields that are absent stay blank.

    Raises:
        JobError: when a required field is absent, or a value does not fit its field.
    """
    given = {code: value for code, value in values.items() if value is not None}
    unknown = sorted(set(given) - set(layout.fields))
    if unknown:
        msg = f"{layout.record} has no field {unknown[0]}"
        raise ValueError(msg)
    for field in layout.fields.values():
        if field.required and field.kind != "close" and field.code not in given:
            raise _fault(field, "is required and has no value")
    blank = np.full(layout.length + len(LINE_END), _SPACE, np.uint8)
    blank[layout.length :] = np.frombuffer(LINE_END, np.uint8)
    columns: list[tuple[Field, pl.Series | NDArray[np.int64]]] = []
    for code, value in given.items():
        field = layout.fields[code]
        if isinstance(value, (pl.Series, np.ndarray)):
            columns.append((field, _checked(field, value)))
        else:
            blank[field.start : field.start + field.length] = _constant(field, value)
    for field in layout.fields.values():
        if field.kind == "close":
            blank[field.start] = ord("#")
    for first in range(0, count, _CHUNK_ROWS):
        block = np.tile(blank, (min(_CHUNK_ROWS, count - first), 1))
        for field, column in columns:
            part = column[first : first + block.shape[0]]
            _fill(block[:, field.start : field.start + field.length], field, part)
        yield block.tobytes()


def _constant(field: Field, value: str | int | date | Decimal) -> NDArray[np.uint8]:
    """One value as the bytes of its field."""
    text = _text(field, value)
    if len(text) > field.length:
        raise _fault(field, f"takes {field.length} characters, the value has {len(text)}")
    if field.codes and text.strip() and text not in field.codes:
        raise _fault(field, f"does not know the code {text!r}")
    if field.required and not text:
        raise _fault(field, "is required and has no value")
    placed = text.rjust(field.length) if field.kind == "right" else text.ljust(field.length)
    try:
        return np.frombuffer(placed.encode("ascii"), np.uint8)
    except UnicodeEncodeError as error:
        raise _fault(field, "takes plain ASCII only") from error


def _text(field: Field, value: str | int | date | Decimal) -> str:
    if isinstance(value, date):
        return value.isoformat().replace("-", "")
    if isinstance(value, Decimal):
        value = int(value.scaleb(field.decimals).to_integral_value())
    if isinstance(value, int):
        if value < 0:
            raise _fault(field, "takes no negative value")
        return str(value).zfill(field.length)
    # "Zero fill prior to numeric, if numeric only" (Mail.dat 25-1, Job ID).
    return value.zfill(field.length) if field.kind == "id" and value.isdigit() else value


def _checked(field: Field, column: pl.Series | NDArray[np.int64]) -> pl.Series | NDArray[np.int64]:
    """Refuse a column of which a value does not fit."""
    if isinstance(column, np.ndarray):
        if column.size and (column.min() < 0 or int(column.max()) >= 10**field.length):
            raise _fault(field, f"takes numbers of {field.length} digits")
        return column
    column = column.cast(pl.String)
    if int(column.str.len_bytes().max() or 0) > field.length:  # type: ignore[arg-type]
        raise _fault(field, f"takes {field.length} characters, a value has more")
    if not column.is_empty() and not column.str.contains(r"^[ -~]*$").all():
        raise _fault(field, "takes plain ASCII only")
    if field.required and (column == "").any():
        raise _fault(field, "is required and has no value in some record")
    if field.codes and not set(column.unique().to_list()) <= field.codes:
        raise _fault(field, "has a value that is none of its codes")
    return column


def _fill(cells: NDArray[np.uint8], field: Field, column: pl.Series | NDArray[np.int64]) -> None:
    """Write a column's values into uint8[n, length]."""
    if isinstance(column, np.ndarray):
        rest = column.astype(np.int64)
        for place in range(field.length - 1, -1, -1):
            rest, digit = np.divmod(rest, 10)
            cells[:, place] = digit + _ZERO
        return
    pad = column.str.pad_start if field.kind == "right" else column.str.pad_end
    padded = pad(field.length, " ").str.join("").to_list()[0]
    cells[:] = np.frombuffer(padded.encode("ascii"), np.uint8).reshape(cells.shape)


def _fault(field: Field, what: str) -> JobError:
    next_step = "Correct the setting below job.mailing.maildat that it comes from, or leave maildat out"
    return JobError(f"Mail.dat field {field.code} ({field.name}) {what}", next_step=next_step)
