"""Barcodes of the pages of a range of press sides, encoded before the sides are drawn.

Apart from drawing, so that the symbologies' tables stay out of its calls and its compilation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from printstream.base.program import (
    B_FOLLOWS,
    B_INSERTS,
    B_PAGE,
    B_PAGES,
    B_PIECE,
    B_SHEET,
    B_SHEETS,
    FOLLOWS_NOT,
    OP_ADDRESS,
    OP_FIELDS,
    OP_MATRIX,
    OP_POSTAL,
    OP_QR,
    SEC_FIRST_SHAPES,
    SEC_FIRST_TEXT,
    SEC_FOOT_SHAPES,
    SEC_MARKS,
    SEC_NEXT_SHAPES,
)
from printstream.kernels import qr
from printstream.kernels.context import (
    C_BUILTINS,
    C_ENCLOSURE_DOCUMENT,
    C_ENCLOSURE_PIECE,
    C_FACE_SHIFT,
    C_FIRST_PAGE,
    C_FIRST_SHEET,
    C_FOLLOWING,
    C_OPS,
    C_PIECE_INSERTS,
    C_PIECE_SHEET,
    C_SCRATCH,
    C_SECTIONS,
    C_SHEET_ENCLOSURE,
    C_TYPE_COUNT,
    C_TYPES,
    SCRATCH_BYTES,
    T_CONTEXT,
    T_FIRST,
    TYPE_FIELDS,
)
from printstream.kernels.datamatrix import DatamatrixTables, encode_datamatrix
from printstream.kernels.imb import BARS, OK, ImbTables, encode_imb
from printstream.kernels.jit import inline_kernel, kernel
from printstream.kernels.memory import load_i64, load_u8, load_u32, store_i64
from printstream.kernels.qr import encode_qr
from printstream.kernels.text import render_text

# A page's symbols lie in one row: Data Matrix rows, QR size and rows, letters or rows of the post's code. The number of its
# letters is 0 where there is none.
SYMBOL_MATRIX = 0
SYMBOL_POSTAL_SIZE = 198
SYMBOL_QR_SIZE = 199
SYMBOL_QR = 200
SYMBOL_POSTAL = 704
SYMBOL_BYTES = 832

BAD_SYMBOL = -2


class Symbols(NamedTuple):
    """Tables of the symbologies and the constants of the postal barcode.

    Attributes:
        imb: tables of the Intelligent Mail barcode.
        matrix: tables of the Data Matrix.
        qr: tables of the QR code.
        postal: int64[5]: barcode id, service type, mailer id, its digits (0: no such barcode), serial of the first piece.
        routing: int64[documents]: routing code; routing_kind: uint8[documents]: its digits (0, 5, 9, 11).
    """

    imb: ImbTables
    matrix: DatamatrixTables
    qr: qr.QrTables
    postal: NDArray[np.int64]
    routing: NDArray[np.int64]
    routing_kind: NDArray[np.uint8]


@inline_kernel
def locate(ctx, face):  # type: ignore[no-untyped-def]
    """Find what a face of a sheet (Cells.faces) carries.

    Returns:
        (document, page of it counted from 0, sheet in the run, piece); document -1 where the face is blank.
    """
    if face < 0:
        return -1, 0, 0, 0
    shift = load_i64(ctx, C_FACE_SHIFT)
    sheet = face >> shift
    enclosure = load_u32(load_i64(ctx, C_SHEET_ENCLOSURE), sheet)
    document = load_u32(load_i64(ctx, C_ENCLOSURE_DOCUMENT), enclosure)
    number = face - (load_i64(load_i64(ctx, C_FIRST_SHEET), enclosure) << shift)
    first_page = load_i64(ctx, C_FIRST_PAGE)
    if number >= load_i64(first_page, document + 1) - load_i64(first_page, document):
        return -1, 0, 0, 0
    return document, number, sheet, load_u32(load_i64(ctx, C_ENCLOSURE_PIECE), enclosure)


@inline_kernel
def of_type(ctx, document):  # type: ignore[no-untyped-def]
    """Find the context of a document's type, and the document's number among those of its type.

    In a job of one type that is what was given.
    """
    types = load_i64(ctx, C_TYPES)
    for k in range(load_i64(ctx, C_TYPE_COUNT) - 1, -1, -1):
        first = load_i64(types, TYPE_FIELDS * k + T_FIRST)
        if document >= first:
            return load_i64(types, TYPE_FIELDS * k + T_CONTEXT), document - first
    return ctx, document


@inline_kernel
def leads(ctx, number, sheet, piece):  # type: ignore[no-untyped-def]
    """Tell whether a page is of the first document of its piece."""
    first = sheet - (number >> load_i64(ctx, C_FACE_SHIFT))
    return first == load_i64(load_i64(ctx, C_PIECE_SHEET), piece)


@inline_kernel
def set_page(ctx, document, number, sheet, piece):  # type: ignore[no-untyped-def]
    """Set the page's own values; returns the number of pages of the document."""
    first_page = load_i64(ctx, C_FIRST_PAGE)
    count = load_i64(first_page, document + 1) - load_i64(first_page, document)
    builtins = load_i64(ctx, C_BUILTINS)
    store_i64(builtins, B_PAGE, number + 1)
    store_i64(builtins, B_PAGES, count)
    piece_sheet = load_i64(ctx, C_PIECE_SHEET)
    begin = load_i64(piece_sheet, piece)
    store_i64(builtins, B_SHEET, sheet - begin + 1)
    store_i64(builtins, B_SHEETS, load_i64(piece_sheet, piece + 1) - begin)
    store_i64(builtins, B_PIECE, piece + 1)
    store_i64(builtins, B_INSERTS, load_u32(load_i64(ctx, C_PIECE_INSERTS), piece))
    follows = FOLLOWS_NOT if leads(ctx, number, sheet, piece) else load_i64(ctx, C_FOLLOWING)
    store_i64(builtins, B_FOLLOWS, follows)
    return count


