"""Counts, money and the manifest of a night against what the fixtures' own arithmetic says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.judges.nights import JOB, Outcome, call
from tests.judges.press import Night

ONE_REJECT_EACH = {
    "null_key": ("customer_key", "key"),
    "duplicate_key": ("customer_key", "key"),
    "empty_street": ("street", "empty"),
    "empty_name": ("name", "empty"),
    "unknown_zip": ("zip5", "ZIP"),
    "control_characters": ("name", "control"),
    "name_too_long": (None, "too"),
    "absurd_amount": ("total_cents", "absurd"),
    "total_mismatch": ("total_cents", "differs"),
}
"""Kind of spoiled record: the column that its reject names, and a word of its reason."""


@pytest.fixture(scope="module")
def record(run_dir: Path) -> dict[str, Any]:
    return json.loads((run_dir / "run.json").read_text())


@pytest.fixture(scope="module")
def rejects(run_dir: Path) -> pl.DataFrame:
    return pl.read_parquet(run_dir / "rejects.parquet")


@pytest.fixture(scope="module")
def documents(night_input: Path) -> pl.DataFrame:
    return pl.read_parquet(night_input / "documents" / "*.parquet")


def test_counts_and_money_are_those_expected(record: dict[str, Any], expected: dict[str, Any]) -> None:
    counts = record["counts"]
    assert counts["documents_in"] == expected["input"]["documents"]
    assert counts["printed"] == counts["pieces"] == expected["printed"]["documents"]
    assert counts["rejected"] == expected["rejected"]["documents"]
    assert counts["rejected_lines"] == expected["rejected"]["lines_without_document"]
    assert record["money_in_cents"] == expected["input"]["document_cents"]
    assert record["money_out_cents"] == {
        "printed": expected["printed"]["cents"],
        "rejected": expected["rejected"]["document_cents"],
        "digital": 0,
        "suppressed": 0,
    }
    assert counts["documents_in"] == sum(counts[k] for k in ("printed", "digital", "suppressed", "rejected"))
    assert record["money_in_cents"] == sum(record["money_out_cents"].values())


def test_every_true_customer_appears_once(
    night: Night, documents: pl.DataFrame, expected: dict[str, Any]
) -> None:
    last_true_key = round(150_000 * float(expected["scale"]))
    true_keys = documents.filter(pl.col("customer_key") <= last_true_key)["customer_key"].to_list()
    printed = night.manifest["document_id"].to_list()
    assert len(true_keys) == expected["true"]["documents"]
    assert len(set(printed)) == len(printed)
    assert set(map(str, true_keys)) <= set(printed)
    awkward = set(printed) - set(map(str, true_keys))
    assert len(awkward) == sum(
        k["documents"] for k in expected["added"].values() if k["outcome"] == "printed"
    )


def test_a_document_is_either_printed_or_rejected(
    night: Night, rejects: pl.DataFrame, documents: pl.DataFrame
) -> None:
    of_documents = rejects.filter(pl.col("source").str.starts_with("documents"))
    rejected = set(of_documents["document_id"].drop_nulls())
    printed = set(night.manifest["document_id"])
    assert not rejected & printed
    keys = documents["customer_key"].drop_nulls().cast(pl.String)
    assert rejected | printed == set(keys)


def test_every_reject_has_a_place_and_a_reason(
    rejects: pl.DataFrame, night_input: Path, expected: dict[str, Any]
) -> None:
    assert rejects["reason"].null_count() == 0
    assert rejects["reason"].str.len_chars().min() > 5
    # Any personal data stays in the value column.
    for source, rows in rejects.group_by("source"):
        frame = pl.read_parquet(night_input / str(source[0]))
        placed = rows.filter(pl.col("row") >= 0)
        keys = frame[placed["row"].to_list()]["customer_key"].cast(pl.String)
        assert keys.to_list() == placed["document_id"].to_list(), source
    of_documents = rejects.filter(pl.col("source").str.starts_with("documents"))
    places = of_documents.select("source", "row").n_unique()
    assert places == of_documents.height == expected["rejected"]["documents"]
    of_lines = rejects.filter(pl.col("source").str.starts_with("lines"))
    assert of_lines.height == expected["rejected"]["lines_without_document"]


@pytest.mark.parametrize("kind", ONE_REJECT_EACH)
def test_a_spoiled_record_is_rejected_for_what_is_wrong_with_it(
    rejects: pl.DataFrame, expected: dict[str, Any], kind: str
) -> None:
    column, word = ONE_REJECT_EACH[kind]
    named = rejects.filter(
        pl.col("source").str.starts_with("documents") & pl.col("reason").str.contains(word, literal=True)
    )
    if column is not None:
        named = named.filter(pl.col("column") == column)
    assert named.height >= expected["added"][kind]["documents"]


def test_glyphs_that_no_face_has_are_named(rejects: pl.DataFrame) -> None:
    reasons = rejects.filter(pl.col("reason").str.contains("no glyph for U+", literal=True))[
        "reason"
    ].to_list()
    points = [int(reason.split("U+")[1].split()[0], 16) for reason in reasons]
    assert sum(0x3000 <= point <= 0xD7FF for point in points) == 1
    assert sum(0x0600 <= point <= 0x06FF for point in points) == 1


def test_the_manifest_and_the_files_tell_the_same(night: Night, record: dict[str, Any]) -> None:
    manifest, counts = night.manifest, record["counts"]
    assert manifest["sequence"].to_list() == list(range(manifest.height))
    assert manifest["piece_id"].to_list() == list(range(1, manifest.height + 1))
    assert manifest["postal_barcode"].n_unique() == manifest.height
    assert manifest["pages"].sum() == counts["pages"]
    assert manifest["sheets"].sum() == counts["sheets"]
    assert (manifest["sheets"] == (manifest["pages"] + 1) // 2).all()
    assert (manifest["sides"] == 2 * manifest["sheets"]).all()
    sides = [len(night.files.document(number)) for number in range(1, counts["spools"] + 1)]
    assert sum(sides) == counts["sides"]
    assert manifest["money_cents"].sum() == record["money_out_cents"]["printed"]
    assert manifest["postage_mills"].sum() == record["postage_mills"]
    ends = manifest.group_by("spool").agg((pl.col("first_side") + pl.col("sides")).max()).sort("spool")
    assert ends["first_side"].to_list() == sides


def test_serials_count_up_in_mailing_order(night: Night) -> None:
    serials = night.manifest["postal_barcode"].str.slice(11, 9).cast(pl.Int64)
    assert serials.to_list() == list(range(1, night.manifest.height + 1))
    routing = night.manifest["postal_barcode"].str.slice(20, 5)
    assert (routing == night.manifest["postal_code"]).all()


def test_the_awkward_ones_are_printed(
    night: Night, documents: pl.DataFrame, expected: dict[str, Any]
) -> None:
    money = night.manifest.filter(pl.col("money_cents") == 0)
    free = [expected["added"][kind]["documents"] for kind in ("zero_total", "no_lines")]
    assert money.height == sum(free)
    assert night.manifest["pages"].max() > 100  # many_lines


def _plan(data: Path, tmp_path: Path, *more: object) -> Outcome:
    return call("plan", JOB, "--input", data, "--out", tmp_path / "out", "--json", *more)


def test_plan_counts_what_run_makes_and_writes_nothing(
    night_input: Path, tmp_path: Path, record: dict[str, Any]
) -> None:
    planned = _plan(night_input, tmp_path)
    assert planned.code == 0
    assert planned.record["counts"] == record["counts"]
    assert planned.record["postage_mills"] == record["postage_mills"]
    assert planned.record["spools"] == []
    assert not (tmp_path / "out").exists()


def test_check_reads_no_data_and_writes_nothing(few: Path, tmp_path: Path) -> None:
    checked = call("check", JOB, "--input", few, "--out", tmp_path / "out", "--json")
    assert (checked.code, checked.record["status"]) == (0, "done")
    assert not (tmp_path / "out").exists()
    shown = call("check", JOB, "--input", few, "--out", tmp_path / "out", "--quiet")
    assert (shown.code, shown.out) == (0, "")


def test_limit_takes_the_first_documents(few: Path, tmp_path: Path) -> None:
    counts = _plan(few, tmp_path, "--limit", 7).record["counts"]
    assert counts["documents_in"] == counts["printed"] == 7
    # Lines of later documents are no lone lines.
    assert counts["rejected_lines"] == 0
    done = call("run", JOB, "--input", few, "--out", tmp_path, "--run-id", "7", "--limit", "7", "--json")
    keys = pl.read_parquet(few / "documents" / "*.parquet")["customer_key"].head(7).cast(pl.String)
    manifest = pl.read_parquet(Path(done.record["run_dir"]) / "manifest.parquet")
    assert set(manifest["document_id"]) == set(keys)
