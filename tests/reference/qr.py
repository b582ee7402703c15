"""QR codes by segno, with one clause put right.

segno 1.6.6 adds eight zero bits where the data already ends at a codeword boundary (its
``write_padding_bits``), and so writes a codeword 00 before the pads. 7.4.10 of ISO/IEC 18004:2015 adds padding
bits only "if the bit stream length is such that it does not end at a codeword boundary", as libzint does.
Both symbols read the same; all else of segno, the choice of the mask included, is our judge.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import segno
import segno.encoder

from tests.reference.symbols import Rows

MODES = {1: "numeric", 2: "alphanumeric", 4: "byte"}


def _pad_to_codeword(buffer: segno.encoder.Buffer, version: int, length: int) -> None:
    assert version > 0
    buffer.extend([0] * (-length % 8))


@contextmanager
def padding_by_the_clause() -> Iterator[None]:
    """Run segno with the padding bits of 7.4.10."""
    with patch.object(segno.encoder, "write_padding_bits", _pad_to_codeword):
        yield


def encode_qr(text: bytes, mode: int, version: int | None = None) -> Rows | None:
    """Rows of the symbol at level M, None where versions 1 to 10 do not hold the text."""
    with padding_by_the_clause():
        try:
            code = segno.make(
                text, error="m", boost_error=False, mode=MODES[mode], version=version, micro=False
            )
        except segno.DataOverflowError:
            return None
    if code.version > 10:
        return None
    return ["".join(map(str, row)) for row in code.matrix]


def mask_scores(rows: Rows) -> tuple[int, int, int, int]:
    """Penalties of the four features of 7.8.3.1."""
    matrix = tuple(bytearray(map(int, row)) for row in rows)
    return segno.encoder.mask_scores(matrix, len(rows), len(rows))


def mask_of(rows: Rows) -> int:
    """Mask by the format information above the lower left finder's column (7.9)."""
    bits = sum(int(rows[8][len(rows) - 1 - bit]) << bit for bit in range(8))
    bits |= sum(int(rows[len(rows) - 15 + bit][8]) << bit for bit in range(8, 15))
    bits ^= 0x5412
    assert bits >> 13 == 0  # level M
    return bits >> 10 & 7
