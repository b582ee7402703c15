"""Room 4 against arithmetic done by hand and, for any job, by a loop over exact fractions."""

from __future__ import annotations

import tracemalloc
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printstream.base.columns import DOCUMENT, PAGES, SHEETS, STREAM, THICKNESS_UM, WEIGHT_MG
from printstream.base.errors import InputError
from printstream.job import Job
from printstream.piece import make_pieces

STREAMS = [
    {"name": "thin", "max_sheets": 2, "scheme": "us_fcm_letters"},
    {"name": "thick", "max_sheets": 6, "folds": 1, "envelope_weight_mg": 9_000, "envelope_thickness_um": 300},
    {"name": "flat", "folds": 0, "envelope": "9x12", "envelope_weight_mg": 21_000},
]


def job(streams: object = None, **stock: object) -> Job:
    return Job.model_validate(
        {
            "format": "printstream-job/1",
            "name": "t",
            "title": "t",
            "production_date": "2026-01-31",
            "input": {"documents": {"files": ["d.parquet"], "key": "k"}},
            "address": {"lines": ["n"], "street": "s", "city": "c", "state": "st", "zip5": "z"},
            "stock": stock,
            **({"streams": streams} if streams else {}),
        }
    )


def pages(*counts: int) -> pl.DataFrame:
    return pl.DataFrame(
        {DOCUMENT.name: range(len(counts)), PAGES.name: counts},
        schema={DOCUMENT.name: pl.UInt32, PAGES.name: pl.UInt32},
    )


def test_one_letter_sheet_weighs_what_the_scale_says() -> None:
    # 215.9 x 279.4 mm of 90 g/m2 = 5,429.0214 mg; envelope 4,700 mg; three layers of 110 um and 200 um.
    piece = make_pieces(pages(2), job()).frame.row(0, named=True)
    assert piece[SHEETS.name] == 1
    assert piece[WEIGHT_MG.name] == 5_429 + 4_700
    assert piece[THICKNESS_UM.name] == 3 * 110 + 200


def test_the_weight_is_rounded_once_a_piece_andhalf_up() -> None:
    # An A4 sheet in mpt and 80 g/m2 is 4,989.6 mg: 50 sheets are 249,480, not 50 x 4,990 = 249,500.
    a4 = make_pieces(pages(100), job(width="210mm", height="297mm", grammage_gsm=80)).frame
    assert a4[WEIGHT_MG.name].to_list() == [249_480 + 4_700]
    # 1 in x 1.25 in of 100 g/m2 = 80.645 mg: 100 sheets 8,064.5 -> 8,065.
    card = make_pieces(pages(200), job(width="1in", height="1.25in", grammage_gsm=100)).frame
    assert card[WEIGHT_MG.name].to_list() == [8_065 + 4_700]


def test_streams_take_pieces_by_sheet_count_and_rows_keep_their_order() -> None:
    made = make_pieces(pages(13, 1, 4, 5, 12, 3), job(STREAMS)).frame
    assert made[DOCUMENT.name].to_list() == [0, 1, 2, 3, 4, 5]
    assert made[SHEETS.name].to_list() == [7, 1, 2, 3, 6, 2]
    assert made[STREAM.name].to_list() == ["flat", "thin", "thin", "thick", "thick", "thin"]
    assert made[THICKNESS_UM.name].to_list() == [
        7 * 110 + 200,
        3 * 110 + 200,
        6 * 110 + 200,
        6 * 110 + 300,
        12 * 110 + 300,
        6 * 110 + 200,
    ]


def test_dtypes_are_the_ones_of_the_plan_even_without_documents() -> None:
    for made in (make_pieces(pages(), job()).frame, make_pieces(pages(1), job()).frame):
        for column in (SHEETS, STREAM, WEIGHT_MG, THICKNESS_UM):
            assert made.schema[column.name] == column.dtype


@pytest.mark.parametrize("bad", [[1, 0], [1, None]])
def test_a_document_without_pages_is_refused(bad: list[int | None]) -> None:
    with pytest.raises(InputError, match="no pages"):
        make_pieces(pl.DataFrame({PAGES.name: bad}, schema={PAGES.name: pl.UInt32}), job())


@pytest.mark.parametrize("most", [131_072, 4_294_967_295])
def test_one_thick_document_costs_no_memory_and_changes_no_other(most: int) -> None:
    counts = [5, 1, 12, 5, most - 1, 2]
    tracemalloc.start()
    made = make_pieces(pages(*counts, most), job()).frame
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000
    alone = pl.concat([make_pieces(pages(count), job()).frame for count in counts])
    columns = [SHEETS.name, STREAM.name, WEIGHT_MG.name, THICKNESS_UM.name]
    assert made[:-1].select(columns).equals(alone.select(columns))
    assert made[SHEETS.name][-1] == (most + 1) // 2


@settings(deadline=None)
@given(
    counts=st.lists(st.integers(1, 4_294_967_295), min_size=1, max_size=30),
    width=st.integers(1, 2_000_000),
    height=st.integers(1, 2_000_000),
    gsm=st.integers(1, 1000),
    caliper=st.integers(1, 2000),
)
def test_any_stock_and_page_count_agrees_with_exact_arithmetic(
    counts: list[int], width: int, height: int, gsm: int, caliper: int
) -> None:
    mpt = {"width": f"{Decimal(width) / 1000}pt", "height": f"{Decimal(height) / 1000}pt"}
    made = make_pieces(pages(*counts), job(STREAMS, **mpt, grammage_gsm=gsm, caliper_um=caliper)).frame
    inches = Fraction(width, 72_000) * Fraction(height, 72_000)
    for row, count in zip(made.iter_rows(named=True), counts, strict=True):
        sheets = (count + 1) // 2
        stream = STREAMS[0 if sheets <= 2 else 1 if sheets <= 6 else 2]
        mg = sheets * inches * Fraction(64_516, 10**8) * gsm * 1000
        whole, rest = divmod(mg.numerator, mg.denominator)
        assert row[SHEETS.name] == sheets
        assert row[STREAM.name] == stream["name"]
        paper = whole + (1 if 2 * rest >= mg.denominator else 0)
        assert row[WEIGHT_MG.name] == paper + stream.get("envelope_weight_mg", 4_700)
        layers = stream.get("folds", 2) + 1
        assert row[THICKNESS_UM.name] == sheets * caliper * layers + stream.get("envelope_thickness_um", 200)


def test_half_up_agrees_with_decimal() -> None:
    from printstream.piece.weigh import half_up

    for n in range(40):
        expected = (Decimal(n) / 4).quantize(Decimal(1), ROUND_HALF_UP)
        assert half_up(Fraction(n, 4)) == int(expected)
