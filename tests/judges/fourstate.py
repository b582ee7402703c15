"""A reader of height-modulated bars in pixels: knows no post, no face, no program; only that bars stand in a row.

Bars are what is black in one scan line; the tallest say how high full is, and every bar is full, half up, half down, or short
by where its ends lie between. Widths, pitch and heights are measured for the judges of the posts' rules.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
_BLACK = 128


@dataclass(frozen=True)
class BarRow:
    """A row of bars; lengths in millimetres.

    Attributes:
        letters: T, D, A, F each.
        left, right, top, bottom: what the row covers, from the image's corner.
        widths, heights: of each bar; full and tracker heights are their means.
        bars_an_inch: over the whole row.
    """

    letters: str
    left: float
    right: float
    top: float
    bottom: float
    widths: tuple[float, ...]
    heights: tuple[float, ...]
    bars_an_inch: float

    def mean_height(self, letter: str) -> float:
        found = [h for h, kind in zip(self.heights, self.letters, strict=True) if kind == letter]
        return sum(found) / len(found)


def read_bars(image: Image, dpi: int, *, two_heights: bool = False) -> BarRow:
    """Read the only row of bars in an image.

    Args:
        image: gray, the bars upright, with nothing else on it.
        dpi: pixels an inch.
        two_heights: short bars stand on the base line (POSTNET): short is T, tall is F.
    """
    black = image < _BLACK
    rows = np.flatnonzero(black.any(axis=1))
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    # The scan line that meets all bars: the lowest quarter for two heights, else the middle.
    line = black[bottom - (bottom - top) // 5] if two_heights else black[(top + bottom) // 2]
    steps = np.diff(np.concatenate([[0], line.astype(np.int8), [0]]))
    begins, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    letters, widths, heights = "", [], []
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        column = np.flatnonzero(black[:, (begin + end) // 2])
        high, low = int(column[0]), int(column[-1]) + 1
        assert low - high == column.size, "a bar is broken"
        up, down = high - top < (bottom - top) / 6, bottom - low < (bottom - top) / 6
        letters += ("F" if up else "T") if two_heights else "TDAF"[2 * up + down]
        widths.append((end - begin) / dpi * 25.4)
        heights.append((low - high) / dpi * 25.4)
    middles = (begins + ends) / 2
    pitch = (middles[-1] - middles[0]) / (len(middles) - 1)
    # Neighbours are as far apart as all: none was left out, none has run into another.
    assert np.abs(np.diff(middles) - pitch).max() <= 1.5
    edges = (v / dpi * 25.4 for v in (int(begins[0]), int(ends[-1]), top, bottom))
    return BarRow(letters, *edges, tuple(widths), tuple(heights), dpi / pitch)
