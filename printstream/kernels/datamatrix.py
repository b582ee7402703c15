"""Data Matrix ECC 200 (ISO/IEC 16022): text to the rows of a 1-bit image.

In: bytes, ASCII or ISO 8859-1. Out: packed rows, finder and timing pattern included, 1 = dark, no quiet zone.
Never: allocates, except in the batch wrapper.

Encodation of marks is ASCII with digit pairs (and upper shift above 127): what they hold, digits and capitals,
gains little from the others. The posts' symbols have the encodations that they prescribe: C40 (Mailmark 2D), base 256
(Deutsche Post). Squares of one region, 32 x 32, and the rectangle 16 x 48.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from printstream.kernels import galois
from printstream.kernels.galois import write_checks
from printstream.kernels.jit import inline_kernel, kernel
from printstream.kernels.tables import kept_tables

TOO_LONG = -1
NO_SUCH_SIZE = -2
SCRATCH_BYTES = 128

FIELD = 0x12D
"""Polynomial of the field (ISO/IEC 16022, 5.7 and annex E)."""

# ISO/IEC 16022, table 7: modules a side, data codewords, check codewords; one block each.
_SYMBOLS = (
    (10, 3, 5), (12, 5, 7), (14, 8, 10), (16, 12, 12), (18, 18, 14),
    (20, 22, 18), (22, 30, 20), (24, 36, 24), (26, 44, 28), (32, 62, 36),
)  # fmt: skip
SIZES = tuple(size for size, _, _ in _SYMBOLS)
CAPACITY = {size: data for size, data, _ in _SYMBOLS}
"""Data codewords by modules a side."""
_MAX_SIZE = 32
RECTANGLE = 33
"""Row of ``DatamatrixTables.symbols`` of the rectangle 16 x 48 (ISO/IEC 16022, table 7: 49 data, 28 check codewords)."""
_RECTANGLE = (16, 48, 49, 28)
_PAD = 129
_UPPER_SHIFT = 235
_LATCH_C40 = 230
_LATCH_256 = 231
_UNLATCH_C40 = 254


class DatamatrixTables(NamedTuple):
    """Tables of the encoder; made once by `datamatrix_tables`, read only.

    Attributes:
        symbols: int64[34, 6]: by modules a side, and RECTANGLE: data codewords (0: no such size), check codewords,
            first row in ``frames`` and ``piece_ends``, first row in ``division``, rows, columns.
        c40: uint8[256]: value of a byte in C40's basic set (ISO/IEC 16022, table C.1), 255 of any other.
        division: uint64[n * 5]: see galois.division_table.
        pads: uint8[128]: pad codeword by its place among the data codewords, 0-based, if not the first pad.
        pieces: uint32[n]: neighbouring bits of one codeword that lie in one row, row by row: codeword in
            bits 0..7, mask of the bits in 8..15, shift to the row (with 7 bits below) from 16.
        piece_ends: int32[n + 1]: pieces of row r are pieces[piece_ends[r]:piece_ends[r + 1]].
        frames: uint64[n]: finder, timing and fixed modules of each row, with 7 bits below.
    """

    symbols: NDArray[np.int64]
    c40: NDArray[np.uint8]
    division: NDArray[np.uint64]
    pads: NDArray[np.uint8]
    pieces: NDArray[np.uint32]
    piece_ends: NDArray[np.int32]
    frames: NDArray[np.uint64]


def data_codewords(size: int) -> int:
    """Data codewords that a symbol of ``size`` modules a side holds, 0 where there is no such symbol."""
    return next((data for side, data, _ in _SYMBOLS if side == size), 0)


def _corner(case: int, rows: int, columns: int) -> list[tuple[int, int]]:
    """Modules of the four corner shapes, most significant bit first (ISO/IEC 16022, figures F.3 to F.6)."""
    right, bottom = columns - 1, rows - 1
    lower_left, upper_right = (
        (((0, 0), (0, 1), (0, 2)), ((0, 1), (0, 0), (1, 0), (2, 0), (3, 0))),
        (((2, 0), (1, 0), (0, 0)), ((0, 3), (0, 2), (0, 1), (0, 0), (1, 0))),
        (((2, 0), (1, 0), (0, 0)), ((0, 1), (0, 0), (1, 0), (2, 0), (3, 0))),
        (((0, 0), (0, right)), ((0, 2), (0, 1), (0, 0), (1, 2), (1, 1), (1, 0))),
    )[case]
    return [(bottom - up, j) for up, j in lower_left] + [(i, right - left) for i, left in upper_right]


def _utah(row: int, column: int, rows: int, columns: int) -> list[tuple[int, int]]:
    """Modules of the standard shape whose last bit is at (row, column), wrapped (figure F.1, F.2)."""
    modules = []
    for down, right in ((-2, -2), (-2, -1), (-1, -2), (-1, -1), (-1, 0), (0, -2), (0, -1), (0, 0)):
        i, j = row + down, column + right
        if i < 0:
            i, j = i + rows, j + 4 - (rows + 4) % 8
        if j < 0:
            i, j = i + 4 - (columns + 4) % 8, j + columns
        modules.append((i, j))
    return modules


def place_codewords(rows: int, columns: int) -> list[list[tuple[int, int]]]:
    """Modules of every codeword in the mapping matrix, most significant bit first (ISO/IEC 16022, F.1)."""
    codewords: list[list[tuple[int, int]]] = []
    taken: set[tuple[int, int]] = set()

    def put(modules: list[tuple[int, int]]) -> None:
        codewords.append(modules)
        taken.update(modules)

    row, column = 4, 0
    while row < rows or column < columns:
        corners = (
            (row, column) == (rows, 0),
            (row, column) == (rows - 2, 0) and columns % 4 != 0,
            (row, column) == (rows - 2, 0) and columns % 8 == 4,
            (row, column) == (rows + 4, 2) and columns % 8 == 0,
        )
        for case, here in enumerate(corners):
            if here:
                put(_corner(case, rows, columns))
        while row >= 0 and column < columns:
            if row < rows and column >= 0 and (row, column) not in taken:
                put(_utah(row, column, rows, columns))
            row, column = row - 2, column + 2
        row, column = row + 1, column + 3
        while row < rows and column >= 0:
            if row >= 0 and column < columns and (row, column) not in taken:
                put(_utah(row, column, rows, columns))
            row, column = row + 2, column - 2
        row, column = row + 3, column + 1
    return codewords


def _frame(rows: int, columns: int, region: tuple[int, int], free: bool) -> list[list[int]]:
    """Dark modules that do not depend on the data, as columns of each row (5.2, annex F.3 for the corner)."""
    dark: list[list[int]] = [[] for _ in range(rows)]
    high, wide = region
    for i in range(rows):
        for j in range(columns):
            left, top = j % wide == 0, i % high == 0
            bottom, right = i % high == high - 1, j % wide == wide - 1
            if left or bottom or (top and j % 2 == 0) or (right and i % 2 == 1):
                dark[i].append(j)
    if free:
        dark[rows - 2].append(columns - 2)
        dark[rows - 3].append(columns - 3)
    return dark


def _rows_of(rows: int, columns: int) -> tuple[list[list[int]], list[int]]:
    """Pieces of each row, and its fixed modules, of one symbol."""
    high = rows if rows <= 26 else rows // 2
    wide = columns if columns <= 26 else columns // 2
    mapped = (rows - 2 * (rows // high), columns - 2 * (columns // wide))
    left_bit = 8 * ((columns + 7) // 8) - 1
    codewords = place_codewords(*mapped)
    pieces: list[dict[tuple[int, int], int]] = [{} for _ in range(rows)]
    for word, modules in enumerate(codewords):
        for place, (i, j) in enumerate(modules):
            bit = 7 - place
            row = i + 1 + 2 * (i // (high - 2))
            shift = left_bit - (j + 1 + 2 * (j // (wide - 2))) - bit + 7
            pieces[row][word, shift] = pieces[row].get((word, shift), 0) | 1 << bit
    packed = [[word | mask << 8 | shift << 16 for (word, shift), mask in row.items()] for row in pieces]
    free = not any((mapped[0] - 1, mapped[1] - 1) in modules for modules in codewords)
    dark = _frame(rows, columns, (high, wide), free)
    return packed, [sum(1 << left_bit - j + 7 for j in row) for row in dark]


@cache
def datamatrix_tables() -> DatamatrixTables:
    """Give the tables, which are made once a machine."""
    return kept_tables(DatamatrixTables, make_datamatrix_tables, __file__, galois.__file__)


def make_datamatrix_tables() -> DatamatrixTables:
    """Make the tables (some milliseconds, once)."""
    symbols = np.zeros((RECTANGLE + 1, 6), np.int64)
    pieces: list[int] = []
    ends = [0]
    frames: list[int] = []
    wanted = [(size, size, size, data, checks) for size, data, checks in _SYMBOLS] + [
        (RECTANGLE, *_RECTANGLE)
    ]
    for number, (key, high, wide, data, checks) in enumerate(wanted):
        symbols[key] = data, checks, len(frames), 256 * number, high, wide
        rows, fixed = _rows_of(high, wide)
        for row in rows:
            pieces += row
            ends.append(len(pieces))
        frames += fixed
    c40 = np.full(256, 255, np.uint8)
    for value, byte in enumerate(b" 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
        c40[byte] = value + 3
    # 5.2.3 and annex B.1, the 253-state algorithm.
    pads = [_PAD + 149 * (place + 1) % 253 + 1 for place in range(SCRATCH_BYTES)]
    return DatamatrixTables(
        symbols,
        c40,
        np.concatenate([galois.division_table(FIELD, 1, checks) for *_, checks in wanted]),
        np.array([pad if pad <= 254 else pad - 254 for pad in pads], np.uint8),
        np.array(pieces, np.uint32),
        np.array(ends, np.int32),
        np.array(frames, np.uint64),
    )


@inline_kernel
def _finish(tables, key, used, scratch, rows_out):  # type: ignore[no-untyped-def]
    """Pad the codewords in scratch, append their checks, and draw the symbol of row ``key``."""
    data_count, checks = tables.symbols[key, 0], tables.symbols[key, 1]
    if used < data_count:
        scratch[used] = _PAD
        for place in range(used + 1, data_count):
            scratch[place] = tables.pads[place]
    division_row = tables.symbols[key, 3]
    write_checks(tables.division, division_row, scratch, 0, data_count, checks, scratch, data_count)

    first_row = tables.symbols[key, 2]
    width = (tables.symbols[key, 5] + 7) >> 3
    at = 0
    begin = np.int64(tables.piece_ends[first_row])
    for row in range(first_row, first_row + tables.symbols[key, 4]):
        bits = np.int64(tables.frames[row])
        end = np.int64(tables.piece_ends[row + 1])
        for place in range(begin, end):
            piece = np.int64(tables.pieces[place])
            bits |= (np.int64(scratch[piece & 255]) & (piece >> 8 & 255)) << (piece >> 16)
        begin = end
        for place in range(width):
            rows_out[at + place] = bits >> (8 * (width - place) - 1) & 255
        at += width


@inline_kernel
def _ascii(text, at, text_count, used, limit, scratch):  # type: ignore[no-untyped-def]
    """Append text[at:text_count] in ASCII encodation (5.2.3); gives the codewords used, or TOO_LONG."""
    while at < text_count:
        byte = np.int64(text[at])
        at += 1
        need = 1 if byte < 128 else 2
        if used + need > limit:
            return TOO_LONG
        if 48 <= byte <= 57 and at < text_count and 48 <= text[at] <= 57:
            scratch[used] = 130 + 10 * (byte - 48) + np.int64(text[at]) - 48
            at += 1
        elif byte < 128:
            scratch[used] = byte + 1
        else:
            scratch[used], scratch[used + 1] = _UPPER_SHIFT, byte - 127
        used += need
    return used


@kernel
def encode_datamatrix(  # type: ignore[no-untyped-def]
    tables, text, text_count, size, scratch, rows_out
):
    """Encode one symbol.

    Args:
        tables: DatamatrixTables.
        text: uint8[>= text_count]: ASCII; bytes above 127 are ISO 8859-1 and take two codewords.
        text_count: int: bytes of text.
        size: int: modules a side, one of SIZES.
        scratch: uint8[>= SCRATCH_BYTES], the caller's; holds the codewords afterwards.
        rows_out: uint8[>= size * ceil(size / 8)], the caller's: rows from the top, each ceil(size / 8) bytes,
            leftmost module in the most significant bit, 1 = dark, spare bits 0.

    Returns:
        int64: 0, TOO_LONG or NO_SUCH_SIZE (and then nothing is written to ``rows_out``).
    """
    data_count = tables.symbols[size, 0] if 0 <= size <= _MAX_SIZE else 0
    if data_count == 0:
        return NO_SUCH_SIZE
    used = _ascii(text, 0, text_count, 0, data_count, scratch)
    if used < 0:
        return TOO_LONG
    _finish(tables, size, used, scratch, rows_out)
    return 0


@kernel
def encode_datamatrix_c40(tables, text, text_count, key, scratch, rows_out):  # type: ignore[no-untyped-def]
    """Encode one symbol in C40 as far as its basic set goes, in whole triples, and in ASCII from there (5.2.5).

    Args:
        tables: DatamatrixTables.
        text: uint8[>= text_count]: ASCII; bytes above 127 are ISO 8859-1.
        text_count: int: bytes of text.
        key: int: modules a side, one of SIZES, or RECTANGLE.
        scratch: uint8[>= SCRATCH_BYTES], the caller's; holds the codewords afterwards.
        rows_out: uint8[>= rows * ceil(columns / 8)], the caller's: see encode_datamatrix.

    Returns:
        int64: 0, TOO_LONG or NO_SUCH_SIZE (and then nothing is written to ``rows_out``).
    """
    limit = tables.symbols[key, 0] if 0 <= key <= RECTANGLE else 0
    if limit == 0:
        return NO_SUCH_SIZE
    basic = 0
    while basic < text_count and tables.c40[text[basic]] != 255:
        basic += 1
    triples = basic // 3
    if 1 + 2 * triples > limit:
        return TOO_LONG
    used = 0
    if triples > 0:
        scratch[0] = _LATCH_C40
        for k in range(triples):
            value = 1600 * np.int64(tables.c40[text[3 * k]]) + 40 * np.int64(tables.c40[text[3 * k + 1]])
            value += np.int64(tables.c40[text[3 * k + 2]]) + 1
            scratch[1 + 2 * k], scratch[2 + 2 * k] = value >> 8, value & 255
        used = 1 + 2 * triples
        if used == limit and 3 * triples < text_count:
            return TOO_LONG
        if used < limit:
            scratch[used] = _UNLATCH_C40
            used += 1
    used = _ascii(text, 3 * triples, text_count, used, limit, scratch)
    if used < 0:
        return TOO_LONG
    _finish(tables, key, used, scratch, rows_out)
    return 0


@kernel
def encode_datamatrix_bytes(tables, data, data_count, key, scratch, rows_out):  # type: ignore[no-untyped-def]
    """Encode one symbol of bytes in base 256, whose length is stated (5.2.9).

    Args:
        tables: DatamatrixTables.
        data: uint8[>= data_count].
        data_count: int: bytes, fewer than 250.
        key: int: modules a side, one of SIZES, or RECTANGLE.
        scratch: uint8[>= SCRATCH_BYTES], the caller's; holds the codewords afterwards.
        rows_out: uint8[>= rows * ceil(columns / 8)], the caller's: see encode_datamatrix.

    Returns:
        int64: 0, TOO_LONG or NO_SUCH_SIZE (and then nothing is written to ``rows_out``).
    """
    limit = tables.symbols[key, 0] if 0 <= key <= RECTANGLE else 0
    if limit == 0:
        return NO_SUCH_SIZE
    if data_count + 2 > limit:
        return TOO_LONG
    scratch[0] = _LATCH_256
    for place in range(1, data_count + 2):
        # Annex B.2, the 255-state algorithm; places count from 1.
        value = np.int64(data_count) if place == 1 else np.int64(data[place - 2])
        scratch[place] = (value + 149 * (place + 1) % 255 + 1) & 255
    _finish(tables, key, data_count + 2, scratch, rows_out)
    return 0


@kernel
def encode_datamatrix_batch(tables, text, offsets, size, out, codes):  # type: ignore[no-untyped-def]
    """Encode n symbols of one size: symbol i is text[offsets[i]:offsets[i + 1]].

    Args:
        tables: DatamatrixTables.
        text: uint8[offsets[n]].
        offsets: int64[n + 1].
        size: int: modules a side.
        out: uint8[n, >= size * ceil(size / 8)], the caller's.
        codes: int8[n], the caller's: return code of each.
    """
    scratch = np.empty(SCRATCH_BYTES, np.uint8)
    for i in range(codes.size):
        one = text[offsets[i] : offsets[i + 1]]
        codes[i] = encode_datamatrix(tables, one, one.size, size, scratch, out[i])
