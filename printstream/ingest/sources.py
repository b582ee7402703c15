"""Where the rows of a table lie: Parquet files, each known by its footer, or a table in memory; all read by row groups.

In: a file or an Arrow table. Out: columns and batches. Never: judges a column.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from printstream.base.frozen import frozen
from printstream.ingest.footers import Columns, FooterPart, Shelf, cut_footer
from printstream.kernels.thrift import BOUNDS, FACTS, VALUES

_READ_AHEAD_BYTES = 1 << 20


class Source(Protocol):
    """A part of a table."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def first_row(self) -> int:
        """Row of the table at which the part starts."""

    @property
    def row_in_file(self) -> int:
        """Row of its file at which the part starts."""

    @property
    def rows(self) -> int: ...  # noqa: D102
    @property
    def schema(self) -> pa.Schema: ...  # noqa: D102
    @property
    def group_rows(self) -> Sequence[int]:
        """Rows of each row group."""

    def facts(self, column: str) -> NDArray[np.int64]:
        """What is known of a flat column in each row group: int64[row groups, FACTS] (``kernels.thrift``)."""

    def read(self, groups: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """Read columns of some row groups; raises what Arrow and the system raise of damaged files."""

    def batches(
        self, groups: Sequence[int], columns: Sequence[str], dictionaries: Sequence[str], rows: int
    ) -> Iterator[pa.RecordBatch]:
        """Read columns of some row groups, so many rows at a time; ``dictionaries`` as the file holds them."""


@frozen
class FileSource:
    """One file of a table, or some row groups of one, by its footer.

    Attributes:
        path, name: where it is, or its bytes, and its name for messages.
        first_row, row_in_file: row of the table, and of the file, at which it starts.
        part, shelf: what the file says of them, and where that is kept.
        columns: of the file.
    """

    path: Path | pa.Buffer
    name: str
    first_row: int
    row_in_file: int
    part: FooterPart
    shelf: Shelf
    columns: Columns

    @classmethod
    def of(cls, path: Path | pa.Buffer, name: str, first_row: int, shelf: Shelf) -> list[FileSource]:
        """Read a footer, in parts where it is long."""
        with _open(path) as file:
            parts = cut_footer(file, name)
            columns = parts[0].columns(file)
        sources, row = [], 0
        for part in parts:
            sources.append(cls(path, name, first_row + row, row, part, shelf, columns))
            row += part.span.rows
        return sources

    @property
    def group_rows(self) -> Sequence[int]:
        """Rows of each row group."""
        return self.part.span.group_rows

    @property
    def rows(self) -> int:
        """Rows of all row groups."""
        return self.part.span.rows

    @property
    def schema(self) -> pa.Schema:
        """The columns as Arrow knows them."""
        return self.columns.schema

    @property
    def metadata(self) -> pq.FileMetaData:
        """The footer as Arrow knows it."""
        return self.shelf.metadata(self.part, self.opened)

    def facts(self, column: str) -> NDArray[np.int64]:
        """What the footer says of a flat column in each row group: int64[row groups, FACTS]."""
        facts = self.shelf.facts(self.part, self.opened, self.columns.flat)
        return facts[:, self.columns.places[column]]

    def opened(self) -> BinaryIO:
        """The file, open."""
        return _open(self.path)

    def read(self, groups: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """Read columns of some row groups."""
        with pq.ParquetFile(self.path, metadata=self.metadata, page_checksum_verification=True) as file:
            return file.read_row_groups(list(groups), columns=list(columns))

    def batches(
        self, groups: Sequence[int], columns: Sequence[str], dictionaries: Sequence[str], rows: int
    ) -> Iterator[pa.RecordBatch]:
        """Read columns of some row groups, so many rows at a time."""
        with pq.ParquetFile(
            self.path,
            metadata=self.metadata,
            page_checksum_verification=True,
            read_dictionary=list(dictionaries),
            pre_buffer=False,
            buffer_size=_READ_AHEAD_BYTES,
        ) as file:
            yield from file.iter_batches(
                rows, row_groups=list(groups), columns=list(columns), use_threads=False
            )


def _open(path: Path | pa.Buffer) -> BinaryIO:
    return io.BytesIO(path) if isinstance(path, pa.Buffer) else path.open("rb")


def read_schema(path: Path) -> pa.Schema:
    """Read the columns of a file.

    Raises:
        DamagedError: or what Arrow and the system raise, when the file is damaged.
    """
    with path.open("rb") as file:
        return cut_footer(file, "")[0].columns(file).schema


@frozen
class HeldSource:
    """A whole table in memory, as one row group."""

    name: str
    table: pa.Table
    first_row: int = 0
    row_in_file: int = 0

    @property
    def rows(self) -> int:
        """Rows of the table."""
        return int(self.table.num_rows)

    @property
    def schema(self) -> pa.Schema:
        """Its columns."""
        return self.table.schema

    @property
    def group_rows(self) -> Sequence[int]:
        """One row group; none where there is no row."""
        return [self.rows] if self.rows else []

    def facts(self, column: str) -> NDArray[np.int64]:
        """Nothing is known but the rows: int64[row groups, FACTS]."""
        del column
        facts = np.full((len(self.group_rows), FACTS), -1)
        facts[:, VALUES], facts[:, BOUNDS] = self.rows, 0
        return facts

    def read(self, groups: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """Give columns."""
        return self.table.select(list(columns)) if groups else self.schema.empty_table()

    def batches(
        self, groups: Sequence[int], columns: Sequence[str], dictionaries: Sequence[str], rows: int
    ) -> Iterator[pa.RecordBatch]:
        """Give columns, at most so many rows at a time, as they lie in memory."""
        del dictionaries
        yield from self.read(groups, columns).to_batches(rows)
