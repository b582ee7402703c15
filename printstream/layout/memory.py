"""What typesetting may keep from one call to the next, for a process that sets one document after another.

In: characters, code pages. Out: the same codes and compiled templates as without it, for an alphabet that is known
beforehand. Never: makes a document depend on those that were set before it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

from printstream.base.codepage import CodePage
from printstream.layout.builder import Tables
from printstream.layout.codes import Codes, faces_by_column
from printstream.layout.compile import Compiled
from printstream.layout.template import Template

T = TypeVar("T")
LATIN = frozenset({*range(0x20, 0x7F), *range(0xA0, 0x100)})
"""Basic Latin and the Latin-1 supplement: 191 of the code page's 247 places."""
_MOST = 32


class Memory:
    """Codes and compiled programs of one template, by what they depend on; the least recent ones leave.

    Args:
        alphabet: code points that have a code whether or not they occur, so that documents share a code page.
    """

    def __init__(self, alphabet: frozenset[int] = LATIN) -> None:
        self._alphabet = alphabet
        self._shown: Mapping[str, frozenset[str]] | None = None
        self._codes: dict[Hashable, Codes] = {}
        self._compiled: dict[Hashable, Compiled] = {}

    def shown_by(self, template: Template) -> Mapping[str, frozenset[str]]:
        """Give the faces that show each column."""
        if self._shown is None:
            self._shown = faces_by_column(template)
        return self._shown

    def codes_of(
        self, characters: Mapping[str, set[int]], make: Callable[[Mapping[str, set[int]]], Codes]
    ) -> Codes:
        """Give the codes for the alphabet and the characters of each column."""
        key = frozenset((name, frozenset(points - self._alphabet)) for name, points in characters.items())
        wider = {name: points | self._alphabet for name, points in characters.items()}
        return _recall(self._codes, key, lambda: make(wider))

    def compiled_of(
        self, codepage: CodePage, tables: Tables, compile_now: Callable[[], Compiled]
    ) -> Compiled:
        """Give the template compiled for a code page and the columns' places and types."""
        key = (
            codepage.unicode.tobytes(),
            tuple(tables.documents.items()),
            tuple(tables.lines.items()),
            tuple(tables.document_types.items()),
            tuple(tables.line_types.items()),
            tables.group,
        )
        return _recall(self._compiled, key, compile_now)


def _recall(held: dict[Hashable, T], key: Hashable, make: Callable[[], T]) -> T:
    found = held.pop(key, None)
    if found is None:
        found = make()
        while len(held) >= _MOST:
            del held[next(iter(held))]
    held[key] = found
    return found
