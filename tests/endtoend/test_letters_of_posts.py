"""The British, German and Canadian example letter, whole: every document accounted for, sorted as the twin says, read from pixels."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pypdfium2 as pdfium
import pytest
import zxingcpp

from tests.judges.fourstate import read_bars
from tests.judges.nights import ROOT, call
from tests.presort.presortkit import plain, shipped_rules
from tests.reference import containers as containers_twin
from tests.reference import presort as twin
from tests.reference.fourstate import read_mailmark

DPI = 300
DAY = date(2026, 9, 14)
LEFT_MM, TOP_MM = 15.0, 11.5
"""Trim of the left page on a sheet of 450 x 320 mm: two pages of 210 x 297 mm in its middle."""


@dataclass(frozen=True)
class Run:
    manifest: pl.DataFrame
    trays: pl.DataFrame
    rejects: pl.DataFrame
    data: pl.DataFrame
    record: dict[str, Any]
    expected: dict[str, int]
    folder: Path


def run(folder: Path, post: str, job: str, count: int) -> Run:
    command = [
        sys.executable,
        str(ROOT / "fixtures" / "letters.py"),
        post,
        "--count",
        str(count),
        "--out",
        str(folder / "in"),
    ]
    subprocess.run(command, check=True, capture_output=True)
    done = call(
        "run",
        ROOT / "jobs" / job,
        "--input",
        folder / "in",
        "--out",
        folder,
        "--run-id",
        "1",
        "--quiet",
        "--json",
    )
    assert done.code == 0, done.err
    out = folder / job / "1"
    tables = (pl.read_parquet(out / f"{name}.parquet") for name in ("manifest", "trays", "rejects"))
    data = pl.read_parquet(folder / "in" / "documents.parquet")
    return Run(*tables, data, done.record, json.loads((folder / "in" / "expected.json").read_text()), out)


@pytest.fixture(scope="module")
def british(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(tmp_path_factory.mktemp("gb"), "gb", "uk-water", 4100)


@pytest.fixture(scope="module")
def german(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(tmp_path_factory.mktemp("de"), "de", "de-dialogpost", 5050)


@pytest.fixture(scope="module")
def canadian(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(tmp_path_factory.mktemp("ca"), "ca", "ca-hydro", 3000)


def check_balance(made: Run, key: str, money: str | None) -> None:
    counts, expected = made.record["counts"], made.expected
    printed, rejected = expected["printed"], expected["rejected"]
    assert (counts["documents_in"], counts["printed"], counts["rejected"]) == (
        made.data.height,
        printed,
        rejected,
    )
    ids = [*made.manifest["document_id"], *made.rejects["document_id"]]
    assert sorted(ids) == sorted(str(k) for k in made.data[key])
    if money is not None:
        total = made.data[money].sum()
        assert made.record["money_in_cents"] == sum(made.record["money_out_cents"].values()) == total


def check_presort(made: Run, scheme: str, stream: str, origin: str, key: str) -> None:
    """Manifest and trays against the twin that knows only the rule text."""
    rules = shipped_rules(scheme, DAY) | {"origin": origin}
    place = {str(value): k for k, value in enumerate(made.data[key])}
    rows = made.manifest.to_dicts()
    rank = {name: k for k, name in enumerate(sorted((r["document_id"] for r in rows), key=place.__getitem__))}
    documents = [
        {"document": rank[r["document_id"]], "postal_code": r["postal_code"], "plus4": "", "delivery_point": "",
         "stream": stream} | {name: r[name] for name in ("weight_mg", "thickness_um", "sheets")}
        for r in rows
    ]  # fmt: skip
    documents.sort(key=lambda d: d["document"])
    taken = twin.accepted(documents, rules)
    assert len(taken) == len(rows)
    cheapest = min(twin.preparations(taken, rules), key=lambda made: twin.cost(made, taken, rules))
    groups = twin.in_mailing_order(cheapest, rules)
    pieces, trays = twin.mailing([(stream, documents, rules, groups, set(), rules["tray_sets"][0])])
    told = [(rank[r["document_id"]], r["presort_level"], r["tray_id"], r["postage_mills"]) for r in rows]
    assert told == [(p["document"], p["presort_level"], p["tray_id"], p["postage_mills"]) for p in pieces]
    names = ["destination", "presort_level", "pieces"]
    assert made.trays.select(names).rows() == [tuple(t[n] for n in names) for t in trays]


def pages_of(made: Run) -> dict[int, np.ndarray]:
    """Some left-hand pages at 300 dpi, by sequence: what the first cut stack begins and goes on with."""
    slot = (pl.col("first_side") == 0).cum_sum() - 1
    left = made.manifest.sort("sequence").with_columns(slot=slot).filter(pl.col("slot") == 0)
    file = pdfium.PdfDocument(made.folder / "spool" / "0001.pdf")
    try:
        found = {}
        for row in left.gather_every(max(1, left.height // 6)).iter_rows(named=True):
            image = np.asarray(
                file[row["first_side"]].render(scale=DPI / 72 - 1e-9, grayscale=True).to_numpy()
            ).squeeze()
            found[row["sequence"]] = image[px(TOP_MM) : px(TOP_MM + 297), px(LEFT_MM) : px(LEFT_MM + 210)]
        return found
    finally:
        file.close()


def px(mm: float) -> int:
    return round(mm / 25.4 * DPI)


def lines_of(made: Run, sequence: int) -> str:
    """Text of a left-hand page, without its line ends."""
    row = made.manifest.filter(pl.col("sequence") == sequence).row(0, named=True)
    file = pdfium.PdfDocument(made.folder / "spool" / "0001.pdf")
    try:
        side = file[row["first_side"]]
        return side.get_textpage().get_text_bounded(right=side.get_width() / 2).replace("\r\n", "\n")
    finally:
        file.close()


def test_british_letters_balance_and_are_sorted(british: Run) -> None:
    check_balance(british, "account", "total_pence")
    check_presort(british, "gb_access_70", "letter", "FENMOOR", "account")
    assert set(british.rejects["reason"]) == {
        "the recipient's name is empty",
        "the postal code is no UK postcode",
        "the postal code is no UK postcode: it is empty",
        "the postal code is no UK postcode: it looks like a Canadian postal code",
        "the postal code is no UK postcode: it looks like a five-digit Postleitzahl or a five-digit ZIP Code",
    }
    assert british.manifest["postal_code"].str.contains(r"^[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}$").all()


def test_british_trays_travel_in_yorks_as_the_twin_says(british: Run) -> None:
    york = plain("schemes", "gb_access_70")["containers"]["york"]
    trays = [
        {"places": 1, "gross": york["trays"]["tray"]["tare_mg"] + tray["weight_mg"], "keys": [tray["destination"], ""]}
        for tray in british.trays.iter_rows(named=True)
    ]
    rules = {
        "places": york["places_a_layer"] * york["max_layers"],
        "load": york["max_weight_mg"] - york["tare_mg"],
        "trays": None,
        "levels": [{"minimum": x["minimum_places"], "optional": False, "own": False} for x in york["levels"]],
    }
    expected = containers_twin.prepared(trays, rules)
    containers = pl.read_parquet(british.folder / "containers.parquet")
    assert containers.height == len(expected) == british.record["counts"]["containers"] > 1
    of_tray = british.trays["container_id"].to_list()
    for row, (level, inside) in zip(containers.iter_rows(named=True), expected, strict=True):
        assert {of_tray[k] for k in inside} == {row["container_id"]}
        assert row["container_level"] == york["levels"][level]["name"]
        assert row["gross_mg"] == york["tare_mg"] + sum(trays[k]["gross"] for k in inside)
    by_tray = dict(zip(british.trays["tray_id"], of_tray, strict=True))
    rows = british.manifest.select("tray_id", "container_id").iter_rows()
    assert all(by_tray[tray] == container for tray, container in rows)
    with pdfium.PdfDocument(british.folder / "postal" / "placards.pdf") as pdf:
        assert len(pdf) == containers.height


def test_mailmark_is_read_from_british_letters(british: Run) -> None:
    rows = {str(r["account"]): r for r in british.data.iter_rows(named=True)}
    pages = pages_of(british)
    assert len(pages) >= 6
    for sequence, page in pages.items():
        told = british.manifest.row(sequence, named=True)
        row = rows[told["document_id"]]
        bars = read_bars(page[px(55) : px(63.5), px(15) : px(115)], DPI)
        payload = f"11122{told['piece_id']:08d}{row['postcode'].replace(' ', '').upper() + row['suffix']:9}"
        assert read_mailmark(bars.letters) == payload == told["postal_barcode"]
        assert f"{row['name']}\n{row['street']}\n{row['town']}\n{told['postal_code']}\n" in lines_of(
            british, sequence
        )


def test_german_letters_balance_and_are_sorted(german: Run) -> None:
    check_balance(german, "customer", None)
    check_presort(german, "de_dialogpost", "brief", "BZ 13", "customer")
    assert german.rejects.filter(pl.col("reason").str.ends_with("it looks like a UK postcode")).height == 1
    assert german.manifest["postal_code"].str.contains("^[0-9]{5}$").all()


def test_the_posts_data_matrix_is_read_from_german_letters(german: Run) -> None:
    rows = {str(r["customer"]): r for r in german.data.iter_rows(named=True)}
    for sequence, page in pages_of(german).items():
        told = german.manifest.row(sequence, named=True)
        row = rows[told["document_id"]]
        (code,) = zxingcpp.read_barcodes(
            page[px(50) : px(68), px(20) : px(41)], formats=zxingcpp.BarcodeFormat.DataMatrix
        )
        said = bytes(code.bytes)
        assert said == bytes.fromhex(told["postal_barcode"])
        assert (said[:3], int.from_bytes(said[5:10], "big"), said[10:12]) == (
            b"DEA",
            5_000_000_001,
            b"\0\x26",
        )
        assert int.from_bytes(said[16:19], "big") == told["piece_id"]
        assert f"{row['title']}\n{row['name']}\n{row['street']}\n{row['plz']} {row['town']}\n" in lines_of(
            german, sequence
        )


def test_canadian_letters_balance_and_are_sorted(canadian: Run) -> None:
    check_balance(canadian, "account", "total_cents")
    check_presort(canadian, "ca_fsa_ldu", "letter", "TORONTO ON", "account")
    assert set(canadian.manifest["presort_level"]) == {"ldu", "fsa", "district", "residue"}
    assert canadian.rejects.filter(pl.col("reason").str.ends_with("it looks like a UK postcode")).height == 1
    assert canadian.manifest["postal_code"].str.contains(r"^[A-Z][0-9][A-Z] [0-9][A-Z][0-9]$").all()


def test_canadian_letters_say_what_their_rows_say(canadian: Run) -> None:
    rows = {str(r["account"]): r for r in canadian.data.iter_rows(named=True)}
    for told in canadian.manifest.filter(pl.col("first_side") % 7 == 0, pl.col("slot") == 0).head(5).to_dicts():
        row = rows[told["document_id"]]
        text = lines_of(canadian, told["sequence"])
        dollars = f"${row['total_cents'] // 100:,}.{row['total_cents'] % 100:02d}"
        for line in (
            f"{row['name']}\n{row['street']}\n{row['city'].upper()} {row['province']} {told['postal_code']}",
            dollars,
            f"{row['due']:%B} {row['due'].day}, {row['due'].year}",
        ):
            assert line in " ".join(text.split("  ")), line
