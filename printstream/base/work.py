"""Pieces of work that several threads take one by one, and who waits for them lends a hand.

In: calls, in any number of batches. Out: all done, or the fault of one. Never: says in which order they are done.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future


class SharedWork:
    """Work that helpers do while its owner does something else.

    Args:
        executor: where the helpers come from.
        helpers: how many at most take from one batch; with none, all waits for ``finish``.
    """

    def __init__(self, executor: Executor, helpers: int) -> None:
        self._executor = executor
        self._helpers = helpers
        self._left: deque[Callable[[], None]] = deque()
        self._running: list[Future[None]] = []

    def add(self, pieces: Iterable[Callable[[], None]]) -> None:
        """Add a batch, and let helpers begin."""
        self._left.extend(pieces)
        self._running += [self._executor.submit(self._take) for _ in range(self._helpers)]

    def finish(self) -> None:
        """Do what is left, and wait for the helpers; raises what a piece raised."""
        self._take()
        for helper in self._running:
            helper.result()

    def drop(self) -> None:
        """Leave undone what nobody has begun."""
        self._left.clear()

    def _take(self) -> None:
        while True:
            try:
                piece = self._left.popleft()
            except IndexError:
                return
            piece()
