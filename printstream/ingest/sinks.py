"""Where a column of lines goes, batch by batch and from several threads: into the arena, or to the documents.

Every batch writes its own rows only, so the result does not depend on the workers. A sink whose first width
proves too small says so (``misfit``); its column is then read once more at full width. A few numbers beyond the
width do not make it too small: they are kept aside, and only where a document that is printed has one of them
must the column be read again.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from printstream.base.frozen import frozen
from printstream.ingest.arrow import Coded, Numbers, numbers_of, readable, texts_of
from printstream.ingest.keytable import KeyTable
from printstream.ingest.texttable import TextTable
from printstream.kernels.dictionaries import CONTROL, INVALID, find_text_faults, renumber_texts
from printstream.kernels.ingest import LONE, NULL_KEY, narrow

INT8, INT16, INT32, INT64 = range(4)
"""Widths, as log2 of bytes."""
DTYPES = (np.int8, np.int16, np.int32, np.int64)
LIMITS = tuple((int(np.iinfo(t).min), int(np.iinfo(t).max)) for t in DTYPES)
TEXT_FAULTS = {CONTROL: "the text holds a control character", INVALID: "the text is not UTF-8"}
FAULTS = pl.Schema({"line": pl.Int64(), "column": pl.String(), "reason": pl.String(), "value": pl.String()})
"""Lines that cannot be printed: row among all lines, and why."""


MOST_ASIDE = 1 << 16
"""Numbers of a column that may lie beyond its width."""


@frozen
class Aside:
    """Numbers of a column that its width cannot hold: rows among all lines, ascending, and their values."""

    rows: NDArray[np.int64]
    values: NDArray[np.int64]

    @classmethod
    def nothing(cls) -> Aside:
        """No numbers."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64))


class Sink(Protocol):
    """Takes the batches of one column."""

    def write(self, array: pa.Array, row: int) -> None:
        """Take the values of the rows from ``row`` on."""


class ColumnSink(Sink, Protocol):
    """A sink that fills a column of the arena."""

    name: str
    width: int
    misfit: bool
    faults: list[pl.DataFrame]

    def redo(self) -> None:
        """Forget what was written and take a width that is enough."""


def fault_rows(
    lines: NDArray[np.int64], column: str, reason: str, values: Sequence[str | None]
) -> pl.DataFrame:
    """Give a frame of FAULTS, a row a line."""
    value = pl.Series("value", values, pl.String)
    return pl.DataFrame({"line": lines}).with_columns(
        column=pl.lit(column), reason=pl.lit(reason), value=value
    )


class KeySink:
    """Keys of lines, turned into documents or fates; keys without a document are kept for the rejects."""

    def __init__(self, table: KeyTable, rows: int) -> None:
        self.documents = np.empty(rows, np.int32)
        self.lone: list[pl.DataFrame] = []
        self._table = table

    def write(self, array: pa.Array, row: int) -> None:
        """Look the keys up."""
        out = self.documents[row : row + len(array)]
        self._table.find(array, out)
        lone = np.flatnonzero((out == LONE) | (out == NULL_KEY))
        if len(lone):
            columns = {"line": lone + row, "key": readable(array, lone)}
            self.lone.append(pl.DataFrame(columns, schema={"line": pl.Int64, "key": pl.String}))


class NumberSink:
    """Whole numbers, written narrow; the few beyond the width are kept aside, with 0 in their place.

    Args:
        name: the column.
        room: int8 of the whole place in the arena, wide enough for the full width.
        width: log2 of bytes that are likely to be enough, by the files' footers.
        full: log2 of bytes that hold every value of the type.
        domain: smallest and greatest value that can be printed.
    """

    def __init__(
        self, name: str, room: NDArray[np.int8], width: int, full: int, domain: tuple[int, int]
    ) -> None:
        self.name, self.width, self.misfit = name, width, False
        self.faults: list[pl.DataFrame] = []
        self._room, self._full, self._domain = room, full, domain
        self._aside: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        self.values = _narrowed(room, full, width)

    @property
    def aside(self) -> Aside:
        """The numbers kept aside."""
        if not self._aside:
            return Aside.nothing()
        parts = sorted(self._aside, key=lambda part: int(part[0][0]))
        rows, values = ([part[k] for part in parts] for k in (0, 1))
        nothing = np.zeros(0, np.int64)
        return Aside(np.concatenate([nothing, *rows]), np.concatenate([nothing, *values]))

    def write(self, array: pa.Array, row: int) -> None:
        """Narrow the numbers into the arena."""
        numbers = numbers_of(array)
        least, most, missing = narrow(
            numbers.values, numbers.valid, numbers.offset, self.values[row : row + len(array)]
        )
        if least <= most and (least < LIMITS[self.width][0] or most > LIMITS[self.width][1]):
            self._put_aside(numbers, row)
        if missing or (least <= most and (least < self._domain[0] or most > self._domain[1])):
            self._find_faults(array, row)

    def redo(self) -> None:
        """Forget what was written and take the full width."""
        self.width, self.misfit = self._full, False
        self.faults.clear()
        self._aside.clear()
        self.values = _narrowed(self._room, self._full, self.width)

    def _put_aside(self, numbers: Numbers, row: int) -> None:
        """Keep what is beyond the width; too many of these and the width is wrong."""
        if self.misfit:
            return
        low, high = LIMITS[self.width]
        beyond = ((numbers.values < low) | (numbers.values > high)) & ~numbers.absent()
        places = np.flatnonzero(beyond)
        self.values[row + places] = 0
        self._aside.append((row + places, numbers.values[places].astype(np.int64)))
        # Counted after it was added: whichever thread is last sees all of them.
        self.misfit |= sum(len(part[0]) for part in self._aside) > MOST_ASIDE

    def _find_faults(self, array: pa.Array, row: int) -> None:
        numbers = numbers_of(array)
        missing = numbers.absent()
        outside = (numbers.values < self._domain[0]) | (numbers.values > self._domain[1])
        for which, reason in ((missing, "the value is missing"), (outside & ~missing, "the value is absurd")):
            lines = np.flatnonzero(which)
            if len(lines):
                self.faults.append(fault_rows(lines + row, self.name, reason, readable(array, lines)))


