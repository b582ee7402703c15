"""The compiled template: flat arrays that one kernel interprets for thousands of pages a call.

``layout`` compiles it, ``draw`` runs it; this module holds the words they share. Lengths are decipoints from
the bottom left corner of the page; text widths are thousandths of an em.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from printstream.base.frozen import frozen

# Where a number or a text comes from.
SRC_DOCUMENT, SRC_LINE, SRC_BUILTIN = range(3)

# The page's own values.
BUILTINS = (
    *("page", "pages", "sheet", "sheets", "piece"),
    *("group_total", "brought", "carried", "total", "inserts"),
)
"""Pages are the document's, sheets the piece's; inserts has the bits of the pockets, pocket 1 the lowest."""
(B_PAGE, B_PAGES, B_SHEET, B_SHEETS, B_PIECE, B_GROUP_TOTAL, B_BROUGHT, B_CARRIED, B_TOTAL, B_INSERTS) = (
    range(len(BUILTINS))
)
B_FOLLOWS = 15
"""Not for texts: FOLLOWS_NOT where the document is the first of its piece, else what becomes of its address."""
FOLLOWS_NOT, FOLLOWS_KEEP, FOLLOWS_OMIT = range(3)

PADDING_BYTES = 8
"""Spare bytes behind literals and text: kernels copy eight bytes at a time."""

# Parts of a text: kind, a, b, format, format argument.
PART_LITERAL, PART_TEXT, PART_NUMBER, PART_CHECK_DIGIT = range(4)
PART_FIELDS = 5

# How a number is written.
(F_PLAIN, F_GROUPED, F_MONEY, F_PADDED, F_DATE_US, F_DATE_ISO, F_DATE_MEDIUM, F_DATE_SHORT, F_FIXED2) = range(
    9
)
# By a locale: the format's argument is the place of a record among the literals.
F_LOCAL_GROUPED, F_LOCAL_MONEY, F_LOCAL_FIXED2, F_LOCAL_CURRENCY, F_LOCAL_DATE = range(9, 14)
F_CURRENCY, F_DATE_LONG = 14, 15
"""In templates only: these formats are always written by a locale."""
# A record for numbers: marks of groups and decimals, gap, flags, digits from which on there are groups, length of the
# currency's sign, sign. One for dates: a length and name for each month, then the number of steps and the steps.
LOCAL_INDIAN, LOCAL_AFTER, LOCAL_GAP = 1, 2, 4
NAME_BYTES = 16
(
    DATE_TEXT,  # the next byte as it is
    DATE_DAY,
    DATE_DAY_TWO,
    DATE_MONTH,
    DATE_MONTH_TWO,
    DATE_MONTH_NAME,
    DATE_YEAR,
    DATE_YEAR_TWO,
) = range(8)

LEAD_WIDTH = -(1 << 30)
"""Stands for the width of a byte that begins a longer code: no text is so wide that one would not show in its sum."""

# Where lines may break without a space: beside a character of East Asian writing, but not before or not behind some.
BREAK_BESIDE, BREAK_NOT_BEFORE, BREAK_NOT_BEHIND = 1, 2, 4

# Operations: kind and OP_FIELDS - 1 arguments.
OP_FIELDS = 12
(
    OP_TEXT,  # x, y, style, align, first part, last part + 1, max width, overflow
    OP_PARAGRAPH,  # x, y, style, width, leading, max lines, first part, last part + 1
    OP_ADDRESS,  # x, barcode y, first line, leading, style, width, first line op, last line op + 1, draws the bars
    OP_BARS,  # x, y, width, height, column, count, bar width, pitch, color fragment, style
    OP_QR,  # x, y (bottom left), module, first part, last part + 1, min version
    OP_FRAGMENT,  # first byte, length of literal bytes
    OP_RECT,  # x, y, width, height, first byte and length of the colour fragment
    OP_OMR,  # x, y of the first mark's lower edge, pitch downwards, length, thickness, marks
    OP_MATRIX,  # first byte and length of the placing fragment, first part, last part + 1, modules
    OP_ADDRESS_LINE,  # first part and last part + 1 as in OP_TEXT; drawn by its OP_ADDRESS
    OP_POSTAL,  # x, y: the bars of the post
    OP_POSTAL_MATRIX,  # first byte and length of the placing fragment, bytes of the symbol
    OP_CODE,  # first byte and length of the placing fragment, place and bytes in the page's symbols, ON_EVERY ...
) = range(13)
ALIGN_LEFT, ALIGN_RIGHT, ALIGN_CENTER = range(3)
OVERFLOW_ALLOW, OVERFLOW_ELLIPSIS, OVERFLOW_REJECT = range(3)

# Sections: ranges of operations. Shapes stand outside of text objects, so each has two.
(
    SEC_FIRST_SHAPES,
    SEC_FIRST_TEXT,
    SEC_NEXT_SHAPES,
    SEC_NEXT_TEXT,
    SEC_MARKS,
    SEC_FLOW_SHAPES,
    SEC_FLOW_TEXT,
    SEC_FOOT_SHAPES,
    SEC_FOOT_TEXT,
    SECTIONS,
) = range(10)

# Row kinds.
ROW_LINE, ROW_HEADING, ROW_CONTINUED, ROW_SUBTOTAL, ROW_CARRIED, ROW_BROUGHT, ROWS = range(7)
ROW_FIELDS = 5  # present, height, baseline, style, first cell, and the last cell + 1 is the next row's first
CELL_FIELDS = 5  # x in em/1000 from the table's edge, align, first part, last part + 1, max width

# Styles: face, size in decipoints, first byte and length of the font fragment, colour id, its fragment.
STYLE_FIELDS = 7

# Numbers of the whole template.
(
    N_TABLE_X,
    N_FIRST_TOP,
    N_FIRST_BOTTOM,
    N_NEXT_TOP,
    N_NEXT_BOTTOM,
    N_CLOSE_BOTTOM,
    N_FLOW_HEIGHT,
    N_GROUP_COLUMN,
    N_SUM_COLUMN,
    N_ELLIPSIS,
    N_BAR_FACE,
    N_BAR_SIZE,
    NUMBERS,
) = range(13)

# On which sheets of a set a code stands.
ON = ("every", "first", "last")
ON_EVERY, ON_FIRST, ON_LAST = range(len(ON))


class Program(NamedTuple):
    """A compiled template, as kernels take it. All arrays are read only for kernels.

    Attributes:
        ops: int64[n, OP_FIELDS].
        sections: int64[SECTIONS + 1]: section s is ops[sections[s]:sections[s + 1]].
        parts: int64[m, PART_FIELDS].
        rows: int64[ROWS + 1, ROW_FIELDS].
        cells: int64[c, CELL_FIELDS].
        styles: int64[s, STYLE_FIELDS].
        widths: int32[faces, 256]: advance of each one-byte code, 1/1000 em; LEAD_WIDTH for a lead.
        literals: uint8[...]: all literal bytes: text in job codes, content stream fragments; then PADDING_BYTES.
        numbers: int64[NUMBERS]; -1 where a thing is absent.
        slot_widths: int32[faces, slots]: advance of each slot of the code page (CodePage.unicode), -k for the byte that is
            lead k; empty where every code is one byte and lines break at spaces only.
        slot_breaks: uint8[slots]: BREAK_* of each slot's character; empty where slot_widths is.
    """

    ops: NDArray[np.int64]
    sections: NDArray[np.int64]
    parts: NDArray[np.int64]
    rows: NDArray[np.int64]
    cells: NDArray[np.int64]
    styles: NDArray[np.int64]
    widths: NDArray[np.int32]
    literals: NDArray[np.uint8]
    numbers: NDArray[np.int64]
    slot_widths: NDArray[np.int32] = np.zeros((0, 0), np.int32)
    slot_breaks: NDArray[np.uint8] = np.zeros(0, np.uint8)


@frozen
class PostalMark:
    """What the post's code on a piece looks like: bars, a Data Matrix, or nothing.

    Attributes:
        face: face of the bars; empty where there are none.
        bars: most bars of a code.
        rows, columns: modules of the Data Matrix; 0 where there is none.
        module_mpt: width of a module.
        clear_mpt: free paper left and right, above and below.
    """

    face: str = ""
    bars: int = 0
    rows: int = 0
    columns: int = 0
    module_mpt: int = 0
    clear_mpt: tuple[int, int] = (0, 0)


IMB_MARK = PostalMark("imb", 65, clear_mpt=(9_000, 2_016))


@frozen
class CounterRule:
    """What a counter of the marks counts, and where it starts again.

    Attributes:
        counts: sheets or pieces of the run, sheets of the piece, or those still to come of it.
        first, last: it goes from one to the other and starts again.
        down: it goes from last to first.
    """

    counts: str = "sheets"
    first: int = 0
    last: int = (1 << 31) - 1
    down: bool = False


@frozen
class CodeItem:
    """A part of a code's text.

    Attributes:
        kind: literal, number, bits or check.
        text: the literal; the number's name; the check's rule.
        digits, base: of a number.
        bits: names of the marks whose bits make one character, the highest first.
    """

    kind: str
    text: str = ""
    digits: int = 0
    base: int = 10
    bits: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Characters."""
        return len(self.text) if self.kind == "literal" else self.digits or 1


