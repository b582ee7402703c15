"""Templates and data given as Python values, walked through layout, impose, marks and draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from printstream import draw, impose, layout, marks
from printstream.base import columns as c
from printstream.base.program import LineArrays, PageArrays, SheetMarks
from printstream.base.store import IntArena, Kind
from printstream.job import Job
from printstream.layout.template import Template
from tests.reference.draw import Interpreter, Page

STYLES = {
    "body": {"face": "plex-sans", "size": "9pt", "color": "#1f2937"},
    "bold": {"face": "plex-sans-semibold", "size": "10.5pt", "color": "#000000"},
    "small": {"face": "plex-sans", "size": "7pt", "color": "#1f2937"},
    "scan": {"face": "ocr-b", "size": "10pt"},
}
AREA = {"top": "100pt", "bottom": "700pt"}


class Now(Executor):
    """Runs tasks at once, in this thread."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


@dataclass(frozen=True)
class Column:
    kind: Kind
    width_log2: int
    start: int


@dataclass(frozen=True)
class Lines:
    """Detail lines as ingest hands them on."""

    ints: np.ndarray
    columns: Mapping[str, Column]
    dictionaries: Mapping[str, pa.Array]
    group_column: str | None


def lines_of(frame: pl.DataFrame, group: str | None, width_log2: int = 3) -> Lines:
    """Lay a frame of lines into an arena; texts become dictionaries."""
    arena = IntArena(sum(IntArena.bytes_for(3, frame.height) for _ in frame.columns) + 64)
    columns, dictionaries = {}, {}
    for series in frame:
        name, values = series.name, series
        kind = Kind.INT
        if series.dtype == pl.String:
            kind = Kind.TEXT
            known = series.unique(maintain_order=True)
            dictionaries[name] = known.to_arrow(compat_level=pl.CompatLevel.oldest())
            values = series.replace_strict(known, list(range(len(known))), return_dtype=pl.Int64)
        elif series.dtype == pl.Date:
            values = series.cast(pl.Int32).cast(pl.Int64)
        start, view = arena.allocate(width_log2, frame.height)
        view[:] = values.cast(pl.Int64).to_numpy()
        columns[name] = Column(kind, width_log2, start)
    return Lines(arena.block, columns, dictionaries, group)


def types_of(frame: pl.DataFrame) -> dict[str, str]:
    names = {pl.String: "text", pl.Date: "date"}
    return {series.name: names.get(series.dtype.base_type(), "int") for series in frame}


def job_of(**changes: Any) -> Job:
    """A job; the settings that matter here may be changed."""
    base: dict[str, Any] = {
        "format": "printstream-job/1",
        "name": "test",
        "title": "Test",
        "production_date": "2025-08-01",
        "input": {"documents": {"files": ["d"], "key": "key"}},
        "address": {"lines": ["name"], "street": "street", "city": "city", "state": "state", "zip5": "zip5"},
        "imposition": {"scheme": "one_up", "sheet_width": "8.5in", "sheet_height": "11in"},
    }
    return Job.model_validate(base | changes)


def template_of(**changes: Any) -> Template:
    """A template on Letter; parts are given as in YAML."""
    base: dict[str, Any] = {"format": "printstream-template/1", "styles": STYLES, "first": {"area": AREA}}
    return Template.model_validate(base | changes)


NO_MARKS = SheetMarks((), 0, 0, 0, 0, 0, "{piece:pad6}", 1_000, 1_000, 1_000, 12, ())
"""No reading track, and a small Data Matrix in the corner."""


