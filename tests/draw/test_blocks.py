"""Paragraphs, addresses, charts, barcodes and reading marks as a reader of the stream finds them."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from printstream.base.errors import JobError
from printstream.base.program import SheetMarks
from printstream.fonts import bar_font
from tests.draw.drawkit import AREA, NO_MARKS, Letters, job_of, template_of
from tests.reference import text as texts
from tests.reference.draw import Image, Page
from tests.reference.imb import decode_imb
from tests.reference.symbols import read

TABLE = {
    "x": "50pt", "sum": "cents",
    "line": {"height": "12pt", "baseline": "9pt", "style": "body", "cells": [{"x": "0pt", "text": "{cents}"}]},
}  # fmt: skip
QR = {
    "kind": "qr",
    "at": ["300pt", "20pt"],
    "module": "1.5pt",
    "text": "https://x.example/{key:pad9}/{page}",
    "min_version": 3,
}
ADDRESS = {
    "kind": "address", "at": ["72pt", "190pt"], "first_line": "15.5pt", "leading": "10pt", "style": "body",
    "width": "300pt", "lines": ["{name}", "{extra}", "{city} {zip}"],
}  # fmt: skip


def lines_of(counts: list[int]) -> pl.DataFrame:
    owners = [document for document, count in enumerate(counts) for _ in range(count)]
    return pl.DataFrame(
        {"document": owners, "cents": range(len(owners))}, {"document": pl.Int64, "cents": pl.Int64}
    )


def first(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"first": {"blocks": list(blocks), "area": {"top": "300pt", "bottom": "700pt"}}} | more


def one(template: dict[str, Any], **columns: Any) -> tuple[Page, Any]:
    """The only page of one document."""
    drawn = Letters(template_of(**template), pl.DataFrame(columns)).drawn()
    ((page,),) = drawn.document_pages()
    return page, drawn


# ---- paragraphs


@settings(max_examples=60)
@given(
    words=st.lists(st.text("ilm.Wé", min_size=1, max_size=12), min_size=1, max_size=25),
    width=st.integers(10, 200),
    leading=st.integers(50, 200),
)
def test_paragraphs_break_at_words(words: list[str], width: int, leading: int) -> None:
    block = {
        "kind": "paragraph", "at": ["50pt", "60pt"], "text": "{words} end", "style": "body", "width": f"{width}pt",
        "leading": f"{leading / 10}pt", "max_lines": 60,
    }  # fmt: skip
    letters = Letters(template_of(**first(block)), pl.DataFrame({"words": [" ".join(words)]}))
    done = letters.typeset()
    em = round(width * 1000 / 9)
    face = done.compiled.program.widths[0]
    expected = texts.break_lines(
        " ".join([*words, "end"]), em, lambda t: int(face[list(done.codepage.encode(t))].sum())
    )
    if len(expected) > 60:
        assert done.unprintable.documents.tolist() == [0]
        return
    ((page,),) = letters.drawn().document_pages()
    assert [done.codepage.decode(s.text) for s in page.strings] == expected
    assert [s.y for s in page.strings] == [732 - Fraction(k * leading, 10) for k in range(len(expected))]
    assert {s.x for s in page.strings} == {Fraction(50)}


# ---- the address


@pytest.mark.parametrize("extra", ["c/o Smith", ""])
def test_address_with_its_barcode(extra: str) -> None:
    """An empty line is left out and the rest move up; the bars' centre line stands at the block's point."""
    job = job_of(
        mailing={"barcode_id": "01", "service_type": "700", "mailer_id": "902345678", "first_serial": 999_999}
    )
    frame = pl.DataFrame({"name": ["Ann", "Bob"], "extra": [extra, extra], "city": "Utica", "zip": "13501"})
    drawn = Letters(template_of(**first(ADDRESS)), frame, job=job, sequence=[1, 0]).drawn()
    for place, (document, (page,)) in enumerate(zip(drawn.sequence, drawn.document_pages(), strict=True)):
        bars, *lines = page.strings
        serial = (999_999 + place) % 10**6
        assert decode_imb(drawn.text(bars.text)) == (f"01700902345678{serial:06d}", f"{10000 + document:05d}")
        assert bars.color == (0,)
        assert bars.size * 1000 == bar_font.FONT_SIZE_MPT
        assert drawn.typeset.compiled.faces[int(bars.font[1:])] == "imb"
        assert abs(bars.y + Fraction(bar_font.MEASURES["imb"].centre, 1000) - (792 - 190)) <= Fraction(1, 20)
        assert bars.x == 72
        wanted = [w for w in (("Ann", "Bob")[document], extra, "Utica 13501") if w]
        assert [drawn.text(line.text) for line in lines] == wanted
        tops = [792 - Fraction(2055, 10) - 10 * k for k in range(len(wanted))]
        assert all(abs(line.y - y) <= Fraction(1, 10) for line, y in zip(lines, tops, strict=True))
        assert {line.x for line in lines} == {Fraction(72)}


def test_the_first_pages_layout_serves_later_pages_without_the_address() -> None:
    block = {"kind": "text", "at": ["50pt", "30pt"], "text": "Page {page}", "style": "body"}
    template = template_of(**first(ADDRESS, block, table=TABLE))
    frame = pl.DataFrame({"name": ["Ann"], "extra": [""], "city": ["Utica"], "zip": ["13501"]})
    drawn = Letters(template, frame, lines_of([40])).drawn()
    ((front, back),) = drawn.document_pages()
    assert drawn.text(front.strings[3].text) == "Page 1"
    assert drawn.text(back.strings[0].text) == "Page 2"


def test_a_wrong_postal_barcode_stops_the_run() -> None:
    frame = pl.DataFrame({"name": ["Ann"], "extra": [""], "city": ["Utica"], "zip": ["13501"]})
    drawn = Letters(template_of(**first(ADDRESS)), frame).drawn()
    drawn.drawing.symbols.routing[0] = 100_000
    with pytest.raises(JobError, match="barcode of this piece") as caught:
        drawn.sides()
    assert caught.value.where == "piece 1"


# ---- charts


def nice_top(values: list[int]) -> int:
    """The least 1, 2 or 5 times a power of ten, a dollar at least, that no value exceeds."""
    return min(f * 10**p for p in range(2, 20) for f in (1, 2, 5) if f * 10**p >= max(values))


@given(
    values=st.lists(
        st.integers(-500, 10**10) | st.sampled_from([0, 100, 101, 50_000, 50_001]), min_size=12, max_size=12
    )
)
def test_bars_are_as_high_as_their_values(values: list[int]) -> None:
    block = {
        "kind": "bars", "at": ["72pt", "100pt"], "size": ["240pt", "60pt"], "values": "spend", "gap": 50,
        "color": "#336699", "label_style": "small",
    }  # fmt: skip
    page, drawn = one(first(block), spend=[values])
    top = nice_top(values)
    expected = []
    for k, value in enumerate(values):
        height = int(Fraction(value * 600, top) + Fraction(1, 2))
        if value > 0 and height > 0:
            expected.append((72 + 20 * k + 5, 692 - 60, 10, Fraction(height, 10)))
    assert [(r.x, r.y, r.width, r.height) for r in page.rects] == expected
    assert all([round(float(channel) * 255) for channel in r.color] == [0x33, 0x66, 0x99] for r in page.rects)
    labels = {drawn.text(s.text): s for s in page.strings}
    dollars = top // 100
    figures = [dollars, dollars // 2, 0] if dollars % 2 == 0 else [dollars, 0]
    assert list(labels) == [f"{figure:,}" for figure in figures]
    assert all(abs(s.end_x - 68) <= Fraction(1, 20) for s in labels.values())
    assert [
        float(s.y - page_y)
        for s, page_y in zip(
            labels.values(), (692, 662, 632) if len(labels) == 3 else (692, 632), strict=True
        )
    ] == [-2.4] * len(labels)


# ---- symbols


def qr_of(page: Page) -> Image:
    (image,) = [i for i in page.images if len(i.rows) > 20]
    return image


@pytest.mark.parametrize("place", ["first", "next", "foot", "first and next"])
def test_qr_codes_on_their_pages(place: str) -> None:
    parts: dict[str, Any] = first(table=TABLE)
    parts["next"] = {"area": AREA}
    if "first" in place:
        parts["first"]["blocks"] = [QR]
    if "next" in place:
        parts["next"] = {"blocks": [QR], "area": AREA}
    if place == "foot":
        parts["closing"] = {"foot": [QR | {"text": "{key} of {pages}"}]}
    drawn = Letters(template_of(**parts), pl.DataFrame({"key": [7, 12345]}), lines_of([120, 1])).drawn()
    for key, pages in zip((7, 12345), drawn.document_pages(), strict=True):
        for number, page in enumerate(pages, 1):
            shown = {
                "first": number == 1, "next": number > 1, "foot": number == len(pages), "first and next": True,
            }[place]  # fmt: skip
            if not shown:
                assert all(len(image.rows) < 20 for image in page.images)
                continue
            image = qr_of(page)
            wanted = f"{key} of {len(pages)}" if place == "foot" else f"https://x.example/{key:09d}/{number}"
            assert read(list(image.rows), zxingcpp.BarcodeFormat.QRCode) == wanted.encode()
            assert len(image.rows) == 29
            assert (image.x, image.y + image.height) == (300, 772)
            assert image.width == image.height == Fraction(29 * 15, 10)
            assert image.color == (0,)


def test_a_qr_code_that_cannot_hold_its_text_stops_the_run() -> None:
    drawn = Letters(
        template_of(**first(QR | {"text": "{name}"})), pl.DataFrame({"name": ["x", "x" * 300]})
    ).drawn()
    with pytest.raises(JobError, match="cannot hold its text") as caught:
        drawn.sides()
    assert caught.value.where == "piece 2"
    assert "qr block" in caught.value.next_step


MARKS = SheetMarks(
    omr=(
        *("start", "end_of_set", "not_end_of_set", "begin_of_set", "not_begin_of_set", "absent"),
        *("sequence_4", "sequence_2", "sequence_1", "parity", "safety"),
    ),
    omr_left_mpt=560_000,
    omr_top_mpt=280_000,
    omr_pitch_mpt=12_000,
    omr_length_mpt=34_000,
    omr_thickness_mpt=1_400,
    matrix_text="JOB1{piece:pad6}{sheet:pad2}{sheets:pad2}",
    matrix_left_mpt=560_000,
    matrix_top_mpt=180_000,
    matrix_module_mpt=1_500,
    matrix_modules=18,
    clear_zones_mpt=(),
)


def omr_twin(marks: tuple[str, ...], sheet: int, sheets: int, sequence: int) -> str:
    """The track as the reading head sees it: | a mark, . none."""
    shown = {
        "start": True,
        "safety": True,
        "absent": False,
        "end_of_set": sheet == sheets,
        "not_end_of_set": sheet < sheets,
        "begin_of_set": sheet == 1,
        "not_begin_of_set": sheet > 1,
    }
    shown |= {f"sequence_{2**bit}": bool(sequence & 2**bit) for bit in range(17)}
    others = sum(shown[mark] for mark in marks if mark != "parity")
    shown["parity"] = others % 2 == 1
    return "".join("|" if shown[mark] else "." for mark in marks)


def track(page: Page, marks: SheetMarks) -> str:
    found = ["."] * len(marks.omr)
    for rect in page.rects:
        assert (rect.x, rect.width, rect.height) == (560, 34, Fraction(14, 10))
        assert rect.color == (0,)
        place = (792 - rect.y - rect.height - 280) / 12
        assert place.denominator == 1
        assert found[int(place)] == "."
        found[int(place)] = "|"
    return "".join(found)


def test_a_track_one_can_read() -> None:
    assert omr_twin(MARKS.omr, 1, 3, 0) == "|.||......|"
    assert omr_twin(MARKS.omr, 3, 3, 7) == "||..|.|||||"


@settings(max_examples=25)
@given(
    counts=st.lists(st.sampled_from([1, 30, 40, 90, 130, 200]), min_size=1, max_size=6),
    marks=st.permutations(MARKS.omr).flatmap(lambda m: st.integers(1, len(m)).map(lambda n: tuple(m[:n])))
    | st.just(MARKS.omr),
)
def test_every_front_carries_its_marks(counts: list[int], marks: tuple[str, ...]) -> None:
    sheet_marks = SheetMarks(**{**vars(MARKS), "omr": marks})
    template = template_of(**first(table=TABLE))
    drawn = Letters(
        template, pl.DataFrame({"key": range(len(counts))}), lines_of(counts), sheet_marks=sheet_marks
    ).drawn()
    sequence = 0
    for piece, pages in enumerate(drawn.document_pages(), 1):
        sheets = (len(pages) + 1) // 2
        for number, page in enumerate(pages):
            if number % 2:
                assert not page.rects
                assert not page.images
                continue
            assert track(page, sheet_marks) == omr_twin(marks, number // 2 + 1, sheets, sequence)
            if "parity" in marks:
                assert len(page.rects) % 2 == 0
            sequence += 1
            (image,) = page.images
            assert (image.x, 792 - image.y - image.height, image.width) == (560, 180, 27)
            assert len(image.rows) == 18
            if piece <= 2:
                wanted = f"JOB1{piece:06d}{number // 2 + 1:02d}{sheets:02d}".encode()
                assert read(list(image.rows), zxingcpp.BarcodeFormat.DataMatrix) == wanted


def test_data_that_looks_like_the_end_of_an_image_is_written_in_hexadecimal() -> None:
    """Among real symbols some hold the bytes of EI; the interpreter refuses them when they are plain."""
    texts_shown = ["".join(random.Random(k).choices("abcdefghij", k=200)) for k in range(3000)]
    drawn = Letters(
        template_of(**first(QR | {"text": "{name}"})), pl.DataFrame({"name": texts_shown})
    ).drawn()
    fronts = drawn.sides()[::2]
    escaped = [k for k, content in enumerate(fronts) if b"/F/AHx ID " in content]
    assert escaped, "no symbol needed it: take other texts"
    assert all(content.count(b"EI") == 2 for content in fronts), "one an image: the sheet's and the page's"
    for k in escaped:
        rows = list(qr_of(drawn.read(fronts[k])).rows)
        assert read(rows, zxingcpp.BarcodeFormat.QRCode) == texts_shown[k].encode()


def test_no_symbols_but_the_sheets_own() -> None:
    page, _ = one(first(), key=[1])
    assert [(len(i.rows), i.x) for i in page.images] == [(NO_MARKS.matrix_modules, 1)]
