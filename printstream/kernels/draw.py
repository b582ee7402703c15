"""Content stream bytes of press sides: the compiled template run over documents in final order.

One page stands in ``q .1 0 0 .1 x y cm ... Q``: all numbers inside are whole decipoints. One text object a page;
table rows are a TJ each, or a few where gaps are wide; adjustments (1/1000 em) place the cells.
"""

from __future__ import annotations

from printstream.base import program as w
from printstream.kernels.blocks import draw_marks, draw_shapes, draw_texts
from printstream.kernels.context import C_BUILTINS, C_FACE_SHIFT, C_FIRST_PAGE, C_PRINTED, C_STATE
from printstream.kernels.fetch import STEPS_AHEAD, fetch_ahead
from printstream.kernels.ink import BLACK, NO_ROOM, NONE, S_COLOR, S_FONT, S_LEADING, S_STYLE, S_X, S_Y, put2
from printstream.kernels.jit import inline_kernel, kernel
from printstream.kernels.memory import load_i64, store_i64, store_u8
from printstream.kernels.rows import draw_table
from printstream.kernels.symbols import SYMBOL_BYTES, locate, of_type, set_page
from printstream.kernels.values import copy_exact

SLACK_BYTES = 256 * 1024
"""Room that may be used between two looks at what is left: four rows (heading, line, subtotal, carried) of 14 cells of
SCRATCH_BYTES, and operators."""


@inline_kernel
def _draw_page(ctx, document, number, sheet, piece, symbols, out, pos, limit):  # type: ignore[no-untyped-def]
    """Page ``number`` (0-based) of a document, in a graphics state that the caller opened."""
    count = set_page(ctx, document, number, sheet, piece)
    state = load_i64(ctx, C_STATE)
    is_first = number == 0
    is_last = number + 1 == count
    store_i64(state, S_COLOR, BLACK)  # the initial colour (ISO 32000-2, 8.4.1)
    shapes = w.SEC_FIRST_SHAPES if is_first else w.SEC_NEXT_SHAPES
    pos = draw_shapes(ctx, shapes, 0, document, symbols, out, pos, limit)
    if pos >= 0 and is_last:
        pos = draw_shapes(ctx, w.SEC_FOOT_SHAPES, 0, document, symbols, out, pos, limit)
    if pos >= 0 and number & load_i64(ctx, C_FACE_SHIFT) == 0:
        pos = draw_marks(ctx, sheet, symbols, out, pos, limit)
    if pos < 0:
        return pos
    store_i64(state, S_X, 0)
    store_i64(state, S_Y, 0)
    store_i64(state, S_FONT, NONE)
    store_i64(state, S_LEADING, 0)  # the initial value (ISO 32000-2, table 103)
    store_i64(state, S_STYLE, NONE)
    pos = put2(out, pos, 66, 84)
    store_u8(out, pos, 10)
    texts = w.SEC_FIRST_TEXT if is_first else w.SEC_NEXT_TEXT
    pos = draw_texts(ctx, texts, 0, document, symbols, out, pos + 1, limit)
    if pos < 0:
        return pos
    page = load_i64(load_i64(ctx, C_FIRST_PAGE), document) + number
    pos, y, total = draw_table(ctx, document, page, is_first, is_last, out, pos, limit)
    if pos >= 0 and is_last:
        store_i64(load_i64(ctx, C_BUILTINS), w.B_TOTAL, total)
        store_i64(load_i64(ctx, C_PRINTED), document, total)
        pos = draw_texts(ctx, w.SEC_FLOW_TEXT, y, document, symbols, out, pos, limit)
        if pos >= 0:
            pos = draw_texts(ctx, w.SEC_FOOT_TEXT, 0, document, symbols, out, pos, limit)
    if pos < 0:
        return pos
    pos = put2(out, pos, 69, 84)
    store_u8(out, pos, 10)
    if is_last:
        return draw_shapes(ctx, w.SEC_FLOW_SHAPES, y, document, symbols, out, pos + 1, limit)
    return pos + 1


@kernel
def draw_sides(ctx, cells, symbols, out, ends):  # type: ignore[no-untyped-def]
    """Draw some press sides of one spool.

    Args:
        ctx: int64: address of this worker's Context with everything set; the totals that last pages state are
            stored in its printed array.
        cells: Cells: what stands where on these sides.
        symbols: uint8[sides * slots, SYMBOL_BYTES]: from encode_symbols.
        out: uint8[...], the caller's: content bytes, side after side.
        ends: int64[sides], the caller's: end of each side's bytes in out.

    Returns:
        int64: the number of bytes; NO_ROOM when out is too small (call again with a larger one).
    """
    base = out.ctypes.data
    pos = 0
    limit = out.size - SLACK_BYTES
    faces = cells.faces
    slots = faces.size // ends.size
    for ahead in range(min(STEPS_AHEAD, faces.size)):
        fetch_ahead(ctx, faces, ahead)
    for side in range(ends.size):
        under = cells.underlays[side]
        begin = cells.underlay_offsets[under]
        count = cells.underlay_offsets[under + 1] - begin
        if pos + count > limit:
            return NO_ROOM
        pos = copy_exact(base, pos, cells.underlay_bytes.ctypes.data + begin, count)
        for cell in range(side * slots, (side + 1) * slots):
            fetch_ahead(ctx, faces, cell + STEPS_AHEAD)
            document, number, sheet, piece = locate(ctx, faces[cell])
            if document < 0:
                continue
            if pos > limit:
                return NO_ROOM
            begin = cells.place_offsets[cells.places[cell]]
            count = cells.place_offsets[cells.places[cell] + 1] - begin
            pos = copy_exact(base, pos, cells.place_bytes.ctypes.data + begin, count)
            row = symbols.ctypes.data + cell * SYMBOL_BYTES
            own, own_document = of_type(ctx, document)
            pos = _draw_page(own, own_document, number, sheet, piece, row, base, pos, limit)
            if pos < 0:
                return NO_ROOM
            pos = put2(base, pos, 81, 10)
        ends[side] = pos
    return pos
