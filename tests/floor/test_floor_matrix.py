"""Every shipped profile and every shipped scheme, on finished print files: clean runs are clean, mishaps are found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from printstream.base.errors import UsageError
from printstream.base.log import QuietReporter
from printstream.floor.walk import Outcome, Settings, run_floor
from printstream.imposition import load_scheme, scheme_names
from printstream.marks import shipped
from tests.floor.conftest import finished_run
from tests.judges.floors import MOVED, own_profile, profile_changes

pytestmark = pytest.mark.long

PROFILES = sorted(shipped())
SCHEMES = [name for name in scheme_names() if load_scheme(name).order != "copies"]
ON_PAPER = ("tear", "skew", "shift", "flip", "turn")
IN_THE_PILE = ("drop", "double", "repeat", "swap", "lost_piece")
BLIND: Mapping[str, set[str]] = {
    # docs/inserters.md: no count of sheets or pieces in the run.
    "pb_fastpac_basic": set(IN_THE_PILE),
    # Sheets are counted down to the last: nothing says which is the first.
    "bell_howell_generic": {"drop"},
}


def walk(run: Path, **settings: Any) -> Outcome:
    return run_floor(Settings(run, **settings), QuietReporter())


@pytest.fixture(params=PROFILES)
def of_profile(common: Path, tmp_path: Path, request: pytest.FixtureRequest) -> tuple[str, Path, str]:
    """A finished run with a profile's marks, and the profile as the floor is told it."""
    name = request.param
    if name not in MOVED:
        return name, finished_run(common, f"floor-of-{name}", {"inserter.profile": name}, 100), ""
    path = own_profile(name, tmp_path)
    files = {"own.yaml": path.read_text()}
    return name, finished_run(common, f"floor-of-{name}", profile_changes(name), 100, files), str(path)


def test_every_profile_is_read_and_finds_what_it_can(of_profile: tuple[str, Path, str]) -> None:
    name, run, profile = of_profile
    clean = walk(run, inserter=profile)
    manifest = pl.read_parquet(run / "manifest.parquet").sort("sequence")
    assert clean.findings == []
    assert clean.profile.unread == ()
    assert [len(e.places) for e in clean.envelopes] == manifest["sheets"].to_list()
    damaged = walk(run, inserter=profile, faults=ON_PAPER, seed=3)
    for caught in damaged.caught:
        assert caught.by_machine, caught
    mixed = walk(run, inserter=profile, faults=IN_THE_PILE, seed=4)
    blind = BLIND.get(name, set())
    for caught in mixed.caught:
        assert caught.by_machine or (caught.mishap.kind in blind and caught.by_manifest), caught
    assert damaged.wrong_out == 0
    assert mixed.wrong_out == 0 or blind


def sheet_of(scheme: str) -> dict[str, Any]:
    """Settings of a job with a scheme, on a press sheet that takes Letter pages."""
    own = load_scheme(scheme)
    wide, high = (11, 8.5) if own.rotate[0] % 180 else (8.5, 11)
    room = 0 if own.web else 1.5
    return {
        "imposition.scheme": scheme,
        "imposition.sheet_width": f"{own.columns * own.unit.columns * wide + (room or 1)}in",
        "imposition.sheet_height": f"{own.rows * own.unit.rows * high + room}in",
    }


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scheme_comes_out_as_the_plain_sequence(common: Path, scheme: str) -> None:
    """Cut, folded, stacked and read from the pixels: the pieces of the manifest, in its order, each with its sheets."""
    run = finished_run(common, f"floor-in-{scheme}", sheet_of(scheme), 40)
    outcome = walk(run)
    manifest = pl.read_parquet(run / "manifest.parquet").sort("sequence")
    assert outcome.findings == []
    assert [e.piece for e in outcome.envelopes] == manifest["piece_id"].to_list()
    assert [len(e.places) for e in outcome.envelopes] == manifest["sheets"].to_list()


