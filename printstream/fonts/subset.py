"""A face cut down to the job's characters, as a PDF simple TrueType font wants it.

In: a face and the code page. Out: TrueType bytes, the ToUnicode map, the subset tag. Never: depends on the
clock.
"""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

from printstream.base.cache import cached, library_version, source_digest
from printstream.base.codepage import CodePage
from printstream.fonts.faces import Face, open_font

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont
    from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

_PDF_TABLES = frozenset({"head", "hhea", "maxp", "hmtx", "loca", "glyf", "cmap"})
"""What an embedded TrueType program needs (ISO 32000-2, 9.9.1); hints are idle at press resolution."""
_SYMBOL_BASE = 0xF000
_CMAP_BLOCK = 100


def subset_face(face: Face, codepage: CodePage) -> bytes:
    """Cut the face down to the characters of the code page that it has.

    Codes are mapped twice, as ISO 32000-2, 9.6.5.4 asks of a symbolic font without /Encoding: (3,0) at
    0xF000 + code, and (1,0) at the code itself.

    Returns:
        the TrueType program; the same bytes for the same face and code page, so it is kept in the cache folder.
    """
    made_by = library_version("fonttools") + source_digest(__file__)
    depends_on = made_by + codepage.unicode.tobytes() + hashlib.sha256(face.data).digest()
    return cached("subsets", depends_on, lambda: _subset(face, codepage))


def _subset(face: Face, codepage: CodePage) -> bytes:
    font = open_font(face.data)
    cmap = dict(font.getBestCmap())
    glyph_of_code = {code: cmap[p] for code, p in enumerate(codepage.unicode.tolist()) if p in cmap}
    order = font.getGlyphOrder()  # from the post table, which goes now
    for tag in set(font.keys()) - _PDF_TABLES - {"GlyphOrder"}:
        del font[tag]
    font.setGlyphOrder(order)
    _cut(font, set(glyph_of_code.values()))
    font["cmap"] = _symbolic_cmap(glyph_of_code)
    out = io.BytesIO()
    font.save(out, reorderTables=True)
    return out.getvalue()


def tounicode_cmap(codepage: CodePage) -> bytes:
    """Write the map from codes to Unicode, so that text can be searched and copied (ISO 32000-2, 9.10.3)."""
    pairs = [(code, point) for code, point in enumerate(codepage.unicode.tolist()) if point >= 0]
    lines = [
        "/CIDInit /ProcSet findresource begin",
        "12 dict begin",
        "begincmap",
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def",
        "/CMapName /Adobe-Identity-UCS def",
        "/CMapType 2 def",
        "1 begincodespacerange",
        "<00> <FF>",
        "endcodespacerange",
    ]
    for first in range(0, len(pairs), _CMAP_BLOCK):
        block = pairs[first : first + _CMAP_BLOCK]
        lines.append(f"{len(block)} beginbfchar")
        lines += [f"<{code:02X}> <{point:04X}>" for code, point in block]
        lines.append("endbfchar")
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end", ""]
    return "\n".join(lines).encode("ascii")


def subset_tag(program: bytes) -> str:
    """Derive the six capitals before a subset's name from its bytes (ISO 32000-2, 9.9.2)."""
    number = int.from_bytes(hashlib.sha256(program).digest()[:8], "big")
    letters = []
    for _ in range(6):
        number, letter = divmod(number, 26)
        letters.append(chr(ord("A") + letter))
    return "".join(letters)


def _cut(font: TTFont, glyphs: set[str]) -> None:
    from fontTools.subset import Options, Subsetter

    options = Options(
        hinting=False,
        layout_features=[],
        notdef_outline=True,
        glyph_names=False,
        name_IDs=[],
        recalc_timestamp=False,
        recalc_bounds=False,
    )
    subsetter = Subsetter(options)
    subsetter.populate(glyphs=sorted(glyphs))
    subsetter.subset(font)


def _symbolic_cmap(glyph_of_code: dict[int, str]) -> object:
    from fontTools.ttLib import newTable

    table = newTable("cmap")
    table.tableVersion = 0
    mac = _subtable(6, 1, 0, glyph_of_code)
    symbol = _subtable(4, 3, 0, {_SYMBOL_BASE + code: glyph for code, glyph in glyph_of_code.items()})
    table.tables = [mac, symbol]
    return table


def _subtable(table_format: int, platform: int, encoding: int, cmap: dict[int, str]) -> CmapSubtable:
    from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

    subtable = CmapSubtable.newSubtable(table_format)
    subtable.platformID = platform
    subtable.platEncID = encoding
    subtable.language = 0
    subtable.cmap = cmap
    return subtable
