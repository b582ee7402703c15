"""The best reader never cries wolf, and finds what a list of all runs finds."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printstream.base.program import SheetMarks
from printstream.marks import load_profile, marks_of, shipped
from printstream.marks.faults import MOST_SHEETS, Reader, Sheet, try_faults
from tests.draw.drawkit import job_of
from tests.marks.test_sheet_words import NO_TRACK

READERS: dict[str, Reader] = {}


def reader_of(name: str) -> Reader:
    if name not in READERS:
        READERS[name] = Reader(marks_of(load_profile(name), job_of()))
    return READERS[name]


def sheets_of(counts: list[int]) -> list[Sheet]:
    out: list[Sheet] = []
    for piece, count in enumerate(counts):
        out += [(len(out) + k, piece, k + 1, count) for k in range(count)]
    return out


@settings(max_examples=40)
@given(
    counts=st.lists(st.integers(1, MOST_SHEETS), min_size=1, max_size=12), name=st.sampled_from([*shipped()])
)
def test_a_sound_run_is_never_refused(counts: list[int], name: str) -> None:
    reader = reader_of(name)
    assert reader.revealed_at([reader.says(sheet) for sheet in sheets_of(counts)]) is None


@settings(max_examples=60)
@given(
    counts=st.lists(st.integers(1, 3), min_size=2, max_size=4),
    gone=st.integers(0, 11),
    name=st.sampled_from(["pb_fastpac_basic", "hefter", "bell_howell_generic", "neopost_bcr"]),
)
def test_a_missing_sheet_is_found_when_no_run_looks_like_that(
    counts: list[int], gone: int, name: str
) -> None:
    """All runs of up to five sheets a piece, written out and compared."""
    reader = reader_of(name)
    run = sheets_of(counts)
    gone %= len(run)
    read = [reader.says(sheet) for sheet in run[:gone] + run[gone + 1 :]]
    alike = False
    for length in range(1, len(read) + 1):
        for other in product(range(1, MOST_SHEETS + 1), repeat=length):
            if sum(other) - other[-1] < len(read) <= sum(other):
                alike = alike or [reader.says(s) for s in sheets_of(list(other))][: len(read)] == read
        if length > 5:
            break
    if len(read) <= 6:
        assert (reader.revealed_at(read) is None) == alike


def test_what_a_simple_track_can_and_cannot_reveal() -> None:
    end_only = SheetMarks(**{**vars(NO_TRACK), "omr": ("start", "end_of_set")})
    found = try_faults(end_only, trials=30)
    assert all(outcome.trials >= 25 for outcome in found.values())
    # Any row of sheets is a lawful run but one whose sets are longer than five sheets.
    assert found["middle sheet missing"].revealed == 0
    assert found["whole set missing"].revealed == 0
    counted = SheetMarks(
        **{**vars(end_only), "omr": ("start", "end_of_set", "sequence_1", "sequence_2", "sequence_4")}
    )
    found = try_faults(counted, trials=30)
    assert found["middle sheet missing"].revealed == found["middle sheet missing"].trials
    assert found["eight sheets missing"].revealed < found["eight sheets missing"].trials


@pytest.mark.parametrize("name", ["omr_basic", "neopost_omr", "pb_fastpac", "pb_file_2d", "pb_file_code39"])
def test_profiles_with_a_sequence_reveal_every_single_sheet(name: str) -> None:
    found = try_faults(marks_of(load_profile(name), job_of()), trials=25)
    for fault, outcome in found.items():
        if fault != "eight sheets missing":
            assert outcome.in_time == outcome.trials, fault
