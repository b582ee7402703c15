"""Where the rows of a table lie: Parquet files, each known by its footer, or a table in memory; all read by row groups.

In: a file or an Arrow table. Out: columns and batches. Never: judges a column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from printstream.base.frozen import frozen

_READ_AHEAD_BYTES = 1 << 20


class Chunk(Protocol):
    """What is known of a column's values in a row group before they are read."""

    @property
    def num_values(self) -> int: ...  # noqa: D102
    @property
    def is_stats_set(self) -> bool: ...  # noqa: D102
    @property
    def statistics(self) -> Any: ...  # noqa: D102
    @property
    def has_dictionary_page(self) -> bool: ...  # noqa: D102
    @property
    def dictionary_page_offset(self) -> int: ...  # noqa: D102
    @property
    def data_page_offset(self) -> int: ...  # noqa: D102
    @property
    def total_compressed_size(self) -> int: ...  # noqa: D102
    @property
    def total_uncompressed_size(self) -> int: ...  # noqa: D102


class Source(Protocol):
    """A part of a table."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def first_row(self) -> int:
        """Row of the table at which the part starts."""

    @property
    def rows(self) -> int: ...  # noqa: D102
    @property
    def schema(self) -> pa.Schema: ...  # noqa: D102

    def group_rows(self) -> list[int]:
        """Rows of each row group."""

    def chunks(self, column: str, groups: Sequence[int]) -> Iterator[Chunk]:
        """What is known of a flat column in some row groups."""

    def read(self, groups: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """Read columns of some row groups; raises what Arrow and the system raise of damaged files."""

    def batches(
        self, groups: Sequence[int], columns: Sequence[str], dictionaries: Sequence[str], rows: int
    ) -> Iterator[pa.RecordBatch]:
        """Read columns of some row groups, so many rows at a time; ``dictionaries`` as the file holds them."""


@frozen
class FileSource:
    """One file of a table, by its footer.

    Attributes:
        path, name: where it is, or its bytes, and its name for messages.
        first_row, rows: which rows of the table it holds.
        metadata, schema: the footer.
        places: place of each flat column among the Parquet columns.
    """

    path: Path | pa.Buffer
    name: str
    first_row: int
    rows: int
    metadata: pq.FileMetaData
    schema: pa.Schema
    places: Mapping[str, int]

    @classmethod
    def of(cls, path: Path, name: str, first_row: int) -> FileSource:
        """Read a footer."""
        with pq.ParquetFile(path) as file:
            columns = file.metadata.schema
            places = {columns.column(k).path: k for k in range(len(columns))}
            rows = file.metadata.num_rows
            return cls(path, name, first_row, rows, file.metadata, file.schema_arrow, places)

    def group_rows(self) -> list[int]:
        """Rows of each row group."""
        return [self.metadata.row_group(group).num_rows for group in range(self.metadata.num_row_groups)]

    def chunks(self, column: str, groups: Sequence[int]) -> Iterator[Chunk]:
        """What the footer says of a flat column in some row groups."""
        place = self.places[column]
        for group in groups:
            yield self.metadata.row_group(group).column(place)

    def read(self, groups: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """Read columns of some row groups."""
        with pq.ParquetFile(self.path, metadata=self.metadata) as file:
            return file.read_row_groups(list(groups), columns=list(columns))

    def batches(
        self, groups: Sequence[int], columns: Sequence[str], dictionaries: Sequence[str], rows: int
    ) -> Iterator[pa.RecordBatch]:
        """Read columns of some row groups, so many rows at a time."""
        with pq.ParquetFile(
            self.path,
            metadata=self.metadata,
            read_dictionary=list(dictionaries),
            pre_buffer=False,
            buffer_size=_READ_AHEAD_BYTES,
        ) as file:
            yield from file.iter_batches(
                rows, row_groups=list(groups), columns=list(columns), use_threads=False
            )


@frozen
class _Unwritten:
    """A column in memory: nobody has counted anything, and nothing is packed."""

    num_values: int
    is_stats_set = has_dictionary_page = False
    statistics = None
    dictionary_page_offset = data_page_offset = total_compressed_size = total_uncompressed_size = 0


@frozen
class HeldSource:
    """A whole table in memory, as one row group."""

    name: str
    table: pa.Table
    first_row: int = 0

    @property
    def rows(self) -> int:
        """Rows of the table."""
        return int(self.table.num_rows)

    @property
    def schema(self) -> pa.Schema:
        """Its columns."""
        return self.table.schema

    def group_rows(self) -> list[int]:
        """One row group; none where there is no row."""
        return [self.rows] if self.rows else []

    def chunks(self, column: str, groups: Sequence[int]) -> Iterator[Chunk]:
        """Nothing is known but the rows."""
        del column
        for _ in groups:
            yield _Unwritten(self.rows)

    def read(self, groups: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """Give columns."""
        return self.table.select(list(columns)) if groups else self.schema.empty_table()

    def batches(
        self, groups: Sequence[int], columns: Sequence[str], dictionaries: Sequence[str], rows: int
    ) -> Iterator[pa.RecordBatch]:
        """Give columns, at most so many rows at a time, as they lie in memory."""
        del dictionaries
        yield from self.read(groups, columns).to_batches(rows)
