"""Tables of the QR encoder: versions 1 to 10, level M (ISO/IEC 18004:2015).

In: the standard's figures. Out: `QrTables`. Never: runs per symbol.

Rows of modules are whole numbers, leftmost module in the lowest bit, because a codeword's bits run from
right to left within a row (7.7.3): so neighbours in the symbol are neighbours in the codeword.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from printstream.kernels import galois
from printstream.kernels.tables import kept_tables

MAX_VERSION = 10
FIELD = 0x11D
"""Polynomial of the field (7.5.2)."""

# Table 9, level M: check codewords a block, blocks, data codewords of the first block, of the last block.
_BLOCKS = (
    (10, 1, 16, 16), (16, 1, 28, 28), (26, 1, 44, 44), (18, 2, 32, 32), (24, 2, 43, 43),
    (16, 4, 27, 27), (18, 4, 31, 31), (22, 4, 38, 39), (22, 5, 36, 37), (26, 5, 43, 44),
)  # fmt: skip
_LONGER_BLOCKS = (0, 0, 0, 0, 0, 0, 0, 2, 2, 1)
# Annex E: centre of the alignment patterns but the first, which is 6.
_ALIGNMENT = ((), (18,), (22,), (26,), (30,), (34,), (22, 38), (24, 42), (26, 46), (28, 50))
_ALPHANUMERIC = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
NOT_ALPHANUMERIC = 255

# Columns of QrTables.versions.
SIZE, DATA, CHECKS, BLOCKS, SHORT_DATA, SHORT_BLOCKS, FIRST_ROW, DIVISION_ROW = range(8)
ABOVE = 4
"""Empty rows above a symbol whose masks are judged."""
ROWS = 80
"""Rows that are looked at then: of 57 at most, to a multiple of eight, and what is looked at around each."""
Module = tuple[int, int]


class QrTables(NamedTuple):
    """Tables of the encoder; made once by `qr_tables`, read only.

    Attributes:
        versions: int64[11, 8]: by version: modules a side, data codewords, check codewords a block, blocks,
            data codewords of a short block, short blocks, first row in ``fixed``, first row in ``division``.
        division: uint64[n * 5]: see galois.division_table.
        pieces: uint32[n]: neighbouring bits of one codeword in one row: codeword (in block order, data before
            checks) in bits 0..8, mask of the bits in 9..16, shift to the row (with 7 bits below) from 17.
        piece_ends: int32[n + 1]: pieces of row r are pieces[piece_ends[r]:piece_ends[r + 1]].
        fixed: int64[n]: finder, timing and alignment modules of each row.
        masks: int64[8 * n]: modules that mask m inverts in row i, at 8 * first row + m * size + i.
        formats: int64[8 * n]: format information of mask m, version information and dark module, likewise.
        alphanumeric: uint8[256]: value of a character (table 5), NOT_ALPHANUMERIC where none.
        reversed: uint8[256]: the byte with its bits in reverse order.
        alike: int64[11, 2, ROWS]: by version, as the rows lie behind ABOVE empty ones: where a module has a neighbour
            in its row, and where it has one in the next row.
    """

    versions: NDArray[np.int64]
    division: NDArray[np.uint64]
    pieces: NDArray[np.uint32]
    piece_ends: NDArray[np.int32]
    fixed: NDArray[np.int64]
    masks: NDArray[np.int64]
    formats: NDArray[np.int64]
    alphanumeric: NDArray[np.uint8]
    reversed: NDArray[np.uint8]
    alike: NDArray[np.int64]


def _function_modules(version: int) -> tuple[set[Module], set[Module]]:
    """Modules without data, and the dark ones among them but format and version information (6.3)."""
    size = 17 + 4 * version
    reserved: set[Module] = set()
    dark: set[Module] = set()
    for top, left in ((0, 0), (0, size - 7), (size - 7, 0)):
        for i in range(-1, 8):
            for j in range(-1, 8):
                if 0 <= top + i < size and 0 <= left + j < size:
                    reserved.add((top + i, left + j))
                    ring = max(abs(i - 3), abs(j - 3))
                    if ring in (0, 1, 3):
                        dark.add((top + i, left + j))
    for k in range(8, size - 8):
        reserved |= {(6, k), (k, 6)}
        if k % 2 == 0:
            dark |= {(6, k), (k, 6)}
    centres = (6, *_ALIGNMENT[version - 1]) if version > 1 else ()
    for y in centres:
        for x in centres:
            if (y, x) in ((6, 6), (6, size - 7), (size - 7, 6)):
                continue
            for i in range(-2, 3):
                for j in range(-2, 3):
                    reserved.add((y + i, x + j))
                    if max(abs(i), abs(j)) != 1:
                        dark.add((y + i, x + j))
    for k in range(9):
        reserved |= {(8, k), (k, 8)}
    for k in range(8):
        reserved |= {(8, size - 1 - k), (size - 1 - k, 8)}
    if version >= 7:
        for k in range(18):
            reserved |= {(k // 3, size - 11 + k % 3), (size - 11 + k % 3, k // 3)}
    return reserved, dark


def _remainder(value: int, generator: int) -> int:
    """Remainder of binary polynomials."""
    while value.bit_length() >= generator.bit_length():
        value ^= generator << value.bit_length() - generator.bit_length()
    return value


def _format_modules(version: int, mask: int) -> set[Module]:
    """Dark modules of format (7.9, level M is 00) and version information (7.10), and the dark module."""
    size = 17 + 4 * version
    bits = (mask << 10 | _remainder(mask << 10, 0x537)) ^ 0x5412
    down = [0, 1, 2, 3, 4, 5, 7, 8]
    dark = {(size - 8, 8)}
    for bit in range(15):
        if bits >> bit & 1:
            dark.add((down[bit], 8) if bit < 8 else (8, 7 if bit == 8 else 14 - bit))
            dark.add((8, size - 1 - bit) if bit < 8 else (size - 15 + bit, 8))
    if version >= 7:
        number = version << 12 | _remainder(version << 12, 0x1F25)
        for k in range(18):
            if number >> k & 1:
                dark |= {(k // 3, size - 11 + k % 3), (size - 11 + k % 3, k // 3)}
    return dark


def _inverts(mask: int, i: int, j: int) -> bool:
    """Table 10, data mask pattern generation conditions."""
    return (
        (i + j) % 2, i % 2, j % 3, (i + j) % 3, (i // 2 + j // 3) % 2, i * j % 2 + i * j % 3,
        (i * j % 2 + i * j % 3) % 2, ((i + j) % 2 + i * j % 3) % 2,
    )[mask] == 0  # fmt: skip


def _message_order(version: int) -> list[int]:
    """Storage place (in block order, data before checks) of each codeword of the final message (7.6)."""
    checks, blocks, short, _ = _BLOCKS[version - 1]
    lengths = [short + (b >= blocks - _LONGER_BLOCKS[version - 1]) for b in range(blocks)]
    starts = [sum(lengths[:b]) for b in range(blocks)]
    data = [starts[b] + k for k in range(max(lengths)) for b in range(blocks) if k < lengths[b]]
    return data + [len(data) + b * checks + k for k in range(checks) for b in range(blocks)]


def _pieces(version: int, reserved: set[Module]) -> list[list[int]]:
    """Pieces of each row (7.7.3): two-module columns from the right, upwards first, skipping column 6."""
    size = 17 + 4 * version
    order = _message_order(version)
    rows: list[dict[Module, int]] = [{} for _ in range(size)]
    place = 0
    upwards = True
    for right in [*range(size - 1, 6, -2), 5, 3, 1]:
        for i in range(size - 1, -1, -1) if upwards else range(size):
            for j in (right, right - 1):
                if (i, j) in reserved:
                    continue
                if place < 8 * len(order):  # the remainder bits stay light
                    bit = 7 - place % 8
                    key = order[place // 8], j - bit + 7
                    rows[i][key] = rows[i].get(key, 0) | 1 << bit
                place += 1
        upwards = not upwards
    return [[word | mask << 9 | shift << 17 for (word, shift), mask in row.items()] for row in rows]


def _as_rows(size: int, modules: set[Module]) -> list[int]:
    rows = [0] * size
    for i, j in modules:
        rows[i] |= 1 << j
    return rows


@cache
def qr_tables() -> QrTables:
    """Give the tables, which are made once a machine."""
    return kept_tables(QrTables, make_qr_tables, __file__, galois.__file__)


def make_qr_tables() -> QrTables:
    """Make the tables (some hundredths of a second, once)."""
    versions = np.zeros((MAX_VERSION + 1, 8), np.int64)
    division = []
    pieces: list[int] = []
    ends, fixed = [0], list[int]()
    masks, formats = list[int](), list[int]()
    alike = np.zeros((MAX_VERSION + 1, 2, ROWS), np.int64)
    for version, (checks, blocks, short, _) in enumerate(_BLOCKS, 1):
        size, longer = 17 + 4 * version, _LONGER_BLOCKS[version - 1]
        data = blocks * short + longer
        row = size, data, checks, blocks, short, blocks - longer, len(fixed), 256 * (version - 1)
        versions[version] = row
        division.append(galois.division_table(FIELD, 0, checks))
        alike[version, 0, ABOVE : ABOVE + size] = (1 << size - 1) - 1
        alike[version, 1, ABOVE : ABOVE + size - 1] = (1 << size) - 1
        reserved, dark = _function_modules(version)
        for row_pieces in _pieces(version, reserved):
            pieces += row_pieces
            ends.append(len(pieces))
        fixed += _as_rows(size, dark)
        free = {(i, j) for i in range(size) for j in range(size)} - reserved
        for mask in range(8):
            masks += _as_rows(size, {(i, j) for i, j in free if _inverts(mask, i, j)})
            formats += _as_rows(size, _format_modules(version, mask))
    alphanumeric = np.full(256, NOT_ALPHANUMERIC, np.uint8)
    alphanumeric[list(_ALPHANUMERIC)] = range(len(_ALPHANUMERIC))
    return QrTables(
        versions,
        np.concatenate(division),
        np.array(pieces, np.uint32),
        np.array(ends, np.int32),
        np.array(fixed, np.int64),
        np.array(masks, np.int64),
        np.array(formats, np.int64),
        alphanumeric,
        np.array([int(f"{value:08b}"[::-1], 2) for value in range(256)], np.uint8),
        alike,
    )
