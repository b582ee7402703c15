"""Page breaks of every way to part up to eight lines into groups, against the rules."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any
from unittest.mock import patch

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from printstream import layout
from printstream.layout import paginate
from tests.draw.drawkit import Letters, Now, template_of
from tests.reference import layout as rules

KINDS = ("line", "heading", "continued", "subtotal", "carried", "brought")
MOST = 8


def partitions(count: int) -> Iterator[list[int]]:
    """Group of each line, in every way."""
    if count == 0:
        yield []
        return
    for bits in range(1 << (count - 1)):
        groups = [0]
        for k in range(count - 1):
            groups.append(groups[-1] + (bits >> k & 1))
        yield groups


DOCUMENTS = [groups for count in range(MOST + 1) for groups in partitions(count)]
LINES = [
    [rules.Line(group, 7 * d + k * k - 20) for k, group in enumerate(groups)]
    for d, groups in enumerate(DOCUMENTS)
]
FRAME = pl.DataFrame(
    [(d, line.group, line.cents) for d, lines in enumerate(LINES) for line in lines],
    {"document": pl.Int64, "group": pl.Int64, "cents": pl.Int64},
    orient="row",
)


def check(heights: dict[str, int], first: int, spare: int, flow: int, foot: int | None) -> None:
    """Heights in points; ``spare`` beyond the least that the next pages need; ``foot`` above their bottom."""
    following = max(sum(heights.values()), flow + heights["brought"]) + spare
    top, bottom = 100, 100 + heights["carried"] + first
    rows = {
        kind: {"height": f"{h}pt", "baseline": "0pt", "style": "body", "cells": []}
        for kind, h in heights.items()
        if h
    }
    closing: dict[str, Any] = {"flow_height": f"{flow}pt"}
    foot_top = None
    if foot is not None:
        foot_top = max(top + following - foot, top + flow + heights["brought"])
        closing["foot_top"] = f"{foot_top}pt"
    template = template_of(
        first={"area": {"top": f"{top}pt", "bottom": f"{bottom}pt"}},
        next={"area": {"top": f"{top}pt", "bottom": f"{top + following}pt"}},
        table={"x": "0pt", "sum": "cents", **rows},
        closing=closing,
    )
    letters = Letters(template, pl.DataFrame({"key": range(len(DOCUMENTS))}), FRAME, "group")
    pages = layout.break_pages(letters.typeset(), letters.line_arrays(), len(DOCUMENTS), Now())
    above = [bottom - top, following] if foot_top is None else [foot_top - top] * 2
    sizes = rules.Sizes(heights, bottom - top, following, flow, *above)
    for document, lines in enumerate(LINES):
        a, b = pages.first_page[document : document + 2].tolist()
        wanted = rules.spans(lines, sizes)
        assert pages.first_line[a:b].tolist() == [first_line for first_line, _ in wanted], DOCUMENTS[document]
        before = [sum(line.cents for line in lines[:first_line]) for first_line, _ in wanted]
        assert pages.brought_cents[a:b].tolist() == before


# A few points a row, so that every coincidence of heights and areas comes up.
heights_of = st.fixed_dictionaries({"line": st.integers(1, 4)} | dict.fromkeys(KINDS[1:], st.integers(0, 3)))


@settings(max_examples=80)
@given(
    heights=heights_of, first=st.integers(0, 24), spare=st.integers(0, 12), flow=st.integers(0, 8),
    foot=st.none() | st.integers(0, 12),
)  # fmt: skip
# A whole document that fits on the first page, its closing only on the larger second: the lines stay.
@example(heights=dict(zip(KINDS, (2, 1, 1, 1, 1, 1), strict=True)), first=12, spare=12, flow=6, foot=None)
@example(heights=dict(zip(KINDS, (1, 0, 0, 0, 0, 0), strict=True)), first=4, spare=12, flow=3, foot=None)
@example(heights=dict(zip(KINDS, (1, 0, 0, 0, 0, 0), strict=True)), first=24, spare=0, flow=8, foot=4)
def test_documents_break_by_the_rules(
    heights: dict[str, int], first: int, spare: int, flow: int, foot: int | None
) -> None:
    check(heights, first, spare, flow, foot)


def test_the_partitions_are_all_there() -> None:
    assert len(DOCUMENTS) == 2**MOST
    assert DOCUMENTS[-1] == list(range(MOST))
    assert [0, 0, 1, 2, 2, 2] in DOCUMENTS


def test_pages_are_counted_before_they_are_filled() -> None:
    rows = {kind: {"height": "4pt", "baseline": "0pt", "style": "body", "cells": []} for kind in KINDS}
    template = template_of(
        first={"area": {"top": "100pt", "bottom": "120pt"}},
        next={"area": {"top": "100pt", "bottom": "130pt"}},
        table={"x": "0pt", "sum": "cents", **rows},
        closing={"flow_height": "0pt"},
    )
    letters = Letters(template, pl.DataFrame({"key": range(len(DOCUMENTS))}), FRAME, "group")
    given_to = letters.typeset(), letters.line_arrays(), len(DOCUMENTS)
    whole = layout.break_pages(*given_to, Now())
    held, fill = Event(), paginate.fill_pages

    def fill_later(*args: Any) -> None:
        held.wait(10)
        fill(*args)

    with patch.object(paginate, "fill_pages", fill_later), ThreadPoolExecutor(1) as executor:
        breaking = layout.begin_pages(*given_to, executor, 1)
        assert breaking.first_page.tolist() == whole.first_page.tolist()
        assert not breaking.arrays.brought_cents.any()
        held.set()
        pages = breaking.finish()
    assert pages.first_line.any()
    for found, wanted in zip(pages, whole, strict=True):
        assert found.tolist() == wanted.tolist()
