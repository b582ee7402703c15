"""What a column shows at a glance, against the checks row by row: a glance that passes hides no fault."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printstream.ingest import checks as room
from printstream.ingest.amounts import max_cents
from printstream.ingest.schema import Form
from printstream.kernels.ingest import UNREADABLE
from tests.ingest.inputs import WANTED, make_job

JOB = make_job()
FORMS = {
    "account": Form.WHOLE,
    "total": Form.WHOLE,
    "opened": Form.DATE,
    "months": Form.LIST,
    "segment": Form.TEXT,
    "orders": Form.WHOLE,
}
CHECKS = [check for check in room._checks(JOB, FORMS, [*WANTED, "orders"]) if check.looked_at is not None]
TYPES = {
    "opened": pl.Date,
    "months": pl.List(pl.Int64),
    room.DUPLICATE: pl.Boolean,
    **dict.fromkeys(("account", "total", "orders"), pl.Int64),
}
LIMIT = max_cents(JOB)
CODES = st.text("0123456789 x０", max_size=6) | st.sampled_from(["00601", "99999", "1234", "12", "", "00000"])
LINES = st.text("A b\t\x1c\x85\xa0\u3000é中", max_size=4)
NUMBERS = st.sampled_from([0, 1, -1, LIMIT, -LIMIT, LIMIT + 1, -LIMIT - 1, UNREADABLE, UNREADABLE + 1])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("account", "total", "orders"), NUMBERS),
    **dict.fromkeys(("name", "street"), LINES),
    **dict.fromkeys(("zip5", "zip4", "point"), CODES),
    "opened": st.dates(date(1, 1, 1), date(9999, 12, 31)),
    "months": st.lists(st.none() | st.just(7), min_size=11, max_size=13) | st.just([7] * 12),
    room.DUPLICATE: st.booleans(),
}


def _fails(check: room.Check, values: pl.Series) -> bool:
    return bool(values.to_frame().select(check.fails.fill_null(value=False).any()).item())


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: f"{check.column}: {check.reason}")
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_glance_that_passes_hides_no_fault(check: room.Check, data: st.DataObject) -> None:
    assert check.looked_at is not None
    strategy = VALUES[check.looked_at]
    may_be_absent = check.looked_at != room.DUPLICATE
    values = data.draw(st.lists(st.none() | strategy if may_be_absent else strategy, max_size=4))
    parts = [
        pl.Series(check.looked_at, part, TYPES.get(check.looked_at, pl.String))
        for part in (values[:2], values[2:])
    ]
    column = pl.concat(parts)  # in several pieces, as files give it
    assert not (check.passes(column) and _fails(check, column))
    assert not (check.passes(column[1:]) and _fails(check, column[1:]))


@pytest.mark.parametrize("days", [-719_163, 2_932_897])
def test_dates_without_a_year_that_can_be_printed_do_not_pass(days: int) -> None:
    check = next(c for c in CHECKS if c.column == "opened" and "absurd" in str(c.reason))
    column = pl.Series("opened", [days, 0], pl.Int32).cast(pl.Date)
    assert _fails(check, column)
    assert not check.passes(column)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: f"{check.column}: {check.reason}")
def test_sound_columns_pass(check: room.Check) -> None:
    sound = {
        "name": ["Ada Lovelace", "é B"], "street": ["12 Main Street", "x"], "zip5": ["00601", "10001"],
        "zip4": ["1234", ""], "point": ["", "12"], "opened": [date(1, 1, 1), date(9999, 12, 31)],
        "months": [[1] * 12, list(range(12))], room.DUPLICATE: [False, False],
    }  # fmt: skip
    assert check.looked_at is not None
    values = sound.get(check.looked_at, [5, -5])
    column = pl.Series(check.looked_at, values, TYPES.get(check.looked_at, pl.String))
    assert check.passes(column)
    assert not _fails(check, column)
