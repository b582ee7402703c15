"""The faces by name, and their measures in the one unit that PDF states: 1/1000 em, whole numbers.

In: a face name, or a path in the job's folder. Out: ``Face``. Never: looks for fonts on the machine, because the same job
must give the same bytes everywhere.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from printstream.base.cache import cached, library_version, source_digest
from printstream.base.codepage import CodePage
from printstream.base.errors import JobError
from printstream.fonts.bar_font import MEASURES, build_bar_font

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont


_HERE = Path(__file__).parent


def _shipped(file_name: str) -> Callable[[], bytes]:
    def read() -> bytes:
        return resources.files("printstream.fonts").joinpath(file_name).read_bytes()

    return read


def _bars(name: str) -> Callable[[], bytes]:
    def read() -> bytes:
        made_by = library_version("fonttools") + source_digest(str(_HERE / "bar_font.py"))
        return cached("faces", name.encode() + made_by, lambda: build_bar_font(name))

    return read


FACES: Mapping[str, Callable[[], bytes]] = MappingProxyType(
    {
        "plex-sans": _shipped("IBMPlexSans-Regular.ttf"),
        "plex-sans-semibold": _shipped("IBMPlexSans-SemiBold.ttf"),
        "ocr-b": _shipped("OCRB-Regular.ttf"),
        **{name: _bars(name) for name in MEASURES},
    }
)
"""Face name -> where its TrueType bytes come from."""


@dataclass(frozen=True, eq=False)
class Face:
    """A TrueType face and its measures, all in 1/1000 em.

    Attributes:
        name: the name by which templates ask for it.
        data: the TrueType file.
        postscript_name: name table entry 6, the PDF's BaseFont.
        units_per_em: design units of ``data``.
        ascent: top of the tallest letters above the base line.
        descent: bottom of the deepest letters, negative.
        cap_height: height of a capital.
        stem_v: thickness of upright stems, estimated from the weight class.
        bbox: box around all glyphs: left, bottom, right, top.
        fixed_pitch: every glyph has the same width.
        advances: width of every code point that the face can show.
        is_own: it is a file of the job's folder, ``name`` its path there.
    """

    name: str
    data: bytes
    postscript_name: str
    units_per_em: int
    ascent: int
    descent: int
    cap_height: int
    stem_v: int
    bbox: tuple[int, int, int, int]
    fixed_pitch: bool
    advances: Mapping[int, int]
    is_own: bool = False

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the TrueType file."""
        return hashlib.sha256(self.data).digest()

    @cached_property
    def font(self) -> TTFont:
        """The opened font; shared, so treat it as read-only."""
        return open_font(self.data)

    @cached_property
    def codepoints(self) -> frozenset[int]:
        """Every code point that the face can show."""
        return frozenset(self.advances)

    def supports(self, codepoint: int) -> bool:
        """Tell whether the face can show a code point."""
        return codepoint in self.codepoints

    def missing(self, text: str) -> str:
        """Give the characters of ``text`` that the face cannot show, sorted, each once."""
        return "".join(sorted({c for c in text if ord(c) not in self.codepoints}))

    def widths(self, codepage: CodePage) -> NDArray[np.int32]:
        """Advance of each slot of the code page, int32[slots], 1/1000 em; 0 where it is free or the face lacks it.

        These integers are both the PDF's /Widths and what text is measured with, so both agree to the unit.
        """
        widths = np.zeros(codepage.unicode.size, np.int32)
        for slot, point in enumerate(codepage.unicode.tolist()):
            if point in self.advances:
                widths[slot] = self.advances[point]
        return widths


def load_face(name: str, fonts: Mapping[str, bytes] = MappingProxyType({})) -> Face:
    """Load a face.

    Args:
        name: of the registry, or of one of the job's own.
        fonts: the job's own font files, by the path by which the template names them (``fonts.own.read_fonts``).

    Raises:
        JobError: when there is no face of that name, or the file cannot be used.
    """
    if name in FACES:
        return _shipped_face(name)
    if name not in fonts:
        msg = f"there is no face {name!r}"
        raise JobError(msg, next_step=f"Use one of: {', '.join(FACES)}.")
    from printstream.fonts.own import own_face  # most jobs bring no font

    return own_face(name, fonts[name])


@cache
def _shipped_face(name: str) -> Face:
    return face_of(name, FACES[name]())


def face_of(name: str, data: bytes, *, is_own: bool = False) -> Face:
    """Measure a TrueType file; the measures are kept in the cache folder, because opening a font takes a while."""
    made_by = library_version("fonttools") + source_digest(__file__)
    depends_on = made_by + hashlib.sha256(data).digest()
    measures = json.loads(cached("measures", depends_on, lambda: json.dumps(_measures(data)).encode()))
    measures["bbox"] = tuple(measures["bbox"])
    measures["advances"] = MappingProxyType(
        {int(point): width for point, width in measures["advances"].items()}
    )
    return Face(name=name, data=data, is_own=is_own, **measures)


def _measures(data: bytes) -> dict[str, Any]:
    font = open_font(data)
    em = int(font["head"].unitsPerEm)
    os2, head = font["OS/2"], font["head"]
    box = (head.xMin, head.yMin, head.xMax, head.yMax)
    widths = font["hmtx"].metrics
    return {
        # What a PDF name, and any reader of it, takes without an escape.
        "postscript_name": re.sub(r"[^A-Za-z0-9+_-]", "", font["name"].getDebugName(6) or "") or "Font",
        "units_per_em": em,
        "ascent": _per_mille(os2.sTypoAscender, em),
        "descent": _per_mille(os2.sTypoDescender, em),
        "cap_height": _per_mille(getattr(os2, "sCapHeight", 0) or os2.sTypoAscender, em),
        # No TrueType table states StemV; this is the customary estimate from the weight class.
        "stem_v": 50 + round((os2.usWeightClass / 65) ** 2),
        "bbox": [_per_mille(side, em) for side in box],
        "fixed_pitch": bool(font["post"].isFixedPitch),
        "advances": {point: _per_mille(widths[glyph][0], em) for point, glyph in font.getBestCmap().items()},
    }


def open_font(data: bytes) -> TTFont:
    """Open TrueType bytes such that saving repeats them: no clock, no re-measuring."""
    from fontTools.ttLib import TTFont

    return TTFont(io.BytesIO(data), recalcTimestamp=False, recalcBBoxes=False)


def _per_mille(units: int, units_per_em: int) -> int:
    return (2000 * units + units_per_em) // (2 * units_per_em)
