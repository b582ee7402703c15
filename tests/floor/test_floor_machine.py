"""The inserter's logic over made-up readings, the windows' geometry, sampling, the pile."""

from __future__ import annotations

from fractions import Fraction
from math import comb
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printstream.base.errors import JobError
from printstream.base.units import parse_length_mpt as mpt
from printstream.floor import faults
from printstream.floor.inserter import Fed, Inserter
from printstream.floor.press import pile
from printstream.floor.profile import ReadProfile, read_profile
from printstream.floor.reader import Reading
from printstream.floor.sampling import choose, faulty_at_most
from printstream.floor.setup import Finishing, SpoolOrder, WorkOrder, read_finishing, read_shop
from printstream.floor.walk import _wrong_out

SHOP = read_shop("us_letter")
ORDER = WorkOrder(
    Path(), "j", "r", "one_up", 612_000, 792_000, 90, 110, "omr_basic", "JOB1",
    (SpoolOrder(Path(), "letter", "#10 window", 4700, 200, 2),),
)  # fmt: skip


def readings(sheets: list[int], profile: ReadProfile) -> list[Reading]:
    """What eyes would see of pieces with so many sheets each."""
    seen = []
    run = 0
    for piece, count in enumerate(sheets, 1):
        for sheet in range(1, count + 1):
            bits = 0
            if profile.track:
                there = {"start": True, "safety": True, "end_of_set": sheet == count}
                there |= {f"sequence_{1 << b}": bool(run >> b & 1) for b in range(3)}
                for place, mark in enumerate(profile.track.marks):
                    bits |= there.get(mark, False) << place
                bits |= bits.bit_count() % 2 << profile.track.marks.index("parity")
            code = f"JOB1{piece:08d}{sheet:03d}{count:03d}" if profile.code else ""
            status = 0 if profile.track else -1
            seen.append(Reading(status, bits, 0, 0, code, 500, 0, 0, 0, 1 if sheet == 1 else 0))
            run += 1
    return seen


def true_sets(sheets: list[int]) -> np.ndarray:
    return np.repeat(np.arange(len(sheets)), sheets)


piles = st.lists(st.integers(1, 5), min_size=4, max_size=30)
machines = st.sampled_from([("omr",), ("code",), ("omr", "code")])


@given(piles, machines)
def test_a_sound_pile_becomes_its_pieces(sheets: list[int], heads: tuple[str, ...]) -> None:
    profile = read_profile("omr_basic", "JOB1").only(heads)
    feed = (Fed(0, place, (), reading) for place, reading in enumerate(readings(sheets, profile)))
    made = list(Inserter(profile, SHOP, ORDER).envelopes(feed))
    assert [len(e.places) for e in made] == sheets
    assert all(e.good for e in made)
    if "code" in heads:
        assert [e.piece for e in made] == list(range(1, len(sheets) + 1))


@settings(max_examples=300)
@given(piles, machines, st.sampled_from(["drop", "double", "repeat", "swap", "lost_piece"]), st.data())
def test_one_mishap_in_the_pile_never_lets_a_wrong_envelope_out(
    sheets: list[int], heads: tuple[str, ...], kind: str, data: st.DataObject
) -> None:
    profile = read_profile("omr_basic", "JOB1").only(heads)
    sets = true_sets(sheets)
    # A file's first and last sheets have no neighbour by which the gap would show; the manifest shows those.
    place = data.draw(st.integers(1, sets.size - 3))
    last = place + (kind in ("swap", "double"))
    if kind == "lost_piece":
        own = np.flatnonzero(sets == sets[place])
        place, last = int(own[0]), int(own[-1])
        if place == 0 or last == sets.size - 1 or (heads == ("omr",) and (last + 1 - place) % 8 == 0):
            return
    mishap = faults.Mishap(kind, 0, place, last, 0)
    seen = readings(sheets, profile)
    zeros = np.zeros(sets.size, np.int64)
    feed = [Fed(0, p, below, seen[p]) for p, below in faults.feeding_order([mishap], zeros, zeros)]
    made = list(Inserter(profile, SHOP, ORDER).envelopes(feed))
    assert any(not e.good for e in made)
    assert _wrong_out(made, sets) == 0


def test_eight_lost_sheets_are_not_seen_by_three_bits() -> None:
    """The limit that docs/floor.md names, proved: the marks alone let it pass, the code does not."""
    sheets = [1] * 20
    feed_of = lambda profile: (  # noqa: E731
        Fed(0, p, (), r) for p, r in enumerate(readings(sheets, profile)) if not 4 <= p < 12
    )
    for heads, seen in ((("omr",), False), (("omr", "code"), True)):
        profile = read_profile("omr_basic", "JOB1").only(heads)
        made = list(Inserter(profile, SHOP, ORDER).envelopes(feed_of(profile)))
        assert any(not e.good for e in made) is seen


