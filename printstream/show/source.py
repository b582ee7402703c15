"""A spool to look at: its file, its work order, which page is whose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream import impose
from printstream.base import columns as c
from printstream.base.errors import InputError, UsageError
from printstream.base.frozen import frozen

Ints = NDArray[np.int64]


@frozen
class Shown:
    """A spool.

    Attributes:
        file: the print file.
        order: its work order.
        spread, layout: how it lies.
        leaves: int64[documents + 1]: leaves before each document, counted from the spool's first.
        pages, pieces: int64[documents]: pages of each, and number of the piece it is in.
    """

    file: Path
    order: dict[str, Any]
    spread: impose.SpoolSpread
    layout: impose.Layout
    leaves: Ints
    pages: Ints
    pieces: Ints

    def faces(self, side: int) -> list[tuple[int, int, int, int]]:
        """Slot, piece, page and pages of every page that is printed on a side."""
        cells = self.spread.cells(side, side + 1)
        pattern = self.spread.pattern
        scheme = pattern.scheme
        first = self.spread.base * scheme.unit.pages // scheme.faces
        found = []
        for slot, face in enumerate(cells.faces.tolist()):
            if face < 0:
                continue
            leaf, behind = divmod(face, scheme.faces)
            row = int(np.searchsorted(self.leaves, leaf - first, side="right")) - 1
            page = scheme.faces * (leaf - first - int(self.leaves[row])) + behind + 1
            if page <= self.pages[row]:
                found.append((slot, int(self.pieces[row]), page, int(self.pages[row])))
        return found

    def own(self, side: int) -> dict[int, str]:
        """What lies in slots that hold no page of a piece: a sheet of the shop's own, by its kind, or a leader."""
        spread, pattern = self.spread, self.spread.pattern
        sheet, face = divmod(side, pattern.sides)
        places = pattern.layout.sides[face]
        if not spread.leaders[0] <= sheet < spread.press_sheets - spread.leaders[1]:
            return dict.fromkeys(range(len(places)), "leader")
        units = spread.units_at(spread.positions(np.array([sheet])))[0]
        sheets = self.order.get("own_sheets", ())
        return {
            slot: sheets[-2 - units[place.cell]]["kind"].replace("_", " ")
            for slot, place in enumerate(places)
            if units[place.cell] < -1
        }


def open_spool(target: Path, number: int, order_file: Path | None = None) -> Shown:
    """Find a spool and its work order.

    Args:
        target: a run folder, a print file in one, or any PDF whose work order is named.
        number: of the spool, where target is a run folder.
        order_file: the work order; that of the run where absent.

    Raises:
        UsageError: when there is none.
        InputError: when it cannot be read.
    """
    file = target / "spool" / f"{number:04d}.pdf" if target.is_dir() else target
    run = file.parent.parent
    order_file = order_file or run / "workorder" / f"{file.stem}.json"
    for path in (file, order_file):
        if not path.is_file():
            what = "there is no such file"
            raise UsageError(
                what, where=str(path), next_step="Name a run folder, or a file and its --work-order"
            )
    try:
        order = json.loads(order_file.read_text())
        spread, layout = impose.spread_of(order)
        leaves, pages, pieces = _documents(order, run)
    except (ValueError, KeyError, TypeError) as error:
        what = "this is no work order that fits"
        raise InputError(what, where=str(order_file), next_step="Take the one of the same run") from error
    return Shown(file, order, spread, layout, _sums(leaves), pages, pieces)


def _documents(order: dict[str, Any], run: Path) -> tuple[Ints, Ints, Ints]:
    """Leaves, pages and piece of each document of a spool."""
    if "piece_pages" in order:
        pages = np.array(order["piece_pages"], np.int64)
        scheme = impose.spread_of(order)[0].pattern.scheme
        leaves = np.array([scheme.leaves(count) for count in pages.tolist()], np.int64)
        return leaves, pages, np.arange(1, pages.size + 1)
    names = [c.SHEETS.name, c.PAGES.name, c.PIECE_ID.name]
    table = pl.scan_parquet(run / "manifest.parquet").filter(
        pl.col(c.SPOOL.name) == int(Path(order["file"]).stem)
    )
    frame = table.select(names).collect()
    leaves, pages, pieces = (frame[name].cast(pl.Int64).to_numpy() for name in names)
    return leaves, pages, pieces


def _sums(values: Ints) -> Ints:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(values)])
