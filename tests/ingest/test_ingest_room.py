"""The room as its users see it: limits, scale, workers, hard documents, documents taken away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from printstream.base.columns import REJECTS
from printstream.ingest import (
    Details,
    documents_of_lines,
    drop_documents,
    lineread,
    read_details,
    read_documents,
    reject_documents,
    sinks,
)
from printstream.job import InputSettings, Job
from tests.ingest.inputs import (
    DOCUMENT_TYPES,
    LINE_TYPES,
    WANTED,
    WANTED_LINES,
    document,
    line,
    make_job,
    write_input,
)


def read(folder: Path, job: Job, *, workers: int = 2, limit: int | None = None) -> tuple[Any, Details]:
    documents = read_documents(job, folder, WANTED, limit)
    details = read_details(
        job,
        folder,
        WANTED_LINES,
        documents.accepted,
        documents.rejected_keys,
        workers,
        documents.ignored_keys,
    )
    return documents, details


def test_documents_without_lines_with_many_and_with_none_to_pay_are_accepted(tmp_path: Path) -> None:
    documents = [document(1), document(2, 5000), document(3, 0)]
    lines = [*(line(2, 1, line=k % 100) for k in range(5000)), line(3, 70), line(3, -70)]
    write_input(tmp_path, documents, lines)
    _, details = read(tmp_path, make_job())
    assert np.diff(details.first).tolist() == [0, 5000, 2]
    assert details.bad_documents.tolist() == []


@pytest.mark.parametrize("sign", [1, -1])
def test_amounts_are_absurd_beyond_the_limit_only(tmp_path: Path, sign: int) -> None:
    limit = 5_000
    rows = [document(k, sign * (limit + k)) for k in range(3)]
    lines = [line(0, sign * (limit + 1)), line(0, -sign)]
    write_input(tmp_path, rows, lines)
    documents, details = read(tmp_path, make_job(max_amount=50))
    assert documents.rejects.select("document_id", "column", "reason", "value").rows() == [
        (str(k), "total", "the amount is absurd", str(sign * (limit + k))) for k in (1, 2)
    ]
    assert details.bad_rejects.select("row", "document_id", "column", "reason", "value").rows() == [
        (0, "0", "amount", "the value is absurd", str(sign * (limit + 1)))
    ]


def test_a_total_that_is_not_the_sum_is_rejected_with_both(tmp_path: Path) -> None:
    write_input(tmp_path, [document(1, 123), document(2, 5)], [line(1, 400), line(1, 56), line(2, 5)])
    documents, details = read(tmp_path, make_job())
    assert details.bad_rejects.rows() == [
        (
            "documents/000.parquet",
            0,
            "1",
            "total",
            "the amount differs from the sum of the lines",
            "123, lines 456",
        )
    ]
    kept, left = drop_documents(documents.accepted, details, details.bad_documents)
    assert kept["document_id"].to_list() == ["2"]
    assert left is not None
    assert left.order.tolist() == [2]
    assert (left.cents.accepted, left.cents.of_rejected) == (5, 456)


def test_the_limit_ignores_lines_of_later_documents_but_not_lone_ones(tmp_path: Path) -> None:
    documents = [document(k, 10) for k in (5, 6, 7, 5)]
    lines = [line(k, 10) for k in (5, 6, 7, 99)]
    write_input(tmp_path, documents, lines, files=2, row_group_size=1)
    documents, details = read(tmp_path, make_job(), limit=2)
    assert documents.rows == 2
    assert documents.accepted["account"].to_list() == [6]
    assert documents.rejects["reason"].to_list() == ["the key is there more than once"]
    assert (details.lines.accepted, details.lines.of_rejected, details.lines.ignored) == (1, 1, 1)
    assert details.rejects["document_id"].to_list() == ["99"]
    assert details.cents.total == 30


@pytest.mark.parametrize("limit", [0, 1, 5, None])
def test_a_document_is_judged_alike_with_and_without_limit(tmp_path: Path, limit: int | None) -> None:
    documents = [document(1), document(2, name=""), document(3), document(1), document(4)]
    write_input(tmp_path, documents, [], files=2)
    everything = read_documents(make_job(), tmp_path, WANTED, None)
    some = read_documents(make_job(), tmp_path, WANTED, limit)
    count = 5 if limit is None else limit
    rows = everything.accepted["source"].cast(str) + everything.accepted["row"].cast(str)
    first = {f"documents/{'000' if k < 2 else '001'}.parquet{k if k < 2 else k - 2}" for k in range(count)}
    assert some.accepted["account"].to_list() == [
        key for key, row in zip(everything.accepted["account"], rows, strict=True) if row in first
    ]


def large_input(folder: Path, rows: int, documents: int, **options: Any) -> None:
    """Write many lines, and documents whose totals fit."""
    rng = np.random.default_rng(3)
    keys = rng.integers(0, documents, rows)
    amounts = rng.integers(-5000, 100_000, rows)
    parts = np.array([f"part {k}" for k in range(2000)])
    table = pa.table({
        "account": keys, "order_number": rng.integers(0, 2**33, rows), "line": pa.array(rng.integers(0, 99, rows), pa.int32()),
        "day": pa.array(rng.integers(18_000, 20_000, rows).astype(np.int32), pa.date32()),
        "part": parts[rng.integers(0, 2000, rows)], "amount": amounts, "paid": rng.integers(0, 2, rows) == 1,
    })  # fmt: skip
    (folder / "lines").mkdir()
    pq.write_table(table.cast(pa.schema(list(LINE_TYPES.items()))), folder / "lines" / "0.parquet", **options)
    totals = np.bincount(keys, weights=amounts, minlength=documents).astype(np.int64)
    frame = pl.DataFrame([document(0)])
    frame = pl.concat([frame] * documents).with_columns(
        account=pl.int_range(documents, eager=True), total=pl.Series(totals)
    )
    (folder / "documents").mkdir()
    arrow = frame.select(list(DOCUMENT_TYPES)).to_arrow()
    pq.write_table(arrow.cast(pa.schema(list(DOCUMENT_TYPES.items()))), folder / "documents" / "0.parquet")


def same(a: Details, b: Details) -> bool:
    """Whether two readings agree in every array."""
    return (
        np.array_equal(a.order, b.order)
        and np.array_equal(a.first, b.first)
        and a.lines == b.lines
        and a.cents == b.cents
        and all(np.array_equal(a.values(name), b.values(name)) for name in a.columns)
        and all(a.dictionaries[name].equals(b.dictionaries[name]) for name in a.dictionaries)
        and a.columns == b.columns
    )


@pytest.mark.parametrize("row_group", [1000, 50_000, 400_000])
def test_the_result_does_not_depend_on_workers_or_row_groups(tmp_path: Path, row_group: int) -> None:
    large_input(tmp_path, 400_000, 500, row_group_size=row_group)
    results = [read(tmp_path, make_job(), workers=workers)[1] for workers in (1, 2, 5)]
    assert all(same(results[0], other) for other in results[1:])
    assert results[0].lines.accepted == 400_000
    assert results[0].bad_documents.size == 0
    assert [results[0].columns[name].width_log2 for name in ("amount", "day", "line", "paid")] == [2, 1, 0, 0]
    texts = pq.read_table(tmp_path / "lines" / "0.parquet", columns=["part"])["part"].to_pylist()
    codes, dictionary = results[0].values("part"), results[0].dictionaries["part"].to_pylist()
    assert [dictionary[code] for code in codes[::997].tolist()] == texts[::997]
    assert dictionary == list(dict.fromkeys(texts))


def test_widths_that_prove_too_small_are_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large_input(tmp_path, 30_000, 50, row_group_size=7000)
    honest = read(tmp_path, make_job())[1]
    monkeypatch.setattr(lineread, "likely_widths", lambda table, names: dict.fromkeys(names, 0))
    mended = read(tmp_path, make_job())[1]
    assert mended.columns["amount"].width_log2 == 3
    assert mended.columns["part"].width_log2 == 2
    assert mended.columns["line"].width_log2 == 0
    for name in honest.columns:
        assert np.array_equal(honest.values(name), mended.values(name))
    assert np.array_equal(honest.order, mended.order)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("limit", [0, 1, 3])
def test_under_a_limit_only_row_groups_with_lines_of_its_documents_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, workers: int
) -> None:
    lines = [line(k // 4, 2**40 + k % 4, line=-k, part=f"part {k}") for k in range(40)]
    lines += [line(0, 7, line=9, part="late"), line(77, 3), line(None, 2), line(8, 1, paid=None)]
    amounts = [sum(row["amount"] for row in lines if row["account"] == k) for k in range(10)]
    write_input(tmp_path, [document(k, amounts[k]) for k in range(10)], lines, row_group_size=4)
    job = make_job(max_amount=10**17)
    _, everything = read(tmp_path, job)
    tasks = []
    read_task = lineread.read_task
    monkeypatch.setattr(
        lineread, "read_task", lambda task, sinks: (tasks.append(task), read_task(task, sinks))[1]
    )
    documents, some = read(tmp_path, job, limit=limit, workers=workers)
    touched = {g for task in tasks if "part" in task.columns for g in task.groups}
    assert touched == ({*range(limit), 10} if limit else set())
    assert len(documents.accepted) == limit
    assert some.rejects.rows() == everything.rejects.rows()
    assert (some.lines.lone, some.lines.null_key) == (1, 1)
    assert (some.cents.lone, some.cents.null_key, some.cents.ignored) == (3, 2, sum(amounts[limit:]))
    assert some.first.tolist() == everything.first[: limit + 1].tolist()
    assert some.order.tolist() == everything.order[: some.first[-1]].tolist()
    for name in ("amount", "line", "day", "paid"):
        assert some.values(name)[some.order].tolist() == everything.values(name)[some.order].tolist()
    parts = [some.dictionaries["part"][int(code)].as_py() for code in some.values("part")[some.order]]
    assert parts == [lines[row]["part"] for row in some.order.tolist()]


MOST = 2**31 - 1


@pytest.mark.parametrize("printed", [False, True])
@pytest.mark.parametrize("amount", [MOST + 1, -MOST - 2, 10**17, -(2**62)])
def test_a_few_amounts_beyond_the_width(tmp_path: Path, amount: int, *, printed: bool) -> None:
    """Kept aside where their document leaves, its money counted all the same; read again where it is printed."""
    lines = [line(1, 5), line(2, amount, line=1), line(2, 7, line=2), line(3, MOST), line(99, amount)]
    write_input(tmp_path, [document(1, 5), document(2, amount + 7 * printed), document(3, MOST)], lines)
    job = make_job(max_amount=10**17)
    documents, details = read(tmp_path, job)
    assert details.columns["amount"].width_log2 == (3 if printed else 2)
    assert details.bad_documents.tolist() == ([] if printed else [1])
    assert (details.cents.accepted, details.cents.lone) == (5 + amount + 7 + MOST, amount)
    assert details.amounts(np.array([4, 1, 0, 3])).tolist() == [amount, amount, 5, MOST]
    _, left = drop_documents(documents.accepted, details, details.bad_documents)
    assert left is not None
    assert left.cents.of_rejected == (0 if printed else amount + 7)
    assert left.values("amount")[left.order].tolist() == ([5, amount, 7, MOST] if printed else [5, MOST])


def test_lines_are_sorted_by_what_was_kept_aside(tmp_path: Path) -> None:
    numbers = [2**40, -(2**40), 3, 2**33, -4]
    lines = [line(1, 1, order_number=number) for number in numbers]
    write_input(tmp_path, [document(1, 5)], lines)
    _, details = read(tmp_path, make_job(order_by=("order_number",)))
    assert details.values("order_number")[details.order].tolist() == sorted(numbers)


def test_many_numbers_beyond_the_width_are_no_exceptions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sinks, "MOST_ASIDE", 3)
    lines = [line(99, 2**40 * (k % 2)) for k in range(8)]
    write_input(tmp_path, [document(1)], lines)
    _, details = read(tmp_path, make_job(max_amount=10**17))
    assert details.columns["amount"].width_log2 == 3
    assert details.money_aside.rows.size == 0
    assert details.cents.lone == 4 * 2**40


def test_one_document_may_have_a_million_lines(tmp_path: Path) -> None:
    large_input(tmp_path, 1_000_000, 1)
    _, details = read(tmp_path, make_job(max_amount=10**12))
    assert details.first.tolist() == [0, 1_000_000]
    days, numbers = details.values("day")[details.order], details.values("line")[details.order]
    keys = days.astype(np.int64) * 1000 + numbers
    assert bool((np.diff(keys) >= 0).all())
    assert np.array_equal(np.sort(details.order), np.arange(1_000_000))


def test_a_hundred_thousand_documents_of_one_line_keep_their_order(tmp_path: Path) -> None:
    large_input(tmp_path, 10, 100_000)
    lines = pa.table({
        "account": pa.array(range(100_000)), "order_number": pa.array(range(100_000)),
        "line": pa.array([1] * 100_000, pa.int32()), "day": pa.array([1] * 100_000, pa.date32()),
        "part": ["x"] * 100_000, "amount": pa.array([3] * 100_000), "paid": [True] * 100_000,
    })  # fmt: skip
    pq.write_table(lines, tmp_path / "lines" / "0.parquet", row_group_size=64)
    documents = read_documents(make_job(), tmp_path, WANTED, None)
    accepted = documents.accepted.with_columns(money_cents=pl.lit(3, pl.Int64))
    details = read_details(make_job(), tmp_path, WANTED_LINES, accepted, documents.rejected_keys, 2)
    assert np.array_equal(details.order, np.arange(100_000))
    assert np.array_equal(details.first, np.arange(100_001))
    assert details.bad_documents.size == 0


def broken(values: list[bytes]) -> pa.Array:
    """Text whose bytes nobody checked."""
    raw = pa.array(values, pa.binary())
    return pa.StringArray.from_buffers(len(values), raw.buffers()[1], raw.buffers()[2])


def replace_column(path: Path, name: str, array: pa.Array) -> None:
    table = pq.read_table(path)
    place = table.schema.get_field_index(name)
    pq.write_table(table.set_column(place, name, array), path)


def test_bytes_that_are_no_utf8_reject_their_document(tmp_path: Path) -> None:
    write_input(tmp_path, [document(k) for k in range(4)], [line(k) for k in range(4)])
    replace_column(tmp_path / "documents/000.parquet", "name", broken([b"A", b"B\xff", b"C", b"D"]))
    replace_column(tmp_path / "lines/000.parquet", "part", broken([b"a", b"b", b"\xc3\x28", b"d\x00"]))
    documents, details = read(tmp_path, make_job())
    assert documents.rejects.rows() == [
        ("documents/000.parquet", 1, "1", "name", "the text is not UTF-8", "B\ufffd")
    ]
    assert details.bad_documents.tolist() == [1, 2]
    assert details.bad_rejects.select("document_id", "column", "reason", "value").rows() == [
        ("2", "part", "the text is not UTF-8", "\ufffd("),
        ("3", "part", "the text holds a control character", "d\x00"),
    ]
    assert details.dictionaries["part"].to_pylist() == ["a", "b", "", "d\x00"]


def test_rejects_have_the_shared_columns_and_short_values(tmp_path: Path) -> None:
    write_input(tmp_path, [document(1, zip5="9" * 500)], [line(2)])
    documents, details = read(tmp_path, make_job())
    shape = {column.name: column.dtype for column in REJECTS}
    for frame in (documents.rejects, details.rejects, details.bad_rejects):
        assert dict(frame.schema) == shape
    assert documents.rejects["value"].to_list() == ["9" * 200]


def test_a_job_without_lines_or_money_reads(tmp_path: Path) -> None:
    write_input(tmp_path, [document(1, None)], [])
    plain = InputSettings.model_validate({"documents": {"files": ["documents"], "key": "account"}})
    documents, details = read(tmp_path, make_job().model_copy(update={"input": plain}))
    assert documents.accepted["money_cents"].to_list() == [0]
    assert details.first.tolist() == [0, 0]
    assert drop_documents(documents.accepted, None, [0])[1] is None


def test_documents_taken_away_later_renumber_lines_and_pending_ones(tmp_path: Path) -> None:
    rows = [document(k, 10 * k) for k in range(6)]
    lines = [line(k, 10 * k + (k == 4)) for k in (5, 4, 3, 3, 1, 0)]
    lines[2]["amount"], lines[3]["amount"] = 1, 29
    rows[2]["total"] = 0
    write_input(tmp_path, rows, lines)
    documents, details = read(tmp_path, make_job())
    assert details.bad_documents.tolist() == [4]
    assert documents_of_lines(details, [0, 2, 3]).tolist() == [3, 5]
    kept, left = drop_documents(documents.accepted, details, np.array([1, 1, 0]))
    assert kept["account"].to_list() == [2, 3, 4, 5]
    assert kept["document"].to_list() == [0, 1, 2, 3]
    assert left is not None
    assert left.bad_documents.tolist() == [2]
    assert left.bad_rejects["document_id"].to_list() == ["4"]
    assert [left.order[a:b].tolist() for a, b in zip(left.first, left.first[1:], strict=False)] == [
        [],
        [2, 3],
        [1],
        [0],
    ]
    assert (left.lines.accepted, left.lines.of_rejected) == (4, 2)
    assert documents_of_lines(left, [4, 5]).tolist() == []


def test_later_rejects_point_to_the_documents_row(tmp_path: Path) -> None:
    write_input(tmp_path, [document(1), document(2, name=""), document(3)], [], files=1)
    documents = read_documents(make_job(), tmp_path, WANTED, None)
    rejects = reject_documents(
        documents.accepted, np.array([1]), "name", "no glyph for U+4E2D in the job's fonts"
    )
    assert rejects.rows() == [
        ("documents/000.parquet", 2, "3", "name", "no glyph for U+4E2D in the job's fonts", None)
    ]


def test_a_key_called_document_id_and_unsigned_keys_work(tmp_path: Path) -> None:
    kinds = {"document_id": pa.uint64()}
    rows = [{**document(0), "document_id": key} for key in (7, 2**63 + 5)]
    entries = [{**line(0), "document_id": key} for key in (7, 2**63 + 5)]
    write_input(tmp_path, rows, entries, document_types=kinds, line_types=kinds)
    tables = make_job().input.model_dump()
    tables["documents"]["key"] = tables["details"]["key"] = "document_id"
    job = make_job().model_copy(update={"input": InputSettings.model_validate(tables)})
    documents, details = read(tmp_path, job)
    assert documents.accepted["document_id"].to_list() == ["7"]
    assert documents.rejects["reason"].to_list() == ["the key is beyond 63 bits"]
    assert details.lines.accepted == 1
    assert details.lines.lone == 1


def test_rows_of_string_views_can_be_rejected(tmp_path: Path) -> None:
    """Arrow has no ``take`` for them."""
    types = {**LINE_TYPES, "account": pa.string_view()}
    documents = {**DOCUMENT_TYPES, "account": pa.string_view()}
    lone = {**line(7, 5), "account": "seven"}
    write_input(
        tmp_path,
        [{**document(1), "account": "one"}, {**document(2, 9), "account": "two", "segment": "\x01"}],
        [lone],
        document_types={**documents, "segment": pa.string_view()},
        line_types=types,
    )
    _, details = read(tmp_path, make_job())
    assert details.rejects["document_id"].to_list() == ["seven"]
