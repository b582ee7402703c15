"""Codes of an inserter profile on the fronts of a range of press sides: text of a fixed length to rows of modules.

In: each sheet's text. Out: modules in the pages' rows of symbols. Never: runs for jobs whose profile has none; makes a
text.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from printstream.kernels.context import C_FACE_SHIFT
from printstream.kernels.datamatrix import SCRATCH_BYTES, DatamatrixTables, encode_datamatrix
from printstream.kernels.jit import inline_kernel, kernel
from printstream.kernels.memory import load_i64
from printstream.kernels.symbols import BAD_SYMBOL, SYMBOL_MATRIX, SYMBOL_POSTAL_SIZE, locate

SYMBOLOGIES = ("data_matrix", "code39", "interleaved_2of5")
DATA_MATRIX, CODE39, INTERLEAVED = range(len(SYMBOLOGIES))
CODE_ROOM = SYMBOL_POSTAL_SIZE - SYMBOL_MATRIX
"""Bytes that the sheet's codes may take in a page's row of symbols."""

# Columns of SheetCodes.settings.
CODE_KIND, CODE_BEGIN, CODE_COUNT, CODE_SIZE, CODE_AT, CODE_SETTINGS = range(6)

# ISO/IEC 16388, table 1: bars and spaces in turn, w is wide.
CODE39_ELEMENTS = {
    "0": "nnnwwnwnn", "1": "wnnwnnnnw", "2": "nnwwnnnnw", "3": "wnwwnnnnn", "4": "nnnwwnnnw", "5": "wnnwwnnnn",
    "6": "nnwwwnnnn", "7": "nnnwnnwnw", "8": "wnnwnnwnn", "9": "nnwwnnwnn", "A": "wnnnnwnnw", "B": "nnwnnwnnw",
    "C": "wnwnnwnnn", "D": "nnnnwwnnw", "E": "wnnnwwnnn", "F": "nnwnwwnnn", "G": "nnnnnwwnw", "H": "wnnnnwwnn",
    "I": "nnwnnwwnn", "J": "nnnnwwwnn", "K": "wnnnnnnww", "L": "nnwnnnnww", "M": "wnwnnnnwn", "N": "nnnnwnnww",
    "O": "wnnnwnnwn", "P": "nnwnwnnwn", "Q": "nnnnnnwww", "R": "wnnnnnwwn", "S": "nnwnnnwwn", "T": "nnnnwnwwn",
    "U": "wwnnnnnnw", "V": "nwwnnnnnw", "W": "wwwnnnnnn", "X": "nwnnwnnnw", "Y": "wwnnwnnnn", "Z": "nwwnwnnnn",
    "-": "nwnnnnwnw", ".": "wwnnnnwnn", " ": "nwwnnnwnn", "$": "nwnwnwnnn", "/": "nwnwnnnwn", "+": "nwnnnwnwn",
    "%": "nnnwnwnwn", "*": "nwnnwnwnn",
}  # fmt: skip
# ISO/IEC 16390, table 1.
INTERLEAVED_ELEMENTS = (
    "nnwwn", "wnnnw", "nwnnw", "wwnnn", "nnwnw", "wnwnn", "nwwnn", "nnnww", "wnnwn", "nwnwn",
)  # fmt: skip
_WIDE = 3
"""Modules of a wide element; both standards allow 2 to 3."""
_PAIR_MODULES = 18


class SheetCodes(NamedTuple):
    """Texts of the sheets' codes, and the tables of their symbologies.

    Attributes:
        settings: int64[codes, CODE_SETTINGS]: symbology, first character and characters of its text, modules a side,
            first byte in the page's row of symbols.
        texts: uint8[sheets, characters].
        base: int64[1]: the run's number of the first sheet of ``texts``.
        matrix: tables of the Data Matrix.
        code39: uint16[128]: 15 modules of a character and its gap, the leftmost the highest bit; 0 of none.
        pairs: uint32[100]: 18 modules of two digits, the leftmost the highest bit.
    """

    settings: NDArray[np.int64]
    texts: NDArray[np.uint8]
    base: NDArray[np.int64]
    matrix: DatamatrixTables
    code39: NDArray[np.uint16]
    pairs: NDArray[np.uint32]


def _modules(elements: str) -> int:
    """Bars and spaces in turn as bits."""
    bits = 0
    for k, element in enumerate(elements):
        count = _WIDE if element == "w" else 1
        bits = bits << count | (((1 << count) - 1) if k % 2 == 0 else 0)
    return bits


@cache
def code39_table() -> NDArray[np.uint16]:
    """SheetCodes.code39."""
    table = np.zeros(128, np.uint16)
    for character, elements in CODE39_ELEMENTS.items():
        table[ord(character)] = _modules(elements) << 1
    return table


@cache
def interleaved_table() -> NDArray[np.uint32]:
    """SheetCodes.pairs: bars say the first digit, the spaces between them the second."""
    both = [(a, b) for a in INTERLEAVED_ELEMENTS for b in INTERLEAVED_ELEMENTS]
    return np.array([_modules("".join(x + y for x, y in zip(a, b, strict=True))) for a, b in both], np.uint32)


@inline_kernel
def _code39(table, text, count, row):  # type: ignore[no-untyped-def]
    """Start, characters, stop, two bytes each; tells whether the code has all of them."""
    for k in range(count + 2):
        character = text[k - 1] if 0 < k <= count else 42
        bits = table[character & 127]
        if bits == 0 or (character == 42 and 0 < k <= count):
            return False
        row[2 * k], row[2 * k + 1] = bits >> 8, bits & 255
    return True


@inline_kernel
def _put(row, at, bits, count):  # type: ignore[no-untyped-def]
    """Set ``count`` bits from bit ``at`` of zeroed bytes; returns the bit after them."""
    for k in range(count):
        if (bits >> (count - 1 - k)) & 1:
            row[(at + k) >> 3] |= 128 >> ((at + k) & 7)
    return at + count


@inline_kernel
def _interleaved(table, text, count, row):  # type: ignore[no-untyped-def]
    """Start, pairs of digits, stop; tells whether all are digits."""
    row[: (9 + 9 * count + 7) // 8] = 0
    at = _put(row, 0, 0b1010, 4)
    for k in range(0, count, 2):
        high, low = np.int64(text[k]) - 48, np.int64(text[k + 1]) - 48
        if not (0 <= high <= 9 and 0 <= low <= 9):
            return False
        at = _put(row, at, np.int64(table[10 * high + low]), _PAIR_MODULES)
    _put(row, at, 0b11101, 5)
    return True


@kernel
def encode_sheet_codes(ctx, codes, faces, out):  # type: ignore[no-untyped-def]
    """Encode the codes of some press sides of one spool.

    Args:
        ctx: int64: address of a Context with pages and sheets.
        codes: SheetCodes.
        faces: int64[sides * slots]: see Cells.
        out: uint8[sides * slots, SYMBOL_BYTES], the caller's: rows of fronts take their codes.

    Returns:
        int64: 0, or BAD_SYMBOL - piece when a symbol of that piece cannot hold its text.
    """
    scratch = np.empty(SCRATCH_BYTES, np.uint8)
    for place in range(faces.size):
        document, number, sheet, piece = locate(ctx, faces[place])
        if document < 0 or number & load_i64(ctx, C_FACE_SHIFT) != 0:
            continue
        row = out[place]
        for k in range(codes.settings.shape[0]):
            kind, begin, count, size, at = codes.settings[k]
            text = codes.texts[sheet - codes.base[0], begin : begin + count]
            if kind == DATA_MATRIX:
                good = encode_datamatrix(codes.matrix, text, count, size, scratch, row[at:]) == 0
            elif kind == CODE39:
                good = _code39(codes.code39, text, count, row[at:])
            else:
                good = _interleaved(codes.pairs, text, count, row[at:])
            if not good:
                return BAD_SYMBOL - piece
    return 0
