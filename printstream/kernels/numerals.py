"""Numbers, amounts and dates in digits and words, as a template or its locale says.

All functions are called from other kernels. ``ctx`` is the address of a Context's table, ``out`` that of a buffer
of the caller; positions count bytes.
"""

from __future__ import annotations

from printstream.base.program import (
    DATE_DAY,
    DATE_DAY_TWO,
    DATE_MONTH,
    DATE_MONTH_NAME,
    DATE_MONTH_TWO,
    DATE_TEXT,
    DATE_YEAR,
    F_DATE_ISO,
    F_DATE_MEDIUM,
    F_DATE_SHORT,
    F_DATE_US,
    F_FIXED2,
    F_GROUPED,
    F_LOCAL_CURRENCY,
    F_LOCAL_DATE,
    F_LOCAL_FIXED2,
    F_LOCAL_GROUPED,
    F_MONEY,
    F_PADDED,
    LOCAL_AFTER,
    LOCAL_GAP,
    LOCAL_INDIAN,
    NAME_BYTES,
)
from printstream.kernels.context import C_DATES, C_PAIRS, DATES, FIRST_DATE
from printstream.kernels.jit import inline_kernel
from printstream.kernels.memory import (
    divide_10,
    divide_100,
    divide_1000,
    load_i64,
    load_u8,
    load_u16,
    load_u32,
    store_u8,
    store_u16,
)
from printstream.kernels.values import copy_exact

_MONTHS = (
    int.from_bytes(b"JanFebMa", "little"),
    int.from_bytes(b"rAprMayJ", "little"),
    int.from_bytes(b"unJulAug", "little"),
    int.from_bytes(b"SepOctNo", "little"),
    int.from_bytes(b"vDec", "little"),
)


@inline_kernel
def _put_pair(ctx, out, pos, value):  # type: ignore[no-untyped-def]
    """Write 0 to 99 as two digits."""
    store_u16(out + pos, 0, load_u16(load_i64(ctx, C_PAIRS), value))
    return pos + 2


@inline_kernel
def _put_three(ctx, out, pos, value):  # type: ignore[no-untyped-def]
    """Write 0 to 999 as three digits."""
    hundreds = divide_100(value)
    store_u8(out, pos, 48 + hundreds)
    return _put_pair(ctx, out, pos + 1, value - 100 * hundreds)


@inline_kernel
def _count_digits(value):  # type: ignore[no-untyped-def]
    """Digits of a non-negative number."""
    if value < 10_000:
        if value < 100:
            return 1 if value < 10 else 2
        return 3 if value < 1000 else 4
    n = 5
    limit = 100_000
    while n < 19 and value >= limit:
        n += 1
        limit *= 10
    return n


@inline_kernel
def put_uint(ctx, out, pos, value):  # type: ignore[no-untyped-def]
    """Write a non-negative number in decimal; returns the position after it."""
    end = pos + _count_digits(value)
    i = end
    while value >= 100:
        q = divide_100(value)
        i -= 2
        _put_pair(ctx, out, i, value - 100 * q)
        value = q
    if value >= 10:
        _put_pair(ctx, out, i - 2, value)
    else:
        store_u8(out, i - 1, 48 + value)
    return end


@inline_kernel
def put_int(ctx, out, pos, value):  # type: ignore[no-untyped-def]
    """Write a whole number in decimal; returns the position after it."""
    if value < 0:
        store_u8(out, pos, 45)
        return put_uint(ctx, out, pos + 1, -value)
    return put_uint(ctx, out, pos, value)


@inline_kernel
def _put_padded(out, pos, value, digits):  # type: ignore[no-untyped-def]
    """Write at least ``digits`` digits, zero filled; a longer number is written whole, a negative one with its sign."""
    if value < 0:
        store_u8(out, pos, 45)
        pos += 1
        value = -value
    digits = max(digits, _count_digits(value))
    i = pos + digits
    while i > pos:
        i -= 1
        q = divide_10(value)
        store_u8(out, i, 48 + (value - q * 10))
        value = q
    return pos + digits


