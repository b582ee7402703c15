"""Rules that look at other documents cannot be evaluated in parts, and are refused before a cluster is asked."""

from __future__ import annotations

import pytest

from printstream.base.errors import JobError
from printstream.job import Rules
from printstream.rules import check_row_wise


@pytest.mark.parametrize(
    "text",
    [
        "SUM(a)",
        "1 + MAX(a)",
        "COUNT(*)",
        "CASE WHEN a > AVG(a) THEN 'x' ELSE 'y' END",
        "SUM(a) OVER (PARTITION BY b)",
        "LAG(a) OVER (ORDER BY b)",
        "ROW_NUMBER() OVER (ORDER BY a)",
        "a + FIRST(b)",
    ],
)
def test_what_looks_at_other_documents(text: str) -> None:
    with pytest.raises(JobError) as caught:
        check_row_wise(Rules(derive={"x": text}))
    assert caught.value.where == "rules.derive.x"


@pytest.mark.parametrize(
    "text",
    [
        "a + 1",
        "CASE WHEN zip4 = '' THEN zip5 ELSE zip5 || '-' || zip4 END",
        "COALESCE(a, b)",
        "CONCAT_WS('-', a, b)",
        "LEAST(a, b)",
        "UPPER(a)",
        "SUBSTR(a, 1, 2)",
        "a BETWEEN 1 AND 2",
        "a LIKE 'x%'",
        "DATE '1998-09-01'",
    ],
)
def test_what_looks_at_one(text: str) -> None:
    check_row_wise(Rules(derive={"x": text}, channel="CASE WHEN x IS NULL THEN 'suppress' ELSE 'print' END"))