@inline_kernel
def _find(ctx, section, kind):  # type: ignore[no-untyped-def]
    """Address of the section's first operation of a kind; 0 where there is none."""
    sections = load_i64(ctx, C_SECTIONS)
    for k in range(load_i64(sections, section), load_i64(sections, section + 1)):
        op = load_i64(ctx, C_OPS) + k * (8 * OP_FIELDS)
        if load_i64(op, 0) == kind:
            return op
    return 0


@inline_kernel
def _render(ctx, first, last, document, text):  # type: ignore[no-untyped-def]
    """Write a symbol's text into the array ``text``; returns its length or -1."""
    scratch = load_i64(ctx, C_SCRATCH)
    n = render_text(ctx, first, last, document, 0, scratch)
    for i in range(n):
        text[i] = load_u8(scratch, i)
    return n


@inline_kernel
def _encode_matrix(ctx, op, document, tables, text, scratch, row):  # type: ignore[no-untyped-def]
    """Encode the sheet's Data Matrix; tells whether its text fits."""
    n = _render(ctx, load_i64(op, 3), load_i64(op, 4), document, text)
    return n >= 0 and encode_datamatrix(tables, text, n, load_i64(op, 5), scratch, row[SYMBOL_MATRIX:]) == 0


@inline_kernel
def _encode_qr(ctx, op, document, tables, text, scratch, row):  # type: ignore[no-untyped-def]
    """Encode the page's QR code; tells whether its text fits."""
    n = _render(ctx, load_i64(op, 4), load_i64(op, 5), document, text)
    size = -1
    if n >= 0:
        size = encode_qr(tables, text, n, load_i64(op, 6), scratch, row[SYMBOL_QR:])
    row[SYMBOL_QR_SIZE] = max(size, 0)
    return size > 0


@inline_kernel
def _encode_postal(symbols, document, piece, row):  # type: ignore[no-untyped-def]
    """Encode the piece's Intelligent Mail barcode, serials in mailing order; tells whether its digits are right."""
    postal = symbols.postal
    limit = 1_000_000_000 if postal[3] == 6 else 1_000_000
    code = encode_imb(
        symbols.imb,
        postal[0],
        postal[1],
        postal[2],
        postal[3],
        (postal[4] + piece) % limit,
        np.int64(symbols.routing_kind[document]),
        symbols.routing[document],
        row,
        SYMBOL_POSTAL,
    )
    row[SYMBOL_POSTAL_SIZE] = BARS
    return code == OK


@kernel
def encode_symbols(ctx, symbols, faces, out):  # type: ignore[no-untyped-def]
    """Encode the barcodes of some press sides of one spool.

    Args:
        ctx: int64: address of a Context with program, documents, pages and sheets.
        symbols: Symbols.
        faces: int64[sides * slots]: see Cells.
        out: uint8[sides * slots, SYMBOL_BYTES], the caller's: a row a page, by side and slot.

    Returns:
        int64: 0, or BAD_SYMBOL - piece when a symbol of that piece cannot hold its text.
    """
    text = np.empty(SCRATCH_BYTES + 64, np.uint8)
    scratch = np.empty(max(qr.SCRATCH_BYTES, 1024), np.uint8)
    known = matrix_op = postal_op = first_qr = next_qr = foot_qr = 0
    for place in range(faces.size):
        document, number, sheet, piece = locate(ctx, faces[place])
        if document < 0:
            continue
        row = out[place]
        own, own_document = of_type(ctx, document)
        if own != known:
            known = own
            matrix_op = _find(own, SEC_MARKS, OP_MATRIX)
            postal_op = _find(own, SEC_FIRST_TEXT, OP_ADDRESS) | _find(own, SEC_FIRST_TEXT, OP_POSTAL)
            first_qr = _find(own, SEC_FIRST_SHAPES, OP_QR)
            next_qr = _find(own, SEC_NEXT_SHAPES, OP_QR)
            foot_qr = _find(own, SEC_FOOT_SHAPES, OP_QR)
        count = set_page(own, own_document, number, sheet, piece)
        good = True
        if number & load_i64(ctx, C_FACE_SHIFT) == 0 and matrix_op:
            good = _encode_matrix(own, matrix_op, own_document, symbols.matrix, text, scratch, row)
        if good and number == 0 and postal_op and symbols.postal[3] != 0 and leads(ctx, number, sheet, piece):
            good = _encode_postal(symbols, document, piece, row)
        qr_op = first_qr if number == 0 else next_qr
        if number + 1 == count and foot_qr:
            qr_op = foot_qr
        if good and qr_op:
            good = _encode_qr(own, qr_op, own_document, symbols.qr, text, scratch, row)
        if not good:
            return BAD_SYMBOL - piece
    return 0
