"""The posts' codes of the first pages of a range of press sides, other than the Intelligent Mail barcode.

In: payloads by document, the number of the first piece. Out: bars or modules in the pages' rows of symbols. Never: runs
for jobs with the Intelligent Mail barcode, whose kernel (kernels/symbols) stays as small as it is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from printstream.kernels.datamatrix import (
    SCRATCH_BYTES,
    DatamatrixTables,
    encode_datamatrix_bytes,
    encode_datamatrix_c40,
)
from printstream.kernels.fourstate import encode_fourstate
from printstream.kernels.fourstate_tables import BAD_LENGTH, SYMBOLOGIES, FourstateTables
from printstream.kernels.jit import inline_kernel, kernel
from printstream.kernels.symbols import (
    BAD_SYMBOL,
    SYMBOL_BYTES,
    SYMBOL_POSTAL,
    SYMBOL_POSTAL_SIZE,
    leads,
    locate,
)

MATRIX_C40, MATRIX_BYTES = len(SYMBOLOGIES), len(SYMBOLOGIES) + 1
"""Kinds behind those of fourstate_tables."""
MAX_PAYLOAD = 96
"""Bytes of the longest payload: Mailmark 2D has up to 90."""

# Places in Posts.settings.
(
    POST_KIND,  # of fourstate_tables, MATRIX_C40 or MATRIX_BYTES
    POST_SIZE,  # key of the Data Matrix
    POST_NUMBER_AT,  # first byte of the number
    POST_NUMBER_BYTES,  # its bytes; 0: the code has no number
    POST_NUMBER_BASE,  # 10: digits, 256: bytes, the most significant first
    POST_FIRST,  # number of the first piece
    POST_LIMIT,  # numbers are below this
    POST_FILL,  # payloads are filled with zeros to this many bytes
    POST_SETTINGS,
) = range(9)


class Posts(NamedTuple):
    """Payloads: what all begin with, and what each document adds.

    Attributes:
        settings: int64[POST_SETTINGS].
        head: uint8[...]: first bytes of all payloads, zeros in the place of the number.
        text: uint8[...], offsets: int64[documents + 1]: document d adds text[offsets[d]:offsets[d + 1]].
        fourstate, matrix: tables.
    """

    settings: NDArray[np.int64]
    head: NDArray[np.uint8]
    text: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    fourstate: FourstateTables
    matrix: DatamatrixTables


@inline_kernel
def _encode(posts, document, number, text, scratch, row, at):  # type: ignore[no-untyped-def]
    """Encode one code into row from ``at``; bars (1: a Data Matrix), or below 0 what is wrong."""
    settings = posts.settings
    begin = posts.offsets[document]
    own = posts.offsets[document + 1] - begin
    head = posts.head.size
    count = max(head + own, settings[POST_FILL])
    if count > MAX_PAYLOAD:
        return BAD_LENGTH
    for k in range(head):
        text[k] = posts.head[k]
    for k in range(own):
        text[head + k] = posts.text[begin + k]
    for k in range(head + own, count):
        text[k] = 0
    base = settings[POST_NUMBER_BASE]
    zero = 48 if base == 10 else 0
    rest = number % settings[POST_LIMIT]
    for k in range(settings[POST_NUMBER_BYTES] - 1, -1, -1):
        text[settings[POST_NUMBER_AT] + k] = zero + rest % base
        rest //= base
    kind = settings[POST_KIND]
    if kind == MATRIX_C40:
        return 1 + 2 * encode_datamatrix_c40(
            posts.matrix, text, count, settings[POST_SIZE], scratch, row[at:]
        )
    if kind == MATRIX_BYTES:
        return 1 + 2 * encode_datamatrix_bytes(
            posts.matrix, text, count, settings[POST_SIZE], scratch, row[at:]
        )
    return encode_fourstate(posts.fourstate, kind, text, 0, count, row, at)


@kernel
def encode_posts(ctx, posts, faces, out):  # type: ignore[no-untyped-def]
    """Encode the posts' codes of some press sides of one spool.

    Args:
        ctx: int64: address of a Context with pages and sheets.
        posts: Posts.
        faces: int64[sides * slots]: see Cells.
        out: uint8[sides * slots, SYMBOL_BYTES], the caller's: rows of first pages take their code.

    Returns:
        int64: 0, or BAD_SYMBOL - piece when a payload has no code.
    """
    text = np.empty(MAX_PAYLOAD, np.uint8)
    scratch = np.empty(SCRATCH_BYTES, np.uint8)
    for place in range(faces.size):
        document, page, sheet, piece = locate(ctx, faces[place])
        if document < 0 or page != 0 or not leads(ctx, page, sheet, piece):
            continue
        row = out[place]
        number = posts.settings[POST_FIRST] + piece
        size = _encode(posts, document, number, text, scratch, row, SYMBOL_POSTAL)
        if size < 0:
            return BAD_SYMBOL - piece
        row[SYMBOL_POSTAL_SIZE] = size
    return 0


@kernel
def check_posts(posts, codes):  # type: ignore[no-untyped-def]
    """Encode the code of every document, to see whether there is one.

    Args:
        posts: Posts.
        codes: int8[documents], the caller's: bars, 1 of a Data Matrix; below 0 what is wrong (fourstate_tables.REASONS).
    """
    text = np.empty(MAX_PAYLOAD, np.uint8)
    scratch = np.empty(SCRATCH_BYTES, np.uint8)
    row = np.empty(SYMBOL_BYTES - SYMBOL_POSTAL, np.uint8)
    for document in range(codes.size):
        codes[document] = _encode(posts, document, posts.settings[POST_FIRST], text, scratch, row, 0)
