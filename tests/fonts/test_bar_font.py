"""The barcode faces: measures by the posts' rules, and bars that FreeType draws and our decoder reads."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from printstream.base.codepage import CodePage
from printstream.base.units import MPT_PER_IN
from printstream.fonts import bar_font
from printstream.fonts.faces import load_face
from printstream.fonts.subset import subset_face
from tests.reference.imb import decode_imb, encode_imb

IMB = bar_font.MEASURES["imb"]
FONT = TTFont(io.BytesIO(bar_font.build_bar_font("imb")))
IN_PER_UNIT = bar_font.FONT_SIZE_MPT / bar_font.UNITS_PER_EM / MPT_PER_IN


def bar_in(letter: str) -> tuple[float, float, float, float]:
    """Left, bottom, right, top of a bar in inches at the stated size."""
    box = FONT["glyf"][FONT.getBestCmap()[ord(letter)]]
    return tuple(IN_PER_UNIT * edge for edge in (box.xMin, box.yMin, box.xMax, box.yMax))


@pytest.mark.parametrize("letter", "TDAF")
def test_bars_are_wide_and_apart_as_the_post_wants(letter: str) -> None:
    left, _, right, _ = bar_in(letter)
    assert left == 0
    assert right == pytest.approx(0.020)
    advance, bearing = FONT["hmtx"][letter]
    assert bearing == 0
    assert advance * IN_PER_UNIT == pytest.approx(14 / 300)
    assert 20 <= 1 / (advance * IN_PER_UNIT) <= 24


def test_bars_are_high_as_the_post_wants() -> None:
    low, high = bar_in("T")[1], bar_in("T")[3]
    bottom, top = bar_in("F")[1], bar_in("F")[3]
    assert high - low == pytest.approx(0.048)
    assert top - bottom == pytest.approx(0.145)
    assert bar_in("A")[1::2] == (low, top)
    assert bar_in("D")[1::2] == (bottom, high)
    centre = (low + high) / 2
    assert (top + bottom) / 2 == pytest.approx(centre)
    # USPS-B-3200: ends 0.0195 to 0.0285 in (tracker) and 0.0625 to 0.0825 in (full) from the centre line.
    assert 0.0195 <= high - centre <= 0.0285
    assert 0.0625 <= top - centre <= 0.0825
    assert centre * MPT_PER_IN == pytest.approx(IMB.centre)


def test_stated_measures_are_those_of_the_glyphs() -> None:
    left, bottom, right, top = (edge * MPT_PER_IN for edge in bar_in("F"))
    assert right - left == pytest.approx(IMB.width)
    assert top - bottom == pytest.approx(IMB.height)
    assert (bar_in("T")[3] - bar_in("T")[1]) * MPT_PER_IN == pytest.approx(IMB.tracker)
    assert FONT["hmtx"]["T"][0] * IN_PER_UNIT * MPT_PER_IN == pytest.approx(IMB.pitch)
    assert IMB.length(65) == 64 * IMB.pitch + IMB.width
    assert 2.68 < IMB.length(65) / MPT_PER_IN < 3.23


def test_face_goes_the_way_of_text_faces() -> None:
    face = load_face("imb")
    codepage = CodePage.of("TDAF")
    assert face.widths(codepage)[list(b"TDAF")].tolist() == [280] * 4
    assert face.missing("TDAF ") == ""
    assert (face.ascent, face.descent, face.bbox, face.fixed_pitch) == (870, 0, (0, 0, 120, 870), True)
    cut = TTFont(io.BytesIO(subset_face(face, codepage)))
    assert len(cut["glyf"].glyphs) == 6
    assert FONT["name"].getDebugName(6) == IMB.postscript_name
    assert FONT.getGlyphOrder()[0] == ".notdef"


def test_bytes_repeat_in_another_process_at_another_time() -> None:
    code = "import sys; from printstream.fonts.bar_font import build_bar_font as b; sys.stdout.buffer.write(b('imb'))"
    env = {**os.environ, "SOURCE_DATE_EPOCH": "1000000000", "PYTHONHASHSEED": "7"}
    other = subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True)
    assert other.stdout == bar_font.build_bar_font("imb")


@pytest.mark.parametrize("routing", ["", "01234", "012345678", "01234567891"])
def test_freetype_draws_bars_that_read_back(routing: str) -> None:
    bars = encode_imb("01234567094987654321", routing)
    assert read_bars(bars) == bars
    assert decode_imb(read_bars(bars)) == ("01234567094987654321", routing)


def read_bars(text: str) -> str:
    """Draw at 250 pixels an em (70 a pitch) and measure every bar's ends."""
    font = ImageFont.truetype(
        io.BytesIO(bar_font.build_bar_font("imb")), 250, layout_engine=ImageFont.Layout.BASIC
    )
    image = Image.new("L", (70 * len(text), 240))
    ImageDraw.Draw(image).text((0, 230), text, font=font, fill=255, anchor="ls")
    ink = np.asarray(image) > 127
    letters = ""
    for place in range(len(text)):
        columns = ink[:, 70 * place : 70 * place + 70]
        assert columns[:, :30].any(axis=0).all()
        assert not columns[:, 31:].any()
        rows = np.flatnonzero(columns.any(axis=1))
        up, down = rows[0] < 230 - 150, rows[-1] > 230 - 60
        assert len(rows) == rows[-1] - rows[0] + 1
        letters += "TDAF"[int(down) + 2 * int(up)]
    return letters


