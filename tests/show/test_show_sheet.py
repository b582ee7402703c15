"""`printstream show`: what is drawn over a sheet is what is printed on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pypdfium2 as pdfium
import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from printstream.show.source import open_spool
from tests.floor.conftest import common, finished_run  # noqa: F401
from tests.judges.nights import call

OWN: dict[str, Any] = {
    "imposition.scheme": "four_up_cut_and_stack", "imposition.sheet_width": "18in", "imposition.sheet_height": "24in",
    "imposition.stack_depth": 5, "spool.banner": True, "spool.end_slip": True, "spool.reel_start": 1,
}  # fmt: skip


@pytest.fixture
def run(common: Path) -> Path:  # noqa: F811
    return finished_run(common, "show-own", OWN, 30)


def test_the_pieces_named_on_a_side_are_those_printed_there(run: Path) -> None:
    """Account and page of every page, read from the print file's text at the place where show has the piece."""
    manifest = pl.read_parquet(run / "manifest.parquet")
    account = dict(zip(manifest["piece_id"], manifest["document_id"], strict=True))
    shown = open_spool(run, 1)
    seen = 0
    with pdfium.PdfDocument(shown.file) as pdf:
        for side in range(shown.spread.sides):
            text = pdf[side].get_textpage()
            places = shown.layout.sides[side % 2]
            for slot, piece, page, count in shown.faces(side):
                box = [value / 1000 for value in places[slot].box]
                words = text.get_text_bounded(*box)
                assert f"{int(account[piece]):09d}" in words
                assert f"{page} of {count}" in words.replace("\r\n", " ")
                seen += 1
    assert seen == manifest["pages"].sum()


def test_sheets_of_the_shops_own_are_named(run: Path) -> None:
    shown = open_spool(run, 1)
    found = [shown.own(side) for side in range(shown.spread.sides)]
    assert set(found[0].values()) == {"leader"}
    kinds = [kind for side in found[2:] for kind in side.values()]
    # Each has a front and a back.
    assert sorted(kinds) == ["banner", "banner", "end", "end"]
    with pdfium.PdfDocument(shown.file) as pdf:
        slot = next(slot for slot, kind in found[2].items() if kind == "banner")
        box = [value / 1000 for value in shown.layout.fronts[slot].box]
        assert "Spool 0001" in pdf[2].get_textpage().get_text_bounded(*box)


def test_a_sheet_of_a_run_is_drawn(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "made" / "sheet.png"
    done = call("show", run, "--sheet", 2, "--out", out, "--width", 900)
    assert done.code == 0, done.err
    picture = Image.open(out)
    assert picture.size[0] == 900
    colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 20)}
    assert (234, 88, 12) in colours  # clear zones of the marks


def test_an_imposed_pdf_is_drawn_with_its_work_order(tmp_path: Path) -> None:
    source = tmp_path / "in.pdf"
    canvas = Canvas(str(source), pagesize=(200, 280), invariant=1)
    for number in range(5):
        canvas.drawString(20, 20, str(number))
        canvas.showPage()
    canvas.save()
    words = ("--input", source, "--out", tmp_path / "out.pdf", "--work-order", tmp_path / "out.json")
    assert call("impose", "booklet_saddle", *words, "--quiet").code == 0
    order = ("--work-order", tmp_path / "out.json")
    done = call("show", tmp_path / "out.pdf", *order, "--out", tmp_path / "sheet.png")
    assert done.code == 0, done.err
    shown = open_spool(tmp_path / "out.pdf", 1, tmp_path / "out.json")
    assert [shown.faces(side) for side in range(4)] == [
        [(1, 1, 1, 5)], [(0, 1, 2, 5)],
        [(1, 1, 3, 5)], [(0, 1, 4, 5), (1, 1, 5, 5)],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [(("--sheet", "99"), 2, "has"), (("--spool", "99"), 2, "no such file"), (("--sheet", "0"), 2, "")],
)
def test_what_is_not_there_is_refused(
    run: Path, tmp_path: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    done = call("show", run, *words, "--out", tmp_path / "sheet.png")
    assert done.code == code
    assert says in done.err
    assert not (tmp_path / "sheet.png").exists()
