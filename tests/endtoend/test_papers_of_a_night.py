"""The papers of a whole run: sealed with it, in agreement with its manifest, trays and money."""

from __future__ import annotations

import json
import time
from pathlib import Path
from threading import Event
from typing import Any

import polars as pl
import pytest

from printstream import mailpapers, produce
from printstream.base.errors import JobError
from tests.judges.maildat import FileSet
from tests.judges.nights import call, files_below, job_with

LISTS = {"trays.csv", "postage.csv", "qualification.csv", "statement.html", "tray-labels.pdf"}


def test_every_paper_is_sealed(run_dir: Path) -> None:
    record = json.loads((run_dir / "run.json").read_text())
    there = {
        path.relative_to(run_dir).as_posix() for path in (run_dir / "postal").rglob("*") if path.is_file()
    }
    assert there == {name for name in record["files"] if name.startswith("postal/")}
    assert {f"postal/{name}" for name in LISTS} < there
    assert len(there) == len(LISTS) + 10


def test_the_mail_dat_of_the_night_agrees_with_its_manifest(run_dir: Path) -> None:
    files = FileSet(run_dir / "postal" / "maildat")
    assert files.faults == []
    manifest = pl.read_parquet(run_dir / "manifest.parquet").filter(pl.col("presort_level") != "single")
    tray_of = {int(q["CQT-1034"]): int(q["CQT-1006"]) for q in files.rows["cqt"]}
    listed = [(tray_of[cqt], barcode) for cqt, _, barcode in files.pieces()]
    assert listed == list(manifest.sort("sequence").select("tray_id", "postal_barcode").iter_rows())
    trays = pl.read_parquet(run_dir / "trays.parquet").filter(pl.col("tray_type") != "none")
    assert [int(row["CSM-1121"]) for row in files.rows["csm"]] == trays["pieces"].to_list()


def test_the_postage_lines_are_the_money_of_the_record(run_dir: Path) -> None:
    record = json.loads((run_dir / "run.json").read_text())
    lines = pl.read_csv(run_dir / "postal" / "postage.csv")
    assert lines["postage_mills"].sum() == record["postage_mills"]
    assert lines["pieces"].sum() == record["counts"]["pieces"]
    assert (lines["rate_mills"] * lines["pieces"] == lines["postage_mills"]).all()
    levels = pl.read_csv(run_dir / "postal" / "qualification.csv")
    assert levels["postage_mills"].sum() == record["postage_mills"]


def test_papers_name_no_recipient(run_dir: Path, night_input: Path) -> None:
    names = pl.read_parquet(night_input / "documents" / "*.parquet")["name"].drop_nulls().head(200)
    for path in (run_dir / "postal").rglob("*.*"):
        if path.suffix in (".csv", ".html") or path.parent.name == "maildat":
            text = path.read_bytes().decode()
            assert not any(name in text for name in names if len(name) > 8)


def test_papers_that_cannot_be_written_stop_the_night_at_once(
    night_input: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not behind the last print file: a night drawn for nothing is a missed window."""
    failed, written = Event(), []
    read_back = produce.read_back

    def no_papers(*_: object) -> None:
        failed.set()
        what = "a name is too long for Mail.dat"
        raise JobError(what, where="job.mailing.maildat")

    def wait(*args: Any) -> Any:
        written.append(args)
        failed.wait(30)
        time.sleep(0.02)  # until the clerk's hands are empty
        return read_back(*args)

    monkeypatch.setattr(mailpapers, "write_mail_papers", no_papers)
    monkeypatch.setattr(produce, "read_back", wait)
    job = job_with(tmp_path / "job", {"spool.sheets": 60})
    done = call("run", job, "--input", night_input, "--out", tmp_path / "out", "--quiet")
    assert done.code == 3
    assert "too long for Mail.dat" in done.err
    assert failed.is_set()
    assert len(written) <= 1  # none, where papers were quicker than the first print file
    assert files_below(tmp_path / "out") == []
