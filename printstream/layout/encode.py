"""Columns -> stores: text in job codes, numbers narrow, as the kernels take them.

In: the documents' frame, the lines' arena and dictionaries, a code page. Out: stores, and the texts that hold a
character without a code. Never: drops a document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import field
from typing import Any, Protocol

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.base.program import PADDING_BYTES, StoreArrays
from printstream.base.store import META_FIELDS, META_START, META_WIDTH, Kind
from printstream.base.texts import few_texts
from printstream.kernels.encode import mark_characters, transcode
from printstream.layout.codes import Codes, TypeCodes

_LIMITS = tuple(1 << bits for bits in (7, 15, 31))
_TYPES = (np.int8, np.int16, np.int32, np.int64)
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


@frozen
class Encoded:
    """A store, and what could not be encoded.

    Attributes:
        store: the columns, in the order asked for.
        sizes: entries of each column, in the store's order; 0 where it is no text.
        bad_entries: per text column: int64[n] entries (rows, or numbers of the dictionary) with a character that has
            no code, and int32[n] that character (-1: bytes that are no UTF-8; TOO_LONG).
        picks: per text column whose rows pick from a dictionary made here: the entry of each row.
    """

    store: StoreArrays
    sizes: Mapping[str, int]
    bad_entries: Mapping[str, tuple[NDArray[np.int64], NDArray[np.int32]]]
    picks: Mapping[str, NDArray[np.signedinteger]] = field(default_factory=dict)

    def bad_rows(self) -> Iterator[tuple[str, NDArray[np.int64], NDArray[np.int32]]]:
        """Per column with bad entries: the rows that have one, ascending, and the character of each."""
        for name, (entries, points) in self.bad_entries.items():
            of_entry = np.zeros(self.sizes[name], np.int32)
            of_entry[entries] = points
            of_row = of_entry[self.picks[name]] if name in self.picks else of_entry
            rows = np.flatnonzero(of_row)
            yield name, rows, of_row[rows]


@frozen
class TextColumn:
    """A text column of the documents; null counts as empty.

    Attributes:
        entries: its texts: a row each or, where few differ, each once.
        picks: the entry of each row, in the narrowest type; None where a row is an entry.
    """

    entries: pl.Series
    picks: NDArray[np.signedinteger] | None

    @classmethod
    def of(cls, series: pl.Series) -> TextColumn:
        """Look whether few texts differ: a message or a state costs a byte or two a document then, not its length."""
        if isinstance(series.dtype, pl.Enum) and not series.null_count():
            return cls(series.dtype.categories, _picks(series))
        series = series if series.dtype == pl.String else series.cast(pl.String)
        series = series.fill_null("") if series.null_count() else series
        entries = few_texts(series)
        return cls(series, None) if entries is None else cls(entries, _picks(series.cast(pl.Enum(entries))))

    def array(self) -> pa.Array:
        """The entries as an Arrow array in one piece."""
        return self.entries.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())


def is_text(kind: pl.DataType) -> bool:
    """Whether a column of this type holds text."""
    return kind == pl.String or isinstance(kind, pl.Enum)


def _picks(series: pl.Series) -> NDArray[Any]:
    """The entry of each row of an Enum, in the narrowest type."""
    entries = series.dtype.categories.len()  # type: ignore[attr-defined]
    width = next(k for k, limit in enumerate(_LIMITS) if entries <= limit)
    return series.to_physical().to_numpy().astype(_TYPES[width])


def characters_of(texts: Iterable[pa.Array]) -> set[int]:
    """Code points of the Basic Multilingual Plane that occur in Arrow text arrays."""
    seen = np.zeros(0x10000, np.bool_)
    for array in texts:
        data, offsets = _buffers(array)
        mark_characters(data, int(offsets[0]), int(offsets[-1]), seen)
    return set(np.flatnonzero(seen).tolist())


def text_columns(frame: pl.DataFrame, columns: Sequence[str], executor: Executor) -> dict[str, TextColumn]:
    """Text columns of a frame; no copy of those in which most texts differ."""
    names = [name for name in columns if is_text(frame[name].dtype)]
    return dict(zip(names, executor.map(lambda name: TextColumn.of(frame[name]), names), strict=True))


def encode_documents(
    frame: pl.DataFrame,
    columns: Sequence[str],
    texts: Mapping[str, TextColumn],
    codes: Codes | TypeCodes,
    executor: Executor,
) -> Encoded:
    """Encode columns of the documents.

    Args:
        frame: a row a document.
        columns: the columns, in the order wanted.
        texts: those of text, from ``text_columns``.
        codes: the job's code page.
        executor: workers; a column each.

    Raises:
        JobError: when a column holds something else than one whole number, or as many as all others, a row.
    """

    def encode(name: str) -> _Text | tuple[NDArray[np.signedinteger], int]:
        return _Text.of(texts[name].array(), codes.of(name)) if name in texts else _narrow(frame[name])

    pool, blocks = _TextPool(), _Blocks()
    meta: list[list[int]] = []
    for name, done in zip(columns, executor.map(encode, columns), strict=True):
        if isinstance(done, _Text):
            first, picks = pool.add(name, done), texts[name].picks
            width, start = (DIRECT, 0) if picks is None else blocks.add(picks)
            meta.append([Kind.TEXT, width, start, first, 1, 0])
        else:
            values, length = done
            meta.append([Kind.INT if length == 1 else Kind.LIST, *blocks.add(values), 0, length, 0])
    picked = {name: text.picks for name, text in texts.items() if text.picks is not None and name in columns}
    sizes = {name: pool.sizes.get(name, 0) for name in columns}
    return Encoded(_arrays(meta, blocks.joined(), pool), sizes, pool.bad, picked)


def encode_lines(
    ints: NDArray[np.uint8],
    columns: Mapping[str, LineColumn],
    dictionaries: Mapping[str, pa.Array],
    names: Sequence[str],
    codes: Codes | TypeCodes,
) -> Encoded:
    """Describe the lines' arena as a store; only the dictionaries' texts are encoded."""
    pool = _TextPool()
    meta = []
    for name in names:
        column, first = columns[name], 0
        if column.kind == Kind.TEXT:
            first = pool.add(name, _Text.of(dictionaries[name], codes.of(name)))
        meta.append([column.kind, column.width_log2, column.start, first, 1, 0])
    return Encoded(_arrays(meta, ints, pool), {name: pool.sizes.get(name, 0) for name in names}, pool.bad)


def keep_rows(store: StoreArrays, rows: int, kept: NDArray[np.int64]) -> StoreArrays:
    """Give the documents' store with some rows only; texts stay where they are.

    Args:
        store: from ``encode_documents``.
        rows: its rows.
        kept: int64[n]: the rows that stay, ascending.
    """
    blocks = _Blocks()
    meta = store.meta.copy()
    for column in meta:
        kind, width, start, _, length, _ = column.tolist()
        if kind == Kind.TEXT and width == DIRECT:
            column[[META_WIDTH, META_START]] = blocks.add(kept.astype(np.int32))
        else:
            values = store.ints.view(_TYPES[width])[start : start + rows * length]
            column[[META_WIDTH, META_START]] = blocks.add(values.reshape(rows, length)[kept].reshape(-1))
    return StoreArrays(meta, blocks.joined(), store.text_offsets, store.text_bytes)


class _Blocks:
    """Integer columns of a store, laid end to end at 8-byte boundaries."""

    def __init__(self) -> None:
        self._parts: list[NDArray[Any]] = []
        self._words = 0

    def add(self, values: NDArray[Any]) -> tuple[int, int]:
        """Take a column; give log2 of its width and its first value in the view of that width."""
        width, start = _TYPES.index(values.dtype.type), self._words
        self._parts.append(values)
        self._words += -(-values.nbytes // 8)
        return width, start << 3 - width

    def joined(self) -> NDArray[np.int64]:
        """All columns in one block; every part goes as soon as it is copied."""
        block = np.zeros(self._words, np.int64)
        at = 0
        while self._parts:
            part = np.ascontiguousarray(self._parts.pop(0)).view(np.uint8)
            block.view(np.uint8)[at : at + part.size] = part
            at += -(-part.size // 8) * 8
        return block


@frozen
class _Text:
    """The entries of a text column in codes: bytes, end of each entry, first character of each without a code."""

    data: NDArray[np.uint8]
    ends: NDArray[np.int64]
    bad_entries: NDArray[np.int64]
    bad_points: NDArray[np.int32]

    @classmethod
    def of(cls, array: pa.Array, codes: NDArray[np.uint8] | NDArray[np.uint16] | None) -> _Text:
        """Encode an array's entries. What is not shown (no codes) is not judged."""
        data, offsets = _buffers(array)
        most = 1 if codes is None or codes.dtype == np.uint8 else 2
        out = np.empty(most * int(offsets[-1] - offsets[0]), np.uint8)
        ends = np.empty(len(array), np.int64)
        bad = np.empty(len(array), np.int32)
        written = int(transcode(data, offsets, codes if codes is not None else _NO_CODES, out, ends, 0, bad))
        entries = np.flatnonzero(bad) if codes is not None else np.zeros(0, np.int64)
        return cls(out[:written], ends, entries, bad[entries])


