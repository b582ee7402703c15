"""Content streams -> stream objects of the print file, a task's sides at a time, in one kernel call.

In: content of a few dozen sides, codes made once a job from a sample. Out: the objects as they go to the file. Never:
writes, draws. The kernel releases the GIL: workers compress side by side, and no Python runs for a side.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import deflate
import numpy as np
from numpy.typing import NDArray

from printstream.base.frozen import frozen
from printstream.kernels.deflate import HASH_BITS, OBJECT_BYTES, count_symbols, deflate_sides
from printstream.spool.codes import DISTANCES, LITERALS, Codes, distance_symbols, length_symbols, make_codes

_KEYS = {
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz]( -\n": 4,
    b"%": 5,
    b")/": 8,
}
"""Where a match may begin, and how many bytes it must have. Cells of all columns end with the same few bytes, so the key
is long enough there to tell columns apart. Digits are left out: a match of four of them ends before the gap behind them."""
_WORDS = tuple(
    np.frombuffer(text, np.uint8)
    for text in (b" 0 obj\n<</Length ", b"/Filter/FlateDecode>>stream\n", b"\nendstream\nendobj\n")
)
_USUAL = b"""q .1 0 0 .1 36 36 cm
/X0 Do
.231 .431 .659 rg
931 4284 117 134 re
1651 4284 117 70 re
f
0 g
5613 5071 340 14 re
5613 4711 340 14 re
f
q 288 0 0 288 5641 5875 cm
BT
/F1 90 Tf
.29 .333 .408 rg
540 6710 Td
(Orders from Mar 30, 1992 to May 28, 1997)Tj
/F3 120 Tf
180 -714 Td
(TFTATAATADAADADAATDAFADFTFDADTDTAFTATFATFADAADDAAFDTFDDTDFAFFAFAAAD)Tj
0 -103 Td
(225 Oxford Road)Tj
0 -100 Td
(JUNCTION CITY WI 54443-0198)Tj
/F0 80 Tf
.078 .157 .294 rg
-11 -136 Td
(Statement of account 000000323, Sep 1, 1998)Tj
347 -137 Td
(1,137.67)Tj
465 -137 Td
(Page 2 of 38)Tj
110 TL
[(03/07/1993)-1101(tomato azure plum smoke burlywood)-9368(6)-3549(9,213.78)-3088(3%)-1550(8%)-1282(TRUCK)-4096(9,652.36)]TJ
T*
[(01/12/1994)-1101(lemon firebrick lime white wheat)-10783(23)-2949(25,765.06)-3088(1%)-1550(6%)-1282(MAIL)-4287(27,037.85)]
TJ
T*
[(08/28/1995)-1101(almond khaki drab honey peach)-12084(15)-2949(17,674.05)-3088(6%)-1550(7%)-1282(REG AIR)-2806(17,776.56)]
TJ
[-6667(Total of order 3328)-40424(218,096.52)]TJ
ET
Q
"""
_LEVEL = 6


@frozen
class Block:
    """Content stream objects of consecutive sides.

    Attributes:
        data: uint8[...]: the objects, end to end.
        begins: int64[sides]: where each begins in data.
        first_number: object number of the first; the others follow.
        adler32: uint32[sides]: checksum of each side's content.
    """

    data: NDArray[np.uint8]
    begins: NDArray[np.int64]
    first_number: int
    adler32: NDArray[np.uint32]


class Compressor:
    """One worker's work space; not to be shared between threads.

    Args:
        codes: of the job, see ``train``.
    """

    def __init__(self, codes: Codes) -> None:
        self._codes = codes
        self._last = np.empty(1 << HASH_BITS, np.int32)
        self._out = np.empty(0, np.uint8)

    def compress(self, content: NDArray[np.uint8], offsets: NDArray[np.int64], first_number: int) -> Block:
        """Compress each side by itself.

        Args:
            content: uint8[...], contiguous: the sides' content.
            offsets: int64[sides + 1]: side k is content[offsets[k]:offsets[k + 1]].
            first_number: object number of the first side.
        """
        sides = offsets.size - 1
        # No code has more than 15 bits.
        room = 2 * int(offsets[-1] - offsets[0]) + sides * (OBJECT_BYTES + 8 * self._codes.head.size)
        if self._out.size < room:
            self._out = np.empty(room, np.uint8)
        begins, adler32 = np.empty(sides, np.int64), np.empty(sides, np.uint32)
        used = deflate_sides(
            content, offsets, self._codes, self._last, _WORDS, first_number, self._out, begins, adler32
        )
        return Block(self._out[: int(used)].copy(), begins, first_number, adler32)


def train(samples: Iterable[tuple[NDArray[np.uint8], NDArray[np.int64]]]) -> Codes:
    """Make a job's codes.

    Args:
        samples: content and offsets of sides that stand for all, as for ``Compressor.compress``. The codes follow from
            them alone: the same sides give the same bytes.
    """
    keys = np.zeros(256, np.int64)
    for first, count in _KEYS.items():
        keys[list(first)] = (1 << 8 * count) - 1 if count < 8 else -1
    literals, distances = np.zeros(LITERALS, np.int64), np.zeros(DISTANCES, np.int64)
    last = np.empty(1 << HASH_BITS, np.int32)
    for content, offsets in samples:
        count_symbols(content, offsets, keys, last, length_symbols(), distance_symbols(), literals, distances)
    return make_codes(literals, distances, keys)


@cache
def usual_codes() -> Codes:
    """Codes for a file that is not worth a sample of its own: those of some lines as our pages have them."""
    sample = np.frombuffer(_USUAL, np.uint8)
    return train([(sample, np.array([0, sample.size], np.int64))])


def pack(data: bytes) -> bytes:
    """Compress one stream that is no side: by libdeflate, because igzip's bytes vary with the addresses of a process."""
    return bytes(deflate.zlib_compress(data, _LEVEL))
