"""Template -> program: flat arrays that the kernels interpret, and forms for what every page shares.

In: the template, the code page, the faces' widths, the sheet marks. Out: ``Compiled``. Never: data rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from printstream.base import program as w
from printstream.base.codepage import CodePage
from printstream.base.errors import JobError
from printstream.base.program import Program, SheetMarks
from printstream.base.units import dpt
from printstream.fonts import imb_font
from printstream.layout import fields, shapes
from printstream.layout.codes import is_symbol_text
from printstream.layout.lengths import room_for_texts
from printstream.layout.template import (
    AddressBlock,
    ArtBlock,
    BarsBlock,
    Block,
    BoxBlock,
    PageLayout,
    ParagraphBlock,
    QrBlock,
    Row,
    RuleBlock,
    Style,
    Table,
    Template,
    TextBlock,
)

_ALIGN = {"left": w.ALIGN_LEFT, "right": w.ALIGN_RIGHT, "center": w.ALIGN_CENTER}
_OVERFLOW = {"allow": w.OVERFLOW_ALLOW, "ellipsis": w.OVERFLOW_ELLIPSIS, "reject": w.OVERFLOW_REJECT}
_LATE_BUILTINS = frozenset({"group_total", "brought", "carried", "total"})
_ROW_BUILTINS = {"subtotal": {"group_total"}, "carried": {"carried"}, "brought": {"brought"}}
_CLOSING_BUILTINS = frozenset({"total"})
_GROUP_ROWS = frozenset({"heading", "continued", "subtotal"})
IMB_FACE = "imb"
ELLIPSIS = "\u2026"
MAX_CELLS = 14


@dataclass(frozen=True)
class Tables:
    """What the compiler may ask about columns.

    Attributes:
        documents: column name -> its index in the documents' store; lines: the same for detail lines.
        document_types: column name -> text, int, date or list; line_types: the same.
        group: the detail column that starts groups, or None.
    """

    documents: Mapping[str, int]
    lines: Mapping[str, int]
    document_types: Mapping[str, str]
    line_types: Mapping[str, str]
    group: str | None


@dataclass(frozen=True)
class Form:
    """Something drawn once and shared: content bytes in decipoints, or a page of a designer's PDF.

    Attributes:
        name: its place in the template.
        content: content stream bytes, when we draw it.
        pdf, page: the designer's file, relative to the job's folder, and its page.
    """

    name: str
    content: bytes = b""
    pdf: str = ""
    page: int = 1


@dataclass(frozen=True)
class Compiled:
    """A program with what it refers to by name.

    Attributes:
        program: the flat arrays.
        faces: face names; /F0 is the first.
        forms: forms; /X0 is the first.
        places: for each operation, its place in the template (for messages).
    """

    program: Program
    faces: tuple[str, ...]
    forms: tuple[Form, ...]
    places: tuple[str, ...]


@dataclass
class _Builder:
    """Arrays while they grow."""

    template: Template
    tables: Tables
    codepage: CodePage
    faces: tuple[str, ...]
    widths: NDArray[np.int32]
    ops: list[list[int]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    parts: list[list[int]] = field(default_factory=list)
    literals: bytearray = field(default_factory=bytearray)
    forms: list[Form] = field(default_factory=list)
    style_index: dict[str, int] = field(default_factory=dict)
    colors: list[str] = field(default_factory=list)

    def literal(self, data: bytes) -> tuple[int, int]:
        """Store literal bytes; give their place and length."""
        at = self.literals.find(data)
        if at < 0:
            at = len(self.literals)
            self.literals += data
        return at, len(data)

    def op(self, place: str, *values: int) -> None:
        """Append one operation."""
        self.ops.append([*values, *[0] * (w.OP_FIELDS - len(values))])
        self.places.append(place)

    def form(self, form: Form) -> bytes:
        """Append a form; give the content that shows it."""
        self.forms.append(form)
        return b"/X%d Do\n" % (len(self.forms) - 1)

    def y(self, from_top_mpt: int) -> int:
        """Distance from the page's top -> decipoints from its bottom."""
        return dpt(self.template.height - from_top_mpt)

    def style(self, name: str, where: str) -> int:
        """Index of a named style."""
        if name not in self.style_index:
            msg = f"there is no style {name!r}"
            raise JobError(msg, where=where, next_step=fields.nearest(name, list(self.style_index)))
        return self.style_index[name]

    def em(self, length_mpt: int, style: int) -> int:
        """A length in 1/1000 em of a style."""
        return round(length_mpt * 1000 / (self.style_rows()[style][1] * 100))

    def check_ellipsis(self, style: int, where: str) -> None:
        """Texts that may be cut need an ellipsis in their face."""
        face = self.style_rows()[style][0]
        if self.widths[face, self.codepage.code[ord(ELLIPSIS)]] == 0:
            msg = f"the text may be cut, but its face {self.faces[face]!r} has no ellipsis"
            raise JobError(msg, where=where, next_step="Choose another face, or no limit of the width")

    def style_rows(self) -> list[list[int]]:
        """The styles' table."""
        rows = []
        for style in self.template.styles.values():
            face = self.faces.index(style.face)
            font = self.literal(b"/F%d %d Tf\n" % (face, dpt(style.size)))
            color = self.literal(shapes.fill_color(style.color))
            rows.append([face, dpt(style.size), *font, self.colors.index(style.color), *color])
        return rows

    def encode(self, text: str, where: str, *, symbol: bool = False) -> bytes:
        """Encode a literal, of a barcode with ``symbol``."""
        if symbol and not is_symbol_text(text):
            msg = "a barcode's text holds a character other than ASCII, or a parenthesis or backslash"
            raise JobError(
                msg, where=where, next_step="Write it with other characters, in a URL as %28 or so"
            )
        try:
            return self.codepage.encode(text)
        except ValueError as error:
            msg = f"the text holds a character that its face lacks: {error}"
            raise JobError(msg, where=where, next_step="Use another character or face") from error

    def text_parts(
        self,
        text: str,
        where: str,
        *,
        in_row: bool = False,
        extra: frozenset[str] = frozenset(),
        symbol: bool = False,
    ) -> tuple[int, int]:
        """Compile a text; give its first part and last part + 1.

        Args:
            text: the text with its fields.
            where: its place in the template.
            in_row: whether fields of detail lines may stand in it.
            extra: the page's own values that are known only here.
            symbol: whether a barcode shows it.
        """
        first = len(self.parts)
        for part in fields.parse_text(text, where):
            if isinstance(part, fields.Literal):
                place = self.literal(self.encode(part.text, where, symbol=symbol))
                self.parts.append([w.PART_LITERAL, *place, 0, 0])
            else:
                self.parts.append(self._field(part, where, in_row=in_row, extra=extra))
        return first, len(self.parts)

    def _field(self, part: fields.Field, where: str, *, in_row: bool, extra: frozenset[str]) -> list[int]:
        if part.name == fields.CHECK_FIELD:
            return [w.PART_CHECK_DIGIT, 0, 0, 0, 0]
        if part.name in _LATE_BUILTINS and part.name not in extra:
            msg = f"{part.name!r} is not known at this place"
            next_step = (
                "total: closing texts; group_total: subtotal row; carried, brought: the rows of that name"
            )
            raise JobError(msg, where=where, next_step=next_step)
        if part.name in w.BUILTINS:
            form, digits = fields.number_format(part.form, "int", where, part.name)
            return [w.PART_NUMBER, w.SRC_BUILTIN, w.BUILTINS.index(part.name), form, digits]
        if in_row and part.name in self.tables.lines:
            source, column, kind = w.SRC_LINE, self.tables.lines[part.name], self.tables.line_types[part.name]
        elif part.name in self.tables.documents:
            source, column = w.SRC_DOCUMENT, self.tables.documents[part.name]
            kind = self.tables.document_types[part.name]
        else:
            msg = f"there is no field {part.name!r}"
            known = [*self.tables.documents, *(self.tables.lines if in_row else ()), *w.BUILTINS]
            raise JobError(msg, where=where, next_step=fields.nearest(part.name, known))
        if kind == "list":
            msg = f"field {part.name!r} is a list and cannot stand in a text"
            raise JobError(msg, where=where, next_step="Use it in a bars block")
        if kind == "text":
            if part.form:
                msg = f"field {part.name!r} is text and has no format {part.form!r}"
                raise JobError(msg, where=where, next_step="Leave the format out")
            return [w.PART_TEXT, source, column, 0, 0]
        form, digits = fields.number_format(part.form, kind, where, part.name)
        return [w.PART_NUMBER, source, column, form, digits]


