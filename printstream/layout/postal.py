"""The post's code on the first page: bars as text in a face of their own, or a Data Matrix as an image.

In: what the code looks like, the template's postal or address block. Out: operations. Never: encodes.
"""

from __future__ import annotations

from printstream.base import program as w
from printstream.base.errors import JobError
from printstream.base.program import PostalMark
from printstream.base.units import dpt
from printstream.fonts.bar_font import MEASURES, BarMeasures
from printstream.layout.builder import Builder
from printstream.layout.template import AddressBlock, PostalBlock, Template


def has_postal_block(template: Template) -> bool:
    """Tell whether the template places the code itself."""
    return any(isinstance(block, PostalBlock) for block in template.first.blocks)


def bars_of(template: Template, postal: PostalMark) -> BarMeasures | None:
    """Measures of the bars that the first page shows; None where it shows none."""
    shown = any(isinstance(block, AddressBlock | PostalBlock) for block in template.first.blocks)
    return MEASURES[postal.face] if shown and postal.face else None


def check_postal(template: Template, postal: PostalMark, *, leads: bool = True) -> None:
    """Check that the template has one place for the post's code, where the job has one.

    Args:
        template: the template.
        postal: the code.
        leads: whether its documents may lie on top in their envelopes.

    Raises:
        JobError: naming the block.
    """
    later = template.next.blocks if template.next is not None else ()
    for place, blocks in (("next.blocks", later), ("closing.foot", template.closing.foot)):
        for k, block in enumerate(blocks):
            if isinstance(block, PostalBlock):
                msg = "a postal block may stand on the first page only"
                where = f"template.{place}.{k}"
                raise JobError(msg, where=where, next_step="Move it to template.first.blocks")
    places = [k for k, block in enumerate(template.first.blocks) if isinstance(block, PostalBlock)]
    if len(places) > 1:
        msg = "a page may hold one postal block"
        raise JobError(msg, where=f"template.first.blocks.{places[1]}", next_step="Take one away")
    if places and not (postal.face or postal.rows):
        msg = "the template has a postal block, but the job's barcode is none"
        where = f"template.first.blocks.{places[0]}"
        raise JobError(msg, where=where, next_step="Choose job.mailing.barcode, or take the block away")
    if leads and not places and postal.rows:
        msg = "the job's postal code is a Data Matrix, and the template has no place for it"
        raise JobError(msg, where="template.first.blocks", next_step="Add a block of kind postal")


def compile_bars(b: Builder, block: PostalBlock, where: str, postal: PostalMark) -> None:
    """Bars, placed by their centre line; their glyphs stand on their lowest point."""
    if postal.face:
        b.op(where, w.OP_POSTAL, dpt(block.at[0]), b.y(block.at[1] + MEASURES[postal.face].centre))


def compile_matrix(b: Builder, block: PostalBlock, where: str, postal: PostalMark) -> None:
    """A Data Matrix, placed by its top left corner."""
    if not postal.rows:
        return
    width, height = dpt(postal.columns * postal.module_mpt), dpt(postal.rows * postal.module_mpt)
    place = b.literal(
        b"q %d 0 0 %d %d %d cm\nBI/W %d/H %d/IM true/D[1 0]"
        % (width, height, dpt(block.at[0]), b.y(block.at[1]) - height, postal.columns, postal.rows)
    )
    b.op(where, w.OP_POSTAL_MATRIX, *place, postal.rows * ((postal.columns + 7) // 8))
