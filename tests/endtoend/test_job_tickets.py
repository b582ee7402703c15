"""The job tickets of a finished run say what run.json, the work orders, the manifest and the print files say."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import polars as pl
import pypdfium2
import pytest
import zxingcpp

from tests.judges.nights import call, job_with, shared
from tests.judges.xjdf import NAMESPACE, faults, schema_faults

X = NAMESPACE
CHANGES: dict[str, Any] = {
    "ticket": {"stock_id": "P-90", "envelope_ids": {"letter": "E-10"}, "insert_ids": {"summer": "S-1"}},
    "inserts": [
        {"name": "summer", "when": "MOD(customer_key, 2) = 0", "weight_mg": 2_000, "thickness_um": 100},
        {"name": "winter", "when": "MOD(customer_key, 3) = 0", "weight_mg": 3_000, "thickness_um": 100},
    ],
    "spool.most_pieces": 9,
    "spool.at": "piece",
    "spool.banner": True,
    "input.reject_limit.share": "1",
}


@pytest.fixture(scope="module")
def ticketed_job(common: Path) -> Path:
    return shared(common, "job-tickets", lambda folder: job_with(folder, CHANGES) and None)


@pytest.fixture(scope="module")
def made(common: Path, few: Path, ticketed_job: Path) -> Path:
    def run(out: Path) -> None:
        done = call("run", ticketed_job, "--input", few, "--out", out, "--run-id", "1", "--quiet", "--json")
        assert done.code == 0, done.err

    return shared(common, "tickets", run) / "statement" / "1"


@pytest.fixture(scope="module")
def tickets(made: Path) -> list[ElementTree.Element]:
    paths = sorted((made / "ticket").iterdir())
    assert [p.name for p in paths] == [f"{p.stem}.xjdf" for p in sorted((made / "spool").iterdir())]
    return [ElementTree.parse(path).getroot() for path in paths]


def one(root: ElementTree.Element, name: str, **attributes: str) -> ElementTree.Element:
    found = [e for e in root.iter(f"{X}{name}") if all(e.get(k) == v for k, v in attributes.items())]
    assert len(found) == 1, (name, attributes, len(found))
    return found[0]


def amount(root: ElementTree.Element, name: str) -> int:
    return int(one(one(root, "Resource", ID=name), "PartAmount").get("Amount", ""))


def test_each_is_right_in_form_and_sealed(made: Path, tickets: list[ElementTree.Element]) -> None:
    sealed = json.loads((made / "run.json").read_text())["files"]
    assert len(tickets) > 1
    for path in sorted((made / "ticket").iterdir()):
        content = path.read_bytes()
        assert faults(content) == []
        assert not schema_faults(content)
        assert sealed[f"ticket/{path.name}"]["sha256"] == hashlib.sha256(content).hexdigest()


def test_it_leads_to_its_print_file(made: Path, tickets: list[ElementTree.Element]) -> None:
    sealed = json.loads((made / "run.json").read_text())["files"]
    for root in tickets:
        file = one(root, "FileSpec")
        path = (made / "ticket" / file.get("URL", "")).resolve()
        seal = sealed[path.relative_to(made.resolve()).as_posix()]
        assert one(root, "GeneralID", IDUsage="SHA-256").get("IDValue") == seal["sha256"]
        assert int(file.get("FileSize", "")) == seal["bytes"] == path.stat().st_size
        with pypdfium2.PdfDocument(path) as pdf:
            assert int(one(root, "RunList").get("NPage", "")) == len(pdf)
            assert one(root, "RunList").get("Pages") == f"0 {len(pdf) - 1}"
            size = " ".join(f"{v:g}" for v in pdf[0].get_size())
        assert one(root, "Media").get("Dimension") == size


def test_amounts_are_those_of_the_work_order_and_the_manifest(
    made: Path, tickets: list[ElementTree.Element]
) -> None:
    manifest = pl.read_parquet(made / "manifest.parquet")
    pockets = pl.read_parquet(made / "pockets.parquet")
    total = 0
    for number, root in enumerate(tickets, 1):
        order = json.loads((made / "workorder" / f"{number:04d}.json").read_text())
        own = manifest.filter(pl.col("spool") == number)
        pieces = own["piece_id"].n_unique()
        total += pieces
        assert (
            amount(root, "Component_Pieces")
            == amount(root, "Component_Envelope")
            == order["pieces"]
            == pieces
        )
        assert amount(root, "Component_PressSheets") == amount(root, "Media_Paper") == order["press_sheets"]
        assert amount(root, "Component_CutSheets") == own["sheets"].sum() + len(order["own_sheets"])
        assert len(order["own_sheets"]) == 1
        assert float(one(root, "DropItem").get("TotalWeight", "")) == pytest.approx(
            own["weight_mg"].sum() / 1000
        )
        assert one(root, "GeneralID", IDUsage="FirstPiece").get("IDValue") == str(order["first_piece"])
        assert one(root, "GeneralID", IDUsage="LastPiece").get("IDValue") == str(order["last_piece"])
        loaded = pockets.filter((pl.col("spool") == number) & (pl.col("pieces") > 0))
        for row in loaded.iter_rows(named=True):
            insert = one(root, "Resource", ID=f"Component_Insert{row['pocket']}")
            assert insert.get("DescriptiveName") == row["insert"]
            assert insert.get("ExternalID") == {"summer": "S-1"}.get(row["insert"])
            assert amount(root, f"Component_Insert{row['pocket']}") == row["pieces"]
        assert len([e for e in root.iter(f"{X}GeneralID") if e.get("IDUsage") == "Pocket"]) == loaded.height
    assert total == json.loads((made / "run.json").read_text())["counts"]["pieces"]


def test_product_numbers_of_the_shop_are_told(tickets: list[ElementTree.Element]) -> None:
    assert {one(root, "Resource", ID="Media_Paper").get("ExternalID") for root in tickets} == {"P-90"}
    letters = [r for r in tickets if one(r, "GeneralID", IDUsage="Stream").get("IDValue") == "letter"]
    assert {one(r, "Resource", ID="Component_Envelope").get("ExternalID") for r in letters} == {"E-10"}


def test_the_code_is_where_the_ticket_says(made: Path, tickets: list[ElementTree.Element]) -> None:
    """Cut out by CTM and BoundingBox alone, every cell's Data Matrix reads, and as the ticket's Format has it."""
    scale = 4
    read = 0
    for number, root in enumerate(tickets, 1):
        field = one(root, "IdentificationField", EncodingDetails="DATAMATRIX")
        left, bottom, right, top = (float(v) for v in field.get("BoundingBox", "").split())
        front = next(e for e in root.iter(f"{X}Resource") if e.find(f"{X}Part[@Side='Front']") is not None)
        with pypdfium2.PdfDocument(made / "spool" / f"{number:04d}.pdf") as pdf:
            side = pdf[2].render(scale=scale).to_pil().convert("L")
        for placed in front.iter(f"{X}PlacedObject"):
            a, b, c, d, x, y = (float(v) for v in placed.get("CTM", "").split())
            assert (a, b, c, d) == (1, 0, 0, 1)
            quiet = 4
            box = (x + left - quiet, 864 - (y + top) - quiet, x + right + quiet, 864 - (y + bottom) + quiet)
            codes = zxingcpp.read_barcodes(side.crop(tuple(round(v * scale) for v in box)))
            if not codes:
                continue  # a blank cell at the end of a stack
            assert re.fullmatch(field.get("Format", ""), codes[0].text)
            corners = codes[0].position
            inner = (corners.top_left.x / scale - quiet, corners.top_left.y / scale - quiet)
            assert inner == pytest.approx((0, 0), abs=2.0)
            read += 1
    assert read >= len(tickets)


def test_same_input_same_tickets(made: Path, ticketed_job: Path, few: Path, tmp_path: Path) -> None:
    words = ("--input", few, "--out", tmp_path, "--run-id", "1", "--workers", 1, "--quiet", "--json")
    assert call("run", ticketed_job, *words).code == 0
    again = tmp_path / "statement" / "1" / "ticket"
    assert {p.name: p.read_bytes() for p in again.iterdir()} == {
        p.name: p.read_bytes() for p in (made / "ticket").iterdir()
    }


def test_a_product_number_of_nothing_is_refused(few: Path, tmp_path: Path) -> None:
    job = job_with(tmp_path / "job", {"ticket": {"envelope_ids": {"lettre": "E-10"}}})
    done = call("check", job, "--input", few)
    assert done.code == 3
    assert "product number for the stream 'lettre'" in done.err
