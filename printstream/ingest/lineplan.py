"""How the lines are read: the width of every column from the footers, and pieces of work for the threads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from printstream.base.frozen import frozen
from printstream.ingest.schema import Form, Table
from printstream.ingest.sinks import INT8, INT16, INT32, INT64, LIMITS
from printstream.ingest.sources import Source
from printstream.kernels.thrift import (
    BOUNDS,
    DATA_AT,
    DICTIONARY_AT,
    LEAST,
    MOST,
    NULLS,
    PACKED_BYTES,
    PLAIN_BYTES,
    VALUES,
)

BATCH_ROWS = 1 << 17
"""Rows decoded at once: they stay in the processor's cache until they are in the arena."""
_TASK_ROWS = 1 << 17
_TASKS_A_WORKER = 4
"""Fewer pieces than that leave workers waiting for the last one, so they are cut by columns too."""
_MOST_CODE_BITS = 21
ROWS_WORTH_CODES = 64
"""Of a row group, on average."""
_SMALL_DICTIONARY_BYTES = 1 << 11
_MIDDLE_DICTIONARY_BYTES = 1 << 14
LARGE_DICTIONARY_BYTES = 1 << 16
"""Compressed: dictionaries from here on are not left to Arrow (``ingest.coded``)."""
_FULL_WIDTHS = {1: INT8, 8: INT8, 16: INT16, 32: INT32, 64: INT64}


@frozen
class Task:
    """Consecutive row groups of a file, and the columns to read of them."""

    source: Source
    groups: tuple[int, ...]
    first_row: int
    """Row of the table."""
    columns: tuple[str, ...]
    dictionaries: tuple[str, ...]
    """Text columns that the file holds as dictionary and codes throughout."""
    large: tuple[str, ...] = ()
    """Of these, the ones whose dictionaries are large."""


RowTest = Callable[[int, int], bool]
"""Whether rows begin..end of the table must be read."""


def every_row(begin: int, end: int) -> bool:
    """All rows must be read."""
    return begin <= end


