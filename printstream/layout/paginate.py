"""Documents -> pages: breaks only, all documents, on all workers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future

import numpy as np
from numpy.typing import NDArray

from printstream.base.frozen import frozen
from printstream.base.program import LineArrays, PageArrays, Program, StoreArrays
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


@frozen
class Breaking:
    """Documents whose pages are counted, and are being filled.

    Attributes:
        arrays: where they break; of them only ``first_page`` is there already.
        filling: what is being done.
    """

    arrays: PageArrays
    filling: tuple[Future[None], ...] = ()

    @property
    def first_page(self) -> NDArray[np.int64]:
        """See ``PageArrays``."""
        return self.arrays.first_page

    def finish(self) -> PageArrays:
        """Wait for it."""
        for done in self.filling:
            done.result()
        return self.arrays


def paginate(
    program: Program, lines: StoreArrays, line_arrays: LineArrays, count: int, executor: Executor
) -> Breaking:
    """Count the pages of all documents, and begin to fill them."""
    context = Context()
    context.set_store(C_LINES, lines)
    context.set_program(program)
    context.set_lines(line_arrays)
    pages = np.zeros(count, np.uint32)
    none = np.zeros(0, np.int32), np.zeros(0, np.int64)
    _spread_out(executor, count, lambda a, b: count_pages(context.address, a, b, pages, *none))
    first_page = np.zeros(count + 1, np.int64)
    np.cumsum(pages, out=first_page[1:])
    total = int(first_page[-1])
    arrays = PageArrays(first_page, np.zeros(total, np.int32), np.zeros(total, np.int64))
    broken = arrays.first_line, arrays.brought_cents
    # The tasks hold the context, whose memory the kernel reads, until they are done.
    filling = _submit(executor, count, lambda a, b: fill_pages(context.address, a, b, first_page, *broken))
    return Breaking(arrays, tuple(filling))


def _spread_out(executor: Executor, count: int, task: Callable[[int, int], None]) -> None:
    """Run a task over ranges of documents; results lie in arrays, so the order does not matter."""
    for done in _submit(executor, count, task):
        done.result()


def _submit(executor: Executor, count: int, task: Callable[[int, int], None]) -> list[Future[None]]:
    starts = range(0, count, _DOCUMENTS_A_TASK)
    return [executor.submit(task, a, min(a + _DOCUMENTS_A_TASK, count)) for a in starts]
