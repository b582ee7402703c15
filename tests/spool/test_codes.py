"""Huffman codes against an unlimited Huffman tree, Kraft's equation and zlib."""

from __future__ import annotations

import heapq
import zlib
from itertools import pairwise, product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from printstream.spool.codes import (
    DISTANCES,
    LITERALS,
    canonical,
    code_lengths,
    distance_symbols,
    length_symbols,
    make_codes,
)

counts = st.lists(st.integers(1, 10**6), min_size=2, max_size=60)


def _huffman_cost(weights: list[int]) -> int:
    """Bits of an optimal code without a limit: the sum of all inner nodes."""
    heap, cost = list(weights), 0
    heapq.heapify(heap)
    while len(heap) > 1:
        node = heapq.heappop(heap) + heapq.heappop(heap)
        cost += node
        heapq.heappush(heap, node)
    return cost


@given(counts)
def test_as_short_as_huffman_where_the_limit_does_not_bind(weights: list[int]) -> None:
    lengths = code_lengths(weights, 40)
    assert sum(w * n for w, n in zip(weights, lengths, strict=True)) == _huffman_cost(weights)


@given(counts, st.integers(6, 15))
def test_complete_and_within_the_limit(weights: list[int], longest: int) -> None:
    lengths = code_lengths(weights, longest)
    assert max(lengths) <= longest
    assert sum(2.0**-n for n in lengths) == 1


@given(st.lists(st.integers(1, 60), min_size=2, max_size=6))
def test_optimal_under_the_limit(weights: list[int]) -> None:
    longest = 3
    lengths = code_lengths(weights, longest)
    tried = (t for t in product(range(1, longest + 1), repeat=len(weights)) if sum(2.0**-n for n in t) <= 1)
    best = min(sum(w * n for w, n in zip(weights, t, strict=True)) for t in tried)
    assert sum(w * n for w, n in zip(weights, lengths, strict=True)) == best


@given(counts)
def test_no_code_begins_another(weights: list[int]) -> None:
    lengths = code_lengths(weights, 15)
    codes = canonical(lengths)
    words = sorted(f"{code:0{n}b}"[::-1] for code, n in zip(codes, lengths, strict=True))
    assert all(not b.startswith(a) for a, b in pairwise(words))


def test_symbols_of_lengths_and_distances() -> None:
    """The tables of RFC 1951, 3.2.5, at both ends of some rows."""
    lengths = length_symbols()
    expected = {3: 257, 10: 264, 11: 265, 12: 265, 18: 268, 19: 269, 114: 279, 115: 280, 227: 284, 257: 284}
    assert {n: int(lengths[n]) for n in expected} == expected
    assert lengths[258] == 285
    near = distance_symbols()
    for distance, symbol in {1: 0, 4: 3, 5: 4, 6: 4, 7: 5, 24: 8, 192: 14, 193: 15, 256: 15}.items():
        assert near[distance - 1] == symbol
    for distance, symbol in {257: 16, 385: 17, 512: 17, 513: 18, 24_576: 28, 24_577: 29, 32_768: 29}.items():
        assert near[256 + ((distance - 1) >> 7)] == symbol


@given(st.lists(st.integers(0, 10**6), min_size=LITERALS, max_size=LITERALS))
def test_zlib_reads_the_head(weights: list[int]) -> None:
    made = make_codes(np.array(weights, np.int64), np.zeros(DISTANCES, np.int64), np.zeros(256, np.uint8))
    end = int(made.literals[256])
    value = made.head_rest | (end >> 6) << made.head_rest_bits
    body = made.head.astype("<i8").tobytes()[: made.head_bytes] + value.to_bytes(4, "little")
    assert zlib.decompressobj(-15).decompress(body[2:]) == b""
    inflate = zlib.decompressobj(-15)
    inflate.decompress(body[2:])
    assert inflate.eof
