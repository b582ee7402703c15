"""Runs the drawing kernel over ranges of press sides, in buffers that each worker owns."""

from __future__ import annotations

from dataclasses import field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from printstream.base.errors import JobError, ResourceError
from printstream.base.frozen import frozen
from printstream.base.program import CodeMark, LineArrays, PageArrays, Program, Sheets, Spread, StoreArrays
from printstream.kernels.context import C_DOCUMENTS, C_LINES, Context
from printstream.kernels.datamatrix import datamatrix_tables
from printstream.kernels.draw import SLACK_BYTES, draw_sides
from printstream.kernels.imb import imb_tables
from printstream.kernels.ink import NO_ROOM
from printstream.kernels.qr import qr_tables
from printstream.kernels.symbols import BAD_SYMBOL, SYMBOL_BYTES, Symbols, encode_symbols

if TYPE_CHECKING:
    from printstream.kernels.posts import Posts
    from printstream.kernels.sheetcodes import SheetCodes

_FIRST_BUFFER_BYTES = 2 << 20
_LARGEST_BUFFER_BYTES = 1 << 30


@frozen
class LaterType:
    """Documents of a further type of the job, which follow those of the types before it.

    Attributes:
        first_document: number of its first document among all.
        program: its compiled template.
        documents, lines: its columns; a row of documents is a document of this type.
        line_arrays: which lines belong to which of its documents.
    """

    first_document: int
    program: Program
    documents: StoreArrays
    lines: StoreArrays
    line_arrays: LineArrays


@frozen
class Drawing:
    """Everything that drawing reads, shared by all workers.

    Attributes:
        program: the compiled template, of the first type where there are several.
        documents, lines: its columns.
        line_arrays: which lines belong to which document.
        pages: where documents of all types break.
        sheets: which sheet is of which piece.
        symbols: tables and settings of the barcodes.
        printed: int64[documents]: filled with the total that each document's last page states.
        posts: payloads of a post's code other than the Intelligent Mail barcode.
        words: uint32[sheets]: which marks each sheet's reading track has; empty where there is none.
        words_base: the run's number of the first of them.
        sheet_codes: codes of the inserter's profile.
        later: the further types.
    """

    program: Program
    documents: StoreArrays
    lines: StoreArrays
    line_arrays: LineArrays
    pages: PageArrays
    sheets: Sheets
    symbols: Symbols
    printed: NDArray[np.int64]
    posts: Posts | None = None
    words: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))
    words_base: int = 0
    sheet_codes: SheetCodes | None = None
    later: tuple[LaterType, ...] = ()

    def context(self) -> Context:
        """Make the context of one worker."""
        firsts = [each.first_document for each in self.later]
        bounds = [0, *firsts, self.printed.size]
        types: tuple[Drawing | LaterType, ...] = (self, *self.later)
        ranges = zip(types, pairwise(bounds), strict=True)
        context, *later = [self._context(each, first, end) for each, (first, end) in ranges]
        context.set_types(firsts, later)
        return context

    def _context(self, of_type: Drawing | LaterType, first: int, end: int) -> Context:
        """Make the context of documents first..end-1, which it numbers from 0."""
        context = Context()
        context.set_store(C_DOCUMENTS, of_type.documents)
        context.set_store(C_LINES, of_type.lines)
        context.set_program(of_type.program)
        context.set_lines(of_type.line_arrays)
        context.set_pages(self.pages._replace(first_page=self.pages.first_page[first : end + 1]))
        context.set_sheets(self.sheets)
        context.set_printed(self.printed[first:end])
        context.set_words(self.words, self.words_base)
        return context


def prepare_symbols(
    postal: NDArray[np.int64], routing: NDArray[np.int64], routing_kind: NDArray[np.uint8]
) -> Symbols:
    """Bundle the tables of all symbologies with the postal settings (see Symbols)."""
    return Symbols(imb_tables(), datamatrix_tables(), qr_tables(), postal, routing, routing_kind)


def prepare_codes(
    codes: tuple[CodeMark, ...], texts: NDArray[np.uint8], base: int, matrix_bytes: int
) -> SheetCodes | None:
    """Bundle the texts of the sheets' codes with the tables of their symbologies.

    Args:
        codes: the profile's.
        texts: uint8[sheets, characters]: all texts of a sheet, one behind the other.
        base: the run's number of the first sheet.
        matrix_bytes: what the profile's other Data Matrix takes in a page's row of symbols.
    """
    if not codes:
        return None
    from printstream.kernels import sheetcodes as k

    settings, begin, at = [], 0, matrix_bytes
    for code in codes:
        kind = k.SYMBOLOGIES.index(code.symbology)
        settings.append([kind, begin, code.characters, code.modules, at])
        begin += code.characters
        at += code.symbol_bytes
    return k.SheetCodes(
        np.array(settings, np.int64),
        texts,
        np.array([base], np.int64),
        datamatrix_tables(),
        k.code39_table(),
        k.interleaved_table(),
    )


class Pen:
    """One worker's buffers; not to be shared between threads."""

    def __init__(self, drawing: Drawing) -> None:
        self._drawing = drawing
        self._context = drawing.context()
        self._out: NDArray[np.uint8] = np.empty(_FIRST_BUFFER_BYTES, np.uint8)

    def draw(
        self, spread: Spread, first_side: int, last_side: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Draw sides first_side..last_side-1 of one spool.

        Returns:
            the content bytes, valid until the next call, and int64[sides + 1] offsets of the sides in them.

        Raises:
            JobError: when a barcode cannot hold its text.
            ResourceError: when a few sides need more than a gigabyte.
        """
        if first_side == last_side:
            return self._out[:0], np.zeros(1, np.int64)
        cells = spread.cells(first_side, last_side)
        symbols = np.empty((cells.faces.size, SYMBOL_BYTES), np.uint8)
        address = self._context.address
        faulty = encode_symbols(address, self._drawing.symbols, cells.faces, symbols)
        posts = self._drawing.posts
        if faulty == 0 and posts is not None:
            # Loaded here because most jobs have the Intelligent Mail barcode.
            from printstream.kernels.posts import encode_posts

            faulty = encode_posts(address, posts, cells.faces, symbols)
        codes = self._drawing.sheet_codes
        if faulty == 0 and codes is not None:
            # Loaded here because most profiles have one Data Matrix or none.
            from printstream.kernels.sheetcodes import encode_sheet_codes

            faulty = encode_sheet_codes(address, codes, cells.faces, symbols)
        if faulty != 0:
            self._refuse_symbol(int(BAD_SYMBOL - faulty))
        offsets = np.zeros(last_side - first_side + 1, np.int64)
        while True:
            used = int(draw_sides(address, cells, symbols, self._out, offsets[1:]))
            if used != NO_ROOM:
                return self._out[:used], offsets
            self._grow()

    def _grow(self) -> None:
        size = max(2 * self._out.size, 4 * SLACK_BYTES)
        if size > _LARGEST_BUFFER_BYTES:
            what = "a few press sides need more than a gigabyte of content"
            raise ResourceError(what, next_step="Shorten the texts of the table's cells")
        self._out = np.empty(size, np.uint8)

    @staticmethod
    def _refuse_symbol(piece: int) -> None:
        what = "a barcode of this piece cannot hold its text"
        next_step = "Shorten the text of the template's qr block or of the inserter profile's matrix"
        raise JobError(what, where=f"piece {piece + 1}", next_step=next_step)
