"""Text of one field or line, formatted straight from columns into bytes in job codes.

All functions are called from other kernels. ``ctx`` is the address of a Context's table, ``out`` that of a buffer
of the caller; positions count bytes.
"""

from __future__ import annotations

from printstream.base.program import (
    F_DATE_ISO,
    F_DATE_MEDIUM,
    F_DATE_SHORT,
    F_DATE_US,
    F_FIXED2,
    F_GROUPED,
    F_MONEY,
    F_PADDED,
    PART_CHECK_DIGIT,
    PART_FIELDS,
    PART_LITERAL,
    PART_TEXT,
    SRC_BUILTIN,
    SRC_DOCUMENT,
)
from printstream.base.store import META_FIELDS, META_LENGTH, META_OFFSETS, META_START, META_WIDTH
from printstream.kernels.context import (
    C_BUILTINS,
    C_DOCUMENTS,
    C_LINES,
    C_LITERALS,
    C_PARTS,
    C_WIDTHS,
    SCRATCH_BYTES,
    STORE_INTS,
    STORE_META,
    STORE_TEXT_BYTES,
    STORE_TEXT_OFFSETS,
)
from printstream.kernels.jit import inline_kernel
from printstream.kernels.memory import (
    copy_word,
    load_i8,
    load_i16,
    load_i32,
    load_i64,
    load_u8,
    store_u8,
)

_MONTHS = (
    int.from_bytes(b"JanFebMa", "little"),
    int.from_bytes(b"rAprMayJ", "little"),
    int.from_bytes(b"unJulAug", "little"),
    int.from_bytes(b"SepOctNo", "little"),
    int.from_bytes(b"vDec", "little"),
)


@inline_kernel
def copy_bytes(out, pos, source, count):  # type: ignore[no-untyped-def]
    """Copy ``count`` bytes from address ``source``; returns the position after them."""
    i = 0
    while i + 8 <= count:
        copy_word(out + pos + i, source + i)
        i += 8
    while i < count:
        store_u8(out, pos + i, load_u8(source, i))
        i += 1
    return pos + count


@inline_kernel
def read_int(ctx, store, column, row):  # type: ignore[no-untyped-def]
    """Value of an integer column, or the code of a text column."""
    meta = load_i64(ctx, store + STORE_META) + column * (8 * META_FIELDS)
    ints = load_i64(ctx, store + STORE_INTS)
    width = load_i64(meta, META_WIDTH)
    i = load_i64(meta, META_START) + row
    if width == 2:
        return load_i32(ints, i)
    if width == 0:
        return load_i8(ints, i)
    if width == 1:
        return load_i16(ints, i)
    return load_i64(ints, i)


@inline_kernel
def read_list(ctx, column, row, k):  # type: ignore[no-untyped-def]
    """Value k of a list column of a document."""
    meta = load_i64(ctx, C_DOCUMENTS + STORE_META) + column * (8 * META_FIELDS)
    return read_int(ctx, C_DOCUMENTS, column, row * load_i64(meta, META_LENGTH) + k)


@inline_kernel
def put_uint(out, pos, value):  # type: ignore[no-untyped-def]
    """Write a non-negative number in decimal; returns the position after it."""
    n = 1
    limit = 10
    while n < 19 and value >= limit:
        n += 1
        limit *= 10
    i = pos + n
    while i > pos:
        i -= 1
        q = value // 10
        store_u8(out, i, 48 + (value - q * 10))
        value = q
    return pos + n


@inline_kernel
def put_int(out, pos, value):  # type: ignore[no-untyped-def]
    """Write a whole number in decimal; returns the position after it."""
    if value < 0:
        store_u8(out, pos, 45)
        return put_uint(out, pos + 1, -value)
    return put_uint(out, pos, value)


@inline_kernel
def _put_padded(out, pos, value, digits):  # type: ignore[no-untyped-def]
    """Write the last ``digits`` digits, zero filled."""
    if value < 0:
        value = -value
    i = pos + digits
    while i > pos:
        i -= 1
        q = value // 10
        store_u8(out, i, 48 + (value - q * 10))
        value = q
    return pos + digits


@inline_kernel
def _put_grouped(out, pos, value):  # type: ignore[no-untyped-def]
    """Write with thousands separators; zero has no sign."""
    if value < 0:
        store_u8(out, pos, 45)
        pos += 1
        value = -value
    digits = 1
    limit = 10
    while digits < 19 and value >= limit:
        digits += 1
        limit *= 10
    total = digits + (digits - 1) // 3
    i = pos + total
    run = 0
    while i > pos:
        i -= 1
        if run == 3:
            store_u8(out, i, 44)
            run = 0
            i -= 1
        q = value // 10
        store_u8(out, i, 48 + (value - q * 10))
        value = q
        run += 1
    return pos + total


@inline_kernel
def _put_money(out, pos, cents):  # type: ignore[no-untyped-def]
    """Write cents as 1,234.56; a negative amount starts with a minus."""
    if cents < 0:
        store_u8(out, pos, 45)
        pos += 1
        cents = -cents
    whole = cents // 100
    pos = _put_grouped(out, pos, whole)
    store_u8(out, pos, 46)
    return _put_padded(out, pos + 1, cents - whole * 100, 2)


