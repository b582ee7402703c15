"""The pen's buffer: nothing behind it is written, and what is drawn does not depend on its size."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printstream import draw
from printstream.base.errors import ResourceError
from printstream.draw import draw as room
from printstream.kernels.context import SCRATCH_BYTES
from printstream.kernels.draw import SLACK_BYTES, draw_sides
from printstream.kernels.ink import NO_ROOM
from printstream.kernels.symbols import SYMBOL_BYTES, encode_symbols
from printstream.layout.compile import MAX_CELLS
from tests.draw.drawkit import Drawn, Letters, job_of, template_of
from tests.draw.test_draw_pages import letters
from tests.reference.draw import Page

GUARD = 0xA5
TWO_UP = job_of(imposition={"scheme": "two_up_cut_and_stack", "sheet_width": "18in", "sheet_height": "12in"})


def row(text: str, cells: int, height: str = "10pt") -> dict[str, Any]:
    return {
        "height": height, "baseline": "8pt", "style": "body", "cells": [{"x": "0pt", "text": text}] * cells
    }  # fmt: skip


def heavy(length: int, cells: int) -> Letters:
    """Every row and block as long as it may be."""
    table = {"x": "50pt", "sum": "cents", "line": row("{item}", cells)}
    table |= {kind: row("{item}", cells) for kind in ("heading", "continued", "subtotal")}
    table |= {kind: row("{name}", cells) for kind in ("carried", "brought")}
    blocks = [
        {"kind": "text", "at": ["9pt", "9pt"], "text": "{name}", "style": "bold"},
        {"kind": "paragraph", "at": ["9pt", "9pt"], "text": "{name}", "style": "body", "width": "100000pt", "leading": "9pt"},
        {
            "kind": "address", "at": ["9pt", "99pt"], "first_line": "15pt", "leading": "9pt", "style": "body",
            "width": "100000pt", "lines": ["{name}"] * 7,
        },
    ]  # fmt: skip
    template = template_of(
        first={"blocks": blocks, "area": {"top": "100pt", "bottom": "190pt"}},
        next={"area": {"top": "100pt", "bottom": "190pt"}},
        table=table,
        closing={"flow_height": "10pt", "flow": [blocks[0]], "foot": blocks[:2]},
    )
    frame = pl.DataFrame({"name": ["n" * length, "m" * length]})
    groups = [0, 1, 1, 2, 2, 2, 2, 2, 2, 3, 4, 4] * 2
    lines = pl.DataFrame({"document": [0] * 12 + [1] * 12, "group": groups, "item": "i" * length, "cents": 7})
    return Letters(template, frame, lines, "group", job=TWO_UP)


def symbols_of(drawn: Drawn, context: int, sides: int) -> np.ndarray:
    spread = drawn.imposed.spreads[0]
    faces = spread.cells(0, sides).faces
    out = np.zeros((faces.size, SYMBOL_BYTES), np.uint8)
    assert encode_symbols(context, drawn.drawing.symbols, faces, out) == 0
    return out


def draw_into(drawn: Drawn, sizes: list[int]) -> list[tuple[int, bytes]]:
    """Draw a spool into buffers of given sizes with a guard behind; sizes that do not do give no bytes."""
    spread = drawn.imposed.spreads[0]
    sides = spread.sides
    cells = spread.cells(0, sides)
    context = drawn.drawing.context()
    symbols = symbols_of(drawn, context.address, sides)
    found = []
    for size in sizes:
        memory = np.full(size + 4096, GUARD, np.uint8)
        ends = np.zeros(sides, np.int64)
        used = int(draw_sides(context.address, cells, symbols, memory[:size], ends))
        assert (memory[size:] == GUARD).all(), "memory behind the buffer was written"
        assert used == NO_ROOM or used <= size
        found.append((used, b"" if used == NO_ROOM else memory[:used].tobytes()))
    return found


@pytest.mark.parametrize(
    ("length", "cells"), [(SCRATCH_BYTES, MAX_CELLS), (SCRATCH_BYTES, 1), (300, MAX_CELLS)]
)
def test_nothing_is_written_behind_the_buffer(length: int, cells: int) -> None:
    drawn = heavy(length, cells).drawn()
    ((whole, content),) = draw_into(drawn, [16 << 20])
    assert whole > 0
    step = max(whole // 150, 1)
    found = draw_into(drawn, [*range(0, whole + SLACK_BYTES, step), whole, whole + SLACK_BYTES])
    assert {used for used, _ in found} == {NO_ROOM, whole}
    assert {shown for used, shown in found if used != NO_ROOM} == {content}


@settings(max_examples=30)
@given(given_letters=letters(), data=st.data())
def test_random_letters_at_the_buffers_end(given_letters: Letters, data: st.DataObject) -> None:
    drawn = given_letters.drawn()
    ((whole, content),) = draw_into(drawn, [4 << 20])
    near = data.draw(st.lists(st.integers(0, whole + SLACK_BYTES + 64), min_size=1, max_size=20))
    for used, shown in draw_into(drawn, near):
        assert (used, shown) in {(NO_ROOM, b""), (whole, content)}


@pytest.mark.parametrize("first", [1, 5_000, SLACK_BYTES, SLACK_BYTES + 10_000])
def test_a_buffer_that_grows_gives_the_same_bytes(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = heavy(SCRATCH_BYTES, MAX_CELLS).drawn()
    wanted = drawn.sides()
    monkeypatch.setattr(room, "_FIRST_BUFFER_BYTES", first)
    grown: list[int] = []
    grow = draw.Pen._grow

    def counted(pen: draw.Pen) -> None:
        grown.append(pen._out.size)
        grow(pen)

    monkeypatch.setattr(draw.Pen, "_grow", counted)
    assert drawn.sides() == wanted
    assert grown[0] == first
    assert grown == sorted(set(grown))


def test_a_buffer_that_may_not_grow_is_a_fault_of_resources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_FIRST_BUFFER_BYTES", 1)
    monkeypatch.setattr(room, "_LARGEST_BUFFER_BYTES", 2 << 20)
    with pytest.raises(ResourceError, match="gigabyte") as caught:
        heavy(SCRATCH_BYTES, MAX_CELLS).drawn().sides()
    assert caught.value.exit_code == 6


def test_ranges_of_sides_and_pens_give_the_same_bytes() -> None:
    drawn = heavy(300, 3).drawn()
    whole = drawn.sides()
    for step in (1, 2, 3, 5):
        assert drawn.sides(step=step) == whole
    pen = draw.Pen(drawn.drawing)
    spread = drawn.imposed.spreads[0]
    for side in (len(whole) - 1, 0, 3, 1, 0):
        content, offsets = pen.draw(spread, side, side + 1)
        assert content.tobytes() == whole[side]
        assert offsets.tolist() == [0, len(whole[side])]
    content, offsets = pen.draw(spread, 2, 2)
    assert (content.size, offsets.tolist()) == (0, [0])


# ---- how many lines a document has


def statement(counts: list[int], group_size: int) -> Letters:
    owners = np.repeat(np.arange(len(counts)), counts)
    lines = pl.DataFrame(
        {"document": owners, "no": range(owners.size)}, {"document": pl.Int64, "no": pl.Int64}
    )
    lines = lines.with_columns(group=pl.col("no") // group_size, cents=pl.col("no") % 97)
    table = {
        "x": "50pt", "sum": "cents", "line": row("L{no}", 1), "heading": row("H", 1), "subtotal": row("S{group_total}", 1),
        "carried": row("K{carried}", 1), "brought": row("B{brought}", 1),
    }  # fmt: skip
    closing = {
        "flow_height": "20pt",
        "flow": [{"kind": "text", "at": ["50pt", "9pt"], "text": "T{total}", "style": "body"}],
    }
    first = {
        "area": {"top": "100pt", "bottom": "700pt"},
        "blocks": [{"kind": "text", "at": ["50pt", "50pt"], "text": "P{page}/{pages}", "style": "body"}],
    }
    frame = pl.DataFrame({"key": range(len(counts))})
    return Letters(template_of(first=first, table=table, closing=closing), frame, lines, "group")


def strings(drawn: Drawn, page: Page) -> list[str]:
    return [drawn.text(s.text) for s in page.strings]


def test_documents_without_lines() -> None:
    drawn = statement([0, 3, 0], 2).drawn()
    empty, some, last = ([strings(drawn, page) for page in pages] for pages in drawn.document_pages())
    assert empty == last == [["P1/1", "T0"]]
    assert some == [["P1/1", "H", "L0", "L1", "S1", "H", "L2", "S2", "T3"]]
    assert drawn.drawing.printed.tolist() == [0, 3, 0]
    assert [
        strings(drawn, page) for pages in statement([0], 1).drawn().document_pages() for page in pages
    ] == empty


def test_lines_without_a_table_are_not_drawn() -> None:
    """A job may read lines for their sums only."""
    given_letters = statement([30], 3)
    bare = given_letters.template.model_copy(update={"table": None})
    ((page,),) = (
        drawn := Letters(bare, given_letters.documents, given_letters.lines, "group").drawn()
    ).document_pages()
    assert strings(drawn, page) == ["P1/1", "T0"]


@pytest.mark.parametrize("group_size", [1, 7, 10**9])
def test_a_document_of_200_000_lines_takes_linear_time(group_size: int) -> None:
    def seconds(count: int) -> tuple[float, Drawn]:
        prepared = statement([count], group_size)
        began = time.perf_counter()
        drawn = prepared.drawn()
        drawn.sides(step=64)
        return time.perf_counter() - began, drawn

    small = min(seconds(20_000)[0] for _ in range(3))
    long, drawn = seconds(200_000)
    # Ten times as many lines: twenty-five times the time leaves room for a busy machine, a hundred would be square.
    assert long < 25 * max(small, 0.02)
    assert drawn.drawing.printed[0] == sum(k % 97 for k in range(200_000))
    pages = int(drawn.pages.first_page[-1])
    last = drawn.read(drawn.sides(step=64)[pages - 1])
    total = f"T{drawn.drawing.printed[0]}"
    assert strings(drawn, last)[0] == f"P{pages}/{pages}"
    assert strings(drawn, last)[-1] == total
    if group_size == 10**9:
        assert strings(drawn, last)[-2] == f"S{drawn.drawing.printed[0]}"
