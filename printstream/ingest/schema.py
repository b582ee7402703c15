"""What the files' footers say: types checked in all files before any work starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from printstream.base.columns import (
    CITY,
    DELIVERY_POINT,
    DOCUMENT_ID,
    MONEY_CENTS,
    PLUS4,
    POSTAL_CODE,
    STATE,
)
from printstream.base.errors import InputError, JobError
from printstream.base.frozen import frozen
from printstream.ingest.damage import reading
from printstream.ingest.files import Input, Place, find_files
from printstream.ingest.footers import Shelf
from printstream.ingest.sources import FileSource, HeldSource, Source
from printstream.job import Job

CHART_VALUES = 12
"""Whole numbers in a list: the twelve months of a chart."""


class Form(StrEnum):
    """What a column of the input holds, whatever its width."""

    TEXT = "text"
    WHOLE = "whole numbers"
    DECIMAL = "decimals"
    DATE = "dates"
    FLAG = "flags"
    LIST = "lists of whole numbers"
    OTHER = "something else"


PROVIDED = {
    DOCUMENT_ID.name: Form.TEXT,
    MONEY_CENTS.name: Form.WHOLE,
    POSTAL_CODE.name: Form.TEXT,
    PLUS4.name: Form.TEXT,
    DELIVERY_POINT.name: Form.TEXT,
    CITY.name: Form.TEXT,
    STATE.name: Form.TEXT,
}
"""What every document has, whatever the input's columns are called; none of it is looked for in the files."""


@frozen
class Need:
    """Types that a use of a column allows."""

    forms: frozenset[Form]
    words: str


TEXT = Need(frozenset({Form.TEXT}), "string, large_string, string_view or a dictionary of these")
KEY = Need(frozenset({Form.TEXT, Form.WHOLE}), "an integer or text")
MONEY = Need(
    frozenset({Form.WHOLE, Form.DECIMAL}),
    "an integer (cents) or a decimal with at most 2 places and 38 digits",
)
NUMBER = Need(
    frozenset({Form.WHOLE, Form.DECIMAL, Form.DATE, Form.FLAG}),
    "an integer, a decimal with at most 2 places, a date, a timestamp or a bool",
)
PRINTED = Need(NUMBER.forms | TEXT.forms, f"{NUMBER.words}, or text")
CHARTED = Need(PRINTED.forms | {Form.LIST}, f"{PRINTED.words}, or a list of {CHART_VALUES} integers")


@frozen
class Table:
    """One table of the input: its files, and what each of its columns holds."""

    sources: tuple[Source, ...]
    forms: Mapping[str, Form]

    @property
    def names(self) -> list[str]:
        """The files, each once."""
        return list(dict.fromkeys(source.name for source in self.sources))

    @property
    def rows(self) -> int:
        """Rows of all files."""
        return sum(source.rows for source in self.sources)


@lru_cache(256)
def form_of(kind: pa.DataType) -> Form:
    """Say what a column of an Arrow type holds."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    tests: tuple[tuple[Callable[[pa.DataType], bool], Form], ...] = (
        (lambda k: pa.types.is_string(k) or pa.types.is_large_string(k) or k == pa.string_view(), Form.TEXT),
        (pa.types.is_integer, Form.WHOLE),
        (lambda k: pa.types.is_decimal(k) and 0 <= k.scale <= 2 and k.precision <= 38, Form.DECIMAL),
        (lambda k: pa.types.is_date(k) or pa.types.is_timestamp(k), Form.DATE),
        (pa.types.is_boolean, Form.FLAG),
        (_is_list_of_integers, Form.LIST),
    )
    return next((form for test, form in tests if test(kind)), Form.OTHER)


def _is_list_of_integers(kind: pa.DataType) -> bool:
    lists = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return bool(lists and pa.types.is_integer(kind.value_type))


def open_documents(job: Job, input_dir: Input, wanted: Iterable[str]) -> Table:
    """Read the footers of the documents' files and check the columns that the job and ``wanted`` name."""
    settings, address = job.input.documents, job.address
    uses: list[tuple[str | None, Need]] = [(settings.key, KEY), (settings.money, MONEY)]
    uses.append((settings.type, TEXT))
    texts = (*address.lines, address.street, address.city, address.state, address.zip5, address.postal_code)
    uses += [(name, TEXT) for name in (*texts, address.plus4, address.delivery_point)]
    uses += [(name, CHARTED) for name in sorted(set(wanted) - PROVIDED.keys())]
    return _open(input_dir, settings.files, "input.documents.files", uses)


