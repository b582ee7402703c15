"""Height-modulated postal codes other than the Intelligent Mail barcode: text to letters T, D, A, F.

In: the payload as ASCII, a symbology. Out: one letter a bar: tracker, descender, ascender, full. Never: allocates,
except in the batch wrapper; corrects what it is given: a payload that the post would not take gives a code.

Royal Mail's RM4SCC and PostNL's KIX share characters; POSTNET and PLANET have two heights, written F and T; Japan Post
works modulo 19, Australia Post in GF(64), Royal Mail's Mailmark (C: 66 bars, L: 78) in GF(32).
"""

from __future__ import annotations

import numpy as np

from printstream.kernels.fourstate_tables import (
    ABROAD,
    AUS_CHECKS,
    AUSPOST_C,
    AUSPOST_N,
    BAD_CHARACTER,
    BAD_CLASS,
    BAD_CONTROL,
    BAD_FORMAT,
    BAD_LENGTH,
    BAD_POSTCODE,
    BAD_VERSION,
    JAPAN_CHARACTERS,
    JAPAN_PAD,
    JAPANPOST,
    KIX,
    MAILMARK_C,
    MAILMARK_L,
    MAX_KIX,
    MAX_RM4SCC,
    POSTNET,
    RM4SCC,
    A,
    D,
    F,
    T,
)
from printstream.kernels.jit import inline_kernel, kernel

_U32 = np.uint64(32)
_LOW32 = np.uint64(0xFFFFFFFF)
_U30 = np.uint64(30)
_U64_BITS = np.uint64(64)


@inline_kernel
def _two_heights(tables, planet, text, first, count, out, at):  # type: ignore[no-untyped-def]
    """POSTNET and PLANET: a tall bar, the digits, a digit that makes the sum a multiple of ten, a tall bar."""
    good = count in (11, 13) if planet else count in (5, 9, 11)
    if not good:
        return BAD_LENGTH
    total = np.int64(0)
    out[at] = F
    place = at + 1
    for k in range(count + 1):
        digit = (10 - total % 10) % 10
        if k < count:
            digit = np.int64(text[first + k]) - 48
        if not 0 <= digit <= 9:
            return BAD_CHARACTER
        total += digit
        for bar in range(5):
            out[place + bar] = tables.digits[planet, digit, bar]
        place += 5
    out[place] = F
    return place + 1 - at


@inline_kernel
def _royal(tables, framed, text, first, count, out, at):  # type: ignore[no-untyped-def]
    """RM4SCC (framed: start, check character, stop) and KIX (bare); four bars a character."""
    if not (5 <= count <= MAX_RM4SCC if framed else 7 <= count <= MAX_KIX):
        return BAD_LENGTH
    rows = columns = np.int64(0)
    place = at
    if framed:
        out[place] = A
        place += 1
    for k in range(count + framed):
        # The check character's row and column are the sums, modulo 6, of the others'.
        value = (rows + 5) % 6 * 6 + (columns + 5) % 6
        if k < count:
            value = np.int64(tables.alphabet[text[first + k]])
            if value < 0:
                return BAD_CHARACTER
        rows += value // 6 + 1
        columns += value % 6 + 1
        for bar in range(4):
            out[place + bar] = tables.royal[value, bar]
        place += 4
    if framed:
        out[place] = F
        place += 1
    return place - at


@inline_kernel
def _japan_symbol(tables, symbol, out, at):  # type: ignore[no-untyped-def]
    for bar in range(3):
        out[at + bar] = tables.japan[symbol, bar]


