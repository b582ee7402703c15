"""Documents -> pages: breaks only, all documents, on all workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from printstream.base.frozen import frozen
from printstream.base.program import LineArrays, PageArrays, Program, StoreArrays
from printstream.base.work import SharedWork
from printstream.kernels.context import C_DOCUMENTS, C_LINES, Context
from printstream.kernels.layout import check_texts, count_pages, fill_pages

_DOCUMENTS_A_TASK = 4096


@frozen
class Overflows:
    """Documents with a text that does not fit.

    Attributes:
        documents: int64[n]: their rows.
        operations: int32[n]: the operation each fails in (an index into Compiled.places).
    """

    documents: NDArray[np.int64]
    operations: NDArray[np.int32]


def find_overflows(program: Program, documents: StoreArrays, count: int, executor: Executor) -> Overflows:
    """Measure every text that may not be cut, of all documents."""
    bad_op = np.empty(count, np.int32)

    def task(begin: int, end: int) -> None:
        context = Context()
        context.set_store(C_DOCUMENTS, documents)
        context.set_program(program)
        check_texts(context.address, program.ops.shape[0], begin, end, bad_op)

    _spread_out(executor, count, task)
    bad = np.flatnonzero(bad_op >= 0)
    return Overflows(bad, bad_op[bad])


class Breaking:
    """Documents whose pages are counted, and are being filled.

    Args:
        arrays: where they break; of them only ``first_page`` is there for sure.
        work: what fills them; None where they are full.
    """

    def __init__(self, arrays: PageArrays, work: SharedWork | None = None) -> None:
        self.arrays = arrays
        self._work = work

    @property
    def first_page(self) -> NDArray[np.int64]:
        """See ``PageArrays``."""
        return self.arrays.first_page

    def finish(self) -> PageArrays:
        """Lend the helpers a hand, and wait."""
        if self._work is not None:
            self._work.finish()
        return self.arrays


def paginate(
    program: Program,
    lines: StoreArrays,
    line_arrays: LineArrays,
    count: int,
    executor: Executor,
    helpers: int,
) -> Breaking:
    """Count the pages of all documents; fill them at once, or let so many helpers do it while the caller goes on."""
    context = Context()
    context.set_store(C_LINES, lines)
    context.set_program(program)
    context.set_lines(line_arrays)
    first_page = _count(context, count, executor)
    total = int(first_page[-1])
    arrays = PageArrays(first_page, np.zeros(total, np.int32), np.zeros(total, np.int64))
    broken = arrays.first_line, arrays.brought_cents

    def fill(begin: int, end: int) -> None:
        fill_pages(context.address, begin, end, first_page, *broken)

    if not helpers:
        _spread_out(executor, count, fill)
        return Breaking(arrays)
    work = SharedWork(executor, helpers)
    work.add(partial(fill, begin, end) for begin, end in _ranges(count))
    return Breaking(arrays, work)


def _count(context: Context, count: int, executor: Executor) -> NDArray[np.int64]:
    """The first page of each document, and the end."""
    pages = np.zeros(count, np.uint32)
    none = np.zeros(0, np.int32), np.zeros(0, np.int64)
    _spread_out(executor, count, lambda a, b: count_pages(context.address, a, b, pages, *none))
    first_page = np.zeros(count + 1, np.int64)
    np.cumsum(pages, out=first_page[1:])
    return first_page


def _spread_out(executor: Executor, count: int, task: Callable[[int, int], None]) -> None:
    """Run a task over ranges of documents; results lie in arrays, so the order does not matter."""
    for done in [executor.submit(task, begin, end) for begin, end in _ranges(count)]:
        done.result()


def _ranges(count: int) -> Iterator[tuple[int, int]]:
    for begin in range(0, count, _DOCUMENTS_A_TASK):
        yield begin, min(begin + _DOCUMENTS_A_TASK, count)
