"""Real runs on the floor: a clean one has no finding, and what goes wrong is found when the marks can show it."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pikepdf
import polars as pl
import pytest

from printstream.base.errors import UsageError
from printstream.base.log import QuietReporter
from printstream.floor.walk import Outcome, Settings, run_floor
from tests.judges.nights import call, files_below, job_with, make_input, shared, write_input

ON_PAPER = ("tear", "skew", "shift", "fade", "flip", "turn")
IN_THE_PILE = ("drop", "double", "repeat", "swap", "lost_piece")


def walk(run: Path, **settings: Any) -> Outcome:
    return run_floor(Settings(run, **settings), QuietReporter())


@pytest.fixture(scope="module")
def clean(floor_run: Path) -> Outcome:
    return walk(floor_run)


def test_a_clean_run_has_no_finding(clean: Outcome, floor_run: Path) -> None:
    manifest = pl.read_parquet(floor_run / "manifest.parquet").sort("sequence")
    assert clean.findings == []
    assert clean.sheets == manifest["sheets"].sum()
    assert len(clean.order.spools) > 2
    assert [e.piece for e in clean.envelopes] == manifest["piece_id"].to_list()
    assert [len(e.places) for e in clean.envelopes] == manifest["sheets"].to_list()
    assert [e.spool + 1 for e in clean.envelopes] == manifest["spool"].to_list()
    assert [e.weight_mg for e in clean.envelopes] == pytest.approx(manifest["weight_mg"].to_list(), abs=2)
    assert [e.thickness_um for e in clean.envelopes] == manifest["thickness_um"].to_list()
    assert clean.wrong_out == 0


def test_a_page_a_side_is_clean_too(floor_one_up: Path) -> None:
    assert walk(floor_one_up).findings == []


def test_other_inserters_marks_are_read(floor_of_profile: Path) -> None:
    """A clean run is clean; a lost sheet and two exchanged ones are caught by their sequence."""
    clean = walk(floor_of_profile)
    assert clean.findings == []
    assert len(clean.envelopes) == pl.read_parquet(floor_of_profile / "manifest.parquet").height
    outcome = walk(floor_of_profile, faults=("drop", "swap"))
    assert all(caught.by_machine for caught in outcome.caught), outcome.caught
    assert outcome.wrong_out == 0


def test_shared_envelopes_with_inserts_are_clean(floor_household: Path, tmp_path: Path) -> None:
    """Pieces of several documents; and a manifest that names another pocket is found out."""
    outcome = walk(floor_household)
    assert outcome.findings == []
    manifest = pl.read_parquet(floor_household / "manifest.parquet")
    assert len(outcome.envelopes) == manifest["piece_id"].n_unique() < manifest.height
    assert {e.inserts for e in outcome.envelopes} == set(manifest["inserts"].to_list())
    copy = tmp_path / "run"
    shutil.copytree(floor_household, copy)
    manifest.with_columns(
        (pl.col("inserts") ^ (pl.col("piece_id") == 3).cast(pl.UInt32)).alias("inserts")
    ).write_parquet(copy / "manifest.parquet")
    assert walk(copy).counts == {"wrong_inserts": 1}


@pytest.mark.parametrize("heads", [("omr",), ("code",)])
def test_each_reader_alone_finds_a_clean_run_clean(floor_run: Path, heads: tuple[str, ...]) -> None:
    assert walk(floor_run, heads=heads).findings == []


def test_two_processes_see_what_one_sees(floor_run: Path, clean: Outcome) -> None:
    both = walk(floor_run, workers=2)
    assert both.envelopes == clean.envelopes
    assert both.speed.sides == clean.speed.sides > 0


@pytest.mark.parametrize("seed", [3, 4])
@pytest.mark.parametrize("kinds", [ON_PAPER, IN_THE_PILE])
def test_every_mishap_is_caught_by_marks_and_code(floor_run: Path, kinds: tuple[str, ...], seed: int) -> None:
    outcome = walk(floor_run, faults=kinds, seed=seed)
    assert {caught.mishap.kind for caught in outcome.caught} == set(kinds)
    assert all(caught.by_machine for caught in outcome.caught), outcome.caught
    assert outcome.wrong_out == 0
    # What does not belong to a mishap is not suspected: it spoils itself and its neighbours.
    assert sum(not e.good for e in outcome.envelopes) <= 4 * len(kinds)


def test_stacks_in_the_wrong_order_are_caught(floor_run: Path) -> None:
    outcome = walk(floor_run, faults=("restack",))
    assert "sequence_break" in outcome.caught[0].by_machine
    assert "out_of_order" in outcome.caught[0].by_manifest


def test_what_no_mark_shows_is_caught_by_nobody(floor_run: Path) -> None:
    """A corner torn off where nothing is read: docs/floor.md says so."""
    outcome = walk(floor_run, faults=("tear_away:3",))
    assert [c.by_machine + c.by_manifest for c in outcome.caught] == [()] * 3
    # Nor does a lost sheet elsewhere in the file count as its discovery.
    both = walk(floor_run, faults=("tear_away", "drop:2"), heads=("omr",))
    torn = next(c for c in both.caught if c.mishap.kind == "tear_away")
    assert torn.by_machine + torn.by_manifest == ()


def test_marks_alone_do_not_see_eight_lost_sheets(floor_run: Path) -> None:
    """Three bits of sequence come round after eight sheets; the manifest's count shows it."""
    outcome = walk(floor_run, heads=("omr",))
    readings = [e for e in outcome.envelopes if len(e.places) == 1]
    assert readings
    assert outcome.profile.track is not None
    assert outcome.profile.counters["sequence"].steps == 8


