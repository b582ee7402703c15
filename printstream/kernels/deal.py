"""Rows dealt out by their keys, the same on every machine: equal keys come to the same share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from printstream.kernels.jit import kernel

# FNV-1a, 64 bits (draft-eastlake-fnv, 6.1): well known, the same everywhere; nobody attacks a print run by its keys.
_BASIS = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x100000001B3)


@kernel
def deal_texts(
    offsets: NDArray[np.int64],
    data: NDArray[np.uint8],
    valid: NDArray[np.uint8],
    offset: int,
    shares: int,
    out: NDArray[np.uint16],
) -> None:
    """Deal texts out by their FNV-1a hash; what is absent goes to share 0.

    Args:
        offsets: int64[n + 1]: text k is data[offsets[k]:offsets[k + 1]].
        data: uint8[...].
        valid: uint8[...]: Arrow's validity bitmap; empty where every text is there.
        offset: first bit of it.
        shares: how many shares there are, 1 to 65,536.
        out: uint16[n], the caller's: the share of each text.
    """
    for k in range(out.size):
        bit = offset + k
        if valid.size and not (valid[bit >> 3] >> (bit & 7)) & 1:
            out[k] = 0
            continue
        value = _BASIS
        for at in range(offsets[k], offsets[k + 1]):
            value = (value ^ np.uint64(data[at])) * _PRIME
        # The low bits of FNV-1a know little of the last bytes' high bits.
        value ^= value >> np.uint64(32)
        out[k] = value % np.uint64(shares)
