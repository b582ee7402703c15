"""The mail as its papers see it: pieces, trays with their labels, levels and what they are called at the post.

In: manifest, trays, levels. Out: ``Post``, ``tray_table``. Never: sorts or prices anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from printstream.base import columns as c
from printstream.base.errors import JobError
from printstream.job import Job
from printstream.mailer import Party

NO_TRAY = "none"
"""TRAY_TYPE of mail that lies in no tray."""
_TRAY_BARCODE_DIGITS = 24
_FIXED_DIGITS = 10
"""ZIP 5, content number 3, label source 1, label type 1 (USPS-L-3216)."""

TRAY_BARCODE = "tray_barcode"
LAST_SEQUENCE = "last_sequence"
SPOOL_FIRST, SPOOL_LAST = "spool_first", "spool_last"
ORIGIN = "origin"
OWNER = "owner"
CONTENTS = "contents"


@dataclass(frozen=True)
class LevelPaper:
    """What papers say of a presort level.

    Attributes:
        cin: content code of its trays.
        list_date: effective date of its labeling list; None where it has none, or one that only stands in.
    """

    cin: str
    list_date: date | None


@dataclass(frozen=True)
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

    @property
    def has_trays(self) -> bool:
        """Whether any mail lies in a tray."""
        return bool((self.trays[c.TRAY_TYPE.name] != NO_TRAY).any())


def tray_serial_limit(job: Job) -> tuple[str, int]:
    """Mailer identifier in tray barcodes, and what their serial numbers are below."""
    mailer_id = job.mailing.tray_labels.mailer_id or job.mailing.mailer_id
    limit: int = 10 ** (_TRAY_BARCODE_DIGITS - _FIXED_DIGITS - len(mailer_id))
    return mailer_id, limit


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
    spans = post.pieces.group_by(c.TRAY_ID.name).agg(
        pl.col(c.SEQUENCE.name).max().alias(LAST_SEQUENCE),
        pl.col(c.SPOOL.name).min().alias(SPOOL_FIRST),
        pl.col(c.SPOOL.name).max().alias(SPOOL_LAST),
    )
    serial = pl.int_range(pl.len(), dtype=pl.Int64) + post.first_tray_serial
    return trays.join(spans, on=c.TRAY_ID.name, how="left", maintain_order="left").with_columns(
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
