"""A whole night at scale 1: 99,996 customers and the spoiled ones, from Parquet to paper, and how long it took.

    make test-slow

The input is made once into build/tpch-1. Two runs are made, with one worker and with two; all else reads them.
"""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.judges.marks import (
    Track,
    check_measures,
    length_pt,
    measure_imb,
    postal_digits,
    read_codes,
)
from tests.judges.nights import JOB, Outcome, call_apart, make_input
from tests.judges.press import Night, Sheet
from tests.judges.statement import ROOT, Billing, Statement, StatementForm, payment_text
from tests.judges.whole import qpdf_faults, side_by_side, stated_totals
from tests.reference.imb import decode_imb, encode_imb

pytestmark = pytest.mark.slow

INPUT = ROOT / "build" / "tpch-1"
TRUE_CUSTOMERS = 99_996
SAMPLE = 200
LEAST_PAGES_A_MINUTE = 200_000
MOST_MEMORY_BYTES = 4 << 30
SAME = ("manifest.parquet", "rejects.parquet", "trays.parquet", "sides.parquet")


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    make_input("1", INPUT)
    return json.loads((INPUT / "expected.json").read_text())


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("full")
    yield folder
    shutil.rmtree(folder)


def _run(out: Path, workers: int) -> tuple[Outcome, float]:
    begin = time.perf_counter()
    run_id = f"workers-{workers}"
    words = ("--input", INPUT, "--out", out, "--run-id", run_id, "--workers", workers, "--json")
    done = call_apart("run", JOB, *words)
    assert done.code == 0, done.err
    return done, time.perf_counter() - begin


@pytest.fixture(scope="module")
def one_worker(expected: dict[str, Any], out: Path) -> Outcome:
    """The first run, which may compile kernels."""
    return _run(out, 1)[0]


@pytest.fixture(scope="module")
def two_workers(one_worker: Outcome, out: Path) -> tuple[Outcome, float]:
    """The second run, which finds its kernels compiled, and its seconds from start to end of the process."""
    return _run(out, 2)


@pytest.fixture(scope="module")
def night(two_workers: tuple[Outcome, float]) -> Iterator[Night]:
    opened = Night(Path(two_workers[0].record["run_dir"]))
    yield opened
    opened.files.close()


@pytest.fixture(scope="module")
def form() -> StatementForm:
    return StatementForm()


def test_speed_and_memory(
    two_workers: tuple[Outcome, float], one_worker: Outcome, capsys: pytest.CaptureFixture[str]
) -> None:
    done, seconds = two_workers
    record, alone = done.record, one_worker.record
    pages = record["counts"]["pages"]
    whole = pages / seconds * 60
    with capsys.disabled():
        print(
            f"\n{pages:,} pages: {record['pages_per_minute']:,} a minute with two workers "
            f"({whole:,.0f} with the start of the program), {alone['pages_per_minute']:,} with one; "
            f"at most {record['peak_memory_bytes'] / 2**30:.2f} GiB of memory"
        )
        print("seconds:", ", ".join(f"{name} {spent:.2f}" for name, spent in record["seconds"].items()))
    assert whole >= LEAST_PAGES_A_MINUTE
    assert record["pages_per_minute"] >= whole
    assert record["peak_memory_bytes"] < MOST_MEMORY_BYTES


def test_everybody_is_accounted_for(
    two_workers: tuple[Outcome, float], night: Night, expected: dict[str, Any]
) -> None:
    counts, money = two_workers[0].record["counts"], two_workers[0].record["money_out_cents"]
    assert expected["true"]["documents"] == TRUE_CUSTOMERS
    assert counts["documents_in"] == expected["input"]["documents"]
    assert counts["printed"] == expected["printed"]["documents"]
    assert counts["rejected"] == expected["rejected"]["documents"]
    assert counts["rejected_lines"] == expected["rejected"]["lines_without_document"]
    assert two_workers[0].record["money_in_cents"] == expected["input"]["document_cents"]
    assert money["printed"] == expected["printed"]["cents"]
    assert money["rejected"] == expected["rejected"]["document_cents"]

    keys = pl.read_parquet(INPUT / "documents" / "*.parquet", columns=["customer_key"])["customer_key"]
    printed = set(night.manifest["document_id"])
    assert len(printed) == night.manifest.height
    true = keys.filter(keys <= 150_000).cast(pl.String)
    assert true.len() == true.n_unique() == TRUE_CUSTOMERS
    assert set(true) <= printed
    rejects = pl.read_parquet(night.run_dir / "rejects.parquet")
    of_documents = rejects.filter(pl.col("source").str.starts_with("documents"))
    assert of_documents.select("source", "row").n_unique() == counts["rejected"] == of_documents.height
    assert printed | set(of_documents["document_id"].drop_nulls()) == set(keys.drop_nulls().cast(pl.String))


def test_one_and_two_workers_give_the_same_bytes(
    one_worker: Outcome, two_workers: tuple[Outcome, float]
) -> None:
    digests = []
    for done in (one_worker, two_workers[0]):
        run_dir = Path(done.record["run_dir"])
        files = [*sorted((run_dir / "spool").iterdir()), *(run_dir / name for name in SAME)]
        digests.append({file.name: sha256(file.read_bytes()).hexdigest() for file in files})
    assert len(digests[0]) > 10 + len(SAME)
    assert digests[0] == digests[1]


