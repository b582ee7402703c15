"""The second stretch: a part of the night, read by the room that reads whole nights, and laid out.

In: the blocks that came to the part. Out: its documents and lines on the worker; to the client only counts, rejects,
characters, and a narrow table. Never: decides anything that depends on other parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import polars.selectors as cs
import pyarrow.parquet as pq
from numpy.typing import NDArray

from printstream import address, addresses, ingest, layout, marks, rules
from printstream.base import columns as c
from printstream.base.places import Place
from printstream.cluster.blocks import pack_block, pack_table, unpack_array
from printstream.cluster.briefing import Briefing, TableRows, briefing_of, characters_of, unpack_art
from printstream.cluster.split import ROW_COLUMN, Block
from printstream.job import Job
from printstream.outcomes import Outcomes
from printstream.plan import (
    by_channel,
    later_columns,
    line_arrays_of,
    numbered,
    part_addresses,
    read_lines,
    typeset_documents,
)

PLACE = "row among all documents"
GROUP = "group of rejects"
"""Columns by which tables of the parts are brought into the order of one machine."""
HOUSEHOLDS = "households"
"""Folder of the scratch folder, a file a part."""
_DOCUMENTS, _LINES = "blocks of documents", "blocks of lines"
_ROUTING = (c.POSTAL_CODE, c.PLUS4, c.DELIVERY_POINT)
_OF_ONE_MACHINE = {c.DOCUMENT.name, c.SOURCE.name, c.ROW.name}
"""What rooms after layout read besides, and the client makes or has no use for."""


@dataclass(frozen=True, repr=False)
class PartFacts:
    """What the client must know of a part.

    Attributes:
        rows, cents: documents read and their money.
        outcomes: what left; its rejects have PLACE and GROUP.
        characters: code points by column.
        head: a block without a row, for its columns.
        judged: documents whose addresses were judged.
        findings: what was found in them, see ``address.Preflight``, with PLACE; None where nothing is judged.
    """

    rows: int
    cents: int
    outcomes: Outcomes
    characters: Mapping[str, set[int]]
    head: bytes
    judged: int
    findings: pl.DataFrame | None


@dataclass(frozen=True, repr=False)
class Opened:
    """A part's documents to print, whose lines are still to be read; without a repr, as ``Part``."""

    documents: pl.DataFrame
    read: ingest.Documents
    others: pl.Series
    outcomes: Outcomes


@dataclass(frozen=True, repr=False)
class Part:
    """A part of the night on a worker; without a repr, which workers log when a task fails."""

    documents: pl.DataFrame
    lines: ingest.Details | None
    facts: PartFacts


def facts_of(part: Part) -> PartFacts:
    """Give what the client must know; a task of its own, so that the rest stays on the worker."""
    return part.facts


def open_part(scratch: Place, documents: Sequence[Block]) -> Opened:
    """Read a part's documents and part them by channel: rooms 1 and 2.

    Raises:
        InputError: when a value of the input cannot be read.
        JobError: when a rule does not fit the data.
    """
    briefing = briefing_of(scratch)
    order, outcomes = briefing.order, Outcomes()
    with TemporaryDirectory(prefix="printstream-part-") as name:
        folder = Path(name)
        own = _Rows(scratch, documents, folder / _DOCUMENTS, briefing.documents)
        limit = None if briefing.limit is None else int((own.rows < briefing.limit).sum())
        job = _job_of_blocks(order.job)
        read = ingest.read_documents(job, folder, briefing.source.read_documents, limit, codes=order.codes)
        read = replace(read, accepted=own.restore(read.accepted), rejects=own.restore(read.rejects))
    outcomes.documents["rejected"] += read.rows - read.accepted.height
    outcomes.cents["rejected"] += read.rejected_cents
    outcomes.rejects.append(read.rejects)
    kept, others = by_channel(order.job, read.accepted, outcomes)
    return Opened(kept, replace(read, accepted=read.accepted.clear()), others, outcomes)


