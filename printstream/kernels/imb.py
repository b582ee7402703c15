"""Intelligent Mail barcode (USPS-B-3200): 20 tracking and 0, 5, 9 or 11 routing digits to 65 bars.

In: fields as whole numbers, or the digits themselves. Out: 65 letters T, D, A, F (tracker, descender,
ascender, full). Never: allocates, except in the batch wrappers, which are for tests and papers.

The 102-bit payload never exists as one number: its mixed-radix digits come out of one division by
636 * 1365**4 (estimated in floating point, then made exact), which leaves two numbers under 2**52.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from printstream.kernels.jit import inline_kernel, kernel
from printstream.kernels.tables import kept_tables

BARS = 65
OK = 0
BAD_TRACKING_LENGTH = 9
BAD_TRACKING = 10
BAD_BARCODE_ID = 11
BAD_ROUTING_LENGTH = 12
BAD_ROUTING = 13
"""Return codes of the USPS encoder's reference test cases; a field out of range counts as not numeric."""

# USPS-B-3200, table 22 (appendix E): bar 1 to 65 as descender character, bit, ascender character, bit
# (characters A to J as 0 to 9). The same facts are in reportlab, USPS_4State.table4.
_BAR_FACTS = """
7 2 4 3, 1 10 0 0, 9 12 2 8, 5 5 6 11, 8 9 3 1, 0 1 5 12, 2 5 1 8, 4 4 9 11, 6 3 8 10, 3 9 7 6, 5 11 1 4,
8 5 2 12, 9 10 0 2, 7 1 6 7, 3 6 4 9, 0 3 8 6, 6 4 2 7, 1 1 9 9, 7 10 5 2, 4 0 3 8, 6 2 0 4, 8 11 1 0,
9 8 3 12, 2 6 7 7, 5 1 4 10, 1 12 6 9, 7 3 8 0, 5 8 9 7, 4 6 2 10, 3 4 0 5, 8 4 5 7, 7 11 1 9, 6 0 9 6,
0 6 4 8, 2 1 3 2, 5 9 8 12, 4 11 6 1, 9 5 7 4, 3 3 1 2, 0 7 2 0, 1 3 4 1, 6 10 3 5, 8 7 9 4, 2 11 5 6,
0 8 7 12, 4 2 8 1, 5 10 3 0, 9 3 0 9, 6 5 2 4, 7 8 1 7, 5 0 4 5, 2 3 0 10, 6 12 9 2, 3 11 1 6, 8 8 7 9,
5 4 0 11, 1 5 2 2, 9 1 4 12, 8 3 6 6, 7 0 3 7, 4 7 7 5, 0 12 1 11, 2 9 9 0, 6 8 5 3, 3 10 8 2
"""
_LETTERS = b"TDAF"
_HIGH_ROWS = 128
_CHARACTER_ROWS = 192
_LAST_DESCENDER_BIT = 10
_LAST_ASCENDER_BIT = 2

# One division splits the payload: below are J (636) and I, H, G, F (1365 each), above E, D, C, B, A.
_SPLIT = 636 * 1365**4
_SPLIT_RECIPROCAL = 1.0 / _SPLIT
_SPLIT_U = np.uint64(_SPLIT)
_TEN18 = np.uint64(10**18)
_TEN18_LOW = np.uint64(10**18 & 0xFFFFFFFF)
_TEN18_HIGH = np.uint64(10**18 >> 32)
_U636 = np.uint64(636)
_U1365 = np.uint64(1365)
_U32 = np.uint64(32)
_LOW32 = np.uint64(0xFFFFFFFF)


class ImbTables(NamedTuple):
    """Tables of the encoder; made once by `imb_tables`, read only.

    Attributes:
        crc: uint16[13, 256]: share of each payload byte in the 11-bit frame check sequence.
        characters: uint16[1365]: 13-bit character of each codeword.
        bars: uint64[1920, 2]: bars set by half a character (rows 192c + 0..127 its upper 7 bits, then its
            lower 6); bar 4k + j at bits 8k + 2j (descender) and 8k + 2j + 1 (ascender), 32 bars a word.
        letters: uint8[256, 4]: the letters of four bars.
    """

    crc: NDArray[np.uint16]
    characters: NDArray[np.uint16]
    bars: NDArray[np.uint64]
    letters: NDArray[np.uint8]


