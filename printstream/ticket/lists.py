"""Lists for the post and the shop floor as CSV: trays, pieces, postage, qualification, Mailmark items.

In: the mail. Out: bytes. Never: recipients' names or streets.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from printstream.base import columns as c
from printstream.job import Job
from printstream.ticket.post import (
    CONTAINER_BARCODE,
    LAST_SEQUENCE,
    LAST_TRAY,
    ORIGIN,
    SPOOL_FIRST,
    SPOOL_LAST,
    TRAY_BARCODE,
    Post,
)

_CHUNK_ROWS = 1 << 17
_PIECE_COLUMNS = (
    *(c.SEQUENCE, c.PIECE_ID, c.TRAY_ID, c.SPOOL, c.FIRST_SIDE, c.SHEETS, c.STREAM, c.PRESORT_LEVEL),
    *(c.POSTAL_CODE, c.POSTAL_BARCODE, c.WEIGHT_MG, c.THICKNESS_UM, c.POSTAGE_MILLS),
)


def tray_list(trays: pl.DataFrame) -> bytes:
    """The label file and tray manifest: a row a tray, in the order in which trays are made.

    Args:
        trays: ``tray_table``.
    """
    carried = [column.name for column in (c.CONTAINER_ID, c.CONTAINER_LEVEL) if column.name in trays.columns]
    return _csv(
        trays.select(
            c.TRAY_ID.name,
            c.STREAM.name,
            c.PRESORT_LEVEL.name,
            c.TRAY_TYPE.name,
            pl.col(c.DESTINATION.name).alias("label_line_1"),
            pl.col(c.CONTENT.name).alias("label_line_2"),
            pl.col(ORIGIN).alias("label_line_3"),
            TRAY_BARCODE,
            c.DESTINATION_ZIP.name,
            c.CIN.name,
            c.PIECES.name,
            c.FIRST_SEQUENCE.name,
            LAST_SEQUENCE,
            SPOOL_FIRST,
            SPOOL_LAST,
            c.WEIGHT_MG.name,
            c.THICKNESS_UM.name,
            pl.col(c.FULL.name).cast(pl.String),
            *carried,
        )
    )


def container_list(containers: pl.DataFrame) -> bytes:
    """The list of placards: a row a container.

    Args:
        containers: ``container_table``.
    """
    return _csv(
        containers.select(
            *(x.name for x in (c.CONTAINER_ID, c.STREAM, c.CONTAINER_TYPE, c.CONTAINER_LEVEL)),
            pl.col(c.DESTINATION.name).alias("placard_line_1"),
            pl.col(c.CONTENT.name).alias("placard_line_2"),
            pl.col(ORIGIN).alias("placard_line_3"),
            CONTAINER_BARCODE,
            *(x.name for x in (c.DESTINATION_ZIP, c.TRAYS, c.FIRST_TRAY)),
            LAST_TRAY,
            *(x.name for x in (c.PIECES, c.LAYERS, c.HEIGHT_UM, c.WEIGHT_MG, c.GROSS_MG)),
            SPOOL_FIRST,
            SPOOL_LAST,
        )
    )


def piece_list(pieces: pl.DataFrame) -> Iterator[bytes]:
    """The manifest of pieces, some thousand rows at a time."""
    carried = (c.CONTAINER_ID,) if c.CONTAINER_ID.name in pieces.columns else ()
    chosen = pieces.select(column.name for column in (*_PIECE_COLUMNS, *carried))
    yield _csv(chosen.clear())
    for first in range(0, chosen.height, _CHUNK_ROWS):
        yield chosen[first : first + _CHUNK_ROWS].write_csv(include_header=False).encode()


def postage_list(post: Post) -> bytes:
    """The postage statement's lines: a row a stream, level and price."""
    return _csv(post.rates.with_columns(pl.lit(post.currency).alias("currency")))


def level_list(post: Post) -> bytes:
    """The qualification report's lines: a row a stream and level."""
    return _csv(post.levels)


def is_mailmark(job: Job) -> bool:
    """Whether pieces carry a Mailmark."""
    return job.mailing.barcode in ("mailmark_c", "mailmark_l", "mailmark_2d")


def mailmark_list(post: Post) -> Iterator[bytes]:
    """Items by their Mailmark, with what Royal Mail's eManifest asks of each: our columns, not Royal Mail's form.

    A 4-state Mailmark reads: format, version, class, supply chain (2 or 6 digits), item (8), postcode and delivery point.
    """
    code = pl.col(c.POSTAL_BARCODE.name)
    if post.job.mailing.barcode == "mailmark_2d":
        # UPU country id "JGB ", type, version, class, supply chain 7, item 8, postcode and delivery point 9.
        places = {"information_type": (4, 1), "version": (5, 1), "class": (6, 1), "supply_chain": (7, 7)}
        places |= {"item": (14, 8), "destination": (22, 9)}
    else:
        chain = 2 if post.job.mailing.barcode == "mailmark_c" else 6
        places = {"format": (0, 1), "version": (1, 1), "class": (2, 1), "supply_chain": (3, chain)}
        places |= {"item": (3 + chain, 8), "destination": (11 + chain, 9)}
    parts = [code.str.slice(*place).str.strip_chars_end().alias(name) for name, place in places.items()]
    table = post.pieces.select(
        c.SEQUENCE.name,
        c.PIECE_ID.name,
        c.TRAY_ID.name,
        *parts,
        code.str.strip_chars_end().alias("mailmark"),
        (pl.col(c.WEIGHT_MG.name) / 1000).round(1).alias("weight_g"),
        c.STREAM.name,
        c.PRESORT_LEVEL.name,
    )
    yield _csv(table.clear())
    for first in range(0, table.height, _CHUNK_ROWS):
        yield table[first : first + _CHUNK_ROWS].write_csv(include_header=False).encode()


def _csv(table: pl.DataFrame) -> bytes:
    return table.write_csv().encode()
