"""Text with fields in braces -> parts. In: a template's strings. Out: parsed parts. Never: data."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from printstream.base import program as words
from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.layout.locale import DEFAULT, ONLY_LOCAL, Locale, load_locale
from printstream.layout.template import Template

_FIELD = re.compile(r"\{\{|\}\}|\{([^{}:]+)(?::([A-Za-z0-9]+))?\}|[{}]")
_NUMBER_FORMATS = {
    "plain": words.F_PLAIN,
    "int": words.F_GROUPED,
    "money": words.F_MONEY,
    "fixed2": words.F_FIXED2,
    "date": words.F_DATE_US,
    "iso": words.F_DATE_ISO,
    "medium": words.F_DATE_MEDIUM,
    "short": words.F_DATE_SHORT,
    "currency": words.F_CURRENCY,
    "long": words.F_DATE_LONG,
}
_DATE_FORMATS = {"date", "iso", "long", "medium", "short"}
_PAD = re.compile(r"pad([1-9]|1[0-8])\Z")
CHECK_FIELD = "check"


@frozen
class Literal:
    """Text that every document shares."""

    text: str


@frozen
class Field:
    """A value that differs: a column's or the page's own."""

    name: str
    form: str

    def written(self, locale: Locale | None) -> str:
        """Characters that the format may write beside digits, by the locale."""
        # A date without a format is one in digits; of numbers and texts without one nothing is written but themselves.
        form = _NUMBER_FORMATS.get(self.form or "date", words.F_PLAIN)
        used = load_locale(DEFAULT) if locale is None and form in ONLY_LOCAL else locale
        return used.characters(form) if used is not None else ""


def parse_text(text: str, where: str) -> tuple[Literal | Field, ...]:
    """Split ``"Order {order_key}, {order_date:medium}"`` into literals and fields.

    Raises:
        JobError: on a lone brace.
    """
    parts: list[Literal | Field] = []
    literal = ""
    at = 0
    for match in _FIELD.finditer(text):
        literal += text[at : match.start()]
        at = match.end()
        token = match.group(0)
        if token in {"{{", "}}"}:
            literal += token[0]
        elif match.group(1) is None:
            msg = f"the text has a lone {token!r}"
            raise JobError(msg, where=where, next_step="Write {{ or }} for a brace that is meant as such")
        else:
            if literal:
                parts.append(Literal(literal))
                literal = ""
            parts.append(Field(match.group(1).strip(), match.group(2) or ""))
    literal += text[at:]
    if literal:
        parts.append(Literal(literal))
    return tuple(parts)


def locale_of(template: Template) -> Locale | None:
    """Give the template's locale; None where it names none.

    Raises:
        JobError: there is none of this name.
    """
    return None if template.locale is None else load_locale(template.locale)


def texts_of(model: BaseModel, path: str = "template") -> Iterator[tuple[str, str]]:
    """Give every string that may hold fields, with its place in the template."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        here = f"{path}.{name}"
        if name == "text" and isinstance(value, str):
            yield here, value
        elif name == "lines" and isinstance(value, tuple) and value and isinstance(value[0], str):
            yield from ((f"{here}.{k}", line) for k, line in enumerate(value))
        elif isinstance(value, BaseModel):
            yield from texts_of(value, here)
        elif isinstance(value, tuple):
            for k, item in enumerate(value):
                if isinstance(item, BaseModel):
                    yield from texts_of(item, f"{here}.{k}")


@frozen
class Wanted:
    """Columns that a template names: of documents (blocks), and of either table (rows)."""

    blocks: frozenset[str]
    rows: frozenset[str]
    literals: str


def wanted_fields(template: Template, extra_texts: tuple[str, ...] = ()) -> Wanted:
    """Collect the columns and the literal characters of a template.

    Args:
        template: the template.
        extra_texts: texts of the sheet marks, which may use the page's own values only.
    """
    blocks: set[str] = set()
    rows: set[str] = set()
    literals: list[str] = list(extra_texts)
    locale = locale_of(template)
    for where, text in texts_of(template):
        target = rows if where.startswith("template.table.") else blocks
        for part in parse_text(text, where):
            if isinstance(part, Literal):
                literals.append(part.text)
                continue
            literals.append(part.written(locale))
            if part.name not in words.BUILTINS and part.name != CHECK_FIELD:
                target.add(part.name)
    for page in (template.first, template.next, template.closing):
        for block in getattr(page, "blocks", ()) or getattr(page, "foot", ()):
            if block.kind == "bars":
                blocks.add(block.values)
    if template.table is not None:
        rows.add(template.table.sum)
    return Wanted(frozenset(blocks), frozenset(rows), "".join(literals))


def nearest(name: str, known: list[str]) -> str:
    """A next step that names the nearest known column."""
    close = difflib.get_close_matches(name, known, 1, 0.5)
    return f"Did you mean {close[0]!r}?" if close else f"Known are: {', '.join(sorted(known)[:30])}"


def number_format(form: str, column_type: str, where: str, name: str) -> tuple[int, int]:
    """Format code and argument for a number or date column.

    Raises:
        JobError: for a format that does not suit the column.
    """
    pad = _PAD.match(form)
    if pad and column_type == "int":
        return words.F_PADDED, int(pad.group(1))
    if not form:
        form = "date" if column_type == "date" else "plain"
    if form not in _NUMBER_FORMATS or (form in _DATE_FORMATS) != (column_type == "date"):
        msg = f"field {name!r} is {'a date' if column_type == 'date' else 'a number'} and has no format {form!r}"
        good = (
            sorted(_DATE_FORMATS)
            if column_type == "date"
            else ["currency", "fixed2", "int", "money", "pad9", "plain"]
        )
        raise JobError(msg, where=where, next_step=f"Use one of: {', '.join(good)}")
    return _NUMBER_FORMATS[form], 0


def missing_fields(wanted: Wanted, documents: Mapping[str, str], lines: Mapping[str, str]) -> None:
    """Check that every named column exists.

    Raises:
        JobError: naming the field and the nearest column.
    """
    for name in sorted(wanted.blocks):
        if name not in documents:
            msg = f"the template names the field {name!r}, which no document column has"
            raise JobError(msg, where="template", next_step=nearest(name, [*documents, *words.BUILTINS]))
    for name in sorted(wanted.rows):
        if name not in documents and name not in lines:
            msg = f"the template's table names the field {name!r}, which no column has"
            raise JobError(msg, where="template.table", next_step=nearest(name, [*lines, *documents]))