class TextSink:
    """Texts, numbered by a table of each thread; ``finish`` makes one dictionary of them.

    Args:
        name: the column.
        room: int8 of the whole place in the arena, four bytes a row.
        width: log2 of bytes to begin with.
    """

    def __init__(self, name: str, room: NDArray[np.int8], width: int) -> None:
        self.name, self.width, self.misfit = name, width, False
        self.faults: list[pl.DataFrame] = []
        self._room = room
        self.values = _narrowed(room, INT32, width)
        self._tables: dict[int, TextTable] = {}
        self._written: list[tuple[int, int, int]] = []
        self._lock = threading.Lock()

    def write(self, array: pa.Array | Coded, row: int) -> None:
        """Number the texts with the thread's own table."""
        thread = threading.get_ident()
        with self._lock:
            table = self._tables.setdefault(thread, TextTable())
            self._written.append((row, row + len(array), thread))
        if self.misfit:
            return
        table.add(array, self.values[row : row + len(array)])
        if table.known - 1 > LIMITS[self.width][1]:
            self.misfit = True

    def redo(self) -> None:
        """Forget what was written and take four bytes a row."""
        self.width, self.misfit = INT32, False
        self._tables.clear()
        self._written.clear()
        self.values = _narrowed(self._room, INT32, INT32)

    def finish(self) -> pa.LargeStringArray:
        """Renumber all texts by first appearance and give them; sets ``misfit`` where they are too many."""
        tables = dict(self._tables)
        self._tables.clear()
        largest = max(tables, key=lambda thread: tables[thread].known, default=0)
        merged = tables.pop(largest, None) or TextTable()
        numbers = {largest: np.arange(merged.known, dtype=np.int32)}
        while tables:
            thread, table = tables.popitem()
            numbers[thread] = merged.merge(table)
        merged.forget()
        if merged.known - 1 > LIMITS[self.width][1]:
            self.misfit = True
            return merged.array()
        final = np.full(merged.known, -1, np.int32)
        picked = np.empty(merged.known, np.int32)
        known = 0
        for begin, end, thread in sorted(self._written):
            known = renumber_texts(self.values[begin:end], numbers[thread], final, picked, known)
        self._written.clear()
        return self._find_faults(merged.picked(picked[:known]))

    def _find_faults(self, dictionary: pa.LargeStringArray) -> pa.LargeStringArray:
        """Note the lines with unprintable texts; give the dictionary with those that are no UTF-8 emptied."""
        texts = texts_of(dictionary)
        marks = np.empty(len(dictionary), np.uint8)
        if find_text_faults(texts.offsets, texts.data, marks) == 0:
            return dictionary
        for mark, reason in TEXT_FAULTS.items():
            bad = np.flatnonzero(marks == mark)
            lines = np.flatnonzero((marks == mark)[self.values])
            if len(lines):
                words = readable(dictionary, bad)
                values = [words[at] for at in np.searchsorted(bad, self.values[lines]).tolist()]
                self.faults.append(fault_rows(lines, self.name, reason, values))
        return emptied(dictionary, marks == INVALID)


def emptied(texts: pa.Array, which: NDArray[np.bool_]) -> pa.Array:
    """Put empty texts in place of those that are no UTF-8, so that later rooms need not fear them."""
    if not which.any():
        return texts
    empty = pa.scalar(b"", pa.large_binary())
    from pyarrow import compute  # 0.03 s of every start, and rarely needed

    return compute.if_else(pa.array(which), empty, texts.cast(pa.large_binary())).cast(texts.type)


def _narrowed(room: NDArray[np.int8], full: int, width: int) -> NDArray[Any]:
    rows = room.size >> full
    return room[: rows << width].view(DTYPES[width])
