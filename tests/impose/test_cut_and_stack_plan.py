"""Imposition proved by printing, cutting and stacking in software."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from printstream.base import columns as c
from printstream.base.errors import JobError
from printstream.impose import Imposed, impose
from printstream.job import Job
from tests.draw.drawkit import Letters, job_of, template_of
from tests.reference import impose as twin
from tests.reference.draw import Interpreter

LETTER = (612_000, 792_000)


def job(slots: int, sheets: int = 5000, **changes: Any) -> Job:
    scheme = ("one_up", "two_up_cut_and_stack")[slots - 1]
    size = (
        {"sheet_width": "18in", "sheet_height": "12in"}
        if slots == 2
        else {"sheet_width": "9in", "sheet_height": "12in"}
    )
    return job_of(imposition={"scheme": scheme} | size | changes, spool={"sheets": sheets})


def pieces_of(
    sheets: list[int], trays: list[int], streams: list[str], documents: list[int] | None = None
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            c.DOCUMENT.name: documents or list(range(len(sheets))),
            c.SHEETS.name: sheets,
            c.TRAY_ID.name: trays,
            c.STREAM.name: streams,
        },
        {
            c.DOCUMENT.name: pl.UInt32,
            c.SHEETS.name: pl.UInt32,
            c.TRAY_ID.name: pl.UInt32,
            c.STREAM.name: pl.String,
        },
    )


@st.composite
def mailings(draw: st.DrawFn) -> pl.DataFrame:
    """Pieces in mailing order: streams one after the other, each in trays that are numbered on."""
    sheets: list[int] = []
    trays: list[int] = []
    streams: list[str] = []
    tray = 0
    for stream in draw(st.sampled_from([["letter"], ["letter", "flat"], ["letter", "flat", "box"]])):
        for pieces in draw(
            st.lists(st.lists(st.integers(1, 7) | st.integers(1, 60), min_size=1, max_size=9), max_size=7)
        ):
            tray += 1
            sheets += pieces
            trays += [tray] * len(pieces)
            streams += [stream] * len(pieces)
    return pieces_of(sheets, trays, streams, draw(st.permutations(range(len(sheets)))))


def stacked(imposed: Imposed, spool: int) -> list[twin.Leaf]:
    """The leaves of a spool after cutting and stacking, blank ones taken away."""
    spread = imposed.spreads[spool]
    cells = spread.cells(0, spread.sides)
    slots = len(imposed.trim_boxes_mpt)
    moves = [cells.place_bytes[a:b].tobytes().split() for a, b in pairwise(cells.place_offsets.tolist())]
    press = []
    for side in range(spread.sides):
        own = slice(side * slots, (side + 1) * slots)
        across = sorted(
            (float(moves[place][5]), face)
            for place, face in zip(cells.places[own].tolist(), cells.faces[own].tolist(), strict=True)
        )
        assert all(face < 0 or face % 2 == side % 2 for _, face in across)
        press.append([face // 2 if face >= 0 else -1 for _, face in across])
    leaves = twin.stack(list(zip(press[::2], press[1::2], strict=True)))
    assert all((a < 0) == (b < 0) for a, b in leaves)
    return [leaf for leaf in leaves if leaf[0] >= 0]


@given(pieces=mailings(), target=st.integers(1, 60), slots=st.sampled_from([1, 2]))
@example(pieces=pieces_of([2, 2], [1, 2], ["letter"] * 2), target=1, slots=2)
@example(pieces=pieces_of([], [], []), target=1, slots=2)
@example(pieces=pieces_of([1], [1], ["letter"]), target=1, slots=2)
@example(pieces=pieces_of([500], [1], ["letter"]), target=3, slots=2)
@example(pieces=pieces_of([500, 1], [1, 1], ["letter"] * 2), target=3, slots=1)
@example(pieces=pieces_of([1, 500, 1], [1, 2, 3], ["letter"] * 3), target=1, slots=2)
def test_cut_stacks_lie_in_mailing_order(pieces: pl.DataFrame, target: int, slots: int) -> None:
    imposed = impose(pieces, job(slots, target), *LETTER)
    piece_of = [p for p, count in enumerate(pieces[c.SHEETS.name].to_list()) for _ in range(count)]
    assert imposed.sheets.sheet_enclosure.tolist() == piece_of
    assert imposed.sheets.enclosure_document.tolist() == pieces[c.DOCUMENT.name].to_list()
    leaves = [stacked(imposed, spool) for spool in range(len(imposed.spreads))]
    laid = [leaf for spool in leaves for leaf in spool]
    # A back belongs to its front, and all leaves laid on each other are the mailing.
    assert laid == [(sheet, sheet) for sheet in range(len(piece_of))]
    check_spools(pieces, imposed, leaves, target * slots)
    check_first_sides(imposed)


def check_spools(pieces: pl.DataFrame, imposed: Imposed, leaves: list[list[twin.Leaf]], target: int) -> None:
    """No piece lies in two spools or stacks; a spool ends where a tray does, and no later than it must."""
    frame = imposed.spools
    pieces_in = [sorted({int(imposed.sheets.sheet_enclosure[a]) for a, _ in spool}) for spool in leaves]
    assert [p for spool in pieces_in for p in spool] == list(range(pieces.height))
    assert frame[c.SPOOL.name].to_list() == list(range(1, len(leaves) + 1))
    assert frame[c.SHEETS.name].to_list() == [len(spool) for spool in leaves]
    assert frame[c.PIECES.name].to_list() == [len(spool) for spool in pieces_in]
    assert frame[c.FIRST_SEQUENCE.name].to_list() == [spool[0] for spool in pieces_in]
    assert frame[c.IMPRESSIONS.name].to_list() == [2 * int(s.stack_count.max()) for s in imposed.spreads]
    trays, streams = pieces[c.TRAY_ID.name].to_list(), pieces[c.STREAM.name].to_list()
    for number, own in enumerate(pieces_in):
        assert {int(s) for s in imposed.piece_spool[own]} == {number + 1}
        assert {streams[p] for p in own} == {frame[c.STREAM.name][number]}
        assert number + 1 == len(pieces_in) or trays[own[-1]] != trays[own[-1] + 1]
        # Without its last tray it would be smaller than asked for.
        before = [p for p in own if trays[p] != trays[own[-1]]]
        assert int(pieces[c.SHEETS.name][before].sum()) < target
        last_of_stream = own[-1] + 1 == pieces.height or streams[own[-1] + 1] != streams[own[-1]]
        assert last_of_stream or len(leaves[number]) >= target


def check_first_sides(imposed: Imposed) -> None:
    """A piece starts on the page of its file that says so, in one stack."""
    for piece, (spool, side) in enumerate(
        zip(imposed.piece_spool.tolist(), imposed.piece_first_side.tolist(), strict=True)
    ):
        spread = imposed.spreads[spool - 1]
        assert side % 2 == 0
        first, count = spread.stack_first[0].tolist(), spread.stack_count[0].tolist()
        begin = int(imposed.sheets.first_sheet[piece]) - spread.base
        end = int(imposed.sheets.first_sheet[piece + 1]) - spread.base
        owners = [k for k in range(len(first)) if first[k] <= begin < first[k] + count[k]]
        assert len(owners) == 1
        assert end <= first[owners[0]] + count[owners[0]]
        assert first[owners[0]] + side // 2 == begin


@given(pieces=mailings())
def test_stacks_are_as_even_as_whole_pieces_allow(pieces: pl.DataFrame) -> None:
    imposed = impose(pieces, job(2), *LETTER)
    for spread, spool in zip(imposed.spreads, imposed.spools.rows(named=True), strict=True):
        left, right = spread.stack_count[0].tolist()
        assert left >= right
        begin = spool[c.FIRST_SEQUENCE.name]
        cuts = np.cumsum([0, *pieces[c.SHEETS.name][begin : begin + spool[c.PIECES.name]].to_list()])
        best = min(max(cut, cuts[-1] - cut) for cut in cuts.tolist() if cut >= cuts[-1] - cut)
        assert left == best


def test_an_empty_mailing() -> None:
    imposed = impose(pieces_of([], [], []), job(2), *LETTER)
    assert imposed.spreads == ()
    assert imposed.spools.height == 0
    assert imposed.spools.schema == impose(pieces_of([1], [1], ["a"]), job(2), *LETTER).spools.schema
    assert imposed.sheets.first_sheet.tolist() == [0]


@pytest.mark.parametrize(
    ("slots", "size"),
    [
        (1, {"sheet_width": "8.4in"}),
        (1, {"sheet_height": "10.9in"}),
        (2, {"sheet_width": "16.9in"}),
        (2, {"sheet_height": "10in"}),
    ],
)
def test_pages_that_do_not_fit_on_the_sheet_are_refused(slots: int, size: dict[str, str]) -> None:
    with pytest.raises(JobError, match=f"{slots} pages need {8.5 * slots:.2f} x 11.00 in") as caught:
        impose(pieces_of([1], [1], ["letter"]), job(slots, **size), *LETTER)
    assert caught.value.where == "job.imposition"
    assert "sheet_width" in caught.value.next_step


# ---- where it lies on the press sheet


def boxes(imposed: Imposed) -> list[tuple[Fraction, ...]]:
    return [tuple(Fraction(v, 1000) for v in box) for box in imposed.trim_boxes_mpt]


@given(
    slots=st.sampled_from([1, 2]),
    page=st.tuples(st.integers(200_000, 700_000), st.integers(200_000, 900_000)),
    spare=st.tuples(st.integers(0, 90_000), st.integers(0, 90_000)),
)
@example(slots=1, page=LETTER, spare=(0, 0))
@example(slots=2, page=LETTER, spare=(17_999, 18_001))
def test_crop_marks_lie_outside_the_pages(slots: int, page: tuple[int, int], spare: tuple[int, int]) -> None:
    sheet = (slots * page[0] + spare[0], page[1] + spare[1])
    size = {"sheet_width": f"{sheet[0] / 1000}pt", "sheet_height": f"{sheet[1] / 1000}pt"}
    imposed = impose(pieces_of([2], [1], ["letter"]), job(slots, **size), *page)
    trims = boxes(imposed)
    assert all((b[2] - b[0]) * 1000 == page[0] and (b[3] - b[1]) * 1000 == page[1] for b in trims)
    assert all(b[0] >= 0 and b[1] >= 0 and b[2] * 1000 <= sheet[0] and b[3] * 1000 <= sheet[1] for b in trims)
    assert all(a[2] == b[0] for a, b in pairwise(trims)), "no gutter: one cut parts two pages"
    marks = Interpreter({}).run(imposed.spreads[0].pattern.under[0]).lines
    cuts_x, cuts_y = {v for b in trims for v in (b[0], b[2])}, {v for b in trims for v in (b[1], b[3])}
    on_grid = Fraction(1, 20)
    upright: set[Fraction] = set()
    for x0, y0, x1, y1 in marks:
        left, right, low, high = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
        assert left >= -on_grid
        assert low >= -on_grid
        assert right <= Fraction(sheet[0], 1000) + on_grid
        assert high <= Fraction(sheet[1], 1000) + on_grid
        assert all(
            right <= b[0] - 8 or left >= b[2] + 8 or high <= b[1] - 8 or low >= b[3] + 8 for b in trims
        )
        assert (left == right) != (low == high)
        (cut,) = [
            v
            for v in (cuts_x if left == right else cuts_y)
            if abs(v - (left if left == right else low)) <= on_grid
        ]
        upright |= {cut} if left == right else set()
    if spare[1] > 19_000:
        assert upright == cuts_x, "every upright cut has its marks"
        assert len([m for m in marks if m[0] == m[2]]) == 2 * len(cuts_x)
    if spare[0] > 19_000:
        assert len([m for m in marks if m[1] == m[3]]) == 4


def test_no_crop_marks_where_none_are_wanted_or_fit() -> None:
    one = pieces_of([1], [1], ["letter"])
    assert impose(one, job(2, crop_marks=False), *LETTER).spreads[0].pattern.under == (b"", b"")
    exact = job(1, sheet_width="8.5in", sheet_height="11in")
    assert impose(one, exact, *LETTER).spreads[0].pattern.under == (b"", b"")


@pytest.mark.parametrize("slots", [1, 2])
@pytest.mark.parametrize("counts", [[3, 1, 2, 5, 1], [1], [7], [2, 2]])
def test_printed_sides_cut_and_stacked_are_the_mailing(slots: int, counts: list[int]) -> None:
    """The drawn sides themselves: every page's words lie in its own trim box, and the leaves in mailing order."""
    block = {
        "kind": "text",
        "at": ["50pt", "50pt"],
        "text": "d{key} p{page}/{pages} s{sheet}/{sheets} n{piece}",
        "style": "body",
    }
    table = {"x": "50pt", "sum": "cents", "line": {"height": "50pt", "baseline": "9pt", "style": "body"}}
    template = template_of(
        first={"blocks": [block], "area": {"top": "100pt", "bottom": "150pt"}}, table=table
    )
    owners = [document for document, count in enumerate(counts) for _ in range(count)]
    lines = pl.DataFrame({"document": owners, "cents": [1] * len(owners)})
    sequence = list(reversed(range(len(counts))))
    given_letters = Letters(
        template, pl.DataFrame({"key": range(len(counts))}), lines, job=job(slots), sequence=sequence
    )
    drawn = given_letters.drawn()
    trims = boxes(drawn.imposed)
    pages = [drawn.read(side) for side in drawn.sides()]
    press = []
    for side in pages:
        words = ["" for _ in trims]
        for shown in side.strings:
            (place,) = [k for k, b in enumerate(trims) if b[0] < shown.x < b[2] and b[1] < shown.y < b[3]]
            assert words[place] == ""
            words[place] = drawn.text(shown.text)
            assert (shown.x - trims[place][0], trims[place][3] - shown.y) == (50, 50)
        press.append(words)
    piles = [
        [
            (fronts[k], backs[len(trims) - 1 - k])
            for fronts, backs in zip(press[::2], press[1::2], strict=True)
        ]
        for k in range(len(trims))
    ]
    found = [words for pile in piles for leaf in pile for words in leaf]
    wanted = [
        f"d{document} p{page}/{counts[document]} s{(page + 1) // 2}/{(counts[document] + 1) // 2} n{number}"
        for number, document in enumerate(sequence, 1)
        for page in range(1, counts[document] + 1)
    ]
    assert [words for words in found if words] == wanted
    assert all(re.fullmatch(r"d\d+ p\d+/\d+ s\d+/\d+ n\d+|", words) for words in found)
