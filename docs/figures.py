"""Write the README's figures from a saved benchmark: ``python docs/figures.py [benchmarks/results/MACHINE.json]``.

In: what ``make bench`` kept. Out: the lines between the two marks in README.md; a test holds them current. Never: makes
a figure up: what was not measured is left out, what is missed stands there as missed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
RESULTS = ROOT / "benchmarks" / "results"
BEGIN, END = "<!-- figures:begin -->\n", "<!-- figures:end -->"

Saved = dict[str, Any]
_PEER_NOTES = {"printstream": "**printstream**"}


def newest() -> Path | None:
    """The saved file that was made last."""
    saved = [(json.loads(path.read_text())["job"]["made"], path) for path in RESULTS.glob("*.json")]
    return max(saved)[1] if saved else None


def block(saved: Saved) -> str:
    """Set the figures."""
    parts = [list(_headline(saved)), list(_targets(saved)), list(_peers(saved))]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def replaced(readme: str, text: str) -> str:
    """The README with the lines between the marks replaced."""
    before, rest = readme.split(BEGIN)
    return before + BEGIN + text + END + rest.split(END)[1]


# ---- parts


def _headline(saved: Saved) -> Iterator[str]:
    job, machine = saved["job"], saved["machine"]
    work, pages = job["work"], job["pages_per_minute"]
    yield (
        f"**{pages['median']:,.0f} pages a minute** on {machine['cores']} cores ({machine['cpu']}, "
        f"{machine['memory_bytes'] / 2**30:.0f} GiB, {machine['disk']}): {work['pages']:,} statement pages, duplex, 2-up,"
    )
    yield (
        f"read, laid out, presorted, bar-coded, drawn, compressed, written and verified, whole process; median of "
        f"{job['bench']['runs']} runs ({pages['low']:,.0f} to {pages['high']:,.0f}),"
    )
    load = "idle machine" if job["bench"]["idle"] else f"others kept {job['bench']['busy_cores']} cores busy"
    yield f"{job['made'][:10]}, {load}. [How it is measured](docs/bench.md); `make bench` repeats it."


def _targets(saved: Saved) -> Iterator[str]:
    yield "| what | must | aim | measured |"
    yield "|---|---|---|---|"
    for name, must, aim, value, written, less in _rows(saved):
        if value is None:
            continue
        met = value <= must if less else value >= must
        mark = "" if met else " (missed)"
        yield f"| {name} | {written(must)} | {written(aim)} | {written(value)}{mark} |"


def _rows(saved: Saved) -> Iterator[tuple[str, float, float, float | None, Any, bool]]:
    job, peers, rip, large = (saved.get(k, {}) for k in ("job", "peers", "rip", "large"))
    codes = saved.get("codes", {})

    def median(name: str) -> float | None:
        value: float | None = job.get(name, {}).get("median")
        return value

    def us(name: str) -> float | None:
        value: float | None = codes.get(name, {}).get("microseconds_per_symbol")
        return value

    def seconds(v: float) -> str:
        return f"{v:.2f} s"

    def gib(v: float) -> str:
        return f"{v / 2**30:.2f} GiB"

    def times(v: float) -> str:
        return f"{v:.2f} ×"

    def micro(v: float) -> str:
        return f"{v:.2g} µs"

    run = large.get("run", {})
    one = median("one_document")
    cores = saved["machine"]["cores"]
    yield f"pages a minute, {cores} cores", 1e6, 2e6, median("pages_per_minute"), lambda v: f"{v:,.0f}", False
    yield "run ÷ floor", 2.5, 1.8, median("run_over_floor"), times, True
    floor = median("floor_all_over_one")
    beneath = f" (the floor beneath: {times(floor)})" if floor else ""
    yield f"{cores} workers against one{beneath}", 1.8, 1.95, median("all_over_one_worker"), times, False
    held = f"{cores} workers against one that is held to one core"
    yield held, 1.8, 1.95, median("all_over_one_core"), times, False
    yield "peak memory", 3 * 2**30, 1.5 * 2**30, median("peak_memory_bytes"), gib, True
    yield "peak memory, ten times as much", 4 * 2**30, 2 * 2**30, run.get("peak_memory_bytes"), gib, True
    yield (
        "its pages a minute, ten times as much against once",
        0.9,
        1.0,
        run.get("against_small"),
        times,
        False,
    )
    yield "100 statements, warm cache, whole command", 1.5, 0.8, median("small_job_seconds"), seconds, True
    yield "one document, warm process", 0.020, 0.005, one, lambda v: f"{1000 * v:.0f} ms", True
    yield "Data Matrix 24×24", 2, 1, us("datamatrix[24]"), micro, True
    yield "Intelligent Mail barcode", 0.5, 0.2, us("imb_from_fields"), micro, True
    ours, theirs = (peers.get(n, {}).get("bytes_per_page") for n in ("printstream", "ReportLab"))
    ratio = ours / theirs if ours and theirs else None
    yield "bytes a dense page against ReportLab", 0.9, 0.6, ratio, times, True
    for name in ("pdfium", "mupdf", "Ghostscript"):
        yield (
            f"time to RIP against ReportLab, {name}",
            1.0,
            0.7,
            rip.get(name, {}).get("ours_over_reportlab"),
            times,
            True,
        )


def _peers(saved: Saved) -> Iterator[str]:
    peers = {name: row for name, row in saved.get("peers", {}).items() if isinstance(row, dict)}
    if not peers:
        return
    yield (
        "Drawing, compressing and writing alone: the same full statement pages, the same strings at the same places, in the"
    )
    yield "same run, by processor time:"
    yield ""
    yield "| | pages a minute, one core | bytes a page |"
    yield "|---|---|---|"
    for name, row in sorted(peers.items(), key=lambda item: -item[1]["pages_per_core_second"]):
        shown = _PEER_NOTES.get(name, name)
        yield f"| {shown} | {60 * row['pages_per_core_second']:,.0f} | {row['bytes_per_page']:,.0f} |"


def main() -> None:
    """Rewrite the README's figures, and print them."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else newest()
    if path is None:
        sys.exit(f"nothing is saved in {RESULTS}; run make bench")
    text = block(json.loads(path.read_text()))
    README.write_text(replaced(README.read_text(), text))
    print(text)


if __name__ == "__main__":
    main()
