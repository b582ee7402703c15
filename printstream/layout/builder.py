"""The program while it grows: operations, text parts, literals, forms.

In: fields and lengths of one block at a time. Out: rows of the program's arrays. Never: knows where a page ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from printstream.base import program as w
from printstream.base.codepage import CodePage
from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.base.units import dpt
from printstream.layout import fields, shapes
from printstream.layout.codes import ELLIPSIS, is_symbol_text
from printstream.layout.locale import DEFAULT, ONLY_LOCAL, load_locale
from printstream.layout.template import Template

_LATE_BUILTINS = frozenset({"group_total", "brought", "carried", "total"})


@frozen
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


@frozen
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


@dataclass
class Builder:
    """Arrays while they grow; ``earlier_forms`` of its forms are of templates that share the spool."""

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
    earlier_forms: int = 0

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
        """Append a form, or take an earlier template's that looks the same; give the content that shows it."""
        for k, known in enumerate(self.forms[: self.earlier_forms]):
            if (known.content, known.pdf, known.page) == (form.content, form.pdf, form.page):
                return b"/X%d Do\n" % k
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
            form, digits = self._number(part, "int", where)
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
        form, digits = self._number(part, kind, where)
        return [w.PART_NUMBER, source, column, form, digits]

    def _number(self, part: fields.Field, kind: str, where: str) -> tuple[int, int]:
        """Format and argument; where a locale writes the value, the argument is the place of its record."""
        form, digits = fields.number_format(part.form, kind, where, part.name)
        locale = fields.locale_of(self.template)
        if locale is None and form in ONLY_LOCAL:
            locale = load_locale(DEFAULT)
        record = None if locale is None else locale.record(form, lambda text: self.encode(text, where))
        if record is None:
            return form, digits
        return record[0], self.literal(record[1])[0]