def faces_of(template: Template) -> tuple[str, ...]:
    """Face names in order of first use; the barcode face comes last when an address block stands on the first page."""
    names: list[str] = list(dict.fromkeys(style.face for style in template.styles.values()))
    if any(isinstance(block, AddressBlock) for block in template.first.blocks):
        names.append(IMB_FACE)
    return tuple(names)


def literal_characters(template: Template, marks: SheetMarks) -> set[str]:
    """Every character that the template itself can print."""
    wanted = fields.wanted_fields(template, (marks.matrix_text,))
    return (
        set(wanted.literals)
        | set("0123456789,.-/ ")
        | set("JanFebMarAprMayJunJulAugSepOctNovDec")
        | {ELLIPSIS}
        | set("TDAF")
    )


def compile_template(
    template: Template,
    tables: Tables,
    codepage: CodePage,
    widths: Sequence[NDArray[np.int32]],
    marks: SheetMarks,
) -> Compiled:
    """Compile a template.

    Args:
        template: the template.
        tables: the columns.
        codepage: the job's encoding.
        widths: int32[256] per face of ``faces_of(template)``, 1/1000 em.
        marks: what every sheet carries for the inserter.

    Raises:
        JobError: with the place in the template.
    """
    faces = faces_of(template)
    builder = _Builder(template, tables, codepage, faces, np.vstack(widths).astype(np.int32))
    builder.style_index = {name: k for k, name in enumerate(template.styles)}
    builder.colors = list(dict.fromkeys(s.color for s in template.styles.values()))
    _check_styles(template.styles)
    sections = [0]
    next_layout = template.next or template.first
    next_blocks = next_layout.blocks
    if template.next is None:
        # The first page's layout serves all pages, but the address stands on the first only.
        next_blocks = tuple(block for block in next_blocks if not isinstance(block, AddressBlock))
    for blocks, place in ((template.first.blocks, "template.first"), (next_blocks, "template.next")):
        _page(builder, blocks, f"{place}.blocks", sections)
    _marks(builder, marks)
    sections.append(len(builder.ops))
    _flow(builder, sections)
    _page(builder, template.closing.foot, "template.closing.foot", sections)
    _check_symbols(builder)
    rows, cells = _rows(builder, template.table)
    style_rows = builder.style_rows()
    program = Program(
        ops=_table(builder.ops, w.OP_FIELDS),
        sections=np.array(sections, np.int64),
        parts=_table(builder.parts, w.PART_FIELDS),
        rows=rows,
        cells=cells,
        styles=_table(style_rows, w.STYLE_FIELDS),
        widths=builder.widths,
        literals=np.frombuffer(bytes(builder.literals) + bytes(w.PADDING_BYTES), np.uint8),
        omr=np.array([_omr_kind(k) for k in marks.omr], np.int64),
        numbers=_numbers(builder, next_layout),
    )
    return Compiled(program, faces, tuple(builder.forms), tuple(builder.places))


