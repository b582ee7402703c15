"""The inserter's control files of a finished run say what the manifest and the marks on paper say."""

from __future__ import annotations

import csv
import hashlib
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.judges.marks import Track
from tests.judges.nights import call, job_with, shared
from tests.judges.press import with_slots
from tests.judges.statement import ROOT

LAYOUTS = ["mrdf_csv", "mrdf_fixed", "pieces_csv", "pieces_xml"]


@pytest.fixture(scope="module")
def made(common: Path, few: Path) -> Path:
    changes: dict[str, Any] = {
        "inserter.files": LAYOUTS,
        "inserter.divert_over_mg": 12_000,
        "spool.sheets": 20,
        "input.reject_limit.share": "1",
    }
    job = shared(common, "job-inserter-files", lambda folder: job_with(folder, changes) and None)

    def run(out: Path) -> None:
        done = call("run", job, "--input", few, "--out", out, "--run-id", "1", "--quiet", "--json")
        assert done.code == 0, done.err

    return shared(common, "inserter-files", run) / "statement" / "1"


@pytest.fixture(scope="module")
def manifest(made: Path) -> pl.DataFrame:
    return pl.read_parquet(made / "manifest.parquet").sort("sequence")


def test_the_manifest_says_the_slot(manifest: pl.DataFrame) -> None:
    assert manifest["slot"].cast(pl.Int64).to_list() == with_slots(manifest)["slot"].to_list()
    assert set(manifest["slot"]) == {0, 1}


def test_every_file_is_sealed(made: Path, manifest: pl.DataFrame) -> None:
    record = json.loads((made / "run.json").read_text())
    suffixes = ["mrdf", "mrdf.csv", "pieces.csv", "jif.xml"]
    names = sorted(
        f"inserter/{spool:04d}.{suffix}" for spool in set(manifest["spool"]) for suffix in suffixes
    )
    assert sorted(name for name in record["files"] if name.startswith("inserter/")) == names
    for name in names:
        assert record["files"][name]["sha256"] == hashlib.sha256((made / name).read_bytes()).hexdigest()


def test_a_record_a_sheet(made: Path, manifest: pl.DataFrame) -> None:
    track = Track.of(ROOT / "printstream" / "marks" / "profiles" / "omr_basic.yaml")
    run_sheet = 0
    diverted = 0
    for spool in sorted(set(manifest["spool"])):
        with (made / "inserter" / f"{spool:04d}.mrdf.csv").open(newline="") as file:
            records = iter(list(csv.DictReader(file)))
        for row in manifest.filter(pl.col("spool") == spool).iter_rows(named=True):
            for sheet in range(1, row["sheets"] + 1):
                record = next(records)
                assert record["piece"] == f"{row['piece_id']:08d}"
                assert (int(record["sheet"]), int(record["sheets"])) == (sheet, row["sheets"])
                assert record["end_of_collation"] == str(int(sheet == row["sheets"]))
                assert record["feeders"] == "0" * 8
                assert record["outsort"] == str(int(row["weight_mg"] > 12_000))
                assert record["marks"] == track.expected(sheet, row["sheets"], run_sheet)
                diverted += int(record["outsort"])
                run_sheet += 1
        assert next(records, None) is None
    assert 0 < diverted < run_sheet


def test_fixed_records_add_up(made: Path, manifest: pl.DataFrame) -> None:
    for spool in sorted(set(manifest["spool"])):
        own = manifest.filter(pl.col("spool") == spool)
        head, *records, tail = (
            (made / "inserter" / f"{spool:04d}.mrdf").read_bytes().decode().split("\r\n")[:-1]
        )
        sheets = int(own["sheets"].sum())
        assert head == f"HMTS09981{spool:04d}{own.height:08d}{sheets:08d}2025-08-01"
        assert tail == f"T{sheets:08d}"
        assert len(records) == sheets
        assert {len(record) for record in records} == {33}
        assert sum(record[23] == "1" and record[9:12] == record[12:15] for record in records) >= 1


def test_a_record_a_piece(made: Path, manifest: pl.DataFrame) -> None:
    for spool in sorted(set(manifest["spool"])):
        own = manifest.filter(pl.col("spool") == spool)
        table = pl.read_csv(made / "inserter" / f"{spool:04d}.pieces.csv", infer_schema=False)
        assert table["piece"].to_list() == [str(v) for v in own["piece_id"]]
        assert table["postal_barcode"].to_list() == own["postal_barcode"].to_list()
        root = ET.parse(made / "inserter" / f"{spool:04d}.jif.xml").getroot()
        assert root.attrib["spool"] == str(spool)
        assert [int(piece.attrib["weight_mg"]) for piece in root] == own["weight_mg"].to_list()
        assert [piece.attrib["id"] for piece in root] == [str(v) for v in own["piece_id"]]


def test_the_run_verifies(made: Path) -> None:
    assert call("verify", made, "--quiet").code == 0
    name = next((made / "inserter").glob("*.mrdf"))
    content = name.read_bytes()
    try:
        name.write_bytes(content.replace(b"D0", b"D1", 1))
        assert call("verify", made, "--quiet").code == 5
    finally:
        name.write_bytes(content)


def test_an_unknown_file_is_found_out_before_the_run(tmp_path: Path, few: Path) -> None:
    job = job_with(tmp_path / "job", {"inserter.files": ["mrdf"]})
    done = call("check", job, "--input", few)
    assert done.code == 3
    assert "no inserter file 'mrdf'" in done.err
