"""Profiles that their machine could not read are refused, and a shop's own file is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from printstream.base.errors import JobError
from printstream.marks import load_profile, marks_of, sheet_marks, shipped
from printstream.marks.profile import Profile, load_own_profile
from tests.draw.drawkit import job_of

MM = 72_000 / 25.4


def changed(name: str, section: str, **changes: Any) -> Profile:
    profile = load_profile(name)
    part = getattr(profile, section)
    return profile.model_copy(update={section: part.model_copy(update=changes)})


def refusal(profile: Profile, **job: Any) -> str:
    with pytest.raises(JobError) as caught:
        marks_of(profile, job_of(**job))
    assert caught.value.where == "job.inserter.profile"
    return str(caught.value)


@pytest.mark.parametrize("name", [*shipped()])
def test_shipped_profiles_keep_their_own_limits(name: str) -> None:
    profile = load_profile(name)
    assert profile.name == name
    marks_of(profile, job_of())
    if name not in ("omr_basic", "omr_select"):  # their marks end at the edge of A4
        marks_of(profile, job_of(stock={"name": "A4", "width": "210mm", "height": "297mm"}))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"thickness": round(0.3 * MM)}, "the thickness is 0.30 mm, the machine takes 0.35 to 0.70 mm"),
        ({"thickness": round(0.8 * MM)}, "the thickness is 0.80 mm"),
        ({"length": round(9 * MM)}, "the length is 9.00 mm"),
        ({"pitch": round(2 * MM)}, "the pitch is 2.00 mm"),
        ({"pitch": round(6.35 * MM), "marks": ("start", "end_of_set") * 7}, "the track is 83.04 mm"),
        ({"right": round(50 * MM)}, "sheet's centre line is 51.95 mm, the machine takes 59.00 to 108.00 mm"),
        ({"top": round(19 * MM)}, "to the first mark is 19.00 mm, the machine takes 20.00 mm"),
        ({"top": round(220 * MM)}, "to the bottom edge is 12."),
        ({"clear_side": round(2 * MM)}, "the clear_side is 2.00 mm"),
        ({"clear_above": round(19 * MM)}, "the clear_above is 19.00 mm"),
        ({"clear_below": 0}, "the clear_below is 0.00 mm"),
        ({"marks": ("safety", "start", "end_of_set")}, "start must be the first or the last mark"),
        ({"marks": ("start", "safety")}, "one of end_of_set"),
        ({"marks": ("start", "end_of_set", "parity", "parity_odd")}, "one parity mark at most"),
        ({"marks": ("start", "end_of_set", "paritty")}, "'paritty' is no mark"),
        ({"marks": ("start", "end_of_set", "sequence_3")}, "a counter's marks are its bits"),
        ({"marks": ("start", "end_of_set", "match_1")}, "'match_1' is no mark"),
        ({"marks": ("start", "end_of_set", "not_parity")}, "must stand on every sheet"),
    ],
)
def test_a_track_beyond_the_manual_is_refused(changes: dict[str, Any], said: str) -> None:
    assert said in refusal(changed("pb_di500", "omr", **changes))


def test_too_many_places_are_refused() -> None:
    profile = changed("pb_di500", "omr", marks=("start", *["end_of_set"] * 24), pitch=round(2.6 * MM))
    assert "the track has 25 places, the machine reads 24" in refusal(profile)


def test_a_mark_out_of_the_machines_order_is_refused() -> None:
    marks = ("start", "end_of_set", "divert", "safety")
    assert "'divert' does not stand in the machine's order" in refusal(
        changed("neopost_omr", "omr", marks=marks)
    )
    closed_up = ("start", "end_of_set", "sequence_1", "safety")
    assert marks_of(changed("neopost_omr", "omr", marks=closed_up), job_of()).omr == closed_up


def test_marks_that_touch_are_refused() -> None:
    assert "touch" in refusal(changed("hefter", "omr", pitch=1_400))


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("neopost_bcr", {"height": round(8 * MM)}, "bars are 8.0 mm high, the machine needs 9.0 mm"),
        ("neopost_bcr", {"module": round(0.1 * MM)}, "a module is 0.100 mm"),
        ("pb_file_2d", {"modules": 14}, "14 x 14 holds 8 codewords"),
        ("pb_file_2d", {"left": 0}, "leave the sheet"),
        (
            "pb_file_i2of5",
            {"symbology": "interleaved_2of5", "text": "odd"},
            "an even number of digits, not 11",
        ),
        ("pb_file_i2of5", {"text": "letters"}, "digits only"),
        ("pb_code39", {"text": "unknown"}, "'nothing' is no number"),
    ],
)
def test_a_code_that_cannot_be_read_is_refused(name: str, changes: dict[str, Any], said: str) -> None:
    profile = load_profile(name)
    (code,) = profile.codes
    texts = {
        "odd": code.text[:-1],
        "letters": (*code.text[:-1], code.text[0].model_copy(update={"base": 16, "digits": 1})),
        "unknown": (
            code.text[0],
            code.text[2].model_copy(update={"value": "nothing"}),
        ),
    }
    if "text" in changes:
        changes = changes | {"text": texts[changes["text"]]}
    own = profile.model_copy(update={"codes": (code.model_copy(update=changes),)})
    assert said in refusal(own)


OWN = """
format: printstream-inserter/1
name: our_kern
title: The shop's own Kern
extends: kern_generic
tables:
  group: {single: "|||", first: "|..", middle: "...", last: "..|"}
limits: {thickness: [0.4mm, 0.6mm]}
"""


def test_a_shops_own_file_extends_a_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "inserter.yaml").write_text(OWN)
    job = job_of(inserter={"own_profile": "inserter.yaml"})
    marks = sheet_marks(job, tmp_path)
    assert marks.omr == marks_of(load_profile("kern_generic"), job).omr
    assert marks.tables == {"group": ("|||", "|..", "...", "..|")}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kern_generic", "kern_generik", "no inserter profile 'kern_generik' to extend"),
        ('single: "|||"', 'single: "||"', "same number of places"),
        ('single: "|||"', 'single: "|x|"', "required form"),
        ("[0.4mm, 0.6mm]", "[0.6mm, 0.7mm]", "the thickness is 0.49 mm"),
    ],
)
def test_a_faulty_file_of_the_shop_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert OWN.count(old) == 1
    (tmp_path / "inserter.yaml").write_text(OWN.replace(old, new))
    with pytest.raises(JobError) as caught:
        sheet_marks(job_of(inserter={"own_profile": "inserter.yaml"}), tmp_path)
    assert said in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JobError):
        load_own_profile(tmp_path / "none.yaml")
