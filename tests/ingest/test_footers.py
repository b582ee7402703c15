"""Long footers, taken in parts, against Arrow's reading of the whole; Thrift made at random, cut short, and hostile."""

from __future__ import annotations

import io
from decimal import Decimal
from fractions import Fraction
from functools import partial
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

from printstream.base.errors import InputError
from printstream.ingest import (
    available_columns,
    check_input,
    footers,
    lineplan,
    read_details,
    read_documents,
    reading_ahead,
    sources,
)
from printstream.ingest.damage import DamagedError
from printstream.ingest.footers import Shelf, cut_footer
from printstream.ingest.sources import FileSource, read_schema
from printstream.kernels.thrift import (
    BOUNDS,
    CODEC,
    DATA_AT,
    DICTIONARY_AT,
    ELSEWHERE,
    FACTS,
    LEAST,
    MALFORMED,
    MOST,
    NULLS,
    PACKED_BYTES,
    PHYSICAL,
    PLAIN_BYTES,
    SHORT,
    VALUES,
    skip_row_groups,
    skip_value,
)
from tests.ingest.inputs import WANTED, WANTED_LINES, document, line, make_job, write_input

TABLE = pa.table({
    "key": pa.array(range(200), pa.int64()),
    "word": pa.array(["x" * (k % 7) if k % 11 else None for k in range(200)]).dictionary_encode(),
    "months": pa.array([[k] * (k % 4) for k in range(200)], pa.list_(pa.int64())),
    "day": pa.array(range(200), pa.date32()),
})  # fmt: skip


def by_arrow(table: pa.Table, **how: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, row_group_size=how.pop("rows", 3), **how)
    return out.getvalue()


def by_polars(table: pa.Table) -> bytes:
    out = io.BytesIO()
    frame = pl.from_arrow(table.drop_columns("months"))
    assert isinstance(frame, pl.DataFrame)
    frame.write_parquet(out, row_group_size=3)
    return out.getvalue()


WRITTEN = {
    "as usual": by_arrow(TABLE),
    "with page indexes, sorted, checksums": by_arrow(
        TABLE,
        write_page_index=True,
        write_page_checksum=True,
        sorting_columns=[pq.SortingColumn(0)],
        data_page_version="2.0",
    ),
    "without statistics and Arrow's own schema": by_arrow(TABLE, write_statistics=False, store_schema=False),
    "one row group": by_arrow(TABLE, rows=1000),
    "fifteen row groups": by_arrow(TABLE, rows=14),
    "columns of the same name": by_arrow(
        pa.table([TABLE["key"], TABLE["day"], TABLE["day"]], ["a", "a", "b"])
    ),
    "no rows": by_arrow(TABLE[:0]),
    "another writer": by_polars(TABLE),
}


@pytest.mark.parametrize("part_bytes", [1, 3000, 1 << 20])
@pytest.mark.parametrize("how", WRITTEN)
def test_parts_say_what_the_whole_says(how: str, part_bytes: int) -> None:
    data = WRITTEN[how]
    with pq.ParquetFile(pa.BufferReader(data)) as file:
        whole, columns, everything = file.metadata, file.schema_arrow, file.read()
    parts = cut_footer(io.BytesIO(data), "", part_bytes)
    assert len(parts) == (max(whole.num_row_groups, 1) if part_bytes == 1 else len(parts))
    done, tables = 0, []
    for part in parts:
        told = part.metadata(io.BytesIO(data))
        assert told.schema.equals(whole.schema)
        assert told.metadata == whole.metadata
        assert (told.created_by, told.format_version) == (whole.created_by, whole.format_version)
        assert [told.row_group(k).num_rows for k in range(told.num_row_groups)] == list(part.span.group_rows)
        for k in range(told.num_row_groups):
            assert told.row_group(k).to_dict() == whole.row_group(done + k).to_dict()
        done += told.num_row_groups
        assert part.columns(io.BytesIO(data)).schema.equals(columns, check_metadata=True)
        with pq.ParquetFile(pa.BufferReader(data), metadata=told) as file:
            tables.append(file.read_row_groups(range(told.num_row_groups)))
    assert done == whole.num_row_groups
    assert pa.concat_tables(tables).equals(everything)


