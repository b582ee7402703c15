"""The inserter's control files of a run: what its marks say and what is done with each piece, as records.

In: the plan. Out: ``inserter/`` in the run folder. Never: decides; a layout's form.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from printstream import marks, papers, ticket
from printstream.base import columns as c
from printstream.base.files import Seal, write_whole
from printstream.base.yamlfile import load_model
from printstream.marks.words import CONTROL_BITS
from printstream.order import WorkOrder
from printstream.plan import Plan

FOLDER = "inserter"
_PIECE_COLUMNS = (
    *(c.PIECE_ID, c.SEQUENCE, c.SPOOL, c.FIRST_SIDE, c.SLOT, c.POSTAL_CODE, c.PRESORT_LEVEL, c.TRAY_ID),
    *(c.POSTAL_BARCODE, c.POSTAGE_MILLS, c.WEIGHT_MG, c.THICKNESS_UM, c.STREAM, c.DOCUMENT_ID),
)
PIECE_RECORD = frozenset(
    {*(column.name for column in _PIECE_COLUMNS), c.SHEETS.name, "inserts", *CONTROL_BITS}
)
"""Columns of a record a piece."""
SHEET_RECORD = PIECE_RECORD | {
    "sheet",
    "run_sheet",
    "sheets_left",
    "side",
    "is_first",
    "is_last",
    "marks",
    "code_1",
    "code_2",
    "code_3",
}
"""Columns of a record a sheet."""
SPOOL_RECORD = frozenset({"job", "job_code", "title", "date", "spool", "file", "stream", "pieces", "sheets"})
"""What header and trailer may show."""


def file_layouts(order: WorkOrder) -> tuple[ticket.FileLayout, ...]:
    """The layouts of the job's control files, checked.

    Raises:
        JobError: when there is none of a name, or it is wrong.
    """
    settings = order.job.inserter
    layouts = [ticket.load_layout(name) for name in settings.files]
    layouts += [load_model(order.job_dir / path, ticket.FileLayout) for path in settings.own_files]
    for layout in layouts:
        known = SHEET_RECORD if layout.record == "sheet" else PIECE_RECORD
        ticket.check_layout(layout, set(known), set(SPOOL_RECORD))
    return tuple(layouts)


def write_inserter_files(run_dir: Path, plan: Plan) -> dict[str, Seal]:
    """Write each control file of each print file.

    Returns:
        their seals, by path below the run folder.

    Raises:
        JobError: when a value does not fit its field.
    """
    layouts = file_layouts(plan.order)
    if not layouts or plan.imposed.spools.height == 0:
        return {}
    (run_dir / FOLDER).mkdir(parents=True)
    seals = {}
    for number, pieces, sheets in _records(plan, {layout.record for layout in layouts}):
        about = _about(plan, number)
        for layout in layouts:
            name = f"{FOLDER}/{number:04d}.{layout.suffix}"
            records = sheets if layout.record == "sheet" else pieces
            seals[name] = write_whole(run_dir / name, ticket.file_bytes(layout, records, about))
    return seals


def _about(plan: Plan, number: int) -> dict[str, object]:
    job, row = plan.order.job, plan.imposed.spools.row(number - 1, named=True)
    return {
        "job": job.name,
        "job_code": job.inserter.job_code,
        "title": job.title,
        "date": job.production_date,
        "spool": number,
        "file": f"spool/{number:04d}.pdf",
        "stream": row[c.STREAM.name],
        "pieces": row[c.PIECES.name],
        "sheets": row[c.SHEETS.name],
    }


def _records(plan: Plan, kinds: set[str]) -> Iterator[tuple[int, pl.DataFrame, pl.DataFrame]]:
    """Number of each spool, its records of pieces and of sheets (none where no layout wants them)."""
    table = papers.manifest(plan)
    pieces = table.unique(c.PIECE_ID.name, keep="first", maintain_order=True)
    first_sheet = plan.imposed.sheets.piece_sheet
    control = plan.imposed.piece_control
    pieces = pieces.select(column.name for column in _PIECE_COLUMNS).with_columns(
        pl.Series(c.SHEETS.name, np.diff(first_sheet)),
        pl.Series("inserts", control & np.uint32(0xFFFF)),
        *(pl.Series(name, (control >> np.uint32(bit) & 1) != 0) for name, bit in CONTROL_BITS.items()),
    )
    spools = plan.imposed.spools.select(c.SPOOL.name, c.FIRST_SEQUENCE.name, c.PIECES.name)
    for number, begin, count in spools.iter_rows():
        own = pieces[begin : begin + count]
        sheets = own
        if "sheet" in kinds:
            ends = int(first_sheet[begin]), int(first_sheet[begin + count])
            facts = marks.sheet_facts(first_sheet, control[begin:], *ends)
            sheets = _sheet_records(plan, own, facts, begin)
        yield number, own, sheets


def _sheet_records(plan: Plan, pieces: pl.DataFrame, facts: marks.SheetFacts, begin: int) -> pl.DataFrame:
    says = plan.order.marks
    rows = pieces[facts.piece - begin]
    texts: list[pl.Series | pl.Expr] = [*_texts(plan, facts), *[pl.lit("")] * 3]
    return rows.with_columns(
        pl.Series("sheet", facts.sheet),
        pl.Series("run_sheet", facts.run),
        pl.Series("sheets_left", facts.sheets - facts.sheet),
        pl.Series("side", rows[c.FIRST_SIDE.name].to_numpy() + 2 * (facts.sheet - 1)),
        pl.Series("is_first", facts.sheet == 1),
        pl.Series("is_last", facts.sheet == facts.sheets),
        _word_texts(marks.sheet_words(says, facts), len(says.omr)).alias("marks"),
        *(texts[k].alias(f"code_{k + 1}") for k in range(3)),
    )


def _word_texts(words: NDArray[np.uint32], count: int) -> pl.Series:
    """Tracks as ``|`` and ``.``, each different one written once."""
    different, which = np.unique(words, return_inverse=True)
    return pl.Series([marks.word_text(word, count) for word in different.tolist()], dtype=pl.String)[which]


def _texts(plan: Plan, facts: marks.SheetFacts) -> list[pl.Series]:
    """Texts of the profile's codes, a column a code."""
    says = plan.order.marks
    table = marks.code_texts(says, facts)
    found, at = [], 0
    for code in says.codes:
        own = np.ascontiguousarray(table[:, at : at + code.characters])
        ends = np.arange(0, own.size + 1, code.characters, dtype=np.int64)
        buffers = [None, pa.py_buffer(ends), pa.py_buffer(own)]
        found.append(pl.Series(pa.Array.from_buffers(pa.large_string(), own.shape[0], buffers)))
        at += code.characters
    return found
