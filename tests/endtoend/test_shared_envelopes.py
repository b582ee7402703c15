"""Documents in shared envelopes and inserts, read off the finished sheets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.judges.marks import Track, postal_digits, read_codes
from tests.judges.nights import JOB, call, few_documents, job_with, shared, write_input
from tests.judges.press import Night, Sheet
from tests.judges.statement import ROOT
from tests.reference.imb import decode_imb

ADDRESS = ["name", "street", "city", "state", "zip5", "zip4", "delivery_point"]
SETTINGS: dict[str, Any] = {
    "input.reject_limit.share": "1",
    "inserter.profile": "omr_select",
    "inserter.pockets": 2,
    "household": {
        "apart": "segment = 'MACHINERY'",
        "order": ["customer_key % 7", "customer_key"],
        "max_documents": 3,
        "following_address": "omit",
    },
    "inserts": [
        {"name": "leaflet", "when": "customer_key % 2 = 0", "weight_mg": 900, "thickness_um": 80, "stock": 6},
        {"name": "form", "when": "customer_key % 3 = 0", "weight_mg": 700, "thickness_um": 60, "priority": 9},
        {"name": "folder", "weight_mg": 800, "thickness_um": 70, "priority": 10},
    ],
}


def _input(night: Path, folder: Path) -> None:
    """Every document is written to the addressee of the one up to three before it, in small letters every other time."""
    few_documents(night, folder.with_name("source"))
    documents = pl.read_parquet(folder.with_name("source") / "documents" / "*.parquet")
    lines = pl.read_parquet(folder.with_name("source") / "lines" / "*.parquet")
    first = [k - k % 4 for k in range(documents.height)]
    small = pl.Series([k % 2 == 1 for k in range(documents.height)])
    moved = documents.with_columns(documents.select(ADDRESS)[first].get_columns())
    name = pl.when(small).then(pl.col("name").str.to_lowercase()).otherwise(pl.col("name"))
    write_input(folder, moved.with_columns(name), lines)


@pytest.fixture(scope="module")
def addressed(common: Path, night_input: Path) -> Path:
    return shared(common, "addressed", lambda out: _input(night_input, out))


@pytest.fixture(scope="module")
def job(common: Path) -> Path:
    def make(folder: Path) -> None:
        job_with(folder, SETTINGS)

    return shared(common, "job-shared", make)


def run(job: Path, data: Path, out: Path, *more: object) -> Path:
    done = call("run", job, "--input", data, "--out", out, "--run-id", "1", "--quiet", "--json", *more)
    assert done.code == 0, done.err
    return out / "statement" / "1"


@pytest.fixture(scope="module")
def made(common: Path, job: Path, addressed: Path) -> Path:
    def make(out: Path) -> None:
        run(job, addressed, out)

    return shared(common, "shared-run", make) / "statement" / "1"


@pytest.fixture(scope="module")
def paper(made: Path) -> Iterator[Night]:
    opened = Night(made)
    yield opened
    opened.files.close()


@pytest.fixture(scope="module")
def documents(addressed: Path) -> dict[str, dict[str, Any]]:
    table = pl.read_parquet(addressed / "documents" / "*.parquet")
    return {str(row["customer_key"]): row for row in table.iter_rows(named=True)}


def test_only_documents_to_one_addressee_share_and_all_that_may_do(
    paper: Night, documents: dict[str, dict[str, Any]]
) -> None:
    pieces: dict[int, list[dict[str, Any]]] = {}
    for row in paper.manifest.iter_rows(named=True):
        pieces.setdefault(row["piece_id"], []).append(documents[row["document_id"]])
    assert sum(map(len, pieces.values())) == len(documents)
    sharing = 0
    for own in pieces.values():
        people = {tuple(str(row[name]).upper() for name in ADDRESS) for row in own}
        assert len(people) == 1
        assert len(own) == 1 or all(row["segment"] != "MACHINERY" for row in own)
        keys = [(row["customer_key"] % 7, row["customer_key"]) for row in own]
        assert keys == sorted(keys)
        sharing += len(own) > 1
    assert sharing > 5


def test_every_front_counts_the_sheets_of_its_piece(paper: Night) -> None:
    track = Track.of(ROOT / "printstream" / "marks" / "profiles" / "omr_select.yaml")
    seen = 0
    rows = paper.manifest.filter(pl.col("enclosures") > 1).head(14)
    for row in rows.iter_rows(named=True):
        for k in range(row["sheets"]):
            sheet = Sheet(row["spool"], row["first_side"] + 2 * k, row["slot"])
            front = paper.cut(paper.side_image(sheet.spool, sheet.front), sheet.slot, sheet.front)
            number, count = row["first_sheet"] + k, row["piece_sheets"]
            text = f"MTS09981{row['piece_id']:08d}{number:03d}{count:03d}{row['inserts']:03d}"
            assert read_codes(front, "DataMatrix") == [text]
            assert track.read(front) == track.expected(number, count, row["run_sheet"] + k, row["inserts"])
            seen += 1
    assert seen > 20


def test_the_first_document_has_the_posts_code_and_the_address_alone(
    paper: Night, documents: dict[str, dict[str, Any]]
) -> None:
    for row in paper.manifest.iter_rows(named=True):
        pages = paper.document_pages(row)
        texts = [run.text for run in pages[0]]
        codes = [text for text in texts if len(text) == 65 and not set(text) - set("TDAF")]
        leads = row["enclosure"] == 1
        assert [decode_imb(text) for text in codes] == ([postal_digits(row)] if leads else [])
        assert (documents[row["document_id"]]["street"] in texts) == leads


def test_pages_are_counted_a_document(paper: Night) -> None:
    for row in paper.manifest.iter_rows(named=True):
        for number, page in enumerate(paper.document_pages(row), 1):
            wanted = f"{number} of {row['pages']}"
            assert any(wanted in run.text for run in page) == (number <= row["pages"])


def test_sums_and_files_agree(paper: Night, made: Path) -> None:
    record = json.loads((made / "run.json").read_text())
    manifest = paper.manifest
    sizes = manifest.group_by("piece_id").len()["len"]
    assert record["counts"]["pieces"] == sizes.len()
    assert record["counts"]["sheets"] == manifest["sheets"].sum()
    assert record["household"]["envelopes_saved"] == manifest.height - sizes.len()
    assert record["household"]["shared_pieces"] == int((sizes > 1).sum())
    assert record["household"]["several_addressees"] == 0
    assert pl.read_parquet(made / "addressees.parquet").height == 0
    alone = call("plan", JOB, "--input", made.parents[2] / "addressed", "--json")
    saved = alone.record["postage_mills"] - record["postage_mills"]
    assert record["household"]["postage_saved_mills"] == saved > 0
    assert call("verify", made).code == 0


def test_the_pocket_plan_counts_down(paper: Night, made: Path) -> None:
    plan = pl.read_parquet(made / "pockets.parquet")
    record = json.loads((made / "run.json").read_text())
    pieces = paper.manifest.unique("piece_id")
    for row in plan.iter_rows(named=True):
        bit = pieces.filter(
            (pl.col("spool") == row["spool"]) & (pl.col("inserts") // 2 ** (row["pocket"] - 1) % 2 == 1)
        )
        assert row["pieces"] == bit.height
        if row["insert"] == "leaflet":
            assert row["stock_after"] == row["stock_before"] - row["pieces"]
    by_name = {row["name"]: row for row in record["inserts"]}
    assert by_name["leaflet"]["inserted"] == 6
    assert by_name["leaflet"]["stock_left"] == 0
    assert by_name["leaflet"]["out_of_stock"] > 0
    assert by_name["folder"]["inserted"] + by_name["folder"]["no_pocket"] == by_name["folder"]["wanted"]
    assert plan.filter(pl.col("pocket") > 2).is_empty()


def test_one_worker_makes_the_same_bytes(job: Path, addressed: Path, made: Path, tmp_path: Path) -> None:
    again = run(job, addressed, tmp_path, "--workers", 1)
    seals = [json.loads((folder / "run.json").read_text())["files"] for folder in (made, again)]
    for name in seals[0]:
        if name != "report.html":
            assert seals[0][name] == seals[1][name], name


def test_different_addressees_share_only_where_allowed_and_are_listed(
    common: Path, addressed: Path, documents: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    household = {"same": ["SUBSTRING(zip5 FROM 1 FOR 1)"], "max_documents": 3}
    for allowed in ("part", "allow"):
        settings = {**SETTINGS, "household": {**household, "different_addressees": allowed}, "inserts": []}
        made = run(job_with(tmp_path / f"job-{allowed}", settings), addressed, tmp_path / allowed)
        manifest = pl.read_parquet(made / "manifest.parquet")
        people = [tuple(str(documents[d][name]).upper() for name in ADDRESS) for d in manifest["document_id"]]
        table = manifest.with_columns(pl.Series("who", [str(p) for p in people]))
        mixed = table.filter(pl.col("who").n_unique().over("piece_id") > 1)
        listed = pl.read_parquet(made / "addressees.parquet")
        assert listed["document_id"].to_list() == mixed["document_id"].to_list()
        assert (mixed.height > 0) == (allowed == "allow")


def test_the_example_job_is_planned(night_input: Path) -> None:
    done = call("plan", ROOT / "jobs" / "household", "--input", night_input, "--json")
    assert done.code == 0, done.err
    assert done.record["envelopes_saved"] > 0
    assert done.record["household_saving_mills"] > 0
