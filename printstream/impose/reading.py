"""Files whose pages are the documents' pages in reading order: no press sheet, no blank back.

In: what was imposed, pages of each document. Out: the same spools as such files. Never: changes which piece is in which
spool.
"""

from __future__ import annotations

from dataclasses import field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base import columns as c
from printstream.base.frozen import frozen
from printstream.base.program import Cells
from printstream.impose.geometry import lay_out
from printstream.impose.impose import Imposed
from printstream.impose.pattern import make_pattern
from printstream.impose.spread import SpoolSpread
from printstream.imposition import load_scheme

Ints = NDArray[np.int64]


@frozen
class PageSpread(SpoolSpread):
    """A spool whose sides are pages.

    Attributes:
        faces: int64[pages]: face of the run that each page is, see ``Cells``.
        sheets: first sheet of the run that lies in it, and the one behind the last.
    """

    faces: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    sheets: tuple[int, int] = (0, 0)

    @property
    def sides(self) -> int:
        """Pages."""
        return int(self.faces.size)

    @property
    def first_sheet(self) -> int:
        """First sheet of the run that lies in it."""
        return self.sheets[0]

    @property
    def end_sheet(self) -> int:
        """The sheet of the run behind its last one."""
        return self.sheets[1]

    def cells(self, first_side: int, last_side: int) -> Cells:
        """Give pages first_side..last_side-1."""
        blank = np.zeros(last_side - first_side, np.int64)
        pattern = self.pattern
        return Cells(
            self.faces[first_side:last_side],
            blank,
            pattern.place_bytes,
            pattern.place_offsets,
            blank,
            np.zeros(1, np.uint8),
            np.zeros(2, np.int64),
        )


def in_reading_order(imposed: Imposed, page_counts: Ints, size_mpt: tuple[int, int]) -> Imposed:
    """Give each spool's documents as a file of their pages.

    Args:
        imposed: the night as it is printed.
        page_counts: int64[documents]: composed pages.
        size_mpt: width and height of a page.

    Returns:
        the same pieces in the same spools; ``first_side`` and ``sides`` count pages of these files.
    """
    scheme = load_scheme("one_up")
    layout = lay_out(scheme, size_mpt, size_mpt)
    pattern = make_pattern(scheme, layout, 1, crop=False)
    sheets, counts = imposed.sheets, page_counts[imposed.sheets.enclosure_document]
    enclosure = np.searchsorted(sheets.enclosure_piece, np.arange(imposed.piece_spool.size + 1))
    first_side = np.zeros(counts.size, np.uint32)
    spreads = []
    for begin, count in imposed.spools.select(c.FIRST_SEQUENCE.name, c.PIECES.name).iter_rows():
        own = slice(enclosure[begin], enclosure[begin + count])
        ends = np.cumsum(counts[own])
        first_side[own] = ends - counts[own]
        step = sheets.first_sheet[own] * sheets.faces - (ends - counts[own])
        faces = np.repeat(step, counts[own]) + np.arange(int(ends[-1]))
        within = int(sheets.piece_sheet[begin]), int(sheets.piece_sheet[begin + count])
        one = np.zeros((1, 1), np.int64)
        spreads.append(PageSpread(pattern, np.zeros(2, np.int64), one, one, 0, faces=faces, sheets=within))
    pages = pl.Series(c.IMPRESSIONS.name, [spread.sides for spread in spreads], pl.UInt32)
    return replace(
        imposed,
        spools=imposed.spools.with_columns(pages),
        spreads=tuple(spreads),
        first_side=first_side,
        piece_first_side=first_side[enclosure[:-1]],
        sides=counts.astype(np.uint32),
        slot=np.zeros_like(imposed.slot),
        own_sheets=((),) * len(spreads),
        sheet_width_mpt=size_mpt[0],
        sheet_height_mpt=size_mpt[1],
        trim_boxes_mpt=tuple(place.box for place in layout.fronts),
    )
