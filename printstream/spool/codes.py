"""The Huffman codes of a job's content streams: made once from a sample of its sides (RFC 1951, 3.2).

In: how often each symbol occurs. Out: ``Codes``, as the compressing kernel reads them. Never: sees a side.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LITERALS, DISTANCES = 286, 30
_LONGEST_CODE, _LONGEST_LENGTH_CODE = 15, 7
_ZLIB_HEAD = 0x0178  # deflate with a window of 32 KiB, fastest (RFC 1950, 2.2)
_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
LONGEST = 258
# The tables of RFC 1951, 3.2.5; length 258 has a symbol of its own.
_LENGTH_EXTRA = (*(0,) * 8, *(k for k in range(1, 6) for _ in range(4)), 0)
_LENGTH_BASE = (*(3 + sum(1 << k for k in _LENGTH_EXTRA[:n]) for n in range(28)), LONGEST)
_DISTANCE_EXTRA = (0, 0, *(k for k in range(14) for _ in range(2)))
_DISTANCE_BASE = tuple(1 + sum(1 << k for k in _DISTANCE_EXTRA[:n]) for n in range(DISTANCES))
_RAREST = 12
"""Every symbol must have a code; one that the sample hardly has counts as one in 2**12: codes and their list stay short."""


class Codes(NamedTuple):
    """What the kernel reads. A packed code is ``code << 6 | its bits``; codes are bit-reversed, low bit first.

    Attributes:
        keys: int64[256]: mask of the bytes, from this one on, that a match must have in common; 0 where none may begin.
        literals: int64[257]: packed codes of the literals and of the end of the block.
        lengths: int64[259]: packed codes of a match's length, with its extra bits.
        distances: int64[30]: packed codes of the distance symbols.
        distance_extra: int64[30]: smallest distance of the symbol << 6 | its extra bits.
        distance_symbols: uint8[512]: symbol of distance d at d - 1, above 256 at 256 + (d - 1) // 128.
        head: int64[...]: zlib's head and the block's, low byte first, padded.
        head_bytes: whole bytes of it.
        head_rest: the bits after them.
        head_rest_bits: how many.
    """

    keys: NDArray[np.int64]
    literals: NDArray[np.int64]
    lengths: NDArray[np.int64]
    distances: NDArray[np.int64]
    distance_extra: NDArray[np.int64]
    distance_symbols: NDArray[np.uint8]
    head: NDArray[np.int64]
    head_bytes: int
    head_rest: int
    head_rest_bits: int


def length_symbols() -> NDArray[np.int64]:
    """Literal/length symbol of each match length, int64[259]; 3 is the shortest."""
    lengths = np.arange(LONGEST + 1)
    return np.asarray(np.searchsorted(_LENGTH_BASE, lengths, side="right") + 256, np.int64)


def distance_symbols() -> NDArray[np.uint8]:
    """Symbol of each distance, see Codes."""
    near = np.arange(1, 257)
    far = (np.arange(256) << 7) + 1
    return (np.searchsorted(_DISTANCE_BASE, np.concatenate([near, far]), side="right") - 1).astype(np.uint8)


def make_codes(literals: NDArray[np.int64], distances: NDArray[np.int64], keys: NDArray[np.int64]) -> Codes:
    """Make the codes that are shortest for these counts.

    Args:
        literals: int64[286]: how often each literal/length symbol occurs.
        distances: int64[30]: each distance symbol.
        keys: int64[256]: see Codes.
    """
    literal_bits = code_lengths(_smoothed(literals), _LONGEST_CODE)
    distance_bits = code_lengths(_smoothed(distances), _LONGEST_CODE)
    literal_codes, distance_codes = canonical(literal_bits), canonical(distance_bits)
    lengths = np.zeros(LONGEST + 1, np.int64)
    for length, symbol in enumerate(length_symbols().tolist()):
        if length >= _LENGTH_BASE[0]:
            code, bits, n = literal_codes[symbol], literal_bits[symbol], symbol - 257
            extra = length - _LENGTH_BASE[n]
            lengths[length] = (code | extra << bits) << 6 | (bits + _LENGTH_EXTRA[n])
    head = _head(literal_bits, distance_bits)
    whole, rest = len(head) // 8, len(head) % 8
    packed = np.packbits(np.array(head + [0] * (-len(head) % 64), np.uint8), bitorder="little")
    return Codes(
        keys,
        _packed(literal_codes[:257], literal_bits[:257]),
        lengths,
        _packed(distance_codes, distance_bits),
        _packed(_DISTANCE_BASE, _DISTANCE_EXTRA),
        distance_symbols(),
        packed.view("<i8").astype(np.int64),
        whole,
        int(packed[whole]) if rest else 0,
        rest,
    )


def code_lengths(counts: Sequence[int], longest: int) -> list[int]:
    """Lengths of an optimal prefix code, none longer than ``longest``.

    Args:
        counts: of each symbol; none of them 0.
        longest: bits; 2**longest must not be less than the number of symbols.
    """
    lengths = _huffman(counts)
    return lengths if max(lengths) <= longest else _package_merge(counts, longest)


def _smoothed(counts: NDArray[np.int64]) -> list[int]:
    least = max(1, int(counts.sum()) >> _RAREST)
    return [max(count, least) for count in counts.tolist()]


def _huffman(counts: Sequence[int]) -> list[int]:
    """Lengths of Huffman's code; of one symbol alone: 1."""
    heap = [(count, number) for number, count in enumerate(counts)]
    heapq.heapify(heap)
    parents = [0] * (2 * len(counts) - 1)
    for parent in range(len(counts), len(parents)):
        (a, first), (b, second) = heapq.heappop(heap), heapq.heappop(heap)
        parents[first] = parents[second] = parent
        heapq.heappush(heap, (a + b, parent))
    depths = [0] * len(parents)
    for number in range(len(parents) - 2, -1, -1):
        depths[number] = depths[parents[number]] + 1
    return depths[: len(counts)] if len(counts) > 1 else [1]


