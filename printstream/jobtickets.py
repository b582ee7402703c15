"""The job tickets of a run: what presses, cutters and inserters must know of each print file; a part of the corridor.

In: the plan and what was produced. Out: ``ticket/`` in the run folder. Never: decides; a ticket's form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from printstream import __version__, enclosures, impose
from printstream.base import columns as c
from printstream.base.files import Seal, write_whole
from printstream.base.program import CodeItem, SheetMarks
from printstream.impose.geometry import matrix_of
from printstream.plan import Plan
from printstream.produce import Produced
from printstream.ticket import jobticket as t
from printstream.ticket.xjdf import xjdf_bytes
from printstream.ticketing import JobTicket

FOLDER = "ticket"
SUFFIX = ".xjdf"
_ENCODINGS = {"data_matrix": "DATAMATRIX", "code39": "CODE39", "interleaved_2of5": "INTERLEAVED25"}
_FIELD = re.compile(r"\{[a-z_]+:pad([0-9]+)\}")


def write_tickets(
    run_dir: Path, plan: Plan, produced: Produced, run_id: str | None = None
) -> dict[str, Seal]:
    """Write the ticket of each print file, where the job asks for them.

    Args:
        run_dir: the run's folder.
        plan: the plan.
        produced: the print files.
        run_id: name of the run; that of the folder where absent.

    Returns:
        their seals, by path below the run folder.
    """
    if plan.order.job.ticket is None or not produced.spools:
        return {}
    (run_dir / FOLDER).mkdir()
    seals = {}
    for row, facts in enumerate(ticket_facts(run_id or run_dir.name, plan, produced)):
        name = f"{FOLDER}/{row + 1:04d}{SUFFIX}"
        seals[name] = write_whole(run_dir / name, xjdf_bytes(facts))
    return seals


def ticket_facts(run_id: str, plan: Plan, produced: Produced) -> Iterator[t.JobTicketFacts]:
    """What each print file's ticket says, in order.

    Args:
        run_id: name of the run.
        plan: the plan of a job that asks for tickets.
        produced: its print files.
    """
    job = plan.order.job
    wanted = job.ticket or JobTicket()
    marks = tuple(_marks(plan.order.marks, job.stock.height))
    weights = plan.presorted.pieces[c.WEIGHT_MG.name]
    inserts = _inserts(plan, wanted)
    streams = {s.name: s for s in (*job.streams, *([job.diverted] if job.diverted else []))}
    for row, finished in enumerate(produced.spools):
        spool, spread = plan.imposed.spools.row(row, named=True), plan.imposed.spreads[row]
        first, pieces, stream = spool[c.FIRST_SEQUENCE.name], spool[c.PIECES.name], spool[c.STREAM.name]
        yield t.JobTicketFacts(
            version=wanted.version,
            job_id=wanted.job_id or f"{job.name}.{run_id}",
            part_id=f"spool-{row + 1:04d}",
            run_id=run_id,
            title=job.title,
            day=job.production_date,
            agent_version=__version__,
            url=f"../spool/{row + 1:04d}.pdf",
            sha256=finished.sha256,
            file_bytes=finished.file.size_bytes,
            press_sides=spread.sides,
            press_sheets=spread.press_sheets,
            pieces=pieces,
            first_piece=first + 1,
            sheets=spool[c.SHEETS.name],
            weight_mg=int(weights[first : first + pieces].sum()),
            stream=stream,
            inserter_profile=job.inserter.profile,
            sheet=_sheet(spread),
            stock=t.Material(job.stock.name, wanted.stock_id or "", spread.press_sheets),
            grammage_gsm=job.stock.grammage_gsm,
            caliper_um=job.stock.caliper_um,
            envelope=t.Material(
                streams[stream].envelope,
                wanted.envelope_ids.get(stream, ""),
                pieces,
                streams[stream].envelope_weight_mg,
            ),
            inserts=inserts.get(row + 1, ()),
            folds=streams[stream].folds,
            marks=marks,
        )


def _sheet(spread: impose.SpoolSpread) -> t.Sheet:
    pattern = spread.pattern
    scheme, layout = pattern.scheme, pattern.layout
    stacked = scheme.order in ("stacks", "column_stacks")
    cells = tuple(
        t.Cell(box, int(pattern.stack_of[k]) if stacked else None, int(pattern.rank_of[k]))
        for k, box in enumerate(layout.cells)
    )
    sides = tuple(
        tuple(t.PlacedPage(place.cell, place.page, matrix_of(place, layout, 1.0)) for place in side)
        for side in layout.sides
    )
    return t.Sheet(
        width=layout.width,
        height=layout.height,
        page_width=layout.page_width,
        page_height=layout.page_height,
        cells=cells,
        sides=sides,
        over=scheme.turn == "over",
        web=scheme.web,
        stack_depth=scheme.stack_depth or spread.press_sheets - sum(spread.leaders),
        units=int(spread.stack_count.sum()),
        finishing=scheme.finishing,
        signature_folds=scheme.unit.folds,
        binding=scheme.unit.binding,
        head_to_foot=scheme.unit.pages == 2 and any(row.endswith("r") for row in scheme.unit.back),
    )


def _inserts(plan: Plan, wanted: JobTicket) -> dict[int, tuple[t.Material, ...]]:
    """What each print file's envelopes get from the pockets, by number of the print file."""
    if not plan.order.job.inserts:
        return {}
    weights = {insert.name: insert.weight_mg for insert in plan.order.job.inserts}
    found: dict[int, tuple[t.Material, ...]] = {}
    columns = (c.SPOOL.name, enclosures.POCKET.name, enclosures.INSERT.name, c.PIECES.name)
    for spool, pocket, name, count in enclosures.pocket_plan(plan).select(columns).iter_rows():
        if count:
            product = wanted.insert_ids.get(name, "")
            insert = t.Material(name, product, count, weights[name], pocket)
            found[spool] = (*found.get(spool, ()), insert)
    return found


