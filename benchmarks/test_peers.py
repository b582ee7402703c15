"""The same full pages drawn by us and by others, in one run: pages a second of a core, bytes a page, time to RIP.

Pages a second count processor time, because some peers use several threads. Every file is compared with ours, character
by character and place by place, before its figure counts.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pytest

from benchmarks.clock import cpu_of
from benchmarks.conftest import Ledger
from benchmarks.densepages import PAGES, DensePages
from benchmarks.peers import PEERS
from benchmarks.same import bytes_a_page, largest_shift_pt
from printstream import draw

pytestmark = pytest.mark.filterwarnings("ignore")
SHIFT_PT = 0.5
RIP_PAGES = 50
Spent = dict[Path, float]
"""Processor time of a page of each file, seconds."""
RIP_ROUNDS = {"pdfium": 15, "mupdf": 45, "Ghostscript": 45}
"""The processor time of commands of a third of a second varies by 7 % from one to the next."""


@pytest.fixture(scope="module")
def ours(dense: DensePages, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dense.write(tmp_path_factory.mktemp("ours") / "ours.pdf", draw.Pen(dense.drawing))


@pytest.fixture(scope="module")
def theirs(dense: DensePages, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same pages with their Data Matrix: who prints them, prints all of it."""
    path = tmp_path_factory.mktemp("theirs") / "reportlab.pdf"
    whole = [replace(page, rects=page.rects + page.modules) for page in dense.pages]
    PEERS["ReportLab"].draw(whole, dense.rule, path)
    return path


def test_ours(benchmark: Any, dense: DensePages, ours: Path, tmp_path: Path, ledger: Ledger) -> None:
    pen = draw.Pen(dense.drawing)
    times: list[float] = []

    def run() -> None:
        times.append(cpu_of(lambda: dense.write(tmp_path / "ours.pdf", pen)))

    benchmark.pedantic(run, rounds=15, warmup_rounds=1)
    seconds = sorted(times)[len(times) // 2]
    strings = sum(len(page.everything) for page in dense.pages) / PAGES
    ledger.add(
        "peers",
        "printstream",
        pages_per_core_second=PAGES / seconds,
        bytes_per_page=bytes_a_page(ours, PAGES),
        pages=PAGES,
        strings_per_page=strings,
    )


@pytest.mark.parametrize("name", PEERS)
def test_peer(
    benchmark: Any, name: str, dense: DensePages, ours: Path, tmp_path: Path, ledger: Ledger
) -> None:
    peer = PEERS[name]
    if peer.module and importlib.util.find_spec(peer.module) is None:
        pytest.skip(f"{name} is not installed (pip install {peer.module}, or printstream[bench])")
    if peer.command and shutil.which(peer.command) is None:
        pytest.skip(f"{name} is not installed (Debian package {peer.command})")
    pages, out = (dense.pages * 3)[: peer.pages], tmp_path / "peer.pdf"
    try:
        start = cpu_of(lambda: peer.draw(pages[: peer.pages // 3], dense.rule, out))
    except OSError as error:
        pytest.skip(f"{name} lacks a library of the system: {error}")
    times: list[float] = []
    run: Callable[[], None] = lambda: times.append(cpu_of(lambda: peer.draw(pages, dense.rule, out)))  # noqa: E731
    benchmark.pedantic(run, rounds=1 if peer.startup else 3)
    seconds, counted = min(times), len(pages)
    if peer.startup:
        seconds, counted = seconds - start, counted - peer.pages // 3
    shift = max(
        largest_shift_pt(ours, out, number, PAGES) for number in (0, len(pages) // 2 + 1, len(pages) - 1)
    )
    assert shift < SHIFT_PT, f"{name} draws up to {shift:.2f} pt beside the place"
    ledger.add(
        "peers",
        name,
        pages_per_core_second=counted / seconds,
        bytes_per_page=bytes_a_page(out, len(pages)),
        pages=len(pages),
        largest_shift_pt=shift,
    )


# ---- time to RIP


def by_pdfium(ours: Path, theirs: Path) -> list[Spent]:
    """Page by page in turn: the machine's pace drifts within a second by more than the files differ."""
    with pdfium.PdfDocument(ours) as a, pdfium.PdfDocument(theirs) as b:
        files = {ours: a, theirs: b}

        def seconds(path: Path, number: int) -> float:
            return cpu_of(lambda: files[path][number].render(scale=300 / 72))

        orders = [(ours, theirs) if number % 2 else (theirs, ours) for number in range(RIP_PAGES)]
        return [{path: seconds(path, number) for path in order} for number, order in enumerate(orders)]


def by_command(words: Callable[[Path], list[str]]) -> Callable[[Path, Path], list[Spent]]:
    """File by file in turn: a command is a process."""
    rounds = count()

    def seconds(path: Path) -> float:
        return cpu_of(lambda: subprocess.run(words(path), check=True, capture_output=True)) / RIP_PAGES

    def rip(ours: Path, theirs: Path) -> list[Spent]:
        order = (ours, theirs) if next(rounds) % 2 else (theirs, ours)
        return [{path: seconds(path) for path in order}]

    return rip


def mupdf(path: Path) -> list[str]:
    return ["mutool", "draw", "-q", "-r", "300", "-F", "ppm", "-o", "/dev/null", str(path), f"1-{RIP_PAGES}"]


def ghostscript(path: Path) -> list[str]:
    words = ["gs", "-q", "-dBATCH", "-dNOPAUSE", "-dSAFER", "-sDEVICE=ppmraw", "-r300"]
    return [*words, f"-dLastPage={RIP_PAGES}", "-sOutputFile=/dev/null", str(path)]


def ink_apart(ours: Path, theirs: Path) -> float:
    """Share of pixels of a page at 150 dpi that differ by more than half of black."""
    shown = []
    for path in (ours, theirs):
        with pdfium.PdfDocument(path) as pdf:
            shown.append(pdf[1].render(scale=150 / 72, grayscale=True).to_numpy().astype(np.int16))
    return float((np.abs(shown[0] - shown[1]) > 127).mean())


RIPS = {
    "pdfium": ("", by_pdfium),
    "mupdf": ("mutool", by_command(mupdf)),
    "Ghostscript": ("gs", by_command(ghostscript)),
}


@pytest.mark.parametrize("name", RIPS)
def test_time_to_rip(benchmark: Any, name: str, ours: Path, theirs: Path, ledger: Ledger) -> None:
    command, rip = RIPS[name]
    if command and shutil.which(command) is None:
        pytest.skip(f"{command} is not installed")
    assert ink_apart(ours, theirs) < 0.01
    rip(ours, theirs)
    spent: list[Spent] = []
    benchmark.pedantic(lambda: spent.extend(rip(ours, theirs)), rounds=RIP_ROUNDS[name])
    ledger.add(
        "rip",
        name,
        ours_ms_per_page=1000 * median(pair[ours] for pair in spent),
        reportlab_ms_per_page=1000 * median(pair[theirs] for pair in spent),
        ours_over_reportlab=median(pair[ours] / pair[theirs] for pair in spent),
    )


def test_bytes_of_the_same_pages(ours: Path, theirs: Path, ledger: Ledger) -> None:
    """With the Data Matrix on both sides, which the other peers' pages lack."""
    assert ink_apart(ours, theirs) < 0.01
    own, other = bytes_a_page(ours, PAGES), bytes_a_page(theirs, PAGES)
    figures = {"ours": own, "reportlab": other, "ours_over_reportlab": own / other}
    ledger.add("bytes", "with the Data Matrix", **figures)
