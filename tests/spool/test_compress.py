"""Sides as zlib streams: zlib itself decodes them."""

from __future__ import annotations

import hashlib
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from printstream.base.errors import JobError
from printstream.spool.compress import adler32_of, compress_sides, pack
from tests.spool.spoolkit import compressed


@given(st.lists(st.binary(max_size=300), max_size=12), st.integers(0, 2))
def test_zlib_gives_each_side_back(sides: list[bytes], level: int) -> None:
    streams = compressed(sides, level)
    assert [zlib.decompress(s) for s in streams] == sides
    assert adler32_of(streams).tolist() == [zlib.adler32(s) for s in sides]


def test_offsets_need_not_cover_the_buffer() -> None:
    buffer = np.frombuffer(b"..one.two....", np.uint8)
    first, second = compress_sides(buffer, np.array([2, 5, 9], np.int64), 1)
    assert (zlib.decompress(first), zlib.decompress(second)) == (b"one", b".two")


@pytest.mark.parametrize("level", [-1, 3])
def test_levels_that_depend_on_the_machine_are_refused(level: int) -> None:
    with pytest.raises(JobError, match="compression_level"):
        compress_sides(np.zeros(1, np.uint8), np.array([0, 1], np.int64), level)


def _sample() -> bytes:
    words = [hashlib.sha256(b"%d" % i).hexdigest()[: 3 + i % 7].encode() for i in range(500)]
    picks = (int.from_bytes(hashlib.sha256(b"p%d" % i).digest()[:4], "big") for i in range(4000))
    return b" ".join(words[p % 500] + b" %d" % (p % 10007) for p in picks)


# Computed on AVX-512; qemu-x86_64 with -cpu Nehalem (SSE4.2), SandyBridge (AVX) and Haswell (AVX2) gave the same.
GOLDEN = {0: "788a084c18a4d891", 1: "112224131526ffa6", 2: "781de65e36335eda"}


@pytest.mark.parametrize("level", GOLDEN)
def test_bytes_are_those_of_other_machines(level: int) -> None:
    [stream] = compressed([_sample()], level)
    assert hashlib.sha256(stream).hexdigest()[:16] == GOLDEN[level]


def test_pack_makes_it_small() -> None:
    data = b"page " * 1000
    assert zlib.decompress(pack(data)) == data
    assert len(pack(data)) < 100