def _marks(marks: SheetMarks, height_mpt: int) -> Iterator[t.Mark]:
    """What stands on the front of a sheet; lengths from its top left corner become those from its bottom left one."""

    def box(left: int, top: int, width: int, height: int) -> t.Box:
        return left, height_mpt - top - height, left + width, height_mpt - top

    if marks.omr:
        high = (len(marks.omr) - 1) * marks.omr_pitch_mpt + marks.omr_thickness_mpt
        yield t.Mark("OMR", box(marks.omr_left_mpt, marks.omr_top_mpt, marks.omr_length_mpt, high))
    if marks.matrix_text:
        side = marks.matrix_modules * marks.matrix_module_mpt
        place = box(marks.matrix_left_mpt, marks.matrix_top_mpt, side, side)
        yield t.Mark("DATAMATRIX", place, marks.matrix_modules, _pattern(marks.matrix_text))
    for code in marks.codes:
        long, high = code.columns * code.module_mpt, code.height_mpt or code.modules * code.module_mpt
        size = (high, long) if code.ladder else (long, high)
        pattern = "".join(_item(item) for item in code.items)
        yield t.Mark(
            _ENCODINGS[code.symbology], box(code.left_mpt, code.top_mpt, *size), code.modules, pattern
        )


def _pattern(text: str) -> str:
    """Regular expression of a text with fields of fixed width; empty where it has others."""
    parts = _FIELD.split(text)
    plain = "".join(parts[::2])
    if "{" in plain or "}" in plain:
        return ""
    return "".join(f"[0-9]{{{part}}}" if k % 2 else re.escape(part) for k, part in enumerate(parts))


def _item(item: CodeItem) -> str:
    if item.kind == "literal":
        return re.escape(item.text)
    if item.kind == "number":
        return f"[0-9]{{{item.digits}}}" if item.base == 10 else f"[0-9A-Z]{{{item.digits}}}"
    return "."