def test_slight_damage_is_read_or_reported(floor_run: Path) -> None:
    """No envelope may go out wrong, and no sheet may be taken for another."""
    outcome = walk(floor_run, faults=("skew=1:2", "shift=1:2", "skew=0.5:2", "shift=0.5:2"), seed=5)
    assert outcome.wrong_out == 0
    assert set(outcome.counts) <= {"address_cut", "clear_zone", "ink_on_back"}


def test_a_streak_is_read_or_reported(floor_run: Path) -> None:
    outcome = walk(floor_run, faults=("fade=1:4", "fade=3:4"), seed=6)
    assert outcome.wrong_out == 0
    unread = {"unreadable_code", "unreadable_marks"}
    for caught in outcome.caught:
        assert not caught.by_machine or unread & set(caught.by_machine), caught


def test_a_doubled_feed_is_noticed_where_the_feeder_can(floor_run: Path, tmp_path: Path) -> None:
    shop = Path(__file__).parents[2] / "printstream" / "floor" / "shops" / "us_letter.yaml"
    own = tmp_path / "shop.yaml"
    own.write_text(shop.read_text().replace("double_detector: false", "double_detector: true"))
    outcome = walk(floor_run, shop=str(own), faults=("double:3",))
    assert outcome.counts["doubled_feed"] == 3


def test_limits_of_pocket_and_envelope_are_kept(floor_run: Path, tmp_path: Path) -> None:
    shop = Path(__file__).parents[2] / "printstream" / "floor" / "shops" / "us_letter.yaml"
    own = tmp_path / "shop.yaml"
    text = shop.read_text().replace("pocket_sheets: 8", "pocket_sheets: 1", 1)
    own.write_text(
        text.replace("max_thickness_um: 6350", "max_thickness_um: 700").replace("1ft: 10.25in", "none: 5mm")
    )
    outcome = walk(floor_run, shop=str(own))
    sheets = pl.read_parquet(floor_run / "manifest.parquet").filter(pl.col("stream") != "flat")
    assert outcome.counts["pocket_overflow"] == sheets.filter(pl.col("sheets") > 1).height > 0
    assert outcome.counts["over_thickness"] == sheets.filter(pl.col("thickness_um") > 700).height > 0
    assert outcome.counts["tray_overflow"] > 0


def test_an_address_beside_the_window_is_found(floor_run: Path, tmp_path: Path) -> None:
    shop = Path(__file__).parents[2] / "printstream" / "floor" / "shops" / "us_letter.yaml"
    for window, kind in (("left: 1.2in", "address_cut"), ("left: 2.9in", "address_cut")):
        own = tmp_path / "shop.yaml"
        own.write_text(shop.read_text().replace("left: 0.875in", window, 1))
        outcome = walk(floor_run, shop=str(own))
        letters = [e for e in outcome.envelopes if outcome.order.spools[e.spool].stream != "flat"]
        assert outcome.counts[kind] > len(letters) // 2
    own.write_text(
        shop.read_text().replace(
            "bottom: 0.5in, width: 4.5in, height: 1.125in", "bottom: 1.35in, width: 3in, height: 0.9in", 1
        )
    )
    assert walk(floor_run, shop=str(own)).counts["no_address"] > len(letters) // 2


