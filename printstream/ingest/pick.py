"""One document out of the input, with its lines: what a proof needs.

In: the job, the input folder, a key. Out: two Arrow tables as the files have them. Never: judges them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from printstream.base.errors import InputError
from printstream.ingest.files import find_files
from printstream.ingest.schema import unreadable
from printstream.job import Job

if TYPE_CHECKING:
    from pyarrow.compute import Expression


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
    from pyarrow import dataset  # nights do without it

    tables = []
    for path, name in find_files(input_dir, patterns, setting):
        try:
            source = dataset.dataset(path, format="parquet")
            if key not in source.schema.names:
                what = f"there is no column {key!r}"
                raise InputError(what, where=name, next_step=f"Deliver one column {key!r}.")
            tables.append(source.to_table(filter=_is(source.schema.field(key).type, key, wanted)))
        except (pa.ArrowException, OSError) as error:
            raise unreadable(name) from error
    # A row group without the key leaves an empty piece.
    return pa.concat_tables(tables, promote_options="default").combine_chunks()


def _is(kind: pa.DataType, key: str, wanted: str) -> Expression:
    """Whole numbers are compared as such, so that the files' statistics tell which row groups to read."""
    from pyarrow import compute  # see _rows

    if pa.types.is_integer(kind):
        try:
            return compute.field(key) == pa.scalar(int(wanted), kind)
        except (ValueError, OverflowError, pa.ArrowInvalid):
            return compute.scalar(False)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return compute.field(key) == pa.scalar(wanted, kind)
    return compute.field(key).cast(pa.string()) == wanted
