"""Page breaks of all documents: decides, draws nothing."""

from __future__ import annotations

from printstream.base.program import (
    N_CLOSE_BOTTOM,
    N_FIRST_BOTTOM,
    N_FIRST_TOP,
    N_FLOW_HEIGHT,
    N_GROUP_COLUMN,
    N_NEXT_BOTTOM,
    N_NEXT_TOP,
    N_SUM_COLUMN,
    OP_ADDRESS,
    OP_FIELDS,
    OP_PARAGRAPH,
    OP_TEXT,
    OVERFLOW_REJECT,
    ROW_BROUGHT,
    ROW_CARRIED,
    ROW_CONTINUED,
    ROW_FIELDS,
    ROW_HEADING,
    ROW_LINE,
    ROW_SUBTOTAL,
    STYLE_FIELDS,
)
from printstream.base.store import META_FIELDS, META_START, META_WIDTH
from printstream.kernels.context import (
    BUILTIN_SLOTS,
    C_BUILTINS,
    C_LINE_COUNT,
    C_LINE_FIRST,
    C_LINE_ORDER,
    C_LINES,
    C_NUMBERS,
    C_OPS,
    C_ROWS,
    C_SCRATCH,
    C_STYLES,
    STORE_INTS,
    STORE_META,
)
from printstream.kernels.jit import inline_kernel, kernel
from printstream.kernels.memory import load_i64, load_u8, load_u32, prefetch, store_i64
from printstream.kernels.text import next_break, render_text, text_width
from printstream.kernels.values import read_int

_LINES_AHEAD = 32
"""Lines between fetching a value and using it."""


@inline_kernel
def _height(ctx, kind):  # type: ignore[no-untyped-def]
    """Height of a kind of row; 0 where the template has none."""
    return load_i64(load_i64(ctx, C_ROWS), kind * ROW_FIELDS + 1)


@inline_kernel
def _fetch_line(ctx, column, index):  # type: ignore[no-untyped-def]
    """Fetch into the cache a column's value of a line further on; lines lie where the input had them."""
    if column >= 0 and index < load_i64(ctx, C_LINE_COUNT):
        meta = load_i64(ctx, C_LINES + STORE_META) + column * (8 * META_FIELDS)
        row = load_i64(meta, META_START) + load_u32(load_i64(ctx, C_LINE_ORDER), index)
        prefetch(load_i64(ctx, C_LINES + STORE_INTS) + (row << load_i64(meta, META_WIDTH)))


@inline_kernel
def _value(ctx, column, index):  # type: ignore[no-untyped-def]
    """A column's value of the line at a place in the print order; 0 where the template names no column."""
    if column < 0:
        return 0
    return read_int(ctx, C_LINES, column, load_u32(load_i64(ctx, C_LINE_ORDER), index))


@inline_kernel
def _note(write, page, line, total, first_line, brought):  # type: ignore[no-untyped-def]
    """Note the line of its document that a page begins with, and what was added up before it."""
    if write:
        first_line[page] = line
        brought[page] = total


@inline_kernel
def _next_top(ctx, starts):  # type: ignore[no-untyped-def]
    """Upper edge of the first line's rows on a further page; a group that does not start there is continued."""
    y = load_i64(load_i64(ctx, C_NUMBERS), N_NEXT_TOP) - _height(ctx, ROW_BROUGHT)
    return y if starts else y - _height(ctx, ROW_CONTINUED)


@inline_kernel
def _closes_on(ctx, y, bottom):  # type: ignore[no-untyped-def]
    """Whether what closes the document has its place below ``y``, on a page whose rows end at ``bottom``."""
    numbers = load_i64(ctx, C_NUMBERS)
    return y - load_i64(numbers, N_FLOW_HEIGHT) >= max(bottom, load_i64(numbers, N_CLOSE_BOTTOM))


@inline_kernel
def _break_document(ctx, document, write, page, first_line, brought):  # type: ignore[no-untyped-def]
    """Break one document's lines into pages; returns the number of pages.

    With ``write``, page k of the document goes to row page + k of ``first_line`` and ``brought``.

    Rules: a heading stays with its first line, a subtotal with its last; every page but the last keeps room for the
    carried row, every page but the first starts with the brought row and, inside a group, the continued row; what
    closes the document must fit above the closing's bottom, or goes to a new page, to which the last group moves along
    when it started on this page behind other lines and fits there.
    """
    numbers = load_i64(ctx, C_NUMBERS)
    begin = load_i64(load_i64(ctx, C_LINE_FIRST), document)
    end = load_i64(load_i64(ctx, C_LINE_FIRST), document + 1)
    line, heading, subtotal = _height(ctx, ROW_LINE), _height(ctx, ROW_HEADING), _height(ctx, ROW_SUBTOTAL)
    carried = _height(ctx, ROW_CARRIED)
    group_column, sum_column = load_i64(numbers, N_GROUP_COLUMN), load_i64(numbers, N_SUM_COLUMN)
    y, bottom = load_i64(numbers, N_FIRST_TOP), load_i64(numbers, N_FIRST_BOTTOM)
    pages, total = 1, 0
    _note(write, page, 0, 0, first_line, brought)
    page_first = begin  # first line on the page
    last_start, last_total, last_height = begin, 0, 0  # of the last group: first line, sum before it, height
    group = upcoming = _value(ctx, group_column, begin) if end > begin else 0
    for i in range(begin, end):
        _fetch_line(ctx, group_column, i + _LINES_AHEAD)
        _fetch_line(ctx, sum_column, i + _LINES_AHEAD)
        starts, ends = i == begin or upcoming != group, i + 1 == end
        group = upcoming
        if not ends:
            upcoming = _value(ctx, group_column, i + 1)
            ends = upcoming != group
        need = line + (heading if starts else 0) + (subtotal if ends else 0)
        # y falls: coordinates count from the page's bottom.
        if y - need < bottom + carried:
            y, bottom = _next_top(ctx, starts), load_i64(numbers, N_NEXT_BOTTOM)
            _note(write, page + pages, i - begin, total, first_line, brought)
            pages += 1
            page_first = i
        if starts:
            last_start, last_total, last_height = i, total, 0
        last_height += need
        y -= need
        total += _value(ctx, sum_column, i)
    if _closes_on(ctx, y, bottom):
        return pages
    top = _next_top(ctx, True) - last_height
    if last_start > page_first and _closes_on(ctx, top, load_i64(numbers, N_NEXT_BOTTOM)):
        _note(write, page + pages, last_start - begin, last_total, first_line, brought)
    else:
        _note(write, page + pages, end - begin, total, first_line, brought)
    return pages + 1


