"""The mail as its papers see it: pieces, trays with their labels, levels and what they are called at the post.

In: manifest, trays, levels. Out: ``Post``, ``tray_table``. Never: sorts or prices anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from functools import cached_property

import polars as pl

from printstream.base import columns as c
from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.job import Job
from printstream.mailer import Party

NO_TRAY = "none"
"""TRAY_TYPE of mail that lies in no tray."""
_TRAY_BARCODE_DIGITS = 24
_CONTAINER_BARCODE_PREFIX = "99M"
_CONTAINER_BARCODE_LENGTH = 21
"""Application identifier 99, type M, mailer identifier, serial number (USPS-B-3215, as quoted by neodynamic.com)."""
_FIXED_DIGITS = 10
"""ZIP 5, content number 3, label source 1, label type 1 (USPS-L-3216)."""

TRAY_BARCODE = "tray_barcode"
CONTAINER_BARCODE = "container_barcode"
LAST_TRAY = "last_tray"
LAST_SEQUENCE = "last_sequence"
SPOOL_FIRST, SPOOL_LAST = "spool_first", "spool_last"
ORIGIN = "origin"
OWNER = "owner"
CONTENTS = "contents"


@frozen
class LevelPaper:
    """What papers say of a presort level.

    Attributes:
        cin: content code of its trays.
        list_date: effective date of its labeling list; None where it has none, or one that only stands in.
    """

    cin: str
    list_date: date | None


@frozen
class ContainerPaper:
    """What papers say of a stream's containers.

    Attributes:
        title: what the container is called.
        heading: what stands above line 1 of its placard; may be empty.
        width_mpt, height_mpt, copies: of the placard.
        letter_mpt: least height of the capitals of its lines.
        barcode: whether it has the Intelligent Mail container barcode.
        maildat_type, section: Mail.dat's words for the container and its preparation.
        maildat_levels: its word for each level.
        list_dates: effective date of each level's labeling list; None where it has none, or one that only stands in.
        tare_mg: weight of the empty container.
    """

    title: str
    heading: str
    width_mpt: int
    height_mpt: int
    copies: int
    letter_mpt: int
    barcode: bool
    maildat_type: str
    section: str
    maildat_levels: Mapping[str, str]
    list_dates: Mapping[str, date | None]
    tare_mg: int


@frozen
class Post:
    """A run's mail.

    Attributes:
        job: the job.
        pieces: a row a piece, in mailing order: the manifest.
        trays: a row a tray, in mailing order.
        levels, rates: the qualification's tables.
        currency: ISO 4217 code of the postage.
        schemes: titles of the schemes, by name.
        papers: levels by stream and level name; streams without a scheme have none.
        first_tray_serial: serial number of tray 1.
        owners: whose mail it is, of a mailing of several; OWNER of the pieces counts them from 0.
        containers: a row a pallet or other container; None where no stream's trays travel in any.
        carriers: what their papers say, by stream.
        first_container_serial: serial number of container 1.
        contents: by tray, what its label says of whose mail lies in it; without it the label names print files.
    """

    job: Job
    pieces: pl.DataFrame
    trays: pl.DataFrame
    levels: pl.DataFrame
    rates: pl.DataFrame
    currency: str
    schemes: Mapping[str, str]
    papers: Mapping[tuple[str, str], LevelPaper]
    first_tray_serial: int
    owners: tuple[Party, ...] = ()
    contents: Mapping[int, str] = field(default_factory=dict)
    containers: pl.DataFrame | None = None
    carriers: Mapping[str, ContainerPaper] = field(default_factory=dict)
    first_container_serial: int = 1

    @cached_property
    def spans(self) -> pl.DataFrame:
        """A row a tray: its last piece and the print files that its pieces are in; asked for by several papers."""
        return self.pieces.group_by(c.TRAY_ID.name).agg(
            pl.col(c.SEQUENCE.name).max().alias(LAST_SEQUENCE),
            pl.col(c.SPOOL.name).min().alias(SPOOL_FIRST),
            pl.col(c.SPOOL.name).max().alias(SPOOL_LAST),
        )

    @property
    def has_trays(self) -> bool:
        """Whether any mail lies in a tray."""
        return bool((self.trays[c.TRAY_TYPE.name] != NO_TRAY).any())


def tray_serial_limit(job: Job) -> tuple[str, int]:
    """Mailer identifier in tray barcodes, and what their serial numbers are below."""
    mailer_id = job.mailing.tray_labels.mailer_id or job.mailing.mailer_id
    limit: int = 10 ** (_TRAY_BARCODE_DIGITS - _FIXED_DIGITS - len(mailer_id))
    return mailer_id, limit


def container_serial_limit(job: Job) -> tuple[str, int]:
    """Mailer identifier in container barcodes, and what their serial numbers are below."""
    mailer_id = job.mailing.placards.mailer_id or tray_serial_limit(job)[0]
    room = _CONTAINER_BARCODE_LENGTH - len(_CONTAINER_BARCODE_PREFIX) - len(mailer_id)
    limit: int = 10**room
    return mailer_id, limit


def container_table(post: Post) -> pl.DataFrame:
    """Give a row a container: what its placard says, its barcode, its last tray and print files.

    Raises:
        JobError: when there are more containers than serial numbers.
    """
    assert post.containers is not None
    mailer_id, limit = container_serial_limit(post.job)
    count, first = post.containers.height, post.first_container_serial
    if count and first + count > limit:
        what = f"{count:,} containers from serial {first:,} on pass the last one ({limit - 1:,})"
        raise JobError(
            what, where="job.mailing.placards", next_step="Start lower, or use a shorter mailer id"
        )
    trays = post.trays.filter(pl.col(c.CONTAINER_ID.name).is_not_null())
    spans = (
        trays.select(c.TRAY_ID.name, c.CONTAINER_ID.name)
        .join(post.spans, on=c.TRAY_ID.name, how="left")
        .group_by(c.CONTAINER_ID.name)
        .agg(
            pl.col(c.TRAY_ID.name).max().alias(LAST_TRAY),
            pl.col(SPOOL_FIRST).min(),
            pl.col(SPOOL_LAST).max(),
        )
    )
    coded = [stream for stream, paper in post.carriers.items() if paper.barcode]
    serial = (pl.int_range(pl.len(), dtype=pl.Int64) + first).cast(pl.String).str.zfill(len(str(limit)) - 1)
    barcode = pl.concat_str(pl.lit(_CONTAINER_BARCODE_PREFIX + mailer_id), serial)
    return post.containers.join(
        spans, on=c.CONTAINER_ID.name, how="left", maintain_order="left"
    ).with_columns(
        pl.lit(post.job.mailing.origin.upper()).alias(ORIGIN),
        pl.when(pl.col(c.STREAM.name).is_in(coded))
        .then(barcode)
        .otherwise(pl.lit(""))
        .alias(CONTAINER_BARCODE),
    )


def tray_table(post: Post) -> pl.DataFrame:
    """Give a row a real tray: its label's three lines and barcode, its mail, its place in the print files.

    Raises:
        JobError: when there are more trays than serial numbers.
    """
    mailer_id, limit = tray_serial_limit(post.job)
    trays = post.trays.filter(pl.col(c.TRAY_TYPE.name) != NO_TRAY)
    if trays.height and post.first_tray_serial + trays.height > limit:
        what = f"{trays.height:,} trays from serial {post.first_tray_serial:,} on pass the last one ({limit - 1:,})"
        where = "job.mailing.tray_labels"
        raise JobError(what, where=where, next_step="Start lower, or use a shorter mailer id")
    serial = pl.int_range(pl.len(), dtype=pl.Int64) + post.first_tray_serial
    return trays.join(post.spans, on=c.TRAY_ID.name, how="left", maintain_order="left").with_columns(
        pl.lit(post.job.mailing.origin.upper()).alias(ORIGIN),
        _barcode(post.job, mailer_id, limit, serial).alias(TRAY_BARCODE),
        pl.col(c.TRAY_ID.name)
        .replace_strict(post.contents, default="", return_dtype=pl.String)
        .alias(CONTENTS),
    )


def _barcode(job: Job, mailer_id: str, limit: int, serial: pl.Expr) -> pl.Expr:
    """The 24 digits: ZIP, content number, label source, mailer id, serial, label type; empty for other posts."""
    labels = job.mailing.tray_labels
    zip5, cin = pl.col(c.DESTINATION_ZIP.name), pl.col(c.CIN.name)
    digits = pl.concat_str(
        zip5,
        cin,
        pl.lit(labels.label_source + mailer_id),
        serial.cast(pl.String).str.zfill(len(str(limit)) - 1),
        pl.lit(labels.label_type),
    )
    is_usps = zip5.str.contains(r"^[0-9]{5}$") & cin.str.contains(r"^[0-9]{3}$")
    return pl.when(is_usps).then(digits).otherwise(pl.lit(""))
