"""The British, German and Canadian example letter, whole: every document accounted for, sorted as the twin says, read from pixels."""

from __future__ import annotations

import polars as pl
import pypdfium2 as pdfium
import pytest
import zxingcpp

from tests.judges.fourstate import read_bars
from tests.judges.letters import DPI, Run, check_balance, check_presort, lines_of, pages_of, px, run
from tests.presort.presortkit import plain
from tests.reference import containers as containers_twin
from tests.reference.fourstate import read_mailmark


@pytest.fixture(scope="module")
def british(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(tmp_path_factory.mktemp("gb"), "gb", "uk-water", 4100)


@pytest.fixture(scope="module")
def german(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(tmp_path_factory.mktemp("de"), "de", "de-dialogpost", 5050)


@pytest.fixture(scope="module")
def canadian(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(tmp_path_factory.mktemp("ca"), "ca", "ca-hydro", 3000)


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
        {
            "places": 1,
            "gross": york["trays"]["tray"]["tare_mg"] + tray["weight_mg"],
            "keys": [tray["destination"], ""],
        }
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
    for told in (
        canadian.manifest.filter(pl.col("first_side") % 7 == 0, pl.col("slot") == 0).head(5).to_dicts()
    ):
        row = rows[told["document_id"]]
        text = lines_of(canadian, told["sequence"])
        dollars = f"${row['total_cents'] // 100:,}.{row['total_cents'] % 100:02d}"
        for line in (
            f"{row['name']}\n{row['street']}\n{row['city'].upper()} {row['province']} {told['postal_code']}",
            dollars,
            f"{row['due']:%B} {row['due'].day}, {row['due'].year}",
        ):
            assert line in " ".join(text.split("  ")), line