@inline_kernel
def _put_thousands(ctx, out, pos, value):  # type: ignore[no-untyped-def]
    """Write a non-negative number with thousands separators."""
    if value < 1000:
        return put_uint(ctx, out, pos, value)
    scale = 1000
    while scale <= 1_000_000_000_000_000 and value >= scale * 1000:
        scale *= 1000
    head = value // scale
    pos = put_uint(ctx, out, pos, head)
    value -= head * scale
    while scale > 1:
        scale = divide_1000(scale)
        head = value // scale
        store_u8(out, pos, 44)
        pos = _put_three(ctx, out, pos + 1, head)
        value -= head * scale
    return pos


@inline_kernel
def _put_grouped(ctx, out, pos, value):  # type: ignore[no-untyped-def]
    """Write with thousands separators; zero has no sign."""
    if value < 0:
        store_u8(out, pos, 45)
        pos += 1
        value = -value
    if value < 1_000_000:
        # Nearly all amounts: no division by a variable.
        head = divide_1000(value)
        if head == 0:
            return put_uint(ctx, out, pos, value)
        pos = put_uint(ctx, out, pos, head)
        store_u8(out, pos, 44)
        return _put_three(ctx, out, pos + 1, value - 1000 * head)
    return _put_thousands(ctx, out, pos, value)


@inline_kernel
def _put_money(ctx, out, pos, cents):  # type: ignore[no-untyped-def]
    """Write cents as 1,234.56; a negative amount starts with a minus."""
    if cents < 0:
        store_u8(out, pos, 45)
        pos += 1
        cents = -cents
    whole = divide_100(cents)
    pos = _put_grouped(ctx, out, pos, whole)
    store_u8(out, pos, 46)
    return _put_pair(ctx, out, pos + 1, cents - whole * 100)


@inline_kernel
def _civil(days):  # type: ignore[no-untyped-def]
    """Year << 16 | month << 8 | day of days since 1970-01-01, proleptic Gregorian."""
    # By 400-year eras of 146,097 days, years counted from 1 March.
    z = days + 719468
    era = z // 146097
    doe = z - era * 146097
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    day = doy - (153 * mp + 2) // 5 + 1
    month = mp + 3 if mp < 10 else mp - 9
    year = yoe + era * 400 + (1 if month <= 2 else 0)
    return year << 16 | month << 8 | day


@inline_kernel
def _put_year(ctx, out, pos, year):  # type: ignore[no-untyped-def]
    """Write a year as four digits."""
    century = divide_100(year)
    pos = _put_pair(ctx, out, pos, century)
    return _put_pair(ctx, out, pos, year - 100 * century)


