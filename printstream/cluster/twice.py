"""Whose recipient and address an earlier document has, over all parts of a night.

In: opened parts on the workers. Out: a file a part, with the places of those documents. Never: brings an address to the
client unless its number is there twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream import address
from printstream.base.places import Place
from printstream.cluster.blocks import pack_array, pack_table, unpack_array
from printstream.cluster.briefing import briefing_of
from printstream.cluster.part import PLACE, Opened
from printstream.cluster.scheduler import Cluster

Ints = NDArray[np.int64]
ADDRESS = "address"
_READS_AT_ONCE = 16


def find_duplicates(
    cluster: Cluster, scratch: Place, folder: Place, opened: Sequence[Any], tell: Callable[[int, int], None]
) -> list[Place]:
    """Let the parts leave numbers of their addresses, then the texts of those whose number is there twice.

    Args:
        cluster: who does it.
        scratch: the run's scratch folder.
        folder: of the scratch folder, for what is left.
        opened: the parts, tasks of ``open_part``.
        tell: is told how many parts are done, of how many.

    Returns:
        for each part the file of its documents' PLACEs that an earlier document is like.
    """
    numbers = [folder / f"numbers-{k}" for k in range(len(opened))]
    sent = zip(opened, numbers, strict=True)
    cluster.results((cluster.send(leave_likenesses, scratch, part, file) for part, file in sent), tell)
    suspects = _suspects(numbers)
    asked: list[tuple[Any, Place, Place]] = []
    for k, places in enumerate(suspects):
        if places.size:
            wanted = folder / f"wanted-{k}"
            wanted.write(pack_array(places))
            asked.append((opened[k], wanted, folder / f"addresses-{k}"))
    cluster.results(cluster.send(leave_addresses, scratch, *words) for words in asked)
    twice = _twice([target for _, _, target in asked])
    files = []
    for k, places in enumerate(suspects):
        files.append(folder / f"again-{k}")
        files[-1].write(pack_array(places[np.isin(places, twice)]))
    return files


def _suspects(files: Sequence[Place]) -> list[Ints]:
    """For each part the PLACEs of its documents whose number another document has too."""
    with ThreadPoolExecutor(_READS_AT_ONCE) as pool:
        read = list(pool.map(lambda file: unpack_array(file.read()), files))
    ends = np.cumsum([part.shape[1] for part in read])
    places, prints = np.concatenate(read, axis=1) if read else np.zeros((2, 0), np.int64)
    rows = address.rows_there_twice(prints.view(np.uint64))
    return np.split(places[rows], np.searchsorted(rows, ends[:-1])) if read else []


def _twice(files: Sequence[Place]) -> Ints:
    """PLACEs of the documents whose address an earlier one has."""
    if not files:
        return np.zeros(0, np.int64)
    with ThreadPoolExecutor(_READS_AT_ONCE) as pool:
        frames = list(pool.map(lambda file: pl.read_parquet(BytesIO(file.read())), files))
    table = pl.concat(frames).sort(PLACE)
    twice: Ints = table[PLACE].to_numpy()[address.was_there(table[ADDRESS])]
    return twice


# ---- on the workers


def leave_likenesses(scratch: Place, opened: Opened, target: Place) -> int:
    """Write PLACE and number of all documents that could be duplicates: int64[2, n]; give n."""
    rows, prints = address.likenesses(opened.documents, briefing_of(scratch).order.job)
    places = opened.documents[PLACE].cast(pl.Int64).to_numpy()[rows]
    target.write(pack_array(np.stack([places, prints.view(np.int64)])))
    return int(rows.size)


def leave_addresses(scratch: Place, opened: Opened, wanted: Place, target: Place) -> int:
    """Write the addresses of the documents whose PLACEs ``wanted`` holds; give how many."""
    documents = opened.documents
    places = documents[PLACE].cast(pl.Int64)
    rows = np.flatnonzero(np.isin(places.to_numpy(), unpack_array(wanted.read())))
    texts = address.whole_addresses(documents, briefing_of(scratch).order.job, rows)
    target.write(pack_table(pl.DataFrame({PLACE: places.gather(rows), ADDRESS: texts})))
    return int(rows.size)
