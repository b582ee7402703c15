"""The address block as plain values, for who judges addresses. In: template. Out: AddressPlace. Never: judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from printstream.base.addressplace import AddressPart, AddressPlace
from printstream.base.program import PostalMark
from printstream.layout.fields import Field, parse_text
from printstream.layout.postal import bars_of, has_postal_block
from printstream.layout.template import AddressBlock, Template


def address_place(
    template: Template, postal: PostalMark, fonts: Mapping[str, bytes] = MappingProxyType({})
) -> AddressPlace | None:
    """Give the first page's address block; None where there is none, or its style is not one of the template's."""
    for k, block in enumerate(template.first.blocks):
        if isinstance(block, AddressBlock) and block.style in template.styles:
            place = _place(template, block, f"template.first.blocks.{k}", postal)
            return replace(place, font=fonts.get(place.face, b""))
    return None


def _place(template: Template, block: AddressBlock, where: str, postal: PostalMark) -> AddressPlace:
    style, (left, centre) = template.styles[block.style], block.at
    measures = None if has_postal_block(template) else bars_of(template, postal)
    bars = None
    if measures is not None:
        top = centre - measures.height + measures.centre
        bars = (left, top, left + measures.length(postal.bars), top + measures.height)
    lines = tuple(
        tuple(
            AddressPart(part.name, is_column=True, form=part.form)
            if isinstance(part, Field)
            else AddressPart(part.text, is_column=False)
            for part in parse_text(text, f"{where}.lines.{n}")
        )
        for n, text in enumerate(block.lines)
    )
    baseline = centre + block.first_line
    text = block.leading, block.width, style.face, style.size, lines
    return AddressPlace(where, left, baseline, *text, bars, postal.clear_mpt)
