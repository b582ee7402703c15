"""A face cut down to the job's characters, as a PDF simple or composite TrueType font wants it.

In: a face and the code page. Out: TrueType bytes, maps of codes, the subset tag. Never: depends on the clock.

Simple fonts take one-byte codes; a face that has characters with two is a composite font, whose CIDs are the codes.
"""

from __future__ import annotations

import hashlib
import io
import struct
from typing import TYPE_CHECKING

import numpy as np

from printstream.base.cache import cached, library_version, source_digest
from printstream.base.codepage import FIRST_TRAIL, LAST_TRAIL, CodePage
from printstream.base.errors import JobError
from printstream.fonts.faces import Face, open_font

if TYPE_CHECKING:
    from collections.abc import Callable

    from fontTools.ttLib import TTFont
    from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

_PDF_TABLES = frozenset({"head", "hhea", "maxp", "hmtx", "loca", "glyf", "cmap"})
"""What an embedded TrueType program needs (ISO 32000-2, 9.9.1); hints are idle at press resolution."""
_SYMBOL_BASE = 0xF000
_CMAP_BLOCK = 100
CMAP_NAME = "Printstream-Job"
_ONE_BYTE = 256
_ONE_BYTE_SPACE = ("1 begincodespacerange", "<00> <FF>", "endcodespacerange")


def has_long_codes(face: Face, codepage: CodePage) -> bool:
    """Tell whether the face shows characters whose codes are two bytes."""
    return any(point in face.advances for point in codepage.unicode[_ONE_BYTE:].tolist())


def subset_face(face: Face, codepage: CodePage) -> bytes:
    """Cut the face down to the characters of the code page that it has and that have one byte.

    Codes are mapped twice, as ISO 32000-2, 9.6.5.4 asks of a symbolic font without /Encoding: (3,0) at
    0xF000 + code, and (1,0) at the code itself.

    Returns:
        the TrueType program; the same bytes for the same face and code page, so it is kept in the cache folder.
    """
    return _kept("simple", face, codepage, lambda: _subset(face, codepage))


def subset_composite(face: Face, codepage: CodePage) -> tuple[bytes, bytes]:
    """Cut the face down to the characters of the code page that it has.

    Returns:
        the TrueType program, without a cmap (ISO 32000-2, 9.7.4.2), and the glyph of each CID as two bytes, 0 where the
        face has none.
    """
    both = _kept("composite", face, codepage, lambda: _composite(face, codepage))
    [count] = struct.unpack_from(">I", both)
    return both[4 + count :], both[4 : 4 + count]


def _kept(kind: str, face: Face, codepage: CodePage, make: Callable[[], bytes]) -> bytes:
    """Make a subset, or take it from the cache folder; a file whose outlines cannot be read is the job's fault."""
    made_by = library_version("fonttools") + source_digest(__file__) + kind.encode()
    depends_on = made_by + codepage.unicode.tobytes() + face.digest
    try:
        return cached("subsets", depends_on, make)
    except Exception as error:
        # fontTools lets faults of damaged tables through as they come: KeyError, struct.error, assertions.
        if not face.is_own:
            raise
        msg = f"the font's outlines cannot be read ({type(error).__name__})"
        raise JobError(msg, where=face.name, next_step="Take a sound copy of the font file") from error


def _subset(face: Face, codepage: CodePage) -> bytes:
    font, cmap = _bare(face)
    points = codepage.unicode[:_ONE_BYTE].tolist()
    glyph_of_code = {code: cmap[p] for code, p in enumerate(points) if p in cmap}
    _cut(font, set(glyph_of_code.values()))
    font["cmap"] = _symbolic_cmap(glyph_of_code)
    return _saved(font)