def _check_symbols(b: _Builder) -> None:
    """A page's symbols have one place each."""
    for kind, name in ((w.OP_QR, "qr"), (w.OP_ADDRESS, "address")):
        places = [place for place, op in zip(b.places, b.ops, strict=True) if op[0] == kind]
        if len(places) > 1 and (kind == w.OP_ADDRESS or not _on_separate_pages(places)):
            msg = f"a page may hold one {name} block"
            own = [p for p in places if b.template.next is not None or not p.startswith("template.next.")]
            raise JobError(msg, where=own[-1], next_step="Take one away")


def _on_separate_pages(places: list[str]) -> bool:
    """One block on the first and one on later pages never meet."""
    kinds = {place.split(".")[1] for place in places}
    return len(kinds) == len(places) and "closing" not in kinds


def _table(rows: list[list[int]], width: int) -> NDArray[np.int64]:
    return np.array(rows, np.int64).reshape(len(rows), width)


def _check_styles(styles: Mapping[str, Style]) -> None:
    for name, style in styles.items():
        if style.size % 100 or style.size <= 0:
            msg = "the size must be a positive multiple of 0.1pt"
            raise JobError(msg, where=f"template.styles.{name}.size", next_step="Round it")


def _omr_kind(name: str) -> int:
    if name.startswith("sequence_"):
        return w.OMR_SEQUENCE_BIT + int(name.removeprefix("sequence_")).bit_length() - 1
    return w.OMR_KINDS.index(name)