@frozen
class CodeMark:
    """A code whose text is laid out item by item, and has the same length on every sheet.

    Attributes:
        symbology: data_matrix, code39 or interleaved_2of5.
        items: the text.
        left_mpt, top_mpt: corner of the symbol.
        module_mpt: width of a module.
        modules: of a Data Matrix, a side.
        height_mpt: of bars.
        ladder: bars lie across; the text runs upwards.
        on: every, first or last.
    """

    symbology: str
    items: tuple[CodeItem, ...]
    left_mpt: int
    top_mpt: int
    module_mpt: int
    modules: int = 0
    height_mpt: int = 0
    ladder: bool = False
    on: str = "every"

    @property
    def characters(self) -> int:
        """Length of the text."""
        return sum(item.width for item in self.items)

    @property
    def columns(self) -> int:
        """Modules along the text; wide elements are three modules (ISO/IEC 16388, 4.3; ISO/IEC 16390, 4.3)."""
        if self.symbology == "code39":
            return 16 * (self.characters + 2) - 1
        return 9 + 9 * self.characters if self.symbology == "interleaved_2of5" else self.modules

    @property
    def symbol_bytes(self) -> int:
        """Bytes of its rows."""
        return (self.columns + 7) // 8 * (self.modules or 1)


@frozen
class SheetMarks:
    """What the inserter must find on the front of every sheet; lengths from the page's top left corner.

    Attributes:
        omr: the marks in reading order (marks.words says what each means), ``@first`` or ``@last`` behind those that
            stand on one sheet of a set only.
        omr_top_mpt: top of the uppermost mark.
        matrix_text: content of the Data Matrix, with fields in braces; none where empty.
        matrix_modules: modules a side, finder included.
        clear_zones_mpt: (left, top, right, bottom) rectangles that nothing else may enter.
        postal: the post's code on the first page, which the template places.
        omr_upwards: the first mark is the lowest.
        omr_on: every, first or last: the sheets of a set that have a track.
        counters: by name.
        tables: marks of a table: by name, what is printed on the single, first, middle and last sheet, ``|`` a mark.
        codes: codes besides the Data Matrix of ``matrix_text``.
    """

    omr: tuple[str, ...]
    omr_left_mpt: int
    omr_top_mpt: int
    omr_pitch_mpt: int
    omr_length_mpt: int
    omr_thickness_mpt: int
    matrix_text: str
    matrix_left_mpt: int
    matrix_top_mpt: int
    matrix_module_mpt: int
    matrix_modules: int
    clear_zones_mpt: tuple[tuple[int, int, int, int], ...]
    postal: PostalMark = IMB_MARK
    omr_upwards: bool = False
    omr_on: str = "every"
    counters: Mapping[str, CounterRule] = field(default_factory=lambda: {"sequence": CounterRule()})
    tables: Mapping[str, tuple[str, str, str, str]] = field(default_factory=dict)
    codes: tuple[CodeMark, ...] = ()


