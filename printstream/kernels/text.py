"""Text of one field or line, formatted straight from columns into bytes in job codes.

All functions are called from other kernels; buffers belong to the caller.
"""

from __future__ import annotations

import numpy as np

from printstream.base.program import (
    B_CARRIED,
    F_DATE_ISO,
    F_DATE_MEDIUM,
    F_DATE_SHORT,
    F_DATE_US,
    F_FIXED2,
    F_GROUPED,
    F_MONEY,
    F_PADDED,
    PART_CHECK_DIGIT,
    PART_LITERAL,
    PART_TEXT,
    SRC_BUILTIN,
    SRC_DOCUMENT,
)
from printstream.base.store import META_LENGTH, META_OFFSETS, META_START, META_WIDTH
from printstream.kernels.jit import inline_kernel

SCRATCH_BYTES = 4096
"""Longest text of one field or line; a longer one is refused by layout."""

_MONTHS = np.frombuffer(b"JanFebMarAprMayJunJulAugSepOctNovDec", np.uint8).copy()


@inline_kernel
def read_int(store, column, row):  # type: ignore[no-untyped-def]
    """Value of an integer column, or the code of a text column; int64."""
    width = store.meta[column, META_WIDTH]
    i = store.meta[column, META_START] + row
    if width == 2:
        return np.int64(store.int32[i])
    if width == 0:
        return np.int64(store.int8[i])
    if width == 1:
        return np.int64(store.int16[i])
    return store.int64[i]


@inline_kernel
def read_list(store, column, row, k):  # type: ignore[no-untyped-def]
    """Value k of a list column; int64."""
    return read_int(store, column, row * store.meta[column, META_LENGTH] + k)


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
        out[i] = np.uint8(48 + (value - q * 10))
        value = q
    return pos + n


@inline_kernel
def put_int(out, pos, value):  # type: ignore[no-untyped-def]
    """Write a whole number in decimal; returns the position after it."""
    if value < 0:
        out[pos] = 45
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
        out[i] = np.uint8(48 + (value - q * 10))
        value = q
    return pos + digits


@inline_kernel
def _put_grouped(out, pos, value):  # type: ignore[no-untyped-def]
    """Write with thousands separators; zero has no sign."""
    if value < 0:
        out[pos] = 45
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
            out[i] = 44
            run = 0
            i -= 1
        q = value // 10
        out[i] = np.uint8(48 + (value - q * 10))
        value = q
        run += 1
    return pos + total