@inline_kernel
def _japan(tables, text, first, count, out, at):  # type: ignore[no-untyped-def]
    """Japan Post: seven digits of postcode, then digits, hyphens and capitals (two symbols each), padded to 20."""
    if count < 7:
        return BAD_LENGTH
    out[at], out[at + 1] = F, D
    used = total = np.int64(0)
    for k in range(count):
        byte = text[first + k]
        value = np.int64(tables.alphabet[byte])
        if (value < 0 and byte != 45) or (k < 7 and not 0 <= value <= 9):
            return BAD_CHARACTER
        if used + (value >= 10) >= JAPAN_CHARACTERS:
            return BAD_LENGTH
        symbol = value if byte != 45 else np.int64(10)
        if value >= 10:  # CC1, CC2, CC3, each for ten letters, and the digit within
            lead = 11 + (value - 10) // 10
            _japan_symbol(tables, lead, out, at + 2 + 3 * used)
            total += lead
            used += 1
            symbol = (value - 10) % 10
        _japan_symbol(tables, symbol, out, at + 2 + 3 * used)
        total += symbol
        used += 1
    for place in range(used, JAPAN_CHARACTERS):
        _japan_symbol(tables, JAPAN_PAD, out, at + 2 + 3 * place)
        total += JAPAN_PAD
    _japan_symbol(tables, (19 - total % 19) % 19, out, at + 2 + 3 * JAPAN_CHARACTERS)
    end = at + 5 + 3 * JAPAN_CHARACTERS
    out[end], out[end + 1] = D, F
    return end + 2 - at


@inline_kernel
def _aus_bars(control, needed):  # type: ignore[no-untyped-def]
    """Bars by the format control code, for the null code (00) by the bars that the data need; 0: no such code."""
    if control == 0:
        return 37 if needed <= 22 else 52 if needed <= 38 else 67
    if control in (11, 45, 87, 92):
        return 37
    if control == 59:
        return 52
    return 67 if control == 62 else 0


@inline_kernel
def _aus(tables, characters, text, first, count, out, at):  # type: ignore[no-untyped-def]
    """Australia Post: format control code (2 digits), sorting code (8), customer information (N digits, or C)."""
    if count < 10:
        return BAD_LENGTH
    for k in range(first, first + count):
        if k < first + 10 or not characters:
            if not 48 <= text[k] <= 57:
                return BAD_CHARACTER
        elif tables.aus_c[text[k], 0] < 0:
            return BAD_CHARACTER
    needed = 22 + (3 if characters else 2) * (count - 10)  # with the start bars
    bars = _aus_bars((np.int64(text[first]) - 48) * 10 + np.int64(text[first + 1]) - 48, needed)
    data = bars - 2 - 3 * AUS_CHECKS
    if bars == 0 or (bars == 37 and count > 10):
        return BAD_CONTROL
    if needed > data:
        return BAD_LENGTH
    out[at], out[at + 1] = 1, 3
    place = at + 2
    for k in range(first, first + count):
        if k < first + 10 or not characters:
            digit = np.int64(text[k]) - 48
            out[place], out[place + 1] = digit // 3, digit % 3
            place += 2
        else:
            for bar in range(3):
                out[place + bar] = tables.aus_c[text[k], bar]
            place += 3
    for filler in range(place, at + data):
        out[filler] = 3
    _aus_checks(tables, out, at, data)
    out[at + bars - 2], out[at + bars - 1] = 1, 3
    for k in range(at, at + bars):
        value = out[k]
        out[k] = F if value == 0 else A if value == 1 else D if value == 2 else T
    return bars


@inline_kernel
def _aus_checks(tables, out, at, data):  # type: ignore[no-untyped-def]
    """Four Reed-Solomon symbols of three bars each behind the data bars."""
    r0 = r1 = r2 = r3 = np.int64(0)
    for k in range(at + 2, at + data, 3):
        factor = r0 ^ (np.int64(out[k]) << 4 | np.int64(out[k + 1]) << 2 | np.int64(out[k + 2]))
        r0 = r1 ^ np.int64(tables.aus_steps[factor, 0])
        r1 = r2 ^ np.int64(tables.aus_steps[factor, 1])
        r2 = r3 ^ np.int64(tables.aus_steps[factor, 2])
        r3 = np.int64(tables.aus_steps[factor, 3])
    place = at + data
    for check in (r0, r1, r2, r3):
        out[place], out[place + 1], out[place + 2] = check >> 4, check >> 2 & 3, check & 3
        place += 3


