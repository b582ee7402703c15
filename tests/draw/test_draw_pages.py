"""Random templates and data: every string of every page stands where the slow twins say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from printstream.layout.template import Template
from tests.draw.drawkit import STYLES, Drawn, Letters, template_of
from tests.reference import layout as rules
from tests.reference import text as texts
from tests.reference.draw import Page, Shown

HEIGHT = 792_000
KINDS = ("line", "heading", "continued", "subtotal", "carried", "brought")
CELLS = {
    "line": [
        {"x": "0pt", "text": "L{no:pad4}"},
        {"x": "60pt", "text": "{item}", "width": "90pt"},
        {"x": "310.3pt", "text": "{day:medium} {rate}%", "align": "right"},
        {"x": "400pt", "text": "{cents:money}", "align": "right"},
    ],
    "heading": [{"x": "0pt", "text": "Head {no:pad4} of {{{name}}}"}],
    "continued": [{"x": "3pt", "text": "Cont {no:pad4}"}],
    "subtotal": [
        {"x": "20pt", "text": "Sub {no:pad4}"},
        {"x": "400pt", "text": "{group_total:money}", "align": "right"},
    ],
    "carried": [{"x": "0pt", "text": "Carried"}, {"x": "400pt", "text": "{carried:money}", "align": "right"}],
    "brought": [{"x": "0pt", "text": "Brought"}, {"x": "400pt", "text": "{brought:money}", "align": "right"}],
}
BLOCKS = [
    {"kind": "text", "at": ["40pt", "30pt"], "text": "Page {page} of {pages}, sheet {sheet}/{sheets}", "style": "body"},
    {"kind": "text", "at": ["500pt", "30pt"], "text": "{name} {key:pad9}", "style": "bold", "align": "right"},
    {"kind": "text", "at": ["300pt", "40.1pt"], "text": "{when} {when:iso}", "style": "small", "align": "center"},
    {"kind": "text", "at": ["300pt", "60pt"], "text": "{name}, cut", "style": "small", "width": "20pt", "overflow": "ellipsis"},
    {"kind": "text", "at": ["40pt", "70pt"], "text": "{key} {check} piece {piece:pad4}", "style": "scan"},
    # One grid step above the last: it must not be taken for the next line of the table.
    {"kind": "text", "at": ["40pt", "69.9pt"], "text": "{key:int}", "style": "scan"},
]  # fmt: skip
FLOW = [
    {
        "kind": "text",
        "at": ["440pt", "12pt"],
        "text": "Total {total:money}",
        "style": "bold",
        "align": "right",
    }
]
FOOT = [{"kind": "text", "at": ["40pt", "760pt"], "text": "Pay {total:fixed2} for {name}", "style": "body"}]
DATES = frozenset({"day", "when"})
names = st.text("Aeg .é-ÅŁ€", min_size=1, max_size=20)


def points(dpt: int) -> str:
    return f"{dpt / 10:.1f}pt"


@st.composite
def templates(draw: st.DrawFn) -> dict[str, Any]:
    heights = {"line": draw(st.integers(60, 250))}
    for kind in KINDS[1:]:
        if draw(st.booleans()):
            heights[kind] = draw(st.integers(50, 400))
    need = sum(heights.values())
    flow = draw(st.integers(130, 500))
    first_top, next_top = draw(st.integers(800, 3000)), draw(st.integers(800, 1500))
    first = heights.get("carried", 0) + draw(st.integers(0, 2000))
    following = max(need, flow + heights.get("brought", 0)) + draw(st.just(0) | st.integers(0, 2000))
    room = following - flow - heights.get("brought", 0)
    foot_top = draw(st.none() | st.integers(next_top + following - room, next_top + following))
    style = st.sampled_from(["body", "bold", "small"])
    rows = {
        kind: {
            "height": points(h),
            "baseline": points(draw(st.integers(0, h))),
            "style": draw(style),
            "cells": CELLS[kind],
        }
        for kind, h in heights.items()
    }
    return {
        "first": {"blocks": BLOCKS, "area": {"top": points(first_top), "bottom": points(first_top + first)}},
        "next": {
            "blocks": BLOCKS[:2],
            "area": {"top": points(next_top), "bottom": points(next_top + following)},
        },
        "table": {"x": "40.2pt", "sum": "cents", **rows},
        "closing": {
            "flow_height": points(flow),
            "flow": FLOW,
            "foot": FOOT,
            "foot_top": foot_top and points(foot_top),
        },
    }


@st.composite
def letters(draw: st.DrawFn) -> Letters:
    width_log2 = draw(st.sampled_from([1, 2, 3]))
    most = (30_000, 99_999_999, 10**15)[width_log2 - 1]
    documents = draw(st.integers(1, 3))
    rows: list[list[Any]] = []
    for document in range(documents):
        sizes = draw(st.lists(st.integers(1, 9) | st.integers(1, 40), max_size=6))
        amounts = draw(st.lists(st.integers(-most, most), min_size=1, max_size=5))
        for group, size in enumerate(sizes):
            for _ in range(size):
                k = len(rows)
                item = ("Anodised brass", "Bolt", "An item with a name too long for its place", "")[k % 4]
                rows.append(
                    [document, group % 3, k, amounts[k % len(amounts)], item, 9_000 + k % 500, k % 90]
                )
    schema = {"document": pl.Int64, "group": pl.Int64, "no": pl.Int64, "cents": pl.Int64, "item": pl.String}
    lines = pl.DataFrame(rows, {**schema, "day": pl.Date, "rate": pl.Int64}, orient="row")
    # Documents' lines lie scattered, each document's own in order.
    order = (
        sorted(range(lines.height), key=lambda k: (rows[k][2] * 7 % 5, rows[k][0], k))
        if draw(st.booleans())
        else None
    )
    if order is not None:
        owners = lines["document"][order].to_list()
        own = {d: iter([k for k in range(lines.height) if rows[k][0] == d]) for d in range(documents)}
        lines = lines[[next(own[d]) for d in owners]]
    frame = pl.DataFrame(
        {
            "name": draw(st.lists(names, min_size=documents, max_size=documents)),
            "key": draw(st.lists(st.integers(-9, 10**12), min_size=documents, max_size=documents)),
            "when": pl.Series([10_000 + 50 * k for k in range(documents)], dtype=pl.Int32).cast(pl.Date),
        }
    )
    template = template_of(**draw(templates()))
    sequence = draw(st.permutations(range(documents)))
    return Letters(template, frame, lines, "group", sequence=sequence, width_log2=width_log2)


@dataclass(frozen=True)
class Expected:
    """A string that must be shown, and where: its left end, right end or middle."""

    text: str
    anchor: Fraction
    y: Fraction
    align: str
    style: str


class Composer:
    """Composes documents slowly."""

    def __init__(self, given: Letters, drawn: Drawn) -> None:
        self.letters, self.drawn, self.template = given, drawn, given.template
        assert given.lines is not None
        self.lines = [
            given.lines.filter(pl.col("document") == d).rows(named=True)
            for d in range(given.documents.height)
        ]

    def width(self, style: str, text: str) -> Fraction:
        """In points."""
        compiled = self.drawn.typeset.compiled
        face = compiled.program.widths[compiled.faces.index(self.template.styles[style].face)]
        codes = self.drawn.typeset.codepage.encode(text)
        return Fraction(sum(int(face[code]) for code in codes) * self.template.styles[style].size, 1_000_000)

    def rows(self, document: int) -> list[list[rules.Row]]:
        template = self.template
        table, following = template.table, template.next
        assert table is not None
        assert following is not None
        heights = {kind: getattr(table, kind).height if getattr(table, kind) else 0 for kind in KINDS}
        areas = (template.first.area, following.area)
        foot = template.closing.foot_top
        above = [(area.bottom if foot is None else foot) - area.top for area in areas]
        first, after = (area.bottom - area.top for area in areas)
        sizes = rules.Sizes(heights, first, after, template.closing.flow_height, *above)
        return rules.paginate(
            [rules.Line(line["group"], line["cents"]) for line in self.lines[document]], sizes
        )

    def pages(self, document: int) -> Iterator[list[Expected]]:
        pages = self.rows(document)
        assert self.template.next is not None
        total = sum(line["cents"] for line in self.lines[document])
        values: dict[str, Any] = {
            **_plain(self.letters.documents.row(document, named=True)),
            "pages": len(pages),
            "sheets": -(-len(pages) // 2),
            "piece": self.drawn.sequence.index(document) + 1,
            "total": total,
        }
        for number, rows in enumerate(pages, 1):
            page = self.template.first if number == 1 else self.template.next
            values |= {"page": number, "sheet": (number + 1) // 2}
            shown = [self.block(block, values, 0) for block in page.blocks]
            y = page.area.top
            for row in rows:
                shown += self.row(row, y, values, self.lines[document])
                assert self.template.table is not None
                y += getattr(self.template.table, row[0]).height
            assert y <= max(page.area.bottom, page.area.top)
            if number == len(pages):
                shown += [self.block(block, values, y) for block in self.template.closing.flow]
                shown += [self.block(block, values, 0) for block in self.template.closing.foot]
            yield [s for s in shown if s.text]

    def block(self, block: Any, values: dict[str, Any], down: int) -> Expected:
        text = texts.render(block.text, values, DATES)
        if block.width is not None:
            # Widths are whole 1/1000 em.
            em = round(block.width * 1000 / self.template.styles[block.style].size)
            limit = Fraction(em * self.template.styles[block.style].size, 1_000_000)
            text = texts.cut(text, limit, lambda t: self.width(block.style, t))  # type: ignore[arg-type, return-value]
        y = Fraction(HEIGHT - block.at[1] - down, 1000)
        return Expected(text, Fraction(block.at[0], 1000), y, block.align, block.style)

    def row(
        self, row: rules.Row, y: int, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> Iterator[Expected]:
        kind, line, amount = row
        table = self.template.table
        assert table is not None
        style = getattr(table, kind).style
        known = values | (_plain(lines[line]) if line >= 0 else {})
        known |= {"group_total": amount, "brought": amount, "carried": amount}
        for cell in getattr(table, kind).cells:
            text = texts.render(cell.text, known, DATES)
            if cell.width is not None:
                em = round(cell.width * 1000 / self.template.styles[style].size)
                limit = Fraction(em * self.template.styles[style].size, 1_000_000)
                text = texts.cut(text, limit, lambda t: self.width(style, t))  # type: ignore[arg-type, return-value]
            baseline = Fraction(HEIGHT - y - getattr(table, kind).baseline, 1000)
            yield Expected(text, Fraction(table.x + cell.x, 1000), baseline, cell.align, style)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Dates as days since 1970-01-01."""
    epoch = pl.Series(["1970-01-01"]).str.to_date()[0]
    return {name: (value - epoch).days if name in DATES else value for name, value in row.items()}


