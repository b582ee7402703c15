"""Rules that look at other documents cannot be evaluated in parts, and are refused before a cluster is asked."""

from __future__ import annotations

from typing import Any

import pytest

from printstream.base.errors import JobError
from printstream.job import Job
from printstream.rules import check_row_wise
from tests.piece.test_envelopes import BASE


def job(**changes: Any) -> Job:
    return Job.model_validate({**BASE, **changes})


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
        "SUM(a) IN (1, 2)",
        "CASE WHEN b IN ('x', 'y') THEN MAX(a) ELSE 0 END",
    ],
)
def test_what_looks_at_other_documents(text: str) -> None:
    with pytest.raises(JobError) as caught:
        check_row_wise(job(rules={"derive": {"x": text}}))
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
        "a IN ('x', 'y')",
        "CASE WHEN a NOT IN (1, 2, 3) AND b = 'x' THEN 1 ELSE 2 END",
        "DATE '1998-09-01'",
    ],
)
def test_what_looks_at_one(text: str) -> None:
    channel = "CASE WHEN x IS NULL THEN 'suppress' ELSE 'print' END"
    check_row_wise(job(rules={"derive": {"x": text}, "channel": channel}))


@pytest.mark.parametrize(
    ("setting", "where"),
    [
        ({"household": {"same": ["a", "SUM(b)"]}}, "household.same.1"),
        ({"household": {"order": ["RANK() OVER (ORDER BY a)"]}}, "household.order.0"),
        ({"household": {"apart": "b > AVG(b)"}}, "household.apart"),
        (
            {"inserts": [{"name": "a", "weight_mg": 1, "thickness_um": 1, "when": "a = MAX(a)"}]},
            "inserts.0.when",
        ),
    ],
)
def test_envelopes_that_look_at_other_documents(setting: dict[str, Any], where: str) -> None:
    with pytest.raises(JobError) as caught:
        check_row_wise(job(**setting))
    assert caught.value.where == where
