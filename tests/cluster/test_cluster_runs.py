"""A night on a scheduler and two workers is the night on one machine, whoever is killed."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from printstream.base.places import Place
from tests.cluster import servers
from tests.cluster.nightly import digests, download, upload
from tests.judges.nights import call, call_apart, files_below, started


def _same(run_dir: Path, one_machine: Path) -> None:
    expected = digests(one_machine)
    assert len(expected) > 8
    assert digests(run_dir) == expected
    assert files_below(run_dir) == files_below(one_machine)


def test_the_night_has_what_cutting_could_change(one_machine: Path) -> None:
    import polars as pl

    rejects = pl.read_parquet(one_machine / "rejects.parquet")
    reasons = set(rejects["reason"])
    assert {
        "the key is there more than once",
        "the key is missing",
        "no document has this key",
        "the ZIP is not in the reference list",
        "the recipient's name is empty",
        "the amount differs from the sum of the lines",
        "the value is missing",
        "no glyph for U+2603 in the job's faces",
        "no glyph for U+2622 in the job's faces",
    } <= reasons
    assert rejects["source"].n_unique() > 4


def test_two_workers_and_a_disk(
    cluster: servers.Cluster, job: Path, night_input: Path, one_machine: Path, tmp_path: Path
) -> None:
    words = (
        "--out",
        tmp_path,
        "--run-id",
        "2",
        "--engine",
        "dask",
        "--scheduler",
        cluster.scheduler,
        "--json",
    )
    done = call_apart("run", job, "--input", night_input, *words)
    assert done.code == 0, done.err
    run_dir = tmp_path / "statement" / "2"
    assert done.record["run_dir"] == str(run_dir)
    _same(run_dir, one_machine)
    assert call("verify", run_dir).code == 0
    again = call_apart("run", job, "--input", night_input, *words)
    assert again.code == 2
    assert "there is a run '2' already" in again.record["what"]
    _same(run_dir, one_machine)


@pytest.mark.long
def test_a_limit(cluster: servers.Cluster, job: Path, night_input: Path, tmp_path: Path) -> None:
    words = ("run", job, "--input", night_input, "--run-id", "1", "--limit", 410, "--json")
    here = call(*words, "--out", tmp_path / "here")
    there = call_apart(
        *words, "--out", tmp_path / "there", "--engine", "dask", "--scheduler", cluster.scheduler
    )
    assert (here.code, there.code) == (0, 0), there.err
    assert digests(tmp_path / "there" / "statement" / "1") == digests(tmp_path / "here" / "statement" / "1")
    assert {**there.record["counts"]} == here.record["counts"]


@pytest.mark.long
def test_input_and_run_folder_in_a_store(
    store: str, job: Path, night_input: Path, one_machine: Path, tmp_path: Path
) -> None:
    upload(night_input, Place.of(store.format("/in/put")))
    with servers.cluster(tmp_path) as running:
        done = call_apart(
            *("run", job, "--input", store.format("/in/put"), "--out", store.format("/out"), "--run-id", "s"),
            *("--engine", "dask", "--scheduler", running.scheduler, "--json"),
        )
    assert done.code == 0, done.err
    assert done.record["run_dir"] == "s3://night/out/statement/s"
    run = Place.of(store.format("/out")) / "statement/s"
    _same(download(run, tmp_path / "run"), one_machine)
    assert call("verify", tmp_path / "run").code == 0
    assert "testing-secret" not in done.out + done.err


@pytest.mark.long
def test_one_machine_with_a_store(
    store: str, job: Path, night_input: Path, one_machine: Path, tmp_path: Path
) -> None:
    upload(night_input, Place.of(store.format("/in/one")))
    words = ("run", job, "--input", store.format("/in/one"), "--out", store.format("/one"), "--run-id", "1")
    done = call(*words, "--json")
    assert done.code == 0, done.err
    assert done.record["spools"][0] == "s3://night/one/statement/1/spool/0001.pdf"
    _same(download(Place.of(store.format("/one/statement/1")), tmp_path / "run"), one_machine)
    assert call(*words, "--json").code == 2


@pytest.mark.long
@pytest.mark.parametrize("work", ["part", "group"])
def test_a_worker_is_killed_in_the_midst(
    job: Path, night_input: Path, one_machine: Path, tmp_path: Path, work: str
) -> None:
    """SIGKILL while it reads a part, or draws a group of spools: the other worker makes again what it held."""
    with servers.cluster(tmp_path) as running:
        words = (
            "--out",
            tmp_path / "out",
            "--run-id",
            "k",
            "--engine",
            "dask",
            "--scheduler",
            running.scheduler,
        )
        with started("run", job, "--input", night_input, *words) as child:
            victim = _first_at(running, work)
            victim.kill()
            assert child.poll() is None
            _, err = child.communicate(timeout=120)
            assert child.returncode == 0, err
        assert running.workers[0].process.poll() != running.workers[1].process.poll()
    # What it was drawing when it was killed is still there: it was in the midst.
    assert victim.is_at(work)
    _same(tmp_path / "out" / "statement" / "k", one_machine)


def _first_at(running: servers.Cluster, work: str) -> servers.Worker:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for worker in running.workers:
            if worker.is_at(work):
                return worker
        time.sleep(0.002)
    raise AssertionError(work)


@pytest.mark.long
def test_a_fault_on_a_worker_has_its_exit_code_and_leaves_nothing(
    cluster: servers.Cluster, job: Path, night_input: Path, tmp_path: Path
) -> None:
    spoiled = tmp_path / "in"
    shutil.copytree(night_input, spoiled)
    lines = spoiled / "lines" / "0001.parquet"
    data = bytearray(lines.read_bytes())
    data[40_000:90_000] = bytes(50_000)  # pages, not the footer
    lines.write_bytes(data)
    words = ("--out", tmp_path / "out", "--engine", "dask", "--scheduler", cluster.scheduler, "--json")
    done = call_apart("run", job, "--input", spoiled, *words)
    assert done.code == 4, done.err
    assert done.record["where"] == "lines/0001.parquet"
    assert files_below(tmp_path / "out") == []


@pytest.mark.long
def test_a_reject_limit_counts_all_parts(
    cluster: servers.Cluster, job: Path, night_input: Path, tmp_path: Path
) -> None:
    strict = shutil.copytree(job, tmp_path / "job")
    text = (strict / "job.yaml").read_text()
    (strict / "job.yaml").write_text(text.replace("share: '1'", "share: '0.001'"))
    assert text != (strict / "job.yaml").read_text()
    words = ("run", strict, "--input", night_input, "--json")
    here = call(*words, "--out", tmp_path / "here")
    there = call_apart(
        *words, "--out", tmp_path / "there", "--engine", "dask", "--scheduler", cluster.scheduler
    )
    assert (here.code, there.code) == (4, 4), there.err
    assert there.record["what"] == here.record["what"]


@pytest.mark.long
def test_a_run_is_interrupted(cluster: servers.Cluster, job: Path, night_input: Path, tmp_path: Path) -> None:
    import signal

    words = ("--out", tmp_path, "--engine", "dask", "--scheduler", cluster.scheduler)
    with started("run", job, "--input", night_input, *words) as child:
        _first_at(cluster, "group")
        child.send_signal(signal.SIGTERM)
        _, err = child.communicate(timeout=60)
    assert child.returncode == 130, err
    assert files_below(tmp_path) == []
