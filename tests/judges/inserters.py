"""Inserter marks read from pixels, by nothing but the profile's file.

The file is read as plain YAML here; nothing of the program's reading of it is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zxingcpp
from numpy.typing import NDArray
from ruamel.yaml import YAML

from tests.judges.marks import Image, length_pt, pixels
from tests.judges.press import DPI

_BLACK = 128
_FORMATS = {"data_matrix": "DataMatrix", "code39": "Code39", "interleaved_2of5": "ITF"}


def read_profile(path: Path) -> dict[str, Any]:
    """The file's plain data; what it does not say stays as in the one that it extends."""
    own: dict[str, Any] = YAML(typ="safe").load(path.read_text("utf-8"))
    if "extends" in own:
        own = read_profile(path.with_name(own["extends"] + ".yaml")) | own
    return own


def _points(length: str | int) -> float:
    return float(length) if isinstance(length, int) else length_pt(length)


@dataclass(frozen=True)
class Head:
    """The reading head: where the track is, on a sheet of a width in points."""

    names: tuple[str, ...]
    left: float
    top: float
    pitch: float
    length: float
    thickness: float
    upwards: bool

    @classmethod
    def of(cls, profile: dict[str, Any], sheet_width: float) -> Head:
        omr = profile["omr"]
        length = _points(omr["length"])
        left = _points(omr["left"]) if "left" in omr else sheet_width - _points(omr["right"]) - length
        return cls(
            tuple(omr["marks"]),
            left,
            *(_points(omr[name]) for name in ("top", "pitch")),
            length,
            _points(omr["thickness"]),
            omr.get("reads") == "upwards",
        )

    def read(self, page: Image) -> str:
        """``|`` and ``.`` in reading order: runs of black down the middle of the track, each on its place.

        Raises:
            AssertionError: when a mark stands off its place, or is thinner, thicker or shorter than it should be.
        """
        left, right = pixels(self.left), pixels(self.left + self.length)
        above = round(pixels(self.top - self.pitch / 2))
        below = round(pixels(self.top + len(self.names) * self.pitch + self.thickness))
        middle = page[:below, round((left + right) / 2)] < _BLACK
        middle[:above] = False
        steps = np.diff(np.concatenate([[0], middle.astype(np.int8), [0]]))
        found = ["."] * len(self.names)
        for begin, end in zip(np.flatnonzero(steps == 1), np.flatnonzero(steps == -1), strict=True):
            place, off = divmod((begin + end) / 2 - pixels(self.top + self.thickness / 2), pixels(self.pitch))
            if off > pixels(self.pitch) / 2:
                place, off = place + 1, off - pixels(self.pitch)
            assert abs(off) <= 1.5, f"a mark stands {off:.1f} pixels off its place"
            assert abs((end - begin) - pixels(self.thickness)) <= 1.5, "a mark is of another thickness"
            row = page[(begin + end) // 2] < _BLACK
            assert row[round(left) + 2 : round(right) - 2].all(), "a mark is broken"
            assert not row[round(left) - 8 : round(left) - 2].any(), "a mark is too long"
            found[int(place)] = "|"
        return "".join(reversed(found) if self.upwards else found)


def read_code(page: Image, code: dict[str, Any]) -> list[tuple[str, float, float]]:
    """Codes of this symbology on a page: text, and left and top edge in points."""
    wanted = getattr(zxingcpp.BarcodeFormat, _FORMATS[code["symbology"]])
    found = []
    for hit in zxingcpp.read_barcodes(page, formats=wanted, try_downscale=False):
        corners = [
            getattr(hit.position, name) for name in ("top_left", "top_right", "bottom_left", "bottom_right")
        ]
        left, top = min(p.x for p in corners), min(p.y for p in corners)
        found.append((hit.text, left * 72 / DPI, top * 72 / DPI))
    return found


def clear(page: Image, boxes: list[tuple[float, float, float, float]]) -> NDArray[np.uint8]:
    """The page without what lies in some boxes (points)."""
    page = page.copy()
    for box in boxes:
        left, top, right, bottom = (pixels(v) for v in box)
        page[int(top) - 2 : int(bottom) + 3, max(int(left) - 2, 0) : int(right) + 3] = 255
    return page


def boxes_of(
    profile: dict[str, Any], sheet_width: float, lengths: list[int]
) -> list[tuple[float, float, float, float]]:
    """Where marks and codes stand; ``lengths`` are the characters of each code."""
    boxes = []
    if "omr" in profile:
        head = Head.of(profile, sheet_width)
        bottom = head.top + (len(head.names) - 1) * head.pitch + head.thickness
        boxes.append((head.left, head.top, head.left + head.length, bottom))
    if "matrix" in profile:
        m = profile["matrix"]
        side = _points(m["module"]) * m["modules"]
        boxes.append(
            (_points(m["left"]), _points(m["top"]), _points(m["left"]) + side, _points(m["top"]) + side)
        )
    for code, characters in zip(profile.get("codes", ()), lengths, strict=True):
        module = _points(code["module"])
        # ISO/IEC 16388, 4.3; ISO/IEC 16390, 4.3: wide elements of three narrow ones.
        columns = {
            "data_matrix": code.get("modules", 0),
            "code39": 16 * (characters + 2) - 1,
            "interleaved_2of5": 9 * characters + 9,
        }[code["symbology"]]
        along = columns * module
        across = along if "modules" in code else _points(code["height"])
        wide, high = (across, along) if code.get("orientation") == "ladder" else (along, across)
        left, top = _points(code["left"]), _points(code["top"])
        boxes.append((left, top, left + wide, top + high))
    return boxes
