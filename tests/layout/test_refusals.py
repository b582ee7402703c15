"""Templates that cannot be compiled, and documents that cannot be printed: each with its place and the next step."""

from __future__ import annotations

import re
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from printstream import layout
from printstream.base.errors import JobError
from printstream.base.program import SheetMarks
from printstream.kernels.context import SCRATCH_BYTES
from printstream.layout.fields import Field, Literal, parse_text
from printstream.layout.template import Template
from tests.draw.drawkit import AREA, NO_MARKS, Letters, template_of

DOCUMENTS = pl.DataFrame(
    {
        "name": ["Ann", "Bob"],
        "key": [1, 2],
        "when": pl.Series([0, 1], dtype=pl.Int32).cast(pl.Date),
        "months": [[1, 2, 3], [4, 5, 6]],
    },
    schema_overrides={"months": pl.List(pl.Int64)},
)
LINES = pl.DataFrame({"document": [0, 1], "order": [1, 2], "item": ["a", "b"], "cents": [5, 6]})
CELL = {"x": "0pt", "text": "{item}"}


def text(words: str = "{name}", **changes: Any) -> dict[str, Any]:
    return {"kind": "text", "at": ["50pt", "50pt"], "text": words, "style": "body"} | changes


def page(*blocks: dict[str, Any], **area: str) -> dict[str, Any]:
    return {"blocks": list(blocks), "area": AREA | area}


def table(**rows: Any) -> dict[str, Any]:
    return {"x": "50pt", "sum": "cents", "line": row(CELL)} | rows


def row(*cells: dict[str, Any], height: str = "12pt", **changes: Any) -> dict[str, Any]:
    return {"height": height, "baseline": "9pt", "style": "body", "cells": list(cells)} | changes


QR = {"kind": "qr", "at": ["300pt", "300pt"], "module": "1.5pt", "text": "{key}"}
ADDRESS = {
    "kind": "address", "at": ["72pt", "190pt"], "first_line": "15pt", "leading": "10pt", "style": "body", "width": "200pt",
    "lines": ["{name}"],
}  # fmt: skip
BARS = {
    "kind": "bars",
    "at": ["72pt", "300pt"],
    "size": ["90pt", "50pt"],
    "values": "months",
    "count": 3,
    "label_style": "body",
}
PARAGRAPH = {
    "kind": "paragraph",
    "at": ["50pt", "50pt"],
    "text": "{name}",
    "style": "body",
    "width": "99pt",
    "leading": "9pt",
}


def typeset(
    template: Template, documents: pl.DataFrame = DOCUMENTS, group: str | None = "order", **more: Any
) -> layout.Typeset:
    return Letters(template, documents, LINES, group, **more).typeset()


