"""Kernels that step over Thrift's compact protocol without making anything of it (thrift-compact-protocol.md)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from printstream.kernels.jit import inline_kernel, kernel

SHORT, MALFORMED = -1, -2
"""The data end within a value; the data are no values."""
_TRUE, _FALSE, _BYTE, _I16, _I64, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 1, 2, 3, 4, 6, 7, 8, 9, 10, 12
_LONG_FORM = 15
"""Of a list's length that does not fit into half a byte."""
_MOST_NESTED = 24
_ROWS = 3
"""RowGroup.num_rows (Apache Parquet, parquet.thrift)."""


@inline_kernel
def _varint(data: NDArray[np.uint8], at: int) -> tuple[np.uint64, int]:
    """Read a number of up to 64 bits (ULEB128); give it and the place behind it, or what is wrong with it."""
    value = np.uint64(0)
    for k in range(10):
        if at + k >= data.size:
            return value, SHORT
        byte = np.uint64(data[at + k])
        value |= (byte & np.uint64(0x7F)) << np.uint64(7 * k)
        if byte < np.uint64(0x80):
            return value, at + k + 1
    return value, MALFORMED


@inline_kernel
def _signed(value: np.uint64) -> np.int64:
    return np.int64(value >> np.uint64(1)) ^ -np.int64(value & np.uint64(1))


@inline_kernel
def _plain(data: NDArray[np.uint8], at: int, kind: int, within_list: bool) -> int:
    """Step over a value that holds no others."""
    if kind == _TRUE or kind == _FALSE:
        end = at + 1 if within_list else at
    elif kind == _BYTE:
        end = at + 1
    elif _I16 <= kind <= _I64:
        _, end = _varint(data, at)
    elif kind == _DOUBLE:
        end = at + 8
    elif kind == _BINARY:
        size, end = _varint(data, at)
        if end >= 0:
            # A length of more than there can be must not wrap around.
            end = SHORT if size > np.uint64(data.size) else end + np.int64(size)
    else:
        end = MALFORMED
    return SHORT if end > data.size else end


@inline_kernel
def _skip(data: NDArray[np.uint8], at: int, kind: int, left: NDArray[np.int64]) -> tuple[int, np.int64]:
    """Step over a value; give the place behind it, and field 3 of a structure where that is a number, else -1.

    ``left`` has two numbers a level: values yet to come (-1 in a structure), and their kind or the last field's number.
    """
    depth = -1
    third = np.int64(-1)
    within_list = False
    while True:
        if kind == _STRUCT or kind == _LIST or kind == _SET:
            depth += 1
            if depth >= _MOST_NESTED:
                return MALFORMED, third
            left[2 * depth], left[2 * depth + 1] = -1, 0
            if kind != _STRUCT:
                if at >= data.size:
                    return SHORT, third
                count = np.uint64(data[at] >> 4)
                left[2 * depth + 1] = data[at] & 15
                at += 1
                if count == np.uint64(_LONG_FORM):
                    count, at = _varint(data, at)
                    if at < 0:
                        return at, third
                    if count > np.uint64(data.size):
                        return SHORT, third
                left[2 * depth] = np.int64(count)
        else:
            begin = at
            at = _plain(data, at, kind, within_list)
            if at < 0:
                return at, third
            if depth == 0 and not within_list and left[1] == _ROWS and _I16 <= kind <= _I64:
                third = _signed(_varint(data, begin)[0])
        # On to the next value, out of what is through.
        while True:
            if depth < 0:
                return at, third
            if left[2 * depth] < 0:
                if at >= data.size:
                    return SHORT, third
                head = np.int64(data[at])
                at += 1
                if head:
                    break
            elif left[2 * depth] > 0:
                break
            depth -= 1
        within_list = left[2 * depth] >= 0
        if within_list:
            left[2 * depth] -= 1
            kind = int(left[2 * depth + 1])
        else:
            kind = int(head & 15)
            if head >> 4:
                left[2 * depth + 1] += head >> 4
            else:
                number, at = _varint(data, at)
                if at < 0:
                    return at, third
                left[2 * depth + 1] = _signed(number)


