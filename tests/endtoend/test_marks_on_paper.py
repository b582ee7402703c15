"""Barcodes and reading marks off the finished sheets, rendered at 300 dpi and read as a machine would."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.judges.marks import (
    Image,
    Track,
    check_measures,
    length_pt,
    measure_imb,
    postal_digits,
    read_codes,
)
from tests.judges.press import Night, Sheet
from tests.judges.statement import ROOT, Billing, StatementForm, payment_text
from tests.reference.imb import decode_imb, encode_imb

JOB_CODE = "MTS09981"
PRESS_SHEETS = 10
MM = 72 / 25.4


@pytest.fixture(scope="module")
def track() -> Track:
    return Track.of(ROOT / "printstream" / "marks" / "profiles" / "omr_basic.yaml")


@pytest.fixture(scope="module")
def sampled(night: Night) -> list[tuple[Sheet, dict[str, Any] | None, Image, Image]]:
    """Both slots of sampled press sheets: sheet, its plan, front, back."""
    lot = random.Random("press sheets")
    return [page for front in _fronts(night, lot) for page in _slots(night, *front)]


def _fronts(night: Night, lot: random.Random) -> Iterator[tuple[int, int]]:
    """Press sheets by lot, and the last of every spool, where a stack may have run out."""
    everywhere = [
        (number, front)
        for number in range(1, len(night.spool_paths) + 1)
        for front in range(0, len(night.files.document(number)), 2)
    ]
    yield from lot.sample(everywhere, PRESS_SHEETS)
    for number in range(1, len(night.spool_paths) + 1):
        yield number, len(night.files.document(number)) - 2


def _slots(
    night: Night, spool: int, front: int
) -> Iterator[tuple[Sheet, dict[str, Any] | None, Image, Image]]:
    images = night.side_image(spool, front), night.side_image(spool, front + 1)
    for slot in range(night.paper.slots):
        sheet = Sheet(spool, front, slot)
        pages = (night.cut(image, slot, front + k) for k, image in enumerate(images))
        yield (sheet, night.planned(sheet), *pages)


def test_every_front_says_which_sheet_it_is(sampled: list[Any]) -> None:
    seen = 0
    for sheet, plan, front, back in sampled:
        texts = read_codes(front, "DataMatrix")
        if plan is None:
            assert texts == []
            assert front.min() == 255, f"{sheet}: ink on a blank"
            continue
        assert texts == [f"{JOB_CODE}{plan['piece_id']:08d}{plan['sheet']:03d}{plan['sheets']:03d}"]
        assert read_codes(back, "DataMatrix") == []
        seen += 1
    assert seen > PRESS_SHEETS


def test_the_coupon_can_be_paid_by_its_code(sampled: list[Any], billing: Billing) -> None:
    seen = 0
    for _sheet, plan, front, back in sampled:
        for k, page in enumerate((front, back)):
            is_last = plan is not None and 2 * plan["sheet"] - 2 + k + 1 == plan["pages"]
            codes = [payment_text(billing.document(int(plan["document_id"])))] if is_last and plan else []
            assert read_codes(page, "QRCode") == codes
            seen += len(codes)
    assert seen > 0


def test_the_reading_marks_follow_the_profile(sampled: list[Any], track: Track) -> None:
    for sheet, plan, front, back in sampled:
        if plan is None:
            continue
        wanted = track.expected(plan["sheet"], plan["sheets"], plan["run_sheet"] + plan["sheet"] - 1)
        assert track.read(front) == wanted, sheet
        assert wanted.count("|") % 2 == 0
        assert track.stray_ink(front, above=20 * MM, below=20 * MM, aside=7 * MM) == 0
        assert track.read(back) == "." * len(track.marks)


def test_the_rule_of_the_marks() -> None:
    names = ("start", "end_of_set", "sequence_4", "sequence_2", "sequence_1", "parity", "safety")
    track = Track(names, 0, 0, 0, 0, 0)
    assert track.expected(sheet=1, sheets=2, run_sheet=0) == "|.....|"
    assert track.expected(sheet=2, sheets=2, run_sheet=1) == "||..|.|"
    assert track.expected(sheet=1, sheets=1, run_sheet=6) == "||||.||"
    assert track.expected(sheet=1, sheets=3, run_sheet=15) == "|.|||||"


@pytest.fixture(scope="module")
def address_block(form: StatementForm) -> tuple[float, float]:
    """Left end and centre line of the postal barcode."""
    block = next(b for b in form.template["first"]["blocks"] if b["kind"] == "address")
    left, centre = map(length_pt, block["at"])
    return left, centre


def test_the_postal_barcode_in_letters_is_the_manifests(night: Night) -> None:
    lot = random.Random("letters")
    for row in lot.sample(night.manifest.to_dicts(), 40):
        runs = night.page_runs(row["spool"], row["first_side"], row["slot"])
        letters = [run.text for run in runs if len(run.text) == 65 and not set(run.text) - set("TDAF")]
        assert [decode_imb(text) for text in letters] == [postal_digits(row)]


def test_the_postal_barcode_in_pixels_is_the_manifests(
    night: Night, address_block: tuple[float, float]
) -> None:
    left, centre = address_block
    lot = random.Random("pixels")
    for row in lot.sample(night.manifest.to_dicts(), 40):
        sheet = Sheet(row["spool"], row["first_side"], row["slot"])
        # 0.2 in around the code; its clear zone needs less.
        box = (left - 14.4, centre - 14.4, left + 3.3 * 72, centre + 14.4)
        image = night.region_image(sheet, *box)
        bars = measure_imb(image, 14.4, 14.4)
        assert len(bars.letters) == 65
        assert decode_imb(bars.letters) == postal_digits(row)
        assert check_measures(bars) == []


def test_nothing_stands_in_the_barcodes_clear_zone(
    sampled: list[Any], address_block: tuple[float, float]
) -> None:
    """USPS-B-3200, 2.3: 0.125 in left and right, 0.028 in above and below."""
    left, centre = (round(v * 300 / 72) for v in address_block)
    seen = 0
    for _sheet, plan, front, _back in sampled:
        if plan is None or plan["sheet"] != 1:
            continue
        reach = round(0.0725 * 300)
        zone = front[
            centre - reach - 8 : centre + reach + 9, left - 37 : left + round(3.0067 * 300) + 37
        ].copy()
        zone[8 - 1 : -8 + 1, 37 - 1 : -37 + 2] = 255
        assert zone.min() == 255
        seen += 1
    assert seen > 0


def test_every_sheet_of_a_small_run_is_in_the_window(
    two_up: Night, address_block: tuple[float, float]
) -> None:
    """The address of the first sheet stands in the #10 window, and no ink of it beside (template.yaml's measures)."""
    rows = two_up.manifest.filter(pl.col("stream") == "letter").head(12)
    for row in rows.iter_rows(named=True):
        runs = two_up.page_runs(row["spool"], row["first_side"], row["slot"])
        lines = [r for r in runs if 72 <= r.left < 74 and address_block[1] - 8 < r.y < 3.2 * 72]
        assert len(lines) == 4
        for run in lines:
            assert run.left >= 0.875 * 72
            assert run.right <= 4.375 * 72
            assert run.y - 7 >= 2.5 * 72
            assert run.y + 2 <= 3.167 * 72


def test_the_measuring_judge_reads_a_drawn_code() -> None:
    """Bars drawn by hand at the nominal measures, and one bar cut off at the top."""
    letters = encode_imb("00300123456000000001", "50131000501")
    page = np.full((200, 1100), 255, np.uint8)
    for k, letter in enumerate(letters):
        top = 100 - (22 if letter in "AF" else 7)
        bottom = 100 + (22 if letter in "DF" else 7)
        page[top:bottom, 50 + 14 * k : 56 + 14 * k] = 0
    bars = measure_imb(page, 50 * 0.24, 100 * 0.24)
    assert bars.letters == letters
    assert check_measures(bars) == []
    full = letters.index("F")
    page[70:90, 50 + 14 * full : 56 + 14 * full] = 255
    damaged = measure_imb(page, 50 * 0.24, 100 * 0.24)
    assert damaged.letters[full] == "D"
    with pytest.raises(ValueError, match=r"damaged|check|range"):
        decode_imb(damaged.letters)


def test_the_profile_is_the_one_that_the_job_names() -> None:
    assert (ROOT / "printstream" / "marks" / "profiles" / "omr_basic.yaml").is_file()
    assert "profile: omr_basic" in Path(ROOT / "jobs" / "statement" / "job.yaml").read_text()
