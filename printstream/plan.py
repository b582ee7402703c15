"""The plan: all that is decided before the first byte of ink, as narrow columns.

In: job, template, input folder. Out: ``Plan``. Never: draws, writes files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from dataclasses import field, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream import address, addresses, impose, ingest, layout, marks, presort, rules
from printstream.arrange import Enclosed, arrange, spool_columns
from printstream.base import columns as c
from printstream.base import interrupts
from printstream.base.frozen import frozen
from printstream.base.log import Reporter
from printstream.base.program import LineArrays, PageArrays
from printstream.job import Job
from printstream.order import Source, WorkOrder, check_source
from printstream.outcomes import OTHERS, Outcomes, check_reject_limit
from printstream.printable import keep_printable

_LATER_COLUMNS = [
    *(c.DOCUMENT.name, c.DOCUMENT_ID.name, c.SOURCE.name, c.ROW.name, c.MONEY_CENTS.name),
    *(c.POSTAL_CODE.name, c.PLUS4.name, c.DELIVERY_POINT.name, c.CITY.name, c.STATE.name),
]
"""What the rooms after layout read of the documents, besides what they add."""
NO_LINES = LineArrays(np.zeros(1, np.uint32), np.zeros(1, np.int64))


@frozen
class Typed:
    """The documents of a further type, which follow those of the types before it.

    Attributes:
        order: the type's own order.
        first_document: number of its first document among all.
        typeset: its program over its encoded columns.
        line_arrays: which lines are whose; its documents are numbered from 0.
    """

    order: WorkOrder
    first_document: int
    typeset: layout.Typeset
    line_arrays: LineArrays


@frozen
class Copy:
    """What production reads, of a whole night or of some of its spools.

    Attributes:
        order: the job.
        documents: a row a printed document.
        imposed: spools, sheets, press sheets.
        typeset: the program over encoded columns, of the first type where there are several.
        line_arrays, pages: which lines are whose; where documents of all types break.
        later: the further types.
    """

    order: WorkOrder
    documents: pl.DataFrame
    imposed: impose.Imposed
    typeset: layout.Typeset
    line_arrays: LineArrays
    pages: PageArrays
    later: tuple[Typed, ...] = field(default=(), kw_only=True)

    @property
    def forms(self) -> tuple[layout.Form, ...]:
        """Forms of all types: each program continues those of the ones before it."""
        last = self.later[-1].typeset if self.later else self.typeset
        return last.compiled.forms


@frozen
class Plan(Copy):
    """A night: what production reads, documents in input order with all that the rooms added, and what papers say.

    Attributes:
        presorted: pieces in mailing order, trays, postage.
        documents_in, money_in_cents: what was read.
        outcomes: what left before printing.
        warnings: sentences for the operator.
        enclosed: envelopes with several documents, and inserts; None for a job with neither.
        preflight: what was found in addresses and pieces, where the job has it judged.
        pieces: a row a piece as it went into the sort; None where it was not kept.
    """

    presorted: presort.Presorted
    documents_in: int
    money_in_cents: int
    outcomes: Outcomes
    warnings: tuple[str, ...]
    enclosed: Enclosed | None = None
    preflight: address.Preflight | None = None
    pieces: pl.DataFrame | None = None

    @property
    def page_counts(self) -> NDArray[np.int64]:
        """Pages of each document."""
        counts: NDArray[np.int64] = np.diff(self.pages.first_page)
        return counts


@frozen
class Composed:
    """Rooms 1 to 3: documents with their pages, in input order; those of several types type after type.

    Attributes:
        documents: a row a document to print.
        typeset, line_arrays, later: see ``Copy``.
        breaking: their pages, which are counted but may not be filled yet.
        documents_in, money_in_cents: what was read.
        addressed: what the address room found.
    """

    documents: pl.DataFrame
    typeset: layout.Typeset
    line_arrays: LineArrays
    breaking: layout.Breaking
    documents_in: int
    money_in_cents: int
    outcomes: Outcomes
    addressed: addresses.Addressed | None = None
    later: tuple[Typed, ...] = ()


def make_plan(
    order: WorkOrder,
    input_dir: ingest.Input,
    limit: int | None,
    executor: Executor,
    workers: int,
    reporter: Reporter,
) -> Plan:
    """Walk rooms 1 to 7."""
    if order.types:
        from printstream import typedplan

        composed = typedplan.compose_types(order, input_dir, limit, executor, workers, reporter)
    else:
        composed = compose(order, input_dir, limit, executor, workers, reporter)
    job, counts = order.job, np.diff(composed.breaking.first_page).astype(np.uint32)
    documents = composed.documents.with_columns(pl.Series(c.PAGES.name, counts))
    size = order.template.width, order.template.height
    arranged = arrange(documents, job, order.job_dir, size, reporter)
    addressed = composed.addressed
    return Plan(
        order,
        arranged.documents,
        arranged.imposed,
        composed.typeset,
        composed.line_arrays,
        composed.breaking.finish(),
        arranged.presorted,
        composed.documents_in,
        composed.money_in_cents,
        composed.outcomes,
        (*nothing_printed(documents.height, composed.outcomes), *arranged.presorted.warnings),
        arranged.enclosed,
        None if addressed is None else addressed.preflight.with_pieces(arranged.pieces, job),
        arranged.pieces,
        later=composed.later,
    )


def nothing_printed(documents: int, outcomes: Outcomes) -> tuple[str, ...]:
    """What cron's reader must see where a night prints nothing, lawful as that is."""
    if documents:
        return ()
    gone = outcomes.documents
    left = ", ".join(f"{gone[name]:,} {name}" for name in OTHERS if gone[name])
    return (f"Nothing is printed: {left or 'the input has no documents'}.",)


