"""Pallets on paper and in Mail.dat: placards read from pixels, lists and records against the trays, bad ones seen."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from printstream import mailpapers, numbering, presort
from printstream.base.errors import JobError
from printstream.job import Job
from printstream.ticket.code128 import encode_gs1
from tests.judges.maildat import FileSet, table
from tests.ticket.mailkit import MAILDAT, STREAMS, Written, documents_of, job_of, plan_of, write

DPI = 150
MG_PER_LB = 453_592.37
PALLETS = [{**stream, "containers": "pallet"} if "scheme" in stream else stream for stream in STREAMS]
LEVELS = {"5d": "G", "aadc": "AA", "mixed": "AG"}


def thick(job: Job, count: int) -> pl.DataFrame:
    """Letters so thick that few of them fill many trays."""
    return documents_of(job, count).with_columns(thickness_um=pl.lit(6_000, pl.Int64))


@pytest.fixture(scope="module")
def mail(tmp_path_factory: pytest.TempPathFactory) -> Written:
    job = job_of(PALLETS, maildat=MAILDAT)
    return write(tmp_path_factory.mktemp("placards") / "run", job, thick(job, 16_000))


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Written:
    job = job_of(PALLETS, maildat=MAILDAT)
    return write(tmp_path_factory.mktemp("few") / "run", job, thick(job, 6_000))


@pytest.fixture(scope="module")
def files(mail: Written) -> FileSet:
    return FileSet(mail.postal / "maildat")


def containers_of(mail: Written) -> list[dict[str, Any]]:
    assert mail.presorted.containers is not None
    return mail.presorted.containers.to_dicts()


def listed(mail: Written, name: str) -> list[dict[str, str]]:
    with (mail.postal / name).open() as file:
        return list(csv.DictReader(file))


def test_two_placards_of_each_pallet_say_where_it_goes_and_what_is_on_it(mail: Written) -> None:
    rows = containers_of(mail)
    codes = {row["container_id"]: row["container_barcode"] for row in listed(mail, "containers.csv")}
    assert len({row["container_level"] for row in rows}) > 1
    for stream in ("thin", "thick"):
        mine = [row for row in rows if row["stream"] == stream]
        with pypdfium2.PdfDocument(mail.postal / f"placards-{stream}.pdf") as pdf:
            assert len(pdf) == 2 * len(mine) > 0
            for number, page in enumerate(pdf):
                row = mine[number // 2]
                assert page.get_size() == (792, 612)
                text = page.get_textpage().get_text_range().split("\r\n")
                for line in (row["destination"], row["content"], "NEW YORK NY 100"):
                    assert line in text
                said = " ".join(text)
                assert f"{row['container_id']} of {len(rows)}" in said
                assert f"{row['pieces']:,}" in text
                assert f"{row['trays']:,}" in text
                assert f"{row['gross_mg'] / 1e6:,.1f} kg" in said
                image = page.render(scale=DPI / 72).to_pil().convert("L")
                (read,) = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.Code128)
                assert read.text.replace("(99)", "99") == codes[str(row["container_id"])]
                assert read.text.startswith("(99)M123456"), "GS1: FNC1 stands first"


def test_letters_of_the_three_lines_are_half_an_inch_high_and_bars_are_as_the_post_says(
    mail: Written,
) -> None:
    """Quick Service Guide 705a: letters at least 1/2 in; USPS-B-3215: bars 0.75 to 1.1 in high, 6.25 to 7.25 in long."""
    with pypdfium2.PdfDocument(mail.postal / "placards-thin.pdf") as pdf:
        page = pdf[0]
        words = page.get_textpage()
        lines = next(row for row in containers_of(mail) if row["stream"] == "thin")
        for line in (lines["destination"], lines["content"], "NEW YORK NY 100"):
            first, _ = words.search(line, match_case=True).get_next()
            _, bottom, _, top = words.get_charbox(first)
            assert (top - bottom) / 72 >= 0.5
        image = page.render(scale=DPI / 72).to_pil().convert("L")
    (read,) = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.Code128)
    corner = read.position
    assert 6.25 <= (corner.top_right.x - corner.top_left.x) / DPI <= 7.25
    assert 0.75 <= (corner.bottom_left.y - corner.top_left.y) / DPI <= 1.1


def test_lists_say_which_tray_lies_in_which_container(mail: Written) -> None:
    trays, rows = listed(mail, "trays.csv"), listed(mail, "containers.csv")
    by_container: dict[str, list[dict[str, str]]] = {}
    for tray in trays:
        by_container.setdefault(tray["container_id"], []).append(tray)
    assert [row["container_id"] for row in rows] == sorted(by_container, key=int)
    for row in rows:
        inside = by_container[row["container_id"]]
        assert {tray["container_level"] for tray in inside} == {row["container_level"]}
        assert int(row["trays"]) == len(inside)
        assert int(row["pieces"]) == sum(int(tray["pieces"]) for tray in inside)
        assert int(row["weight_mg"]) == sum(int(tray["weight_mg"]) for tray in inside)
        tare = {"2ft": 1_088_622, "1ft": 635_029, "emm": 1_179_340}
        empty = 31_751_466 + sum(tare[tray["tray_type"]] for tray in inside)
        assert int(row["gross_mg"]) == int(row["weight_mg"]) + empty <= 2_200 * MG_PER_LB
        numbers = [int(tray["tray_id"]) for tray in inside]
        assert (int(row["first_tray"]), int(row["last_tray"])) == (min(numbers), max(numbers))
        feet = sum({"2ft": 2, "1ft": 1, "emm": 2}[tray["tray_type"]] for tray in inside)
        assert int(row["layers"]) == -(-feet // 12) <= 12
        assert row["container_level"] == "mixed" or feet >= 36
    page = (mail.postal / "statement.html").read_text()
    assert "What its trays travel in" in page


def test_tray_labels_say_on_which_container_the_tray_is_put(mail: Written) -> None:
    wanted = {
        f"Tray {row['tray_id']} · container {row['container_id']} · " for row in listed(mail, "trays.csv")
    }
    with pypdfium2.PdfDocument(mail.postal / "tray-labels.pdf") as pdf:
        said = "".join(page.get_textpage().get_text_range() for page in pdf)
    assert [words for words in wanted if words not in said] == []


def test_mail_dat_has_the_pallets_and_what_is_on_them(mail: Written, files: FileSet) -> None:
    assert files.faults == []
    rows = containers_of(mail)
    trays = mail.presorted.trays.filter(pl.col("tray_type") != "none")
    pallets = [row for row in files.rows["csm"] if row["CSM-1005"].strip() == "P"]
    assert len(pallets) == len(rows)
    assert len(files.rows["csm"]) == len(rows) + trays.height
    number = {}
    for record, row in zip(pallets, rows, strict=True):
        number[record["CSM-1006"]] = row["container_id"]
        assert int(record["CSM-1101"]) == row["container_id"]
        assert record["CSM-1104"].strip() == LEVELS[row["container_level"]]
        assert (
            record["CSM-1103"].strip() == row["destination_zip"][: 5 if row["container_level"] == "5d" else 3]
        )
        assert int(record["CSM-1121"]) == row["pieces"]
        assert (
            abs(int(record["CSM-1137"]) / 10_000 - row["gross_mg"] / MG_PER_LB)
            <= row["pieces"] * 0.000_05 + 0.001
        )
        assert int(record["CSM-1139"]) == -(-row["height_um"] // 25_400) <= 77
        assert record["CSM-1147"].strip() == "705.8"
        assert record["CSM-1126"] == "N"
        assert record["CSM-1152"].strip() == row["destination"]
        assert record["CSM-1154"].strip() == row["content"]
    of_tray = dict(trays.select("tray_id", "container_id").iter_rows())
    for record in files.rows["csm"]:
        if record["CSM-1005"].strip() != "P":
            assert number[record["CSM-1109"]] == of_tray[int(record["CSM-1006"])]


@pytest.mark.parametrize(
    ("start", "text"),
    [
        (70, "000001"),  # a tray's parent is a tray
        (70, "999999"),
        (70, "      "),  # then the pallet holds less than it says
    ],
)
def test_the_judge_sees_a_tray_on_the_wrong_pallet(
    few: Written, tmp_path: Path, start: int, text: str
) -> None:
    assert _spoiled(few, tmp_path, 0, start, text) != []


@pytest.mark.parametrize(
    ("start", "text"),
    [(13, "T "), (208, "00000001"), (216, "000000000001"), (268, "000000000001"), (368, "99N"), (280, "000"), (15, "000001")],
)  # fmt: skip
def test_the_judge_sees_a_wrong_pallet(few: Written, tmp_path: Path, start: int, text: str) -> None:
    assert _spoiled(few, tmp_path, -1, start, text) != []


def _spoiled(mail: Written, folder: Path, record: int, start: int, text: str) -> list[str]:
    shutil.copytree(mail.postal / "maildat", folder / "bad")
    (path,) = (folder / "bad").glob("*.csm")
    length = max(p.start + p.length for p in table()["csm"]) + 2
    data = bytearray(path.read_bytes())
    at = (record % (len(data) // length)) * length + start - 1
    data[at : at + len(text)] = text.encode()
    path.write_bytes(bytes(data))
    return FileSet(folder / "bad").faults


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=3, max_size=30))
def test_gs1_128_in_subset_b_is_read_by_another_decoder(text: str) -> None:
    widths = encode_gs1(text)
    assert sum(map(int, widths)) == (len(text) + 3) * 11 + 13
    modules = [place % 2 for place, wide in enumerate(widths) for _ in range(int(wide))]
    row = np.repeat(np.array([1] * 12 + modules + [1] * 12, np.uint8) * 255, 3)
    (read,) = zxingcpp.read_barcodes(np.tile(row, (60, 1)), formats=zxingcpp.BarcodeFormat.Code128)
    assert bytes(read.bytes) == text.encode()


@pytest.mark.parametrize("text", ["", "ä", "a\n"])
def test_gs1_128_takes_printable_ascii_only(text: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        encode_gs1(text)


def test_other_posts_have_placards_without_a_barcode(tmp_path: Path) -> None:
    streams = [
        {
            "name": "all",
            "scheme": "de_dialogpost",
            "containers": "palette",
            "envelope": "DL",
            "single": "de_brief_single",
        }
    ]
    job = job_of(streams, barcode="none", origin="BRIEFZENTRUM 10")
    documents = documents_of(job, 6_000).with_columns(
        thickness_um=pl.lit(900, pl.Int64), weight_mg=pl.lit(20_000, pl.Int64), stream=pl.lit("all")
    )
    written = write(tmp_path / "run", job, documents)
    rows = listed(written, "containers.csv")
    assert {row["container_barcode"] for row in rows} == {""}
    with pypdfium2.PdfDocument(written.postal / "placards.pdf") as pdf:
        assert len(pdf) == 2 * len(rows) > 0
        width, height = pdf[0].get_size()
        assert (round(width * 25.4 / 72), round(height * 25.4 / 72)) == (297, 210)
        text = pdf[0].get_textpage().get_text_range().split("\r\n")
    assert rows[0]["placard_line_1"] in text
    assert text[0].startswith("DEUTSCHE POST · Europalette")


def test_mail_dat_refuses_containers_without_its_words() -> None:
    loaded = presort.load_scheme("us_fcm_letters")
    pallet = loaded.scheme.containers["pallet"].model_copy(update={"maildat_type": ""})
    scheme = loaded.scheme.model_copy(update={"containers": {"pallet": pallet}})
    changed = presort.LoadedScheme(scheme, loaded.form, loaded.lists)
    single = {"us_fcm_single": presort.load_single("us_fcm_single")}
    job = job_of([{"name": "all", "scheme": "us_fcm_letters", "containers": "pallet"}], maildat=MAILDAT)
    with pytest.raises(JobError, match="no word for the containers of stream all"):
        mailpapers.check_maildat(job, {"us_fcm_letters": changed}, single)


def test_papers_can_be_left_out_and_numbers_run_out(tmp_path: Path) -> None:
    job = job_of(PALLETS, papers={"placards": False})
    written = write(tmp_path / "none", job, thick(job, 6_000))
    assert not list(written.postal.glob("placards*"))
    assert not (written.postal / "containers.csv").exists()
    job = job_of(PALLETS, placards={"mailer_id": "912345678", "first_serial": 999_999_999})
    plan = plan_of(job, thick(job, 6_000))
    first = numbering.number_trays(plan, None, "1", write=False)
    assert first.container == 999_999_999
    with pytest.raises(JobError, match=r"job\.mailing\.placards: .*pass the last one"):
        write(tmp_path / "late", job, thick(job, 6_000), first_container=first.container)


def test_trays_that_fill_no_pallet_travel_loose(tmp_path: Path) -> None:
    job = job_of(PALLETS, maildat=MAILDAT)
    written = write(tmp_path / "run", job, documents_of(job, 2_000))
    assert containers_of(written) == []
    assert listed(written, "containers.csv") == []
    assert not list(written.postal.glob("placards*.pdf"))
    assert {tray["container_id"] for tray in listed(written, "trays.csv")} == {""}
    files = FileSet(written.postal / "maildat")
    assert files.faults == []
    assert {row["CSM-1109"].strip() for row in files.rows["csm"]} == {""}
    assert any("travel loose" in warning for warning in written.presorted.warnings)


def test_numbers_come_from_the_register(tmp_path: Path) -> None:
    job = job_of(PALLETS)
    plan = plan_of(job, thick(job, 6_000))
    assert plan.presorted.containers is not None
    first = numbering.number_trays(plan, tmp_path, "1", write=True)
    again = numbering.number_trays(plan, tmp_path, "2", write=True)
    assert again.container == first.container + plan.presorted.containers.height
    assert (tmp_path / "container-123456.jsonl").exists()
