"""Variants side by side: each must be what a plan of a job with those settings says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from ruamel.yaml import YAML

from printstream.base.errors import JobError, UsageError
from printstream.base.options import Options
from printstream.order import read_order
from printstream.plan import make_plan
from printstream.whatif import Comparison, compare, page_html, table_text, variants_of
from printstream.whatif.variants import AS_IT_IS
from tests.judges.nights import JOB, ROOT, call, make_input

WORDS = [
    "streams.letter.scheme=us_mm_letters,none",
    "spool.sheets=100",
    "stock.grammage_gsm=80+streams.letter.envelope_weight_mg=4200+streams.letter.max_sheets=3",
    "imposition.scheme=one_up+imposition.sheet_width=8.5in+imposition.sheet_height=11in",
]


class Quiet:
    """A reporter that shows nothing."""

    stages: tuple[tuple[int, str, float], ...] = ()

    def stage(self, number: int, name: str) -> Any:
        from contextlib import nullcontext

        return nullcontext()

    def advance(self, done: int, total: int, unit: str) -> None: ...

    def info(self, sentence: str) -> None: ...

    def warn(self, sentence: str) -> None: ...


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whatif") / "in"
    make_input("0.02", folder)
    return folder


@pytest.fixture(scope="module")
def comparison(data: Path) -> Comparison:
    with ThreadPoolExecutor(1) as executor:
        plan = make_plan(read_order(JOB), Options(JOB, data).data_dir, None, executor, 1, Quiet())
    return compare(plan, variants_of(JOB, WORDS))


def changed(folder: Path, word: str) -> Path:
    """The job with a variant's settings written into its file."""
    shutil.copytree(JOB, folder)
    yaml = YAML(typ="safe", pure=True)
    job = yaml.load((folder / "job.yaml").read_text())
    for setting in word.split(" + "):
        path, value = setting.split("=")
        steps = path.split(".")
        place = job
        for step in steps[:-1]:
            place = next(s for s in place if s["name"] == step) if isinstance(place, list) else place[step]
        place[steps[-1]] = int(value) if value.isdigit() else value
        if value == "none":
            del place[steps[-1]]
    # JSON is YAML; dates become text again.
    (folder / "job.yaml").write_text(json.dumps(job, default=str))
    return folder


def test_each_variant_is_what_a_plan_with_its_settings_says(
    comparison: Comparison, data: Path, tmp_path: Path
) -> None:
    assert [f.name for f in comparison.rows] == [
        AS_IT_IS,
        "streams.letter.scheme=us_mm_letters",
        "streams.letter.scheme=none",
        "spool.sheets=100",
        WORDS[2].replace("+", " + "),
        WORDS[3].replace("+", " + "),
    ]
    for number, figures in enumerate(comparison.rows):
        job = JOB if number == 0 else changed(tmp_path / str(number), figures.name)
        order = read_order(job)
        with ThreadPoolExecutor(1) as executor:
            plan = make_plan(order, data, None, executor, 1, Quiet())
        pieces, trays = plan.presorted.pieces, plan.presorted.trays
        by_level = pieces.group_by("stream", "presort_level").agg(pl.len(), pl.col("postage_mills").sum())
        assert {(x.stream, x.level): (x.pieces, x.postage_mills) for x in figures.levels if x.pieces} == {
            row[:2]: row[2:] for row in by_level.iter_rows()
        }
        labelled = trays.group_by("stream", "presort_level").len()
        assert {(x.stream, x.level): x.trays for x in figures.levels if x.trays} == {
            row[:2]: row[2] for row in labelled.iter_rows()
        }
        assert figures.postage_mills == pieces["postage_mills"].sum()
        assert (figures.pieces, figures.sheets) == (pieces.height, pieces["sheets"].sum())
        assert figures.trays == (trays["tray_type"] != "none").sum()
        assert figures.spools == plan.imposed.spools.height
        assert figures.press_sheets * 2 == plan.imposed.spools["impressions"].sum()
        assert figures.mail_mg == pieces["weight_mg"].sum()
        # Letter paper is 8.5 in x 11 in = 0.0603224 m2.
        grams = figures.sheets * 0.2159 * 0.2794 * order.job.stock.grammage_gsm
        assert figures.paper_mg == pytest.approx(grams * 1000, abs=1)


def test_the_table_and_the_page_say_the_figures(comparison: Comparison) -> None:
    text, page = table_text(comparison), page_html(comparison)
    first, unsorted = comparison.rows[0], comparison.rows[2]
    for figures in comparison.rows:
        postage = f"{figures.postage_mills / 1000:,.2f} USD"
        row = next(line for line in text.splitlines() if line.startswith(f"{figures.name}  "))
        assert postage in row
        assert postage in page
        for level in figures.levels:
            assert f"{level.pieces:,} / {level.trays:,}" in text
            assert f"{level.pieces:,} / {level.trays:,}" in page
    dearer = f"{(unsorted.postage_mills - first.postage_mills) / 1000:+,.2f}"
    assert dearer.startswith("+")
    assert dearer in text
    assert dearer in page
    assert page.count('<svg class="bar"') >= 2 * len(comparison.rows)


