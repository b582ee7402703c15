"""Before any row: which files there are, whether they hold what job and template name, and how the night is cut.

In: the order and the input's place. Out: the briefing of all workers and the pieces of the input files. Never: reads a
row.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from printstream.base.frozen import frozen
from printstream.base.measure import versions
from printstream.base.places import Place
from printstream.cluster.briefing import Briefing, TableRows
from printstream.cluster.listing import Footer, job_files, read_footers, skeleton
from printstream.cluster.split import ROW_COLUMN, Piece, pieces_of
from printstream.ingest.schema import Table, open_details, open_documents
from printstream.layout.template import ArtBlock
from printstream.order import WorkOrder, check_source

PART_DOCUMENTS = 250_000
PART_LINES = 8_000_000
"""A part of the night: what one thread of a worker holds in memory, a few hundred megabytes."""
_PARTS_A_THREAD = 2
_MOST_PARTS = 4096


@frozen
class TableSurvey:
    """One table: its columns to read, the one by which rows are dealt out, its pieces and rows."""

    columns: tuple[str, ...]
    key: str
    pieces: tuple[Piece, ...]
    rows: int


@frozen
class Survey:
    """All that is known before a row is read."""

    briefing: Briefing
    documents: TableSurvey
    lines: TableSurvey | None

    def parts(self, threads: int) -> int:
        """How many parts the night is cut into; nothing that is printed depends on it."""
        lines = self.lines.rows if self.lines is not None else 0
        most = max(-(-self.documents.rows // PART_DOCUMENTS), -(-lines // PART_LINES))
        return min(max(most, _PARTS_A_THREAD * threads), _MOST_PARTS)


def look(order: WorkOrder, place: Place, limit: int | None, workshop: Path) -> Survey:
    """Read the footers of the input and check them.

    Raises:
        JobError: when the template names a field that does not exist.
        InputError: when a file or column is missing, or of the wrong type.
    """
    listed = workshop / "names"
    listed.mkdir()
    documents, lines = job_files(order.job, place, listed)
    names = list(dict.fromkeys((*documents, *lines)))
    footers = dict(zip(names, read_footers(place, names), strict=True))
    folder = skeleton(place, list(footers.values()), workshop / "columns")
    source = check_source(order, folder)
    own, own_rows = _table(
        open_documents(order.job, folder, source.read_documents),
        order.job.input.documents.key,
        [footers[name] for name in documents],
    )
    details = order.job.input.details
    theirs, their_rows = None, None
    if details is not None:
        found = open_details(order.job, folder, source.read_lines)
        theirs, their_rows = _table(found, details.key, [footers[name] for name in lines])
    briefing = Briefing(order, source, limit, own_rows, their_rows, _art(order), versions())
    return Survey(briefing, own, theirs)


def _table(found: Table, key: str, footers: Sequence[Footer]) -> tuple[TableSurvey, TableRows]:
    columns = tuple(sorted(found.forms))
    schema = footers[0].schema
    kept = [schema.field(name) for name in columns]
    starts = np.cumsum([0, *(footer.rows for footer in footers)], dtype=np.int64)
    names = tuple(footer.name for footer in footers)
    rows = TableRows(names, starts[:-1], pa.schema([*kept, pa.field(ROW_COLUMN, pa.int64())]))
    return TableSurvey(columns, key, tuple(pieces_of(footers)), int(starts[-1])), rows


def _art(order: WorkOrder) -> dict[str, bytes]:
    """The job's files that workers read and do not have; a missing one is found when it is read."""
    template = order.template
    later = template.next.blocks if template.next is not None else ()
    blocks = (*template.first.blocks, *later, *template.closing.flow, *template.closing.foot)
    checks = order.job.address.checks
    read = order.job.spool.output_intent.profile, None if checks is None else checks.places
    shown = (block.pdf for block in blocks if isinstance(block, ArtBlock))
    names = sorted({name for name in (*shown, *read) if name is not None})
    return {name: (order.job_dir / name).read_bytes() for name in names if (order.job_dir / name).is_file()}
