"""Subsets: reopened, and their outlines compared with the whole face's."""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys

import pytest
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont

from printstream.base.codepage import CodePage
from printstream.fonts.faces import load_face
from printstream.fonts.subset import subset_face, subset_tag, tounicode_cmap

TEXT = "".join(map(chr, range(0x20, 0x7F))) + "éüßÅŁő€’–…\u00a0" + "漢"
CODEPAGE = CodePage.of(TEXT)


def _outline(font: TTFont, glyph: str) -> list[object]:
    glyphs = font.getGlyphSet()
    pen = DecomposingRecordingPen(glyphs)
    glyphs[glyph].draw(pen)
    return [*pen.value, glyphs[glyph].width]


def _cmap(font: TTFont, platform: int, encoding: int) -> dict[int, str]:
    [table] = [t for t in font["cmap"].tables if (t.platformID, t.platEncID) == (platform, encoding)]
    return dict(table.cmap)


@pytest.mark.parametrize("name", ["plex-sans", "plex-sans-semibold", "ocr-b", "imb"])
def test_each_code_leads_to_the_glyph_of_its_character(name: str) -> None:
    face = load_face(name)
    subset = TTFont(io.BytesIO(subset_face(face, CODEPAGE)))
    symbol, mac = _cmap(subset, 3, 0), _cmap(subset, 1, 0)
    whole = face.font.getBestCmap()
    codes = {c for c in range(256) if int(CODEPAGE.unicode[c]) in whole}
    assert set(mac) == codes
    assert set(symbol) == {0xF000 + c for c in codes}
    for code in codes:
        expected = _outline(face.font, whole[int(CODEPAGE.unicode[code])])
        assert _outline(subset, mac[code]) == expected
        assert _outline(subset, symbol[0xF000 + code]) == expected


def test_only_what_a_pdf_needs_is_kept() -> None:
    program = subset_face(load_face("plex-sans"), CodePage.of("Aé"))
    font = TTFont(io.BytesIO(program))
    assert set(font.keys()) - {"GlyphOrder"} == {"cmap", "glyf", "head", "hhea", "hmtx", "loca", "maxp"}
    # .notdef, space, A, and é with its two components
    assert len(font.getGlyphOrder()) <= 6
    assert len(program) < 3000


def test_the_shared_face_is_left_whole() -> None:
    face = load_face("plex-sans")
    before = len(face.codepoints), len(face.font.getGlyphOrder())
    subset_face(face, CodePage.of("A"))
    assert (len(set(face.font.getBestCmap())), len(face.font.getGlyphOrder())) == before


def test_bytes_repeat_in_other_processes() -> None:
    code = (
        "import hashlib;from printstream.base.codepage import CodePage;"
        "from printstream.fonts.faces import load_face;from printstream.fonts.subset import subset_face;"
        f"print(hashlib.sha256(subset_face(load_face('plex-sans'),CodePage.of({TEXT!r}))).hexdigest())"
    )
    here = hashlib.sha256(subset_face(load_face("plex-sans"), CODEPAGE)).hexdigest()
    for seed in ("1", "2"):
        env = os.environ | {"PYTHONHASHSEED": seed}
        out = subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
        )
        assert out.stdout.strip() == here


def test_tounicode_maps_every_code_and_nothing_else() -> None:
    text = tounicode_cmap(CODEPAGE).decode("ascii")
    found: dict[int, int] = {}
    for count, block in re.findall(r"(\d+) beginbfchar\n(.*?)endbfchar", text, re.DOTALL):
        pairs = re.findall(r"<(..)> <(....)>", block)
        assert len(pairs) == int(count) <= 100
        found |= {int(a, 16): int(b, 16) for a, b in pairs}
    assert found == {c: int(u) for c, u in enumerate(CODEPAGE.unicode) if u >= 0}


def test_the_tag_is_six_capitals_and_tells_subsets_apart() -> None:
    tags = {subset_tag(bytes([i])) for i in range(50)}
    assert len(tags) == 50
    assert all(re.fullmatch("[A-Z]{6}", tag) for tag in tags)
