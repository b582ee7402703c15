r"""The job's own 1-byte text encoding, shared by all its faces.

A job uses perhaps 120 different characters, so one byte a character is enough, the content stream's
strings stay readable, and no string ever needs an escape: the codes of ``( ) \`` and the control codes that
a PDF string would alter are never given to a character (ISO 32000-2, 7.3.4.2).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NO_CODE = 0
_FORBIDDEN = {0x00, 0x08, 0x09, 0x0A, 0x0C, 0x0D, 0x28, 0x29, 0x5C}
_ASCII = range(0x20, 0x7F)
CAPACITY = 256 - len(_FORBIDDEN)


@dataclass(frozen=True)
class CodePage:
    """A two-way map between characters and codes 1..255.

    Attributes:
        unicode: int32[256]: code point of each code, -1 where the code is free.
        code: uint8[65536]: code of each code point of the Basic Multilingual Plane, NO_CODE where none.
    """

    unicode: NDArray[np.int32]
    code: NDArray[np.uint8]

    @classmethod
    def of(cls, characters: Iterable[str]) -> CodePage:
        """Give every character a code: ASCII keeps its own, the others follow in code point order.

        Raises:
            ValueError: when the characters are more than CAPACITY or lie outside the BMP.
        """
        wanted = sorted({ord(c) for c in characters} | {0x20})
        unicode = np.full(256, -1, np.int32)
        code = np.zeros(65536, np.uint8)
        movable = []
        for point in wanted:
            if point in _ASCII and point not in _FORBIDDEN:
                unicode[point] = point
                code[point] = point
            else:
                movable.append(point)
        free = [
            c for c in [*range(0x80, 0x100), *range(0x7F, 0, -1)] if unicode[c] < 0 and c not in _FORBIDDEN
        ]
        if len(movable) > len(free) or (movable and movable[-1] > 0xFFFF):
            msg = f"{len(wanted)} different characters do not fit into {CAPACITY} codes"
            raise ValueError(msg)
        for point, slot in zip(movable, free, strict=False):
            unicode[slot] = point
            code[point] = slot
        return cls(unicode, code)

    def encode(self, text: str) -> bytes:
        """Encode a literal; every character must have a code."""
        codes = bytes(int(self.code[ord(c)]) if ord(c) < 65536 else NO_CODE for c in text)
        if NO_CODE in codes:
            missing = sorted({c for c in text if ord(c) > 65535 or self.code[ord(c)] == NO_CODE})
            msg = f"no code for {', '.join(f'U+{ord(c):04X}' for c in missing)}"
            raise ValueError(msg)
        return codes

    def decode(self, codes: bytes) -> str:
        """Decode codes back to text (for checks)."""
        return "".join(chr(int(self.unicode[c])) for c in codes)
