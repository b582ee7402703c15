"""A whole night at scale 1 on a scheduler and two workers: every file but the run's own record as on one machine.

    make test-slow

At this size tables are put together from many parts, and documents of an envelope lie in several.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import servers
from tests.cluster.nightly import all_digests
from tests.judges.nights import call_apart, change_yaml, make_input
from tests.judges.statement import ROOT

pytestmark = pytest.mark.slow

INPUT = ROOT / "build" / "tpch-1"
_POLICY = {
    "incomplete": "reject",
    "malformed_code": "divert",
    "unknown_code": "suppress",
    "duplicate": "print",
}
JOBS: dict[str, dict[str, Any]] = {
    "statement": {
        "address.checks": {"policy": _POLICY},
        "diverted": {"name": "by-hand", "envelope_weight_mg": 9_000, "folds": 1},
        "archive": {"data": "none"},
    },
    "household": {},
}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Cluster]:
    make_input("1", INPUT)
    with servers.cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.mark.parametrize("name", JOBS)
def test_the_same_bytes(cluster: servers.Cluster, tmp_path: Path, name: str) -> None:
    job = shutil.copytree(ROOT / "jobs" / name, tmp_path / "job")
    change_yaml(job / "job.yaml", {"input.reject_limit.share": "1", **JOBS[name]})
    digests, records = [], []
    for engine in ((), ("--engine", "dask", "--scheduler", cluster.scheduler)):
        out = tmp_path / f"out-{len(engine)}"
        words = ("--input", INPUT, "--out", out, "--run-id", "1", "--json")
        done = call_apart("run", job, *words, "--serials", tmp_path / f"serials-{len(engine)}", *engine)
        assert done.code == 0, done.err
        run_dir = Path(done.record["run_dir"])
        digests.append(all_digests(run_dir))
        records.append(json.loads((run_dir / "run.json").read_text()))
        shutil.rmtree(out)
    assert len(digests[0]) > 40
    assert digests[0] == digests[1]
    assert records[0]["counts"] == records[1]["counts"]
