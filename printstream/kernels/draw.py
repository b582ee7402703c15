"""Content stream bytes of press sides: the compiled template run over documents in final order.

One page stands in ``q .1 0 0 .1 x y cm ... Q``: all numbers inside are whole decipoints. One text object a page;
table rows are one TJ each, whose adjustments (1/1000 em) place the cells.
"""

from __future__ import annotations

from printstream.base import program as w
from printstream.kernels.context import (
    C_BROUGHT,
    C_BUILTINS,
    C_CELLS,
    C_FIRST_LINE,
    C_FIRST_PAGE,
    C_LINE_FIRST,
    C_LINE_ORDER,
    C_LINES,
    C_LITERALS,
    C_NUMBERS,
    C_OMR,
    C_OMR_COUNT,
    C_OPS,
    C_PRINTED,
    C_READ,
    C_READ_COUNTS,
    C_ROWS,
    C_SCRATCH,
    C_SECTIONS,
    C_STATE,
    C_STYLES,
    R_ADDRESS,
    R_BYTES,
    R_OFFSETS,
    R_WIDTH,
    READ_FIELDS,
)
from printstream.kernels.jit import inline_kernel, kernel
from printstream.kernels.memory import load_i32, load_i64, load_u8, load_u32, prefetch, store_i64, store_u8
from printstream.kernels.symbols import (
    SYMBOL_BYTES,
    SYMBOL_IMB,
    SYMBOL_MATRIX,
    SYMBOL_QR,
    SYMBOL_QR_SIZE,
    locate,
    set_page,
)
from printstream.kernels.text import (
    copy_bytes,
    copy_exact,
    cut_to_width,
    load_value,
    next_break,
    put_int,
    put_number,
    put_uint,
    read_int,
    read_list,
    render_text,
    text_width,
)

SLACK_BYTES = 256 * 1024
"""Room that may be used between two looks at what is left: four rows (heading, line, subtotal, carried) of 14 cells of
SCRATCH_BYTES, and operators."""
NO_ROOM = -1
_STEPS_AHEAD = 3
_GAP_BYTES = 24
"""More than an adjustment and its parenthesis take."""

# State of the text object on the page being drawn.
_CX, _CY, _FONT, _COLOR, _LEADING, _STYLE = range(6)
_NONE = -1
_BLACK = -2


@inline_kernel
def _put2(out, pos, a, b):  # type: ignore[no-untyped-def]
    store_u8(out, pos, a)
    store_u8(out, pos + 1, b)
    return pos + 2


@inline_kernel
def _put4(out, pos, a, b, c, d):  # type: ignore[no-untyped-def]
    store_u8(out, pos, a)
    store_u8(out, pos + 1, b)
    store_u8(out, pos + 2, c)
    store_u8(out, pos + 3, d)
    return pos + 4


@inline_kernel
def _put_literal(ctx, begin, count, out, pos):  # type: ignore[no-untyped-def]
    """Copy a piece of the program's literal bytes."""
    return copy_bytes(out, pos, load_i64(ctx, C_LITERALS) + begin, count)


@inline_kernel
def _style(ctx, style, item):  # type: ignore[no-untyped-def]
    return load_i64(load_i64(ctx, C_STYLES), style * w.STYLE_FIELDS + item)


@inline_kernel
def _number(ctx, item):  # type: ignore[no-untyped-def]
    return load_i64(load_i64(ctx, C_NUMBERS), item)


@inline_kernel
def _row(ctx, kind, item):  # type: ignore[no-untyped-def]
    return load_i64(load_i64(ctx, C_ROWS), kind * w.ROW_FIELDS + item)


@inline_kernel
def _op(ctx, k):  # type: ignore[no-untyped-def]
    """Address of operation k."""
    return load_i64(ctx, C_OPS) + k * (8 * w.OP_FIELDS)


@inline_kernel
def _set_style(ctx, style, out, pos):  # type: ignore[no-untyped-def]
    """Select font and colour where they differ from the current ones."""
    state = load_i64(ctx, C_STATE)
    if load_i64(state, _STYLE) == style:
        return pos
    store_i64(state, _STYLE, style)
    font = _style(ctx, style, 0) * 100_000 + _style(ctx, style, 1)
    if load_i64(state, _FONT) != font:
        store_i64(state, _FONT, font)
        pos = _put_literal(ctx, _style(ctx, style, 2), _style(ctx, style, 3), out, pos)
    color = _style(ctx, style, 4)
    if load_i64(state, _COLOR) != color:
        store_i64(state, _COLOR, color)
        pos = _put_literal(ctx, _style(ctx, style, 5), _style(ctx, style, 6), out, pos)
    return pos


