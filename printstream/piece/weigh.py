"""What sheets weigh and how thick they are in their stream's envelope: as they should be, and at the worst.

In: sheet counts, stock, streams. Out: a row a sheet count. Never: loops over pieces; a run has millions of pieces but few
different sheet counts, so exact whole-number arithmetic is done once for each count.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import polars as pl

from printstream.base.columns import MAX_THICKNESS_UM, MAX_WEIGHT_MG, SHEETS, STREAM, THICKNESS_UM, WEIGHT_MG
from printstream.base.frozen import frozen
from printstream.base.units import MPT_PER_IN
from printstream.job import Job, Stock, StreamSettings

_METRES_PER_MPT = Fraction(254, 10_000) / MPT_PER_IN
_MG_PER_G = 1000
WEIGHED = (SHEETS, STREAM, WEIGHT_MG, THICKNESS_UM, MAX_WEIGHT_MG, MAX_THICKNESS_UM)


@frozen
class Filled:
    """An envelope with so many sheets, no inserts.

    Attributes:
        stream: where it goes.
        weight_mg, thickness_um: as they should be, for totals, postage and trays.
        max_weight_mg, max_thickness_um: at the upper end of all tolerances, for limits.
    """

    stream: StreamSettings
    weight_mg: int
    thickness_um: int
    max_weight_mg: int
    max_thickness_um: int


def weigh(sheets: int, job: Job) -> Filled:
    """Weigh an envelope in the first stream whose limits it keeps; the last stream takes any."""
    for stream in job.streams:
        if stream.max_sheets is not None and sheets > stream.max_sheets:
            continue
        filled = _fill(sheets, job.stock, stream)
        heavy = stream.max_weight_mg is not None and filled.max_weight_mg > stream.max_weight_mg
        thick = stream.max_thickness_um is not None and filled.max_thickness_um > stream.max_thickness_um
        if not (heavy or thick):
            return filled
    return _fill(sheets, job.stock, job.streams[-1])


def _fill(sheets: int, stock: Stock, stream: StreamSettings) -> Filled:
    paper_mg = sheets * _sheet_weight_mg(stock)
    paper_um = sheets * stock.caliper_um * (stream.folds + 1)
    envelope = Fraction(100 + stream.envelope_tolerance_percent, 100)
    heavier = Fraction(100 + stock.weight_tolerance_percent, 100)
    thicker = Fraction(100 + stock.thickness_tolerance_percent, 100)
    weight = half_up(paper_mg) + stream.envelope_weight_mg
    thickness = paper_um + stream.envelope_thickness_um
    # Rounded as the weight is, so that without tolerances it is the weight.
    max_weight = half_up(paper_mg * heavier) + round_up(stream.envelope_weight_mg * envelope)
    max_thickness = round_up(paper_um * thicker + stream.envelope_thickness_um * envelope)
    return Filled(stream, weight, thickness, max_weight, max_thickness)


def weight_table(sheet_counts: list[int], job: Job) -> pl.DataFrame:
    """A row for each sheet count: its stream, weight and thickness."""
    rows = [weigh(sheets, job) for sheets in sheet_counts]
    columns: tuple[Sequence[int] | Sequence[str], ...] = (
        sheet_counts,
        [row.stream.name for row in rows],
        [row.weight_mg for row in rows],
        [row.thickness_um for row in rows],
        [row.max_weight_mg for row in rows],
        [row.max_thickness_um for row in rows],
    )
    return pl.DataFrame([pl.Series(c.name, v, c.dtype) for c, v in zip(WEIGHED, columns, strict=True)])


def has_tolerances(job: Job) -> bool:
    """Tell whether anything may be heavier or thicker than it should be."""
    percents = (
        job.stock.weight_tolerance_percent,
        job.stock.thickness_tolerance_percent,
        *(stream.envelope_tolerance_percent for stream in job.streams),
        *(insert.tolerance_percent for insert in job.inserts),
    )
    return any(percents)


def _sheet_weight_mg(stock: Stock) -> Fraction:
    area_m2 = stock.width * stock.height * _METRES_PER_MPT**2
    return area_m2 * stock.grammage_gsm * _MG_PER_G


def half_up(value: Fraction) -> int:
    """Round to the nearest whole number, halves up."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def round_up(value: Fraction) -> int:
    """Round up to a whole number."""
    return -(-value.numerator // value.denominator)
