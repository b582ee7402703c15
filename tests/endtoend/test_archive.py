"""The archive of a run: PDF/A-3 in reading order, each document with its row, whatever the imposition."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pypdfium2 as pdfium
import pytest

from tests.judges import pdfstandards
from tests.judges.nights import call, job_with, shared, write_input
from tests.judges.statement import total_of

CUTS = {"at": "piece", "most_pieces": 12}
SCHEMES: dict[str, dict[str, Any]] = {
    "two_up": {},
    "one_up": {"scheme": "one_up", "sheet_width": "9in", "sheet_height": "12in"},
    "columns": {"scheme": "stack_by_column", "sheet_width": "36in", "sheet_height": "26in"},
    "roll": {"scheme": "roll_two_across", "sheet_width": "18in", "sheet_height": "12in"},
}


def archived(common: Path, few: Path, scheme: str, data: str = "json") -> Path:
    def make(out: Path) -> None:
        changes: dict[str, Any] = {"archive": {"data": data}, "spool": CUTS}
        if SCHEMES[scheme]:
            changes["imposition"] = SCHEMES[scheme]
        job = job_with(out / "job", changes)
        done = call("run", job, "--input", few, "--out", out, "--run-id", "1", "--quiet", "--json")
        assert done.code == 0, done.err

    return shared(common, f"archive-{scheme}-{data}", make) / "statement" / "1"


@pytest.fixture(scope="module")
def made(common: Path, few: Path) -> Path:
    return archived(common, few, "two_up")


def files(run_dir: Path) -> list[Path]:
    found = sorted((run_dir / "archive").glob("*.pdf"))
    assert len(found) > 2
    return found


def test_an_independent_validator_passes_it(made: Path, tmp_path: Path) -> None:
    for path in files(made):
        pdfstandards.check_pdfa3(path, tmp_path / path.name)


def test_every_document_has_its_row(made: Path) -> None:
    manifest = pl.read_parquet(made / "manifest.parquet")
    index = pl.read_parquet(made / "archive" / "index.parquet")
    assert index["document_id"].to_list() == manifest["document_id"].to_list()
    rows, names = [], []
    for path in files(made):
        page = 0
        for first, found in pdfstandards.associated(path).items():
            assert len(found) == 1
            assert first == page
            row, name = found[0]
            rows.append(row)
            names.append((f"archive/{path.name}", first, name))
            page += row["pages"]
        with pdfstandards.opened(path) as pdf:
            assert page == len(pdf.pages)
    assert rows == manifest.to_dicts()
    assert names == list(index.select("file", "first_page", "row_file").iter_rows())


def test_pages_are_the_documents_in_reading_order(made: Path) -> None:
    manifest = pl.read_parquet(made / "manifest.parquet")
    index = pl.read_parquet(made / "archive" / "index.parquet")
    for path in files(made):
        texts = _texts(path)
        own = index.with_columns(manifest["money_cents"]).filter(pl.col("file") == f"archive/{path.name}")
        for row in own.iter_rows(named=True):
            pages = texts[row["first_page"] : row["first_page"] + row["pages"]]
            assert [f"{k} of {row['pages']}" in text for k, text in enumerate(pages, 1)] == [True] * row[
                "pages"
            ]
            assert row["document_id"].zfill(9) in pages[0]
            assert total_of(pages[-1]) == row["money_cents"]


@pytest.mark.parametrize("scheme", ["one_up", "columns", "roll"])
def test_the_imposition_does_not_matter(common: Path, few: Path, made: Path, scheme: str) -> None:
    other = archived(common, few, scheme)
    pages = [pl.read_parquet(run / "archive" / "pages.parquet")["adler32"] for run in (made, other)]
    assert pages[0].equals(pages[1])


def test_print_files_are_those_of_a_job_without_archive(
    common: Path, few: Path, made: Path, tmp_path: Path
) -> None:
    job = job_with(tmp_path / "job", {"spool": CUTS})
    done = call("run", job, "--input", few, "--out", tmp_path, "--run-id", "1", "--quiet")
    assert done.code == 0
    plain = tmp_path / "statement" / "1" / "spool"
    assert [p.read_bytes() for p in sorted(plain.iterdir())] == [
        p.read_bytes() for p in sorted((made / "spool").iterdir())
    ]


def test_without_data(common: Path, few: Path, tmp_path: Path) -> None:
    made = archived(common, few, "two_up", "none")
    for path in files(made):
        pdfstandards.check_pdfa3(path, tmp_path / path.name)
        with pdfstandards.opened(path) as pdf:
            assert "/Names" not in pdf.Root
    assert call("verify", made, "--quiet").code == 0


def test_verify_compares_rows_with_the_manifest(made: Path, tmp_path: Path) -> None:
    import hashlib
    import shutil

    assert call("verify", made, "--quiet").code == 0
    bad = tmp_path / "bad"
    shutil.copytree(made, bad)
    table = pl.read_parquet(bad / "manifest.parquet")
    table.with_columns(pl.col("weight_mg") + 1).write_parquet(bad / "manifest.parquet")
    record = json.loads((bad / "run.json").read_text())
    data = (bad / "manifest.parquet").read_bytes()
    record["files"]["manifest.parquet"] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    (bad / "run.json").write_text(json.dumps(record))
    done = call("verify", bad, "--quiet")
    assert done.code == 5
    assert "associated file 0 does not hold what was planned" in done.err


def _one_zip(few: Path, folder: Path) -> Path:
    """The same documents, four at a time to one address."""
    documents = pl.read_parquet(few / "documents" / "*.parquet")
    lines = pl.read_parquet(few / "lines" / "*.parquet")
    columns = ["name", "street", "city", "state", "zip5", "zip4", "delivery_point"]
    first = [k - k % 4 for k in range(documents.height)]
    write_input(folder, documents.with_columns(documents.select(columns)[first].get_columns()), lines)
    return folder


def test_envelopes_with_several_documents(few: Path, tmp_path: Path) -> None:
    """A record is an envelope; the archive has each document by itself."""
    data = _one_zip(few, tmp_path / "data")
    sizes = {"scheme": "one_up", "sheet_width": "8.5in", "sheet_height": "11in", "crop_marks": False}
    spool = {"standard": ["pdfvt1"], "records": {"fields": ["documents", "pages", "piece_id"]}}
    changes = {"household": {"max_documents": 3}, "archive": {}, "imposition": sizes, "spool": spool}
    job = job_with(tmp_path / "job", changes)
    done = call("run", job, "--input", data, "--out", tmp_path, "--run-id", "1", "--quiet")
    assert done.code == 0, done.err
    made = tmp_path / "statement" / "1"
    manifest = pl.read_parquet(made / "manifest.parquet")
    pieces = manifest.group_by("piece_id", maintain_order=True).agg(pl.len(), pl.col("pages").sum())
    assert pieces["len"].max() == 3
    said = [
        record["printstream"]
        for path in sorted((made / "spool").glob("*.pdf"))
        for record in pdfstandards.check_pdfvt1(path, manifest)
    ]
    assert [(s["piece_id"], s["documents"], s["pages"]) for s in said] == pieces.rows()
    rows = []
    for path in sorted((made / "archive").glob("*.pdf")):
        rows += [row for found in pdfstandards.associated(path).values() for row, _ in found]
        pdfstandards.check_pdfa3(path, tmp_path / path.name)
    assert rows == manifest.to_dicts()
    assert call("verify", made, "--quiet").code == 0


def test_bound_pages_come_in_reading_order(common: Path, few: Path, made: Path, tmp_path: Path) -> None:
    """A booklet's pages lie anywhere on its sheets; the archive's texts are those of single leaves."""
    sizes = {"scheme": "booklet_saddle", "sheet_width": "18in", "sheet_height": "12in"}
    job = job_with(tmp_path / "job", {"archive": {"data": "none"}, "spool": CUTS, "imposition": sizes})
    done = call("run", job, "--input", few, "--out", tmp_path, "--run-id", "1", "--quiet")
    assert done.code == 0, done.err
    index = pl.read_parquet(tmp_path / "statement" / "1" / "archive" / "index.parquet")
    assert index.height == 40
    for name in index["file"].unique():
        texts = _texts(tmp_path / "statement" / "1" / name)
        for row in index.filter(pl.col("file") == name).iter_rows(named=True):
            pages = texts[row["first_page"] : row["first_page"] + row["pages"]]
            assert all(f"{k} of {row['pages']}" in text for k, text in enumerate(pages, 1))
            assert row["document_id"].zfill(9) in pages[0]


def _texts(path: Path) -> list[str]:
    return [page.get_textpage().get_text_range() for page in pdfium.PdfDocument(path)]
