"""Lengths in millipoints (1 mpt = 1/1000 pt = 1/72000 in), as whole numbers.

The page is drawn on a grid of decipoints (1 dpt = 0.1 pt = 0.035 mm) so that content streams hold
whole numbers only: fewer bytes, and nothing to round twice.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal

MPT_PER_PT = 1000
MPT_PER_IN = 72_000
MPT_PER_DPT = 100

_PER_UNIT = {
    "pt": Decimal(1000),
    "in": Decimal(72_000),
    "mm": Decimal(72_000) / Decimal("25.4"),
    "cm": Decimal(720_000) / Decimal("25.4"),
    "dpt": Decimal(100),
}
MOST_MPT = 10**12
"""No length of a job is beyond 350 km; sums and products of such stay whole in 64 bits."""
_LENGTH = re.compile(r"(-?\d+(?:\.\d+)?)\s*(pt|in|mm|cm|dpt)\Z")


def parse_length_mpt(text: object) -> int:
    """Turn ``"8.5in"``, ``"12 mm"`` or ``"9pt"`` into millipoints, rounded half-even.

    Raises:
        ValueError: when the text is no length; a bare number is refused (except 0) because it has no unit.
    """
    if text == 0 and not isinstance(text, bool):
        return 0
    match = _LENGTH.match(text.strip()) if isinstance(text, str) else None
    if match is None:
        msg = f"{text!r} is not a length; write a number and a unit: pt, mm, cm or in, such as 8.5in"
        raise ValueError(msg)
    value = Decimal(match.group(1)) * _PER_UNIT[match.group(2)]
    if abs(value) > MOST_MPT:
        msg = f"{text!r} is longer than anything that is printed or mailed"
        raise ValueError(msg)
    return int(value.to_integral_value(ROUND_HALF_EVEN))


def dpt(length_mpt: int) -> int:
    """Millipoints to the drawing grid, rounded half up."""
    return (length_mpt + MPT_PER_DPT // 2) // MPT_PER_DPT