def read_part(
    scratch: Place, opened: Opened, lines: Sequence[Block], again: Place | None, households: Place
) -> Part:
    """Judge a part's addresses, where the job wants it, and read its lines.

    Args:
        scratch: the run's scratch folder.
        opened: its documents.
        lines: the blocks of its lines.
        again: file of PLACEs whose recipient and address an earlier document has; None where nothing is judged.
        households: file for what households are numbered by, where the job has them.

    Raises:
        InputError: when a value of the input cannot be read.
        JobError: when the list of places is wrong.
    """
    briefing = briefing_of(scratch)
    order = briefing.order
    outcomes = deepcopy(opened.outcomes)
    documents, read, others = opened.documents, opened.read, opened.others
    judged, findings = documents.height, None
    if again is not None:
        documents, read, others, findings = _judge(briefing, opened, unpack_array(again.read()), outcomes)
    if order.job.household is not None:
        facts = rules.household_facts(documents, order.job)
        households.write(pack_table(_plain(facts.with_columns(documents[PLACE].cast(pl.Int64)))))
    kept = numbered(_apart(order.job), documents)
    before = kept[PLACE].cast(pl.Int64)
    line_rows = None
    with TemporaryDirectory(prefix="printstream-part-") as name:
        folder = Path(name)
        if briefing.lines is not None:
            line_rows = _Rows(scratch, lines, folder / _LINES, briefing.lines)
        of_blocks = replace(order, job=_job_of_blocks(order.job))
        kept, details = read_lines(of_blocks, folder, briefing.source, kept, read, others, 1, outcomes)
    if line_rows is not None:
        lone, bad = outcomes.rejects[-2:]
        gone = np.setdiff1d(before.to_numpy(), kept[PLACE].cast(pl.Int64).to_numpy())
        outcomes.rejects[-2:] = [
            line_rows.restore(lone),
            line_rows.restore(bad).with_columns(pl.Series(PLACE, gone, pl.Int64)),
        ]
    outcomes.rejects = [_grouped(frame, k) for k, frame in enumerate(outcomes.rejects)]
    with ThreadPoolExecutor(1) as executor:
        characters = layout.characters_by_column(order.template, order.wanted, kept, details, executor)
    head = pack_block(_printed(briefing, kept, details).head(0), details, np.zeros(0, np.int64))
    return Part(kept, details, PartFacts(read.rows, read.cents, outcomes, characters, head, judged, findings))


def _apart(job: Job) -> Job:
    """The job without its households, which are known over all parts only."""
    return job.model_copy(update={"household": None})


def _judge(
    briefing: Briefing, opened: Opened, again: NDArray[np.int64], outcomes: Outcomes
) -> tuple[pl.DataFrame, ingest.Documents, pl.Series, pl.DataFrame]:
    """Let documents leave whose addresses the policy does not print; give the others, and what was found."""
    job, documents = briefing.order.job, opened.documents
    places = documents[PLACE].cast(pl.Int64).to_numpy()
    with TemporaryDirectory(prefix="printstream-part-") as name:
        unpack_art(briefing, Path(name))
        twice = np.isin(places, again)
        found = addresses.check_addresses(documents, job, Path(name), briefing.order.address_place, twice)
    assert found is not None
    documents, read, others = part_addresses(found, job, opened.read, opened.others, outcomes)
    rejected = found.leaving["reject"][PLACE].cast(pl.Int64)
    outcomes.rejects[-1] = outcomes.rejects[-1].with_columns(rejected)
    key = opened.documents.select(c.DOCUMENT_ID.name, pl.col(PLACE).cast(pl.Int64))
    findings = found.preflight.table.join(key, on=c.DOCUMENT_ID.name, how="left", maintain_order="left")
    return documents, read, others, findings


def _grouped(frame: pl.DataFrame, group: int) -> pl.DataFrame:
    return frame.with_columns(pl.lit(group, pl.Int32).alias(GROUP))


def _job_of_blocks(job: Job) -> Job:
    """The same job over folders of blocks."""
    documents = job.input.documents.model_copy(update={"files": (_DOCUMENTS,)})
    details = job.input.details
    if details is not None:
        details = details.model_copy(update={"files": (_LINES,)})
    return job.model_copy(
        update={"input": job.input.model_copy(update={"documents": documents, "details": details})}
    )


