"""Detail lines: read once, narrow, in file order; then judged, added up, grouped by document and sorted."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import Executor
from itertools import pairwise

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from printstream.base.columns import DOCUMENT_ID, MONEY_CENTS, REASON, REJECT_COLUMN, ROW, SOURCE, VALUE
from printstream.base.frozen import frozen
from printstream.base.inline import pool_of
from printstream.base.store import IntArena, Kind
from printstream.ingest.ahead import ReadAhead
from printstream.ingest.files import Input
from printstream.ingest.keytable import KeyTable
from printstream.ingest.lineread import ColumnSinks, Opened, Unsettled, open_lines, read_again, read_lines
from printstream.ingest.rejects import as_rejects, no_rejects, reject_documents
from printstream.ingest.schema import Table
from printstream.ingest.sinks import FAULTS, Aside, KeySink, NumberSink, TextSink
from printstream.ingest.tables import DetailColumn, Details, Tally
from printstream.ingest.tally import Grouping, Tallied, tally
from printstream.job import DetailsInput, Job
from printstream.kernels.ingest import (
    NULL_KEY,
    UNREADABLE,
    sort_lines,
)

_MANY_ROWS = 1 << 17
"""Reading so many leaves memory that is worth giving back."""


@frozen
class _Read:
    """Lines as read: where they are, and whose."""

    table: Table
    ints: NDArray[np.uint8]
    sinks: ColumnSinks
    keys: KeySink
    unsettled: Unsettled


def read_details(
    job: Job,
    input_dir: Input,
    wanted: Collection[str],
    documents: pl.DataFrame,
    rejected_keys: pl.Series,
    workers: int,
    ignored_keys: pl.Series | None = None,
    ahead: ReadAhead | None = None,
) -> Details:
    """Read the detail lines of accepted documents.

    Args:
        job: the work order; its details' key, money, group and order_by are read besides ``wanted``.
        input_dir: folder that the files are relative to.
        wanted: columns that the template prints.
        documents: accepted documents; row k is document k.
        rejected_keys: keys of documents that were rejected, whose lines are counted, not rejected one by one.
        workers: threads. The result does not depend on them.
        ignored_keys: keys of documents beyond the limit, whose lines are passed over.
        ahead: the reading of these columns, where it began before the documents were known.

    Returns:
        the lines; ``bad_documents`` are still among them until ``drop_documents`` takes them away.

    Raises:
        InputError: when a file is missing, damaged, or lacks a column of an allowed type.
    """
    settings = job.input.details
    if settings is None:
        return _no_details(len(documents))
    opened = open_lines(job, input_dir, wanted) if ahead is None else ahead.opened
    table = opened.table
    if ignored_keys is None:
        ignored_keys = rejected_keys.clear()
    known = KeyTable(documents[job.input.documents.key], rejected_keys, ignored_keys)
    with pool_of(workers, "ingest") as pool:
        read = _read(settings, opened, known, pool, workers, ahead)
        tallied = _tally(read, settings.money, len(documents), pool, workers)
        grouping = Grouping.begin(read.keys.documents, tallied, pool)
        dictionaries = read.unsettled.dictionaries()
        bad = _bad_documents(job, settings, read, documents, tallied.sums)
        _widen(read, bad["document"].to_numpy(), pool, workers)
        rejects = _lone_lines(read, settings.key)
        order, first = grouping.finish(), tallied.first
        _sort(read, settings, order, first, pool, workers)
    if table.rows >= _MANY_ROWS:
        pa.default_memory_pool().release_unused()
    leaving = bad.drop_in_place("document").to_numpy()
    return Details(
        table.rows, read.ints, _columns(read), dictionaries, order, first, settings.group, settings.money,
        _aside(read, settings.money), tallied.lines, tallied.cents, rejects, leaving, bad,
    )  # fmt: skip


def _read(
    settings: DetailsInput,
    opened: Opened,
    known: KeyTable,
    pool: Executor,
    workers: int,
    ahead: ReadAhead | None,
) -> _Read:
    keys = KeySink(known, opened.table.rows)
    key = (settings.key, keys)
    money = (settings.money,) if settings.money else ()
    if ahead is not None:
        unsettled = ahead.finish(key, pool, workers)
    else:
        first = money if known.has_ignored else None  # of lines of all fates the money is counted
        unsettled = read_lines(opened.table, key, opened.sinks, pool, workers, first)
    return _Read(opened.table, opened.arena.block, opened.sinks, keys, unsettled)


def _columns(read: _Read) -> dict[str, DetailColumn]:
    """Where every column lies."""
    base = read.ints.ctypes.data
    columns = {}
    for name, sink in read.sinks.items():
        kind = Kind.TEXT if isinstance(sink, TextSink) else Kind.INT
        start = (sink.values.ctypes.data - base) >> sink.width if read.table.rows else 0
        columns[name] = DetailColumn(name, kind, sink.width, start)
    return columns


def _aside(read: _Read, column: str | None) -> Aside:
    """The numbers of a column that it is too narrow for."""
    sink = read.sinks[column] if column is not None else None
    return sink.aside if isinstance(sink, NumberSink) else Aside.nothing()


def _widen(read: _Read, bad: NDArray[np.int64], pool: Executor, workers: int) -> None:
    """Read a column at its full width where a document that may be printed needs a number kept aside."""
    names = []
    for name in sorted(read.sinks):
        rows = _aside(read, name).rows
        owners = read.keys.documents[rows]
        if rows.size and np.setdiff1d(owners[owners >= 0], bad).size:
            names.append(name)
    read_again(read.table, read.sinks, names, pool, workers)


def _tally(read: _Read, money: str | None, documents: int, pool: Executor, workers: int) -> Tallied:
    """Count and add up, while dictionaries are made."""
    cents = None if money is None else read.sinks[money].values
    return tally(read.keys.documents, cents, _aside(read, money), documents, pool, workers)


def _bad_documents(
    job: Job, settings: DetailsInput, read: _Read, documents: pl.DataFrame, sums: NDArray[np.int64]
) -> pl.DataFrame:
    """A row of rejects and the document for each that its lines make unfit: the first fault, else the sum."""
    faults = _first_faults(read, documents)
    if settings.money is None or job.input.documents.money is None:
        return faults
    totals = documents[MONEY_CENTS.name].to_numpy()
    wrong = np.flatnonzero(totals != sums)
    if wrong.size:
        wrong = np.setdiff1d(wrong, faults["document"].to_numpy())
    if not wrong.size:
        return faults
    # Amounts are somebody's: they stand in the rejects table, never in a reason, which reports and messages repeat.
    values = [
        f"{total}, lines {'beyond 63 bits' if found == UNREADABLE else found}"
        for total, found in zip(totals[wrong].tolist(), sums[wrong].tolist(), strict=True)
    ]
    reason = "the amount differs from the sum of the lines"
    rows = reject_documents(documents, wrong, job.input.documents.money, reason, values)
    rows = rows.with_columns(pl.Series("document", wrong, pl.Int64))
    return pl.concat([faults, rows.select(faults.columns)]).sort("document")


def _first_faults(read: _Read, documents: pl.DataFrame) -> pl.DataFrame:
    if not any(sink.faults for sink in read.sinks.values()):
        return no_rejects().hstack([pl.Series("document", [], pl.Int64)])
    faults = pl.concat(
        [
            pl.DataFrame(schema=FAULTS),
            *(batch for name in sorted(read.sinks) for batch in read.sinks[name].faults),
        ]
    )
    faults = faults.with_columns(
        pl.Series("document", read.keys.documents[faults["line"].to_numpy()], pl.Int64)
    )
    faults = faults.filter(pl.col("document") >= 0).sort("line", "column")
    faults = faults.unique("document", keep="first", maintain_order=True).sort("document")
    ids = documents[DOCUMENT_ID.name].gather(faults["document"])
    rows = _placed(read.table, faults.select("line", REJECT_COLUMN.name, REASON.name, VALUE.name), ids)
    return rows.with_columns(faults["document"])


def _lone_lines(read: _Read, key: str) -> pl.DataFrame:
    """A row of rejects for each line without a key or without a document of its key."""
    if not read.keys.lone:
        return no_rejects()
    lines = pl.concat(read.keys.lone).sort("line")
    fate = pl.Series(read.keys.documents[lines["line"].to_numpy()])
    reasons = (
        pl.when(fate == NULL_KEY)
        .then(pl.lit("the key is missing"))
        .otherwise(pl.lit("no document has this key"))
    )
    lines = lines.select(
        "line", pl.lit(key).alias(REJECT_COLUMN.name), reasons.alias(REASON.name), value="key"
    )
    return _placed(read.table, lines, lines["value"])


def _placed(table: Table, faults: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """Turn rows among all lines into file and row within it."""
    starts = np.array([source.first_row for source in table.sources], np.int64)
    skipped = np.array([source.row_in_file for source in table.sources], np.int64)
    lines = faults["line"].to_numpy()
    # Files without a row share their start with the next one; the last of equal starts has the rows.
    places = np.searchsorted(starts, lines, side="right") - 1
    names = pl.Series([source.name for source in table.sources], dtype=pl.String)
    return as_rejects(
        faults.with_columns(
            names.gather(places).alias(SOURCE.name),
            pl.Series(ROW.name, lines - (starts - skipped)[places], pl.Int64),
            ids.alias(DOCUMENT_ID.name),
        )
    )


def _sort(
    read: _Read,
    settings: DetailsInput,
    order: NDArray[np.uint32],
    first: NDArray[np.int64],
    pool: Executor,
    workers: int,
) -> None:
    if not settings.order_by:
        return
    places = _columns(read)
    columns = [places[name] for name in settings.order_by]
    keys = np.array([(c.width_log2, c.start) for c in columns], np.int64)
    i8, i16, i32, i64 = (
        read.ints.view(np.int8),
        read.ints.view(np.int16),
        read.ints.view(np.int32),
        read.ints.view(np.int64),
    )
    shares = np.linspace(0, len(order), workers + 1)[1:-1]
    cuts = [0, *np.searchsorted(first, shares).tolist(), len(first) - 1]

    def sort(begin: int, end: int) -> int:
        return int(sort_lines(order, first, begin, end, i8, i16, i32, i64, keys))

    parts = [pool.submit(sort, begin, end) for begin, end in pairwise(cuts)]
    for part in parts:
        part.result()


def _no_details(documents: int) -> Details:
    return Details(
        0, IntArena(0).block, {}, {}, np.empty(0, np.uint32), np.zeros(documents + 1, np.int64), None, None,
        Aside.nothing(), Tally(), Tally(), no_rejects(), np.empty(0, np.int64), no_rejects(),
    )  # fmt: skip
