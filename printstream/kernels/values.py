"""Values of columns, and bytes copied.

All functions are called from other kernels. ``ctx`` is the address of a Context's table, ``out`` that of a buffer
of the caller; positions count bytes.
"""

from __future__ import annotations

from printstream.base.store import META_FIELDS, META_LENGTH, META_START, META_WIDTH
from printstream.kernels.context import C_DOCUMENTS, STORE_INTS, STORE_META
from printstream.kernels.jit import inline_kernel
from printstream.kernels.memory import copy_word, load_i8, load_i16, load_i32, load_i64, load_u8, store_u8


@inline_kernel
def copy_exact(out, pos, source, count):  # type: ignore[no-untyped-def]
    """Copy ``count`` bytes from address ``source`` and touch no other; returns the position after them."""
    i = 0
    while i + 8 <= count:
        copy_word(out + pos + i, source + i)
        i += 8
    while i < count:
        store_u8(out, pos + i, load_u8(source, i))
        i += 1
    return pos + count


@inline_kernel
def copy_bytes(out, pos, source, count):  # type: ignore[no-untyped-def]
    """Copy ``count`` bytes by words: up to seven bytes behind either end are read and written too.

    The caller sees to it that the source is padded and that the target has room. Moving to the left within one buffer
    is allowed.
    """
    i = 0
    while i < count:
        copy_word(out + pos + i, source + i)
        i += 8
    return pos + count


@inline_kernel
def load_value(address, width, i):  # type: ignore[no-untyped-def]
    """Value i of a column whose first value lies at ``address``."""
    if width == 2:
        return load_i32(address, i)
    if width == 0:
        return load_i8(address, i)
    if width == 1:
        return load_i16(address, i)
    return load_i64(address, i)


@inline_kernel
def read_int(ctx, store, column, row):  # type: ignore[no-untyped-def]
    """Value of an integer column, or the code of a text column."""
    meta = load_i64(ctx, store + STORE_META) + column * (8 * META_FIELDS)
    return load_value(
        load_i64(ctx, store + STORE_INTS), load_i64(meta, META_WIDTH), load_i64(meta, META_START) + row
    )


@inline_kernel
def read_list(ctx, column, row, k):  # type: ignore[no-untyped-def]
    """Value k of a list column of a document."""
    meta = load_i64(ctx, C_DOCUMENTS + STORE_META) + column * (8 * META_FIELDS)
    return read_int(ctx, C_DOCUMENTS, column, row * load_i64(meta, META_LENGTH) + k)