FAULTS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "unknown style": ({"first": page(text(style="bodi"))}, "template.first.blocks.0", "no style 'bodi'", "Did you mean 'bo"),
    "unknown style of a row": ({"table": table(line=row(CELL, style="lien"))}, "template.table.line", "'lien'", "Known are"),
    "unknown style of bars": ({"first": page(BARS | {"label_style": "x"})}, "template.first.blocks.0", "no style 'x'", "Known"),
    "unknown field": ({"table": table(line=row({"x": "0pt", "text": "{itme}"}))}, "template.table", "'itme'", "'item'"),
    "line's field in a block": ({"closing": {"flow": [text("x{pgae}{key}")]}}, "", "'pgae'", "'page'"),
    "line's field in the carried row": (
        {"table": table(carried=row(CELL))}, "template.table.carried.cells.0", "no field 'item'", "Known are"),
    "date's format of a number": ({"first": page(text("{key:iso}"))}, "template.first.blocks.0", "'iso'", "money"),
    "number's format of a date": ({"first": page(text("{when:money}"))}, "template.first.blocks.0", "'money'", "medium"),
    "unknown format": ({"first": page(text("{key:pad19}"))}, "template.first.blocks.0", "'pad19'", "pad9"),
    "format of a text": ({"first": page(text("{name:int}"))}, "template.first.blocks.0", "'int'", "Leave the format out"),
    "format of an own value": ({"first": page(text("{page:iso}"))}, "template.first.blocks.0", "'iso'", "plain"),
    "list in a text": ({"first": page(text("{months}"))}, "template.first.blocks.0", "list", "bars block"),
    "lone opening brace": ({"first": page(text("a{b"))}, "template.first.blocks.0.text", "lone '{'", "{{"),
    "lone closing brace": ({"closing": {"flow": [text("a}")]}}, "template.closing.flow.0.text", "lone '}'", "}}"),
    "empty field": ({"first": page(text("{}"))}, "template.first.blocks.0.text", "lone", "{{"),
    "total on a page": ({"first": page(text("{total:money}"))}, "template.first.blocks.0", "'total' is not known", "closing"),
    "carried in a line": (
        {"table": table(line=row({"x": "0pt", "text": "{carried}"}))}, "template.table.line.cells.0", "'carried'", "rows of that name"),
    "group total in a heading": (
        {"table": table(heading=row({"x": "0pt", "text": "{group_total}"}))}, "template.table.heading.cells.0", "'group_total'", "subtotal"),
    "two QR codes on a page": ({"first": page(QR, QR)}, "template.first.blocks.1", "one qr block", "Take one away"),
    "QR codes on a page and its foot": (
        {"first": page(QR), "closing": {"foot": [QR]}}, "template.closing.foot.0", "one qr block", "Take one away"),
    "two addresses": ({"first": page(ADDRESS, ADDRESS)}, "template.first.blocks.1", "one address block", "Take one away"),
    "address on later pages": ({"next": page(ADDRESS)}, "template.next.blocks.0", "first page only", "template.first.blocks"),
    "no ASCII in a QR code": ({"first": page(QR | {"text": "é"})}, "template.first.blocks.0", "ASCII", "%28"),
    "parenthesis in a QR code": ({"first": page(QR | {"text": "a(b)"})}, "template.first.blocks.0", "parenthesis", "%28"),
    "bars of a number": ({"first": page(BARS | {"values": "key"})}, "template.first.blocks.0", "no list column 'key'", "Known are"),
    "more bars than values": ({"first": page(BARS | {"count": 4})}, "template.first.blocks.0.count", "4 bars", "count to 3"),
    "fewer bars than values": ({"closing": {"foot": [BARS | {"count": 2}]}}, "template.closing.foot.0.count", "2 bars", "3"),
    "area too small": (
        {"next": page(bottom="111.9pt"), "table": table()}, "template.next.area", "12.0pt", "taller"),
    "area too small for all rows": (
        {"first": page(bottom="150pt"), "table": table(heading=row(), subtotal=row(), carried=row(), brought=row())},
        "template.next.area", "60.0pt", "taller"),
    "first area too small for the carried row": (
        {"first": page(bottom="105pt"), "next": page(), "table": table(carried=row())}, "template.first.area", "12.0pt", "taller"),
    "area too small on the grid": (
        {"first": page(bottom="140pt"), "next": page(bottom="120.1pt"),
         "table": table(line=row(CELL, height="10.05pt"), heading=row(height="10.05pt"))},
        "template.next.area", "20.2pt", "taller"),
    "row without height": ({"table": table(line=row(CELL, height="0.04pt"))}, "template.table.line.height", "no height", "0.1pt"),
    "area upside down": ({"first": page(bottom="99pt"), "next": page()}, "template.first.area", "too small", "taller"),
    "area below the page": ({"first": page(bottom="793pt"), "next": page()}, "template.first.area", "too small", "on the page"),
    "closing too tall": ({"closing": {"flow_height": "600.1pt"}}, "template.closing", "do not fit", "flow_height"),
    "foot above the area": ({"closing": {"flow_height": "1pt", "foot_top": "100.9pt"}}, "template.closing", "do not fit", "foot_top"),
    "foot at the page's top": ({"closing": {"flow_height": "1pt", "foot_top": "0pt"}}, "template.closing", "do not fit", "foot_top"),
    "sloping rule in the flow": (
        {"closing": {"flow": [{"kind": "rule", "start": ["0pt", "1pt"], "end": ["9pt", "2pt"]}]}},
        "template.closing.flow.0", "horizontal", "same y"),
    "size off the grid": ({"styles": {"body": {"size": "9.05pt"}}}, "template.styles.body.size", "0.1pt", "Round"),
    "size of nothing": ({"styles": {"body": {"size": "0pt"}}}, "template.styles.body.size", "positive", "Round"),
    "static text too wide": (
        {"first": page(text("Remittance advice", width="20pt"))}, "template.first.blocks.0", "wider than its width of 20.0pt", "make room"),
    "sum of a text": ({"table": table(sum="item")}, "template.table.sum", "'item'", "cents"),
    "too many cells": ({"table": table(line=row(*[CELL] * 15))}, "template.table.line", "15 cells", "Leave some out"),
    "cell beyond the buffer": (
        {"table": table(line=row({"x": "0pt", "text": "x" * (SCRATCH_BYTES + 1)}))}, "template.table.line.cells.0", "too long", "Shorten"),
    "no ellipsis in the face": (
        {"first": page(text("{name}", style="scan", width="9pt", overflow="ellipsis"))}, "template.first.blocks.0", "ellipsis", "face"),
    "more characters than codes": (
        {"first": page(text("".join(map(chr, range(0x3000, 0x9000)))))}, "template", "different characters", "Leave some out"),
}  # fmt: skip


