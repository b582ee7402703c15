"""What the rules say of households and inserts, and what they refuse."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from printstream.base import columns as c
from printstream.base.errors import JobError
from printstream.job import Job
from printstream.rules import check_enclosing, enclose, enclosing_columns
from tests.piece.test_envelopes import BASE, PEOPLE, documents_of

DOCUMENTS = documents_of(
    [(1, PEOPLE[0], "a", 2, False), (1, PEOPLE[1], "a", 1, True), (1, PEOPLE[2], "a", 0, False)]
)


def job(**changes: Any) -> Job:
    return Job.model_validate({**BASE, **changes})


def test_capitals_and_blanks_make_no_other_addressee_but_a_name_does() -> None:
    found = enclose(DOCUMENTS, job(household={}))
    assert found[c.HOUSEHOLD.name].to_list() == [0, 0, 2]
    assert found[c.ADDRESSEE.name].to_list() == [0, 0, 2]


@pytest.mark.parametrize("column", ["street", "city", "state", "postal_code", "plus4", "delivery_point"])
def test_every_part_of_the_address_counts(column: str) -> None:
    two = documents_of([(1, PEOPLE[0], "a", 0, False)] * 2)
    other = two.with_columns(pl.Series(column, ["1", "2"]))
    assert enclose(other, job(household={"same": ["house"]}))[c.HOUSEHOLD.name].to_list() == [0, 1]


def test_the_job_may_allow_different_addressees() -> None:
    found = enclose(DOCUMENTS, job(household={"same": ["house"], "different_addressees": "allow"}))
    assert found[c.HOUSEHOLD.name].to_list() == [0, 0, 0]
    assert found[c.ADDRESSEE.name].to_list() == [0, 0, 2]


def test_who_is_apart_or_has_no_key_stays_alone() -> None:
    assert enclose(DOCUMENTS, job(household={"apart": "lone"}))[c.HOUSEHOLD.name].to_list() == [0, None, 2]
    unknown = "CASE WHEN rank = 2 THEN NULL ELSE FALSE END"
    assert enclose(DOCUMENTS, job(household={"apart": unknown}))[c.HOUSEHOLD.name].to_list() == [None, 0, 2]
    blank = job(household={"same": ["CASE WHEN rank = 2 THEN ' ' ELSE house END"]})
    assert enclose(DOCUMENTS, blank)[c.HOUSEHOLD.name].to_list() == [None, 1, 2]


def test_the_order_is_the_expressions_then_the_inputs() -> None:
    assert enclose(DOCUMENTS, job(household={}))[c.HOUSEHOLD_ORDER.name].to_list() == [0, 1, 2]
    assert enclose(DOCUMENTS, job(household={"order": ["rank"]}))[c.HOUSEHOLD_ORDER.name].to_list() == [
        2,
        1,
        0,
    ]
    later = "CASE WHEN rank = 0 THEN NULL ELSE rank END"
    assert enclose(DOCUMENTS, job(household={"order": [later]}))[c.HOUSEHOLD_ORDER.name].to_list() == [
        1,
        0,
        2,
    ]


def test_wishes_are_bits_and_null_is_none() -> None:
    leaflets = [
        {"name": "a", "weight_mg": 1, "thickness_um": 1},
        {
            "name": "b",
            "weight_mg": 1,
            "thickness_um": 1,
            "when": "CASE WHEN rank = 0 THEN NULL ELSE rank = 2 END",
        },
    ]
    assert enclose(DOCUMENTS, job(inserts=leaflets))[c.INSERTS_WANTED.name].to_list() == [3, 1, 1]


@pytest.mark.parametrize(
    ("changes", "where", "word"),
    [
        ({"household": {"apart": "rank"}}, "household.apart", "neither true nor false"),
        ({"household": {"same": ["STRING_TO_ARRAY(house, 'x')"]}}, "household.same.0", "no single value"),
        ({"household": {"order": ["SELECT 1"]}}, "household.order.0", "not a query"),
        (
            {"inserts": [{"name": "a", "weight_mg": 1, "thickness_um": 1, "when": "rank"}]},
            "inserts.0.when",
            "neither",
        ),
    ],
)
def test_expressions_that_do_not_answer_are_refused(changes: dict[str, Any], where: str, word: str) -> None:
    with pytest.raises(JobError, match=word) as caught:
        enclose(DOCUMENTS, job(**changes))
    assert caught.value.where == where


def test_columns_are_asked_for_and_checked_before_data_is_read() -> None:
    rules = {"derive": {"both": "house || name"}}
    given = job(rules=rules, household={"same": ["both", "hause"], "apart": "postal_code = ''"})
    assert enclosing_columns(given) == {"name", "street", "hause"}
    with pytest.raises(JobError, match="hause") as caught:
        check_enclosing(given, ["house", "name"])
    assert "'house'" in caught.value.next_step


def test_a_job_without_either_is_left_alone() -> None:
    assert enclose(DOCUMENTS, job()).columns == DOCUMENTS.columns
    assert enclosing_columns(job()) == set()
