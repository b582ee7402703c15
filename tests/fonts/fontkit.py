"""Fonts made for tests: each character shows its own code point as a square of 4 x 4 bits, or all the same box."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

EM = 1000
BIT = EM // 5
"""Side of a bit; the square of 4 x 4 bits stands in the middle of the em."""


def _glyph(boxes: Iterable[tuple[int, int, int, int]]) -> Any:
    pen = TTGlyphPen(None)
    for left, bottom, right, top in boxes:
        pen.moveTo((left, bottom))
        for point in ((left, top), (right, top), (right, bottom)):
            pen.lineTo(point)
        pen.closePath()
    return pen.glyph()


def bits_of(point: int) -> Any:
    """The bits of a code point, the highest in the upper left corner."""
    places = [divmod(15 - bit, 4) for bit in range(16) if point >> bit & 1]
    half = BIT // 2
    return _glyph(
        (half + BIT * x, half + BIT * (3 - y), half + BIT * (x + 1), half + BIT * (4 - y)) for y, x in places
    )


def font_of(points: Iterable[int], *, bits: bool = True, embedding: int = 0, version: int = 4) -> bytes:
    """A TrueType file that has these characters, each as wide as the em but for the space."""
    wanted = sorted(set(points) | {0x20})
    names = [f"u{point:04X}" for point in wanted]
    box = _glyph([(100, 0, 900, 800)])
    builder = FontBuilder(EM, isTTF=True)
    builder.setupGlyphOrder([".notdef", *names])
    builder.setupCharacterMap(dict(zip(wanted, names, strict=True)))
    shapes = {
        name: bits_of(point) if bits else box
        for name, point in zip(names, wanted, strict=True)
        if point != 0x20
    }
    builder.setupGlyf({".notdef": box, "u0020": _glyph([]), **shapes})
    glyf = builder.font["glyf"]
    metrics = {name: (EM, glyf[name].xMin) for name in [".notdef", *names] if name != "u0020"}
    builder.setupHorizontalMetrics(metrics | {"u0020": (250, 0)})
    builder.setupHorizontalHeader(ascent=880, descent=-120)
    builder.setupNameTable({"familyName": "Bits", "styleName": "Regular", "psName": "Bits-Regular"})
    builder.setupOS2(sTypoAscender=880, sTypoDescender=-120, fsType=embedding, version=version)
    builder.setupPost(keepGlyphNames=False)
    builder.font["head"].created = builder.font["head"].modified = 3_600_000_000
    out = io.BytesIO()
    builder.font.recalcTimestamp = False
    builder.save(out)
    return out.getvalue()
