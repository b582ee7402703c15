"""The finished print files cut and stacked in software: the pile must run 1..n in order."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pikepdf
import pytest

from tests.judges.marks import length_pt, read_codes
from tests.judges.press import DPI, Night, Sheet
from tests.judges.statement import ROOT

_CODE = re.compile(r"MTS09981(\d{8})(\d{3})(\d{3})")
_PAGE = re.compile(r"(\d+) of (\d+)\Z")


@pytest.fixture(scope="module")
def matrix_box() -> tuple[float, float, float, float]:
    """Where the Data Matrix stands, with 4 mm around it."""
    text = (ROOT / "printstream" / "marks" / "profiles" / "omr_basic.yaml").read_text().split("matrix:")[1]
    left, top, module = (
        length_pt(re.search(rf"{name}: (\S+)", text)[1])  # type: ignore[index]
        for name in ("left", "top", "module")
    )
    return left - 11, top - 11, left + 20 * module + 11, top + 20 * module + 11


def _read(night: Night, sheet: Sheet, box: tuple[float, float, float, float]) -> tuple[int, int, int] | None:
    """Piece, sheet, sheets from the code on a front; None where the sheet is blank."""
    image = night.region_image(sheet, *box)
    if image.min() == 255:
        return None
    (text,) = read_codes(image, "DataMatrix")
    match = _CODE.fullmatch(text)
    assert match is not None, text
    piece, number, of = map(int, match.groups())
    return piece, number, of


def _page_label(night: Night, sheet: Sheet, side: int) -> tuple[str, tuple[int, int]] | None:
    """Account and page m of n from the text of one side of a sheet."""
    runs = night.page_runs(sheet.spool, sheet.front + side, sheet.slot)
    if not runs:
        return None
    (label,) = [match for run in runs if (match := _PAGE.search(run.text)) and "Total" not in run.text]
    accounts = {found[0] for run in runs if (found := re.findall(r"(?<!\d)\d{9}(?!\d)", run.text))}
    assert len(accounts) == 1
    return accounts.pop(), (int(label[1]), int(label[2]))


def _planned_pile(night: Night) -> list[tuple[int, int, int]]:
    return [
        (piece, number, sheets)
        for piece, sheets in night.manifest.select("piece_id", "sheets").iter_rows()
        for number in range(1, sheets + 1)
    ]


@pytest.mark.parametrize("imposition", ["two_up", "one_up"])
def test_the_pile_runs_in_order(
    imposition: str, request: pytest.FixtureRequest, matrix_box: tuple[float, float, float, float]
) -> None:
    night: Night = request.getfixturevalue(imposition)
    assert len(night.spool_paths) > 2
    pile = [code for sheet in night.piles() if (code := _read(night, sheet, matrix_box)) is not None]
    assert pile == _planned_pile(night)
    assert pile[0] == (1, 1, pile[0][2])


@pytest.mark.parametrize("imposition", ["two_up", "one_up"])
def test_front_and_back_of_a_cut_sheet_belong_together(
    imposition: str, request: pytest.FixtureRequest
) -> None:
    night: Night = request.getfixturevalue(imposition)
    for sheet in list(night.piles())[::9]:
        plan = night.planned(sheet)
        front, back = (_page_label(night, sheet, side) for side in (0, 1))
        if plan is None:
            assert front is None
            assert back is None
            continue
        account = f"{int(plan['document_id']):09d}"
        assert front == (account, (2 * plan["sheet"] - 1, plan["pages"]))
        if 2 * plan["sheet"] <= plan["pages"]:
            assert back == (account, (2 * plan["sheet"], plan["pages"]))
        else:
            assert back is None


def test_blanks_lie_at_the_bottom_of_a_stack_only(two_up: Night) -> None:
    for number in range(1, len(two_up.spool_paths) + 1):
        sheets = [s for s in two_up.piles() if s.spool == number]
        for slot in range(two_up.paper.slots):
            blank = [two_up.planned(s) is None for s in sheets if s.slot == slot]
            assert blank == sorted(blank)
        used = [sum(two_up.planned(s) is not None for s in sheets if s.slot == slot) for slot in (0, 1)]
        assert used[0] >= used[1]


def test_every_press_side_shows_where_to_cut(two_up: Night) -> None:
    paper, dot = two_up.paper, DPI / 72
    cuts_x = [(paper.left(0) + n * paper.page_width) * dot for n in range(paper.slots + 1)]
    cuts_y = [v * dot for v in (paper.top, paper.top + paper.page_height)]
    for number in (1, len(two_up.spool_paths)):
        for side in range(len(two_up.files.document(number))):
            ink = two_up.side_image(number, side) < 200
            left, right = round(cuts_x[0]), round(cuts_x[-1])
            top, bottom = (round(v) for v in cuts_y)
            for beside, cuts in (
                (ink[: top - 9], cuts_x),
                (ink[bottom + 9 :], cuts_x),
                (ink[:, : left - 9].T, cuts_y),
                (ink[:, right + 9 :].T, cuts_y),
            ):
                (marked,) = beside.any(axis=0).nonzero()
                shown = np.split(marked, (np.diff(marked) > 1).nonzero()[0] + 1)
                assert [float(at.mean()) + 0.5 for at in shown] == pytest.approx(cuts, abs=1)


def test_what_every_press_side_carries_is_once_in_a_file(two_up: Night) -> None:
    for path in two_up.spool_paths:
        with pikepdf.open(path) as pdf:
            for number, page in enumerate(pdf.pages):
                name = f"/U{number % 2}"
                assert page.Contents.read_bytes().startswith(name.encode() + b" Do\n")
                assert page.Resources.XObject[name].objgen == pdf.pages[0].Resources.XObject[name].objgen


def test_a_spool_ends_between_trays(two_up: Night) -> None:
    manifest: Any = two_up.manifest
    for earlier, later in zip(
        manifest.iter_rows(named=True), manifest[1:].iter_rows(named=True), strict=False
    ):
        if earlier["spool"] != later["spool"]:
            assert (earlier["tray_id"], earlier["stream"]) != (later["tray_id"], later["stream"])