def _is_static(block: Block) -> bool:
    if isinstance(block, RuleBlock | BoxBlock):
        return True
    return isinstance(block, TextBlock) and all(
        isinstance(p, fields.Literal) for p in fields.parse_text(block.text, "template")
    )


def _page(b: _Builder, blocks: Sequence[Block], place: str, sections: list[int]) -> None:
    """Compile the blocks of one kind of page: what is shared becomes a form, the rest operations."""
    called = _static_forms(b, blocks, place)
    if called:
        b.op(place, w.OP_FRAGMENT, *b.literal(called))
    for k, block in enumerate(blocks):
        if isinstance(block, BarsBlock | QrBlock):
            _shape(b, block, f"{place}.{k}")
    sections.append(len(b.ops))
    for k, block in enumerate(blocks):
        where = f"{place}.{k}"
        if isinstance(block, BarsBlock):
            _bar_labels(b, block, where)
        elif isinstance(block, AddressBlock):
            _address(b, block, where)
        elif isinstance(block, TextBlock) and not _is_static(block):
            _text(b, block, where, b.y(block.at[1]))
        elif isinstance(block, ParagraphBlock):
            _paragraph(b, block, where)
    sections.append(len(b.ops))


def _static_forms(b: _Builder, blocks: Sequence[Block], place: str) -> bytes:
    """Make the forms of a page kind; give the content that calls them."""
    called = b""
    for k, block in enumerate(blocks):
        if isinstance(block, ArtBlock):
            called += b.form(Form(f"{place}.{k}", pdf=block.pdf, page=block.page))
    content = b""
    texts = b""
    for k, block in enumerate(blocks):
        if not _is_static(block):
            continue
        if isinstance(block, RuleBlock):
            content += shapes.rule(block, b.template.height)
        elif isinstance(block, BoxBlock):
            content += shapes.box(block, b.template.height)
        elif isinstance(block, TextBlock):
            texts += _static_text(b, block, f"{place}.{k}")
    if content or texts:
        called += b.form(Form(place, content + (b"BT\n" + texts + b"ET\n" if texts else b"")))
    return called