def _package_merge(counts: Sequence[int], longest: int) -> list[int]:
    """Lengths of the optimal code under a limit (Larmore and Hirschberg, 1990)."""
    leaves = sorted((count, (symbol,)) for symbol, count in enumerate(counts))
    packages: list[tuple[int, tuple[int, ...]]] = []
    for _ in range(longest):
        level = sorted(leaves + packages, key=lambda item: item[0])
        packages = [(a[0] + b[0], a[1] + b[1]) for a, b in zip(level[::2], level[1::2], strict=False)]
    lengths = [0] * len(counts)
    for _, symbols in packages[: len(counts) - 1]:
        for symbol in symbols:
            lengths[symbol] += 1
    return lengths


def canonical(lengths: Sequence[int]) -> list[int]:
    """Codes of these lengths (RFC 1951, 3.2.2), bit-reversed; 0 where there is none."""
    codes = [0] * len(lengths)
    code, before = 0, 0
    for bits, symbol in sorted((bits, symbol) for symbol, bits in enumerate(lengths) if bits):
        code <<= bits - before
        codes[symbol] = int(f"{code:0{bits}b}"[::-1], 2)
        code, before = code + 1, bits
    return codes


def _packed(values: Sequence[int], bits: Sequence[int]) -> NDArray[np.int64]:
    return np.array([v << 6 | n for v, n in zip(values, bits, strict=True)], np.int64)


def _head(literal_bits: list[int], distance_bits: list[int]) -> list[int]:
    """Zlib's head, and that of a block with these codes (RFC 1951, 3.2.7), as bits."""
    words = _run_lengths(literal_bits + distance_bits)
    counts = [0] * 19
    for symbol, _, _ in words:
        counts[symbol] += 1
    used = [symbol for symbol, count in enumerate(counts) if count]
    lengths = [0] * 19
    for symbol, bits in zip(used, code_lengths([counts[s] for s in used], _LONGEST_LENGTH_CODE), strict=True):
        lengths[symbol] = bits
    codes = canonical(lengths)
    shown = 1 + max(place for place, symbol in enumerate(_ORDER) if lengths[symbol])
    fields = [
        (_ZLIB_HEAD, 16),
        (1, 1),
        (2, 2),
        (LITERALS - 257, 5),
        (DISTANCES - 1, 5),
        (max(shown, 4) - 4, 4),
    ]
    fields += [(lengths[symbol], 3) for symbol in _ORDER[: max(shown, 4)]]
    for symbol, extra, extra_bits in words:
        fields += [(codes[symbol], lengths[symbol]), (extra, extra_bits)]
    return [value >> k & 1 for value, bits in fields for k in range(bits)]


def _run_lengths(lengths: list[int]) -> list[tuple[int, int, int]]:
    """Code lengths as (symbol, extra value, extra bits); none of them is 0."""
    words: list[tuple[int, int, int]] = []
    for value, group in groupby(lengths):
        words.append((value, 0, 0))
        again = len(list(group)) - 1
        while again >= 3:
            words.append((16, min(again, 6) - 3, 2))
            again -= min(again, 6)
        words += [(value, 0, 0)] * again
    return words
