"""Counters, parity and texts of every sheet against a twin that walks sheet by sheet."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printstream.base.errors import JobError
from printstream.base.program import CodeItem, CodeMark, CounterRule, SheetMarks
from printstream.marks import code_texts, piece_control, sheet_facts, sheet_words, word_text
from printstream.marks.words import CONTROL_BITS
from tests.reference import inserter as twin

NO_TRACK = SheetMarks((), 0, 0, 0, 0, 0, "", 0, 0, 0, 0, ())
TABLES = {"group": {"single": "||.", "first": "|..", "middle": ".|.", "last": "..|"}}
PLAIN = (
    *(
        "start",
        "safety",
        "timing",
        "absent",
        "begin_of_set",
        "end_of_set",
        "not_end_of_set",
        "not_begin_of_set",
    ),
    *("insert_1", "insert_16", "insert_3@last", "not_insert_2", "divert", "divert@last", "not_divert@first"),
    *("end_of_tray", "end_of_spool", "group_1", "group_2", "group_3", "not_group_1"),
    *("a_1", "a_2", "a_4", "a_8", "not_a_1", "b_1", "b_2", "b_4@first"),
)
DOES = ("divert", "end_of_tray", "end_of_spool")

PIECES = st.lists(
    st.tuples(st.integers(1, 9), st.frozensets(st.sampled_from(DOES)), st.integers(0, 0xFFFF)),
    min_size=1,
    max_size=8,
)


@st.composite
def counters(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    found = {}
    for name in ("a", "b"):
        first = draw(st.integers(0, 5))
        found[name] = {
            "counts": draw(st.sampled_from(["sheets", "pieces", "sheets_of_piece", "sheets_left"])),
            "first": first,
            "last": draw(st.integers(first + 1, first + 15)),
            "direction": draw(st.sampled_from(["up", "down"])),
        }
    return found


def rules(found: dict[str, dict[str, Any]]) -> dict[str, CounterRule]:
    return {
        name: CounterRule(c["counts"], c["first"], c["last"], c["direction"] == "down")
        for name, c in found.items()
    }


def control_of(pieces: list[tuple[int, frozenset[str], int]]) -> np.ndarray:
    return np.array(
        [inserts | sum(1 << CONTROL_BITS[name] for name in does) for _, does, inserts in pieces], np.uint32
    )


def facts_of(pieces: list[tuple[int, frozenset[str], int]], skip: int = 0) -> Any:
    first = np.concatenate([[0], np.cumsum([p[0] for p in pieces])]).astype(np.int64)
    return sheet_facts(first, control_of(pieces)[skip:], int(first[skip]), int(first[-1]))


@settings(max_examples=200)
@given(
    pieces=PIECES,
    marks=st.lists(st.sampled_from(PLAIN), min_size=1, max_size=20, unique=True),
    parity=st.sampled_from([None, "parity", "parity_odd"]),
    at=st.integers(0, 20),
    count=counters(),
)
def test_words_are_the_twins(
    pieces: Any, marks: list[str], parity: str | None, at: int, count: dict[str, dict[str, Any]]
) -> None:
    if parity:
        marks.insert(min(at, len(marks)), parity)
    spec = SheetMarks(
        **{
            **vars(NO_TRACK),
            "omr": tuple(marks),
            "counters": rules(count),
            "tables": {name: tuple(t.values()) for name, t in TABLES.items()},
        }
    )
    words = sheet_words(spec, facts_of(pieces))
    wanted = [twin.track(marks, place, count, TABLES) for place in twin.places(pieces)]
    assert [word_text(int(word), len(marks)) for word in words] == wanted
    if parity:
        assert {text.count("|") % 2 for text in wanted} == {int(parity == "parity_odd")}


@given(pieces=PIECES, skip=st.integers(0, 7))
def test_a_part_of_the_run_says_what_the_whole_says(pieces: Any, skip: int) -> None:
    skip = min(skip, len(pieces) - 1)
    spec = SheetMarks(**{**vars(NO_TRACK), "omr": ("a_1", "insert_1", "end_of_set", "parity")})
    spec = SheetMarks(**{**vars(spec), "counters": {"a": CounterRule("sheets", 1, 5)}})
    whole, part = facts_of(pieces), facts_of(pieces, skip)
    assert part.run.tolist() == whole.run.tolist()[part.base :]
    assert sheet_words(spec, part).tolist() == sheet_words(spec, whole).tolist()[part.base :]


@pytest.mark.parametrize("scope", ["first", "last"])
def test_a_track_on_one_sheet_of_the_set(scope: str) -> None:
    spec = SheetMarks(**{**vars(NO_TRACK), "omr": ("start",), "omr_on": scope})
    words = sheet_words(spec, facts_of([(3, frozenset(), 0), (1, frozenset(), 0), (2, frozenset(), 0)]))
    assert words.tolist() == {"first": [1, 0, 0, 1, 1, 0], "last": [0, 0, 1, 1, 0, 1]}[scope]


ITEMS = st.one_of(
    st.builds(lambda t: {"literal": t}, st.text("ABC0123", min_size=1, max_size=4)),
    st.builds(
        lambda v, b: {"value": v, "digits": 5, "base": b},
        st.sampled_from(["piece", "sheet", "sheets", "sheets_left", "inserts", "divert", "a", "b"]),
        st.sampled_from([10, 16, 32, 36]),
    ),
    st.builds(
        lambda bits: {"bits": bits},
        st.lists(
            st.sampled_from([*PLAIN[:4], "end_of_set", "insert_1", "a_1", "b_2", "parity"]),
            min_size=1,
            max_size=5,
            unique=True,
        ),
    ),
    st.builds(lambda c: {"check": c}, st.sampled_from(["mod43", "mod37_36"])),
)


def item_of(item: dict[str, Any]) -> CodeItem:
    if "literal" in item:
        return CodeItem("literal", item["literal"])
    if "value" in item:
        return CodeItem("number", item["value"], item["digits"], item["base"])
    return CodeItem("bits", bits=tuple(item["bits"])) if "bits" in item else CodeItem("check", item["check"])


@settings(max_examples=200)
@given(pieces=PIECES, items=st.lists(ITEMS, min_size=1, max_size=6), count=counters())
def test_texts_are_the_twins(
    pieces: Any, items: list[dict[str, Any]], count: dict[str, dict[str, Any]]
) -> None:
    items = [{"literal": "7"}, *items]
    code = CodeMark("code39", tuple(map(item_of, items)), 0, 0, 700)
    spec = SheetMarks(**{**vars(NO_TRACK), "codes": (code, code), "counters": rules(count)})
    texts = code_texts(spec, facts_of(pieces))
    wanted = [2 * twin.code_text(items, place, "", count, {}) for place in twin.places(pieces)]
    assert [row.tobytes().decode() for row in texts] == wanted


@given(text=st.text("0123456789", min_size=1, max_size=13))
def test_mod10_is_the_check_digit_of_gs1(text: str) -> None:
    code = CodeMark("interleaved_2of5", (CodeItem("literal", text), CodeItem("check", "mod10")), 0, 0, 700)
    spec = SheetMarks(**{**vars(NO_TRACK), "codes": (code,)})
    found = code_texts(spec, facts_of([(1, frozenset(), 0)]))[0].tobytes().decode()
    assert found == text + twin.check("mod10", text)


def test_check_characters_of_the_standards_own_examples() -> None:
    # GS1 General Specifications, 7.9: 629104150021 -> 3. CODE39 adds up to 75, 32 more than 43: W.
    assert twin.check("mod10", "629104150021") == "3"
    assert twin.check("mod43", "CODE39") == "W"


def test_a_number_beyond_its_digits_is_refused() -> None:
    code = CodeMark("code39", (CodeItem("number", "sheets", 1),), 0, 0, 700)
    spec = SheetMarks(**{**vars(NO_TRACK), "codes": (code,)})
    code_texts(spec, facts_of([(9, frozenset(), 0)]))
    with pytest.raises(JobError, match="goes up to 10, more than 1 digits"):
        code_texts(spec, facts_of([(10, frozenset(), 0)]))


def test_what_is_done_with_a_piece() -> None:
    pieces = pl.DataFrame(
        {
            "tray_id": [1, 1, 2, 2, 2],
            "weight_mg": [5, 50, 5, 5, 51],
            "thickness_um": [1, 1, 1, 9, 1],
            "inserts": [0, 1, 2, 3, 0x1FFFF],
        }
    )
    spool = np.array([1, 1, 1, 2, 2], np.uint32)
    control = piece_control(pieces, spool, 50, 8).tolist()
    names = {name: [bool(word >> bit & 1) for word in control] for name, bit in CONTROL_BITS.items()}
    assert names["insert_1"] == [False, True, False, True, True]
    assert names["insert_2"] == [False, False, True, True, True]
    assert names["insert_16"] == [False] * 4 + [True]
    assert names["divert"] == [False, False, False, True, True]
    assert names["end_of_tray"] == [False, True, True, False, True]
    assert names["end_of_spool"] == [False, False, True, False, True]
    assert not any(piece_control(pieces.drop("inserts"), spool)[k] & 0x1FFFF for k in range(5))
