"""Result files read back, and what became of every piece, against a twin that keeps a list a piece."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from printstream.base.errors import InputError, JobError
from printstream.cli import main
from printstream.ticket import load_results_layout, read_results, reconcile_pieces
from printstream.ticket.results import REPORTED, UNKNOWN, shipped_results

RECORDS = st.lists(
    st.tuples(st.integers(1, 12) | st.none(), st.sampled_from([*REPORTED, UNKNOWN])), max_size=30
)


def twin(pieces: list[int], records: list[tuple[int | None, str]]) -> list[tuple[int | None, str, int]]:
    said: dict[int | None, list[str]] = {}
    for piece, state in records:
        said.setdefault(piece, []).append(state)
    out: list[tuple[int | None, str, int]] = []
    for piece in pieces:
        words = said.pop(piece, [])
        state = "missing"
        if words:
            best = next(word for word in (*REPORTED, UNKNOWN) if word in words)
            state = "doubled" if words.count("done") > 1 else best
        out.append((piece, state, len(words)))
    rest = sorted(said.items(), key=lambda item: (item[0] is None, item[0] or 0))
    return out + [(piece, "strange", len(words)) for piece, words in rest]


@given(pieces=st.lists(st.integers(1, 12), unique=True), records=RECORDS)
def test_every_piece_has_a_state(pieces: list[int], records: list[tuple[int | None, str]]) -> None:
    frame = pl.DataFrame(records, schema={"piece_id": pl.Int64, "state": pl.String}, orient="row")
    found = reconcile_pieces(pl.Series(pieces, dtype=pl.UInt32), frame)
    assert list(found.iter_rows()) == twin(pieces, records)


FILES = {
    "output_csv": 'piece,state\r\n1,stacked\r\n"2",outsorted\r\n3,lost in jam\r\n4,eaten\r\nx,stacked\r\n',
    "interlock_fixed": "HJOB\nD00000001G\nD00000002O\nD00000003B\nD00000004?\nD0000x005G\nT5\n",
    "results_xml": '<r><piece id="1" status="OK"/><piece><id>2</id><status>DIVERTED</status></piece>'
    '<piece id="3" status="DAMAGED"/><piece id="4" status=""/><piece id="x" status="OK"/></r>',
}


@pytest.mark.parametrize("name", [*shipped_results()])
def test_a_result_file_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / "results"
    path.write_text(FILES[name])
    found = read_results(path, load_results_layout(name))
    assert found["piece_id"].to_list() == [1, 2, 3, 4, None]
    assert found["state"].to_list() == ["done", "diverted", "spoiled", "unknown", "done"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("output_csv", b"number,state\n1,stacked\n"),
        ("output_csv", b""),
        ("output_csv", b"piece,state\n\xff,stacked\n"),
        ("results_xml", b"<r><piece"),
        ("results_xml", b'<!DOCTYPE r [<!ENTITY a "b">]><r/>'),
        ("interlock_fixed", b"\xe9"),
    ],
)
def test_a_file_of_another_form_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "results"
    path.write_bytes(content)
    with pytest.raises(InputError, match="does not have the form"):
        read_results(path, load_results_layout(name))


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_results(tmp_path / "none", load_results_layout("output_csv"))
    with pytest.raises(JobError, match="no layout of result files 'none'"):
        load_results_layout("none")


def _run(folder: Path, pieces: int) -> Path:
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"format": "printstream-run/1"}))
    pl.DataFrame({"piece_id": pl.Series(range(1, pieces + 1), dtype=pl.UInt32)}).write_parquet(
        folder / "manifest.parquet"
    )
    return folder


def test_the_command_counts_lists_and_exits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = _run(tmp_path / "run-7", 4)
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("piece,state\n1,stacked\n2,stacked\n9,stacked\n")
    second.write_text("piece,state\n2,stacked\n3,outsorted\n")
    call = ["reconcile", str(run), "--results", str(first), "--results", str(second)]
    assert main([*call, "--save", str(tmp_path / "open.csv"), "--json"]) == 5
    document = json.loads(capsys.readouterr().out)
    assert document["counts"] == {
        "done": 1, "diverted": 1, "spoiled": 0, "unknown": 0, "missing": 1, "doubled": 1, "strange": 1,
    }  # fmt: skip
    listed = pl.read_csv(tmp_path / "open.csv")
    assert listed.rows() == [(2, "doubled", 2), (4, "missing", 0), (9, "strange", 1)]
    assert main(call) == 5
    assert "piece 4: missing" in capsys.readouterr().out
    first.write_text("piece,state\n1,stacked\n2,stacked\n4,stacked\n")
    second.write_text("piece,state\n2,lost in jam\n3,outsorted\n")
    assert main([*call, "--quiet"]) == 0
    assert capsys.readouterr().out == ""


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reconcile", str(tmp_path), "--results", "x"]) == 2
    assert "no run.json" in capsys.readouterr().err
