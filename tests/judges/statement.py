"""What a statement must say, worked out from the Parquet files, and the check that its pages say that and no more.

The template's texts are read from its file and filled in by plain Python (decimals, datetime), rows are followed
down the page by the template's heights. Of the program only the faces' files are used, for the width of an ellipsis.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from fontTools.ttLib import TTFont
from ruamel.yaml import YAML

from tests.judges.marks import length_pt
from tests.judges.pdftext import Run

Row = dict[str, Any]
ROOT = Path(__file__).parents[2]
FONTS = ROOT / "printstream" / "fonts"
_FACES = {"plex-sans": "IBMPlexSans-Regular.ttf", "plex-sans-semibold": "IBMPlexSans-SemiBold.ttf"}
_FIELD = re.compile(r"\{(\w+)(?::(\w+))?\}")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
PLACE_PT = 0.3
"""A run may stand this far from where it was asked for: coordinates are whole tenths of points."""


# ---- words


def money(cents: int) -> str:
    return f"{Decimal(cents) / 100:,.2f}"


def luhn(text: str) -> str:
    """Check digit by ISO/IEC 7812-1, annex B: every second digit from the right doubled."""
    digits = [int(c) for c in text if c.isdigit()][::-1]
    total = sum(sum(divmod(2 * d, 10)) if k % 2 == 0 else d for k, d in enumerate(digits))
    return str(-total % 10)


def written(value: Any, form: str) -> str:
    if form == "money":
        return money(value)
    if form == "int":
        return f"{value:,}"
    if form.startswith("pad"):
        width = int(form[3:])
        return f"{abs(value):0{width}d}"[-width:]
    if form == "medium":
        return f"{_MONTHS[value.month - 1]} {value.day}, {value.year}"
    if form == "iso":
        return value.isoformat()
    if form == "date" or (not form and isinstance(value, date)):
        return f"{value.month:02d}/{value.day:02d}/{value.year:04d}"
    assert not form, form
    return str(value)


def filled(text: str, values: Row) -> str:
    """A template's text with its fields."""
    out, at = "", 0
    for field in _FIELD.finditer(text):
        out += text[at : field.start()]
        out += luhn(out) if field[1] == "check" else written(values[field[1]], field[2] or "")
        at = field.end()
    return out + text[at:]


class Widths:
    """Advances of a shipped face, 1/1000 em."""

    def __init__(self, face: str) -> None:
        font = TTFont(FONTS / _FACES[face])
        self._names, self._advances = font.getBestCmap(), font["hmtx"]
        self._scale = 1000 / font["head"].unitsPerEm

    def of(self, text: str) -> float:
        return sum(round(self._advances[self._names[ord(c)]][0] * self._scale) for c in text)

    def cut(self, text: str, room: float) -> str:
        """The text, or as much of it as fits in front of an ellipsis."""
        if self.of(text) <= room:
            return text
        while self.of(text + "…") > room:
            text = text[:-1]
        return text.rstrip(" ") + "…"


# ---- the input


class Billing:
    """The input tables, documents and lines by key."""

    def __init__(self, folder: Path, keys: Sequence[int] | None = None) -> None:
        documents = pl.scan_parquet(folder / "documents" / "*.parquet")
        lines = pl.scan_parquet(folder / "lines" / "*.parquet")
        if keys is not None:
            documents = documents.filter(pl.col("customer_key").is_in(list(keys)))
            lines = lines.filter(pl.col("customer_key").is_in(list(keys)))
        self.documents = documents.collect()
        grouped = lines.collect().sort("customer_key", "order_key", "line_number", maintain_order=True)
        self._lines = grouped.partition_by("customer_key", as_dict=True)
        self._none = grouped.clear()

    def document(self, key: int) -> Row:
        return self.documents.row(by_predicate=pl.col("customer_key") == key, named=True)

    def lines(self, key: int) -> list[Row]:
        return self._lines.get((key,), self._none).to_dicts()


# ---- the job's own words


class StatementForm:
    """The statement job's files, as text."""

    def __init__(self, job_dir: Path = ROOT / "jobs" / "statement") -> None:
        yaml = YAML(typ="safe")
        self.template: Row = yaml.load((job_dir / "template.yaml").read_text())
        self._derive: Row = yaml.load((job_dir / "job.yaml").read_text())["rules"]["derive"]

    def derived(self, document: Row) -> Row:
        """The job's derived columns, by hand."""
        zip_line = document["zip5"] + (f"-{document['zip4']}" if document["zip4"] else "")
        return {
            "statement_date": date(1998, 9, 1),
            "due_date": date(1998, 10, 1),
            "zip_line": zip_line,
            "message_title": self._message("message_title", document["segment"]),
            "message": self._message("message", document["segment"]),
        }

    def _message(self, name: str, segment: str) -> str:
        choice = re.search(rf"WHEN '{segment}' THEN '([^']*)'", self._derive[name])
        assert choice is not None
        return " ".join(choice[1].split())

    def room(self, style: str, width: str) -> float:
        """A width in 1/1000 em of a style."""
        return length_pt(width) / length_pt(self.template["styles"][style]["size"]) * 1000

    @cached_property
    def widths(self) -> dict[str, Widths]:
        return {face: Widths(face) for face in _FACES}

    def shown(self, text: str, style: str, width: str | None) -> str:
        """The text as it stands: cut with an ellipsis where it is too wide."""
        if width is None:
            return text
        return self.widths[self.template["styles"][style]["face"]].cut(text, self.room(style, width))


