"""UTF-8 to job codes of one or two bytes, over whole columns."""

from __future__ import annotations

import numpy as np

from printstream.kernels.jit import inline_kernel, kernel

INVALID = -1
"""Stands for bytes that are no UTF-8."""
_BMP = 0x10000


@inline_kernel
def _next_point(text, i, end):  # type: ignore[no-untyped-def]
    """Decode one character (RFC 3629); returns (code point or INVALID, bytes it takes)."""
    a = np.int64(text[i])
    if a < 0x80:
        return a, 1
    if 0xC2 <= a < 0xE0 and i + 1 < end:
        b = np.int64(text[i + 1])
        if b & 0xC0 == 0x80:
            return (a & 31) << 6 | (b & 63), 2
    elif 0xE0 <= a < 0xF0 and i + 2 < end:
        b, c = np.int64(text[i + 1]), np.int64(text[i + 2])
        point = (a & 15) << 12 | (b & 63) << 6 | (c & 63)
        if b & 0xC0 == 0x80 and c & 0xC0 == 0x80 and point >= 0x800 and not 0xD800 <= point < 0xE000:
            return point, 3
    elif 0xF0 <= a < 0xF5 and i + 3 < end:
        b, c, d = np.int64(text[i + 1]), np.int64(text[i + 2]), np.int64(text[i + 3])
        point = (a & 7) << 18 | (b & 63) << 12 | (c & 63) << 6 | (d & 63)
        good = b & 0xC0 == 0x80 and c & 0xC0 == 0x80 and d & 0xC0 == 0x80
        if good and 0x10000 <= point < 0x110000:
            return point, 4
    return INVALID, 1


@kernel
def mark_characters(text, begin, end, seen):  # type: ignore[no-untyped-def]
    """Mark every character of the Basic Multilingual Plane that occurs.

    Args:
        text: uint8[...]: UTF-8.
        begin: first byte.
        end: last byte + 1.
        seen: bool[65536], owned by the caller: set where a character occurs, never cleared.
    """
    i = begin
    while i < end:
        if text[i] < 0x80:
            seen[text[i]] = True
            i += 1
            continue
        point, length = _next_point(text, i, end)
        if 0 <= point < _BMP:
            seen[point] = True
        i += length


@kernel
def transcode(text, offsets, codes, out, out_offsets, out_at, bad):  # type: ignore[no-untyped-def]
    """Turn the entries of one text column into codes.

    Args:
        text: uint8[...]: UTF-8.
        offsets: int64[n + 1]: entry k is text[offsets[k]:offsets[k + 1]].
        codes: uint8[65536], or uint16[65536] where there are codes of two bytes (CodePage.code): code of each code
            point, 0 where none.
        out: uint8[...], owned by the caller: codes are written from ``out_at`` on; never more bytes than the text has, with
            uint16 never more than twice as many.
        out_offsets: int64[n], owned by the caller: end of each entry in out.
        out_at: where to begin.
        bad: int32[n], owned by the caller: first code point without a code (INVALID: bytes that are no UTF-8), or
            0 where all is well.

    Returns:
        int64: the end of what was written.
    """
    pos = out_at
    for k in range(out_offsets.size):
        i = offsets[k]
        end = offsets[k + 1]
        bad[k] = 0
        while i < end:
            if text[i] < 0x80 and codes[text[i]] != 0 and codes[text[i]] < 256:
                out[pos] = codes[text[i]]
                pos += 1
                i += 1
                continue
            point, length = _next_point(text, i, end)
            code = np.int64(codes[point]) if 0 <= point < _BMP else np.int64(0)
            if code == 0:
                if bad[k] == 0:
                    bad[k] = point if point != 0 else INVALID
            else:
                if code > 255:
                    out[pos] = code >> 8
                    pos += 1
                out[pos] = code
                pos += 1
            i += length
        out_offsets[k] = pos
    return pos
