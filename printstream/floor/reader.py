"""The inserter's eyes: marks, code and window of one cut sheet, from its pixels.

In: a sheet that gives zones of its front and back, what the machine reads. Out: ``Reading``, as plain numbers. Never:
corrects a reading by what it should be; knows the manifest.

Data Matrix symbols are read by zxing-cpp, which shares nothing with the code that drew them; the reading marks by the
kernel ``reading.read_track``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from printstream.base.errors import UsageError
from printstream.floor.press import DPI, Image, Zone, px
from printstream.floor.profile import ALWAYS, Code, ReadProfile, Track
from printstream.floor.setup import Shop
from printstream.kernels import reading

_INK = 128
_HEAD_MPT = 2_835  # a reading head sees 1 mm
_MORE_MPT = 2_835  # the camera sees 1 mm more than it tolerates
_EDGE_MPT = 8_504  # 3 mm at the sheet's edge, where the bed shows when a sheet lies askew
_LEAST_ADDRESS_PX = 400
WINDOW_UNSEEN, WINDOW_FINE, WINDOW_EMPTY, WINDOW_CUT = range(4)


class Sheet(Protocol):
    """What lies under the eyes."""

    def zone(self, zone: Zone, *, back: bool = False) -> Image:
        """Part of the front or back."""


class Reading(NamedTuple):
    """What the eyes saw of a sheet.

    Attributes:
        marks: status of the track (reading.MARKS_...); -1: no head.
        bits: bit k: mark k is there.
        mark_shift_um: how far the marks lie down the sheet.
        skew_mdeg: how far the sheet lies askew, by its marks, else by its code; thousandths of a degree.
        code: text of the 2D code; empty where none was read.
        code_ink: dark pixels where the code should be.
        code_shift_um: how far its middle lies from its place.
        stray: dark pixels in the marks' clear zone.
        back_ink: dark pixels on the back, behind marks and code.
        window: WINDOW_...
    """

    marks: int
    bits: int
    mark_shift_um: int
    skew_mdeg: int
    code: str
    code_ink: int
    code_shift_um: int
    stray: int
    back_ink: int
    window: int

    @property
    def blank(self) -> bool:
        """Whether there is no ink at all where marks and code should be."""
        return self.marks in (-1, reading.MARKS_NONE) and self.code_ink == 0 and self.stray == 0


@dataclass(frozen=True)
class _TrackEye:
    """A track's measures in pixels of its zone."""

    zone: Zone
    heads: Any
    rows: Any
    expected: tuple[float, float, int]
    key: bool
    thickness: float
    boxes: Any
    clear: tuple[int, int]

    @classmethod
    def of(cls, track: Track, page_width: int) -> _TrackEye:
        zone = Zone(
            int(px(max(track.left - track.clear_side, 0))),
            int(px(track.top - track.clear_above)),
            int(px(min(track.left + track.length + track.clear_side, page_width))),
            int(px(track.bottom + track.clear_below)),
        )
        half = _HEAD_MPT / 2
        middles = [track.left + track.length * part for part in (0.3, 0.5, 0.7)]
        heads = [[round(px(x - half)) - zone.left, round(px(x + half)) - zone.left] for x in middles]
        first = px(track.top + track.thickness / 2) - zone.top
        boxes = [[round(px(v)) for v in track.box(k)] for k in range(len(track.marks))]
        return cls(
            zone,
            np.array(heads, np.int64),
            np.array([0, zone.bottom - zone.top], np.int64),
            (px(track.pitch), first, len(track.marks)),
            track.marks[0] in ALWAYS,
            px(track.thickness),
            np.array(boxes, np.int64) - np.array([zone.left, zone.top] * 2, np.int64),
            (
                0,
                int(px(min(track.left + track.length + track.clear_side, page_width - _EDGE_MPT)))
                - zone.left,
            ),
        )


