"""Measuring, cutting and breaking text whose codes may be two bytes, or whose lines break without spaces.

All functions are called from other kernels, as those of ``text`` for jobs of one-byte codes. A space is one byte, and no
second byte looks like one (base.codepage).
"""

from __future__ import annotations

from printstream.base.program import BREAK_BESIDE, BREAK_NOT_BEFORE, BREAK_NOT_BEHIND
from printstream.kernels.context import C_SLOT_BREAKS, C_SLOT_WIDTHS, C_SLOTS
from printstream.kernels.jit import inline_kernel
from printstream.kernels.memory import load_i32, load_i64, load_u8, store_u8


@inline_kernel
def _widths_of(ctx, face):  # type: ignore[no-untyped-def]
    """Address of a face's widths by slot."""
    return load_i64(ctx, C_SLOT_WIDTHS) + face * load_i64(ctx, C_SLOTS) * 4


@inline_kernel
def _slot(widths, text, i):  # type: ignore[no-untyped-def]
    """Slot of the character at byte i; from 256 on it takes two bytes."""
    code = load_u8(text, i)
    lead = -load_i32(widths, code)
    return (lead << 8) + load_u8(text, i + 1) if lead > 0 else code


@inline_kernel
def long_width(ctx, face, text, begin, end):  # type: ignore[no-untyped-def]
    """Advance of bytes begin..end-1 at address ``text`` in 1/1000 em."""
    widths = _widths_of(ctx, face)
    total = 0
    i = begin
    while i < end:
        slot = _slot(widths, text, i)
        total += load_i32(widths, slot)
        i += 2 if slot > 255 else 1
    return total


@inline_kernel
def cut_long(ctx, face, text, n, limit, ellipsis):  # type: ignore[no-untyped-def]
    """Cut n bytes that are wider than ``limit`` 1/1000 em, to end in a one-byte ellipsis; returns the new length."""
    widths = _widths_of(ctx, face)
    room = limit - load_i32(widths, ellipsis)
    keep = 0
    while keep < n:
        slot = _slot(widths, text, keep)
        room -= load_i32(widths, slot)
        if room < 0:
            break
        keep += 2 if slot > 255 else 1
    while keep > 0 and load_u8(text, keep - 1) == 32:
        keep -= 1
    store_u8(text, keep, ellipsis)
    return keep + 1


@inline_kernel
def _parts(before, after):  # type: ignore[no-untyped-def]
    """Tell whether a line may break between characters of these BREAK_* flags, with no space between them."""
    beside = (before | after) & BREAK_BESIDE
    return beside != 0 and not before & BREAK_NOT_BEHIND and not after & BREAK_NOT_BEFORE


@inline_kernel
def long_break(ctx, face, text, begin, n, limit):  # type: ignore[no-untyped-def]
    """End of the line that starts at ``begin``: the last place that fits and where it may break, else inside a word."""
    widths = _widths_of(ctx, face)
    breaks = load_i64(ctx, C_SLOT_BREAKS)
    used = 0
    last = begin
    before = 0
    i = begin
    while i < n:
        slot = _slot(widths, text, i)
        flags = load_u8(breaks, slot)
        used += load_i32(widths, slot)
        if slot == 32:
            last = i
            flags = BREAK_NOT_BEHIND  # the line ends before the space, not behind it
        elif i > begin and _parts(before, flags):
            last = i
        step = 2 if slot > 255 else 1
        if slot != 32 and used > limit:
            if last > begin:
                return last
            return i if i > begin else i + step
        before = flags
        i += step
    return n
