"""Production: spools are drawn, compressed, written and verified, ranges of sides on all workers at once.

In: the plan, or a part of it. Out: verified partial files. Never: decides where anything goes; gives a file its final
name.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream import draw, marks, spool
from printstream.base import columns as c
from printstream.base import interrupts
from printstream.base.frozen import frozen
from printstream.base.log import Reporter
from printstream.base.units import MPT_PER_DPT, MPT_PER_PT
from printstream.claims import claim_of
from printstream.fonts.faces import load_face
from printstream.plan import Copy, Typed
from printstream.readback import Check, FinishedSpool, read_back, settle

CONTROL_FACE = "plex-sans"
"""Face of texts beside the pages."""
SIDES_A_TASK = 256
"""Sides that a worker draws at a time: enough to make calls cheap and waits for the interpreter rare."""
_TURN_SECONDS = 0.0005
"""After so long a thread that runs Python lets another do so: who only starts a kernel should not wait for who reads a file
back (Python's own 5 ms are longer than a kernel runs)."""
_TASKS_AHEAD = 16
_SAMPLED_SIDES = 128
"""Sides that the job's Huffman codes are made from."""


@frozen
class Sides:
    """A range of finished sides.

    Attributes:
        block: their content stream objects.
        plain_bytes: int64[sides]: lengths before compression.
    """

    block: spool.Block
    plain_bytes: NDArray[np.int64]


@frozen
class Produced:
    """All print files.

    Attributes:
        spools: in order.
        printed_cents: int64[documents]: the total on each document's last page.
        warnings: sentences for the operator.
    """

    spools: tuple[FinishedSpool, ...]
    printed_cents: NDArray[np.int64]
    warnings: tuple[str, ...]


class _Press:
    """Draws and compresses; every worker thread has a pen and a compressor of its own."""

    def __init__(
        self, plan: Copy, drawing: draw.Drawing, resources: spool.Resources, codes: spool.Codes
    ) -> None:
        self._plan = plan
        self._drawing = drawing
        self._first_content = resources.count + 1
        self._codes = codes
        self._local = threading.local()

    def run(self, number: int, first_side: int, last_side: int) -> Sides:
        """Make sides first_side..last_side-1 of the spool in row ``number``."""
        if not hasattr(self._local, "pen"):
            self._local.pen = draw.Pen(self._drawing)
            self._local.compressor = spool.Compressor(self._codes)
        content, offsets = self._local.pen.draw(self._plan.imposed.spreads[number], first_side, last_side)
        block = self._local.compressor.compress(content, offsets, self._first_content + first_side)
        return Sides(block, np.diff(offsets))


def sampled_places(spools: pl.DataFrame) -> list[tuple[int, int]]:
    """Row of the spool and side of it of sides spread evenly over all spools; the plan alone decides them."""
    counts = spools[c.IMPRESSIONS.name].to_numpy()
    firsts = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
    wanted = np.unique(np.linspace(0, max(0, int(firsts[-1]) - 1), _SAMPLED_SIDES).astype(np.int64))
    rows = np.searchsorted(firsts, wanted, side="right") - 1
    places = zip(rows.tolist(), wanted.tolist(), strict=True)
    return [(n, s - int(firsts[n])) for n, s in places if n < counts.size]


def sample_sides(
    plan: Copy, drawing: draw.Drawing, places: Iterable[tuple[int, int]]
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
    """Draw single sides, by row of the spool and side; each is valid until the next one."""
    pen = draw.Pen(drawing)
    return (pen.draw(plan.imposed.spreads[n], side, side + 1) for n, side in places)


def train_codes(plan: Copy, drawing: draw.Drawing) -> spool.Codes:
    """Make the job's codes from sides spread evenly over all spools."""
    return spool.train(sample_sides(plan, drawing, sampled_places(plan.imposed.spools)))


def make_drawing(plan: Copy) -> draw.Drawing:
    """Bundle what the pens read."""
    job = plan.order.job
    postal = marks.postal_constants(job.mailing)
    symbols = draw.prepare_symbols(postal, *marks.routing(plan.documents, job))
    printed = np.full(plan.documents.height, np.iinfo(np.int64).min, np.int64)
    sheets = plan.imposed.sheets
    says = plan.order.marks
    facts = sheets_drawn(plan)
    texts = marks.code_texts(says, facts)
    matrix_bytes = says.matrix_modules * ((says.matrix_modules + 7) // 8)
    return draw.Drawing(
        plan.typeset.compiled.program,
        plan.typeset.documents,
        plan.typeset.lines,
        plan.line_arrays,
        plan.pages,
        sheets,
        symbols,
        printed,
        marks.postal_payloads(plan.documents, job),
        marks.sheet_words(says, facts),
        facts.base,
        draw.prepare_codes(says.codes, texts, facts.base, matrix_bytes),
        tuple(_later_type(typed) for typed in plan.later),
    )


def _later_type(typed: Typed) -> draw.LaterType:
    """What the pens read of a further type."""
    program, stores = typed.typeset.compiled.program, (typed.typeset.documents, typed.typeset.lines)
    return draw.LaterType(typed.first_document, program, *stores, typed.line_arrays)


def sheets_drawn(plan: Copy) -> marks.SheetFacts:
    """Which sheet of the spools at hand is whose."""
    spreads = plan.imposed.spreads
    base = min((s.first_sheet for s in spreads), default=0)
    end = max((s.end_sheet for s in spreads), default=0)
    return marks.sheet_facts(plan.imposed.sheets.piece_sheet, plan.imposed.piece_control, base, end)


def shared_resources(plan: Copy, claim: spool.Claim | None = None) -> spool.Resources:
    """Fonts, subset to the job's characters, and forms; files follow ``claim``, or what the job says."""
    scale = MPT_PER_DPT / MPT_PER_PT
    job, template = plan.order.job, plan.order.template
    box = (0.0, 0.0, template.width / MPT_PER_DPT, template.height / MPT_PER_DPT)
    forms: list[spool.FormSpec] = []
    for form in plan.forms:
        if form.pdf:
            # Art is in points; the page that shows it is in decipoints.
            grow = (1 / scale, 0.0, 0.0, 1 / scale, 0.0, 0.0)
            forms.append(spool.ArtForm(form.name, plan.order.job_dir / form.pdf, form.page, grow))
        else:
            forms.append(spool.DrawnForm(form.name, box, form.content))
    control = load_face(CONTROL_FACE) if job.has_control_text else None
    claim = claim or claim_of(plan.order)
    imposed = plan.imposed
    sheet = (0.0, 0.0, imposed.sheet_width_mpt / MPT_PER_PT, imposed.sheet_height_mpt / MPT_PER_PT)
    on_sheets = [spool.DrawnForm(name, sheet, content) for name, content in imposed.forms.items()]
    return spool.build_resources(plan.typeset.faces, plan.typeset.codepage, forms, control, claim, on_sheets)


def spool_name(number: int) -> str:
    """File name of a spool."""
    return f"{number:04d}.pdf"


def _nothing(_row: int) -> spool.Extras:
    """A plain file has no more than its pages."""
    return spool.Extras()


def produce(
    plan: Copy,
    spool_dir: Path,
    executor: Executor,
    workers: int,
    reporter: Reporter,
    resources: spool.Resources | None = None,
    codes: spool.Codes | None = None,
    more: Callable[[int], spool.Extras] = _nothing,
    durable: bool = True,
) -> Produced:
    """Make all spools.

    Args:
        plan: what to make.
        spool_dir: where the partial files go.
        executor: workers.
        workers: how many.
        reporter: told of the sides.
        resources: ``shared_resources`` of the plan, where they are at hand.
        codes: by which sides are compressed, of the whole night where ``plan`` is a part of it; made from samples of
            the plan's own sides where absent.
        more: what the spool in a row has besides its pages.
        durable: the files stay: wait until the disk has them.

    Raises:
        BalanceError: when a spool does not read back as planned.
        ResourceError: when the disk is full.
    """
    drawing = make_drawing(plan)
    resources = resources or shared_resources(plan)
    if codes is None:
        codes = train_codes(plan, drawing)
    press = _Press(plan, drawing, resources, codes)
    # Two, so that a file need not wait for the reading back of the one before.
    with ThreadPoolExecutor(2) if durable else nullcontext() as settler, _short_turns():
        spools = _spools(
            plan,
            press,
            resources,
            spool_dir,
            more,
            executor,
            settler,
            workers,
            reporter,
        )
    return Produced(tuple(spools), drawing.printed, resources.warnings)


@contextmanager
def _short_turns() -> Iterator[None]:
    """Let threads take turns more often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _spools(
    plan: Copy,
    press: _Press,
    resources: spool.Resources,
    spool_dir: Path,
    more: Callable[[int], spool.Extras],
    executor: Executor,
    settler: Executor | None,
    workers: int,
    reporter: Reporter,
) -> list[FinishedSpool]:
    """Write all spools; while the next is drawn, one is read back, and the disk takes it."""
    checks: list[Check] = []
    settled: list[Future[None]] = []
    ranges = _in_order(plan, press, executor, workers)
    size = plan.imposed.sheet_width_mpt, plan.imposed.sheet_height_mpt
    total = int(plan.imposed.spools[c.IMPRESSIONS.name].sum())
    done = 0
    numbers, counts = (plan.imposed.spools[name].to_list() for name in (c.SPOOL.name, c.IMPRESSIONS.name))
    for number, sides in zip(numbers, counts, strict=True):
        path = spool_dir / spool_name(number)
        plain: list[NDArray[np.int64]] = []
        adler: list[NDArray[np.uint32]] = []
        extras = more(len(checks))
        with _writer(plan, path, resources, extras) as writer:
            while writer.sides < sides:
                interrupts.check()
                made = next(ranges)
                writer.add_block(made.block)
                plain.append(made.plain_bytes)
                adler.append(made.block.adler32)
                done += made.plain_bytes.size
                reporter.advance(done, total, "sides")
            file = writer.close(sync=False)
        sums = np.concatenate(plain), np.concatenate(adler)
        checks.append(read_back(file, resources, size, _trim_box(plan), *sums, extras, executor))
        if settler is not None:
            settled.append(settler.submit(settle, file.path, checks[-1]))
    for waited in settled:
        waited.result()
    return [check.finished() for check in checks]


def _in_order(plan: Copy, press: _Press, executor: Executor, workers: int) -> Iterator[Sides]:
    """Ranges of sides of all spools in file order, a few tasks ahead of the writer."""
    waiting: deque[Future[Sides]] = deque()
    for number, sides in enumerate(plan.imposed.spools[c.IMPRESSIONS.name].to_list()):
        for first in range(0, sides, SIDES_A_TASK):
            waiting.append(executor.submit(press.run, number, first, min(first + SIDES_A_TASK, sides)))
            if len(waiting) > _TASKS_AHEAD * workers:
                yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _trim_box(plan: Copy) -> tuple[int, int, int, int]:
    """The area that all pages of a side cover together."""
    boxes = plan.imposed.trim_boxes_mpt
    return (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )


def _writer(plan: Copy, path: Path, resources: spool.Resources, extras: spool.Extras) -> spool.SpoolWriter:
    job = plan.order.job
    name = f"{job.name}/{job.inserter.job_code}/{job.seed}/{path.name}/{job.production_date}"
    if resources.claim is not None and resources.claim.pdfa3:
        name += "/archive"
    identity = sha256(name.encode())
    return spool.SpoolWriter(
        path,
        resources,
        media_box_mpt=(plan.imposed.sheet_width_mpt, plan.imposed.sheet_height_mpt),
        trim_box_mpt=_trim_box(plan),
        title=f"{job.title}, spool {path.stem}",
        production_date=job.production_date,
        document_id=identity.digest()[:16],
        page_extra=_bleed_box(plan) if resources.claim is not None and resources.claim.pdfx4 else b"",
        records=extras.records,
        attachments=extras.attachments,
    )


def _bleed_box(plan: Copy) -> bytes:
    """The area that pages may print on, where it is more than their trim."""
    bleed = plan.order.job.imposition.load().bleed
    left, bottom, right, top = _trim_box(plan)
    width, height = plan.imposed.sheet_width_mpt, plan.imposed.sheet_height_mpt
    corners = (
        max(left - bleed, 0),
        max(bottom - bleed, 0),
        min(right + bleed, width),
        min(top + bleed, height),
    )
    return b"/BleedBox" + spool.box(corners) if bleed else b""