# ---- the check


class Mismatch(AssertionError):
    """A page does not say what it must."""


@dataclass
class _Page:
    """The runs of a page that nothing has accounted for yet."""

    place: str
    runs: list[Run]

    def take(self, text: str, x: float, align: str, y: float | None) -> Run:
        """Account for a text at its place."""
        for run in self.runs:
            near = abs(run.at(align) - x) < PLACE_PT and (y is None or abs(run.y - y) < PLACE_PT)
            if run.text == text and near:
                self.runs.remove(run)
                return run
        same = [run for run in self.runs if run.text == text or (y and abs(run.y - y) < 3)]
        raise Mismatch(f"{self.place}: no {text!r} {align} at {x:.2f}, {y}; near it: {same[:6]}")

    def take_near(self, text: str, right: tuple[float, float], y: tuple[float, float]) -> None:
        """Account for a text whose right end and base line lie between bounds."""
        for run in self.runs:
            if run.text == text and right[0] <= run.right <= right[1] and y[0] <= run.y <= y[1]:
                self.runs.remove(run)
                return
        raise Mismatch(f"{self.place}: no {text!r} that ends within {right} on {y}")

    def take_line(self, x: float, y: float) -> str:
        """Account for whatever starts at a place; empty where there is nothing."""
        for run in self.runs:
            if abs(run.left - x) < PLACE_PT and abs(run.y - y) < PLACE_PT:
                self.runs.remove(run)
                return run.text
        return ""


@dataclass
class Statement:
    """One document and what it must say.

    Attributes:
        form: the job's files.
        document: its row of the input.
        lines: its lines in print order.
    """

    form: StatementForm
    document: Row
    lines: list[Row]

    def check(self, pages: Sequence[Sequence[Run]], bars: str) -> None:
        """Compare all sides of a piece with what they must say.

        Args:
            pages: runs of each side; the last may be a blank back.
            bars: the letters of its Intelligent Mail barcode.

        Raises:
            Mismatch: at the first difference.
        """
        key = self.document["customer_key"]
        written_on = [page for page in pages if page]
        if len(pages) - len(written_on) > 1 or (len(written_on) < len(pages) and pages[-1]):
            raise Mismatch(f"document {key}: sides without text")
        rows = _Rows(self)
        for number, runs in enumerate(written_on, 1):
            page = _Page(f"document {key}, page {number}", list(runs))
            is_last = number == len(written_on)
            values = {
                **self.document,
                **self.form.derived(self.document),
                "page": number,
                "pages": len(written_on),
                "total": sum(line["net_cents"] for line in self.lines),
            }
            self._blocks(page, self.form.template["first" if number == 1 else "next"]["blocks"], values, bars)
            if is_last:
                self._blocks(page, self.form.template["closing"]["foot"], values, bars)
            end = rows.follow(page, number == 1, is_last)
            if is_last:
                self._flow(page, values, end)
            if page.runs:
                raise Mismatch(f"{page.place}: text that does not belong there: {page.runs[:6]}")
        rows.finish()

    def _blocks(self, page: _Page, blocks: Sequence[Row], values: Row, bars: str) -> None:
        for block in blocks:
            if block["kind"] not in ("text", "paragraph", "address", "bars"):
                continue
            x, y = map(length_pt, block["at"])
            if block["kind"] == "text":
                text = self.form.shown(filled(block["text"], values), block["style"], block.get("width"))
                page.take(text, x, block.get("align", "left"), y)
            elif block["kind"] == "paragraph":
                self._paragraph(page, block, values, x, y)
            elif block["kind"] == "address":
                self._address(page, block, values, bars, x, y)
            else:
                self._scale(page, block, x, y)

    def _paragraph(self, page: _Page, block: Row, values: Row, x: float, y: float) -> None:
        wanted = filled(block["text"], values)
        found: list[str] = []
        while line := page.take_line(x, y):
            found.append(line)
            y += length_pt(block["leading"])
        if " ".join(found) != wanted:
            raise Mismatch(f"{page.place}: the paragraph says {found}")
        widths = self.form.widths[self.form.template["styles"][block["style"]]["face"]]
        room = self.form.room(block["style"], block["width"])
        for line, following in zip(found, [*found[1:], ""], strict=True):
            full = not following or widths.of(f"{line} {following.split()[0]}") > room - 1
            if widths.of(line) > room + 1 or not full:
                raise Mismatch(f"{page.place}: a line of the paragraph is broken at a wrong place: {line!r}")

    def _address(self, page: _Page, block: Row, values: Row, bars: str, x: float, y: float) -> None:
        # The bars' letters stand on the bottom of the full bar, half a bar (0.0725 in) below the centre line.
        page.take(bars, x, "left", y + 72 * 0.0725)
        y += length_pt(block["first_line"])
        for line in filter(None, (filled(text, values) for text in block["lines"])):
            page.take(line, x, "left", y)
            y += length_pt(block["leading"])

    def _scale(self, page: _Page, block: Row, x: float, y: float) -> None:
        """The chart's figures: the smallest 1, 2 or 5 times a power of ten that holds the highest month."""
        highest = max(100, *self.document[block["values"]])
        top = next(f * 10**p for p in range(2, 19) for f in (1, 2, 5) if f * 10**p >= highest) // 100
        height = length_pt(block["size"][1])
        for share in (2, 1, 0):
            if share != 1 or top % 2 == 0:
                line = y + height * (2 - share) / 2
                page.take_near(f"{top * share // 2:,}", (x - 6, x), (line, line + 4))

    def _flow(self, page: _Page, values: Row, end: float) -> None:
        for block in self.form.template["closing"]["flow"]:
            if block["kind"] == "text":
                x, y = map(length_pt, block["at"])
                page.take(filled(block["text"], values), x, block.get("align", "left"), end + y)


