"""Arrow arrays as the plain buffers that kernels take."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from printstream.base.frozen import frozen
from printstream.ingest.schema import Form, form_of
from printstream.kernels.ingest import UNREADABLE, hundredths

_UNITS_A_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
_ALL_PRESENT: NDArray[np.uint8] = np.frombuffer(b"", np.uint8)


class Lent:
    """An array for polars by Arrow's C interface; of the array itself it imports pyarrow.compute, 0.03 s of a start."""

    def __init__(self, array: pa.Array) -> None:
        self._array = array

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        """Lend the array (https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html)."""
        lent: tuple[object, object] = self._array.__arrow_c_array__(requested_schema)
        return lent


@frozen
class Numbers:
    """Whole numbers with Arrow's validity bitmap (empty where every value is present)."""

    values: NDArray[Any]
    valid: NDArray[np.uint8]
    offset: int

    def absent(self) -> NDArray[np.bool_]:
        """A flag a row: no value."""
        return absent(self.valid, self.offset, len(self.values))


@frozen
class Texts:
    """UTF-8 text as Arrow lays it out, or as a Parquet page does, where each text stands behind a gap with its length."""

    offsets: NDArray[Any]
    data: NDArray[np.uint8]
    valid: NDArray[np.uint8]
    offset: int
    gap: int = 0
    """Bytes before each text that are not of it."""

    def __len__(self) -> int:
        return len(self.offsets) - 1


@frozen
class Coded:
    """Texts as codes into a dictionary: int32[rows] and Arrow's validity bitmap, empty where every text is there."""

    texts: Texts
    picks: NDArray[np.int32]
    valid: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.picks)


def absent(valid: NDArray[np.uint8], offset: int, count: int) -> NDArray[np.bool_]:
    """Unpack a validity bitmap into a flag a row: no value."""
    if valid.size == 0:
        return np.zeros(count, np.bool_)
    first = offset >> 3
    bits = np.unpackbits(valid[first : (offset + count + 7) >> 3], bitorder="little")
    missing: NDArray[np.bool_] = bits[offset - 8 * first :][:count] == 0
    return missing


def numbers_of(array: pa.Array) -> Numbers:
    """Give whole numbers of any column but text and lists.

    Decimals become hundredths, dates and timestamps days since 1970-01-01 (with a zone: the day in that
    zone), flags 0 or 1. What does not fit into 63 bits becomes UNREADABLE.
    """
    return _reader_of(array.type)(array)


@lru_cache(256)
def _reader_of(kind: pa.DataType) -> Callable[[pa.Array], Numbers]:
    form = form_of(kind)
    if pa.types.is_dictionary(kind):
        return lambda array: numbers_of(array.dictionary_decode())
    if form is Form.FLAG:
        return lambda array: _view(array.cast(pa.int8()), np.dtype(np.int8))
    if form is Form.DECIMAL:
        return _hundredths_of
    if pa.types.is_timestamp(kind):
        return _days_of
    if pa.types.is_date32(kind):
        # Any cast, even to the same type, imports pyarrow.compute: 0.03 s of every start.
        return lambda array: _view(array, np.dtype(np.int32))
    if pa.types.is_date(kind):
        return lambda array: _view(array.cast(pa.date32()).view(pa.int32()), np.dtype(np.int32))
    dtype = np.dtype(str(kind))
    return lambda array: _readable(_view(array, dtype))


def _view(array: pa.Array, dtype: np.dtype[Any]) -> Numbers:
    bits, data = array.buffers()
    size, offset = len(array), array.offset
    values = np.frombuffer(data if data is not None else b"", dtype)[offset : offset + size]
    valid = _ALL_PRESENT if bits is None or array.null_count == 0 else np.frombuffer(bits, np.uint8)
    return Numbers(values, valid, offset)


def _readable(numbers: Numbers) -> Numbers:
    """Bring unsigned 64-bit numbers, which no column of the store can hold, to int64."""
    if numbers.values.dtype != np.uint64:
        return numbers
    values = numbers.values.astype(np.int64)
    values[values < 0] = UNREADABLE
    values.flags.writeable = False
    return Numbers(values, numbers.valid, numbers.offset)


def _hundredths_of(array: pa.Array) -> Numbers:
    scale = array.type.scale
    if not pa.types.is_decimal128(array.type):
        array = array.cast(pa.decimal128(38, scale))
    words = _view(array, np.dtype("V16"))
    cents = np.empty(len(array), np.int64)
    hundredths(words.values.view(np.int64).reshape(-1, 2), 10 ** (2 - scale), cents)
    cents.flags.writeable = False
    return Numbers(cents, words.valid, words.offset)


def _days_of(array: pa.Array) -> Numbers:
    if array.type.tz is not None:
        from pyarrow import compute  # 0.03 s of every start, and rarely needed

        array = compute.local_timestamp(array)
    instants = _view(array.view(pa.int64()), np.dtype(np.int64))
    days = np.floor_divide(instants.values, _UNITS_A_DAY[array.type.unit])
    days.flags.writeable = False
    return Numbers(days, instants.valid, instants.offset)


def texts_of(array: pa.Array) -> Texts:
    """Give the buffers of a text array that is no dictionary; keys that are numbers are written as text."""
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        array = array.cast(pa.large_string())
    bits, offsets, data = array.buffers()
    dtype = np.int64 if pa.types.is_large_string(array.type) else np.int32
    size, offset = len(array), array.offset
    places = (
        np.frombuffer(offsets, dtype)[offset : offset + size + 1] if offsets and size else np.zeros(1, dtype)
    )
    places.flags.writeable = False
    valid = _ALL_PRESENT if bits is None or array.null_count == 0 else np.frombuffer(bits, np.uint8)
    return Texts(places, np.frombuffer(data if data is not None else b"", np.uint8), valid, offset)


def readable(array: pa.Array, rows: NDArray[np.int64]) -> list[str | None]:
    """Give some rows' values as text for rejects, whatever their type; bytes that are no UTF-8 become U+FFFD.

    What can do so does without Arrow's own take and cast, which import pyarrow.compute.
    """
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_integer(array.type):
        values = (array[row].as_py() for row in rows.tolist())
        return [None if value is None else str(value) for value in values]
    if form_of(array.type) is not Form.TEXT:
        return array.take(pa.array(rows)).cast(pa.large_string()).to_pylist()  # type: ignore[no-any-return]
    texts = texts_of(array)
    missing = absent(texts.valid, texts.offset, len(array))[rows].tolist()
    spans = zip(texts.offsets[rows].tolist(), texts.offsets[rows + 1].tolist(), missing, strict=True)
    return [None if gone else texts.data[a:b].tobytes().decode("utf-8", "replace") for a, b, gone in spans]
