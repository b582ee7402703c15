"""One night at scale 0.02, run once for all tests of this folder; and small runs whose cuts are close."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.judges.nights import JOB, call, few_documents, job_with, make_input, shared
from tests.judges.press import Night, Paper
from tests.judges.statement import Billing, StatementForm

SCALE = "0.02"


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all test processes of a session share."""
    base = tmp_path_factory.getbasetemp()
    return (base if worker_id == "master" else base.parent) / "endtoend"


@pytest.fixture(scope="session")
def night_input(common: Path) -> Path:
    return shared(common, "input", lambda out: make_input(SCALE, out))


@pytest.fixture(scope="session")
def expected(night_input: Path) -> dict[str, Any]:
    """What a run over the input must come to."""
    return json.loads((night_input / "expected.json").read_text())


@pytest.fixture(scope="session")
def few(common: Path, night_input: Path) -> Path:
    """An input of 40 sound documents."""
    return shared(common, "few", lambda out: few_documents(night_input, out))


def _run(job: Path, data: Path, out: Path, *more: object) -> None:
    done = call("run", job, "--input", data, "--out", out, "--run-id", "1", "--quiet", "--json", *more)
    assert done.code == 0, done.err


@pytest.fixture(scope="session")
def run_dir(common: Path, night_input: Path) -> Path:
    """The night's run folder; tests only read it."""
    return shared(common, "night", lambda out: _run(JOB, night_input, out)) / "statement" / "1"


@pytest.fixture(scope="session")
def night(run_dir: Path) -> Iterator[Night]:
    opened = Night(run_dir)
    yield opened
    opened.files.close()


@pytest.fixture(scope="session")
def billing(night_input: Path) -> Billing:
    return Billing(night_input)


@pytest.fixture(scope="session")
def form() -> StatementForm:
    return StatementForm()


def _small_run(common: Path, data: Path, name: str, changes: dict[str, Any]) -> Path:
    job = shared(common, f"job-{name}", lambda folder: _job(folder, changes))
    made = shared(common, name, lambda out: _run(job, data, out, "--limit", 240))
    return made / "statement" / "1"


def _job(folder: Path, changes: dict[str, Any]) -> None:
    """The job with a stream, and so a spool, for each number of sheets."""
    streams = [
        {"name": "single", "max_sheets": 1, "scheme": "us_fcm_letters"},
        {"name": "double", "max_sheets": 2, "scheme": "us_fcm_letters"},
        {"name": "thick", "max_sheets": 20, "folds": 0},
        {"name": "box", "folds": 0},
    ]
    # The first documents hold more than their share of the spoiled ones.
    job_with(folder, {"input.reject_limit.share": "1", "spool.sheets": 40, "streams": streams, **changes})


@pytest.fixture(scope="session")
def two_up(common: Path, night_input: Path) -> Iterator[Night]:
    """240 documents on small spools, two pages side by side."""
    opened = Night(_small_run(common, night_input, "two-up", {}))
    yield opened
    opened.files.close()


@pytest.fixture(scope="session")
def one_up(common: Path, night_input: Path) -> Iterator[Night]:
    """240 documents on small spools, a page a side, sheet and trim the same."""
    sheet = {"scheme": "one_up", "sheet_width": "8.5in", "sheet_height": "11in", "crop_marks": False}
    changes = {f"imposition.{name}": value for name, value in sheet.items()}
    run_dir = _small_run(common, night_input, "one-up", changes)
    opened = Night(run_dir, Paper(sheet_width=612, sheet_height=792, slots=1))
    yield opened
    opened.files.close()
