"""The window: what it always shows, against sliding the letter about; widths against fontTools' own advances."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from printstream.address import check_block, visible_box
from printstream.address.fit import window_faults
from printstream.addressing import AddressChecks, Window
from printstream.base.addressplace import AddressPart, AddressPlace
from printstream.base.errors import JobError
from printstream.base.yamlfile import load_model
from printstream.fonts.faces import FACES
from printstream.layout import Template, address_place
from printstream.marks import sheet_marks
from printstream.order import WorkOrder, read_order
from tests.address.addresskit import job_of
from tests.judges.statement import ROOT

IN = 72_000
NUMBER_TEN = {
    "envelope_width": "9.5in", "envelope_height": "4.125in", "left": "0.875in", "bottom": "0.5in",
    "width": "4.5in", "height": "1.125in", "panel_height": "264pt",
}  # fmt: skip
LETTER = 612_000


def _window(**changes: str) -> Window:
    return Window.model_validate(NUMBER_TEN | changes)


def _place(**changes: Any) -> AddressPlace:
    lines = tuple((AddressPart(name, is_column=True),) for name in ("a", "b"))
    settings: dict[str, Any] = {
        "where": "template.first.blocks.0", "left": IN, "baseline": 200_000, "leading": 10_000, "width": 250_000,
        "face": "plex-sans", "size": 9_000, "lines": lines, "bars": None, "clear_bars": (9_000, 2_016),
    }  # fmt: skip
    return AddressPlace(**(settings | changes))


def test_a_number_ten_window_shows_what_the_statements_template_says() -> None:
    assert visible_box(_window(), LETTER) == (
        0.875 * IN,
        2.5 * IN,
        4.375 * IN,
        pytest.approx(3.1667 * IN, abs=10),
    )


@given(
    inset=st.integers(0, 10_000),
    point=st.tuples(st.integers(0, LETTER), st.integers(0, 264_000)),
)
def test_what_is_always_visible_is_seen_from_every_lie_of_the_letter(
    inset: int, point: tuple[int, int]
) -> None:
    window = _window(inset=f"{inset / 1000}pt")
    left, top, right, bottom = visible_box(window, LETTER)
    window_top = window.envelope_height - window.bottom - window.height
    spans = (
        window.envelope_width - 2 * inset - LETTER,
        window.envelope_height - 2 * inset - window.panel_height,
    )
    seen = True
    for slide_x in np.linspace(0, spans[0], 7):
        for slide_y in np.linspace(0, spans[1], 7):
            x, y = inset + slide_x + point[0], inset + slide_y + point[1]
            seen &= (
                window.left <= x <= window.left + window.width
                and window_top <= y <= window_top + window.height
            )
    assert seen == (left <= point[0] <= right and top <= point[1] <= bottom)


@given(
    texts=st.lists(
        st.tuples(st.text("iW É,·", max_size=40), st.text("am 1", max_size=40)), min_size=1, max_size=5
    )
)
def test_lines_are_as_wide_as_the_font_says(texts: list[tuple[str, str]]) -> None:
    font = TTFont(io.BytesIO(FACES["plex-sans"]()))
    metrics, cmap, em = font["hmtx"].metrics, font.getBestCmap(), font["head"].unitsPerEm
    widths = [max(sum(metrics[cmap[ord(c)]][0] for c in t) for t in pair) * 9_000 / em for pair in texts]
    frame = pl.DataFrame(texts, schema=["a", "b"], orient="row")
    # Advances are rounded to 1/1000 em: up to half of one a character.
    slack = 40 * 9_000 * 0.0005
    for limit in {*map(int, widths)}:
        found = window_faults(frame, _place(width=limit), None, LETTER)["too_long"]
        for width, is_long in zip(widths, found.tolist(), strict=True):
            assert is_long == (width > limit) or abs(width - limit) <= slack + 1


def test_a_line_leaves_the_window_to_the_right_and_below() -> None:
    window = _window()
    left, top, right, bottom = visible_box(window, LETTER)
    wide = "W" * 40
    frame = pl.DataFrame({"a": ["Ann Lee", wide, "Ann Lee", ""], "b": ["", "", "1 Oak St", ""]})
    place = _place(left=left, baseline=bottom - 5_000, width=10**6)
    # The second line's baseline lies 5 pt below the window; an address without a line is no concern of it.
    assert window_faults(frame, place, window, LETTER)["outside_window"].tolist() == [
        False,
        True,
        True,
        False,
    ]
    high = _place(left=left, baseline=top + 1_000)
    assert window_faults(frame, high, window, LETTER)["outside_window"].tolist() == [True, True, True, False]
    clear = _window(clear="1pt")
    assert window_faults(frame, place, clear, LETTER)["outside_window"].tolist() == [True, True, True, False]
    assert right > left


def test_a_very_long_line_and_strange_characters_are_measured() -> None:
    frame = pl.DataFrame({"a": ["A" * 100_000, "\U0001f600", None], "b": ["", "", ""]})
    assert window_faults(frame, _place(), None, LETTER)["too_long"].tolist() == [True, False, False]


def test_a_field_that_is_no_text_cannot_be_judged() -> None:
    frame = pl.DataFrame({"a": [1], "b": [""]})
    assert window_faults(frame, _place(), None, LETTER) == {}
    with pytest.raises(JobError, match="'a' is no plain text"):
        window_faults(frame, _place(), _window(), LETTER)


def test_a_letter_larger_than_its_envelope_is_refused() -> None:
    with pytest.raises(JobError, match="does not go into the envelope"):
        visible_box(_window(envelope_width="8in"), LETTER)


def test_bars_need_their_clear_zone() -> None:
    job = job_of(window=NUMBER_TEN)
    left, top, right, bottom = visible_box(_window(), LETTER)
    zone = (left + 9_000, top + 2_016, right - 9_000, bottom - 2_016)
    check_block(_place(bars=zone), job)
    for k, (side, step) in enumerate(
        zip(("left of", "above", "right of", "below"), (-1, -1, 1, 1), strict=True)
    ):
        bars = (*zone[:k], zone[k] + step, *zone[k + 1 :])
        with pytest.raises(JobError, match=f"in {side} the post's bars"):
            check_block(_place(bars=bars), job)
    with pytest.raises(JobError, match="no address block"):
        check_block(None, job)


def test_the_statements_block_is_found_with_its_bars() -> None:
    template = load_model(ROOT / "jobs/statement/template.yaml", Template)
    place = address_place(template, sheet_marks(job_of()).postal)
    assert place is not None
    assert place.bars is not None
    assert (place.left, place.baseline, place.size, len(place.lines)) == (
        IN,
        2.605 * IN + 0.215 * IN,
        9_000,
        3,
    )
    assert (place.bars[1] + place.bars[3]) / 2 == 2.605 * IN
    assert 2.5 < (place.bars[2] - place.bars[0]) / IN < 3.25  # 20 to 24 bars an inch


DL = {"envelope_width": "220mm", "envelope_height": "110mm", "left": "20mm", "bottom": "15mm"}
# Mailmark keeps 2 mm clear, the Intelligent Mail barcode 0.125 and 0.028 in (docs/postal-barcodes.md).
WINDOWS = {
    "uk-water": DL | {"width": "100mm", "height": "40mm", "panel_height": "99mm"},
    "de-dialogpost": DL | {"width": "90mm", "height": "45mm", "panel_height": "105mm"},
}


def _shipped() -> dict[str, dict[str, str]]:
    """Every job of the folder whose letters go into a #10 window envelope, and the two in metric ones."""
    found = {path.parent: path for path in sorted((ROOT / "jobs").rglob("job.yaml"))}
    names = [folder.relative_to(ROOT / "jobs").as_posix() for folder in found]
    tens = [n for n in names if '"#10 window"' in (ROOT / "jobs" / n / "job.yaml").read_text("utf-8")]
    return dict.fromkeys(tens, NUMBER_TEN) | WINDOWS


