"""The faces: measured against the tables of the fonts themselves."""

from __future__ import annotations

import io
from importlib import resources

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from hypothesis import given, settings
from hypothesis import strategies as st

from printstream.base.codepage import CodePage
from printstream.base.errors import JobError
from printstream.fonts.faces import FACES, Face, face_of, load_face

SHIPPED = ("plex-sans", "plex-sans-semibold", "ocr-b")


@pytest.mark.parametrize("name", FACES)
def test_every_face_of_the_registry_loads(name: str) -> None:
    face = load_face(name)
    assert face.name == name
    assert face.descent <= 0 < face.cap_height <= face.ascent
    assert face.font["glyf"].glyphs
    assert not face.font["OS/2"].fsType & 2, "embedding for print must be allowed"


def test_an_unknown_face_names_the_known_ones() -> None:
    with pytest.raises(JobError, match=r"'helvetica'.*plex-sans.*ocr-b"):
        load_face("helvetica")


def test_plex_keeps_its_reserved_name_because_it_is_unmodified() -> None:
    font = load_face("plex-sans").font
    assert font["name"].getDebugName(4) == "IBM Plex Sans"
    assert {"fpgm", "prep", "cvt ", "GPOS", "GSUB"} <= set(font.keys())


@pytest.mark.parametrize(
    ("file", "words"),
    [("IBMPlexSans-LICENSE.txt", "SIL OPEN FONT LICENSE"), ("OCRB-LICENSE.txt", "public domain")],
)
def test_licences_travel_with_the_fonts(file: str, words: str) -> None:
    text = resources.files("printstream.fonts").joinpath(file).read_text(encoding="utf-8")
    assert words in text


def test_the_faces_can_show_what_mail_needs() -> None:
    letters = "".join(map(chr, range(0x20, 0x7F))) + "áàâäãåçéèêëíîïñóôöøúüßÆŒŁő€£§–—‘’“”…•"
    assert load_face("plex-sans").missing(letters) == ""
    assert load_face("plex-sans-semibold").missing(letters) == ""
    assert load_face("ocr-b").missing("0123456789<>+-/ ABCXYZ") == ""
    assert load_face("ocr-b").missing("1é1é") == "é"
    assert not load_face("ocr-b").supports(ord("é"))


def test_figures_are_of_one_width_so_that_columns_align() -> None:
    codepage = CodePage.of("0123456789")
    for name in SHIPPED:
        assert len(set(load_face(name).widths(codepage)[0x30:0x3A].tolist())) == 1


def test_ocr_b_prints_ten_characters_an_inch_at_ten_points() -> None:
    # ISO 1073-2 size I: pitch 2.54 mm = 7.2 pt.
    width = int(load_face("ocr-b").widths(CodePage.of("0"))[0x30])
    assert width * 10 / 1000 == pytest.approx(7.2, abs=0.05)


_PLEX_CHARACTERS = sorted(chr(p) for p in load_face("plex-sans").codepoints if p <= 0xFFFF)


@settings(max_examples=50)
@given(st.sets(st.sampled_from([*_PLEX_CHARACTERS, "\ue000", "漢"]), max_size=200))
def test_widths_are_those_of_the_font(characters: set[str]) -> None:
    face = load_face("plex-sans")
    codepage = CodePage.of(characters)
    widths = face.widths(codepage)
    assert widths.dtype == np.int32
    assert widths.shape == (256,)
    cmap, advances = face.font.getBestCmap(), face.font["hmtx"]
    for code in range(256):
        point = int(codepage.unicode[code])
        glyph = cmap.get(point) if point >= 0 else None
        assert widths[code] == (advances[glyph][0] if glyph else 0)


def _face_with_em(units_per_em: int, advance: int) -> Face:
    builder = FontBuilder(units_per_em, isTTF=True)
    builder.setupGlyphOrder([".notdef", "A"])
    builder.setupCharacterMap({65: "A"})
    empty = TTGlyphPen(None).glyph()
    builder.setupGlyf({".notdef": empty, "A": empty})
    builder.setupHorizontalMetrics({".notdef": (0, 0), "A": (advance, 0)})
    builder.setupHorizontalHeader(ascent=units_per_em, descent=0)
    builder.setupNameTable({"psName": "Test"})
    builder.setupOS2(sTypoAscender=units_per_em, sTypoDescender=-units_per_em // 4)
    builder.setupPost()
    out = io.BytesIO()
    builder.font.save(out)
    return face_of("test", out.getvalue())


@pytest.mark.parametrize(("advance", "width"), [(2048, 1000), (1024, 500), (1233, 602), (1, 0), (2, 1)])
def test_other_ems_are_rounded_to_the_thousandth(advance: int, width: int) -> None:
    face = _face_with_em(2048, advance)
    assert face.widths(CodePage.of("A"))[65] == width
    assert (face.ascent, face.descent, face.units_per_em) == (1000, -250, 2048)
