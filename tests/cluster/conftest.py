"""A scheduler with two workers, a store, and a small night with every kind of reject."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import servers
from tests.cluster.nightly import dirty_night
from tests.judges.nights import call, job_with, make_input, shared

SCALE = "0.02"


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Cluster]:
    with servers.cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    former = dict(os.environ)
    os.environ.update(servers.STORE_ACCOUNT)
    try:
        with servers.store(tmp_path_factory.mktemp("store")) as uri:
            yield uri
    finally:
        os.environ.clear()
        os.environ.update(former)


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    base = tmp_path_factory.getbasetemp()
    return (base if worker_id == "master" else base.parent) / "cluster-common"


@pytest.fixture(scope="session")
def night_input(common: Path) -> Path:
    """Statements with every kind of reject, in several files of different types and row groups."""
    clean = shared(common, "clean", lambda out: make_input(SCALE, out))
    return shared(common, "dirty", lambda out: dirty_night(clean, out))


@pytest.fixture(scope="session")
def job(common: Path) -> Path:
    streams = [
        {"name": "single", "max_sheets": 1, "scheme": "us_fcm_letters"},
        {"name": "double", "max_sheets": 2, "scheme": "us_fcm_letters"},
        {"name": "triple", "max_sheets": 3},
        {"name": "thick", "max_sheets": 20, "folds": 0},
        {"name": "box", "folds": 0},
    ]
    changes = {"input.reject_limit.share": "1", "spool.sheets": 20, "streams": streams, "ticket": {}}
    changes["inserter.files"] = ["mrdf_csv"]
    return shared(common, "job", lambda folder: _job(folder, changes))


def _job(folder: Path, changes: dict[str, object]) -> None:
    job_with(folder, changes)


@pytest.fixture(scope="session")
def one_machine(common: Path, job: Path, night_input: Path) -> Path:
    """The run folder of the night on one machine."""

    def run(out: Path) -> None:
        done = call("run", job, "--input", night_input, "--out", out, "--run-id", "1", "--json")
        assert done.code == 0, done.err

    return shared(common, "one", run) / "statement" / "1"
