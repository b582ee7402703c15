"""Tray labels: the barcode read from pixels by another decoder, the text by another PDF library, the cut by measure."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import polars as pl
import pypdfium2
import pytest
import zint
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from printstream.base.errors import JobError
from printstream.ticket.code128 import encode_digits, width_modules
from tests.reference.symbols import zint_rows
from tests.ticket.mailkit import Written, documents_of, job_of, write

DPI = 300
USPS_EXAMPLE = "123456781123456123123451"
"""USPS-L-3216A page 7, as quoted by idautomation.com."""


def _mail(folder: Path, order: str) -> Written:
    job = job_of(tray_labels={"order": order, "first_serial": 9_990})
    return write(folder, job, documents_of(job, 5000), first_tray=9_990)


@pytest.fixture(scope="module")
def mail(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return _mail(tmp_path_factory.mktemp("labels") / "run", "stacked")


def _rows(mail: Written) -> list[dict[str, str]]:
    with (mail.postal / "trays.csv").open() as file:
        return list(csv.DictReader(file))


def _stack(mail: Written, order: str) -> list[tuple[str, str]]:
    """Barcode and text of each label, in the order of the cut pile; read from rendered pages."""
    cells: list[list[tuple[str, str]]] = []
    left, bottom, wide, high = (612 - 2 * 238.5) / 2, (792 - 5 * 135) / 2, 238.5, 135
    with pypdfium2.PdfDocument(mail.postal / "tray-labels.pdf") as pdf:
        for page in pdf:
            image = page.render(scale=DPI / 72).to_pil().convert("L")
            text = page.get_textpage()
            found = []
            for row in range(5):
                for column in range(2):
                    x, y = left + column * wide, bottom + (4 - row) * high
                    box = (x, 792 - y - high, x + wide, 792 - y)
                    crop = image.crop(tuple(round(v * DPI / 72) for v in box))
                    read = zxingcpp.read_barcodes(crop, formats=zxingcpp.BarcodeFormat.Code128)
                    words = text.get_text_bounded(left=x, bottom=y, right=x + wide, top=y + high)
                    found.append(("".join(r.text for r in read), words))
            cells.append(found)
    if order == "rows":
        return [cell for page in cells for cell in page]
    return [page[place] for place in range(10) for page in cells]


@pytest.mark.parametrize("order", ["stacked", "rows"])
def test_every_label_reads_as_its_tray_and_the_cut_pile_runs_in_tray_order(
    mail: Written, tmp_path: Path, order: str
) -> None:
    mail = mail if order == "stacked" else _mail(tmp_path / "rows", order)
    rows = _rows(mail)
    trays = mail.presorted.trays.filter(pl.col("tray_type") != "none").to_dicts()
    stack = [cell for cell in _stack(mail, order) if cell != ("", "")]
    assert len(stack) == len(rows) == len(trays) > 10
    for number, (tray, row, (barcode, text)) in enumerate(zip(trays, rows, stack, strict=True)):
        serial = f"{9_990 + number:08d}"
        assert barcode == row["tray_barcode"] == f"{tray['destination_zip']}{tray['cin']}1123456{serial}1"
        lines = text.split("\r\n")
        assert lines[:3] == [tray["destination"], tray["content"], "NEW YORK NY 100"]
        assert lines[3].replace(" ", "") == barcode
        assert f"Tray {tray['tray_id']} " in lines[4]
        assert f"{tray['pieces']:,} pieces" in " ".join(lines[4:])


def test_nothing_is_drawn_across_a_cut(mail: Written) -> None:
    """Along every cut line, inside the block of labels, the paper is white."""
    with pypdfium2.PdfDocument(mail.postal / "tray-labels.pdf") as pdf:
        image = pdf[0].render(scale=4).to_pil().convert("L")
    left, top = round((612 - 477) / 2 * 4), round((792 - 675) / 2 * 4)
    for column in range(3):
        x = left + round(238.5 * column * 4)
        assert min(image.crop((x - 8, top + 2, x + 8, top + 675 * 4 - 2)).getextrema()) == 255
    for row in range(6):
        y = top + 135 * row * 4
        assert min(image.crop((left + 2, y - 8, left + 477 * 4 - 2, y + 8)).getextrema()) == 255
    # The cut marks outside: each cut has two.
    assert min(image.crop((left - 8, top - 70, left + 8, top - 20)).getextrema()) < 128


def test_the_first_line_keeps_an_eighth_of_an_inch_from_the_top(mail: Written) -> None:
    with pypdfium2.PdfDocument(mail.postal / "tray-labels.pdf") as pdf:
        image = pdf[0].render(scale=DPI / 72).to_pil().convert("L")
    left, top = round((612 - 477) / 2 / 72 * DPI), round((792 - 675) / 2 / 72 * DPI)
    assert min(image.crop((left + 4, top + 4, left + 900, top + DPI // 8)).getextrema()) == 255


@given(st.text("0123456789", min_size=4, max_size=30).filter(lambda t: len(t) % 2 == 0))
def test_code_128_is_that_of_another_encoder(digits: str) -> None:
    """libzint takes subset C for pairs of digits, as we do."""
    (row,) = zint_rows(zint.Symbology.CODE128, digits.encode())
    widths = encode_digits(digits)
    assert sum(map(int, widths)) == width_modules(len(digits))
    bars = "".join(("1" if place % 2 == 0 else "0") * int(w) for place, w in enumerate(widths))
    assert bars == "".join(str(int(module)) for module in row)


def test_the_example_of_the_post_has_its_parts() -> None:
    digits = USPS_EXAMPLE
    assert width_modules(len(digits)) == 167
    # 15 mil modules: the symbol and its quiet zones fit a 3.25 in label.
    assert (167 + 20) * 0.015 < 3.25


@pytest.mark.parametrize("digits", ["", "1", "123", "12a4", "１２"])
def test_code_128_takes_pairs_of_digits_only(digits: str) -> None:
    with pytest.raises(ValueError, match="even number of digits"):
        encode_digits(digits)


def test_more_trays_than_serial_numbers(tmp_path: Path) -> None:
    labels: dict[str, Any] = {"mailer_id": "912345678"}
    job = job_of(tray_labels=labels)
    with pytest.raises(JobError, match="pass the last one"):
        write(tmp_path / "run", job, documents_of(job, 2000), first_tray=99_999)


def test_other_posts_have_labels_without_a_barcode(tmp_path: Path) -> None:
    job = job_of([{"name": "all", "scheme": "prefix", "envelope": "#10"}], barcode="none")
    documents = documents_of(job, 900).with_columns(postal_code=pl.col("postal_code"))
    written = write(tmp_path / "run", job, documents)
    rows = _rows(written)
    assert rows
    assert {row["tray_barcode"] for row in rows} == {""}
    with pypdfium2.PdfDocument(written.postal / "tray-labels.pdf") as pdf:
        assert rows[0]["label_line_1"] in pdf[0].get_textpage().get_text_range()