SHOPS_OWN = {
    "spool.banner": True, "spool.tray_tags": True, "spool.end_slip": True, "spool.break_sheets": 10,
    "spool.reel_start": 2, "spool.reel_end": 1, "spool.sheets": 30,
}  # fmt: skip
VARIANTS: Mapping[str, dict[str, Any]] = {
    "lifts": {**sheet_of("four_up_cut_and_stack"), **SHOPS_OWN, "imposition.stack_depth": 5},
    "turned": {
        "imposition.scheme": "four_up_cut_and_stack", "imposition.rotate": [90, 270, 90, 270],
        "imposition.turn": "over", "imposition.sheet_width": "24in", "imposition.sheet_height": "20in",
        "imposition.back_shift_x": "1mm", "imposition.back_shift_y": "2mm", "imposition.stack_depth": 6,
    },
    "roll": {
        **sheet_of("roll_three_across"), **SHOPS_OWN,
        "imposition.marks": ["crop", "web", "text", "skip_fold"], "imposition.fold_every": 4,
    },
    "goes": {**sheet_of("come_and_go"), **SHOPS_OWN},
    "books": {**sheet_of("booklet_saddle"), **SHOPS_OWN},
    "signatures": {**sheet_of("booklet_perfect"), "imposition.turn": "over", "imposition.rotate": [180]},
    "split": {"imposition.split_pieces": True},
}  # fmt: skip


@pytest.mark.parametrize("name", VARIANTS)
def test_changed_schemes_and_the_shops_own_sheets(common: Path, name: str) -> None:
    run = finished_run(common, f"floor-as-{name}", VARIANTS[name], 60)
    outcome = walk(run)
    manifest = pl.read_parquet(run / "manifest.parquet").sort("sequence")
    assert outcome.findings == []
    assert [e.piece for e in outcome.envelopes] == manifest["piece_id"].to_list()
    assert (outcome.own_sheets > 0) == ("spool.banner" in VARIANTS[name])


@pytest.mark.parametrize("name", ["lifts", "goes", "roll"])
def test_a_sample_of_all_sheets_has_no_finding_either(common: Path, name: str) -> None:
    run = finished_run(common, f"floor-as-{name}", VARIANTS[name], 60)
    outcome = walk(run, sample=10**6)
    assert outcome.findings == []
    assert outcome.own_sheets > 0


def test_books_are_not_sampled(common: Path) -> None:
    run = finished_run(common, "floor-as-books", VARIANTS["books"], 60)
    with pytest.raises(UsageError, match="drawn by lot"):
        walk(run, sample=5)


def test_a_pile_cut_by_another_scheme_is_found_out(common: Path) -> None:
    """The stacks of a run laid as if its scheme were another: nothing goes out wrong."""
    run = finished_run(common, "floor-in-head_to_foot", sheet_of("head_to_foot"), 40)
    outcome = walk(run, finishing="come_and_go")
    assert outcome.findings
    assert outcome.wrong_out == 0


def test_a_roll_without_its_marks_is_found_out(common: Path) -> None:
    """The work order says that the web is cut at marks and folded; the print file has none."""
    import json
    import shutil

    run = finished_run(common, "floor-as-roll", VARIANTS["roll"], 60)
    plain = finished_run(
        common, "floor-as-roll-plain", {**VARIANTS["roll"], "imposition.marks": ["crop", "text"]}, 60
    )
    copy = run.with_name("swapped")
    shutil.copytree(run, copy)
    for file in (plain / "spool").iterdir():
        shutil.copy(file, copy / "spool")
    order = copy / "workorder" / "0001.json"
    said = json.loads(order.read_text())
    said["web_length_mm"] += 5000
    order.write_text(json.dumps(said))
    counts = walk(copy).counts
    frames = said["press_sheets"]
    folds = (frames - 3) // 4
    assert counts.pop("web_length") == 1
    assert counts.pop("web_marks") == frames - 3 + folds
    assert counts == {}
