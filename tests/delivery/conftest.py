"""A real run of a few statements on small print files, and copies of it that a test may deliver."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.judges.nights import call, few_documents, job_with, make_input, shared

CHANGES = {
    "ticket": {},
    "inserter.files": ["pieces_csv"],
    "spool.most_pieces": 15,
    "spool.at": "piece",
    "input.reject_limit.share": "1",
}


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A released run of three print files; tests copy it."""
    base = tmp_path_factory.getbasetemp()
    common = (base if worker_id == "master" else base.parent) / "endtoend"
    night = shared(common, "input", lambda out: make_input("0.02", out))
    few = shared(common, "few", lambda out: few_documents(night, out))
    job = shared(common, "job-delivery", lambda folder: job_with(folder, CHANGES) and None)

    def run(out: Path) -> None:
        done = call("run", job, "--input", few, "--out", out, "--run-id", "r1", "--quiet", "--json")
        assert done.code == 0, done.err

    return shared(common, "delivery", run) / "statement" / "r1"


@pytest.fixture
def run_dir(released: Path, tmp_path: Path) -> Path:
    """A copy of the run that this test alone delivers."""
    return Path(shutil.copytree(released, tmp_path / "r1"))
