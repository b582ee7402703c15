"""Table rows as content stream bytes: TJ, whose adjustments (1/1000 em) place the cells; one a row but for wide gaps."""

from __future__ import annotations

from printstream.base import program as w
from printstream.kernels.context import (
    C_BROUGHT,
    C_BUILTINS,
    C_CELLS,
    C_FIRST_LINE,
    C_LINE_FIRST,
    C_LINE_ORDER,
    C_LINES,
    C_STATE,
)
from printstream.kernels.ink import (
    NO_ROOM,
    S_LEADING,
    move,
    put4,
    row_item,
    set_style,
    style_item,
    template_number,
)
from printstream.kernels.jit import inline_kernel
from printstream.kernels.memory import load_i32, load_i64, load_u32, store_i64, store_u8
from printstream.kernels.numerals import put_int, put_uint
from printstream.kernels.text import cut_to_width, render_text, text_width
from printstream.kernels.values import copy_bytes, read_int

_GAP_BYTES = 28
"""More than the end of a TJ, an adjustment and its parenthesis take."""
_WIDE_GAP = 3_200
"""Thousandths of an em: what is so far behind stands in a TJ of its own. Renderers clear and blend the box around all that
one operator shows, and the gap is most of it (docs/performance.md)."""


@inline_kernel
def _draw_row(ctx, kind, top, document, line, out, pos):  # type: ignore[no-untyped-def]
    """One table row; ``top`` is the row's upper edge."""
    style = row_item(ctx, kind, 3)
    face = style_item(ctx, style, 0)
    pos = set_style(ctx, style, out, pos)
    pos = move(ctx, template_number(ctx, w.N_TABLE_X), top - row_item(ctx, kind, 2), out, pos)
    store_u8(out, pos, 91)
    pos += 1
    at = 0
    cell = load_i64(ctx, C_CELLS) + row_item(ctx, kind, 4) * (8 * w.CELL_FIELDS)
    for _ in range(row_item(ctx, kind, 4), row_item(ctx, kind + 1, 4)):
        # Rendered a little behind its place: the adjustment before it is known only when its width is.
        text = out + pos + _GAP_BYTES
        n = render_text(ctx, load_i64(cell, 2), load_i64(cell, 3), document, line, text)
        if n > 0:
            limit = load_i64(cell, 4)
            advance = text_width(ctx, face, text, 0, n)
            if 0 <= limit < advance:
                n = cut_to_width(ctx, face, text, n, limit, template_number(ctx, w.N_ELLIPSIS))
                advance = text_width(ctx, face, text, 0, n)
            x = load_i64(cell, 0)
            if load_i64(cell, 1) != w.ALIGN_LEFT:
                x -= advance
            if x != at:
                pos = put_int(ctx, out, pos, at - x)
                # Behind the number, which tells one gap from another where the compressor looks for the same bytes.
                if at != 0 and x - at > _WIDE_GAP:
                    pos = put4(out, pos, 93, 84, 74, 91)
            store_u8(out, pos, 40)
            pos = copy_bytes(out, pos + 1, text, n)
            store_u8(out, pos, 41)
            pos += 1
            at = x + advance
        cell += 8 * w.CELL_FIELDS
    return put4(out, pos, 93, 84, 74, 10)


@inline_kernel
def _line_value(ctx, column, index):  # type: ignore[no-untyped-def]
    """Value of a column of the line at a place in the print order."""
    return read_int(ctx, C_LINES, column, load_u32(load_i64(ctx, C_LINE_ORDER), index))


@inline_kernel
def _group_total(ctx, begin, last, group):  # type: ignore[no-untyped-def]
    """Sum of the group that ends with line ``last``, back to its first line but not before line ``begin``."""
    total = 0
    i = last
    while i >= begin and _line_value(ctx, template_number(ctx, w.N_GROUP_COLUMN), i) == group:
        total += _line_value(ctx, template_number(ctx, w.N_SUM_COLUMN), i)
        i -= 1
    return total


