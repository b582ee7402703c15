"""Clear zones: nothing of the template may stand where the inserter reads."""

from __future__ import annotations

from collections.abc import Iterator

from printstream.base.errors import JobError
from printstream.base.program import PostalMark, SheetMarks
from printstream.fonts.bar_font import MEASURES
from printstream.layout.template import (
    AddressBlock,
    BarsBlock,
    Block,
    BoxBlock,
    ParagraphBlock,
    PostalBlock,
    QrBlock,
    RuleBlock,
    Table,
    Template,
    TextBlock,
)

Box = tuple[int, int, int, int]
"""Left, top, right, bottom, millipoints from the page's top left corner."""
_QR_MODULES = 57
"""Widest symbol that the encoder makes (version 10)."""


def check_clear_zones(template: Template, marks: SheetMarks) -> None:
    """Check every block whose extent is known; a designer's PDF is not looked into.

    Raises:
        JobError: naming the block.
    """
    boxes = list(_boxes(template))
    _check_postal_zone(template, marks.postal, boxes)
    for where, box in boxes:
        for zone in marks.clear_zones_mpt:
            if _meet(box, zone):
                left, top, right, bottom = (length / 72_000 for length in zone)
                msg = (
                    f"the block enters the inserter's clear zone, {left:.2f} to {right:.2f} in from the left "
                    f"and {top:.2f} to {bottom:.2f} in from the top"
                )
                raise JobError(
                    msg, where=where, next_step="Move the block, or choose another inserter profile"
                )


def _check_postal_zone(template: Template, postal: PostalMark, boxes: list[tuple[str, Box]]) -> None:
    """The post's code needs free paper around it, and a place on the page."""
    aside, above = postal.clear_mpt
    for k, block in enumerate(template.first.blocks):
        if not isinstance(block, PostalBlock):
            continue
        where = f"template.first.blocks.{k}"
        box = _postal_box(block, postal)
        zone = (box[0] - aside, box[1] - above, box[2] + aside, box[3] + above)
        if zone[0] < 0 or zone[1] < 0 or zone[2] > template.width or zone[3] > template.height:
            msg = "the post's code, with the free paper that it needs, leaves the page"
            raise JobError(msg, where=where, next_step="Move the block")
        for other, place in boxes:
            if (
                other.startswith(("template.first.", "template.table."))
                and other != where
                and _meet(place, zone)
            ):
                msg = (
                    f"the block enters the clear zone of the post's code, {aside / 1000:.1f}pt aside and "
                    f"{above / 1000:.1f}pt above and below it"
                )
                raise JobError(msg, where=other, next_step="Move one of them")


def _postal_box(block: PostalBlock, postal: PostalMark) -> Box:
    """What the longest code covers."""
    left, top = block.at
    if postal.face:
        measures = MEASURES[postal.face]
        return _extent(left, top - measures.centre, measures.length(postal.bars), measures.height)
    return _extent(left, top, postal.columns * postal.module_mpt, postal.rows * postal.module_mpt)


def _meet(box: Box, zone: Box) -> bool:
    return box[0] < zone[2] and zone[0] < box[2] and box[1] < zone[3] and zone[1] < box[3]


def _boxes(template: Template) -> Iterator[tuple[str, Box]]:
    sizes = {name: style.size for name, style in template.styles.items()}
    apart = any(isinstance(block, PostalBlock) for block in template.first.blocks)
    pages = [
        ("template.first.blocks", template.first.blocks),
        ("template.closing.foot", template.closing.foot),
    ]
    if template.next is not None:
        pages.append(("template.next.blocks", template.next.blocks))
    for place, blocks in pages:
        for k, block in enumerate(blocks):
            box = _box(block, sizes, has_postal_block=apart)
            if box is not None:
                yield f"{place}.{k}", box
    if template.table is not None:
        yield from _table_boxes(template, template.table)


def _table_boxes(template: Template, table: Table) -> Iterator[tuple[str, Box]]:
    """The table's columns, as far as cells have a right end or a width."""
    top = template.first.area.top
    for name in ("line", "heading", "continued", "subtotal", "carried", "brought"):
        row = getattr(table, name)
        for k, cell in enumerate(row.cells if row is not None else ()):
            left = table.x + cell.x
            right = left + (cell.width or 0) if cell.align == "left" else left
            yield f"template.table.{name}.cells.{k}", (left, top, right, template.first.area.bottom)


def _box(block: Block, sizes: dict[str, int], *, has_postal_block: bool) -> Box | None:
    if isinstance(block, BoxBlock | BarsBlock):
        return _extent(block.at[0], block.at[1], *block.size)
    if isinstance(block, RuleBlock):
        xs, ys = sorted((block.start[0], block.end[0])), sorted((block.start[1], block.end[1]))
        return xs[0], ys[0], xs[1], ys[1] + block.weight
    if isinstance(block, QrBlock):
        side = (
            _QR_MODULES * block.module
            if block.min_version == 10
            else (17 + 4 * block.min_version) * block.module
        )
        return _extent(*block.at, side, side)
    if isinstance(block, TextBlock):
        size = sizes.get(block.style, 0)
        width = block.width or 0
        left = {"left": block.at[0], "right": block.at[0] - width, "center": block.at[0] - width // 2}[
            block.align
        ]
        return _extent(left, block.at[1] - size, width, size)
    if isinstance(block, ParagraphBlock):
        height = block.leading * block.max_lines
        return _extent(block.at[0], block.at[1] - sizes.get(block.style, 0), block.width, height)
    if isinstance(block, AddressBlock):
        if has_postal_block:
            # Only its lines are here; the code is elsewhere.
            top = block.at[1] + block.first_line - sizes.get(block.style, 0)
            return _extent(block.at[0], top, block.width, block.leading * len(block.lines))
        return _extent(*block.at, block.width, block.first_line + block.leading * len(block.lines))
    return None


def _extent(left: int, top: int, width: int, height: int) -> Box:
    return left, top, left + width, top + height