def test_verify_passes(two_workers: tuple[Outcome, float]) -> None:
    assert call_apart("verify", two_workers[0].record["run_dir"], "--quiet").code == 0


def test_qpdf_finds_nothing_wrong(night: Night, require_tool: Callable[[str], str]) -> None:
    tool = require_tool("qpdf")
    assert not [fault for fault in side_by_side(qpdf_faults, [(tool, p) for p in night.spool_paths]) if fault]


def test_the_totals_on_all_last_pages_are_the_money_in(night: Night, expected: dict[str, Any]) -> None:
    stated: dict[str, int] = {}
    arguments = [(night.run_dir, number) for number in range(1, len(night.spool_paths) + 1)]
    for totals in side_by_side(stated_totals, arguments):
        stated |= totals
    assert len(stated) == night.manifest.height == expected["printed"]["documents"]
    assert sum(stated.values()) == expected["printed"]["cents"]
    amounts = pl.read_parquet(INPUT / "documents" / "*.parquet", columns=["customer_key", "total_cents"])
    wanted = dict(amounts.drop_nulls().with_columns(pl.col("customer_key").cast(pl.String)).iter_rows())
    assert not [key for key, cents in stated.items() if wanted[key] != cents]


def test_random_statements_say_all_their_lines(night: Night, form: StatementForm) -> None:
    lot = random.Random("full scale, text")
    rows = [lot.choice(night.manifest.filter(pl.col("pages") > 50).to_dicts())]
    rows += lot.sample(night.manifest.filter(pl.col("pages") <= 50).to_dicts(), SAMPLE - 1)
    billing = Billing(INPUT, [int(row["document_id"]) for row in rows])
    for row in rows:
        key = int(row["document_id"])
        pages = night.document_pages(row)
        bars = encode_imb(*postal_digits(row))
        Statement(form, billing.document(key), billing.lines(key)).check(pages, bars)


def test_random_sheets_can_be_read(night: Night, form: StatementForm) -> None:
    """Both slots of random press sheets, front and back, at 300 dpi."""
    lot = random.Random("full scale, sheets")
    fronts = [
        (number, front)
        for number in range(1, len(night.spool_paths) + 1)
        for front in range(0, len(night.files.document(number)), 2)
    ]
    sheets = [Sheet(number, front, slot) for number, front in lot.sample(fronts, SAMPLE) for slot in (0, 1)]
    plans = {sheet: night.planned(sheet) for sheet in sheets}
    keys = [int(plan["document_id"]) for plan in plans.values() if plan is not None]
    billing = Billing(INPUT, keys)
    track = Track.of(ROOT / "printstream" / "marks" / "profiles" / "omr_basic.yaml")
    address = next(b for b in form.template["first"]["blocks"] if b["kind"] == "address")
    left, centre = map(length_pt, address["at"])
    firsts = 0
    for sheet, plan in plans.items():
        if sheet.slot == 0:
            images = [night.side_image(sheet.spool, sheet.front + side) for side in (0, 1)]
        pages = [night.cut(images[side], sheet.slot, side) for side in (0, 1)]
        if plan is None:
            assert all(page.min() == 255 for page in pages)
            continue
        code = f"MTS09981{plan['piece_id']:08d}{plan['sheet']:03d}{plan['sheets']:03d}"
        assert read_codes(pages[0], "DataMatrix") == [code]
        marks = track.expected(plan["sheet"], plan["sheets"], plan["run_sheet"] + plan["sheet"] - 1)
        assert track.read(pages[0]) == marks
        last = (plan["pages"] - 1) % 2 if plan["sheet"] == plan["sheets"] else None
        for side, page in enumerate(pages):
            wanted = [payment_text(billing.document(int(plan["document_id"])))] if side == last else []
            assert read_codes(page, "QRCode") == wanted
        if plan["sheet"] == 1:
            bars = measure_imb(pages[0], left, centre)
            assert decode_imb(bars.letters) == postal_digits(plan)
            assert check_measures(bars) == []
            firsts += 1
    assert firsts > SAMPLE / 2


def test_postal_barcodes_on_random_pages_are_the_manifests(night: Night) -> None:
    lot = random.Random("full scale, letters")
    for row in lot.sample(night.manifest.to_dicts(), SAMPLE):
        runs = night.page_runs(row["spool"], row["first_side"], row["slot"])
        letters = [run.text for run in runs if len(run.text) == 65 and not set(run.text) - set("TDAF")]
        assert [decode_imb(text) for text in letters] == [postal_digits(row)]


def test_serials_and_routing_of_all_pieces(night: Night) -> None:
    manifest = night.manifest
    serials = manifest["postal_barcode"].str.slice(11, 9).cast(pl.Int64)
    assert serials.to_list() == list(range(1, manifest.height + 1))
    documents = pl.read_parquet(INPUT / "documents" / "*.parquet").drop_nulls("customer_key")
    address = documents.select(
        document_id=pl.col("customer_key").cast(pl.String),
        routing=pl.col("zip5")
        + pl.col("zip4")
        + pl.when(pl.col("zip4") != "").then("delivery_point").otherwise(pl.lit("")),
    )
    joined = manifest.join(address, on="document_id", how="left")
    assert (joined["postal_barcode"].str.slice(20) == joined["routing"]).all()
