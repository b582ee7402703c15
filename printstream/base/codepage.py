r"""The job's own text encoding, shared by all its faces: a byte a character, and two for the rest where one cannot do.

A job in Latin letters uses perhaps 120 different characters, so one byte a character is enough, the content stream's
strings stay readable, and no string ever needs an escape: the codes of ``( ) \`` and the control codes that
a PDF string would alter are never given to a character (ISO 32000-2, 7.3.4.2).

Where a job has more characters than codes, as few of the highest codes as will do become leads: a lead and a trail byte
make a character, as in GBK or Shift JIS. Trails are from 0x40 on and no backslash, so that no trail is a space, a digit or
a parenthesis: who looks for these bytes finds characters.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from printstream.base.frozen import frozen

NO_CODE = 0
_FORBIDDEN = {0x00, 0x08, 0x09, 0x0A, 0x0C, 0x0D, 0x28, 0x29, 0x5C}
_ASCII = range(0x20, 0x7F)
CAPACITY = 256 - len(_FORBIDDEN)
"""Most characters with one byte each."""
FIRST_TRAIL, LAST_TRAIL = 0x40, 0xFF
_TRAILS = [trail for trail in range(FIRST_TRAIL, LAST_TRAIL + 1) if trail not in _FORBIDDEN]
_MOST_LEADS = 128
LARGEST = CAPACITY - _MOST_LEADS + _MOST_LEADS * len(_TRAILS)
"""Most characters of all: 24,567."""


@frozen
class CodePage:
    """A two-way map between characters and codes.

    Attributes:
        unicode: int32[256 * (1 + leads)]: code point of each slot, -1 where it is free. The slot of a one-byte code is the
            code; that of lead k (from 1) and trail t is 256 * k + t.
        code: uint8[65536], or uint16[65536] where there are leads: code of each code point of the Basic Multilingual Plane,
            lead << 8 | trail or one byte; NO_CODE where none.
        leads: how many of the highest bytes are leads; the lowest of them is lead 1.
    """

    unicode: NDArray[np.int32]
    code: NDArray[np.uint8] | NDArray[np.uint16]
    leads: int = 0

    @classmethod
    def of(cls, characters: Iterable[str], first: Iterable[str] = ()) -> CodePage:
        """Give every character a code: ASCII keeps its own, the others follow in code point order.

        Args:
            characters: all of them.
            first: those of them that come before the others where one byte is not enough for all.

        Raises:
            ValueError: when the characters are more than LARGEST or lie outside the BMP.
        """
        wanted = sorted({ord(c) for c in characters} | {0x20})
        own = [point for point in wanted if point in _ASCII and point not in _FORBIDDEN]
        movable = [point for point in wanted if point not in _ASCII or point in _FORBIDDEN]
        if len(wanted) > LARGEST or (movable and movable[-1] > 0xFFFF):
            msg = f"{len(wanted)} different characters do not fit into {LARGEST} codes"
            raise ValueError(msg)
        leads = _leads_for(len(wanted))
        if leads:
            rank = {ord(c): k for k, c in enumerate(dict.fromkeys(first))}
            movable.sort(key=lambda point: (point >= 0x80, rank.get(point, len(rank)), point))
        unicode = np.full(256 * (1 + leads), -1, np.int32)
        unicode[own] = own
        unicode[_free_slots(unicode, leads)[: len(movable)]] = movable
        code: NDArray[np.uint8] | NDArray[np.uint16]
        code = np.zeros(0x10000, np.uint16) if leads else np.zeros(0x10000, np.uint8)
        page = cls(unicode, code, leads)
        slots = np.flatnonzero(unicode >= 0)
        code[unicode[slots]] = page.slot_codes[slots]
        return page

    @property
    def first_lead(self) -> int:
        """The lowest byte that is a lead; 256 where there is none."""
        return 0x100 - self.leads

    @property
    def slot_codes(self) -> NDArray[np.int64]:
        """Code of each slot, as in ``code``; int64[slots]."""
        pages, low = divmod(np.arange(self.unicode.size), 256)
        codes: NDArray[np.int64] = np.where(pages > 0, (self.first_lead - 1 + pages) << 8, 0) | low
        return codes

    def slots(self, codes: bytes) -> list[int]:
        """Slot of each character of a text in codes."""
        found, at = [], 0
        while at < len(codes):
            if codes[at] < self.first_lead:
                found.append(codes[at])
                at += 1
            else:
                found.append((codes[at] - self.first_lead + 1) * 256 + codes[at + 1])
                at += 2
        return found

    def encode(self, text: str) -> bytes:
        """Encode a literal; every character must have a code."""
        codes = [int(self.code[ord(c)]) if ord(c) < 0x10000 else NO_CODE for c in text]
        if NO_CODE in codes:
            missing = sorted({c for c, code in zip(text, codes, strict=True) if code == NO_CODE})
            msg = f"no code for {', '.join(f'U+{ord(c):04X}' for c in missing)}"
            raise ValueError(msg)
        return b"".join(code.to_bytes(1 + (code > 0xFF), "big") for code in codes)

    def decode(self, codes: bytes) -> str:
        """Decode codes back to text (for checks)."""
        return "".join(chr(int(self.unicode[slot])) for slot in self.slots(codes))


def _leads_for(characters: int) -> int:
    """Fewest leads for so many characters."""
    return max(0, -(-(characters - CAPACITY) // (len(_TRAILS) - 1)))


def _free_slots(unicode: NDArray[np.int32], leads: int) -> list[int]:
    """Slots for the characters that move, in the order in which they are given away."""
    ones = [*range(0x80, 0x100 - leads), *range(0x7F, 0, -1)]
    free = [slot for slot in ones if unicode[slot] < 0 and slot not in _FORBIDDEN]
    return free + [256 * page + trail for page in range(1, leads + 1) for trail in _TRAILS]
