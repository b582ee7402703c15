"""Full statement pages: drawn by us one page a side, and as plain strings at places, so that peers draw the same.

The pages come from the statement job with real lines: documents of 2,000 lines, whose inner pages hold nothing but
table rows, headings, sub-totals, page heading, reading marks and a Data Matrix. The strings are read back from our own
content streams by the interpreter that the tests use, not from the data, so they are what we print.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

from printstream import draw, spool
from printstream.base.log import QuietReporter
from printstream.fonts import faces
from printstream.order import read_order
from printstream.plan import Plan, make_plan
from printstream.produce import make_drawing, shared_resources, train_codes
from tests.judges.nights import JOB, job_with, write_input
from tests.reference.draw import Image, Interpreter

PAGES = 400
LINES_A_DOCUMENT = 2_000
WIDTH_PT, HEIGHT_PT = 612, 792
FONT_FILES = {
    "plex-sans": Path(faces.__file__).parent / "IBMPlexSans-Regular.ttf",
    "plex-sans-semibold": Path(faces.__file__).parent / "IBMPlexSans-SemiBold.ttf",
}
Color = tuple[float, ...]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Text:
    """A string; x and y are points from the lower left corner, y is the base line."""

    text: str
    x: float
    y: float
    face: str
    size: float
    color: Color


@dataclass(frozen=True)
class Page:
    """What a peer draws: all text, all filled rectangles (reading marks), the rule; the Data Matrix where asked to."""

    shared: tuple[Text, ...]
    """Text that every page has; a peer may draw it once and show it again."""
    texts: tuple[Text, ...]
    rects: tuple[Box, ...]
    modules: tuple[Box, ...]
    """Dark modules of the Data Matrix, runs of a row in one, as barcode widgets draw them."""

    @property
    def everything(self) -> tuple[Text, ...]:
        """All text, shared and own."""
        return (*self.shared, *self.texts)


@dataclass(frozen=True)
class Rule:
    """The rule that all pages share."""

    x0: float
    x1: float
    y: float
    weight: float
    color: Color


@dataclass
class DensePages:
    """The same pages, ours and as data.

    Attributes:
        pages: strings and places, PAGES of them.
        rule: on every page.
        runs: ranges of sides of the spools (number, first, last + 1), in page order.
    """

    plan: Plan
    drawing: draw.Drawing
    resources: spool.Resources
    pages: tuple[Page, ...]
    rule: Rule
    runs: tuple[tuple[int, int, int], ...]

    @cached_property
    def codes(self) -> spool.Codes:
        """The job's Huffman codes, which a run makes once."""
        return train_codes(self.plan, self.drawing)

    def content(self, pen: draw.Pen) -> list[tuple[np.ndarray, np.ndarray]]:
        """Draw all pages; copies, because a pen's buffer is used again."""
        drawn = (pen.draw(self.plan.imposed.spreads[k], first, last) for k, first, last in self.runs)
        return [(content.copy(), offsets) for content, offsets in drawn]

    def write(self, path: Path, pen: draw.Pen) -> Path:
        """Draw, compress and write all pages in this thread, as a worker does; give the file."""
        compressor = spool.Compressor(self.codes)
        with spool.SpoolWriter(
            path,
            self.resources,
            media_box_mpt=(WIDTH_PT * 1000, HEIGHT_PT * 1000),
            title="bench",
            production_date=self.plan.order.job.production_date,
            document_id=b"bench",
        ) as writer:
            for number, first, last in self.runs:
                content, offsets = pen.draw(self.plan.imposed.spreads[number], first, last)
                writer.add_block(
                    compressor.compress(content, offsets, len(self.resources.objects) + writer.sides + 1)
                )
            return writer.close(sync=False).path


def make_dense_pages(data: Path, folder: Path) -> DensePages:
    """Plan a job of long documents and read its inner pages."""
    source = folder / "input"
    _long_documents(data, source)
    job = job_with(
        folder / "job",
        {"imposition.scheme": "one_up", "imposition.sheet_width": "8.5in", "imposition.sheet_height": "11in"},
    )
    with ThreadPoolExecutor(2) as executor:
        plan = make_plan(read_order(job), source, None, executor, 2, QuietReporter())
    drawing = make_drawing(plan)
    pen = draw.Pen(drawing)
    runs, contents = [], []
    for number, row in enumerate(plan.imposed.spools.iter_rows(named=True)):
        content, offsets = pen.draw(plan.imposed.spreads[number], 0, row["impressions"])
        sides = [content[a:b].tobytes() for a, b in pairwise(offsets)]
        for first, last in _full_ranges(sides, PAGES - len(contents)):
            runs.append((number, first, last))
            contents += sides[first:last]
    assert len(contents) == PAGES, f"only {len(contents)} full pages"
    pages = _read_pages(plan, contents)
    return DensePages(plan, drawing, shared_resources(plan), pages, _rule(plan), tuple(runs))


