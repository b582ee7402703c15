"""Control files written from columns and read back with other readers."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printstream.base.errors import JobError
from printstream.ticket import FileLayout, check_layout, file_bytes, load_layout, shipped_layouts

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")) | st.sampled_from("\",;<>&\t\n\r'"),
    max_size=12,
)
RECORDS = st.lists(
    st.fixed_dictionaries(
        {"piece": st.integers(0, 10**7 - 1), "name": TEXT, "a": st.booleans(), "b": st.booleans()}
    ),
    max_size=12,
)
SCHEMA = {"piece": pl.Int64, "name": pl.String, "a": pl.Boolean, "b": pl.Boolean}
FIELDS = [
    {"name": "id", "value": "piece"},
    {"name": "kind", "text": "D"},
    {"name": "who", "value": "name"},
    {"name": "does", "bits": ["a", "b"]},
    {"name": "yes", "value": "a", "values": {"true": "Y", "false": "N"}},
]


def layout_of(**changes: Any) -> FileLayout:
    base: dict[str, Any] = {
        "format": "printstream-inserter-file/1",
        "name": "test",
        "title": "Test",
        "form": "csv",
        "record": "piece",
        "suffix": "txt",
        "encoding": "utf-8",
        "fields": FIELDS,
    }
    return FileLayout.model_validate(base | changes)


def wanted(rows: list[dict[str, Any]]) -> list[list[str]]:
    return [
        [str(r["piece"]), "D", r["name"], f"{int(r['a'])}{int(r['b'])}", "Y" if r["a"] else "N"] for r in rows
    ]


@settings(max_examples=150)
@given(
    rows=RECORDS,
    separator=st.sampled_from(",;|\t"),
    newline=st.sampled_from(["lf", "crlf"]),
    names=st.booleans(),
)
def test_csv_reads_back(rows: list[dict[str, Any]], separator: str, newline: str, names: bool) -> None:
    layout = layout_of(separator=separator, newline=newline, names=names)
    text = file_bytes(layout, pl.DataFrame(rows, SCHEMA), {}).decode()
    found = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    assert found == ([["id", "kind", "who", "does", "yes"]] if names else []) + wanted(rows)


@settings(max_examples=150)
@given(rows=RECORDS)
def test_xml_reads_back(rows: list[dict[str, Any]]) -> None:
    layout = layout_of(form="xml", header=[{"name": "job", "value": "job"}, {"name": "n", "value": "pieces"}])
    root = ET.fromstring(file_bytes(layout, pl.DataFrame(rows, SCHEMA), {"job": 'a"<b', "pieces": len(rows)}))
    assert root.attrib == {"job": 'a"<b', "n": str(len(rows))}
    assert [list(record.attrib.values()) for record in root] == wanted(rows)


@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "piece": st.integers(0, 10**7 - 1),
                "name": st.text("abc", max_size=6),
                "a": st.booleans(),
                "b": st.booleans(),
            }
        ),
        max_size=12,
    )
)
def test_fixed_records_have_one_length(rows: list[dict[str, Any]]) -> None:
    widths = [7, 1, 8, 2, 1]
    fields = [field | {"width": width} for field, width in zip(FIELDS, widths, strict=True)]
    fields[0] |= {"align": "right", "pad": "0"}
    layout = layout_of(
        form="fixed",
        newline="lf",
        fields=fields,
        header=[{"name": "h", "text": "H", "width": 3}],
        trailer=[{"name": "n", "value": "pieces", "width": 5, "align": "right", "pad": "0"}],
    )
    lines = file_bytes(layout, pl.DataFrame(rows, SCHEMA), {"pieces": len(rows)}).decode().splitlines()
    assert lines[0] == "H  "
    assert lines[-1] == f"{len(rows):05d}"
    starts = [0, 7, 8, 16, 18, 19]
    cut = [[line[a:b] for a, b in pairwise(starts)] for line in lines[1:-1]]
    assert cut == [[f"{int(w[0]):07d}", "D", w[2].ljust(8), w[3], w[4]] for w in wanted(rows)]
    assert {len(line) for line in lines[1:-1]} <= {19}


def test_a_value_that_is_too_long_is_refused_or_cut() -> None:
    frame = pl.DataFrame([{"piece": 12345, "name": "x", "a": True, "b": False}], SCHEMA)
    with pytest.raises(JobError, match="'id' of 'test' has 4 characters, a value has 5") as caught:
        file_bytes(layout_of(fields=[FIELDS[0] | {"width": 4}]), frame, {})
    assert "12345" not in str(caught.value)
    cut = layout_of(fields=[FIELDS[0] | {"width": 4, "too_long": "cut"}], names=False)
    assert file_bytes(cut, frame, {}) == b"1234\r\n"


def test_a_character_that_the_encoding_lacks_is_refused() -> None:
    frame = pl.DataFrame([{"piece": 1, "name": "é", "a": True, "b": False}], SCHEMA)
    assert b"\xe9" in file_bytes(layout_of(encoding="latin-1"), frame, {})
    with pytest.raises(JobError, match=r"ascii lacks \(U\+00E9\)"):
        file_bytes(layout_of(encoding="ascii"), frame, {})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"form": "fixed"}, "needs a width"),
        ({"form": "xml", "trailer": [{"name": "n", "text": "T"}]}, "no trailer"),
        ({"fields": [{"name": "x", "text": "a", "value": "b"}]}, "one of value, text and bits"),
        ({"suffix": "../x"}, "suffix"),
        ({"fields": []}, "fields"),
    ],
)
def test_a_faulty_layout_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        layout_of(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"fields": [{"name": "x", "value": "nothing"}]},
        {"fields": [{"name": "x", "bits": ["piece", "nothing"]}]},
        {"header": [{"name": "x", "value": "piece"}]},
        {"trailer": [{"name": "x", "value": "nothing"}]},
    ],
)
def test_a_column_that_no_record_has_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(JobError, match="is no column"):
        check_layout(layout_of(**changes), {"piece", "name", "a", "b"}, {"job"})


def test_an_unknown_layout_is_refused() -> None:
    with pytest.raises(JobError, match="no inserter file 'mrdf'") as caught:
        load_layout("mrdf")
    assert "mrdf_csv" in caught.value.next_step


@pytest.mark.parametrize("name", [*shipped_layouts()])
def test_shipped_layouts_are_named_after_their_files(name: str) -> None:
    assert load_layout(name).name == name
