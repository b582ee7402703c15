"""The table of addresses through which drawing and layout kernels see their data."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from printstream.base.program import LineArrays, PageArrays, Program, Sheets, StoreArrays
from printstream.base.store import META_FIELDS

SCRATCH_BYTES = 4096
"""Longest text of one field or line; a longer one is refused by layout."""
BUILTIN_SLOTS = 16
STATE_SLOTS = 8

# Places in the table. A store has five, so that one offset tells documents from lines.
(
    C_OPS,
    C_SECTIONS,
    C_PARTS,
    C_ROWS,
    C_CELLS,
    C_STYLES,
    C_WIDTHS,
    C_LITERALS,
    C_OMR,
    C_NUMBERS,
    C_OMR_COUNT,
    C_DOCUMENTS,
) = range(12)
STORE_META, STORE_INTS, STORE_TEXT_OFFSETS, STORE_TEXT_BYTES, STORE_PLACES = range(5)
C_LINES = C_DOCUMENTS + STORE_PLACES
(
    C_LINE_ORDER,
    C_LINE_FIRST,
    C_FIRST_PAGE,
    C_FIRST_LINE,
    C_BROUGHT,
    C_PIECE_DOCUMENT,
    C_FIRST_SHEET,
    C_SHEET_PIECE,
    C_PRINTED,
    C_SCRATCH,
    C_BUILTINS,
    C_STATE,
    CONTEXT_PLACES,
) = range(C_LINES + STORE_PLACES, C_LINES + STORE_PLACES + 13)

_DTYPES: Mapping[int, type[np.generic]] = {
    C_WIDTHS: np.int32,
    C_LITERALS: np.uint8,
    C_DOCUMENTS + STORE_INTS: np.int64,
    C_DOCUMENTS + STORE_TEXT_BYTES: np.uint8,
    C_LINES + STORE_INTS: np.int64,
    C_LINES + STORE_TEXT_BYTES: np.uint8,
    C_LINE_ORDER: np.uint32,
    C_FIRST_LINE: np.int32,
    C_PIECE_DOCUMENT: np.uint32,
    C_SHEET_PIECE: np.uint32,
    C_SCRATCH: np.uint8,
}


class Context:
    """A table of addresses, with the arrays behind it kept alive.

    ``address`` is what kernels take. A worker needs a context of its own, because it holds scratch buffers.
    """

    def __init__(self) -> None:
        self.table: NDArray[np.int64] = np.zeros(CONTEXT_PLACES, np.int64)
        self._keep: dict[int, NDArray[np.generic]] = {}
        self._scratch()

    @property
    def address(self) -> int:
        """Address of the table."""
        return int(self.table.ctypes.data)

    def _scratch(self) -> None:
        self.keep(C_SCRATCH, np.zeros(SCRATCH_BYTES + 64, np.uint8))
        self.keep(C_BUILTINS, np.zeros(BUILTIN_SLOTS, np.int64))
        self.keep(C_STATE, np.zeros(STATE_SLOTS, np.int64))

    def keep(self, place: int, array: NDArray[np.generic]) -> None:
        """Enter an array; its dtype must be the place's, its memory contiguous."""
        expected = np.dtype(_DTYPES.get(place, np.int64))
        if array.dtype != expected or not array.flags.c_contiguous:
            msg = f"context place {place} takes contiguous {expected}, not {array.dtype}"
            raise TypeError(msg)
        self._keep[place] = array
        self.table[place] = array.ctypes.data

    def set_program(self, program: Program) -> None:
        """Enter the compiled template."""
        for place, array in (
            (C_OPS, program.ops),
            (C_SECTIONS, program.sections),
            (C_PARTS, program.parts),
            (C_ROWS, program.rows),
            (C_CELLS, program.cells),
            (C_STYLES, program.styles),
            (C_WIDTHS, program.widths),
            (C_LITERALS, program.literals),
            (C_OMR, program.omr),
            (C_NUMBERS, program.numbers),
        ):
            self.keep(place, array)
        self.table[C_OMR_COUNT] = program.omr.size

    def set_store(self, place: int, store: StoreArrays) -> None:
        """Enter a store at C_DOCUMENTS or C_LINES."""
        if store.meta.shape[1] != META_FIELDS:
            msg = f"a store's meta has {META_FIELDS} fields"
            raise TypeError(msg)
        self.keep(place + STORE_META, store.meta)
        self.keep(place + STORE_INTS, store.ints)
        self.keep(place + STORE_TEXT_OFFSETS, store.text_offsets)
        self.keep(place + STORE_TEXT_BYTES, store.text_bytes)

    def set_lines(self, lines: LineArrays) -> None:
        """Enter which lines belong to which document."""
        self.keep(C_LINE_ORDER, lines.order)
        self.keep(C_LINE_FIRST, lines.first)

    def set_pages(self, pages: PageArrays) -> None:
        """Enter where documents break."""
        self.keep(C_FIRST_PAGE, pages.first_page)
        self.keep(C_FIRST_LINE, pages.first_line)
        self.keep(C_BROUGHT, pages.brought_cents)

    def set_sheets(self, sheets: Sheets) -> None:
        """Enter which sheet is of which piece."""
        self.keep(C_PIECE_DOCUMENT, sheets.piece_document)
        self.keep(C_FIRST_SHEET, sheets.first_sheet)
        self.keep(C_SHEET_PIECE, sheets.sheet_piece)

    def set_printed(self, printed: NDArray[np.int64]) -> None:
        """Enter where the totals that last pages state are to be stored."""
        self.keep(C_PRINTED, printed)
