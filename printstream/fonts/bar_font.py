"""The posts' bars as faces of four letters: T, D, A, F are tracker, descender, ascender, full.

In: nothing. Out: TrueType bytes, the same on every run. Never: encodes; the letters come from kernels/imb and
kernels/fourstate.

Set at FONT_SIZE_MPT, the letters are a barcode by its post's rules: every measure below is a whole number of font
units there. The base line is the bottom of the full bar, so a barcode is as high as its text box.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from printstream.base.frozen import frozen

if TYPE_CHECKING:
    from fontTools.ttLib.tables._g_l_y_f import Glyph

UNITS_PER_EM = 1000
FONT_SIZE_MPT = 12_000
"""Size at which the bars have their nominal measures; one font unit is then 12 mpt."""
MPT_PER_UNIT = FONT_SIZE_MPT // UNITS_PER_EM


@frozen
class BarMeasures:
    """Measures of a post's bars, and between which each must lie; lengths in mpt.

    Attributes:
        family, postscript_name: names of the face.
        pitch: from bar to bar.
        width: of a bar.
        height: of a full bar.
        tracker: height of a tracker.
        clear_x, clear_y: paper that stays free left and right, above and below.
        pitches, widths, heights, trackers: least and most that the post allows.
        two_heights: short bars stand on the base line (POSTNET), not around the centre line.
        source: where the measures are from.
    """

    family: str
    postscript_name: str
    pitch: int
    width: int
    height: int
    tracker: int
    clear_x: int
    clear_y: int
    pitches: tuple[int, int]
    widths: tuple[int, int]
    heights: tuple[int, int]
    trackers: tuple[int, int]
    source: str
    two_heights: bool = False

    @property
    def centre(self) -> int:
        """Middle of a full bar above the base line."""
        return self.height // 2

    def length(self, bars: int) -> int:
        """First bar's left edge to last bar's right edge; the text's advance is a gap longer."""
        return (bars - 1) * self.pitch + self.width


# 14/300 in (21.43 bars an inch) and 0.020 in are whole pixels at 300 dpi, and lawful for all but the last two.
_INCH_PITCH, _INCH_WIDTH = 3_360, 1_440
_PER_INCH_20_24 = (3_000, 3_600)
MEASURES: Mapping[str, BarMeasures] = MappingProxyType(
    {
        "imb": BarMeasures(
            "Printstream IMb", "PrintstreamIMb", _INCH_PITCH, _INCH_WIDTH, 10_440, 3_456, 9_000, 2_016,
            pitches=_PER_INCH_20_24, widths=(1_080, 1_800), heights=(9_000, 11_880), trackers=(2_808, 4_104),
            source="USPS-B-3200, 2.2 and 2.3, the narrower of its published ranges of heights",
        ),
        "bars-royal": BarMeasures(
            "Printstream Royal", "PrintstreamRoyal", _INCH_PITCH, _INCH_WIDTH, 14_400, 3_600, 5_676, 5_676,
            pitches=_PER_INCH_20_24, widths=(1_077, 1_786), heights=(11_962, 16_555), trackers=(2_891, 4_309),
            source="Royal Mail Mailmark barcode definition document (2015), 3.5, which RM4SCC and PostNL's KIX share; "
            "as stated by zint 6ac010af and Lexmark's bar code manual",
        ),
        "bars-auspost": BarMeasures(
            "Printstream AusPost", "PrintstreamAusPost", 3_120, _INCH_WIDTH, 14_160, 3_600, 17_016, 5_676,
            pitches=(2_880, 3_273), widths=(1_133, 1_701), heights=(11_905, 15_875), trackers=(2_834, 4_536),
            source="Australia Post Customer Barcoding Technical Specifications (2012), p. 12, as stated by zint 6ac010af; "
            "22 to 25 bars an inch",
        ),
        "bars-japanpost": BarMeasures(
            "Printstream JapanPost", "PrintstreamJapanPost", 3_396, 1_704, 10_200, 3_408, 5_676, 5_676,
            pitches=(3_118, 3_685), widths=(1_417, 1_985), heights=(9_637, 10_206), trackers=(2_976, 3_827),
            source="Japan Post Zip/Barcode Manual, pp. 11 to 13 (10 point size), as stated by zint 6ac010af",
        ),
        "bars-postnet": BarMeasures(
            "Printstream POSTNET", "PrintstreamPOSTNET", _INCH_PITCH, _INCH_WIDTH, 9_000, 3_600, 9_000, 2_880,
            pitches=_PER_INCH_20_24, widths=(1_080, 1_800), heights=(8_280, 9_720), trackers=(2_880, 4_320),
            source="DMM 708.4.2 (2011), PLANET the same", two_heights=True,
        ),
    }
)  # fmt: skip
"""By face name."""