def check_and_typeset(template: Template) -> None:
    """As the plan walks."""
    documents, lines = dict.fromkeys(DOCUMENTS.columns, ""), dict.fromkeys(LINES.columns, "")
    layout.missing_fields(layout.wanted_fields(template), documents, lines)
    typeset(template)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_template_is_refused(fault: str) -> None:
    changes, where, what, next_step = FAULTS[fault]
    template = template_of(**changes)
    with pytest.raises(JobError) as caught:
        check_and_typeset(template)
    error = caught.value
    assert error.exit_code == 3
    assert error.where.startswith(where or "template")
    assert what in error.what
    assert next_step in error.next_step


@pytest.mark.parametrize("name", ["heading", "continued", "subtotal"])
def test_group_rows_without_groups_are_refused(name: str) -> None:
    with pytest.raises(JobError, match="no groups") as caught:
        typeset(template_of(table=table(**{name: row()})), group=None)
    assert caught.value.where == f"template.table.{name}"


@pytest.mark.parametrize("words", ["漢", "a\U0001f600b"])
def test_a_literal_without_a_glyph_is_refused(words: str) -> None:
    """On whatever face, and beyond the Basic Multilingual Plane too."""
    for face in ("body", "bold", "scan"):
        with pytest.raises(JobError, match=r"U\+(6F22|1F600)") as caught:
            layout.check_glyphs(template_of(first=page(text(f"{{name}} {words}", style=face))))
        assert caught.value.where.startswith("template.first.blocks.0")
        assert caught.value.next_step


def test_a_literal_that_one_face_has_is_refused_in_another() -> None:
    layout.check_glyphs(template_of(first=page(text("Łódź – €"))))
    with pytest.raises(JobError, match=r"U\+0141"):
        layout.check_glyphs(template_of(first=page(text("Łódź", style="scan"))))


ZONES = SheetMarks((), 0, 0, 0, 0, 0, "1", 0, 0, 100, 12, ((500_000, 200_000, 612_000, 400_000),))
IN_ZONE: dict[str, tuple[dict[str, Any], str]] = {
    "text": ({"first": page(text(at=["510pt", "300pt"]))}, "first.blocks.0"),
    "text that reaches in": ({"next": page(text(at=["490pt", "300pt"], width="11pt"))}, "next.blocks.0"),
    "right-aligned text": (
        {"next": page(text(at=["613pt", "300pt"], width="20pt", align="right"))},
        "next.blocks.0",
    ),
    "text from below": ({"first": page(text(at=["510pt", "408pt"]))}, "first.blocks.0"),
    "paragraph": ({"first": page(PARAGRAPH | {"at": ["450pt", "190pt"]})}, "first.blocks.0"),
    "address": ({"first": page(ADDRESS | {"at": ["301pt", "250pt"]})}, "first.blocks.0"),
    "box": (
        {"closing": {"foot": [{"kind": "box", "at": ["400pt", "399pt"], "size": ["101pt", "9pt"]}]}},
        "closing.foot.0",
    ),
    "rule": (
        {"first": page({"kind": "rule", "start": ["0pt", "250pt"], "end": ["501pt", "250pt"]})},
        "first.blocks.0",
    ),
    "bars": ({"first": page(BARS | {"at": ["411pt", "300pt"]})}, "first.blocks.0"),
    "qr": ({"first": page(QR | {"at": ["461pt", "300pt"]})}, "first.blocks.0"),
    "row": ({"table": table(line=row({"x": "440pt", "text": "x", "width": "11pt"}))}, "table.line.cells.0"),
    "right-aligned cell": (
        {"table": table(subtotal=row({"x": "451pt", "text": "x", "align": "right"}))},
        "table.subtotal.cells.0",
    ),
}


@pytest.mark.parametrize("name", IN_ZONE)
def test_a_block_in_the_clear_zone_is_refused(name: str) -> None:
    changes, where = IN_ZONE[name]
    with pytest.raises(JobError, match=r"clear zone, 6\.94 to 8\.50 in") as caught:
        layout.check_clear_zones(template_of(**changes), ZONES)
    assert caught.value.where == f"template.{where}"
    assert "Move the block" in caught.value.next_step


