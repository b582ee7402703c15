"""Reads the lines of all files once, batches of row groups in parallel, into sinks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace

import numpy as np
import pyarrow as pa

from printstream.base.errors import InputError
from printstream.base.frozen import frozen
from printstream.base.store import IntArena
from printstream.ingest.amounts import max_cents
from printstream.ingest.damage import DamagedError, reading
from printstream.ingest.files import Input
from printstream.ingest.lineplan import (
    BATCH_ROWS,
    RowTest,
    Task,
    every_row,
    full_width,
    likely_widths,
    plan_tasks,
)
from printstream.ingest.schema import Form, Table, open_details
from printstream.ingest.sinks import KeySink, NumberSink, Sink, TextSink
from printstream.job import Job
from printstream.kernels.ingest import UNREADABLE

_MOST_ROWS = 1 << 32
_DATES = (-719_162, 2_932_896)
"""0001-01-01 to 9999-12-31, in days since 1970-01-01: what a date can be printed as."""
_READABLE = (UNREADABLE + 1, int(np.iinfo(np.int64).max))

ColumnSinks = dict[str, NumberSink | TextSink]


@frozen
class Opened:
    """The table of the lines, and a sink for every column that is kept."""

    table: Table
    arena: IntArena
    sinks: ColumnSinks


def open_lines(job: Job, input_dir: Input, wanted: Collection[str]) -> Opened:
    """Open the lines' table and make room for the columns that the job and ``wanted`` name; reads footers only.

    Raises:
        InputError: when a file is missing, damaged, or lacks a column of an allowed type; when lines are too many.
    """
    settings = job.input.details
    assert settings is not None
    table = open_details(job, input_dir, wanted)
    if table.rows >= _MOST_ROWS:
        what = f"there are {table.rows} lines"
        raise InputError(what, next_step="Split the night into several runs.")
    limit = max_cents(job)
    domains = {settings.money: (-limit, limit)} if settings.money else {}
    more = {*wanted, settings.group, settings.money, *settings.order_by} - {None}
    names = sorted(name for name in more if name is not None)
    return Opened(table, *make_sinks(table, names, domains))


def make_sinks(
    table: Table, names: Iterable[str], domains: Mapping[str, tuple[int, int]]
) -> tuple[IntArena, ColumnSinks]:
    """Reserve a place in one arena for every column, at its full width, and set it to the width that is likely enough.

    Pages of the arena that are never written take no memory, so the reserve costs none.
    """
    widths = {name: full_width(table, name) for name in names}
    likely = likely_widths(table, widths)
    arena = IntArena(sum(IntArena.bytes_for(width, table.rows) for width in widths.values()))
    sinks: ColumnSinks = {}
    for name, full in widths.items():
        room = arena.allocate(full, table.rows)[1].view(np.int8)
        if table.forms[name] is Form.TEXT:
            sinks[name] = TextSink(name, room, likely[name])
        else:
            domain = domains.get(name, _DATES if table.forms[name] is Form.DATE else _READABLE)
            sinks[name] = NumberSink(name, room, likely[name], full, domain)
    return arena, sinks


def read_lines(
    table: Table,
    key: tuple[str, KeySink],
    columns: ColumnSinks,
    pool: Executor,
    workers: int,
    first: Collection[str] | None = None,
) -> Unsettled:
    """Read every column once; those whose width proved too small, a second time.

    Args:
        table: the lines.
        key: the key's column and its sink.
        columns: the sinks of the others.
        pool: threads.
        workers: how many.
        first: where given, only the key and these columns are read whole; of the others only the row groups that
            hold a line of an accepted document.

    Returns:
        what was read; its texts are yet to be settled.
    """
    sinks: dict[str, list[Sink]] = {name: [sink] for name, sink in columns.items()}
    sinks.setdefault(key[0], []).append(key[1])
    if first is None:
        return _read_all(table, sinks, columns, pool, workers)
    whole = {name: sinks.pop(name) for name in list(sinks) if name == key[0] or name in first}
    _read_all(table, whole, columns, pool, workers).dictionaries()  # numbers, or a key of text
    documents = key[1].documents

    def needed(begin: int, end: int) -> bool:
        return bool((documents[begin:end] >= 0).any())

    return _read_all(table, sinks, columns, pool, workers, needed)


def read_again(
    table: Table, columns: ColumnSinks, names: Iterable[str], pool: Executor, workers: int
) -> None:
    """Read some columns of numbers once more, at their full width."""
    for name in names:
        columns[name].redo()
    _read_all(table, {name: [columns[name]] for name in names}, columns, pool, workers)


def _read_all(
    table: Table,
    sinks: Mapping[str, Sequence[Sink]],
    columns: ColumnSinks,
    pool: Executor,
    workers: int,
    needed: RowTest = every_row,
) -> Unsettled:
    """Read columns into their sinks until none of numbers is too narrow."""
    tasks = plan_tasks(table, sorted(sinks), workers, needed)
    _in_parallel(pool, [(task, sinks) for task in tasks])
    return settle(table, [columns[name] for name in sinks if name in columns], pool, workers, needed)


def settle(
    table: Table,
    read: Sequence[NumberSink | TextSink],
    pool: Executor,
    workers: int,
    needed: RowTest = every_row,
) -> Unsettled:
    """Begin to number the texts that were read for good; columns of numbers that were too narrow are read again."""
    narrow = {sink.name: sink for sink in read if isinstance(sink, NumberSink) and sink.misfit}
    if narrow:
        for sink in narrow.values():
            sink.redo()
        _read_all(table, {name: [sink] for name, sink in narrow.items()}, {**narrow}, pool, workers, needed)
    texts = tuple(sink for sink in read if isinstance(sink, TextSink))
    return Unsettled(
        table,
        texts,
        pool,
        workers,
        needed,
        {sink.name: pool.submit(sink.finish) for sink in texts if not sink.misfit},
    )


@frozen
class Unsettled:
    """Columns that were read; those of numbers are there, those of texts are being numbered for good."""

    _table: Table
    _texts: tuple[TextSink, ...]
    _pool: Executor
    _workers: int
    _needed: RowTest
    _finishing: Mapping[str, Future[pa.LargeStringArray]]

    def dictionaries(self) -> dict[str, pa.LargeStringArray]:
        """Wait, read texts again that were too many for their width, and give the dictionaries of all."""
        done = {name: future.result() for name, future in self._finishing.items()}
        misfits = {sink.name: sink for sink in self._texts if sink.misfit}
        if not misfits:
            return done
        for sink in misfits.values():
            sink.redo()
        again = {name: [sink] for name, sink in misfits.items()}
        read = _read_all(self._table, again, {**misfits}, self._pool, self._workers, self._needed)
        return done | read.dictionaries()


def _in_parallel(pool: Executor, jobs: Sequence[tuple[Task, Mapping[str, Sequence[Sink]]]]) -> None:
    futures = [pool.submit(read_task, *job) for job in jobs]
    try:
        for future in futures:
            future.result()
    finally:
        for future in futures:
            future.cancel()


def read_task(task: Task, sinks: Mapping[str, Sequence[Sink]]) -> None:
    """Read one piece of work into its sinks.

    Raises:
        InputError: when the file is damaged.
    """
    large = [name for name in task.large if all(isinstance(sink, TextSink) for sink in sinks[name])]
    others = tuple(name for name in task.columns if name not in large)
    if others:
        _read_with_arrow(replace(task, columns=others), sinks)
    for column in large:
        row = task.first_row
        for group in task.groups:
            _read_large(replace(task, groups=(group,), first_row=row, columns=(column,)), sinks[column])
            row += task.source.group_rows[group]


def _read_large(task: Task, sinks: Sequence[Sink]) -> None:
    """Read one column of one row group, whose dictionary is large."""
    from printstream.ingest.coded import read_coded  # small inputs start sooner without

    (column,), (group,) = task.columns, task.groups
    coded = read_coded(task.source, group, column)
    if coded is None:
        _read_with_arrow(task, {column: sinks})
        return
    for sink in sinks:
        assert isinstance(sink, TextSink)
        sink.write(coded, task.first_row)


def _read_with_arrow(task: Task, sinks: Mapping[str, Sequence[Sink]]) -> None:
    source = task.source
    sizes = source.group_rows
    expected = sum(sizes[group] for group in task.groups)
    row = task.first_row
    with reading(source.name):
        for batch in source.batches(task.groups, task.columns, task.dictionaries, BATCH_ROWS):
            for name, array in zip(batch.schema.names, batch.columns, strict=True):
                for sink in sinks[name]:
                    sink.write(array, row)
            row += batch.num_rows
        if row - task.first_row != expected:
            raise DamagedError
