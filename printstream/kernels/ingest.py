"""Kernels of room 1: numbers narrowed into the arena, keys looked up, lines sorted within their documents.

A validity bitmap is Arrow's: bit ``offset + i`` is 1 where value i is present; an empty bitmap means that
every value is. Where a kernel says ``document``, 0.. is the row of an accepted document and a negative
number is one of the fates below.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from printstream.kernels.jit import inline_kernel, kernel

LONE, NULL_KEY, OF_REJECTED, IGNORED = -1, -2, -3, -4
"""Fates of a line without an accepted document: none has its key, no key, rejected, beyond the limit."""
FATES = 5
"""Tallies: index 0 is accepted, then -LONE, -NULL_KEY, -OF_REJECTED, -IGNORED."""
UNREADABLE = np.iinfo(np.int64).min
"""Stands for a number that does not fit into 63 bits; outside of every column's domain."""
Whole = int | np.int64
_HIGHEST = np.iinfo(np.int64).max
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_SHORT_RUN = 16


@inline_kernel
def _present(valid: NDArray[np.uint8], bit: int) -> bool:
    return bool((valid[bit >> 3] >> (bit & 7)) & 1)


@kernel
def narrow(
    values: NDArray[np.integer], valid: NDArray[np.uint8], offset: int, out: NDArray[np.signedinteger]
) -> tuple[int, int, int]:
    """Copy whole numbers into a narrower column; absent ones become 0.

    Args:
        values: any integer [n], uint64 excepted.
        valid: uint8 validity bitmap, or empty.
        offset: first bit of ``valid``.
        out: int8, int16, int32 or int64 [n], the caller's; values that do not fit are cut to its bits.

    Returns:
        smallest and greatest value present (1, 0 reversed: highest, lowest int64 where none is), absent ones.
    """
    least: Any = _HIGHEST
    most: Any = UNREADABLE
    absent = 0
    if valid.size == 0:
        for i in range(values.size):
            value = np.int64(values[i])
            out[i] = value
            least = min(least, value)
            most = max(most, value)
        return least, most, absent
    for i in range(values.size):
        if _present(valid, offset + i):
            value = np.int64(values[i])
            out[i] = value
            least = min(least, value)
            most = max(most, value)
        else:
            out[i] = 0
            absent += 1
    return least, most, absent


@kernel
def hundredths(words: NDArray[np.int64], factor: int, out: NDArray[np.int64]) -> None:
    """Turn 128-bit decimals into whole hundredths.

    Args:
        words: int64 [n, 2]: low and high word of the unscaled value (Arrow decimal128, little endian).
        factor: 1, 10 or 100: what is missing to two places.
        out: int64 [n], the caller's; UNREADABLE where the result needs more than 63 bits.
    """
    limit = _HIGHEST // factor
    for i in range(out.size):
        low, high = words[i, 0], words[i, 1]
        if high == low >> 63 and -limit <= low <= limit:
            out[i] = low * factor
        else:
            out[i] = UNREADABLE


@inline_kernel
def _slot_of(key: Whole, shift: int) -> Whole:
    return np.int64((np.uint64(key) * _GOLDEN) >> np.uint64(shift))


@kernel
def fill_key_table(
    keys: NDArray[np.int64],
    documents: NDArray[np.int32],
    slot_keys: NDArray[np.int64],
    slots: NDArray[np.int32],
) -> None:
    """Enter keys into an open-addressing table; of equal keys the first entered stays.

    Args:
        keys: int64 [k].
        documents: int32 [k], never LONE.
        slot_keys: int64 [2**m], 2**m > k, the caller's.
        slots: int32 [2**m], the caller's, LONE where free.
    """
    mask = slots.size - 1
    shift = 64
    while (1 << (64 - shift)) < slots.size:
        shift -= 1
    for i in range(keys.size):
        slot = _slot_of(keys[i], shift) if shift < 64 else 0
        while slots[slot] != LONE and slot_keys[slot] != keys[i]:
            slot = (slot + 1) & mask
        if slots[slot] == LONE:
            slot_keys[slot] = keys[i]
            slots[slot] = documents[i]


@kernel
def find_keys(
    keys: NDArray[np.integer],
    valid: NDArray[np.uint8],
    offset: int,
    slot_keys: NDArray[np.int64],
    slots: NDArray[np.int32],
    out: NDArray[np.int32],
) -> None:
    """Look keys up in the table of ``fill_key_table``.

    Args:
        keys: any integer [n], uint64 excepted.
        valid: uint8 validity bitmap, or empty.
        offset: first bit of ``valid``.
        slot_keys: int64 [2**m].
        slots: int32 [2**m].
        out: int32 [n], the caller's: document, or LONE, NULL_KEY, OF_REJECTED, IGNORED.
    """
    mask = slots.size - 1
    shift = 64
    while (1 << (64 - shift)) < slots.size:
        shift -= 1
    for i in range(keys.size):
        if valid.size and not _present(valid, offset + i):
            out[i] = NULL_KEY
            continue
        key = np.int64(keys[i])
        slot = _slot_of(key, shift) if shift < 64 else 0
        while slots[slot] != LONE and slot_keys[slot] != key:
            slot = (slot + 1) & mask
        out[i] = slots[slot]


