"""``check`` of several jobs at once: what is found in each, what cannot be one mailing, what an input lacks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.endtoend.test_bad_mail_as_typed import write_job, write_mail
from tests.judges.nights import Outcome, call, files_below

CHECKS = {"address.checks": {}, "diverted": {"name": "by-hand"}}


@pytest.fixture
def two(tmp_path: Path) -> Callable[..., Outcome]:
    """Give a command over two jobs and their inputs; changes are the second job's."""

    def give(command: str, scheme: str = "us_fcm_letters", data: Any = None, **changes: Any) -> Outcome:
        first = write_job(tmp_path / "one", "us_fcm_letters", **{"name": "one", **CHECKS})
        second = write_job(tmp_path / "two", scheme, **{"name": "two", **changes})
        mine = write_mail(tmp_path / "mine", ["10001"] * 3, name=["Ann Lee", "", "Bo Day"])
        theirs = data or write_mail(tmp_path / "theirs", ["10001"] * 3)
        return call(
            command, first, second, "--input", mine, "--input", theirs, "--out", tmp_path / "out", "--json"
        )

    return give


def test_each_job_is_checked_with_its_own_input_and_nothing_is_written(
    two: Callable[..., Outcome], tmp_path: Path
) -> None:
    done = two("check")
    assert done.code == 0, done.err
    jobs = done.record["jobs"]
    assert [Path(job["run_dir"]).name for job in jobs] == ["one", "two"]
    assert [row["status"] for row in jobs[0]["preflight"] if row["documents"]] == [
        "deliverable",
        "incomplete",
    ]
    assert jobs[1]["preflight"] == []
    assert files_below(tmp_path / "out") == []


def test_check_in_words_names_each_job(tmp_path: Path, two: Callable[..., Outcome]) -> None:
    two("check")
    done = call("check", tmp_path / "one", tmp_path / "two", "--input", tmp_path / "mine")
    assert done.code == 0, done.err
    assert "one: checked" in done.out
    assert "two: checked" in done.out


@pytest.mark.parametrize(
    ("scheme", "changes", "code", "said"),
    [
        ("gb_access_70", {}, 3, "codes of different kinds (one: imb, two: none)"),
        ("us_fcm_letters", {"name": "one"}, 3, "one"),
        ("us_fcm_letters", {"streams.0.scheme": "nobodys"}, 3, "no file 'nobodys.yaml'"),
        ("us_fcm_letters", {"production_date": "2026-03-02"}, 3, "production"),
        ("us_fcm_letters", {"rules": {"derive": {"x": "colour || 'a'"}}}, 3, "colour"),
    ],
)
def test_what_cannot_be_a_mailing_is_refused_by_check_as_by_plan(
    two: Callable[..., Outcome], scheme: str, changes: dict[str, Any], code: int, said: str
) -> None:
    for command in ("check", "plan"):
        done = two(command, scheme, **changes)
        assert done.code == code, done.err
        assert said in done.err
        assert done.record["status"] == "failed"


def test_an_input_that_lacks_a_column_is_named(two: Callable[..., Outcome], tmp_path: Path) -> None:
    data = write_mail(tmp_path / "short", ["10001"] * 3)
    frame = pl.read_parquet(data / "documents.parquet")
    frame.drop("street").write_parquet(data / "documents.parquet")
    done = two("check", data=data)
    assert done.code == 4, done.err
    assert "documents.parquet" in done.err
    assert "'street'" in done.err


def test_jobs_of_different_classes_are_one_mailing_and_stay_apart(two: Callable[..., Outcome]) -> None:
    done = two("plan", "us_mm_letters", **{"mailing.service_type": "301"})
    assert done.code == 0, done.err
    assert done.record["mailing"]["classes"] == []
    assert "service_type" not in done.err
    wrong = two("plan", "us_mm_letters", **{"mailing.service_type": "300"})
    assert "Job two: Stream letter: service_type 300 is none of those of scheme us_mm_letters" in wrong.err
    assert "Job one" not in wrong.err


def test_a_job_without_a_document_is_said_and_the_mailing_goes_on(
    two: Callable[..., Outcome], tmp_path: Path
) -> None:
    done = two("plan", data=write_mail(tmp_path / "none", []))
    assert done.code == 0, done.err
    assert "Job two: nothing is printed." in done.err
    assert "Job one: nothing" not in done.err
