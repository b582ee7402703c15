"""Fetching into the cache what drawing will read, while other pages are drawn."""

from __future__ import annotations

from printstream.kernels.context import (
    C_FIRST_LINE,
    C_FIRST_PAGE,
    C_LINE_FIRST,
    C_LINE_ORDER,
    C_READ,
    C_READ_COUNTS,
    R_ADDRESS,
    R_BYTES,
    R_OFFSETS,
    R_WIDTH,
    READ_FIELDS,
)
from printstream.kernels.jit import inline_kernel
from printstream.kernels.memory import load_i32, load_i64, load_u32, prefetch
from printstream.kernels.symbols import locate, of_type
from printstream.kernels.text import load_value

STEPS_AHEAD = 3
"""Pages between the first step of fetching and drawing."""


@inline_kernel
def fetch_ahead(ctx, faces, step):  # type: ignore[no-untyped-def]
    """Fetch into the cache what drawing will read, in three steps of which each needs the one before.

    Documents lie in input order and are drawn in mailing order, so nearly every column of every order line would
    be a cache miss: half of the drawing time (docs/performance.md). Place ``step`` of the range gets its columns
    fetched, the one before it its texts' offsets, the one before that its texts.
    """
    for stage in range(STEPS_AHEAD):
        place = step - stage
        if 0 <= place < faces.size:
            document, number, _, _ = locate(ctx, faces[place])
            if document >= 0:
                own, own_document = of_type(ctx, document)
                _fetch_page(own, own_document, number, stage)


@inline_kernel
def _fetch_page(ctx, document, number, stage):  # type: ignore[no-untyped-def]
    """One step of fetching a page's columns."""
    counts = load_i64(ctx, C_READ_COUNTS)
    read = load_i64(ctx, C_READ)
    if number == 0:
        for column in range(load_i64(counts, 0)):
            _fetch_value(read + column * (8 * READ_FIELDS), document, stage)
    page = load_i64(load_i64(ctx, C_FIRST_PAGE), document) + number
    first_line = load_i64(ctx, C_FIRST_LINE)
    begin = load_i64(load_i64(ctx, C_LINE_FIRST), document)
    stop = load_i64(load_i64(ctx, C_LINE_FIRST), document + 1)
    if page + 1 < load_i64(load_i64(ctx, C_FIRST_PAGE), document + 1):
        stop = begin + load_i32(first_line, page + 1)
    order = load_i64(ctx, C_LINE_ORDER)
    lines_read = read + load_i64(counts, 0) * (8 * READ_FIELDS)
    for i in range(begin + load_i32(first_line, page), stop):
        line = load_u32(order, i)
        for column in range(load_i64(counts, 1)):
            _fetch_value(lines_read + column * (8 * READ_FIELDS), line, stage)


@inline_kernel
def _fetch_value(read, row, stage):  # type: ignore[no-untyped-def]
    """Fetch a value (stage 0), its text's offsets (1), its text (2)."""
    width = load_i64(read, R_WIDTH)
    if stage == 0:
        if width >= 0:
            prefetch(load_i64(read, R_ADDRESS) + (row << width))
        return
    offsets = load_i64(read, R_OFFSETS)
    if offsets:
        entry = row if width < 0 else load_value(load_i64(read, R_ADDRESS), width, row)
        if stage == 1:
            prefetch(offsets + 8 * entry)
        else:
            text = load_i64(read, R_BYTES) + load_i64(offsets, entry)
            prefetch(text)
            prefetch(text + 63)