def _composite(face: Face, codepage: CodePage) -> bytes:
    font, cmap = _bare(face)
    glyphs = [cmap.get(point) for point in codepage.unicode.tolist()]
    _cut(font, {name for name in glyphs if name is not None})
    del font["cmap"]
    number = font.getReverseGlyphMap()
    of_cid = np.zeros(int(codepage.slot_codes[-1]) + 1, ">u2")
    of_cid[codepage.slot_codes] = [0 if name is None else number[name] for name in glyphs]
    return struct.pack(">I", of_cid.nbytes) + of_cid.tobytes() + _saved(font)


def _bare(face: Face) -> tuple[TTFont, dict[int, str]]:
    """Open the face with only what PDF needs; give its characters' glyphs."""
    font = open_font(face.data)
    cmap = dict(font.getBestCmap())
    order = font.getGlyphOrder()  # from the post table, which goes now
    for tag in set(font.keys()) - _PDF_TABLES - {"GlyphOrder"}:
        del font[tag]
    font.setGlyphOrder(order)
    return font, cmap


def _saved(font: TTFont) -> bytes:
    out = io.BytesIO()
    font.save(out, reorderTables=True)
    return out.getvalue()


def tounicode_cmap(codepage: CodePage, *, long_codes: bool = False) -> bytes:
    """Write the map from codes to Unicode, so that text can be searched and copied (ISO 32000-2, 9.10.3).

    Args:
        codepage: the job's encoding.
        long_codes: the font is composite; otherwise the map is of one-byte codes only.
    """
    points = codepage.unicode.tolist()
    pairs = [(code, p) for code, p in zip(codepage.slot_codes.tolist(), points, strict=True) if p >= 0]
    if not long_codes:
        pairs = [pair for pair in pairs if pair[0] < _ONE_BYTE]
    lines = [
        "/CIDInit /ProcSet findresource begin",
        "12 dict begin",
        "begincmap",
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def",
        "/CMapName /Adobe-Identity-UCS def",
        "/CMapType 2 def",
        *(_code_space(codepage) if long_codes else _ONE_BYTE_SPACE),
    ]
    for first in range(0, len(pairs), _CMAP_BLOCK):
        block = pairs[first : first + _CMAP_BLOCK]
        lines.append(f"{len(block)} beginbfchar")
        lines += [f"<{code:0{2 + 2 * (code >= _ONE_BYTE)}X}> <{point:04X}>" for code, point in block]
        lines.append("endbfchar")
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end", ""]
    return "\n".join(lines).encode("ascii")


def encoding_cmap(codepage: CodePage) -> bytes:
    """Write how long codes are, and that each is its own CID (ISO 32000-2, 9.7.5.3; Adobe note 5014).

    Other CIDs would do by the standard, but MuPDF looks for them among the codes of ToUnicode.
    """
    ranges = [f"<00> <{codepage.first_lead - 1:02X}> 0"]
    for lead in range(codepage.first_lead, 0x100):
        first = lead << 8 | FIRST_TRAIL
        ranges.append(f"<{first:04X}> <{lead:02X}{LAST_TRAIL:02X}> {first}")
    lines = [
        "%!PS-Adobe-3.0 Resource-CMap",
        "/CIDInit /ProcSet findresource begin",
        "12 dict begin",
        "begincmap",
        "/CIDSystemInfo 3 dict dup begin",
        "/Registry (Adobe) def /Ordering (Identity) def /Supplement 0 def",
        "end def",
        f"/CMapName /{CMAP_NAME} def",
        "/CMapType 1 def",
        "/WMode 0 def",
        *_code_space(codepage),
    ]
    for first in range(0, len(ranges), _CMAP_BLOCK):
        block = ranges[first : first + _CMAP_BLOCK]
        lines += [f"{len(block)} begincidrange", *block, "endcidrange"]
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end", ""]
    return "\n".join(lines).encode("ascii")


def _code_space(codepage: CodePage) -> list[str]:
    """How long codes are, by their first byte."""
    last = codepage.first_lead - 1
    return [
        "2 begincodespacerange",
        f"<00> <{last:02X}>",
        f"<{last + 1:02X}{FIRST_TRAIL:02X}> <FF{LAST_TRAIL:02X}>",
        "endcodespacerange",
    ]


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