class StoreArrays(NamedTuple):
    """One table's columns as kernels take them.

    Attributes:
        meta: int64[columns, META_FIELDS] (base.store).
        ints: int64[...]: the integer columns, each at its own width, in one block of memory.
        text_offsets: int64[entries + 1]: entry k is text_bytes[text_offsets[k]:text_offsets[k + 1]].
        text_bytes: uint8[...]: text in the job's codes; then PADDING_BYTES.
    """

    meta: NDArray[np.int64]
    ints: NDArray[np.int64]
    text_offsets: NDArray[np.int64]
    text_bytes: NDArray[np.uint8]


class LineArrays(NamedTuple):
    """Which detail rows belong to which document.

    Attributes:
        order: uint32[lines]: detail rows, grouped by document, in print order.
        first: int64[documents + 1]: document d owns order[first[d]:first[d + 1]].
    """

    order: NDArray[np.uint32]
    first: NDArray[np.int64]


class Sheets(NamedTuple):
    """Which sheet of which document of which piece lies where; sheets are numbered through the run in mailing order.

    An enclosure is a document in its envelope; each starts on a new sheet, and those of a piece follow one another.

    Attributes:
        enclosure_document: uint32[enclosures]: document of each enclosure.
        enclosure_piece: uint32[enclosures]: its piece.
        first_sheet: int64[enclosures + 1]: enclosure e owns sheets first_sheet[e]:first_sheet[e + 1].
        sheet_enclosure: uint32[sheets]: enclosure of each sheet.
        piece_sheet: int64[pieces + 1]: piece p owns sheets piece_sheet[p]:piece_sheet[p + 1].
        piece_inserts: uint32[pieces]: pockets that feed inserts to the piece, pocket 1 the lowest bit.
        following: FOLLOWS_KEEP or FOLLOWS_OMIT: the address of the documents behind the first of a piece.
        faces: printed faces of a sheet: 2, or 1 where backs stay blank.
    """

    enclosure_document: NDArray[np.uint32]
    enclosure_piece: NDArray[np.uint32]
    first_sheet: NDArray[np.int64]
    sheet_enclosure: NDArray[np.uint32]
    piece_sheet: NDArray[np.int64]
    piece_inserts: NDArray[np.uint32]
    following: int = FOLLOWS_KEEP
    faces: int = 2

    @classmethod
    def single(
        cls, document: NDArray[np.uint32], first_sheet: NDArray[np.int64], sheet_piece: NDArray[np.uint32]
    ) -> Sheets:
        """Give the sheets of pieces of one document each, no inserts.

        Args:
            document: uint32[pieces]: document of each piece.
            first_sheet: int64[pieces + 1]: piece p owns sheets first_sheet[p]:first_sheet[p + 1].
            sheet_piece: uint32[sheets]: piece of each sheet.
        """
        own = np.arange(document.size, dtype=np.uint32)
        inserts = np.zeros(document.size, np.uint32)
        return cls(document, own, first_sheet, sheet_piece, first_sheet, inserts)


