"""`verify` on released runs: sound ones pass, and whatever was changed since is found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from tests.judges.nights import JOB, call


@pytest.fixture(scope="module")
def released(few: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("released")
    done = call("run", JOB, "--input", few, "--out", out, "--run-id", "1", "--quiet")
    assert done.code == 0, done.err
    return out / "statement" / "1"


def _flip(path: Path, place: float) -> None:
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= 0x10
    path.write_bytes(data)


def _edit_manifest(run: Path) -> None:
    path = run / "manifest.parquet"
    pl.read_parquet(path).with_columns(pages=pl.col("pages") + 1).write_parquet(path)


def _edit_record(run: Path, edit: Callable[[dict], object]) -> None:
    path = run / "run.json"
    record = json.loads(path.read_text())
    edit(record)
    path.write_text(json.dumps(record))


SPOILED: dict[str, Callable[[Path], object]] = {
    "first byte": lambda run: _flip(run / "spool" / "0001.pdf", 0),
    "a byte of a side": lambda run: _flip(run / "spool" / "0001.pdf", 0.5),
    "last byte": lambda run: _flip(run / "spool" / "0001.pdf", 0.99999),
    "spool gone": lambda run: (run / "spool" / "0001.pdf").unlink(),
    "spool cut short": lambda run: _cut_short(run / "spool" / "0001.pdf"),
    "spool renamed": lambda run: (run / "spool" / "0001.pdf").rename(run / "spool" / "0002.pdf"),
    "spool twice": lambda run: shutil.copy(run / "spool" / "0001.pdf", run / "spool" / "0002.pdf"),
    "manifest edited": _edit_manifest,
    "manifest gone": lambda run: (run / "manifest.parquet").unlink(),
    "rejects edited": lambda run: _flip(run / "rejects.parquet", 0.5),
    "report edited": lambda run: _flip(run / "report.html", 0.5),
    "partial left": lambda run: (run / "spool" / "0009.pdf.partial").write_bytes(b""),
    "count edited": lambda run: _edit_record(run, lambda r: r["counts"].update(pages=1)),
    "rejected edited": lambda run: _edit_record(run, lambda r: r["counts"].update(rejected=7)),
    "money edited": lambda run: _edit_record(run, lambda r: r["money_out_cents"].update(printed=0)),
    "money in edited": lambda run: _edit_record(run, lambda r: r.update(money_in_cents=1)),
    "counts gone": lambda run: _edit_record(run, lambda r: r.pop("counts")),
    "seals gone": lambda run: _edit_record(run, lambda r: r.pop("files")),
    "no JSON": lambda run: (run / "run.json").write_text("{"),
}


def _cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def test_a_released_run_passes(released: Path) -> None:
    done = call("verify", released, "--json")
    assert (done.code, done.record["status"]) == (0, "done")
    assert done.record["counts"]["printed"] == 40
    assert call("verify", released / "run.json", "--workers", 1, "--quiet").code == 0


def test_a_run_passes_where_it_was_moved(released: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(released, tmp_path / "elsewhere")
    assert call("verify", moved, "--quiet").code == 0


@pytest.mark.parametrize("what", SPOILED)
def test_a_changed_run_fails(released: Path, tmp_path: Path, what: str) -> None:
    run = shutil.copytree(released, tmp_path / "run")
    SPOILED[what](run)
    done = call("verify", run, "--json")
    assert done.code == 5, done.err
    assert "Traceback" not in done.err
    assert done.err.count("\n") == 1
    record = done.record
    assert record["exit_code"] == 5
    assert record["what"]
    assert record["where"]
    assert record["next_step"]


def test_what_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"format": "another/1"}')
    done = call("verify", tmp_path, "--json")
    assert done.code == 2
    assert done.record["next_step"]
