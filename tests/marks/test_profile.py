"""Inserter profiles: what they ask of a sheet, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from printstream.base import program as w
from printstream.base.errors import JobError
from printstream.base.units import parse_length_mpt
from printstream.base.yamlfile import load_model
from printstream.kernels import datamatrix as dm
from printstream.marks import profile as room
from printstream.marks import sheet, sheet_marks
from printstream.marks.profile import Profile, load_profile
from tests.draw.drawkit import Letters, job_of, template_of

SHIPPED = Path(room.__file__).parent / "profiles"
TEXT = (SHIPPED / "omr_basic.yaml").read_text("utf-8")


def profile_of(tmp_path: Path, old: str, new: str) -> Profile:
    assert TEXT.count(old) == 1
    (tmp_path / "changed.yaml").write_text(TEXT.replace(old, new), "utf-8")
    return load_model(tmp_path / "changed.yaml", Profile)


def mm(value: float) -> int:
    return parse_length_mpt(f"{value}mm")


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda p: p.stem)
def test_shipped_profiles_are_named_after_their_files(path: Path) -> None:
    assert load_profile(path.stem).name == path.stem


def test_the_basic_profile_keeps_the_limits_that_it_cites() -> None:
    """Pitney Bowes D1500/D1600 manual p. 66; FP FPi 4030 manual p. 36; ISO/IEC 16022 quiet zone."""
    omr, matrix = load_profile("omr_basic").omr, load_profile("omr_basic").matrix
    assert omr is not None
    assert matrix is not None
    assert omr.left is not None
    assert mm(0.35) <= omr.thickness <= mm(0.7)
    assert omr.length >= mm(10)
    assert omr.pitch >= mm(2.54)
    centre = omr.left + omr.length // 2 - 612_000 // 2
    assert mm(59) <= centre <= mm(108)
    assert omr.top == mm(100)
    assert omr.clear_side >= mm(7)
    assert min(omr.clear_above, omr.clear_below) >= mm(8.5)
    assert matrix.quiet_modules >= 1
    assert 612_000 - (omr.left + omr.length) >= 0


def test_marks_of_the_basic_profile() -> None:
    marks = sheet_marks(job_of(inserter={"job_code": "AB12"}))
    assert marks.omr == ("start", "end_of_set", "sequence_4", "sequence_2", "sequence_1", "parity", "safety")
    assert marks.matrix_text == "AB12{piece:pad8}{sheet:pad3}{sheets:pad3}"
    (left, top, right, bottom), quiet = marks.clear_zones_mpt
    last = marks.omr_top_mpt + 6 * marks.omr_pitch_mpt + marks.omr_thickness_mpt
    assert (left, top, right, bottom) == (
        marks.omr_left_mpt - mm(7),
        mm(100) - mm(20),
        612_000,
        last + mm(20),
    )
    side = marks.matrix_module_mpt * marks.matrix_modules
    x, y, two = marks.matrix_left_mpt, marks.matrix_top_mpt, 2 * marks.matrix_module_mpt
    assert quiet == (x - two, y - two, x + side + two, y + side + two)


def test_the_longest_text_fits_the_matrix() -> None:
    marks = sheet_marks(job_of(inserter={"job_code": "WWWWWWWW"}))
    text = (
        marks.matrix_text.replace("{piece:pad8}", "9" * 8)
        .replace("{sheet:pad3}", "999")
        .replace("{sheets:pad3}", "999")
    )
    assert "{" not in text
    codes = np.frombuffer(text.encode(), np.uint8)
    out, scratch = np.zeros(128, np.uint8), np.zeros(dm.SCRATCH_BYTES, np.uint8)
    assert (
        dm.encode_datamatrix(dm.datamatrix_tables(), codes, codes.size, marks.matrix_modules, scratch, out)
        == 0
    )


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(JobError, match="no inserter profile 'omr_bsic'") as caught:
        sheet_marks(job_of(inserter={"profile": "omr_bsic"}))
    assert caught.value.where == "job.inserter.profile"
    assert "omr_basic" in caught.value.next_step


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("parity, safety]", "Parity, safety]", "marks"),
        ("left: 198mm", "left: 198mm\n  right: 6mm", "left or right"),
        ("  left: 198mm\n", "", "left or right"),
        ("[start, end_of_set, sequence_4, sequence_2, sequence_1, parity, safety]", "[]", "marks"),
        ("modules: 20\n", "modules: 21\n", "modules"),
        ("pitch: 12pt", "pitch: 12", "pitch"),
        ("quiet_modules: 2", "quiet_modules: 0", "quiet_modules"),
        ("title:", "titel:", "titel"),
    ],
)
def test_a_wrong_profile_is_refused(tmp_path: Path, old: str, new: str, place: str) -> None:
    with pytest.raises(JobError) as caught:
        profile_of(tmp_path, old, new)
    assert "changed.yaml" in caught.value.where
    assert place in str(caught.value)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("left: 198mm", "left: 204mm"),
        ("left: 198mm", "left: -0.1mm"),
        ("top: 100mm", "top: 254mm"),
        ("top: 100mm", "top: -0.1mm"),
        ("left: 199mm", "left: 205mm"),
        ("left: 199mm", "left: 1mm"),
        ("top: 62mm", "top: 269mm"),
        ("top: 62mm", "top: 1mm"),
    ],
)
def test_marks_that_leave_the_sheet_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str
) -> None:
    changed = profile_of(tmp_path, old, new)
    monkeypatch.setattr(sheet, "load_profile", lambda name: changed)
    with pytest.raises(JobError, match="leave the sheet of Letter") as caught:
        sheet_marks(job_of())
    assert caught.value.where == "job.inserter.profile"
    assert "Choose a profile" in caught.value.next_step


def test_a_smaller_sheet_refuses_the_profile() -> None:
    with pytest.raises(JobError, match="leave the sheet of A5"):
        sheet_marks(job_of(stock={"name": "A5", "width": "148mm", "height": "210mm"}))


def test_the_track_compiles_to_one_operation() -> None:
    marks = sheet_marks(job_of())
    program = Letters(template_of(), pl.DataFrame({"key": [1]}), sheet_marks=marks).typeset().compiled.program
    (track,) = [op for op in program.ops.tolist() if op[0] == w.OP_OMR]
    assert track[1:7] == [5613, 5071, 120, 340, 14, 7]
