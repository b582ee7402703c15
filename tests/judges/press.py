"""The finished print files printed, cut and stacked in software.

Knows the shop's rule and not the program's arrays: pages stand side by side, centred on the press sheet; the
sheet is turned about its vertical axis; the cut stacks are laid one on the other, the left one on top.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pypdfium2 as pdfium
from numpy.typing import NDArray

from tests.judges.pdftext import Files, Run, read_runs

DPI = 300
_SCALE = DPI / 72 - 1e-9  # pdfium rounds the size up


@dataclass(frozen=True)
class Paper:
    """Press sheet and page, in points."""

    sheet_width: float = 1296
    sheet_height: float = 864
    page_width: float = 612
    page_height: float = 792
    slots: int = 2

    def left(self, place: int) -> float:
        return (self.sheet_width - self.slots * self.page_width) / 2 + place * self.page_width

    @property
    def top(self) -> float:
        return (self.sheet_height - self.page_height) / 2

    def place(self, slot: int, side: int) -> int:
        """Where the slot's page stands: on a back the order is reversed."""
        return self.slots - 1 - slot if side % 2 else slot


@dataclass(frozen=True)
class Sheet:
    """One finished sheet as it leaves the cutter: which file, which front, which slot."""

    spool: int
    front: int
    slot: int


def with_slots(manifest: pl.DataFrame) -> pl.DataFrame:
    """Add what the manifest says between the lines.

    slot: every stack starts at side 0 of its file; run_sheet: the run's number of the piece's first sheet, from 0.
    """
    slot = (pl.col("first_side") == 0).cum_sum().over("spool").cast(pl.Int64) - 1
    run_sheet = pl.col("sheets").cast(pl.Int64).cum_sum() - pl.col("sheets").cast(pl.Int64)
    return manifest.sort("sequence", maintain_order=True).with_columns(
        slot.alias("slot"), run_sheet.alias("run_sheet")
    )


class Night:
    """A released run, to be read as paper."""

    def __init__(self, run_dir: Path, paper: Paper | None = None) -> None:
        self.run_dir = run_dir
        self.paper = paper or Paper()
        self.manifest = with_slots(pl.read_parquet(run_dir / "manifest.parquet"))
        self.files = Files(run_dir / "spool")
        self._runs = lru_cache(maxsize=512)(self._read_side)

    @property
    def spool_paths(self) -> list[Path]:
        return sorted((self.run_dir / "spool").iterdir())

    def row(self, document_id: str) -> dict[str, Any]:
        return self.manifest.row(by_predicate=pl.col("document_id") == document_id, named=True)

    # ---- text

    def _read_side(self, spool: int, side: int) -> tuple[tuple[Run, ...], ...]:
        """Runs of each place of a side, from the page's corner; every run lies on one page wholly."""
        paper = self.paper
        cut: list[list[Run]] = [[] for _ in range(paper.slots)]
        for run in read_runs(self.files.side(spool, side)):
            place = int((run.left - paper.left(0)) // paper.page_width)
            inside = run.moved(paper.left(place), paper.top)
            assert 0 <= place < paper.slots, f"{spool}/{side}: text beside the pages: {run}"
            assert 0 <= inside.left <= inside.right <= paper.page_width, (
                f"{spool}/{side}: text across a cut: {run}"
            )
            assert 0 <= inside.y <= paper.page_height, f"{spool}/{side}: text beyond the trim: {run}"
            cut[place].append(inside)
        return tuple(tuple(page) for page in cut)

    def page_runs(self, spool: int, side: int, slot: int) -> list[Run]:
        """Text of one page, cut out of its press side."""
        return list(self._runs(spool, side)[self.paper.place(slot, side)])

    def document_pages(self, row: dict[str, Any]) -> list[list[Run]]:
        """Text of a document's sides, blank back included."""
        first = row["first_side"]
        return [self.page_runs(row["spool"], first + k, row["slot"]) for k in range(row["sides"])]

    def page_text(self, spool: int, side: int, slot: int) -> str:
        """Text of one page in pdfium's own reading, quickly."""
        paper, place = self.paper, self.paper.place(slot, side)
        text = self.files.side(spool, side).get_textpage()
        left, bottom = paper.left(place), paper.sheet_height - paper.top - paper.page_height
        found: str = text.get_text_bounded(left, bottom, left + paper.page_width, bottom + paper.page_height)
        return found

    # ---- pixels

    def side_image(self, spool: int, side: int) -> NDArray[np.uint8]:
        """A press side at 300 dpi: uint8[height, width], 255 is paper."""
        bitmap = self.files.side(spool, side).render(scale=_SCALE, grayscale=True)
        image: NDArray[np.uint8] = bitmap.to_numpy().reshape(bitmap.height, bitmap.width)
        assert image.shape == (self.paper.sheet_height * DPI / 72, self.paper.sheet_width * DPI / 72)
        return image

    def cut(self, image: NDArray[np.uint8], slot: int, side: int) -> NDArray[np.uint8]:
        """The page of a slot, as the cutter leaves it."""
        paper = self.paper
        left, top = (round(v * DPI / 72) for v in (paper.left(paper.place(slot, side)), paper.top))
        width, height = (round(v * DPI / 72) for v in (paper.page_width, paper.page_height))
        return np.ascontiguousarray(image[top : top + height, left : left + width])

    def region_image(
        self, sheet: Sheet, left: float, top: float, right: float, bottom: float, *, back: bool = False
    ) -> NDArray[np.uint8]:
        """Part of a page at 300 dpi, rendered alone; points from the page's corner."""
        paper, side = self.paper, sheet.front + back
        x, y = paper.left(paper.place(sheet.slot, side)), paper.top
        crop = (
            x + left,
            paper.sheet_height - y - bottom,
            paper.sheet_width - x - right,
            y + top,
        )
        bitmap = self.files.side(sheet.spool, side).render(scale=_SCALE, grayscale=True, crop=crop)
        image: NDArray[np.uint8] = bitmap.to_numpy().reshape(bitmap.height, bitmap.width)
        return np.ascontiguousarray(image)

    # ---- the pile

    def piles(self) -> Iterator[Sheet]:
        """Every sheet in the order in which it lies after cutting and stacking, blanks included."""
        for number in range(1, len(self.spool_paths) + 1):
            sides = len(self.files.document(number))
            assert sides % 2 == 0
            for slot in range(self.paper.slots):
                for front in range(0, sides, 2):
                    yield Sheet(number, front, slot)

    def planned(self, sheet: Sheet) -> dict[str, Any] | None:
        """What the manifest says of a sheet: its row, with sheet number m of the piece added; None for a blank."""
        on_stack = self.manifest.filter(
            (pl.col("spool") == sheet.spool)
            & (pl.col("slot") == sheet.slot)
            & (pl.col("first_side") <= sheet.front)
            & (sheet.front < pl.col("first_side") + pl.col("sides"))
        )
        assert on_stack.height <= 1
        if on_stack.height == 0:
            return None
        row = on_stack.row(0, named=True)
        return {**row, "sheet": (sheet.front - row["first_side"]) // 2 + 1}


def render(side: pdfium.PdfPage, dpi: int) -> NDArray[np.uint8]:
    """A side in grey."""
    bitmap = side.render(scale=dpi / 72, grayscale=True)
    image: NDArray[np.uint8] = bitmap.to_numpy().reshape(bitmap.height, bitmap.width)
    return image
