"""The third stretch: laid out parts, dealt out by spool; and blocks put together again where they are drawn.

In: a part and its documents' places in the mailing. Out: one scratch file a part, a block a group of spools. Never:
changes a value: what is drawn is what was read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from printstream import ingest
from printstream.base.frozen import frozen
from printstream.base.program import LineArrays
from printstream.base.store import IntArena, Kind

ENCLOSURE = "document of the mailing"
LINES = "lines of the document"
_WIDTHS = {1: 0, 2: 1, 4: 2, 8: 3}


@frozen
class PackedLines:
    """Detail lines as layout and drawing take them."""

    ints: NDArray[np.uint8]
    columns: Mapping[str, ingest.DetailColumn]
    dictionaries: Mapping[str, pa.LargeStringArray]
    group_column: str | None


def pack_block(documents: pl.DataFrame, lines: ingest.Details | None, rows: NDArray[np.int64]) -> bytes:
    """Write documents and their lines, two Arrow streams end to end; without lines the second has no column.

    Args:
        documents: the documents, with whatever columns.
        lines: the part's lines.
        rows: rows of ``lines``'s documents that these documents are.
    """
    sink = pa.BufferOutputStream()
    if lines is None:
        counts, batch = np.zeros(len(rows), np.int64), pa.record_batch({})
    else:
        counts = (lines.first[1:] - lines.first[:-1])[rows]
        batch = _line_batch(lines, lines.order[_ranges(lines.first[rows], counts)])
    own = documents.with_columns(pl.Series(LINES, counts, pl.Int64)).rechunk()
    table = own.to_arrow(compat_level=pl.CompatLevel.oldest())
    for part in (pa.record_batch([c.combine_chunks() for c in table.columns], schema=table.schema), batch):
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        with pa.ipc.new_stream(sink, part.schema, options=options) as stream:
            stream.write_batch(part)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _line_batch(lines: ingest.Details, rows: NDArray[np.uint32]) -> pa.RecordBatch:
    arrays = {}
    for name in sorted(lines.columns):
        values = lines.values(name)[rows]
        if lines.columns[name].kind == Kind.TEXT:
            used, codes = np.unique(values, return_inverse=True)
            texts = lines.dictionaries[name].take(pa.array(used.astype(np.int64)))
            arrays[name] = pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), texts)
        else:
            arrays[name] = pa.array(values)
    return pa.record_batch(arrays)


def _ranges(first: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers first[k] .. first[k] + counts[k] - 1 of every k, end to end."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    ranges: NDArray[np.int64] = np.arange(total) + np.repeat(first - (ends - counts), counts)
    return ranges


def unpack_blocks(
    blocks: Sequence[bytes], group_column: str | None, *, has_lines: bool
) -> tuple[pl.DataFrame, PackedLines | None, LineArrays]:
    """Put blocks together: documents in mailing order, lines behind a permutation."""
    pairs = [_tables(block) for block in blocks]
    documents = pl.DataFrame(pl.from_arrow(pa.concat_tables([own for own, _ in pairs])))
    first = np.cumsum([0, *documents[LINES].to_list()], dtype=np.int64)[:-1]
    documents = documents.with_columns(pl.Series(_FIRST, first, pl.Int64))
    if ENCLOSURE in documents.columns:
        documents = documents.sort(ENCLOSURE)
    counts = documents[LINES].to_numpy()
    order = _ranges(documents[_FIRST].to_numpy(), counts).astype(np.uint32)
    if not has_lines:
        order = np.zeros(1, np.uint32)
    arrays = LineArrays(order, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))
    documents = documents.drop(_FIRST, LINES)
    if not has_lines:
        return documents, None, arrays
    return documents, _store([lines for _, lines in pairs], group_column), arrays


_FIRST = "first line of the block"


def _tables(block: bytes) -> tuple[pa.Table, pa.Table]:
    source = pa.BufferReader(block)
    return pa.ipc.open_stream(source).read_all(), pa.ipc.open_stream(source).read_all()


def _store(tables: Sequence[pa.Table], group_column: str | None) -> PackedLines:
    # Parts keep a column as narrow as its own values allow; the widest of them holds all.
    table = pa.concat_tables(tables, promote_options="permissive").unify_dictionaries()
    arena = IntArena(sum(IntArena.bytes_for(3, table.num_rows) for _ in table.column_names))
    columns: dict[str, ingest.DetailColumn] = {}
    dictionaries: dict[str, pa.LargeStringArray] = {}
    for name in table.column_names:
        array = table[name].combine_chunks()
        kind = Kind.INT
        if pa.types.is_dictionary(array.type):
            kind, dictionaries[name] = Kind.TEXT, array.dictionary
            array = array.indices
        values = array.to_numpy()
        width = _WIDTHS[values.dtype.itemsize]
        start, target = arena.allocate(width, len(values))
        target[:] = values
        columns[name] = ingest.DetailColumn(name, kind, width, start)
    return PackedLines(arena.block, columns, dictionaries, group_column)


def pack_array(array: NDArray[np.int64]) -> bytes:
    """An array as a file of the scratch folder."""
    sink = BytesIO()
    np.save(sink, array, allow_pickle=False)
    return sink.getvalue()


def unpack_array(data: bytes) -> NDArray[np.int64]:
    """An array of the scratch folder."""
    array: NDArray[np.int64] = np.load(BytesIO(data), allow_pickle=False)
    return array


def pack_table(frame: pl.DataFrame) -> bytes:
    """A table as a file of the scratch folder."""
    sink = BytesIO()
    frame.write_parquet(sink, compression="zstd", compression_level=1)
    return sink.getvalue()
