"""The press and the cutter: sides of finished print files as pixels, and the pile of sheets that they become.

In: print files, a finishing. Out: grey images of parts of cut sheets, the order of the pile. Never: looks for anything in
a file but its pages and their trim boxes. PDFium draws, as many presses' front ends do; one process has one PDFium.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from printstream.base.errors import BalanceError, UsageError
from printstream.base.units import MPT_PER_PT
from printstream.floor.finishing import Finishing, Leaf, Spot, pile
from printstream.floor.setup import WorkOrder
from printstream.kernels import reading

DPI = 300
PX_PER_PT = DPI / 72
_PX_PER_MPT = PX_PER_PT / MPT_PER_PT
BED = 40
"""Grey of the machine's bed, which shows where paper is missing."""

Image = NDArray[np.uint8]


def px(length_mpt: float) -> float:
    """Millipoints as pixels."""
    return length_mpt * _PX_PER_MPT


def _pdfium() -> Any:
    try:
        import pypdfium2
    except ImportError as error:
        what = "the shop floor needs the package pypdfium2, which is not installed"
        raise UsageError(what, next_step="Install it: pip install 'printstream[floor]'") from error
    return pypdfium2


class Zone(NamedTuple):
    """Part of a sheet in whole pixels from its top left corner; right and bottom are the last + 1."""

    left: int
    top: int
    right: int
    bottom: int


class Damage(NamedTuple):
    """What happened to a sheet between press and reader; see floor.faults."""

    kind: str
    amount: float
    seed: int


