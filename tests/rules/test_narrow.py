"""Narrow columns say what the wide ones said."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from printstream.rules import narrow_columns

WHOLE = st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(-200, 200)


@given(
    st.lists(
        st.tuples(WHOLE, st.lists(WHOLE, max_size=3), st.sampled_from(["", "a", "ü"]) | st.text(max_size=3))
    )
)
def test_values_stay(rows: list[tuple[int | None, list[int | None], str]]) -> None:
    frame = pl.DataFrame(
        {
            "key": pl.Series([r[0] for r in rows], dtype=pl.Int64),
            "number": pl.Series([r[0] for r in rows], dtype=pl.Int64),
            "list": pl.Series([r[1] for r in rows], dtype=pl.List(pl.Int64)),
            "text": pl.Series([r[2] for r in rows], dtype=pl.String),
            "maybe": pl.Series([r[2] or None for r in rows], dtype=pl.String),
        }
    )
    narrow = narrow_columns(frame, {"key"})
    assert narrow.columns == frame.columns
    assert narrow["key"].dtype == pl.Int64
    assert narrow.with_columns(pl.col("text", "maybe").cast(pl.String)).rows() == frame.rows()


@pytest.mark.parametrize(
    ("most", "kind"),
    [(2**31 - 1, pl.List(pl.Int32)), (2**31, pl.List(pl.Int64)), (-(2**31) - 1, pl.List(pl.Int64))],
)
def test_lists_keep_the_width_that_they_need(most: int, kind: pl.DataType) -> None:
    frame = pl.DataFrame({"months": [[1, most], [3]]}, schema={"months": pl.List(pl.Int64)})
    assert narrow_columns(frame, ()).schema["months"] == kind


def test_a_message_that_many_have_is_kept_once() -> None:
    frame = pl.DataFrame(
        {"message": ["Pay by Friday", "Thank you"] * 50, "name": [str(k) for k in range(100)]}
    )
    narrow = narrow_columns(frame, ())
    assert narrow.schema["message"] == pl.Enum(["Pay by Friday", "Thank you"])
    assert narrow.schema["name"] == pl.String