FACT_OF = {
    "num_values": VALUES,
    "total_uncompressed_size": PLAIN_BYTES,
    "total_compressed_size": PACKED_BYTES,
    "data_page_offset": DATA_AT,
}
TYPES = ["BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"]
CODECS = ["UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD"]


def check_facts(data: bytes) -> None:
    """Compare all facts with what Arrow says of the chunks."""
    (part,) = cut_footer(io.BytesIO(data), "", 1 << 30)
    facts = part.facts(io.BytesIO(data), part.columns(io.BytesIO(data)).flat)
    with pq.ParquetFile(pa.BufferReader(data)) as file:
        whole = file.metadata
    assert facts.shape == (whole.num_row_groups, len(whole.schema), FACTS)
    for group in range(whole.num_row_groups):
        for column in range(len(whole.schema)):
            chunk, row = whole.row_group(group).column(column), facts[group, column]
            for name, place in FACT_OF.items():
                assert row[place] == getattr(chunk, name)
            assert row[DICTIONARY_AT] == (chunk.dictionary_page_offset if chunk.has_dictionary_page else -1)
            assert TYPES[row[PHYSICAL]] == chunk.physical_type
            assert CODECS[row[CODEC]] == chunk.compression
            assert not row[ELSEWHERE]
            check_bounds(row.tolist(), chunk)


def check_bounds(row: list[int], chunk: pq.ColumnChunkMetaData) -> None:
    stats = chunk.statistics if chunk.is_stats_set else None
    assert row[NULLS] == (stats.null_count if stats is not None and stats.has_null_count else -1)
    if chunk.physical_type in ("INT32", "INT64"):
        known = stats is not None and stats.has_min_max
        assert row[BOUNDS] == known
        if known:
            assert (row[LEAST], row[MOST]) == (stats.min_raw, stats.max_raw)
    elif row[BOUNDS] and isinstance(stats.min, Decimal):
        unit = 10 ** -int(stats.min.as_tuple().exponent)
        assert [Fraction(row[place], unit) for place in (LEAST, MOST)] == [
            Fraction(stats.min),
            Fraction(stats.max),
        ]


@pytest.mark.parametrize("how", WRITTEN)
def test_facts_are_arrows(how: str) -> None:
    check_facts(WRITTEN[how])


NUMBERS_OF = {
    kind: st.integers(-(10**digits) + 1, 10**digits - 1).map(
        lambda n, scale=scale: Decimal((n < 0, tuple(map(int, str(abs(n)))), -scale))
    )  # type: ignore[misc]
    for kind, digits, scale in [
        (pa.decimal128(7, 2), 7, 2),
        (pa.decimal128(18, 0), 18, 0),
        (pa.decimal128(38, 2), 38, 2),
        (pa.decimal128(19, 1), 19, 1),
    ]
} | {
    pa.int64(): st.integers(-(1 << 63), (1 << 63) - 1),
    pa.int32(): st.integers(-(1 << 31), (1 << 31) - 1),
    pa.int8(): st.integers(-128, 127),
    pa.date32(): st.integers(-719_162, 2_932_896),
}


@settings(deadline=None)
@given(data=st.data(), kind=st.sampled_from(list(NUMBERS_OF)), rows=st.integers(1, 6))
@pytest.mark.parametrize("decimals_as_numbers", [False, True])
def test_bounds_of_any_numbers_are_arrows(
    decimals_as_numbers: bool, data: st.DataObject, kind: pa.DataType, rows: int
) -> None:
    # Small ones among them: a decimal of 16 bytes whose first ones only repeat the sign.
    small = st.sampled_from([None, 0, 1, -1])
    values = data.draw(st.lists(st.one_of(NUMBERS_OF[kind], small), min_size=1, max_size=20))
    table = pa.table({"n": pa.array(values, kind), "text": pa.array(map(str, values))})
    how: dict[str, Any] = {"store_decimal_as_integer": decimals_as_numbers}
    how["write_statistics"] = data.draw(st.sampled_from([True, True, False]))
    check_facts(by_arrow(table, rows=rows, **how))


def cut_small(size: int) -> Any:
    return patch.object(sources, "cut_footer", partial(cut_footer, part_bytes=size))


