"""Columns -> stores: text as 1-byte codes, numbers narrow, as the kernels take them.

In: the documents' frame, the lines' arena and dictionaries, a code page. Out: stores, and the texts that hold a
character without a code. Never: drops a document.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from printstream.base.errors import JobError
from printstream.base.program import PADDING_BYTES, StoreArrays
from printstream.base.store import META_FIELDS, META_START, META_WIDTH, Kind
from printstream.kernels.encode import mark_characters, transcode
from printstream.layout.codes import Codes

_LIMITS = tuple(1 << bits for bits in (7, 15, 31))
TOO_LONG = -2
"""Stands in place of a character for a text that is too long (-1: bytes that are no UTF-8)."""
_NO_CODES = np.zeros(0x10000, np.uint8)
DIRECT = -1
"""Width of a text column whose codes are the rows themselves."""


class LineColumn(Protocol):
    """Where a column of the lines lies in their arena."""

    @property
    def kind(self) -> Kind: ...  # noqa: D102
    @property
    def width_log2(self) -> int: ...  # noqa: D102
    @property
    def start(self) -> int: ...  # noqa: D102


@dataclass(frozen=True)
class Encoded:
    """A store, and what could not be encoded.

    Attributes:
        store: the columns, in the order asked for.
        bad_entries: per text column: int64[n] entries (rows, or numbers of the dictionary) with a character that has
            no code, and int32[n] that character (-1: bytes that are no UTF-8; TOO_LONG).
    """

    store: StoreArrays
    bad_entries: Mapping[str, tuple[NDArray[np.int64], NDArray[np.int32]]]


def characters_of(texts: Iterable[pa.Array]) -> set[int]:
    """Code points of the Basic Multilingual Plane that occur in Arrow text arrays."""
    seen = np.zeros(0x10000, np.bool_)
    for array in texts:
        data, offsets = _buffers(array)
        mark_characters(data, int(offsets[0]), int(offsets[-1]), seen)
    return set(np.flatnonzero(seen).tolist())


def text_arrays(frame: pl.DataFrame, columns: Sequence[str]) -> dict[str, pa.Array]:
    """Text columns of a frame as Arrow arrays in one piece; null counts as empty."""
    return {
        name: frame[name].fill_null("").rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
        for name in columns
        if frame[name].dtype == pl.String
    }


def encode_documents(frame: pl.DataFrame, columns: Sequence[str], codes: Codes) -> Encoded:
    """Encode columns of the documents; a text column has an entry a row.

    Raises:
        JobError: when a column holds something else than one whole number, or as many as all others, a row.
    """
    pool = _TextPool(codes)
    parts: list[NDArray[np.uint8]] = []
    meta: list[list[int]] = []
    used = 0
    for name in columns:
        series = frame[name]
        if series.dtype == pl.String:
            array = text_arrays(frame, [name])[name]
            meta.append([Kind.TEXT, DIRECT, 0, pool.add(name, array), 1, 0])
            continue
        values, length = _numbers(series)
        width = _width_log2(values)
        block = values.astype((np.int8, np.int16, np.int32, np.int64)[width]).view(np.uint8)
        kind = Kind.INT if length == 1 else Kind.LIST
        meta.append([kind, width, used >> width, 0, length, 0])
        parts.append(np.concatenate([block, np.zeros(-block.size % 8, np.uint8)]))
        used += parts[-1].size
    ints = np.concatenate(parts) if parts else np.zeros(0, np.uint8)
    return Encoded(_arrays(meta, _aligned(ints), pool), pool.bad)


def encode_lines(
    ints: NDArray[np.uint8],
    columns: Mapping[str, LineColumn],
    dictionaries: Mapping[str, pa.Array],
    names: Sequence[str],
    codes: Codes,
) -> Encoded:
    """Describe the lines' arena as a store; only the dictionaries' texts are encoded."""
    pool = _TextPool(codes)
    meta = []
    for name in names:
        column = columns[name]
        first = pool.add(name, dictionaries[name]) if column.kind == Kind.TEXT else 0
        meta.append([column.kind, column.width_log2, column.start, first, 1, 0])
    return Encoded(_arrays(meta, ints, pool), pool.bad)


def keep_rows(store: StoreArrays, rows: int, kept: NDArray[np.int64]) -> StoreArrays:
    """Give the documents' store with some rows only; texts stay where they are.

    Args:
        store: from ``encode_documents``.
        rows: its rows.
        kept: int64[n]: the rows that stay, ascending.
    """
    parts: list[NDArray[np.uint8]] = []
    meta = store.meta.copy()
    used = 0
    for column in meta:
        kind, width, start, _, length, _ = column.tolist()
        if kind == Kind.TEXT and width == DIRECT:
            block = kept.astype(np.int32).view(np.uint8)
            width = 2
        else:
            values = store.ints.view((np.int8, np.int16, np.int32, np.int64)[width])
            values = values[start : start + rows * length].reshape(rows, length)
            block = np.ascontiguousarray(values[kept]).reshape(-1).view(np.uint8)
        column[[META_WIDTH, META_START]] = width, used >> width
        parts.append(np.concatenate([block, np.zeros(-block.size % 8, np.uint8)]))
        used += parts[-1].size
    ints = _aligned(np.concatenate(parts)) if parts else np.zeros(0, np.uint8)
    return StoreArrays(meta, ints.view(np.int64), store.text_offsets, store.text_bytes)


class _TextPool:
    """All text entries of a store, end to end."""

    def __init__(self, codes: Codes) -> None:
        self._codes = codes
        self.bytes: list[NDArray[np.uint8]] = []
        self.offsets: list[NDArray[np.int64]] = [np.zeros(1, np.int64)]
        self.bad: dict[str, tuple[NDArray[np.int64], NDArray[np.int32]]] = {}
        self._entries = 0
        self._used = 0

    def add(self, name: str, array: pa.Array) -> int:
        """Encode an array's entries; give the number of the first. What is not shown is not judged."""
        data, offsets = _buffers(array)
        codes = self._codes.of(name)
        out = np.empty(int(offsets[-1] - offsets[0]), np.uint8)
        ends = np.empty(len(array), np.int64)
        bad = np.empty(len(array), np.int32)
        written = int(transcode(data, offsets, codes if codes is not None else _NO_CODES, out, ends, 0, bad))
        self.bytes.append(out[:written])
        self.offsets.append(ends + self._used)
        first, self._entries = self._entries, self._entries + len(array)
        self._used += written
        entries = np.flatnonzero(bad)
        if entries.size and codes is not None:
            self.bad[name] = entries, bad[entries]
        return first