def test_blocks_beside_the_clear_zone_are_accepted() -> None:
    blocks = [
        text(at=["490pt", "300pt"], width="10pt"),
        text(at=["500pt", "300pt"], width="30pt", align="right"),
        text(at=["510pt", "409pt"]),
        text(at=["510pt", "200pt"]),
        BARS | {"at": ["410pt", "300pt"]},
        {"kind": "box", "at": ["400pt", "400pt"], "size": ["200pt", "9pt"]},
        QR | {"at": ["456.5pt", "300pt"]},
    ]
    layout.check_clear_zones(template_of(first=page(*blocks), table=table()), ZONES)
    layout.check_clear_zones(template_of(first=page(text(at=["510pt", "300pt"]))), NO_MARKS)


def test_fields_that_no_column_has() -> None:
    wanted = layout.wanted_fields(template_of(first=page(text("{nmae} {page}")), table=table()))
    assert wanted.blocks == {"nmae"}
    assert wanted.rows == {"item", "cents"}
    with pytest.raises(JobError, match="'nmae'") as caught:
        layout.missing_fields(wanted, {"name": "text"}, {"item": "text", "cents": "int"})
    assert caught.value.next_step == "Did you mean 'name'?"
    with pytest.raises(JobError, match="'item'") as caught:
        layout.missing_fields(wanted, {"nmae": "text"}, {"items": "text", "cents": "int"})
    assert (caught.value.where, caught.value.next_step) == ("template.table", "Did you mean 'items'?")


@given(parts=st.lists(st.text("ab{} :", max_size=4) | st.just("{f}") | st.just("{g:int}"), max_size=6))
def test_texts_parse_as_they_are_written(parts: list[str]) -> None:
    """Doubled braces are themselves, everything else comes back."""
    words = "".join(
        part if part in {"{f}", "{g:int}"} else part.replace("{", "{{").replace("}", "}}") for part in parts
    )
    back = ""
    for part in parse_text(words, "here"):
        if isinstance(part, Literal):
            assert part.text
            back += part.text.replace("{", "{{").replace("}", "}}")
        else:
            assert part in {Field("f", ""), Field("g", "int")}
            back += "{f}" if part.name == "f" else "{g:int}"
    assert back == words


# ---- documents


def refused(template: Template, documents: pl.DataFrame, **more: Any) -> dict[int, tuple[str, str]]:
    bad = typeset(template, documents, **more).unprintable
    assert bad.documents.tolist() == sorted(set(bad.documents.tolist()))
    return {
        row: (column, reason)
        for row, column, reason in zip(bad.documents.tolist(), bad.columns, bad.reasons, strict=True)
    }


def named(*names: str) -> pl.DataFrame:
    return DOCUMENTS[[0] * len(names)].with_columns(pl.Series("name", names), key=pl.int_range(pl.len()))


def test_characters_that_a_face_lacks_refuse_the_document() -> None:
    names = ["Ann", "漢", "Łódź", "a\U0001f600", "(x)\\"]
    assert refused(template_of(first=page(text())), named(*names)) == {
        1: ("name", "no glyph for U+6F22 in the job's faces"),
        3: ("name", "no glyph for U+1F600 in the job's faces"),
    }
    assert set(refused(template_of(first=page(text(style="scan"))), named(*names))) == {1, 2, 3}
    # Each column is judged by the faces that show it: figures in OCR-B do not refuse names elsewhere.
    assert set(refused(template_of(first=page(text(), text("{key}", style="scan"))), named(*names))) == {1, 3}


def test_a_barcode_takes_ascii_only() -> None:
    found = refused(
        template_of(first=page(QR | {"text": "{name}"})), named("Ann", "é", "a(b", "a\\b", "a b~")
    )
    assert found == {
        k: ("name", f"no glyph for U+{ord(c):04X} in the job's faces")
        for k, c in ((1, "é"), (2, "("), (3, "\\"))
    }


def test_a_column_that_is_not_shown_is_not_judged() -> None:
    lines = LINES.with_columns(order=pl.Series(["漢", "字"]))
    done = Letters(template_of(table=table()), DOCUMENTS, lines, "order").typeset()
    assert done.unprintable.documents.size == 0
    assert not done.unprintable.entries


