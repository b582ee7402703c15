"""One document on demand: the rooms and kernels of a run, in a process that stays.

In: a job, once; then a document's row and its lines as Arrow tables. Out: a complete, verified PDF file as bytes. Never:
draws in a way of its own; keeps anything of a document; makes a mailing (room 5 is not walked: no postage, no tray).
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import polars as pl
import pyarrow as pa

from printstream import (
    address,
    addresses,
    impose,
    ingest,
    layout,
    marks,
    papers,
    piece,
    presort,
    rules,
    spool,
)
from printstream.base import columns as c
from printstream.base.errors import InputError, UsageError
from printstream.base.frames import with_series
from printstream.base.frozen import frozen
from printstream.base.inline import InlineExecutor
from printstream.base.log import QuietReporter
from printstream.base.program import LineArrays
from printstream.job import Imposition, Job, SpoolSettings
from printstream.order import Source, WorkOrder, check_source, read_order
from printstream.outcomes import Outcomes
from printstream.plan import NO_LINES, Plan
from printstream.produce import produce, shared_resources
from printstream.typedorder import address_columns

_MOST = 32
"""Code pages whose fonts are kept ready: one serves all documents whose characters are in Latin-1."""


_AWAY = ("digital", "suppress")
"""What address policies do to documents that are shown all the same."""


@frozen
class Composed:
    """One document.

    Attributes:
        pdf: the file.
        pages: pages of the document.
        sides: pages of the file: the same, or press sides where imposed.
    """

    pdf: bytes
    pages: int
    sides: int


class Composer:
    """Makes documents of one job, one at a time; use it in a ``with`` block, and not from several threads.

    A document is what a run of it alone would make: piece 1, sheet 1, the first serial of the postal barcode. It is for
    eyes (a proof, a service desk, a portal), not for the mail. Characters of Latin-1 have codes whether or not they
    occur, so that all documents share their fonts; besides these codes its pages are a run's, byte for byte.

    Args:
        job_dir: folder that holds job.yaml.
        imposed: lay the pages on press sheets as the job says; else a page of the file is a page of the document.
        kind: name of the document's type; of jobs with several, and of these only.

    Raises:
        JobError: when the job, its template or its art is wrong.
        UsageError: when the job has no such type.
    """

    def __init__(self, job_dir: Path, *, imposed: bool = False, kind: str | None = None) -> None:
        self._whole = read_order(job_dir)
        order = self._whole if kind is None and not self._whole.types else _of_type(self._whole, kind)
        self._kind = kind
        self._imposed = imposed
        self._order = replace(order, job=_plain(order.job) if imposed else _unimposed(order.job))
        self._alone = self._order.job.model_copy(update={"household": None, "types": (), "inserts": ()})
        self._memory = layout.Memory()
        self._executor = InlineExecutor()
        self._folder = Path(tempfile.mkdtemp(prefix="printstream-"))
        # For who forgets to close; a finalizer runs when the last reference goes, or at exit.
        self._removed = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._last_source: tuple[pa.Schema, pa.Schema | None, Source] | None = None
        self._resources: dict[bytes, spool.Resources] = {}

    def close(self) -> None:
        """Remove the folder in which files are checked; the composer is of no use any more."""
        self._removed()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def order(self) -> WorkOrder:
        """The job, its template and marks."""
        return self._order

    @property
    def whole(self) -> tuple[WorkOrder, str | None]:
        """The job with all of its types, and the one that is composed."""
        return self._whole, self._kind

    def compose(self, document: pa.Table, lines: pa.Table | None = None) -> Composed:
        """Make one document.

        Args:
            document: its row, with the columns that the job's documents have.
            lines: its detail lines; None only where the job has no detail table.

        Returns:
            a PDF file, which was read back.

        Raises:
            InputError: when a column is missing, or the document cannot be printed: with the reason.
            JobError: when the template does not fit the columns.
            BalanceError: when the file does not read back as planned.
        """
        plan = self._plan(document, lines)
        resources = self._shared_resources(plan)
        produced = produce(
            plan,
            self._folder,
            self._executor,
            1,
            QuietReporter(),
            resources,
            spool.usual_codes(),
            durable=False,
        )
        file = produced.spools[0].file
        try:
            papers.check_money(plan, produced)
            return Composed(file.path.read_bytes(), plan.pages.first_line.size, file.sides)
        finally:
            file.path.unlink()

    def _plan(self, document: pa.Table, lines: pa.Table | None) -> Plan:
        order, job = self._order, self._order.job
        tables = ingest.InputTables.of(document, lines)
        source = self._source(document.schema, None if lines is None else lines.schema, tables)
        read = ingest.read_documents(job, tables, source.read_documents, None, codes=self._order.codes)
        _refuse(read.rejects)
        if read.rows != 1:
            what = f"there are {read.rows} documents"
            raise InputError(what, next_step="Compose one document at a time")
        # Who asks for a document wants it, whatever its channel.
        accepted = addresses.with_returned(read, job, tables, None)
        documents = self._addressed(rules.apply_rules(accepted, job.rules))
        details = self._details(tables, source, documents, read)
        typeset = layout.typeset(
            order.template,
            order.wanted,
            order.marks,
            documents,
            details,
            source.lines,
            self._executor,
            self._memory,
            fonts=order.fonts,
        )
        _refuse_unprintable(typeset.unprintable)
        documents = address.settle(documents)
        post = marks.faulty_documents(documents, job)
        if post.reasons:
            _raise(post.column, post.reasons[0])
        line_arrays = NO_LINES._replace(first=np.zeros(2, np.int64))
        if details is not None:
            line_arrays = LineArrays(details.order, details.first)
        pages = layout.break_pages(typeset, line_arrays, 1, self._executor)
        documents = with_series(documents, pl.Series(c.PAGES.name, [pages.first_line.size], pl.UInt32))
        documents = piece.make_pieces(documents, self._alone).frame
        documents = address.divert(
            documents, job, lambda frame, single: piece.make_pieces(frame, single).frame
        )
        presorted = _alone(documents, job)
        imposed = impose.impose(presorted.pieces, job, order.template.width, order.template.height)
        if not self._imposed:
            sides = pl.Series(c.IMPRESSIONS.name, [pages.first_line.size], pl.UInt32)
            imposed = replace(imposed, spools=with_series(imposed.spools, sides))
        return Plan(
            order, documents, imposed, typeset, line_arrays, pages, presorted, 1, read.cents, Outcomes(), ()
        )

    def _addressed(self, documents: pl.DataFrame) -> pl.DataFrame:
        """Judge its address; what the policy would not print, but not reject, is shown all the same."""
        checks = self._order.job.address.checks
        if checks is None:
            return documents
        away = {n: "divert" for n, action in checks.policy.model_dump().items() if action in _AWAY}
        checks = checks.model_copy(update={"policy": checks.policy.model_copy(update=away)})
        settings = self._order.job.address.model_copy(update={"checks": checks})
        job = self._order.job.model_copy(update={"address": settings})
        place = self._order.address_place
        addressed = addresses.check_addresses(documents, job, self._order.job_dir, place)
        assert addressed is not None
        _refuse(addressed.rejects)
        return addressed.kept

    def _source(self, document: pa.Schema, lines: pa.Schema | None, tables: ingest.InputTables) -> Source:
        """Check the columns, once for tables of the same form."""
        last = self._last_source
        if last is None or last[0] != document or last[1] != lines:
            self._last_source = last = document, lines, check_source(self._order, tables)
        return last[2]

    def _details(
        self, tables: ingest.InputTables, source: Source, documents: pl.DataFrame, read: ingest.Documents
    ) -> ingest.Details | None:
        job = self._order.job
        if job.input.details is None:
            return None
        details = ingest.read_details(job, tables, source.read_lines, documents, read.rejected_keys, 1)
        _refuse(details.rejects)
        _refuse(details.bad_rejects)
        return details

    def _shared_resources(self, plan: Plan) -> spool.Resources:
        """Fonts and forms of a code page; the program's forms are written with its codes and nothing else's."""
        key = plan.typeset.codepage.unicode.tobytes()
        found = self._resources.pop(key, None) or shared_resources(plan)
        while len(self._resources) >= _MOST:
            del self._resources[next(iter(self._resources))]
        self._resources[key] = found
        return found


def compose_from(composer: Composer, input_dir: Path, document_id: str) -> Composed:
    """Make one document out of an input folder.

    Args:
        composer: of the job.
        input_dir: folder of the input.
        document_id: the document's key.

    Raises:
        InputError: when no document has this key; and what ``Composer.compose`` raises.
    """
    document, lines = ingest.pick_document(composer.order.job, input_dir, document_id)
    _check_type(document, composer)
    return composer.compose(_addressed(document, composer, input_dir), lines)


def _of_type(order: WorkOrder, kind: str | None) -> WorkOrder:
    """The order of one of a job's types.

    Raises:
        UsageError: when there is none of this name, or none is named.
    """
    names = [settings.name for settings in order.job.types]
    if kind not in names:
        what = "the job has one type of documents" if not names else f"there is no type {kind!r}"
        what = "the job has several types of documents" if names and kind is None else what
        next_step = f"Name one with --type: {', '.join(names)}" if names else "Leave --type out"
        raise UsageError(what, where=order.job.name, next_step=next_step)
    own = order.types[names.index(kind)]
    tables = own.job.input.model_copy(
        update={"documents": own.job.input.documents.model_copy(update={"type": None})}
    )
    return replace(own, job=own.job.model_copy(update={"input": tables}))


def _check_type(document: pa.Table, composer: Composer) -> None:
    """A table that several types share may hold the key as another type's.

    Raises:
        InputError: when it does.
    """
    whole, kind = composer.whole
    settings = next((t for t in whole.job.types if t.name == kind), None)
    column = whole.job.input.documents.type
    if settings is None or settings.documents is not None or column is None:
        return
    if column not in document.column_names or document[column][0].as_py() != (
        settings.value or settings.name
    ):
        what = f"the document with this key is not of type {settings.name}"
        raise InputError(what, where=f"column {column!r}", next_step="Name its type with --type")


def _addressed(document: pa.Table, composer: Composer, input_dir: Path) -> pa.Table:
    """The document's row, with the address of the document that it matches where its type has none.

    Raises:
        InputError: when there is no such document.
    """
    whole, kind = composer.whole
    settings = next((t for t in whole.job.types if t.name == kind), None)
    if settings is None or settings.address_of is None:
        return document
    by_name = {t.name: (t, order) for t, order in zip(whole.job.types, whole.types, strict=True)}
    giver, order = by_name[settings.address_of]
    match = document[settings.match or composer.order.job.input.documents.key][0].as_py()
    documents = order.job.input.documents
    documents = documents.model_copy(update={"key": giver.match or documents.key})
    own = order.job.input.model_copy(update={"documents": documents, "details": None})
    row, _ = ingest.pick_document(order.job.model_copy(update={"input": own}), input_dir, str(match))
    for name in address_columns(whole.job) & set(row.column_names):
        if name in document.column_names:
            document = document.drop_columns([name])
        document = document.append_column(name, row[name].slice(0, 1))
    return document


def _plain(job: Job) -> Job:
    """The job without what only the files of a mailing have."""
    settings = job.spool.model_copy(update={"standard": ()})
    return job.model_copy(update={"spool": settings})


def _unimposed(job: Job) -> Job:
    """The job with a page of the document on a side of its own size."""
    width, height = job.stock.width, job.stock.height
    alone = Imposition.model_construct(
        scheme="one_up", crop_marks=False, sheet_width=width, sheet_height=height
    )
    return job.model_copy(update={"imposition": alone, "spool": SpoolSettings()})


def _alone(documents: pl.DataFrame, job: Job) -> presort.Presorted:
    """A piece that is in no mailing."""
    pieces = documents[[c.DOCUMENT.name, c.SHEETS.name, c.STREAM.name]]
    pieces = with_series(pieces, pl.Series(c.TRAY_ID.name, [1], pl.UInt32))
    return presort.Presorted(pieces, pl.DataFrame(), (), "", 0)


def _refuse(rejects: pl.DataFrame) -> None:
    """Raise the first reject.

    Raises:
        InputError: where there is one.
    """
    if rejects.height:
        _raise(rejects[c.REJECT_COLUMN.name][0], rejects[c.REASON.name][0])


def _refuse_unprintable(unprintable: layout.Unprintable) -> None:
    if unprintable.documents.size:
        _raise(unprintable.columns[0], unprintable.reasons[0])
    entries: Mapping[str, tuple[object, np.ndarray]] = unprintable.entries
    for column, (_, points) in entries.items():
        _raise(column, layout.glyph_reason(int(points[0])))


def _raise(column: str | None, reason: str) -> None:
    what = f"the document cannot be printed: {reason}"
    raise InputError(what, where=column or "", next_step="Mend the input")
