"""Footers of Parquet files, taken in parts where they are long.

Arrow reads a footer whole and keeps 16 bytes for each of its own: 20 GB for a million row groups. A long one is stepped
over once (``kernels.thrift``) to see where its row groups lie; from then on some of them at a time, with the file's head
and tail around them, are a footer of their own, which Arrow reads when somebody asks for it.

In: a file. Out: its footer's parts, as Arrow knows them, and as plain numbers. Never: judges a column; reads a row; keeps
more than some megabytes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from threading import Lock
from typing import Any, BinaryIO, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from printstream.base.frozen import frozen
from printstream.ingest.damage import DamagedError
from printstream.ingest.pageheader import UnlikePageError, read_varint
from printstream.kernels.thrift import FACTS, MALFORMED, SHORT, read_facts, skip_row_groups, skip_value

Opener: TypeAlias = Callable[[], BinaryIO]
LONG_BYTES = 2 << 20
"""Of a footer that is taken in parts, and of each part: Arrow makes 32 MiB of it."""
KEPT_BYTES = 8 << 20
"""Of the parts that a shelf keeps."""
_MOST_HEAD_BYTES = 64 << 20
_MARK = b"PAR1"
_TRAILER_BYTES = 8
"""The footer's length and the file's last mark."""
_LEAST_GROUP_BYTES = 4
_I32, _I64, _LIST, _STRUCT = 5, 6, 9, 12
_LONG_FORM = 15
"""Of a list's length that does not fit into half a byte."""
_LONG_LIST = bytes([_LONG_FORM << 4 | _STRUCT])
_NEXT_FIELD = 1 << 4


@frozen
class Span:
    """Row groups one behind the other, as bytes of the file."""

    begin: int
    end: int
    group_rows: tuple[int, ...]

    @property
    def rows(self) -> int:
        """Rows of all of them."""
        return sum(self.group_rows)


@frozen
class FooterPart:
    """Some row groups of a footer, and what stands around all of them: what makes a footer of its own.

    Attributes:
        name: of the file, among the table's.
        span: where they are.
        head, tail: the footer's fields before and behind its row groups.
    """

    name: str
    span: Span
    head: bytes
    tail: bytes

    @property
    def size(self) -> int:
        """Bytes of the footer that it makes."""
        return len(self.head) + self.span.end - self.span.begin + len(self.tail)

    def metadata(self, file: BinaryIO) -> pq.FileMetaData:
        """Read the part as Arrow knows it, and wants it back for reading the row groups.

        Raises:
            DamagedError: or what Arrow and the system raise, when the file is damaged.
        """
        with self._as_file(self._groups(file), self.span) as read:
            return read.metadata

    def facts(self, file: BinaryIO, columns: int) -> NDArray[np.int64]:
        """Read what the row groups say of their columns.

        Arrow would tell it too, at 5 us each; where a damaged footer contradicts itself, asking Arrow ends the process.

        Args:
            file: the file, open.
            columns: how many Parquet columns it has.

        Returns:
            int64[row groups, columns, FACTS] (``kernels.thrift``).

        Raises:
            DamagedError: or what the system raises, when the file is damaged.
        """
        facts = np.empty((len(self.span.group_rows), columns, FACTS), np.int64)
        if not read_facts(np.frombuffer(self._groups(file), np.uint8), facts):
            raise DamagedError
        return facts

    def columns(self, file: BinaryIO) -> Columns:
        """Read the columns out of the file; raises what Arrow and the system raise of damaged ones."""
        begin = self.span.begin
        with self._as_file(b"", Span(begin, begin, ())) as read:
            # Arrow never frees a footer that was asked for its columns: this one has no row groups.
            flat = [read.schema.column(place) for place in range(len(read.schema))]
            places = {column.path: place for place, column in enumerate(flat)}
            levels = {c.path: c.max_definition_level for c in flat if not c.max_repetition_level}
            return Columns(read.schema_arrow, len(flat), places, levels)

    def _groups(self, file: BinaryIO) -> bytes:
        file.seek(self.span.begin)
        return file.read(self.span.end - self.span.begin)

    def _as_file(self, groups: bytes, span: Span) -> pq.ParquetFile:
        """A file that has nothing but a footer with these row groups."""
        count = len(span.group_rows)
        length = bytes([count << 4 | _STRUCT]) if count < _LONG_FORM else _LONG_LIST + _varint(count)
        rows = bytes([_NEXT_FIELD | _I64]) + _varint(span.rows << 1)
        footer = self.head + rows + bytes([_NEXT_FIELD | _LIST]) + length + groups + self.tail
        whole = _MARK + footer + len(footer).to_bytes(4, "little") + _MARK
        return pq.ParquetFile(pa.BufferReader(whole))


@frozen
class Columns:
    """The columns of a file.

    Attributes:
        schema: as Arrow knows them.
        flat: how many Parquet columns they make.
        places: place of each flat column among the Parquet columns.
        levels: of the columns without lists: how many of their levels may be absent.
    """

    schema: pa.Schema
    flat: int
    places: Mapping[str, int]
    levels: Mapping[str, int]


