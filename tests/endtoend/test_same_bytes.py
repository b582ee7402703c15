"""Same input, same job: the same bytes, whatever the number of workers and the size of their tasks."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from printstream import produce
from tests.judges.nights import call, call_apart, job_with

TABLES = ("manifest.parquet", "rejects.parquet", "trays.parquet", "sides.parquet")
LIMIT = 900


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    changes = {"input.reject_limit.share": "1", "spool.sheets": 50}
    return job_with(tmp_path_factory.mktemp("bytes") / "job", changes)


def _digests(run_dir: Path) -> dict[str, str]:
    papers = sorted(path for path in (run_dir / "postal").rglob("*") if path.is_file())
    files = [*sorted((run_dir / "spool").iterdir()), *(run_dir / name for name in TABLES), *papers]
    return {file.name: sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.fixture(scope="module")
def first(job: Path, night_input: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Digests of a run with two workers."""
    out = tmp_path_factory.mktemp("first")
    done = call("run", job, "--input", night_input, "--out", out, "--limit", LIMIT, "--workers", 2, "--json")
    assert done.code == 0, done.err
    digests = _digests(Path(done.record["run_dir"]))
    assert len(digests) > 1 + len(TABLES)
    return digests


@pytest.mark.parametrize(("workers", "sides_a_task"), [(2, 64), (3, 5), (1, 1000)])
def test_workers_and_tasks_leave_no_trace(
    job: Path,
    night_input: Path,
    tmp_path: Path,
    first: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    workers: int,
    sides_a_task: int,
) -> None:
    monkeypatch.setattr(produce, "SIDES_A_TASK", sides_a_task)
    words = ("--out", tmp_path, "--limit", LIMIT, "--workers", workers, "--json")
    done = call("run", job, "--input", night_input, *words)
    assert done.code == 0, done.err
    assert _digests(Path(done.record["run_dir"])) == first


def test_another_process_at_another_time_gives_the_same(
    job: Path, night_input: Path, tmp_path: Path, first: dict[str, str]
) -> None:
    done = call_apart("run", job, "--input", night_input, "--out", tmp_path, "--limit", LIMIT, "--json")
    assert done.code == 0, done.err
    assert _digests(Path(done.record["run_dir"])) == first
