"""The post's code of every piece: Intelligent Mail here, the other posts' in marks.posts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base import columns as c
from printstream.base.frozen import frozen
from printstream.base.program import IMB_MARK, PostalMark
from printstream.job import Job, Mailing

if TYPE_CHECKING:
    from printstream.kernels.posts import Posts

_WITHOUT_PAYLOAD = frozenset({"imb", "none"})
"""Marks.posts and its kernels are loaded for the others only."""


@frozen
class Faulty:
    """Documents whose payload has no code.

    Attributes:
        documents: int64[n]: rows, ascending.
        column: what is wrong; reasons: why, one each.
    """

    documents: NDArray[np.int64]
    column: str
    reasons: tuple[str, ...]


def postal_mark(job: Job) -> PostalMark:
    """What the job's code looks like.

    Raises:
        JobError: when a symbol has no width.
    """
    if job.mailing.barcode in _WITHOUT_PAYLOAD:
        return IMB_MARK if job.mailing.barcode == "imb" else PostalMark()
    from printstream.marks.posts import mark_of

    return mark_of(job)


def postal_columns(job: Job) -> frozenset[str]:
    """Columns that the code reads besides the address."""
    if job.mailing.barcode in _WITHOUT_PAYLOAD:
        return frozenset()
    from printstream.marks.recipes import recipe_of

    return recipe_of(job).columns


def postal_constants(mailing: Mailing) -> NDArray[np.int64]:
    """Barcode id, service type, mailer id, its digits (0: another code), serial of the first piece; int64[5]."""
    return np.array(
        [
            int(mailing.barcode_id),
            int(mailing.service_type),
            int(mailing.mailer_id),
            len(mailing.mailer_id) if mailing.barcode == "imb" else 0,
            mailing.first_serial,
        ],
        np.int64,
    )


def routing(documents: pl.DataFrame, job: Job) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Routing code of every document, and its digits (0, 5, 9 or 11); zeros where the job has no such barcode."""
    if job.mailing.barcode != "imb":
        return np.zeros(documents.height, np.int64), np.zeros(documents.height, np.uint8)
    text = documents.select(_routing_text()).to_series()
    abroad = text == ""  # it has none
    number = text.set(abroad, "0") if abroad.any() else text
    return number.cast(pl.Int64).to_numpy(), _lengths(text).astype(np.uint8)


def _lengths(texts: pl.Series) -> NDArray[np.int64]:
    """Bytes of each text, none of which is absent."""
    if not len(texts):
        return np.zeros(0, np.int64)
    arrow = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    ends: NDArray[np.int64] = np.frombuffer(arrow.buffers()[1], np.int64, len(arrow) + 1, 8 * arrow.offset)
    return np.diff(ends)


def _routing_text() -> pl.Expr:
    """ZIP, ZIP+4 where known, delivery point where both are: 5, 9 or 11 digits."""
    plus4 = pl.col(c.PLUS4.name)
    point = pl.col(c.DELIVERY_POINT.name)
    full = pl.concat_str(pl.col(c.POSTAL_CODE.name), plus4, point)
    return pl.when(plus4 == "").then(pl.col(c.POSTAL_CODE.name)).otherwise(full)


def postal_payloads(documents: pl.DataFrame, job: Job) -> Posts | None:
    """Payloads of all documents for the kernels; None where the job has none, or the Intelligent Mail barcode."""
    if job.mailing.barcode in _WITHOUT_PAYLOAD:
        return None
    from printstream.marks.posts import payloads

    return payloads(documents, job)


def faulty_documents(documents: pl.DataFrame, job: Job) -> Faulty:
    """Find the documents whose payload the post would not take; ingest has seen to the Intelligent Mail barcode's."""
    if job.mailing.barcode in _WITHOUT_PAYLOAD or documents.is_empty():
        return Faulty(np.zeros(0, np.int64), "", ())
    from printstream.marks.posts import find_faults
    from printstream.marks.recipes import recipe_of

    reasons = find_faults(documents, job)
    rows = sorted(reasons)
    column = recipe_of(job).column
    return Faulty(np.array(rows, np.int64), column, tuple(reasons[row] for row in rows))


def serial_limit(job: Job) -> tuple[str, int]:
    """Within what serial numbers must differ, and what they are below; ("", 0) where the code has none."""
    mailing = job.mailing
    if mailing.barcode == "imb":
        return f"imb-{mailing.mailer_id}", 10 ** (15 - len(mailing.mailer_id))
    if mailing.barcode == "none":
        return "", 0
    from printstream.marks.recipes import recipe_of

    recipe = recipe_of(job)
    return (recipe.issuer, recipe.limit) if recipe.number_bytes else ("", 0)


def postal_barcodes(pieces: pl.DataFrame, documents: pl.DataFrame, job: Job) -> pl.Series:
    """What every piece's code says: digits and text as printed, bytes in hexadecimal; empty where there is no code.

    Args:
        pieces: PIECE_ID, DOCUMENT, POSTAL_CODE, PLUS4, DELIVERY_POINT; any order.
        documents: the documents, row k being document k.
        job: the job.
    """
    mailing, name = job.mailing, c.POSTAL_BARCODE.name
    if mailing.barcode == "none":
        return pl.Series(name, [""], pl.String).new_from_index(0, pieces.height)
    if mailing.barcode != "imb":
        from printstream.marks.posts import barcode_texts

        return barcode_texts(pieces, documents, job).alias(name)
    digits = 15 - len(mailing.mailer_id)
    head = mailing.barcode_id + mailing.service_type + mailing.mailer_id
    number = pl.col(c.PIECE_ID.name).cast(pl.Int64) - 1 + mailing.first_serial
    serial = (number % 10**digits).cast(pl.String).str.zfill(digits)
    return pieces.select(pl.concat_str(pl.lit(head), serial, _routing_text()).alias(name)).to_series()
