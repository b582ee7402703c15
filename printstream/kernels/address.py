"""Widths of texts, character by character, over whole columns of UTF-8."""

from __future__ import annotations

from printstream.kernels.encode import _next_point
from printstream.kernels.jit import kernel

_BMP = 0x10000


@kernel
def text_widths(text, offsets, advances, out):  # type: ignore[no-untyped-def]
    """Add up the advances of every entry's characters.

    Args:
        text: uint8[...]: UTF-8.
        offsets: int64[n + 1]: entry k is text[offsets[k]:offsets[k + 1]].
        advances: int32[65536]: advance of each code point in 1/1000 em; 0 where the face lacks it.
        out: int64[n], owned by the caller: width of each entry in 1/1000 em.
    """
    for k in range(out.size):
        i = offsets[k]
        end = offsets[k + 1]
        width = 0
        while i < end:
            if text[i] < 0x80:
                width += advances[text[i]]
                i += 1
                continue
            point, length = _next_point(text, i, end)
            if 0 <= point < _BMP:
                width += advances[point]
            i += length
        out[k] = width


@kernel
def squeeze(text, offsets, out, out_offsets, plain):  # type: ignore[no-untyped-def]
    """Bring every entry of ASCII to capitals, without dots, commas and apostrophes, blanks and hyphens as one blank.

    Args:
        text: uint8[...]: UTF-8.
        offsets: int64[n + 1]: entry k is text[offsets[k]:offsets[k + 1]].
        out: uint8[>= bytes of all entries], owned by the caller: the entries, end to end.
        out_offsets: int64[n + 1], owned by the caller: where they begin and end in ``out``.
        plain: bool[n], owned by the caller: whether the entry is ASCII; another one is copied as far as it goes.

    Returns:
        int64: bytes written.
    """
    pos = 0
    for k in range(plain.size):
        begin = pos
        out_offsets[k] = pos
        plain[k] = True
        blank = False
        for i in range(offsets[k], offsets[k + 1]):
            byte = text[i]
            if byte >= 0x80:
                plain[k] = False
            if byte == 0x2E or byte == 0x2C or byte == 0x27:  # . , '
                continue
            if byte == 0x20 or byte == 0x2D or 9 <= byte <= 13:
                blank = pos > begin
                continue
            if blank:
                out[pos] = 0x20
                pos += 1
                blank = False
            out[pos] = byte - 0x20 if 0x61 <= byte <= 0x7A else byte
            pos += 1
    out_offsets[plain.size] = pos
    return pos
