"""Pages of a foreign PDF on press sheets, by the schemes and the code of a run.

In: a PDF, a scheme. Out: a PDF of press sides. Never: changes a page.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from printstream import impose, spool
from printstream.base.errors import UsageError
from printstream.base.files import sync_folder
from printstream.base.frozen import frozen
from printstream.base.program import Cells
from printstream.fonts.faces import load_face
from printstream.imposition import Scheme
from printstream.produce import CONTROL_FACE


@frozen
class Reimposed:
    """What came of it.

    Attributes:
        pages, sides, press_sheets: of the input, of the output, as paper.
        sheet_mpt: width and height of the press sheet.
        lifts: press sheets of each lift.
        pieces: pages of each piece.
        spread: how the pages lie.
    """

    pages: int
    sides: int
    press_sheets: int
    sheet_mpt: tuple[int, int]
    lifts: tuple[int, ...]
    pieces: tuple[int, ...]
    spread: impose.SpoolSpread


def reimpose(
    source: Path,
    out: Path,
    scheme: Scheme,
    *,
    sheet: tuple[int, int] | None = None,
    piece_pages: int | tuple[int, ...] | None = None,
) -> Reimposed:
    """Impose a PDF.

    Args:
        source: the PDF.
        out: the file to write.
        scheme: the scheme.
        sheet: press sheet, millipoints; where absent, what the pages need and a margin.
        piece_pages: pages of each piece, or of all; a piece is never parted between stacks. Where absent, a bound piece is
            the whole file, and any other a single unit.

    Raises:
        InputError: when the PDF cannot be read.
        JobError: when the pages do not fit on the press sheet.
        UsageError: when the pieces are not the file.
    """
    with spool.ForeignPages(source) as pages:
        pieces = _pieces(len(pages), scheme, piece_pages)
        spread, layout = impose.impose_pages(scheme, pieces, pages.size_mpt, sheet, source.stem)
        boxes = [place.box for places in layout.sides for place in places]
        trim = (
            *(min(box[k] for box in boxes) for k in (0, 1)),
            *(max(box[k] for box in boxes) for k in (2, 3)),
        )
        partial = out.with_name(out.name + spool.PARTIAL_SUFFIX)
        face = load_face(CONTROL_FACE) if "text" in scheme.marks else None
        sides = pages.write(
            partial,
            _sides(spread, _page_of_face(pieces, scheme.unit.pages)),
            (layout.width, layout.height),
            (trim[0], trim[1], trim[2], trim[3]),
            scheme.bleed,
            face,
        )
        spool.release(partial)
        sync_folder(out.parent)
        lifts = tuple(np.diff(spread.lift_first).tolist())
        size = layout.width, layout.height
        return Reimposed(len(pages), sides, spread.press_sheets, size, lifts, tuple(pieces), spread)


def work_order(done: Reimposed, out: Path) -> dict[str, Any]:
    """What the shop does with an imposed PDF."""
    spread = done.spread
    return {
        "format": impose.WORK_ORDER_FORMAT,
        "file": out.name,
        "press_sheets": done.press_sheets,
        "press_sides": done.sides,
        "piece_pages": list(done.pieces),
        "finishing": spread.pattern.scheme.finishing,
        "leaders": {"before": 0, "behind": 0},
        "imposition": impose.description(spread),
    }


def _pieces(pages: int, scheme: Scheme, wanted: int | tuple[int, ...] | None) -> list[int]:
    if isinstance(wanted, tuple):
        if sum(wanted) != pages or min(wanted, default=0) < 1:
            what = f"the pieces have {sum(wanted)} pages, the PDF has {pages}"
            raise UsageError(what, next_step="Give the pages of every piece")
        return list(wanted)
    each = wanted or (pages if scheme.unit.binding != "none" else scheme.unit.pages)
    return [min(each, pages - first) for first in range(0, pages, each)]


def _page_of_face(pieces: list[int], unit: int) -> NDArray[np.int64]:
    """Page of the file that each face of the run shows; -1: blank, behind a piece's last page."""
    padded = [-(-count // unit) * unit for count in pieces]
    found = np.full(sum(padded), -1, np.int64)
    face = page = 0
    for count, room in zip(pieces, padded, strict=True):
        found[face : face + count] = np.arange(page, page + count)
        face, page = face + room, page + count
    return found


def _sides(spread: impose.SpoolSpread, page_of_face: NDArray[np.int64]) -> Iterator[Cells]:
    for side in range(spread.sides):
        cells = spread.cells(side, side + 1)
        faces = np.where(cells.faces < 0, -1, page_of_face[cells.faces])
        yield cells._replace(faces=faces)
