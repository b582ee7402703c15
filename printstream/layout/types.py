"""Several templates for one spool: they share the code page, the faces and the forms.

In: a template a document type, with its columns. Out: a ``Typeset`` a type. Never: mixes their documents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace

import polars as pl

from printstream.base.frozen import frozen
from printstream.base.program import SheetMarks
from printstream.fonts.bar_font import MEASURES
from printstream.fonts.faces import Face, load_face
from printstream.layout.builder import Form, Tables
from printstream.layout.codes import Codes, TypeCodes, faces_by_column
from printstream.layout.compile import Compiled, compile_template, faces_of, literal_characters
from printstream.layout.fields import Wanted
from printstream.layout.layout import Columns, Lines, Typeset, characters_shown, set_columns
from printstream.layout.template import Template


@frozen
class TypeColumns:
    """What ``typeset`` takes of one document type.

    Attributes:
        name: of the type.
        template, wanted: the template and its fields.
        documents: a row a document of the type.
        lines, line_types: its detail lines, or None; text, int or date by column.
    """

    name: str
    template: Template
    wanted: Wanted
    documents: pl.DataFrame
    lines: Lines | None
    line_types: Mapping[str, str]


def typeset_types(
    types: Sequence[TypeColumns], marks: SheetMarks, executor: Executor, fonts: Mapping[str, bytes]
) -> list[Typeset]:
    """Do for every type what ``typeset`` does for a job of one, so that all can be drawn in one spool.

    The forms of the last type are those of all; ``fonts`` are the job's own font files, by path.

    Raises:
        JobError: with the place in the template.
    """
    faces = _faces(types, marks, fonts)
    columns = [Columns.of(t.template, t.wanted, t.documents, t.lines, t.line_types, executor) for t in types]
    codes = _codes(columns, faces, marks, executor)
    done: list[Typeset] = []
    for k, own in enumerate(columns):
        forms = done[-1].compiled.forms if done else ()
        setting = _Setting(types[k].name, own.template, codes, faces, marks, forms)
        done.append(set_columns(own, TypeCodes(codes, _prefix(k)), faces, setting.compiled, executor))
    return done


@frozen
class _Setting:
    """What compiling a template needs besides its columns."""

    name: str
    template: Template
    codes: Codes
    faces: Mapping[str, Face]
    marks: SheetMarks
    forms: Sequence[Form]

    def compiled(self, tables: Tables) -> Compiled:
        """Compile it for its columns."""
        widths = [face.widths(self.codes.codepage) for face in self.faces.values()]
        done = compile_template(
            self.template, tables, self.codes.codepage, widths, self.marks, tuple(self.faces), self.forms
        )
        own = (replace(form, name=f"type {self.name}, {form.name}") for form in done.forms[len(self.forms) :])
        return replace(done, forms=(*self.forms, *own))


def _faces(types: Sequence[TypeColumns], marks: SheetMarks, fonts: Mapping[str, bytes]) -> dict[str, Face]:
    """The faces of all templates, the post's bars last."""
    names = dict.fromkeys(name for t in types for name in faces_of(t.template, marks))
    return {name: load_face(name, fonts) for name in sorted(names, key=lambda name: name in MEASURES)}


def _prefix(place: int) -> str:
    """What stands before the names of a type's columns; no name of a column holds a blank."""
    return f"{place} "


def _codes(
    columns: Sequence[Columns], faces: Mapping[str, Face], marks: SheetMarks, executor: Executor
) -> Codes:
    """The code page of all characters, and the codes of each type's columns."""
    shown: dict[str, frozenset[str]] = {}
    characters: dict[str, set[int]] = {}
    literals: set[str] = set()
    for k, own in enumerate(columns):
        by_column = faces_by_column(own.template)
        found = characters_shown(by_column, own.texts, own.lines, executor)
        shown |= {_prefix(k) + name: by for name, by in by_column.items()}
        characters |= {_prefix(k) + name: points for name, points in found.items()}
        literals |= literal_characters(own.template, marks)
    plain = {name: face for name, face in faces.items() if name not in MEASURES}
    return Codes(plain, shown, literals, characters)