def test_a_file_is_read_alike_whole_and_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(WRITTEN["as usual"])
    (whole,) = FileSource.of(path, "x", 50, Shelf())
    with cut_small(4000):
        parts = FileSource.of(path, "x", 50, Shelf())
    assert len(parts) == 8
    assert [row for part in parts for row in part.group_rows] == list(whole.group_rows)
    assert np.concatenate([part.facts("key") for part in parts]).tolist() == whole.facts("key").tolist()
    row = 0
    for part in parts:
        assert (part.first_row, part.row_in_file, part.name) == (50 + row, row, "x")
        read = part.read(range(len(part.group_rows)), ["word", "key"])
        assert read["key"].to_pylist() == list(range(row, row + part.rows))
        row += part.rows


def in_parts(path: Path, shelf: Shelf) -> list[FileSource]:
    path.write_bytes(WRITTEN["as usual"])
    with cut_small(1):
        return FileSource.of(path, path.name, 0, shelf)


def test_short_footers_are_all_kept_and_files_told_apart(tmp_path: Path) -> None:
    shelf = Shelf()
    sources = in_parts(tmp_path / "x", shelf) + in_parts(tmp_path / "y", shelf)
    held = [source.metadata for source in sources]
    assert len({id(told) for told in held}) == len(held)
    assert all(source.metadata is told for source, told in zip(sources, held, strict=True))


def test_of_long_ones_only_the_last_parts_are_kept(tmp_path: Path) -> None:
    shelf = Shelf()
    parts = in_parts(tmp_path / "x", shelf)
    first = parts[0].metadata
    with patch.object(footers, "KEPT_BYTES", 5 * max(part.part.size for part in parts)):
        for part in parts:
            assert part.metadata is part.metadata
        assert len(shelf._kept) == 5
        assert parts[0].metadata is not first
        assert parts[0].metadata.row_group(0).to_dict() == first.row_group(0).to_dict()


def _footer(data: bytes) -> tuple[int, int]:
    length = int.from_bytes(data[-8:-4], "little")
    return len(data) - 8 - length, length


@pytest.mark.parametrize("flip", [0x01, 0x08, 0x80, 0xFF])
def test_every_damaged_byte_is_told_or_harmless(flip: int) -> None:
    data = by_arrow(TABLE[:20], rows=7)
    begin, length = _footer(data)
    told = 0
    for at in range(begin, len(data)):
        damaged = bytearray(data)
        damaged[at] ^= flip
        file = io.BytesIO(bytes(damaged))
        try:
            for part in cut_footer(file, "", 600):
                assert all(rows >= 0 for rows in part.span.group_rows)
                part.facts(file, part.columns(file).flat)
                part.metadata(file)
        except (DamagedError, pa.ArrowException, OSError, UnicodeError):
            told += 1
    assert told > length // 8


@pytest.mark.parametrize("table", ["documents", "lines"])
def test_an_input_with_a_damaged_footer_is_refused_or_read(tmp_path: Path, table: str) -> None:
    rows = range(6)
    write_input(tmp_path, [document(k) for k in rows], [line(k) for k in rows], row_group_size=2)
    path, job = tmp_path / table / "000.parquet", make_job()
    data = path.read_bytes()
    begin, length = _footer(data)
    refused = 0
    for at in range(begin, len(data), 13):
        damaged = bytearray(data)
        damaged[at] ^= 0x40 if at % 2 else 0x02
        path.write_bytes(bytes(damaged))
        try:
            available_columns(job, tmp_path)
            check_input(job, tmp_path, WANTED, WANTED_LINES)
            read = read_documents(job, tmp_path, WANTED, None)
            with reading_ahead(job, tmp_path, WANTED_LINES, 2) as begun:
                keys = read.accepted, read.rejected_keys, 2, read.ignored_keys
                read_details(job, tmp_path, WANTED_LINES, *keys, begun)
        except InputError:
            refused += 1
    assert refused > length // 13 // 4


@pytest.mark.parametrize("size", [0, 3, 8, 11, 12, 40])
def test_what_is_too_short_has_no_footer(size: int) -> None:
    data = WRITTEN["one row group"][-size:] if size else b""
    with pytest.raises(DamagedError):
        cut_footer(io.BytesIO(data), "")


