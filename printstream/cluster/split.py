"""The first stretch: a piece of an input file, dealt out by key into blocks, a block a part of the night.

In: row groups of an input file. Out: one file of the scratch folder, all blocks end to end, and where each begins.
Never: looks at what a row says, but for its key.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from printstream.base.frozen import frozen
from printstream.base.places import Place
from printstream.cluster.listing import Footer
from printstream.ingest.damage import reading
from printstream.ingest.footers import FooterPart
from printstream.ingest.schema import Form, form_of
from printstream.kernels.deal import deal_texts

ROW_COLUMN = "row of the whole table"
"""Column of the blocks: its spaces keep it apart from input columns."""
PIECE_ROWS = 2_000_000
Offsets = NDArray[np.int64]


@frozen
class Piece:
    """Consecutive row groups of a file, the work of one task."""

    part: FooterPart
    """Of the file's footer, in which the row groups are."""
    groups: tuple[int, ...]
    first_row: int
    """Row of the whole table."""


@frozen
class Block:
    """A range of a scratch file."""

    file: str
    begin: int
    end: int


def pieces_of(footers: Sequence[Footer], most_rows: int = PIECE_ROWS) -> list[Piece]:
    """Cut a table into pieces, at files, parts of long footers, and row groups."""
    pieces: list[Piece] = []
    row = 0
    for footer in footers:
        for part in footer.parts:
            groups: list[int] = []
            begin = row
            for group, rows in enumerate(part.span.group_rows):
                if groups and row + rows - begin > most_rows:
                    pieces.append(Piece(part, tuple(groups), begin))
                    groups, begin = [], row
                groups.append(group)
                row += rows
            pieces.append(Piece(part, tuple(groups), begin))
    return pieces


def split_piece(
    source: Place, piece: Piece, columns: Sequence[str], key: str, parts: int, target: Place
) -> Offsets:
    """Deal the rows of a piece out.

    Args:
        source: the input folder.
        piece: what to read.
        columns: what to read of it; more than the key.
        key: column by which rows are dealt out.
        parts: parts of the night.
        target: the scratch file.

    Returns:
        int64[parts + 1]: block p is the bytes begin[p]:begin[p + 1] of the file, a Parquet file by itself; empty
        where no row came to the part.

    Raises:
        InputError: when the file cannot be read.
    """
    table = _read(source, piece, columns)
    rows = pa.array(np.arange(piece.first_row, piece.first_row + table.num_rows))
    table = table.append_column(ROW_COLUMN, rows)
    shares = deal(table[key], parts)
    table = table.take(pa.array(np.argsort(shares, kind="stable")))
    ends = np.cumsum(np.bincount(shares, minlength=parts))
    return write_blocks(target, (_parquet(table[begin:end]) for begin, end in _spans(ends)))


def deal(keys: pa.ChunkedArray, parts: int) -> NDArray[np.uint16]:
    """Give every key its part: by its text, so that 7 and "7" and numbers of any width come together."""
    shares = np.empty(len(keys), np.uint16)
    at = 0
    for chunk in keys.chunks:
        array = chunk.dictionary_decode() if pa.types.is_dictionary(chunk.type) else chunk
        array = array.cast(pa.large_string())
        bits, offsets, data = array.buffers()
        spans = np.frombuffer(offsets, np.int64)[array.offset :] if len(array) else np.zeros(1, np.int64)
        valid = np.frombuffer(b"" if bits is None or array.null_count == 0 else bits, np.uint8)
        bytes_ = np.frombuffer(data if data is not None else b"", np.uint8)
        deal_texts(spans, bytes_, valid, array.offset, parts, shares[at : at + len(array)])
        at += len(array)
    return shares


def write_blocks(target: Place, blocks: Iterable[bytes]) -> Offsets:
    """Write blocks end to end into one file; give where each begins, and the end."""
    made = list(blocks)
    target.write(b"".join(made))
    offsets: Offsets = np.cumsum([0, *map(len, made)], dtype=np.int64)
    return offsets


def _read(source: Place, piece: Piece, columns: Sequence[str]) -> pa.Table:
    with reading(piece.part.name), (source / piece.part.name).open() as opened:
        told = piece.part.metadata(opened)
        with pq.ParquetFile(opened, metadata=told, pre_buffer=True, page_checksum_verification=True) as file:
            if not piece.groups:
                return file.schema_arrow.empty_table().select(list(columns))
            return file.read_row_groups(list(piece.groups), columns=list(columns), use_threads=False)


def _spans(ends: NDArray[Any]) -> Iterable[tuple[int, int]]:
    begin = 0
    for end in ends.tolist():
        yield begin, end
        begin = end


def _parquet(table: pa.Table) -> bytes:
    if table.num_rows == 0:
        return b""
    sink = pa.BufferOutputStream()
    # Dictionaries of numbers cost more than they save here, in time and in bytes.
    texts = [field.name for field in table.schema if form_of(field.type) is Form.TEXT]
    pq.write_table(table, sink, compression="zstd", compression_level=1, use_dictionary=texts)
    data: bytes = sink.getvalue().to_pybytes()
    return data
