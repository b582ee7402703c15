"""Files and footers: what is found, what is refused, and in which words."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from printstream.base.errors import InputError, JobError
from printstream.ingest import (
    available_columns,
    check_input,
    read_details,
    read_documents,
    reading_ahead,
)
from printstream.ingest.files import find_files
from tests.ingest.inputs import (
    DOCUMENT_TYPES,
    WANTED,
    WANTED_LINES,
    document,
    line,
    make_job,
    write,
    write_input,
)


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    write_input(tmp_path, [document(1), document(2)], [line(1), line(2)], files=2)
    return tmp_path


def names(folder: Path, *patterns: str) -> list[str]:
    return [name for _, name in find_files(folder, patterns, "input.documents.files")]


def test_folders_globs_and_files_are_found_sorted_and_once(folder: Path) -> None:
    both = ["documents/000.parquet", "documents/001.parquet"]
    assert names(folder, "documents") == both
    assert names(folder, "documents/*.parquet", "documents/000.parquet") == both
    assert names(folder, "documents/001.parquet", "documents/000.parquet") == both
    assert names(folder, "**/001.parquet") == ["documents/001.parquet", "lines/001.parquet"]


@pytest.mark.parametrize("pattern", ["nothing.parquet", "none*.parquet", "empty"])
def test_a_pattern_that_finds_nothing_is_refused(folder: Path, pattern: str) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(InputError, match=r"input\.documents\.files: .* finds no file"):
        names(folder, "documents", pattern)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such input folder"):
        names(tmp_path / "gone", "documents")


@pytest.mark.parametrize("pattern", ["out.parquet", "*.parquet", "away", "away/*.parquet"])
def test_symlinks_out_of_the_folder_are_refused(folder: Path, tmp_path_factory: Any, pattern: str) -> None:
    outside = tmp_path_factory.mktemp("outside")
    write(outside / "secret.parquet", [document(3)], DOCUMENT_TYPES)
    (folder / "out.parquet").symlink_to(outside / "secret.parquet")
    (folder / "away").symlink_to(outside)
    with pytest.raises(InputError, match="leads outside"):
        names(folder, pattern)


def test_symlinks_inside_of_the_folder_are_followed(folder: Path) -> None:
    (folder / "again.parquet").symlink_to(folder / "documents" / "000.parquet")
    assert names(folder, "again.parquet") == ["again.parquet"]


def test_what_is_no_regular_file_is_refused_without_waiting(folder: Path) -> None:
    os.mkfifo(folder / "pipe.parquet")
    with pytest.raises(InputError, match="not a regular file"):
        names(folder, "pipe.parquet")


@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"no parquet at all, but long enough to have a footer PAR1"]
)
def test_what_is_no_parquet_is_named(folder: Path, content: bytes) -> None:
    (folder / "lines" / "zzz.parquet").write_bytes(content)
    with pytest.raises(InputError, match=r"lines/zzz\.parquet: this is no Parquet file, or it is damaged"):
        check_input(make_job(), folder, WANTED, WANTED_LINES)


def test_a_file_cut_short_is_named(folder: Path) -> None:
    path = folder / "documents" / "001.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"documents/001\.parquet: .*cut short"):
        read_documents(make_job(), folder, WANTED, None)


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("table", ["documents", "lines"])
def test_damaged_pages_behind_a_sound_footer_are_named(folder: Path, table: str, workers: int) -> None:
    job = make_job()
    sound = read_documents(job, folder, WANTED, None)
    path = folder / table / "001.parquet"
    content = bytearray(path.read_bytes())
    content[4:400] = b"\xff" * 396
    path.write_bytes(content)

    def read() -> None:
        with reading_ahead(job, folder, WANTED_LINES, workers) as ahead:
            read_documents(job, folder, WANTED, None)
            read_details(job, folder, WANTED_LINES, sound.accepted, sound.rejected_keys, 2, ahead=ahead)

    with pytest.raises(InputError, match=rf"{table}/001\.parquet: .*damaged"):
        read()


def test_a_fault_of_the_documents_is_told_before_one_of_the_lines(folder: Path) -> None:
    job = make_job()
    for table in ("documents", "lines"):
        path = folder / table / "001.parquet"
        content = bytearray(path.read_bytes())
        content[4:400] = b"\xff" * 396
        path.write_bytes(content)
    with (
        reading_ahead(job, folder, WANTED_LINES, 2),
        pytest.raises(InputError, match=r"documents/001\.parquet: .*damaged"),
    ):
        read_documents(job, folder, WANTED, None)


def test_a_missing_column_is_named_with_the_nearest(folder: Path) -> None:
    with pytest.raises(InputError) as caught:
        check_input(make_job(), folder, ["openend"], [])
    assert str(caught.value) == "documents/000.parquet: there is no column 'openend'. Did you mean 'opened'?"


def test_every_file_is_checked_not_only_the_first(folder: Path) -> None:
    types = {name: kind for name, kind in DOCUMENT_TYPES.items() if name != "zip4"}
    write(folder / "documents" / "002.parquet", [document(9)], types)
    with pytest.raises(InputError, match=r"documents/002\.parquet: there is no column 'zip4'"):
        check_input(make_job(), folder, [], [])


@pytest.mark.parametrize(
    ("column", "kind", "value", "allowed"),
    [
        ("total", pa.float64(), 1.5, "an integer (cents) or a decimal"),
        ("total", pa.decimal128(20, 3), 1, "an integer (cents) or a decimal"),
        ("zip5", pa.int32(), 601, "string, large_string"),
        ("name", pa.binary(), b"x", "string, large_string"),
        ("account", pa.float64(), 1.0, "an integer or text"),
        ("opened", pa.time32("ms"), 1, "an integer, a decimal with at most 2 places, a date"),
        ("months", pa.list_(pa.string()), ["x"], "a list of 12 integers"),
    ],
)
def test_a_wrong_type_is_named_with_the_types_allowed(
    tmp_path: Path, column: str, kind: pa.DataType, value: Any, allowed: str
) -> None:
    write_input(tmp_path, [{**document(1), column: value}], [line(1)], document_types={column: kind})
    with pytest.raises(InputError) as caught:
        check_input(make_job(), tmp_path, WANTED, [])
    said = str(caught.value)
    assert said.startswith(f"documents/000.parquet: column {column!r} has the type ")
    assert allowed in said.partition("allowed is")[2]


def test_order_by_takes_no_text(folder: Path) -> None:
    with pytest.raises(InputError, match="column 'part' has the type string"):
        check_input(make_job(order_by=("part",)), folder, [], [])


def test_files_of_one_table_must_agree(folder: Path) -> None:
    write(folder / "lines" / "002.parquet", [], {**LINE_TYPES_WITH_TEXT})
    with pytest.raises(
        InputError, match=r"lines/002\.parquet: column 'account' holds text, but whole numbers in"
    ):
        check_input(make_job(), folder, [], [])


LINE_TYPES_WITH_TEXT = {
    "account": pa.string(), "order_number": pa.int64(), "line": pa.int32(), "day": pa.date32(), "amount": pa.int64(),
}  # fmt: skip


def test_keys_of_both_tables_must_agree(tmp_path: Path) -> None:
    write_input(tmp_path, [document(1)], [line("1")], line_types={"account": pa.string()})
    with pytest.raises(InputError, match="the lines' key holds text, but the documents' key whole numbers"):
        check_input(make_job(), tmp_path, [], [])


def test_widths_may_differ_between_files(folder: Path) -> None:
    write(folder / "documents" / "002.parquet", [document(3)], DOCUMENT_TYPES | {"account": pa.int16()})
    assert check_input(make_job(), folder, WANTED, WANTED_LINES) == (3, 2)


def test_a_column_with_a_name_of_the_plan_is_refused(tmp_path: Path) -> None:
    rows = [document(1, sheets=4)]
    write_input(tmp_path, rows, [line(1)], document_types={"sheets": pa.int32()})
    with pytest.raises(JobError, match="column 'sheets' bears a name that the plan gives"):
        read_documents(make_job(), tmp_path, ["sheets"], None)


def test_available_columns_tell_what_they_hold(folder: Path) -> None:
    documents, lines = available_columns(make_job(), folder)
    assert documents["account"] == "int"
    assert documents["name"] == "text"
    assert documents["opened"] == "date"
    assert documents["months"] == "list"
    assert documents["postal_code"] == "text"
    assert lines["part"] == "text"
    assert "name" not in lines
