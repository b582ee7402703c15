"""Widths, plain forms and fingerprints of texts, character by character, over whole columns of UTF-8."""

from __future__ import annotations

import numpy as np

from printstream.kernels.encode import _next_point
from printstream.kernels.jit import kernel

_BMP = 0x10000
_FORM = np.arange(256, dtype=np.uint8)
_FORM[0x61:0x7B] -= 0x20
_FORM[[0x2D, *range(9, 14)]] = 0x20
_FORM[[0x2C, 0x2E, 0x27]] = 0xFF  # , . '
"""What a byte of ASCII becomes where texts are compared: a capital, a blank, or nothing (0xFF, which UTF-8 never has)."""
_STIR = np.uint64(0x9E3779B97F4A7C15)


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
            if text[i] >= 0x80:
                plain[k] = False
            byte = _FORM[text[i]]
            if byte == 0xFF:
                continue
            if byte == 0x20:
                blank = pos > begin
                continue
            if blank:
                out[pos] = 0x20
                pos += 1
                blank = False
            out[pos] = byte
            pos += 1
    out_offsets[plain.size] = pos
    return pos


@kernel
def fingerprint(text, offsets, prints, words, states, plain):  # type: ignore[no-untyped-def]
    """Carry on a 64-bit fingerprint of each row's text, in the form that ``squeeze`` gives, by a further column.

    Columns count as joined by a blank. Rows whose columns squeeze to the same bytes get the same prints and words, however
    they are divided; different ones nearly always others.

    Args:
        text: uint8[...]: UTF-8.
        offsets: int64[n + 1]: entry k is text[offsets[k]:offsets[k + 1]].
        prints: uint64[n], owned by the caller: 0 before the first column.
        words: uint64[n], owned by the caller: 1 before the first column; up to seven bytes, behind a 1.
        states: uint8[n], owned by the caller: 0 before the first column; 1 after text, 2 where a blank is due.
        plain: bool[n], owned by the caller: cleared where the entry is not ASCII; its print then means nothing, unless the
            entry is in that form already.
    """
    for k in range(plain.size):
        stir, word, state = prints[k], words[k], states[k]
        if state == 1:
            state = 2
        high = 0
        for i in range(offsets[k], offsets[k + 1]):
            high |= text[i]
            byte = _FORM[text[i]]
            if byte == 0xFF:
                continue
            if byte == 0x20:
                if state == 1:
                    state = 2
                continue
            if state == 2:
                word = (word << np.uint64(8)) | np.uint64(0x20)
                if word >> np.uint64(56):
                    stir = (stir ^ word) * _STIR
                    stir ^= stir >> np.uint64(29)
                    word = np.uint64(1)
            state = 1
            word = (word << np.uint64(8)) | np.uint64(byte)
            if word >> np.uint64(56):
                stir = (stir ^ word) * _STIR
                stir ^= stir >> np.uint64(29)
                word = np.uint64(1)
        if high >= 0x80:
            plain[k] = False
        prints[k], words[k], states[k] = stir, word, state


@kernel
def maybe_twice(prints, seen, out):  # type: ignore[no-untyped-def]
    """Mark rows whose fingerprint may be there twice: all that are, and a few more.

    Args:
        prints: uint64[n].
        seen: uint8[2 ** b], owned by the caller, 0: by b bits of the fingerprints from the 20th on.
        out: bool[n], owned by the caller.
    """
    mask = np.uint64(seen.size - 1)
    for k in range(prints.size):
        place = (prints[k] >> np.uint64(20)) & mask
        seen[place] = min(seen[place] + 1, 2)
    for k in range(prints.size):
        out[k] = seen[(prints[k] >> np.uint64(20)) & mask] == 2