@kernel
def count_pages(ctx, begin, end, pages, first_line, brought):  # type: ignore[no-untyped-def]
    """Pages of documents begin..end-1.

    Args:
        ctx: int64: address of a Context with program, lines and their order.
        begin: first document.
        end: last document + 1.
        pages: uint32[documents], owned by the caller: pages[document] is set.
        first_line: int32[0], not touched.
        brought: int64[0], not touched.
    """
    for d in range(begin, end):
        pages[d] = _break_document(ctx, d, False, 0, first_line, brought)


@kernel
def fill_pages(ctx, begin, end, first_page, first_line, brought):  # type: ignore[no-untyped-def]
    """Breaks of documents begin..end-1.

    Args:
        ctx: int64: address of a Context with program, lines and their order.
        begin: first document.
        end: last document + 1.
        first_page: int64[documents + 1].
        first_line: int32[pages], owned by the caller: see PageArrays.
        brought: int64[pages], owned by the caller: see PageArrays.
    """
    for d in range(begin, end):
        _break_document(ctx, d, True, first_page[d], first_line, brought)


@kernel
def check_texts(ctx, op_count, begin, end, bad_op):  # type: ignore[no-untyped-def]
    """Measure every text that must not overflow, of documents begin..end-1.

    Args:
        ctx: int64: address of a Context with program and documents.
        op_count: operations of the program.
        begin: first document.
        end: last document + 1.
        bad_op: int32[documents], owned by the caller: the first operation that overflows, -1 where none.
    """
    builtins = load_i64(ctx, C_BUILTINS)
    for k in range(BUILTIN_SLOTS):
        store_i64(builtins, k, 999_999)
    for d in range(begin, end):
        bad_op[d] = -1
        for k in range(op_count):
            if _overflows(ctx, d, k):
                bad_op[d] = k
                break


@inline_kernel
def _overflows(ctx, d, k):  # type: ignore[no-untyped-def]
    """Tell whether operation k overflows for document d."""
    op = load_i64(ctx, C_OPS) + k * (8 * OP_FIELDS)
    scratch = load_i64(ctx, C_SCRATCH)
    kind = load_i64(op, 0)
    if kind == OP_TEXT:
        n = render_text(ctx, load_i64(op, 5), load_i64(op, 6), d, 0, scratch)
        if n < 0:
            return True
        if load_i64(op, 8) != OVERFLOW_REJECT or load_i64(op, 7) < 0:
            return False
        return text_width(ctx, _face(ctx, load_i64(op, 3)), scratch, 0, n) > load_i64(op, 7)
    if kind == OP_PARAGRAPH:
        n = render_text(ctx, load_i64(op, 7), load_i64(op, 8), d, 0, scratch)
        return n < 0 or _count_lines(
            ctx, _face(ctx, load_i64(op, 3)), scratch, n, load_i64(op, 4)
        ) > load_i64(op, 6)
    if kind == OP_ADDRESS:
        face = _face(ctx, load_i64(op, 5))
        for line in range(load_i64(op, 7), load_i64(op, 8)):
            line_op = load_i64(ctx, C_OPS) + line * (8 * OP_FIELDS)
            n = render_text(ctx, load_i64(line_op, 5), load_i64(line_op, 6), d, 0, scratch)
            if n < 0 or text_width(ctx, face, scratch, 0, n) > load_i64(op, 6):
                return True
    return False


@inline_kernel
def _face(ctx, style):  # type: ignore[no-untyped-def]
    """Face of a style."""
    return load_i64(load_i64(ctx, C_STYLES), style * STYLE_FIELDS)


@inline_kernel
def _count_lines(ctx, face, text, n, limit):  # type: ignore[no-untyped-def]
    """Lines that a paragraph breaks into."""
    at = 0
    count = 0
    while at < n:
        at = next_break(ctx, face, text, at, n, limit)
        while at < n and load_u8(text, at) == 32:
            at += 1
        count += 1
    return count
