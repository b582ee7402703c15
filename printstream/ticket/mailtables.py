"""The mail in the units of Mail.dat: segments, mail piece units, containers, quantities, packages, pieces.

In: pieces and trays of the run. Out: ``MailTables``, columns. Never: writes a record, knows a field position.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base import columns as c
from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.ticket.post import OWNER, TRAY_BARCODE, ContainerPaper, Post, container_table, tray_table

MG_PER_LB = 453_592.37
"""The international pound."""
WEIGHT_UNITS_PER_LB = 10_000
"""Weights have four decimals of a pound (MPU-1103, CSM-1122)."""
UM_PER_IN = 25_400
CONTAINER_TYPES = {"1ft": "O", "2ft": "T", "emm": "E"}
"""Mail.dat's word (CSM-1005) for each tray that it knows."""
_RATES_BY_5_DIGITS = frozenset({"E"})
"""Pieces at a 5-digit rate are divided by 5 digits, others by 3 (CQT-1007)."""

_LARGEST_NUMBER = 1 << 62

SEGMENT, MPU, RATE, DIVISION, CQT, PACKAGE = "segment", "mpu", "rate", "division", "cqt", "package"
UNITS = "units"
GROSS_UNITS, NUMBER, PARENT = "gross units", "number", "parent"
_FIVE_DIGIT_LEVELS = ("G",)
"""Pallets to one 5-digit ZIP Code (CSM-1104)."""


@frozen
class Code:
    """What Mail.dat calls a content number."""

    mail_class: str
    container_level: str
    rate: str
    package_level: str


