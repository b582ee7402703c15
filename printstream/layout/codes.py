"""Which characters a column may hold, those that every face showing it has, and their codes.

In: the template, its faces, the columns' characters. Out: the job's code page, and codes by column. Never: drops a
document.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from printstream.base.codepage import LARGEST, CodePage
from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.fonts.faces import Face
from printstream.layout.fields import Field, parse_text
from printstream.layout.template import AddressBlock, ParagraphBlock, QrBlock, Template, TextBlock

ELLIPSIS = "\u2026"
SYMBOL = "symbol"
"""Stands for the face of a barcode, which takes ASCII as it is."""
_SYMBOL_POINTS = frozenset(range(0x20, 0x7F)) - {ord(c) for c in "()\\"}
"""The code page moves the other three (base.codepage)."""
_BMP = 0x10000


def is_symbol_text(text: str) -> bool:
    """Tell whether a barcode's literal reaches the encoder as it is."""
    return _SYMBOL_POINTS.issuperset(map(ord, text))


def faces_by_column(template: Template) -> Mapping[str, frozenset[str]]:
    """Names of the faces (or SYMBOL) that show each column."""
    shown: dict[str, set[str]] = defaultdict(set)
    for face, text in _texts(template):
        for part in parse_text(text, "template"):
            if isinstance(part, Field):
                shown[part.name].add(face)
    return {name: frozenset(faces) for name, faces in shown.items()}


def _texts(template: Template) -> Iterator[tuple[str, str]]:
    """Every text with fields, and its face; a style that does not exist is the compiler's to report."""
    faces = {name: style.face for name, style in template.styles.items()}
    later = template.next.blocks if template.next is not None else ()
    for block in (*template.first.blocks, *later, *template.closing.flow, *template.closing.foot):
        if isinstance(block, QrBlock):
            yield SYMBOL, block.text
        elif isinstance(block, TextBlock | ParagraphBlock) and block.style in faces:
            yield faces[block.style], block.text
        elif isinstance(block, AddressBlock) and block.style in faces:
            yield from ((faces[block.style], line) for line in block.lines)
    table = template.table
    rows = () if table is None else (getattr(table, name) for name in type(table).model_fields)
    for row in rows:
        for cell in getattr(row, "cells", ()):
            if row.style in faces:
                yield faces[row.style], cell.text


class Codes:
    """The job's code page, and what of it each column may use.

    Args:
        faces: by name.
        shown: faces_by_column of the template.
        literals: characters that the template itself prints.
        characters: code points that occur in each text column.

    Raises:
        JobError: when the template alone has more characters than the code page.
    """

    def __init__(
        self,
        faces: Mapping[str, Face],
        shown: Mapping[str, frozenset[str]],
        literals: set[str],
        characters: Mapping[str, set[int]],
    ) -> None:
        self._points = {
            name: frozenset(p for p in face.codepoints if p < _BMP) for name, face in faces.items()
        }
        self._points[SYMBOL] = _SYMBOL_POINTS
        self._shown = shown
        printed = {c for c in literals if ord(c) < _BMP}
        room = LARGEST - len(printed) - 1
        if room < 0:
            msg = f"the template prints {len(printed)} different characters, more than {LARGEST - 1}"
            raise JobError(msg, where="template", next_step="Leave some out")
        self._tables: dict[frozenset[str], NDArray[np.uint8] | NDArray[np.uint16]] = {}
        found: set[int] = set()
        for name, points in characters.items():
            found |= points & self._allowed(name)
        data = sorted(found - {ord(c) for c in printed})
        # The kernels write an ellipsis, a locale's marks, as one byte each.
        first = (ELLIPSIS, *sorted(printed))
        self.codepage = CodePage.of(printed | {chr(point) for point in data[:room]}, first)

    def _allowed(self, column: str) -> frozenset[int]:
        names = self._shown.get(column)
        return frozenset.intersection(*(self._points[name] for name in names)) if names else frozenset()

    def of(self, column: str) -> NDArray[np.uint8] | NDArray[np.uint16] | None:
        """Code of each code point that the column may hold, as CodePage.code; None where it is not shown at all."""
        names = self._shown.get(column)
        if names is None:
            return None
        # Columns that the same faces show share one table.
        if names not in self._tables:
            self._tables[names] = self._table(column)
        return self._tables[names]

    def _table(self, column: str) -> NDArray[np.uint8] | NDArray[np.uint16]:
        table = np.zeros_like(self.codepage.code)
        points = sorted(self._allowed(column))
        table[points] = self.codepage.code[points]
        return table


@frozen
class TypeCodes:
    """The codes of one of several templates that share a code page.

    Attributes:
        shared: the codes of all, whose columns have the template's prefix before their names.
        prefix: of this one.
    """

    shared: Codes
    prefix: str

    @property
    def codepage(self) -> CodePage:
        """The job's code page."""
        return self.shared.codepage

    def of(self, column: str) -> NDArray[np.uint8] | NDArray[np.uint16] | None:
        """See ``Codes.of``."""
        return self.shared.of(self.prefix + column)