def check_string(composer: Composer, shown: Shown, expected: Expected) -> None:
    style = composer.template.styles[expected.style]
    assert composer.drawn.text(shown.text) == expected.text
    assert shown.y == expected.y
    assert shown.size * 1000 == style.size
    assert composer.drawn.typeset.compiled.faces[int(shown.font[1:])] == style.face
    assert [round(float(channel) * 255) for channel in shown.color * (3 // len(shown.color))] == [
        int(style.color[k : k + 2], 16) for k in (1, 3, 5)
    ]
    # Half a thousandth of an em for rows, half a step of the grid of 0.1 pt for blocks.
    slack = Fraction(1, 20) + Fraction(style.size, 2_000_000)
    place = {"left": shown.x, "right": shown.end_x, "center": (shown.x + shown.end_x) / 2}[expected.align]
    assert abs(place - expected.anchor) <= slack


def check_page(composer: Composer, page: Page, expected: list[Expected]) -> None:
    found = [s for s in page.strings if s.text]
    assert [composer.drawn.text(s.text) for s in found] == [e.text for e in expected]
    for shown, wanted in zip(found, expected, strict=True):
        check_string(composer, shown, wanted)


def check_story(drawn: Drawn, pages: list[Page], lines: list[dict[str, Any]], template: Template) -> None:
    """What a reader may rely on, from the strings alone."""
    table = template.table
    assert table is not None
    seen = []
    for number, page in enumerate(pages):
        rows = [drawn.text(s.text) for s in page.strings]
        rows = [
            r
            for r in rows
            if r.split(" ")[0] in {"Head", "Cont", "Sub", "Carried", "Brought"} or r[:2] in {"L0", "L1"}
        ]
        kinds = [r[0] for r in rows]  # H, C (continued, carried), S, B, L
        body = [k for k, r in zip(kinds, rows, strict=True) if not r.startswith(("Carried", "Brought"))]
        assert not body or body[-1] not in "HC", "a heading is last on a page"
        assert not body or body[0] != "S", "a subtotal is first on a page"
        assert ("Carried" in rows) == (table.carried is not None and number + 1 < len(pages))
        assert ("Brought" in rows) == (table.brought is not None and number > 0)
        area = template.first.area if number == 0 or template.next is None else template.next.area
        low = [s.y for s in page.strings if drawn.text(s.text) in rows]
        assert all(y * 1000 >= HEIGHT - area.bottom for y in low), "a row lies below the area"
        seen += [int(r[1:5]) for r in rows if r[0] == "L"]
    assert seen == [line["no"] for line in lines], "every line once and in order"


@settings(max_examples=80)
@given(given_letters=letters())
def test_every_string_at_its_place(given_letters: Letters) -> None:
    drawn = given_letters.drawn()
    composer = Composer(given_letters, drawn)
    for document, pages in zip(drawn.sequence, drawn.document_pages(), strict=True):
        expected = list(composer.pages(document))
        assert len(pages) == len(expected)
        for page, wanted in zip(pages, expected, strict=True):
            check_page(composer, page, wanted)
        check_story(drawn, pages, composer.lines[document], given_letters.template)
        assert drawn.drawing.printed[document] == sum(line["cents"] for line in composer.lines[document])


def test_styles_cover_what_is_drawn() -> None:
    """The kit's styles differ in face, size and colour, so that a stale one is seen."""
    assert len({(s.get("face"), s["size"], s.get("color")) for s in STYLES.values()}) == len(STYLES)