@kernel
def find_dense_keys(
    keys: NDArray[np.integer],
    valid: NDArray[np.uint8],
    offset: int,
    base: int,
    table: NDArray[np.int32],
    out: NDArray[np.int32],
) -> None:
    """Look keys up by address: ``table[key - base]``, LONE outside of the table.

    Args:
        keys: any integer [n], uint64 excepted.
        valid: uint8 validity bitmap, or empty.
        offset: first bit of ``valid``.
        base: smallest key of the table.
        table: int32 [span].
        out: int32 [n], the caller's: document, or LONE, NULL_KEY, OF_REJECTED, IGNORED.
    """
    last = base + table.size - 1
    for i in range(keys.size):
        if valid.size and not _present(valid, offset + i):
            out[i] = NULL_KEY
            continue
        key = np.int64(keys[i])
        out[i] = table[key - base] if base <= key <= last else LONE


@inline_kernel
def _gather(
    lines: NDArray[np.uint32],
    i8: NDArray[np.int8],
    i16: NDArray[np.int16],
    i32: NDArray[np.int32],
    i64: NDArray[np.int64],
    columns: NDArray[np.int64],
    keys: NDArray[np.int64],
) -> None:
    """Bring the sort keys of some lines together: keys[k, i] is column k of lines[i]."""
    for k in range(columns.shape[0]):
        width, start = columns[k, 0], columns[k, 1]
        for i in range(lines.size):
            at = start + np.int64(lines[i])
            if width == 0:
                keys[k, i] = i8[at]
            elif width == 1:
                keys[k, i] = i16[at]
            elif width == 2:
                keys[k, i] = i32[at]
            else:
                keys[k, i] = i64[at]


@inline_kernel
def _after(keys: NDArray[np.int64], left: int, right: int) -> bool:
    for k in range(keys.shape[0]):
        if keys[k, left] != keys[k, right]:
            return bool(keys[k, left] > keys[k, right])
    return False


@inline_kernel
def _sort_runs(keys: NDArray[np.int64], places: NDArray[np.int64], n: int) -> None:
    """Insertion sort of places[0:n] in runs of _SHORT_RUN."""
    for run in range(0, n, _SHORT_RUN):
        for i in range(run + 1, min(run + _SHORT_RUN, n)):
            place = places[i]
            j = i
            while j > run and _after(keys, places[j - 1], place):
                places[j] = places[j - 1]
                j -= 1
            places[j] = place


@inline_kernel
def _merge_runs(keys: NDArray[np.int64], places: NDArray[np.int64], spare: NDArray[np.int64], n: int) -> None:
    """Merge sorted runs of _SHORT_RUN into one, stable."""
    width = _SHORT_RUN
    while width < n:
        for left in range(0, n - width, 2 * width):
            stop = min(left + 2 * width, n)
            for i in range(width):
                spare[i] = places[left + i]
            a, b, at = 0, left + width, left
            while a < width and b < stop:
                if _after(keys, spare[a], places[b]):
                    places[at] = places[b]
                    b += 1
                else:
                    places[at] = spare[a]
                    a += 1
                at += 1
            while a < width:
                places[at] = spare[a]
                a += 1
                at += 1
        width *= 2


@kernel
def sort_lines(
    order: NDArray[np.uint32],
    first: NDArray[np.int64],
    begin: int,
    end: int,
    i8: NDArray[np.int8],
    i16: NDArray[np.int16],
    i32: NDArray[np.int32],
    i64: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> int:
    """Sort the lines of documents begin..end by columns of the arena, stable.

    Args:
        order: uint32 [accepted], the caller's: changed in place within each document.
        first: int64 [n + 1]: the lines of document d are order[first[d]:first[d + 1]].
        begin: first document.
        end: document after the last.
        i8: the arena as int8.
        i16: the arena as int16.
        i32: the arena as int32.
        i64: the arena as int64.
        columns: int64 [k, 2]: log2 of the width and start of each column, the most significant first.

    Returns:
        documents that had to be sorted.
    """
    longest = 0
    for d in range(begin, end):
        longest = max(longest, first[d + 1] - first[d])
    keys = np.empty((columns.shape[0], longest), np.int64)
    places = np.empty(longest, np.int64)
    spare = np.empty(longest, np.int64)
    touched = 0
    for d in range(begin, end):
        lines = order[first[d] : first[d + 1]]
        n = lines.size
        _gather(lines, i8, i16, i32, i64, columns, keys)
        i = 1
        while i < n and not _after(keys, i - 1, i):
            i += 1
        if i >= n:
            continue
        touched += 1
        for i in range(n):
            places[i] = i
        _sort_runs(keys, places, n)
        _merge_runs(keys, places, spare, n)
        for i in range(n):
            spare[i] = lines[i]
        for i in range(n):
            lines[i] = spare[places[i]]
    return touched
