"""The strokes: bytes of operators, style and place of the text object on the page being drawn.

All functions are called from other kernels: ``ctx`` is the address of a Context's table, ``out`` that of the caller's
buffer, ``pos`` a position in it.
"""

from __future__ import annotations

from printstream.base import program as w
from printstream.kernels.context import C_LITERALS, C_NUMBERS, C_OPS, C_ROWS, C_STATE, C_STYLES
from printstream.kernels.jit import inline_kernel
from printstream.kernels.memory import load_i64, store_i64, store_u8
from printstream.kernels.numerals import put_int
from printstream.kernels.values import copy_bytes

NO_ROOM = -1
"""What a function returns in place of a position when the buffer is nearly full."""

# State of the text object on the page being drawn.
S_X, S_Y, S_FONT, S_COLOR, S_LEADING, S_STYLE = range(6)
NONE = -1
BLACK = -2


@inline_kernel
def put2(out, pos, a, b):  # type: ignore[no-untyped-def]
    """Write two bytes; returns the position after them."""
    store_u8(out, pos, a)
    store_u8(out, pos + 1, b)
    return pos + 2


@inline_kernel
def put4(out, pos, a, b, c, d):  # type: ignore[no-untyped-def]
    """Write four bytes; returns the position after them."""
    store_u8(out, pos, a)
    store_u8(out, pos + 1, b)
    store_u8(out, pos + 2, c)
    store_u8(out, pos + 3, d)
    return pos + 4


@inline_kernel
def put_literal(ctx, begin, count, out, pos):  # type: ignore[no-untyped-def]
    """Copy a piece of the program's literal bytes."""
    return copy_bytes(out, pos, load_i64(ctx, C_LITERALS) + begin, count)


@inline_kernel
def style_item(ctx, style, item):  # type: ignore[no-untyped-def]
    """An item of a style (Program.styles)."""
    return load_i64(load_i64(ctx, C_STYLES), style * w.STYLE_FIELDS + item)


@inline_kernel
def template_number(ctx, item):  # type: ignore[no-untyped-def]
    """A number of the whole template (Program.numbers)."""
    return load_i64(load_i64(ctx, C_NUMBERS), item)


@inline_kernel
def row_item(ctx, kind, item):  # type: ignore[no-untyped-def]
    """An item of a kind of table row (Program.rows)."""
    return load_i64(load_i64(ctx, C_ROWS), kind * w.ROW_FIELDS + item)


@inline_kernel
def operation(ctx, k):  # type: ignore[no-untyped-def]
    """Address of operation k."""
    return load_i64(ctx, C_OPS) + k * (8 * w.OP_FIELDS)


@inline_kernel
def set_style(ctx, style, out, pos):  # type: ignore[no-untyped-def]
    """Select font and colour where they differ from the current ones."""
    state = load_i64(ctx, C_STATE)
    if load_i64(state, S_STYLE) == style:
        return pos
    store_i64(state, S_STYLE, style)
    font = style_item(ctx, style, 0) * 100_000 + style_item(ctx, style, 1)
    if load_i64(state, S_FONT) != font:
        store_i64(state, S_FONT, font)
        pos = put_literal(ctx, style_item(ctx, style, 2), style_item(ctx, style, 3), out, pos)
    color = style_item(ctx, style, 4)
    if load_i64(state, S_COLOR) != color:
        store_i64(state, S_COLOR, color)
        pos = put_literal(ctx, style_item(ctx, style, 5), style_item(ctx, style, 6), out, pos)
    return pos


@inline_kernel
def set_black(ctx, out, pos):  # type: ignore[no-untyped-def]
    """Set the fill colour to black: ``0 g``."""
    state = load_i64(ctx, C_STATE)
    if load_i64(state, S_COLOR) == BLACK:
        return pos
    store_i64(state, S_COLOR, BLACK)
    store_i64(state, S_STYLE, NONE)
    return put4(out, pos, 48, 32, 103, 10)


@inline_kernel
def move(ctx, x, y, out, pos):  # type: ignore[no-untyped-def]
    """Move the start of the line to x, y: T* where the leading says so, else Td (ISO 32000-2, table 106)."""
    state = load_i64(ctx, C_STATE)
    dx = x - load_i64(state, S_X)
    dy = y - load_i64(state, S_Y)
    store_i64(state, S_X, x)
    store_i64(state, S_Y, y)
    if dx == 0 and dy == -load_i64(state, S_LEADING):
        store_u8(out, pos, 84)
        return put2(out, pos + 1, 42, 10)
    pos = put_int(ctx, out, pos, dx)
    store_u8(out, pos, 32)
    pos = put_int(ctx, out, pos + 1, dy)
    return put4(out, pos, 32, 84, 100, 10)


@inline_kernel
def show(text, begin, count, out, pos):  # type: ignore[no-untyped-def]
    """Show bytes at address text + begin; the code page leaves nothing to escape."""
    store_u8(out, pos, 40)
    pos = copy_bytes(out, pos + 1, text + begin, count)
    return put4(out, pos, 41, 84, 106, 10)


@inline_kernel
def put_rect(ctx, x, y, width, height, out, pos):  # type: ignore[no-untyped-def]
    """Append a rectangle to the path: ``x y width height re``."""
    pos = put_int(ctx, out, pos, x)
    store_u8(out, pos, 32)
    pos = put_int(ctx, out, pos + 1, y)
    store_u8(out, pos, 32)
    pos = put_int(ctx, out, pos + 1, width)
    store_u8(out, pos, 32)
    pos = put_int(ctx, out, pos + 1, height)
    return put4(out, pos, 32, 114, 101, 10)
