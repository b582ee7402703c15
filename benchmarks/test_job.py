"""The whole job: the same bench that an operator runs, its figures kept beside the peers'.

PRINTSTREAM_BENCH_INPUT names the data; PRINTSTREAM_BENCH_LARGE a second, ten times as large, which is run once for
memory and for the speed at scale.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from benchmarks.conftest import Ledger
from printstream.base.log import QuietReporter
from printstream.base.options import Options
from printstream.bench.runs import Command, Kind, whole_run
from printstream.bench.small import cut_input
from printstream.plan import read_order
from tests.judges.nights import JOB, call_apart

RUNS = int(os.environ.get("PRINTSTREAM_BENCH_RUNS", "3"))


def test_the_bench(benchmark: Any, data: Path, tmp_path: Path, ledger: Ledger) -> None:
    saved = tmp_path / "bench.json"

    def run() -> None:
        words = ("bench", JOB, "--input", data, "--out", tmp_path, "--runs", RUNS, "--save", saved, "--quiet")
        done = call_apart(*words)
        assert done.code == 0, done.err

    benchmark.pedantic(run, rounds=1)
    record = json.loads(saved.read_bytes())
    for name, figure in record["figures"].items():
        ledger.add("job", name, **figure)
    work = record["work"]
    ledger.add(
        "job",
        "work",
        **work["counts"],
        **{k: work[k] for k in work if k.endswith(("_per_page", "_per_sheet"))},
    )
    ledger.add("job", "bench", runs=RUNS, idle=record["idle"], busy_cores=record["machine"]["busy_cores"])
    shown = ("1 ingest", "3 layout", "5 presort", "8 draw", "9 verify", "10 ticket")
    runs = record["runs"]["all workers"]
    ledger.add("job", "stages", **{name: median([r["stages"][name] for r in runs]) for name in shown})


def test_ten_times_as_much(benchmark: Any, data: Path, tmp_path: Path, ledger: Ledger) -> None:
    given = os.environ.get("PRINTSTREAM_BENCH_LARGE")
    if not given:
        pytest.skip("PRINTSTREAM_BENCH_LARGE names no folder")
    kind = Kind("all workers", Options(JOB).worker_count)
    speeds, runs = {}, {}
    for name, folder in (("small", data), ("large", Path(given))):
        run = whole_run(Command(JOB, folder, tmp_path), kind, name)
        run.discard()
        speeds[name] = 60 * run.counts["pages"] / run.seconds
        runs[name] = run
    benchmark.pedantic(lambda: None, rounds=1)
    large = runs["large"]
    ledger.add(
        "large",
        "run",
        documents=large.counts["documents_in"],
        pages=large.counts["pages"],
        seconds=large.seconds,
        pages_per_minute=speeds["large"],
        against_small=speeds["large"] / speeds["small"],
        peak_memory_bytes=large.peak_memory_bytes,
    )


def test_one_document_in_a_warm_process(benchmark: Any, data: Path, tmp_path: Path, ledger: Ledger) -> None:
    """All rooms for one letter, from files to a released run folder, as a service would do it."""
    from printstream import pipeline

    first = pipeline.run(Options(JOB, data, tmp_path / "out", 2, 200), QuietReporter())
    folder = tmp_path / "one"
    cut_input(read_order(JOB).job, data, first.run_dir, folder, 1)
    shutil.rmtree(tmp_path / "out")
    times = []

    def run() -> None:
        begin = time.perf_counter()
        done = pipeline.run(Options(JOB, folder, tmp_path / "out", 1), QuietReporter())
        times.append(time.perf_counter() - begin)
        assert done.counts["printed"] == 1
        shutil.rmtree(tmp_path / "out")

    benchmark.pedantic(run, rounds=15, warmup_rounds=3)
    ledger.add("job", "one_document", median=median(times), low=min(times), high=max(times))