@inline_kernel
def _set_black(ctx, out, pos):  # type: ignore[no-untyped-def]
    """Set the fill colour to black: ``0 g``."""
    state = load_i64(ctx, C_STATE)
    if load_i64(state, _COLOR) == _BLACK:
        return pos
    store_i64(state, _COLOR, _BLACK)
    store_i64(state, _STYLE, _NONE)
    return _put4(out, pos, 48, 32, 103, 10)


@inline_kernel
def _move(ctx, x, y, out, pos):  # type: ignore[no-untyped-def]
    """Move the start of the line to x, y: T* where the leading says so, else Td (ISO 32000-2, table 106)."""
    state = load_i64(ctx, C_STATE)
    dx = x - load_i64(state, _CX)
    dy = y - load_i64(state, _CY)
    store_i64(state, _CX, x)
    store_i64(state, _CY, y)
    if dx == 0 and dy == -load_i64(state, _LEADING):
        store_u8(out, pos, 84)
        return _put2(out, pos + 1, 42, 10)
    pos = put_int(ctx, out, pos, dx)
    store_u8(out, pos, 32)
    pos = put_int(ctx, out, pos + 1, dy)
    return _put4(out, pos, 32, 84, 100, 10)


@inline_kernel
def _show(text, begin, count, out, pos):  # type: ignore[no-untyped-def]
    """Show bytes at address text + begin; the code page leaves nothing to escape."""
    store_u8(out, pos, 40)
    pos = copy_bytes(out, pos + 1, text + begin, count)
    return _put4(out, pos, 41, 84, 106, 10)


@inline_kernel
def _put_rect(ctx, x, y, width, height, out, pos):  # type: ignore[no-untyped-def]
    """Append a rectangle to the path: ``x y width height re``."""
    pos = put_int(ctx, out, pos, x)
    store_u8(out, pos, 32)
    pos = put_int(ctx, out, pos + 1, y)
    store_u8(out, pos, 32)
    pos = put_int(ctx, out, pos + 1, width)
    store_u8(out, pos, 32)
    pos = put_int(ctx, out, pos + 1, height)
    return _put4(out, pos, 32, 114, 101, 10)


# ---- text


@inline_kernel
def _draw_text(ctx, op, base_y, document, out, pos):  # type: ignore[no-untyped-def]
    """OP_TEXT, its y counted from ``base_y``."""
    text = load_i64(ctx, C_SCRATCH)
    n = render_text(ctx, load_i64(op, 5), load_i64(op, 6), document, 0, text)
    if n <= 0:
        return pos
    style = load_i64(op, 3)
    face = _style(ctx, style, 0)
    if load_i64(op, 7) >= 0 and load_i64(op, 8) == w.OVERFLOW_ELLIPSIS:
        n = cut_to_width(ctx, face, text, n, load_i64(op, 7), _number(ctx, w.N_ELLIPSIS))
    x = load_i64(op, 1)
    align = load_i64(op, 4)
    if align != w.ALIGN_LEFT:
        advance = text_width(ctx, face, text, 0, n) * _style(ctx, style, 1)
        x -= (advance + 500) // 1000 if align == w.ALIGN_RIGHT else (advance + 1000) // 2000
    pos = _set_style(ctx, style, out, pos)
    pos = _move(ctx, x, base_y + load_i64(op, 2), out, pos)
    return _show(text, 0, n, out, pos)


@inline_kernel
def _draw_paragraph(ctx, op, document, out, pos):  # type: ignore[no-untyped-def]
    """OP_PARAGRAPH: greedy line breaks at spaces."""
    text = load_i64(ctx, C_SCRATCH)
    n = render_text(ctx, load_i64(op, 7), load_i64(op, 8), document, 0, text)
    style = load_i64(op, 3)
    face = _style(ctx, style, 0)
    pos = _set_style(ctx, style, out, pos)
    y = load_i64(op, 2)
    at = 0
    while at < n:
        end = next_break(ctx, face, text, at, n, load_i64(op, 4))
        pos = _move(ctx, load_i64(op, 1), y, out, pos)
        pos = _show(text, at, end - at, out, pos)
        y -= load_i64(op, 5)
        at = end
        while at < n and load_u8(text, at) == 32:
            at += 1
    return pos


