"""FNV-1a of 64 bits, folded, as draft-eastlake-fnv writes it; the share of a text."""

from __future__ import annotations


def fnv1a(text: bytes) -> int:
    value = 0xCBF29CE484222325
    for byte in text:
        value = ((value ^ byte) * 0x100000001B3) % (1 << 64)
    return value


def share(text: bytes | None, shares: int) -> int:
    if text is None:
        return 0
    value = fnv1a(text)
    return (value ^ (value >> 32)) % shares