def plan_tasks(table: Table, columns: Sequence[str], workers: int, needed: RowTest = every_row) -> list[Task]:
    """Cut a table into pieces of work: row groups, small ones together; few large ones by columns too."""
    pieces = [(source, *piece) for source in table.sources for piece in _runs_of_groups(source, needed)]
    # One worker leaves nobody waiting.
    most = -(-_TASKS_A_WORKER * workers // max(len(pieces), 1)) if workers > 1 else 1
    shares = min(len(columns), most)
    tasks = []
    for source, groups, first_row in pieces:
        for share in _shares(source, groups, columns, shares):
            texts = [c for c in share if table.forms[c] is Form.TEXT]
            coded = tuple(c for c in texts if _is_coded(source.facts(c)[list(groups)]))
            large = tuple(c for c in coded if _has_large_dictionaries(source, c, groups))
            tasks.append(Task(source, groups, first_row, tuple(share), coded, large))
    return tasks


def full_width(table: Table, column: str) -> int:
    """Log2 of the bytes that hold every value of the column's types; of texts, their numbers."""
    if table.forms[column] is Form.TEXT:
        return INT32
    widths = [_width_of_type(source.schema.field(column).type) for source in table.sources]
    return max(widths, default=INT8)


def likely_widths(table: Table, columns: Collection[str]) -> dict[str, int]:
    """Log2 of the bytes of a number, or of a text's number, that are likely enough for all but a few rows.

    Every footer is looked at once for all columns, since a long one is read anew each time.
    """
    guesses = {c: _TextGuess() if table.forms[c] is Form.TEXT else _NumberGuess() for c in columns}
    for source in table.sources:
        for column, guess in guesses.items():
            guess.look(source.facts(column), source.schema.field(column).type)
    return {column: guess.width(full_width(table, column)) for column, guess in guesses.items()}


class _NumberGuess:
    """What footers say of a column of numbers."""

    def __init__(self) -> None:
        self._least = self._most = 0
        self._known = self._all_reach_four = True

    def look(self, facts: NDArray[np.int64], kind: pa.DataType) -> None:
        """Look at the bounds of each row group: int64[row groups, FACTS]."""
        facts = facts[(facts[:, VALUES] != 0) & (facts[:, NULLS] != facts[:, VALUES])]
        if not len(facts):
            return
        unit = _unit(kind)
        if unit is None or not facts[:, BOUNDS].all():
            self._known = False
            return
        low, high = LIMITS[INT32]
        least, most = facts[:, LEAST], facts[:, MOST]
        self._least = min(self._least, int(least.min()) * unit)
        self._most = max(self._most, int(most.max()) * unit)
        self._all_reach_four &= bool((least <= high // unit).all() and (most >= -(-low // unit)).all())

    def width(self, full: int) -> int:
        """The width that holds all values if the statistics are true.

        One absurd amount among millions makes the footers promise eight bytes, and tells nothing of the others. Four
        are tried, unless some row group has nothing that fits into them.
        """
        if not self._known:
            return full
        promised = next(w for w in range(full + 1) if w == full or self._fits(w))
        return INT32 if promised == INT64 and self._all_reach_four else promised

    def _fits(self, width: int) -> bool:
        return LIMITS[width][0] <= self._least and self._most <= LIMITS[width][1]


class _TextGuess:
    """How large the dictionaries of a column of text are."""

    def __init__(self) -> None:
        self._bytes = 0
        self._coded = True

    def look(self, facts: NDArray[np.int64], kind: pa.DataType) -> None:
        """Look at the dictionary of each row group: int64[row groups, FACTS]."""
        del kind
        self._coded = self._coded and _is_coded(facts)
        if self._coded and len(facts):
            self._bytes = max(self._bytes, int(_dictionary_bytes(facts).max()))

    def width(self, full: int) -> int:
        """The width of as many texts as such dictionaries hold."""
        if not self._coded:
            return full
        if self._bytes <= _SMALL_DICTIONARY_BYTES:
            return INT8
        return INT16 if self._bytes <= _MIDDLE_DICTIONARY_BYTES else INT32


def _runs_of_groups(source: Source, needed: RowTest) -> Iterator[tuple[tuple[int, ...], int]]:
    groups: list[int] = []
    begin = row = source.first_row
    for group, rows in enumerate(source.group_rows):
        first, row = row, row + rows
        skipped = not needed(first, row)
        if not skipped:
            groups.append(group)
        if groups and (skipped or row - begin >= _TASK_ROWS):
            yield tuple(groups), begin
            groups = []
        if not groups:
            begin = row
    if groups:
        yield tuple(groups), begin


def _shares(source: Source, groups: Sequence[int], columns: Sequence[str], count: int) -> list[list[str]]:
    """Deal the columns out so that all shares have about the same bytes, heaviest first."""
    if count <= 1:
        return [list(columns)]
    sizes = {c: int(source.facts(c)[list(groups), PLAIN_BYTES].sum()) for c in columns}
    shares: list[list[str]] = [[] for _ in range(count)]
    loads = [0] * count
    for column in sorted(columns, key=lambda c: (-sizes[c], c)):
        lightest = loads.index(min(loads))
        shares[lightest].append(column)
        loads[lightest] += sizes[column]
    return [share for share in shares if share]


def _is_coded(facts: NDArray[np.int64]) -> bool:
    """Whether the pages of all row groups hold dictionary codes throughout.

    The footer does not say so: a writer may fall back to plain text when its dictionary is full, and then
    reading as a dictionary costs more than reading text. Codes are small; plain text is not. Nor are codes worth a
    dictionary for a few rows.
    """
    if facts[:, VALUES].sum() < ROWS_WORTH_CODES * len(facts):
        return False
    dictionaries = _dictionary_bytes(facts)
    if not ((facts[:, DICTIONARY_AT] > 0) & (dictionaries > 0)).all():
        return False
    pages = facts[:, PACKED_BYTES] - dictionaries
    return bool((pages <= (_MOST_CODE_BITS * facts[:, VALUES] + 1024) // 8).all())


def _dictionary_bytes(facts: NDArray[np.int64]) -> NDArray[np.int64]:
    sizes: NDArray[np.int64] = facts[:, DATA_AT] - facts[:, DICTIONARY_AT]
    return sizes


def _has_large_dictionaries(source: Source, column: str, groups: Sequence[int]) -> bool:
    sizes = _dictionary_bytes(source.facts(column)[list(groups)])
    return bool(len(sizes) and sizes.min() >= LARGE_DICTIONARY_BYTES)


def _width_of_type(kind: pa.DataType) -> int:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_decimal(kind):
        return INT64
    if pa.types.is_date(kind):
        return INT32
    if pa.types.is_unsigned_integer(kind):
        return _FULL_WIDTHS[min(64, 2 * kind.bit_width)]
    return _FULL_WIDTHS[kind.bit_width]


def _unit(kind: pa.DataType) -> int | None:
    """What the footers' bounds are multiplied with to be values as the arena holds them; None where they are others."""
    if pa.types.is_signed_integer(kind) or pa.types.is_date32(kind):
        return 1
    return 10 ** (2 - int(kind.scale)) if pa.types.is_decimal(kind) else None