def test_the_jobs_that_are_shipped_are_looked_at() -> None:
    clients = {f"commingled/{name}" for name in ("harbor-gas", "lakeside-clinic", "northfield-college")}
    assert set(_shipped()) >= {"statement", "household", "policy", "ca-hydro", *clients, *WINDOWS}


@pytest.mark.parametrize("name", _shipped())
def test_addresses_and_bars_of_the_shipped_jobs_stay_in_the_window(name: str) -> None:
    order = read_order(ROOT / "jobs" / name)
    leading = [one for one in order.types or (order,) if one.address_place is not None]
    assert leading
    for one in leading:
        _stays_inside(one, Window.model_validate(_shipped()[name] | {"clear": "0.03in"}))


def _stays_inside(order: WorkOrder, window: Window) -> None:
    checks = order.job.address.model_copy(update={"checks": AddressChecks(window=window)})
    job = order.job.model_copy(update={"address": checks})
    place = order.address_place
    assert place is not None
    check_block(place, job)
    # Bars need their paper on every side: moved beyond what is visible less that, they are refused.
    if place.bars is not None:
        left, top, right, bottom = visible_box(window, order.job.stock.width)
        aside, above = place.clear_bars
        assert aside > 0 < above
        wide, high = place.bars[2] - place.bars[0], place.bars[3] - place.bars[1]
        for side, x, y in (
            ("left of", left + aside - 1, place.bars[1]),
            ("above", place.bars[0], top + above - 1),
            ("right of", right - aside - wide + 1, place.bars[1]),
            ("below", place.bars[0], bottom - above - high + 1),
        ):
            with pytest.raises(JobError, match=f"in {side} the post's bars"):
                check_block(replace(place, bars=(round(x), round(y), round(x) + wide, round(y) + high)), job)
    columns = {part.text for line in place.lines for part in line if part.is_column}
    frame = pl.DataFrame({column: ["Wwwwwww"] for column in columns})
    faults = window_faults(frame, place, window, order.job.stock.width)
    assert {key: found.tolist() for key, found in faults.items()} == {
        "too_long": [False],
        "outside_window": [False],
    }


def test_a_job_may_ask_for_more_paper_than_the_post_does() -> None:
    order = read_order(ROOT / "jobs" / "uk-water")
    for extra, refused in (("2mm", False), ("2.2mm", True)):
        window = Window.model_validate(WINDOWS["uk-water"] | {"clear_bars_x": extra})
        job = order.job.model_copy(
            update={"address": order.job.address.model_copy(update={"checks": AddressChecks(window=window)})}
        )
        if refused:
            with pytest.raises(JobError, match="in left of the post's bars"):
                check_block(order.address_place, job)
        else:
            check_block(order.address_place, job)
