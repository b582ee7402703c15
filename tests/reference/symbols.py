"""Symbols as rows of 0 and 1, from our packed rows and from other encoders; and read back by zxing-cpp."""

from __future__ import annotations

import numpy as np
import zint
import zxingcpp
from numpy.typing import NDArray

Rows = list[str]


def unpack(packed: NDArray[np.uint8], size: int) -> Rows:
    """Rows of ceil(size / 8) bytes each, most significant bit first; spare bits must be 0."""
    width = (size + 7) // 8
    bits = np.unpackbits(packed[: size * width].reshape(size, width), axis=1)
    assert not bits[:, size:].any()
    return ["".join(map(str, row)) for row in bits[:, :size].tolist()]


def zint_rows(
    symbology: zint.Symbology,
    data: bytes,
    *,
    option_1: int = -1,
    option_2: int = 0,
    option_3: int = 0,
    fast: bool = False,
) -> Rows:
    """Rows of a symbol by libzint, which packs eight modules a byte, least significant bit first."""
    symbol = zint.Symbol()
    symbol.symbology = symbology
    symbol.option_1, symbol.option_2, symbol.option_3 = option_1, option_2, option_3
    if fast:
        symbol.input_mode = zint.InputMode.FAST
    symbol.encode(data)
    bits = np.unpackbits(np.asarray(symbol.encoded_data)[: symbol.rows], axis=1, bitorder="little")
    return ["".join(map(str, row)) for row in bits[:, : symbol.width].tolist()]


def read(rows: Rows, what: zxingcpp.BarcodeFormat) -> bytes:
    """Decode a clean image, four pixels a module, with a quiet zone."""
    modules = np.array([[int(bit) for bit in row] for row in rows], np.uint8)
    image = np.pad(255 * (1 - np.kron(modules, np.ones((4, 4), np.uint8))), 16, constant_values=255)
    found = zxingcpp.read_barcodes(image.astype(np.uint8), formats=what, is_pure=True)
    assert len(found) == 1
    return bytes(found[0].bytes)