class Shelf:
    """What was read of a table's footers last: all of it, so long as it is not long."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int, bool], Any] = OrderedDict()
        self._sizes: dict[tuple[str, int, bool], int] = {}
        self._lock = Lock()

    def metadata(self, part: FooterPart, opened: Opener) -> pq.FileMetaData:
        """Give a part as Arrow knows it, read anew where others came since; see ``FooterPart.metadata``."""
        return self._give(part, True, opened, part.metadata)

    def facts(self, part: FooterPart, opened: Opener, columns: int) -> NDArray[np.int64]:
        """Give what a part says of its columns, read anew where others came since; see ``FooterPart.facts``."""
        facts: NDArray[np.int64] = self._give(part, False, opened, partial(part.facts, columns=columns))
        return facts

    def _give(self, part: FooterPart, whole: bool, opened: Opener, read: Callable[[BinaryIO], Any]) -> Any:
        place = part.name, part.span.begin, whole
        with self._lock:
            if place in self._kept:
                self._kept.move_to_end(place)
                return self._kept[place]
        with opened() as file:
            made = read(file)
        with self._lock:
            self._kept[place], self._sizes[place] = made, part.size
            while sum(self._sizes.values()) > KEPT_BYTES and len(self._kept) > 1:
                del self._sizes[self._kept.popitem(last=False)[0]]
        return made


def cut_footer(file: BinaryIO, name: str, part_bytes: int = LONG_BYTES) -> list[FooterPart]:
    """Cut a footer into parts.

    Args:
        file: an open one.
        name: of the file, among the table's.
        part_bytes: of a part; one row group may be longer.

    Returns:
        all row groups of the file, in order; at least one part, if only of none.

    Raises:
        DamagedError: when the footer is damaged, or unlike what Parquet's writers write.
    """
    begin, length = _place(file)
    head, spans, tail = _Cutter(file, begin, begin + length, part_bytes).cut()
    return [FooterPart(name, span, head, tail) for span in spans]


def _place(file: BinaryIO) -> tuple[int, int]:
    """Where the footer begins, and its length; both 0 where there is none."""
    file.seek(0, 2)
    size = file.tell()
    if size < _TRAILER_BYTES + len(_MARK):
        return 0, 0
    file.seek(size - _TRAILER_BYTES)
    trailer = file.read(_TRAILER_BYTES)
    length = int.from_bytes(trailer[:4], "little")
    begin = size - _TRAILER_BYTES - length
    return (begin, length) if trailer[4:] == _MARK and begin >= len(_MARK) else (0, 0)


class _Cutter:
    """Steps over FileMetaData (parquet.thrift) from field to field, a window of the file at a time."""

    def __init__(self, file: BinaryIO, begin: int, end: int, part_bytes: int) -> None:
        self._file, self._at, self._end, self._part_bytes = file, begin, end, part_bytes
        self._ahead, self._ahead_at = b"", begin

    def cut(self) -> tuple[bytes, list[Span], bytes]:
        """Give what stands before the row groups, where they are, and what stands behind them."""
        begin = self._at
        self._field(_I32)  # version
        self._field(_LIST)  # schema
        head = bytes(self._bytes(begin, self._at))
        rows = self._number()
        count = self._list_of_groups()
        spans = self._spans(count)
        if sum(span.rows for span in spans) != rows or self._end - self._at > _MOST_HEAD_BYTES:
            raise DamagedError
        return head, spans, bytes(self._bytes(self._at, self._end))

    def _bytes(self, begin: int, end: int) -> memoryview:
        """Bytes of the footer, read a part at a time: a store is asked as seldom as can be."""
        if not self._ahead_at <= begin <= end <= self._ahead_at + len(self._ahead):
            self._file.seek(begin)
            self._ahead_at = begin
            self._ahead = self._file.read(max(end, min(begin + self._part_bytes, self._end)) - begin)
        return memoryview(self._ahead)[begin - self._ahead_at : end - self._ahead_at]

    def _window(self, size: int) -> NDArray[np.uint8]:
        return np.frombuffer(self._bytes(self._at, min(self._at + size, self._end)), np.uint8)

    def _field(self, kind: int) -> None:
        """Step over the next field, which must have the next number and this type."""
        size = self._part_bytes
        while True:
            window = self._window(size)
            if not window.size or window[0] != _NEXT_FIELD | kind:
                raise DamagedError
            end = skip_value(window, 1, kind)
            if end >= 0:
                self._at += end
                return
            size = self._longer(end, size)

    def _longer(self, end: int, size: int) -> int:
        """The next size of a window that was too short."""
        if end == MALFORMED or size >= min(_MOST_HEAD_BYTES, self._end - self._at):
            raise DamagedError
        return 2 * size

    def _number(self) -> int:
        head = self._bytes(self._at, min(self._at + 16, self._end))
        if not head or head[0] != _NEXT_FIELD | _I64:
            raise DamagedError
        number, end = _read_varint(head, 1)
        self._at += end
        return (number >> 1) ^ -(number & 1)

    def _list_of_groups(self) -> int:
        head = self._bytes(self._at, min(self._at + 16, self._end))
        if len(head) < 2 or head[0] != _NEXT_FIELD | _LIST or head[1] & 15 != _STRUCT:
            raise DamagedError
        count, end = head[1] >> 4, 2
        if count == _LONG_FORM:
            count, end = _read_varint(head, 2)
        self._at += end
        return count

    def _spans(self, count: int) -> list[Span]:
        spans: list[Span] = []
        found = np.zeros(1, np.int64)
        while count:
            size = self._part_bytes
            while True:
                window = self._window(size)
                rows = np.empty(min(count, window.size // _LEAST_GROUP_BYTES + 1), np.int64)
                end = skip_row_groups(window, rows, found)
                if end > 0:
                    break
                size = self._longer(SHORT if end == 0 else end, size)
            group_rows = rows[: found[0]]
            if group_rows.min() < 0:
                raise DamagedError
            spans.append(Span(self._at, self._at + end, tuple(group_rows.tolist())))
            self._at += end
            count -= group_rows.size
        return spans or [Span(self._at, self._at, ())]


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _read_varint(data: memoryview, at: int) -> tuple[int, int]:
    try:
        return read_varint(data, at)
    except UnlikePageError as error:
        raise DamagedError from error
