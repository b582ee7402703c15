"""Documents: read, brought to one form, judged; the sound ones numbered, the others rejected."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import Executor

import numpy as np
import polars as pl
import pyarrow as pa

from printstream.base.columns import (
    CITY,
    DELIVERY_POINT,
    DOCUMENT,
    DOCUMENT_ID,
    FIRST_SIDE,
    LINES,
    MONEY_CENTS,
    PAGES,
    PIECE_ID,
    PLUS4,
    POSTAGE_MILLS,
    POSTAL_BARCODE,
    POSTAL_CODE,
    PRESORT_LEVEL,
    REASON,
    REJECT_COLUMN,
    ROW,
    SEQUENCE,
    SHEETS,
    SIDES,
    SOURCE,
    SPOOL,
    STATE,
    STREAM,
    THICKNESS_UM,
    TRAY_ID,
    VALUE,
    WEIGHT_MG,
)
from printstream.base.errors import JobError
from printstream.base.frames import with_series
from printstream.base.frozen import frozen
from printstream.base.inline import pool_of
from printstream.base.postcodes import CodeForms
from printstream.ingest.arrow import Lent, absent, numbers_of, readable, texts_of
from printstream.ingest.checks import DUPLICATE, FAULTY_TEXT, PLACE, STRANGER, judge
from printstream.ingest.damage import DamagedError, reading
from printstream.ingest.files import Input
from printstream.ingest.postcodes import printed_codes
from printstream.ingest.schema import PROVIDED, Form, Table, open_documents
from printstream.ingest.sinks import TEXT_FAULTS, emptied
from printstream.ingest.sources import Source
from printstream.ingest.tables import Documents
from printstream.job import Job
from printstream.kernels.dictionaries import INVALID, find_text_faults
from printstream.kernels.ingest import UNREADABLE, narrow

_OWN = frozenset(
    column.name
    for column in (
        *(DOCUMENT, DOCUMENT_ID, SOURCE, ROW, MONEY_CENTS, LINES),
        *(POSTAL_CODE, PLUS4, DELIVERY_POINT, CITY, STATE),
        *(PAGES, PIECE_ID, SHEETS, WEIGHT_MG, THICKNESS_UM, STREAM),
        *(SEQUENCE, PRESORT_LEVEL, TRAY_ID, POSTAGE_MILLS, SPOOL, FIRST_SIDE, SIDES, POSTAL_BARCODE),
    )
)
"""Names of the plan's own columns, which no input column may take for another meaning."""
_NO_FAULTS = pl.DataFrame(
    schema={PLACE: pl.Int64, REJECT_COLUMN.name: pl.String, REASON.name: pl.String, VALUE.name: pl.String}
)
_NO_DATE = -1_000_000
"""A day before the year 1: stands for an instant too far away to be a date."""


