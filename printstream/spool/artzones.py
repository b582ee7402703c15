"""Whether a designer's PDF puts ink where the inserter reads, by rendering it: what is seen is what a head would see.

In: path, page, zones. Out: the zone that is not free. Never: takes part in a run's production.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from printstream.base.errors import JobError

Zone = tuple[int, int, int, int]
"""Left, top, right, bottom, millipoints from the page's top left corner."""
_DPI = 200
_WHITE = 250
"""Grey of paper; art that is paler than this hides no mark and is taken for none."""


def check_art_zones(
    path: Path, page_number: int, page_height_mpt: int, zones: tuple[Zone, ...], where: str
) -> None:
    """Refuse art with ink in a clear zone.

    Args:
        path: a PDF that ``import_art`` accepts.
        page_number: 1-based.
        page_height_mpt: height of the page that shows it, lower left corners together.
        zones: where nothing may be printed.
        where: the block, for the message.

    Raises:
        JobError: naming the zone.
    """
    # A tenth of a second, which runs without art need not wait for.
    import pypdfium2 as pdfium

    document = pdfium.PdfDocument(path)
    try:
        page = document[page_number - 1]
        page.set_cropbox(*page.get_trimbox())
        ink = page.render(scale=_DPI / 72, grayscale=True).to_numpy() < _WHITE
    finally:
        document.close()
    rows, columns = ink.shape[:2]
    above = round(page_height_mpt / 72_000 * _DPI) - rows
    for zone in zones:
        left, top, right, bottom = (round(edge / 72_000 * _DPI) for edge in zone)
        top, bottom = max(top - above, 0), max(bottom - above, 0)
        if np.any(ink[top:bottom, max(left, 0) : min(right, columns)]):
            x, y, across, down = (edge / 72_000 for edge in zone)
            place = f"{x:.2f} to {across:.2f} in from the left and {y:.2f} to {down:.2f} in from the top"
            what = f"the art has ink in the inserter's clear zone, {place}"
            raise JobError(
                what, where=where, next_step="Take it away there, or choose another inserter profile"
            )
