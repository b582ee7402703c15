"""The last stretch: a group of spools, drawn, verified and laid down in the store by whoever is free.

In: blocks, and where the client imposed their pieces. Out: partial files in the run folder, read back from there, and
what papers say of them. Never: decides where anything goes; gives a file its final name.
"""

from __future__ import annotations

import io
import os
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream import address, archive, impose, layout, spool
from printstream.base.errors import BalanceError, ResourceError
from printstream.base.frozen import frozen
from printstream.base.log import QuietReporter
from printstream.base.measure import peak_memory_bytes
from printstream.base.places import Place
from printstream.base.program import Sheets
from printstream.claims import archive_claim, records_of
from printstream.cluster.blocks import ENCLOSURE, unpack_blocks
from printstream.cluster.briefing import (
    ARCHIVE_PRESS,
    PRESS,
    Briefing,
    briefing_of,
    characters_of,
    press_of,
    unpack_art,
)
from printstream.cluster.split import Block
from printstream.imposition import Scheme
from printstream.order import WorkOrder
from printstream.plan import Copy
from printstream.produce import make_drawing, produce, sample_sides, shared_resources
from printstream.readback import FinishedSpool

SPOOLS = "spool"
RECORDS, MANIFEST = "records", "manifest"
"""Folders of the scratch folder, a file a group."""
_AGAIN = "Nothing was released; run again, and report it if it fails again"


@frozen
class Group:
    """Consecutive spools, the work of one task.

    Attributes:
        blocks: where their documents and lines are.
        imposed: their spools and spreads; sheets are numbered by the worker.
        first_piece, last_piece: pieces of the run, the last not among them.
        first_enclosure, last_enclosure: documents in mailing order, likewise.
        first_sheet, last_sheet: sheets of the run, likewise.
        owners: uint32[enclosures]: piece of each, counted from ``first_piece``; empty where each has its own.
        piece_inserts: uint32[pieces]: see Sheets.
    """

    blocks: tuple[Block, ...]
    imposed: impose.Imposed
    first_piece: int
    last_piece: int
    first_enclosure: int
    last_enclosure: int
    first_sheet: int
    last_sheet: int
    owners: NDArray[np.uint32]
    piece_inserts: NDArray[np.uint32]


@frozen
class Drawn:
    """What the papers say of a group.

    Attributes:
        spools: verified, under their partial names in the store.
        printed_cents: int64[enclosures]: the total on the last page of each document.
        warnings: sentences for the operator.
        worker, worker_bytes: the process that drew it, and its peak memory so far.
    """

    spools: tuple[FinishedSpool, ...]
    printed_cents: NDArray[np.int64]
    warnings: tuple[str, ...]
    worker: str
    worker_bytes: int


def draw_group(scratch: Place, run: Place, group: Group) -> Drawn:
    """Draw, verify and lay down a group of spools.

    Args:
        scratch: the run's scratch folder.
        run: the run folder, in which the spools' partial files are laid.
        group: which ones.

    Raises:
        BalanceError: when what is drawn is not what was planned.
        JobError: when art cannot be used or a barcode cannot hold its text.
    """

    def more(copy: Copy) -> Callable[[int], spool.Extras]:
        has_records = copy.order.job.spool.has_records
        rows = read_rows(scratch / RECORDS, group) if has_records else None
        return records_of(copy, rows, group.first_piece)

    return _draw(scratch, run / SPOOLS, group, PRESS, more)


def draw_archive(scratch: Place, run: Place, group: Group, documents: int) -> Drawn:
    """Draw, verify and lay down the archive's files of a group of spools, of so many documents of the run.

    Raises:
        BalanceError: when what is drawn is not what was planned.
    """

    def more(copy: Copy) -> Callable[[int], spool.Extras]:
        return archive.row_files(copy, read_rows(scratch / MANIFEST, group), group.first_enclosure, documents)

    return _draw(scratch, run / archive.FOLDER, group, ARCHIVE_PRESS, more)


def _draw(
    scratch: Place,
    target: Place,
    group: Group,
    name: str,
    more: Callable[[Copy], Callable[[int], spool.Extras]],
) -> Drawn:
    """Draw a group's files as the press of a name says, and lay them down."""
    briefing, press = briefing_of(scratch), press_of(scratch, name)
    with TemporaryDirectory(prefix="printstream-group-") as made, ThreadPoolExecutor(1) as executor:
        folder = Path(made)
        unpack_art(briefing, folder)
        copy = _copy(scratch, briefing, group, replace(press.order, job_dir=folder), executor)
        resources = None
        if name == ARCHIVE_PRESS:
            copy = _archived(copy, group)
            resources = shared_resources(copy, archive_claim(copy.order))
        out = folder / SPOOLS
        out.mkdir()
        reporter = QuietReporter(io.StringIO())
        produced = produce(copy, out, executor, 1, reporter, resources, press.codes, more=more(copy))
        for finished in produced.spools:
            lay_down(finished, target)
    worker = f"{socket.gethostname()}/{os.getpid()}"
    return Drawn(produced.spools, produced.printed_cents, produced.warnings, worker, peak_memory_bytes())


