"""Figures as people and machines read them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printstream.base.errors import InputError
from printstream.base.options import Options, RunResult, new_run_id
from printstream.base.summary import decimal, fault_json_text, json_text, summary_text

RESULT = RunResult(
    run_dir=Path("out/statement/20260131T221500Z-4f2a9c"),
    counts={
        "documents_in": 75_000,
        "printed": 74_950,
        "digital": 0,
        "suppressed": 10,
        "rejected": 40,
        "pieces": 74_950,
        "pages": 401_233,
        "sheets": 230_104,
        "sides": 460_208,
        "spools": 24,
    },
    money_in_cents=1_234_567_890,
    money_out_cents={"printed": 1_234_000_000, "suppressed": 500_000, "rejected": 67_890, "digital": 0},
    seconds={"ingest": 1.25, "spool": 18.5},
    postage_mills=41_231_120,
    single_piece_postage_mills=55_463_000,
    pages_per_minute=1_219_512.4,
    peak_memory_bytes=812_345_678,
    spools=(Path("out/x/spool/0001.pdf"), Path("out/x/spool/0024.pdf")),
    files={"manifest": Path("out/x/manifest.parquet"), "report": Path("out/x/report.html")},
)


def test_the_summary_is_set_in_columns() -> None:
    assert summary_text("run", RESULT) == (
        """
out/statement/20260131T221500Z-4f2a9c: released

documents in       75,000  12,345,678.90
  printed          74,950  12,340,000.00
  suppressed           10       5,000.00
  rejected             40         678.90

pieces             74,950
pages             401,233
sheets            230,104
sides             460,208
spools                 24

postage         41,231.12
saving          14,231.88  25.7 % less than 55,463.00 unsorted

pages a minute  1,219,512
seconds             19.75
peak memory           812  MB

print files                out/x/spool/0001.pdf to 0024.pdf
manifest                   out/x/manifest.parquet
report                     out/x/report.html
"""
    )


def test_a_check_without_figures_is_one_line() -> None:
    assert summary_text("check", RunResult(Path("jobs/statement"), {})) == "\njobs/statement: checked\n"


def test_json_holds_every_figure() -> None:
    record = json.loads(json_text("run", RESULT))
    assert record["counts"] == RESULT.counts
    assert record["money_in_cents"] == 1_234_567_890
    assert record["spools"] == ["out/x/spool/0001.pdf", "out/x/spool/0024.pdf"]
    assert (record["status"], record["exit_code"]) == ("done", 0)


def test_a_fault_as_json() -> None:
    record = json.loads(
        fault_json_text("run", InputError("no column 'zip'", where="a.parquet", next_step="Add it"))
    )
    assert record == {
        "command": "run",
        "status": "failed",
        "exit_code": 4,
        "what": "no column 'zip'",
        "where": "a.parquet",
        "next_step": "Add it",
    }


@pytest.mark.parametrize(
    ("units", "per_whole", "text"),
    [
        (0, 100, "0.00"),
        (5, 100, "0.05"),
        (-5, 100, "-0.05"),
        (123456, 100, "1,234.56"),
        (1004, 1000, "1.00"),
        (1005, 1000, "1.01"),
        (-1005, 1000, "-1.01"),
        (-4, 1000, "0.00"),
        (999995, 1000, "1,000.00"),
    ],
)
def test_small_units_become_decimals(units: int, per_whole: int, text: str) -> None:
    assert decimal(units, per_whole) == text


@given(cents=st.integers(-(10**15), 10**15))
def test_no_cent_is_lost(cents: int) -> None:
    assert round(float(decimal(cents, 100).replace(",", "").replace(".", ""))) == cents


def test_run_ids_sort_by_time_and_differ() -> None:
    now = datetime(2026, 1, 31, 23, 15, tzinfo=timezone(timedelta(hours=1)))
    assert new_run_id(now, "a").startswith("20260131T221500Z-")
    assert new_run_id(now, "a") != new_run_id(now, "b")
    assert new_run_id(now, "a") < new_run_id(datetime(2026, 2, 1, tzinfo=UTC), "a")


def test_options_have_their_defaults() -> None:
    options = Options(job=Path("jobs/statement"))
    assert options.data_dir == Path("jobs/statement/data")
    assert options.worker_count >= 1
    assert Options(job=Path("j"), input_dir=Path("d"), workers=3).data_dir == Path("d")
