"""Rooms 1 to 3 of a job with several document types: each type as if it were a job, then matched with the others.

In: the job, its templates, the input. Out: ``Composed``: the documents of all types, type after type. Never: lets a
document leave without a reason; prints a match that lacks a type which it must have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream import ingest, layout, rules
from printstream.base import columns as c
from printstream.base.log import Reporter
from printstream.base.program import PageArrays
from printstream.inputs import DocumentType
from printstream.job import Job
from printstream.order import Source, WorkOrder
from printstream.outcomes import Outcomes, check_reject_limit
from printstream.plan import (
    Composed,
    Typed,
    later_columns,
    line_arrays_of,
    numbered_stage,
    part_by_channel,
    read_lines,
)
from printstream.printable import keep_printable
from printstream.typedorder import address_columns, brought_columns, check_sources, reading, shared_columns


@dataclass
class _Type:
    """One type on its way: its documents lose those that leave."""

    settings: DocumentType
    order: WorkOrder
    source: Source
    read: ingest.Documents
    outcomes: Outcomes
    documents: pl.DataFrame
    others: pl.Series
    lines: ingest.Details | None = None
    typeset: layout.Typeset | None = None
    reported: bool = field(default=True)

    @property
    def key(self) -> str:
        """Column of the documents' key."""
        return self.order.job.input.documents.key

    @property
    def match(self) -> str:
        """Column of the match."""
        return self.settings.match or self.key

    def reject(self, rows: NDArray[np.int64], reasons: Sequence[str]) -> None:
        """Let documents leave for the sake of their match, with their lines."""
        if not rows.size:
            return
        keys = self.documents[c.MATCH_KEY.name].gather(rows).to_list()
        rejects = ingest.reject_documents(self.documents, rows, self.match, reasons, keys)
        self.outcomes.rejects.append(rejects)
        self.outcomes.leave("rejected", self.documents[rows])
        gone = pl.concat([self.read.rejected_keys, self.documents[self.key].gather(rows)])
        self.read = replace(self.read, rejected_keys=gone)
        if self.typeset is not None:
            self.typeset = layout.keep_documents(self.typeset, self.documents.height, rows)
        self.documents, self.lines = ingest.drop_documents(self.documents, self.lines, rows)


def compose_types(
    order: WorkOrder,
    input_dir: ingest.Input,
    limit: int | None,
    executor: Executor,
    workers: int,
    reporter: Reporter,
) -> Composed:
    """Walk rooms 1 to 3.

    Args:
        order: a job of several types.
        input_dir: the input.
        limit: only the first so many documents of the first type, and those of the others that match them.
        executor: workers.
        workers: how many.
        reporter: told of the stages.

    Raises:
        JobError: when job, template and input do not fit.
        InputError: when more is rejected than the job allows, or a type is missing that must not be.
    """
    job = order.job
    with numbered_stage(reporter, 1, "ingest"):
        types = _read_types(order, input_dir, limit, workers)
        _bring_addresses(job, types)
    with numbered_stage(reporter, 2, "rules"):
        for t in types:
            kept = {c.MATCH_KEY.name, *job.address.lines, *shared_columns(job)}
            t.documents, t.others = part_by_channel(t.order.job, t.documents, t.outcomes, kept)
            t.read = replace(t.read, accepted=t.read.accepted.clear())
        _part_matches(job, types)
    with numbered_stage(reporter, 1, "ingest"):
        for t in types:
            t.documents, t.lines = read_lines(
                *(t.order, input_dir, t.source, t.documents, t.read, t.others, workers, t.outcomes),
                lone=t.reported,
            )
        rows = _check_rejects(job, types)
        reporter.advance(rows, rows, "documents")
    with numbered_stage(reporter, 3, "layout"):
        _typeset(types, executor)
        documents = rules.enclose(_part_matches(job, types), job)
        _check_rejects(job, types)
        later, pages = _break_pages(types, executor)
        reporter.advance(pages.first_line.size, pages.first_line.size, "pages")
    documents = documents.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias(c.DOCUMENT.name))
    outcomes = _together(types)
    return Composed(
        documents.select(later_columns(job)),
        later[0].typeset,
        later[0].line_arrays,
        layout.Breaking(pages),
        outcomes.documents_in,
        outcomes.cents_in,
        outcomes,
        later=later[1:],
    )


