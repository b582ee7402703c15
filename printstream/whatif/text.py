"""A comparison as a table for the terminal, and as JSON.

In: a ``Comparison``. Out: text. Never: writes it anywhere.
"""

from __future__ import annotations

import json
from dataclasses import asdict

from printstream.whatif.figures import Comparison, Figures

_HEAD = ("", "pieces", "sheets", "trays", "postage", "difference", "paper kg", "press sheets", "spools")
_CONTAINERS = "containers"
"""A column behind the trays, where a variant has any."""


def table_text(comparison: Comparison) -> str:
    """Set the figures in aligned columns, and below them pieces and trays by level."""
    first = comparison.rows[0]
    rows = [_HEAD, *(_row(figures, first) for figures in comparison.rows)]
    if any(figures.containers is not None for figures in comparison.rows):
        column = [_CONTAINERS, *(_number(figures.containers) for figures in comparison.rows)]
        after = _HEAD.index("trays") + 1
        rows = [(*row[:after], cell, *row[after:]) for row, cell in zip(rows, column, strict=True)]
    levels = list(dict.fromkeys((x.stream, x.level) for f in comparison.rows for x in f.levels))
    below = [("pieces / trays by level", *(f"{stream} {level}" for stream, level in levels))]
    for figures in comparison.rows:
        found = {(x.stream, x.level): f"{x.pieces:,} / {x.trays:,}" for x in figures.levels}
        below.append((figures.name, *(found.get(key, "–") for key in levels)))
    notes = [_closed(f, first) for f in comparison.rows if f.closed is not None]
    notes += [f"{f.name}: {warning}" for f in comparison.rows for warning in f.warnings]
    blocks = [_aligned(rows), _aligned(below), *(["\n".join(notes)] if notes else [])]
    return "\n" + "\n\n".join(blocks) + "\n"


def _closed(figures: Figures, first: Figures) -> str:
    """What closing up does, as a sentence."""
    closed = figures.closed
    if closed is None:
        return ""
    saved = (first.postage_mills - figures.postage_mills) / 1000
    return (
        f"{figures.name}: {closed.documents:,} documents end on a page of {closed.lines} lines or fewer; closed up they "
        f"save {closed.sheets:,} sheets and {saved:,.2f} {figures.currency} of postage, {closed.cheaper:,} pieces pay less."
    )


def _number(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"


def _row(figures: Figures, first: Figures) -> tuple[str, ...]:
    same = figures.currency == first.currency
    return (
        figures.name,
        f"{figures.pieces:,}",
        f"{figures.sheets:,}",
        f"{figures.trays:,}",
        f"{figures.postage_mills / 1000:,.2f} {figures.currency}",
        f"{(figures.postage_mills - first.postage_mills) / 1000:+,.2f}" if same else "–",
        f"{figures.paper_mg / 1e6:,.1f}",
        f"{figures.press_sheets:,}",
        f"{figures.spools:,}",
    )


def _aligned(rows: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    )


def json_text(comparison: Comparison) -> str:
    """Write the comparison as one JSON object."""
    record = {"command": "plan", "status": "done", "exit_code": 0, **asdict(comparison)}
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"
