"""Sheets, stream, weight and thickness of every piece, from its page count alone.

In: a frame with PAGES. Out: the frame with SHEETS, STREAM, WEIGHT_MG, THICKNESS_UM. Never: loops over
documents; a run has millions of documents but few different sheet counts, so exact whole-number arithmetic is
done once for each count.
"""

from __future__ import annotations

from fractions import Fraction

import polars as pl

from printstream.base.columns import PAGES, SHEETS, STREAM, THICKNESS_UM, WEIGHT_MG
from printstream.base.errors import InputError
from printstream.base.units import MPT_PER_IN
from printstream.job import Job, Stock, StreamSettings

PAGES_PER_SHEET = 2
_METRES_PER_MPT = Fraction(254, 10_000) / MPT_PER_IN
_MG_PER_G = 1000


def make_pieces(documents: pl.DataFrame, job: Job) -> pl.DataFrame:
    """Give every document its sheets, stream, weight and thickness; one document is one piece.

    Args:
        documents: a frame with PAGES, at least 1 each.
        job: the job; its stock and streams are used.

    Returns:
        the frame in the same order, with SHEETS, STREAM, WEIGHT_MG and THICKNESS_UM added.

    Raises:
        InputError: a document has no pages.
    """
    if documents[PAGES.name].null_count() or (documents[PAGES.name] < 1).any():
        what = "a document has no pages"
        raise InputError(what, next_step="Check what the template prints for it")
    pages = pl.col(PAGES.name).cast(pl.UInt32)
    counted = documents.with_columns((pages // PAGES_PER_SHEET + pages % PAGES_PER_SHEET).alias(SHEETS.name))
    table = _piece_table(counted[SHEETS.name].unique().sort().to_list(), job)
    return counted.join(table, on=SHEETS.name, how="left", maintain_order="left")


def _piece_table(sheet_counts: list[int], job: Job) -> pl.DataFrame:
    """A row for each sheet count that occurs: its stream, weight and thickness."""
    streams = [_stream_of(sheets, job.streams) for sheets in sheet_counts]
    mg_per_sheet = _sheet_weight_mg(job.stock)
    return pl.DataFrame(
        {
            SHEETS.name: sheet_counts,
            STREAM.name: [s.name for s in streams],
            WEIGHT_MG.name: [
                _half_up(n * mg_per_sheet) + s.envelope_weight_mg
                for n, s in zip(sheet_counts, streams, strict=True)
            ],
            THICKNESS_UM.name: [
                n * job.stock.caliper_um * (s.folds + 1) + s.envelope_thickness_um
                for n, s in zip(sheet_counts, streams, strict=True)
            ],
        },
        schema={c.name: c.dtype for c in (SHEETS, STREAM, WEIGHT_MG, THICKNESS_UM)},
    )


def _stream_of(sheets: int, streams: tuple[StreamSettings, ...]) -> StreamSettings:
    """The first stream that takes so many sheets; the job model makes the last one take any number."""
    return next(s for s in streams if s.max_sheets is None or sheets <= s.max_sheets)


def _sheet_weight_mg(stock: Stock) -> Fraction:
    area_m2 = stock.width * stock.height * _METRES_PER_MPT**2
    return area_m2 * stock.grammage_gsm * _MG_PER_G


def _half_up(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)
