"""A bench as a person reads it in a terminal.

In: a record, a comparison. Out: text. Never: writes it anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from printstream.bench.compare import Comparison
from printstream.bench.feeds import feeds
from printstream.bench.record import ALL, Record
from printstream.bench.words import LABELS

Row = tuple[str, str, str]
_HOURLY = ("pages_per_minute", "pieces_per_minute", "sheets_per_minute")


def summary_text(record: Record, comparison: Comparison | None = None) -> str:
    """Set the figures in aligned columns."""
    machine, counts = record.machine, record.work.counts
    lines = [
        f"{record.job}: {counts['pages']:,} pages of {counts['pieces']:,} pieces on {counts['sheets']:,} sheets, "
        f"{len(record.runs[ALL])} runs with {record.kinds[0].workers} workers",
        f"{machine.cpu}, {machine.cores} cores, {machine.memory_bytes / 2**30:.0f} GiB, {machine.disk}",
        *(f"Doubtful: {warning}." for warning in record.warnings),
        "",
        *_aligned([("", "median", "lowest to highest"), *_figures(record)]),
        "",
        *_aligned([("stage, all workers", "seconds", ""), *_stages(record)]),
        "",
        *_aligned(list(_work(record))),
        "",
        *(
            f"  {feed.sentence}{'' if feed.machine.confirmed else ' (speed not confirmed)'}"
            for feed in feeds(record)
        ),
    ]
    if comparison is not None:
        lines += ["", *_compared(comparison)]
    return "\n".join(lines) + "\n"


def _figures(record: Record) -> Iterator[Row]:
    for name, figure in record.figures.items():
        label = LABELS[name]
        spread = f"{label.text(figure.low)} to {label.text(figure.high)}" if figure.low < figure.high else ""
        yield label.name, label.text(figure.median), spread
        if name in _HOURLY:
            yield label.name.replace("a minute", "an hour"), label.text(60 * figure.median), ""


def _stages(record: Record) -> Iterator[Row]:
    whole = record.figures["seconds"].median
    for name, figure in record.stages().items():
        yield name, f"{figure.median:.2f}", f"{figure.median / whole:.0%}"
    if record.floors:
        floor = sorted(record.floors, key=lambda f: f.seconds)[len(record.floors) // 2]
        yield "floor: read the columns", f"{floor.read:.2f}", ""
        yield "floor: compress and write", f"{floor.pack:.2f}", ""
        yield "flush to disk (not in the floor)", f"{floor.flush:.2f}", ""


def _work(record: Record) -> Iterator[Row]:
    work = record.work
    yield "bytes a page in the print files", f"{work.bytes_per_page:,.0f}", ""
    yield "bytes of content a page, uncompressed", f"{work.content_bytes_per_page:,.0f}", ""
    yield "glyphs a page", f"{work.glyphs_per_page:,.0f}", f"sample of {work.sampled_sides:,} sides"
    yield "codes a sheet", f"{work.codes_per_sheet:.2f}", "Data Matrix, QR, Intelligent Mail"


def _compared(comparison: Comparison) -> Iterator[str]:
    yield from (f"Doubtful: {doubt}." for doubt in comparison.doubts)
    rows = [(f"against {comparison.made}", "new ÷ old", "")]
    rows += [
        (LABELS[c.name].name, f"{c.ratio:.3f}", "" if c.verdict == "same" else c.verdict)
        for c in comparison.changes
    ]
    yield from _aligned(rows)


def _aligned(rows: list[Row]) -> list[str]:
    label_width = max(len(label) for label, _, _ in rows)
    figure_width = max(len(figure) for _, figure, _ in rows)
    return [
        f"  {label:<{label_width}}  {figure:>{figure_width}}  {note}".rstrip() for label, figure, note in rows
    ]
