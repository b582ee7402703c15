"""All that a bench measured, as plain frozen values, and the JSON that keeps it.

In: runs and floors. Out: ``Record``; JSON. Never: leaves a measurement out: medians stand beside smallest and largest,
and every single run is kept.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from printstream.base.frozen import frozen
from printstream.bench.floor import Floor
from printstream.bench.machine import Machine
from printstream.bench.runs import Kind, WholeRun

FORMAT = "printstream-bench/1"
ALL, ONE_WORKER, ONE_CORE = "all workers", "one worker", "one core"


@frozen
class Figure:
    """A figure over several runs."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Figure:
        """Take the median and what lies around it."""
        return cls(statistics.median(values), min(values), max(values))

    def __mul__(self, factor: float) -> Figure:
        return Figure(self.median * factor, self.low * factor, self.high * factor)


@frozen
class Timed:
    """One run, without its files."""

    seconds: float
    cpu_seconds: float
    peak_memory_bytes: int
    stages: Mapping[str, float]

    @classmethod
    def of(cls, run: WholeRun) -> Timed:
        """Keep a run's figures."""
        return cls(run.seconds, run.cpu_seconds, run.peak_memory_bytes, run.stages)


@frozen
class Work:
    """What every run did; runs that differ in it are no runs of one bench."""

    counts: Mapping[str, int]
    spool_bytes: int
    content_bytes: int
    glyphs_per_page: float
    codes_per_sheet: float
    sampled_sides: int

    @property
    def bytes_per_page(self) -> float:
        """Bytes of the print files a page."""
        return self.spool_bytes / max(1, self.counts["pages"])

    @property
    def content_bytes_per_page(self) -> float:
        """Bytes of content a page before compression."""
        return self.content_bytes / max(1, self.counts["pages"])


@frozen
class Small:
    """The job of a hundred documents.

    Attributes:
        documents: how many.
        seconds: whole command, kernels compiled before.
        compile_seconds: what the first run on a new machine takes longer.
    """

    documents: int
    seconds: Sequence[float]
    compile_seconds: float


@dataclass(frozen=True)
class Record:
    """A bench.

    Attributes:
        job: name of the job.
        made: when, ISO 8601.
        machine: where.
        versions: of what the bytes depend on.
        level: igzip level that the floor compresses at.
        work: what a run did.
        kinds: how runs used the machine, the first with all workers.
        runs: by name of the kind, in order.
        floors: one under each run of the first kind, in order.
        one_floors: the same with one worker, where there are more.
        small: the small job; None where it was not measured.
        warm_up_seconds: the first run, which nothing else counts.
        warnings: what makes the figures doubtful.
    """

    job: str
    made: str
    machine: Machine
    versions: Mapping[str, str]
    level: int
    work: Work
    kinds: tuple[Kind, ...]
    runs: Mapping[str, Sequence[Timed]]
    floors: Sequence[Floor]
    small: Small | None
    warm_up_seconds: float
    warnings: tuple[str, ...] = ()
    one_floors: Sequence[Floor] = ()
    figures: Mapping[str, Figure] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "figures", _figures(self))

    def seconds(self, kind: str) -> list[float]:
        """Wall times of the runs of a kind."""
        return [run.seconds for run in self.runs.get(kind, ())]

    def stages(self) -> dict[str, Figure]:
        """Seconds of each stage with all workers, and what lies outside of the stages."""
        runs = self.runs[ALL]
        names = list(dict.fromkeys(name for run in runs for name in run.stages))
        spent = {name: Figure.of([run.stages.get(name, 0.0) for run in runs]) for name in names}
        spent["start and end"] = Figure.of([run.seconds - sum(run.stages.values()) for run in runs])
        return spent


def _figures(record: Record) -> dict[str, Figure]:
    """Every figure that is shown or compared, once."""
    counts = record.work.counts
    runs = record.runs[ALL]
    times = [run.seconds for run in runs]
    per_minute = [60 / seconds for seconds in times]
    made = {
        f"{goods}_per_minute": [counts[goods] * m for m in per_minute]
        for goods in ("pages", "pieces", "sheets")
    }
    workers = record.kinds[0].workers
    made["pages_per_minute_per_core"] = [pages / workers for pages in made["pages_per_minute"]]
    made["seconds"] = times
    made["cores_busy"] = [run.cpu_seconds / run.seconds for run in runs]
    made["pages_per_cpu_second"] = [counts["pages"] / run.cpu_seconds for run in runs]
    made["peak_memory_bytes"] = [float(run.peak_memory_bytes) for run in runs]
    # Runs and floors stand side by side in time, so each ratio is taken within its own round.
    if record.floors:
        made["floor_seconds"] = [floor.seconds for floor in record.floors]
        made["run_over_floor"] = _ratios(times, [floor.seconds for floor in record.floors])
        made["run_over_floor_flushed"] = _ratios(times, [f.seconds + f.flush for f in record.floors])
    for name, key in ((ONE_WORKER, "all_over_one_worker"), (ONE_CORE, "all_over_one_core")):
        if record.runs.get(name):
            made[key] = _ratios(record.seconds(name), times)
    if record.one_floors:
        one, of_all = ([f.seconds for f in floors] for floors in (record.one_floors, record.floors))
        made["floor_all_over_one"] = _ratios(one, of_all)
    if record.small is not None:
        made["small_job_seconds"] = list(record.small.seconds)
        made["compile_seconds"] = [record.small.compile_seconds]
    return {name: Figure.of(values) for name, values in made.items()}


def _ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    return [a / b for a, b in zip(above, below, strict=False) if b > 0]


def as_dict(record: Record) -> dict[str, Any]:
    """Give the record as plain data, derived figures included."""
    plain = asdict(record)
    plain["work"] |= {
        "bytes_per_page": record.work.bytes_per_page,
        "content_bytes_per_page": record.work.content_bytes_per_page,
    }
    plain["idle"] = record.machine.idle
    return {"format": FORMAT, **_rounded(plain)}


def json_text(record: Record) -> str:
    """Write the record as one JSON object."""
    return json.dumps(as_dict(record), indent=1, ensure_ascii=False) + "\n"


def _rounded(value: Any) -> Any:
    """Six significant digits are more than any clock here is good for."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value
