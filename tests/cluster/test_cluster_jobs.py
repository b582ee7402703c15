"""Jobs whose spools, sheets and files are cut otherwise: on a cluster the same bytes as on one machine."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from printstream.base.places import Place
from printstream.spool import shipped_profile
from tests.cluster import servers
from tests.cluster.nightly import all_digests, download, upload
from tests.judges.nights import call, call_apart, change_yaml, job_with
from tests.judges.statement import ROOT

_UNIMPOSED = {
    "imposition.scheme": "one_up",
    "imposition.sheet_width": "8.5in",
    "imposition.sheet_height": "11in",
    "imposition.crop_marks": False,
}
JOBS: dict[str, dict[str, Any]] = {
    "a spool each value": {"spool.each": ["segment", "state"], "spool.sheets": 2000},
    "bands": {"spool.weight_bands_mg": [10_000, 20_000], "spool.most_pieces": 90},
    "sheets of the shop's own": {
        "spool.banner": True,
        "spool.tray_tags": True,
        "spool.end_slip": True,
        "spool.break_sheets": 60,
        "spool.sheets": 100,
    },
    "rolls": {
        "imposition.scheme": "roll_two_across",
        "spool.roll_length": "1200in",
        "spool.reel_start": 3,
        "spool.reel_end": 2,
    },
    "pdfx4": {
        "spool.standard": ["pdfx4"],
        "spool.sheets": 200,
        "spool.output_intent": {"profile": "art/own.icc", "identifier": "OWN"},
    },
    "pdfvt1": {
        "spool.standard": ["pdfvt1"],
        "spool.records": {"name": "name", "fields": ["piece_id", "pages", "tray_id", "city", "document_id"]},
        "spool.most_pieces": 150,
        **_UNIMPOSED,
    },
    "an archive": {"archive": {"data": "json"}, "spool.sheets": 150, "spool.each": ["segment"]},
    "nothing to print": {"rules.channel": "'digital'", "archive": {"data": "json"}},
    "an archive of pages alone": {"archive": {"data": "none"}, "spool.standard": ["pdfx4"]},
}


_CHECKS: dict[str, Any] = {
    "places": "art/places.csv",
    "compose": "upper",
    "policy": {
        "incomplete": "reject", "malformed_code": "divert", "unknown_code": "suppress", "duplicate": "suppress",
        "city_state_mismatch": "digital",
    },
}  # fmt: skip
_WHO = ["name", "street", "city", "state", "zip5", "zip4", "delivery_point"]


def _run_both(cluster: servers.Cluster, job: Path, data: Path, folder: Path) -> tuple[Path, Path]:
    made = []
    for name, engine in (("here", ()), ("there", ("--engine", "dask", "--scheduler", cluster.scheduler))):
        words = ("--out", folder / name, "--serials", folder / f"serials-{name}", "--run-id", "1", "--json")
        done = call_apart("run", job, "--input", data, *words, *engine)
        assert done.code == 0, done.err
        made.append(Path(done.record["run_dir"]))
    said = [json.loads((run_dir / "run.json").read_text()) for run_dir in made]
    for word in ("counts", "money_out_cents", "postage_mills", "warnings", "work_order"):
        assert said[0][word] == said[1][word]
    return made[0], made[1]


@pytest.mark.long
@pytest.mark.parametrize("name", JOBS)
def test_another_job(cluster: servers.Cluster, night_input: Path, tmp_path: Path, name: str) -> None:
    job = job_with(tmp_path / "job", {"input.reject_limit.share": "1", **JOBS[name]})
    (job / "art" / "own.icc").write_bytes(shipped_profile("cmyk-tr001"))
    here, there = _run_both(cluster, job, night_input, tmp_path)
    expected = all_digests(here)
    assert len(expected) > (4 if name == "nothing to print" else 10)
    assert all_digests(there) == expected
    assert call("verify", there).code == 0


@pytest.mark.long
@pytest.mark.parametrize(
    ("letter", "name"),
    [("gb", "uk-water"), ("de", "de-dialogpost"), ("ca", "ca-hydro"), ("cn", "cn-insurance")],
)
def test_letters_of_other_posts(cluster: servers.Cluster, tmp_path: Path, letter: str, name: str) -> None:
    command = [sys.executable, str(ROOT / "fixtures" / "letters.py"), letter, "--count", "400"]
    subprocess.run([*command, "--out", str(tmp_path / "in")], check=True, capture_output=True)
    job = shutil.copytree(ROOT / "jobs" / name, tmp_path / "job")
    here, there = _run_both(cluster, job, tmp_path / "in", tmp_path)
    assert all_digests(there) == all_digests(here)


@pytest.fixture
def addressed(night_input: Path, tmp_path: Path) -> Path:
    """The night with spoiled addresses; every fortieth recipient is there again, far behind, in other spelling."""
    documents = pl.concat(
        pl.read_parquet(path).with_columns(
            pl.col("customer_key").cast(pl.Int64), pl.col(pl.Categorical).cast(pl.String)
        )
        for path in sorted((night_input / "documents").iterdir())
    )
    row, changes = pl.int_range(pl.len()), {"street": " ", "zip5": "SW1A 1AA", "state": "ZZ", "name": ""}
    for k, (name, text) in enumerate(changes.items()):
        spoiled = pl.when(row % 97 == k).then(pl.lit(text)).otherwise(pl.col(name))
        documents = documents.with_columns(spoiled.alias(name))
    again = (row % 40 == 30) & (row > 900)
    documents = documents.with_columns(
        pl.when(again).then(pl.col(name).shift(871)).otherwise(pl.col(name)).alias(name) for name in _WHO
    ).with_columns(
        pl.when(again & (row % 80 == 30)).then(pl.col("name").str.to_uppercase()).otherwise(pl.col("name"))
    )
    folder = tmp_path / "addressed"
    shutil.copytree(night_input, folder)
    for path in (folder / "documents").iterdir():
        path.unlink()
    for k in range(3):
        documents[600 * k : 600 * k + 600 if k < 2 else None].write_parquet(
            folder / "documents" / f"{k}.parquet"
        )
    return folder


@pytest.mark.long
def test_addresses_are_judged_over_all_parts(
    cluster: servers.Cluster, addressed: Path, tmp_path: Path
) -> None:
    changes = {
        "address.checks": _CHECKS,
        "diverted": {"name": "by-hand", "envelope_weight_mg": 9_000, "folds": 1},
    }
    job = job_with(tmp_path / "job", {"input.reject_limit.share": "1", "spool.sheets": 300, **changes})
    places = pl.read_parquet(addressed / "documents" / "*.parquet")["zip5", "city", "state"].unique(
        maintain_order=True
    )
    places[::2].write_csv(job / "art" / "places.csv")
    here, there = _run_both(cluster, job, addressed, tmp_path)
    assert all_digests(there) == all_digests(here)
    found = dict(pl.read_parquet(there / "preflight.parquet")["address_status"].value_counts().iter_rows())
    assert found["duplicate"] > 10
    assert set(found) >= {"incomplete", "malformed_code", "unknown_code"}
    assert call("verify", there).code == 0


_ENVELOPES: dict[str, dict[str, Any]] = {
    "shared": {"spool.sheets": 120},
    "shared by city, archived": {
        "spool.sheets": 200,
        "archive": {"data": "json"},
        "household.same": ["city", "state"],
        "household.order": ["name", "0 - total_cents"],
    },
    "an addressee each": {"household.same": [], "household.different_addressees": "part"},
    "inserts alone": {"household": None, "spool.sheets": 300},
}


@pytest.mark.long
@pytest.mark.parametrize("name", _ENVELOPES)
def test_envelopes_hold_what_lies_in_several_parts(
    cluster: servers.Cluster, addressed: Path, tmp_path: Path, name: str
) -> None:
    job = shutil.copytree(ROOT / "jobs" / "household", tmp_path / "job")
    change_yaml(job / "job.yaml", {"input.reject_limit.share": "1", **_ENVELOPES[name]})
    here, there = _run_both(cluster, job, addressed, tmp_path)
    assert all_digests(there) == all_digests(here)
    manifest = pl.read_parquet(there / "manifest.parquet")
    if "household" in _ENVELOPES[name]:
        assert manifest["inserts"].max() > 0
    else:
        assert manifest["enclosures"].max() > 1
    assert call("verify", there).code == 0


@pytest.mark.long
def test_a_rule_with_a_list(cluster: servers.Cluster, night_input: Path, tmp_path: Path) -> None:
    channel = "CASE WHEN segment IN ('BUILDING', 'MACHINERY') THEN 'digital' ELSE 'print' END"
    job = job_with(tmp_path / "job", {"input.reject_limit.share": "1", "rules.channel": channel})
    here, there = _run_both(cluster, job, night_input, tmp_path)
    assert all_digests(there) == all_digests(here)


@pytest.mark.long
def test_everything_in_a_store(store: str, addressed: Path, tmp_path: Path) -> None:
    """Shared envelopes, judged addresses, PDF/X-4 and an archive; input, scratch and run folder behind an S3 interface."""
    job = shutil.copytree(ROOT / "jobs" / "household", tmp_path / "job")
    policy = {**_CHECKS["policy"], "duplicate": "print"}
    changes = {
        "input.reject_limit.share": "1",
        "address.checks": {"policy": policy},
        "diverted": {"name": "by-hand", "envelope_weight_mg": 9_000, "folds": 1},
        "spool.standard": ["pdfx4"],
        "spool.sheets": 300,
        "archive": {"data": "json"},
    }
    change_yaml(job / "job.yaml", changes)
    here = call_apart("run", job, "--input", addressed, "--out", tmp_path / "here", "--run-id", "1", "--json")
    assert here.code == 0, here.err
    upload(addressed, Place.of(store.format("/in/all")))
    with servers.cluster(tmp_path) as running:
        done = call_apart(
            *("run", job, "--input", store.format("/in/all"), "--out", store.format("/all"), "--run-id", "1"),
            *("--engine", "dask", "--scheduler", running.scheduler, "--json"),
        )
    assert done.code == 0, done.err
    there = download(Place.of(store.format("/all")) / "household/1", tmp_path / "there")
    assert all_digests(there) == all_digests(Path(here.record["run_dir"]))
    assert call("verify", there).code == 0