@inline_kernel
def _draw_address(ctx, op, document, symbols, out, pos):  # type: ignore[no-untyped-def]
    """OP_ADDRESS: the Intelligent Mail barcode, in black, then the lines that are not empty."""
    state = load_i64(ctx, C_STATE)
    pos = _set_black(ctx, out, pos)
    pos = put_uint(ctx, out, _put2(out, pos, 47, 70), _number(ctx, w.N_IMB_FACE))
    store_u8(out, pos, 32)
    pos = put_uint(ctx, out, pos + 1, _number(ctx, w.N_IMB_SIZE))
    pos = _put4(out, pos, 32, 84, 102, 10)
    store_i64(state, _FONT, _NONE)
    store_i64(state, _STYLE, _NONE)
    x = load_i64(op, 1)
    pos = _move(ctx, x, load_i64(op, 2), out, pos)
    pos = _show(symbols + SYMBOL_IMB, 0, 65, out, pos)
    y = load_i64(op, 2) - load_i64(op, 3)
    text = load_i64(ctx, C_SCRATCH)
    for k in range(load_i64(op, 7), load_i64(op, 8)):
        line = _op(ctx, k)
        n = render_text(ctx, load_i64(line, 5), load_i64(line, 6), document, 0, text)
        if n > 0:
            pos = _set_style(ctx, load_i64(op, 5), out, pos)
            pos = _move(ctx, x, y, out, pos)
            pos = _show(text, 0, n, out, pos)
            y -= load_i64(op, 4)
    return pos


