"""Template -> program: flat arrays that the kernels interpret, and forms for what every page shares.

In: the template, the code page, the faces' widths, the sheet marks. Out: ``Compiled``. Never: data rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from printstream.base import program as w
from printstream.base.codepage import CodePage
from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.base.program import Program, SheetMarks
from printstream.base.units import dpt
from printstream.fonts import bar_font
from printstream.layout import fields
from printstream.layout.blocks import ALIGN, compile_flow, compile_page
from printstream.layout.builder import Builder, Form, Tables
from printstream.layout.codes import ELLIPSIS
from printstream.layout.lengths import room_for_texts
from printstream.layout.linebreak import slot_tables
from printstream.layout.postal import bars_of
from printstream.layout.sheetmarks import compile_marks
from printstream.layout.template import AddressBlock, PageLayout, PostalBlock, Row, Style, Table, Template

_ROW_BUILTINS = {"subtotal": {"group_total"}, "carried": {"carried"}, "brought": {"brought"}}
_GROUP_ROWS = frozenset({"heading", "continued", "subtotal"})
MAX_CELLS = 14


@frozen
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


def faces_of(template: Template, marks: SheetMarks) -> tuple[str, ...]:
    """Face names in order of first use; the post's bars come last where the template has a place for them."""
    names: list[str] = list(dict.fromkeys(style.face for style in template.styles.values()))
    if bars_of(template, marks.postal) is not None:
        names.append(marks.postal.face)
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
    faces: tuple[str, ...] | None = None,
    forms: Sequence[Form] = (),
) -> Compiled:
    """Compile a template.

    Args:
        template: the template.
        tables: the columns.
        codepage: the job's encoding.
        widths: int32[slots] per face, 1/1000 em.
        marks: what every sheet carries for the inserter.
        faces: those of all templates that share the spool; ``faces_of(template, marks)`` where absent.
        forms: those of the templates compiled before it for the same spool.

    Raises:
        JobError: with the place in the template.
    """
    faces = faces or faces_of(template, marks)
    builder = Builder(template, tables, codepage, faces, np.vstack(widths).astype(np.int32))
    builder.forms, builder.earlier_forms = [*forms], len(forms)
    builder.style_index = {name: k for k, name in enumerate(template.styles)}
    builder.colors = list(dict.fromkeys(s.color for s in template.styles.values()))
    _check_styles(template.styles)
    sections = [0]
    next_layout = template.next or template.first
    next_blocks = next_layout.blocks
    if template.next is None:
        # The first page's layout serves all pages, but address and barcode stand on the first only.
        next_blocks = tuple(b for b in next_blocks if not isinstance(b, AddressBlock | PostalBlock))
    for blocks, place in ((template.first.blocks, "template.first"), (next_blocks, "template.next")):
        compile_page(builder, blocks, f"{place}.blocks", sections, marks.postal)
    compile_marks(builder, marks)
    sections.append(len(builder.ops))
    compile_flow(builder, sections)
    compile_page(builder, template.closing.foot, "template.closing.foot", sections, marks.postal)
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
        literals=np.frombuffer(bytes(builder.literals) + bytes(w.PADDING_BYTES), np.uint8),
        numbers=_numbers(builder, next_layout, marks),
        **slot_tables(codepage, builder.widths),
    )
    return Compiled(program, faces, tuple(builder.forms), tuple(builder.places))


def _check_symbols(b: Builder) -> None:
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


def _rows_of(table: Table | None) -> list[tuple[str, Row | None]]:
    """Rows by name, in the order of ROW_LINE ...; None where there is none."""
    names = ("line", "heading", "continued", "subtotal", "carried", "brought")
    return [(name, None if table is None else getattr(table, name)) for name in names]


def _rows(b: Builder, table: Table | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
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
            cells.append([b.em(cell.x, style), ALIGN[cell.align], *parts, width])
    rows.append([0, 0, 0, 0, len(cells)])
    return _table(rows, w.ROW_FIELDS), _table(cells, w.CELL_FIELDS)


def _numbers(b: Builder, next_layout: PageLayout, marks: SheetMarks) -> NDArray[np.int64]:
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
    if marks.postal.face in b.faces:
        numbers[w.N_BAR_FACE] = b.faces.index(marks.postal.face)
        numbers[w.N_BAR_SIZE] = dpt(bar_font.FONT_SIZE_MPT)
    _check_area(b, next_layout)
    return numbers


def _sum_column(b: Builder, table: Table) -> int:
    if b.tables.line_types.get(table.sum) != "int":
        msg = f"the table adds up {table.sum!r}, which is no whole-number column of the detail table"
        known = [name for name, kind in b.tables.line_types.items() if kind == "int"]
        raise JobError(msg, where="template.table.sum", next_step=fields.nearest(table.sum, known))
    return b.tables.lines[table.sum]


def _check_area(b: Builder, next_layout: PageLayout) -> None:
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