def _read_types(order: WorkOrder, input_dir: ingest.Input, limit: int | None, workers: int) -> list[_Type]:
    """Read and judge the documents of every type; those whose match is empty or repeated leave."""
    types: list[_Type] = []
    for settings, own, source in zip(
        order.job.types, order.types, check_sources(order, input_dir), strict=True
    ):
        read = ingest.read_documents(
            reading(own.job, settings),
            input_dir,
            source.read_documents,
            limit if not types or limit == 0 else None,
            workers,
            order.codes,
            _rows_of(order.job, settings),
        )
        shares = settings.documents is None and any(t.settings.documents is None for t in types)
        t = _Type(settings, own, source, read, Outcomes(), read.accepted, pl.Series(), reported=not shares)
        key = read.accepted[t.match].cast(pl.String).alias(c.MATCH_KEY.name)
        t.documents = read.accepted.with_columns(key)
        if types and limit:
            _keep_within_limit(t, types[0])
        t.outcomes = Outcomes(rejects=[read.rejects], documents_in=t.read.rows, cents_in=t.read.cents)
        t.outcomes.documents["rejected"] = read.rows - read.accepted.height
        t.outcomes.cents["rejected"] = read.rejected_cents
        bad = rules.bad_keys(t.documents[c.MATCH_KEY.name])
        t.reject(bad.rows, bad.reasons)
        types.append(t)
    return types


def _rows_of(job: Job, settings: DocumentType) -> ingest.OfType | None:
    """Which rows of the input's documents are of a type; all, where no other type shares them."""
    if settings.documents is not None or job.input.documents.type is None:
        return None
    sharing = [t for t in job.types if t.documents is None]
    values = {t.name: t.value or t.name for t in sharing}
    own = values.pop(settings.name)
    return ingest.OfType(
        job.input.documents.type, own, frozenset(values.values()), takes_strangers=settings is sharing[0]
    )


def _keep_within_limit(t: _Type, first: _Type) -> None:
    """Pass over documents that match none of those read of the first type."""
    keys = first.documents[c.MATCH_KEY.name]
    if first.settings.match is None:
        keys = pl.concat([keys, first.read.rejected_keys.cast(pl.String)])
    inside = t.documents[c.MATCH_KEY.name].is_in(keys.implode()).fill_null(value=False)
    beyond = t.documents.filter(~inside)
    t.documents = t.documents.filter(inside)
    t.read = replace(
        t.read,
        rows=t.read.rows - beyond.height,
        cents=t.read.cents - int(beyond[c.MONEY_CENTS.name].sum()),
        ignored_keys=pl.concat([t.read.ignored_keys, beyond[t.key]]),
    )


def _bring_addresses(job: Job, types: Sequence[_Type]) -> None:
    """Give documents without an address that of the document that they match."""
    by_name = {t.settings.name: t for t in types}
    for t in types:
        if t.settings.address_of is None:
            continue
        giver = by_name[t.settings.address_of].documents
        own = set(t.documents.columns) - address_columns(job)
        names = brought_columns(job, giver.columns, own)
        given = giver.select(c.MATCH_KEY.name, *names, pl.lit(value=True).alias(_GIVEN))
        joined = t.documents.drop(names, strict=False).join(
            given, on=c.MATCH_KEY.name, how="left", maintain_order="left"
        )
        rows = np.flatnonzero(joined[_GIVEN].is_null().to_numpy()).astype(np.int64)
        t.documents = joined.drop(_GIVEN)
        t.reject(rows, [rules.no_document(t.settings.address_of)] * rows.size)


_GIVEN = "address was given"


