"""The bench on a real job: what it reads out of print files is what is in them, and it leaves nothing behind."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pikepdf
import polars as pl
import pytest
from isal import igzip_lib

from printstream.base.errors import BalanceError, JobError, PrintstreamError
from printstream.base.log import QuietReporter
from printstream.base.options import Options
from printstream.bench import Settings, run_bench
from printstream.bench.content import plain_sides, read_sides, sample_content, sides_by_spool
from printstream.bench.floor import columns_read, floor_of
from printstream.bench.record import ALL, ONE_CORE, ONE_WORKER
from printstream.bench.runs import Command, Kind, _held, can_hold_cores, whole_run
from printstream.bench.small import cut_input
from printstream.order import read_order
from tests.judges.nights import JOB, call, few_documents, make_input, shared


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    base = tmp_path_factory.getbasetemp()
    return (base if worker_id == "master" else base.parent) / "bench"


@pytest.fixture(scope="session")
def few(place: Path) -> Path:
    whole = shared(place, "input", lambda out: make_input("0.01", out))
    return shared(place, "few", lambda out: few_documents(whole, out, 60))


@pytest.fixture(scope="session")
def run_dir(place: Path, few: Path) -> Path:
    def run(out: Path) -> None:
        assert call("run", JOB, "--input", few, "--out", out, "--run-id", "1", "--quiet").code == 0

    return shared(place, "night", run) / "statement" / "1"


def test_sides_are_those_of_the_pdf(run_dir: Path) -> None:
    recorded = sides_by_spool(run_dir)
    assert recorded
    for name, frame in recorded.items():
        plain = plain_sides(run_dir / "spool" / name, frame)
        with pikepdf.open(run_dir / "spool" / name) as pdf:
            assert plain == [page.Contents.read_bytes() for page in pdf.pages]
            assert [bytes(s) for s in read_sides(run_dir / "spool" / name)] == [
                page.Contents.read_raw_bytes() for page in pdf.pages
            ]


def test_other_sides_than_recorded_are_refused(run_dir: Path) -> None:
    name, frame = next(iter(sides_by_spool(run_dir).items()))
    wrong = frame.with_columns(pl.col("adler32") + pl.col("side").eq(3).cast(pl.UInt32))
    for bad in (wrong, frame.head(frame.height - 1)):
        with pytest.raises(BalanceError, match="not those that the run recorded"):
            plain_sides(run_dir / "spool" / name, bad)


def test_text_and_codes_are_counted(run_dir: Path) -> None:
    record = json.loads((run_dir / "run.json").read_text())
    counts = record["counts"]
    sample = sample_content(run_dir, wanted=10**6)
    assert sample.sides == counts["sides"]
    # A Data Matrix on every sheet, a QR code and an Intelligent Mail barcode on every letter.
    assert sample.matrices == counts["sheets"] + counts["printed"]
    assert sample.bars == counts["pieces"]
    plain = b"".join(
        b for n, f in sides_by_spool(run_dir).items() for b in plain_sides(run_dir / "spool" / n, f)
    )
    without_images = re.sub(rb"BI/W.*?\nEI\n", b"", plain, flags=re.DOTALL)
    assert sample.glyphs == sum(map(len, re.findall(rb"\((.*?)\)", without_images)))
    part = sample_content(run_dir, wanted=20)
    assert 0 < part.sides < counts["sides"]
    assert part.matrices > 0, "an odd step meets fronts and backs"


def test_the_floor_reads_and_packs_the_same(run_dir: Path, few: Path) -> None:
    order = read_order(JOB)
    tables = columns_read(order, few)
    assert [len(t.files) for t in tables] == [1, 1]
    assert {"customer_key", "total_cents", "name", "zip5", "month_spend_cents"} <= set(tables[0].names)
    assert {"customer_key", "order_key", "line_number", "net_cents", "part_name"} <= set(tables[1].names)
    assert "nation" not in tables[0].names, "a column that no one prints is not read"
    floor = floor_of(run_dir, tables, 2)
    recorded = sides_by_spool(run_dir)
    assert floor.content_bytes == sum(frame["plain_bytes"].sum() for frame in recorded.values())
    plain = [
        side for name, sides in recorded.items() for side in plain_sides(run_dir / "spool" / name, sides)
    ]
    assert floor.packed_bytes == sum(len(igzip_lib.compress(side, 1, igzip_lib.COMP_ZLIB)) for side in plain)
    assert min(floor.read, floor.pack, floor.flush) > 0
    assert sorted(p.name for p in run_dir.parent.iterdir()) == ["1"]


def test_a_cut_input_prints_what_was_chosen(run_dir: Path, few: Path, tmp_path: Path) -> None:
    assert cut_input(read_order(JOB).job, few, run_dir, tmp_path / "cut", 10) == 10
    done = call("run", JOB, "--input", tmp_path / "cut", "--out", tmp_path / "out", "--json")
    assert done.record["counts"]["printed"] == 10
    assert done.record["counts"]["rejected"] == 0


@pytest.mark.skipif(not can_hold_cores(), reason="this system cannot hold a process to a core")
def test_a_run_is_held_to_its_cores() -> None:
    import subprocess

    words = [sys.executable, "-c", "import os; print(len(os.sched_getaffinity(0)))"]
    assert subprocess.run(_held(words, 1), capture_output=True, text=True, check=True).stdout == "1\n"
    assert _held(words, None) == words


def test_a_failing_run_hands_on_its_fault(tmp_path: Path, few: Path) -> None:
    job = tmp_path / "job"
    job.mkdir()
    (job / "job.yaml").write_text("format: other\n")
    with pytest.raises(JobError, match=r"job\.yaml"):
        whole_run(Command(job, few, tmp_path), Kind(ALL, 1))
    with pytest.raises(PrintstreamError):
        whole_run(Command(JOB, tmp_path / "none", tmp_path), Kind(ALL, 1))


def test_a_bench(few: Path, tmp_path: Path) -> None:
    options = Options(JOB, few, tmp_path / "out", workers=2)
    record = run_bench(Settings(options, runs=1, small=False), QuietReporter(sys.stderr))
    assert [len(record.runs[kind]) for kind in (ALL, ONE_WORKER)] == [1, 1]
    assert (ONE_CORE in record.runs) == can_hold_cores()
    run = record.runs[ALL][0]
    assert run.seconds > sum(run.stages.values()), "start and end count"
    assert run.cpu_seconds > 0.2
    assert run.peak_memory_bytes > 10**8
    assert record.work.counts["printed"] == 60
    assert record.work.content_bytes > record.work.spool_bytes > 0
    assert record.figures["run_over_floor"].median > 1
    assert record.figures["pages_per_minute"].median == pytest.approx(
        60 * record.work.counts["pages"] / run.seconds
    )
    assert list((tmp_path / "out").iterdir()) == [], "no print file is kept"


@pytest.mark.parametrize(
    "words",
    [["--runs", "0"], ["--minutes", "-1"], ["--save", "figures.txt"], ["--compare"], ["--run-id", "a/b"]],
)
def test_wrong_words_end_with_2(words: list[str], few: Path) -> None:
    assert call("bench", JOB, "--input", few, *words).code == 2


def test_a_wrong_old_bench_is_found_before_anything_runs(few: Path, tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text("{}")
    done = call("bench", JOB, "--input", few, "--out", tmp_path / "out", "--compare", tmp_path / "old.json")
    assert done.code == 2
    assert not (tmp_path / "out").exists()