class Enclosures(NamedTuple):
    """Which documents share an envelope, before the pieces have their mailing order.

    Attributes:
        documents: uint32[documents]: those of a piece follow one another, as they lie in it.
        sheets: uint32[documents]: sheets of each.
        first: int64[documents + 1]: the piece whose first document is d holds documents[first[d]:first[d + 1]]; none where
            d is not the first of its piece.
    """

    documents: NDArray[np.uint32]
    sheets: NDArray[np.uint32]
    first: NDArray[np.int64]


class Cells(NamedTuple):
    """What stands where on some press sides of one spool, side after side.

    Attributes:
        faces: int64[sides * slots]: face of a sheet in each slot of each side, -1: blank. Sheet s of the run has faces
            f * s to f * s + f - 1, with f of Sheets.faces; front first.
        places: int64[sides * slots]: the place that each stands in.
        place_bytes: uint8[...], place_offsets: int64[places + 1]: content fragment that moves to a place.
        underlays: int64[sides]: what else is drawn on each side, below its pages: marks, texts.
        underlay_bytes: uint8[...], underlay_offsets: int64[underlays + 1]: content fragments.
    """

    faces: NDArray[np.int64]
    places: NDArray[np.int64]
    place_bytes: NDArray[np.uint8]
    place_offsets: NDArray[np.int64]
    underlays: NDArray[np.int64]
    underlay_bytes: NDArray[np.uint8]
    underlay_offsets: NDArray[np.int64]


class Spread(Protocol):
    """How one spool's sheets lie on its press sheets."""

    def cells(self, first_side: int, last_side: int) -> Cells:
        """Give sides first_side..last_side-1."""


class PageArrays(NamedTuple):
    """Where every document breaks.

    Attributes:
        first_page: int64[documents + 1]: document d owns pages first_page[d]:first_page[d + 1].
        first_line: int32[pages]: first detail line on the page, counted within the document.
        brought_cents: int64[pages]: sum of the lines on the document's earlier pages.
    """

    first_page: NDArray[np.int64]
    first_line: NDArray[np.int32]
    brought_cents: NDArray[np.int64]
