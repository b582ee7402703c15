"""A common mailing judged from its inputs and the rule text: who mails what, in which tray, for how much."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any

import polars as pl

from tests.presort.presortkit import shipped_rules
from tests.reference import presort as twin
from tests.reference import sharing

ORIGIN = "NEW YORK NY 100"
Document = dict[str, Any]


class Mailing:
    """The files of a finished mailing."""

    def __init__(self, folder: Path, data: Path, key: str = "customer") -> None:
        self.folder, self.key = folder, key
        self.record: dict[str, Any] = json.loads((folder / "mailing.json").read_text())
        self.jobs: list[str] = [job["job"] for job in self.record["jobs"]]
        self.pieces = pl.read_parquet(folder / "pieces.parquet")
        self.trays = pl.read_parquet(folder / "trays.parquet")
        self.manifests = {j: pl.read_parquet(folder / "jobs" / j / "manifest.parquet") for j in self.jobs}
        self.data = {j: pl.read_parquet(data / j / "documents.parquet") for j in self.jobs}

    def documents(self) -> list[Document]:
        """What went into the sort, by job and by place in the input; weights as the run has them."""
        found = []
        measured = {
            (r["job"], r["document_id"]): (r["weight_mg"], r["thickness_um"], r["sheets"])
            for r in self.pieces.iter_rows(named=True)
        }
        for job in self.jobs:
            for row in self.data[job].iter_rows(named=True):
                own = measured.get((job, str(row[self.key])))
                if own is not None:
                    found.append({
                        "document": len(found), "job": job, "id": str(row[self.key]), "stream": "letter",
                        "postal_code": row["zip5"], "plus4": row["zip4"], "delivery_point": row["delivery_point"],
                        "weight_mg": own[0], "thickness_um": own[1], "sheets": own[2],
                    })  # fmt: skip
        return found


def rules_of(scheme: str, day: date) -> dict[str, Any]:
    return shipped_rules(scheme, day) | {"origin": ORIGIN}


def postage(documents: Sequence[Document], rules: dict[str, Any]) -> int:
    """Sorted together; for First-Class letters every group that can be made is worth it (docs/presort.md)."""
    taken = twin.accepted(list(documents), rules)
    inside = {d["document"] for d in taken}
    outside = sum(twin.single_price(d, rules) for d in documents if d["document"] not in inside)
    return outside + twin.cost(twin.greedy(taken, rules), taken, rules)[0]


def fair_shares(documents: Sequence[Document], jobs: Sequence[str], rules: dict[str, Any]) -> list[int]:
    """The Shapley value of what coalitions save, over all orders, by largest remainders."""
    costs: dict[frozenset[int], int] = {frozenset(): 0}
    for size in range(1, len(jobs) + 1):
        for some in combinations(range(len(jobs)), size):
            names = {jobs[k] for k in some}
            costs[frozenset(some)] = postage([d for d in documents if d["job"] in names], rules)
    saved = {c: max(0, sum(costs[frozenset({k})] for k in c) - cost) for c, cost in costs.items()}
    shares: list[Fraction] = sharing.shapley(len(jobs), saved)
    return sharing.rounded(shares)


def as_sorted(mailing: Mailing, documents: Sequence[Document], rules: dict[str, Any]) -> tuple[Any, Any]:
    """Pieces and trays as the twin makes them of the union; what rolls is taken from the run and must be lawful."""
    taken = twin.accepted(list(documents), rules)
    made = twin.in_mailing_order(twin.greedy(taken, rules), rules)
    number = {(d["job"], d["id"]): d["document"] for d in documents}
    level_of_tray = dict(mailing.trays.select("tray_id", "presort_level").iter_rows())
    rolled = {
        number[r["job"], r["document_id"]]
        for r in mailing.pieces.iter_rows(named=True)
        if r["presort_level"] != level_of_tray[r["tray_id"]]
    }
    rolling = {k for k, (_, _, mail) in enumerate(made) if rolled & {d["document"] for d in mail}}
    kinds = rules["tray_sets"][0]
    may = twin.guests(made, kinds, rules)
    assert rolling <= set(may)
    assert len(may) < 12
    pieces, trays = twin.mailing([("letter", list(documents), rules, made, rolling, kinds)])
    assert len([t for t in trays if t["presort_level"] != "single"]) == twin.fewest_trays(
        made, rules | {"tray_sets": [kinds]}
    )
    return pieces, trays
