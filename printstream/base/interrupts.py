"""Signals that end a run, held back to places where they can be raised.

Python raises in the main thread wherever it stands, also just behind the taking of a lock, which then nobody frees:
a run that was stopped while it fed its workers could wait for them for ever. Inside ``held`` a signal is noted, and
``check`` raises it where nothing is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class _Notes:
    """Whether signals are held back, and whether one came."""

    def __init__(self) -> None:
        self.depth = 0
        self.came = False


_notes = _Notes()


@contextmanager
def held() -> Iterator[None]:
    """Hold signals back in this block; one that comes behind the last ``check`` has come too late."""
    _notes.depth += 1
    try:
        yield
    finally:
        _notes.depth -= 1
        _notes.came = _notes.came and _notes.depth > 0


def note() -> bool:
    """Called by the signal handler: tell whether signals are held back, and if so remember this one."""
    if _notes.depth == 0:
        return False
    _notes.came = True
    return True


def check() -> None:
    """Raise what was held back.

    Raises:
        KeyboardInterrupt: when a signal came.
    """
    if _notes.came:
        _notes.came = False
        raise KeyboardInterrupt
