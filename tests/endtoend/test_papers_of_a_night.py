"""The papers of a whole run: sealed with it, in agreement with its manifest, trays and money."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from tests.judges.maildat import FileSet

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
