"""The mailing to follow by hand in docs/commingling.md, with its numbers read off the page."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from printstream.commingle import game
from printstream.presort import Coalitions, desk_of, load_prices
from tests.presort.presortkit import SCHEMA, job_of

PAGE = (Path(__file__).parents[2] / "docs" / "commingling.md").read_text(encoding="utf-8")
CLIENTS = "ABC"


def table(head: str) -> list[list[str]]:
    """Rows of the table whose header starts with a cell."""
    lines = PAGE[PAGE.index(f"| {head} |") :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def mills(text: str) -> int:
    assert re.fullmatch(r"\d+\.\d{3}", text)
    return int(text.replace(".", ""))


@pytest.fixture(scope="module")
def coalitions() -> Coalitions:
    owner, codes = [], []
    for code, *counts in table("letters to"):
        for client, count in enumerate(counts):
            owner += [client] * int(count)
            codes += [code] * int(count)
    piece = {
        "plus4": "0001",
        "delivery_point": "01",
        "weight_mg": 15_558,
        "thickness_um": 860,
        "sheets": 2,
        "stream": "letter",
    }
    mail = pl.DataFrame({"document": range(len(codes)), "postal_code": codes, **piece}, schema=SCHEMA)
    job = job_of([{"name": "letter", "scheme": "us_fcm_letters"}], day="2025-08-01")
    desk, _ = desk_of(mail, job, *load_prices(job))
    rows = [np.flatnonzero(np.array(owner) == k).astype(np.uint32) for k in range(len(CLIENTS))]
    return Coalitions(desk, job.streams[0], rows)


def test_every_coalition_costs_what_the_page_says(coalitions: Coalitions) -> None:
    alone = {client: coalitions.mills(1 << k) for k, client in enumerate(CLIENTS)}
    for names, apart, together, saved in table("sorted together"):
        members = names.split(", ")
        cost = coalitions.mills(sum(1 << CLIENTS.index(name) for name in members))
        assert mills(apart) == sum(alone[name] for name in members)
        assert mills(together) == cost
        assert mills(saved) == mills(apart) - cost


def test_shares_and_invoices_are_those_of_the_page(coalitions: Coalitions) -> None:
    alone = [coalitions.mills(1 << k) for k in range(3)]

    def saved(coalition: int) -> int:
        return sum(alone[k] for k in range(3) if coalition >> k & 1) - coalitions.mills(coalition)

    shares = game.rounded(game.shapley(3, saved).exact)
    *clients, whole = table("client")
    for (name, single, share, invoice), client, mine, costs in zip(
        clients, CLIENTS, shares, alone, strict=True
    ):
        assert name == client
        assert (mills(single), mills(share), mills(invoice)) == (costs, mine, costs - mine)
    assert [mills(cell) for cell in whole[1:]] == [sum(alone), sum(shares), sum(alone) - sum(shares)]
    assert game.objections(3, saved, game.shapley(3, saved).exact) == []
    parts = game.spread(shares[2], np.full(100, 740, np.int64))
    assert parts.tolist() == [76] * 50 + [75] * 50