def test_the_manifest_of_another_night_does_not_fit(floor_run: Path, tmp_path: Path) -> None:
    """What the machine saw is compared: a manifest with two pieces exchanged and one too many is found out."""
    copy = tmp_path / "run"
    shutil.copytree(floor_run, copy)
    manifest = pl.read_parquet(copy / "manifest.parquet").sort("sequence")
    other = manifest.with_columns(
        pl.when(pl.col("sequence") == 5)
        .then(pl.col("sheets") + 1)
        .otherwise(pl.col("sheets"))
        .alias("sheets"),
        pl.when(pl.col("sequence") == 9)
        .then(999_999)
        .otherwise(pl.col("piece_id"))
        .cast(pl.UInt32)
        .alias("piece_id"),
    )
    other.write_parquet(copy / "manifest.parquet")
    counts = walk(copy).counts
    assert counts["wrong_sheets"] == counts["missing_piece"] == counts["unknown_piece"] == 1


# ---- a sample


def test_a_sample_of_a_clean_run_says_what_it_is_worth(floor_run: Path) -> None:
    done = call("floor", floor_run, "--sample", 40, "--json", "--save", floor_run.parent / "floor-sample")
    assert done.code == 0, done.err
    record = done.record
    assert record["sample"]["faulty"] == 0
    assert record["sample"]["share_faulty_at_most"] == pytest.approx(1 - 0.05 ** (1 / 40))
    assert 40 <= record["sheets_read"] <= 80


def test_a_sample_finds_what_the_whole_would(floor_run: Path, tmp_path: Path) -> None:
    """All sheets as a sample, against a manifest that lies about one piece."""
    copy = tmp_path / "run"
    shutil.copytree(floor_run, copy)
    manifest = pl.read_parquet(copy / "manifest.parquet")
    manifest.with_columns(
        pl.when(pl.col("sequence") == 7).then(9).otherwise(pl.col("sheets")).cast(pl.UInt32).alias("sheets")
    ).write_parquet(copy / "manifest.parquet")
    outcome = walk(copy, sample=10**6)
    true = manifest.filter(pl.col("sequence") == 7)["sheets"].item()
    assert outcome.counts == {"wrong_sheets": true}
    assert outcome.faulty_sheets == true


# ---- the command


def test_the_command_writes_result_files_and_keeps_the_run_sealed(floor_run: Path, tmp_path: Path) -> None:
    before = files_below(floor_run)
    saved = tmp_path / "saved"
    done = call(
        "floor", floor_run, "--inserter", "omr_basic", "--fault", "drop:2", "--save", saved, "--pictures"
    )
    assert done.code == 0, done.err
    assert "drop           2: 2 caught by the machine" in done.out
    assert files_below(floor_run) == before
    texts = [path.read_text() for path in sorted(saved.glob("result-*.csv"))]
    rows = [row for text in texts for row in csv.DictReader(text.splitlines())]
    manifest = pl.read_parquet(floor_run / "manifest.parquet")
    pieces = set(manifest["piece_id"].to_list())
    assert {row["state"] for row in rows} == {"stacked", "outsorted"}
    words = [word for path in sorted(saved.glob("result-*.csv")) for word in ("--results", path)]
    reconciled = call("reconcile", floor_run, *words, "--json").record
    seen = {int(row["piece"]) for row in rows}
    assert seen <= pieces
    stacked = sum(row["state"] == "stacked" for row in rows)
    assert reconciled["counts"]["done"] == stacked, reconciled
    assert (saved / "sheet.png").read_bytes().startswith(b"\x89PNG")
    record = json.loads((saved / "floor.json").read_text())
    assert record["envelopes"]["wrong_out"] == 0
    assert record["sides_per_core_second"] > 0


