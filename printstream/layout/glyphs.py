"""The template's own words against its faces, before any data is read.

In: the template, the job's own fonts. Out: nothing, or the fault. Never: looks at columns; what they hold is judged
document by document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from printstream.base.errors import JobError
from printstream.fonts.faces import load_face
from printstream.layout.fields import Literal, locale_of, parse_text
from printstream.layout.template import AddressBlock, ParagraphBlock, Template, TextBlock


def check_glyphs(template: Template, fonts: Mapping[str, bytes] = MappingProxyType({})) -> None:
    """Check that every literal character can be shown in the face of its style.

    Args:
        template: the template.
        fonts: the job's own, by path.

    Raises:
        JobError: naming the block and the characters.
    """
    locale = locale_of(template)
    for where, style_name, text in _styled_texts(template):
        style = template.styles.get(style_name)
        if style is None:
            continue  # the compiler names the nearest style
        parts = parse_text(text, where)
        literals = "".join(part.text if isinstance(part, Literal) else part.written(locale) for part in parts)
        if missing := load_face(style.face, fonts).missing(literals):
            points = ", ".join(f"U+{ord(c):04X}" for c in missing[:5])
            msg = f"the face {style.face!r} has no glyph for {points}"
            raise JobError(msg, where=where, next_step="Use another character or another style")


def _styled_texts(template: Template) -> Iterator[tuple[str, str, str]]:
    """Place, style and text of everything that is set in a face."""
    places = [("first.blocks", template.first.blocks)]
    if template.next is not None:
        places.append(("next.blocks", template.next.blocks))
    places += [("closing.flow", template.closing.flow), ("closing.foot", template.closing.foot)]
    for place, blocks in places:
        for k, block in enumerate(blocks):
            if isinstance(block, TextBlock | ParagraphBlock):
                yield f"template.{place}.{k}.text", block.style, block.text
            elif isinstance(block, AddressBlock):
                for n, line in enumerate(block.lines):
                    yield f"template.{place}.{k}.lines.{n}", block.style, line
    if template.table is not None:
        for name in ("line", "heading", "continued", "subtotal", "carried", "brought"):
            row = getattr(template.table, name)
            for n, cell in enumerate(row.cells if row is not None else ()):
                yield f"template.table.{name}.cells.{n}.text", row.style, cell.text
