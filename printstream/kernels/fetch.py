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
from printstream.kernels.values import load_value

STEPS_AHEAD = 5
"""Pages between the first step of fetching and drawing."""
_CACHE_LINE = 64
_ORDER_LINE = _CACHE_LINE // 4
"""Lines' numbers that share a line of the cache."""


@inline_kernel
def fetch_ahead(ctx, faces, step):  # type: ignore[no-untyped-def]
    """Fetch into the cache what drawing will read, in steps of which each needs the one before.

    Documents lie in input order and are drawn in mailing order, so nearly every column of every order line would
    be a cache miss: half of the drawing time (docs/performance.md). Place ``step`` of the range gets fetched where its
    lines begin, the one before it their numbers, the one before that their columns, then their texts' offsets, then
    their texts.
    """
    for stage in range(STEPS_AHEAD):
        place = step - stage
        if 0 <= place < faces.size:
            document, number, _, _ = locate(ctx, faces[place])
            if document >= 0:
                own, own_document = of_type(ctx, document)
                if stage < 2:
                    _fetch_lines(own, own_document, number, stage)
                else:
                    _fetch_page(own, own_document, number, stage - 2)


@inline_kernel
def _first_line(ctx, document, number):  # type: ignore[no-untyped-def]
    """Place in the order of a page's first line."""
    page = load_i64(load_i64(ctx, C_FIRST_PAGE), document) + number
    return load_i64(load_i64(ctx, C_LINE_FIRST), document) + load_i32(load_i64(ctx, C_FIRST_LINE), page)


@inline_kernel
def _last_line(ctx, document, number):  # type: ignore[no-untyped-def]
    """Place in the order behind a page's last line."""
    page = load_i64(load_i64(ctx, C_FIRST_PAGE), document) + number
    if page + 1 < load_i64(load_i64(ctx, C_FIRST_PAGE), document + 1):
        return _first_line(ctx, document, number + 1)
    return load_i64(load_i64(ctx, C_LINE_FIRST), document + 1)


@inline_kernel
def _fetch_lines(ctx, document, number, stage):  # type: ignore[no-untyped-def]
    """Fetch where a page's lines begin (stage 0), or the lines' numbers (1)."""
    if stage == 0:
        prefetch(load_i64(ctx, C_LINE_FIRST) + 8 * document)
        page = load_i64(load_i64(ctx, C_FIRST_PAGE), document) + number
        prefetch(load_i64(ctx, C_FIRST_LINE) + 4 * page)
        return
    order = load_i64(ctx, C_LINE_ORDER)
    begin, stop = _first_line(ctx, document, number), _last_line(ctx, document, number)
    for i in range(begin, stop + _ORDER_LINE, _ORDER_LINE):
        prefetch(order + 4 * i)


@inline_kernel
def _fetch_page(ctx, document, number, stage):  # type: ignore[no-untyped-def]
    """One step of fetching a page's columns."""
    counts = load_i64(ctx, C_READ_COUNTS)
    read = load_i64(ctx, C_READ)
    if number == 0:
        for column in range(load_i64(counts, 0)):
            _fetch_value(read + column * (8 * READ_FIELDS), document, stage)
    order = load_i64(ctx, C_LINE_ORDER)
    lines_read = read + load_i64(counts, 0) * (8 * READ_FIELDS)
    for i in range(_first_line(ctx, document, number), _last_line(ctx, document, number)):
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
            texts = load_i64(read, R_BYTES)
            begin, end = load_i64(offsets, entry), load_i64(offsets, entry + 1)
            prefetch(texts + begin)
            prefetch(texts + min(end - 1, begin + _CACHE_LINE))
