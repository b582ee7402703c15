"""Print files that follow PDF/X-4 and PDF/VT-1: judged from the standards' rules, and what the product refuses."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import polars as pl
import pytest
from PIL import Image

from tests.judges import pdfstandards
from tests.judges.nights import call, job_with, shared
from tests.judges.whole import qpdf_faults

UNIMPOSED = {"scheme": "one_up", "sheet_width": "8.5in", "sheet_height": "11in", "crop_marks": False}
FOUR_UP = {"scheme": "four_up_cut_and_stack", "sheet_width": "20in", "sheet_height": "26in"}
"""With a colour bar, registration marks and a line of text."""


def run(common: Path, few: Path, name: str, **changes: Any) -> Path:
    """Run folder of a changed job over 40 documents."""

    def make(out: Path) -> None:
        job_with(out / "job", changes)
        done = call("run", out / "job", "--input", few, "--out", out, "--run-id", "1", "--quiet", "--json")
        assert done.code == 0, done.err

    return shared(common, f"standard-{name}", make) / "statement" / "1"


@pytest.fixture(scope="module")
def records(common: Path, few: Path) -> Path:
    spool = {"standard": ["pdfvt1"], "at": "piece", "most_pieces": 12}
    return run(common, few, "vt", imposition=UNIMPOSED, spool=spool)


def spools(run_dir: Path) -> list[Path]:
    found = sorted((run_dir / "spool").glob("*.pdf"))
    assert found
    return found


def test_one_record_a_piece(records: Path) -> None:
    manifest = pl.read_parquet(records / "manifest.parquet")
    assert len(spools(records)) > 1
    rows = []
    for path in spools(records):
        rows += [record["printstream"] for record in pdfstandards.check_pdfvt1(path, manifest)]
    for name in ("piece_id", "sequence", "sheets", "pages", "tray_id"):
        assert [row[name] for row in rows] == manifest[name].to_list()
    assert {key for row in rows for key in row} == {"piece_id", "sequence", "sheets", "pages", "tray_id"}


def test_records_name_nobody_unless_the_job_asks(records: Path, few: Path, common: Path) -> None:
    manifest = pl.read_parquet(records / "manifest.parquet")
    contact = [
        record["CIP4_Root"]["CIP4_Recipient"]["CIP4_Contact"]
        for path in spools(records)
        for record in pdfstandards.check_pdfvt1(path, manifest)
    ]
    assert [c["CIP4_Address"]["CIP4_PostalCode"] for c in contact] == manifest["postal_code"].to_list()
    assert all(set(c) == {"Type", "CIP4_Address"} for c in contact)
    assert all(set(c["CIP4_Address"]) == {"Type", "CIP4_PostalCode"} for c in contact)
    wanted = {"fields": ["document_id", "city", "documents"], "name": "name"}
    asked = run(common, few, "names", imposition=UNIMPOSED, spool={"standard": ["pdfvt1"], "records": wanted})
    manifest = pl.read_parquet(asked / "manifest.parquet")
    people = pl.read_parquet(few / "documents").with_columns(pl.col("customer_key").cast(pl.String))
    said = {}
    for path in spools(asked):
        for record in pdfstandards.check_pdfvt1(path, manifest):
            person = record["CIP4_Root"]["CIP4_Recipient"]["CIP4_Contact"]
            name = person["CIP4_Person"]["CIP4_FullName"]
            said[record["printstream"]["document_id"]] = name, person["CIP4_Address"]["CIP4_City"]
            assert record["printstream"]["documents"] == 1
    keys = people.filter(pl.col("customer_key").is_in(manifest["document_id"].implode()))
    assert said == {
        key: (name, city) for key, name, city in keys.select("customer_key", "name", "city").rows()
    }


def test_marks_of_all_kinds_follow_pdfx4(common: Path, few: Path) -> None:
    made = run(common, few, "x4-bar", imposition=FOUR_UP, spool={"standard": ["pdfx4"]})
    for path in spools(made):
        pdfstandards.check_pdfx4(path)
        with pikepdf.open(path) as pdf:
            assert b" k\n" in pdf.pages[0].Resources.XObject["/U0"].read_bytes()


@pytest.mark.parametrize("intent", [{}, {"shipped": "srgb"}])
def test_imposed_sheets_follow_pdfx4(
    common: Path, few: Path, intent: dict[str, str], require_tool: Any
) -> None:
    name = "x4-" + intent.get("shipped", "cmyk")
    made = run(common, few, name, spool={"standard": ["pdfx4"], "output_intent": intent})
    for path in spools(made):
        pdfstandards.check_pdfx4(path)
        assert qpdf_faults(require_tool("qpdf"), path) == ""
    said = subprocess.run(
        [require_tool("pdfinfo"), spools(made)[0]], capture_output=True, text=True, check=True
    ).stdout
    assert "PDF/X-4" in said
    assert json.loads((made / "run.json").read_text())["work_order"]["standards"] == ["PDF/X-4"]


def test_black_text_takes_one_ink(records: Path, require_tool: Any, tmp_path: Path) -> None:
    """Ghostscript's separations of a page, at a resolution at which barcodes and text have solid black."""
    plates = tmp_path / "plates.tif"
    words = [
        "-q",
        "-dNOPAUSE",
        "-dBATCH",
        "-sDEVICE=tiff32nc",
        "-r100",
        "-dLastPage=1",
        f"-sOutputFile={plates}",
    ]
    subprocess.run([require_tool("gs"), *words, spools(records)[0]], check=True, capture_output=True)
    inks = np.asarray(Image.open(plates)).reshape(-1, 4)
    solid = inks[inks[:, 3] == 255]
    assert len(solid) > 500
    assert not solid[:, :3].any()
    assert inks[:, :3].any()