@inline_kernel
def _postcode_value(tables, text, first):  # type: ignore[no-untyped-def]
    """Number of postcode and delivery point suffix (nine characters); -1 where it has no lawful form."""
    digits = 0
    abroad = True
    for k in range(9):
        byte = text[first + k]
        if 48 <= byte <= 57:
            digits |= 1 << k
        abroad = abroad and byte == ABROAD[k]
    if abroad:
        return 0
    shape = np.int64(tables.shape_of[digits])
    if shape < 0:
        return -1
    number = np.int64(0)
    for k in range(9):
        value = np.int64(tables.shape_value[shape, k, text[first + k]])
        if value < 0:
            return -1
        number = number * tables.shape_radix[shape, k] + value
    return number + tables.shape_base[shape]


@inline_kernel
def _digits_value(text, first, count):  # type: ignore[no-untyped-def]
    """A run of digits as a number; -1 where one is none."""
    number = np.int64(0)
    for k in range(first, first + count):
        digit = np.int64(text[k]) - 48
        if not 0 <= digit <= 9:
            return -1
        number = number * 10 + digit
    return number


@inline_kernel
def _mailmark(tables, long, text, first, count, out, at):  # type: ignore[no-untyped-def]
    """Mailmark C (long = 0) or L (1): format, version, class, supply chain, item, postcode and suffix."""
    chain = 6 if long else 2
    if count != 20 + chain:
        return BAD_LENGTH
    kind = np.int64(text[first]) - 48
    if not 0 <= kind <= 4:
        return BAD_FORMAT
    version = np.int64(text[first + 1]) - 49
    if not 0 <= version <= 3:
        return BAD_VERSION
    mail_class = np.int64(tables.alphabet[text[first + 2]])
    if not 0 <= mail_class <= 14:
        return BAD_CLASS
    supply = _digits_value(text, first + 3, chain)
    item = _digits_value(text, first + 3 + chain, 8)
    if supply < 0 or item < 0:
        return BAD_CHARACTER
    postcode = _postcode_value(tables, text, first + 11 + chain)
    if postcode < 0:
        return BAD_POSTCODE
    scale = 1_000_000 if long else 100
    rest = (((item * scale + supply) * 15 + mail_class) * 5 + kind) * 4 + version
    _mailmark_bars(tables, long, postcode, 300 * scale * 100_000_000, rest, out, at)
    return 3 * count


@inline_kernel
def _mailmark_bars(tables, long, postcode, scale, rest, out, at):  # type: ignore[no-untyped-def]
    """Bars of postcode * scale + rest, a number of up to 93 bits, kept in two words."""
    upper, factor = np.uint64(postcode), np.uint64(scale)
    low_product = (upper & _LOW32) * (factor & _LOW32)
    middle = (upper >> _U32) * (factor & _LOW32) + (low_product >> _U32)
    cross = (upper & _LOW32) * (factor >> _U32) + (middle & _LOW32)
    high = (upper >> _U32) * (factor >> _U32) + (middle >> _U32) + (cross >> _U32)
    low = (cross << _U32 | low_product & _LOW32) + np.uint64(rest)
    if low < np.uint64(rest):
        high += np.uint64(1)
    data, evens, checks = (19, 11, 7) if long else (16, 9, 6)
    # Numbers in ``out`` first: the last eight or seven are base 32, those before base 30.
    bits = np.uint64(5 * (data - evens))
    tail = np.int64(low & ((np.uint64(1) << bits) - np.uint64(1)))
    head = high << (_U64_BITS - bits) | low >> bits
    for k in range(data - 1, evens - 1, -1):
        out[at + k] = tail & 31
        tail >>= 5
    for k in range(evens - 1, -1, -1):
        quotient = head // _U30
        out[at + k] = head - quotient * _U30
        head = quotient
    for k in range(checks):
        out[at + data + k] = 0
    for k in range(data):
        factor_row = np.int64(out[at + k] ^ out[at + data])
        for c in range(checks - 1):
            out[at + data + c] = out[at + data + c + 1] ^ tables.mail_steps[long, factor_row, c]
        out[at + data + checks - 1] = tables.mail_steps[long, factor_row, checks - 1]
    _spread_groups(tables, long, evens, data + checks, out, at)