class _Rows:
    """Blocks laid down as files of this machine, and which row of the whole table each of their rows is."""

    def __init__(self, scratch: Place, blocks: Sequence[Block], folder: Path, table: TableRows) -> None:
        folder.mkdir()
        self._table, self._folder = table, folder.name
        # Always there, so that a part to which nothing came has columns too; last by name.
        paths = [folder / f"{k:06d}.parquet" for k in range(len(blocks))] + [folder / "none.parquet"]
        for path, block in zip(paths, blocks, strict=False):
            path.write_bytes((scratch / block.file).read(block.begin, block.end - block.begin))
        pq.write_table(table.schema.empty_table(), paths[-1])
        read = [pq.read_table(path, columns=[ROW_COLUMN])[ROW_COLUMN].to_numpy() for path in paths]
        starts = np.cumsum([0, *map(len, read)])
        self.rows: NDArray[np.int64] = np.concatenate(read).astype(np.int64)
        self._starts = {
            f"{folder.name}/{path.name}": int(at) for path, at in zip(paths, starts, strict=False)
        }

    def restore(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Give SOURCE and ROW of the input, and PLACE; rows that name no block stay as they are."""
        source = frame[c.SOURCE.name].cast(pl.String)
        ours = source.str.starts_with(f"{self._folder}/").to_numpy()
        first = source.replace_strict(self._starts, default=0, return_dtype=pl.Int64)
        places = np.full(frame.height, -1, np.int64)
        places[ours] = self.rows[(first + frame[c.ROW.name]).to_numpy()[ours]]
        located = pl.DataFrame(self._table.locate(np.maximum(places, 0)))
        mine = pl.Series(ours)
        return frame.with_columns(
            located[c.SOURCE.name].zip_with(mine, source),
            located[c.ROW.name].zip_with(mine, frame[c.ROW.name]),
            pl.Series(PLACE, places, pl.Int64),
        )


# ---- layout


@dataclass(frozen=True, repr=False)
class Laid:
    """A part whose documents can all be printed, without what is not drawn; and what the client must know."""

    documents: pl.DataFrame
    lines: ingest.Details | None
    outcomes: Outcomes


def outcomes_of(laid: Laid) -> Outcomes:
    """Give what left; a task of its own, so that the rest stays on the worker."""
    return laid.outcomes


def lay_out(scratch: Place, part: Part, narrow: Place) -> Laid:
    """Lay out a part with the night's characters: who cannot be printed leaves; pages are counted.

    Args:
        scratch: the run's scratch folder.
        part: from ``read_part``.
        narrow: file for the columns that the global sort and the manifest need, a row a document.
    """
    briefing = briefing_of(scratch)
    outcomes = Outcomes()
    with ThreadPoolExecutor(1) as executor:
        documents, lines, typeset = typeset_documents(
            briefing.order, briefing.source, part.documents, part.lines, outcomes, executor,
            characters_of(scratch),
        )  # fmt: skip
        arrays = line_arrays_of(lines, documents.height)
        pages = layout.break_pages(typeset, arrays, documents.height, executor)
    counts = pl.Series(c.PAGES.name, np.diff(pages.first_page).astype(np.uint32))
    place = pl.col(PLACE).cast(pl.Int64)
    own = sorted(set(later_columns(_apart(briefing.order.job))) - _OF_ONE_MACHINE)
    table = _plain(documents.select(place, *own)).with_columns(counts)
    narrow.write(pack_table(table))
    found = len(outcomes.rejects)
    outcomes.rejects = [
        _of_layout(briefing, frame, lines, k, last=k + 1 == found) for k, frame in enumerate(outcomes.rejects)
    ]
    # The template prints the input's own columns, not those that were settled for the sort.
    whole = part.documents
    if documents.height < whole.height:
        whole = whole.filter(pl.col(PLACE).is_in(documents[PLACE].implode()))
    return Laid(_printed(briefing, whole, lines), lines, outcomes)


def _of_layout(
    briefing: Briefing, frame: pl.DataFrame, lines: ingest.Details | None, number: int, *, last: bool
) -> pl.DataFrame:
    """Group of layout's rejects: documents' own texts first, then by column of the lines, the post's code last."""
    places = pl.Series(PLACE, briefing.documents.rows_of(frame), pl.Int64)
    names = [] if lines is None else sorted(lines.columns)
    if number == 0 or not frame.height:
        group = 4
    else:
        group = 5 + (len(names) if last else names.index(frame[c.REJECT_COLUMN.name][0]))
    return _grouped(frame.with_columns(places), group)


def _printed(briefing: Briefing, documents: pl.DataFrame, lines: ingest.Details | None) -> pl.DataFrame:
    """The columns that drawing reads: the template's, and the barcode's."""
    line_names = () if lines is None else lines.columns
    names = layout.document_names(briefing.order.wanted, documents.columns, line_names)
    routing = (*(column.name for column in _ROUTING), *sorted(marks.postal_columns(briefing.order.job)))
    settled = [name for name in address.SETTLED if name in documents.columns]
    return _plain(documents.select(*dict.fromkeys((*names, *routing, *settled))))


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Columns wait narrow, each part's in its own way; here they take the types that all parts have."""
    return frame.with_columns(
        cs.by_dtype(pl.Enum, pl.Categorical).cast(pl.String),
        cs.signed_integer().cast(pl.Int64),
        cs.by_dtype(pl.List(pl.Int32)).cast(pl.List(pl.Int64)),
    )
