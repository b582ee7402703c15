"""Room 5 as the pipeline sees it: shipped data, labels, limits, warnings; and the example that docs give."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from printstream.base.errors import InputError, JobError
from printstream.job import Job
from printstream.presort import presort
from printstream.presort.columns import PIECE_COLUMNS, TRAY_COLUMNS


def job(streams: list[dict[str, Any]] | None = None, day: str = "2024-09-01") -> Job:
    return Job.model_validate(
        {
            "format": "printstream-job/1",
            "name": "t",
            "title": "t",
            "production_date": day,
            "input": {"documents": {"files": ["d.parquet"], "key": "k"}},
            "address": {"lines": ["n"], "street": "s", "city": "c", "state": "st", "zip5": "z"},
            **({"streams": streams} if streams else {}),
        }
    )


def letters(counts: dict[str, int], **columns: object) -> pl.DataFrame:
    zips = [z for z, n in counts.items() for _ in range(n)]
    values: dict[str, object] = {
        "plus4": "0001",
        "delivery_point": "01",
        "weight_mg": 15_558,
        "thickness_um": 860,
        "sheets": 2,
        "stream": "letter",
    } | columns
    frame = pl.DataFrame({"document": range(len(zips)), "postal_code": zips})
    frame = frame.with_columns(
        pl.lit(v).alias(k) if not isinstance(v, list) else pl.Series(k, v) for k, v in values.items()
    )
    return frame.cast(
        {"document": pl.UInt32, "weight_mg": pl.Int64, "thickness_um": pl.Int64, "sheets": pl.UInt32}
    )


EXAMPLE = {"09012": 50, "10001": 700, "10002": 100, "10451": 60, "94105": 90}


def test_the_frames_are_those_of_the_plan_also_when_empty() -> None:
    for frame in (letters(EXAMPLE), letters(EXAMPLE).clear()):
        done = presort(frame, job())
        assert dict(done.pieces.schema) == {c.name: c.dtype for c in PIECE_COLUMNS}
        assert dict(done.trays.schema) == {c.name: c.dtype for c in TRAY_COLUMNS}
        assert done.currency == "USD"


def test_labels_carry_content_numbers_and_a_zip_code_for_the_barcode() -> None:
    trays = presort(letters(EXAMPLE), job()).trays.unique("presort_level", maintain_order=True)
    assert trays.select("destination", "destination_zip", "cin", "content").rows() == [
        ("10001", "10001", "242", "FCM LTR 5D BC"),
        ("SCF NEW YORK NY 100", "10000", "245", "FCM LTR AADC BC"),
        ("MXD NEW YORK NY 100", "10000", "246", "FCM LTR BC WKG"),
    ]


def test_trays_hold_what_their_pieces_add_up_to() -> None:
    done = presort(letters(EXAMPLE), job())
    added = done.pieces.group_by("tray_id").agg(
        pl.col("sequence").min().alias("first_sequence"),
        pl.len().cast(pl.UInt32).alias("pieces"),
        pl.col("thickness_um").sum(),
        pl.col("weight_mg").sum(),
    )
    assert done.trays.select(added.columns).equals(added.sort("tray_id"))
    assert done.pieces["piece_id"].to_list() == list(range(1, 1001))


def test_fewer_than_500_pieces_all_go_at_single_piece_price() -> None:
    for count, levels in ((499, {"single"}), (500, {"5d"})):
        done = presort(letters({"10001": count}), job())
        assert set(done.pieces["presort_level"]) == levels
        assert any("499 pieces are fewer than the 500" in w for w in done.warnings) == (count == 499)
    assert presort(letters({"10001": 499}), job()).pieces["postage_mills"].unique().to_list() == [740]


def test_a_heavy_piece_does_not_help_to_reach_a_minimum() -> None:
    weights = [15_558] * 649 + [99_224]
    done = presort(letters({"10001": 500, "94105": 150}, weight_mg=weights), job())
    assert done.pieces["presort_level"].value_counts().sort("presort_level").rows() == [
        ("5d", 500),
        ("maadc", 149),
        ("single", 1),
    ]
    last = done.pieces.row(-1, named=True)
    assert (last["document"], last["presort_level"], last["postage_mills"]) == (649, "single", 2440)
    assert any("1 piece is heavier than 99223 mg" in w for w in done.warnings)


def test_a_piece_beyond_the_last_price_is_said_to_be_too_cheap() -> None:
    plain = [{"name": "letter"}]
    done = presort(letters({"10001": 2}, weight_mg=[368_543, 368_544]), job(plain))
    assert done.pieces["postage_mills"].to_list() == [4870, 4870]
    assert any("1 piece is heavier or thicker than the last price" in w for w in done.warnings)


def test_an_unsorted_stream_runs_by_zip_code_in_containers_of_500() -> None:
    done = presort(letters({"94105": 400, "10001": 700}, thickness_um=860), job([{"name": "letter"}]))
    # 18 in = 457,200 um hold 531 of 860 um; 500 pieces come first.
    assert done.trays.select("presort_level", "tray_type", "pieces", "destination").rows() == [
        ("single", "none", 500, "SINGLE PIECE"),
        ("single", "none", 500, "SINGLE PIECE"),
        ("single", "none", 100, "SINGLE PIECE"),
    ]
    assert done.pieces["document"].to_list() == [*range(400, 1100), *range(400)]


def test_streams_follow_each_other_and_each_is_a_mailing_of_its_own() -> None:
    streams = [
        {"name": "thin", "max_sheets": 2, "scheme": "us_fcm_letters"},
        {"name": "thick", "scheme": "us_fcm_letters"},
    ]
    names = ["thick"] * 499 + ["thin"] * 501
    done = presort(letters({"10001": 1000}, stream=names), job(streams))
    runs = done.pieces.group_by("stream", "presort_level", maintain_order=True).len().rows()
    assert runs == [("thin", "5d", 501), ("thick", "single", 499)]


@pytest.mark.parametrize(
    ("envelope", "types"),
    [("#10 window", {"2ft", "1ft"}), ("#14", {"emm"}), ("6x9 booklet", {"emm"}), ("#9", {"2ft", "1ft"})],
)
def test_the_envelope_decides_the_trays(envelope: str, types: set[str]) -> None:
    done = presort(
        letters(EXAMPLE), job([{"name": "letter", "scheme": "us_fcm_letters", "envelope": envelope}])
    )
    assert set(done.trays["tray_type"]) == types


def test_an_envelope_that_fits_no_tray_is_refused_and_an_unknown_one_said() -> None:
    stream = {"name": "letter", "scheme": "us_fcm_letters"}
    with pytest.raises(JobError, match="no tray of scheme us_fcm_letters takes the envelope '9x12'"):
        presort(letters(EXAMPLE), job([stream | {"envelope": "9x12"}]))
    done = presort(letters(EXAMPLE), job([stream | {"envelope": "#100"}]))
    assert any("'#100' is not in scheme us_fcm_letters" in w for w in done.warnings)


@pytest.mark.parametrize(
    ("day", "has", "lacks"),
    [
        ("2024-09-01", "the prices are effective only from 2025-07-13", "EXPIRED"),
        ("2024-09-30", "STAND-IN", "EXPIRED"),
        (
            "2024-10-01",
            "EXPIRED on 2024-09-30, before the production date 2024-10-01",
            "effective only from 2024",
        ),
        ("2024-07-31", "effective only from 2024-08-01", "EXPIRED"),
        ("2026-01-31", "not confirmed", "the prices are effective only"),
    ],
)
def test_dates_that_do_not_fit_are_said_loudly(day: str, has: str, lacks: str) -> None:
    warnings = presort(letters(EXAMPLE), job(day=day)).warnings
    assert any(has in w for w in warnings)
    assert not any(lacks in w for w in warnings)
    assert all(w.endswith(".") for w in warnings)


def test_a_missing_delivery_point_is_said_and_pieces_stay(tmp_path: Path) -> None:
    frame = letters({"10001": 600}, delivery_point=["01"] * 599 + [""])
    done = presort(frame, job())
    assert any("1 piece lacks ZIP+4 or delivery point" in w for w in done.warnings)
    assert done.pieces["presort_level"].unique().to_list() == ["5d"]
    nulls = presort(letters({"10001": 600}, plus4=[None] * 600).cast({"plus4": pl.String}), job())
    assert any("600 pieces lack" in w for w in nulls.warnings)


def test_schemes_of_two_currencies_are_refused(tmp_path: Path) -> None:
    from printstream.presort import scheme

    (tmp_path / "schemes").mkdir()
    text = (Path(scheme.__file__).parent / "schemes" / "us_fcm_letters.yaml").read_text()
    (tmp_path / "schemes" / "cad.yaml").write_text(text.replace("currency: USD", "currency: CAD"))
    with pytest.raises(JobError, match=r"different currencies \(cad CAD, us_fcm_single USD\)"):
        presort(letters(EXAMPLE), job([{"name": "letter", "scheme": "cad"}]), tmp_path)


@pytest.mark.parametrize("bad", ["1000", "1000a", "+1000", "100001", "", "١٠٠٠١", "10001\n", None])
def test_a_postal_code_that_slipped_through_is_refused_without_showing_it(bad: str | None) -> None:
    frame = letters({"10001": 2}).with_columns(postal_code=pl.Series(["10001", bad], dtype=pl.String))
    with pytest.raises(InputError, match=r"^document 1: 1 documents have a postal code") as caught:
        presort(frame, job())
    assert not bad or bad not in str(caught.value)


def test_a_stream_that_the_job_does_not_have_is_refused() -> None:
    with pytest.raises(InputError, match="a stream that the job does not have"):
        presort(letters({"10001": 2}, stream="box"), job())


@pytest.mark.parametrize(
    "order",
    [
        lambda f: f,
        lambda f: f.sample(fraction=1.0, shuffle=True, seed=1),
        lambda f: f.reverse(),
        pl.DataFrame.rechunk,
    ],
)
def test_the_order_of_rows_does_not_matter(order: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    frame = letters(EXAMPLE, city="New York", state="NY")
    first, second = presort(frame, job()), presort(order(frame), job())
    assert first.pieces.equals(second.pieces)
    assert first.trays.equals(second.trays)
