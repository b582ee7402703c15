"""Columns added to a frame and taken from it, against polars' own queries."""

from __future__ import annotations

import polars as pl
from polars.testing import assert_frame_equal

from printstream.base.frames import with_series, without

FRAME = pl.DataFrame({"a": [1, 2], "b": ["x", None], "c": [True, False]})


def test_new_columns_come_last_and_others_keep_their_place() -> None:
    added = pl.Series("z", [1.5, 2.5]), pl.Series("b", ["p", "q"])
    assert_frame_equal(with_series(FRAME, *added), FRAME.with_columns(*added))
    assert FRAME.columns == ["a", "b", "c"]
    assert FRAME["b"].to_list() == ["x", None]


def test_what_is_left_out() -> None:
    assert_frame_equal(without(FRAME, ("b", "nowhere")), FRAME.drop("b"))
    assert FRAME.width == 3
