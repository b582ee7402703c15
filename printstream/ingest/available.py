"""Which columns the input has, so that a template's fields can be checked before any work."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from printstream.ingest.files import find_files
from printstream.ingest.schema import unreadable
from printstream.job import Job


def available_columns(job: Job, input_dir: Path) -> tuple[list[str], list[str]]:
    """Names of the documents' and of the lines' columns, as the first file of each has them.

    Raises:
        InputError: when a pattern finds no file, or the first file cannot be read.
    """
    documents = _names(input_dir, job.input.documents.files, "input.documents.files")
    if job.input.details is None:
        return documents, []
    return documents, _names(input_dir, job.input.details.files, "input.details.files")


def _names(input_dir: Path, patterns: Sequence[str], setting: str) -> list[str]:
    path, name = find_files(input_dir, patterns, setting)[0]
    try:
        names: list[str] = pq.read_schema(path).names
    except (pa.ArrowException, OSError) as error:
        raise unreadable(name) from error
    return names
