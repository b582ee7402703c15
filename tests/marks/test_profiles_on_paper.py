"""Every shipped profile drawn, rendered at 300 dpi, and read back by heads and decoders that know its file only."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import polars as pl
import pypdfium2 as pdfium
import pytest

from printstream.base.program import CodeItem, CodeMark, SheetMarks
from printstream.marks import load_profile, marks_of, shipped
from printstream.marks.words import CONTROL_BITS
from tests.draw.drawkit import Letters, job_of, template_of
from tests.judges.inserters import Head, boxes_of, clear, read_code, read_profile
from tests.judges.marks import Image
from tests.judges.press import DPI
from tests.reference import inserter as twin

WIDTH, HEIGHT = 612, 792
JOB_CODE = "AB12"
TABLE = {
    "x": "50pt",
    "line": {"height": "100pt", "baseline": "9pt", "style": "body", "cells": []},
    "sum": "n",
}
# Sheets, what is done with the piece, pockets: more pieces than any counter of three bits holds.
PIECES = [
    (1, frozenset(), 0), (3, frozenset({"divert"}), 1), (2, frozenset({"end_of_tray"}), 2), (1, frozenset(), 3),
    (4, frozenset({"end_of_tray"}), 15), (1, frozenset({"divert", "end_of_tray", "end_of_spool"}), 5),
]  # fmt: skip


def letters(marks: SheetMarks, pieces: list[Any]) -> Letters:
    """Letters without any text; six lines make a page."""
    lines = pl.DataFrame(
        [{"document": d, "n": 1} for d, (sheets, _, _) in enumerate(pieces) for _ in range(12 * sheets)]
    )
    return Letters(
        template_of(first={"area": {"top": "100pt", "bottom": "700pt"}}, table=TABLE),
        pl.DataFrame({"key": range(len(pieces))}),
        lines,
        sheet_marks=marks,
        control=[inserts | sum(1 << CONTROL_BITS[name] for name in does) for _, does, inserts in pieces],
    )


def rendered(contents: list[bytes]) -> list[Image]:
    """Sides in pixels."""
    pdf = pikepdf.new()
    for content in contents:
        pdf.add_blank_page(page_size=(WIDTH, HEIGHT)).obj.Contents = pdf.make_stream(content)
    out = io.BytesIO()
    pdf.save(out)
    document = pdfium.PdfDocument(out.getvalue())
    images = [
        page.render(scale=DPI / 72 - 1e-9, grayscale=True).to_numpy().reshape(3300, 2550) for page in document
    ]
    document.close()
    return [np.ascontiguousarray(image) for image in images]


@pytest.mark.parametrize("name", [*shipped()])
def test_every_sheet_is_read_back(name: str) -> None:
    profile = read_profile(shipped()[name])
    marks = marks_of(load_profile(name), job_of(inserter={"profile": name, "job_code": JOB_CODE}))
    sides = letters(marks, PIECES).drawn().sides()
    places = list(twin.places(PIECES))
    assert len(sides) == 2 * len(places)
    counters = {"sequence": {"counts": "sheets", "last": 1 << 31}, **profile.get("counters", {})}
    tables = profile.get("tables", {})
    assert set(sides[1::2]) == {sides[1]}
    (back,) = rendered(sides[1:2])
    assert back.min() == 255
    for place, front in zip(places, rendered(sides[::2]), strict=True):
        if "omr" in profile:
            head = Head.of(profile, WIDTH)
            assert head.read(front) == twin.track(head.names, place, counters, tables), place
        texts = []
        for code in profile.get("codes", ()):
            wanted = twin.code_text(code["text"], place, JOB_CODE, counters, tables)
            (hit,) = read_code(front, code)
            assert hit[0] == wanted
            texts.append(len(wanted))
        boxes = boxes_of(profile, WIDTH, texts)
        if "matrix" in profile:
            (hit,) = read_code(front, {"symbology": "data_matrix"})
            values = {
                "piece": place.piece + 1,
                "sheet": place.sheet,
                "sheets": place.sheets,
                "inserts": place.inserts,
            }
            text = profile["matrix"]["text"].replace("{job_code}", JOB_CODE)
            assert hit[0] == re.sub(r"\{(\w+):pad(\d)\}", lambda m, v=values: f"{v[m[1]]:0{m[2]}d}", text)
        assert clear(front, boxes).min() == 255, "ink outside of the marks' places"


@pytest.mark.parametrize("on", ["first", "last"])
@pytest.mark.parametrize(
    ("symbology", "extra"), [("code39", {"height_mpt": 28_000}), ("data_matrix", {"modules": 16})]
)
def test_a_code_on_one_sheet_of_the_set(on: str, symbology: str, extra: dict[str, int]) -> None:
    items = (CodeItem("number", "piece", 4), CodeItem("check", "mod43"))
    code = CodeMark(symbology, items, 60_000, 60_000, 960, on=on, **extra)  # type: ignore[arg-type]
    marks = SheetMarks((), 0, 0, 0, 0, 0, "", 0, 0, 0, 0, (), codes=(code,))
    sides = letters(marks, PIECES).drawn().sides()
    for place, front in zip(twin.places(PIECES), rendered(sides[::2]), strict=True):
        found = [text for text, *_ in read_code(front, {"symbology": symbology})]
        is_on = place.sheet == (1 if on == "first" else place.sheets)
        number = f"{place.piece + 1:04d}"
        assert found == ([number + twin.check("mod43", number)] if is_on else [])


@pytest.mark.parametrize("ladder", [False, True])
@pytest.mark.parametrize("symbology", ["code39", "interleaved_2of5"])
def test_two_codes_in_both_orientations(symbology: str, ladder: bool) -> None:
    bars = CodeMark(
        *(symbology, (CodeItem("number", "piece", 6),), 72_000, 72_000, 960), height_mpt=30_000, ladder=ladder
    )
    square = CodeMark("data_matrix", (CodeItem("number", "sheet", 6),), 300_000, 500_000, 1_440, modules=12)
    marks = SheetMarks(
        (), 0, 0, 0, 0, 0, "{piece:pad6}", 500_000, 60_000, 1_440, 12, (), codes=(bars, square)
    )
    sides = letters(marks, PIECES).drawn().sides()
    for place, front in zip(twin.places(PIECES), rendered(sides[::2]), strict=True):
        ((text, left, top),) = read_code(front, {"symbology": symbology})
        assert text == f"{place.piece + 1:06d}"
        assert left == pytest.approx(72, abs=1.5)
        assert top == pytest.approx(72, abs=1.5)
        squares = {text for text, *_ in read_code(front, {"symbology": "data_matrix"})}
        assert squares == {f"{place.piece + 1:06d}", f"{place.sheet:06d}"}


def test_the_head_sees_what_is_wrong(tmp_path: Path) -> None:
    """The judge itself: a mark moved, thinned or broken is seen."""
    head = Head.of(read_profile(shipped()["neopost_omr"]), WIDTH)
    page = np.full((3300, 2550), 255, np.uint8)
    left, right = round(head.left * DPI / 72), round((head.left + head.length) * DPI / 72)

    def mark(k: int, down: float = 0, thick: float = head.thickness) -> Image:
        drawn = page.copy()
        top = (head.top + k * head.pitch + down) * DPI / 72
        drawn[round(top) : round(top + thick * DPI / 72), left:right] = 0
        return drawn

    assert head.read(page) == "." * len(head.names)
    assert head.read(mark(3)) == "...|" + "." * (len(head.names) - 4)
    with pytest.raises(AssertionError, match="off its place"):
        head.read(mark(3, down=4))
    with pytest.raises(AssertionError, match="another thickness"):
        head.read(mark(3, down=-0.3, thick=2.2))
    broken = mark(3)
    broken[:, left + 30 : left + 40] = 255
    with pytest.raises(AssertionError, match="broken"):
        head.read(broken)
