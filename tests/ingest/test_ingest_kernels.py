"""Kernels of room 1 against Python's own arithmetic, dictionaries, sorting and decoding."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printstream.ingest import tally as tallying
from printstream.ingest.arrow import numbers_of, readable, texts_of
from printstream.ingest.keytable import KeyTable
from printstream.ingest.sinks import Aside
from printstream.ingest.tally import Grouping, tally
from printstream.ingest.texttable import TextTable
from printstream.kernels.dictionaries import CONTROL, INVALID, SOUND, find_text_faults
from printstream.kernels.ingest import (
    IGNORED,
    LONE,
    NULL_KEY,
    OF_REJECTED,
    UNREADABLE,
    narrow,
    sort_lines,
)
from printstream.kernels.lines import close_gaps
from tests.reference.ingest import controls

INT64 = st.integers(-(2**63) + 1, 2**63 - 1)
TEXTS = st.text(max_size=40) | st.sampled_from(["", "a", "12345678", "123456789", "x" * 1000])


@given(values=st.lists(st.none() | INT64), width=st.integers(0, 3), cut=st.integers(0, 9))
def test_narrow_copies_what_fits_and_reports_the_range(
    values: list[int | None], width: int, cut: int
) -> None:
    array = pa.array(values, pa.int64())[cut:]
    kept = values[cut:]
    numbers = numbers_of(array)
    out = np.full(len(kept), 77, (np.int8, np.int16, np.int32, np.int64)[width])
    least, most, absent = narrow(numbers.values, numbers.valid, numbers.offset, out)
    present = [v for v in kept if v is not None]
    assert absent == len(kept) - len(present)
    if present:
        assert (least, most) == (min(present), max(present))
    assert out.tolist() == np.array([v or 0 for v in kept], np.int64).astype(out.dtype).tolist()
    assert numbers.absent().tolist() == [v is None for v in kept]


@given(data=st.data(), scale=st.integers(0, 2))
def test_decimals_become_hundredths_exactly(data: st.DataObject, scale: int) -> None:
    units = data.draw(st.lists(st.none() | st.integers(-(10**38) + 1, 10**38 - 1) | INT64))
    values = [None if u is None else Decimal(u).scaleb(-scale) if abs(u) < 10**27 else u for u in units]
    exact = [None if u is None else Decimal((u < 0, tuple(map(int, str(abs(u)))), -scale)) for u in units]
    assert len(values) == len(exact)
    numbers = numbers_of(pa.array(exact, pa.decimal128(38, scale)))
    for unit, got, missing in zip(units, numbers.values.tolist(), numbers.absent(), strict=True):
        assert missing == (unit is None)
        if unit is not None:
            cents = unit * 10 ** (2 - scale)
            assert got == (cents if abs(cents) < 2**63 else UNREADABLE)


def test_dates_instants_and_flags_become_whole_numbers() -> None:
    second = pa.array([0, -1, 86_399, 86_400, None], pa.timestamp("s"))
    assert numbers_of(second).values[:4].tolist() == [0, -1, 0, 1]
    zoned = pa.array([0, 3600 * 5], pa.timestamp("s", "America/New_York"))
    assert numbers_of(zoned).values.tolist() == [-1, 0]
    assert numbers_of(pa.array([86_400_000], pa.date64())).values.tolist() == [1]
    assert numbers_of(pa.array([True, False, True])[1:]).values.tolist() == [0, 1]
    huge = numbers_of(pa.array([2**63, 5], pa.uint64()))
    assert huge.values.tolist() == [UNREADABLE, 5]


@given(
    texts=st.lists(st.none() | TEXTS, max_size=60), again=st.lists(TEXTS, max_size=20), kind=st.integers(0, 2)
)
def test_text_table_numbers_as_a_dict_does(texts: list[str | None], again: list[str], kind: int) -> None:
    kinds = [pa.string(), pa.large_string(), pa.string_view()]
    table, numbers = TextTable(), {}
    for batch in (texts, again, texts):
        array = pa.array(batch, kinds[kind])
        out = np.empty(len(batch), np.int32)
        table.add(array, out)
        assert out.tolist() == [numbers.setdefault(text or "", len(numbers)) for text in batch]
    assert table.array().to_pylist() == list(numbers)
    found = np.empty(len(again), np.int32)
    table.find(pa.array(again, kinds[kind]), -2, -1, found)
    assert found.tolist() == [numbers[text] for text in again]


def test_text_table_grows_over_many_texts_and_takes_dictionaries() -> None:
    texts = [f"text {k * 7919 % 50_000}" for k in range(120_000)]
    table, numbers = TextTable(), {}
    out = np.empty(len(texts), np.int32)
    table.add(pa.array(texts), out)
    expected = [numbers.setdefault(text, len(numbers)) for text in texts]
    assert out.tolist() == expected
    coded = pa.array([*texts[:3000], None, "new"]).dictionary_encode()
    for _ in range(2):
        again = np.empty(len(coded), np.int32)
        table.add(coded, again)
        assert again[:3000].tolist() == expected[:3000]
        assert table.array()[int(again[-2])].as_py() == ""
        assert table.array()[int(again[-1])].as_py() == "new"
    merged = TextTable()
    merged.add(pa.array(["new", "text 1"]), np.empty(2, np.int32))
    places = merged.merge(table)
    assert merged.array().take(pa.array(places)).equals(table.array())
    assert merged.picked(places).equals(table.array())
    assert merged.picked(places[:0]).to_pylist() == []


def test_a_text_is_compared_by_its_bytes_not_by_its_hash_alone() -> None:
    table = TextTable()
    table.add(pa.array(["a rather long text"]), np.empty(1, np.int32))
    table._store[3] ^= 1
    found = np.empty(1, np.int32)
    table.find(pa.array(["a rather long text"]), -2, -1, found)
    assert found.tolist() == [-1]


@given(
    st.lists(st.binary(max_size=6) | st.text(max_size=6).map(str.encode) | st.sampled_from([b"\xed\xa0\x80"]))
)
def test_text_faults_agree_with_python(texts: list[bytes]) -> None:
    array = pa.array(texts, pa.binary())
    offsets, data = array.buffers()[1], array.buffers()[2]
    marks = np.full(len(texts), 9, np.uint8)
    if texts:
        find_text_faults(
            np.frombuffer(offsets, np.int32)[: len(texts) + 1], np.frombuffer(data or b"", np.uint8), marks
        )
    for text, mark in zip(texts, marks.tolist(), strict=True):
        try:
            expected = CONTROL if controls(text.decode()) else SOUND
        except UnicodeDecodeError:
            expected = INVALID
        assert mark == expected, text


def test_every_two_and_three_byte_sequence_is_judged_as_python_does() -> None:
    sound = 0
    for lead in range(256):
        texts = [bytes([lead, a]) for a in range(256)] + [bytes([lead, a, 0x80]) for a in range(256)]
        array = pa.array(texts, pa.binary())
        marks = np.empty(len(texts), np.uint8)
        spans = np.frombuffer(array.buffers()[1], np.int32)[: len(texts) + 1]
        find_text_faults(spans, np.frombuffer(array.buffers()[2], np.uint8), marks)
        for text, mark in zip(texts, marks.tolist(), strict=True):
            try:
                expected = CONTROL if controls(text.decode()) else SOUND
            except UnicodeDecodeError:
                expected = INVALID
            assert mark == expected, text
            sound += mark == SOUND
    assert sound > 1000


@pytest.mark.parametrize("spread", [1, 5, 10**9, 2**40])
@given(
    accepted=st.sets(st.integers(-500, 500), max_size=60),
    others=st.lists(st.integers(-500, 500), max_size=30),
    asked=st.lists(st.none() | st.integers(-600, 600)),
    as_text=st.booleans(),
)
def test_keys_lead_to_documents_or_fates(
    spread: int, accepted: set[int], others: list[int], asked: list[int | None], *, as_text: bool
) -> None:
    mine = sorted(accepted, key=hash)
    rejected = [k for k in others if k not in accepted and k % 2]
    ignored = [k for k in others if k not in accepted and not k % 2]
    dtype = pl.String if as_text else pl.Int64
    series = [
        pl.Series("k", [k * spread for k in keys], pl.Int64).cast(dtype) for keys in (mine, rejected, ignored)
    ]
    table = KeyTable(*series)
    array = pa.array([None if k is None else k * spread for k in asked], pa.int64())
    if as_text:
        array = array.cast(pa.string())
    out = np.empty(len(asked), np.int32)
    table.find(array, out)
    fates: dict[int | None, int] = {None: NULL_KEY}
    fates |= dict.fromkeys(rejected, OF_REJECTED) | dict.fromkeys(ignored, IGNORED)
    fates |= {k: place for place, k in enumerate(mine)}
    assert out.tolist() == [fates.get(k, LONE) for k in asked]


@given(
    lines=st.lists(st.tuples(st.integers(-4, 5), INT64 | st.just(UNREADABLE)), max_size=150),
    workers=st.integers(1, 4),
    in_order=st.booleans(),
    with_money=st.booleans(),
    data=st.data(),
)
def test_lines_are_tallied_and_grouped_exactly(
    lines: list[tuple[int, int]], workers: int, in_order: bool, with_money: bool, data: st.DataObject
) -> None:
    if in_order:
        lines = sorted(lines)
    documents = np.array([d for d, _ in lines], np.int32)
    cents = np.array([c for _, c in lines], np.int64)
    aside = Aside.nothing()
    if with_money and lines:
        rows = sorted(data.draw(st.sets(st.integers(0, len(lines) - 1), max_size=3)))
        aside = Aside(np.array(rows, np.int64), cents[rows])
        cents[rows] = 0
    with ThreadPoolExecutor(workers) as pool, patch.object(tallying, "_LINES_A_DOCUMENT", 1):
        found = tally(documents, cents if with_money else None, aside, 6, pool, workers)
        order = Grouping.begin(documents.copy(), found, pool).finish()
    counted = [(d, c) for d, c in lines if c != UNREADABLE and with_money]
    for document in range(6):
        exact = sum(c for d, c in counted if d == document)
        assert found.sums[document] == (exact if -(2**63) <= exact < 2**63 else UNREADABLE)
        rows = [k for k, (d, _) in enumerate(lines) if d == document]
        assert order[found.first[document] : found.first[document + 1]].tolist() == rows
    for fate, name in enumerate(("accepted", "lone", "null_key", "of_rejected", "ignored")):
        mine = [k for k, (d, _) in enumerate(lines) if (d >= 0 if fate == 0 else d == -fate)]
        assert getattr(found.lines, name) == len(mine)
        assert getattr(found.cents, name) == sum(lines[k][1] for k in mine if lines[k] in counted)
    accepted = [d for d, _ in lines if d >= 0]
    assert found.in_order == (accepted == sorted(accepted))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=30))
def test_gaps_close_in_place(documents: list[tuple[bool, int]]) -> None:
    keep = np.array([stays for stays, _ in documents], np.bool_)
    first = np.array([0, *itertools.accumulate(size for _, size in documents)], np.int64)
    order = np.arange(first[-1], dtype=np.uint32)
    owners = np.repeat(np.arange(len(documents)), [size for _, size in documents])
    stays = keep[owners] if len(documents) else np.zeros(0, np.bool_)
    leaving = np.empty(int((~stays).sum()), np.uint32)
    close_gaps(order, first, keep, leaving)
    assert order[: int(stays.sum())].tolist() == np.flatnonzero(stays).tolist()
    assert leaving.tolist() == np.flatnonzero(~stays).tolist()


def sorted_by_kernel(columns: list[np.ndarray[Any, Any]], sizes: list[int]) -> tuple[list[int], int]:
    """Lay columns of several widths into one block and sort rows 0.. in documents of these sizes."""
    block, rows = [], []
    used = 0
    for column in columns:
        width = column.dtype.itemsize.bit_length() - 1
        rows.append((width, used >> width))
        raw = column.view(np.uint8)
        block.append(np.concatenate([raw, np.zeros(-raw.size % 8, np.uint8)]))
        used += block[-1].size
    ints = np.concatenate(block).view(np.int64)
    order = np.arange(sum(sizes), dtype=np.uint32)
    first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    views = [ints.view(t) for t in (np.int8, np.int16, np.int32, np.int64)]
    touched = sort_lines(order, first, 0, len(sizes), *views, np.array(rows, np.int64))
    return order.tolist(), touched


@settings(max_examples=60)
@given(data=st.data(), sizes=st.lists(st.integers(0, 90), min_size=1, max_size=6))
def test_lines_are_sorted_as_python_sorts(data: st.DataObject, sizes: list[int]) -> None:
    total = sum(sizes)
    seed = data.draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    types = data.draw(
        st.lists(st.sampled_from([np.int8, np.int16, np.int32, np.int64]), min_size=1, max_size=3)
    )
    span = data.draw(st.sampled_from([2, 10, 127]))
    columns = [rng.integers(-span, span, total).astype(t) for t in types]
    got, touched = sorted_by_kernel(columns, sizes)
    expected, changed, begin = [], 0, 0
    for size in sizes:
        plain = list(range(begin, begin + size))
        tidy = sorted(plain, key=lambda row: tuple(int(c[row]) for c in columns))
        changed += tidy != plain
        expected += tidy
        begin += size
    assert got == expected
    assert touched == changed


def test_one_document_of_a_million_lines_is_sorted() -> None:
    rng = np.random.default_rng(5)
    days, numbers = (
        rng.integers(0, 300, 1_000_000).astype(np.int16),
        rng.integers(0, 5, 1_000_000).astype(np.int8),
    )
    got, touched = sorted_by_kernel([days, numbers], [1_000_000])
    assert touched == 1
    assert got == np.lexsort((numbers, days)).tolist()


def test_texts_of_a_slice_keep_their_places() -> None:
    sliced = pa.array(["a", None, "ccc", "dd"])[1:]
    texts = texts_of(sliced)
    assert len(texts) == 3
    assert texts.offsets.tolist() == [1, 1, 4, 6]


@pytest.mark.parametrize(
    "values",
    [
        pa.array(["a", None, "", "Zoë", "b" * 300, "c"]),
        pa.array(["a", None, "", "Zoë", "b" * 300, "c"], pa.large_string()),
        pa.array(["a", None, "", "Zoë", "b" * 300, "c"], pa.string_view()),
        pa.array(["a", None, "", "a", "b", "c"]).dictionary_encode(),
        pa.array([1, None, -(2**63), 2**63 - 1, 0, 5]),
        pa.array([1, None, 2**64 - 1, 0, 7, 5], pa.uint64()),
        pa.array([1, None, 20_000, 0, 7, 5], pa.date32()),
        pa.array([Decimal("1.50"), None, Decimal("-0.01"), Decimal(0), Decimal(7), Decimal("5.55")]),
        pa.array([True, None, False, True, True, False]),
    ],
)
@pytest.mark.parametrize("first", [0, 1])
def test_rejects_show_values_as_arrow_casts_them(values: pa.Array, first: int) -> None:
    rows = np.array([3, 1, 0, 3], np.int64)
    part = values.slice(first)
    # Arrow has no take for views.
    plain = part.cast(pa.large_string()) if part.type == pa.string_view() else part
    assert readable(part, rows) == plain.take(pa.array(rows)).cast(pa.large_string()).to_pylist()


def test_rejects_show_bytes_that_are_no_text() -> None:
    bad = pa.array([b"ok", b"\xff", None, b"a\xc3"]).view(pa.string())
    assert readable(bad.slice(1), np.arange(3)) == ["\ufffd", None, "a\ufffd"]
