"""Each stage of the statement job by itself, one thread, warm: what a page costs where.

The sum of the stages is more than a run's share of a core, because a run overlaps them; the figures say where to look.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.clock import cpu_of
from benchmarks.conftest import Ledger
from printstream import draw, layout, spool
from printstream.base import columns as c
from printstream.base.log import QuietReporter
from printstream.kernels.symbols import SYMBOL_BYTES, encode_symbols
from printstream.order import read_order
from printstream.plan import Plan, make_plan
from printstream.produce import make_drawing, shared_resources
from tests.judges.nights import JOB

DOCUMENTS = 4_000
ROUNDS = 5
SIDES_A_CALL = 64


@pytest.fixture(scope="module")
def plan(data: Path) -> Plan:
    with ThreadPoolExecutor(2) as executor:
        return make_plan(read_order(JOB), data, DOCUMENTS, executor, 2, QuietReporter())


@pytest.fixture(scope="module")
def content(plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """All sides of the first spool."""
    pen = draw.Pen(make_drawing(plan))
    drawn, offsets = pen.draw(plan.imposed.spreads[0], 0, first_sides(plan))
    return drawn.copy(), offsets


def first_sides(plan: Plan) -> int:
    sides: int = plan.imposed.spools[c.IMPRESSIONS.name][0]
    return sides


@pytest.fixture
def stage(benchmark: Any, ledger: Ledger, request: pytest.FixtureRequest) -> Callable[..., None]:
    """Time a stage in processor seconds; keep microseconds a unit."""

    def timed(run: Callable[[], object], units: int, unit: str) -> None:
        run()
        times: list[float] = []
        benchmark.pedantic(lambda: times.append(cpu_of(run)), rounds=ROUNDS)
        figures = {f"microseconds_per_{unit}": min(times) / units * 1e6, "units": units}
        benchmark.extra_info |= figures
        ledger.add("stages", request.node.name.removeprefix("test_"), **figures)

    return timed


def test_layout_breaks(plan: Plan, stage: Callable[..., None]) -> None:
    with ThreadPoolExecutor(1) as one:
        pages = layout.break_pages(plan.typeset, plan.line_arrays, plan.documents.height, one)
        assert pages.first_line.size == plan.pages.first_line.size
        stage(
            lambda: layout.break_pages(plan.typeset, plan.line_arrays, plan.documents.height, one),
            pages.first_line.size,
            "page",
        )


def test_draw(plan: Plan, content: tuple[np.ndarray, np.ndarray], stage: Callable[..., None]) -> None:
    pen = draw.Pen(make_drawing(plan))
    sides = first_sides(plan)

    def run() -> list[int]:
        drawn = []
        for first in range(0, sides, SIDES_A_CALL):
            last = min(first + SIDES_A_CALL, sides)
            drawn += np.diff(pen.draw(plan.imposed.spreads[0], first, last)[1]).tolist()
        return drawn

    assert run() == np.diff(content[1]).tolist()
    stage(run, sides, "side")


def test_symbols(plan: Plan, stage: Callable[..., None]) -> None:
    """The barcodes of every side, which drawing encodes first; part of ``draw``."""
    drawing = make_drawing(plan)
    context, spread, sides = drawing.context(), plan.imposed.spreads[0], first_sides(plan)
    faces = spread.cells(0, sides).faces
    out = np.empty((faces.size, SYMBOL_BYTES), np.uint8)

    def run() -> None:
        assert encode_symbols(context.address, drawing.symbols, faces, out) == 0

    stage(run, sides, "side")


def test_compress(plan: Plan, content: tuple[np.ndarray, np.ndarray], stage: Callable[..., None]) -> None:
    compressor = spool.Compressor(spool.train([content]))
    block = compressor.compress(*content, 1)
    assert block.adler32.tolist() == [
        zlib.adler32(content[0][begin:end]) for begin, end in pairwise(content[1].tolist())
    ]
    stage(lambda: compressor.compress(*content, 1), content[1].size - 1, "side")


def test_spool_write(
    plan: Plan, content: tuple[np.ndarray, np.ndarray], stage: Callable[..., None], tmp_path: Path
) -> None:
    resources = shared_resources(plan)
    block = compressed(content, resources)
    stage(lambda: write(plan, resources, block, tmp_path / "spool.pdf"), block.begins.size, "side")
    expected = spool.SpoolExpectation(None, None, np.diff(content[1]), block.adler32)
    assert spool.verify_spool(tmp_path / "spool.pdf.partial", expected).sides == block.begins.size


@pytest.mark.parametrize("every", [(1, 1), (16, 64)])
def test_verify(
    plan: Plan,
    content: tuple[np.ndarray, np.ndarray],
    stage: Callable[..., None],
    tmp_path: Path,
    every: tuple[int, int],
) -> None:
    """Reading a print file back: every side by qpdf too, as ``printstream verify`` does, or some, as a run does."""
    resources = shared_resources(plan)
    block = compressed(content, resources)
    path = write(plan, resources, block, tmp_path / "spool.pdf")
    expected = spool.SpoolExpectation(
        None, None, np.diff(content[1]), block.adler32, inflate_every=every[0], qpdf_every=every[1]
    )
    stage(lambda: spool.verify_spool(path, expected), block.begins.size, "side")


def compressed(content: tuple[np.ndarray, np.ndarray], resources: spool.Resources) -> spool.Block:
    return spool.Compressor(spool.train([content])).compress(*content, len(resources.objects) + 1)


def write(plan: Plan, resources: spool.Resources, block: spool.Block, path: Path) -> Path:
    with spool.SpoolWriter(
        path,
        resources,
        media_box_mpt=(plan.imposed.sheet_width_mpt, plan.imposed.sheet_height_mpt),
        title="bench",
        production_date=plan.order.job.production_date,
        document_id=b"bench",
    ) as writer:
        writer.add_block(block)
        return writer.close(sync=False).path
