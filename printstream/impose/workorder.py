"""A spool's work order: what the shop does with it, and where everything lies, in a file of its own.

In: a spool as it was imposed. Out: plain data for JSON; and the spread again from it. Never: names a recipient.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from printstream.base import columns as c
from printstream.base.units import MPT_PER_IN
from printstream.impose.geometry import Layout, lay_out
from printstream.impose.impose import Imposed
from printstream.impose.own import OwnSheet
from printstream.impose.pattern import make_pattern
from printstream.impose.spread import SpoolSpread
from printstream.imposition import scheme_of
from printstream.job import Job

FORMAT = "printstream-workorder/1"
_MM_PER_MPT = 25.4 / MPT_PER_IN


def work_order(
    imposed: Imposed,
    job: Job,
    row: int,
    sha256: str,
    streams: dict[str, str],
    zones: Sequence[tuple[int, int, int, int]] = (),
) -> dict[str, Any]:
    """Describe a spool.

    Args:
        imposed: all spools.
        job: the job.
        row: of the spool, from 0.
        sha256: of its file.
        streams: envelope of each stream.
        zones: left, top, right, bottom of what must stay clear on every front, from the page's top left corner.
    """
    spread, own = imposed.spreads[row], imposed.own_sheets[row]
    spool = imposed.spools.row(row, named=True)
    scheme, layout = spread.pattern.scheme, spread.pattern.layout
    first = spool[c.FIRST_SEQUENCE.name]
    order = {
        "format": FORMAT,
        "file": f"spool/{row + 1:04d}.pdf",
        "sha256": sha256,
        "job": job.name,
        "title": job.title,
        "production_date": job.production_date.isoformat(),
        "stream": spool[c.STREAM.name],
        "envelope": streams.get(spool[c.STREAM.name], ""),
        "stock": job.stock.model_dump(include={"name", "width", "height", "grammage_gsm"}),
        "inserter_profile": job.inserter.profile,
        "pieces": spool[c.PIECES.name],
        "first_piece": first + 1,
        "last_piece": first + spool[c.PIECES.name],
        "sheets": spool[c.SHEETS.name],
        "press_sheets": spread.press_sheets,
        "press_sides": spread.sides,
        "leaders": {"before": spread.leaders[0], "behind": spread.leaders[1]},
        "finishing": scheme.finishing,
        "turn": {"sideways": "about the vertical axis", "over": "about the horizontal axis"}[scheme.turn],
        "own_sheets": [_own(sheet, first) for sheet in own],
        "zones_mpt": [list(zone) for zone in zones],
        "imposition": description(spread),
    }
    if scheme.web:
        order["web_length_mm"] = round(spread.press_sheets * layout.height * _MM_PER_MPT)
    return order


def _own(sheet: OwnSheet, first: int) -> dict[str, Any]:
    return {"kind": sheet.kind, "before_piece": first + sheet.before + 1, "lines": list(sheet.lines)}


def description(spread: SpoolSpread) -> dict[str, Any]:
    """Give all that ``spread_of`` needs; lengths are millipoints."""
    layout = spread.pattern.layout
    own = [] if spread.units is None else np.flatnonzero(spread.units < 0).tolist()
    return {
        "scheme": spread.pattern.scheme.model_dump(),
        "press_sheet_mpt": [layout.width, layout.height],
        "page_mpt": [layout.page_width, layout.page_height],
        "lift_first": spread.lift_first.tolist(),
        "stack_first": spread.stack_first.tolist(),
        "stack_count": spread.stack_count.tolist(),
        "first_unit": spread.base,
        "own_positions": own,
        "piece_units": [] if spread.piece_unit is None else spread.piece_unit.tolist(),
    }


def spread_of(order: dict[str, Any]) -> tuple[SpoolSpread, Layout]:
    """Where everything lies on a spool's press sheets, from its work order; texts and marks are left out."""
    given = order["imposition"]
    scheme = scheme_of(given["scheme"])
    layout = lay_out(scheme, tuple(given["page_mpt"]), tuple(given["press_sheet_mpt"]))
    base = given["first_unit"]
    lifts, firsts, counts = (
        np.array(given[name], np.int64) for name in ("lift_first", "stack_first", "stack_count")
    )
    units = None
    if given["own_positions"]:
        total = int(counts.sum())
        own = np.array(given["own_positions"], np.int64)
        units = np.empty(total, np.int64)
        mask = np.zeros(total, np.bool_)
        mask[own] = True
        units[mask] = -2 - np.arange(own.size)
        units[~mask] = base + np.arange(total - own.size)
    piece_units = np.array(given["piece_units"], np.int64) if given["piece_units"] else None
    most = 1
    if piece_units is not None:
        most = int(np.diff(piece_units).max(initial=1)) * scheme.unit.pages // scheme.faces
    blank = (b"",) * len(given["own_positions"])
    leaders = order["leaders"]["before"], order["leaders"]["behind"]
    pattern = make_pattern(scheme, layout, most)
    return SpoolSpread(pattern, lifts, firsts, counts, base, units, piece_units, leaders, blank), layout
