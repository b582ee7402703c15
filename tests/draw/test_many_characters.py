"""Jobs with more characters than one byte tells apart: nothing is refused, and every text stands where its width says."""

from __future__ import annotations

import re
from fractions import Fraction
from random import Random

import numpy as np
import polars as pl
import pytest

from printstream.base.codepage import CAPACITY, LARGEST
from printstream.fonts.faces import load_face
from printstream.layout.codes import Codes
from printstream.layout.locale import load_locale
from tests.draw.drawkit import Drawn, Letters, template_of
from tests.reference import text as twin

POINTS = sorted(p for p in load_face("plex-sans").codepoints if 0x20 < p < 0x10000)
ROWS = 60


def names() -> list[str]:
    """Texts of all characters that the face has, in words."""
    dice = Random(7)
    shuffled = dice.sample(POINTS, len(POINTS))
    size = -(-len(shuffled) // ROWS)
    texts = ["".join(map(chr, shuffled[k : k + size])) for k in range(0, len(shuffled), size)]
    return [f"{text[:6]} {text[6:]} () \\ 12" for text in texts]


def block(kind: str = "text", **changes: object) -> dict[str, object]:
    return {"kind": kind, "at": ["300pt", "60pt"], "text": "{name}", "style": "body", **changes}


def page(*blocks: dict[str, object]) -> dict[str, object]:
    return {"first": {"blocks": list(blocks), "area": {"top": "400pt", "bottom": "700pt"}}}


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    template = template_of(
        **page(
            block(),
            block(at=["300pt", "80pt"], align="right"),
            block(at=["300pt", "100pt"], align="center"),
            block(at=["20pt", "120pt"], width="40pt", overflow="ellipsis"),
            block("paragraph", at=["20pt", "140pt"], width="60pt", leading="11pt", max_lines=40),
        ),
        table={
            "x": "40pt",
            "sum": "cents",
            "line": {
                "height": "12pt",
                "baseline": "9pt",
                "style": "body",
                "cells": [
                    {"x": "0pt", "text": "{item}"},
                    {"x": "300pt", "text": "{item}", "align": "right"},
                    {"x": "320pt", "text": "{item}", "width": "30pt"},
                ],
            },
        },
    )
    frame = pl.DataFrame({"name": names()})
    lines = pl.DataFrame({"document": range(frame.height), "item": names(), "cents": [5] * frame.height})
    return Letters(template, frame, lines).drawn()


def width(drawn: Drawn, text: str) -> int:
    face = load_face("plex-sans")
    return sum(face.advances[ord(c)] for c in text)


def test_every_character_has_a_code(drawn: Drawn) -> None:
    codepage = drawn.typeset.codepage
    assert len(POINTS) > 2 * CAPACITY
    assert codepage.leads > 0
    assert set(codepage.unicode.tolist()) >= set(POINTS)


def test_texts_stand_where_their_widths_say(drawn: Drawn) -> None:
    for name, (first,) in zip(names(), drawn.document_pages(), strict=True):
        left, right, center, cut = first.strings[:4]
        assert [drawn.text(s.text) for s in (left, right, center)] == [name] * 3
        assert left.x == 300
        # Whole decipoints of 9 pt type.
        assert abs(right.x - (300 - Fraction(width(drawn, name) * 9, 1000))) <= Fraction(1, 20)
        assert abs(center.x - (300 - Fraction(width(drawn, name) * 9, 2000))) <= Fraction(1, 20)
        em = round(40 * 1000 / 9)
        assert drawn.text(cut.text) == twin.cut(name, em, lambda t: width(drawn, t))


def test_paragraphs_break_at_words_as_ever(drawn: Drawn) -> None:
    em = round(60 * 1000 / 9)
    for name, (first,) in zip(names(), drawn.document_pages(), strict=True):
        shown = [drawn.text(s.text) for s in first.strings if s.x == 20 and s.y <= 792 - 140]
        assert shown == twin.break_lines(name, em, lambda t: width(drawn, t))


def test_cells_stand_where_their_widths_say(drawn: Drawn) -> None:
    """Adjustments and widths of a row add up to the cells' places."""
    (sides,) = [drawn.sides(spool) for spool in range(len(drawn.imposed.spreads))]
    shown = rb"((?:\[[^\]()]*(?:\([^)]*\)[^\]()]*)+\]TJ)+)"
    rows = [match for side in sides for match in re.findall(shown, side)]
    assert len(rows) == ROWS
    for name, row in zip(names(), rows, strict=True):
        at, places = 0, []
        for item, codes in re.findall(rb"(-?\d+|\(([^)]*)\))", row):
            if item.startswith(b"("):
                places.append((at, drawn.text(codes)))
                at += width(drawn, drawn.text(codes))
            else:
                at -= int(item)
        (x0, t0), (x1, t1), (x2, t2) = places
        assert (x0, t0, t1) == (0, name, name)
        assert x1 == round(300 * 1000 / 9) - width(drawn, name)
        assert x2 == round(320 * 1000 / 9)
        assert t2 == twin.cut(name, round(30 * 1000 / 9), lambda t: width(drawn, t))


def test_amounts_of_a_locale_in_a_job_of_many_characters() -> None:
    """Swedish groups with a no-break space; the mark has one byte whatever else the job has."""
    template = template_of(
        **page(block(), block(text="{cents:currency}", at=["20pt", "90pt"])), locale="sv-SE"
    )
    frame = pl.DataFrame({"name": names(), "cents": [123_456_789] * len(names())})
    done = Letters(template, frame).drawn()
    expected = twin.local_number(123_456_789, "currency", load_locale("sv-SE").model_dump())
    for (first,) in done.document_pages():
        assert done.text(first.strings[1].text) == expected


def test_characters_beyond_all_codes_reject_their_documents_and_no_others() -> None:
    class Everything:
        codepoints = frozenset(range(0x20, 0xD800))

    shown = {"name": frozenset({"all"})}
    points = set(range(0x3000, 0x3000 + LARGEST + 100))
    codes = Codes({"all": Everything()}, shown, set("ab"), {"name": points})  # type: ignore[dict-item]
    table = codes.of("name")
    assert table is not None
    coded = np.flatnonzero(table)
    # The highest code points stay without a code, whatever part of the night they stand in.
    assert set(coded.tolist()) == {0x20, ord("a"), ord("b"), *sorted(points)[: LARGEST - 3]}
