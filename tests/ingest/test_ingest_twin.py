"""The whole room against its plain-Python twin, on dirty data of every kind."""

from __future__ import annotations

import tempfile
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from printstream.base.store import Kind
from printstream.ingest import (
    Details,
    Documents,
    drop_documents,
    footers,
    lineplan,
    read_details,
    read_documents,
    reading_ahead,
    sources,
)
from printstream.ingest.zips import known_zips
from tests.ingest.inputs import WANTED, WANTED_LINES, document, line, make_job, write_input
from tests.reference import ingest as twin

ZIPS = set(known_zips())
DOCUMENT_TEXTS = {"name", "street", "city", "state", "zip5", "zip4", "point", "segment"}
NAMES = [
    "Ada",
    "Zoë Ångström",
    "李",
    "",
    "  ",
    None,
    "bell\x07",
    "next\x85line",
    "tab\tbed",
    "emoji 🎉",
    "x" * 300,
]
ADDRESSES: dict[str, list[Any]] = {
    "street": ["1 Main St", "", " ", None, "del\x7f"],
    "zip5": ["00601", "10001", "1000", "ABCDE", "00000", None, "10001 ", "１２３４５", "10001\n"],
    "zip4": ["1234", "", None, "123", "12a4"],
    "point": ["12", "", None, "1", "123"],
    "opened": [date(2020, 1, 1), date(1, 1, 1), date(9999, 12, 31), None],
    "months": [list(range(12)), [1] * 11, None, [None, *range(11)], []],
    "segment": ["private", "", None, "\x01"],
}
AMOUNTS = [0, 1, -1, 100, 12_345, 10_000_000_000, 10_000_000_001, -(10**17), None]
TEXT_TYPES = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]
MONEY_TYPES = [
    pa.int64(),
    pa.decimal128(20, 2),
    pa.decimal128(38, 1),
    pa.decimal128(30, 0),
    pa.decimal256(38, 2),
]


@st.composite
def dirty_documents(draw: st.DrawFn) -> list[dict[str, Any]]:
    rows = []
    for _ in range(draw(st.integers(0, 12))):
        changes = {"name": draw(st.sampled_from(NAMES))} if draw(st.integers(0, 3)) == 0 else {}
        for column, values in ADDRESSES.items():
            if draw(st.integers(0, 5)) == 0:
                changes[column] = draw(st.sampled_from(values))
        key = draw(st.one_of(st.integers(-3, 12), st.none(), st.sampled_from([10**15, -(10**18)])))
        rows.append(document(key, draw(st.sampled_from(AMOUNTS)), **changes))
    return rows


@st.composite
def dirty_lines(draw: st.DrawFn, keys: list[Any]) -> list[dict[str, Any]]:
    rows = []
    for _ in range(draw(st.integers(0, 40))):
        key = draw(st.sampled_from([*keys, *keys, None, 99, -(10**18)]))
        changes: dict[str, Any] = {
            "order_number": draw(st.sampled_from([1, 2, 3, 200, 70_000, 2**40])),
            "line": draw(st.integers(-3, 3)),
            "day": date(2025, 1, draw(st.integers(1, 5))),
            "part": draw(st.sampled_from(["bolt", "nut", "", "Ölfilter", "łódź"])),
        }
        if draw(st.integers(0, 7)) == 0:
            column = draw(st.sampled_from(["order_number", "line", "day", "part", "paid"]))
            changes[column] = None if draw(st.booleans()) or column != "part" else "bad\x1f"
        amount = (
            draw(st.sampled_from(AMOUNTS))
            if draw(st.integers(0, 9)) == 0
            else draw(st.sampled_from([0, 1, -1]))
        )
        rows.append(line(key, amount, **changes))
    return rows