@inline_kernel
def _put_date(out, pos, days, form):  # type: ignore[no-untyped-def]
    """Write days since 1970-01-01 (proleptic Gregorian) as MM/DD/YYYY, YYYY-MM-DD, Mon D, YYYY or MM/DD/YY."""
    # Days to civil date by 400-year eras of 146,097 days, years counted from 1 March.
    z = days + 719468
    era = z // 146097
    doe = z - era * 146097
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    day = doy - (153 * mp + 2) // 5 + 1
    month = mp + 3 if mp < 10 else mp - 9
    year = yoe + era * 400 + (1 if month <= 2 else 0)
    if form == F_DATE_ISO:
        pos = _put_padded(out, pos, year, 4)
        store_u8(out, pos, 45)
        pos = _put_padded(out, pos + 1, month, 2)
        store_u8(out, pos, 45)
        return _put_padded(out, pos + 1, day, 2)
    if form == F_DATE_MEDIUM:
        for k in range(3):
            letter = 3 * (month - 1) + k
            store_u8(out, pos + k, _MONTHS[letter // 8] >> (letter % 8 * 8) & 255)
        store_u8(out, pos + 3, 32)
        pos = put_uint(out, pos + 4, day)
        store_u8(out, pos, 44)
        store_u8(out, pos + 1, 32)
        return _put_padded(out, pos + 2, year, 4)
    pos = _put_padded(out, pos, month, 2)
    store_u8(out, pos, 47)
    pos = _put_padded(out, pos + 1, day, 2)
    store_u8(out, pos, 47)
    if form == F_DATE_SHORT:
        return _put_padded(out, pos + 1, year % 100, 2)
    return _put_padded(out, pos + 1, year, 4)


@inline_kernel
def put_number(out, pos, value, form, digits):  # type: ignore[no-untyped-def]
    """Write a number in one of the formats F_*; returns the position after it."""
    if form == F_MONEY:
        return _put_money(out, pos, value)
    if form == F_DATE_US or form == F_DATE_ISO or form == F_DATE_MEDIUM or form == F_DATE_SHORT:
        return _put_date(out, pos, value, form)
    if form == F_GROUPED:
        return _put_grouped(out, pos, value)
    if form == F_PADDED:
        return _put_padded(out, pos, value, digits)
    if form == F_FIXED2:
        if value < 0:
            store_u8(out, pos, 45)
            pos += 1
            value = -value
        pos = put_uint(out, pos, value // 100)
        store_u8(out, pos, 46)
        return _put_padded(out, pos + 1, value % 100, 2)
    return put_int(out, pos, value)


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
def _put_entry(ctx, store, column, row, out, pos):  # type: ignore[no-untyped-def]
    """Copy a text column's value; returns the position after it, or -1 when it does not fit."""
    meta = load_i64(ctx, store + STORE_META) + column * (8 * META_FIELDS)
    code = row if load_i64(meta, META_WIDTH) < 0 else read_int(ctx, store, column, row)
    entry = load_i64(meta, META_OFFSETS) + code
    offsets = load_i64(ctx, store + STORE_TEXT_OFFSETS)
    begin = load_i64(offsets, entry)
    count = load_i64(offsets, entry + 1) - begin
    if pos + count > SCRATCH_BYTES:
        return -1
    return copy_bytes(out, pos, load_i64(ctx, store + STORE_TEXT_BYTES) + begin, count)


@inline_kernel
def render_text(ctx, first, last, doc, line, out):  # type: ignore[no-untyped-def]
    """Write parts first..last-1 to ``out``, which holds SCRATCH_BYTES + 64.

    Returns:
        the length, or -1 when the text does not fit.
    """
    pos = 0
    for k in range(first, last):
        part = load_i64(ctx, C_PARTS) + k * (8 * PART_FIELDS)
        kind = load_i64(part, 0)
        if kind == PART_LITERAL:
            count = load_i64(part, 2)
            if pos + count > SCRATCH_BYTES:
                return -1
            pos = copy_bytes(out, pos, load_i64(ctx, C_LITERALS) + load_i64(part, 1), count)
        elif kind == PART_TEXT:
            if load_i64(part, 1) == SRC_DOCUMENT:
                pos = _put_entry(ctx, C_DOCUMENTS, load_i64(part, 2), doc, out, pos)
            else:
                pos = _put_entry(ctx, C_LINES, load_i64(part, 2), line, out, pos)
            if pos < 0:
                return -1
        elif pos + 40 > SCRATCH_BYTES:
            return -1
        elif kind == PART_CHECK_DIGIT:
            store_u8(out, pos, 48 + _luhn(out, pos))
            pos += 1
        else:
            source = load_i64(part, 1)
            if source == SRC_BUILTIN:
                value = load_i64(load_i64(ctx, C_BUILTINS), load_i64(part, 2))
            elif source == SRC_DOCUMENT:
                value = read_int(ctx, C_DOCUMENTS, load_i64(part, 2), doc)
            else:
                value = read_int(ctx, C_LINES, load_i64(part, 2), line)
            pos = put_number(out, pos, value, load_i64(part, 3), load_i64(part, 4))
    return pos


@inline_kernel
def text_width(ctx, face, text, begin, end):  # type: ignore[no-untyped-def]
    """Advance of bytes begin..end-1 at address ``text`` in 1/1000 em."""
    widths = load_i64(ctx, C_WIDTHS) + face * (256 * 4)
    total = 0
    for i in range(begin, end):
        total += load_i32(widths, load_u8(text, i))
    return total


@inline_kernel
def cut_to_width(ctx, face, text, n, limit, ellipsis):  # type: ignore[no-untyped-def]
    """Shorten the n bytes at ``text`` in place to ``limit`` 1/1000 em, ending in an ellipsis; returns the new length."""
    if text_width(ctx, face, text, 0, n) <= limit:
        return n
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
