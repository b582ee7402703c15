"""Reads the lines' columns while documents are still read and judged; their keys, which want the documents, follow.

In: the opened lines. Out: filled sinks. Never: works with one worker, whose core has no time to spare; raises before
the documents' own faults were told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

from printstream.base.work import SharedWork
from printstream.ingest.files import Input
from printstream.ingest.lineplan import Task, plan_tasks
from printstream.ingest.lineread import Opened, Unsettled, open_lines, read_task, settle
from printstream.ingest.sinks import KeySink, Sink
from printstream.job import Job


class ReadAhead:
    """The lines' columns, being read by all workers but one.

    Args:
        opened: the lines.
        workers: threads of the run.
    """

    def __init__(self, opened: Opened, workers: int) -> None:
        self.opened = opened
        self._pool = ThreadPoolExecutor(workers - 1, thread_name_prefix="ahead")
        self._work = SharedWork(self._pool, workers - 1)
        sinks = {name: [sink] for name, sink in opened.sinks.items()}
        self._read(plan_tasks(opened.table, sorted(sinks), workers), sinks)

    def finish(self, key: tuple[str, KeySink], pool: Executor, workers: int) -> Unsettled:
        """Read the keys and what is left, with all workers; texts are yet to be settled.

        Args:
            key: the key's column and its sink, which knows the documents by now.
            pool: threads.
            workers: how many.

        Raises:
            InputError: when a file is damaged.
        """
        table = self.opened.table
        self._read(plan_tasks(table, [key[0]], workers), {key[0]: [key[1]]})
        self._work.finish()
        return settle(table, list(self.opened.sinks.values()), pool, workers)

    def close(self) -> None:
        """Leave unread what nobody waits for."""
        self._work.drop()
        self._pool.shutdown()

    def _read(self, tasks: Iterable[Task], sinks: Mapping[str, Sequence[Sink]]) -> None:
        self._work.add(partial(read_task, task, sinks) for task in tasks)


@contextmanager
def reading_ahead(
    job: Job, input_dir: Input, wanted: Collection[str], workers: int
) -> Iterator[ReadAhead | None]:
    """Begin to read the lines' columns; None where there are no lines, or no worker to spare.

    Args:
        job: the work order.
        input_dir: folder that the files are relative to.
        wanted: columns that the template prints.
        workers: threads of the run.
    """
    if job.input.details is None or workers < 2:
        yield None
        return
    ahead = ReadAhead(open_lines(job, input_dir, wanted), workers)
    try:
        yield ahead
    finally:
        ahead.close()
