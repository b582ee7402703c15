"""Address codes as whole numbers, and the sort by them.

In: the documents' columns as text. Out: arrays. Never: knows a level or a tray.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base.columns import DELIVERY_POINT, DOCUMENT, PLUS4, POSTAL_CODE, THICKNESS_UM, WEIGHT_MG
from printstream.base.errors import InputError

# A delivery point is 00 to 99 and ZIP+4 is 0000 to 9999; 0 stands for unknown, so known ones count from 1.
_POINT_BITS = 7
_TAIL_BITS = 14 + _POINT_BITS
_RANK_BITS = 17
_ROW_BITS = 64 - _RANK_BITS - _TAIL_BITS


@dataclass(frozen=True)
class Codes:
    """What the sort needs of each document, in document order.

    Attributes:
        zip5: int32[n], 0 to 99999.
        tail: int32[n], ZIP+4 and delivery point in one number; unknown sorts before known.
        complete: bool[n], whether ZIP+4 and delivery point are both known.
        weight_mg: int64[n].
        thickness_um: int64[n].
    """

    zip5: NDArray[np.int32]
    tail: NDArray[np.int32]
    complete: NDArray[np.bool_]
    weight_mg: NDArray[np.int64]
    thickness_um: NDArray[np.int64]


def address_codes(documents: pl.DataFrame) -> Codes:
    """Turn the address columns into numbers.

    Raises:
        InputError: a postal code is not five digits (ingest rejects such documents).
    """
    good = documents[POSTAL_CODE.name].str.contains(r"\A[0-9]{5}\z").fill_null(value=False)
    if not good.all():
        bad = int(documents[DOCUMENT.name][int((~good).arg_true()[0])])
        what = f"{int((~good).sum())} documents have a postal code that is not five digits"
        raise InputError(what, where=f"document {bad}", next_step="Reject them at ingest")
    point = _known(documents[DELIVERY_POINT.name], 2)
    plus4 = _known(documents[PLUS4.name], 4)
    return Codes(
        zip5=documents[POSTAL_CODE.name].cast(pl.Int32).to_numpy(),
        tail=(plus4 << _POINT_BITS) | point,
        complete=(plus4 > 0) & (point > 0),
        weight_mg=documents[WEIGHT_MG.name].cast(pl.Int64).to_numpy(),
        thickness_um=documents[THICKNESS_UM.name].cast(pl.Int64).to_numpy(),
    )


def _known(text: pl.Series, digits: int) -> NDArray[np.int32]:
    """1 + the number, 0 where the text is not exactly so many digits."""
    number = text.cast(pl.UInt16, strict=False).cast(pl.Int32) + 1
    return number.set(text.str.len_bytes() != digits, None).fill_null(0).to_numpy()


def mailing_order(rank: NDArray[np.uint32], tail: NDArray[np.int32]) -> NDArray[np.uint32]:
    """Order by rank, then tail, then place in the arrays: one sort of packed numbers.

    Args:
        rank: uint32[n], below 2**17: rank of the ZIP Code.
        tail: int32[n], below 2**21.

    Returns:
        uint32[n], indices into the arrays.
    """
    key = rank.astype(np.uint64)
    key <<= np.uint64(_TAIL_BITS)
    key |= tail.astype(np.uint64)
    if rank.size > 1 << _ROW_BITS:
        return np.argsort(key, kind="stable").astype(np.uint32)
    key <<= np.uint64(_ROW_BITS)
    key |= np.arange(rank.size, dtype=np.uint64)
    key.sort()
    key &= np.uint64((1 << _ROW_BITS) - 1)
    return key.astype(np.uint32)
