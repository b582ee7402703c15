"""Content stream bytes of press sides: the compiled template run over documents in final order.

One page stands in ``q .1 0 0 .1 x y cm ... Q``: all numbers inside are whole decipoints. One text object a page;
table rows are one TJ each, whose adjustments (1/1000 em) place the cells.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from printstream.base import program as w
from printstream.kernels.datamatrix import DatamatrixTables, encode_datamatrix
from printstream.kernels.imb import ImbTables, encode_imb
from printstream.kernels.jit import inline_kernel, kernel
from printstream.kernels.qr import QrTables, encode_qr
from printstream.kernels.text import (
    BUILTIN_SLOTS,
    SCRATCH_BYTES,
    cut_to_width,
    next_break,
    put_int,
    put_number,
    put_uint,
    read_int,
    read_list,
    render_text,
    text_width,
)

SLACK_BYTES = 72 * 1024
"""Room that one operation or one row may need at most: 14 cells or 7 lines of SCRATCH_BYTES, and operators."""

NO_ROOM = -1
BAD_SYMBOL = -2

# State of the text object on the page being drawn.
_CX, _CY, _FONT, _COLOR, _LEADING, _STATE = range(6)


class Symbols(NamedTuple):
    """Tables of the symbologies and the constants of the postal barcode.

    Attributes:
        imb: tables of the Intelligent Mail barcode.
        matrix: tables of the Data Matrix.
        qr: tables of the QR code.
        postal: int64[5]: barcode id, service type, mailer id, its digits, serial of the first piece.
        routing: int64[documents]: routing code; routing_kind: uint8[documents]: its digits (0, 5, 9, 11).
    """

    imb: ImbTables
    matrix: DatamatrixTables
    qr: QrTables
    postal: NDArray[np.int64]
    routing: NDArray[np.int64]
    routing_kind: NDArray[np.uint8]


class Scratch(NamedTuple):
    """Small buffers of one worker; contents mean nothing between calls.

    Attributes:
        text: uint8[SCRATCH_BYTES + 64]; symbol: uint8[4096]; rows: uint8[1024].
        builtins: int64[BUILTIN_SLOTS]; state: int64[8].
    """

    text: NDArray[np.uint8]
    symbol: NDArray[np.uint8]
    rows: NDArray[np.uint8]
    builtins: NDArray[np.int64]
    state: NDArray[np.int64]


def make_scratch() -> Scratch:
    """Allocate the small buffers of one worker."""
    return Scratch(
        np.zeros(SCRATCH_BYTES + 64, np.uint8),
        np.zeros(4096, np.uint8),
        np.zeros(1024, np.uint8),
        np.zeros(BUILTIN_SLOTS, np.int64),
        np.zeros(8, np.int64),
    )


@inline_kernel
def _copy(out, pos, source, begin, n):  # type: ignore[no-untyped-def]
    for i in range(n):
        out[pos + i] = source[begin + i]
    return pos + n


@inline_kernel
def _set_style(program, style, state, out, pos):  # type: ignore[no-untyped-def]
    """Select font and colour where they differ from the current ones."""
    row = program.styles[style]
    font = row[0] * 100_000 + row[1]
    if state[_FONT] != font:
        state[_FONT] = font
        pos = _copy(out, pos, program.literals, row[2], row[3])
    if state[_COLOR] != row[4]:
        state[_COLOR] = row[4]
        pos = _copy(out, pos, program.literals, row[5], row[6])
    return pos


@inline_kernel
def _move(state, x, y, out, pos):  # type: ignore[no-untyped-def]
    """Move the start of the line to x, y: T* where the leading says so, else Td (ISO 32000-2, table 106)."""
    dx = x - state[_CX]
    dy = y - state[_CY]
    state[_CX] = x
    state[_CY] = y
    if dx == 0 and dy == -state[_LEADING]:
        out[pos] = 84
        out[pos + 1] = 42
        out[pos + 2] = 10
        return pos + 3
    pos = put_int(out, pos, dx)
    out[pos] = 32
    pos = put_int(out, pos + 1, dy)
    out[pos] = 32
    out[pos + 1] = 84
    out[pos + 2] = 100
    out[pos + 3] = 10
    return pos + 4


@inline_kernel
def _show(text, begin, n, out, pos):  # type: ignore[no-untyped-def]
    """Show text[begin:begin + n]; the code page leaves nothing to escape."""
    out[pos] = 40
    pos = _copy(out, pos + 1, text, begin, n)
    out[pos] = 41
    out[pos + 1] = 84
    out[pos + 2] = 106
    out[pos + 3] = 10
    return pos + 4


@inline_kernel
def _draw_text(program, op, base_y, docs, doc, lines, s, out, pos):  # type: ignore[no-untyped-def]
    """OP_TEXT, its y counted from ``base_y``."""
    n = render_text(program, op[5], op[6], docs, doc, lines, 0, s.builtins, s.text)
    if n <= 0:
        return pos
    style = op[3]
    face = program.styles[style, 0]
    if op[7] >= 0 and op[8] == w.OVERFLOW_ELLIPSIS:
        n = cut_to_width(program.widths, face, s.text, n, op[7], program.numbers[w.N_ELLIPSIS])
    x = op[1]
    if op[4] != w.ALIGN_LEFT:
        advance = text_width(program.widths, face, s.text, 0, n) * program.styles[style, 1]
        x -= (advance + 500) // 1000 if op[4] == w.ALIGN_RIGHT else (advance + 1000) // 2000
    pos = _set_style(program, style, s.state, out, pos)
    pos = _move(s.state, x, base_y + op[2], out, pos)
    return _show(s.text, 0, n, out, pos)


@inline_kernel
def _draw_paragraph(program, op, docs, doc, lines, s, out, pos):  # type: ignore[no-untyped-def]
    """OP_PARAGRAPH: greedy line breaks at spaces."""
    n = render_text(program, op[7], op[8], docs, doc, lines, 0, s.builtins, s.text)
    style = op[3]
    face = program.styles[style, 0]
    pos = _set_style(program, style, s.state, out, pos)
    y = op[2]
    at = 0
    while at < n:
        end = next_break(program.widths, face, s.text, at, n, op[4])
        pos = _move(s.state, op[1], y, out, pos)
        pos = _show(s.text, at, end - at, out, pos)
        y -= op[5]
        at = end
        while at < n and s.text[at] == 32:
            at += 1
    return pos


@inline_kernel
def _draw_address(program, op, docs, doc, lines, symbols, s, out, pos):  # type: ignore[no-untyped-def]
    """OP_ADDRESS: the Intelligent Mail barcode, then the lines that are not empty."""
    numbers = program.numbers
    postal = symbols.postal
    limit = 1_000_000_000 if postal[3] == 6 else 1_000_000
    serial = (postal[4] + s.builtins[w.B_PIECE] - 1) % limit
    encode_imb(
        symbols.imb,
        postal[0],
        postal[1],
        postal[2],
        postal[3],
        serial,
        np.int64(symbols.routing_kind[doc]),
        symbols.routing[doc],
        s.text,
        0,
    )
    style = op[5]
    row = program.styles[style]
    # The bars are black, whatever the address's colour.
    if s.state[_COLOR] != -2:
        s.state[_COLOR] = -2
        out[pos] = 48
        out[pos + 1] = 32
        out[pos + 2] = 103
        out[pos + 3] = 10
        pos += 4
    out[pos] = 47
    out[pos + 1] = 70
    pos = put_uint(out, pos + 2, numbers[w.N_IMB_FACE])
    out[pos] = 32
    pos = put_uint(out, pos + 1, numbers[w.N_IMB_SIZE])
    out[pos] = 32
    out[pos + 1] = 84
    out[pos + 2] = 102
    out[pos + 3] = 10
    pos += 4
    s.state[_FONT] = -1
    pos = _move(s.state, op[1], op[2], out, pos)
    pos = _show(s.text, 0, 65, out, pos)
    y = op[2] - op[3]
    for k in range(op[7], op[8]):
        n = render_text(program, program.ops[k, 5], program.ops[k, 6], docs, doc, lines, 0, s.builtins, s.text)
        if n > 0:
            pos = _set_style(program, style, s.state, out, pos)
            pos = _move(s.state, op[1], y, out, pos)
            pos = _show(s.text, 0, n, out, pos)
            y -= op[4]
    return pos if row[0] >= 0 else pos


@inline_kernel
def _nice_top(docs, column, doc, count):  # type: ignore[no-untyped-def]
    """Smallest 1, 2 or 5 times a power of ten (in cents, at least 100) that no value exceeds."""
    largest = np.int64(100)
    for k in range(count):
        largest = max(largest, read_list(docs, column, doc, k))
    power = np.int64(100)
    while power * 10 <= largest:
        power *= 10
    for factor in (1, 2, 5):
        if factor * power >= largest:
            return factor * power
    return power * 10


@inline_kernel
def _draw_bars(program, op, docs, doc, out, pos):  # type: ignore[no-untyped-def]
    """OP_BARS outside of a text object: one path of rectangles, filled once; negative values have no bar."""
    top = _nice_top(docs, op[5], doc, op[6])
    pos = _copy(out, pos, program.literals, op[9], op[10])
    drawn = 0
    for k in range(op[6]):
        value = read_list(docs, op[5], doc, k)
        height = np.int64(np.float64(value) / np.float64(top) * np.float64(op[4]) + 0.5) if value > 0 else np.int64(0)
        if height <= 0:
            continue
        drawn += 1
        pos = put_int(out, pos, op[1] + (k * op[8] + (op[8] - op[7]) // 2) // 10)
        out[pos] = 32
        pos = put_int(out, pos + 1, op[2])
        out[pos] = 32
        pos = put_uint(out, pos + 1, op[7] // 10)
        out[pos] = 32
        pos = put_uint(out, pos + 1, height)
        out[pos] = 32
        out[pos + 1] = 114
        out[pos + 2] = 101
        out[pos + 3] = 10
        pos += 4
    if drawn:
        out[pos] = 102
        out[pos + 1] = 10
        pos += 2
    return pos


@inline_kernel
def _draw_bar_labels(program, op, docs, doc, s, out, pos):  # type: ignore[no-untyped-def]
    """OP_BARS inside a text object: figures at the scale's top, middle and zero."""
    top = _nice_top(docs, op[5], doc, op[6]) // 100
    style = op[7]
    face = program.styles[style, 0]
    size = program.styles[style, 1]
    pos = _set_style(program, style, s.state, out, pos)
    for k in range(3):
        value = top * (2 - k) // 2
        if k == 1 and top % 2:
            continue
        n = put_number(s.text, 0, value, w.F_GROUPED, 0)
        x = op[1] - (text_width(program.widths, face, s.text, 0, n) * size + 500) // 1000
        y = op[2] + op[4] * (2 - k) // 2 - size * 35 // 100
        pos = _move(s.state, x, y, out, pos)
        pos = _show(s.text, 0, n, out, pos)
    return pos