def _long_documents(data: Path, folder: Path) -> None:
    """Give each of some documents the lines of many."""
    count = PAGES // 25
    documents = pl.scan_parquet(data / "documents" / "*.parquet")
    sound = documents.filter(
        (pl.col("zip5").str.len_bytes() == 5) & (pl.col("name") != "") & (pl.col("street") != "")
    )
    chosen = sound.head(count).collect()
    # The first lines belong to true documents: what is spoiled lies at the end of the files.
    lines = pl.scan_parquet(data / "lines" / "*.parquet").head(count * LINES_A_DOCUMENT).collect()
    owner = chosen["customer_key"].gather(np.arange(lines.height) // LINES_A_DOCUMENT)
    lines = lines.with_columns(owner.alias("customer_key"))
    sums = lines.group_by("customer_key").agg(pl.col("net_cents").sum().alias("sum"))
    own = chosen.join(sums, on="customer_key", how="left", maintain_order="left")["sum"]
    chosen = chosen.with_columns(own.cast(chosen.schema["total_cents"]).alias("total_cents"))
    write_input(folder, chosen, lines)


def _full_ranges(sides: Sequence[bytes], wanted: int) -> list[tuple[int, int]]:
    """Ranges of sides that show the heading of a next page and no closing."""
    ranges: list[tuple[int, int]] = []
    for number, side in enumerate(sides):
        if wanted and b"/X2 Do" in side and b"/X3 Do" not in side and side.count(b"T*") > 40:
            wanted -= 1
            if ranges and ranges[-1][1] == number:
                ranges[-1] = (ranges[-1][0], number + 1)
            else:
                ranges.append((number, number + 1))
    return ranges


def _read_pages(plan: Plan, contents: Sequence[bytes]) -> tuple[Page, ...]:
    widths = {f"F{k}": row.tolist() for k, row in enumerate(plan.typeset.compiled.program.widths)}
    names = list(plan.typeset.faces)
    decode = plan.typeset.codepage.decode

    def read(content: bytes) -> tuple[list[Text], list[Box], list[Box]]:
        shown = Interpreter(widths).run(content)
        texts = [
            Text(
                decode(s.text),
                float(s.x),
                float(s.y),
                names[int(s.font[1:])],
                float(s.size),
                tuple(float(c) for c in s.color),
            )
            for s in shown.strings
        ]
        rects = [(float(r.x), float(r.y), float(r.width), float(r.height)) for r in shown.rects]
        return texts, rects, [module for image in shown.images for module in _modules(image)]

    head = tuple(read(b"q .1 0 0 .1 0 0 cm\n" + _heading(plan) + b"\nQ")[0])
    pages = []
    for content in contents:
        texts, rects, modules = read(content)
        pages.append(Page(head, tuple(texts), tuple(rects), tuple(modules)))
    return tuple(pages)


def _modules(image: Image) -> Iterator[Box]:
    """Runs of dark modules, from the top row down."""
    rows, width, height = image.rows, float(image.width), float(image.height)
    across, up = width / len(rows[0]), height / len(rows)
    for number, row in enumerate(rows, 1):
        for run in re.finditer("1+", row):
            left = float(image.x) + across * run.start()
            yield left, float(image.y) + height - up * number, across * len(run[0]), up


def _heading(plan: Plan) -> bytes:
    return next(f.content for f in plan.typeset.compiled.forms if f.name == "template.next.blocks")


def _rule(plan: Plan) -> Rule:
    found = re.search(
        rb"([.\d]+) ([.\d]+) ([.\d]+) RG\n([.\d]+) w\n\[\] 0 d\n(\d+) (\d+) m\n(\d+) (\d+) l\nS",
        _heading(plan),
    )
    assert found is not None
    r, g, b, weight, x0, y0, x1, y1 = (float(n) for n in found.groups())
    assert y0 == y1
    return Rule(x0 / 10, x1 / 10, y0 / 10, weight / 10, (r, g, b))


__all__ = ["JOB", "DensePages", "Page", "Rule", "Text", "make_dense_pages"]
