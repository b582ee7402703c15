"""The example letters of the posts: run whole, and what is asked of each of them."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pypdfium2 as pdfium

from tests.judges.nights import ROOT, call
from tests.presort.presortkit import shipped_rules
from tests.reference import presort as twin

DPI = 300
DAY = date(2026, 9, 14)
LEFT_MM, TOP_MM = 15.0, 11.5
"""Trim of the left page on a sheet of 450 x 320 mm: two pages of 210 x 297 mm in its middle."""


@dataclass(frozen=True)
class Run:
    manifest: pl.DataFrame
    trays: pl.DataFrame
    rejects: pl.DataFrame
    data: pl.DataFrame
    record: dict[str, Any]
    expected: dict[str, int]
    folder: Path


def run(folder: Path, post: str, job: str, count: int) -> Run:
    command = [
        sys.executable,
        str(ROOT / "fixtures" / "letters.py"),
        post,
        "--count",
        str(count),
        "--out",
        str(folder / "in"),
    ]
    subprocess.run(command, check=True, capture_output=True)
    done = call(
        "run",
        ROOT / "jobs" / job,
        "--input",
        folder / "in",
        "--out",
        folder,
        "--run-id",
        "1",
        "--quiet",
        "--json",
    )
    assert done.code == 0, done.err
    out = folder / job / "1"
    tables = (pl.read_parquet(out / f"{name}.parquet") for name in ("manifest", "trays", "rejects"))
    data = pl.read_parquet(folder / "in" / "documents.parquet")
    return Run(*tables, data, done.record, json.loads((folder / "in" / "expected.json").read_text()), out)


def check_balance(made: Run, key: str, money: str | None) -> None:
    counts, expected = made.record["counts"], made.expected
    printed, rejected = expected["printed"], expected["rejected"]
    assert (counts["documents_in"], counts["printed"], counts["rejected"]) == (
        made.data.height,
        printed,
        rejected,
    )
    ids = [*made.manifest["document_id"], *made.rejects["document_id"]]
    assert sorted(ids) == sorted(str(k) for k in made.data[key])
    if money is not None:
        total = made.data[money].sum()
        assert made.record["money_in_cents"] == sum(made.record["money_out_cents"].values()) == total


def check_presort(made: Run, scheme: str, stream: str, origin: str, key: str) -> None:
    """Manifest and trays against the twin that knows only the rule text."""
    rules = shipped_rules(scheme, DAY) | {"origin": origin}
    place = {str(value): k for k, value in enumerate(made.data[key])}
    rows = made.manifest.to_dicts()
    rank = {name: k for k, name in enumerate(sorted((r["document_id"] for r in rows), key=place.__getitem__))}
    documents = [
        {"document": rank[r["document_id"]], "postal_code": r["postal_code"], "plus4": "", "delivery_point": "",
         "stream": stream} | {name: r[name] for name in ("weight_mg", "thickness_um", "sheets")}
        for r in rows
    ]  # fmt: skip
    documents.sort(key=lambda d: d["document"])
    taken = twin.accepted(documents, rules)
    assert len(taken) == len(rows)
    cheapest = min(twin.preparations(taken, rules), key=lambda made: twin.cost(made, taken, rules))
    groups = twin.in_mailing_order(cheapest, rules)
    pieces, trays = twin.mailing([(stream, documents, rules, groups, set(), rules["tray_sets"][0])])
    told = [(rank[r["document_id"]], r["presort_level"], r["tray_id"], r["postage_mills"]) for r in rows]
    assert told == [(p["document"], p["presort_level"], p["tray_id"], p["postage_mills"]) for p in pieces]
    names = ["destination", "presort_level", "pieces"]
    assert made.trays.select(names).rows() == [tuple(t[n] for n in names) for t in trays]


def pages_of(made: Run) -> dict[int, np.ndarray]:
    """Some left-hand pages at 300 dpi, by sequence: what the first cut stack begins and goes on with."""
    slot = (pl.col("first_side") == 0).cum_sum() - 1
    left = made.manifest.sort("sequence").with_columns(slot=slot).filter(pl.col("slot") == 0)
    file = pdfium.PdfDocument(made.folder / "spool" / "0001.pdf")
    try:
        found = {}
        for row in left.gather_every(max(1, left.height // 6)).iter_rows(named=True):
            image = np.asarray(
                file[row["first_side"]].render(scale=DPI / 72 - 1e-9, grayscale=True).to_numpy()
            ).squeeze()
            found[row["sequence"]] = image[px(TOP_MM) : px(TOP_MM + 297), px(LEFT_MM) : px(LEFT_MM + 210)]
        return found
    finally:
        file.close()


def px(mm: float) -> int:
    return round(mm / 25.4 * DPI)


def lines_of(made: Run, sequence: int) -> str:
    """Text of a left-hand page, without its line ends."""
    row = made.manifest.filter(pl.col("sequence") == sequence).row(0, named=True)
    file = pdfium.PdfDocument(made.folder / "spool" / "0001.pdf")
    try:
        side = file[row["first_side"]]
        return side.get_textpage().get_text_bounded(right=side.get_width() / 2).replace("\r\n", "\n")
    finally:
        file.close()
