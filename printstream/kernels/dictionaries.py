"""Kernels that make dictionaries of UTF-8 text in Arrow's form: faults found, equal texts given one number.

A column of texts is ``offsets`` (int32 or int64 [n + 1]), ``data`` (uint8) and a validity bitmap as in
``kernels.ingest``. A *text table* gives every different text a number, in the order of arrival:
``slots`` (uint64 [2**m], 0 where free, else the top 32 bits of the hash and number + 1), ``starts``
(int64 [capacity + 1], starts[0] = 0) and ``store`` (uint8 [capacity in bytes]): text k is
store[starts[k]:starts[k + 1]].
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from printstream.kernels.jit import inline_kernel, kernel
from printstream.kernels.memory import prefetch

SOUND, CONTROL, INVALID = 0, 1, 2
"""Faults of a text: none, a control character (U+0000-001F, U+007F-009F), not UTF-8."""
_BLOCK = 256
_PRIME = np.uint64(0xD6E8FEB86659FD93)
_SEED = np.uint64(0x9E3779B97F4A7C15)
_WORD = np.uint64(8)
_TAG = np.uint64(0xFFFFFFFF00000000)
_CODE = np.uint64(0x00000000FFFFFFFF)


@inline_kernel
def word_at(data: NDArray[np.uint8], at: np.uint64) -> np.uint64:
    """Eight bytes as one number; LLVM makes one load of it."""
    return (
        np.uint64(data[at])
        | (np.uint64(data[at + np.uint64(1)]) << np.uint64(8))
        | (np.uint64(data[at + np.uint64(2)]) << np.uint64(16))
        | (np.uint64(data[at + np.uint64(3)]) << np.uint64(24))
        | (np.uint64(data[at + np.uint64(4)]) << np.uint64(32))
        | (np.uint64(data[at + np.uint64(5)]) << np.uint64(40))
        | (np.uint64(data[at + np.uint64(6)]) << np.uint64(48))
        | (np.uint64(data[at + np.uint64(7)]) << np.uint64(56))
    )


@inline_kernel
def _tail(data: NDArray[np.uint8], at: np.uint64, count: np.uint64) -> np.uint64:
    word = np.uint64(0)
    for k in range(count):
        word |= np.uint64(data[at + np.uint64(k)]) << np.uint64(8 * k)
    return word


@inline_kernel
def _mixed(value: np.uint64, word: np.uint64) -> np.uint64:
    value = (value ^ word) * _PRIME
    value ^= value >> np.uint64(32)
    return value


@inline_kernel
def _hash(data: NDArray[np.uint8], begin: np.uint64, size: np.uint64) -> np.uint64:
    """Hash a text; its last eight bytes are one word whatever came before, so that no byte is read by itself."""
    value = _SEED ^ size
    if size < _WORD:
        value = _mixed(value, _tail(data, begin, size))
    else:
        last = begin + size - _WORD
        at = begin
        while at < last:
            value = _mixed(value, word_at(data, at))
            at += _WORD
        value = _mixed(value, word_at(data, last))
    mixed: np.uint64 = value * _PRIME
    return mixed ^ (mixed >> np.uint64(29))


@inline_kernel
def _equal(
    a: NDArray[np.uint8], at: np.uint64, b: NDArray[np.uint8], begin: np.uint64, size: np.uint64
) -> bool:
    if size < _WORD:
        return bool(_tail(a, at, size) == _tail(b, begin, size))
    last = size - _WORD
    done = np.uint64(0)
    while done < last:
        if word_at(a, at + done) != word_at(b, begin + done):
            return False
        done += _WORD
    return bool(word_at(a, at + last) == word_at(b, begin + last))


@inline_kernel
def _find(
    data: NDArray[np.uint8],
    begin: np.uint64,
    size: np.uint64,
    slots: NDArray[np.uint64],
    starts: NDArray[np.int64],
    store: NDArray[np.uint8],
) -> tuple[int | np.int64, np.uint64, np.uint64]:
    """Number of the text or -1, the slot where it is or belongs, its tag."""
    mask = np.uint64(slots.size - 1)
    value = _hash(data, begin, size)
    tag = value & _TAG
    slot = value & mask
    while slots[slot] != np.uint64(0):
        entry = slots[slot]
        if entry & _TAG == tag:
            number = np.int64(entry & _CODE) - 1
            start = starts[number]
            if starts[number + 1] - start == np.int64(size) and _equal(
                store, np.uint64(start), data, begin, size
            ):
                return number, slot, tag
        slot = (slot + np.uint64(1)) & mask
    return -1, slot, tag


@inline_kernel
def _guess(
    offsets: NDArray[np.signedinteger],
    data: NDArray[np.uint8],
    valid: NDArray[np.uint8],
    offset: int,
    gap: int,
    begin: int,
    count: int,
    slots: NDArray[np.uint64],
    starts: NDArray[np.int64],
    store: NDArray[np.uint8],
    places: NDArray[np.uint64],
    found: NDArray[np.int64],
) -> None:
    """Look up to _BLOCK texts up, step by step for all of them, so that the waits for memory overlap.

    ``found`` gets the number, -1 where the text must be sought in earnest, -2 where it is absent.
    """
    mask = np.uint64(slots.size - 1)
    for k in range(count):
        low = np.uint64(offsets[begin + k] + gap)
        places[k] = _hash(data, low, np.uint64(offsets[begin + k + 1]) - low)
        prefetch(slots.ctypes.data + 8 * np.int64(places[k] & mask))
    for k in range(count):
        slot = places[k] & mask
        while slots[slot] != np.uint64(0) and (slots[slot] ^ places[k]) & _TAG != np.uint64(0):
            slot = (slot + np.uint64(1)) & mask
        found[k] = np.int64(slots[slot] & _CODE) - 1
        prefetch(starts.ctypes.data + 8 * found[k])
    for k in range(count):
        if found[k] >= 0:
            start = starts[found[k]]
            size = np.int64(offsets[begin + k + 1]) - np.int64(offsets[begin + k]) - gap
            places[k] = np.uint64(start)
            if starts[found[k] + 1] - start != size:
                found[k] = -1
            prefetch(store.ctypes.data + start)
            prefetch(store.ctypes.data + start + size)
    for k in range(count):
        low = np.uint64(offsets[begin + k] + gap)
        if found[k] >= 0 and not _equal(store, places[k], data, low, np.uint64(offsets[begin + k + 1]) - low):
            found[k] = -1
    if valid.size:
        for k in range(count):
            bit = offset + begin + k
            if not (valid[bit >> 3] >> (bit & 7)) & 1:
                found[k] = -2


@kernel
def intern_texts(
    offsets: NDArray[np.signedinteger],
    data: NDArray[np.uint8],
    valid: NDArray[np.uint8],
    offset: int,
    gap: int,
    begin: int,
    slots: NDArray[np.uint64],
    starts: NDArray[np.int64],
    store: NDArray[np.uint8],
    known: int,
    out: NDArray[np.signedinteger],
) -> tuple[int, int]:
    """Number texts, entering new ones, until all are done or the table is full.

    Args:
        offsets: int32 or int64 [n + 1].
        data: uint8 text.
        valid: uint8 validity bitmap, or empty; an absent text counts as empty.
        offset: first bit of ``valid``.
        gap: bytes before each text that are not of it.
        begin: first row to number.
        slots: text table, the caller's; filled to one half at most.
        starts: text table, the caller's.
        store: text table, the caller's.
        known: texts in the table.
        out: int8, int16 or int32 [n], the caller's: numbers; cut to its bits where they do not fit.

    Returns:
        row at which it stopped (n when done), texts in the table now.
    """
    room = min(slots.size // 2, starts.size - 1)
    places = np.empty(_BLOCK, np.uint64)
    found = np.empty(_BLOCK, np.int64)
    for block in range(begin, out.size, _BLOCK):
        count = min(_BLOCK, out.size - block)
        _guess(offsets, data, valid, offset, gap, block, count, slots, starts, store, places, found)
        for k in range(count):
            if found[k] >= 0:
                out[block + k] = found[k]
                continue
            low = np.uint64(offsets[block + k] + gap)
            size = np.uint64(offsets[block + k + 1]) - low
            if found[k] == -2:
                size = np.uint64(0)
            number, slot, tag = _find(data, low, size, slots, starts, store)
            if number < 0:
                at = starts[known]
                if known >= room or at + np.int64(size) > store.size:
                    return block + k, known
                for b in range(size):
                    store[np.uint64(at) + np.uint64(b)] = data[low + np.uint64(b)]
                number = known
                known += 1
                starts[known] = at + np.int64(size)
                slots[slot] = tag | np.uint64(known)
            out[block + k] = number
    return out.size, known


@kernel
def rehash_texts(
    starts: NDArray[np.int64], store: NDArray[np.uint8], known: int, slots: NDArray[np.uint64]
) -> None:
    """Enter all texts of a table into new slots.

    Args:
        starts: int64 [capacity + 1].
        store: uint8.
        known: texts in the table.
        slots: uint64 [2**m], zeros, the caller's, more than ``known``.
    """
    mask = np.uint64(slots.size - 1)
    for number in range(known):
        value = _hash(store, np.uint64(starts[number]), np.uint64(starts[number + 1] - starts[number]))
        slot = value & mask
        while slots[slot] != np.uint64(0):
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = (value & _TAG) | np.uint64(number + 1)


@kernel
def find_texts(
    offsets: NDArray[np.signedinteger],
    data: NDArray[np.uint8],
    valid: NDArray[np.uint8],
    offset: int,
    gap: int,
    slots: NDArray[np.uint64],
    starts: NDArray[np.int64],
    store: NDArray[np.uint8],
    absent: int,
    unknown: int,
    out: NDArray[np.int32],
) -> None:
    """Look texts up in a table.

    Args:
        offsets: int32 or int64 [n + 1].
        data: uint8 text.
        valid: uint8 validity bitmap, or empty.
        offset: first bit of ``valid``.
        gap: bytes before each text that are not of it.
        slots: text table.
        starts: text table.
        store: text table.
        absent: what an absent text gives.
        unknown: what a text outside of the table gives.
        out: int32 [n], the caller's: numbers.
    """
    places = np.empty(_BLOCK, np.uint64)
    found = np.empty(_BLOCK, np.int64)
    for block in range(0, out.size, _BLOCK):
        count = min(_BLOCK, out.size - block)
        _guess(offsets, data, valid, offset, gap, block, count, slots, starts, store, places, found)
        for k in range(count):
            number = found[k]
            if number == -1:
                low = np.uint64(offsets[block + k] + gap)
                size = np.uint64(offsets[block + k + 1]) - low
                number, _, _ = _find(data, low, size, slots, starts, store)
                number = number if number >= 0 else unknown
            elif number == -2:
                number = absent
            out[block + k] = number


@kernel
def pick_codes(
    picks: NDArray[np.signedinteger],
    valid: NDArray[np.uint8],
    offset: int,
    codes: NDArray[np.int32],
    absent: int,
    out: NDArray[np.signedinteger],
) -> None:
    """Follow dictionary picks: ``out[i] = codes[picks[i]]``.

    Args:
        picks: int8..int64 [n].
        valid: uint8 validity bitmap, or empty.
        offset: first bit of ``valid``.
        codes: int32 [entries].
        absent: what an absent pick gives.
        out: int8, int16 or int32 [n], the caller's; cut to its bits.
    """
    for i in range(out.size):
        if valid.size and not (valid[(offset + i) >> 3] >> ((offset + i) & 7)) & 1:
            out[i] = absent
        else:
            out[i] = codes[picks[i]]


@kernel
def renumber_texts(
    codes: NDArray[np.signedinteger],
    merged: NDArray[np.int32],
    final: NDArray[np.int32],
    picked: NDArray[np.int32],
    known: int,
) -> int:
    """Number the texts of consecutive rows anew, by first appearance.

    Args:
        codes: int8, int16 or int32 [n], the caller's: numbers of one table; replaced by the final ones.
        merged: int32 [texts of that table]: their number in the merged table.
        final: int32 [texts of the merged table], the caller's: -1 until seen, then the final number.
        picked: int32 [texts of the merged table], the caller's: the merged number of each final one.
        known: final numbers given so far.

    Returns:
        final numbers given now.
    """
    for i in range(codes.size):
        text = merged[codes[i]]
        if final[text] < 0:
            final[text] = known
            picked[known] = text
            known += 1
        codes[i] = final[text]
    return known


@kernel
def copy_texts(
    starts: NDArray[np.int64],
    store: NDArray[np.uint8],
    picked: NDArray[np.int32],
    offsets: NDArray[np.int64],
    data: NDArray[np.uint8],
) -> None:
    """Copy texts of a table one behind the other.

    Args:
        starts: text table.
        store: text table.
        picked: int32 [n]: numbers of texts.
        offsets: int64 [n + 1]: where each text goes.
        data: uint8, the caller's: the texts.
    """
    for i in range(picked.size):
        source, begin = starts[picked[i]], offsets[i]
        for k in range(offsets[i + 1] - begin):
            data[begin + k] = store[source + k]


@kernel
def find_text_faults(
    offsets: NDArray[np.signedinteger], data: NDArray[np.uint8], out: NDArray[np.uint8]
) -> int:
    """Find texts that cannot be printed: control characters, or bytes that are no UTF-8 (RFC 3629, 4).

    Args:
        offsets: int32 or int64 [n + 1].
        data: uint8 text.
        out: uint8 [n], the caller's: SOUND, CONTROL or INVALID.

    Returns:
        texts with a fault.
    """
    faults = 0
    for i in range(out.size):
        at, end = np.int64(offsets[i]), np.int64(offsets[i + 1])
        fault = SOUND
        while at < end:
            lead = data[at]
            if lead < 0x80:
                if lead < 0x20 or lead == 0x7F:
                    fault = CONTROL
                at += 1
                continue
            follow = 0
            if 0xC2 <= lead <= 0xDF:
                follow = 1
            elif 0xE0 <= lead <= 0xEF:
                follow = 2
            elif 0xF0 <= lead <= 0xF4:
                follow = 3
            if follow == 0 or at + follow >= end:
                fault = INVALID
                break
            low, high = 0x80, 0xBF
            if lead == 0xE0:
                low = 0xA0
            elif lead == 0xED:
                high = 0x9F
            elif lead == 0xF0:
                low = 0x90
            elif lead == 0xF4:
                high = 0x8F
            sound = low <= data[at + 1] <= high
            for k in range(2, follow + 1):
                sound &= 0x80 <= data[at + k] <= 0xBF
            if not sound:
                fault = INVALID
                break
            if lead == 0xC2 and data[at + 1] < 0xA0:
                fault = CONTROL
            at += follow + 1
        out[i] = fault
        faults += fault != SOUND
    return faults
