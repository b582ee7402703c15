"""Facts and tables of the height-modulated postal codes.

In: nothing. Out: symbologies, return codes, FourstateTables. Never: encodes (kernels/fourstate).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from printstream.kernels.tables import kept_tables

SYMBOLOGIES = (
    "postnet", "planet", "rm4scc", "kix", "japanpost", "auspost_n", "auspost_c", "mailmark_c", "mailmark_l",
)  # fmt: skip
(POSTNET, PLANET, RM4SCC, KIX, JAPANPOST, AUSPOST_N, AUSPOST_C, MAILMARK_C, MAILMARK_L) = range(
    len(SYMBOLOGIES)
)
MAX_BARS = 80
"""Most bars of any of them: KIX of 18 characters has 72, Mailmark L 78."""
MAX_KIX = 18
MAX_RM4SCC = 9
"""Postcode of 5 to 7 characters and delivery point suffix of two (Royal Mail)."""

BAD_LENGTH, BAD_CHARACTER, BAD_FORMAT, BAD_VERSION, BAD_CLASS, BAD_POSTCODE, BAD_CONTROL = range(-1, -8, -1)
"""What a return code below 0 says of the payload."""
REASONS = {
    BAD_LENGTH: "the payload has the wrong length",
    BAD_CHARACTER: "the payload has a character that the code cannot hold at its place",
    BAD_FORMAT: "the format must be 0 to 4",
    BAD_VERSION: "the version must be 1 to 4",
    BAD_CLASS: "the class must be 0 to 9 or A to E",
    BAD_POSTCODE: "postcode and delivery point suffix have none of the six forms of a UK postcode",
    BAD_CONTROL: "the format control code does not suit the payload's length",
}

T, D, A, F = b"TDAF"
"""Tracker, descender, ascender, full."""
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Half bars of one value 1, 2, 3, 4, 5, 0: two of four are long (Royal Mail, 4-state character table).
_TWO_OF_FOUR = ("0011", "0101", "0110", "1001", "1010", "1100")
# Weights 7, 4, 2, 1, 0: two of five are long, and 0 is 7 + 4 (DMM 708.4).
_TWO_OF_FIVE = ("11000", "00011", "00101", "00110", "01001", "01010", "01100", "10001", "10010", "10100")
# Japan Post, Zip/Barcode Manual: bars of 0 to 9, hyphen, control codes CC1 to CC8.
_JAPAN = "FTT FFT FDA DFA FAD FTF DAF AFD ADF TFF TFT DAT DTA ADT TDA ATD TAD TTF FFF".split()
JAPAN_PAD = 14
"""CC4."""
JAPAN_CHARACTERS = 20
# Australia Post, Customer Barcoding Technical Specifications (2012), C encoding table; 0 to 3 are F, A, D, T.
_AUS_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz #"
_AUS_C = (
    "222 300 301 302 310 311 312 320 321 322 000 001 002 010 011 012 020 021 022 100 101 102 110 111 112 120 121 122 200 "
    "201 202 210 211 212 220 221 023 030 031 032 033 103 113 123 130 131 132 133 203 213 223 230 231 232 233 303 313 323 "
    "330 331 332 333 003 013"
).split()
_AUS_FIELD = 0x43
AUS_CHECKS = 4

# Royal Mail Mailmark, encoding instructions C and L (2015): shapes of postcode and delivery point suffix (table 3) ...
_SHAPES = ("ANANLLNLS", "AANNLLNLS", "AANNNLLNL", "AANANLLNL", "ANNLLNLSS", "ANNNLLNLS")
_CLASSES = {"A": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "L": "ABDEFGHJLNPQRSTUWXYZ", "N": "0123456789", "S": " "}
ABROAD = b"XY11     "
"""In place of a postcode, of mail abroad."""
# ... and where each symbol's three pairs of half bars go.
_GROUPS_C = (3, 5, 7, 11, 13, 14, 16, 17, 19, 0, 1, 2, 4, 6, 8, 9, 10, 12, 15, 18, 20, 21)
_GROUPS_L = (2, 5, 7, 8, 13, 14, 15, 16, 21, 22, 23, 0, 1, 3, 4, 6, 9, 10, 11, 12, 17, 18, 19, 20, 24, 25)
_MAIL_FIELD = 0x25


class FourstateTables(NamedTuple):
    """Tables of the encoders; made once by `fourstate_tables`, read only.

    Attributes:
        alphabet: int8[256]: 0 to 35 of a digit or capital, -1 of any other byte.
        digits: uint8[2, 10, 5]: bars of a digit in POSTNET and PLANET.
        royal: uint8[36, 4]: bars of a character in RM4SCC and KIX.
        japan: uint8[19, 3]: bars of a symbol.
        aus_c: int8[256, 3]: bars (0 to 3: F, A, D, T) of a character; -1 of a byte that has none.
        aus_steps: uint8[64, 4]: products of the generator's coefficients in GF(64), highest first.
        shape_of: int8[512]: by which of nine places hold digits: form of the postcode, 0 to 5; -1 where none.
        shape_radix: int64[6, 9]: values that each place may have.
        shape_value: int8[6, 9, 256]: value of a byte at a place, -1 where it may not stand.
        shape_base: int64[6]: value of the form's first postcode.
        mail_symbols: uint8[2, 32]: 6 half bars of a number; row 0 in the even, row 1 in the odd alphabet.
        mail_steps: uint8[2, 32, 7]: products of the generator's coefficients in GF(32); row 0 of C, row 1 of L.
        mail_groups: uint8[2, 26]: place of each symbol; row 0 of C, row 1 of L.
    """

    alphabet: NDArray[np.int8]
    digits: NDArray[np.uint8]
    royal: NDArray[np.uint8]
    japan: NDArray[np.uint8]
    aus_c: NDArray[np.int8]
    aus_steps: NDArray[np.uint8]
    shape_of: NDArray[np.int8]
    shape_radix: NDArray[np.int64]
    shape_value: NDArray[np.int8]
    shape_base: NDArray[np.int64]
    mail_symbols: NDArray[np.uint8]
    mail_steps: NDArray[np.uint8]
    mail_groups: NDArray[np.uint8]


def _multiply(a: int, b: int, polynomial: int) -> int:
    """Product of two elements of the field that the polynomial makes."""
    product = 0
    top = 1 << polynomial.bit_length() - 1
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & top:
            a ^= polynomial
        b >>= 1
    return product


def _steps(polynomial: int, checks: int) -> NDArray[np.uint8]:
    """Each element times the generator (x - 2)(x - 4) ... of ``checks`` roots, without the leading 1."""
    generator, root = [1], 1
    for _ in range(checks):
        root = _multiply(root, 2, polynomial)
        shifted = [*generator, 0]
        for place, value in enumerate(generator):
            shifted[place + 1] ^= _multiply(value, root, polynomial)
        generator = shifted
    elements = range(1 << polynomial.bit_length() - 1)
    return np.array([[_multiply(e, g, polynomial) for g in generator[1:]] for e in elements], np.uint8)


def _letters(ascends: str, descends: str) -> list[int]:
    """Bars whose halves are long where the texts have a 1."""
    return [b"TDAF"[2 * int(a) + int(d)] for a, d in zip(ascends, descends, strict=True)]


def _shape_tables() -> tuple[NDArray[np.int8], NDArray[np.int64], NDArray[np.int8], NDArray[np.int64]]:
    """See FourstateTables: shape_of, shape_radix, shape_value, shape_base."""
    shape_of = np.full(512, -1, np.int8)
    radix = np.ones((6, 9), np.int64)
    value = np.full((6, 9, 256), -1, np.int8)
    for k, shape in enumerate(_SHAPES):
        shape_of[sum(1 << place for place, kind in enumerate(shape) if kind == "N")] = k
        for place, kind in enumerate(shape):
            radix[k, place] = len(_CLASSES[kind])
            for number, character in enumerate(_CLASSES[kind]):
                value[k, place, ord(character)] = number
    sizes = [int(row.prod()) for row in radix]
    return shape_of, radix, value, 1 + np.array([sum(sizes[:k]) for k in range(6)], np.int64)


@cache
def fourstate_tables() -> FourstateTables:
    """Give the tables, which are made once a machine."""
    return kept_tables(FourstateTables, make_fourstate_tables, __file__)


def make_fourstate_tables() -> FourstateTables:
    """Make the tables (a few milliseconds, once)."""
    alphabet = np.full(256, -1, np.int8)
    for value, character in enumerate(_ALPHABET):
        alphabet[ord(character)] = value
    aus_c = np.full((256, 3), -1, np.int8)
    for character, bars in zip(_AUS_ALPHABET, _AUS_C, strict=True):
        aus_c[ord(character)] = [int(bar) for bar in bars]
    mail_symbols = np.zeros((2, 32), np.uint8)
    for parity in (0, 1):
        words = [word for word in range(1, 63) if word.bit_count() % 2 == parity]
        mail_symbols[parity, : len(words)] = words
    mail_steps = np.zeros((2, 32, 7), np.uint8)
    mail_steps[0, :, :6] = _steps(_MAIL_FIELD, 6)
    mail_steps[1] = _steps(_MAIL_FIELD, 7)
    mail_groups = np.zeros((2, 26), np.uint8)
    mail_groups[0, :22] = _GROUPS_C
    mail_groups[1] = _GROUPS_L
    tall = [[F if bar == "1" else T for bar in bars] for bars in _TWO_OF_FIVE]
    low = [[T if bar == "1" else F for bar in bars] for bars in _TWO_OF_FIVE]
    return FourstateTables(
        alphabet,
        np.array([tall, low], np.uint8),
        np.array([_letters(_TWO_OF_FOUR[k // 6], _TWO_OF_FOUR[k % 6]) for k in range(36)], np.uint8),
        np.array([list(bars.encode()) for bars in _JAPAN], np.uint8),
        aus_c,
        _steps(_AUS_FIELD, AUS_CHECKS),
        *_shape_tables(),
        mail_symbols,
        mail_steps,
        mail_groups,
    )