def compose(
    order: WorkOrder,
    input_dir: ingest.Input,
    limit: int | None,
    executor: Executor,
    workers: int,
    reporter: Reporter,
) -> Composed:
    """Walk rooms 1 to 3 of a job of one type."""
    job = order.job
    outcomes = Outcomes()
    with ExitStack() as stack:
        with numbered_stage(reporter, 1, "ingest"):
            source = check_source(order, input_dir)
            # Under a limit only some lines are read, and whose they are is not known yet.
            spare = workers if limit is None else 1
            ahead = stack.enter_context(ingest.reading_ahead(job, input_dir, source.read_lines, spare))
            read = ingest.read_documents(job, input_dir, source.read_documents, limit, workers, order.codes)
            outcomes.documents["rejected"] += read.rows - read.accepted.height
            outcomes.cents["rejected"] += read.rejected_cents
            outcomes.rejects.append(read.rejects)
        with numbered_stage(reporter, 2, "rules"):
            accepted = addresses.with_returned(read, job, input_dir, limit)
            documents, others = by_channel(job, accepted, outcomes)
            addressed = addresses.check_addresses(documents, job, order.job_dir, order.address_place)
            if addressed is not None:
                documents, read, others = part_addresses(addressed, job, read, others, outcomes)
            documents = numbered(job, documents)
            # What the rules made replaces it; columns of documents that leave must not stay for its sake.
            del accepted
            read = replace(read, accepted=read.accepted.clear())
        with numbered_stage(reporter, 1, "ingest"):
            documents, lines = read_lines(
                *(order, input_dir, source, documents, read, others, workers, outcomes),
                ahead=ahead,
                executor=executor,
            )
            check_reject_limit(job, read.rows, outcomes)
            reporter.advance(read.rows, read.rows, "documents")
    with numbered_stage(reporter, 3, "layout"):
        documents, lines, typeset = typeset_documents(order, source, documents, lines, outcomes, executor)
        documents = documents.select(later_columns(job))  # the others are drawn from their encoded form
        check_reject_limit(job, read.rows, outcomes)
        line_arrays = line_arrays_of(lines, documents.height)
        breaking = layout.begin_pages(typeset, line_arrays, documents.height, executor, workers - 1)
        pages = int(breaking.first_page[-1])
        reporter.advance(pages, pages, "pages")
    return Composed(documents, typeset, line_arrays, breaking, read.rows, read.cents, outcomes, addressed)


def later_columns(job: Job) -> list[str]:
    """What the rooms after layout read of the documents, besides what they add."""
    judged = () if job.address.checks is None else (c.ADDRESS_STATUS.name, c.ADDRESS_ACTION.name)
    own = [*_LATER_COLUMNS, *judged, *(column.name for column in rules.enclosing_results(job))]
    return [*own, *sorted((marks.postal_columns(job) | set(spool_columns(job))) - set(own))]


def line_arrays_of(lines: ingest.Details | None, documents: int) -> LineArrays:
    """Which lines belong to which document."""
    if lines is None:
        return NO_LINES._replace(first=np.zeros(documents + 1, np.int64))
    return LineArrays(lines.order, lines.first)


def preflight(order: WorkOrder, input_dir: Path, limit: int | None) -> address.Preflight | None:
    """Judge the addresses of all documents that would be printed; None where the job does not ask for it."""
    if order.job.address.checks is None:
        return None
    source = check_source(order, input_dir)
    read = ingest.read_documents(order.job, input_dir, source.read_documents, limit, codes=order.codes)
    accepted = addresses.with_returned(read, order.job, input_dir, limit)
    documents, _ = by_channel(order.job, accepted, Outcomes())
    addressed = addresses.check_addresses(documents, order.job, order.job_dir, order.address_place)
    return None if addressed is None else addressed.preflight


