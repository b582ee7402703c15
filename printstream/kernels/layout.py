"""Page breaks of all documents: decides, draws nothing."""

from __future__ import annotations

import numpy as np

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
    OP_PARAGRAPH,
    OP_TEXT,
    OVERFLOW_REJECT,
    ROW_BROUGHT,
    ROW_CARRIED,
    ROW_CONTINUED,
    ROW_HEADING,
    ROW_LINE,
    ROW_SUBTOTAL,
)
from printstream.kernels.jit import inline_kernel, kernel
from printstream.kernels.text import BUILTIN_SLOTS, SCRATCH_BYTES, next_break, read_int, render_text, text_width


@inline_kernel
def _break_document(program, store, order, begin, end, write, page, first_line, brought):  # type: ignore[no-untyped-def]
    """Break one document's lines order[begin:end] into pages; returns the number of pages.

    With ``write``, page k of the document goes to row page + k of ``first_line`` and ``brought``.

    Rules: a heading stays with its first line, a subtotal with its last; every page but the last keeps room for the
    carried row, every page but the first starts with the brought row and, inside a group, the continued row; what
    closes the document must fit above the closing's bottom, or takes a page of its own.
    """
    numbers = program.numbers
    rows = program.rows
    heading = rows[ROW_HEADING, 1]
    line_height = rows[ROW_LINE, 1]
    subtotal = rows[ROW_SUBTOTAL, 1]
    carried = rows[ROW_CARRIED, 1]
    group_column = numbers[N_GROUP_COLUMN]
    sum_column = numbers[N_SUM_COLUMN]
    y = numbers[N_FIRST_TOP]
    bottom = numbers[N_FIRST_BOTTOM]
    pages = 1
    total = np.int64(0)
    if write:
        first_line[page] = 0
        brought[page] = 0
    group = np.int64(0)
    upcoming = np.int64(0)
    if end > begin and group_column >= 0:
        upcoming = read_int(store, group_column, order[begin])
    for i in range(begin, end):
        starts = i == begin
        ends = i + 1 == end
        if group_column >= 0:
            starts = starts or upcoming != group
            group = upcoming
            if not ends:
                upcoming = read_int(store, group_column, order[i + 1])
                ends = upcoming != group
        need = line_height
        if starts:
            need += heading
        if ends:
            need += subtotal
        # y falls: coordinates count from the page's bottom.
        if y - need < bottom + carried:
            y = numbers[N_NEXT_TOP] - rows[ROW_BROUGHT, 1]
            bottom = numbers[N_NEXT_BOTTOM]
            if not starts:
                y -= rows[ROW_CONTINUED, 1]
            if write:
                first_line[page + pages] = i - begin
                brought[page + pages] = total
            pages += 1
        y -= need
        if sum_column >= 0:
            total += read_int(store, sum_column, order[i])
    if y - numbers[N_FLOW_HEIGHT] < max(bottom, numbers[N_CLOSE_BOTTOM]):
        if write:
            first_line[page + pages] = end - begin
            brought[page + pages] = total
        pages += 1
    return pages


@kernel
def count_pages(program, store, lines, begin, end, pages):  # type: ignore[no-untyped-def]
    """Pages of documents begin..end-1 into pages[document] (uint32, owned by the caller)."""
    no_line = np.empty(0, np.int32)
    no_brought = np.empty(0, np.int64)
    for d in range(begin, end):
        pages[d] = _break_document(
            program, store, lines.order, lines.first[d], lines.first[d + 1], False, 0, no_line, no_brought
        )


@kernel
def fill_pages(program, store, lines, first_page, begin, end, first_line, brought):  # type: ignore[no-untyped-def]
    """Breaks of documents begin..end-1 into first_line (int32) and brought (int64), owned by the caller."""
    for d in range(begin, end):
        _break_document(
            program,
            store,
            lines.order,
            lines.first[d],
            lines.first[d + 1],
            True,
            first_page[d],
            first_line,
            brought,
        )


@kernel
def check_texts(program, docs, lines, begin, end, bad_op):  # type: ignore[no-untyped-def]
    """Measure every text that must not overflow, of documents begin..end-1.

    Args:
        program: the compiled template.
        docs: the documents' store.
        lines: the detail lines' store (not read).
        begin: first document.
        end: last document + 1.
        bad_op: int32[documents], owned by the caller: the first operation that overflows, -1 where none.
    """
    scratch = np.empty(SCRATCH_BYTES + 64, np.uint8)
    builtins = np.full(BUILTIN_SLOTS, 999_999, np.int64)
    ops = program.ops
    for d in range(begin, end):
        bad_op[d] = -1
        for k in range(ops.shape[0]):
            if _overflows(program, docs, lines, d, k, builtins, scratch):
                bad_op[d] = k
                break


@inline_kernel
def _overflows(program, docs, lines, d, k, builtins, scratch):  # type: ignore[no-untyped-def]
    """Tell whether operation k overflows for document d."""
    op = program.ops[k]
    if op[0] == OP_TEXT:
        style = op[3]
        n = render_text(program, op[5], op[6], docs, d, lines, 0, builtins, scratch)
        if n < 0:
            return True
        if op[8] != OVERFLOW_REJECT or op[7] < 0:
            return False
        return text_width(program.widths, program.styles[style, 0], scratch, 0, n) > op[7]
    if op[0] == OP_PARAGRAPH:
        face = program.styles[op[3], 0]
        n = render_text(program, op[7], op[8], docs, d, lines, 0, builtins, scratch)
        if n < 0:
            return True
        at = 0
        count = 0
        while at < n:
            at = next_break(program.widths, face, scratch, at, n, op[4])
            while at < n and scratch[at] == 32:
                at += 1
            count += 1
        return count > op[6]
    if op[0] == OP_ADDRESS:
        face = program.styles[op[5], 0]
        for line_op in range(op[7], op[8]):
            n = render_text(
                program, program.ops[line_op, 5], program.ops[line_op, 6], docs, d, lines, 0, builtins, scratch
            )
            if n < 0 or text_width(program.widths, face, scratch, 0, n) > op[6]:
                return True
    return False


@kernel
def sum_lines(store, column, lines, sums):  # type: ignore[no-untyped-def]
    """Sum of one column over each document's lines into sums (int64[documents], owned by the caller)."""
    for d in range(sums.size):
        total = np.int64(0)
        for i in range(lines.first[d], lines.first[d + 1]):
            total += read_int(store, column, lines.order[i])
        sums[d] = total