def test_contradictions_and_foreign_codes_are_found() -> None:
    profile = read_profile("omr_basic", "JOB1")
    seen = readings([2, 2, 1, 1, 1], profile)
    cases = {
        "wrong_job": seen[2]._replace(code="JOB2" + seen[2].code[4:]),
        "marks_disagree": seen[2]._replace(code=seen[2].code[:-3] + "001"),
        "unreadable_code": seen[2]._replace(code="12"),
        "misplaced_code": seen[2]._replace(code_shift_um=2600),
        "misplaced_marks": seen[2]._replace(mark_shift_um=-2500),
        "skewed": seen[2]._replace(skew_mdeg=-1600),
        "clear_zone": seen[2]._replace(stray=41),
        "ink_on_back": seen[2]._replace(back_ink=41),
        "unreadable_marks": seen[2]._replace(bits=seen[2].bits & ~1),
        "blank_sheet": Reading(1, 0, 0, 0, "", 0, 0, 0, 0, 0),
        "no_address": seen[2]._replace(window=2),
        "address_cut": seen[2]._replace(window=3),
    }
    for kind, reading in cases.items():
        feed = [Fed(0, p, (), reading if p == 2 else r) for p, r in enumerate(seen)]
        made = list(Inserter(profile, SHOP, ORDER).envelopes(feed))
        kinds = {f.kind for e in made for f in e.findings}
        assert kind in kinds, kind
        bits = seen[2].bits ^ 4
        odd = [Fed(0, p, (), r._replace(bits=bits) if p == 2 else r) for p, r in enumerate(seen)]
        assert "marks_disagree" in {
            f.kind for e in Inserter(profile, SHOP, ORDER).envelopes(odd) for f in e.findings
        }


# ---- the window


def test_the_window_is_that_of_the_statements_template() -> None:
    """jobs/statement/template.yaml: 0.875-4.375 in from the left, 2.5-3.167 in from the top, wherever the letter slides."""
    left, top, right, bottom = SHOP.envelopes["#10 window"].certain_to_be_seen(612_000, 264_000) or (0,) * 4
    assert (left, right) == (mpt("0.875in"), mpt("4.375in"))
    assert top == mpt("2.5in")
    assert bottom == mpt("228pt")


@given(st.floats(0, 1), st.floats(0, 1))
def test_what_is_certain_to_be_seen_is_seen_wherever_the_insert_lies(across: float, up: float) -> None:
    envelope = SHOP.envelopes["#10 window"]
    assert envelope.window is not None
    left, top, right, bottom = envelope.certain_to_be_seen(612_000, 264_000) or (0,) * 4
    x = across * (envelope.width - 612_000)
    y = up * (envelope.height - 264_000)
    window = envelope.window
    assert x + left >= window.left
    assert x + right <= window.left + window.width + 1e-6
    assert y + 264_000 - bottom >= window.bottom
    assert y + 264_000 - top <= window.bottom + window.height + 1e-6


def test_an_insert_that_does_not_fit_is_refused() -> None:
    with pytest.raises(JobError, match="does not fit"):
        SHOP.envelopes["#10 window"].certain_to_be_seen(612_000, 792_000)


# ---- the pile, the sample, the profile


def test_the_pile_is_that_of_the_cutter() -> None:
    assert pile(read_finishing("two_up_cut_and_stack"), 2).tolist() == [
        [0, 0, 0],
        [1, 0, 0],
        [0, 1, 1],
        [1, 1, 1],
    ]
    assert pile(read_finishing("one_up"), 2).tolist() == [[0, 0, 0], [1, 0, 0]]


@given(st.integers(1, 5), st.integers(1, 5), st.sampled_from(["vertical_axis", "horizontal_axis"]))
def test_a_sheet_turned_twice_lies_as_before(across: int, down: int, turn: str) -> None:
    finishing = Finishing.model_validate(
        {
            "format": "printstream-finishing/1",
            "name": "n",
            "title": "t",
            "across": across,
            "down": down,
            "turn": turn,
            "stacks": tuple(range(1, across * down + 1)),
        }
    )
    pages = range(across * down)
    backs = [finishing.back(page) for page in pages]
    assert sorted(backs) == list(pages)
    assert [finishing.back(page) for page in backs] == list(pages)


@given(st.integers(0, 5), st.integers(6, 60))
def test_the_bound_is_where_so_few_would_be_found_one_time_in_twenty(found: int, size: int) -> None:
    share = Fraction(faulty_at_most(found, size, 10**6))
    chance = sum(comb(size, k) * share**k * (1 - share) ** (size - k) for k in range(found + 1))
    assert float(chance) == pytest.approx(0.05, abs=1e-6)


def test_a_sample_is_seeded_and_without_return() -> None:
    first = choose(1000, 100, 7)
    assert len(set(first.tolist())) == 100
    assert first.tolist() == choose(1000, 100, 7).tolist() != choose(1000, 100, 8).tolist()
    assert faulty_at_most(0, 1000, 1000) == 0


@pytest.mark.parametrize(
    ("name", "says"), [("boewe_generic", "where a set begins or ends"), ("pb_code39", "neither marks")]
)
def test_a_profile_that_the_floor_cannot_go_by_is_refused(name: str, says: str) -> None:
    with pytest.raises(JobError, match=says):
        read_profile(name, "JOB1").only(("omr", "code"))


def test_a_text_laid_out_item_by_item_is_taken_apart() -> None:
    code = read_profile("pb_file_2d", "JOB1").code
    assert code is not None
    match = code.pattern.fullmatch("JOB100000042002003X")
    assert match is not None
    assert (int(match["piece"]), int(match["sheet"]), int(match["sheets"])) == (42, 2, 3)
    assert code.pattern.fullmatch("JOB100000042002003") is None


def test_a_track_that_is_read_upwards_and_measured_from_the_right() -> None:
    track = read_profile("boewe_generic", "J", 612_000).track
    assert track is not None
    assert (track.marks[0], track.marks[-1]) == ("safety", "start")
    assert track.left == 612_000 - mpt("6mm") - mpt("12mm")


def test_a_profile_without_anything_to_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("format: printstream-inserter/1\nname: own\ntitle: t\n")
    with pytest.raises(JobError, match="neither marks"):
        read_profile(str(path), "J")
    path.write_text("name: own\nomr: {marks: [start]}\n")
    with pytest.raises(JobError, match="lacks what the floor needs"):
        read_profile(str(path), "J")
