"""One document out of the input, against a loop over all rows; and how little is read for it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from printstream.base.errors import InputError
from printstream.ingest import footers, pick_document, sources
from printstream.ingest.sources import FileSource
from printstream.job import Job
from tests.ingest.inputs import document, line, make_job, write_input

KEY_TYPES = [
    *(pa.int64(), pa.int16(), pa.uint64(), pa.string(), pa.large_string(), pa.string_view()),
    pa.dictionary(pa.int32(), pa.string()),
]


def job_of(key: str = "k") -> Job:
    job = make_job()
    documents = job.input.documents.model_copy(update={"key": key})
    assert job.input.details is not None
    details = job.input.details.model_copy(update={"key": key})
    return job.model_copy(
        update={"input": job.input.model_copy(update={"documents": documents, "details": details})}
    )


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(KEY_TYPES),
    keys=st.lists(st.one_of(st.none(), st.integers(0, 12)), max_size=40),
    wanted=st.sampled_from(["0", "3", "7", "12", "13", "-1", "x", "", "07", "99999999999999999999"]),
    rows=st.sampled_from([1, 4, 100]),
    batch=st.sampled_from([1, 7, 1 << 17]),
    part_bytes=st.sampled_from([1, 1 << 20]),
    statistics=st.booleans(),
    files=st.integers(1, 2),
)
def test_all_its_rows_and_no_others(
    tmp_path: Path,
    kind: pa.DataType,
    keys: list[int | None],
    wanted: str,
    rows: int,
    batch: int,
    part_bytes: int,
    statistics: bool,
    files: int,
) -> None:
    is_number = pa.types.is_integer(kind)
    values: list[Any] = [k if is_number or k is None else str(k) for k in keys]
    numbers = list(range(len(keys)))
    for name in ("documents", "lines"):
        (tmp_path / name).mkdir(exist_ok=True)
        for path in (tmp_path / name).iterdir():
            path.unlink()
        for k in range(files):
            path = tmp_path / name / f"{k}.parquet"
            columns = [pa.array(values[k::files], kind), pa.array(numbers[k::files], pa.int64())]
            table = pa.table(columns, ["k", "n"])
            pq.write_table(table, path, row_group_size=rows, write_statistics=statistics)
    same = [n for k, n in zip(keys, numbers, strict=True) if k is not None and _is(k, wanted, is_number)]
    expected = [n for k in range(files) for n in same if n % files == k]
    with (
        patch.object(sources, "cut_footer", partial(footers.cut_footer, part_bytes=part_bytes)),
        patch("printstream.ingest.pick.BATCH_ROWS", batch),
    ):
        if not expected:
            with pytest.raises(InputError, match="no document has this key"):
                pick_document(job_of(), tmp_path, wanted)
            return
        documents, lines = pick_document(job_of(), tmp_path, wanted)
    assert lines is not None
    assert documents["n"].to_pylist() == lines["n"].to_pylist() == expected
    assert documents.schema.types == [kind, pa.int64()]


def _is(key: int, wanted: str, is_number: bool) -> bool:
    if not is_number:
        return str(key) == wanted
    return wanted.lstrip("-").isdigit() and int(wanted) == key


def test_only_row_groups_that_may_have_it_are_read(tmp_path: Path) -> None:
    write_input(
        tmp_path, [document(k) for k in range(12)], [line(k // 3) for k in range(36)], row_group_size=3
    )
    read: list[list[int]] = []
    whole = FileSource.read

    def noted(source: FileSource, groups: list[int], columns: list[str]) -> pa.Table:
        read.append(list(groups))
        return whole(source, groups, columns)

    with patch.object(FileSource, "read", noted):
        documents, lines = pick_document(make_job(), tmp_path, "7")
    assert documents.num_rows == 1
    assert lines is not None
    assert lines.num_rows == 3
    assert read == [[2], [2], [7], [7]]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    write_input(tmp_path, [document(1)], [line(1)])
    path = tmp_path / "lines" / "000.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="damaged or cut short") as caught:
        pick_document(make_job(), tmp_path, "1")
    assert caught.value.where == "lines/000.parquet"


def test_a_missing_key_column_is_named(tmp_path: Path) -> None:
    write_input(tmp_path, [document(1)], [line(1)])
    with pytest.raises(InputError, match="there is no column 'k'") as caught:
        pick_document(job_of(), tmp_path, "1")
    assert caught.value.where == "documents/000.parquet"
