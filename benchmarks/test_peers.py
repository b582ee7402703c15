"""The same full pages drawn by us and by others, in one run: pages a second of a core, bytes a page, time to RIP.

Pages a second count processor time, because some peers use several threads. Every file is compared with ours, character
by character and place by place, before its figure counts.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pytest

from benchmarks.clock import cpu_of, cpu_side_by_side
from benchmarks.conftest import Ledger
from benchmarks.densepages import PAGES, DensePages
from benchmarks.peers import PEERS
from benchmarks.same import bytes_a_page, largest_shift_pt
from printstream import draw

pytestmark = pytest.mark.filterwarnings("ignore")
SHIFT_PT = 0.5
RIP_PAGES = 50
RIP_ROUNDS = 60


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
    # What is timed is what the others are compared with.
    assert dense.write(tmp_path / "ours.pdf", pen).read_bytes() == ours.read_bytes()
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


def pdfium_draw(path: Path) -> list[str]:
    render = (
        f"from pypdfium2 import PdfDocument as D\nd = D({str(path)!r})\n"
        f"for n in range({2 * RIP_PAGES}): d[n].render(scale=300 / 72)"
    )
    return [sys.executable, "-c", render]


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
    "pdfium": ("", pdfium_draw, 2 * RIP_PAGES),
    "mupdf": ("mutool", mupdf, RIP_PAGES),
    "Ghostscript": ("gs", ghostscript, RIP_PAGES),
}
"""The program, its words, the pages that it draws of each file; its start counts on both sides."""


@pytest.mark.parametrize("name", RIPS)
def test_time_to_rip(benchmark: Any, name: str, ours: Path, theirs: Path, ledger: Ledger) -> None:
    command, words, pages = RIPS[name]
    if command and shutil.which(command) is None:
        pytest.skip(f"{command} is not installed")
    assert ink_apart(ours, theirs) < 0.01
    pairs: list[list[float]] = []
    rip = lambda: pairs.append(cpu_side_by_side([words(ours), words(theirs)], len(pairs)))  # noqa: E731
    rip()
    pairs.clear()
    benchmark.pedantic(rip, rounds=RIP_ROUNDS)
    seconds = np.array(pairs) / pages
    # Two rounds, on either core, are one comparison.
    ratios = np.sqrt((seconds[:, 0] / seconds[:, 1]).reshape(-1, 2).prod(axis=1))
    ledger.add(
        "rip",
        name,
        ours_ms_per_page=1000 * median(seconds[:, 0]),
        reportlab_ms_per_page=1000 * median(seconds[:, 1]),
        ours_over_reportlab=median(ratios),
        standard_error=1.2533 * ratios.std(ddof=1) / len(ratios) ** 0.5,
    )


def test_bytes_of_the_same_pages(ours: Path, theirs: Path, ledger: Ledger) -> None:
    """With the Data Matrix on both sides, which the other peers' pages lack."""
    assert ink_apart(ours, theirs) < 0.01
    own, other = bytes_a_page(ours, PAGES), bytes_a_page(theirs, PAGES)
    figures = {"ours": own, "reportlab": other, "ours_over_reportlab": own / other}
    ledger.add("bytes", "with the Data Matrix", **figures)
