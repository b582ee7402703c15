"""What every worker of a run must know, left in the scratch folder and read once a process.

In: the client's decisions. Out: the same objects on any worker. Never: sends data; works with other versions of the
libraries that write bytes than the client's.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from printstream import spool
from printstream.base import columns as c
from printstream.base.errors import ResourceError
from printstream.base.frozen import frozen
from printstream.base.measure import versions
from printstream.base.places import Place
from printstream.order import Source, WorkOrder

BRIEFING = "briefing"
CHARACTERS = "characters"
PRESS, ARCHIVE_PRESS = "press", "archive-press"
"""What print files are drawn with, and the archive's."""
_RUNS_KEPT = 4


@frozen
class TableRows:
    """Where the rows of a table come from.

    Attributes:
        names: its files.
        first_rows: int64[files]: row of the table at which each file begins.
        schema: of what is read, with ROW_COLUMN.
    """

    names: tuple[str, ...]
    first_rows: NDArray[np.int64]
    schema: pa.Schema

    def locate(self, rows: NDArray[np.int64]) -> list[pl.Series]:
        """Give SOURCE and ROW of rows of the table."""
        # Files without a row share their start with the next one; the last of equal starts has the rows.
        files = np.searchsorted(self.first_rows, rows, side="right") - 1
        sources = pl.Series(list(self.names), dtype=pl.String).gather(files)
        own = pl.Series(rows - self.first_rows[files], dtype=pl.Int64)
        return [sources.alias(c.SOURCE.name), own.alias(c.ROW.name)]

    def rows_of(self, frame: pl.DataFrame) -> NDArray[np.int64]:
        """Turn SOURCE and ROW back into rows of the table."""
        starts = dict(zip(self.names, self.first_rows.tolist(), strict=True))
        first = frame[c.SOURCE.name].cast(pl.String).replace_strict(starts, return_dtype=pl.Int64)
        rows: NDArray[np.int64] = (first + frame[c.ROW.name]).to_numpy()
        return rows


@frozen
class Briefing:
    """A run, as all workers must see it.

    Attributes:
        order, source: the job and its input's columns.
        limit: rows of the documents that count; all where absent.
        documents, lines: where rows come from.
        art: the job's files that are drawn, by name.
        versions: of the client's libraries.
    """

    order: WorkOrder
    source: Source
    limit: int | None
    documents: TableRows
    lines: TableRows | None
    art: Mapping[str, bytes]
    versions: Mapping[str, str]


def leave(scratch: Place, name: str, thing: Any) -> None:
    """Leave something in the scratch folder."""
    (scratch / name).write(pickle.dumps(thing))


@lru_cache(_RUNS_KEPT)
def briefing_of(scratch: Place) -> Briefing:
    """Read the briefing of a run.

    Raises:
        ResourceError: when this worker's libraries would write other bytes than the client's.
    """
    briefing: Briefing = pickle.loads((scratch / BRIEFING).read())
    own = versions()
    differ = [name for name, version in briefing.versions.items() if own.get(name) != version]
    if differ:
        listed = ", ".join(f"{n} {own.get(n, 'absent')}, not {briefing.versions[n]}" for n in differ)
        what = f"a worker has other versions than the client ({listed})"
        raise ResourceError(what, next_step="Install the same versions on all machines")
    return briefing


@lru_cache(_RUNS_KEPT)
def characters_of(scratch: Place) -> Mapping[str, set[int]]:
    """Read the characters of the whole night, by column."""
    characters: Mapping[str, set[int]] = pickle.loads((scratch / CHARACTERS).read())
    return characters


@frozen
class Press:
    """What is known of the whole night before it is drawn: the order with its serial numbers, the sides' codes."""

    order: WorkOrder
    codes: spool.Codes


@lru_cache(_RUNS_KEPT)
def press_of(scratch: Place, name: str) -> Press:
    """Read what all spools are drawn with."""
    press: Press = pickle.loads((scratch / name).read())
    return press


def unpack_art(briefing: Briefing, folder: Path) -> None:
    """Write the job's art into a folder of this machine."""
    for name, data in briefing.art.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