@cache
def codes() -> Mapping[str, Code]:
    """Codes by content identifier number."""
    text = resources.files("printstream.ticket").joinpath("tables", "usps_cin.csv").read_text("utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {r["cin"]: Code(r["class"], r["container_level"], r["rate"], r["package_level"]) for r in rows}


@frozen
class MailTables:
    """The mail of all streams that Mail.dat knows.

    Attributes:
        segments: a row a stream: SEGMENT (1, 2, ...), STREAM, class.
        mpus: a row a mail piece unit, pieces of one stream, owner and weight: SEGMENT, MPU (1, 2, ... over all), OWNER,
            UNITS (1/10000 lb), THICKNESS_UM of its thickest piece.
        containers: a row a tray: that of ``tray_table``, with SEGMENT, UNITS, code columns.
        parents: a row a pallet or other container of the trays: that of ``container_table``, with SEGMENT, NUMBER (its
            own among all containers), UNITS and GROSS_UNITS (1/10000 lb), container_zip; empty where there are none.
        quantities: a row a CQT: CQT, TRAY_ID, MPU, SEGMENT, RATE, DIVISION, PACKAGE, its level and ZIP, PIECES.
        piece_cqt: int64[pieces], piece_package: int64[pieces]: of each piece.
        piece_ids: int64[pieces].
        barcodes: what is printed on each piece.
    """

    segments: pl.DataFrame
    mpus: pl.DataFrame
    containers: pl.DataFrame
    parents: pl.DataFrame
    quantities: pl.DataFrame
    piece_cqt: NDArray[np.int64]
    piece_package: NDArray[np.int64]
    piece_ids: NDArray[np.int64]
    barcodes: pl.Series


def check_levels(post_levels: Mapping[tuple[str, str], str], tray_types: Iterable[str]) -> None:
    """Refuse schemes that Mail.dat has no codes for.

    Args:
        post_levels: content number of each stream and level.
        tray_types: names of the trays that these streams may use.

    Raises:
        JobError: naming stream and level; or when no stream is presorted.
    """
    if not post_levels:
        what = "no stream has a presort scheme, so there is nothing that a Mail.dat could list"
        raise JobError(
            what, where="job.mailing.maildat", next_step="Give a stream a scheme, or leave maildat out"
        )
    for name in sorted(set(tray_types) - set(CONTAINER_TYPES)):
        what = f"Mail.dat has no word for the tray {name!r}"
        known = ", ".join(CONTAINER_TYPES)
        raise JobError(
            what, where="job.mailing.maildat", next_step=f"Known are {known}; or leave maildat out"
        )
    for (stream, level), cin in post_levels.items():
        if cin not in codes():
            what = (
                f"Mail.dat codes are not known for content number {cin!r} of stream {stream}, level {level}"
            )
            known = ", ".join(sorted(codes()))
            raise JobError(
                what, where="job.mailing.maildat", next_step=f"Known are {known}; or leave maildat out"
            )


def check_carriers(carriers: Mapping[str, ContainerPaper]) -> None:
    """Refuse containers that Mail.dat has no codes for.

    Raises:
        JobError: naming the stream.
    """
    for stream, paper in carriers.items():
        unknown = [level for level, word in paper.maildat_levels.items() if not word]
        if not paper.maildat_type or unknown:
            what = f"Mail.dat has no word for the containers of stream {stream}"
            step = "Give the scheme's container maildat_type, and each of its levels maildat_level; or leave maildat out"
            raise JobError(what, where="job.mailing.maildat", next_step=step)


def mail_tables(post: Post) -> MailTables | None:
    """Divide the presorted mail into segments, units, containers, quantities and packages; None where there is none."""
    trays = _containers(post)
    if trays.is_empty():
        return None
    segments = _segments(post, trays)
    pieces = _pieces(post, trays, segments)
    mpus, piece_mpu = _units(pieces)
    quantities, piece_cqt, piece_package = _quantities(post, pieces, piece_mpu)
    quantities = _package_zip(quantities, trays)
    containers = _with_parents(_weigh(trays, quantities, mpus), post)
    return MailTables(
        segments,
        mpus,
        containers,
        _parents(containers, post),
        quantities,
        piece_cqt,
        piece_package,
        pieces[c.PIECE_ID.name].cast(pl.Int64).to_numpy(),
        pieces[c.POSTAL_BARCODE.name],
    )


def _pieces(post: Post, trays: pl.DataFrame, segments: pl.DataFrame) -> pl.DataFrame:
    """A row a piece in these trays: with its SEGMENT, number of its level, OWNER and UNITS."""
    numbers = dict(zip(segments[c.STREAM.name], segments[SEGMENT], strict=True))
    units = (pl.col(c.WEIGHT_MG.name) * WEIGHT_UNITS_PER_LB / MG_PER_LB).round().cast(pl.Int64)
    in_trays = pl.col(c.TRAY_ID.name).is_in(trays[c.TRAY_ID.name].implode())
    return post.pieces.filter(in_trays).select(
        c.PIECE_ID.name,
        c.TRAY_ID.name,
        c.POSTAL_CODE.name,
        c.POSTAL_BARCODE.name,
        c.THICKNESS_UM.name,
        pl.col(c.STREAM.name).replace_strict(numbers, return_dtype=pl.Int64).alias(SEGMENT),
        _level_number(post).alias("level"),
        (pl.col(OWNER) if post.owners else pl.lit(0, pl.Int64)).alias(OWNER),
        units.clip(lower_bound=1).alias(UNITS),
    )


def _quantities(
    post: Post, pieces: pl.DataFrame, piece_mpu: NDArray[np.int64]
) -> tuple[pl.DataFrame, NDArray[np.int64], NDArray[np.int64]]:
    """A row a CQT; the CQT of each piece, and its package."""
    level_codes = [codes()[paper.cin] for paper in post.papers.values()]
    rates = sorted({code.rate for code in level_codes})
    rate_of = np.array([rates.index(code.rate) for code in level_codes], np.int64)
    level = pieces["level"].to_numpy()
    tray = pieces[c.TRAY_ID.name].cast(pl.Int64).to_numpy()
    by_5 = np.array([code.rate in _RATES_BY_5_DIGITS for code in level_codes], np.bool_)[level]
    division = _divisions(pieces, by_5)
    package, package_level = _packages(tray, level, by_5, division)
    first, inverse, counts = _distinct(np.stack([tray, package, division, piece_mpu, rate_of[level]]))
    package_levels = [level_codes[n].package_level for n in package_level[first].tolist()]
    quantities = pl.DataFrame(
        {
            CQT: np.arange(1, first.size + 1, dtype=np.int64),
            c.TRAY_ID.name: tray[first],
            MPU: piece_mpu[first],
            SEGMENT: pieces[SEGMENT].to_numpy()[first],
            RATE: pl.Series([rates[r] for r in rate_of[level[first]].tolist()], dtype=pl.String),
            DIVISION: pl.Series([_division(d) for d in division[first].tolist()], dtype=pl.String),
            PACKAGE: package[first],
            "package_level": pl.Series(package_levels, dtype=pl.String),
            c.PIECES.name: counts,
        }
    )
    return quantities, inverse + 1, package


def _divisions(pieces: pl.DataFrame, by_5: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The ZIP Code, of 5 or 3 digits, that each piece is counted under, as one number: those of 3 lie above."""
    zip5 = pieces[c.POSTAL_CODE.name].cast(pl.Int64).to_numpy()
    return np.where(by_5, zip5, 100_000 + zip5 // 100)


def _containers(post: Post) -> pl.DataFrame:
    """Trays of streams with a scheme, and their codes."""
    presorted = {stream for stream, _ in post.papers}
    trays = tray_table(post).filter(pl.col(c.STREAM.name).is_in(sorted(presorted)))
    known = codes()
    words = {cin: code.container_level for cin, code in known.items()}
    return trays.with_columns(
        pl.col(c.CIN.name).replace_strict(words, return_dtype=pl.String).alias("maildat_level"),
        # A 3-digit destination was filled up with zeros for the barcode; labels and files name three digits.
        pl.when(pl.col(c.CIN.name).is_in([n for n, code in known.items() if code.rate in _RATES_BY_5_DIGITS]))
        .then(pl.col(c.DESTINATION_ZIP.name))
        .otherwise(pl.col(c.DESTINATION_ZIP.name).str.slice(0, 3))
        .alias("container_zip"),
    )


def _segments(post: Post, trays: pl.DataFrame) -> pl.DataFrame:
    """A segment a stream: pieces of two streams lie in different envelopes, each stream is a mailing of its own."""
    used = set(trays[c.STREAM.name].unique().to_list())
    streams = [s.name for s in post.job.streams if s.name in used]
    classes = []
    for name in streams:
        cins = {paper.cin for (stream, _), paper in post.papers.items() if stream == name}
        classes.append(sorted({codes()[cin].mail_class for cin in cins})[0])
    return pl.DataFrame(
        {SEGMENT: range(1, len(streams) + 1), c.STREAM.name: streams, "class": classes},
        schema={SEGMENT: pl.Int64, c.STREAM.name: pl.String, "class": pl.String},
    )


def _level_number(post: Post) -> pl.Expr:
    """Place of a piece's stream and level among ``post.papers``."""
    names = [f"{stream}\0{level}" for stream, level in post.papers]
    both = pl.concat_str(pl.col(c.STREAM.name), pl.col(c.PRESORT_LEVEL.name), separator="\0")
    return both.replace_strict(names, range(len(names)), return_dtype=pl.Int64)


def _units(pieces: pl.DataFrame) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """Mail piece units: one for each owner and weight of a stream, because a unit states one weight (MPU-1103)."""
    keys = np.stack([pieces[name].to_numpy() for name in (SEGMENT, OWNER, UNITS)])
    first, inverse, _ = _distinct(keys)
    thickest = np.zeros(first.size, np.int64)
    np.maximum.at(thickest, inverse, pieces[c.THICKNESS_UM.name].to_numpy())
    mpus = pl.DataFrame(
        {
            SEGMENT: keys[0][first],
            MPU: np.arange(1, first.size + 1, dtype=np.int64),
            OWNER: keys[1][first],
            UNITS: keys[2][first],
            c.THICKNESS_UM.name: thickest,
        }
    )
    return mpus, inverse + 1


def _packages(
    tray: NDArray[np.int64], level: NDArray[np.int64], by_5: NDArray[np.bool_], division: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Logical packages of a tray: a 5-digit destination each, or all pieces of a coarser level together.

    Returns:
        number of each piece's package within its tray from 1 on, and the package's level.
    """
    where = np.where(by_5, division, -1 - level)
    first, inverse, _ = _distinct(np.stack([tray, where]))
    trays_of = tray[first]
    begins = np.searchsorted(trays_of, trays_of, side="left")
    return (np.arange(first.size) - begins + 1)[inverse], level


def _distinct(
    keys: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Distinct columns of keys, int64[k, n], in ascending order: first place, number of each, how many of each."""
    number, below = np.zeros(keys.shape[1], np.int64), 1
    for key in keys if keys.shape[1] else ():
        least, span = int(key.min()), int(key.max()) - int(key.min()) + 1
        if below * span > _LARGEST_NUMBER:
            values, number = np.unique(number, return_inverse=True)
            below = values.size
        number = number * span + (key - least)
        below *= span
    _, first, inverse, counts = np.unique(number, return_index=True, return_inverse=True, return_counts=True)
    return first, inverse, counts.astype(np.int64)


def _division(number: int) -> str:
    return f"{number:05d}" if number < 100_000 else f"{number - 100_000:03d}"


def _package_zip(quantities: pl.DataFrame, trays: pl.DataFrame) -> pl.DataFrame:
    """ZIP of each package: its 5 digits, or its tray's."""
    of_tray = trays.select(pl.col(c.TRAY_ID.name).cast(pl.Int64), "container_zip")
    by_5 = pl.col(RATE).is_in(sorted(_RATES_BY_5_DIGITS))
    return quantities.join(of_tray, on=c.TRAY_ID.name, how="left", maintain_order="left").with_columns(
        pl.when(by_5)
        .then(pl.col(DIVISION))
        .otherwise(pl.col("container_zip").str.slice(0, 3))
        .alias("package_zip")
    )


def _weigh(trays: pl.DataFrame, quantities: pl.DataFrame, mpus: pl.DataFrame) -> pl.DataFrame:
    """Weight of each tray's mail: pieces times the weight of their unit, so that the files agree to the last digit."""
    weights = (
        quantities.join(mpus.select(MPU, UNITS), on=MPU)
        .group_by(c.TRAY_ID.name)
        .agg((pl.col(UNITS) * pl.col(c.PIECES.name)).sum())
    )
    return (
        trays.with_columns(pl.col(c.TRAY_ID.name).cast(pl.Int64))
        .join(weights, on=c.TRAY_ID.name, how="left", maintain_order="left")
        .join(
            quantities.select(c.TRAY_ID.name, SEGMENT).unique(
                c.TRAY_ID.name, keep="first", maintain_order=True
            ),
            on=c.TRAY_ID.name,
            how="left",
            maintain_order="left",
        )
        .with_columns(pl.col(TRAY_BARCODE).fill_null(""))
    )


def _with_parents(trays: pl.DataFrame, post: Post) -> pl.DataFrame:
    """The trays with the number of the container that each travels in; null: in none."""
    if post.containers is None:
        return trays.with_columns(pl.lit(None, pl.Int64).alias(PARENT))
    # Numbers must differ among all containers (CSM-1006): those of trays come first.
    before = int(post.trays[c.TRAY_ID.name].max() or 0)  # type: ignore[arg-type]
    return trays.with_columns((pl.col(c.CONTAINER_ID.name).cast(pl.Int64) + before).alias(PARENT))


def _parents(trays: pl.DataFrame, post: Post) -> pl.DataFrame:
    """Containers of the trays: their mail is that of their trays, so that the files agree to the last digit."""
    if post.containers is None:
        return pl.DataFrame()
    inside = (
        trays.filter(pl.col(PARENT).is_not_null())
        .group_by(c.CONTAINER_ID.name)
        .agg(pl.col(PARENT).first().alias(NUMBER), pl.col(SEGMENT).first(), pl.col(UNITS).sum())
    )
    empty_units = (pl.col(c.GROSS_MG.name) - pl.col(c.WEIGHT_MG.name)) * WEIGHT_UNITS_PER_LB / MG_PER_LB
    table = container_table(post).with_columns(_word_of_level(post).alias("maildat_level"))
    joined = table.join(inside, on=c.CONTAINER_ID.name, how="inner", maintain_order="left")
    return joined.sort(c.CONTAINER_ID.name).with_columns(
        (pl.col(UNITS) + empty_units.round().cast(pl.Int64)).alias(GROSS_UNITS),
        pl.when(pl.col("maildat_level").is_in(_FIVE_DIGIT_LEVELS))
        .then(pl.col(c.DESTINATION_ZIP.name))
        .otherwise(pl.col(c.DESTINATION_ZIP.name).str.slice(0, 3))
        .alias("container_zip"),
    )


def _word_of_level(post: Post) -> pl.Expr:
    """Mail.dat's word for the level of each container (CSM-1104)."""
    words = {
        f"{stream}\0{level}": word
        for stream, paper in post.carriers.items()
        for level, word in paper.maildat_levels.items()
    }
    both = pl.concat_str(pl.col(c.STREAM.name), pl.col(c.CONTAINER_LEVEL.name), separator="\0")
    return both.replace_strict(words, return_dtype=pl.String)
