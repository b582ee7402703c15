"""QR code model 2 (ISO/IEC 18004:2015), versions 1 to 10, level M: bytes to the rows of a 1-bit image.

In: bytes. Out: packed rows, 1 = dark, no quiet zone. Never: allocates, except in the batch wrapper.

The eight masks are compared by the penalties of 7.8.3.1 on whole rows at a time: a symbol of at most 57
modules a side has a row in one 64-bit word, and columns are compared between the words of neighbouring rows.
Rows are looked at without regard to each other's results, so that the compiler takes four or eight at a time.
"""

from __future__ import annotations

import numpy as np

from printstream.kernels.galois import write_checks
from printstream.kernels.jit import inline_kernel, kernel
from printstream.kernels.qr_tables import (
    ABOVE,
    BLOCKS,
    CHECKS,
    DATA,
    DIVISION_ROW,
    FIRST_ROW,
    MAX_VERSION,
    NOT_ALPHANUMERIC,
    ROWS,
    SHORT_BLOCKS,
    SHORT_DATA,
    SIZE,
    QrTables,
    qr_tables,
)

__all__ = [
    "ALPHANUMERIC", "AUTO", "BYTE", "NOT_IN_MODE", "NUMERIC", "OUT_BYTES", "SCRATCH_BYTES",
    "TOO_LONG", "QrTables", "encode_qr", "encode_qr_batch", "qr_tables",
]  # fmt: skip

TOO_LONG = -1
NOT_IN_MODE = -2
AUTO, NUMERIC, ALPHANUMERIC, BYTE = 0, 1, 2, 4
"""Modes: AUTO takes the shortest single mode; the others are the indicators of table 2."""
SCRATCH_BYTES = 2048
OUT_BYTES = 57 * 8
"""Bytes that the largest symbol takes."""

_CODEWORDS_AT = 1536
_BASE = 96
_WORST = 1 << 30
_ODD_BITS = np.uint64(0x5555555555555555)
_PAIRS = np.uint64(0x3333333333333333)
_NIBBLES = np.uint64(0x0F0F0F0F0F0F0F0F)
_BYTES = np.uint64(0x0101010101010101)
_ROW = tuple(np.uint64(k) for k in range(13))
"""Steps without a sign: indices that cannot be negative need no look, and rows are taken several at a time."""
_U1, _U2, _U4, _U56 = np.uint64(1), np.uint64(2), np.uint64(4), np.uint64(56)


@inline_kernel
def _count(bits):  # type: ignore[no-untyped-def]
    """Bits set of an int64; LLVM knows this form and makes one popcnt of it."""
    x = np.uint64(bits)
    x -= x >> _U1 & _ODD_BITS
    x = (x & _PAIRS) + (x >> _U2 & _PAIRS)
    x = x + (x >> _U4) & _NIBBLES
    return np.int64(x * _BYTES >> _U56)


@inline_kernel
def _put(data, bit, value, count):  # type: ignore[no-untyped-def]
    """Write ``count`` <= 16 bits of ``value`` at bit ``bit`` of zeroed bytes."""
    word = value << (24 - count - (bit & 7))
    at = bit >> 3
    data[at] |= word >> 16 & 255
    data[at + 1] |= word >> 8 & 255
    data[at + 2] |= word & 255
    return bit + count


@inline_kernel
def _narrowest_mode(alphanumeric, text, count):  # type: ignore[no-untyped-def]
    """The single mode with the fewest bits that can hold the text."""
    mode = NUMERIC
    for at in range(count):
        value = alphanumeric[text[at]]
        if value == NOT_ALPHANUMERIC:
            return BYTE
        if value > 9:
            mode = ALPHANUMERIC
    return mode


@inline_kernel
def _count_bits(version, mode):  # type: ignore[no-untyped-def]
    """Bits of the character count indicator (table 3)."""
    wide = version >= 10
    if mode == BYTE:
        return 16 if wide else 8
    if mode == ALPHANUMERIC:
        return 11 if wide else 9
    return 12 if wide else 10


