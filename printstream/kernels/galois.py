"""Reed-Solomon over GF(256), shared by Data Matrix and QR.

In: a field polynomial, codewords. Out: product tables, check codewords. Never: knows a symbology.

A remainder of up to 40 codewords is kept in five 64-bit words, the highest power first, so that a step of
the polynomial division is one table row and a shift by 8 bits instead of a loop over the codewords.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from printstream.kernels.jit import inline_kernel

WORDS = 5
MAX_CHECKS = 8 * WORDS
_U1, _U2, _U3, _U4, _U5, _U8 = (np.uint64(n) for n in (1, 2, 3, 4, 5, 8))
_U56 = np.uint64(56)


def log_tables(polynomial: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Powers of the field's element 2 and their logarithms.

    Args:
        polynomial: the field polynomial, 9 bits, of which 2 is a primitive root.

    Returns:
        uint8[510]: 2**k, twice over; int64[256]: logarithm of each element, 0 for the element 0.
    """
    powers = np.zeros(510, np.uint8)
    logs = np.zeros(256, np.int64)
    value = 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logs[value] = exponent
        value <<= 1
        if value & 0x100:
            value ^= polynomial
    return powers, logs


def generator(polynomial: int, first_root: int, checks: int) -> NDArray[np.uint8]:
    """Coefficients of (x - 2**first_root) ... (x - 2**(first_root + checks - 1)) below the leading 1."""
    powers, logs = log_tables(polynomial)
    coefficients = [1]
    for root in range(first_root, first_root + checks):
        shifted = [*coefficients, 0]
        for place, value in enumerate(coefficients):
            if value:
                shifted[place + 1] ^= int(powers[logs[value] + root % 255])
        coefficients = shifted
    return np.array(coefficients[1:], np.uint8)


def division_table(polynomial: int, first_root: int, checks: int) -> NDArray[np.uint64]:
    """Products of every element with the generator.

    Returns:
        uint64[256 * 5]: five words an element f: f times the generator's coefficients, the highest power in
        the top byte of the first. Flat, so that a kernel need not multiply by a stride.

    Raises:
        ValueError: when the checks do not fit into the five words.
    """
    if checks > MAX_CHECKS:
        msg = f"{checks} check codewords do not fit into {WORDS} words"
        raise ValueError(msg)
    powers, logs = log_tables(polynomial)
    factors = generator(polynomial, first_root, checks)
    # No coefficient is 0: the generator is a code word of the least weight, checks + 1.
    products = powers[logs[:, None] + logs[factors][None, :]]
    products[0] = 0
    padded = np.zeros((256, MAX_CHECKS), np.uint8)
    padded[:, :checks] = products
    return padded.view(">u8").astype(np.uint64).ravel()


@inline_kernel
def write_checks(  # type: ignore[no-untyped-def]
    table, first_row, data, data_start, data_count, checks, out, out_start
):
    """Append the Reed-Solomon check codewords of one block.

    Args:
        table: uint64[n * 5]: stacked division tables.
        first_row: int: element row (of five words) where the table of this number of checks begins.
        data: uint8[>= data_start + data_count].
        data_start: int.
        data_count: int: data codewords of the block.
        checks: int: check codewords, at most 40.
        out: uint8[...], the caller's; may be ``data``.
        out_start: int: place of the first check codeword.
    """
    r0, r1, r2, r3, r4 = np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0)
    base = np.uint64(first_row * WORDS)
    for place in range(data_start, data_start + data_count):
        at = base + (r0 >> _U56 ^ np.uint64(data[place])) * _U5
        r0 = (r0 << _U8 | r1 >> _U56) ^ table[at]
        r1 = (r1 << _U8 | r2 >> _U56) ^ table[at + _U1]
        r2 = (r2 << _U8 | r3 >> _U56) ^ table[at + _U2]
        r3 = (r3 << _U8 | r4 >> _U56) ^ table[at + _U3]
        r4 = r4 << _U8 ^ table[at + _U4]
    for place in range(out_start, out_start + checks):
        out[place] = np.uint8(r0 >> _U56)
        r0 = r0 << _U8 | r1 >> _U56
        r1 = r1 << _U8 | r2 >> _U56
        r2 = r2 << _U8 | r3 >> _U56
        r3 = r3 << _U8 | r4 >> _U56
        r4 = r4 << _U8
