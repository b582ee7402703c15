"""Text of one field or line, put together straight from columns as bytes in job codes; measured, cut and broken.

All functions are called from other kernels. ``ctx`` is the address of a Context's table, ``out`` that of a buffer
of the caller; positions count bytes.
"""

from __future__ import annotations

from printstream.kernels.context import (
    C_PARTS,
    C_SLOT_WIDTHS,
    C_WIDTHS,
    L_ADDRESS,
    L_BYTES,
    L_COUNT,
    L_DIGITS,
    L_FORM,
    L_KIND,
    L_LINE,
    L_OFFSETS,
    L_WIDTH,
    LINK_BUILTIN,
    LINK_CHECK,
    LINK_LITERAL,
    LINK_TEXT,
    LINKED_FIELDS,
    SCRATCH_BYTES,
)
from printstream.kernels.jit import inline_kernel
from printstream.kernels.longcodes import cut_long, long_break, long_width
from printstream.kernels.memory import load_i32, load_i64, load_u8, store_u8
from printstream.kernels.numerals import put_number
from printstream.kernels.values import copy_bytes, load_value


@inline_kernel
def _luhn(text, n):  # type: ignore[no-untyped-def]
    """Check digit (modulus 10, weights 2 1 from the right) of the digits in the n bytes at text; ISO/IEC 7812-1 annex B."""
    total = 0
    double = True
    for k in range(n):
        c = load_u8(text, n - 1 - k)
        if c < 48 or c > 57:
            continue
        d = c - 48
        if double:
            d *= 2
            if d > 9:
                d -= 9
        total += d
        double = not double
    return (10 - total % 10) % 10


@inline_kernel
def render_text(ctx, first, last, doc, line, out):  # type: ignore[no-untyped-def]
    """Write parts first..last-1 to ``out``, which holds SCRATCH_BYTES + 64.

    Returns:
        the length, or -1 when the text does not fit.
    """
    pos = 0
    part = load_i64(ctx, C_PARTS) + first * (8 * LINKED_FIELDS)
    for _ in range(first, last):
        kind = load_i64(part, L_KIND)
        if kind == LINK_LITERAL:
            count = load_i64(part, L_COUNT)
            if pos + count > SCRATCH_BYTES:
                return -1
            pos = copy_bytes(out, pos, load_i64(part, L_ADDRESS), count)
        elif kind == LINK_TEXT:
            row = line if load_i64(part, L_LINE) else doc
            width = load_i64(part, L_WIDTH)
            entry = row if width < 0 else load_value(load_i64(part, L_ADDRESS), width, row)
            offsets = load_i64(part, L_OFFSETS)
            begin = load_i64(offsets, entry)
            count = load_i64(offsets, entry + 1) - begin
            if pos + count > SCRATCH_BYTES:
                return -1
            pos = copy_bytes(out, pos, load_i64(part, L_BYTES) + begin, count)
        elif pos + 40 > SCRATCH_BYTES:
            return -1
        elif kind == LINK_CHECK:
            store_u8(out, pos, 48 + _luhn(out, pos))
            pos += 1
        else:
            if kind == LINK_BUILTIN:
                value = load_i64(load_i64(part, L_ADDRESS), 0)
            else:
                row = line if load_i64(part, L_LINE) else doc
                value = load_value(load_i64(part, L_ADDRESS), load_i64(part, L_WIDTH), row)
            pos = put_number(ctx, out, pos, value, load_i64(part, L_FORM), load_i64(part, L_DIGITS))
        part += 8 * LINKED_FIELDS
    return pos


@inline_kernel
def text_width(ctx, face, text, begin, end):  # type: ignore[no-untyped-def]
    """Advance of bytes begin..end-1 at address ``text`` in 1/1000 em."""
    widths = load_i64(ctx, C_WIDTHS) + face * (256 * 4)
    total = 0
    for i in range(begin, end):
        total += load_i32(widths, load_u8(text, i))
    # A lead among the bytes shows in the sum (LEAD_WIDTH): jobs of one-byte codes do not pay for looking.
    return total if total >= 0 else long_width(ctx, face, text, begin, end)


@inline_kernel
def cut_to_width(ctx, face, text, n, limit, ellipsis):  # type: ignore[no-untyped-def]
    """Shorten the n bytes at ``text`` in place to ``limit`` 1/1000 em, ending in an ellipsis; returns the new length."""
    if text_width(ctx, face, text, 0, n) <= limit:
        return n
    if load_i64(ctx, C_SLOT_WIDTHS) != 0:
        return cut_long(ctx, face, text, n, limit, ellipsis)
    widths = load_i64(ctx, C_WIDTHS) + face * (256 * 4)
    room = limit - load_i32(widths, ellipsis)
    used = 0
    keep = 0
    while keep < n and used + load_i32(widths, load_u8(text, keep)) <= room:
        used += load_i32(widths, load_u8(text, keep))
        keep += 1
    while keep > 0 and load_u8(text, keep - 1) == 32:
        keep -= 1
    store_u8(text, keep, ellipsis)
    return keep + 1


@inline_kernel
def next_break(ctx, face, text, begin, n, limit):  # type: ignore[no-untyped-def]
    """End of the line that starts at ``begin``: after the last word that fits, or inside a word too long for any line."""
    if load_i64(ctx, C_SLOT_WIDTHS) != 0:
        return long_break(ctx, face, text, begin, n, limit)
    widths = load_i64(ctx, C_WIDTHS) + face * (256 * 4)
    used = 0
    last_space = -1
    i = begin
    while i < n:
        c = load_u8(text, i)
        used += load_i32(widths, c)
        if c == 32:
            last_space = i
        elif used > limit:
            if last_space > begin:
                return last_space
            return max(i, begin + 1)
        i += 1
    return n
