"""The address room's kernels against the same words in polars and plain Python."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from printstream.address.posts import countries
from printstream.address.texts import (
    digits_only,
    fingerprints,
    joined,
    rows_there_twice,
    tidied,
    uppercase,
    without_digits,
)
from printstream.address.view import has_form
from tests.reference import address as twin

TEXT = st.text(max_size=9) | st.text("aZ .,'-\t\u00a0é09ıſ\u3000\x00", max_size=9)
ROWS = st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=9)


def _plain(text: str) -> str:
    # Python splits at four control characters that other rules do not call white space; ingest takes none of them.
    return text.translate(dict.fromkeys(range(0x1C, 0x20)))


def _columns(rows: list[tuple[str, str, str]]) -> list[pl.Series]:
    return [pl.Series([_plain(row[k]) for row in rows], dtype=pl.String) for k in range(3)]


@given(ROWS)
def test_fingerprints_are_equal_where_the_capitals_are_and_only_there(
    rows: list[tuple[str, str, str]],
) -> None:
    columns = _columns(rows)
    forms = [twin.plain(" ".join(parts)) for parts in zip(*map(pl.Series.to_list, columns), strict=True)]
    prints = fingerprints(columns).tolist()
    for k, form in enumerate(forms):
        assert [p == prints[k] for p in prints] == [f == form for f in forms]


def test_fingerprints_do_not_ask_where_a_line_ends_and_see_every_byte() -> None:
    def of(*parts: str) -> int:
        return int(fingerprints([pl.Series([part]) for part in parts])[0])

    assert of("Ann", "", "1 Oak St") == of("ANN 1", "oak", "st.") == of("ann-1 oak st", "", "")
    text = "abcdefghijklmnopqrstuvwxyz" * 3
    assert len({of(text[:n]) for n in range(len(text) + 1)}) == len(text) + 1
    assert len({of(text[:n] + "7" + text[n + 1 :]) for n in range(len(text))}) == len(text)


@given(st.lists(st.integers(0, 12), max_size=40))
def test_rows_there_twice_are_all_that_are(numbers: list[int]) -> None:
    prints = np.array(numbers, np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    found = rows_there_twice(prints).tolist()
    assert found == [k for k, n in enumerate(numbers) if numbers.count(n) > 1]


@given(rows=ROWS, glued=st.booleans())
def test_joined_parts_have_single_blanks(rows: list[tuple[str, str, str]], *, glued: bool) -> None:
    columns = _columns(rows)
    lines = []
    for first, second, third in zip(*map(pl.Series.to_list, columns), strict=True):
        text = f"{first} {second}{f'-{third}' if third else ''}" if glued else f"{first} {second} {third}"
        lines.append(" ".join(text.split()))
    assert joined(columns, glued=glued).to_list() == lines


@given(ROWS)
def test_capitals_digits_and_blanks_at_the_ends_are_what_polars_says(
    rows: list[tuple[str, str, str]],
) -> None:
    for column in _columns(rows):
        frame = column.alias("a").to_frame()
        sliced = pl.concat([pl.Series(["no good"]), column])[1:]
        assert uppercase(sliced).to_list() == column.str.to_uppercase().to_list()
        assert tidied(frame, "a").to_list() == column.str.strip_chars().to_list()
        assert digits_only(sliced, 2).to_list() == column.str.contains("^[0-9]{2}$").to_list()
        has = column.str.contains("[0-9]").to_numpy()
        assert without_digits(sliced).tolist() == np.flatnonzero(~has & (column != "").to_numpy()).tolist()


def test_an_absent_column_is_empty_and_nulls_are() -> None:
    frame = pl.DataFrame({"a": [None, " x ", "y"]})
    assert tidied(frame, None).to_list() == [""] * 3
    assert tidied(frame, "a").to_list() == ["", "x", "y"]


@pytest.mark.parametrize(
    ("home", "good", "bad"),
    [
        ("us", "00501", "0050１"),
        ("cn", "100000", "10000"),
        ("au", "2000", "20000"),
        ("ca", "K1A 0B1", "K1A0B"),
        ("any", "x", ""),
    ],
)
def test_codes_have_the_form_of_their_home(home: str, good: str, bad: str) -> None:
    assert has_form(pl.Series([good, bad]), home).to_list() == [True, False]


def test_no_country_has_a_digit_in_its_name() -> None:
    # The room looks for countries only in last lines without one.
    assert not [
        name
        for home in ("us", "gb")
        for name in countries().names_abroad(home)
        if set(name) & set("0123456789")
    ]
