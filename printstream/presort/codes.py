"""Address codes as whole numbers, and the sort by them.

In: the documents' columns as text. Out: arrays. Never: knows a level or a tray.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base.columns import (
    DELIVERY_POINT,
    MAX_THICKNESS_UM,
    MAX_WEIGHT_MG,
    PLUS4,
    THICKNESS_UM,
    WEIGHT_MG,
)
from printstream.base.frozen import frozen
from printstream.base.postcodes import PostalForm
from printstream.presort.forms import CodeTable, code_numbers

# A delivery point is 00 to 99 and ZIP+4 is 0000 to 9999; 0 stands for unknown, so known ones count from 1.
_POINT_BITS = 7
_TAIL_BITS = 14 + _POINT_BITS
_KEY_BITS = 64


@frozen
class Codes:
    """What the sort needs of each document, in document order.

    Attributes:
        code: int32[n], number of the postal code in the table; numbers rise as mail runs.
        table: the codes.
        tail: int32[n], ZIP+4 and delivery point in one number; unknown sorts before known.
        complete: bool[n], whether ZIP+4 and delivery point are both known.
        weight_mg: int64[n].
        thickness_um: int64[n].
        heaviest_mg, thickest_um: int64[n], at the upper end of the tolerances, for limits.
    """

    code: NDArray[np.int32]
    table: CodeTable
    tail: NDArray[np.int32]
    complete: NDArray[np.bool_]
    weight_mg: NDArray[np.int64]
    thickness_um: NDArray[np.int64]
    heaviest_mg: NDArray[np.int64]
    thickest_um: NDArray[np.int64]


def address_codes(documents: pl.DataFrame, form: PostalForm) -> Codes:
    """Turn the address columns into numbers.

    Raises:
        InputError: a postal code is not of the form (ingest rejects such documents).
    """
    code, table = code_numbers(documents, form)
    point = _known(documents[DELIVERY_POINT.name], 2)
    plus4 = _known(documents[PLUS4.name], 4)
    measures = [documents[c.name].cast(pl.Int64).to_numpy() for c in (WEIGHT_MG, THICKNESS_UM)]
    limits = [
        documents[limit.name].cast(pl.Int64).to_numpy() if limit.name in documents.columns else measure
        for limit, measure in zip((MAX_WEIGHT_MG, MAX_THICKNESS_UM), measures, strict=True)
    ]
    return Codes(
        code=code,
        table=table,
        tail=(plus4 << _POINT_BITS) | point,
        complete=(plus4 > 0) & (point > 0),
        weight_mg=measures[0],
        thickness_um=measures[1],
        heaviest_mg=limits[0],
        thickest_um=limits[1],
    )


def _known(text: pl.Series, digits: int) -> NDArray[np.int32]:
    """1 + the number, 0 where the text is not exactly so many digits."""
    number = text.cast(pl.UInt16, strict=False).cast(pl.Int32) + 1
    return number.set(text.str.len_bytes() != digits, None).fill_null(0).to_numpy()


def mailing_order(rank: NDArray[np.uint32], tail: NDArray[np.int32]) -> NDArray[np.uint32]:
    """Order by rank, then tail, then place in the arrays: one sort of packed numbers where they fit.

    Args:
        rank: uint32[n], rank of the postal code.
        tail: int32[n], below 2**21.

    Returns:
        uint32[n], indices into the arrays.
    """
    if not rank.size:
        return np.empty(0, np.uint32)
    row_bits = int(rank.size - 1).bit_length()
    key = rank.astype(np.uint64)
    key <<= np.uint64(_TAIL_BITS)
    key |= tail.astype(np.uint64)
    if int(rank.max()).bit_length() + _TAIL_BITS + row_bits > _KEY_BITS:
        return np.argsort(key, kind="stable").astype(np.uint32)
    key <<= np.uint64(row_bits)
    key |= np.arange(rank.size, dtype=np.uint64)
    key.sort()
    key &= np.uint64((1 << row_bits) - 1)
    return key.astype(np.uint32)