# ---- the other posts


@pytest.mark.parametrize("name", bar_font.MEASURES)
def test_every_measure_is_within_what_its_post_allows(name: str) -> None:
    measures = bar_font.MEASURES[name]
    for value, (least, most) in (
        (measures.pitch, measures.pitches),
        (measures.width, measures.widths),
        (measures.height, measures.heights),
        (measures.tracker, measures.trackers),
    ):
        assert least < value < most, name
        assert value % bar_font.MPT_PER_UNIT == 0
    assert measures.source


MM = MPT_PER_IN / 25.4


@pytest.mark.parametrize(
    ("name", "height", "tracker", "width", "bars_an_inch"),
    [
        # Millimetres, as the posts' manuals state them: least and most.
        ("bars-royal", (4.22, 5.84), (1.02, 1.52), (0.38, 0.63), (20, 24)),
        ("bars-auspost", (4.2, 5.6), (1.0, 1.6), (0.4, 0.6), (22, 25)),
        ("bars-japanpost", (3.4, 3.6), (1.05, 1.35), (0.5, 0.7), (19.5, 23.1)),
        ("bars-postnet", (0.115 * 25.4, 0.135 * 25.4), (1.016, 1.524), (0.381, 0.635), (20, 24)),
    ],
)
def test_glyphs_measure_what_the_manuals_say(
    name: str,
    height: tuple[float, float],
    tracker: tuple[float, float],
    width: tuple[float, float],
    bars_an_inch: tuple[float, float],
) -> None:
    font = TTFont(io.BytesIO(bar_font.build_bar_font(name)))
    boxes = {letter: font["glyf"][font.getBestCmap()[ord(letter)]] for letter in "TDAF"}
    unit = bar_font.MPT_PER_UNIT / MM
    full, low = boxes["F"], boxes["T"]
    assert height[0] <= (full.yMax - full.yMin) * unit <= height[1]
    assert tracker[0] <= (low.yMax - low.yMin) * unit <= tracker[1]
    assert width[0] <= (full.xMax - full.xMin) * unit <= width[1]
    assert bars_an_inch[0] <= 25.4 / (font["hmtx"]["F"][0] * unit) <= bars_an_inch[1]
    assert (full.yMin, boxes["A"].yMax, boxes["D"].yMin) == (0, full.yMax, 0)
    assert (boxes["A"].yMin, boxes["D"].yMax) == (low.yMin, low.yMax)
    if name == "bars-postnet":
        assert low.yMin == 0
    else:
        assert low.yMin + low.yMax == full.yMax
    assert load_face(name).data == bar_font.build_bar_font(name)
