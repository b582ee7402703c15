"""Whether two files show the same characters at the same places, judged by pdfium; and what a page weighs."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as raw

Glyph = tuple[str, float, float]


def glyphs(path: Path, number: int) -> list[Glyph]:
    """All characters but spaces, with the places of their origins in points, in reading order."""
    x, y = ctypes.c_double(), ctypes.c_double()
    found = []
    with pdfium.PdfDocument(path) as pdf:
        text = pdf[number].get_textpage()
        for k in range(text.count_chars()):
            character = chr(raw.FPDFText_GetUnicode(text, k))
            if not raw.FPDFText_IsGenerated(text, k) and not character.isspace():
                raw.FPDFText_GetCharOrigin(text, k, x, y)
                found.append((character, x.value, y.value))
    # Lines are further apart than 4 pt, characters of a line are not.
    return sorted(found, key=lambda g: (-round(g[2] / 4), g[1]))


def largest_shift_pt(ours: Path, theirs: Path, number: int, pages: int) -> float:
    """The furthest that any character of a page lies from its place; the characters must be the same.

    Ours has each of its pages once, theirs may have them several times over.
    """
    a, b = glyphs(ours, number % pages), glyphs(theirs, number)
    assert len(a) > 500
    assert "".join(g[0] for g in a) == "".join(g[0] for g in b), "the pages do not show the same text"
    return max(max(abs(p[1] - q[1]), abs(p[2] - q[2])) for p, q in zip(a, b, strict=True))


def bytes_a_page(path: Path, pages: int) -> float:
    """Compressed content streams only: fonts and the file's tables are shared by however many pages."""
    with pikepdf.open(path) as pdf:
        assert len(pdf.pages) == pages
        return sum(len(page.Contents.read_raw_bytes()) for page in pdf.pages) / pages
