"""Content streams -> zlib streams, a side at a time, with igzip.

In: one batch of content bytes and where each side begins. Out: a zlib stream a side. Never: writes, draws.
igzip releases the GIL, so threads compress side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from isal import igzip_lib
from numpy.typing import NDArray

from printstream.base.errors import JobError

MAX_LEVEL = 2
"""igzip's level 3 has other code for SSE, AVX2 and AVX-512 and gives other bytes on each; 0 to 2 repeat."""


def compress_sides(buffer: NDArray[np.uint8], offsets: NDArray[np.int64], level: int) -> list[bytes]:
    """Compress each side by itself.

    Args:
        buffer: uint8[...], contiguous: content streams, laid end to end.
        offsets: int64[sides + 1]: side k is buffer[offsets[k]:offsets[k + 1]].
        level: igzip level: 0 fastest, 2 smallest.

    Raises:
        JobError: when the level would make the bytes depend on the machine.
    """
    if not 0 <= level <= MAX_LEVEL:
        msg = f"compression level {level} does not give the same bytes on every machine"
        raise JobError(msg, next_step=f"Set spool.compression_level to 0 ... {MAX_LEVEL}.")
    view = memoryview(buffer.data)
    compress, zlib_form = igzip_lib.compress, igzip_lib.COMP_ZLIB
    return [compress(view[begin:end], level, zlib_form) for begin, end in pairwise(offsets.tolist())]


def adler32_of(streams: Sequence[bytes]) -> NDArray[np.uint32]:
    """Read the Adler-32 of the content, which each zlib stream ends with (RFC 1950, 2.2)."""
    return np.frombuffer(b"".join([s[-4:] for s in streams]), ">u4").astype(np.uint32)


def pack(data: bytes) -> bytes:
    """Compress one stream that is no side, as small as repeats on every machine."""
    packed: bytes = igzip_lib.compress(data, MAX_LEVEL, igzip_lib.COMP_ZLIB)
    return packed