def _part_matches(job: Job, types: Sequence[_Type]) -> pl.DataFrame:
    """Let matches leave that lack a type or go to different addressees; give the documents that stay, type after type."""
    documents = rules.match_types(_united(job, types), job)
    gone = rules.unmatched(documents, job)
    first = 0
    for t in types:
        end = first + t.documents.height
        own = slice(*np.searchsorted(gone.rows, (first, end)).tolist())
        t.reject(gone.rows[own] - first, gone.reasons[own])
        first = end
    keep = np.ones(documents.height, np.bool_)
    keep[gone.rows] = False
    return documents.filter(pl.Series(keep))


def _united(job: Job, types: Sequence[_Type]) -> pl.DataFrame:
    """What later rooms read of the documents of all types; a column that a type lacks is null there."""
    names = {c.MATCH_KEY.name, *job.address.lines, *shared_columns(job), *later_columns(job)}
    kinds = pl.Enum([t.settings.name for t in types])
    return pl.concat(
        [
            t.documents.select(sorted(names & set(t.documents.columns))).with_columns(
                pl.col(c.SOURCE.name).cast(pl.String),
                pl.lit(t.settings.name, kinds).alias(c.DOCUMENT_TYPE.name),
            )
            for t in types
        ],
        how="diagonal_relaxed",
    )


def _typeset(types: Sequence[_Type], executor: Executor) -> None:
    """Encode and compile; documents that cannot be printed leave."""
    columns = [
        layout.TypeColumns(
            t.settings.name, t.order.template, t.order.wanted, t.documents, t.lines, t.source.lines
        )
        for t in types
    ]
    fonts = {name: data for t in types for name, data in t.order.fonts.items()}
    typed = layout.typeset_types(columns, types[0].order.marks, executor, fonts)
    for t, done in zip(types, typed, strict=True):
        t.documents, t.lines, t.typeset = keep_printable(
            t.order.job, t.documents, t.lines, done, t.outcomes, executor
        )


def _break_pages(types: Sequence[_Type], executor: Executor) -> tuple[tuple[Typed, ...], PageArrays]:
    """Break the documents of every type; give the types, and the pages of all."""
    done, broken = [], []
    first = 0
    for t in types:
        assert t.typeset is not None
        arrays = line_arrays_of(t.lines, t.documents.height)
        broken.append(layout.break_pages(t.typeset, arrays, t.documents.height, executor))
        done.append(Typed(t.order, first, t.typeset, arrays))
        first += t.documents.height
    return tuple(done), _joined(broken)


def _joined(broken: Sequence[PageArrays]) -> PageArrays:
    """Pages of one type behind those of the other."""
    ends = np.concatenate([[0], np.cumsum([pages.first_page[-1] for pages in broken])])
    starts = [pages.first_page[:-1] + begin for pages, begin in zip(broken, ends[:-1], strict=True)]
    return PageArrays(
        np.concatenate([*starts, ends[-1:]]).astype(np.int64),
        np.concatenate([pages.first_line for pages in broken]),
        np.concatenate([pages.brought_cents for pages in broken]),
    )


def _check_rejects(job: Job, types: Sequence[_Type]) -> int:
    """Stop when more was rejected than the job allows; give the documents read."""
    outcomes = _together(types)
    check_reject_limit(job, outcomes.documents_in, outcomes)
    return outcomes.documents_in


def _together(types: Sequence[_Type]) -> Outcomes:
    """The outcomes of all types; rejects say of which they are."""
    own = {t.settings.name: t.outcomes for t in types}
    return Outcomes(
        _summed(outcomes.documents for outcomes in own.values()),
        _summed(outcomes.cents for outcomes in own.values()),
        [
            outcomes.reject_table().with_columns(pl.lit(name).alias(c.TYPE.name))
            for name, outcomes in own.items()
        ],
        sum(outcomes.rejected_lines for outcomes in own.values()),
        sum(outcomes.documents_in for outcomes in own.values()),
        sum(outcomes.cents_in for outcomes in own.values()),
        own,
    )


def _summed(parts: Iterator[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in parts:
        for name, count in part.items():
            total[name] = total.get(name, 0) + count
    return total
