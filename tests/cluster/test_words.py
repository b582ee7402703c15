"""What the command line says of engines that are not there, and what a base install does not load."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cluster import servers
from tests.judges.nights import JOB, call, call_apart, child_environment, files_below


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--scheduler", "tcp://127.0.0.1:1"), "Add --engine dask"),
        (("--engine", "dask"), "Add --scheduler"),
    ],
)
def test_words_that_do_not_fit(tmp_path: Path, given: tuple[str, ...], said: str) -> None:
    done = call("run", JOB, "--input", tmp_path, "--json", *given)
    assert done.code == 2
    assert said in done.record["next_step"]


def test_only_runs_go_past_one_machine(tmp_path: Path) -> None:
    done = call("plan", JOB, "--input", tmp_path, "--engine", "dask", "--scheduler", "tcp://x:1", "--json")
    assert (done.code, done.record["what"]) == (2, "plan works on this machine")


def test_dask_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "distributed" else find(name)
    )
    done = call(
        "run", JOB, "--input", tmp_path, "--engine", "dask", "--scheduler", "tcp://127.0.0.1:1", "--json"
    )
    assert done.code == 2
    assert "printstream[cluster]" in done.record["next_step"]


@pytest.mark.long
def test_a_base_install_needs_neither_dask_nor_a_store(night_input: Path, job: Path, tmp_path: Path) -> None:
    """A whole run, in a process in which the extras cannot be imported."""
    code = (
        "import sys\n"
        "for name in ('dask', 'distributed', 'moto', 'boto3'): sys.modules[name] = None\n"
        "from printstream.cli import main\n"
        "code = main(sys.argv[1:])\n"
        "assert 'printstream.cluster' not in sys.modules\n"
        "sys.exit(code)\n"
    )
    given = ("run", job, "--input", night_input, "--out", tmp_path, "--limit", "50", "--quiet")
    command = [sys.executable, "-c", code, *map(str, given)]
    done = subprocess.run(command, env=child_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.long
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:{}", "no-such-protocol://127.0.0.1:{}"])
def test_no_scheduler_answers(address: str, night_input: Path, tmp_path: Path) -> None:
    address = address.format(servers.free_port())
    began = time.monotonic()
    given = ("--out", tmp_path, "--engine", "dask", "--scheduler", address, "--json")
    done = call_apart("run", JOB, "--input", night_input, *given)
    assert time.monotonic() - began < 40
    assert done.code == 6, done.err
    assert (done.record["where"], "dask scheduler" in done.record["next_step"]) == (address, True)
    assert len(done.err.splitlines()) == 1
    assert files_below(tmp_path) == []


@pytest.mark.long
def test_a_scheduler_without_workers(night_input: Path, tmp_path: Path) -> None:
    with servers.scheduler(tmp_path) as address:
        given = ("--out", tmp_path / "out", "--engine", "dask", "--scheduler", address, "--json")
        done = _with_patience(2, "run", JOB, "--input", night_input, *given)
    assert done.returncode == 6, done.stderr
    assert "has no worker within 2 seconds" in done.stderr
    assert files_below(tmp_path / "out") == []


@pytest.mark.long
def test_all_workers_are_killed(night_input: Path, job: Path, tmp_path: Path) -> None:
    with servers.cluster(tmp_path, workers=1) as running:
        given = ("--out", tmp_path / "out", "--engine", "dask", "--scheduler", running.scheduler)
        command = _patient(2, "run", job, "--input", night_input, *given)
        with subprocess.Popen(command, env=child_environment(), stderr=subprocess.PIPE, text=True) as child:
            end = time.monotonic() + 60
            while not running.workers[0].is_at("part") and time.monotonic() < end:
                time.sleep(0.01)
            running.workers[0].kill()
            _, err = child.communicate(timeout=60)
    assert child.returncode == 6, err
    assert "no worker for 2 seconds" in err
    assert files_below(tmp_path / "out") == []


def _patient(seconds: int, *words: object) -> list[str]:
    """The command line, waiting so long for workers."""
    code = (
        "import sys; from printstream.cluster import scheduler; from printstream.cli import main; "
        f"scheduler.WORKER_SECONDS = {seconds}; sys.exit(main(sys.argv[1:]))"
    )
    return [sys.executable, "-c", code, *map(str, words)]


def _with_patience(seconds: int, *words: object) -> subprocess.CompletedProcess[str]:
    command = _patient(seconds, *words)
    return subprocess.run(command, env=child_environment(), capture_output=True, text=True, check=False)