@inline_kernel
def _draw_rect(program, op, base_y, out, pos):  # type: ignore[no-untyped-def]
    """OP_RECT, its y counted from ``base_y``."""
    pos = _copy(out, pos, program.literals, op[5], op[6])
    pos = put_int(out, pos, op[1])
    out[pos] = 32
    pos = put_int(out, pos + 1, base_y + op[2])
    out[pos] = 32
    pos = put_int(out, pos + 1, op[3])
    out[pos] = 32
    pos = put_int(out, pos + 1, op[4])
    for c in (32, 114, 101, 10, 102, 10):
        out[pos] = c
        pos += 1
    return pos


@inline_kernel
def _hex(value):  # type: ignore[no-untyped-def]
    return np.uint8(48 + value if value < 10 else 55 + value)


@inline_kernel
def _draw_bits(rows, n, out, pos):  # type: ignore[no-untyped-def]
    """Data of an inline image of n packed bytes, then EI and Q (ISO 32000-2, 8.9.7).

    Readers look for EI between white space; data that holds it is written in hexadecimal instead.
    """
    plain = True
    for i in range(n - 1):
        if rows[i] == 69 and rows[i + 1] == 73:
            plain = False
    if not plain:
        for c in (47, 70, 47, 65, 72, 120):
            out[pos] = c
            pos += 1
    for c in (32, 73, 68, 32):
        out[pos] = c
        pos += 1
    if plain:
        pos = _copy(out, pos, rows, 0, n)
    else:
        for i in range(n):
            out[pos] = _hex(rows[i] >> 4)
            out[pos + 1] = _hex(rows[i] & 15)
            pos += 2
        out[pos] = 62
        pos += 1
    for c in (10, 69, 73, 10, 81, 10):
        out[pos] = c
        pos += 1
    return pos