class _Rows:
    """Follows the table over the pages: what must come next, and what has been added up."""

    def __init__(self, statement: Statement) -> None:
        self._table = statement.form.template["table"]
        self._template = statement.form.template
        self._form = statement.form
        self._coming = list(_rows(statement.lines))
        self._at = 0
        self._total = 0
        self._open: Row | None = None

    def follow(self, page: _Page, is_first: bool, is_last: bool) -> float:
        """Account for the rows of a page; gives where they end."""
        area = self._template["first" if is_first else "next"]["area"]
        y, bottom = length_pt(area["top"]), length_pt(area["bottom"])
        if is_last:
            bottom = min(bottom, length_pt(self._template["closing"]["foot_top"]))
        if not is_first:
            y = self._row(page, "brought", {"brought": self._total}, y)
            if self._open is not None:
                y = self._row(page, "continued", self._open, y)
        begun = self._at
        while self._at < len(self._coming) and self._is_next(page, y):
            kind, values = self._coming[self._at]
            y = self._row(page, kind, values, y)
            self._at += 1
            if kind == "line":
                self._total += values["net_cents"]
                self._open = values
            elif kind == "subtotal":
                self._open = None
        if is_last:
            if y + length_pt(self._template["closing"]["flow_height"]) > bottom + PLACE_PT:
                raise Mismatch(f"{page.place}: the closing reaches into the foot")
            return y
        if self._at > begun and self._coming[self._at - 1][0] == "heading":
            raise Mismatch(f"{page.place}: a heading without its first line")
        if self._at < len(self._coming) and self._coming[self._at][0] == "subtotal":
            raise Mismatch(f"{page.place}: a subtotal without its last line")
        y = self._row(page, "carried", {"carried": self._total}, y)
        if y > bottom + PLACE_PT:
            raise Mismatch(f"{page.place}: rows reach below the area")
        return y

    def finish(self) -> None:
        if self._at != len(self._coming):
            raise Mismatch(f"{len(self._coming) - self._at} rows are missing, first {self._coming[self._at]}")

    def _baseline(self, kind: str, y: float) -> float:
        return y + length_pt(self._table[kind]["baseline"])

    def _is_next(self, page: _Page, y: float) -> bool:
        """Whether the coming row stands here, and not the carried row."""
        kind, values = self._coming[self._at]
        cell = self._table[kind]["cells"][0]
        text = self._form.shown(filled(cell["text"], values), self._table[kind]["style"], cell.get("width"))
        base = self._baseline(kind, y)
        return any(run.text == text and abs(run.y - base) < PLACE_PT for run in page.runs)

    def _row(self, page: _Page, kind: str, values: Row, y: float) -> float:
        row = self._table[kind]
        for cell in row["cells"]:
            text = self._form.shown(filled(cell["text"], values), row["style"], cell.get("width"))
            x = length_pt(self._table["x"]) + length_pt(cell["x"])
            page.take(text, x, cell.get("align", "left"), self._baseline(kind, y))
        return y + length_pt(row["height"])


def _rows(lines: Sequence[Row]) -> Iterator[tuple[str, Row]]:
    """Heading, lines and subtotal of each order."""
    total = 0
    for k, line in enumerate(lines):
        if k == 0 or lines[k - 1]["order_key"] != line["order_key"]:
            yield "heading", line
            total = 0
        yield "line", line
        total += line["net_cents"]
        if k + 1 == len(lines) or lines[k + 1]["order_key"] != line["order_key"]:
            yield "subtotal", {**line, "group_total": total}


def payment_text(document: Row) -> str:
    """What the coupon's QR code must say."""
    return f"https://pay.mts.example/{document['customer_key']:09d}/{document['total_cents']}"


_TOTAL = re.compile(r"Total of [\d,]+ orders\s*\$(-?[\d,]+\.\d\d)\b")


def total_of(text: str) -> int:
    """The total that a last page states, in cents, out of its text."""
    found = _TOTAL.findall(text)
    if len(found) != 1:
        raise Mismatch(f"a last page states {len(found)} totals")
    return int(Decimal(found[0].replace(",", "")) * 100)
