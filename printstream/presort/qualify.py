"""The qualification report's figures: pieces, trays and postage by level and by rate.

In: pieces and trays of a mailing. Out: ``Qualification``. Never: decides.
"""

from __future__ import annotations

from dataclasses import field
from functools import cache

import polars as pl

from printstream.base.columns import (
    FULL,
    FULL_TRAYS,
    MINIMUM,
    PIECES,
    POSTAGE_MILLS,
    PRESORT_LEVEL,
    RATE_MILLS,
    ROLLED,
    SCHEME,
    STREAM,
    TRAY_ID,
    TRAYS,
    WEIGHT_MG,
    Column,
)
from printstream.base.frozen import frozen
from printstream.job import Job
from printstream.presort.columns import LEVEL_COLUMNS, RATE_COLUMNS
from printstream.presort.load import LoadedScheme
from printstream.presort.scheme import SINGLE
from printstream.presort.streams import single_name

_TRAY_LEVEL = "level of the tray"
_ORDER = "order"


@cache
def _empty(columns: tuple[Column, ...]) -> pl.DataFrame:
    return pl.DataFrame(schema={c.name: c.dtype for c in columns})


@frozen
class Qualification:
    """What each stream's mail qualified for.

    Attributes:
        levels: a row a stream and level, finest first, also levels without a piece (LEVEL_COLUMNS).
        rates: a row a stream, level and price of a piece (RATE_COLUMNS).
    """

    levels: pl.DataFrame = field(default_factory=lambda: _empty(LEVEL_COLUMNS))
    rates: pl.DataFrame = field(default_factory=lambda: _empty(RATE_COLUMNS))


def qualify(
    pieces: pl.DataFrame, trays: pl.DataFrame, job: Job, schemes: dict[str, LoadedScheme]
) -> Qualification:
    """Count pieces, trays and postage by stream and level, and by rate."""
    rows = _level_rows(job, schemes)
    by = [STREAM.name, PRESORT_LEVEL.name]
    tray_level = trays.select(TRAY_ID.name, pl.col(PRESORT_LEVEL.name).alias(_TRAY_LEVEL))
    counted = (
        pieces.lazy()
        .join(tray_level.lazy(), on=TRAY_ID.name, how="left")
        .group_by(*by, pl.col(POSTAGE_MILLS.name).alias(RATE_MILLS.name))
        .agg(
            pl.len().alias(PIECES.name),
            (pl.col(PRESORT_LEVEL.name) != pl.col(_TRAY_LEVEL)).sum().alias(ROLLED.name),
            pl.col(WEIGHT_MG.name).sum(),
            pl.col(POSTAGE_MILLS.name).sum(),
        )
        .collect()
    )
    figures = (PIECES, ROLLED, WEIGHT_MG, POSTAGE_MILLS)
    by_level = counted.group_by(by).agg(pl.col(c.name).sum() for c in figures)
    in_trays = trays.group_by(by).agg(
        pl.len().alias(TRAYS.name), pl.col(FULL.name).sum().alias(FULL_TRAYS.name)
    )
    levels = rows.join(by_level, on=by, how="left").join(in_trays, on=by, how="left").sort(_ORDER)
    rates = rows.join(counted, on=by, how="inner").sort(_ORDER, RATE_MILLS.name)
    return Qualification(
        levels.select(
            pl.col(c.name).fill_null(0).cast(c.dtype) if c.dtype.is_numeric() else c.name
            for c in LEVEL_COLUMNS
        ),
        rates.select(pl.col(c.name).cast(c.dtype) for c in RATE_COLUMNS),
    )


def _level_rows(job: Job, schemes: dict[str, LoadedScheme]) -> pl.DataFrame:
    """Every stream and level that there could be, in mailing order."""
    rows = []
    for stream in job.streams:
        if stream.scheme is not None:
            levels = schemes[stream.scheme].scheme.levels
            rows += [(stream.name, stream.scheme, x.name, x.minimum_pieces) for x in levels]
        rows.append((stream.name, single_name(stream, schemes), SINGLE, 0))
    columns = (STREAM, SCHEME, PRESORT_LEVEL, MINIMUM)
    frame = pl.DataFrame(rows, schema={c.name: c.dtype for c in columns}, orient="row")
    return frame.with_row_index(_ORDER)