def test_containers_are_a_column_where_a_variant_has_any(data: Path) -> None:
    with ThreadPoolExecutor(1) as executor:
        plan = make_plan(read_order(JOB), Options(JOB, data).data_dir, None, executor, 1, Quiet())
    compared = compare(plan, variants_of(JOB, ["streams.letter.containers=pallet", "spool.sheets=100"]))
    # So few trays fill no pallet: they travel loose.
    assert [row.containers for row in compared.rows] == [None, 0, None]
    lines = table_text(compared).strip("\n").split("\n")[:4]
    after = [re.split(r"\s{2,}", line.strip()) for line in lines]
    assert after[0][3] == "containers"
    assert [row[4] for row in after[1:]] == ["–", "0", "–"]
    page = page_html(compared)
    assert "<th>Containers</th><th" in page
    with pytest.raises(JobError, match="has no containers 'york'"):
        compare(plan, variants_of(JOB, ["streams.letter.containers=york"]))


def test_the_command_shows_saves_and_writes_json(data: Path, tmp_path: Path) -> None:
    page = tmp_path / "w.html"
    words = ["plan", JOB, "--input", data, "--compare", "spool.sheets=10", "--save", page]
    done = call(*words, "--json")
    assert done.code == 0, done.err
    record = json.loads(done.out)
    assert [row["name"] for row in record["rows"]] == [AS_IT_IS, "spool.sheets=10"]
    assert page.read_text().startswith("<!doctype html>")
    assert "spool.sheets=10" in call(*words).out


@pytest.mark.parametrize(
    ("word", "fault", "said"),
    [
        ("spool.sheets", UsageError, "no setting"),
        ("spool.sheets=", UsageError, "no setting"),
        ("template=other.yaml", UsageError, "without breaking pages anew"),
        ("stock.width=9in", UsageError, "without breaking pages anew"),
        ("streams.parcel.scheme=x", UsageError, "no stream 'parcel'"),
        ("spool.sheets=0", JobError, "spool.sheets"),
        ("spool.size=9", JobError, "spool.size"),
        ("streams.letter.folds=nine", JobError, "folds"),
    ],
)
def test_a_word_that_is_no_variant_is_refused(word: str, fault: type[Exception], said: str) -> None:
    with pytest.raises(fault, match=said):
        variants_of(JOB, [word])


def test_a_variant_that_cannot_be_prepared_is_named(data: Path) -> None:
    done = call("plan", JOB, "--input", data, "--compare", "streams.letter.scheme=royal")
    assert done.code == 3
    assert "--compare streams.letter.scheme=royal: there is no file 'royal.yaml'" in done.err


def test_saving_needs_something_to_compare(data: Path, tmp_path: Path) -> None:
    done = call("plan", JOB, "--input", data, "--save", tmp_path / "w.html")
    assert done.code == 2
    assert "--save needs something to compare" in done.err


def test_closing_up_saves_what_a_page_less_saves(data: Path, tmp_path: Path) -> None:
    # Unsorted letters pay by the ounce: a sheet less is a step less for some.
    settings = "streams.letter.scheme=none + streams.letter.envelope_weight_mg=17000"
    job = changed(tmp_path / "job", settings)
    with ThreadPoolExecutor(1) as executor:
        plan = make_plan(read_order(job), Options(JOB, data).data_dir, None, executor, 1, Quiet())
    found = compare(plan, variants_of(job, ["closing_lines=4,100000"])).rows
    lines = np.diff(plan.line_arrays.first)
    pages = plan.page_counts
    for figures, most in zip(found[1:], (4, 100_000), strict=True):
        chosen, sheets = [], 0
        for document, count in enumerate(pages.tolist()):
            last = int(plan.pages.first_line[plan.pages.first_page[document + 1] - 1])
            if count > 1 and int(lines[document]) - last <= most:
                chosen.append(document)
                sheets += -(-count // 2) - -(-(count - 1) // 2)
        assert figures.closed is not None
        assert chosen
        assert (figures.closed.documents, figures.closed.sheets) == (len(chosen), sheets)
        assert figures.sheets == found[0].sheets - sheets
        assert figures.closed.cheaper >= len(figures.closed.keys)
        assert (figures.postage_mills < found[0].postage_mills) == (figures.closed.cheaper > 0)
        assert set(figures.closed.keys) <= set(plan.documents["document_id"].gather(chosen))
        sentence = f"{len(chosen):,} documents end on a page of {most} lines or fewer"
        assert sentence in table_text(Comparison("x", found))
    closed = found[2].closed
    assert closed is not None
    assert closed.documents == (pages > 1).sum()
    assert closed.cheaper > 0
    several = replace(plan, order=replace(plan.order, types=(plan.order, plan.order)))
    with pytest.raises(UsageError, match="several types"):
        compare(several, variants_of(job, ["closing_lines=4"]))
    assert "Closing up" in page_html(Comparison("x", found))
    assert "Closing up" not in page_html(Comparison("x", found[:1]))


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5", "none"])
def test_a_number_of_lines_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(UsageError, match="number of lines from 1 on"):
        variants_of(JOB, [f"closing_lines={value}"])


def test_a_job_without_lines_has_nothing_to_close_up(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    make = [
        sys.executable,
        str(ROOT / "fixtures" / "letters.py"),
        "ca",
        "--count",
        "20",
        "--out",
        str(folder),
    ]
    subprocess.run(make, check=True, capture_output=True)
    job = tmp_path / "job"
    shutil.copytree(ROOT / "jobs" / "ca-hydro", job)
    text = (job / "job.yaml").read_text().replace('share: "0.05"', 'share: "0.5"')
    (job / "job.yaml").write_text(text)
    done = call("plan", job, "--input", folder, "--compare", "closing_lines=3")
    assert done.code == 2, done.err
    assert "has no detail lines" in done.err
