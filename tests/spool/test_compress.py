"""Content streams as objects: zlib and igzip decode what our kernel wrote."""

from __future__ import annotations

import hashlib
import random
import re
import subprocess
import sys
import zlib
from functools import cache
from pathlib import Path

import deflate
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from isal import igzip_lib

import printstream
from printstream.spool.codes import Codes
from printstream.spool.compress import Block, Compressor, pack, train
from tests.spool.spoolkit import numbered_sides

_OBJECT = re.compile(rb"(\d+) 0 obj\n<</Length (\d+)/Filter/FlateDecode>>stream\n")
ROWS = b"".join(
    b"T*\n[(03/%02d/1994)-1101(plum %d)-%d(6)]TJ\n" % (i % 28, i, 9000 + 7 * i) for i in range(3000)
)


def buffer_of(sides: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    offsets = np.cumsum([0, *map(len, sides)]).astype(np.int64)
    return np.frombuffer(b"".join(sides), np.uint8), offsets


@cache
def codes() -> Codes:
    return train([buffer_of([ROWS[:4000], *numbered_sides(20)])])


def streams_of(block: Block) -> list[bytes]:
    """Take the objects apart as the PDF standard says, and look at everything around the streams."""
    data, streams = block.data.tobytes(), []
    ends = [*block.begins.tolist(), len(data)][1:]
    for number, (begin, end) in enumerate(zip(block.begins.tolist(), ends, strict=True), block.first_number):
        head = _OBJECT.match(data, begin)
        assert head is not None
        assert int(head[1]) == number
        stop = head.end() + int(head[2])
        assert data[stop:end] == b"\nendstream\nendobj\n"
        streams.append(data[head.end() : stop])
    return streams


def compress(sides: list[bytes], first_number: int = 1) -> Block:
    return Compressor(codes()).compress(*buffer_of(sides), first_number)


bits = st.binary(max_size=300)
texts = st.lists(
    st.sampled_from([b"T*\n[(", b")-1101(", b"plum ", b"7", b")]TJ\n", b"\xff\x00"]), max_size=200
)
repeats = st.builds(
    lambda piece, count: piece * count, st.binary(min_size=1, max_size=9), st.integers(0, 400)
)


@settings(max_examples=300)
@given(st.lists(bits | texts.map(b"".join) | repeats, max_size=8), st.integers(1, 10**8))
def test_zlib_gives_each_side_back(sides: list[bytes], first_number: int) -> None:
    block = compress(sides, first_number)
    streams = streams_of(block)
    assert [zlib.decompress(s) for s in streams] == sides
    assert block.adler32.tolist() == [zlib.adler32(s) for s in sides]


@pytest.mark.parametrize(
    "side",
    [
        ROWS,
        b"(" + bytes(70_000) + b"(",
        np.random.default_rng(1).bytes(100_000),
        b"(abc" + np.random.default_rng(2).bytes(32_768 - 4) + b"(abc" + b"(abc",
        b"(abc" + b"1" * (32_768 - 3) + b"(abc",
        b"(" + b"a" * 600,
        b"\xff" * 100_000,
    ],
    ids=["rows", "zeros", "noise", "at the window's end", "beyond the window", "run", "rare bytes"],
)
def test_long_sides(side: bytes) -> None:
    for sides in ([side], [side, side[1:], b"", side[:5]]):
        streams = streams_of(compress(sides))
        assert [zlib.decompress(s) for s in streams] == sides
        assert [igzip_lib.decompress(s, igzip_lib.DECOMP_ZLIB) for s in streams] == sides


def test_rows_become_small() -> None:
    [stream] = streams_of(compress([ROWS]))
    assert len(stream) < 1.15 * len(zlib.compress(ROWS, 1))


def test_columns_are_told_apart() -> None:
    """All cells end with the same bytes: a match of the cell above goes on through the gap, one of the cell before does not."""
    draw = random.Random(1)
    rows = b"".join(
        b"T*\n[(%d)-2949(%d,%03d.%02d)-3088(%d%%)-1550(%d%%)-1282(MAIL)-4287(%d,%03d.%02d)]TJ\n"
        % tuple(draw.randrange(n) for n in (50, 90, 1000, 100, 10, 10, 90, 1000, 100))
        for _ in range(200)
    )
    buffer = buffer_of([rows])
    [stream] = streams_of(Compressor(train([buffer])).compress(*buffer, 1))
    assert len(stream) < 1.05 * len(zlib.compress(rows, 6))


def test_bytes_depend_on_the_side_alone() -> None:
    """Neither on what the worker did before nor on what lies beside it in a task."""
    sides = [ROWS[i * 3000 : i * 3000 + 3500] for i in range(20)]
    worker = Compressor(codes())
    together = streams_of(worker.compress(*buffer_of(sides), 1))
    again = [streams_of(worker.compress(*buffer_of([side]), 77))[0] for side in reversed(sides)]
    assert again[::-1] == together


def test_offsets_need_not_cover_the_buffer() -> None:
    buffer = np.frombuffer(b"..one.two....", np.uint8)
    block = Compressor(codes()).compress(buffer, np.array([2, 5, 9], np.int64), 4)
    assert [zlib.decompress(s) for s in streams_of(block)] == [b"one", b".two"]


def test_no_sides() -> None:
    block = Compressor(train([])).compress(np.zeros(0, np.uint8), np.zeros(1, np.int64), 4)
    assert block.data.size == block.begins.size == 0


def test_bytes_are_those_of_other_machines() -> None:
    """The kernel reckons with whole numbers only; this value came from an AVX-512 machine."""
    block = compress([ROWS[:20_000]])
    assert hashlib.sha256(block.data).hexdigest()[:16] == "5bd9b445c3f666ce"


def test_pack_makes_it_small() -> None:
    data = b"page " * 1000
    assert zlib.decompress(pack(data)) == data
    assert len(pack(data)) < 100


CROSS_REFERENCE = bytes.fromhex(
    "02000000000000ffff0201000000000f01010200000000002c00000200000000002f00000200000000022800000200000000022200000200000000021b"
    "0000020000000001c20000020000000003a60000020000000000bb0000020000000001b90000020000000018330000020000000018ee00000200000000"
    "247800000201000000a1ce000002000000000000000102000000000000000102000000000000000102ff00000063f600fd020000000001730000020000"
    "000003640000"
)
"""Of a sheet of tray labels: igzip packs it in three ways, by where the system puts a process in memory."""


def test_packed_bytes_are_those_of_other_machines() -> None:
    assert hashlib.sha256(pack(CROSS_REFERENCE)).hexdigest()[:16] == "98c8a7547a3fccef"


def test_nothing_that_is_written_is_packed_by_igzip() -> None:
    """Its bytes vary from process to process (docs/spool.md)."""
    package = Path(printstream.__file__).parent
    files = [file for file in package.rglob("*.py") if "bench" not in file.parts]
    assert len(files) > 100
    assert [
        file.name for file in files if re.search(r"igzip_lib\.compress|isal_zlib\.compress", file.read_text())
    ] == []


@pytest.mark.long
def test_packed_bytes_do_not_depend_on_addresses() -> None:
    """With igzip in libdeflate's place, 1,000 processes are seen to differ in fourteen of fifteen trials."""
    folder = Path(deflate.__file__).parents[1]
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); import deflate; "
    code += f"sys.stdout.buffer.write(deflate.zlib_compress(bytes.fromhex({CROSS_REFERENCE.hex()!r}), 6))"
    command = [sys.executable, "-I", "-S", "-c", code]
    for _ in range(1000):
        assert subprocess.run(command, capture_output=True, check=True).stdout == pack(CROSS_REFERENCE)
