"""The whole job: the same bench that an operator runs, its figures kept beside the peers'.

PRINTSTREAM_BENCH_INPUT names the data; PRINTSTREAM_BENCH_LARGE a second, ten times as large, which is run once for
memory and for the speed at scale.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl
import pytest

from benchmarks.conftest import Ledger
from printstream.base.errors import InputError
from printstream.base.options import Options
from printstream.bench.runs import Command, Kind, whole_run
from printstream.ingest import pick_document
from printstream.ingest.zips import known_zips
from printstream.ondemand import Composer, compose_from
from printstream.order import read_order
from tests.judges.nights import JOB, call_apart

_LETTERS, _WARM = 40, 5
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
    assert 9 < large.counts["documents_in"] / runs["small"].counts["documents_in"] < 11
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


def test_one_document_on_demand(benchmark: Any, data: Path, ledger: Ledger) -> None:
    """One letter after another in a warm process: Arrow tables in, a verified PDF out; no letter twice."""
    documents = [pick_document(read_order(JOB).job, data, key) for key in _some_keys(data)]
    times = []
    with Composer(JOB) as composer:
        for tables in documents[:_WARM]:
            composer.compose(*tables)
        left = iter(documents[_WARM:])

        def compose() -> None:
            tables = next(left)
            begin = time.perf_counter()
            composed = composer.compose(*tables)
            times.append(time.perf_counter() - begin)
            assert composed.pages >= 1

        benchmark.pedantic(compose, rounds=_LETTERS)
    ledger.add("job", "one_document", median=median(times), low=min(times), high=max(times))


def _some_keys(data: Path) -> list[str]:
    """Keys of sound documents, spread over the input."""
    job = read_order(JOB).job
    address = job.address
    frame = pl.read_parquet(data / "documents" / "*.parquet")
    sound = frame.filter(
        pl.col(job.input.documents.key).is_unique() & pl.col(job.input.documents.key).is_not_null(),
        pl.col(address.zip5).is_in(known_zips().implode()),
        *(pl.col(name).str.strip_chars() != "" for name in (address.lines[0], address.street)),
    )
    keys = sound[job.input.documents.key].gather_every(max(1, sound.height // (4 * (_LETTERS + _WARM))))
    composed = []
    with Composer(JOB) as composer:
        for key in keys.cast(pl.String).to_list():
            try:
                compose_from(composer, data, key)
            except InputError:
                continue
            composed.append(key)
            if len(composed) == _LETTERS + _WARM:
                return composed
    return composed