def reconcile(documents: list[dict[str, Any]], lines: list[dict[str, Any]], which: list[bool]) -> None:
    """Make some documents' totals right, so that not all are rejected for their sums."""
    for row, right in zip(documents, which, strict=False):
        if right and row["account"] is not None:
            row["total"] = sum(entry["amount"] or 0 for entry in lines if entry["account"] == row["account"])


def as_money(rows: list[dict[str, Any]], column: str, kind: pa.DataType) -> None:
    """Write amounts in the units of a decimal type, as exactly as it can."""
    if pa.types.is_decimal(kind):
        for row in rows:
            if row[column] is not None:
                row[column] = Decimal(row[column] // 10 ** (2 - kind.scale)).scaleb(-kind.scale)


@settings(max_examples=120)
@given(data=st.data())
def test_room_agrees_with_its_twin(data: st.DataObject) -> None:
    documents = data.draw(dirty_documents())
    lines = data.draw(dirty_lines([row["account"] for row in documents] or [1]))
    reconcile(documents, lines, data.draw(st.lists(st.booleans(), min_size=12, max_size=12)))
    money, text = data.draw(st.sampled_from(MONEY_TYPES)), data.draw(st.sampled_from(TEXT_TYPES))
    if data.draw(st.booleans()):
        for row in (*documents, *lines):
            row["account"] = None if row["account"] is None else str(row["account"]).replace("3", "")
    is_text = any(isinstance(row["account"], str) for row in (*documents, *lines))
    if is_text:
        texts_keys = {"account"}
        kinds: dict[str, Any] = {"account": text}
    else:
        texts_keys, kinds = set(), {"account": pa.int64()}
    as_money(documents, "total", money)
    as_money(lines, "amount", money)
    job = make_job(
        order_by=data.draw(st.sampled_from([(), ("day", "line"), ("order_number",), ("paid", "amount")]))
    )
    limit = data.draw(st.one_of(st.none(), st.integers(0, 12)))
    part_bytes = data.draw(st.sampled_from([1, 2000, footers.LONG_BYTES]))
    with (
        tempfile.TemporaryDirectory() as name,
        patch.object(sources, "cut_footer", partial(footers.cut_footer, part_bytes=part_bytes)),
    ):
        folder = Path(name)
        document_files, line_files = write_input(
            folder,
            documents,
            lines,
            files=data.draw(st.integers(1, 3)),
            document_types={**kinds, "total": money, "segment": text, "name": text},
            line_types={**kinds, "amount": money, "part": text},
            row_group_size=data.draw(st.sampled_from([1, 3, 1000])),
            write_statistics=data.draw(st.booleans()),
            use_dictionary=data.draw(st.booleans()),
        )
        read = read_documents(job, folder, WANTED, limit)
        workers, ahead = data.draw(st.integers(1, 3)), data.draw(st.booleans())
        # Dictionaries are small here; large ones are read page by page.
        least = data.draw(st.sampled_from([0, lineplan.LARGE_DICTIONARY_BYTES]))
        with (
            patch.object(lineplan, "LARGE_DICTIONARY_BYTES", least),
            patch.object(lineplan, "ROWS_WORTH_CODES", data.draw(st.sampled_from([0, 64]))),
            reading_ahead(job, folder, WANTED_LINES, workers if ahead else 1) as begun,
        ):
            details = read_details(
                job,
                folder,
                WANTED_LINES,
                read.accepted,
                read.rejected_keys,
                workers,
                read.ignored_keys,
                begun,
            )
    expected = twin.read_documents(document_files, job, WANTED, limit, ZIPS, DOCUMENT_TEXTS | texts_keys)
    compare_documents(read, expected)
    lines_expected = twin.read_details(line_files, job, WANTED_LINES, expected, {"part"} | texts_keys)
    compare_details(read, details, lines_expected, [row for _, rows in line_files for row in rows])


def compare_documents(read: Documents, expected: twin.TwinDocuments) -> None:
    assert [tuple(row) for row in read.rejects.rows()] == expected.rejects
    accepted = read.accepted
    assert accepted["document"].to_list() == list(range(len(expected.accepted)))
    assert accepted["document_id"].to_list() == [str(row["account"]) for row in expected.accepted]
    assert accepted["money_cents"].to_list() == [row["cents"] for row in expected.accepted]
    assert accepted["source"].cast(str).to_list() == [row["source"] for row in expected.accepted]
    assert accepted["row"].to_list() == [row["row"] for row in expected.accepted]
    assert accepted["postal_code"].to_list() == [row["zip5"] for row in expected.accepted]
    assert accepted["plus4"].to_list() == [row["zip4"] or "" for row in expected.accepted]
    for column in ("name", "opened", "months", "segment"):
        assert accepted[column].to_list() == [row[column] for row in expected.accepted]
    assert read.rejected_keys.to_list() == expected.rejected_keys
    assert read.ignored_keys.to_list() == expected.ignored_keys
    assert (read.cents, read.rejected_cents) == (expected.cents, expected.rejected_cents)


def compare_details(
    read: Documents, details: Details, expected: twin.TwinDetails, rows: list[dict[str, Any]]
) -> None:
    grouped = [details.order[a:b].tolist() for a, b in zip(details.first, details.first[1:], strict=False)]
    for number, (found, wanted) in enumerate(zip(grouped, expected.by_document, strict=True)):
        # Lines of documents that leave may stand in any order.
        assert found == wanted or (number in expected.bad and sorted(found) == sorted(wanted))
    assert [tuple(row) for row in details.rejects.rows()] == expected.rejects
    for fate in ("accepted", "lone", "null_key", "of_rejected", "ignored"):
        assert getattr(details.lines, fate) == expected.lines[fate]
        assert getattr(details.cents, fate) == expected.cents[fate]
    told = zip(details.bad_rejects["column"], details.bad_rejects["reason"], strict=True)
    assert dict(zip(details.bad_documents.tolist(), told, strict=True)) == expected.bad
    for name, column in details.columns.items():
        values = details.values(name).tolist()
        if column.kind == Kind.TEXT:
            texts = details.dictionaries[name].to_pylist()
            wanted_texts = [row[name] or "" for row in rows]
            # Under a limit, row groups without a line of its documents are not read.
            used = list(range(len(rows))) if not len(read.ignored_keys) else details.order.tolist()
            assert [texts[values[r]] for r in used] == [wanted_texts[r] for r in used]
            different = list(dict.fromkeys(wanted_texts))
            assert sorted(set(texts)) == sorted(texts)
            assert texts == different if not len(read.ignored_keys) else set(texts) <= set(different)
        else:
            wanted_values = [twin.whole(row[name]) or 0 for row in rows]
            used = [r for d, group in enumerate(grouped) if d not in expected.bad for r in group]
            assert [values[r] for r in used] == [wanted_values[r] for r in used]
            if name == details.money_column:
                assert details.amounts(np.arange(len(rows))).tolist() == wanted_values
    kept, left = drop_documents(read.accepted, details, details.bad_documents)
    assert left is not None
    survivors = [k for k in range(len(read.accepted)) if k not in expected.bad]
    assert kept["account"].to_list() == [read.accepted["account"][k] for k in survivors]
    assert kept["document"].to_list() == list(range(len(survivors)))
    regrouped = [left.order[a:b].tolist() for a, b in zip(left.first, left.first[1:], strict=False)]
    assert regrouped == [expected.by_document[k] for k in survivors]
    moved = sum(len(expected.by_document[k]) for k in expected.bad)
    assert left.lines.of_rejected == expected.lines["of_rejected"] + moved
    assert left.cents.total == details.cents.total
    totals = np.array(
        [sum(twin.whole(rows[r]["amount"]) or 0 for r in group) for group in regrouped], np.int64
    )
    assert np.array_equal(totals, kept["money_cents"].to_numpy())