def _frame_check(payload: int) -> int:
    """CRC-11 over the 102-bit payload (USPS-B-3200 step 3): generator 0xF35, start 0x7FF."""
    sequence = 0x7FF
    for position in range(101, -1, -1):
        top = (sequence >> 10) ^ (payload >> position & 1)
        sequence = (sequence << 1 ^ (0xF35 if top else 0)) & 0x7FF
    return sequence


def _characters() -> NDArray[np.uint16]:
    """13-bit characters with 5, then 2 bits set (USPS-B-3200 step 5, appendix D)."""
    table = []
    for bits, count in ((5, 1287), (2, 78)):
        low, high, part = 0, count - 1, [0] * count
        for value in range(1 << 13):
            mirrored = int(f"{value:013b}"[::-1], 2)
            if value.bit_count() != bits or mirrored < value:
                continue
            if mirrored == value:
                part[high] = value
                high -= 1
            else:
                part[low : low + 2] = value, mirrored
                low += 2
        table += part
    return np.array(table, np.uint16)


def _bar_rows() -> NDArray[np.uint64]:
    rows = [[0, 0] for _ in range(10 * _CHARACTER_ROWS)]
    for bar, facts in enumerate(_BAR_FACTS.split(",")):
        if bar == BARS - 1:
            continue  # the 65th bar does not fit into two words; the kernel reads it from D and I
        descender, descender_bit, ascender, ascender_bit = map(int, facts.split())
        for character, bit, half in ((descender, descender_bit, 0), (ascender, ascender_bit, 1)):
            first = character * _CHARACTER_ROWS + (0 if bit >= 6 else _HIGH_ROWS)
            shift, values = (bit - 6, _HIGH_ROWS) if bit >= 6 else (bit, 64)
            for value in range(values):
                if value >> shift & 1:
                    rows[first + value][bar // 32] |= 1 << (2 * (bar % 32) + half)
    return np.array(rows, np.uint64)


@cache
def imb_tables() -> ImbTables:
    """Give the tables, which are made once a machine."""
    return kept_tables(ImbTables, make_imb_tables, __file__)


def make_imb_tables() -> ImbTables:
    """Make the tables (a few milliseconds, once)."""
    start = _frame_check(0)
    crc = np.zeros((13, 256), np.uint16)
    for place in range(13):
        for value in range(64 if place == 0 else 256):
            crc[place, value] = _frame_check(value << 8 * (12 - place)) ^ start
    crc[0] ^= np.uint16(start)
    letters = np.array([[_LETTERS[v >> 2 * j & 3] for j in range(4)] for v in range(256)], np.uint8)
    return ImbTables(crc, _characters(), _bar_rows(), letters)


@inline_kernel
def _split_payload(route, rest):  # type: ignore[no-untyped-def]
    """Divide route * 10**18 + rest by 636 * 1365**4: (high word, low word, quotient, remainder), uint64."""
    route_low = route & _LOW32
    route_high = route >> _U32
    low = route * _TEN18 + rest
    middle = route_low * _TEN18_HIGH + (route_low * _TEN18_LOW >> _U32)
    cross = route_high * _TEN18_LOW + (middle & _LOW32)
    high = route_high * _TEN18_HIGH + (middle >> _U32) + (cross >> _U32)
    if low < rest:
        high += np.uint64(1)
    # Off by two at most: four roundings of 2**-53 on a quotient under 2**52.
    quotient = np.uint64((np.float64(route) * 1e18 + np.float64(rest)) * _SPLIT_RECIPROCAL)
    remainder = np.int64(low - quotient * _SPLIT_U)
    while remainder < 0:
        quotient -= np.uint64(1)
        remainder += _SPLIT
    while remainder >= _SPLIT:
        quotient += np.uint64(1)
        remainder -= _SPLIT
    return high, low, quotient, np.uint64(remainder)


@inline_kernel
def _frame_check_kernel(crc, high, low):  # type: ignore[no-untyped-def]
    """CRC-11 of the payload, uint16, by one look-up a byte."""
    high = np.int64(high)
    check = crc[0, high >> 32 & 63] ^ crc[1, high >> 24 & 255]
    check ^= crc[2, high >> 16 & 255] ^ crc[3, high >> 8 & 255]
    check ^= crc[4, high & 255]
    low = np.int64(low)
    check ^= crc[5, low >> 56 & 255] ^ crc[6, low >> 48 & 255]
    check ^= crc[7, low >> 40 & 255] ^ crc[8, low >> 32 & 255]
    check ^= crc[9, low >> 24 & 255] ^ crc[10, low >> 16 & 255]
    return np.int64(check ^ crc[11, low >> 8 & 255] ^ crc[12, low & 255])


@inline_kernel
def _character(tables, codeword, check, place):  # type: ignore[no-untyped-def]
    """13-bit character of a codeword, inverted where its check bit is set (step 5)."""
    return np.int64(tables.characters[np.int64(codeword)]) ^ (0x1FFF & -(check >> place & 1))


@inline_kernel
def _encode(tables, route, rest, out, start):  # type: ignore[no-untyped-def]
    """Bars of route * 10**18 + rest into out[start:start + 65]; route < 2**43, rest < 10**18."""
    high, low, above, below = _split_payload(np.uint64(route), np.uint64(rest))
    check = _frame_check_kernel(tables.crc, high, low)
    # Step 4, with the orientation doubling of J and the tenth check bit on A.
    c9 = _character(tables, below % _U636 * np.uint64(2), check, 9)
    below //= _U636
    c8 = _character(tables, below % _U1365, check, 8)
    below //= _U1365
    c7 = _character(tables, below % _U1365, check, 7)
    below //= _U1365
    c6 = _character(tables, below % _U1365, check, 6)
    c5 = _character(tables, below // _U1365, check, 5)
    c4 = _character(tables, above % _U1365, check, 4)
    above //= _U1365
    c3 = _character(tables, above % _U1365, check, 3)
    above //= _U1365
    c2 = _character(tables, above % _U1365, check, 2)
    above //= _U1365
    c1 = _character(tables, above % _U1365, check, 1)
    c0 = _character(tables, np.int64(above // _U1365) + 659 * (check >> 10), check, 0)
    first, second = np.uint64(0), np.uint64(0)
    row = 0
    for character in (c0, c1, c2, c3, c4, c5, c6, c7, c8, c9):
        upper = row + (character >> 6)
        lower = row + 128 + (character & 63)
        first |= tables.bars[upper, 0] | tables.bars[lower, 0]
        second |= tables.bars[upper, 1] | tables.bars[lower, 1]
        row += 192
    _write_letters(tables.letters, np.int64(first), out, start)
    _write_letters(tables.letters, np.int64(second), out, start + 32)
    last = (c3 >> _LAST_DESCENDER_BIT & 1) | (c8 >> _LAST_ASCENDER_BIT & 1) << 1
    out[start + 64] = tables.letters[last, 0]


@inline_kernel
def _write_letters(letters, word, out, start):  # type: ignore[no-untyped-def]
    """The 32 letters of one word of bars."""
    for quarter in range(8):
        four = word >> 8 * quarter & 255
        at = start + 4 * quarter
        out[at] = letters[four, 0]
        out[at + 1] = letters[four, 1]
        out[at + 2] = letters[four, 2]
        out[at + 3] = letters[four, 3]


@inline_kernel
def _routing_value(kind, routing):  # type: ignore[no-untyped-def]
    """Step 1: routing as one number over all lengths; -1 where the length or the range is wrong."""
    if kind == 11:
        return routing + 1_000_100_001 if 0 <= routing < 100_000_000_000 else -1
    if kind == 9:
        return routing + 100_001 if 0 <= routing < 1_000_000_000 else -1
    if kind == 5:
        return routing + 1 if 0 <= routing < 100_000 else -1
    return 0 if kind == 0 else -1


@kernel
def encode_imb(  # type: ignore[no-untyped-def]
    tables, barcode_id, service_type, mailer_id, mailer_digits, serial, routing_kind, routing, out, start
):
    """Encode one barcode from its fields.

    Args:
        tables: ImbTables.
        barcode_id: int, 2 digits, the second 0 to 4.
        service_type: int, 3 digits (STID).
        mailer_id: int, of ``mailer_digits`` (6 or 9) digits.
        mailer_digits: 6 or 9.
        serial: int, of 15 - mailer_digits digits.
        routing_kind: digits of routing: 0, 5, 9 or 11.
        routing: int; ignored where routing_kind is 0.
        out: uint8[>= start + 65], the caller's; 65 letters T, D, A, F are written from ``start``.
        start: int.

    Returns:
        int64: 0, or BAD_BARCODE_ID, BAD_TRACKING, BAD_ROUTING_LENGTH, BAD_ROUTING, and nothing is written.
    """
    if mailer_digits == 6:
        serial_limit, mailer_limit = 1_000_000_000, 1_000_000
    elif mailer_digits == 9:
        serial_limit, mailer_limit = 1_000_000, 1_000_000_000
    else:
        return BAD_TRACKING
    in_range = 0 <= mailer_id < mailer_limit and 0 <= serial < serial_limit
    if not (in_range and 0 <= service_type < 1000 and 0 <= barcode_id < 100):
        return BAD_TRACKING
    if barcode_id % 10 > 4:
        return BAD_BARCODE_ID
    route = _routing_value(routing_kind, routing)
    if route < 0:
        return BAD_ROUTING if routing_kind in (5, 9, 11) else BAD_ROUTING_LENGTH
    rest = (service_type * 1_000_000_000_000_000) + mailer_id * serial_limit + serial
    _encode(tables, (route * 10 + barcode_id // 10) * 5 + barcode_id % 10, rest, out, start)
    return OK


@kernel
def encode_imb_digits(tables, digits, digits_start, digits_count, out, start):  # type: ignore[no-untyped-def]
    """Encode one barcode from its digits: 20 tracking digits, then the routing digits.

    Args:
        tables: ImbTables.
        digits: uint8[>= digits_start + digits_count]: values 0 to 9, or ASCII digits.
        digits_start: int, index of the first digit.
        digits_count: int: 20, 25, 29 or 31.
        out: uint8[>= start + 65], the caller's; 65 letters T, D, A, F are written from ``start``.
        start: int.

    Returns:
        int64: 0 or a USPS return code (9 to 13), and then nothing is written.
    """
    if digits_count < 20:
        return BAD_TRACKING_LENGTH
    rest = np.int64(0)
    wrong = np.int64(0)
    first = np.int64(digits[digits_start])
    second = np.int64(digits[digits_start + 1])
    offset = 48 if first >= 48 else 0
    for place in range(digits_start + 2, digits_start + 20):
        digit = np.int64(digits[place]) - offset
        wrong |= digit | 9 - digit
        rest = rest * 10 + digit
    first -= offset
    second -= offset
    if (wrong | first | 9 - first | second | 9 - second) < 0:
        return BAD_TRACKING
    if second > 4:
        return BAD_BARCODE_ID
    if digits_count not in (20, 25, 29, 31):
        return BAD_ROUTING_LENGTH
    routing = np.int64(0)
    for place in range(digits_start + 20, digits_start + digits_count):
        digit = np.int64(digits[place]) - offset
        wrong |= digit | 9 - digit
        routing = routing * 10 + digit
    if wrong < 0:
        return BAD_ROUTING
    route = _routing_value(digits_count - 20, routing)
    _encode(tables, (route * 10 + first) * 5 + second, rest, out, start)
    return OK


@kernel
def encode_imb_batch(  # type: ignore[no-untyped-def]
    tables, barcode_id, service_type, mailer_id, mailer_digits, serial, routing_kind, routing, out, codes
):
    """Encode n barcodes of one mailer.

    Args:
        tables: ImbTables.
        barcode_id: int.
        service_type: int.
        mailer_id: int.
        mailer_digits: 6 or 9.
        serial: int64[n].
        routing_kind: int8[n] or wider.
        routing: int64[n].
        out: uint8[n * 65], the caller's.
        codes: int8[n], the caller's: return code of each.
    """
    for i in range(serial.size):
        codes[i] = encode_imb(
            tables, barcode_id, service_type, mailer_id, mailer_digits, serial[i],
            routing_kind[i], routing[i], out, 65 * i,
        )  # fmt: skip


@kernel
def encode_imb_digits_batch(tables, digits, offsets, out, codes):  # type: ignore[no-untyped-def]
    """Encode n barcodes from digits: barcode i is digits[offsets[i]:offsets[i + 1]].

    Args:
        tables: ImbTables.
        digits: uint8[offsets[n]]: values 0 to 9, or ASCII digits.
        offsets: int64[n + 1].
        out: uint8[n * 65], the caller's.
        codes: int8[n], the caller's: return code of each.
    """
    for i in range(codes.size):
        codes[i] = encode_imb_digits(tables, digits, offsets[i], offsets[i + 1] - offsets[i], out, 65 * i)