_EPOCH_1904 = 2_082_844_800
_DATE = _EPOCH_1904 + 1_767_225_600
"""2026-01-01, seconds since 1904: fixed, so that the bytes repeat."""
_CHARACTERS = {0x20: "space"} | {ord(letter): letter for letter in "ADFT"}


def _bar(bottom: int, top: int, right: int) -> Glyph:
    """One bar at the left of its pitch, clockwise as TrueType wants it."""
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    pen.moveTo((0, bottom))
    for corner in ((0, top), (right, top), (right, bottom)):
        pen.lineTo(corner)
    pen.closePath()
    return pen.glyph()


def _glyphs(measures: BarMeasures) -> dict[str, Glyph]:
    height = measures.height // MPT_PER_UNIT
    low = 0 if measures.two_heights else (measures.height - measures.tracker) // 2 // MPT_PER_UNIT
    high = measures.tracker // MPT_PER_UNIT if measures.two_heights else height - low
    right = measures.width // MPT_PER_UNIT
    ends = {"T": (low, high), "D": (0, high), "A": (low, height), "F": (0, height)}
    return {letter: _bar(*ends[letter], right) for letter in "ADFT"}


@cache
def build_bar_font(name: str) -> bytes:
    """Build a face of MEASURES (a few milliseconds, once)."""
    # Imported here because a warm start takes the face from the cache folder.
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    measures = MEASURES[name]
    height, pitch = measures.height // MPT_PER_UNIT, measures.pitch // MPT_PER_UNIT
    order = [".notdef", "space", "A", "D", "F", "T"]
    empty = TTGlyphPen(None).glyph()
    bars = _glyphs(measures)
    builder = FontBuilder(UNITS_PER_EM, isTTF=True)
    builder.updateHead(fontRevision=1.0, created=_DATE, modified=_DATE)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap(_CHARACTERS)
    builder.setupGlyf({glyph: bars.get(glyph, empty) for glyph in order})
    builder.setupHorizontalMetrics(dict.fromkeys(order, (pitch, 0)))
    builder.setupHorizontalHeader(ascent=height, descent=0)
    builder.setupNameTable(_names(measures), mac=False)
    builder.setupOS2(
        version=4,
        sTypoAscender=height,
        sTypoDescender=0,
        sTypoLineGap=0,
        usWinAscent=height,
        usWinDescent=0,
        sCapHeight=height,
        sxHeight=(measures.height + measures.tracker) // 2 // MPT_PER_UNIT,
        xAvgCharWidth=pitch,
        usWeightClass=400,
        fsSelection=0x40,
        achVendID="NONE",
    )
    builder.setupPost(isFixedPitch=1)
    builder.font.recalcTimestamp = False
    out = io.BytesIO()
    builder.save(out)
    return out.getvalue()


def _names(measures: BarMeasures) -> dict[str, str]:
    return {
        "familyName": measures.family,
        "styleName": "Regular",
        "uniqueFontIdentifier": f"{measures.postscript_name}-1.0",
        "fullName": measures.family,
        "version": "Version 1.0",
        "psName": measures.postscript_name,
    }
