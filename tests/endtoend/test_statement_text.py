"""What the statements say, cut out of the imposed sheets, against the Parquet files: every word, and no more."""

from __future__ import annotations

import random
import re
import subprocess
from collections import Counter
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from tests.judges.marks import postal_digits
from tests.judges.press import Night
from tests.judges.statement import Billing, Mismatch, Statement, StatementForm, luhn, money, total_of
from tests.reference.imb import encode_imb

SAMPLE = 24


def _check(night: Night, billing: Billing, form: StatementForm, row: dict[str, Any]) -> None:
    key = int(row["document_id"])
    pages = night.document_pages(row)
    assert sum(map(bool, pages)) == row["pages"]
    Statement(form, billing.document(key), billing.lines(key)).check(pages, encode_imb(*postal_digits(row)))


def test_statements_say_all_their_lines_and_nothing_else(
    night: Night, billing: Billing, form: StatementForm
) -> None:
    lot = random.Random("statement text")
    # The longest is left to the next test: it is a hundred pages.
    rows = night.manifest.filter(pl.col("pages") < 50).to_dicts()
    for row in lot.sample(rows, SAMPLE):
        _check(night, billing, form, row)


def test_the_awkward_statements_too(night: Night, billing: Billing, form: StatementForm) -> None:
    longest = night.manifest.sort("pages").tail(1).to_dicts()
    free = night.manifest.filter(pl.col("money_cents") == 0).to_dicts()
    shortest = night.manifest.sort("pages", "sequence").head(1).to_dicts()
    for row in (*longest, *free, *shortest):
        _check(night, billing, form, row)


def test_a_reader_finds_the_way_through_two_pages(night: Night, billing: Billing) -> None:
    """Words and figures pinned here, whatever the template says."""
    row = night.manifest.filter(pl.col("pages") == 2).row(5, named=True)
    document, lines = (
        billing.document(int(row["document_id"])),
        billing.lines(int(row["document_id"])),
    )
    first, second = ([run.text for run in page] for page in night.document_pages(row))
    due = f"${money(document['total_cents'])}"
    city = f"{document['city']} {document['state']} {document['zip5']}"
    for text in ("Statement of account", "Amount due", due, "1 of 2", document["name"], document["street"]):
        assert text in first
    assert any(text.startswith(city) for text in first)
    assert "Page 2 of 2" in second
    assert second.count(due) == 2  # the total, and the coupon
    carried = first[first.index("Carried forward") + 1]
    assert carried == second[second.index("Brought forward") + 1]
    assert any(money(sum(line["net_cents"] for line in lines[:n])) == carried for n in range(len(lines)))


def test_small_spools_and_one_up_say_the_same(
    two_up: Night, one_up: Night, billing: Billing, form: StatementForm
) -> None:
    lot = random.Random("imposition")
    for row in lot.sample(two_up.manifest.to_dicts(), 8):
        _check(two_up, billing, form, row)
        _check(one_up, billing, form, one_up.row(row["document_id"]))


def test_the_totals_on_all_last_pages_are_the_money_in(night: Night, expected: dict[str, Any]) -> None:
    total = 0
    for row in night.manifest.iter_rows(named=True):
        text = night.page_text(row["spool"], row["first_side"] + row["pages"] - 1, row["slot"])
        stated = total_of(text)
        assert stated == row["money_cents"], row["document_id"]
        total += stated
    assert total == expected["printed"]["cents"]


def test_another_reader_sees_the_same_words(
    night: Night, billing: Billing, require_tool: Callable[[str], str]
) -> None:
    tool = require_tool("pdftotext")
    lot = random.Random("poppler")
    for row in lot.sample(night.manifest.filter(pl.col("pages") < 9).to_dicts(), 4):
        for k in range(row["pages"]):
            side = row["first_side"] + k
            runs = night.page_runs(row["spool"], side, row["slot"])
            left = night.paper.left(night.paper.place(row["slot"], side))
            area = ["-x", int(left), "-y", int(night.paper.top), "-W", 612, "-H", 792, "-r", 72]
            page = ["-f", side + 1, "-l", side + 1, night.spool_paths[row["spool"] - 1], "-"]
            command = [tool, "-layout", *map(str, area), *map(str, page)]
            seen = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            words = Counter(word for run in runs for word in run.text.split())
            assert Counter(seen.split()) == words, (row["document_id"], k)


# ---- the judge itself must be able to say no


def _spoiled(form: StatementForm, billing: Billing, key: int, change: dict[str, Any]) -> Statement:
    lines = [dict(line) for line in billing.lines(key)]
    lines[1].update(change)
    return Statement(form, billing.document(key), lines)


@pytest.mark.parametrize(
    "change",
    [
        {"net_cents": 1},
        {"quantity": 51},
        {"tax_percent": 9},
        {"ship_mode": "CART"},
        {"part_name": "a part that nobody sells"},
        {"order_key": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_judge_sees_a_wrong_line(
    night: Night, billing: Billing, form: StatementForm, change: dict[str, Any]
) -> None:
    row = night.manifest.filter(pl.col("pages") == 2).row(0, named=True)
    wrong = _spoiled(form, billing, int(row["document_id"]), change)
    with pytest.raises(Mismatch):
        wrong.check(night.document_pages(row), encode_imb(*postal_digits(row)))


def test_the_judge_sees_a_missing_page_and_a_foreign_text(
    night: Night, billing: Billing, form: StatementForm
) -> None:
    row = night.manifest.filter(pl.col("pages") == 3).row(0, named=True)
    key = int(row["document_id"])
    statement = Statement(form, billing.document(key), billing.lines(key))
    pages, bars = night.document_pages(row), encode_imb(*postal_digits(row))
    statement.check(pages, bars)
    with pytest.raises(Mismatch):
        statement.check([pages[0], pages[2]], bars)
    with pytest.raises(Mismatch):
        statement.check([*pages[:2], [*pages[2], pages[1][-1]]], bars)
    with pytest.raises(Mismatch):
        statement.check(pages, bars[1:] + bars[0])


def test_words_of_the_judge() -> None:
    assert money(-123456) == "-1,234.56"
    assert money(5) == "0.05"
    assert luhn("7992739871") == "3"  # the usual example of ISO/IEC 7812-1
    assert total_of("Total of 1,204 orders $-1,000.10\nPayable") == -100010
    with pytest.raises(Mismatch):
        total_of("Total of 3 orders")
    assert re.fullmatch(r"[TDAF]{65}", encode_imb("01234567094987654321", "01234567891"))