@inline_kernel
def _open_table(ctx, y, document, first, is_first, out, pos):  # type: ignore[no-untyped-def]
    """Leading, brought row and continued row; returns (position, y, whether a group is open)."""
    state = load_i64(ctx, C_STATE)
    height = row_item(ctx, w.ROW_LINE, 1)
    begin = load_i64(load_i64(ctx, C_LINE_FIRST), document)
    end = load_i64(load_i64(ctx, C_LINE_FIRST), document + 1)
    if first < end:
        store_i64(state, S_LEADING, height)
        pos = put4(out, put_uint(ctx, out, pos, height), 32, 84, 76, 10)
    if not is_first and row_item(ctx, w.ROW_BROUGHT, 0):
        pos = _draw_row(ctx, w.ROW_BROUGHT, y, document, 0, out, pos)
        y -= row_item(ctx, w.ROW_BROUGHT, 1)
    is_open = False
    column = template_number(ctx, w.N_GROUP_COLUMN)
    if column >= 0 and begin < first < end:
        is_open = _line_value(ctx, column, first - 1) == _line_value(ctx, column, first)
        if is_open and row_item(ctx, w.ROW_CONTINUED, 0):
            line = load_u32(load_i64(ctx, C_LINE_ORDER), first)
            pos = _draw_row(ctx, w.ROW_CONTINUED, y, document, line, out, pos)
            y -= row_item(ctx, w.ROW_CONTINUED, 1)
    return pos, y, is_open


@inline_kernel
def draw_table(ctx, document, page, is_first, is_last, out, pos, limit):  # type: ignore[no-untyped-def]
    """The rows of one page.

    Returns:
        (position, y below the last row, sum of all lines up to the end of the page); position NO_ROOM without room.
    """
    order = load_i64(ctx, C_LINE_ORDER)
    builtins = load_i64(ctx, C_BUILTINS)
    group_column = template_number(ctx, w.N_GROUP_COLUMN)
    sum_column = template_number(ctx, w.N_SUM_COLUMN)
    begin = load_i64(load_i64(ctx, C_LINE_FIRST), document)
    end = load_i64(load_i64(ctx, C_LINE_FIRST), document + 1)
    i = begin + load_i32(load_i64(ctx, C_FIRST_LINE), page)
    stop = end if is_last else begin + load_i32(load_i64(ctx, C_FIRST_LINE), page + 1)
    if not row_item(ctx, w.ROW_LINE, 0):
        stop = i  # lines are read for their sums only
    total = load_i64(load_i64(ctx, C_BROUGHT), page)
    store_i64(builtins, w.B_BROUGHT, total)
    y = template_number(ctx, w.N_FIRST_TOP) if is_first else template_number(ctx, w.N_NEXT_TOP)
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
                if row_item(ctx, w.ROW_HEADING, 0):
                    pos = _draw_row(ctx, w.ROW_HEADING, y, document, line, out, pos)
                    y -= row_item(ctx, w.ROW_HEADING, 1)
            ends = i + 1 == end or _line_value(ctx, group_column, i + 1) != group
        if sum_column >= 0:
            amount = read_int(ctx, C_LINES, sum_column, line)
            total += amount
            running += amount
        pos = _draw_row(ctx, w.ROW_LINE, y, document, line, out, pos)
        y -= row_item(ctx, w.ROW_LINE, 1)
        if ends:
            if row_item(ctx, w.ROW_SUBTOTAL, 0):
                store_i64(builtins, w.B_GROUP_TOTAL, running if whole else _group_total(ctx, begin, i, group))
                pos = _draw_row(ctx, w.ROW_SUBTOTAL, y, document, line, out, pos)
                y -= row_item(ctx, w.ROW_SUBTOTAL, 1)
            is_open = False
            whole = True
        i += 1
    store_i64(builtins, w.B_CARRIED, total)
    if not is_last and row_item(ctx, w.ROW_CARRIED, 0):
        pos = _draw_row(ctx, w.ROW_CARRIED, y, document, 0, out, pos)
    return pos, y, total