def open_details(job: Job, input_dir: Input, wanted: Iterable[str]) -> Table:
    """Read the footers of the detail files and check the columns that the job and ``wanted`` name."""
    settings = job.input.details
    if settings is None:
        what = "the job has no detail table"
        raise JobError(what, where="input.details", next_step="Add the setting.")
    uses: list[tuple[str | None, Need]] = [(settings.key, KEY), (settings.money, MONEY)]
    uses += [(name, NUMBER) for name in settings.order_by]
    uses += [(settings.group, PRINTED), *((name, PRINTED) for name in sorted(wanted))]
    return _open(input_dir, settings.files, "input.details.files", uses)


def check_input(
    job: Job, input_dir: Input, documents: Iterable[str], details: Iterable[str]
) -> tuple[int, int]:
    """Check the footers of every file of the input, before any work.

    Args:
        job: the work order.
        input_dir: folder that its files are relative to.
        documents: columns wanted of the documents.
        details: columns wanted of the detail lines.

    Returns:
        rows of the documents and of the detail lines.

    Raises:
        InputError: when a file is missing, unreadable, or lacks a column of an allowed type.
    """
    found = open_documents(job, input_dir, documents)
    if job.input.details is None:
        return found.rows, 0
    lines = open_details(job, input_dir, details)
    keys = found.forms[job.input.documents.key], lines.forms[job.input.details.key]
    if keys[0] != keys[1]:
        what = f"the lines' key holds {keys[1]}, but the documents' key {keys[0]}"
        raise InputError(what, where="input.details.key", next_step="Write both keys with the same type.")
    return found.rows, lines.rows


def _open(
    input_dir: Input, patterns: tuple[str, ...], setting: str, uses: list[tuple[str | None, Need]]
) -> Table:
    sources: list[Source] = []
    forms: dict[str, Form] = {}
    needs: dict[str, list[Need]] = {}
    for column, need in uses:
        if column is not None:
            needs.setdefault(column, []).append(need)
    first_row, shelf = 0, Shelf()
    for path, name in find_files(input_dir, patterns, setting):
        parts = _parts(path, name, first_row, shelf)
        for column, asked in needs.items():
            form = _check_column(parts[0], column, asked)
            if forms.setdefault(column, form) != form:
                what = f"column {column!r} holds {form}, but {forms[column]} in {sources[0].name}"
                raise InputError(what, where=name, next_step="Write all files with the same types.")
        sources += parts
        first_row += sum(part.rows for part in parts)
    return Table(tuple(sources), forms)


def _parts(path: Place, name: str, first_row: int, shelf: Shelf) -> Sequence[Source]:
    if not isinstance(path, Path):
        return [HeldSource(name, path, first_row)]
    with reading(name):
        return FileSource.of(path, name, first_row, shelf)


def _check_column(source: Source, column: str, needs: list[Need]) -> Form:
    places = source.schema.get_all_field_indices(column)
    if len(places) != 1:
        near = get_close_matches(column, source.schema.names, 1)
        what = (
            f"column {column!r} is there {len(places)} times" if places else f"there is no column {column!r}"
        )
        deliver = f"Deliver one column {column!r}."
        guess = f"Did you mean {near[0]!r}?" if near and not places else deliver
        raise InputError(what, where=source.name, next_step=guess)
    kind = source.schema.field(places[0]).type
    form = form_of(kind)
    for need in needs:
        if form not in need.forms:
            what = f"column {column!r} has the type {kind}, allowed is {need.words}"
            raise InputError(what, where=source.name, next_step="Deliver the column with an allowed type.")
    return form
