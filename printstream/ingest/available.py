"""Which columns the input has and what they hold, so that a template can be checked before any work."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from printstream.ingest.damage import reading
from printstream.ingest.files import Input, find_files
from printstream.ingest.schema import PROVIDED, Form, form_of
from printstream.ingest.sources import read_schema
from printstream.job import Job

_TYPES = {Form.TEXT: "text", Form.DATE: "date", Form.LIST: "list"}


def available_columns(job: Job, input_dir: Input) -> tuple[dict[str, str], dict[str, str]]:
    """Columns of the documents and of the lines, as the first file of each has them.

    Returns:
        name -> text, int, date or list; those that ingest gives to every document are among the documents'.

    Raises:
        InputError: when a pattern finds no file, or the first file cannot be read.
    """
    documents = _types(input_dir, job.input.documents.files, "input.documents.files")
    documents.update({name: _TYPES.get(form, "int") for name, form in PROVIDED.items()})
    if job.input.details is None:
        return documents, {}
    return documents, _types(input_dir, job.input.details.files, "input.details.files")


def _types(input_dir: Input, patterns: Sequence[str], setting: str) -> dict[str, str]:
    path, name = find_files(input_dir, patterns, setting)[0]
    with reading(name):
        schema = path.schema if isinstance(path, pa.Table) else read_schema(path)
    return {field.name: _TYPES.get(form_of(field.type), "int") for field in schema}