@inline_kernel
def _put_date(ctx, out, pos, days, form):  # type: ignore[no-untyped-def]
    """Write days since 1970-01-01 as MM/DD/YYYY, YYYY-MM-DD, Mon D, YYYY or MM/DD/YY."""
    i = days - FIRST_DATE
    date = load_u32(load_i64(ctx, C_DATES), i) if 0 <= i < DATES else _civil(days)
    year, month, day = date >> 16, date >> 8 & 255, date & 255
    if form == F_DATE_ISO:
        pos = _put_year(ctx, out, pos, year)
        store_u8(out, pos, 45)
        pos = _put_pair(ctx, out, pos + 1, month)
        store_u8(out, pos, 45)
        return _put_pair(ctx, out, pos + 1, day)
    if form == F_DATE_MEDIUM:
        for k in range(3):
            letter = 3 * (month - 1) + k
            store_u8(out, pos + k, _MONTHS[letter // 8] >> (letter % 8 * 8) & 255)
        store_u8(out, pos + 3, 32)
        pos = put_uint(ctx, out, pos + 4, day)
        store_u8(out, pos, 44)
        store_u8(out, pos + 1, 32)
        return _put_year(ctx, out, pos + 2, year)
    pos = _put_pair(ctx, out, pos, month)
    store_u8(out, pos, 47)
    pos = _put_pair(ctx, out, pos + 1, day)
    store_u8(out, pos, 47)
    if form == F_DATE_SHORT:
        return _put_pair(ctx, out, pos + 1, year % 100)
    return _put_year(ctx, out, pos + 1, year)


@inline_kernel
def _put_local_whole(out, pos, value, mark, from_digits, indian):  # type: ignore[no-untyped-def]
    """Write a non-negative number with groups by threes, or the last three and then by twos."""
    digits = _count_digits(value)
    grouped = digits >= from_digits
    marks = 0
    if grouped:
        marks = (digits - 2) // 2 if indian else (digits - 1) // 3
    end = pos + digits + marks
    i = end
    written = 0
    while i > pos:
        q = divide_10(value)
        i -= 1
        store_u8(out, i, 48 + (value - q * 10))
        value = q
        written += 1
        closes = written == 3 or (written > 3 and ((written - 3) % 2 == 0 if indian else written % 3 == 0))
        if grouped and closes and i > pos:
            i -= 1
            store_u8(out, i, mark)
    return end


@inline_kernel
def _put_local_number(ctx, out, pos, value, form, record):  # type: ignore[no-untyped-def]
    """Write a number by the record of a locale (see base/program.py); a minus stands before all else."""
    flags, sign = load_u8(record, 3), load_u8(record, 5)
    if value < 0:
        store_u8(out, pos, 45)
        pos += 1
        value = -value
    gap = 1 if flags & LOCAL_GAP else 0
    if form == F_LOCAL_CURRENCY and not flags & LOCAL_AFTER:
        pos = copy_exact(out, pos, record + 6, sign)
        store_u8(out, pos, load_u8(record, 2))
        pos += gap
    whole = value if form == F_LOCAL_GROUPED else divide_100(value)
    least = 20 if form == F_LOCAL_FIXED2 else load_u8(record, 4)
    pos = _put_local_whole(out, pos, whole, load_u8(record, 0), least, flags & LOCAL_INDIAN)
    if form != F_LOCAL_GROUPED:
        store_u8(out, pos, load_u8(record, 1))
        pos = _put_pair(ctx, out, pos + 1, value - 100 * whole)
    if form == F_LOCAL_CURRENCY and flags & LOCAL_AFTER:
        store_u8(out, pos, load_u8(record, 2))
        pos = copy_exact(out, pos + gap, record + 6, sign)
    return pos


@inline_kernel
def _put_local_date(ctx, out, pos, days, record):  # type: ignore[no-untyped-def]
    """Write a date by the steps of a locale's record (see base/program.py)."""
    date = _civil(days)
    year, month, day = date >> 16, date >> 8 & 255, date & 255
    steps = record + 12 * NAME_BYTES
    count = load_u8(steps, 0)
    k = 1
    while k <= count:
        step = load_u8(steps, k)
        if step == DATE_TEXT:
            k += 1
            store_u8(out, pos, load_u8(steps, k))
            pos += 1
        elif step == DATE_DAY:
            pos = put_uint(ctx, out, pos, day)
        elif step == DATE_DAY_TWO:
            pos = _put_pair(ctx, out, pos, day)
        elif step == DATE_MONTH:
            pos = put_uint(ctx, out, pos, month)
        elif step == DATE_MONTH_TWO:
            pos = _put_pair(ctx, out, pos, month)
        elif step == DATE_MONTH_NAME:
            name = record + (month - 1) * NAME_BYTES
            pos = copy_exact(out, pos, name + 1, load_u8(name, 0))
        elif step == DATE_YEAR:
            pos = _put_year(ctx, out, pos, year)
        else:
            pos = _put_pair(ctx, out, pos, year % 100)
        k += 1
    return pos


@inline_kernel
def put_number(ctx, out, pos, value, form, digits):  # type: ignore[no-untyped-def]
    """Write a number in one of the formats F_*; returns the position after it."""
    if form == F_MONEY:
        return _put_money(ctx, out, pos, value)
    if form in (F_DATE_US, F_DATE_ISO, F_DATE_MEDIUM, F_DATE_SHORT):
        return _put_date(ctx, out, pos, value, form)
    if form == F_GROUPED:
        return _put_grouped(ctx, out, pos, value)
    if form == F_PADDED:
        return _put_padded(out, pos, value, digits)
    if form == F_FIXED2:
        if value < 0:
            store_u8(out, pos, 45)
            pos += 1
            value = -value
        whole = divide_100(value)
        pos = put_uint(ctx, out, pos, whole)
        store_u8(out, pos, 46)
        return _put_pair(ctx, out, pos + 1, value - 100 * whole)
    if form == F_LOCAL_DATE:
        return _put_local_date(ctx, out, pos, value, digits)
    if form >= F_LOCAL_GROUPED:
        return _put_local_number(ctx, out, pos, value, form, digits)
    return put_int(ctx, out, pos, value)
