"""What reading damaged Parquet files raises, told as one clear error.

In: the name of a file that is being read. Out: an error that says so. Never: repeats what Arrow says, which may quote
data; that stays in the chain.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from printstream.base.errors import InputError


class DamagedError(Exception):
    """What a file says of itself cannot be."""


_DAMAGE = (DamagedError, pa.ArrowException, OSError, UnicodeError)
"""Arrow tells most damage itself, but takes names of columns for UTF-8 without looking."""


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Read a file.

    Args:
        name: of the file, for the message.

    Raises:
        InputError: when the file is damaged.
    """
    try:
        yield
    except _DAMAGE as error:
        what = "this is no Parquet file, or it is damaged or cut short"
        raise InputError(what, where=name, next_step="Deliver the file again.") from error
