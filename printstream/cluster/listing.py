"""Which files of a store the job names, and what their footers say.

In: the input's place. Out: names, footers, and for what is not on this machine a folder of empty files with the same
columns, so that the input is checked by the same code wherever it lies. Never: reads a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from printstream.base.errors import InputError
from printstream.base.frozen import frozen
from printstream.base.places import Place
from printstream.ingest.damage import reading
from printstream.ingest.files import find_files
from printstream.ingest.footers import FooterPart, cut_footer
from printstream.job import Job

_FOOTERS_AT_ONCE = 16


@frozen
class Footer:
    """One file: its name below the input folder, where its row groups lie, its columns."""

    name: str
    parts: tuple[FooterPart, ...]
    schema: pa.Schema

    @property
    def rows(self) -> int:
        """Rows of the file."""
        return sum(part.span.rows for part in self.parts)


def names_of(place: Place, patterns: Sequence[str], setting: str, workshop: Path) -> list[str]:
    """List the files that patterns name, sorted.

    Args:
        place: the input folder.
        patterns: of the job.
        setting: where they stand, for messages.
        workshop: an empty folder of this machine, which gets an empty file for each of the store's.

    Raises:
        InputError: when a pattern finds nothing.
    """
    if place.is_local:
        return [name for _, name in find_files(Path(str(place)), patterns, setting)]
    for name in place.names():
        empty = workshop / name
        empty.parent.mkdir(parents=True, exist_ok=True)
        empty.touch()
    try:
        return [name for _, name in find_files(workshop, patterns, setting)]
    except InputError as error:
        # The folder in its words is the workshop, which says nothing to anybody.
        next_step = f"Check the setting and the folder {place}"
        raise InputError(error.what, where=error.where, next_step=next_step) from error


def job_files(job: Job, place: Place, workshop: Path) -> tuple[list[str], list[str]]:
    """List the files of the documents and of the lines."""
    documents = names_of(place, job.input.documents.files, "input.documents.files", workshop)
    if job.input.details is None:
        return documents, []
    return documents, names_of(place, job.input.details.files, "input.details.files", workshop)


def read_footers(place: Place, names: Sequence[str]) -> list[Footer]:
    """Read the footers of files.

    Raises:
        InputError: naming a file that is no Parquet file.
    """

    def read(name: str) -> Footer:
        with reading(name), (place / name).open() as file:
            parts = cut_footer(file, name)
            return Footer(name, tuple(parts), parts[0].columns(file).schema)

    with ThreadPoolExecutor(_FOOTERS_AT_ONCE) as pool:
        return list(pool.map(read, names))


def skeleton(place: Place, footers: Sequence[Footer], folder: Path) -> Path:
    """Give a folder of this machine whose files have the input's columns: the input itself, or empty files."""
    if place.is_local:
        return Path(str(place))
    for footer in footers:
        path = folder / footer.name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(footer.schema.empty_table(), path)
    return folder