def test_findings_end_with_the_code_of_a_failed_verification(floor_run: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    profile = Path(__file__).parents[2] / "printstream" / "marks" / "profiles" / "omr_basic.yaml"
    other.write_text(profile.read_text().replace("left: 199mm", "left: 180mm"))
    done = call("floor", floor_run, "--inserter", other, "--save", tmp_path / "saved", "--json")
    assert done.code == 5
    assert done.record["counts"]["unreadable_code"] == walk(floor_run).sheets


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--fault", "fire"), 2, "is no mishap"),
        (("--fault", "drop=3"), 2, "has no amount"),
        (("--fault", "drop:100000"), 2, "too small"),
        (("--sample", "5", "--fault", "drop"), 2, "a sample would miss"),
        (("--heads", "ears"), 2, "are no readers"),
        (("--inserter", "nobodys"), 3, "Known are: "),
        (("--inserter", "nowhere.yaml"), 3, "no such inserter profile"),
        (("--shop", "corner"), 3, "us_letter"),
        (("--finishing", "origami"), 3, "two_up_cut_and_stack"),
    ],
)
def test_words_that_do_not_fit_are_refused(
    floor_run: Path, tmp_path: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    done = call("floor", floor_run, "--save", tmp_path / "saved", *words)
    assert done.code == code
    assert says in done.err


def test_the_run_folder_is_not_written_to(floor_run: Path) -> None:
    done = call("floor", floor_run, "--sample", 2, "--save", floor_run / "floor")
    assert done.code == 2
    assert "sealed" in done.err


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    assert call("floor", tmp_path).code == 2


@pytest.mark.parametrize("layout", ["interlock_fixed", "output_csv", "results_xml"])
def test_a_result_file_in_the_machines_own_form_is_read_back(
    floor_run: Path, tmp_path: Path, layout: str
) -> None:
    saved = tmp_path / "saved"
    done = call("floor", floor_run, "--fault", "drop:2", "--results", layout, "--save", saved, "--json")
    assert done.code == 0, done.err
    words = [word for path in sorted(saved.glob("result-*")) for word in ("--results", path)]
    counts = call("reconcile", floor_run, *words, "--layout", layout, "--json").record["counts"]
    assert counts["done"] == done.record["envelopes"]["out"]
    assert counts["diverted"] + counts.get("missing", 0) > 0


def test_a_layout_that_cannot_be_written_is_refused(floor_run: Path, tmp_path: Path) -> None:
    done = call("floor", floor_run, "--results", "nobodys", "--save", tmp_path / "saved")
    assert done.code == 3
    assert "interlock_fixed" in done.err


# ---- what once went wrong


def test_a_set_that_does_not_fit_its_envelope_is_refused_before_a_process_starts(
    floor_run: Path, tmp_path: Path
) -> None:
    """Diverted mail with another fold: its fault was raised as reading processes started, which told nobody or hung."""
    copy = tmp_path / "run"
    shutil.copytree(floor_run, copy)
    record = json.loads((copy / "run.json").read_text())
    record["work_order"]["spools"][0]["folds"] = 1
    (copy / "run.json").write_text(json.dumps(record))
    done = call("floor", copy, "--workers", 2, "--save", tmp_path / "saved")
    assert done.code == 3
    assert "spool 1, stream single" in done.err
    assert "does not fit" in done.err
    assert "Traceback" not in done.err


def test_a_fault_in_a_reading_process_is_told(floor_run: Path, tmp_path: Path) -> None:
    """A page of another size comes up in a process beside this one."""
    copy = tmp_path / "run"
    shutil.copytree(floor_run, copy)
    largest = max((copy / "spool").iterdir(), key=lambda path: path.stat().st_size)
    with pikepdf.open(largest, allow_overwriting_input=True) as pdf:
        pdf.pages[4].TrimBox = pikepdf.Array([0, 0, 500, 500])
        pdf.save()
    done = call("floor", copy, "--workers", 2, "--save", tmp_path / "saved")
    assert done.code == 5
    assert "do not fill the trim box" in done.err


def test_diverted_mail_is_inserted_as_any_other(common: Path, tmp_path: Path) -> None:
    """A stream of mail whose addresses were diverted: unsorted, some without a postal code."""
    changes = {
        "address.checks": {"policy": {"unknown_code": "divert", "malformed_code": "divert", "duplicate": "divert"}},
        "diverted": {"name": "by-hand", "envelope": "#10 window", "envelope_weight_mg": 9_000, "folds": 2},
    }  # fmt: skip
    data = tmp_path / "in"
    source = shared(common, "input", lambda out: make_input("0.02", out))
    documents = pl.read_parquet(source / "documents" / "*.parquet").head(60)
    lines = pl.read_parquet(source / "lines" / "*.parquet").join(documents, on="customer_key", how="semi")
    spoiled = pl.when(pl.int_range(pl.len()) % 5 == 0)
    documents = documents.with_columns(spoiled.then(pl.lit("K1A 0B1")).otherwise("zip5").alias("zip5"))
    write_input(data, documents, lines)
    job = job_with(tmp_path / "job", {"input.reject_limit.share": "1", **changes})
    done = call("run", job, "--input", data, "--out", tmp_path / "out", "--run-id", "1", "--quiet")
    assert done.code == 0, done.err
    run = tmp_path / "out" / "statement" / "1"
    outcome = walk(run, workers=2)
    assert outcome.findings == []
    manifest = pl.read_parquet(run / "manifest.parquet").sort("sequence")
    assert manifest.filter(pl.col("stream") == "by-hand").height >= 12
    assert [e.piece for e in outcome.envelopes] == manifest["piece_id"].to_list()


def test_another_cutters_order_is_found_out(floor_run: Path) -> None:
    """A file whose press sheets are not those of its work order is not cut at all."""
    with pytest.raises(UsageError, match="more than once"):
        walk(floor_run, finishing="step_and_repeat")