@inline_kernel
def _spread_groups(tables, long, evens, count, out, at):  # type: ignore[no-untyped-def]
    """Numbers to symbols, symbols to their groups of three bars; ``out`` holds the numbers and takes the bars.

    The symbols wait in three words of ten six-bit places each, because the bars overwrite the numbers.
    """
    first = second = third = np.int64(0)
    for k in range(count):
        symbol = np.int64(tables.mail_symbols[0 if k < evens else 1, out[at + k]])
        group = np.int64(tables.mail_groups[long, k])
        if group < 10:
            first |= symbol << 6 * group
        elif group < 20:
            second |= symbol << 6 * (group - 10)
        else:
            third |= symbol << 6 * (group - 20)
    for place in range(count):
        word = first if place < 10 else second if place < 20 else third
        pattern = word >> 6 * (place % 10) & 63
        for bar in range(3):
            upper, lower = pattern >> (5 - bar) & 1, pattern >> (2 - bar) & 1
            if place & 1:  # every other group stands on its head
                upper, lower = lower, upper
            value = 2 * upper + lower
            out[at + 3 * place + bar] = F if value == 3 else A if value == 2 else D if value == 1 else T


@kernel
def encode_fourstate(tables, symbology, text, first, count, out, at):  # type: ignore[no-untyped-def]
    """Encode one payload.

    Args:
        tables: FourstateTables.
        symbology: int: POSTNET to MAILMARK_L.
        text: uint8[>= first + count]: the payload in ASCII, capitals only (Australia Post's C: both).
        first: int: place of its first byte.
        count: int: its bytes.
        out: uint8[>= at + MAX_BARS], the caller's: letters T, D, A, F from ``at``; what is behind the last bar, and all
            of it where the payload is refused, is undefined.
        at: int.

    Returns:
        int64: number of bars; below 0: BAD_LENGTH ... (see REASONS).
    """
    if symbology == MAILMARK_C or symbology == MAILMARK_L:
        return _mailmark(tables, symbology - MAILMARK_C, text, first, count, out, at)
    if symbology == RM4SCC or symbology == KIX:
        return _royal(tables, 1 if symbology == RM4SCC else 0, text, first, count, out, at)
    if symbology == AUSPOST_N or symbology == AUSPOST_C:
        return _aus(tables, symbology - AUSPOST_N, text, first, count, out, at)
    if symbology == JAPANPOST:
        return _japan(tables, text, first, count, out, at)
    return _two_heights(tables, symbology - POSTNET, text, first, count, out, at)


@kernel
def encode_fourstate_batch(tables, symbology, text, offsets, out, codes):  # type: ignore[no-untyped-def]
    """Encode n payloads: payload i is text[offsets[i]:offsets[i + 1]].

    Args:
        tables: FourstateTables.
        symbology: int.
        text: uint8[offsets[n]].
        offsets: int64[n + 1].
        out: uint8[>= 1, MAX_BARS], the caller's: row i % rows takes the bars, so that one row serves to check n.
        codes: int8[n], the caller's: number of bars or what is wrong.
    """
    for i in range(codes.size):
        count = offsets[i + 1] - offsets[i]
        codes[i] = encode_fourstate(tables, symbology, text, offsets[i], count, out[i % out.shape[0]], 0)