def test_row_groups_that_do_not_add_up_are_no_footer() -> None:
    data = WRITTEN["as usual"]
    begin, _ = _footer(data)
    at = data.index(b"\x16\x90\x03\x19", begin)  # num_rows = 200, then a list
    wrong = data[:at] + b"\x16\x92\x03\x19" + data[at + 4 :]
    with pytest.raises(DamagedError):
        cut_footer(io.BytesIO(wrong), "")


def test_a_footer_that_is_none_is_told_with_its_file(tmp_path: Path) -> None:
    write_input(tmp_path, [document(1)], [line(1)])
    path = tmp_path / "lines" / "000.parquet"
    data = bytearray(path.read_bytes())
    begin, _ = _footer(bytes(data))
    data[begin] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match="damaged or cut short") as caught:
        check_input(make_job(), tmp_path, WANTED, WANTED_LINES)
    assert caught.value.where == "lines/000.parquet"


def test_columns_are_read_from_a_part(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(WRITTEN["as usual"])
    expected = read_schema(path)
    assert expected.names == TABLE.schema.names
    with cut_small(1):
        assert read_schema(path).equals(expected, check_metadata=True)


def test_rows_of_files_in_parts_are_counted_from_the_files_begin(tmp_path: Path) -> None:
    documents = [document(k) | {"name": None if k == 5 else "A"} for k in range(8)]
    write_input(tmp_path, documents, [], files=2, row_group_size=1)
    whole = read_documents(make_job(), tmp_path, WANTED, None)
    with cut_small(1):
        parts = read_documents(make_job(), tmp_path, WANTED, None)
    assert parts.accepted.equals(whole.accepted)
    assert parts.rejects.equals(whole.rejects)
    assert parts.rejects.select("source", "row").rows() == [("documents/001.parquet", 1)]


# Thrift's compact protocol, written from its text: values as (type, bytes).


def varint(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def zigzag(value: int) -> bytes:
    return varint(((value << 1) ^ (value >> 63)) & ((1 << 64) - 1))


def structure(fields: list[tuple[int, tuple[int, bytes]]]) -> bytes:
    out, last = b"", 0
    for number, (kind, data) in fields:
        step = number - last
        out += bytes([step << 4 | kind]) if 0 < step < 16 else bytes([kind]) + zigzag(number)
        out, last = out + data, number
    return out + b"\0"


def sequence(kind: int, items: list[bytes]) -> bytes:
    head = bytes([len(items) << 4 | kind]) if len(items) < 15 else bytes([0xF0 | kind]) + varint(len(items))
    return head + b"".join(items)


LEAVES = {
    3: st.binary(min_size=1, max_size=1),
    4: st.integers(-(1 << 15), (1 << 15) - 1).map(zigzag),
    5: st.integers(-(1 << 31), (1 << 31) - 1).map(zigzag),
    6: st.integers(-(1 << 63), (1 << 63) - 1).map(zigzag),
    7: st.binary(min_size=8, max_size=8),
    8: st.binary(max_size=40).map(lambda text: varint(len(text)) + text),
}
NUMBERS = st.one_of(st.integers(1, 40), st.integers(-300, 1 << 15))


def values(depth: int = 3) -> st.SearchStrategy[tuple[int, bytes]]:
    leaves = [data.map(lambda made, kind=kind: (kind, made)) for kind, data in LEAVES.items()]  # type: ignore[misc]
    flags = [st.sampled_from([(1, b""), (2, b"")])]
    if depth == 0:
        return st.one_of(*leaves, *flags)
    return st.one_of(*leaves, *flags, lists(depth), structures(depth).map(lambda made: (12, made)))


def lists(depth: int) -> st.SearchStrategy[tuple[int, bytes]]:
    def of(kind: int) -> st.SearchStrategy[bytes]:
        if kind in LEAVES:
            items = LEAVES[kind]
        elif kind == 12:
            items = structures(depth)
        else:
            items = st.sampled_from([b"\1", b"\2"])
        return st.lists(items, max_size=20).map(lambda made: sequence(kind, made))

    return st.sampled_from([*LEAVES, 1, 2, 12]).flatmap(lambda k: st.tuples(st.sampled_from([9, 10]), of(k)))


def structures(depth: int) -> st.SearchStrategy[bytes]:
    return st.lists(st.tuples(NUMBERS, values(depth - 1)), max_size=5).map(structure)


@settings(deadline=None)
@given(value=values(), before=st.binary(max_size=3), behind=st.binary(max_size=3))
def test_any_value_is_stepped_over_and_a_cut_one_is_short(
    value: tuple[int, bytes], before: bytes, behind: bytes
) -> None:
    kind, data = value
    held = np.frombuffer(before + data + behind, np.uint8)
    assert skip_value(held, len(before), kind) == len(before) + len(data)
    for cut in range(len(data)):
        assert skip_value(held[: len(before) + cut], len(before), kind) == SHORT


@settings(deadline=None)
@given(
    rows=st.lists(st.integers(0, (1 << 62)), max_size=20),
    others=values(),
    room=st.integers(1, 25),
    cut=st.integers(0, 1000),
)
def test_row_groups_are_counted_with_their_rows(
    rows: list[int], others: tuple[int, bytes], room: int, cut: int
) -> None:
    groups = [
        structure(
            [(1, (9, sequence(12, [structure([(3, (6, zigzag(7)))])]))), (3, (6, zigzag(n))), (9, others)]
        )
        for n in rows
    ]
    whole = b"".join(groups)
    data = np.frombuffer(whole[: max(len(whole) - cut, 0)], np.uint8)
    out, found = np.zeros(room, np.int64), np.zeros(1, np.int64)
    end = skip_row_groups(data, out, found)
    ends = np.cumsum([0, *map(len, groups)])
    fit = min(int((ends <= data.size).sum()) - 1, room)
    assert (end, found[0]) == (ends[fit], fit)
    assert out[:fit].tolist() == rows[:fit]


HOSTILE = {
    "nested without end": (9, b"\x19" * 100_000),
    "structures in structures": (12, b"\x1c" * 100_000),
    "a map": (11, b"\x01\x55\x02\x02"),
    "no such type": (12, b"\x1e\x00"),
    "type 0 in a list": (9, b"\x50" + b"\0" * 5),
    "a number of eleven bytes": (6, b"\x80" * 11 + b"\0"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_bytes_are_malformed(what: str) -> None:
    kind, data = HOSTILE[what]
    assert skip_value(np.frombuffer(data, np.uint8), 0, kind) == MALFORMED


@pytest.mark.parametrize("kind", [8, 9])
def test_lengths_that_would_wrap_around_are_short(kind: int) -> None:
    for claimed in (1 << 31, (1 << 63) - 1, 1 << 63, (1 << 64) - 1):
        head = b"\xf3" if kind == 9 else b""
        data = np.frombuffer(head + varint(claimed) + b"abc", np.uint8)
        assert skip_value(data, 0, kind) == SHORT


@settings(deadline=None)
@given(data=st.binary(max_size=200), kind=st.integers(0, 15))
def test_noise_never_leads_beyond_its_end(data: bytes, kind: int) -> None:
    end = skip_value(np.frombuffer(data, np.uint8), 0, kind)
    assert end in (SHORT, MALFORMED) or 0 <= end <= len(data)


@pytest.mark.parametrize("checked", [True, False])
def test_page_checksums_tell_every_changed_byte(tmp_path: Path, checked: bool) -> None:
    rows = range(6)
    lines = [line(k) | {"part": f"part {k}"} for k in rows]
    how = {"write_page_checksum": checked, "compression": "none", "row_group_size": 2}
    write_input(tmp_path, [document(k) for k in rows], lines, **how)
    path, job = tmp_path / "lines" / "000.parquet", make_job()
    data = path.read_bytes()
    told = 0
    # Text that is stored as it is: nothing but a checksum could tell.
    places = [data.index(b"part %d" % k) + 5 for k in rows]
    for at in places:
        damaged = bytearray(data)
        damaged[at] = ord("9")
        path.write_bytes(bytes(damaged))
        for least in (0, lineplan.LARGE_DICTIONARY_BYTES):
            with (
                patch.object(lineplan, "LARGE_DICTIONARY_BYTES", least),
                patch.object(lineplan, "ROWS_WORTH_CODES", 0),
            ):
                try:
                    read = read_documents(job, tmp_path, WANTED, None)
                    keys = read.accepted, read.rejected_keys, 2, read.ignored_keys
                    read_details(job, tmp_path, WANTED_LINES, *keys, None)
                except InputError as error:
                    told += error.where == "lines/000.parquet"
    assert told == (2 * len(places) if checked else 0)
