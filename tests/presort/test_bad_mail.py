"""Mail as nobody wants it: one code, a code for each piece, nothing, foreign codes, old lists."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from printstream.base.errors import InputError, JobError
from printstream.presort import Presorted, presort
from tests.presort.presortkit import HOME, SCHEMES, job_of, plain
from tests.presort.test_mailing import job, letters
from tests.presort.test_shipped_twin import CODES, ENVELOPES

MANY = 300_000


def stream_of(scheme: str) -> dict[str, object]:
    form = plain("schemes", scheme)["postal_code"]
    return {"name": "letter", "scheme": scheme, "envelope": ENVELOPES[form]}


def mail(codes: pl.Series) -> pl.DataFrame:
    one = letters({"x": 1}).drop("document", "postal_code")
    frame = pl.concat([one] * 1).select(pl.all().repeat_by(len(codes)).explode())
    numbers = pl.Series("document", np.arange(len(codes), dtype=np.uint32))
    return frame.with_columns(numbers, codes.alias("postal_code"))


def balanced(done: Presorted, pieces: int) -> None:
    assert done.pieces.height == pieces
    assert done.trays["pieces"].sum() == pieces
    assert done.qualification.levels["pieces"].sum() == pieces
    assert done.qualification.levels["postage_mills"].sum() == done.pieces["postage_mills"].sum()
    assert done.pieces["postage_mills"].sum() <= done.greedy_mills


@pytest.mark.parametrize("scheme", SCHEMES)
def test_all_pieces_of_one_code_are_one_group(scheme: str) -> None:
    code = CODES[plain("schemes", scheme)["postal_code"]][0]
    done = presort(mail(pl.Series([code]).new_from_index(0, MANY)), job_of([stream_of(scheme)]))
    balanced(done, MANY)
    finest = plain("schemes", scheme)["levels"][0]["name"]
    assert done.pieces["presort_level"].value_counts().sort("count")["presort_level"][-1] == finest


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_piece_and_one_piece_are_mailings(scheme: str) -> None:
    code = CODES[plain("schemes", scheme)["postal_code"]][0]
    for count in (0, 1):
        done = presort(mail(pl.Series([code] * count, dtype=pl.String)), job_of([stream_of(scheme)]))
        balanced(done, count)
        assert done.pieces["presort_level"].to_list() == ["single"] * count
        assert done.trays.height == count


@pytest.mark.parametrize(
    ("scheme", "codes"),
    [
        ("us_fcm_letters", pl.int_range(100_000, eager=True).cast(pl.String).str.zfill(5)),
        ("us_mm_letters", pl.int_range(100_000, eager=True).cast(pl.String).str.zfill(5)),
        ("de_dialogpost", pl.int_range(100_000, eager=True).cast(pl.String).str.zfill(5)),
        ("cn_letters", pl.int_range(0, 1_000_000, 7, eager=True).cast(pl.String).str.zfill(6)),
        ("prefix", pl.int_range(100_000, eager=True).cast(pl.String).str.zfill(8)),
        ("gb_access_1400", pl.int_range(100_000, eager=True)),
        ("gb_access_70", pl.int_range(100_000, eager=True)),
        ("ca_fsa_ldu", pl.int_range(100_000, eager=True)),
    ],
)
def test_a_code_for_each_piece_goes_to_coarser_levels(scheme: str, codes: pl.Series) -> None:
    if codes.dtype != pl.String:
        letters_of = [chr(65 + k) for k in range(26)]
        shape = "{0}{1}{2} {3}{4}{5}" if scheme == "ca_fsa_ldu" else "{0}{1} {3}{2}{4}"
        codes = pl.Series(
            [
                shape.format(
                    letters_of[n % 26],
                    n // 26 % 10,
                    letters_of[n // 260 % 26],
                    n // 6760 % 10,
                    letters_of[n // 67600],
                    0,
                )
                for n in range(100_000)
            ]
        )
    done = presort(mail(codes), job_of([stream_of(scheme)]))
    balanced(done, len(codes))
    assert set(done.pieces["presort_level"]) - {"single"}
    assert done.pieces["document"].sort().to_list() == list(range(len(codes)))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_code_of_another_country_is_an_error_that_does_not_show_it(scheme: str) -> None:
    kind = plain("schemes", scheme)["postal_code"]
    strange = "1-2" if kind == "prefix" else CODES["gb" if kind != "gb" else "ca"][0]
    with pytest.raises(
        InputError, match=r"^document 1: 1 documents have a postal code that is no "
    ) as caught:
        presort(mail(pl.Series([CODES[kind][0], strange])), job_of([stream_of(scheme)]))
    assert strange not in str(caught.value)


def test_schemes_of_two_posts_cannot_share_a_job() -> None:
    streams = [stream_of("us_fcm_letters") | {"max_sheets": 1}, stream_of("de_dialogpost") | {"name": "b"}]
    with pytest.raises(JobError, match="different currencies"):
        presort(letters({"10001": 2}), job_of(streams))


def test_forms_of_two_posts_cannot_share_a_job(tmp_path: Path) -> None:
    (tmp_path / "schemes").mkdir()
    text = (HOME / "schemes" / "de_dialogpost.yaml").read_text().replace("currency: EUR", "currency: USD")
    (tmp_path / "schemes" / "mine.yaml").write_text(text.replace("de_brief_single", "us_fcm_single"))
    stream = {"name": "letter", "scheme": "mine", "envelope": "DL"}
    with pytest.raises(JobError, match="different postal codes"):
        presort(letters({"10001": 2}), job_of([stream]), tmp_path)


def test_a_list_is_loudly_out_of_date_after_its_grace_date_or_the_schemes_own_day(tmp_path: Path) -> None:
    assert any(
        "EXPIRED on 2024-09-30" in w for w in presort(letters({"10001": 1}), job(day="2024-10-01")).warnings
    )
    (tmp_path / "schemes").mkdir()
    text = (HOME / "schemes" / "us_fcm_letters.yaml").read_text()
    later = text.replace("effective: 2024-08-01", "effective: 2024-08-01\n    expires: 2024-12-31")
    (tmp_path / "schemes" / "us_fcm_letters.yaml").write_text(later)
    for day, old in ((date(2024, 12, 31), False), (date(2025, 1, 1), True)):
        done = presort(letters({"10001": 1}), job(day=str(day)), tmp_path)
        assert any("EXPIRED on 2024-12-31" in w for w in done.warnings) == old