def _arrays(meta: list[list[int]], ints: NDArray[np.uint8], pool: _TextPool) -> StoreArrays:
    text = np.concatenate([*pool.bytes, np.zeros(PADDING_BYTES, np.uint8)])
    return StoreArrays(
        np.array(meta, np.int64).reshape(len(meta), META_FIELDS),
        ints.view(np.int64),
        np.concatenate(pool.offsets),
        text,
    )


def _aligned(block: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The same bytes at an 8-byte boundary."""
    words = np.empty(block.size // 8, np.int64)
    words.view(np.uint8)[:] = block
    return words.view(np.uint8)


def _numbers(series: pl.Series) -> tuple[NDArray[np.int64], int]:
    """Values of a column as int64, and how many a row has."""
    name = series.name
    length = 1
    if isinstance(series.dtype, pl.List | pl.Array):
        series = series.cast(pl.List(series.dtype.inner))
        lengths = set(series.list.len().to_list())
        if len(lengths) > 1:
            raise _unfit(name, "holds lists of different lengths", "Give every document as many values")
        length = next(iter(lengths), 0) or 0
        series = series.explode() if series.len() else pl.Series([], dtype=pl.Int64)
    if series.dtype == pl.Date:
        series = series.cast(pl.Int32)
    if series.null_count():
        raise _unfit(name, "is empty in some documents", "Give every document a value, such as with COALESCE")
    if not (series.dtype.is_integer() or series.dtype in (pl.Boolean, pl.Null)):
        raise _unfit(name, f"holds {series.dtype}, no whole numbers", "Cast it to whole numbers or to text")
    return series.cast(pl.Int64).to_numpy(), length


def _unfit(name: str, what: str, next_step: str) -> JobError:
    """Make the error of a column that a rule derived and no text can show."""
    return JobError(f"the column {name!r} {what}", where="template", next_step=next_step)


def _width_log2(values: NDArray[np.int64]) -> int:
    """Narrowest width that holds all values."""
    if values.size == 0:
        return 0
    lowest, highest = int(values.min()), int(values.max())
    return next((k for k, limit in enumerate(_LIMITS) if -limit <= lowest and highest < limit), 3)


def _buffers(array: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Bytes and int64 offsets of a text array, whatever its Arrow layout."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if array.type != pa.large_string():
        array = array.cast(pa.large_string())
    if len(array) == 0:
        return np.zeros(0, np.uint8), np.zeros(1, np.int64)
    _, offsets, data = array.buffers()
    spans = np.frombuffer(offsets, np.int64, len(array) + 1, array.offset * 8)
    return np.frombuffer(data if data is not None else b"", np.uint8), spans
