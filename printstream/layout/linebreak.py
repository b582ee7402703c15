"""Where lines may break beside characters of East Asian writing, which has no spaces between words.

In: the code page. Out: flags and widths by slot, as the kernels take them. Never: breaks a line.

A line may break before and behind every such character, except: not before closing marks, small kana, signs of repetition
and of length, and dashes and ellipses, which also keeps their pairs together; not behind opening marks and currency signs.
These are the classes CL, CP, EX, IS, NS, CJ, IN, B2, PO and OP, PR of UAX 14 among its rules LB13 to LB25, as JIS X 4051
and the Chinese W3C requirements (clreq, 3.1.5) ask. Typographers' quotation marks open and close as in Chinese (LB19a);
straight ones stick to both sides (LB19). Elsewhere lines break at spaces only, as in jobs of Latin letters.
"""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from printstream.base.codepage import CodePage
from printstream.base.program import BREAK_BESIDE, BREAK_NOT_BEFORE, BREAK_NOT_BEHIND, LEAD_WIDTH

_NOT_BEFORE = frozenset(
    "\"'!%,-./:;?°·‐–—‥…‰′″℃、。々〜〻ぁぃぅぇぉっゃゅょゎ゛゜ゝゞァィゥェォッャュョヮヵヶ・ーヽヾ！％，．：；？～･ｰﾞﾟ\u3000￠"
)
_NOT_BEHIND = frozenset("\"'±$£¥€№＄￡￥")
_FIRST_RADICAL = "\u2e80"
_OPENING, _CLOSING = frozenset({"Ps", "Pi"}), frozenset({"Pe", "Pf"})


def break_flags(character: str) -> int:
    """BREAK_* of a character."""
    category = unicodedata.category(character)
    # Below the first radicals what is wide are signs such as crosses and hourglasses, which Latin text uses too.
    east_asian = character >= _FIRST_RADICAL and unicodedata.east_asian_width(character) in "WF"
    flags = BREAK_BESIDE if east_asian else 0
    if category in _CLOSING or character in _NOT_BEFORE:
        flags |= BREAK_NOT_BEFORE
    if category in _OPENING or character in _NOT_BEHIND:
        flags |= BREAK_NOT_BEHIND
    return flags


def slot_tables(codepage: CodePage, widths: NDArray[np.int32]) -> dict[str, Any]:
    """Give Program.widths, and slot_widths and slot_breaks but where every code is one byte and no character breaks lines.

    Args:
        codepage: the job's encoding.
        widths: int32[faces, slots].
    """
    points = codepage.unicode.tolist()
    flags = np.array([break_flags(chr(point)) if point >= 0 else 0 for point in points], np.uint8)
    if not codepage.leads and not (flags & BREAK_BESIDE).any():
        return {"widths": widths}
    leads = slice(codepage.first_lead, 256)
    ones = widths[:, :256].copy()
    ones[:, leads] = LEAD_WIDTH
    widths = widths.copy()
    widths[:, leads] = -np.arange(1, codepage.leads + 1)
    return {"widths": ones, "slot_widths": widths, "slot_breaks": flags}