@inline_kernel
def _payload_bits(mode, count):  # type: ignore[no-untyped-def]
    """Bits of ``count`` characters (7.4.3 to 7.4.5)."""
    if mode == BYTE:
        return 8 * count
    if mode == ALPHANUMERIC:
        return 11 * (count // 2) + 6 * (count % 2)
    return 10 * (count // 3) + (0, 4, 7)[count % 3]


@inline_kernel
def _write_data(  # type: ignore[no-untyped-def]
    alphanumeric, text, count, mode, version, data_count, data
):
    """Data codewords: mode, count, characters, terminator, pads (7.4); the text must be of the mode."""
    for place in range(data_count + 2):
        data[place] = 0
    bit = _put(data, 0, mode, 4)
    bit = _put(data, bit, count, _count_bits(version, mode))
    if mode == BYTE:
        for at in range(count):
            bit = _put(data, bit, np.int64(text[at]), 8)
    elif mode == ALPHANUMERIC:
        for at in range(0, count - 1, 2):
            pair = 45 * np.int64(alphanumeric[text[at]]) + np.int64(alphanumeric[text[at + 1]])
            bit = _put(data, bit, pair, 11)
        if count & 1:
            bit = _put(data, bit, np.int64(alphanumeric[text[count - 1]]), 6)
    else:
        for at in range(0, count - 2, 3):
            hundreds = 100 * np.int64(text[at]) + 10 * np.int64(text[at + 1]) + np.int64(text[at + 2])
            bit = _put(data, bit, hundreds - 111 * 48, 10)
        if count % 3 == 2:
            bit = _put(data, bit, 10 * np.int64(text[count - 2]) + np.int64(text[count - 1]) - 11 * 48, 7)
        elif count % 3 == 1:
            bit = _put(data, bit, np.int64(text[count - 1]) - 48, 4)
    # 7.4.9, 7.4.10: a terminator of up to four zeros, zeros to the next codeword, then the pads.
    pad = 0xEC
    for place in range((bit + 4 + 7) >> 3, data_count):
        data[place] = pad
        pad ^= 0xEC ^ 0x11


@inline_kernel
def _finder_lookalikes(bits):  # type: ignore[no-untyped-def]
    """Patterns 1011101 in a row with four light modules on either side (7.8.3.1, feature 3).

    The light modules may lie outside of the symbol, and patterns that share modules count once, the first
    (our choice, because the clause is silent; it is what segno does).
    """
    found = bits & bits >> 2 & bits >> 3 & bits >> 4 & bits >> 6 & ~(bits >> 1 | bits >> 5)
    if found == 0:
        return 0
    four = bits | bits << 1
    four |= four << 2
    found &= ~(four << 1 & four >> 10)
    if found & (found >> 4 | found >> 6) == 0:
        return _count(found)
    total = 0
    while found != 0:
        first = found & -found
        found &= ~(first | first << 4 | first << 6)
        total += 1
    return total


@inline_kernel
def _column_lookalikes(rows, size):  # type: ignore[no-untyped-def]
    """The same in columns; rows has four empty rows above the symbol and four below."""
    total = 0
    kept1, kept2, kept3, kept4, kept5, kept6 = 0, 0, 0, 0, 0, 0
    for i in range(ABOVE, ABOVE + size - 6):
        found = rows[i] & ~rows[i + 1] & rows[i + 2] & rows[i + 3] & rows[i + 4] & ~rows[i + 5] & rows[i + 6]
        if found != 0:
            above = rows[i - 1] | rows[i - 2] | rows[i - 3] | rows[i - 4]
            below = rows[i + 7] | rows[i + 8] | rows[i + 9] | rows[i + 10]
            found &= ~(above & below) & ~(kept4 | kept6)
            total += _count(found)
        kept1, kept2, kept3, kept4, kept5, kept6 = found, kept1, kept2, kept3, kept4, kept5
    return total


@inline_kernel
def _balance(dark, total):  # type: ignore[no-untyped-def]
    """Feature 4: ten for every twentieth that dark modules are away from half of all."""
    return 10 * (abs(20 * dark - 10 * total) // total)


@inline_kernel
def _penalty(rows, size, limit):  # type: ignore[no-untyped-def]
    """Penalty of a masked symbol (7.8.3.1, table 11), or something >= limit once it is that much."""
    within = (1 << size - 1) - 1
    score = 0
    dark = 0
    pairs_above, same1, same2, same3, run_above = 0, 0, 0, 0, 0
    for i in range(ABOVE, ABOVE + size):
        bits = rows[i]
        dark += _count(bits)
        pairs = ~(bits ^ bits >> 1) & within
        blocks = pairs & pairs_above & same1
        run = pairs & pairs >> 1
        run &= run >> 2
        # A run of n >= 5 modules costs n - 2: n - 4 windows of five, and two for its start.
        score += 3 * _count(blocks) + _count(run) + 2 * _count(run & ~(run << 1))
        score += 40 * _finder_lookalikes(bits)
        same = ~(bits ^ rows[i + 1]) & (within << 1 | 1)
        if i == ABOVE + size - 1:
            same = 0
        run = same & same1 & same2 & same3
        score += _count(run) + 2 * _count(run & ~run_above)
        pairs_above, same1, same2, same3, run_above = pairs, same, same1, same2, run
        if score >= limit:
            return score
    score += _balance(dark, size * size)
    if score >= limit:
        return score
    return score + 40 * _column_lookalikes(rows, size)


@inline_kernel
def _features(rows, within, next_row, count):  # type: ignore[no-untyped-def]
    """Features 1 to 3 of 7.8.3.1 of rows 0..count-1, each from the rows around it: no branch, nothing carried on.

    Args:
        rows: int64[ROWS]: the symbol's, behind ABOVE empty ones.
        within: int64[ROWS]: see QrTables.alike.
        next_row: int64[ROWS]: likewise.
        count: int: rows, to a multiple of eight.

    Returns:
        (penalty, dark modules, whether finder look-alikes may share modules, which ``_penalty`` must judge then).
    """
    score, dark, shared = 0, 0, 0
    for row in range(np.uint64(count)):
        i = row + _ROW[ABOVE]
        r, above, below = rows[i], rows[i - _ROW[1]], rows[i + _ROW[1]]
        above2, above3, above4 = rows[i - _ROW[2]], rows[i - _ROW[3]], rows[i - _ROW[4]]
        below2, below3, below4 = rows[i + _ROW[2]], rows[i + _ROW[3]], rows[i + _ROW[4]]
        below5, below6, below7 = rows[i + _ROW[5]], rows[i + _ROW[6]], rows[i + _ROW[7]]
        below8, below9, below10 = rows[i + _ROW[8]], rows[i + _ROW[9]], rows[i + _ROW[10]]
        pairs = ~(r ^ r >> 1) & within[i]
        run = pairs & pairs >> 1
        run &= run >> 2
        same = ~(above ^ r) & next_row[i - _ROW[1]]
        blocks = pairs & ~(above ^ above >> 1) & within[i - _ROW[1]] & same
        same &= ~(above2 ^ above) & next_row[i - _ROW[2]] & ~(above3 ^ above2) & next_row[i - _ROW[3]]
        column = same & ~(r ^ below) & next_row[i]
        column_above = same & ~(above4 ^ above3) & next_row[i - _ROW[4]]
        across = r & r >> 2 & r >> 3 & r >> 4 & r >> 6 & ~(r >> 1 | r >> 5)
        four = r | r << 1
        four |= four << 2
        across &= ~(four << 1 & four >> 10)
        down = r & ~below & below2 & below3 & below4 & ~below5 & below6
        down &= ~((above | above2 | above3 | above4) & (below7 | below8 | below9 | below10))
        # The next one in the same column may begin 4 rows below, or 6.
        later = ~below7 & below9 & ~rows[i + _ROW[11]] & rows[i + _ROW[12]]
        shared |= across & (across >> 4 | across >> 6) | down & below8 & below10 & (below7 & ~below9 | later)
        # A run of n >= 5 modules costs n - 2: n - 4 windows of five, and two for its start.
        score += 3 * _count(blocks) + _count(run) + 2 * _count(run & ~(run << 1))
        score += _count(column) + 2 * _count(column & ~column_above) + 40 * (_count(across) + _count(down))
        dark += _count(r)
    return score, dark, shared != 0


@inline_kernel
def _place(tables, version, words, rows):  # type: ignore[no-untyped-def]
    """Unmasked rows into rows[_BASE:]."""
    first_row = tables.versions[version, FIRST_ROW]
    begin = np.int64(tables.piece_ends[first_row])
    for row in range(tables.versions[version, SIZE]):
        bits = np.int64(0)
        end = np.int64(tables.piece_ends[first_row + row + 1])
        for place in range(begin, end):
            piece = np.int64(tables.pieces[place])
            bits |= (np.int64(words[piece & 511]) & (piece >> 9 & 255)) << (piece >> 17)
        begin = end
        rows[_BASE + row] = (bits >> 7 & (1 << 57) - 1) | tables.fixed[first_row + row]


@inline_kernel
def _best_mask(masks, alike, first, size, rows):  # type: ignore[no-untyped-def]
    """The mask with the least penalty, the first of equals (7.8.3); rows[:ROWS] is overwritten."""
    for i in range(ROWS):
        rows[i] = 0
    best, least = 0, _WORST
    for mask in range(8):
        for i in range(size):
            rows[ABOVE + i] = rows[_BASE + i] ^ masks[first + mask * size + i]
        score, dark, shared = _features(rows, alike[0], alike[1], (size + 7) & ~7)
        score += _balance(dark, size * size)
        if shared:
            score = _penalty(rows, size, least)
        if score < least:
            best, least = mask, score
    return best


@kernel
def encode_qr(  # type: ignore[no-untyped-def]
    tables, text, text_count, min_version, scratch, rows_out, mode=AUTO
):
    """Encode one symbol at level M, in the smallest version that holds the text.

    Args:
        tables: QrTables.
        text: uint8[>= text_count].
        text_count: int: bytes of text.
        min_version: int: least version; all the symbols of a job get one size by it.
        scratch: uint8[>= SCRATCH_BYTES], C-contiguous, the caller's.
        rows_out: uint8[>= size * ceil(size / 8)] (OUT_BYTES suffices), the caller's: rows from the top, each
            ceil(size / 8) bytes, leftmost module in the most significant bit, 1 = dark, spare bits 0.
        mode: AUTO, NUMERIC, ALPHANUMERIC or BYTE.

    Returns:
        int64: size, the modules a side (17 + 4 * version), or TOO_LONG or NOT_IN_MODE (and then nothing is
        written to ``rows_out``).
    """
    narrowest = _narrowest_mode(tables.alphanumeric, text, text_count)
    if mode == AUTO:
        mode = narrowest
    if mode < narrowest or mode not in (NUMERIC, ALPHANUMERIC, BYTE):
        return NOT_IN_MODE
    version = max(min_version, 1)
    bits = 4 + _payload_bits(mode, text_count)
    while version <= MAX_VERSION and bits + _count_bits(version, mode) > 8 * tables.versions[version, DATA]:
        version += 1
    if version > MAX_VERSION:
        return TOO_LONG
    data_count, checks = tables.versions[version, DATA], tables.versions[version, CHECKS]
    rows = scratch[:_CODEWORDS_AT].view(np.int64)
    words = scratch[_CODEWORDS_AT:]
    _write_data(tables.alphanumeric, text, text_count, mode, version, data_count, words)
    division_row = tables.versions[version, DIVISION_ROW]
    at = 0
    for block in range(tables.versions[version, BLOCKS]):
        length = tables.versions[version, SHORT_DATA] + (block >= tables.versions[version, SHORT_BLOCKS])
        checks_at = data_count + block * checks
        write_checks(tables.division, division_row, words, at, length, checks, words, checks_at)
        at += length
    _place(tables, version, words, rows)
    size = tables.versions[version, SIZE]
    first = 8 * tables.versions[version, FIRST_ROW]
    first += size * _best_mask(tables.masks, tables.alike[version], first, size, rows)
    at = 0
    for i in range(size):
        bits = rows[_BASE + i] ^ tables.masks[first + i] | tables.formats[first + i]
        for shift in range(0, size, 8):
            rows_out[at] = tables.reversed[bits >> shift & 255]
            at += 1
    return size


@kernel
def encode_qr_batch(tables, text, offsets, min_version, out, sizes, mode=AUTO):  # type: ignore[no-untyped-def]
    """Encode n symbols: symbol i is text[offsets[i]:offsets[i + 1]].

    Args:
        tables: QrTables.
        text: uint8[offsets[n]].
        offsets: int64[n + 1].
        min_version: int.
        out: uint8[n, OUT_BYTES], the caller's.
        sizes: int8[n], the caller's: modules a side or negative code of each.
        mode: AUTO, NUMERIC, ALPHANUMERIC or BYTE.
    """
    scratch = np.empty(SCRATCH_BYTES, np.uint8)
    for i in range(sizes.size):
        one = text[offsets[i] : offsets[i + 1]]
        sizes[i] = encode_qr(tables, one, one.size, min_version, scratch, out[i], mode)
