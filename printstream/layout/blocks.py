"""Blocks of the template -> operations and forms."""

from __future__ import annotations

from collections.abc import Sequence

from printstream.base import program as w
from printstream.base.errors import JobError
from printstream.base.program import PostalMark
from printstream.base.units import dpt
from printstream.layout import fields, shapes
from printstream.layout.builder import Builder, Form
from printstream.layout.postal import bars_of, compile_bars, compile_matrix, has_postal_block
from printstream.layout.template import (
    AddressBlock,
    ArtBlock,
    BarsBlock,
    Block,
    BoxBlock,
    ParagraphBlock,
    PostalBlock,
    QrBlock,
    RuleBlock,
    TextBlock,
)

ALIGN = {"left": w.ALIGN_LEFT, "right": w.ALIGN_RIGHT, "center": w.ALIGN_CENTER}
_OVERFLOW = {"allow": w.OVERFLOW_ALLOW, "ellipsis": w.OVERFLOW_ELLIPSIS, "reject": w.OVERFLOW_REJECT}
_CLOSING_BUILTINS = frozenset({"total"})


def _is_static(block: Block) -> bool:
    if isinstance(block, RuleBlock | BoxBlock):
        return True
    return isinstance(block, TextBlock) and all(
        isinstance(p, fields.Literal) for p in fields.parse_text(block.text, "template")
    )


def compile_page(
    b: Builder, blocks: Sequence[Block], place: str, sections: list[int], postal: PostalMark
) -> None:
    """Compile the blocks of one kind of page: what is shared becomes a form, the rest operations."""
    called = _static_forms(b, blocks, place)
    if called:
        b.op(place, w.OP_FRAGMENT, *b.literal(called))
    for k, block in enumerate(blocks):
        if isinstance(block, BarsBlock | QrBlock):
            _shape(b, block, f"{place}.{k}")
        elif isinstance(block, PostalBlock):
            compile_matrix(b, block, f"{place}.{k}", postal)
    sections.append(len(b.ops))
    for k, block in enumerate(blocks):
        where = f"{place}.{k}"
        if isinstance(block, BarsBlock):
            _bar_labels(b, block, where)
        elif isinstance(block, AddressBlock):
            _address(b, block, where, postal)
        elif isinstance(block, PostalBlock):
            compile_bars(b, block, where, postal)
        elif isinstance(block, TextBlock) and not _is_static(block):
            _text(b, block, where, b.y(block.at[1]))
        elif isinstance(block, ParagraphBlock):
            _paragraph(b, block, where)
    sections.append(len(b.ops))


def _static_forms(b: Builder, blocks: Sequence[Block], place: str) -> bytes:
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


def _static_text(b: Builder, block: TextBlock, where: str) -> bytes:
    """Text that every document shares, placed absolutely."""
    style = b.style(block.style, where)
    face, size, *_ = b.style_rows()[style]
    codes = b.encode(block.text.replace("{{", "{").replace("}}", "}"), where)
    advance = int(b.widths[face][b.codepage.slots(codes)].sum()) * size // 1000
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


def _text(b: Builder, block: TextBlock, where: str, y: int) -> None:
    style = b.style(block.style, where)
    extra = _CLOSING_BUILTINS if where.startswith("template.closing.") else frozenset()
    parts = b.text_parts(block.text, where, extra=extra)
    width = -1 if block.width is None else b.em(block.width, style)
    overflow = _OVERFLOW[block.overflow]
    if block.width is not None and overflow == w.OVERFLOW_ELLIPSIS:
        b.check_ellipsis(style, where)
    b.op(where, w.OP_TEXT, dpt(block.at[0]), y, style, ALIGN[block.align], *parts, width, overflow)


def _paragraph(b: Builder, block: ParagraphBlock, where: str) -> None:
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


def _address(b: Builder, block: AddressBlock, where: str, postal: PostalMark) -> None:
    """The address, followed by its lines, which it draws itself."""
    if not where.startswith("template.first."):
        msg = "an address block may stand on the first page only"
        raise JobError(msg, where=where, next_step="Move it to template.first.blocks")
    style = b.style(block.style, where)
    width = b.em(block.width, style)
    lines = [b.text_parts(text, f"{where}.lines.{k}") for k, text in enumerate(block.lines)]
    first = len(b.ops) + 1
    # The barcode's glyphs stand on their lowest point, the block is placed by their centre line.
    bars = bars_of(b.template, postal)
    below = bars.centre if bars is not None else 0
    x, y = dpt(block.at[0]), b.y(block.at[1] + below)
    down = dpt(block.first_line - below)
    draws = int(bars is not None and not has_postal_block(b.template))
    b.op(where, w.OP_ADDRESS, x, y, down, dpt(block.leading), style, width, first, first + len(lines), draws)
    for k, parts in enumerate(lines):
        b.op(f"{where}.lines.{k}", w.OP_ADDRESS_LINE, 0, 0, style, w.ALIGN_LEFT, *parts)


def _shape(b: Builder, block: BarsBlock | QrBlock, where: str) -> None:
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


def _bar_labels(b: Builder, block: BarsBlock, where: str) -> None:
    style = b.style(block.label_style, where)
    bottom = b.y(block.at[1] + block.size[1])
    column = b.tables.documents[block.values]
    x = dpt(block.at[0]) - 40
    b.op(where, w.OP_BARS, x, bottom, -1, dpt(block.size[1]), column, block.count, style)


def compile_flow(b: Builder, sections: list[int]) -> None:
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