class PrintFile:
    """A finished print file on the press."""

    def __init__(self, path: Path, finishing: Finishing) -> None:
        self._path, self._finishing = path, finishing
        try:
            self._pdf = _pdfium().PdfDocument(path)
        except _pdfium().PdfiumError as error:
            what = "the print file cannot be opened"
            raise BalanceError(what, where=str(path), next_step="Do not print this run") from error
        self._open: dict[int, tuple[Any, float]] = {}
        self._moved: tuple[float, float] = (0.0, 0.0)
        self.rendered = 0

    @property
    def press_sheets(self) -> int:
        """Press sheets of the file.

        Raises:
            BalanceError: a front without a back.
        """
        sides = len(self._pdf)
        if sides % self._finishing.sides:
            what = f"{sides} sides do not make whole sheets of {self._finishing.sides} sides"
            raise BalanceError(what, where=str(self._path), next_step="Do not print this run")
        return sides // self._finishing.sides

    def close(self) -> None:
        """Close it."""
        self._leave()
        self._pdf.close()

    def _leave(self) -> None:
        for side, _ in self._open.values():
            side.close()
        self._open.clear()

    def side_height(self, number: int) -> float:
        """Height of a side, points."""
        return self._open_side(number)[1]

    def _open_side(self, number: int) -> tuple[Any, float]:
        """A side and its height; both sides of a press sheet stay open, because all its pages are read in turn."""
        if number not in self._open:
            if len(self._open) == self._finishing.sides:
                self._leave()
            side = self._pdf[number]
            self.rendered += 1
            if number % self._finishing.sides == 0:
                self._moved = self._off_place(side)
            self._open[number] = side, side.get_height()
        return self._open[number]

    def _off_place(self, side: Any) -> tuple[float, float]:
        """How far the trimmed pages of a front lie from where the work order has them, points."""
        left, bottom, right, top = side.get_trimbox()
        due = [v / MPT_PER_PT for v in self._finishing.block]
        wrong = max(abs((right - left) - (due[2] - due[0])), abs((top - bottom) - (due[3] - due[1])))
        if wrong * PX_PER_PT > 1:
            what = "the pages do not fill the trim box of their press sheet"
            raise BalanceError(what, where=str(self._path), next_step="Look at the imposition")
        return left - due[0], bottom - due[1]

    def zone(self, press_sheet: int, spot: Spot, zone: Zone) -> Image:
        """Part of one face of a cut sheet, as the paper lies under a reader."""
        sides = self._finishing.sides
        if spot.side >= sides:
            return np.full((zone.bottom - zone.top, zone.right - zone.left), 255, np.uint8)
        front = press_sheet * sides
        self._open_side(front)
        side, height = self._open_side(front + spot.side)
        dx, dy = self._moved if spot.side == 0 else self._finishing.behind(self._moved)
        left = round((spot.box[0] / MPT_PER_PT + dx) * PX_PER_PT)
        top = round((height - spot.box[3] / MPT_PER_PT - dy) * PX_PER_PT)
        on_side = _turned(zone, spot.angle, self.page_px)
        moved = Zone(left + on_side.left, top + on_side.top, left + on_side.right, top + on_side.bottom)
        image = _render(side, moved)
        return np.ascontiguousarray(np.rot90(image, -spot.angle // 90)) if spot.angle else image

    def part(self, number: int, zone: Zone) -> Image:
        """Part of a side as it is printed."""
        return _render(self._open_side(number)[0], zone)

    @property
    def page_px(self) -> tuple[int, int]:
        """Width and height of a cut leaf, pixels."""
        width, height = self._finishing.page
        return round(px(width)), round(px(height))


def _turned(zone: Zone, angle: int, page_px: tuple[int, int]) -> Zone:
    """A zone of an upright page within the box that the page fills when it is turned counter-clockwise."""
    (left, top, right, bottom), (wide, high) = zone, page_px
    if angle == 0:
        return zone
    if angle == 90:
        return Zone(top, wide - right, bottom, wide - left)
    if angle == 180:
        return Zone(wide - right, high - bottom, wide - left, high - top)
    return Zone(high - bottom, left, high - top, right)


def _render(side: Any, zone: Zone) -> Image:
    """Draw part of a side; what lies beyond the press sheet is white."""
    width, height = (round(length * PX_PER_PT) for length in side.get_size())
    inside = Zone(max(zone.left, 0), max(zone.top, 0), min(zone.right, width), min(zone.bottom, height))
    image = np.full((zone.bottom - zone.top, zone.right - zone.left), 255, np.uint8)
    if inside.left >= inside.right or inside.top >= inside.bottom:
        return image
    crop = (inside.left, height - inside.bottom, width - inside.right, inside.top)
    # PDFium's wrapper rounds cropped lengths up.
    bitmap = side.render(
        scale=PX_PER_PT - 1e-9, grayscale=True, crop=tuple((v - 0.01) / PX_PER_PT if v else 0 for v in crop)
    )
    drawn = bitmap.to_numpy().reshape(bitmap.height, bitmap.width)
    wanted = (inside.bottom - inside.top, inside.right - inside.left)
    if drawn.shape != wanted:
        what = f"PDFium drew {drawn.shape} pixels instead of {wanted}"
        raise BalanceError(what, next_step="Report it, with the version of pypdfium2")
    y, x = inside.top - zone.top, inside.left - zone.left
    image[y : y + wanted[0], x : x + wanted[1]] = drawn
    bitmap.close()
    return image


class CutSheet:
    """A sheet as it leaves the cutter."""

    def __init__(self, file: PrintFile, press_sheet: int, leaf: Leaf) -> None:
        self._file, self._press_sheet, self._leaf = file, press_sheet, leaf

    def zone(self, zone: Zone, *, back: bool = False) -> Image:
        """Part of its front or back."""
        return self._file.zone(self._press_sheet, self._leaf.back if back else self._leaf.front, zone)


class DamagedSheet:
    """A sheet to which something happened: drawn whole, so that all of it can move."""

    def __init__(self, sheet: CutSheet, damage: Damage, page_px: tuple[float, float], tear: Zone) -> None:
        self._size = round(page_px[0]), round(page_px[1])
        whole = Zone(0, 0, *self._size)
        images = [sheet.zone(whole), sheet.zone(whole, back=True)]
        if damage.kind == "flip":
            images.reverse()
        self._images = [_spoiled(image, damage, tear, back) for back, image in enumerate(images)]

    def zone(self, zone: Zone, *, back: bool = False) -> Image:
        """Part of its front or back; beside the paper is the bed."""
        image = np.full((zone.bottom - zone.top, zone.right - zone.left), BED, np.uint8)
        left, top = max(zone.left, 0), max(zone.top, 0)
        right, bottom = min(zone.right, self._size[0]), min(zone.bottom, self._size[1])
        if left < right and top < bottom:
            image[top - zone.top : bottom - zone.top, left - zone.left : right - zone.left] = self._images[
                back
            ][top:bottom, left:right]
        return image

    @property
    def front(self) -> Image:
        """The whole front, for pictures."""
        return self._images[0]


def _spoiled(image: Image, damage: Damage, tear: Zone, back: int) -> Image:
    """Do a side's damage."""
    kind, amount = damage.kind, damage.amount
    lot = np.random.default_rng(damage.seed)
    height, width = image.shape
    if kind == "turn":
        return np.ascontiguousarray(image[::-1, ::-1])
    if kind in ("skew", "shift"):
        out = np.empty_like(image)
        radians = math.radians(amount) * (-1 if back else 1) if kind == "skew" else 0.0
        way = lot.uniform(0, 2 * math.pi)
        moved = amount * DPI / 25.4 if kind == "shift" else 0.0
        shift = (moved * math.cos(way) * (-1 if back else 1), moved * math.sin(way))
        reading.turn_image(image, (math.cos(radians), math.sin(radians)), shift, BED, out)
        return out
    if kind in ("tear", "tear_away"):
        out = image.copy()
        depth = amount * DPI / 25.4
        rows = np.arange(height)
        middle = (tear.top + tear.bottom) / 2 if kind == "tear" else height - depth / 2
        ragged = np.convolve(lot.normal(0, 6, height + 40), np.ones(41) / 6, "valid")
        reach = np.clip(depth * (1.3 - np.abs(rows - middle) / depth) + ragged, 0, None).astype(int)
        # The edge that is torn: the reader's, or the other; on the back it lies on the other hand.
        right = (kind == "tear") == (tear.left > width / 2)
        columns = np.arange(width)[None, :]
        gone = columns >= width - reach[:, None] if right != bool(back) else columns < reach[:, None]
        out[gone] = BED
        return out
    if kind == "fade" and not back:
        out = image.copy()
        # A streak along the paper's way where the toner did not take.
        wide = round(amount * DPI / 25.4)
        left = int(lot.integers(tear.left, max(tear.right - wide, tear.left + 1)))
        out[:, left : left + wide] = np.maximum(out[:, left : left + wide], 235)
        return out
    return image


class Press:
    """The print files of a run, opened when needed, one at a time."""

    def __init__(self, order: WorkOrder, finishing: Finishing) -> None:
        self._order, self.finishing = order, finishing
        self.page_px = px(finishing.page[0]), px(finishing.page[1])
        self._open: tuple[int, PrintFile] | None = None
        self._rendered = 0
        _pdfium()

    @property
    def rendered(self) -> int:
        """Sides drawn so far."""
        return self._rendered + (self._open[1].rendered if self._open else 0)

    def file(self, spool: int) -> PrintFile:
        """A spool's print file, 0-based."""
        if self._open is None or self._open[0] != spool:
            self.close()
            self._open = spool, PrintFile(self._order.spools[spool].path, self.finishing)
        return self._open[1]

    def close(self) -> None:
        """Close what is open."""
        if self._open is not None:
            self._rendered += self._open[1].rendered
            with suppress(OSError):
                self._open[1].close()
            self._open = None

    def piles(self) -> Iterator[NDArray[np.int64]]:
        """Each spool's pile: int64[sheets, 4], spool first.

        Raises:
            BalanceError: a print file has not the press sheets of its work order.
        """
        for spool, order in enumerate(self._order.spools):
            count = self.file(spool).press_sheets
            before, behind = order.leaders
            if sum(order.lifts) + before + behind != count:
                what = f"the print file has {count} press sheets, its work order {sum(order.lifts) + before + behind}"
                raise BalanceError(what, where=str(order.path), next_step="Do not print this run")
            sheets = pile(self.finishing, order.lifts, before)
            yield np.concatenate([np.full((sheets.shape[0], 1), spool), sheets], 1)