@frozen
class OfType:
    """Which rows are read of a documents table that several types share.

    Attributes:
        column: says of which type a row is.
        value: of this type.
        others: values of the other types.
        takes_strangers: whether rows of no type are judged, and rejected, with this one.
    """

    column: str
    value: str
    others: frozenset[str]
    takes_strangers: bool

    def part(self, frame: pl.DataFrame, limit: int | None) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Give the rows of this type, the first ``limit`` of them, with STRANGER; and the others."""
        value = frame[self.column].cast(pl.String)
        stranger = ~value.is_in([self.value, *sorted(self.others)]).fill_null(value=False)
        own = (value == self.value).fill_null(value=False)
        own = own | stranger if self.takes_strangers else own
        if limit is not None:
            own &= own.cum_sum() <= limit
        return frame.with_columns(stranger.alias(STRANGER)).filter(own), frame.filter(~own)


@frozen
class _Part:
    """The documents of one file, and the faults of their texts."""

    frame: pl.DataFrame
    faults: list[pl.DataFrame]


def read_documents(
    job: Job,
    input_dir: Input,
    wanted: Collection[str],
    limit: int | None,
    workers: int = 1,
    codes: CodeForms | None = None,
    only: OfType | None = None,
) -> Documents:
    """Read the documents and part the sound ones from those that cannot be printed.

    Args:
        job: the work order; its key, money and address columns are read besides ``wanted``.
        input_dir: folder that the files are relative to.
        wanted: columns that rules and template use.
        limit: only the first so many rows are documents; of the others just the keys are read, so that
            their lines can be told from lone ones, and a duplicate is one with or without limit.
        workers: threads. The result does not depend on them.
        codes: what the postal codes look like, of a job with ``address.postal_code``.
        only: which rows are read of a table that several types share; those of other types are as beyond the limit.

    Returns:
        accepted documents, rejects, and the keys whose lines are nobody's.

    Raises:
        InputError: when a file is missing, damaged, or lacks a column of an allowed type.
        JobError: when a column bears a name that the plan gives to its own.
    """
    wanted = sorted(set(wanted) - PROVIDED.keys())
    columns = _columns(job, wanted)
    table = open_documents(job, input_dir, wanted)
    key = job.input.documents.key
    rows = table.rows if limit is None or only is not None else min(limit, table.rows)
    with pool_of(workers, "ingest") as pool:
        parts = [_read_part(table, source, columns, rows, pool) for source in table.sources]
    frame = pl.concat([part.frame for part in parts])
    ignored = pl.concat([_keys_beyond(table, source, key, rows) for source in table.sources])
    keys = pl.concat([frame[key], ignored]) if len(ignored) else frame[key]
    frame = with_series(frame, _is_doubled(keys).head(rows).alias(DUPLICATE))
    if only is not None:
        frame, others = only.part(frame, limit)
        ignored, rows = pl.concat([ignored, others[key]]), frame.height
    frame = _with_own_columns(frame, job, codes)
    faults = pl.concat([_NO_FAULTS, *(fault for part in parts for fault in part.faults)])
    accepted, rejected, rejects = judge(frame, job, table.forms, wanted, faults)
    number = pl.int_range(accepted.height, dtype=pl.UInt32, eager=True).alias(DOCUMENT.name)
    return Documents(
        accepted.insert_column(0, number),
        rejects, rows, _total(frame), _total(rejected),
        _present(rejected[key]), _present(ignored),
    )  # fmt: skip


def _is_doubled(keys: pl.Series) -> pl.Series:
    return keys.is_duplicated() if len(keys) > 1 else pl.Series([False] * len(keys), dtype=pl.Boolean)


def _present(keys: pl.Series) -> pl.Series:
    return keys.drop_nulls() if keys.null_count() else keys


def _columns(job: Job, wanted: Collection[str]) -> list[str]:
    """The columns to read, each once: key, money, address, then the wanted ones by name."""
    address, settings = job.address, job.input.documents
    own = {
        DOCUMENT_ID.name: settings.key, MONEY_CENTS.name: settings.money,
        POSTAL_CODE.name: address.zip5 or address.postal_code,
        PLUS4.name: address.plus4, DELIVERY_POINT.name: address.delivery_point,
        CITY.name: address.city, STATE.name: address.state,
    }  # fmt: skip
    first = (
        settings.key,
        settings.money,
        settings.type,
        *address.lines,
        address.street,
        address.city,
        address.state,
    )
    places = (address.zip5, address.postal_code, address.plus4, address.delivery_point)
    columns = dict.fromkeys(name for name in (*first, *places, *wanted) if name is not None)
    for name in columns:
        if name in _OWN and own.get(name) != name:
            what = f"the documents' column {name!r} bears a name that the plan gives to a column of its own"
            raise JobError(
                what,
                where="input.documents",
                next_step="Rename the column in the input.",
            )
    return list(columns)


def _read_part(table: Table, source: Source, columns: list[str], rows: int, pool: Executor) -> _Part:
    count = min(max(rows - source.first_row, 0), source.rows)
    arrays = _read_columns(source, columns, 0, count)

    def convert(name: str) -> tuple[pl.Series, list[pl.DataFrame]]:
        form, faults = table.forms[name], list[pl.DataFrame]()
        if form is Form.TEXT:
            return _texts(name, arrays[name], source.first_row, faults), faults
        if form is Form.LIST:
            return _series(name, arrays[name].chunks, pl.List(pl.Int64)), faults
        return _numbers(name, form, arrays[name]), faults

    series, found = zip(*pool.map(convert, columns), strict=True)
    faults = [fault for column in found for fault in column]
    name = pl.Series(SOURCE.name, [source.name], dtype=pl.Enum(table.names))
    faulty = np.zeros(count, np.bool_)
    for fault in faults:
        faulty[fault[PLACE].to_numpy() - source.first_row] = True
    own = (
        name.new_from_index(0, count),
        pl.int_range(source.row_in_file, source.row_in_file + count, dtype=pl.Int64, eager=True).alias(
            ROW.name
        ),
        pl.int_range(source.first_row, source.first_row + count, dtype=pl.Int64, eager=True).alias(PLACE),
        pl.Series(FAULTY_TEXT, faulty),
    )
    return _Part(pl.DataFrame([*series, *own]), faults)


def _read_columns(source: Source, columns: list[str], begin: int, end: int) -> dict[str, pa.ChunkedArray]:
    """Read rows begin..end of a file, and of its row groups only those that hold any."""
    groups: list[int] = []
    first = row = 0
    for group, size in enumerate(source.group_rows):
        if row < end and row + size > begin:
            first = first if groups else row
            groups.append(group)
        row += size
    with reading(source.name):
        read = source.read(groups, columns) if groups else source.schema.empty_table()
        if read.num_rows != sum(source.group_rows[group] for group in groups):
            raise DamagedError
    return {name: read[name].slice(begin - first if groups else 0, end - begin) for name in columns}


def _texts(name: str, chunks: pa.ChunkedArray, first_row: int, faults: list[pl.DataFrame]) -> pl.Series:
    sound = []
    for chunk in chunks.chunks:
        array = chunk.dictionary_decode() if pa.types.is_dictionary(chunk.type) else chunk
        if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
            array = array.cast(pa.large_string())
        texts = texts_of(array)
        marks = np.zeros(len(array), np.uint8)
        if find_text_faults(texts.offsets, texts.data, marks):
            marks[absent(texts.valid, texts.offset, len(array))] = 0
            bad = np.flatnonzero(marks)
            faults.append(
                pl.DataFrame({
                    PLACE: bad + first_row,
                    REJECT_COLUMN.name: [name] * len(bad),
                    REASON.name: [TEXT_FAULTS[mark] for mark in marks[bad].tolist()],
                    VALUE.name: readable(array, bad),
                }, schema=_NO_FAULTS.schema)
            )  # fmt: skip
            array = emptied(array, marks == INVALID)
        sound.append(array)
        first_row += len(array)
    return _series(name, sound, pl.String())


def _series(name: str, arrays: list[pa.Array], dtype: pl.DataType) -> pl.Series:
    parts = [pl.Series(Lent(array)).cast(dtype, strict=False) for array in arrays]
    return pl.concat(parts).alias(name) if parts else pl.Series(name, [], dtype)


def _numbers(name: str, form: Form, chunks: pa.ChunkedArray) -> pl.Series:
    if form is Form.FLAG:
        return _series(name, chunks.chunks, pl.Boolean())
    values = np.empty(len(chunks), np.int64)
    missing = np.zeros(len(chunks), np.bool_)
    row = 0
    for chunk in chunks.chunks:
        numbers = numbers_of(chunk)
        narrow(numbers.values, numbers.valid, numbers.offset, values[row : row + len(chunk)])
        missing[row : row + len(chunk)] = numbers.absent()
        row += len(chunk)
    if form is Form.DATE:
        values[np.abs(values) > -_NO_DATE * 4] = _NO_DATE
    series = pl.Series(name, values)
    if missing.any():
        series = pl.select(pl.when(pl.Series(~missing)).then(series).alias(name)).to_series()
    return series.cast(pl.Int32).cast(pl.Date) if form is Form.DATE else series


def _keys_beyond(table: Table, source: Source, key: str, rows: int) -> pl.Series:
    begin = min(max(rows - source.first_row, 0), source.rows)
    if begin == source.rows:
        return pl.Series(key, [], pl.String if table.forms[key] is Form.TEXT else pl.Int64)
    chunks = _read_columns(source, [key], begin, source.rows)[key]
    return _texts(key, chunks, 0, []) if table.forms[key] is Form.TEXT else _numbers(key, Form.WHOLE, chunks)


def _with_own_columns(frame: pl.DataFrame, job: Job, codes: CodeForms | None) -> pl.DataFrame:
    address, settings = job.address, job.input.documents
    optional = {PLUS4.name: address.plus4, DELIVERY_POINT.name: address.delivery_point}
    texts = {POSTAL_CODE.name: address.zip5, CITY.name: address.city, STATE.name: address.state, **optional}
    nothing = pl.Series([0], dtype=pl.Int64).new_from_index(0, frame.height)
    own = {
        DOCUMENT_ID.name: frame[settings.key].cast(pl.String),
        MONEY_CENTS.name: nothing if settings.money is None else frame[settings.money],
        **{name: _text_or_empty(frame, column) for name, column in texts.items()},
    }
    # An input's column of the same name keeps its place.
    named = with_series(frame, *(series.alias(name) for name, series in own.items()))
    if address.postal_code is None:
        return named
    if codes is None:
        msg = "a job with address.postal_code is read with the forms of its codes"
        raise ValueError(msg)
    return named.with_columns(printed_codes(frame[address.postal_code], codes))


def _text_or_empty(frame: pl.DataFrame, column: str | None) -> pl.Series:
    if column is None:
        return pl.Series([""], dtype=pl.String).new_from_index(0, frame.height)
    texts = frame[column]
    return texts.fill_null("") if texts.null_count() else texts


def _total(frame: pl.DataFrame) -> int:
    cents = frame[MONEY_CENTS.name]
    amounts = (cents.fill_null(0) if cents.null_count() else cents).to_numpy()
    amounts = np.where(amounts == UNREADABLE, 0, amounts)
    return (int((amounts >> 32).sum()) << 32) + int((amounts & 0xFFFFFFFF).sum())
