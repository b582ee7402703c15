"""Tables of the encoders, kept in the cache folder: to make them takes 0.15 s, to read them 0.005 s.

In: a named tuple's class, what makes one. Out: the same tuple. Never: unpickles.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from printstream.base.cache import cached, source_digest

T = TypeVar("T", bound=tuple[Any, ...])


def kept_tables(kind: type[T], make: Callable[[], T], *sources: str) -> T:
    """Give the tables that ``make`` makes.

    Args:
        kind: class of the named tuple, of arrays only.
        make: makes one.
        sources: the source files whose words decide what it holds.
    """

    def packed() -> bytes:
        out = io.BytesIO()
        for table in make():
            np.save(out, np.ascontiguousarray(table), allow_pickle=False)
        return out.getvalue()

    held = io.BytesIO(cached("tables", kind.__name__.encode() + source_digest(*sources), packed))
    fields: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]
    return kind(*[np.load(held, allow_pickle=False) for _ in fields])
