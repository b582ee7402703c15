"""The Intelligent Mail barcode as text: check its digits, encode one.

For single barcodes (proofs, papers, tests); the press run calls the kernel itself.
"""

from __future__ import annotations

import numpy as np

from printstream.kernels import imb

_TRACKING_DIGITS = 20
_ROUTING_DIGITS = (0, 5, 9, 11)
_DIGITS = frozenset("0123456789")
_MEANING = {
    imb.BAD_TRACKING_LENGTH: "the tracking code must have 20 digits",
    imb.BAD_TRACKING: "the tracking code must consist of digits",
    imb.BAD_BARCODE_ID: "the second tracking digit must be 0 to 4",
    imb.BAD_ROUTING_LENGTH: "the routing code must have 0, 5, 9 or 11 digits",
    imb.BAD_ROUTING: "the routing code must consist of digits",
}


def check_imb(tracking: str, routing: str) -> int:
    """Check the digits as the USPS encoder does.

    Returns:
        0, or the USPS return code of the first fault: 9 tracking length, 10 tracking not numeric, 11 second
        tracking digit over 4, 12 routing length, 13 routing not numeric.
    """
    if len(tracking) != _TRACKING_DIGITS:
        return imb.BAD_TRACKING_LENGTH
    if not _DIGITS.issuperset(tracking):
        return imb.BAD_TRACKING
    if tracking[1] > "4":
        return imb.BAD_BARCODE_ID
    if len(routing) not in _ROUTING_DIGITS:
        return imb.BAD_ROUTING_LENGTH
    return imb.OK if _DIGITS.issuperset(routing) else imb.BAD_ROUTING


def encode_text(tracking: str, routing: str) -> str:
    """Encode one barcode.

    Returns:
        the 65 bars as letters T, D, A, F (tracker, descender, ascender, full).

    Raises:
        ValueError: with the USPS return code, when the digits are wrong.
    """
    code = check_imb(tracking, routing)
    if code != imb.OK:
        msg = f"USPS return code {code:02d}: {_MEANING[code]}"
        raise ValueError(msg)
    digits = np.frombuffer((tracking + routing).encode("ascii"), np.uint8)
    bars = np.empty(imb.BARS, np.uint8)
    imb.encode_imb_digits(imb.imb_tables(), digits, 0, digits.size, bars, 0)
    return bars.tobytes().decode("ascii")
