"""Columns for kernels: whole numbers in one arena, text in job codes in another.

A kernel cannot take a list of differently typed arrays, so every integer column of a table lies in one
8-byte-aligned block of memory that is seen through four views (int8, int16, int32, int64), and a row of
``meta`` (int64[columns, META_FIELDS]) says of what kind it is, which view (log2 of the width in bytes; -1 for a text
column whose entries are the rows) and where (index of the first value in that view; first text entry; values a row of
a list). Text is dictionary text: a code column picks an entry.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

META_FIELDS = 6
META_KIND, META_WIDTH, META_START, META_OFFSETS, META_LENGTH, META_SPARE = range(META_FIELDS)


class Kind(IntEnum):
    """What a stored column holds."""

    INT = 0
    """Whole numbers: counts, money in cents, dates as days since 1970-01-01."""
    TEXT = 1
    """An index into the text entries of the column (META_OFFSETS is its first entry)."""
    LIST = 2
    """META_LENGTH whole numbers a row, laid end to end."""


class IntArena:
    """Allocates integer columns inside one block, so that they are written where kernels read them."""

    def __init__(self, capacity_bytes: int) -> None:
        self.block: NDArray[np.uint8] = np.zeros((capacity_bytes + 7) // 8, np.int64).view(np.uint8)
        self._used = 0

    def allocate(self, width_log2: int, values: int) -> tuple[int, NDArray[np.signedinteger]]:
        """Reserve ``values`` signed integers of ``1 << width_log2`` bytes.

        Returns:
            the index of the first value in the view of that width, and the writable view.

        Raises:
            ValueError: when the block is too small (a fault of the caller's sizing).
        """
        width = 1 << width_log2
        begin = (self._used + 7) & ~7
        end = begin + values * width
        if end > self.block.size:
            msg = f"the arena of {self.block.size} bytes cannot take {values} values of {width} bytes"
            raise ValueError(msg)
        self._used = end
        dtype = (np.int8, np.int16, np.int32, np.int64)[width_log2]
        return begin // width, self.block[begin:end].view(dtype)

    @staticmethod
    def bytes_for(width_log2: int, values: int) -> int:
        """Bytes that one allocation takes, alignment included."""
        return (values << width_log2) + 8
