"""The bench as a page with charts, in one file that needs nothing else.

In: a record, a comparison. Out: the page. Never: loads a script, a font or a picture.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from printstream.base.charts import bar
from printstream.base.files import write_whole
from printstream.base.frozen import frozen
from printstream.bench.compare import Comparison
from printstream.bench.feeds import feeds, machines
from printstream.bench.record import ALL, Figure, Record
from printstream.bench.words import LABELS

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

_HEADLINES = ("pages_per_minute", "run_over_floor", "all_over_one_core", "peak_memory_bytes")


def write_page(path: Path, record: Record, comparison: Comparison | None = None) -> Path:
    """Write the page, whole, and give its path."""
    write_whole(path, page_html(record, comparison).encode())
    return path


def page_html(record: Record, comparison: Comparison | None = None) -> str:
    """Set the page."""
    return _template().render(
        record=record,
        made=datetime.fromisoformat(record.made),
        labels=LABELS,
        headlines=[(LABELS[name], record.figures[name]) for name in _HEADLINES if name in record.figures],
        speeds=_speeds(record),
        runs=_runs(record),
        stages=_stages(record),
        feeds=feeds(record),
        feeds_as_of=machines().as_of,
        comparison=comparison,
        rest=[(LABELS[n], f) for n, f in record.figures.items() if not n.endswith("s_per_minute")],
    )


@cache
def _template() -> Template:
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader(
            [PackageLoader("printstream.bench", "."), PackageLoader("printstream.base", ".")]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figure"] = lambda number: f"{number:,.0f}"
    environment.filters["seconds"] = lambda number: f"{number:,.2f}"
    return environment.get_template("bench.html.j2")


@frozen
class _Speed:
    goods: str
    minute: Figure
    worker: float


def _speeds(record: Record) -> list[_Speed]:
    workers = record.kinds[0].workers
    made = ((goods, record.figures[f"{goods}_per_minute"]) for goods in ("pages", "pieces", "sheets"))
    return [_Speed(goods, minute, minute.median / workers) for goods, minute in made]


@frozen
class _Run:
    what: str
    seconds: float
    note: str
    bar: Markup


def _runs(record: Record) -> list[_Run]:
    """Every single run, and under each run with all workers its floor, on one scale."""
    longest = max(seconds for kind in record.kinds for seconds in record.seconds(kind.name))
    rows = []
    for kind in record.kinds:
        for number, run in enumerate(record.runs[kind.name]):
            note = f"{run.cpu_seconds / run.seconds:.2f} cores busy"
            rows.append(_Run(kind.name, run.seconds, note, bar([run.seconds], longest)))
            if kind.name == ALL and number < len(record.floors):
                floor = record.floors[number]
                parts = bar([floor.read, floor.pack], longest, ("b", "c"))
                rows.append(
                    _Run("floor", floor.seconds, f"run ÷ floor {run.seconds / floor.seconds:.2f}", parts)
                )
    return rows


@frozen
class _Stage:
    name: str
    seconds: Figure
    share: float
    bar: Markup


def _stages(record: Record) -> list[_Stage]:
    stages = record.stages()
    longest = max(figure.median for figure in stages.values())
    whole = record.figures["seconds"].median
    return [
        _Stage(name, figure, 100 * figure.median / whole, bar([figure.median], longest))
        for name, figure in stages.items()
    ]