def _archived(copy: Copy, group: Group) -> Copy:
    """The group's documents in reading order; as the sheets' arrays, these are as long as the mailing up to here."""
    imposed = replace(copy.imposed, piece_spool=np.zeros(group.last_piece, np.uint32))
    return archive.archived(replace(copy, imposed=imposed), np.diff(copy.pages.first_page))


def read_rows(folder: Place, group: Group) -> pl.DataFrame:
    """A group's rows of a table of the scratch folder."""
    return pl.read_parquet(io.BytesIO((folder / str(group.first_piece)).read()))


def sample_group(
    scratch: Place, order: WorkOrder, group: Group, places: Sequence[tuple[int, int]], name: str
) -> list[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
    """Draw single sides of a group, for the codes by which the whole night is compressed.

    Args:
        scratch: the run's scratch folder.
        order: with its serial numbers.
        group: whose sides.
        places: row of the spool within the group, and side.
        name: of the press: print files, or the archive's.

    Returns:
        content and offsets of each side.
    """
    with ThreadPoolExecutor(1) as executor:
        copy = _copy(scratch, briefing_of(scratch), group, order, executor)
        if name == ARCHIVE_PRESS:
            copy = _archived(copy, group)
        samples = sample_sides(copy, make_drawing(copy), places)
        return [(content.copy(), offsets.copy()) for content, offsets in samples]


def _copy(
    scratch: Place, briefing: Briefing, group: Group, order: WorkOrder, executor: ThreadPoolExecutor
) -> Copy:
    """Set the group's documents with the night's characters and the client's sheets."""
    details = order.job.input.details
    documents, lines, arrays = unpack_blocks(
        [read_block(scratch, block) for block in group.blocks],
        None if details is None else details.group,
        has_lines=details is not None,
    )
    _check_enclosures(documents, group)
    typeset = layout.typeset(
        order.template, order.wanted, order.marks, documents, lines, briefing.source.lines, executor,
        characters=characters_of(scratch), fonts=order.fonts,
    )  # fmt: skip
    if typeset.unprintable.documents.size:
        what = "documents that were laid out cannot be printed any more"
        raise BalanceError(what, next_step=_AGAIN)
    documents = address.settle(documents)
    pages = layout.break_pages(typeset, arrays, documents.height, executor)
    sheets = _sheets(group, np.diff(pages.first_page), order.job.imposition.load())
    return Copy(order, documents, replace(group.imposed, sheets=sheets), typeset, arrays, pages)


def read_block(scratch: Place, block: Block) -> bytes:
    """Read a block of a scratch file."""
    return (scratch / block.file).read(block.begin, block.end - block.begin)


def _check_enclosures(documents: pl.DataFrame, group: Group) -> None:
    enclosures = documents[ENCLOSURE].to_numpy()
    if not np.array_equal(enclosures, np.arange(group.first_enclosure, group.last_enclosure)):
        what = "the blocks do not hold the documents that were sorted here"
        raise BalanceError(what, next_step=_AGAIN)


def _sheets(group: Group, page_counts: NDArray[np.int64], scheme: Scheme) -> Sheets:
    """Number the group's sheets as the client did.

    The arrays are as long as the mailing up to here, for the kernels count through the run; the system gives memory
    only for the pages of them that are written, which is this group's part.
    """
    per_unit = scheme.unit.pages // scheme.faces
    counts = -(-page_counts // scheme.unit.pages) * per_unit
    first, last = group.first_enclosure, group.last_enclosure
    own = np.arange(last - first, dtype=np.uint32)
    owners = group.owners if group.owners.size else own
    first_sheet = np.zeros(last + 1, np.int64)
    first_sheet[first:] = group.first_sheet + np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    if first_sheet[last] != group.last_sheet:
        what = "documents have other pages than when they were sorted"
        raise BalanceError(what, next_step=_AGAIN)
    begin = np.searchsorted(owners, np.arange(group.last_piece - group.first_piece + 1))
    return Sheets(
        enclosure_document=_behind(first, own),
        enclosure_piece=_behind(first, owners + np.uint32(group.first_piece)),
        first_sheet=first_sheet,
        sheet_enclosure=_behind(group.first_sheet, np.repeat(own + np.uint32(first), counts)),
        piece_sheet=_behind(group.first_piece, first_sheet[first + begin]),
        piece_inserts=_behind(group.first_piece, group.piece_inserts),
        following=group.imposed.sheets.following,
        faces=scheme.faces,
    )


def _behind(zeros: int, values: NDArray[Any]) -> NDArray[Any]:
    """So many zeros, then the values."""
    array = np.zeros(zeros + values.size, values.dtype)
    array[zeros:] = values
    return array


def lay_down(finished: FinishedSpool, folder: Place) -> None:
    """Copy a verified file to the store and read it back from there.

    Raises:
        ResourceError: when the store gives other bytes back.
    """
    target = folder / finished.file.path.name
    target.put(finished.file.path)
    if target.seal().sha256 != finished.sha256:
        what = "the store gives other bytes back than it was given"
        raise ResourceError(what, where=str(target), next_step="Nothing was released; look after the store")
