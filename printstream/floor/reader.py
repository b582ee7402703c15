"""The inserter's eyes: marks, code and window of one cut sheet, from its pixels.

In: a sheet that gives zones of its front and back, what the machine reads. Out: ``Reading``, as plain numbers. Never:
corrects a reading by what it should be; knows the manifest.

The reading marks are read by the kernel ``reading.read_track``, codes by ``floor.camera``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np

from printstream.base.frozen import frozen
from printstream.floor.camera import CodeEye
from printstream.floor.press import DPI, Image, Zone, px
from printstream.floor.profile import ALWAYS, ReadProfile, Track
from printstream.floor.setup import Shop
from printstream.floor.texts import says_first
from printstream.kernels import reading

_INK = 128
_HEAD_MPT = 2_835  # a reading head sees 1 mm
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
        codes: text of each code; empty where none was read.
        code_ink: dark pixels where codes should be.
        code_shift_um: how far the middle of the one that lies farthest is from its place.
        stray: dark pixels in the marks' clear zone.
        back_ink: dark pixels on the back, behind marks and code.
        window: WINDOW_...
        paper: dark pixels on the whole front; looked at only where the machine's readers see nothing and need not.
        frame: of a web: FRAME_... bits; 0: not looked at, or nothing seen.
    """

    marks: int
    bits: int
    mark_shift_um: int
    skew_mdeg: int
    codes: tuple[str, ...]
    code_ink: int
    code_shift_um: int
    stray: int
    back_ink: int
    window: int
    paper: int = 0
    frame: int = 0

    @property
    def unmarked(self) -> bool:
        """Whether no reader sees anything."""
        return self.marks in (-1, reading.MARKS_NONE) and self.code_ink == 0 and self.stray == 0

    @property
    def blank(self) -> bool:
        """Whether there is no ink at all where marks and codes should be, nor elsewhere where they may be missing."""
        return self.unmarked and self.paper == 0


@frozen
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
            track.marks[0].name in ALWAYS and not track.marks[0].inverted and not track.marks[0].on,
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
        page_height: int,
        windows: tuple[tuple[int, int, int, int] | None, ...],
        clearances: tuple[int, ...],
    ) -> None:
        """Set them up.

        Args:
            profile: what is read.
            shop: its tolerances.
            page_width: of the cut sheet, mpt.
            page_height: its height.
            windows: by spool: what is certain to show of a sheet, mpt.
            clearances: by spool: free paper wanted around it.
        """
        self._profile, self._shop = profile, shop
        self._track = _TrackEye.of(profile.track, page_width) if profile.track else None
        self._code_eyes = tuple(CodeEye(code, shop.reader.code_shift) for code in profile.codes)
        self._whole = Zone(0, 0, round(px(page_width)), round(px(page_height)))
        # A page-1-only carrier leaves other sheets without anything to read.
        self._may_be_unmarked = all(c.on != "every" for c in (profile.track, *profile.codes) if c is not None)
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
        own = (self._track.zone,) if self._track else ()
        return own + tuple(eye.zone for eye in self._code_eyes)

    def window(self, spool: int) -> Zone | None:
        """What is certain to show of a first sheet."""
        return self._windows[spool][0]

    def read(self, sheet: Sheet, spool: int) -> Reading:
        """Read a sheet."""
        marks, bits, shift_um, skew, stray = self._read_track(sheet)
        seen = [eye.read(sheet.zone(eye.zone)) for eye in self._code_eyes]
        texts = tuple(sight.text for sight in seen)
        code_skews = [sight.skew_mdeg for sight in seen if sight.text]
        found = Reading(
            marks,
            bits,
            shift_um,
            skew if skew is not None else code_skews[0] if code_skews else 0,
            texts,
            sum(sight.ink for sight in seen),
            max((sight.shift_um for sight in seen), default=0),
            stray,
            sum(int((sheet.zone(zone, back=True) < _INK).sum()) for zone in self._behind),
            WINDOW_UNSEEN,
        )
        if self._may_be_unmarked and found.unmarked:
            found = found._replace(paper=int((sheet.zone(self._whole) < _INK).sum()))
        if found.blank or not self._may_be_first(texts, bits):
            return found
        return found._replace(window=self._look_at_window(sheet, spool))

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

    def _may_be_first(self, texts: tuple[str, ...], bits: int) -> bool:
        """Whether the sheet may be the first of its set; where nothing says so, any may."""
        return says_first(self._profile, texts, bits) is not False

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


def _behind(profile: ReadProfile, page_width: int) -> Iterator[Zone]:
    """Where ink on the back would show through marks and codes: behind them, so mirrored."""
    track = profile.track
    boxes = [code.box for code in profile.codes]
    if track is not None:
        boxes.insert(0, (track.left, track.top, track.left + track.length, track.bottom))
    for left, top, right, bottom in boxes:
        yield Zone(*(round(px(v)) for v in (page_width - right, top, page_width - left, bottom)))
