"""Texts of which few differ are found; nearly all that differ are not even counted."""

from __future__ import annotations

from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from printstream.base.texts import few_texts

ROWS = 40_000


@given(st.lists(st.sampled_from(["", "a", "b", "é", "message"]), max_size=60))
def test_of_short_columns_all_is_counted(texts: list[str]) -> None:
    found = few_texts(pl.Series(texts, dtype=pl.String))
    distinct = list(dict.fromkeys(texts))
    assert (None if found is None else found.to_list()) == (
        distinct if texts and 4 * len(distinct) <= len(texts) else None
    )


@pytest.mark.parametrize(
    "texts",
    [
        [f"city {k % 8_000}" for k in range(ROWS)],
        [f"city {k // 5}" for k in range(ROWS)],
        [f"{k}" if k < 5_000 else "then one" for k in range(ROWS)],
        ["first one" if k < 35_000 else f"{k}" for k in range(ROWS)],
    ],
    ids=["mixed", "sorted", "different at first", "different at last"],
)
def test_few_texts_are_found_wherever_they_stand(texts: list[str]) -> None:
    found = few_texts(pl.Series(texts))
    assert found is not None
    assert found.to_list() == list(dict.fromkeys(texts))


def test_where_nearly_all_differ_a_sample_is_enough() -> None:
    texts = pl.Series([f"name {k % 39_000}" for k in range(ROWS)])
    with patch.object(pl.Series, "unique", side_effect=AssertionError("counted")):
        assert few_texts(texts) is None