@inline_kernel
def _draw_bar_labels(ctx, op, document, out, pos):  # type: ignore[no-untyped-def]
    """OP_BARS inside a text object: figures at the scale's top, middle and zero."""
    top = _nice_top(ctx, load_i64(op, 5), document, load_i64(op, 6)) // 100
    style = load_i64(op, 7)
    size = _style(ctx, style, 1)
    text = load_i64(ctx, C_SCRATCH)
    pos = _set_style(ctx, style, out, pos)
    for k in range(3):
        if k == 1 and top % 2:
            continue
        n = put_number(ctx, text, 0, top * (2 - k) // 2, w.F_GROUPED, 0)
        x = load_i64(op, 1) - (text_width(ctx, _style(ctx, style, 0), text, 0, n) * size + 500) // 1000
        # Figures are about 0.7 em tall: half of that below the line centres them on it.
        y = load_i64(op, 2) + load_i64(op, 4) * (2 - k) // 2 - size * 35 // 100
        pos = _move(ctx, x, y, out, pos)
        pos = _show(text, 0, n, out, pos)
    return pos


@inline_kernel
def _draw_texts(ctx, section, base_y, document, symbols, out, pos, limit):  # type: ignore[no-untyped-def]
    """Operations that stand inside the page's text object."""
    sections = load_i64(ctx, C_SECTIONS)
    for k in range(load_i64(sections, section), load_i64(sections, section + 1)):
        if pos > limit:
            return NO_ROOM
        op = _op(ctx, k)
        kind = load_i64(op, 0)
        if kind == w.OP_TEXT:
            pos = _draw_text(ctx, op, base_y, document, out, pos)
        elif kind == w.OP_PARAGRAPH:
            pos = _draw_paragraph(ctx, op, document, out, pos)
        elif kind == w.OP_ADDRESS:
            pos = _draw_address(ctx, op, document, symbols, out, pos)
        elif kind == w.OP_BARS:
            pos = _draw_bar_labels(ctx, op, document, out, pos)
    return pos


# ---- shapes


@inline_kernel
def _nice_top(ctx, column, document, count):  # type: ignore[no-untyped-def]
    """Smallest 1, 2 or 5 times a power of ten (in cents, at least 100) that no value exceeds."""
    largest = 100
    for k in range(count):
        largest = max(largest, read_list(ctx, column, document, k))
    power = 100
    while power * 10 <= largest:
        power *= 10
    for factor in (1, 2, 5):
        if factor * power >= largest:
            return factor * power
    return power * 10


@inline_kernel
def _draw_bars(ctx, op, document, out, pos):  # type: ignore[no-untyped-def]
    """OP_BARS outside of a text object: one path of rectangles, filled once; negative values have no bar."""
    column, count = load_i64(op, 5), load_i64(op, 6)
    bar, pitch = load_i64(op, 7), load_i64(op, 8)
    top = _nice_top(ctx, column, document, count)
    pos = _put_literal(ctx, load_i64(op, 9), load_i64(op, 10), out, pos)
    store_i64(load_i64(ctx, C_STATE), _COLOR, _NONE)
    drawn = 0
    for k in range(count):
        value = read_list(ctx, column, document, k)
        if value <= 0:
            continue
        height = int(value / top * load_i64(op, 4) + 0.5)
        if height > 0:
            drawn += 1
            x = load_i64(op, 1) + (k * pitch + (pitch - bar) // 2) // 10
            pos = _put_rect(ctx, x, load_i64(op, 2), bar // 10, height, out, pos)
    return _put2(out, pos, 102, 10) if drawn else pos


@inline_kernel
def _put_bits(bits, count, out, pos):  # type: ignore[no-untyped-def]
    """Data of an inline image of ``count`` packed bytes, then EI and Q (ISO 32000-2, 8.9.7).

    Readers look for EI between white space; data that holds it is written in hexadecimal instead.
    """
    plain = True
    for i in range(count - 1):
        if load_u8(bits, i) == 69 and load_u8(bits, i + 1) == 73:
            plain = False
    if plain:
        pos = _put4(out, pos, 32, 73, 68, 32)
        pos = copy_bytes(out, pos, bits, count)
    else:
        pos = _put4(out, _put4(out, pos, 47, 70, 47, 65), 72, 120, 32, 73)
        pos = _put2(out, pos, 68, 32)
        for i in range(count):
            value = load_u8(bits, i)
            high, low = value >> 4, value & 15
            pos = _put2(out, pos, high + (48 if high < 10 else 55), low + (48 if low < 10 else 55))
        store_u8(out, pos, 62)
        pos += 1
    return _put2(out, _put4(out, pos, 10, 69, 73, 10), 81, 10)


@inline_kernel
def _draw_qr(ctx, op, symbols, out, pos):  # type: ignore[no-untyped-def]
    """OP_QR: a QR code as a 1-bit image mask."""
    pos = _set_black(ctx, out, pos)
    size = load_u8(symbols, SYMBOL_QR_SIZE)
    side = size * load_i64(op, 3)
    pos = put_uint(ctx, out, _put2(out, pos, 113, 32), side)  # q side 0 0 side x y cm
    pos = _put4(out, pos, 32, 48, 32, 48)
    store_u8(out, pos, 32)
    pos = put_uint(ctx, out, pos + 1, side)
    store_u8(out, pos, 32)
    pos = put_int(ctx, out, pos + 1, load_i64(op, 1))
    store_u8(out, pos, 32)
    pos = put_int(ctx, out, pos + 1, load_i64(op, 2) - side)
    pos = _put4(out, pos, 32, 99, 109, 10)
    pos = put_uint(
        ctx, out, _put2(out, _put4(out, pos, 66, 73, 47, 87), 32, 32) - 1, size
    )  # BI/W size/H size
    pos = put_uint(ctx, out, _put2(out, _put2(out, pos, 47, 72), 32, 32) - 1, size)
    pos = _put_literal(ctx, load_i64(op, 7), load_i64(op, 8), out, pos)
    return _put_bits(symbols + SYMBOL_QR, size * ((size + 7) // 8), out, pos)


@inline_kernel
def _draw_shapes(ctx, section, base_y, document, symbols, out, pos, limit):  # type: ignore[no-untyped-def]
    """Operations that stand outside of text objects."""
    sections = load_i64(ctx, C_SECTIONS)
    for k in range(load_i64(sections, section), load_i64(sections, section + 1)):
        if pos > limit:
            return NO_ROOM
        op = _op(ctx, k)
        kind = load_i64(op, 0)
        if kind == w.OP_FRAGMENT:
            pos = _put_literal(ctx, load_i64(op, 1), load_i64(op, 2), out, pos)
        elif kind == w.OP_BARS:
            pos = _draw_bars(ctx, op, document, out, pos)
        elif kind == w.OP_RECT:
            pos = _put_literal(ctx, load_i64(op, 5), load_i64(op, 6), out, pos)
            store_i64(load_i64(ctx, C_STATE), _COLOR, _NONE)
            pos = _put_rect(
                ctx, load_i64(op, 1), base_y + load_i64(op, 2), load_i64(op, 3), load_i64(op, 4), out, pos
            )
            pos = _put2(out, pos, 102, 10)
        elif kind == w.OP_QR:
            pos = _draw_qr(ctx, op, symbols, out, pos)
    return pos


# ---- marks


@inline_kernel
def omr_mark_present(kind, sheet, sheets, sequence):  # type: ignore[no-untyped-def]
    """Tell whether a mark other than parity is printed; sheet counts from 1, sequence is the run's sheet number."""
    if kind >= w.OMR_SEQUENCE_BIT:
        return (sequence >> (kind - w.OMR_SEQUENCE_BIT)) & 1 == 1
    if kind in (w.OMR_START, w.OMR_SAFETY):
        return True
    if kind == w.OMR_EOC:
        return sheet == sheets
    if kind == w.OMR_NOT_EOC:
        return sheet != sheets
    if kind == w.OMR_BOC:
        return sheet == 1
    return kind == w.OMR_NOT_BOC and sheet != 1


@inline_kernel
def _draw_omr(ctx, op, sheet, sheets, sequence, out, pos):  # type: ignore[no-untyped-def]
    """OP_OMR: the marks as one path; parity makes their number even."""
    kinds = load_i64(ctx, C_OMR)
    count = load_i64(ctx, C_OMR_COUNT)
    present = 0
    for k in range(count):
        if omr_mark_present(load_i64(kinds, k), sheet, sheets, sequence):
            present += 1
    for k in range(count):
        kind = load_i64(kinds, k)
        printed = (
            present % 2 == 1 if kind == w.OMR_PARITY else omr_mark_present(kind, sheet, sheets, sequence)
        )
        if printed:
            y = load_i64(op, 2) - k * load_i64(op, 3)
            pos = _put_rect(ctx, load_i64(op, 1), y, load_i64(op, 4), load_i64(op, 5), out, pos)
    return _put2(out, pos, 102, 10) if present else pos


@inline_kernel
def _draw_marks(ctx, sheet, sheets, sequence, symbols, out, pos, limit):  # type: ignore[no-untyped-def]
    """The inserter's marks on the front of a sheet, in black."""
    sections = load_i64(ctx, C_SECTIONS)
    for k in range(load_i64(sections, w.SEC_MARKS), load_i64(sections, w.SEC_MARKS + 1)):
        if pos > limit:
            return NO_ROOM
        op = _op(ctx, k)
        pos = _set_black(ctx, out, pos)
        if load_i64(op, 0) == w.OP_OMR:
            pos = _draw_omr(ctx, op, sheet, sheets, sequence, out, pos)
        else:
            size = load_i64(op, 5)
            pos = _put_literal(ctx, load_i64(op, 1), load_i64(op, 2), out, pos)
            pos = _put_bits(symbols + SYMBOL_MATRIX, size * ((size + 7) // 8), out, pos)
    return pos


# ---- the table


@inline_kernel
def _draw_row(ctx, kind, top, document, line, out, pos):  # type: ignore[no-untyped-def]
    """One table row as one TJ; ``top`` is the row's upper edge."""
    style = _row(ctx, kind, 3)
    face = _style(ctx, style, 0)
    pos = _set_style(ctx, style, out, pos)
    pos = _move(ctx, _number(ctx, w.N_TABLE_X), top - _row(ctx, kind, 2), out, pos)
    store_u8(out, pos, 91)
    pos += 1
    at = 0
    cell = load_i64(ctx, C_CELLS) + _row(ctx, kind, 4) * (8 * w.CELL_FIELDS)
    for _ in range(_row(ctx, kind, 4), _row(ctx, kind + 1, 4)):
        # Rendered a little behind its place: the adjustment before it is known only when its width is.
        text = out + pos + _GAP_BYTES
        n = render_text(ctx, load_i64(cell, 2), load_i64(cell, 3), document, line, text)
        if n > 0:
            limit = load_i64(cell, 4)
            advance = text_width(ctx, face, text, 0, n)
            if 0 <= limit < advance:
                n = cut_to_width(ctx, face, text, n, limit, _number(ctx, w.N_ELLIPSIS))
                advance = text_width(ctx, face, text, 0, n)
            x = load_i64(cell, 0)
            if load_i64(cell, 1) != w.ALIGN_LEFT:
                x -= advance
            if x != at:
                pos = put_int(ctx, out, pos, at - x)
            store_u8(out, pos, 40)
            pos = copy_bytes(out, pos + 1, text, n)
            store_u8(out, pos, 41)
            pos += 1
            at = x + advance
        cell += 8 * w.CELL_FIELDS
    return _put4(out, pos, 93, 84, 74, 10)


@inline_kernel
def _line_value(ctx, column, index):  # type: ignore[no-untyped-def]
    """Value of a column of the line at a place in the print order."""
    return read_int(ctx, C_LINES, column, load_u32(load_i64(ctx, C_LINE_ORDER), index))


@inline_kernel
def _group_total(ctx, begin, last, group):  # type: ignore[no-untyped-def]
    """Sum of the group that ends with line ``last``, back to its first line but not before line ``begin``."""
    total = 0
    i = last
    while i >= begin and _line_value(ctx, _number(ctx, w.N_GROUP_COLUMN), i) == group:
        total += _line_value(ctx, _number(ctx, w.N_SUM_COLUMN), i)
        i -= 1
    return total


@inline_kernel
def _open_table(ctx, y, document, first, is_first, out, pos):  # type: ignore[no-untyped-def]
    """Leading, brought row and continued row; returns (position, y, whether a group is open)."""
    state = load_i64(ctx, C_STATE)
    height = _row(ctx, w.ROW_LINE, 1)
    begin = load_i64(load_i64(ctx, C_LINE_FIRST), document)
    end = load_i64(load_i64(ctx, C_LINE_FIRST), document + 1)
    if first < end:
        store_i64(state, _LEADING, height)
        pos = _put4(out, put_uint(ctx, out, pos, height), 32, 84, 76, 10)
    if not is_first and _row(ctx, w.ROW_BROUGHT, 0):
        pos = _draw_row(ctx, w.ROW_BROUGHT, y, document, 0, out, pos)
        y -= _row(ctx, w.ROW_BROUGHT, 1)
    is_open = False
    column = _number(ctx, w.N_GROUP_COLUMN)
    if column >= 0 and begin < first < end:
        is_open = _line_value(ctx, column, first - 1) == _line_value(ctx, column, first)
        if is_open and _row(ctx, w.ROW_CONTINUED, 0):
            line = load_u32(load_i64(ctx, C_LINE_ORDER), first)
            pos = _draw_row(ctx, w.ROW_CONTINUED, y, document, line, out, pos)
            y -= _row(ctx, w.ROW_CONTINUED, 1)
    return pos, y, is_open


@inline_kernel
def _draw_table(ctx, document, page, is_first, is_last, out, pos, limit):  # type: ignore[no-untyped-def]
    """The rows of one page.

    Returns:
        (position, y below the last row, sum of all lines up to the end of the page); position NO_ROOM without room.
    """
    order = load_i64(ctx, C_LINE_ORDER)
    builtins = load_i64(ctx, C_BUILTINS)
    group_column = _number(ctx, w.N_GROUP_COLUMN)
    sum_column = _number(ctx, w.N_SUM_COLUMN)
    begin = load_i64(load_i64(ctx, C_LINE_FIRST), document)
    end = load_i64(load_i64(ctx, C_LINE_FIRST), document + 1)
    i = begin + load_i32(load_i64(ctx, C_FIRST_LINE), page)
    stop = end if is_last else begin + load_i32(load_i64(ctx, C_FIRST_LINE), page + 1)
    if not _row(ctx, w.ROW_LINE, 0):
        stop = i  # lines are read for their sums only
    total = load_i64(load_i64(ctx, C_BROUGHT), page)
    store_i64(builtins, w.B_BROUGHT, total)
    y = _number(ctx, w.N_FIRST_TOP) if is_first else _number(ctx, w.N_NEXT_TOP)
    pos, y, is_open = _open_table(ctx, y, document, i, is_first, out, pos)
    whole = not is_open
    group = _line_value(ctx, group_column, i) if is_open else 0
    running = 0
    while i < stop:
        if pos > limit:
            return NO_ROOM, y, total
        line = load_u32(order, i)
        ends = False
        if group_column >= 0:
            if not is_open:
                group = read_int(ctx, C_LINES, group_column, line)
                is_open = True
                running = 0
                if _row(ctx, w.ROW_HEADING, 0):
                    pos = _draw_row(ctx, w.ROW_HEADING, y, document, line, out, pos)
                    y -= _row(ctx, w.ROW_HEADING, 1)
            ends = i + 1 == end or _line_value(ctx, group_column, i + 1) != group
        if sum_column >= 0:
            amount = read_int(ctx, C_LINES, sum_column, line)
            total += amount
            running += amount
        pos = _draw_row(ctx, w.ROW_LINE, y, document, line, out, pos)
        y -= _row(ctx, w.ROW_LINE, 1)
        if ends:
            if _row(ctx, w.ROW_SUBTOTAL, 0):
                store_i64(builtins, w.B_GROUP_TOTAL, running if whole else _group_total(ctx, begin, i, group))
                pos = _draw_row(ctx, w.ROW_SUBTOTAL, y, document, line, out, pos)
                y -= _row(ctx, w.ROW_SUBTOTAL, 1)
            is_open = False
            whole = True
        i += 1
    store_i64(builtins, w.B_CARRIED, total)
    if not is_last and _row(ctx, w.ROW_CARRIED, 0):
        pos = _draw_row(ctx, w.ROW_CARRIED, y, document, 0, out, pos)
    return pos, y, total


# ---- the page


@inline_kernel
def _draw_page(ctx, document, number, piece, sequence, symbols, out, pos, limit):  # type: ignore[no-untyped-def]
    """Page ``number`` (0-based) of a document, in a graphics state that the caller opened."""
    count = set_page(ctx, document, number, piece)
    state = load_i64(ctx, C_STATE)
    is_first = number == 0
    is_last = number + 1 == count
    store_i64(state, _COLOR, _BLACK)  # the initial colour (ISO 32000-2, 8.4.1)
    shapes = w.SEC_FIRST_SHAPES if is_first else w.SEC_NEXT_SHAPES
    pos = _draw_shapes(ctx, shapes, 0, document, symbols, out, pos, limit)
    if pos >= 0 and is_last:
        pos = _draw_shapes(ctx, w.SEC_FOOT_SHAPES, 0, document, symbols, out, pos, limit)
    if pos >= 0 and number % 2 == 0:
        pos = _draw_marks(ctx, number // 2 + 1, (count + 1) // 2, sequence, symbols, out, pos, limit)
    if pos < 0:
        return pos
    store_i64(state, _CX, 0)
    store_i64(state, _CY, 0)
    store_i64(state, _FONT, _NONE)
    store_i64(state, _LEADING, 0)  # the initial value (ISO 32000-2, table 103)
    store_i64(state, _STYLE, _NONE)
    pos = _put2(out, pos, 66, 84)
    store_u8(out, pos, 10)
    texts = w.SEC_FIRST_TEXT if is_first else w.SEC_NEXT_TEXT
    pos = _draw_texts(ctx, texts, 0, document, symbols, out, pos + 1, limit)
    if pos < 0:
        return pos
    page = load_i64(load_i64(ctx, C_FIRST_PAGE), document) + number
    pos, y, total = _draw_table(ctx, document, page, is_first, is_last, out, pos, limit)
    if pos >= 0 and is_last:
        store_i64(load_i64(ctx, C_BUILTINS), w.B_TOTAL, total)
        store_i64(load_i64(ctx, C_PRINTED), document, total)
        pos = _draw_texts(ctx, w.SEC_FLOW_TEXT, y, document, symbols, out, pos, limit)
        if pos >= 0:
            pos = _draw_texts(ctx, w.SEC_FOOT_TEXT, 0, document, symbols, out, pos, limit)
    if pos < 0:
        return pos
    pos = _put2(out, pos, 69, 84)
    store_u8(out, pos, 10)
    if is_last:
        return _draw_shapes(ctx, w.SEC_FLOW_SHAPES, y, document, symbols, out, pos + 1, limit)
    return pos + 1


# ---- fetching ahead


@inline_kernel
def _fetch(ctx, spread, first_side, step, places):  # type: ignore[no-untyped-def]
    """Fetch into the cache what drawing will read, in three steps of which each needs the one before.

    Documents lie in input order and are drawn in mailing order, so nearly every column of every order line would
    be a cache miss: half of the drawing time (docs/performance.md). Place ``step`` of the range gets its columns
    fetched, the one before it its texts' offsets, the one before that its texts.
    """
    slots = spread.stack_first.size
    for stage in range(_STEPS_AHEAD):
        place = step - stage
        if 0 <= place < places:
            side = first_side + place // slots
            document, number, _, _ = locate(ctx, spread.stack_first, spread.stack_sheets, place % slots, side)
            if document >= 0:
                _fetch_page(ctx, document, number, stage)


@inline_kernel
def _fetch_page(ctx, document, number, stage):  # type: ignore[no-untyped-def]
    """One step of fetching a page's columns."""
    counts = load_i64(ctx, C_READ_COUNTS)
    read = load_i64(ctx, C_READ)
    if number == 0:
        for column in range(load_i64(counts, 0)):
            _fetch_value(read + column * (8 * READ_FIELDS), document, stage)
    page = load_i64(load_i64(ctx, C_FIRST_PAGE), document) + number
    first_line = load_i64(ctx, C_FIRST_LINE)
    begin = load_i64(load_i64(ctx, C_LINE_FIRST), document)
    stop = load_i64(load_i64(ctx, C_LINE_FIRST), document + 1)
    if page + 1 < load_i64(load_i64(ctx, C_FIRST_PAGE), document + 1):
        stop = begin + load_i32(first_line, page + 1)
    order = load_i64(ctx, C_LINE_ORDER)
    lines_read = read + load_i64(counts, 0) * (8 * READ_FIELDS)
    for i in range(begin + load_i32(first_line, page), stop):
        line = load_u32(order, i)
        for column in range(load_i64(counts, 1)):
            _fetch_value(lines_read + column * (8 * READ_FIELDS), line, stage)


@inline_kernel
def _fetch_value(read, row, stage):  # type: ignore[no-untyped-def]
    """Fetch a value (stage 0), its text's offsets (1), its text (2)."""
    width = load_i64(read, R_WIDTH)
    if stage == 0:
        if width >= 0:
            prefetch(load_i64(read, R_ADDRESS) + (row << width))
        return
    offsets = load_i64(read, R_OFFSETS)
    if offsets:
        entry = row if width < 0 else load_value(load_i64(read, R_ADDRESS), width, row)
        if stage == 1:
            prefetch(offsets + 8 * entry)
        else:
            text = load_i64(read, R_BYTES) + load_i64(offsets, entry)
            prefetch(text)
            prefetch(text + 63)


@kernel
def draw_sides(ctx, spread, first_side, last_side, symbols, out, ends):  # type: ignore[no-untyped-def]
    """Draw press sides first_side..last_side-1 of one spool; even sides are fronts.

    Args:
        ctx: int64: address of this worker's Context with everything set; the totals that last pages state are
            stored in its printed array.
        spread: Spread of the spool.
        first_side: int.
        last_side: int.
        symbols: uint8[(last_side - first_side) * slots, SYMBOL_BYTES]: from encode_symbols.
        out: uint8[...], the caller's: content bytes, side after side.
        ends: int64[last_side - first_side], the caller's: end of each side's bytes in out.

    Returns:
        int64: the number of bytes; NO_ROOM when out is too small (call again with a larger one).
    """
    base = out.ctypes.data
    pos = 0
    limit = out.size - SLACK_BYTES
    slots = spread.stack_first.size
    places = (last_side - first_side) * slots
    for ahead in range(min(_STEPS_AHEAD, places)):
        _fetch(ctx, spread, first_side, ahead, places)
    for side in range(first_side, last_side):
        if pos > limit:
            return NO_ROOM
        pos = copy_exact(base, pos, spread.sheet_bytes.ctypes.data, spread.sheet_bytes.size)
        for slot in range(slots):
            _fetch(ctx, spread, first_side, (side - first_side) * slots + slot + _STEPS_AHEAD, places)
            document, number, sheet, piece = locate(ctx, spread.stack_first, spread.stack_sheets, slot, side)
            if document < 0:
                continue
            if pos > limit:
                return NO_ROOM
            place = spread.back[slot] if side & 1 else spread.front[slot]
            begin = spread.place_offsets[place]
            count = spread.place_offsets[place + 1] - begin
            pos = copy_exact(base, pos, spread.place_bytes.ctypes.data + begin, count)
            row = symbols.ctypes.data + ((side - first_side) * slots + slot) * SYMBOL_BYTES
            pos = _draw_page(ctx, document, number, piece, sheet, row, base, pos, limit)
            if pos < 0:
                return NO_ROOM
            pos = _put2(base, pos, 81, 10)
        ends[side - first_side] = pos
    return pos
