"""Barcodes and reading marks, measured in pixels of a page rendered at 300 dpi.

The inserter profile's rule and the Intelligent Mail barcode's measures stand here a second time, from the
manuals' words and USPS-B-3200, so that a slip in the program cannot hide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zxingcpp
from numpy.typing import NDArray
from ruamel.yaml import YAML

from tests.judges.press import DPI

Image = NDArray[np.uint8]
_UNITS_PT = {"pt": 1.0, "in": 72.0, "mm": 72 / 25.4, "cm": 720 / 25.4}
_BLACK = 128


def length_pt(text: str) -> float:
    """``1.5mm`` in points."""
    for unit, points in _UNITS_PT.items():
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * points
    raise ValueError(text)


def pixels(points: float) -> float:
    return points * DPI / 72


# ---- 2D codes


def read_codes(page: Image, kind: str) -> list[str]:
    """Texts of all codes of a kind (DataMatrix, QRCode) on a page, sorted."""
    wanted = getattr(zxingcpp.BarcodeFormat, kind)
    return sorted(code.text for code in zxingcpp.read_barcodes(page, formats=wanted))


# ---- the reading track


@dataclass(frozen=True)
class Track:
    """Where the marks stand, points from the page's corner, and what they are, top mark first."""

    marks: tuple[str, ...]
    left: float
    top: float
    pitch: float
    length: float
    thickness: float

    @classmethod
    def of(cls, profile: Path) -> Track:
        omr = YAML(typ="safe").load(profile.read_text())["omr"]
        places = (length_pt(omr[name]) for name in ("left", "top", "pitch", "length", "thickness"))
        return cls(tuple(omr["marks"]), *places)

    def expected(self, sheet: int, sheets: int, run_sheet: int, inserts: int = 0) -> str:
        """The marks of a sheet as ``|.|||.|``: printed or not, top mark first.

        Args:
            sheet: number of the sheet in its piece, from 1; sheets: how many the piece has.
            run_sheet: number of the sheet in the run, from 0.
            inserts: sum of 1, 2, 4 ... for pockets 1, 2, 3 ... that feed; their marks stand on the last sheet.
        """
        rules = {
            "start": True,
            "safety": True,
            "end_of_set": sheet == sheets,
            "not_end_of_set": sheet != sheets,
            "begin_of_set": sheet == 1,
            "not_begin_of_set": sheet != 1,
            "absent": False,
            **{f"sequence_{1 << bit}": bool(run_sheet // (1 << bit) % 2) for bit in range(17)},
            **{
                f"insert_{k}@last": sheet == sheets and bool(inserts // 2 ** (k - 1) % 2)
                for k in range(1, 17)
            },
        }
        odd = sum(rules[mark] for mark in self.marks if mark != "parity") % 2 == 1
        return "".join("|" if (odd if mark == "parity" else rules[mark]) else "." for mark in self.marks)

    def read(self, page: Image) -> str:
        """The marks of a page as they are, each wholly black in its place or wholly absent."""
        left, right = pixels(self.left), pixels(self.left + self.length)
        found = ""
        for k in range(len(self.marks)):
            top = pixels(self.top + k * self.pitch)
            bottom = top + pixels(self.thickness)
            inside = page[round(top + 1) : round(bottom - 1), round(left + 2) : round(right - 2)]
            assert inside.size > 0
            if inside.max() < _BLACK:
                found += "|"
            else:
                assert inside.min() > _BLACK, f"mark {k + 1} is printed in part"
                found += "."
        return found

    def stray_ink(self, page: Image, above: float, below: float, aside: float) -> int:
        """Black pixels around the marks, where the manual wants free paper (lengths in points)."""
        page = page.copy()
        left, right = pixels(self.left), pixels(self.left + self.length)
        for k in range(len(self.marks)):
            top = pixels(self.top + k * self.pitch)
            bottom = top + pixels(self.thickness)
            page[int(top - 1) : int(bottom + 2), int(left - 1) : int(right + 2)] = 255
        last = self.top + (len(self.marks) - 1) * self.pitch + self.thickness
        zone = page[
            round(pixels(self.top - above)) : round(pixels(last + below)), round(left - pixels(aside)) :
        ]
        return int((zone < 250).sum())


# ---- Intelligent Mail


@dataclass(frozen=True)
class Bars:
    """A barcode as it lies on paper; lengths in inches.

    Attributes:
        letters: T, D, A or F, by what reaches above and below the tracker.
        heights: of each bar.
        widths: of each bar.
        bars_an_inch: over the whole code.
    """

    letters: str
    heights: tuple[float, ...]
    widths: tuple[float, ...]
    bars_an_inch: float


def measure_imb(page: Image, left: float, centre: float) -> Bars:
    """Find 65 bars around a point (the left end of the code's centre line, points) and measure each.

    The band searched is that of the largest code allowed, 0.165 in high, and what the clear zone leaves.
    """
    row = round(pixels(centre))
    reach = round(0.0825 * DPI + 0.02 * DPI)
    band = page[row - reach : row + reach + 1, : round(pixels(left) + 3.5 * DPI)] < _BLACK
    columns = _spans(band[reach])
    columns = [span for span in columns if span[0] >= pixels(left) - 2]
    bars = [_extent(band, begin, end, reach) for begin, end in columns]
    tops, bottoms = (np.array([bar[k] for bar in bars]) for k in (0, 1))
    # USPS-B-3200, 2.2: a full bar is at least 0.125 in, a tracker at most 0.057 in high, so half the way is safe.
    up, down = (reach - tops) / DPI, (bottoms - reach) / DPI
    ascends, descends = up > (0.0285 + 0.0625) / 2, down > (0.0285 + 0.0625) / 2
    letters = "".join("TDAF"[int(d) + 2 * int(a)] for a, d in zip(ascends, descends, strict=True))
    middles = [(begin + end) / 2 for begin, end in columns]
    pitch = (middles[-1] - middles[0]) / (len(columns) - 1) if len(columns) > 1 else DPI
    return Bars(
        letters,
        tuple((bottoms - tops) / DPI),
        tuple((end - begin) / DPI for begin, end in columns),
        DPI / pitch,
    )


def _spans(line: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Runs of True: first, last + 1."""
    steps = np.diff(np.concatenate([[0], line.astype(np.int8), [0]]))
    return list(zip(np.flatnonzero(steps == 1).tolist(), np.flatnonzero(steps == -1).tolist(), strict=True))


def _extent(band: NDArray[np.bool_], begin: int, end: int, middle: int) -> tuple[int, int]:
    """Top and bottom + 1 of the black that hangs together with the middle row, in the bar's middle column."""
    column = band[:, (begin + end) // 2]
    top = bottom = middle
    while top > 0 and column[top - 1]:
        top -= 1
    while bottom < column.size and column[bottom]:
        bottom += 1
    return top, bottom


def postal_digits(row: Mapping[str, Any]) -> tuple[str, str]:
    """Tracking and routing code of a manifest row."""
    barcode: str = row["postal_barcode"]
    return barcode[:20], barcode[20:]


def check_measures(bars: Bars) -> Sequence[str]:
    """What is outside of USPS-B-3200, section 2.2 (two pixels of the raster allowed for)."""
    slack = 2 / DPI
    faults = []
    for letter, height, width in zip(bars.letters, bars.heights, bars.widths, strict=True):
        low, high = {"F": (0.125, 0.165), "T": (0.039, 0.057)}.get(letter, (0.082, 0.111))
        if not low - slack <= height <= high + slack:
            faults.append(f"a bar {letter} is {height:.3f} in high")
        if not 0.015 - slack <= width <= 0.025 + slack:
            faults.append(f"a bar is {width:.3f} in wide")
    if not 20 <= bars.bars_an_inch <= 24:
        faults.append(f"{bars.bars_an_inch:.2f} bars an inch")
    return faults
