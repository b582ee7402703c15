"""The template's blocks and the inserter's marks as content stream bytes."""

from __future__ import annotations

from printstream.base import program as w
from printstream.kernels.context import C_BUILTINS, C_SCRATCH, C_SECTIONS, C_SHEET_WORDS, C_STATE
from printstream.kernels.ink import (
    NO_ROOM,
    NONE,
    S_COLOR,
    S_FONT,
    S_STYLE,
    move,
    operation,
    put2,
    put4,
    put_literal,
    put_rect,
    set_black,
    set_style,
    show,
    style_item,
    template_number,
)
from printstream.kernels.jit import inline_kernel
from printstream.kernels.memory import load_i64, load_u8, load_u32, store_i64, store_u8
from printstream.kernels.numerals import put_int, put_number, put_uint
from printstream.kernels.symbols import (
    SYMBOL_MATRIX,
    SYMBOL_POSTAL,
    SYMBOL_POSTAL_SIZE,
    SYMBOL_QR,
    SYMBOL_QR_SIZE,
)
from printstream.kernels.text import cut_to_width, next_break, render_text, text_width
from printstream.kernels.values import copy_bytes, read_list


@inline_kernel
def _draw_text(ctx, op, base_y, document, out, pos):  # type: ignore[no-untyped-def]
    """OP_TEXT, its y counted from ``base_y``."""
    text = load_i64(ctx, C_SCRATCH)
    n = render_text(ctx, load_i64(op, 5), load_i64(op, 6), document, 0, text)
    if n <= 0:
        return pos
    style = load_i64(op, 3)
    face = style_item(ctx, style, 0)
    if load_i64(op, 7) >= 0 and load_i64(op, 8) == w.OVERFLOW_ELLIPSIS:
        n = cut_to_width(ctx, face, text, n, load_i64(op, 7), template_number(ctx, w.N_ELLIPSIS))
    x = load_i64(op, 1)
    align = load_i64(op, 4)
    if align != w.ALIGN_LEFT:
        advance = text_width(ctx, face, text, 0, n) * style_item(ctx, style, 1)
        x -= (advance + 500) // 1000 if align == w.ALIGN_RIGHT else (advance + 1000) // 2000
    pos = set_style(ctx, style, out, pos)
    pos = move(ctx, x, base_y + load_i64(op, 2), out, pos)
    return show(text, 0, n, out, pos)


@inline_kernel
def _draw_paragraph(ctx, op, document, out, pos):  # type: ignore[no-untyped-def]
    """OP_PARAGRAPH: greedy line breaks at spaces."""
    text = load_i64(ctx, C_SCRATCH)
    n = render_text(ctx, load_i64(op, 7), load_i64(op, 8), document, 0, text)
    style = load_i64(op, 3)
    face = style_item(ctx, style, 0)
    pos = set_style(ctx, style, out, pos)
    y = load_i64(op, 2)
    at = 0
    while at < n:
        end = next_break(ctx, face, text, at, n, load_i64(op, 4))
        pos = move(ctx, load_i64(op, 1), y, out, pos)
        pos = show(text, at, end - at, out, pos)
        y -= load_i64(op, 5)
        at = end
        while at < n and load_u8(text, at) == 32:
            at += 1
    return pos


@inline_kernel
def _draw_postal(ctx, op, symbols, out, pos):  # type: ignore[no-untyped-def]
    """The post's bars, in black, at the point of OP_ADDRESS or OP_POSTAL."""
    state = load_i64(ctx, C_STATE)
    pos = set_black(ctx, out, pos)
    pos = put_uint(ctx, out, put2(out, pos, 47, 70), template_number(ctx, w.N_BAR_FACE))
    store_u8(out, pos, 32)
    pos = put_uint(ctx, out, pos + 1, template_number(ctx, w.N_BAR_SIZE))
    pos = put4(out, pos, 32, 84, 102, 10)
    store_i64(state, S_FONT, NONE)
    store_i64(state, S_STYLE, NONE)
    pos = move(ctx, load_i64(op, 1), load_i64(op, 2), out, pos)
    return show(symbols + SYMBOL_POSTAL, 0, load_u8(symbols, SYMBOL_POSTAL_SIZE), out, pos)


