"""Faces as PDF fonts: simple ones of one-byte codes, composite ones where a face shows characters with two.

In: a face, the code page. Out: font dictionaries with embedded subsets. Never: knows where text stands.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pikepdf
from numpy.typing import NDArray
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from printstream.base.codepage import CodePage
from printstream.fonts.faces import Face
from printstream.fonts.subset import (
    CMAP_NAME,
    encoding_cmap,
    has_long_codes,
    subset_composite,
    subset_face,
    subset_tag,
    tounicode_cmap,
)
from printstream.spool.compress import pack

_SYMBOLIC = 4
_FIXED_PITCH = 1


def packed(pdf: Pdf, data: bytes, **entries: Any) -> Stream:
    """Make a compressed stream."""
    return Stream(pdf, pack(data), Filter=Name.FlateDecode, **entries)


class FontMaker:
    """Makes the fonts of one file; what they share is made once, when it is first needed.

    Args:
        pdf: the file.
        codepage: the job's encoding.
    """

    def __init__(self, pdf: Pdf, codepage: CodePage) -> None:
        self._pdf = pdf
        self._codepage = codepage
        self._simple = pdf.make_indirect(packed(pdf, tounicode_cmap(codepage)))
        self._shared: tuple[pikepdf.Object, pikepdf.Object] | None = None

    def font(self, face: Face) -> pikepdf.Object:
        """Make the font of a face."""
        if self._codepage.leads and has_long_codes(face, self._codepage):
            return self._composite_font(face)
        return self._simple_font(face)

    def _simple_font(self, face: Face) -> pikepdf.Object:
        """A simple TrueType font (ISO 32000-2, 9.6.3): symbolic, no /Encoding, so codes go to its cmap."""
        program = subset_face(face, self._codepage)
        widths = face.widths(self._codepage)[:256]
        used = [code for code, width in enumerate(widths.tolist()) if width]
        first, last = (used[0], used[-1]) if used else (32, 32)
        descriptor = self._descriptor(face, program)
        font = Dictionary(
            Type=Name.Font,
            Subtype=Name.TrueType,
            BaseFont=descriptor.FontName,
            FirstChar=first,
            LastChar=last,
            Widths=Array(widths[first : last + 1].tolist()),
            FontDescriptor=self._pdf.make_indirect(descriptor),
            ToUnicode=self._simple,
        )
        return self._pdf.make_indirect(font)

    def _composite_font(self, face: Face) -> pikepdf.Object:
        """A Type 0 font (ISO 32000-2, 9.7): codes of both lengths as CIDs, and the face's own map of CIDs to glyphs."""
        pdf = self._pdf
        program, glyphs = subset_composite(face, self._codepage)
        descriptor = self._descriptor(face, program)
        has = np.isin(self._codepage.unicode, list(face.advances))
        common, widths = _cid_widths(self._codepage.slot_codes[has], face.widths(self._codepage)[has])
        descendant = Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=descriptor.FontName,
            CIDSystemInfo=_identity(),
            FontDescriptor=pdf.make_indirect(descriptor),
            DW=common,
            W=pdf.make_indirect(widths),
            CIDToGIDMap=pdf.make_indirect(packed(pdf, glyphs)),
        )
        if self._shared is None:
            tounicode = packed(pdf, tounicode_cmap(self._codepage, long_codes=True))
            self._shared = self._encoding(), pdf.make_indirect(tounicode)
        font = Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=descriptor.FontName,
            Encoding=self._shared[0],
            DescendantFonts=Array([pdf.make_indirect(descendant)]),
            ToUnicode=self._shared[1],
        )
        return pdf.make_indirect(font)

    def _encoding(self) -> pikepdf.Object:
        """The CMap of all composite fonts."""
        cmap = packed(
            self._pdf,
            encoding_cmap(self._codepage),
            Type=Name.CMap,
            CMapName=Name(f"/{CMAP_NAME}"),
            CIDSystemInfo=_identity(),
            WMode=0,
        )
        return self._pdf.make_indirect(cmap)

    def _descriptor(self, face: Face, program: bytes) -> Dictionary:
        return Dictionary(
            Type=Name.FontDescriptor,
            FontName=Name(f"/{subset_tag(program)}+{face.postscript_name}"),
            Flags=_SYMBOLIC | (_FIXED_PITCH if face.fixed_pitch else 0),
            FontBBox=Array(face.bbox),
            ItalicAngle=0,
            Ascent=face.ascent,
            Descent=face.descent,
            CapHeight=face.cap_height,
            StemV=face.stem_v,
            FontFile2=self._pdf.make_indirect(packed(self._pdf, program, Length1=len(program))),
        )


def _identity() -> Dictionary:
    return Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0)


def _cid_widths(cids: NDArray[np.int64], widths: NDArray[np.int32]) -> tuple[int, Array]:
    """The commonest width, and /W: runs of CIDs that have others (ISO 32000-2, 9.7.4.3).

    Args:
        cids: those that have glyphs, ascending.
        widths: of each.
    """
    values, counts = np.unique(widths, return_counts=True)
    common = int(values[counts.argmax()])
    others = np.flatnonzero(widths != common)
    array = Array()
    for run in np.split(others, np.flatnonzero(np.diff(cids[others]) != 1) + 1):
        if run.size:
            array.append(int(cids[run[0]]))
            array.append(Array(widths[run].tolist()))
    return common, array
