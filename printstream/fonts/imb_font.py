"""The Intelligent Mail barcode as a face of four letters: T, D, A, F are tracker, descender, ascender, full.

In: nothing. Out: TrueType bytes, the same on every run. Never: encodes; the letters come from kernels/imb.

Set at FONT_SIZE_MPT, 65 letters are a barcode by USPS-B-3200: every measure below is a whole number of font
units there. The base line is the bottom of the full bar, so a barcode is as high as its text box.
"""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fontTools.ttLib.tables._g_l_y_f import Glyph

UNITS_PER_EM = 1000
FONT_SIZE_MPT = 12_000
"""Size at which the bars have their nominal measures; one font unit is then 12 mpt."""
MPT_PER_UNIT = FONT_SIZE_MPT // UNITS_PER_EM

BARS = 65
PITCH_MPT = 3_360
"""Bar to bar: 14/300 in, 21.43 bars an inch (allowed: 20 to 24)."""
BAR_WIDTH_MPT = 1_440
"""0.020 in (allowed: 0.015 to 0.025)."""
HEIGHT_MPT = 10_440
"""Full bar, 0.145 in (allowed: 0.125 to 0.165)."""
TRACKER_HEIGHT_MPT = 3_456
"""0.048 in (allowed: 0.039 to 0.057)."""
CENTRE_MPT = HEIGHT_MPT // 2
"""Middle of the tracker above the base line."""
WIDTH_MPT = (BARS - 1) * PITCH_MPT + BAR_WIDTH_MPT
"""First bar's left edge to last bar's right edge, 3.0067 in; the text's advance is a gap longer."""
CLEAR_ZONE_X_MPT = 9_000
"""Clear zone left and right, 0.125 in."""
CLEAR_ZONE_Y_MPT = 2_016
"""Clear zone above and below, 0.028 in."""

FAMILY = "Printstream IMb"
POSTSCRIPT_NAME = "PrintstreamIMb"
_EPOCH_1904 = 2_082_844_800
_DATE = _EPOCH_1904 + 1_767_225_600
"""2026-01-01, seconds since 1904: fixed, so that the bytes repeat."""

_PITCH = PITCH_MPT // MPT_PER_UNIT
_HEIGHT = HEIGHT_MPT // MPT_PER_UNIT
_LOW = (HEIGHT_MPT - TRACKER_HEIGHT_MPT) // 2 // MPT_PER_UNIT
_HIGH = _HEIGHT - _LOW
_BARS_UNITS = {"T": (_LOW, _HIGH), "D": (0, _HIGH), "A": (_LOW, _HEIGHT), "F": (0, _HEIGHT)}
_CHARACTERS = {0x20: "space"} | {ord(letter): letter for letter in "ADFT"}


def _bar(bottom: int, top: int) -> Glyph:
    """One bar at the left of its pitch, clockwise as TrueType wants it."""
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    right = BAR_WIDTH_MPT // MPT_PER_UNIT
    pen = TTGlyphPen(None)
    pen.moveTo((0, bottom))
    for corner in ((0, top), (right, top), (right, bottom)):
        pen.lineTo(corner)
    pen.closePath()
    return pen.glyph()


@cache
def build_imb_font() -> bytes:
    """Build the face (a few milliseconds, once)."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    order = [".notdef", "space", "A", "D", "F", "T"]
    empty = TTGlyphPen(None).glyph()
    builder = FontBuilder(UNITS_PER_EM, isTTF=True)
    builder.updateHead(fontRevision=1.0, created=_DATE, modified=_DATE)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap(_CHARACTERS)
    builder.setupGlyf({name: _bar(*_BARS_UNITS[name]) if name in _BARS_UNITS else empty for name in order})
    builder.setupHorizontalMetrics(dict.fromkeys(order, (_PITCH, 0)))
    builder.setupHorizontalHeader(ascent=_HEIGHT, descent=0)
    builder.setupNameTable(
        {
            "familyName": FAMILY,
            "styleName": "Regular",
            "uniqueFontIdentifier": f"{POSTSCRIPT_NAME}-1.0",
            "fullName": FAMILY,
            "version": "Version 1.0",
            "psName": POSTSCRIPT_NAME,
        },
        mac=False,
    )
    builder.setupOS2(
        version=4,
        sTypoAscender=_HEIGHT,
        sTypoDescender=0,
        sTypoLineGap=0,
        usWinAscent=_HEIGHT,
        usWinDescent=0,
        sCapHeight=_HEIGHT,
        sxHeight=_HIGH,
        xAvgCharWidth=_PITCH,
        usWeightClass=400,
        fsSelection=0x40,
        achVendID="NONE",
    )
    builder.setupPost(isFixedPitch=1)
    builder.font.recalcTimestamp = False
    out = io.BytesIO()
    builder.save(out)
    return out.getvalue()
