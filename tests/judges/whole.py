"""Checks of whole runs, a print file a process."""

from __future__ import annotations

import multiprocessing
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TypeVar

import polars as pl

from tests.judges.press import Night
from tests.judges.statement import total_of

T = TypeVar("T")
PROCESSES = 2


def side_by_side(task: Callable[..., T], arguments: Sequence[tuple[object, ...]]) -> Iterator[T]:
    """Call a function once for each tuple of arguments, in new processes: pdfium is not to be forked."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as executor:
        yield from executor.map(task, *zip(*arguments, strict=True))


def stated_totals(run_dir: Path, spool: int) -> dict[str, int]:
    """What the last page of every document of a print file states, in cents, by document."""
    night = Night(run_dir)
    totals = {}
    for row in night.manifest.filter(pl.col("spool") == spool).iter_rows(named=True):
        text = night.page_text(spool, row["first_side"] + row["pages"] - 1, row["slot"])
        totals[row["document_id"]] = total_of(text)
    night.files.close()
    return totals


def qpdf_faults(tool: str, path: Path) -> str:
    """What qpdf has to say against a file; empty where nothing."""
    done = subprocess.run([tool, "--check", str(path)], capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    return said if done.returncode != 0 or "WARNING" in said else ""
