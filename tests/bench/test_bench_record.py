"""Figures, comparison, text and page of a bench, from numbers that are easy to work out by hand."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from printstream.base.errors import ResourceError, UsageError
from printstream.base.options import Options
from printstream.bench import compare, json_text, read_record, save, summary_text
from printstream.bench.feeds import feeds, machines
from printstream.bench.floor import Floor
from printstream.bench.machine import Machine
from printstream.bench.page import page_html
from printstream.bench.record import ALL, ONE_CORE, ONE_WORKER, Figure, Record, Small, Timed, Work
from printstream.bench.runs import Kind
from printstream.bench.words import LABELS

COUNTS = {
    "documents_in": 110,
    "printed": 100,
    "pieces": 100,
    "pages": 6_000,
    "sheets": 3_100,
    "sides": 3_200,
    "spools": 2,
}
STAGES = {"1 ingest": 1.0, "8 draw": 4.0}


def timed(seconds: float, memory: int = 10**9) -> Timed:
    return Timed(seconds, 1.5 * seconds, memory, STAGES)


def record_of(**changes: Any) -> Record:
    base: dict[str, Any] = {
        "job": "statement",
        "made": "2026-01-31T22:15:00+00:00",
        "machine": Machine("Test CPU", 2, 8 << 30, "ext4 on /dev/sda", "Linux 6, x86_64", 0.1),
        "versions": {"printstream": "0.1.0"},
        "level": 1,
        "work": Work(COUNTS, 12_000_000, 30_000_000, 2_000.0, 2.1, 3_200),
        "kinds": (Kind(ALL, 2), Kind(ONE_WORKER, 1), Kind(ONE_CORE, 1, 1)),
        "runs": {
            ALL: [timed(6.0), timed(8.0, 2 * 10**9), timed(6.5)],
            ONE_WORKER: [timed(9.0), timed(12.0), timed(9.75)],
            ONE_CORE: [timed(12.0), timed(16.0), timed(13.0)],
        },
        "floors": [Floor(1.0, 2.0, 1.0, 30_000_000, 11_000_000)] * 3,
        "one_floors": [Floor(2.0, 3.1, 1.0, 30_000_000, 11_000_000)] * 3,
        "small": Small(100, (1.2, 0.8, 1.0), 14.0),
        "warm_up_seconds": 20.0,
    }
    return Record(**(base | changes))


def test_figures() -> None:
    figures = record_of().figures
    assert figures["pages_per_minute"] == Figure(6_000 * 60 / 6.5, 6_000 * 60 / 8, 6_000 * 60 / 6)
    assert figures["pages_per_minute_per_core"].high == 30_000
    assert figures["sheets_per_minute"].low == 3_100 * 60 / 8
    assert figures["run_over_floor"] == Figure(6.5 / 3, 6 / 3, 8 / 3)
    assert figures["run_over_floor_flushed"].median == 6.5 / 4
    assert figures["all_over_one_worker"] == Figure(1.5, 1.5, 1.5), "taken within each round"
    assert figures["all_over_one_core"] == Figure(2.0, 2.0, 2.0)
    assert figures["floor_all_over_one"].median == pytest.approx(1.7)
    assert figures["peak_memory_bytes"].high == 2e9
    assert figures["cores_busy"].median == 1.5
    assert figures["small_job_seconds"] == Figure(1.0, 0.8, 1.2)
    assert set(figures) == set(LABELS), "every figure has words, every word a figure"


def test_what_was_not_measured_is_no_figure() -> None:
    one = record_of(kinds=(Kind(ALL, 1),), runs={ALL: [timed(6.0)]}, small=None, one_floors=())
    absent = {"all_over_one_worker", "all_over_one_core", "floor_all_over_one"}
    assert not (absent | {"small_job_seconds", "compile_seconds"}) & set(one.figures)
    assert "one worker" not in summary_text(one)
    page_html(one)


def test_start_and_end_are_a_stage() -> None:
    stages = record_of().stages()
    assert list(stages) == ["1 ingest", "8 draw", "start and end"]
    assert stages["start and end"] == Figure(1.5, 1.0, 3.0)


def test_json_keeps_every_run(tmp_path: Path) -> None:
    record = record_of()
    path, page = save(record, None, Options(Path("job"), out=tmp_path, run_id="x"), None)
    assert path == tmp_path / "statement" / "bench-x.json"
    assert page.read_text().startswith("<!doctype html>")
    kept = read_record(path)
    assert [run["seconds"] for run in kept["runs"][ALL]] == [6.0, 8.0, 6.5]
    assert kept["work"]["bytes_per_page"] == 2_000
    assert kept["figures"]["run_over_floor"]["high"] == pytest.approx(8 / 3, rel=1e-5)
    assert json.loads(json_text(record)) == kept


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceError, match="cannot be saved"):
        save(record_of(), None, Options(Path("job"), out=tmp_path / "file"), None)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "other"}'])
def test_a_file_that_is_no_bench_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "old.json").write_text(text)
    with pytest.raises(UsageError, match="not of the form"):
        read_record(tmp_path / "old.json")
    with pytest.raises(UsageError, match="cannot be read"):
        read_record(tmp_path / "none.json")


def test_compared_with_itself_nothing_changed() -> None:
    record = record_of()
    comparison = compare(record, json.loads(json_text(record)))
    assert comparison.doubts == ()
    assert {change.verdict for change in comparison.changes} == {"same"}
    assert all(change.ratio == pytest.approx(1, rel=1e-5) for change in comparison.changes)


def test_faster_is_better_and_more_memory_is_worse() -> None:
    old = json.loads(json_text(record_of()))
    runs = {**record_of().runs, ALL: [timed(3.0, 4 * 10**9)] * 3}
    verdicts = {c.name: c.verdict for c in compare(record_of(runs=runs), old).changes}
    assert verdicts["pages_per_minute"] == verdicts["seconds"] == verdicts["run_over_floor"] == "better"
    assert verdicts["peak_memory_bytes"] == "worse"
    assert verdicts["floor_seconds"] == "same"


def test_runs_that_overlap_are_no_difference() -> None:
    old = json.loads(json_text(record_of()))
    runs = {**record_of().runs, ALL: [timed(7.9), timed(7.9), timed(7.9)]}
    change = next(c for c in compare(record_of(runs=runs), old).changes if c.name == "seconds")
    assert (round(change.ratio, 2), change.verdict) == (1.22, "same")


def test_another_machine_or_other_work_is_said() -> None:
    old = json.loads(json_text(record_of()))
    other = replace(record_of().machine, cpu="Other", busy_cores=3.0)
    work = replace(record_of().work, counts={**COUNTS, "pages": 7})
    doubts = compare(record_of(machine=other, work=work, kinds=(Kind(ALL, 4),)), old).doubts
    assert [doubt.split(":")[0] for doubt in doubts] == [
        "another machine",
        "other work",
        "another number of workers",
        "one of the two was taken on a busy machine",
    ]


def test_feeds() -> None:
    shown = {feed.machine.name: feed for feed in feeds(record_of())}
    assert shown["cut-sheet toner press"].count == pytest.approx(6_000 * 60 / 6.5 / 100)
    assert shown["cut-sheet toner press"].sentence == "feeds 553 × cut-sheet toner press"
    assert shown["folder inserter"].count == pytest.approx(100 * 60 / 6.5 / 167)
    slow = feeds(record_of(work=replace(record_of().work, counts={**COUNTS, "pieces": 10})))
    assert (
        next(f for f in slow if f.machine.name == "folder inserter").sentence
        == "feeds 55% of a folder inserter"
    )


def test_machine_speeds_are_dated_and_have_a_source() -> None:
    for machine in machines().machines:
        assert len(machine.source) > 10
    assert machines().as_of.year >= 2026
    assert {m.confirmed for m in machines().machines} == {True, False}


def test_the_text_names_machine_runs_and_doubts() -> None:
    record = record_of(warnings=("the machine was busy",))
    text = summary_text(record, compare(record, json.loads(json_text(record))))
    for part in (
        "Test CPU, 2 cores, 8 GiB, ext4 on /dev/sda",
        "Doubtful: the machine was busy.",
        "55,385  45,000 to 60,000",
        "pages an hour",
        "floor: compress and write",
        "against 2026-01-31T22:15:00+00:00",
    ):
        assert part.replace("  ", " ") in re.sub(" +", " ", text)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        if tag not in {"meta", "link", "br", "rect"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_whole_and_says_the_figures() -> None:
    record = record_of(job="<b>x</b>")
    html = page_html(record, compare(record, json.loads(json_text(record_of()))))
    page = _Page()
    page.feed(html)
    assert page.open == []
    assert not {"script", "img", "b/"} & set(page.tags)
    assert "<b>x</b>" not in html
    assert page.tags.count("svg") == 3 + 3 * 3 + 3, "a bar a run, a floor, a stage"
    for part in ("55,385", "run ÷ floor 2.00", "Doubtful: other work", "Twenty-inch inkjet web press"):
        assert part in page.text