@inline_kernel
def _put_money(out, pos, cents):  # type: ignore[no-untyped-def]
    """Write cents as 1,234.56; a negative amount starts with a minus."""
    if cents < 0:
        out[pos] = 45
        pos += 1
        cents = -cents
    whole = cents // 100
    pos = _put_grouped(out, pos, whole)
    out[pos] = 46
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
        out[pos] = 45
        pos = _put_padded(out, pos + 1, month, 2)
        out[pos] = 45
        return _put_padded(out, pos + 1, day, 2)
    if form == F_DATE_MEDIUM:
        for k in range(3):
            out[pos + k] = _MONTHS[(month - 1) * 3 + k]
        out[pos + 3] = 32
        pos = put_uint(out, pos + 4, day)
        out[pos] = 44
        out[pos + 1] = 32
        return _put_padded(out, pos + 2, year, 4)
    pos = _put_padded(out, pos, month, 2)
    out[pos] = 47
    pos = _put_padded(out, pos + 1, day, 2)
    out[pos] = 47
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
            out[pos] = 45
            pos += 1
            value = -value
        pos = put_uint(out, pos, value // 100)
        out[pos] = 46
        return _put_padded(out, pos + 1, value % 100, 2)
    return put_int(out, pos, value)


@inline_kernel
def _luhn(text, n):  # type: ignore[no-untyped-def]
    """Check digit (modulus 10, weights 2 1 from the right) of the digits in text[:n]; ISO/IEC 7812-1 annex B."""
    total = 0
    double = True
    for k in range(n):
        c = text[n - 1 - k]
        if c < 48 or c > 57:
            continue
        d = np.int64(c) - 48
        if double:
            d *= 2
            if d > 9:
                d -= 9
        total += d
        double = not double
    return (10 - total % 10) % 10


@inline_kernel
def render_text(program, first, last, docs, doc, lines, line, builtins, out):  # type: ignore[no-untyped-def]
    """Write parts first..last-1 into out[0:]; out holds SCRATCH_BYTES.

    Returns:
        the length, or -1 when the text does not fit.
    """
    pos = 0
    parts = program.parts
    for k in range(first, last):
        kind = parts[k, 0]
        if kind == PART_LITERAL:
            begin = parts[k, 1]
            n = parts[k, 2]
            if pos + n > SCRATCH_BYTES:
                return -1
            for i in range(n):
                out[pos + i] = program.literals[begin + i]
            pos += n
        elif kind == PART_TEXT:
            column = parts[k, 2]
            if parts[k, 1] == SRC_DOCUMENT:
                entry = docs.meta[column, META_OFFSETS] + (
                    read_int(docs, column, doc) if docs.meta[column, META_WIDTH] >= 0 else doc
                )
                begin = docs.text_offsets[entry]
                n = docs.text_offsets[entry + 1] - begin
                if pos + n > SCRATCH_BYTES:
                    return -1
                for i in range(n):
                    out[pos + i] = docs.text_bytes[begin + i]
            else:
                entry = lines.meta[column, META_OFFSETS] + read_int(lines, column, line)
                begin = lines.text_offsets[entry]
                n = lines.text_offsets[entry + 1] - begin
                if pos + n > SCRATCH_BYTES:
                    return -1
                for i in range(n):
                    out[pos + i] = lines.text_bytes[begin + i]
            pos += n
        else:
            if pos + 40 > SCRATCH_BYTES:
                return -1
            if kind == PART_CHECK_DIGIT:
                out[pos] = np.uint8(48 + _luhn(out, pos))
                pos += 1
            else:
                source = parts[k, 1]
                if source == SRC_BUILTIN:
                    value = builtins[parts[k, 2]]
                elif source == SRC_DOCUMENT:
                    value = read_int(docs, parts[k, 2], doc)
                else:
                    value = read_int(lines, parts[k, 2], line)
                pos = put_number(out, pos, value, parts[k, 3], parts[k, 4])
    return pos


@inline_kernel
def text_width(widths, face, text, begin, end):  # type: ignore[no-untyped-def]
    """Advance of text[begin:end] in 1/1000 em."""
    total = np.int64(0)
    for i in range(begin, end):
        total += widths[face, text[i]]
    return total


@inline_kernel
def cut_to_width(widths, face, text, n, limit, ellipsis):  # type: ignore[no-untyped-def]
    """Shorten text[:n] in place to ``limit`` 1/1000 em, ending in an ellipsis; returns the new length."""
    if text_width(widths, face, text, 0, n) <= limit:
        return n
    room = limit - widths[face, ellipsis]
    used = np.int64(0)
    keep = 0
    while keep < n and used + widths[face, text[keep]] <= room:
        used += widths[face, text[keep]]
        keep += 1
    while keep > 0 and text[keep - 1] == 32:
        keep -= 1
    text[keep] = ellipsis
    return keep + 1


@inline_kernel
def next_break(widths, face, text, begin, n, limit):  # type: ignore[no-untyped-def]
    """End of the line that starts at ``begin``: after the last word that fits, or inside a word too long for any line."""
    used = np.int64(0)
    last_space = -1
    i = begin
    while i < n:
        used += widths[face, text[i]]
        if text[i] == 32:
            last_space = i
        elif used > limit:
            if last_space > begin:
                return last_space
            return max(i, begin + 1)
        i += 1
    return n


BUILTIN_SLOTS = B_CARRIED + 8
"""Length of the builtins array that callers pass."""
