"""A plain sequence of pages, without a mailing: how it lies on press sheets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from printstream.impose import ink
from printstream.impose.geometry import Layout, lay_out, least_sheet
from printstream.impose.pattern import make_pattern
from printstream.impose.spread import SpoolSpread
from printstream.impose.stacks import cut_lifts
from printstream.imposition import Scheme

MARGIN_MPT = 36_000
"""Around the cells where no press sheet is given: room for marks."""


def impose_pages(
    scheme: Scheme,
    pieces: Sequence[int],
    page: tuple[int, int],
    sheet: tuple[int, int] | None = None,
    title: str = "",
) -> tuple[SpoolSpread, Layout]:
    """Lay pieces of so many pages each on press sheets.

    Args:
        scheme: the scheme.
        pieces: pages of each piece; faces of the run are numbered with the blank ones that units need.
        page: width and height of the page, millipoints.
        sheet: of the press sheet; where absent, what the cells need and a margin.
        title: for the line of text.

    Raises:
        JobError: when the pages do not fit on the press sheet.
    """
    layout = lay_out(scheme, page, sheet or least_sheet(scheme, page, MARGIN_MPT))
    units = np.array([-(-pages // scheme.unit.pages) for pages in pieces], np.int64)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(units)])
    leaves = int(units.max(initial=0)) * scheme.unit.pages // scheme.faces
    lifts = cut_lifts(starts, scheme)
    text = b""
    if "text" in scheme.marks:
        words = f"{title} sheet {{sheet}} of {lifts[0][-1]} {{side}}"
        text = ink.text_line(layout, ink.control_text(words))
    bound = starts if scheme.unit.binding != "none" else None
    spread = SpoolSpread(make_pattern(scheme, layout, leaves), *lifts, 0, None, bound, text=text)
    return spread, layout