@kernel
def join_parts(parts, offsets, glued, out, out_offsets, plain):  # type: ignore[no-untyped-def]
    """Write the parts of every row with one blank between words, whatever white space there was, and none at the ends.

    Args:
        parts: tuple of uint8[...]: UTF-8 of each part.
        offsets: tuple of int64[n + 1]: entry k of a part is part[offsets[k]:offsets[k + 1]].
        glued: whether the last part follows the one before it with a hyphen, where it is not empty.
        out: uint8[>= bytes of all parts + parts a row], owned by the caller: the lines, end to end.
        out_offsets: int64[n + 1], owned by the caller: where they begin and end in ``out``.
        plain: bool[n], owned by the caller: whether the row is ASCII; another one is copied as it is.

    Returns:
        int64: bytes written.
    """
    pos = 0
    for k in range(plain.size):
        begin = pos
        out_offsets[k] = pos
        blank, high = False, 0
        for p in range(len(parts)):
            text, at = parts[p], offsets[p]
            if glued and p == len(parts) - 1:
                if at[k + 1] > at[k]:
                    if blank:
                        out[pos] = 0x20
                        pos += 1
                        blank = False
                    out[pos] = 0x2D
                    pos += 1
            else:
                blank = pos > begin
            for i in range(at[k], at[k + 1]):
                byte = text[i]
                high |= byte
                if byte == 0x20 or 9 <= byte <= 13:
                    blank = pos > begin
                    continue
                if blank:
                    out[pos] = 0x20
                    pos += 1
                    blank = False
                out[pos] = byte
                pos += 1
        plain[k] = high < 0x80
    out_offsets[plain.size] = pos
    return pos


@kernel
def upper(text, begin, end, out):  # type: ignore[no-untyped-def]
    """Copy bytes of UTF-8, the small letters of ASCII as capitals.

    Args:
        text: uint8[...].
        begin: first byte.
        end: last byte + 1.
        out: uint8[>= end - begin], owned by the caller.

    Returns:
        int64: bit 0 set where there was a small letter, bit 7 where not all is ASCII.
    """
    found = np.uint8(0)
    for i in range(begin, end):
        byte = text[i]
        small = np.uint8((byte >= 0x61) & (byte <= 0x7A))
        out[i - begin] = byte - small * np.uint8(0x20)
        found |= (byte & np.uint8(0x80)) | small
    return np.int64(found)


@kernel
def have_edges(text, offsets):  # type: ignore[no-untyped-def]
    """Tell whether an entry may begin or end with white space: there, any byte that is not visible ASCII.

    Args:
        text: uint8[...]: UTF-8.
        offsets: int64[n + 1]: entry k is text[offsets[k]:offsets[k + 1]].
    """
    for k in range(offsets.size - 1):
        begin, end = offsets[k], offsets[k + 1]
        if begin < end and not (0x21 <= text[begin] <= 0x7E and 0x21 <= text[end - 1] <= 0x7E):
            return True
    return False


@kernel
def are_digits(text, offsets, size, out):  # type: ignore[no-untyped-def]
    """Mark entries that are so many ASCII digits and nothing else.

    Args:
        text: uint8[...]: UTF-8.
        offsets: int64[n + 1]: entry k is text[offsets[k]:offsets[k + 1]].
        size: how many.
        out: bool[n], owned by the caller.
    """
    for k in range(out.size):
        good = offsets[k + 1] - offsets[k] == size
        for i in range(offsets[k], offsets[k + 1]):
            good = good and 0x30 <= text[i] <= 0x39
        out[k] = good


@kernel
def have_digits(text, offsets, out):  # type: ignore[no-untyped-def]
    """Mark entries with an ASCII digit.

    Args:
        text: uint8[...]: UTF-8.
        offsets: int64[n + 1]: entry k is text[offsets[k]:offsets[k + 1]].
        out: bool[n], owned by the caller.
    """
    for k in range(out.size):
        out[k] = False
        for i in range(offsets[k], offsets[k + 1]):
            if 0x30 <= text[i] <= 0x39:
                out[k] = True
                break
