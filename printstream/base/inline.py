"""An executor without threads, where handing work over would take longer than the work; a pool of threads elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

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

    def map(
        self,
        fn: Callable[..., T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
    ) -> Iterator[T]:
        """Run calls; what one raises is raised here, where a pool's iterator would raise it."""
        del timeout, chunksize  # nobody waits
        return iter([fn(*args) for args in zip(*iterables, strict=False)])


def pool_of(workers: int, name: str) -> Executor:
    """Give an executor of so many threads; of one worker, the caller's own."""
    return ThreadPoolExecutor(workers, thread_name_prefix=name) if workers > 1 else InlineExecutor()
