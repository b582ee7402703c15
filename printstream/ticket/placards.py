"""Placards of pallets and other containers as pages: a sheet, or several copies, each.

In: the container table, what the scheme says of the sheet. Out: content streams, in millipoints. Never: writes a file.

A placard, from the top: the container's name and number; destination, content and origin (lines 1 to 3), as high as
the post asks for; its barcode, where it has one; what is in it, for the shop floor.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from printstream.base import columns as c
from printstream.job import Job
from printstream.ticket.code128 import QUIET_MODULES, encode_gs1
from printstream.ticket.pen import BOLD, FACES, PLAIN, LabelSheets, Pen, bars
from printstream.ticket.post import (
    CONTAINER_BARCODE,
    LAST_TRAY,
    ORIGIN,
    SPOOL_FIRST,
    SPOOL_LAST,
    ContainerPaper,
)

MODULE_MPT = 1_800
"""25 mil, of 22.5 to 27.5; so 21 characters are 6.9 in long, of 6.25 to 7.25 (USPS-B-3215, as quoted by neodynamic.com)."""
BAR_HEIGHT_MPT = 64_800
"""0.9 in, of 0.75 to 1.1 (same)."""
_MARGIN = 36_000
_HEAD_SIZE, _NUMBER_SIZE, _HEAD_DOWN = 15_000, 30_000, 50_000
_RULE_DOWN, _RULE_WIDTH = 62_000, 1_500
_LARGEST, _WITH_BARS_LARGEST = 190_000, 104_000
_GAP = 19_000
_BARCODE_ROOM = 96_000
_LABEL_SIZE, _VALUE_SIZE = 10_500, 20_000
_NOTE_SIZE = 8_500
# From the foot of the sheet: the note, and two rows of figures.
_NOTE_UP, _ROWS_UP, _TABLE_UP = 28_000, (104_000, 54_000), 144_000
_LABEL_ABOVE = 20_500
_CELLS = (0, 18, 36, 70)
"""Where the columns of figures begin, percent of the line."""


def placard_sheets(containers: pl.DataFrame, paper: ContainerPaper, total: int, job: Job) -> LabelSheets:
    """Lay out the placards of containers of one kind, copies of each together.

    Args:
        containers: rows of ``container_table``.
        paper: what the scheme says of the sheet.
        total: containers of the whole run.
        job: the job.
    """
    rows = containers.to_dicts()
    texts = [str(row[name]) for row in rows for name in (c.DESTINATION.name, c.CONTENT.name, ORIGIN)]
    pen = Pen.of([*texts, job.title, paper.title, paper.heading, *(str(row[c.STREAM.name]) for row in rows)])

    def pages() -> Iterator[bytes]:
        for row in rows:
            for copy in range(paper.copies):
                body = _placard(row, copy, total, paper, job, pen)
                yield b"q .001 0 0 .001 0 0 cm\n" + b"\n".join(body) + b"\nQ\n"

    return LabelSheets(
        pen.faces, pen.codepage, paper.width_mpt, paper.height_mpt, pages(), len(rows) * paper.copies
    )


def _placard(
    row: dict[str, object], copy: int, total: int, paper: ContainerPaper, job: Job, pen: Pen
) -> list[bytes]:
    room, top = paper.width_mpt - 2 * _MARGIN, paper.height_mpt
    heading = " · ".join(filter(None, (paper.heading, paper.title)))
    number = f"{row[c.CONTAINER_ID.name]} of {total:,}"
    out = [
        pen.line(heading, PLAIN, _HEAD_SIZE, _MARGIN, top - _HEAD_DOWN, room * 7 // 10),
        pen.line(number, BOLD, _NUMBER_SIZE, _MARGIN + room * 7 // 10, top - _HEAD_DOWN, room * 3 // 10, 1.0),
        _rule(top - _RULE_DOWN, paper.width_mpt),
        *_lines(row, paper, pen),
        _rule(_TABLE_UP, paper.width_mpt),
    ]
    if row[CONTAINER_BARCODE]:
        out += _barcode(str(row[CONTAINER_BARCODE]), paper.width_mpt, pen)
    ends = (*_CELLS[1:], 100)
    for up, cells in zip(_ROWS_UP, _figures(row), strict=True):
        for begin, end, (label, value) in zip(_CELLS, ends, cells, strict=True):
            x, wide = _MARGIN + room * begin // 100, room * (end - begin) // 100 - 12_000
            out.append(pen.line(label, PLAIN, _LABEL_SIZE, x, up + _LABEL_ABOVE, wide))
            out.append(pen.line(value, BOLD, _VALUE_SIZE, x, up, wide))
    note = f"{job.title} · {job.production_date} · stream {row[c.STREAM.name]} · placard {copy + 1} of {paper.copies}"
    return [*out, pen.line(note, PLAIN, _NOTE_SIZE, _MARGIN, _NOTE_UP, room)]


def _lines(row: dict[str, object], paper: ContainerPaper, pen: Pen) -> Iterator[bytes]:
    """Destination, content, origin: line 1 as large as it can be, no line smaller than the post asks for."""
    room = paper.width_mpt - 2 * _MARGIN
    cap = pen.faces[FACES[BOLD]].cap_height
    least = -(-paper.letter_mpt * 1000 // cap)
    bottom = _TABLE_UP + (_BARCODE_ROOM if row[CONTAINER_BARCODE] else 0)
    # What lines 2 and 3 and the gaps leave is line 1's.
    height = paper.height_mpt - _RULE_DOWN - bottom - 2 * least * cap // 1000 - 4 * _GAP
    largest = min(height * 1000 // cap, _WITH_BARS_LARGEST if row[CONTAINER_BARCODE] else _LARGEST)
    first = str(row[c.DESTINATION.name])
    fitting = room * 1000 // max(pen.width(first, BOLD, 1000), 1)
    sizes = (max(least, min(largest, fitting)), least, least)
    spare = paper.height_mpt - _RULE_DOWN - bottom - sum(sizes) * cap // 1000
    y = paper.height_mpt - _RULE_DOWN
    # A destination that is too long keeps its postal code, at its end.
    keep = (first.rpartition(" ")[2], "", "")
    for text, last, size in zip((first, row[c.CONTENT.name], row[ORIGIN]), keep, sizes, strict=True):
        y -= spare // 4 + size * cap // 1000
        yield pen.line(str(text), BOLD, size, _MARGIN, y, room, keep=last)


def _barcode(text: str, width: int, pen: Pen) -> list[bytes]:
    """The Intelligent Mail container barcode, centred, its text below."""
    widths = encode_gs1(text)
    x = (width - sum(map(int, widths)) * MODULE_MPT) // 2
    if x < QUIET_MODULES * MODULE_MPT:
        msg = "the placard has no room for the barcode's quiet zones"
        raise ValueError(msg)
    foot = _TABLE_UP + _BARCODE_ROOM - BAR_HEIGHT_MPT - 4_000
    mailer = 9 if text[3] != "9" else 12
    words = f"{text[:3]} {text[3:mailer]} {text[mailer:]}"
    return [
        bars(widths, x, foot, MODULE_MPT, BAR_HEIGHT_MPT),
        pen.line(words, PLAIN, 12_000, _MARGIN, foot - 15_000, width - 2 * _MARGIN, 0.5),
    ]


def _figures(row: dict[str, object]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What is in the container: two rows of label and value."""
    value = {name: int(str(figure)) for name, figure in row.items() if isinstance(figure, int)}
    trays, layers = value[c.TRAYS.name], value[c.LAYERS.name]
    first, last = value[c.FIRST_TRAY.name], value[LAST_TRAY]
    spools = sorted({value[name] for name in (SPOOL_FIRST, SPOOL_LAST) if name in value})
    gross = value[c.GROSS_MG.name] / 1e6
    return (
        [
            ("trays", f"{trays:,}"),
            ("layers", f"{layers}"),
            ("gross weight", f"{gross:,.1f} kg · {gross / 0.453_592_37:,.0f} lb"),
            (
                "height",
                f"{value[c.HEIGHT_UM.name] / 1000:,.0f} mm · {value[c.HEIGHT_UM.name] / 25_400:,.0f} in",
            ),
        ],
        [
            ("pieces", f"{value[c.PIECES.name]:,}"),
            ("level", str(row[c.CONTAINER_LEVEL.name])),
            (
                "tray numbers" if trays == last - first + 1 else "tray numbers between",
                f"{first:,} – {last:,}",
            ),
            ("print files", " – ".join(f"{spool:04d}" for spool in spools) or "–"),
        ],
    )


def _rule(y: int, width: int) -> bytes:
    return b"%d w %d %d m %d %d l S" % (_RULE_WIDTH, _MARGIN, y, width - _MARGIN, y)
