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
from printstream.floor.setup import Finishing, WorkOrder
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

    def __init__(self, path: Path, finishing: Finishing, page_px: tuple[float, float]) -> None:
        self._path, self._finishing, self._page_px = path, finishing, page_px
        try:
            self._pdf = _pdfium().PdfDocument(path)
        except _pdfium().PdfiumError as error:
            what = "the print file cannot be opened"
            raise BalanceError(what, where=str(path), next_step="Do not print this run") from error
        self._open: dict[int, tuple[Any, tuple[float, ...]]] = {}
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

    def _open_side(self, number: int) -> tuple[Any, tuple[float, ...]]:
        """A side and its places; both sides of a press sheet stay open, because all its pages are read in turn."""
        if number not in self._open:
            if len(self._open) == self._finishing.sides:
                self._leave()
            side = self._pdf[number]
            self.rendered += 1
            self._open[number] = side, self._places(side)
        return self._open[number]

    def _places(self, side: Any) -> tuple[float, ...]:
        """Left edges, then upper edges, of the columns and rows of pages: the trim box, divided evenly."""
        left, bottom, right, top = side.get_trimbox()
        across, down = self._finishing.across, self._finishing.down
        wide, high = self._page_px
        gap_x = ((right - left) * PX_PER_PT - across * wide) / (across - 1) if across > 1 else 0.0
        gap_y = ((top - bottom) * PX_PER_PT - down * high) / (down - 1) if down > 1 else 0.0
        if min(gap_x, gap_y) < -1:
            what = "the pages are larger than the trim box of their press sheet"
            raise BalanceError(what, where=str(self._path), next_step="Look at the imposition")
        from_top = (side.get_height() - top) * PX_PER_PT
        lefts = (left * PX_PER_PT + k * (wide + gap_x) for k in range(across))
        return (*lefts, *(from_top + k * (high + gap_y) for k in range(down)))

    def zone(self, press_sheet: int, page: int, zone: Zone, *, back: bool) -> Image:
        """Part of a cut sheet's front or back, as the paper lies under a reader."""
        finishing = self._finishing
        turned = page + 1 in finishing.turned_pages
        place = finishing.back(page) if back else page
        if back and finishing.turn == "horizontal_axis":
            # A sheet turned about its horizontal axis has its back on the head of its front; the reader sees it from there.
            turned = not turned
        if back and finishing.sides == 1:
            return np.full((zone.bottom - zone.top, zone.right - zone.left), 255, np.uint8)
        side, places = self._open_side(press_sheet * finishing.sides + back)
        row, column = divmod(place, finishing.across)
        left, top = round(places[column]), round(places[finishing.across + row])
        wide, high = (round(length) for length in self._page_px)
        if turned:
            zone = Zone(wide - zone.right, high - zone.bottom, wide - zone.left, high - zone.top)
        image = _render(side, Zone(left + zone.left, top + zone.top, left + zone.right, top + zone.bottom))
        return np.ascontiguousarray(image[::-1, ::-1]) if turned else image


def _render(side: Any, zone: Zone) -> Image:
    """Draw part of a side; what lies beyond the press sheet is white."""
    width, height = (round(length * PX_PER_PT) for length in side.get_size())
    inside = Zone(max(zone.left, 0), max(zone.top, 0), min(zone.right, width), min(zone.bottom, height))
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
    if inside == zone:
        image: Image = drawn.copy()
    else:
        image = np.full((zone.bottom - zone.top, zone.right - zone.left), 255, np.uint8)
        y, x = inside.top - zone.top, inside.left - zone.left
        image[y : y + wanted[0], x : x + wanted[1]] = drawn
    bitmap.close()
    return image


class CutSheet:
    """A sheet as it leaves the cutter."""

    def __init__(self, file: PrintFile, press_sheet: int, page: int) -> None:
        self._file, self._press_sheet, self._page = file, press_sheet, page

    def zone(self, zone: Zone, *, back: bool = False) -> Image:
        """Part of its front or back."""
        return self._file.zone(self._press_sheet, self._page, zone, back=back)


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


def pile(finishing: Finishing, press_sheets: int) -> NDArray[np.int64]:
    """The pile of one print file, from the top down, with the blanks that end a stack.

    Returns:
        int64[sheets, 3]: press sheet, page of its front (0-based), stack.
    """
    runs = []
    for number, page in enumerate(finishing.stacks):
        sheets = np.arange(press_sheets)
        if page in finishing.reversed_stacks:
            sheets = sheets[::-1]
        runs.append(np.stack([sheets, np.full(press_sheets, page - 1), np.full(press_sheets, number)], 1))
    return np.concatenate(runs).astype(np.int64)


class Press:
    """The print files of a run, opened when needed, one at a time."""

    def __init__(self, order: WorkOrder, finishing: Finishing) -> None:
        self._order, self._finishing = order, finishing
        self.page_px = px(order.page_width), px(order.page_height)
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
            self._open = spool, PrintFile(self._order.spools[spool].path, self._finishing, self.page_px)
        return self._open[1]

    def close(self) -> None:
        """Close what is open."""
        if self._open is not None:
            self._rendered += self._open[1].rendered
            with suppress(OSError):
                self._open[1].close()
            self._open = None

    def piles(self) -> Iterator[NDArray[np.int64]]:
        """Each spool's pile: int64[sheets, 4], spool first."""
        for spool in range(len(self._order.spools)):
            sheets = pile(self._finishing, self.file(spool).press_sheets)
            yield np.concatenate([np.full((sheets.shape[0], 1), spool), sheets], 1)