@kernel
def skip_value(data: NDArray[np.uint8], at: int, kind: int) -> int:
    """Step over one value.

    Args:
        data: uint8: what begins somewhere before it.
        at: its place.
        kind: its type, of a field.

    Returns:
        the place behind it, or SHORT or MALFORMED.
    """
    end: int = _skip(data, at, kind, np.empty(2 * _MOST_NESTED, np.int64))[0]
    return end


@kernel
def skip_row_groups(data: NDArray[np.uint8], rows: NDArray[np.int64], found: NDArray[np.int64]) -> int:
    """Step over as many structures as there are whole, and as ``rows`` has room for.

    Args:
        data: uint8: structures one behind the other, the last perhaps cut off.
        rows: int64[n], the caller's: field 3 of each, -1 where it has none.
        found: int64[1], the caller's: how many there are.

    Returns:
        the place behind the last one, or MALFORMED.
    """
    left = np.empty(2 * _MOST_NESTED, np.int64)
    at = 0
    found[0] = 0
    while found[0] < rows.size:
        end, rows[found[0]] = _skip(data, at, _STRUCT, left)
        if end == MALFORMED:
            return MALFORMED
        if end == SHORT:
            break
        at = end
        found[0] += 1
    return at


# What is known of a column's values in a row group before they are read: places in a row of facts.
(
    VALUES,
    PLAIN_BYTES,
    PACKED_BYTES,
    DATA_AT,
    DICTIONARY_AT,
    PHYSICAL,
    CODEC,
    ELSEWHERE,
    NULLS,
    BOUNDS,
    LEAST,
    MOST,
    FACTS,
) = range(13)
"""Numbers as ColumnMetaData has them, -1 where it has none; whether the values lie in another file; whether least and
most are known; how many facts there are."""
_INT32, _INT64, _FIRST_OF_BYTES = 1, 2, 6
"""Physical types (parquet.thrift, Type): from the last on, numbers are bytes, the highest first."""
_WORD_BYTES = 8


@inline_kernel
def _number(data: NDArray[np.uint8], at: int, kind: int) -> np.int64:
    """Read a number that was stepped over already; what is none is -1."""
    value, _ = _varint(data, at)
    return np.int64(_signed(value)) if _I16 <= kind <= _I64 else np.int64(-1)


@inline_kernel
def _bound(data: NDArray[np.uint8], at: int, physical: np.int64) -> tuple[bool, np.int64]:
    """Read a smallest or greatest value: whether it is a whole number of up to 64 bits, and which."""
    size, at = _varint(data, at)
    count = np.int64(size)
    wanted = np.int64(4) if physical == _INT32 else np.int64(_WORD_BYTES)
    backwards = physical >= _FIRST_OF_BYTES
    if backwards:
        # A decimal of many bytes is small where the first of them only repeat the sign.
        while count > _WORD_BYTES and data[at] == (0xFF if data[at + 1] & 0x80 else 0):
            at += 1
            count -= 1
        wanted = min(count, np.int64(_WORD_BYTES))
    if count != wanted or count == 0 or (physical != _INT32 and physical != _INT64 and not backwards):
        return False, np.int64(0)
    value = np.uint64(0)
    for k in range(count):
        byte = data[at + k] if backwards else data[at + count - 1 - k]
        value = value << np.uint64(8) | np.uint64(byte)
    unused = np.uint64(8 * (_WORD_BYTES - count))
    return True, np.int64(value << unused) >> np.int64(unused)


