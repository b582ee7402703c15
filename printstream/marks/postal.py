"""The Intelligent Mail barcode's digits of every piece (USPS-B-3200, 3.1)."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base import columns as c
from printstream.job import Mailing


def postal_constants(mailing: Mailing) -> NDArray[np.int64]:
    """Barcode id, service type, mailer id, its digits, serial of the first piece; int64[5]."""
    return np.array(
        [
            int(mailing.barcode_id),
            int(mailing.service_type),
            int(mailing.mailer_id),
            len(mailing.mailer_id),
            mailing.first_serial,
        ],
        np.int64,
    )


def _routing_text() -> pl.Expr:
    """ZIP, ZIP+4 where known, delivery point where both are: 5, 9 or 11 digits."""
    plus4 = pl.col(c.PLUS4.name)
    point = pl.col(c.DELIVERY_POINT.name)
    full = pl.concat_str(pl.col(c.POSTAL_CODE.name), plus4, point)
    return pl.when(plus4 == "").then(pl.col(c.POSTAL_CODE.name)).otherwise(full)


def routing(documents: pl.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Routing code of every document, and its digits (5, 9 or 11)."""
    frame = documents.select(text=_routing_text())
    return (
        frame["text"].cast(pl.Int64).to_numpy(),
        frame["text"].str.len_bytes().cast(pl.UInt8).to_numpy(),
    )


def postal_barcodes(pieces: pl.DataFrame, mailing: Mailing) -> pl.Series:
    """Digits of every piece's barcode: 20 tracking digits and the routing code.

    Args:
        pieces: PIECE_ID, POSTAL_CODE, PLUS4, DELIVERY_POINT; any order.
        mailing: the mailer's settings.
    """
    serial_digits = 15 - len(mailing.mailer_id)
    serial = (pl.col(c.PIECE_ID.name).cast(pl.Int64) - 1 + mailing.first_serial) % 10**serial_digits
    head = mailing.barcode_id + mailing.service_type + mailing.mailer_id
    barcode = pl.concat_str(pl.lit(head), serial.cast(pl.String).str.zfill(serial_digits), _routing_text())
    return pieces.select(barcode.alias(c.POSTAL_BARCODE.name)).to_series()