def _static_text(b: _Builder, block: TextBlock, where: str) -> bytes:
    """Text that every document shares, placed absolutely."""
    style = b.style(block.style, where)
    face, size, *_ = b.style_rows()[style]
    codes = b.encode(block.text.replace("{{", "{").replace("}}", "}"), where)
    advance = int(b.widths[face][np.frombuffer(codes, np.uint8)].sum()) * size // 1000
    if block.width is not None and advance > dpt(block.width):
        msg = f"the text is {advance / 10:.1f}pt wide, wider than its width of {block.width / 1000:.1f}pt"
        raise JobError(msg, where=where, next_step="Shorten it, or make room")
    shift = {"left": 0, "right": advance, "center": advance // 2}[block.align]
    color = shapes.fill_color(b.template.styles[block.style].color)
    return b"%s/F%d %d Tf\n1 0 0 1 %d %d Tm\n(%s)Tj\n" % (
        color,
        face,
        size,
        dpt(block.at[0]) - shift,
        b.y(block.at[1]),
        codes,
    )


def _text(b: _Builder, block: TextBlock, where: str, y: int) -> None:
    style = b.style(block.style, where)
    extra = _CLOSING_BUILTINS if where.startswith("template.closing.") else frozenset()
    parts = b.text_parts(block.text, where, extra=extra)
    width = -1 if block.width is None else b.em(block.width, style)
    overflow = _OVERFLOW[block.overflow]
    if block.width is not None and overflow == w.OVERFLOW_ELLIPSIS:
        b.check_ellipsis(style, where)
    b.op(where, w.OP_TEXT, dpt(block.at[0]), y, style, _ALIGN[block.align], *parts, width, overflow)


def _paragraph(b: _Builder, block: ParagraphBlock, where: str) -> None:
    style = b.style(block.style, where)
    parts = b.text_parts(block.text, where)
    width = b.em(block.width, style)
    b.op(
        where,
        w.OP_PARAGRAPH,
        dpt(block.at[0]),
        b.y(block.at[1]),
        style,
        width,
        dpt(block.leading),
        block.max_lines,
        *parts,
    )


def _address(b: _Builder, block: AddressBlock, where: str) -> None:
    """The address, followed by its lines, which it draws itself."""
    if not where.startswith("template.first."):
        msg = "an address block may stand on the first page only"
        raise JobError(msg, where=where, next_step="Move it to template.first.blocks")
    style = b.style(block.style, where)
    width = b.em(block.width, style)
    lines = [b.text_parts(text, f"{where}.lines.{k}") for k, text in enumerate(block.lines)]
    first = len(b.ops) + 1
    # The barcode's glyphs stand on their lowest point, the block is placed by their centre line.
    x, y = dpt(block.at[0]), b.y(block.at[1] + imb_font.CENTRE_MPT)
    down = dpt(block.first_line - imb_font.CENTRE_MPT)
    b.op(where, w.OP_ADDRESS, x, y, down, dpt(block.leading), style, width, first, first + len(lines))
    for k, parts in enumerate(lines):
        b.op(f"{where}.lines.{k}", w.OP_ADDRESS_LINE, 0, 0, style, w.ALIGN_LEFT, *parts)


def _shape(b: _Builder, block: BarsBlock | QrBlock, where: str) -> None:
    x = dpt(block.at[0])
    if isinstance(block, QrBlock):
        parts = b.text_parts(block.text, where, symbol=True)
        image = b.literal(b"/IM true/D[1 0]")
        b.op(where, w.OP_QR, x, b.y(block.at[1]), dpt(block.module), *parts, block.min_version, *image)
        return
    if block.values not in b.tables.documents or b.tables.document_types[block.values] != "list":
        msg = f"there is no list column {block.values!r}"
        known = [name for name, kind in b.tables.document_types.items() if kind == "list"]
        raise JobError(msg, where=where, next_step=fields.nearest(block.values, known))
    width, height = dpt(block.size[0]), dpt(block.size[1])
    pitch = width * 10 // block.count
    bar = pitch * (100 - block.gap) // 100
    color = b.literal(shapes.fill_color(block.color))
    column = b.tables.documents[block.values]
    bottom = b.y(block.at[1] + block.size[1])
    b.op(where, w.OP_BARS, x, bottom, width, height, column, block.count, bar, pitch, *color)


def _bar_labels(b: _Builder, block: BarsBlock, where: str) -> None:
    style = b.style(block.label_style, where)
    bottom = b.y(block.at[1] + block.size[1])
    column = b.tables.documents[block.values]
    x = dpt(block.at[0]) - 40
    b.op(where, w.OP_BARS, x, bottom, -1, dpt(block.size[1]), column, block.count, style)


def _flow(b: _Builder, sections: list[int]) -> None:
    """What follows the table; y counts down from the table's end."""
    for k, block in enumerate(b.template.closing.flow):
        if isinstance(block, RuleBlock):
            where = f"template.closing.flow.{k}"
            if block.start[1] != block.end[1]:
                msg = "a flowing rule must be horizontal"
                raise JobError(msg, where=where, next_step="Give both ends the same y")
            x, width = dpt(block.start[0]), dpt(block.end[0] - block.start[0])
            weight = max(dpt(block.weight), 1)
            color = b.literal(shapes.fill_color(block.color))
            b.op(where, w.OP_RECT, x, -dpt(block.start[1]), width, weight, *color)
    sections.append(len(b.ops))
    for k, block in enumerate(b.template.closing.flow):
        if isinstance(block, TextBlock):
            _text(b, block, f"template.closing.flow.{k}", -dpt(block.at[1]))
    sections.append(len(b.ops))


def _marks(b: _Builder, marks: SheetMarks) -> None:
    """The inserter's marks on the front of every sheet."""
    if marks.omr:
        y = b.y(marks.omr_top_mpt + marks.omr_thickness_mpt)
        b.op(
            "marks.omr",
            w.OP_OMR,
            dpt(marks.omr_left_mpt),
            y,
            dpt(marks.omr_pitch_mpt),
            dpt(marks.omr_length_mpt),
            dpt(marks.omr_thickness_mpt),
        )
    side = dpt(marks.matrix_module_mpt * marks.matrix_modules)
    x, y = dpt(marks.matrix_left_mpt), b.y(marks.matrix_top_mpt) - side
    place = b.literal(
        b"q %d 0 0 %d %d %d cm\nBI/W %d/H %d/IM true/D[1 0]" % (side, side, x, y, *[marks.matrix_modules] * 2)
    )
    parts = b.text_parts(marks.matrix_text, "marks.matrix", symbol=True)
    b.op("marks.matrix", w.OP_MATRIX, *place, *parts, marks.matrix_modules)


def _rows_of(table: Table | None) -> list[tuple[str, Row | None]]:
    """Rows by name, in the order of ROW_LINE ...; None where there is none."""
    names = ("line", "heading", "continued", "subtotal", "carried", "brought")
    return [(name, None if table is None else getattr(table, name)) for name in names]


def _rows(b: _Builder, table: Table | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    rows: list[list[int]] = []
    cells: list[list[int]] = []
    for name, row in _rows_of(table):
        if row is None:
            rows.append([0, 0, 0, 0, len(cells)])
            continue
        where = f"template.table.{name}"
        if name in _GROUP_ROWS and b.tables.group is None:
            msg = "the lines have no groups, so that this row would never be printed"
            next_step = "Name the column that starts groups in job.input.details.group, or take the row away"
            raise JobError(msg, where=where, next_step=next_step)
        if dpt(row.height) <= 0:
            msg = "the row has no height"
            raise JobError(msg, where=f"{where}.height", next_step="Give it 0.1pt or more")
        if len(row.cells) > MAX_CELLS:
            msg = f"the row has {len(row.cells)} cells, more than {MAX_CELLS}"
            raise JobError(msg, where=where, next_step="Leave some out")
        style = b.style(row.style, where)
        rows.append([1, dpt(row.height), dpt(row.baseline), style, len(cells)])
        for k, cell in enumerate(row.cells):
            # A page may hold these two without any line, so they have no line's fields.
            in_row = name not in {"carried", "brought"}
            extra = frozenset(_ROW_BUILTINS.get(name, ()))
            parts = b.text_parts(cell.text, f"{where}.cells.{k}", in_row=in_row, extra=extra)
            if room_for_texts(b.parts[slice(*parts)]) < 0:
                msg = "the cell's text is too long for a line"
                raise JobError(msg, where=f"{where}.cells.{k}", next_step="Shorten it")
            if cell.width is not None:
                b.check_ellipsis(style, f"{where}.cells.{k}")
            width = -1 if cell.width is None else b.em(cell.width, style)
            cells.append([b.em(cell.x, style), _ALIGN[cell.align], *parts, width])
    rows.append([0, 0, 0, 0, len(cells)])
    return _table(rows, w.ROW_FIELDS), _table(cells, w.CELL_FIELDS)


def _numbers(b: _Builder, next_layout: PageLayout) -> NDArray[np.int64]:
    template = b.template
    numbers = np.full(w.NUMBERS, -1, np.int64)
    numbers[w.N_FIRST_TOP] = b.y(template.first.area.top)
    numbers[w.N_FIRST_BOTTOM] = b.y(template.first.area.bottom)
    numbers[w.N_NEXT_TOP] = b.y(next_layout.area.top)
    numbers[w.N_NEXT_BOTTOM] = b.y(next_layout.area.bottom)
    foot = template.closing.foot_top
    numbers[w.N_CLOSE_BOTTOM] = 0 if foot is None else b.y(foot)
    numbers[w.N_FLOW_HEIGHT] = dpt(template.closing.flow_height)
    numbers[w.N_ELLIPSIS] = b.codepage.encode(ELLIPSIS)[0]
    if template.table is not None:
        numbers[w.N_TABLE_X] = dpt(template.table.x)
        numbers[w.N_SUM_COLUMN] = _sum_column(b, template.table)
        if b.tables.group is not None:
            numbers[w.N_GROUP_COLUMN] = b.tables.lines[b.tables.group]
    if IMB_FACE in b.faces:
        numbers[w.N_IMB_FACE] = b.faces.index(IMB_FACE)
        numbers[w.N_IMB_SIZE] = dpt(imb_font.FONT_SIZE_MPT)
    _check_area(b, next_layout)
    return numbers


def _sum_column(b: _Builder, table: Table) -> int:
    if b.tables.line_types.get(table.sum) != "int":
        msg = f"the table adds up {table.sum!r}, which is no whole-number column of the detail table"
        known = [name for name, kind in b.tables.line_types.items() if kind == "int"]
        raise JobError(msg, where="template.table.sum", next_step=fields.nearest(table.sum, known))
    return b.tables.lines[table.sum]


def _check_area(b: _Builder, next_layout: PageLayout) -> None:
    """A page must hold at least one line with all that may surround it, or breaking would never end."""
    # In decipoints, as the kernels add them up: lengths off the grid are rounded one by one.
    template, table, closing = b.template, b.template.table, b.template.closing
    heights = {name: dpt(row.height) for name, row in _rows_of(table) if row is not None}
    foot = b.y(next_layout.area.bottom)
    if closing.foot_top is not None:
        foot = max(b.y(closing.foot_top), foot)
    # The first page may be without lines, but not without the carried row.
    places = (
        ("template.first.area", template.first.area, heights.get("carried", 0)),
        ("template.next.area", next_layout.area, sum(heights.values())),
    )
    for where, area, least in places:
        if b.y(area.top) - b.y(area.bottom) < least or area.bottom > template.height:
            msg = f"the area is too small for the rows that it must hold together ({least / 10:.1f}pt)"
            raise JobError(msg, where=where, next_step="Make it taller, and end it on the page")
    if b.y(next_layout.area.top) - foot < dpt(closing.flow_height) + heights.get("brought", 0):
        msg = "the flowing blocks do not fit between the next page's top and the foot"
        raise JobError(msg, where="template.closing", next_step="Make flow_height smaller or foot_top lower")