class Eyes:
    """The eyes of one machine, set up for one job."""

    def __init__(
        self,
        profile: ReadProfile,
        shop: Shop,
        page_width: int,
        windows: tuple[tuple[int, int, int, int] | None, ...],
        clearances: tuple[int, ...],
    ) -> None:
        """Set them up.

        Args:
            profile: what is read.
            shop: its tolerances.
            page_width: of the cut sheet, mpt.
            windows: by spool: what is certain to show of a sheet, mpt.
            clearances: by spool: free paper wanted around it.
        """
        self._profile, self._shop = profile, shop
        self._track = _TrackEye.of(profile.track, page_width) if profile.track else None
        self._code_zone = _code_zone(profile.code, shop) if profile.code else None
        self._behind = tuple(_behind(profile, page_width))
        self._windows = [
            (
                Zone(*(round(px(v)) for v in window)) if window else None,
                round(px(clearance)),
            )
            for window, clearance in zip(windows, clearances, strict=True)
        ]
        self._result = np.zeros(reading.READ_FIELDS)
        self._warm_up()

    def _warm_up(self) -> None:
        """Have the kernels ready before the first sheet comes."""
        if self._track is not None:
            blank = np.full((8, 8), 255, np.uint8)
            heads, rows = np.zeros((3, 2), np.int64), np.zeros(2, np.int64)
            heads[:, 1] = 1
            reading.read_track(blank, heads, rows, (1.0, 0.0, 1), True, 1.0, self._result)
            reading.ink_outside(blank, np.zeros((1, 4), np.int64), 0, 0, 8, _INK)

    @property
    def zones(self) -> tuple[Zone, ...]:
        """Where the machine looks for marks and code."""
        own = (self._track.zone if self._track else None, self._code_zone)
        return tuple(zone for zone in own if zone is not None)

    def window(self, spool: int) -> Zone | None:
        """What is certain to show of a first sheet."""
        return self._windows[spool][0]

    def read(self, sheet: Sheet, spool: int) -> Reading:
        """Read a sheet."""
        marks, bits, shift_um, skew, stray = self._read_track(sheet)
        text, code_ink, code_shift_um, code_skew = self._read_code(sheet)
        window = self._look_at_window(sheet, spool) if self._may_be_first(text, bits) else WINDOW_UNSEEN
        return Reading(
            marks,
            bits,
            shift_um,
            skew if skew is not None else code_skew,
            text,
            code_ink,
            code_shift_um,
            stray,
            sum(int((sheet.zone(zone, back=True) < _INK).sum()) for zone in self._behind),
            window,
        )

    def _read_track(self, sheet: Sheet) -> tuple[int, int, int, int | None, int]:
        eye = self._track
        if eye is None:
            return -1, 0, 0, None, 0
        image, result = sheet.zone(eye.zone), self._result
        reading.read_track(image, eye.heads, eye.rows, eye.expected, eye.key, eye.thickness, result)
        status, bits, shift, rise = int(result[0]), int(result[1]), float(result[2]), float(result[3])
        run = float(eye.heads[2].mean() - eye.heads[0].mean())
        boxes = eye.boxes + np.array([0, round(shift), 0, round(shift)])
        margin = round(px(_HEAD_MPT))
        stray = int(reading.ink_outside(image, boxes, margin, *eye.clear, _INK))
        return status, bits, _um(shift), round(1000 * math.degrees(math.atan2(rise, run))), stray

    def _read_code(self, sheet: Sheet) -> tuple[str, int, int, int]:
        if self._code_zone is None or self._profile.code is None:
            return "", 0, 0, 0
        image = sheet.zone(self._code_zone)
        ink = int((image < _INK).sum())
        found = _read_matrix(image) if ink else None
        if found is None:
            return "", ink, 0, 0
        corners = found.position
        points = [(p.x, p.y) for p in _corners(corners)]
        middle = [sum(values) / 4 + 0.5 for values in zip(*points, strict=True)]
        code, zone = self._profile.code, self._code_zone
        away = math.hypot(
            middle[0] + zone.left - px(code.left + code.side / 2),
            middle[1] + zone.top - px(code.top + code.side / 2),
        )
        # The lower edge of the symbol is the finder's solid line.
        angle = math.degrees(math.atan2(points[2][1] - points[3][1], points[2][0] - points[3][0]))
        return found.text, ink, _um(away), round(1000 * angle)

    def _may_be_first(self, text: str, bits: int) -> bool:
        """Whether the sheet may be the first of its set; where the marks do not say, any may."""
        code, track = self._profile.code, self._profile.track
        if code is not None and "sheet" in code.fields and text:
            match = code.pattern.fullmatch(text)
            return match is None or int(match["sheet"]) == 1
        if track is not None and "begin_of_set" in track.marks:
            return bool(bits >> track.marks.index("begin_of_set") & 1)
        return True

    def _look_at_window(self, sheet: Sheet, spool: int) -> int:
        """Whether the address is whole: ink inside, none on the paper around that may hide behind the envelope."""
        zone, margin = self._windows[spool]
        if zone is None:
            return WINDOW_UNSEEN
        around = Zone(zone.left - margin, zone.top - margin, zone.right + margin, zone.bottom + margin)
        dark = sheet.zone(around) < _INK
        inside = int(dark[margin:-margin, margin:-margin].sum()) if margin else int(dark.sum())
        if inside < _LEAST_ADDRESS_PX:
            return WINDOW_EMPTY
        return WINDOW_CUT if int(dark.sum()) - inside > self._shop.reader.clear_ink else WINDOW_FINE


def _um(pixels: float) -> int:
    return round(pixels * 25_400 / DPI)


def _code_zone(code: Code, shop: Shop) -> Zone:
    reach = shop.reader.code_shift + _MORE_MPT
    return Zone(
        int(px(code.left - reach)),
        int(px(code.top - reach)),
        int(px(code.left + code.side + reach)),
        int(px(code.top + code.side + reach)),
    )


def _behind(profile: ReadProfile, page_width: int) -> Iterator[Zone]:
    """Where ink on the back would show through marks and code: behind them, so mirrored."""
    track, code = profile.track, profile.code
    boxes = []
    if track is not None:
        boxes.append((track.left, track.top, track.left + track.length, track.bottom))
    if code is not None:
        boxes.append((code.left, code.top, code.left + code.side, code.top + code.side))
    for left, top, right, bottom in boxes:
        yield Zone(*(round(px(v)) for v in (page_width - right, top, page_width - left, bottom)))


def _corners(position: Any) -> tuple[Any, Any, Any, Any]:
    return position.top_left, position.top_right, position.bottom_right, position.bottom_left


def _read_matrix(image: Image) -> Any:
    """The one Data Matrix of an image; None where there is none, or more than one."""
    try:
        import zxingcpp
    except ImportError as error:
        what = "the shop floor needs the package zxing-cpp, which is not installed"
        raise UsageError(what, next_step="Install it: pip install 'printstream[floor]'") from error
    kind = zxingcpp.BarcodeFormat.DataMatrix
    quick: dict[str, Any] = {"try_rotate": False, "try_downscale": False, "try_invert": False}
    for settings in (quick, {}):
        found = zxingcpp.read_barcodes(image, formats=kind, **settings)
        if found:
            return found[0] if len(found) == 1 and found[0].valid else None
    return None
