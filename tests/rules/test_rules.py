"""Derived columns and channels; what a rule may not say."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from printstream.base.errors import JobError
from printstream.job import Rules
from printstream.rules import CHANNEL, apply_rules, check_columns, columns_used
from printstream.rules.guard import objection

DOCUMENTS = pl.DataFrame({
    "document_id": ["1", "2", "3"],
    "name": ["Ada", "Bob", "Cy"],
    "total": [100, -5, 0],
    "opened": [date(2020, 1, 1), date(2024, 6, 30), date(2026, 1, 1)],
    "city": ["Rome", "Oslo", None],
})  # fmt: skip


def derived(text: str) -> list[object]:
    return apply_rules(DOCUMENTS, Rules(derive={"new": text}))["new"].to_list()


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("total + 1", [101, -4, 1]),
        ("UPPER(name)", ["ADA", "BOB", "CY"]),
        (
            "CASE WHEN total > 0 THEN 'owes' WHEN total < 0 THEN 'has' ELSE 'even' END",
            ["owes", "has", "even"],
        ),
        (
            "name || ' from ' || COALESCE(city, 'nowhere')",
            ["Ada from Rome", "Bob from Oslo", "Cy from nowhere"],
        ),
        ("EXTRACT(YEAR FROM opened)", [2020, 2024, 2026]),
        ("opened >= DATE '2024-01-01'", [False, True, True]),
        ("'Please select (from) our ''values'''", ["Please select (from) our 'values'"] * 3),
        ("name LIKE 'A%' AND total BETWEEN 0 AND 100", [True, False, False]),
        ("TRY_CAST(name AS BIGINT)", [None, None, None]),
        ("SUBSTRING(name FROM 1 FOR 1)", ["A", "B", "C"]),
        ('"total" % 2 = 0', [True, False, True]),
        ("SUM(total)", [95, 95, 95]),
        ("ROW_NUMBER() OVER (ORDER BY total)", [3, 1, 2]),
    ],
)
def test_expressions_derive_columns(text: str, values: list[object]) -> None:
    assert derived(text) == values


def test_each_derivation_sees_those_before_it() -> None:
    rules = Rules(
        derive={"double": "total * 2", "fourfold": "double * 2"},
        channel="IF(fourfold > 0, 'print', 'digital')",
    )
    result = apply_rules(DOCUMENTS, rules)
    assert result["fourfold"].to_list() == [400, -20, 0]
    assert result[CHANNEL].to_list() == ["print", "digital", "digital"]
    assert columns_used(rules) == {"total"}


def test_all_documents_are_printed_without_a_channel_rule() -> None:
    result = apply_rules(DOCUMENTS, Rules())
    assert result[CHANNEL].to_list() == ["print"] * 3
    assert result.drop(CHANNEL).equals(DOCUMENTS)
    assert apply_rules(DOCUMENTS.clear(), Rules(channel="name"))[CHANNEL].to_list() == []


def test_columns_of_ingest_need_not_be_fetched() -> None:
    assert columns_used(Rules(derive={"a": "city || postal_code || extra"})) == {"extra"}


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (
            Rules(derive={"a": "totl + 1"}),
            r"rules\.derive\.a: there is no column 'totl'. Did you mean 'total'\?",
        ),
        (Rules(channel="chanel"), r"rules\.channel: there is no column 'chanel'"),
        (Rules(derive={"a": "total +"}), r"rules\.derive\.a: this is no SQL expression"),
        (Rules(derive={"a": "nosuch(total)"}), r"rules\.derive\.a: .*unsupported function 'nosuch'"),
        (Rules(derive={"a": "total, name"}), r"rules\.derive\.a: this is no SQL expression"),
        (Rules(derive={"a": "name + 1"}), r"rules\.derive\.a: the expression does not fit the columns"),
        (Rules(derive={"name": "UPPER(name)"}), r"rules\.derive\.name: there is a column 'name' already"),
        (Rules(derive={"sheets": "1"}), r"rules\.derive\.sheets: the plan has a column 'sheets'"),
    ],
)
def test_faults_name_the_rule(rules: Rules, message: str) -> None:
    with pytest.raises(JobError, match=message):
        apply_rules(DOCUMENTS, rules)


def test_a_column_derived_later_is_named() -> None:
    rules = Rules(derive={"a": "b + 1", "b": "total"})
    with pytest.raises(JobError, match=r"rules\.derive\.a: 'b' is derived only after it is read here"):
        columns_used(rules)


def test_unknown_columns_are_found_before_any_data_is_read() -> None:
    check_columns(Rules(derive={"a": "total", "b": "a + total"}), ["total"])
    with pytest.raises(JobError, match=r"rules\.derive\.b: there is no column 'cc'"):
        check_columns(Rules(derive={"a": "total", "b": "a + cc"}), ["total"])


@pytest.mark.parametrize(
    ("channel", "message"),
    [
        ("name", r"3 of 3 documents get no channel \(0 of them NULL\)"),
        ("CASE WHEN total > 0 THEN 'print' END", r"2 of 3 documents get no channel \(2 of them NULL\)"),
        (
            "CASE WHEN total > 0 THEN 'print' ELSE 'Print' END",
            r"2 of 3 documents get no channel \(0 of them NULL\)",
        ),
        ("total", r"3 of 3 documents get no channel"),
    ],
)
def test_channels_must_be_known_ones(channel: str, message: str) -> None:
    with pytest.raises(JobError, match=message) as caught:
        apply_rules(DOCUMENTS, Rules(channel=channel))
    assert "Ada" not in str(caught.value)


def test_a_failing_cast_does_not_tell_personal_data() -> None:
    with pytest.raises(JobError, match=r"rules\.derive\.a: the expression fails on the data") as caught:
        apply_rules(DOCUMENTS, Rules(derive={"a": "CAST(name AS BIGINT)"}))
    assert "Ada" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


ATTACKS = [
    "total IN (SELECT a FROM read_csv('{file}'))",
    "total in (select a from read_csv('{file}'))",
    "total IN (FROM read_csv('{file}'))",
    "total IN (\n from read_csv('{file}'))",
    "total IN (TABLE read_csv('{file}'))",
    "(SELECT a FROM read_parquet('{file}'))",
    "EXISTS (SELECT 1 FROM scan_csv('{file}'))",
    "total = ANY (SELECT a FROM read_csv('{file}'))",
    "(WITH t AS (SELECT * FROM read_csv('{file}')) SELECT a FROM t)",
    "total IN (VALUES (1))",
    "read_csv('{file}')",
    "\"read_csv\"('{file}')",
    "total IN (/* */ SELECT a FROM read_csv('{file}'))",
    "'\\' || name IN (SELECT a FROM read_csv(''{file}'')) || '\\''",
    "E'\\' IN (SELECT a FROM read_csv(''{file}''))'",
    "$$ ' $$ IN (SELECT a FROM read_csv('{file}'))",
    "`a` IN (SELECT a FROM read_csv('{file}'))",
    "total -- ' \n IN (SELECT a FROM read_csv('{file}')) -- '",
    "total; SELECT * FROM read_csv('{file}')",
    "COLUMNS('.*')",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_rules_reach_no_file(tmp_path: Path, attack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret.csv"
    file.write_text("a\n100\n")
    parsed = []
    monkeypatch.setattr(pl, "sql_expr", lambda text: parsed.append(text))
    with pytest.raises(JobError, match=r"rules\.derive\.a: "):
        apply_rules(DOCUMENTS, Rules(derive={"a": attack.replace("{file}", str(file))}))
    assert parsed == [], "polars opens files while it parses, so it must not see this"


def test_polars_alone_would_open_the_file(tmp_path: Path) -> None:
    """Why the guard is there; when this fails, polars has learnt not to."""
    with pytest.raises(FileNotFoundError):
        pl.sql_expr(f"a IN (SELECT a FROM read_csv('{tmp_path}/none.csv'))")


@pytest.mark.parametrize("text", ["NOW()", "CURRENT_DATE", "current_timestamp", "RANDOM()"])
def test_rules_depend_on_neither_clock_nor_chance(text: str) -> None:
    with pytest.raises(JobError, match="the same input must give the same output"):
        apply_rules(DOCUMENTS, Rules(derive={"a": text}))


@given(st.text(alphabet=st.sampled_from(" '\"()ab|\\,.-/*;SELECT$"), max_size=30))
def test_what_the_guard_lets_pass_holds_no_query(text: str) -> None:
    """Whatever the quoting: outside of quotes, read by doubling alone, no query word is left."""
    if objection(text) is not None:
        return
    outside, quote = "", ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
            outside += " "
        else:
            outside += character
    assert "SELECT" not in outside.split()
    assert not set("\\$;") & set(outside)


def test_long_and_odd_texts_are_refused() -> None:
    assert objection("1" + "+1" * 3000) is not None
    assert objection("total = \x00") is not None
    assert objection("total # x") is not None
    assert objection("größe") is not None