def test_texts_too_wide_refuse_the_document() -> None:
    """Measured in the face, to the 1/1000 em."""
    face = typeset(template_of(first=page(text()))).faces["plex-sans"]
    width = sum(face.font["hmtx"][face.font.getBestCmap()[ord(c)]][0] for c in "Winnipeg") * 9
    assert face.units_per_em == 1000
    for spare, count in ((0, 0), (-9, 1)):
        template = template_of(first=page(text(width=f"{(width + spare) / 1000}pt")))
        found = refused(template, named("Winnipeg", "Ann"))
        assert found == dict.fromkeys(
            range(count), ("template.first.blocks.0", "the text is too wide or too long for its place")
        )
    assert refused(template_of(first=page(text(width="9pt", overflow="allow"))), named("Winnipeg")) == {}
    assert refused(template_of(first=page(text(width="9pt", overflow="ellipsis"))), named("Winnipeg")) == {}


def test_addresses_and_paragraphs_that_do_not_fit_refuse_the_document() -> None:
    address = ADDRESS | {"width": "60pt", "lines": ["x", "{name}"]}
    assert set(refused(template_of(first=page(address)), named("Ann", "Winnipeg, Manitoba"))) == {1}
    paragraph = PARAGRAPH | {"max_lines": 2, "width": "40pt"}
    assert set(
        refused(template_of(first=page(paragraph)), named("one two three", "one two three four five six"))
    ) == {1}


@pytest.mark.parametrize("overflow", ["reject", "allow", "ellipsis"])
@pytest.mark.parametrize("kind", ["text", "paragraph", "address"])
def test_texts_beyond_the_buffer_refuse_the_document(kind: str, overflow: str) -> None:
    """4,096 bytes are set, 4,097 refused, never cut."""
    block = {
        "text": text(overflow=overflow),
        "paragraph": PARAGRAPH | {"max_lines": 60, "width": "999999pt"},
        "address": ADDRESS | {"width": "999999pt"},
    }[kind]
    template = template_of(first=page(block))
    names = ("i" * SCRATCH_BYTES, "i" * (SCRATCH_BYTES + 1), "é" * SCRATCH_BYTES)
    assert set(refused(template, named(*names))) == {1}


@pytest.mark.parametrize(
    ("words", "longest"), [("{item}", 4096), ("{item}, {cents}", 4054), ("{item}/{item}", 2047)]
)
def test_cells_beyond_the_buffer_refuse_their_lines(words: str, longest: int) -> None:
    items = ["x" * longest, "y" * (longest + 1), "漢" * 5000]
    lines = pl.DataFrame({"document": [0, 1, 1], "order": [1, 2, 3], "item": items, "cents": [1, 2, 3]})
    template = template_of(table=table(line=row({"x": "0pt", "text": words, "width": "50pt"})))
    entries, points = Letters(template, DOCUMENTS, lines, "order").typeset().unprintable.entries["item"]
    found = {items[e]: layout.glyph_reason(p) for e, p in zip(entries.tolist(), points.tolist(), strict=True)}
    assert found == {
        items[1]: "the text is too long for its row",
        items[2]: "no glyph for U+6F22 in the job's faces",
    }


def test_documents_texts_in_rows_beyond_the_buffer_refuse_the_document() -> None:
    template = template_of(table=table(brought=row({"x": "0pt", "text": "{name}, brought"})))
    found = refused(template, named("x" * 4087, "x" * 4088))
    assert found == {1: ("name", "the text is too long for its row")}


@pytest.mark.parametrize(
    ("values", "what"),
    [
        (pl.Series([1, None]), "is empty in some documents"),
        (pl.Series([1.5, 2.0]), "holds Float64"),
        (pl.Series([[1, 2, 3], [1, 2]]), "lists of different lengths"),
        (pl.Series([[1, 2, 3], [1, None, 2]]), "is empty in some documents"),
        (pl.Series([[1, 2, 3], None]), "lists of different lengths"),
    ],
)
def test_derived_columns_that_are_no_whole_numbers_are_refused(values: pl.Series, what: str) -> None:
    documents = DOCUMENTS.with_columns(values.alias("derived"))
    is_list = isinstance(values.dtype, pl.List)
    block = BARS | {"values": "derived"} if is_list else text("{derived}")
    with pytest.raises(JobError, match=re.escape(what)) as caught:
        typeset(template_of(first=page(block)), documents)
    assert "'derived'" in caught.value.what
    assert caught.value.next_step


def test_no_documents_compile() -> None:
    """As ``check`` does."""
    assert refused(template_of(first=page(text(), BARS, ADDRESS, QR)), DOCUMENTS.clear()) == {}
