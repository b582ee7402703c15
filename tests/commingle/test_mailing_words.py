"""Which jobs and inputs the words of a command line, or a mailing's file, mean."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from printstream.base.errors import JobError, UsageError
from printstream.cli.commands import parse
from printstream.commingle.words import Asked, asked_of, is_mailing

FILE = """\
format: printstream-mailing/1
name: both
title: Both
jobs:
  - {job: a, input: x}
  - {job: b}
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        (tmp_path / name / "data").mkdir(parents=True)
        (tmp_path / name / "job.yaml").touch()
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
    return tmp_path


def parsed(*words: object) -> argparse.Namespace:
    return parse([str(word) for word in words])[1]


def asked(*words: object) -> Asked:
    arguments = parsed(*words)
    assert is_mailing(arguments)
    return asked_of(arguments)


def inputs(found: Asked, place: Path) -> list[str]:
    return [client.input_dir.relative_to(place).as_posix() for client in found.clients]


def test_several_jobs_have_their_own_data_one_input_for_all_or_one_each(place: Path) -> None:
    jobs = (place / "a", place / "b" / "job.yaml")
    assert inputs(asked("run", *jobs), place) == ["a/data", "b/data"]
    assert inputs(asked("run", *jobs, "--input", place / "x"), place) == ["x", "x"]
    each = asked("plan", *jobs, "--input", place / "y", "--input", place / "x")
    assert inputs(each, place) == ["y", "x"]
    assert [client.job_dir.name for client in each.clients] == ["a", "b"]


def test_one_job_is_a_run_as_ever(place: Path) -> None:
    arguments = parsed("run", str(place / "a"), "--input", str(place / "x"))
    assert not is_mailing(arguments)
    assert (arguments.target, arguments.input) == (place / "a", place / "x")
    arguments = parsed("run", str(place / "a"))
    assert not is_mailing(arguments)
    assert arguments.input is None
    twice = parsed("run", str(place / "a"), "--input", "x", "--input", "y")
    with pytest.raises(UsageError, match="2 inputs are given for one job"):
        is_mailing(twice)


def test_a_mailing_file_names_jobs_below_it_and_inputs_below_the_input(place: Path) -> None:
    (place / "mailing.yaml").write_text(FILE)
    assert inputs(asked("run", place), place) == ["x", "b/data"]
    (place / "y" / "x").mkdir()
    found = asked("run", place / "mailing.yaml", "--input", place / "y")
    assert (inputs(found, place), found.name, found.title) == (["y/x", "y"], "both", "Both")
    assert inputs(asked("run", place, "--input", place / "y", "--input", place / "x"), place) == ["y", "x"]


def test_a_folder_with_a_job_is_a_job(place: Path) -> None:
    (place / "a" / "mailing.yaml").write_text(FILE)
    assert not is_mailing(parsed("run", str(place / "a")))
    assert is_mailing(parsed("run", str(place / "a" / "mailing.yaml")))


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["run", "a", "b", "--input", "x", "--input", "y", "--input", "x"], "3 inputs are given for 2 jobs"),
        (["run", "a", "x"], "no job.yaml"),
        (["run", "a", "b", "--input", "z"], "no such input folder"),
        (["run", "a", "b", "--engine", "dask", "--scheduler", "tcp://h:1"], "on one machine"),
        (["run", "a", "b", "--input", "s3://bucket/x"], "folders of this machine"),
        (["plan", "a", "b", "--compare", "spool.sheets=1"], "one job at a time"),
        (["run", "mailing.yaml", "a"], "names all of its jobs"),
    ],
)
def test_words_that_do_not_fit_together_are_refused(
    place: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], fault: str
) -> None:
    monkeypatch.chdir(place)
    Path("mailing.yaml").write_text(FILE)
    with pytest.raises(UsageError, match=fault):
        asked(*words)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("{job: b}", "{job: ../b}", "leaves its folder"),
        ("{job: b}", "{job: a/}", "a job is there twice"),
        ("  - {job: b}\n", "", "at least 2"),
        ("title", "tittle", "did you mean 'title'"),
        ("name: both", "name: both\nsharing: {rule: even}", "rule"),
    ],
)
def test_a_wrong_mailing_file_is_refused_with_its_place(place: Path, old: str, new: str, fault: str) -> None:
    (place / "mailing.yaml").write_text(FILE.replace(old, new))
    with pytest.raises(JobError, match=fault):
        asked("run", place)