@contextmanager
def numbered_stage(reporter: Reporter, number: int, name: str) -> Iterator[None]:
    """A numbered stage; a run that was stopped ends before it."""
    interrupts.check()
    with reporter.stage(number, name):
        yield


def part_by_channel(
    job: Job, accepted: pl.DataFrame, outcomes: Outcomes, also: Collection[str] = ()
) -> tuple[pl.DataFrame, pl.Series]:
    """Derive columns and part the documents by channel; give those to lay out, and the others' keys.

    Columns named in ``also`` keep their type, as those of the plan do.
    """
    documents, others = by_channel(job, accepted, outcomes)
    return numbered(job, documents, also), others


def by_channel(job: Job, accepted: pl.DataFrame, outcomes: Outcomes) -> tuple[pl.DataFrame, pl.Series]:
    """Derive columns and part the documents by channel; give those to print, and the others' keys."""
    ruled = rules.apply_rules(accepted, job.rules)
    channel = pl.col(rules.CHANNEL)
    for away, outcome in ((rules.Channel.DIGITAL, "digital"), (rules.Channel.SUPPRESS, "suppressed")):
        outcomes.leave(outcome, ruled.filter(channel == away.value))
    others = ruled.filter(channel != rules.Channel.PRINT.value)[job.input.documents.key]
    documents = ruled.filter(channel == rules.Channel.PRINT.value) if len(others) else ruled
    return documents, others


def part_addresses(
    addressed: addresses.Addressed, job: Job, read: ingest.Documents, others: pl.Series, outcomes: Outcomes
) -> tuple[pl.DataFrame, ingest.Documents, pl.Series]:
    """Let documents leave whose addresses the policy does not print; give the others, and whose lines are whose."""
    for action, outcome in (("digital", "digital"), ("suppress", "suppressed"), ("reject", "rejected")):
        outcomes.leave(outcome, addressed.leaving[action])
    outcomes.rejects.append(addressed.rejects)
    key = job.input.documents.key
    rejected = pl.concat([read.rejected_keys, *addressed.keys(key, "reject")])
    others = pl.concat([others, *addressed.keys(key, "digital", "suppress")])
    return addressed.kept, replace(read, rejected_keys=rejected), others


def numbered(job: Job, documents: pl.DataFrame, also: Collection[str] = ()) -> pl.DataFrame:
    """The documents to lay out: narrow columns but for some, numbers from 0."""
    kept = {job.input.documents.key, *_LATER_COLUMNS, *marks.postal_columns(job), *also}
    documents = rules.narrow_columns(rules.enclose(documents, job), kept)
    return documents.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias(c.DOCUMENT.name))


def read_lines(
    order: WorkOrder,
    input_dir: ingest.Input,
    source: Source,
    documents: pl.DataFrame,
    read: ingest.Documents,
    others: pl.Series,
    workers: int,
    outcomes: Outcomes,
    *,
    lone: bool = True,
    ahead: ingest.ReadAhead | None = None,
    executor: Executor | None = None,
) -> tuple[pl.DataFrame, ingest.Details | None]:
    """Read the detail lines; documents that their lines contradict leave.

    Lines of nobody are rejects of the first type only, where several share the detail table (``lone``). ``ahead`` is
    their reading where it has begun; ``executor`` lends a hand when documents leave.
    """
    if order.job.input.details is None:
        return documents, None
    ignored = pl.concat([read.ignored_keys, others])
    lines = ingest.read_details(
        order.job, input_dir, source.read_lines, documents, read.rejected_keys, workers, ignored, ahead
    )
    if lone:
        outcomes.rejects.append(lines.rejects)
        outcomes.rejected_lines += lines.rejects.height
    outcomes.rejects.append(lines.bad_rejects)
    outcomes.leave("rejected", documents[lines.bad_documents])
    return ingest.drop_documents(documents, lines, lines.bad_documents, executor)


def typeset_documents(
    order: WorkOrder,
    source: Source,
    documents: pl.DataFrame,
    lines: ingest.Details | None,
    outcomes: Outcomes,
    executor: Executor,
    characters: Mapping[str, set[int]] | None = None,
) -> tuple[pl.DataFrame, ingest.Details | None, layout.Typeset]:
    """Encode and compile; documents that cannot be printed leave."""
    template, types = order.template, source.lines
    done = layout.typeset(
        template,
        order.wanted,
        order.marks,
        documents,
        lines,
        types,
        executor,
        characters=characters,
        fonts=order.fonts,
    )
    return keep_printable(order.job, documents, lines, done, outcomes, executor)