@inline_kernel
def _draw_address(ctx, op, document, symbols, out, pos):  # type: ignore[no-untyped-def]
    """OP_ADDRESS: the post's bars where it draws them, then the lines that are not empty.

    A document behind the first of its piece has no bars, and lines only where the job keeps them.
    """
    follows = load_i64(load_i64(ctx, C_BUILTINS), w.B_FOLLOWS)
    if follows == w.FOLLOWS_OMIT:
        return pos
    if load_i64(op, 9) != 0 and follows == w.FOLLOWS_NOT:
        pos = _draw_postal(ctx, op, symbols, out, pos)
    x = load_i64(op, 1)
    y = load_i64(op, 2) - load_i64(op, 3)
    text = load_i64(ctx, C_SCRATCH)
    for k in range(load_i64(op, 7), load_i64(op, 8)):
        line = operation(ctx, k)
        n = render_text(ctx, load_i64(line, 5), load_i64(line, 6), document, 0, text)
        if n > 0:
            pos = set_style(ctx, load_i64(op, 5), out, pos)
            pos = move(ctx, x, y, out, pos)
            pos = show(text, 0, n, out, pos)
            y -= load_i64(op, 4)
    return pos


@inline_kernel
def _draw_bar_labels(ctx, op, document, out, pos):  # type: ignore[no-untyped-def]
    """OP_BARS inside a text object: figures at the scale's top, middle and zero."""
    top = _nice_top(ctx, load_i64(op, 5), document, load_i64(op, 6)) // 100
    style = load_i64(op, 7)
    size = style_item(ctx, style, 1)
    text = load_i64(ctx, C_SCRATCH)
    pos = set_style(ctx, style, out, pos)
    for k in range(3):
        if k == 1 and top % 2:
            continue
        n = put_number(ctx, text, 0, top * (2 - k) // 2, w.F_GROUPED, 0)
        x = load_i64(op, 1) - (text_width(ctx, style_item(ctx, style, 0), text, 0, n) * size + 500) // 1000
        # Figures are about 0.7 em tall: half of that below the line centres them on it.
        y = load_i64(op, 2) + load_i64(op, 4) * (2 - k) // 2 - size * 35 // 100
        pos = move(ctx, x, y, out, pos)
        pos = show(text, 0, n, out, pos)
    return pos


@inline_kernel
def draw_texts(ctx, section, base_y, document, symbols, out, pos, limit):  # type: ignore[no-untyped-def]
    """Operations that stand inside the page's text object."""
    sections = load_i64(ctx, C_SECTIONS)
    for k in range(load_i64(sections, section), load_i64(sections, section + 1)):
        if pos > limit:
            return NO_ROOM
        op = operation(ctx, k)
        kind = load_i64(op, 0)
        if kind == w.OP_TEXT:
            pos = _draw_text(ctx, op, base_y, document, out, pos)
        elif kind == w.OP_PARAGRAPH:
            pos = _draw_paragraph(ctx, op, document, out, pos)
        elif kind == w.OP_ADDRESS:
            pos = _draw_address(ctx, op, document, symbols, out, pos)
        elif kind == w.OP_POSTAL and load_i64(load_i64(ctx, C_BUILTINS), w.B_FOLLOWS) == w.FOLLOWS_NOT:
            pos = _draw_postal(ctx, op, symbols, out, pos)
        elif kind == w.OP_BARS:
            pos = _draw_bar_labels(ctx, op, document, out, pos)
    return pos


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
    pos = put_literal(ctx, load_i64(op, 9), load_i64(op, 10), out, pos)
    store_i64(load_i64(ctx, C_STATE), S_COLOR, NONE)
    drawn = 0
    for k in range(count):
        value = read_list(ctx, column, document, k)
        if value <= 0:
            continue
        height = int(value / top * load_i64(op, 4) + 0.5)
        if height > 0:
            drawn += 1
            x = load_i64(op, 1) + (k * pitch + (pitch - bar) // 2) // 10
            pos = put_rect(ctx, x, load_i64(op, 2), bar // 10, height, out, pos)
    return put2(out, pos, 102, 10) if drawn else pos


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
        pos = put4(out, pos, 32, 73, 68, 32)
        pos = copy_bytes(out, pos, bits, count)
    else:
        pos = put4(out, put4(out, pos, 47, 70, 47, 65), 72, 120, 32, 73)
        pos = put2(out, pos, 68, 32)
        for i in range(count):
            value = load_u8(bits, i)
            high, low = value >> 4, value & 15
            pos = put2(out, pos, high + (48 if high < 10 else 55), low + (48 if low < 10 else 55))
        store_u8(out, pos, 62)
        pos += 1
    return put2(out, put4(out, pos, 10, 69, 73, 10), 81, 10)


@inline_kernel
def _draw_qr(ctx, op, symbols, out, pos):  # type: ignore[no-untyped-def]
    """OP_QR: a QR code as a 1-bit image mask."""
    pos = set_black(ctx, out, pos)
    size = load_u8(symbols, SYMBOL_QR_SIZE)
    side = size * load_i64(op, 3)
    pos = put_uint(ctx, out, put2(out, pos, 113, 32), side)  # q side 0 0 side x y cm
    pos = put4(out, pos, 32, 48, 32, 48)
    store_u8(out, pos, 32)
    pos = put_uint(ctx, out, pos + 1, side)
    store_u8(out, pos, 32)
    pos = put_int(ctx, out, pos + 1, load_i64(op, 1))
    store_u8(out, pos, 32)
    pos = put_int(ctx, out, pos + 1, load_i64(op, 2) - side)
    pos = put4(out, pos, 32, 99, 109, 10)
    pos = put_uint(ctx, out, put2(out, put4(out, pos, 66, 73, 47, 87), 32, 32) - 1, size)  # BI/W size/H size
    pos = put_uint(ctx, out, put2(out, put2(out, pos, 47, 72), 32, 32) - 1, size)
    pos = put_literal(ctx, load_i64(op, 7), load_i64(op, 8), out, pos)
    return _put_bits(symbols + SYMBOL_QR, size * ((size + 7) // 8), out, pos)


@inline_kernel
def draw_shapes(ctx, section, base_y, document, symbols, out, pos, limit):  # type: ignore[no-untyped-def]
    """Operations that stand outside of text objects."""
    sections = load_i64(ctx, C_SECTIONS)
    for k in range(load_i64(sections, section), load_i64(sections, section + 1)):
        if pos > limit:
            return NO_ROOM
        op = operation(ctx, k)
        kind = load_i64(op, 0)
        if kind == w.OP_FRAGMENT:
            pos = put_literal(ctx, load_i64(op, 1), load_i64(op, 2), out, pos)
        elif kind == w.OP_BARS:
            pos = _draw_bars(ctx, op, document, out, pos)
        elif kind == w.OP_RECT:
            pos = put_literal(ctx, load_i64(op, 5), load_i64(op, 6), out, pos)
            store_i64(load_i64(ctx, C_STATE), S_COLOR, NONE)
            pos = put_rect(
                ctx, load_i64(op, 1), base_y + load_i64(op, 2), load_i64(op, 3), load_i64(op, 4), out, pos
            )
            pos = put2(out, pos, 102, 10)
        elif kind == w.OP_QR:
            pos = _draw_qr(ctx, op, symbols, out, pos)
        elif kind == w.OP_POSTAL_MATRIX and load_i64(load_i64(ctx, C_BUILTINS), w.B_FOLLOWS) == w.FOLLOWS_NOT:
            pos = set_black(ctx, out, pos)
            pos = put_literal(ctx, load_i64(op, 1), load_i64(op, 2), out, pos)
            pos = _put_bits(symbols + SYMBOL_POSTAL, load_i64(op, 3), out, pos)
    return pos


@inline_kernel
def _draw_omr(ctx, op, sequence, out, pos):  # type: ignore[no-untyped-def]
    """OP_OMR: the marks as one path; bit k of the sheet's word says whether mark k is printed."""
    word = load_u32(load_i64(ctx, C_SHEET_WORDS), sequence)
    for k in range(load_i64(op, 6)):
        if (word >> k) & 1:
            y = load_i64(op, 2) - k * load_i64(op, 3)
            pos = put_rect(ctx, load_i64(op, 1), y, load_i64(op, 4), load_i64(op, 5), out, pos)
    return put2(out, pos, 102, 10) if word & ((1 << load_i64(op, 6)) - 1) else pos


@inline_kernel
def _is_on(ctx, on):  # type: ignore[no-untyped-def]
    """Tell whether a code stands on this sheet of its set."""
    builtins = load_i64(ctx, C_BUILTINS)
    sheet = load_i64(builtins, w.B_SHEET)
    if on == w.ON_FIRST:
        return sheet == 1
    return on == w.ON_EVERY or sheet == load_i64(builtins, w.B_SHEETS)


@inline_kernel
def draw_marks(ctx, sequence, symbols, out, pos, limit):  # type: ignore[no-untyped-def]
    """The inserter's marks on the front of the run's sheet number ``sequence``, in black."""
    sections = load_i64(ctx, C_SECTIONS)
    for k in range(load_i64(sections, w.SEC_MARKS), load_i64(sections, w.SEC_MARKS + 1)):
        if pos > limit:
            return NO_ROOM
        op = operation(ctx, k)
        kind = load_i64(op, 0)
        if kind == w.OP_CODE and not _is_on(ctx, load_i64(op, 5)):
            continue
        pos = set_black(ctx, out, pos)
        if kind == w.OP_OMR:
            pos = _draw_omr(ctx, op, sequence, out, pos)
            continue
        begin, count = SYMBOL_MATRIX, load_i64(op, 5) * ((load_i64(op, 5) + 7) // 8)
        if kind == w.OP_CODE:
            begin, count = load_i64(op, 3), load_i64(op, 4)
        pos = put_literal(ctx, load_i64(op, 1), load_i64(op, 2), out, pos)
        pos = _put_bits(symbols + begin, count, out, pos)
    return pos
