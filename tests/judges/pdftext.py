"""What a PDF reader finds on a side: runs of text with their places, by pdfium, a character at a time.

A run ends where the base line changes or a gap opens that no space character fills, so each cell of a table
row is a run of its own. Lengths are points from the side's top left corner.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as raw

GAP_PT = 1.0
"""Text runs on inside a run: the gap between two of its characters is kerning, far below this."""


@dataclass(frozen=True)
class Run:
    """One run of text."""

    text: str
    left: float
    right: float
    y: float

    def moved(self, x: float, y: float) -> Run:
        return Run(self.text, self.left - x, self.right - x, self.y - y)

    def at(self, align: str) -> float:
        """The end (or middle) by which the run was placed."""
        return {"left": self.left, "right": self.right, "center": (self.left + self.right) / 2}[align]


def _characters(side: pdfium.PdfPage) -> Iterator[tuple[str, float, float, float]]:
    """Character, left end, right end (pen positions), base line from the top."""
    page = side.get_textpage()
    height = side.get_height()
    x, y, box = ctypes.c_double(), ctypes.c_double(), raw.FS_RECTF()
    for k in range(page.count_chars()):
        if raw.FPDFText_IsGenerated(page, k):
            continue
        code = raw.FPDFText_GetUnicode(page, k)
        assert raw.FPDFText_GetCharOrigin(page, k, x, y)
        assert raw.FPDFText_GetLooseCharBox(page, k, box)
        yield chr(code), x.value, box.right, height - y.value


def read_runs(side: pdfium.PdfPage) -> list[Run]:
    """All text of a side, in the order in which it was drawn."""
    runs: list[Run] = []
    text, left, right, base = "", 0.0, 0.0, 0.0
    for character, begin, end, y in _characters(side):
        if text and (abs(y - base) > 0.01 or abs(begin - right) > GAP_PT):
            runs.append(Run(text, left, right, base))
            text = ""
        if not text:
            left, base = begin, y
        text += character
        right = end
    if text:
        runs.append(Run(text, left, right, base))
    return runs


class Files:
    """Open print files, a document each, kept open; sides by spool number and place in the file."""

    def __init__(self, spool_dir: Path) -> None:
        self._dir = spool_dir
        self._open: dict[int, pdfium.PdfDocument] = {}

    def document(self, spool: int) -> pdfium.PdfDocument:
        if spool not in self._open:
            self._open[spool] = pdfium.PdfDocument(self._dir / f"{spool:04d}.pdf")
        return self._open[spool]

    def side(self, spool: int, number: int) -> pdfium.PdfPage:
        return self.document(spool)[number]

    def close(self) -> None:
        for document in self._open.values():
            document.close()
        self._open.clear()
