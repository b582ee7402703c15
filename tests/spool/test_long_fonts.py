"""Fonts with thousands of characters: text and glyphs as other programs read and draw them, of codes of one and two bytes."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2
import pytest
from fontTools.ttLib import TTFont
from PIL import Image

from printstream.base.codepage import LARGEST, CodePage
from printstream.fonts.faces import Face, load_face
from printstream.fonts.own import own_face
from printstream.fonts.subset import subset_composite
from printstream.spool.resources import Resources, build_resources
from printstream.spool.writer import SpoolWriter
from tests.fonts.fontkit import font_of
from tests.spool.spoolkit import add_streams, compressed

COLUMNS, ROWS, CELL = 60, 60, 8
"""Characters of a page, and the size of one in pt."""
SCALE = 3
"""Pixels a point: a bit of a character is 4.8 pixels."""
HAN = [chr(p) for p in range(0x4E00, 0x4E00 + COLUMNS * ROWS - 200)]
LATIN = [chr(p) for p in (*range(0x21, 0x7F), *range(0xC0, 0xC0 + 106))]
SHOWN = [*LATIN, *HAN]
PAGE = CodePage.of(SHOWN, "中文")


@cache
def bits() -> Face:
    return own_face("bits.ttf", font_of(map(ord, SHOWN)))


def written(path: Path, resources: Resources, content: bytes, points: int) -> Path:
    with SpoolWriter(
        path,
        resources,
        media_box_mpt=(points * 1000, points * 1000),
        title="Long fonts",
        production_date=date(2026, 3, 4),
        document_id=b"long fonts",
    ) as writer:
        add_streams(writer, compressed([content]))
        return writer.close().path


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with all characters, a row a string."""
    out = [b"BT /F0 %d Tf %d TL 0 %d Td" % (CELL, CELL, CELL * (ROWS - 1))]
    for row in range(ROWS):
        text = "".join(SHOWN[row * COLUMNS : (row + 1) * COLUMNS])
        out.append(b"(%b)Tj T*" % PAGE.encode(text))
    resources = build_resources({"bits.ttf": bits(), "ocr-b": load_face("ocr-b")}, PAGE)
    side = CELL * COLUMNS
    return written(tmp_path_factory.mktemp("chart") / "0001.pdf", resources, b"\n".join([*out, b"ET"]), side)


def drawn_by_pdfium(file: Path) -> np.ndarray:
    document = pypdfium2.PdfDocument(file)
    image = document[0].render(scale=SCALE, grayscale=True).to_numpy()
    document.close()
    return image.reshape(image.shape[:2])


def drawn_by(command: Sequence[str | Path], out: Path) -> np.ndarray:
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "rror" not in made.stderr, made.stderr
    return np.asarray(Image.open(out).convert("L"))


def points_of(image: np.ndarray) -> list[str]:
    """Read the chart: the middle of every bit of every cell."""
    assert image.shape == (ROWS * CELL * SCALE, COLUMNS * CELL * SCALE)
    em = CELL * SCALE
    # The glyph's em box stands on the base line, which is the cell's lower edge.
    middles = [int(em * (0.1 + 0.2 * (k + 0.5))) for k in range(4)]
    cells = image.reshape(ROWS, em, COLUMNS, em).transpose(0, 2, 1, 3)
    black = cells[:, :, middles][:, :, :, middles].reshape(-1, 16) < 128
    return [chr(int("".join("01"[b] for b in bits), 2)) for bits in black.tolist()]


def test_pdfium_draws_every_character(chart: Path) -> None:
    assert points_of(drawn_by_pdfium(chart)) == SHOWN


