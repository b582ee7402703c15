"""The table of addresses through which drawing and layout kernels see their data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from printstream.base import program as w
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
    C_NUMBERS,
    C_SHEET_WORDS,
    C_DOCUMENTS,
) = range(11)
STORE_META, STORE_INTS, STORE_TEXT_OFFSETS, STORE_TEXT_BYTES, STORE_PLACES = range(5)
C_LINES = C_DOCUMENTS + STORE_PLACES
(
    C_LINE_ORDER,
    C_LINE_FIRST,
    C_FIRST_PAGE,
    C_FIRST_LINE,
    C_BROUGHT,
    C_ENCLOSURE_DOCUMENT,
    C_ENCLOSURE_PIECE,
    C_FIRST_SHEET,
    C_SHEET_ENCLOSURE,
    C_PIECE_SHEET,
    C_PIECE_INSERTS,
    C_FOLLOWING,
    C_PRINTED,
    C_SCRATCH,
    C_BUILTINS,
    C_STATE,
    C_PAIRS,
    C_DATES,
    C_READ,
    C_READ_COUNTS,
    C_LINE_COUNT,
    C_FACE_SHIFT,
    C_TYPES,
    C_TYPE_COUNT,
    C_SLOT_WIDTHS,  # 0 where every code is one byte and lines break at spaces only
    C_SLOT_BREAKS,
    C_SLOTS,
    CONTEXT_PLACES,
) = range(C_LINES + STORE_PLACES, C_LINES + STORE_PLACES + 28)

# A document type besides the first: its first document, its context. C_TYPE_COUNT says how many there are.
T_FIRST, T_CONTEXT, TYPE_FIELDS = range(3)

# A column that texts read, for fetching ahead: first value, log2 of its width (-1: none), offsets and bytes of
# its texts (0: none). Document columns come first, then those of lines; C_READ_COUNTS holds both counts.
R_ADDRESS, R_WIDTH, R_OFFSETS, R_BYTES, READ_FIELDS = range(5)

# A linked part: what it is, where its value lies, how it is written. Addresses are of this context's arrays.
(
    L_KIND,
    L_ADDRESS,  # of the literal's bytes, the column's first value, or the page's own value
    L_COUNT,  # literal: bytes
    L_WIDTH,  # column: log2 of a value's bytes; -1: the row itself
    L_LINE,  # 1: the row is the line's, 0: the document's
    L_OFFSETS,  # text: address of the first entry's offset
    L_BYTES,  # text: address of the text bytes
    L_FORM,
    L_DIGITS,
    LINKED_FIELDS,
) = range(10)
LINK_LITERAL, LINK_TEXT, LINK_NUMBER, LINK_BUILTIN, LINK_CHECK = range(5)

FIRST_DATE = -25_567
"""1900-01-01, the first day of the table of dates."""
DATES = 1 << 17
"""Days in the table, up to 2258; a day outside is worked out."""

_INT64 = np.dtype(np.int64)
_KINDS: Mapping[int, type[np.generic]] = {
    C_WIDTHS: np.int32,
    C_LITERALS: np.uint8,
    C_DOCUMENTS + STORE_INTS: np.int64,
    C_DOCUMENTS + STORE_TEXT_BYTES: np.uint8,
    C_LINES + STORE_INTS: np.int64,
    C_LINES + STORE_TEXT_BYTES: np.uint8,
    C_LINE_ORDER: np.uint32,
    C_FIRST_LINE: np.int32,
    C_ENCLOSURE_DOCUMENT: np.uint32,
    C_ENCLOSURE_PIECE: np.uint32,
    C_SHEET_ENCLOSURE: np.uint32,
    C_PIECE_INSERTS: np.uint32,
    C_SCRATCH: np.uint8,
    C_PAIRS: np.uint16,
    C_DATES: np.uint32,
    C_SHEET_WORDS: np.uint32,
    C_SLOT_WIDTHS: np.int32,
    C_SLOT_BREAKS: np.uint8,
}
_DTYPES: Mapping[int, np.dtype[np.generic]] = {place: np.dtype(kind) for place, kind in _KINDS.items()}


@cache
def _pairs() -> NDArray[np.uint16]:
    """The two digits of 0 to 99 as they lie in memory; uint16[100]."""
    return np.frombuffer(b"".join(b"%02d" % k for k in range(100)), "<u2").astype(np.uint16)


@cache
def _dates() -> NDArray[np.uint32]:
    """Year << 16 | month << 8 | day of DATES days from FIRST_DATE."""
    # By month: there are thirty times as many days, and numpy's dates are slow.
    end = FIRST_DATE + DATES
    first, last = (
        np.array([FIRST_DATE, end], "datetime64[D]").astype("datetime64[M]").astype(np.int64).tolist()
    )
    months = np.arange(first, last + 1)
    begins = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    heads = (months // 12 + 1970) << 16 | (months % 12 + 1) << 8
    table = np.repeat(heads - begins + 1, np.diff(begins, append=end)) + np.arange(FIRST_DATE, end)
    return table.astype(np.uint32)


class Context:
    """A table of addresses, with the arrays behind it kept alive.

    ``address`` is what kernels take. A worker needs a context of its own, because it holds scratch buffers.
    """

    def __init__(self) -> None:
        self.table: NDArray[np.int64] = np.zeros(CONTEXT_PLACES, np.int64)
        self._keep: dict[int, NDArray[np.generic]] = {}
        self._types: tuple[Context, ...] = ()
        self._scratch()

    @property
    def address(self) -> int:
        """Address of the table."""
        return int(self.table.ctypes.data)

    def _scratch(self) -> None:
        self.keep(C_SCRATCH, np.zeros(SCRATCH_BYTES + 64, np.uint8))
        self.keep(C_BUILTINS, np.zeros(BUILTIN_SLOTS, np.int64))
        self.keep(C_STATE, np.zeros(STATE_SLOTS, np.int64))
        self.keep(C_PAIRS, _pairs())
        self.keep(C_DATES, _dates())

    def keep(self, place: int, array: NDArray[np.generic]) -> None:
        """Enter an array; its dtype must be the place's, its memory contiguous."""
        expected = _DTYPES.get(place, _INT64)
        if array.dtype != expected or not array.flags.c_contiguous:
            msg = f"context place {place} takes contiguous {expected}, not {array.dtype}"
            raise TypeError(msg)
        self._keep[place] = array
        self.table[place] = array.ctypes.data

    def set_program(self, program: Program) -> None:
        """Enter the compiled template; stores that it reads are entered before."""
        for place, array in (
            (C_OPS, program.ops),
            (C_SECTIONS, program.sections),
            (C_PARTS, self._link(program)),
            (C_ROWS, program.rows),
            (C_CELLS, program.cells),
            (C_STYLES, program.styles),
            (C_WIDTHS, program.widths),
            (C_LITERALS, program.literals),
            (C_NUMBERS, program.numbers),
        ):
            self.keep(place, array)
        if program.slot_breaks.size:
            self.keep(C_SLOT_WIDTHS, program.slot_widths)
            self.keep(C_SLOT_BREAKS, program.slot_breaks)
            self.table[C_SLOTS] = program.slot_breaks.size
        self._list_reads()

    def _link(self, program: Program) -> NDArray[np.int64]:
        """Resolve the parts of texts to addresses: columns are looked up once, not at each value."""
        stores = {source: self._columns_of(source) for source in (w.SRC_DOCUMENT, w.SRC_LINE)}
        literals, builtins = int(program.literals.ctypes.data), int(self.table[C_BUILTINS])
        linked = []
        for kind, a, b, form, digits in program.parts.tolist():
            row = [0] * LINKED_FIELDS
            if kind == w.PART_LITERAL:
                row[L_KIND], row[L_ADDRESS], row[L_COUNT] = LINK_LITERAL, literals + a, b
            elif kind == w.PART_CHECK_DIGIT:
                row[L_KIND] = LINK_CHECK
            elif kind == w.PART_NUMBER and a == w.SRC_BUILTIN:
                row[L_KIND], row[L_ADDRESS] = LINK_BUILTIN, builtins + 8 * b
            else:
                row[L_KIND] = LINK_TEXT if kind == w.PART_TEXT else LINK_NUMBER
                row[L_LINE] = int(a != w.SRC_DOCUMENT)
                # A store that was not entered leaves address 0, and its parts must not be used.
                if columns := stores[a]:
                    row[L_WIDTH], row[L_ADDRESS], row[L_OFFSETS], row[L_BYTES] = columns[b]
            if kind == w.PART_NUMBER:
                # A locale's record is read where it lies.
                row[L_FORM], row[L_DIGITS] = form, digits + (literals if form >= w.F_LOCAL_GROUPED else 0)
            linked.append(row)
        return np.array(linked, np.int64).reshape(-1, LINKED_FIELDS)

    def _columns_of(self, source: int) -> list[tuple[int, int, int, int]]:
        """Width, first value, first offset and bytes of each column of a store; none where it was not entered."""
        place = C_DOCUMENTS if source == w.SRC_DOCUMENT else C_LINES
        meta = self._keep.get(place + STORE_META)
        if meta is None:
            return []
        ints, offsets, data = (
            int(self.table[place + part]) for part in (STORE_INTS, STORE_TEXT_OFFSETS, STORE_TEXT_BYTES)
        )
        return [
            (width, ints + (start << width if width >= 0 else 0), offsets + 8 * first, data)
            for _, width, start, first, _, _ in meta.tolist()
        ]

    def _list_reads(self) -> None:
        """List the columns that texts read, each once, for fetching ahead."""
        parts = self._keep[C_PARTS].view(np.int64)
        columns: list[list[tuple[int, ...]]] = [[], []]
        for row in parts.tolist():
            if row[L_KIND] in (LINK_TEXT, LINK_NUMBER) and (row[L_ADDRESS] or row[L_OFFSETS]):
                is_text = row[L_KIND] == LINK_TEXT
                texts = (row[L_OFFSETS], row[L_BYTES]) if is_text else (0, 0)
                columns[row[L_LINE]].append((row[L_ADDRESS], row[L_WIDTH], *texts))
        unique = [list(dict.fromkeys(found)) for found in columns]
        self.keep(C_READ, np.array([*unique[0], *unique[1]], np.int64).reshape(-1, READ_FIELDS))
        self.keep(C_READ_COUNTS, np.array([len(found) for found in unique], np.int64))

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
        self.table[C_LINE_COUNT] = lines.first[-1]

    def set_pages(self, pages: PageArrays) -> None:
        """Enter where documents break."""
        self.keep(C_FIRST_PAGE, pages.first_page)
        self.keep(C_FIRST_LINE, pages.first_line)
        self.keep(C_BROUGHT, pages.brought_cents)

    def set_sheets(self, sheets: Sheets) -> None:
        """Enter which sheet is of which document and piece."""
        self.keep(C_ENCLOSURE_DOCUMENT, sheets.enclosure_document)
        self.keep(C_ENCLOSURE_PIECE, sheets.enclosure_piece)
        self.keep(C_FIRST_SHEET, sheets.first_sheet)
        self.keep(C_SHEET_ENCLOSURE, sheets.sheet_enclosure)
        self.keep(C_PIECE_SHEET, sheets.piece_sheet)
        self.keep(C_PIECE_INSERTS, sheets.piece_inserts)
        self.table[C_FOLLOWING] = sheets.following
        self.table[C_FACE_SHIFT] = sheets.faces - 1

    def set_words(self, words: NDArray[np.uint32], base: int) -> None:
        """Enter what the reading tracks of sheets from number ``base`` on say; kernels count through the run."""
        self.keep(C_SHEET_WORDS, words)
        self.table[C_SHEET_WORDS] -= 4 * base

    def set_printed(self, printed: NDArray[np.int64]) -> None:
        """Enter where the totals that last pages state are to be stored."""
        self.keep(C_PRINTED, printed)

    def set_types(self, firsts: Sequence[int], contexts: Sequence[Context]) -> None:
        """Enter the contexts of the document types besides the first, by rising number of their first documents.

        Each has a program, stores, pages and lines of its own, whose documents are numbered from 0, and the same sheets.
        """
        rows = [[first, context.address] for first, context in zip(firsts, contexts, strict=True)]
        self.keep(C_TYPES, np.array(rows, np.int64).reshape(-1, TYPE_FIELDS))
        self.table[C_TYPE_COUNT] = len(rows)
        self._types = tuple(contexts)
