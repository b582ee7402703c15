"""An executor without threads, where handing work over would take longer than the work; a pool of threads elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class InlineExecutor(Executor):
    """Runs what is submitted at once, in the thread that submits it."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a call; its future is done when this returns."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


def pool_of(workers: int, name: str) -> Executor:
    """Give an executor of so many threads; of one worker, the caller's own."""
    return ThreadPoolExecutor(workers, thread_name_prefix=name) if workers > 1 else InlineExecutor()