def test_content_is_that_of_a_plain_run(common: Path, few: Path, records: Path) -> None:
    spool = {"at": "piece", "most_pieces": 12}
    plain = run(common, few, "plain", imposition=UNIMPOSED, spool=spool)
    own, other = (pl.read_parquet(folder / "sides.parquet") for folder in (records, plain))
    assert own.equals(other)


def _tampered(run_dir: Path, out: Path, change: Callable[[bytes], bytes]) -> Path:
    """A copy of a run whose first spool was changed, the seal mended."""
    import hashlib
    import shutil

    shutil.copytree(run_dir, out)
    path = out / "spool" / "0001.pdf"
    path.write_bytes(change(path.read_bytes()))
    record = json.loads((out / "run.json").read_text())
    for name, seal in record["files"].items():
        if name == "spool/0001.pdf":
            data = path.read_bytes()
            seal["sha256"] = hashlib.sha256(data).hexdigest()
            seal["bytes"] = len(data)
    (out / "run.json").write_text(json.dumps(record))
    return out


def test_verify_knows_the_records(records: Path, tmp_path: Path) -> None:
    assert call("verify", records, "--quiet").code == 0
    claim = b'GTS_PDFVTVersion="PDF/VT-1"'
    bad = _tampered(records, tmp_path / "claim", lambda data: data.replace(claim, claim.replace(b"1", b"2")))
    done = call("verify", bad, "--quiet")
    assert done.code == 5
    assert "claims PDF/X-4, PDF/VT-2" in done.err
    table = pl.read_parquet(records / "manifest.parquet")
    other = _tampered(records, tmp_path / "manifest", lambda data: data)
    import hashlib

    swapped = table.with_columns(pl.col("piece_id").reverse())
    swapped.write_parquet(other / "manifest.parquet")
    record = json.loads((other / "run.json").read_text())
    data = (other / "manifest.parquet").read_bytes()
    record["files"]["manifest.parquet"] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    (other / "run.json").write_text(json.dumps(record))
    done = call("verify", other, "--quiet")
    assert done.code == 5
    assert "records are not those of the manifest's pieces" in done.err


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"spool": {"standard": ["pdfvt1"]}}, "two_up_cut_and_stack' imposes pages"),
        (
            {"imposition": {**UNIMPOSED, "sheet_width": "9in"}, "spool": {"standard": ["pdfvt1"]}},
            "not the size of the stock",
        ),
        (
            {"imposition": UNIMPOSED, "spool": {"standard": ["pdfvt1"], "banner": True}},
            "belong to no piece",
        ),
        (
            {"spool": {"standard": ["pdfx4"], "output_intent": {"profile": "art/no.icc", "identifier": "x"}}},
            "cannot be read",
        ),
        (
            {"spool": {"standard": ["pdfx4"], "output_intent": {"profile": "job.yaml", "identifier": "x"}}},
            "no whole ICC profile",
        ),
        ({"spool": {"standard": ["pdfx4"], "output_intent": {"profile": "a.icc"}}}, "needs identifier"),
        (
            {"imposition": FOUR_UP, "spool": {"standard": ["pdfx4"], "output_intent": {"shipped": "srgb"}}},
            "colour bar shows the inks of CMYK",
        ),
    ],
)
def test_what_cannot_follow_is_refused(tmp_path: Path, few: Path, changes: dict[str, Any], says: str) -> None:
    job_with(tmp_path / "job", changes)
    for command in ("check", "run"):
        done = call(command, tmp_path / "job", "--input", few, "--out", tmp_path / "out", "--quiet")
        assert done.code == 3
        assert says in done.err
    assert not list((tmp_path / "out").rglob("*.pdf"))