@pytest.mark.parametrize("tool", ["mutool", "pdftoppm", "gs"])
def test_other_renderers_draw_every_character(
    chart: Path, tool: str, tmp_path: Path, require_tool: Callable[[str], str]
) -> None:
    program, dpi, out = require_tool(tool), str(72 * SCALE), tmp_path / "page.png"
    commands: dict[str, list[str | Path]] = {
        "mutool": [program, "draw", "-q", "-r", dpi, "-o", out, chart],
        "pdftoppm": [program, "-r", dpi, "-singlefile", "-png", chart, out.with_suffix("")],
        "gs": [program, "-q", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pnggray", f"-r{dpi}", f"-o{out}", chart],
    }
    assert points_of(drawn_by(commands[tool], out)) == SHOWN


def test_three_readers_give_the_text_back(chart: Path, require_tool: Callable[[str], str]) -> None:
    document = pypdfium2.PdfDocument(chart)
    text = document[0].get_textpage()
    assert "".join(text.get_text_range().split()) == "".join(SHOWN)
    text.close()
    document.close()
    for command in (
        [require_tool("pdftotext"), "-raw", chart, "-"],
        [require_tool("mutool"), "draw", "-q", "-F", "txt", chart],
    ):
        out = subprocess.run(command, capture_output=True, text=True, check=True)
        assert "rror" not in out.stderr
        assert "".join(out.stdout.split()) == "".join(SHOWN)


def test_the_file_says_what_its_fonts_are(chart: Path, require_tool: Callable[[str], str]) -> None:
    """One CMap and one ToUnicode for all composite fonts; a face with one-byte characters only stays simple."""
    out = subprocess.run([require_tool("pdffonts"), chart], capture_output=True, text=True, check=True)
    assert [line.split()[1] for line in out.stdout.splitlines()[2:]] == ["CID", "TrueType"]
    with pikepdf.open(chart) as pdf:
        fonts = pdf.pages[0].resources.Font
        assert (fonts.F0.Subtype, fonts.F1.Subtype) == ("/Type0", "/TrueType")
        [inner] = fonts.F0.DescendantFonts
        assert (inner.Subtype, inner.DW) == ("/CIDFontType2", 1000)
        assert inner.CIDSystemInfo.Ordering == fonts.F0.Encoding.CIDSystemInfo.Ordering
        assert fonts.F0.Encoding.CMapName == "/Printstream-Job"
        assert b"/CMapName /Printstream-Job def" in fonts.F0.Encoding.read_bytes()
        program = TTFont(io.BytesIO(inner.FontDescriptor.FontFile2.read_bytes()))
        assert set(program.keys()) - {"GlyphOrder"} == {"glyf", "head", "hhea", "hmtx", "loca", "maxp"}
        assert len(program.getGlyphOrder()) == len(SHOWN) + 2


def test_widths_that_are_not_the_common_one_are_said(tmp_path: Path) -> None:
    """A bar directly behind the text, where the reader thinks that it ends."""
    face = load_face("plex-sans")
    page = CodePage.of({*map(chr, range(0x20, 0x7F)), *map(chr, range(0xC0, 0x250)), "|"} - {"Ĳ"})
    assert page.leads
    text = "Wide Łőé ƒșț 123"
    codes = page.encode(text)
    assert len(codes) > len(text)
    measured = int(face.widths(page)[page.slots(codes)].sum()) * 12 / 1000
    content = b"BT /F0 12 Tf 50 50 Td(%b)Tj(|)Tj ET" % codes
    file = written(tmp_path / "0001.pdf", build_resources({"plex-sans": face}, page), content, 400)
    boxes = pypdfium2.PdfDocument(file)[0].get_textpage()
    left, *_ = boxes.get_charbox(boxes.count_chars() - 1, loose=True)
    assert left == pytest.approx(50 + measured, abs=0.05)
    assert boxes.get_text_range() == text + "|"


def test_subsets_repeat_and_lead_to_their_glyphs() -> None:
    page = CodePage.of(SHOWN[:900])
    program, of_cid = subset_composite(bits(), page)
    assert subset_composite(bits(), page) == (program, of_cid)
    glyphs = np.frombuffer(of_cid, ">u2")
    font, whole = TTFont(io.BytesIO(program)), bits().font
    order, cmap = font.getGlyphOrder(), whole.getBestCmap()
    for slot in np.flatnonzero(page.unicode >= 0)[::7].tolist():
        cid = int(page.slot_codes[slot])
        point = int(page.unicode[slot])
        if point in cmap:
            own = font["glyf"][order[glyphs[cid]]].getCoordinates(font["glyf"])[0]
            assert list(own) == list(whole["glyf"][cmap[point]].getCoordinates(whole["glyf"])[0])
        else:
            assert glyphs[cid] == 0


@pytest.mark.long
def test_as_many_characters_as_there_are_codes(tmp_path: Path) -> None:
    """24,567 characters in one font and on one page."""
    points = [*range(0x21, 0x7F), *range(0x4E00, 0xA000), *range(0xAC00, 0xD7A4)][: LARGEST - 1]
    page = CodePage.of(map(chr, points))
    assert page.leads == 128
    face = own_face("all.ttf", font_of(points, bits=False))
    lines = ["".join(map(chr, points[k : k + 160])) for k in range(0, len(points), 160)]
    content = b"\n".join(
        [b"BT /F0 5 Tf 5 TL 0 795 Td", *(b"(%b)Tj T*" % page.encode(t) for t in lines), b"ET"]
    )
    file = written(tmp_path / "0001.pdf", build_resources({"all.ttf": face}, page), content, 800)
    text = pypdfium2.PdfDocument(file)[0].get_textpage()
    assert "".join(text.get_text_range().split()) == "".join(map(chr, points))
