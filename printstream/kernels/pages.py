"""Kernels that take the pages of a Parquet column apart (Apache Parquet, Encodings.md)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from printstream.kernels.dictionaries import word_at
from printstream.kernels.jit import inline_kernel, kernel

MALFORMED = -1
LENGTH_BYTES = 4
"""Before each text of a dictionary page stands its length."""


@kernel
def find_plain_texts(data: NDArray[np.uint8], offsets: NDArray[np.int32]) -> bool:
    """Find the texts of a dictionary page (Encodings.md, Plain): a length of four bytes, then the text.

    Args:
        data: uint8: the page.
        offsets: int32[texts + 1], the caller's: where each length stands, and the end of the last text.

    Returns:
        whether the page holds just these texts.
    """
    at = 0
    offsets[0] = 0
    for k in range(offsets.size - 1):
        if at + LENGTH_BYTES > data.size:
            return False
        size = data[at] | (data[at + 1] << 8) | (data[at + 2] << 16) | (np.int64(data[at + 3]) << 24)
        at += LENGTH_BYTES + size
        if at > data.size:
            return False
        offsets[k + 1] = at
    return at == data.size


@inline_kernel
def _bytes(data: NDArray[np.uint8], at: int, count: int) -> np.uint64:
    """Up to eight bytes as one number; beyond the end of the data they are 0."""
    word = np.uint64(0)
    for k in range(count):
        if at + k < data.size:
            word |= np.uint64(data[at + k]) << np.uint64(8 * k)
    return word


@inline_kernel
def _unpack(data: NDArray[np.uint8], at: int, bits: int, out: NDArray[np.int32]) -> None:
    """Unpack numbers of at most 32 bits, the first in the lowest bits of the first byte."""
    mask = (np.uint64(1) << np.uint64(bits)) - np.uint64(1)
    # A number lies within eight bytes from where it begins; so long as these are there, they are one load.
    whole = 0
    if bits:
        whole = min(out.size, max(0, (8 * (data.size - at - 8)) // bits))
    for k in range(whole):
        bit = np.uint64(k) * np.uint64(bits)
        word = word_at(data, np.uint64(at) + (bit >> np.uint64(3)))
        out[k] = np.int32((word >> (bit & np.uint64(7))) & mask)
    for k in range(whole, out.size):
        bit = np.uint64(k) * np.uint64(bits)
        word = _bytes(data, at + int(bit >> np.uint64(3)), 8)
        out[k] = np.int32((word >> (bit & np.uint64(7))) & mask)


@inline_kernel
def _varint(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """Read a number of up to 32 bits (ULEB128); give it and the place behind it, -1 where it does not end."""
    value = 0
    for shift in range(0, 35, 7):
        if at >= end:
            return 0, -1
        byte = int(data[at])
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    return 0, -1


@kernel
def decode_hybrid(
    data: NDArray[np.uint8], begin: int, end: int, bits: int, limit: int, out: NDArray[np.int32]
) -> int:
    """Decode runs of equal numbers and runs of packed ones (Encodings.md, RLE/bit-packing hybrid).

    Args:
        data: uint8: the page.
        begin: first byte of the runs.
        end: byte behind them.
        bits: of a number, at most 31.
        limit: every number must be less.
        out: int32[n], the caller's: the numbers.

    Returns:
        0, or MALFORMED where there are fewer numbers, a number is too large, or a run does not end.
    """
    at, done = begin, 0
    while done < out.size:
        head, at = _varint(data, at, end)
        left = out.size - done
        if at < 0 or head < 2:
            return MALFORMED
        if head & 1:
            # The numbers that fill the last run up may be missing.
            count = min((head >> 1) * 8, left)
            if at + ((count * bits + 7) >> 3) > end:
                return MALFORMED
            _unpack(data, at, bits, out[done : done + count])
            at += (head >> 1) * bits
        else:
            count = min(head >> 1, left)
            width = (bits + 7) >> 3
            if at + width > end:
                return MALFORMED
            out[done : done + count] = np.int32(_bytes(data, at, width))
            at += width
        done += count
    least, most = 0, -1
    for k in range(out.size):
        least = min(least, out[k])
        most = max(most, out[k])
    return MALFORMED if least < 0 or most >= limit else 0
