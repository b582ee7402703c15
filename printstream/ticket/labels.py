"""Tray labels as pages: sheets of labels that a printer prints and a guillotine cuts.

In: the tray table, the sheet's form. Out: content streams, one a page, in millipoints. Never: writes a file; draws
a barcode where the post has none.

A label, from the top: destination, content, origin (lines 1 to 3 of DMM 204 labels), barcode, its digits, and a
line for the shop floor. Where there is no barcode, the destination's code stands in its place, large.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from printstream.base import columns as c
from printstream.job import Job
from printstream.mailer import TrayLabels
from printstream.ticket.code128 import QUIET_MODULES, encode_digits, width_modules
from printstream.ticket.pen import BOLD, DIGITS, PLAIN, LabelSheets, Pen, bars
from printstream.ticket.post import CONTENTS, ORIGIN, SPOOL_FIRST, SPOOL_LAST, TRAY_BARCODE

MODULE_MPT = 1_080
"""15 mil (USPS-L-3216 as quoted by idautomation.com)."""
BAR_HEIGHT_MPT = 51_840
"""0.72 in (same)."""
_MARGIN = 12_000
_DESTINATION_SIZE, _LINE_SIZE, _DIGIT_SIZE, _FLOOR_SIZE = 14_000, 10_500, 8_000, 6_200
_CODE_SIZE = 40_000
# Base lines and the bars' foot, from the top of the label; the first line is more than 1/8 in below it (DMM M032, 1.2).
_DESTINATION_DOWN, _CONTENT_DOWN, _ORIGIN_DOWN = 23_500, 37_000, 49_500
_BARS_DOWN, _DIGITS_DOWN, _FLOOR_DOWN = 108_340, 118_000, 128_000
_MARK_LENGTH, _MARK_GAP, _MARK_WIDTH = 12_000, 5_000, 250
_LEVEL_WORDS = {"2ft": "2-foot tray", "1ft": "1-foot tray", "emm": "EMM tray"}


def label_sheets(trays: pl.DataFrame, job: Job) -> LabelSheets:
    """Lay out the labels of all trays.

    Args:
        trays: ``tray_table``.
        job: the job.
    """
    form = job.mailing.tray_labels
    columns = (trays[name] for name in (c.DESTINATION.name, c.CONTENT.name, CONTENTS))
    pen = Pen.of(
        [text for column in columns for text in column] + [job.mailing.origin, job.title, job.title.upper()]
    )
    a_sheet = form.columns * form.rows
    sheets = -(-trays.height // a_sheet)
    rows = trays.to_dicts()

    def pages() -> Iterator[bytes]:
        for sheet in range(sheets):
            body = [_frame(form, job, pen, sheet, sheets)]
            for place in range(a_sheet):
                number = place * sheets + sheet if form.order == "stacked" else sheet * a_sheet + place
                if number < trays.height:
                    body.append(_placed(_label(rows[number], trays.height, form, pen), form, place))
            yield b"q .001 0 0 .001 0 0 cm\n" + b"\n".join(body) + b"\nQ\n"

    return LabelSheets(pen.faces, pen.codepage, form.sheet_width, form.sheet_height, pages(), sheets)


def _label(row: dict[str, object], of: int, form: TrayLabels, pen: Pen) -> bytes:
    """One label; its lower left corner is the origin."""
    room, top = form.width - 2 * _MARGIN, form.height
    lines = [
        (row[c.DESTINATION.name], BOLD, _DESTINATION_SIZE, _DESTINATION_DOWN),
        (row[c.CONTENT.name], PLAIN, _LINE_SIZE, _CONTENT_DOWN),
        (row[ORIGIN], PLAIN, _LINE_SIZE, _ORIGIN_DOWN),
    ]
    # A tray whose label lost its postal code would be lost too; every label's first line ends in it.
    keep = [str(row[c.DESTINATION.name]).rpartition(" ")[2], "", ""]
    out = [
        pen.line(str(text), face, size, _MARGIN, top - down, room, keep=last)
        for (text, face, size, down), last in zip(lines, keep, strict=True)
    ]
    digits = str(row[TRAY_BARCODE])
    if digits:
        out.append(_bars(digits, form.width, top - _BARS_DOWN))
        mailer = 15 if digits[9] != "9" else 18
        parts = (digits[:5], digits[5:8], digits[8], digits[9:mailer], digits[mailer:23], digits[23])
        out.append(pen.line(" ".join(parts), DIGITS, _DIGIT_SIZE, _MARGIN, top - _DIGITS_DOWN, room, 0.5))
    else:
        code = str(row[c.DESTINATION_ZIP.name])
        out.append(pen.line(code, BOLD, _CODE_SIZE, _MARGIN, top - _BARS_DOWN + 8_000, room, 0.5))
    kind = str(row[c.TRAY_TYPE.name])
    left, right, share, gap = _floor_line(row, _LEVEL_WORDS.get(kind, kind))
    y, half = top - _FLOOR_DOWN, room * share // 100
    out.append(pen.line(left, PLAIN, _FLOOR_SIZE, _MARGIN, y, half - gap))
    out.append(pen.line(right, PLAIN, _FLOOR_SIZE, _MARGIN + half, y, room - half, 1.0))
    return b"\n".join(out)


def _floor_line(row: dict[str, object], kind: str) -> tuple[str, str, int, int]:
    """What the shop floor reads: left and right, percent of the line that the left has, and the gap between them, mpt."""
    tray, first = f"Tray {row[c.TRAY_ID.name]}", int(str(row[c.FIRST_SEQUENCE.name])) + 1
    pieces = int(str(row[c.PIECES.name]))
    if row[CONTENTS]:
        return f"{tray} · {kind} · {pieces:,} pieces", str(row[CONTENTS]), 40, 6_000
    spools = sorted({int(str(row[SPOOL_FIRST])), int(str(row[SPOOL_LAST]))})
    places = " – ".join(f"{spool:04d}" for spool in spools)
    right = f"{pieces:,} pieces, {first:,} – {first + pieces - 1:,} · spool {places}"
    where = row[c.STREAM.name]
    if row.get(c.CONTAINER_ID.name):
        # What the tray is put on tells the floor more than its stream.
        where = f"container {row[c.CONTAINER_ID.name]}"
    return f"{tray} · {where} · {kind}", right, 45, 0


def _bars(digits: str, width: int, foot: int) -> bytes:
    """The barcode, centred, as one filled path of rectangles."""
    modules = width_modules(len(digits))
    x = (width - modules * MODULE_MPT) // 2
    if x < QUIET_MODULES * MODULE_MPT:
        msg = "the label has no room for the barcode's quiet zones"
        raise ValueError(msg)
    return bars(encode_digits(digits), x, foot, MODULE_MPT, BAR_HEIGHT_MPT)


def _corner(form: TrayLabels) -> tuple[int, int]:
    """Left and bottom of the block of labels, which stands in the middle of the sheet."""
    left = (form.sheet_width - form.columns * form.width) // 2
    return left, (form.sheet_height - form.rows * form.height) // 2


def _placed(label: bytes, form: TrayLabels, place: int) -> bytes:
    row, column = divmod(place, form.columns)
    left, bottom = _corner(form)
    x, y = left + column * form.width, bottom + (form.rows - 1 - row) * form.height
    return b"q 1 0 0 1 %d %d cm\n%b\nQ" % (x, y, label)


def _frame(form: TrayLabels, job: Job, pen: Pen, sheet: int, sheets: int) -> bytes:
    """Cut marks outside the labels, and the sheet's own line in the margin."""
    left, bottom = _corner(form)
    right, top = left + form.columns * form.width, bottom + form.rows * form.height
    strokes = [b"%d w" % _MARK_WIDTH]
    near, far = _MARK_GAP, _MARK_GAP + _MARK_LENGTH
    for column in range(form.columns + 1):
        x = left + column * form.width
        for y, step in ((top, 1), (bottom, -1)):
            strokes.append(b"%d %d m %d %d l" % (x, y + step * near, x, y + step * far))
    for row in range(form.rows + 1):
        y = bottom + row * form.height
        for x, step in ((right, 1), (left, -1)):
            strokes.append(b"%d %d m %d %d l" % (x + step * near, y, x + step * far, y))
    strokes.append(b"S")
    how = (
        "cut, then lay the stacks one on the other, left to right and down"
        if form.order == "stacked"
        else "cut"
    )
    note = f"{job.title} · {job.production_date} · tray labels, sheet {sheet + 1} of {sheets} · print at 100 %, {how}"
    if bottom < 30_000:
        return b" ".join(strokes)
    return b" ".join(strokes) + b"\n" + pen.line(note, PLAIN, 6_500, left, bottom - 26_000, right - left)