@inline_kernel
def _draw_matrix(program, op, docs, doc, lines, symbols, s, out, pos):  # type: ignore[no-untyped-def]
    """OP_MATRIX: a Data Matrix as a 1-bit image mask; returns BAD_SYMBOL when the text does not fit."""
    n = render_text(program, op[3], op[4], docs, doc, lines, 0, s.builtins, s.text)
    size = op[5]
    if n < 0 or encode_datamatrix(symbols.matrix, s.text, n, size, s.symbol, s.rows) != 0:
        return BAD_SYMBOL
    pos = _copy(out, pos, program.literals, op[1], op[2])
    return _draw_bits(s.rows, size * ((size + 7) // 8), out, pos)


@inline_kernel
def _draw_qr(program, op, docs, doc, lines, symbols, s, out, pos):  # type: ignore[no-untyped-def]
    """OP_QR: a QR code as a 1-bit image mask; returns BAD_SYMBOL when the text does not fit."""
    n = render_text(program, op[4], op[5], docs, doc, lines, 0, s.builtins, s.text)
    size = encode_qr(symbols.qr, s.text, n, op[6], s.symbol, s.rows) if n >= 0 else -1
    if size <= 0:
        return BAD_SYMBOL
    side = size * op[3]
    out[pos] = 113
    out[pos + 1] = 32
    pos = put_uint(out, pos + 2, side)
    for c in (32, 48, 32, 48, 32):
        out[pos] = c
        pos += 1
    pos = put_uint(out, pos, side)
    out[pos] = 32
    pos = put_int(out, pos + 1, op[1])
    out[pos] = 32
    pos = put_int(out, pos + 1, op[2] - side)
    for c in (32, 99, 109, 10, 66, 73, 47, 87, 32):
        out[pos] = c
        pos += 1
    pos = put_uint(out, pos, size)
    out[pos] = 47
    out[pos + 1] = 72
    out[pos + 2] = 32
    pos = put_uint(out, pos + 3, size)
    # /IM true/D[1 0]
    for c in (47, 73, 77, 32, 116, 114, 117, 101, 47, 68, 91, 49, 32, 48, 93):
        out[pos] = c
        pos += 1
    return _draw_bits(s.rows, size * ((size + 7) // 8), out, pos)


@inline_kernel
def omr_mark_present(kind, sheet, sheets, sequence):  # type: ignore[no-untyped-def]
    """Tell whether a mark other than parity is printed; sheet counts from 1, sequence is the run's sheet number."""
    if kind >= w.OMR_SEQUENCE_BIT:
        return (sequence >> (kind - w.OMR_SEQUENCE_BIT)) & 1 == 1
    if kind == w.OMR_START or kind == w.OMR_SAFETY:
        return True
    if kind == w.OMR_EOC:
        return sheet == sheets
    if kind == w.OMR_NOT_EOC:
        return sheet != sheets
    if kind == w.OMR_BOC:
        return sheet == 1
    if kind == w.OMR_NOT_BOC:
        return sheet != 1
    return False


@inline_kernel
def _draw_omr(program, op, sheet, sheets, sequence, out, pos):  # type: ignore[no-untyped-def]
    """OP_OMR: the marks as one path; parity makes their number even."""
    count = 0
    for k in range(program.omr.size):
        if omr_mark_present(program.omr[k], sheet, sheets, sequence):
            count += 1
    out[pos] = 48
    out[pos + 1] = 32
    out[pos + 2] = 103
    out[pos + 3] = 10
    pos += 4
    for k in range(program.omr.size):
        kind = program.omr[k]
        present = count % 2 == 1 if kind == w.OMR_PARITY else omr_mark_present(kind, sheet, sheets, sequence)
        if present:
            pos = put_int(out, pos, op[1])
            out[pos] = 32
            pos = put_int(out, pos + 1, op[2] - k * op[3])
            out[pos] = 32
            pos = put_uint(out, pos + 1, op[4])
            out[pos] = 32
            pos = put_uint(out, pos + 1, op[5])
            out[pos] = 32
            out[pos + 1] = 114
            out[pos + 2] = 101
            out[pos + 3] = 10
            pos += 4
    out[pos] = 102
    out[pos + 1] = 10
    return pos + 2


@inline_kernel
def _draw_row(program, kind, top, docs, doc, lines, line, s, out, pos):  # type: ignore[no-untyped-def]
    """One table row as one TJ; ``top`` is the row's upper edge."""
    row = program.rows[kind]
    style = row[3]
    face = program.styles[style, 0]
    pos = _set_style(program, style, s.state, out, pos)
    pos = _move(s.state, program.numbers[w.N_TABLE_X], top - row[2], out, pos)
    out[pos] = 91
    pos += 1
    at = np.int64(0)
    for c in range(row[4], program.rows[kind + 1, 4]):
        cell = program.cells[c]
        n = render_text(program, cell[2], cell[3], docs, doc, lines, line, s.builtins, s.text)
        if n <= 0:
            continue
        if cell[4] >= 0:
            n = cut_to_width(program.widths, face, s.text, n, cell[4], program.numbers[w.N_ELLIPSIS])
        advance = text_width(program.widths, face, s.text, 0, n)
        x = cell[0] if cell[1] == w.ALIGN_LEFT else cell[0] - advance
        if x != at:
            pos = put_int(out, pos, at - x)
        out[pos] = 40
        pos = _copy(out, pos + 1, s.text, 0, n)
        out[pos] = 41
        pos += 1
        at = x + advance
    out[pos] = 93
    out[pos + 1] = 84
    out[pos + 2] = 74
    out[pos + 3] = 10
    return pos + 4


@inline_kernel
def _group_total(program, lines, line_arrays, begin, last, column, group):  # type: ignore[no-untyped-def]
    """Sum of the group that ends with line ``last`` (an index into order), back to its first line."""
    total = np.int64(0)
    i = last
    while i >= begin and read_int(lines, program.numbers[w.N_GROUP_COLUMN], line_arrays.order[i]) == group:
        total += read_int(lines, column, line_arrays.order[i])
        i -= 1
    return total


@inline_kernel
def _draw_table(program, docs, doc, lines, line_arrays, pages, page, is_first, is_last, s, out, pos):  # type: ignore[no-untyped-def]
    """The rows of one page.

    Returns:
        (position, y below the last row, sum of all lines up to the end of the page), position -1 without room.
    """
    numbers = program.numbers
    rows = program.rows
    order = line_arrays.order
    group_column = numbers[w.N_GROUP_COLUMN]
    sum_column = numbers[w.N_SUM_COLUMN]
    begin = line_arrays.first[doc]
    end = line_arrays.first[doc + 1]
    i = begin + pages.first_line[page]
    stop = end if is_last else begin + pages.first_line[page + 1]
    total = pages.brought_cents[page]
    s.builtins[w.B_BROUGHT] = total
    y = numbers[w.N_FIRST_TOP] if is_first else numbers[w.N_NEXT_TOP]
    line = order[min(i, end - 1)] if end > begin else np.uint32(0)
    height = rows[w.ROW_LINE, 1]
    if end > begin or not is_first:
        s.state[_LEADING] = height
        pos = put_uint(out, pos, height)
        out[pos] = 32
        out[pos + 1] = 84
        out[pos + 2] = 76
        out[pos + 3] = 10
        pos += 4
    if not is_first and rows[w.ROW_BROUGHT, 0]:
        pos = _draw_row(program, w.ROW_BROUGHT, y, docs, doc, lines, line, s, out, pos)
        y -= rows[w.ROW_BROUGHT, 1]
    group = np.int64(0)
    group_open = False
    if group_column >= 0 and begin < i < end:
        group = read_int(lines, group_column, order[i - 1])
        group_open = group == read_int(lines, group_column, order[i])
        if group_open and rows[w.ROW_CONTINUED, 0]:
            pos = _draw_row(program, w.ROW_CONTINUED, y, docs, doc, lines, order[i], s, out, pos)
            y -= rows[w.ROW_CONTINUED, 1]
    running = np.int64(0)
    whole = not group_open
    while i < stop:
        if pos + SLACK_BYTES > out.size:
            return NO_ROOM, y, total
        line = order[i]
        ends = i + 1 == end
        if group_column >= 0:
            if not group_open:
                group = read_int(lines, group_column, line)
                group_open = True
                running = 0
                if rows[w.ROW_HEADING, 0]:
                    pos = _draw_row(program, w.ROW_HEADING, y, docs, doc, lines, line, s, out, pos)
                    y -= rows[w.ROW_HEADING, 1]
            ends = ends or read_int(lines, group_column, order[i + 1]) != group
        if sum_column >= 0:
            amount = read_int(lines, sum_column, line)
            total += amount
            running += amount
        pos = _draw_row(program, w.ROW_LINE, y, docs, doc, lines, line, s, out, pos)
        y -= height
        if ends and group_column >= 0:
            if rows[w.ROW_SUBTOTAL, 0]:
                s.builtins[w.B_GROUP_TOTAL] = (
                    running if whole else _group_total(program, lines, line_arrays, begin, i, sum_column, group)
                )
                pos = _draw_row(program, w.ROW_SUBTOTAL, y, docs, doc, lines, line, s, out, pos)
                y -= rows[w.ROW_SUBTOTAL, 1]
            group_open = False
            whole = True
        i += 1
    s.builtins[w.B_CARRIED] = total
    if not is_last and rows[w.ROW_CARRIED, 0]:
        pos = _draw_row(program, w.ROW_CARRIED, y, docs, doc, lines, line, s, out, pos)
        y -= rows[w.ROW_CARRIED, 1]
    return pos, y, total


@inline_kernel
def _draw_shapes(program, section, base_y, docs, doc, lines, symbols, s, out, pos):  # type: ignore[no-untyped-def]
    """Operations that stand outside of text objects."""
    for k in range(program.sections[section], program.sections[section + 1]):
        op = program.ops[k]
        if pos < 0:
            return pos
        if pos + SLACK_BYTES > out.size:
            return NO_ROOM
        if op[0] == w.OP_FRAGMENT:
            pos = _copy(out, pos, program.literals, op[1], op[2])
        elif op[0] == w.OP_BARS:
            pos = _draw_bars(program, op, docs, doc, out, pos)
        elif op[0] == w.OP_RECT:
            pos = _draw_rect(program, op, base_y, out, pos)
        elif op[0] == w.OP_QR:
            out[pos] = 48
            out[pos + 1] = 32
            out[pos + 2] = 103
            out[pos + 3] = 10
            pos = _draw_qr(program, op, docs, doc, lines, symbols, s, out, pos + 4)
    return pos


@inline_kernel
def _draw_texts(program, section, base_y, docs, doc, lines, symbols, s, out, pos):  # type: ignore[no-untyped-def]
    """Operations that stand inside the page's text object."""
    for k in range(program.sections[section], program.sections[section + 1]):
        op = program.ops[k]
        if pos + SLACK_BYTES > out.size:
            return NO_ROOM
        if op[0] == w.OP_TEXT:
            pos = _draw_text(program, op, base_y, docs, doc, lines, s, out, pos)
        elif op[0] == w.OP_PARAGRAPH:
            pos = _draw_paragraph(program, op, docs, doc, lines, s, out, pos)
        elif op[0] == w.OP_ADDRESS:
            pos = _draw_address(program, op, docs, doc, lines, symbols, s, out, pos)
        elif op[0] == w.OP_BARS:
            pos = _draw_bar_labels(program, op, docs, doc, s, out, pos)
    return pos


@inline_kernel
def _draw_marks(program, docs, doc, lines, sheet, sheets, sequence, symbols, s, out, pos):  # type: ignore[no-untyped-def]
    """The inserter's marks on the front of a sheet."""
    for k in range(program.sections[w.SEC_MARKS], program.sections[w.SEC_MARKS + 1]):
        op = program.ops[k]
        if pos < 0:
            return pos
        if pos + SLACK_BYTES > out.size:
            return NO_ROOM
        if op[0] == w.OP_OMR:
            pos = _draw_omr(program, op, sheet, sheets, sequence, out, pos)
        else:
            pos = _draw_matrix(program, op, docs, doc, lines, symbols, s, out, pos)
    return pos


@inline_kernel
def _draw_page(program, docs, doc, lines, line_arrays, pages, number, sequence, symbols, s, printed, out, pos):  # type: ignore[no-untyped-def]
    """Page ``number`` (0-based) of a document, in a graphics state that the caller opened."""
    page = pages.first_page[doc] + number
    count = pages.first_page[doc + 1] - pages.first_page[doc]
    is_first = number == 0
    is_last = number + 1 == count
    sheets = (count + 1) // 2
    s.builtins[w.B_PAGE] = number + 1
    s.builtins[w.B_PAGES] = count
    s.builtins[w.B_SHEET] = number // 2 + 1
    s.builtins[w.B_SHEETS] = sheets
    shapes = w.SEC_FIRST_SHAPES if is_first else w.SEC_NEXT_SHAPES
    texts = w.SEC_FIRST_TEXT if is_first else w.SEC_NEXT_TEXT
    pos = _draw_shapes(program, shapes, 0, docs, doc, lines, symbols, s, out, pos)
    if pos >= 0 and is_last:
        pos = _draw_shapes(program, w.SEC_FOOT_SHAPES, 0, docs, doc, lines, symbols, s, out, pos)
    if pos >= 0 and number % 2 == 0:
        pos = _draw_marks(program, docs, doc, lines, number // 2 + 1, sheets, sequence, symbols, s, out, pos)
    if pos < 0:
        return pos
    s.state[_CX] = 0
    s.state[_CY] = 0
    s.state[_FONT] = -1
    s.state[_COLOR] = -1
    s.state[_LEADING] = -1
    out[pos] = 66
    out[pos + 1] = 84
    out[pos + 2] = 10
    pos = _draw_texts(program, texts, 0, docs, doc, lines, symbols, s, out, pos + 3)
    if pos < 0:
        return pos
    pos, y, total = _draw_table(
        program, docs, doc, lines, line_arrays, pages, page, is_first, is_last, s, out, pos
    )
    if pos >= 0 and is_last:
        s.builtins[w.B_TOTAL] = total
        printed[doc] = total
        pos = _draw_texts(program, w.SEC_FLOW_TEXT, y, docs, doc, lines, symbols, s, out, pos)
        if pos >= 0:
            pos = _draw_texts(program, w.SEC_FOOT_TEXT, 0, docs, doc, lines, symbols, s, out, pos)
    if pos < 0:
        return pos
    out[pos] = 69
    out[pos + 1] = 84
    out[pos + 2] = 10
    pos += 3
    if is_last:
        pos = _draw_shapes(program, w.SEC_FLOW_SHAPES, y, docs, doc, lines, symbols, s, out, pos)
    return pos


@kernel
def draw_sides(  # type: ignore[no-untyped-def]
    program, docs, lines, line_arrays, pages, sheets, spread, symbols, s, first_side, last_side, printed, out, ends
):
    """Draw press sides first_side..last_side-1 of one spool; even sides are fronts.

    Args:
        program: Program.
        docs: StoreArrays of the documents.
        lines: StoreArrays of the detail lines.
        line_arrays: LineArrays.
        pages: PageArrays.
        sheets: Sheets.
        spread: Spread of the spool.
        symbols: Symbols.
        s: Scratch of this worker.
        first_side: int.
        last_side: int.
        printed: int64[documents], shared: the total printed on each document's last page is stored there.
        out: uint8[...], the caller's: content bytes, side after side.
        ends: int64[last_side - first_side], the caller's: end of each side's bytes in out.

    Returns:
        int64: the number of bytes; NO_ROOM when out is too small (call again with a larger one);
        BAD_SYMBOL - piece when a symbol of that piece cannot hold its text.
    """
    pos = 0
    for side in range(first_side, last_side):
        back = side & 1
        press_sheet = side >> 1
        if pos + SLACK_BYTES > out.size:
            return NO_ROOM
        pos = _copy(out, pos, spread.sheet_bytes, 0, spread.sheet_bytes.size)
        for slot in range(spread.stack_first.size):
            if press_sheet >= spread.stack_sheets[slot]:
                continue
            sheet = spread.stack_first[slot] + press_sheet
            piece = np.int64(sheets.sheet_piece[sheet])
            doc = np.int64(sheets.piece_document[piece])
            number = 2 * (sheet - sheets.first_sheet[piece]) + back
            if number >= pages.first_page[doc + 1] - pages.first_page[doc]:
                continue
            if pos + SLACK_BYTES > out.size:
                return NO_ROOM
            place = spread.back[slot] if back else spread.front[slot]
            begin = spread.place_offsets[place]
            pos = _copy(out, pos, spread.place_bytes, begin, spread.place_offsets[place + 1] - begin)
            s.builtins[w.B_PIECE] = piece + 1
            pos = _draw_page(
                program, docs, doc, lines, line_arrays, pages, number, sheet, symbols, s, printed, out, pos
            )
            if pos < 0:
                return pos if pos == NO_ROOM else BAD_SYMBOL - piece
            out[pos] = 81
            out[pos + 1] = 10
            pos += 2
        ends[side - first_side] = pos
    return pos
