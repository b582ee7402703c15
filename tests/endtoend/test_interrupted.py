"""Runs that are stopped: the code, and what is left of them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from printstream import pipeline, spool
from tests.judges.nights import JOB, call, child_environment, files_below, job_with, started

PATIENCE_SECONDS = 120
ATTEMPTS = 5


@pytest.fixture(autouse=True)
def hang_ups_are_heard() -> Iterator[None]:
    """Under nohup a run lets hang-ups pass, as it should; these tests are about the others."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def _wait_until(child: subprocess.Popen[str], ready: Callable[[], bool]) -> None:
    """Wait for a moment of a run; it must not end before."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not ready():
        assert child.poll() is None, child.communicate()
        assert time.monotonic() < until
        time.sleep(0.002)


def _is_drawing(run_dir: Path) -> bool:
    return any(path.stat().st_size > 0 for path in _partials(run_dir))


def _partials(run_dir: Path) -> list[Path]:
    return list((run_dir / "spool").glob("*.partial")) if run_dir.exists() else []


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("planning", signal.SIGTERM),
        ("drawing", signal.SIGINT),
        ("drawing", signal.SIGTERM),
        ("drawing", signal.SIGHUP),
    ],
)
def test_a_stopped_run_leaves_nothing(
    night_input: Path, tmp_path: Path, number: signal.Signals, moment: str
) -> None:
    code, out, err = 0, "", ""
    for attempt in range(ATTEMPTS):
        folder = tmp_path / str(attempt)
        run_dir = folder / "statement" / "1"
        words = ("run", JOB, "--input", night_input, "--out", folder, "--run-id", "1", "--quiet")
        with started(*words) as child:
            _wait_until(child, run_dir.exists if moment == "planning" else partial(_is_drawing, run_dir))
            child.send_signal(number)
            out, err = child.communicate(timeout=PATIENCE_SECONDS)
        code = child.returncode
        # A run that was done before the signal came proves nothing.
        if code:
            break
    assert code == 130, err
    assert out == ""
    assert "Traceback" not in err
    assert err.splitlines()[-1].startswith("printstream: interrupted")
    assert not run_dir.exists()
    assert files_below(folder) == []


def test_a_second_signal_does_not_stop_the_cleaning(night_input: Path, tmp_path: Path) -> None:
    run_dir = tmp_path / "statement" / "1"
    words = ("run", JOB, "--input", night_input, "--out", tmp_path, "--run-id", "1", "--quiet")
    with started(*words) as child:
        _wait_until(child, lambda: _is_drawing(run_dir))
        for number in (signal.SIGINT, signal.SIGINT, signal.SIGTERM, signal.SIGINT):
            child.send_signal(number)
            time.sleep(0.005)
        err = child.communicate(timeout=PATIENCE_SECONDS)[1]
    assert child.returncode == 130, err
    assert "Traceback" not in err
    assert files_below(tmp_path) == []


_SLOW_CLEANING = """
import sys, time, types, printstream
fake = types.ModuleType("printstream.pipeline")
def run(options, reporter):
    try:
        print("working", flush=True)
        time.sleep(60)
    finally:
        print("cleaning", flush=True)
        time.sleep(0.3)
        print("cleaned", flush=True)
fake.run = fake.plan = fake.check = run
sys.modules["printstream.pipeline"] = printstream.pipeline = fake
from printstream.cli import main
sys.exit(main(["run", sys.argv[1], "--input", sys.argv[1]]))
"""


def test_a_signal_in_the_midst_of_cleaning_is_ignored() -> None:
    command = [sys.executable, "-c", _SLOW_CLEANING, str(JOB)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=child_environment()) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "working\n"
        child.send_signal(signal.SIGTERM)
        assert child.stdout.readline() == "cleaning\n"
        child.send_signal(signal.SIGINT)
        child.send_signal(signal.SIGTERM)
        assert child.stdout.read() == "cleaned\n"
    assert child.returncode == 130


def test_a_killed_run_is_no_run(night_input: Path, tmp_path: Path) -> None:
    """Nobody can clean up after SIGKILL; what is left has no final name, and is refused."""
    run_dir = tmp_path / "statement" / "1"
    words = ("--input", night_input, "--out", tmp_path, "--run-id")
    with started("run", JOB, *words, "1", "--quiet") as child:
        _wait_until(child, lambda: _is_drawing(run_dir))
        child.kill()
        child.wait(PATIENCE_SECONDS)
    left = [name.split("/") for name in files_below(run_dir)]
    assert left
    assert all(any(part.endswith(".partial") for part in parts) for parts in left)
    assert call("verify", run_dir, "--quiet").code == 2
    again = call("run", JOB, *words, "1", "--quiet")
    assert again.code == 2
    assert call("run", JOB, *words, "2", "--quiet", "--limit", "40").code in (0, 4)


@pytest.mark.parametrize("jobs", [1, 2])
def test_no_paper_has_its_name_before_the_print_files(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    """Also not in a mailing's folder: a machine's operator would load a control file that is there by its name."""
    changes = {"inserter.files": ["mrdf_csv"], "input.reject_limit.share": "1"}
    folders = [job_with(tmp_path / str(n), changes | {"name": f"job-{n}"}) for n in range(jobs)]
    seen: list[list[str]] = []
    release_all = spool.release_all

    def look(paths: list[Path]) -> list[Path]:
        named = release_all(paths)
        if paths and paths[0].parent.name == "spool":
            seen.append(files_below(paths[0].parents[1]))
        return named

    monkeypatch.setattr(pipeline.spool, "release_all", look)
    done = call("run", *folders, "--input", few, "--out", tmp_path / "out", "--run-id", "1", "--json")
    assert done.code == 0, done.err
    assert len(seen) == jobs
    for names in seen:
        early = [name for name in names if name.startswith("early.partial/")]
        # Tables and the post's papers are written meanwhile, and may not be there yet.
        there = {name.split("/")[1].removesuffix(".partial") for name in early}
        meanwhile = {"manifest.parquet", "rejects.parquet", "trays.parquet"} | (
            {"postal"} if jobs == 1 else set()
        )
        assert {"inserter"} <= there <= {"inserter"} | meanwhile
        assert [name for name in names if name not in early and not name.startswith("spool/")] == []
    written = files_below(tmp_path / "out")
    assert sum(name.endswith(".mrdf.csv") for name in written) >= jobs
    assert not any("partial" in name for name in written)
