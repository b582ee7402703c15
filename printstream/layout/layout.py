"""The room's one public walk: encode, compile, measure, break."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from operator import itemgetter
from types import MappingProxyType
from typing import Protocol

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from printstream.base import program as w
from printstream.base.codepage import CodePage
from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.base.program import LineArrays, PageArrays, SheetMarks, StoreArrays
from printstream.base.store import META_LENGTH
from printstream.fonts.bar_font import MEASURES
from printstream.fonts.faces import Face, load_face
from printstream.layout.builder import Tables
from printstream.layout.codes import Codes, TypeCodes, faces_by_column
from printstream.layout.compile import (
    Compiled,
    compile_template,
    faces_of,
    literal_characters,
)
from printstream.layout.encode import (
    TOO_LONG,
    Encoded,
    LineColumn,
    TextColumn,
    characters_of,
    encode_documents,
    encode_lines,
    is_text,
    keep_rows,
    text_columns,
)
from printstream.layout.fields import Wanted
from printstream.layout.lengths import mark_overlong
from printstream.layout.memory import Memory
from printstream.layout.paginate import Breaking, find_overflows, paginate
from printstream.layout.template import BarsBlock, Template


class Lines(Protocol):
    """What the room needs of the detail lines."""

    @property
    def ints(self) -> NDArray[np.uint8]: ...  # noqa: D102
    @property
    def columns(self) -> Mapping[str, LineColumn]: ...  # noqa: D102
    @property
    def dictionaries(self) -> Mapping[str, pa.Array]: ...  # noqa: D102
    @property
    def group_column(self) -> str | None: ...  # noqa: D102


@frozen
class Unprintable:
    """Documents that cannot be printed as they are, and why.

    Attributes:
        documents: int64[n]: rows, each once.
        columns: the column or template block that is wrong, one each.
        reasons: one each.
        entries: by column of the lines: int64[m] dictionary entries that cannot be printed, and int32[m] why
            (see glyph_reason).
    """

    documents: NDArray[np.int64]
    columns: Sequence[str]
    reasons: Sequence[str]
    entries: Mapping[str, tuple[NDArray[np.int64], NDArray[np.int32]]]


@frozen
class Typeset:
    """A compiled template over encoded columns.

    Attributes:
        compiled: the program.
        faces: faces by name, in the program's order.
        codepage: the job's encoding.
        documents, lines: the stores.
        unprintable: what must leave before breaking.
    """

    compiled: Compiled
    faces: Mapping[str, Face]
    codepage: CodePage
    documents: StoreArrays
    lines: StoreArrays
    unprintable: Unprintable


def typeset(
    template: Template,
    wanted: Wanted,
    marks: SheetMarks,
    documents: pl.DataFrame,
    lines: Lines | None,
    line_types: Mapping[str, str],
    executor: Executor,
    memory: Memory | None = None,
    characters: Mapping[str, set[int]] | None = None,
    fonts: Mapping[str, bytes] = MappingProxyType({}),
) -> Typeset:
    """Encode the columns, compile the template, and find what cannot be printed.

    Args:
        template: the template.
        wanted: its fields.
        marks: what every sheet carries for the inserter.
        documents: a row a document.
        lines: the detail lines, or None.
        line_types: text, int or date by column of the lines.
        executor: workers.
        memory: what earlier calls for the same template and marks left.
        characters: code points by column, of the whole night where ``documents`` are only a part of it; those of
            these documents and lines where absent (see ``characters_by_column``).
        fonts: the job's own font files, by path.

    Raises:
        JobError: with the place in the template.
    """
    faces = {name: load_face(name, fonts) for name in faces_of(template, marks)}
    columns = Columns.of(template, wanted, documents, lines, line_types, executor)
    shown = faces_by_column(template) if memory is None else memory.shown_by(template)
    if characters is None:
        characters = characters_shown(shown, columns.texts, lines, executor)
    codes = _codes(template, marks, faces, shown, characters, memory)

    def compiled(tables: Tables) -> Compiled:
        return _compiled(template, tables, codes, faces, marks, memory)

    return set_columns(columns, codes, faces, compiled, executor)


@frozen
class Columns:
    """What is set, before its characters have codes.

    Attributes:
        template: the template.
        documents, lines, line_types: as ``typeset`` takes them.
        names, line_names: columns in the order of the stores.
        texts: those of the documents that hold text.
    """

    template: Template
    documents: pl.DataFrame
    lines: Lines | None
    line_types: Mapping[str, str]
    names: list[str]
    line_names: list[str]
    texts: Mapping[str, TextColumn]

    @classmethod
    def of(
        cls,
        template: Template,
        wanted: Wanted,
        documents: pl.DataFrame,
        lines: Lines | None,
        line_types: Mapping[str, str],
        executor: Executor,
    ) -> Columns:
        """Look up the columns that a template prints."""
        line_names = [] if lines is None else sorted(lines.columns)
        names = document_names(wanted, documents.columns, line_names)
        texts = text_columns(documents, names, executor)
        return cls(template, documents, lines, line_types, names, line_names, texts)

    def tables(self) -> Tables:
        """Places and types of the columns, as the compiler asks for them."""
        return Tables(
            {name: k for k, name in enumerate(self.names)},
            {name: k for k, name in enumerate(self.line_names)},
            {name: _type_of(self.documents[name].dtype) for name in self.names},
            self.line_types,
            None if self.lines is None else self.lines.group_column,
        )


def set_columns(
    columns: Columns,
    codes: Codes | TypeCodes,
    faces: Mapping[str, Face],
    compiled_for: Callable[[Tables], Compiled],
    executor: Executor,
) -> Typeset:
    """Encode the columns, compile their template, and find what cannot be printed.

    Args:
        columns: the columns.
        codes: codes of their characters.
        faces: by name, in the program's order.
        compiled_for: compiles the template for the columns' places and types.
        executor: workers.
    """
    documents, tables = columns.documents, columns.tables()
    # Lines, template and documents know nothing of each other; the longest begins.
    setting_lines = executor.submit(_encode_lines, columns, codes)
    compiling = executor.submit(compiled_for, tables)
    encoded = encode_documents(documents, columns.names, columns.texts, codes, executor)
    encoded_lines = setting_lines.result()
    _check_bars(columns.template, tables, encoded.store, documents.height)
    compiled = compiling.result()
    encoded = mark_overlong(encoded, compiled.program, w.SRC_DOCUMENT)
    encoded_lines = mark_overlong(encoded_lines, compiled.program, w.SRC_LINE)
    overflows = find_overflows(compiled.program, encoded.store, documents.height, executor)
    unprintable = _unprintable(encoded, encoded_lines, compiled, overflows.documents, overflows.operations)
    return Typeset(compiled, faces, codes.codepage, encoded.store, encoded_lines.store, unprintable)


def _encode_lines(columns: Columns, codes: Codes | TypeCodes) -> Encoded:
    lines = columns.lines
    if lines is None:
        return encode_lines(np.zeros(0, np.uint8), {}, {}, columns.line_names, codes)
    return encode_lines(lines.ints, lines.columns, lines.dictionaries, columns.line_names, codes)


def keep_documents(done: Typeset, documents: int, leaving: NDArray[np.int64]) -> Typeset:
    """Give the typeset without some documents.

    Args:
        done: what ``typeset`` gave.
        documents: how many documents it holds.
        leaving: rows of those that leave.
    """
    kept = np.delete(np.arange(documents, dtype=np.int64), leaving)
    return replace(done, documents=keep_rows(done.documents, documents, kept))


def break_pages(done: Typeset, line_arrays: LineArrays, documents: int, executor: Executor) -> PageArrays:
    """Break all documents into pages."""
    return begin_pages(done, line_arrays, documents, executor, 0).finish()


def begin_pages(
    done: Typeset, line_arrays: LineArrays, documents: int, executor: Executor, helpers: int
) -> Breaking:
    """Count the pages of all documents; where each begins is found by helpers while others go on with the counts.

    Args:
        done: what ``typeset`` gave.
        line_arrays: lines of the documents.
        documents: how many there are.
        executor: workers.
        helpers: how many of them stay at it; with none, all do it at once.
    """
    return paginate(done.compiled.program, done.lines, line_arrays, documents, executor, helpers)


def document_names(wanted: Wanted, columns: Iterable[str], line_names: Iterable[str]) -> list[str]:
    """Columns of the documents that the template prints, in the order of the store."""
    return sorted((wanted.blocks | wanted.rows) & set(columns) - set(line_names) | wanted.blocks)


def characters_by_column(
    template: Template, wanted: Wanted, documents: pl.DataFrame, lines: Lines | None, executor: Executor
) -> dict[str, set[int]]:
    """Give the code points that occur in each text column that is shown; those of parts of a night add up."""
    line_names = () if lines is None else lines.columns
    names = document_names(wanted, documents.columns, line_names)
    return characters_shown(
        faces_by_column(template), text_columns(documents, names, executor), lines, executor
    )


def characters_shown(
    shown: Container[str], texts: Mapping[str, TextColumn], lines: Lines | None, executor: Executor
) -> dict[str, set[int]]:
    """Characters of the columns that are shown."""
    dictionaries = {} if lines is None else lines.dictionaries
    finding = [
        *(
            (name, executor.submit(characters_of, [each]))
            for name, each in dictionaries.items()
            if name in shown
        ),
        *((name, executor.submit(_characters, text)) for name, text in texts.items() if name in shown),
    ]
    characters: dict[str, set[int]] = {}
    for name, found in finding:
        characters[name] = characters.get(name, set()) | found.result()
    return characters


def _characters(text: TextColumn) -> set[int]:
    return characters_of([text.array()])


def _codes(
    template: Template,
    marks: SheetMarks,
    faces: Mapping[str, Face],
    shown: Mapping[str, frozenset[str]],
    characters: Mapping[str, set[int]],
    memory: Memory | None,
) -> Codes:
    """Give a code to every character that occurs and that every face which shows it has."""
    plain = {name: face for name, face in faces.items() if name not in MEASURES}

    def make(occurring: Mapping[str, set[int]]) -> Codes:
        return Codes(plain, shown, literal_characters(template, marks), occurring)

    return make(characters) if memory is None else memory.codes_of(characters, make)


def _compiled(
    template: Template,
    tables: Tables,
    codes: Codes,
    faces: Mapping[str, Face],
    marks: SheetMarks,
    memory: Memory | None,
) -> Compiled:
    def compile_now() -> Compiled:
        widths = [face.widths(codes.codepage) for face in faces.values()]
        return compile_template(template, tables, codes.codepage, widths, marks)

    return compile_now() if memory is None else memory.compiled_of(codes.codepage, tables, compile_now)


def _check_bars(template: Template, tables: Tables, store: StoreArrays, documents: int) -> None:
    """A chart's bars are as many as its column's values.

    Raises:
        JobError: naming the block.
    """
    pages = [
        ("template.first.blocks", template.first.blocks),
        ("template.closing.foot", template.closing.foot),
    ]
    if template.next is not None:
        pages.append(("template.next.blocks", template.next.blocks))
    for place, blocks in pages:
        for k, block in enumerate(blocks):
            if not isinstance(block, BarsBlock) or tables.document_types.get(block.values) != "list":
                continue
            length = int(store.meta[tables.documents[block.values], META_LENGTH])
            if documents and block.count != length:
                msg = f"the chart has {block.count} bars, its column {block.values!r} {length} values"
                raise JobError(msg, where=f"{place}.{k}.count", next_step=f"Set count to {length}")


def _type_of(dtype: pl.DataType) -> str:
    if is_text(dtype):
        return "text"
    if dtype == pl.Date:
        return "date"
    return "list" if isinstance(dtype, pl.List | pl.Array) else "int"


def _unprintable(
    encoded: Encoded,
    encoded_lines: Encoded,
    compiled: Compiled,
    wide: NDArray[np.int64],
    operations: NDArray[np.int32],
) -> Unprintable:
    reasons: dict[int, tuple[str, str]] = {}
    # By name, so that a document has the same reason in whatever part of a night it is judged.
    for column, rows, points in sorted(encoded.bad_rows(), key=itemgetter(0)):
        for row, point in zip(rows.tolist(), points.tolist(), strict=True):
            reasons.setdefault(row, (column, glyph_reason(point)))
    for row, operation in zip(wide.tolist(), operations.tolist(), strict=True):
        reasons.setdefault(
            row, (compiled.places[operation], "the text is too wide or too long for its place")
        )
    rows_in_order = sorted(reasons)
    return Unprintable(
        np.array(rows_in_order, np.int64),
        [reasons[row][0] for row in rows_in_order],
        [reasons[row][1] for row in rows_in_order],
        encoded_lines.bad_entries,
    )


def glyph_reason(point: int) -> str:
    """Say which character cannot be printed."""
    if point == TOO_LONG:
        return "the text is too long for its row"
    return "bytes that are no UTF-8" if point < 0 else f"no glyph for U+{point:04X} in the job's faces"