@dataclass
class Letters:
    """Everything from template and data to content streams.

    Attributes:
        template, documents, lines: as given; ``lines`` has a column ``document``, its rows any order.
        group: column of the lines that starts groups.
        counts, sheet_marks, job: sheets per tray and more, see ``sides``.
        control: what the inserter does with each piece, in mailing order.
    """

    template: Template
    documents: pl.DataFrame
    lines: pl.DataFrame | None = None
    group: str | None = None
    sheet_marks: SheetMarks = NO_MARKS
    job: Job = field(default_factory=job_of)
    sequence: Sequence[int] | None = None
    trays: Sequence[int] | None = None
    width_log2: int = 3
    control: Sequence[int] | None = None

    def typeset(self) -> layout.Typeset:
        wanted = layout.wanted_fields(self.template)
        lines = (
            None if self.lines is None else lines_of(self.lines.drop("document"), self.group, self.width_log2)
        )
        types = {} if self.lines is None else types_of(self.lines)
        return layout.typeset(self.template, wanted, self.sheet_marks, self.documents, lines, types, Now())

    def line_arrays(self) -> LineArrays:
        if self.lines is None or self.lines.height == 0:
            return LineArrays(np.zeros(1, np.uint32), np.zeros(self.documents.height + 1, np.int64))
        owner = self.lines["document"].to_numpy()
        counts = np.bincount(owner, minlength=self.documents.height)
        first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return LineArrays(np.argsort(owner, kind="stable").astype(np.uint32), first)

    def drawn(self) -> Drawn:
        done = self.typeset()
        assert done.unprintable.documents.size == 0
        arrays = self.line_arrays()
        pages = layout.break_pages(done, arrays, self.documents.height, Now())
        counts = np.diff(pages.first_page)
        sequence = list(range(self.documents.height)) if self.sequence is None else list(self.sequence)
        pieces = pl.DataFrame(
            {
                c.DOCUMENT.name: sequence,
                c.SHEETS.name: (counts[sequence] + 1) // 2,
                c.STREAM.name: ["letter"] * len(sequence),
                c.TRAY_ID.name: list(self.trays) if self.trays else [1] * len(sequence),
            }
        )
        if self.control is not None:
            inserts = [word & 0xFFFF for word in self.control]
            pieces = pieces.with_columns(pl.Series(c.INSERTS.name, inserts, c.INSERTS.dtype))
        imposed = impose.impose(pieces, self.job, self.template.width, self.template.height)
        documents = self.documents.height
        symbols = draw.prepare_symbols(
            marks.postal_constants(self.job.mailing),
            np.array([10000 + k for k in range(documents)], np.int64),
            np.full(documents, 5, np.uint8),
        )
        printed = np.full(documents, -1, np.int64)
        says, sheets = self.sheet_marks, imposed.sheets.piece_sheet
        facts = marks.sheet_facts(sheets, np.array(self.control or [], np.uint32), 0, int(sheets[-1]))
        codes = draw.prepare_codes(
            says.codes,
            marks.code_texts(says, facts),
            0,
            says.matrix_modules * ((says.matrix_modules + 7) // 8),
        )
        drawing = draw.Drawing(
            *(
                done.compiled.program,
                done.documents,
                done.lines,
                arrays,
                pages,
                imposed.sheets,
                symbols,
                printed,
            ),
            words=marks.sheet_words(says, facts),
            sheet_codes=codes,
        )
        return Drawn(done, pages, imposed, drawing, sequence)


@dataclass
class Drawn:
    """The plan and the pen."""

    typeset: layout.Typeset
    pages: PageArrays
    imposed: impose.Imposed
    drawing: draw.Drawing
    sequence: list[int]

    def sides(self, spool: int = 0, step: int = 1000) -> list[bytes]:
        """Content of every press side of a spool."""
        pen = draw.Pen(self.drawing)
        spread = self.imposed.spreads[spool]
        count = spread.sides
        out = []
        for first in range(0, count, step):
            content, offsets = pen.draw(spread, first, min(first + step, count))
            assert offsets[-1] == content.size
            out += [content[a:b].tobytes() for a, b in pairwise(offsets)]
        return out

    def widths(self) -> dict[str, list[int]]:
        return {f"F{k}": row.tolist() for k, row in enumerate(self.typeset.compiled.program.widths)}

    def read(self, content: bytes) -> Page:
        return Interpreter(self.widths()).run(content)

    def text(self, codes: bytes) -> str:
        return self.typeset.codepage.decode(codes)

    def document_pages(self) -> list[list[Page]]:
        """Pages of every document in mailing order, for one-up work, blank backs left out."""
        sides = [self.read(side) for spool in range(len(self.imposed.spreads)) for side in self.sides(spool)]
        out, at = [], 0
        for document in self.sequence:
            count = int(self.pages.first_page[document + 1] - self.pages.first_page[document])
            out.append(sides[at : at + count])
            at += count
            if count % 2:
                assert sides[at] == Page(), "a blank back must be empty"
                at += 1
        assert at == len(sides)
        return out