class _TextPool:
    """All text entries of a store, end to end."""

    def __init__(self) -> None:
        self.bad: dict[str, tuple[NDArray[np.int64], NDArray[np.int32]]] = {}
        self.sizes: dict[str, int] = {}
        self._texts: list[_Text] = []
        self._entries = 0

    def add(self, name: str, text: _Text) -> int:
        """Take the entries of a column; give the number of the first."""
        self._texts.append(text)
        self.sizes[name] = text.ends.size
        if text.bad_entries.size:
            self.bad[name] = text.bad_entries, text.bad_points
        first, self._entries = self._entries, self._entries + text.ends.size
        return first

    def joined(self) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Offsets and bytes of all entries; every column goes as soon as it is copied."""
        offsets = np.zeros(self._entries + 1, np.int64)
        data = np.empty(sum(text.data.size for text in self._texts) + PADDING_BYTES, np.uint8)
        entry = at = 0
        while self._texts:
            text = self._texts.pop(0)
            np.add(text.ends, at, out=offsets[entry + 1 : entry + 1 + text.ends.size])
            data[at : at + text.data.size] = text.data
            entry, at = entry + text.ends.size, at + text.data.size
        data[at:] = 0
        return offsets, data


def _arrays(
    meta: list[list[int]], ints: NDArray[np.uint8] | NDArray[np.int64], pool: _TextPool
) -> StoreArrays:
    return StoreArrays(
        np.array(meta, np.int64).reshape(len(meta), META_FIELDS), ints.view(np.int64), *pool.joined()
    )


def _narrow(series: pl.Series) -> tuple[NDArray[np.signedinteger], int]:
    """Values of a column at the narrowest width, and how many a row has."""
    values, length = _numbers(series)
    return values.astype(_TYPES[_width_log2(values)]), length


def _numbers(series: pl.Series) -> tuple[NDArray[np.int64], int]:
    """Values of a column as int64, and how many a row has."""
    name = series.name
    length = 1
    if isinstance(series.dtype, pl.List | pl.Array):
        series = series.cast(pl.List(series.dtype.inner))
        length = _length_of_all(series)
        # An absent list, or one without values, is an absent value.
        series = series.explode() if series.len() else pl.Series([], dtype=pl.Int64)
    if series.dtype == pl.Date:
        series = series.cast(pl.Int32)
    if series.null_count():
        raise _unfit(name, "is empty in some documents", "Give every document a value, such as with COALESCE")
    if not (series.dtype.is_integer() or series.dtype in (pl.Boolean, pl.Null)):
        raise _unfit(name, f"holds {series.dtype}, no whole numbers", "Cast it to whole numbers or to text")
    return (series if series.dtype == pl.Int64 else series.cast(pl.Int64)).to_numpy(), length


def _length_of_all(lists: pl.Series) -> int:
    """How many values each list has; none where no list is there."""
    arrow = lists.rechunk().to_arrow()
    if arrow.null_count == len(arrow):
        return 0
    starts = np.frombuffer(arrow.buffers()[1], np.int64, len(arrow) + 1, arrow.offset * 8)
    lengths = np.diff(starts)
    if arrow.null_count or (lengths != lengths[0]).any():
        raise _unfit(lists.name, "holds lists of different lengths", "Give every document as many values")
    return int(lengths[0])


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
