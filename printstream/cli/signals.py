"""Signals that end a program unwind it instead.

In: nothing. Out: the handlers, while a command runs. Never: cuts the removal of partial files short.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

from printstream.base import interrupts

if TYPE_CHECKING:
    from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def caught() -> Iterator[None]:
    """Let the signals that end a program unwind instead; what the caller ignores (nohup) stays ignored."""
    wanted = (number for number in _ENDING if signal.getsignal(number) != signal.SIG_IGN)
    former = {number: signal.signal(number, _stop) for number in wanted}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """Unwind like Ctrl-C, once: a second signal must not cut the removal of partial files short."""
    for number in _ENDING:
        # Not SIG_IGN: Python complains of a signal that arrived before and finds no handler any more.
        signal.signal(number, _ignore)
    if not interrupts.note():
        raise KeyboardInterrupt


def _ignore(_signal: int, _frame: FrameType | None) -> None:
    """Do nothing."""
