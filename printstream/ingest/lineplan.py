"""How the lines are read: the width of every column from the footers, and pieces of work for the threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa

from printstream.base.frozen import frozen
from printstream.ingest.schema import Form, Table
from printstream.ingest.sinks import INT8, INT16, INT32, INT64, LIMITS
from printstream.ingest.sources import Chunk, Source

BATCH_ROWS = 1 << 17
"""Rows decoded at once: they stay in the processor's cache until they are in the arena."""
_TASK_ROWS = 1 << 17
_TASKS_A_WORKER = 4
"""Fewer pieces than that leave workers waiting for the last one, so they are cut by columns too."""
_MOST_CODE_BITS = 21
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
            coded = tuple(c for c in texts if all(_is_coded(chunk) for chunk in source.chunks(c, groups)))
            large = tuple(c for c in coded if _has_large_dictionaries(source, c, groups))
            tasks.append(Task(source, groups, first_row, tuple(share), coded, large))
    return tasks


def full_width(table: Table, column: str) -> int:
    """Log2 of the bytes that hold every value of the column's types."""
    widths = [_width_of_type(source.schema.field(column).type) for source in table.sources]
    return max(widths, default=INT8)


def promised_width(table: Table, column: str) -> int:
    """Log2 of the bytes that are enough if the footers' statistics are true."""
    full = full_width(table, column)
    least = most = 0
    for source in table.sources:
        kind = source.schema.field(column).type
        for chunk in source.chunks(column, range(len(source.group_rows()))):
            bounds = _bounds(chunk, kind)
            if bounds is None:
                return full
            least, most = min(least, bounds[0]), max(most, bounds[1])
    return next(w for w in range(full + 1) if w == full or (LIMITS[w][0] <= least and most <= LIMITS[w][1]))


def likely_width(table: Table, column: str) -> int:
    """Log2 of the bytes that are likely enough for all but a few values.

    One absurd amount among millions makes the footers promise eight bytes, and tells nothing of the others. Four
    are tried, unless some chunk has nothing that fits into them.
    """
    width = promised_width(table, column)
    if width != INT64:
        return width
    low, high = LIMITS[INT32]
    for source in table.sources:
        kind = source.schema.field(column).type
        for chunk in source.chunks(column, range(len(source.group_rows()))):
            bounds = _bounds(chunk, kind)
            if bounds is None or bounds[0] > high or bounds[1] < low:
                return width
    return INT32


def text_width(table: Table, column: str) -> int:
    """Log2 of the bytes of a text's number that are likely enough, by the size of the files' dictionaries."""
    size = 0
    for source in table.sources:
        for chunk in source.chunks(column, range(len(source.group_rows()))):
            if not _is_coded(chunk):
                return INT32
            size = max(size, chunk.data_page_offset - chunk.dictionary_page_offset)
    if size <= _SMALL_DICTIONARY_BYTES:
        return INT8
    return INT16 if size <= _MIDDLE_DICTIONARY_BYTES else INT32


def _runs_of_groups(source: Source, needed: RowTest) -> Iterator[tuple[tuple[int, ...], int]]:
    groups: list[int] = []
    begin = row = source.first_row
    for group, rows in enumerate(source.group_rows()):
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
    sizes = {c: sum(chunk.total_uncompressed_size for chunk in source.chunks(c, groups)) for c in columns}
    shares: list[list[str]] = [[] for _ in range(count)]
    loads = [0] * count
    for column in sorted(columns, key=lambda c: (-sizes[c], c)):
        lightest = loads.index(min(loads))
        shares[lightest].append(column)
        loads[lightest] += sizes[column]
    return [share for share in shares if share]


def _is_coded(chunk: Chunk) -> bool:
    """Whether the pages hold dictionary codes throughout.

    The footer does not say so: a writer may fall back to plain text when its dictionary is full, and then
    reading as a dictionary costs more than reading text. Codes are small; plain text is not.
    """
    if not chunk.has_dictionary_page or chunk.data_page_offset <= chunk.dictionary_page_offset:
        return False
    pages = chunk.total_compressed_size - (chunk.data_page_offset - chunk.dictionary_page_offset)
    return bool(8 * pages <= _MOST_CODE_BITS * chunk.num_values + 1024)


def _has_large_dictionaries(source: Source, column: str, groups: Sequence[int]) -> bool:
    sizes = [c.data_page_offset - c.dictionary_page_offset for c in source.chunks(column, groups)]
    return min(sizes, default=0) >= LARGE_DICTIONARY_BYTES


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


def _bounds(chunk: Chunk, kind: pa.DataType) -> tuple[int, int] | None:
    """Smallest and greatest value of a chunk as the arena holds it; None where the footer does not tell."""
    if chunk.num_values == 0:
        return 0, 0
    stats = chunk.statistics if chunk.is_stats_set else None
    if stats is None:
        return None
    if not stats.has_min_max:
        return (0, 0) if stats.has_null_count and stats.null_count == chunk.num_values else None
    if pa.types.is_signed_integer(kind) or pa.types.is_date32(kind):
        return int(stats.min_raw), int(stats.max_raw)
    if pa.types.is_decimal(kind):
        return int(stats.min.scaleb(2)), int(stats.max.scaleb(2))
    return None
