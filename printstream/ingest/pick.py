"""One document out of the input, with its lines: what a proof needs.

In: the job, the input folder, a key. Out: two Arrow tables as the files have them. Never: judges them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from printstream.base.errors import InputError
from printstream.ingest.damage import reading
from printstream.ingest.files import find_files
from printstream.ingest.footers import Shelf
from printstream.ingest.lineplan import BATCH_ROWS
from printstream.ingest.sources import FileSource
from printstream.job import Job
from printstream.kernels.thrift import BOUNDS, LEAST, MOST


def pick_document(job: Job, input_dir: Path, document_id: str) -> tuple[pa.Table, pa.Table | None]:
    """Read the rows of one document.

    Args:
        job: the work order.
        input_dir: folder that its files are relative to.
        document_id: the document's key, as the manifest has it.

    Returns:
        its row of the documents (several, where the key is there more than once) and its lines; None where the job
        has no detail table.

    Raises:
        InputError: when no document has this key, or a file is missing or damaged.
    """
    settings, details = job.input.documents, job.input.details
    documents = _rows(input_dir, settings.files, "input.documents.files", settings.key, document_id)
    if documents.num_rows == 0:
        what = "no document has this key"
        next_step = "Look the key up in the manifest's column document_id, or in the input"
        raise InputError(what, where=f"column {settings.key!r} of {input_dir}", next_step=next_step)
    if details is None:
        return documents, None
    return documents, _rows(input_dir, details.files, "input.details.files", details.key, document_id)


def _rows(input_dir: Path, patterns: Sequence[str], setting: str, key: str, wanted: str) -> pa.Table:
    tables = []
    for path, name in find_files(input_dir, patterns, setting):
        with reading(name):
            sources = FileSource.of(path, name, 0, Shelf())
            schema = sources[0].schema
            if key not in schema.names:
                what = f"there is no column {key!r}"
                raise InputError(what, where=name, next_step=f"Deliver one column {key!r}.")
            tables.append(schema.empty_table())
            value = _value(schema.field(key).type, wanted)
            if value is not None:
                tables += (table for source in sources for table in _found(source, key, value))
    return pa.concat_tables(tables, promote_options="default").combine_chunks()


def _value(kind: pa.DataType, wanted: str) -> pa.Scalar | None:
    """The key as the column has it; None where it cannot be there. Other types than numbers are compared as texts."""
    if not pa.types.is_integer(kind):
        return pa.scalar(wanted, kind if pa.types.is_large_string(kind) else pa.string())
    try:
        return pa.scalar(int(wanted), kind)
    except (ValueError, OverflowError, pa.ArrowInvalid):
        return None


def _found(source: FileSource, key: str, value: pa.Scalar) -> Iterator[pa.Table]:
    """Read the rows with this key, of row groups that have any."""
    groups = np.flatnonzero(_possible(source, key, value))
    sizes = np.array(source.group_rows, np.int64)[groups]
    batches = (np.cumsum(sizes) - sizes) // BATCH_ROWS
    for batch in np.unique(batches):
        some = batches == batch
        hits = np.flatnonzero(_mask(source.read(groups[some].tolist(), [key])[key], value))
        ends = np.cumsum(sizes[some])
        with_hits = groups[some][np.unique(np.searchsorted(ends, hits, side="right"))]
        if with_hits.size:
            table = source.read(with_hits.tolist(), source.schema.names)
            # Arrow filters no views of texts, which polars writes.
            edges = np.flatnonzero(np.diff(_mask(table[key], value), prepend=False, append=False))
            for begin, end in edges.reshape(-1, 2).tolist():
                yield table.slice(begin, end - begin)


def _possible(source: FileSource, key: str, value: pa.Scalar) -> NDArray[np.bool_]:
    """Which row groups may have the key, by their bounds."""
    if not pa.types.is_signed_integer(value.type):
        return np.ones(len(source.group_rows), np.bool_)
    facts, number = source.facts(key), value.as_py()
    within = (facts[:, LEAST] <= number) & (number <= facts[:, MOST])
    possible: NDArray[np.bool_] = within | (facts[:, BOUNDS] == 0)
    return possible


def _mask(keys: pa.ChunkedArray, value: pa.Scalar) -> NDArray[np.bool_]:
    from pyarrow import compute  # nights do without it

    same = compute.equal(keys if keys.type == value.type else keys.cast(value.type), value)
    mask: NDArray[np.bool_] = np.asarray(same.fill_null(False), np.bool_)
    return mask