@inline_kernel
def _statistics(data: NDArray[np.uint8], at: int, facts: NDArray[np.int64], left: NDArray[np.int64]) -> int:
    """Read Statistics: the bounds, by their new names or, where these are missing, the old; give the place behind."""
    least, most = -1, -1
    # The old names stand for the order of numbers, but of bytes for one that nobody can tell.
    known = facts[PHYSICAL] == _INT32 or facts[PHYSICAL] == _INT64
    number = np.int64(0)
    while data[at]:
        kind = int(data[at] & 15)
        number, at = _next_field(data, at, number)
        if number == 3:
            facts[NULLS] = _number(data, at, kind)
        elif kind == _BINARY and (number == 6 or (number == 2 and least < 0 and known)):
            least = at
        elif kind == _BINARY and (number == 5 or (number == 1 and most < 0 and known)):
            most = at
        at, _ = _skip(data, at, kind, left)
    if least >= 0 and most >= 0:
        low, facts[LEAST] = _bound(data, least, facts[PHYSICAL])
        high, facts[MOST] = _bound(data, most, facts[PHYSICAL])
        facts[BOUNDS] = 1 if low and high and facts[LEAST] <= facts[MOST] else 0
    return at + 1


@inline_kernel
def _next_field(data: NDArray[np.uint8], at: int, number: np.int64) -> tuple[np.int64, int]:
    """Read the head of a field that was stepped over already: its number, and where its value begins."""
    step = np.int64(data[at] >> 4)
    if step:
        return number + step, at + 1
    far, end = _varint(data, at + 1)
    return _signed(far), end


@inline_kernel
def _column(data: NDArray[np.uint8], at: int, facts: NDArray[np.int64], left: NDArray[np.int64]) -> int:
    """Read ColumnMetaData, whose type stands before its statistics; give the place behind."""
    number = np.int64(0)
    while data[at]:
        kind = int(data[at] & 15)
        number, at = _next_field(data, at, number)
        if number == 1:
            facts[PHYSICAL] = _number(data, at, kind)
        elif number == 4:
            facts[CODEC] = _number(data, at, kind)
        elif number == 5:
            facts[VALUES] = _number(data, at, kind)
        elif number == 6:
            facts[PLAIN_BYTES] = _number(data, at, kind)
        elif number == 7:
            facts[PACKED_BYTES] = _number(data, at, kind)
        elif number == 9:
            facts[DATA_AT] = _number(data, at, kind)
        elif number == 11:
            facts[DICTIONARY_AT] = _number(data, at, kind)
        if number == 12 and kind == _STRUCT:
            at = _statistics(data, at, facts, left)
        else:
            at, _ = _skip(data, at, kind, left)
    return at + 1


@inline_kernel
def _columns(data: NDArray[np.uint8], at: int, facts: NDArray[np.int64], left: NDArray[np.int64]) -> int:
    """Read a list of ColumnChunk; give the place behind, or MALFORMED where they are not as many as expected."""
    count = np.uint64(data[at] >> 4)
    kind = data[at] & 15
    at += 1
    if count == np.uint64(_LONG_FORM):
        count, at = _varint(data, at)
    if kind != _STRUCT or count != np.uint64(facts.shape[0]):
        return MALFORMED
    for k in range(facts.shape[0]):
        number = np.int64(0)
        while data[at]:
            inner = int(data[at] & 15)
            number, at = _next_field(data, at, number)
            if number == 1:
                facts[k, ELSEWHERE] = 1
            if number == 3 and inner == _STRUCT:
                at = _column(data, at, facts[k], left)
            else:
                at, _ = _skip(data, at, inner, left)
        at += 1
    return at


@kernel
def read_facts(data: NDArray[np.uint8], facts: NDArray[np.int64]) -> bool:
    """Read what row groups say of their columns.

    Args:
        data: uint8: the row groups one behind the other, as ``skip_row_groups`` stepped over them.
        facts: int64[row groups, columns, FACTS], the caller's.

    Returns:
        whether all row groups have so many columns.
    """
    facts[:] = -1
    facts[:, :, ELSEWHERE] = 0
    facts[:, :, BOUNDS] = 0
    left = np.empty(2 * _MOST_NESTED, np.int64)
    at = 0
    for group in range(facts.shape[0]):
        number = np.int64(0)
        found = False
        while data[at]:
            kind = int(data[at] & 15)
            number, at = _next_field(data, at, number)
            if number == 1 and kind == _LIST:
                at = _columns(data, at, facts[group], left)
                if at == MALFORMED:
                    return False
                found = True
            else:
                at, _ = _skip(data, at, kind, left)
        at += 1
        if not found:
            return False
    return True
