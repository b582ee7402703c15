"""Text columns read page by page, against Arrow's own reading of the same files, the format's vectors, and damage."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printstream.ingest import coded, pageheader
from printstream.ingest.arrow import Coded
from printstream.ingest.coded import read_coded
from printstream.ingest.footers import Shelf
from printstream.ingest.sources import FileSource
from printstream.ingest.texttable import TextTable
from printstream.kernels.pages import MALFORMED, decode_hybrid, find_plain_texts

WORDS = st.sampled_from(["", "a", "Zoë", "李", "x" * 300, "tab\t", *(f"word {k}" for k in range(40))])


def source_of(data: bytes) -> FileSource:
    (source,) = FileSource.of(pa.py_buffer(data), "lines", 0, Shelf())
    return source


def written(texts: list[str | None], **how: Any) -> bytes:
    nullable = how.pop("nullable", True)
    rows = how.pop("rows", 1 << 20)
    schema = pa.schema([pa.field("n", pa.int64()), pa.field("text", pa.string(), nullable=nullable)])
    out = io.BytesIO()
    table = pa.table({"n": pa.array(range(len(texts)), pa.int64()), "text": texts}, schema=schema)
    pq.write_table(table, out, row_group_size=rows, **how)
    return out.getvalue()


def texts_of_coded(read: Coded) -> list[str | None]:
    """Follow the codes in Python."""
    t = read.texts
    words = [
        t.data[int(a) + t.gap : int(b)].tobytes().decode()
        for a, b in zip(t.offsets, t.offsets[1:], strict=False)
    ]
    there = np.ones(len(read), bool)
    if read.valid.size:
        there = np.unpackbits(read.valid, bitorder="little")[: len(read)].astype(bool)
    return [words[k] if is_there else None for k, is_there in zip(read.picks, there, strict=True)]


@settings(deadline=None)
@given(
    texts=st.lists(st.none() | WORDS, min_size=1, max_size=400),
    version=st.sampled_from(["1.0", "2.0"]),
    packing=st.sampled_from(["none", "zstd", "snappy"]),
    page_bytes=st.sampled_from([1, 64, 1 << 20]),
    rows=st.sampled_from([7, 100, 1 << 20]),
    nullable=st.booleans(),
    sums=st.booleans(),
)
def test_columns_read_as_arrow_reads_them(
    texts: list[str | None],
    version: str,
    packing: str,
    page_bytes: int,
    rows: int,
    nullable: bool,
    sums: bool,
) -> None:
    if not nullable:
        texts = [text or "" for text in texts]
    data = written(
        texts,
        rows=rows,
        nullable=nullable,
        data_page_version=version,
        compression=packing,
        data_page_size=page_bytes,
        write_batch_size=5,
        write_page_checksum=sums,
    )
    source = source_of(data)
    found: list[str | None] = []
    table = TextTable()
    numbers: list[int] = []
    with patch.object(coded, "_ROWS_A_PAGE", 1):
        for group in range(source.metadata.num_row_groups):
            read = read_coded(source, group, "text")
            assert read is not None
            found += texts_of_coded(read)
            out = np.empty(len(read), np.int32)
            table.add(read, out)
            numbers += out.tolist()
    assert found == pq.read_table(pa.py_buffer(data))["text"].to_pylist() == texts
    assert [table.array()[k].as_py() for k in numbers] == [text or "" for text in texts]


def test_another_writers_pages_are_read() -> None:
    texts = [f"part {k * 7919 % 3000}" if k % 11 else None for k in range(20_000)]
    for compression in ("zstd", "snappy", "uncompressed"):
        out = io.BytesIO()
        pl.DataFrame({"text": texts}).write_parquet(out, compression=compression)  # type: ignore[arg-type]
        read = read_coded(source_of(out.getvalue()), 0, "text")
        assert read is not None
        assert texts_of_coded(read) == texts


def test_what_is_not_plain_is_left_to_arrow() -> None:
    texts: list[str | None] = [f"text {k}" for k in range(3000)]
    assert read_coded(source_of(written(texts)), 0, "text") is not None
    assert read_coded(source_of(written(texts)), 0, "n") is None
    for how in (
        {"use_dictionary": False},
        {"compression": "gzip"},
        {"dictionary_pagesize_limit": 1000},  # falls back to plain text
        {"data_page_size": 1, "write_batch_size": 1},  # a page a row
    ):
        assert read_coded(source_of(written(texts, **how)), 0, "text") is None
    lists = pa.table({"text": pa.array([["a"], ["b", "a"]])})
    out = io.BytesIO()
    pq.write_table(lists, out)
    source = source_of(out.getvalue())
    (place,) = source.columns.places
    assert read_coded(source, 0, place) is None


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("packing", ["none", "zstd", "snappy"])
def test_damage_is_left_to_arrow_or_stays_within_bounds(version: str, packing: str) -> None:
    texts = [f"text {k * 31 % 97}" if k % 5 else None for k in range(600)]
    data = written(texts, data_page_version=version, compression=packing)
    source = source_of(data)
    chunk = source.metadata.row_group(0).column(1)
    begin = chunk.dictionary_page_offset
    given_up = 0
    for at in range(begin, begin + chunk.total_compressed_size):
        for flip in (0x01, 0x80, 0xFF):
            damaged = bytearray(data)
            damaged[at] ^= flip
            read = read_coded(replace(source, path=pa.py_buffer(bytes(damaged))), 0, "text")
            if read is None:
                given_up += 1
                continue
            offsets = read.texts.offsets
            assert len(read) == len(texts)
            assert (np.diff(offsets) >= read.texts.gap).all()
            assert offsets[-1] == read.texts.data.size
            assert ((read.picks >= 0) & (read.picks < len(read.texts))).all()
    assert given_up > chunk.total_compressed_size // 4


def test_a_file_cut_short_is_left_to_arrow(tmp_path: Path) -> None:
    data = written([f"text {k}" for k in range(3000)])
    source = source_of(data)
    path = tmp_path / "lines.parquet"
    path.write_bytes(data)
    whole = replace(source, path=path)
    assert read_coded(whole, 0, "text") is not None
    path.write_bytes(data[: len(data) // 2])
    assert read_coded(whole, 0, "text") is None
    path.unlink()
    assert read_coded(whole, 0, "text") is None


def decoded(data: bytes, bits: int, limit: int, count: int) -> list[int] | None:
    out = np.empty(count, np.int32)
    padded = np.frombuffer(data, np.uint8)
    return None if decode_hybrid(padded, 0, len(data), bits, limit, out) == MALFORMED else out.tolist()


def test_the_formats_own_example_of_packing() -> None:
    # Encodings.md, RLE: 0 to 7 of three bits are 10001000 11000110 11111010; one group of eight: header 3.
    packed = bytes([0b10001000, 0b11000110, 0b11111010])
    assert decoded(b"\x03" + packed, 3, 8, 8) == list(range(8))
    assert decoded(b"\x03" + packed, 3, 8, 5) == list(range(5))
    assert decoded(b"\x03" + packed, 3, 7, 8) is None
    assert decoded(b"\x03" + packed[:2], 3, 8, 8) is None


def test_runs_of_equal_numbers() -> None:
    # A run of 300 is the header 600 in two bytes; a number of nine bits takes two.
    assert decoded(b"\xd8\x04\x2c\x01", 9, 512, 300) == [300] * 300
    assert decoded(b"\xd8\x04\x2c\x01\x04\x07\x00", 9, 512, 302) == [300] * 300 + [7, 7]
    for broken in (b"", b"\xd8", b"\xd8\x04\x2c", b"\x00\x01\x00", b"\xff\xff\xff\xff\xff\xff\x01"):
        assert decoded(broken, 9, 512, 300) is None
    assert decoded(b"\xd8\x04\x2c\x01", 9, 300, 300) is None
    assert decoded(b"\x10", 0, 1, 8) == [0] * 8


@given(st.integers(1, 31), st.data())
def test_packed_numbers_of_all_widths(bits: int, data: st.DataObject) -> None:
    numbers = data.draw(st.lists(st.integers(0, (1 << bits) - 1), min_size=1, max_size=70))
    groups = -(-len(numbers) // 8)
    whole = sum(number << (bits * k) for k, number in enumerate(numbers))
    packed = bytes([groups << 1 | 1]) + whole.to_bytes(groups * bits, "little")
    limit = min((1 << bits), 2**31 - 1)
    expected = numbers if max(numbers) < limit else None
    assert decoded(packed, bits, limit, len(numbers)) == expected


def test_texts_of_a_dictionary_page() -> None:
    page = b"".join(len(t).to_bytes(4, "little") + t for t in (b"abc", b"", b"xy"))
    offsets = np.empty(4, np.int32)
    assert find_plain_texts(np.frombuffer(page, np.uint8), offsets)
    assert offsets.tolist() == [0, 7, 11, 17]
    for broken in (page[:-1], page + b"\0", page[:9], b"\xff\xff\xff\xff" * 5):
        assert not find_plain_texts(np.frombuffer(broken, np.uint8), offsets)


def test_headers_pass_over_what_they_do_not_need() -> None:
    # i32 1: 2; i32 2: 10; i32 3: 0; struct 7: {i32 1: 3, i32 2: 0, bool 3}; binary 9, list of i32 10, double 11.
    header = bytes(
        [0x15, 4, 0x15, 20, 0x15, 0, 0x4C, 0x15, 6, 0x15, 0, 0x11, 0, 0x28, 2, 7, 7, 0x19, 0x25, 2, 4, 0x17]
    )
    header += bytes(8) + b"\0"
    found = pageheader.read_header(memoryview(header), 0)
    assert (found.kind, found.plain_bytes, found.packed_bytes, found.begin) == (2, 10, 0, len(header))
    assert found.own == {1: 3, 2: 0, 3: 1}
    for cut in range(len(header)):
        with pytest.raises(pageheader.UnlikePageError):
            pageheader.read_header(memoryview(header[:cut]), 0)
    with pytest.raises(pageheader.UnlikePageError):
        pageheader.read_header(memoryview(b"\x1c" * 1000), 0)


def test_a_list_that_claims_more_than_the_file_holds_ends_at_once() -> None:
    """2**62 numbers of eight bytes, or of one, would be counted for ever."""
    for kind in (3, 7):
        endless = bytes([0x19, 0xF0 | kind]) + b"\xff" * 8 + b"\x3f" + b"\x00" * 20
        with pytest.raises(pageheader.UnlikePageError):
            pageheader.read_header(memoryview(endless), 0)
