"""The machine's camera: one code of a sheet, from the pixels of its place.

In: an image of the place of a code. Out: ``Sight``. Never: draws a code; accepts one whose form is another than asked for.

Codes are read by zxing-cpp, which shares nothing with what drew them.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from printstream.base.errors import UsageError
from printstream.floor.press import DPI, Image, Zone, px
from printstream.floor.profile import Code

_INK = 128
_MORE_MPT = 2_835  # the camera sees 1 mm more than it tolerates
_FORMATS = {"data_matrix": "DataMatrix", "code39": "Code39", "interleaved_2of5": "ITF"}
_QUICK: dict[str, Any] = {"try_rotate": False, "try_downscale": False, "try_invert": False}
_BAR_SHARE = 0.2
"""Share of a column's pixels that is dark where bars stand; a stray line is less."""


class Sight(NamedTuple):
    """What the camera saw: text, dark pixels, how far the middle lies from its place, how far it lies askew."""

    text: str
    ink: int
    shift_um: int
    skew_mdeg: int


class CodeEye:
    """The camera, set up for one code of a job."""

    def __init__(self, code: Code, reach: int) -> None:
        """Set it up.

        Args:
            code: what is read.
            reach: mpt by which it may lie beside its place; the camera sees 1 mm more.
        """
        left, top, right, bottom = code.box
        more = max(reach + _MORE_MPT, code.quiet)
        self.zone = Zone(*(int(px(v)) for v in (left - more, top - more, right + more, bottom + more)))
        self._bars = code.symbology != "data_matrix"
        self._ladder = code.ladder
        self._kind = code.symbology
        # The place of the symbol's middle in the image as it is read: ladders are turned, to run from the left.
        x, y = px((left + right) / 2) - self.zone.left, px((top + bottom) / 2) - self.zone.top
        self._middle = (self.zone.bottom - self.zone.top - y, x) if code.ladder else (x, y)

    def read(self, image: Image) -> Sight:
        """Read the code."""
        ink = int((image < _INK).sum())
        if not ink:
            return Sight("", 0, 0, 0)
        if self._ladder:
            image = np.ascontiguousarray(np.rot90(image, -1))
        found = _only_code(image, self._kind)
        if found is None:
            return Sight("", ink, 0, 0)
        corners = found.position
        points = [(p.x, p.y) for p in (corners.top_left, corners.top_right)]
        points += [(p.x, p.y) for p in (corners.bottom_right, corners.bottom_left)]
        x, y = (sum(values) / 4 + 0.5 for values in zip(*points, strict=True))
        if self._bars:
            # The reader tells where bars begin and end, not how high they are.
            y = _middle_of_bars(image)
        shift = math.hypot(x - self._middle[0], y - self._middle[1])
        # The lower edge: of a Data Matrix, the finder's solid line.
        angle = math.degrees(math.atan2(points[2][1] - points[3][1], points[2][0] - points[3][0]))
        return Sight(str(found.text), ink, round(shift * 25_400 / DPI), round(1000 * angle))


def _middle_of_bars(image: Image) -> float:
    """Middle of the rows through which bars run: the longest run of rows that are dark in part."""
    dark = (image < _INK).mean(axis=1) > _BAR_SHARE
    edges = np.flatnonzero(np.diff(np.concatenate([[False], dark, [False]])))
    begins, ends = edges[::2], edges[1::2]
    if not begins.size:
        return float(image.shape[0]) / 2
    longest = int(np.argmax(ends - begins))
    return (int(begins[longest]) + int(ends[longest])) / 2


def _only_code(image: Image, kind: str) -> Any:
    """The one code of an image; None where there is none, or more than one."""
    try:
        import zxingcpp
    except ImportError as error:
        what = "the shop floor needs the package zxing-cpp, which is not installed"
        raise UsageError(what, next_step="Install it: pip install 'printstream[floor]'") from error
    wanted = getattr(zxingcpp.BarcodeFormat, _FORMATS[kind])
    for settings in (_QUICK, {}):
        found = zxingcpp.read_barcodes(image, formats=wanted, **settings)
        if found:
            return found[0] if len(found) == 1 and found[0].valid else None
    return None
