"""Rooms 4 to 6 together: what inserts and households do to postage, at the shipped schemes' prices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from printstream.arrange import Arranged, arrange
from printstream.base import columns as c
from printstream.job import Job
from printstream.presort import price_steps
from printstream.rules import enclose
from tests.piece.test_envelopes import BASE

LETTERS = {"name": "letter", "max_sheets": 6, "scheme": "us_fcm_letters"}
FLATS = {"name": "flat", "folds": 0, "envelope_weight_mg": 17_000}
HERE = Path()


def job(**changes: Any) -> Job:
    given_ = {**BASE, "production_date": "2025-08-01", "streams": [LETTERS, FLATS], **changes}
    return Job.model_validate(given_)


def leaflet(**changes: Any) -> dict[str, Any]:
    return {"name": "a", "weight_mg": 3_000, "thickness_um": 90, "when": "wants", **changes}


def night(rows: list[tuple[int, bool]]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema={"pages": pl.UInt32, "wants": pl.Boolean}, orient="row")
    places = {"name": "Ada", "street": "1 Elm", "city": "X", "state": "NY", "postal_code": "10001"}
    more = {**places, "plus4": "0001", "delivery_point": "01"}
    return frame.with_row_index("document").with_columns(pl.lit(v).alias(k) for k, v in more.items())


def arranged(rows: list[tuple[int, bool]], given_: Job) -> Arranged:
    return arrange(enclose(night(rows), given_), given_, HERE, (612_000, 792_000))


def postage(made: Arranged) -> dict[int, int]:
    pieces = made.presorted.pieces
    return dict(zip(pieces[c.DOCUMENT.name].to_list(), pieces[c.POSTAGE_MILLS.name].to_list(), strict=True))


nights = st.lists(st.tuples(st.integers(1, 24), st.booleans()), min_size=1, max_size=12)


@settings(deadline=None, max_examples=40)
@given(rows=nights, many=st.booleans(), weight=st.integers(500, 40_000), thickness=st.integers(50, 4_000))
def test_no_piece_pays_more_for_an_insert_that_nobody_pays_for(
    rows: list[tuple[int, bool]], many: bool, weight: int, thickness: int
) -> None:
    """500 letters are enough for the scheme; fewer pay single-piece prices, whose steps the first dealing ignores."""
    rows += [(2, True)] * 500 if many else []
    with_it = arranged(rows, job(inserts=[leaflet(weight_mg=weight, thickness_um=thickness)]))
    assert postage(with_it) == postage(arranged(rows, job()))
    assert with_it.enclosed is not None
    assert with_it.enclosed.insert_postage_mills == 0
    bits = dict(with_it.presorted.pieces.select(c.DOCUMENT.name, c.INSERTS.name).iter_rows())
    assert all(bits[k] == 0 or rows[k][1] for k in bits)
    assert with_it.imposed.sheets.piece_inserts.tolist() == with_it.presorted.pieces[c.INSERTS.name].to_list()


@settings(deadline=None, max_examples=25)
@given(rows=nights)
def test_a_paid_insert_is_charged_what_it_costs(rows: list[tuple[int, bool]]) -> None:
    paid = arranged(rows, job(inserts=[leaflet(weight_mg=29_000, pays_postage=True)]))
    plain = arranged(rows, job())
    assert paid.enclosed is not None
    assert paid.enclosed.insert_postage_mills == sum(postage(paid).values()) - sum(postage(plain).values())
    streams = [dict(m.presorted.pieces.select("document", "stream").iter_rows()) for m in (paid, plain)]
    assert streams[0] == streams[1]


def test_what_households_save_is_said_without_inserts() -> None:
    rows = [(2, True), (2, False), (2, False)]
    made = arranged(rows, job(household={}, inserts=[leaflet()]))
    assert made.enclosed is not None
    # One ounce takes 28.349 g: three sheets in an envelope are 20.987 g, and 23.987 g with the leaflet.
    assert (made.enclosed.alone_pieces, made.enclosed.alone_postage_mills) == (3, 3 * 740)
    assert postage(made) == {0: 740}
    assert made.presorted.pieces[c.WEIGHT_MG.name].to_list() == [20_987 + 3_000]
    assert made.imposed.sheets.enclosure_document.tolist() == [0, 1, 2]
    assert made.imposed.sheets.enclosure_piece.tolist() == [0, 0, 0]
    assert made.imposed.sheets.first_sheet.tolist() == [0, 1, 2, 3]
    assert made.imposed.sheets.piece_sheet.tolist() == [0, 3]


def test_schemes_judge_pieces_at_their_worst() -> None:
    """17 sheets in a letter weigh 96.993 g and may be 100.685 g: beyond the 99.223 g of the scheme."""
    wide = {**LETTERS, "max_sheets": 20}
    rows = [(34, False)] * 600
    sure = arranged(rows, job(streams=[wide, FLATS]))
    assert set(sure.presorted.pieces[c.PRESORT_LEVEL.name]) == {"5d"}
    loose = arranged(rows, job(streams=[wide, FLATS], stock={"weight_tolerance_percent": 4}))
    assert set(loose.presorted.pieces[c.PRESORT_LEVEL.name]) == {"single"}
    weights = [set(made.presorted.pieces[c.WEIGHT_MG.name]) for made in (sure, loose)]
    assert weights == [{96_993}, {96_993}]


def test_the_steps_are_those_of_the_price_lists() -> None:
    steps = price_steps(job())
    assert steps["letter"].most_weight_mg == 99_223
    assert 28_349 not in steps["letter"].weight_mg
    assert {28_349, 56_699, 99_223} <= set(steps["letter"].all_weight_mg)
    assert steps["flat"].weight_mg == steps["flat"].all_weight_mg
    assert 28_349 in steps["flat"].weight_mg
    assert steps["flat"].thickness_um == (6_350, 19_050)
