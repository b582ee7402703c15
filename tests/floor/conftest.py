"""Small finished runs for the shop floor, made once for all test processes."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.judges.nights import call, change_yaml, job_with, make_input, shared
from tests.judges.statement import ROOT


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of the end-to-end tests: the same input serves both."""
    base = tmp_path_factory.getbasetemp()
    return (base if worker_id == "master" else base.parent) / "endtoend"


def finished_run(
    common: Path, name: str, changes: Mapping[str, Any], limit: int, files: Mapping[str, str] | None = None
) -> Path:
    """Run the statement job with settings changed and files added; made once."""
    data = shared(common, "input", lambda out: make_input("0.02", out))
    settings = {"input.reject_limit.share": "1", "spool.sheets": 40, **changes}

    def make_job(folder: Path) -> None:
        job_with(folder, settings)
        for file, text in (files or {}).items():
            (folder / file).write_text(text)

    job = shared(common, f"job-{name}", make_job)

    def run(out: Path) -> None:
        done = call("run", job, "--input", data, "--out", out, "--run-id", "1", "--quiet", "--limit", limit)
        assert done.code == 0, done.err

    return shared(common, name, run) / "statement" / "1"


@pytest.fixture(scope="session")
def floor_run(common: Path) -> Path:
    """Two pages side by side, a print file for each of three streams."""
    streams = [
        {"name": "single", "max_sheets": 1, "scheme": "us_fcm_letters"},
        {"name": "letter", "max_sheets": 2, "scheme": "us_fcm_letters"},
        {"name": "flat", "envelope": "9 x 12 window", "envelope_weight_mg": 17000, "folds": 0},
    ]
    return finished_run(common, "floor-two-up", {"streams": streams}, 130)


@pytest.fixture(scope="session")
def floor_one_up(common: Path) -> Path:
    """A page a side."""
    sheet = {"scheme": "one_up", "sheet_width": "8.5in", "sheet_height": "11in", "crop_marks": False}
    return finished_run(common, "floor-one-up", {f"imposition.{k}": v for k, v in sheet.items()}, 60)


@pytest.fixture(scope="session", params=["neopost_omr", "pb_fastpac", "hefter"])
def floor_of_profile(common: Path, request: pytest.FixtureRequest) -> Path:
    """A small run with another inserter's marks."""
    return finished_run(common, f"floor-{request.param}", {"inserter.profile": request.param}, 40)


@pytest.fixture(scope="session")
def floor_household(common: Path) -> Path:
    """Envelopes that several documents share, with inserts."""
    data = shared(common, "input", lambda out: make_input("0.02", out))

    job = shared(common, "job-floor-household", _household_job)

    def run(out: Path) -> None:
        done = call("run", job, "--input", data, "--out", out, "--run-id", "1", "--quiet", "--limit", 160)
        assert done.code == 0, done.err

    return shared(common, "floor-household", run) / "household" / "1"


def _household_job(folder: Path) -> None:
    shutil.copytree(ROOT / "jobs" / "household", folder)
    # The first documents hold more than their share of the spoiled ones.
    change_yaml(folder / "job.yaml", {"input.reject_limit.share": "1"})
