"""What a run tells: dated lines, bars, or warnings only."""

from __future__ import annotations

import io
import re

import pytest

from printstream.base.log import BarReporter, LineReporter, QuietReporter, reporter_for


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _fail_in_a_stage(reporter: QuietReporter) -> None:
    with reporter.stage(5, "presort"):
        raise RuntimeError


def test_lines_are_dated_and_one_a_stage() -> None:
    stream = io.StringIO()
    reporter = LineReporter(stream)
    with reporter.stage(1, "ingest"):
        reporter.advance(500, 1500, "documents")
        reporter.advance(1500, 1500, "documents")
    reporter.info("the first run compiles its kernels")
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  1 ingest: 1,500 documents, done in \d+\.\d\d s", lines[0]
    )
    assert lines[1].endswith("Z the first run compiles its kernels")


def test_a_long_stage_writes_lines_in_between() -> None:
    stream = io.StringIO()
    reporter = LineReporter(stream, line_seconds=0.0)
    with reporter.stage(9, "spool"):
        reporter.advance(3, 10, "spools")
    assert "9 spool: 3 of 10 spools\n" in stream.getvalue()


@pytest.mark.parametrize("kind", [QuietReporter, LineReporter, BarReporter])
def test_stages_are_timed_in_order_and_add_up(kind: type[QuietReporter]) -> None:
    reporter = kind(io.StringIO())
    for number, name in ((1, "ingest"), (3, "layout"), (1, "ingest")):
        with reporter.stage(number, name):
            reporter.advance(1, 2, "documents")
    assert [(number, name) for number, name, _ in reporter.stages] == [(1, "ingest"), (3, "layout")]
    assert all(seconds >= 0 for _, _, seconds in reporter.stages)


@pytest.mark.parametrize("kind", [QuietReporter, LineReporter, BarReporter])
def test_a_failed_stage_is_said_and_not_counted(kind: type[QuietReporter]) -> None:
    stream = io.StringIO()
    reporter = kind(stream)
    with pytest.raises(RuntimeError):
        _fail_in_a_stage(reporter)
    assert reporter.stages == ()
    assert ("failed" in stream.getvalue()) is (kind is not QuietReporter)


def test_quiet_lets_only_warnings_through() -> None:
    stream = io.StringIO()
    reporter = QuietReporter(stream)
    with reporter.stage(1, "ingest"):
        reporter.info("nothing")
        reporter.advance(1, 2, "documents")
        reporter.warn("3 documents were rejected")
    assert stream.getvalue() == "warning: 3 documents were rejected\n"


def test_a_terminal_keeps_finished_stages_as_lines() -> None:
    stream = _Terminal()
    reporter = reporter_for(stream, quiet=False)
    assert isinstance(reporter, BarReporter)
    with reporter.stage(9, "spool"):
        reporter.advance(1, 4, "spools")
        reporter.info("a sentence [with brackets]")
        reporter.advance(4, 4, "spools")
    assert "a sentence [with brackets]" in stream.getvalue()
    assert re.search(r" 9 spool +\d+\.\d\d s  4 spools\n\Z", stream.getvalue())


def test_the_reporter_suits_its_stream() -> None:
    assert type(reporter_for(io.StringIO(), quiet=False)) is LineReporter
    assert type(reporter_for(_Terminal(), quiet=True)) is QuietReporter
