"""Mailings and rules for the presort tests: shipped schemes read as plain YAML, and the comparison with the twin."""

from __future__ import annotations

import csv
from datetime import date
from fractions import Fraction
from functools import cache
from math import ceil, floor
from pathlib import Path
from typing import Any

import polars as pl
from ruamel.yaml import YAML

from printstream import presort as room
from printstream.job import Job
from printstream.presort import LoadedScheme, LoadedSingle, Presorted, sort_mailing
from tests.reference import presort as twin

Rules = dict[str, Any]
Document = dict[str, Any]
HOME = Path(room.__file__).parent
SCHEMES = sorted(p.stem for p in (HOME / "schemes").glob("*.yaml") if "single" not in p.stem)
SCHEMA: dict[str, Any] = {
    "document": pl.UInt32,
    "postal_code": pl.String,
    "plus4": pl.String,
    "delivery_point": pl.String,
    "weight_mg": pl.Int64,
    "thickness_um": pl.Int64,
    "sheets": pl.UInt32,
    "stream": pl.String,
}
FURTHER = {"city": pl.String, "state": pl.String, "max_weight_mg": pl.Int64, "max_thickness_um": pl.Int64}
"""Columns that the sort looks at where there are any."""
ORIGIN = "NEW YORK NY 100"


@cache
def plain(kind: str, name: str) -> dict[str, Any]:
    """A file of the package as a YAML library reads it."""
    found: dict[str, Any] = YAML(typ="safe", pure=True).load((HOME / kind / f"{name}.yaml").read_text())
    return found


def micrometres(text: str) -> int:
    """A length of a file, cut to whole micrometres."""
    number, unit = (text[:-2], text[-2:])
    return floor(Fraction(number) * {"in": 25_400, "mm": 1_000, "cm": 10_000}[unit])


scheme_of = cache(room.load_scheme)
single_of = cache(room.load_single)


def shipped_rules(name: str, day: date, envelope: str | None = None) -> Rules:
    """A shipped scheme as the twin wants it, from the files' plain values; for a small envelope where none is named."""
    scheme = plain("schemes", name)
    form = plain("forms", scheme["postal_code"])
    card = [c for c in scheme["rates"] if c["effective"] <= day][-1]
    rules = {
        "widths": list(form["parts"].values()),
        "shapes": form["shapes"],
        "levels": [_level(level, scheme, form, card) for level in scheme["levels"]],
        "minimum": scheme["minimum_pieces"],
        "group_minimum": None,
        "max_weight": scheme["max_weight_mg"],
        "max_thickness": scheme["max_thickness_um"],
        "need_point": scheme["missing_delivery_point"] == "residual",
        "tray_sets": [[_tray(t, scheme) for t in s["trays"]] for s in scheme["tray_sets"]],
        "origin": ORIGIN,
        "code_digits": 5 if scheme["postal_code"] == "us" else 0,
        **single_rules(scheme["residual"]),
    }
    if "minimum_of_group" in scheme:
        rules["group_minimum"] = (scheme["minimum_of_group"]["level"], scheme["minimum_of_group"]["pieces"])
    rules["tray_sets"] = _sets_for(envelope, scheme, rules["tray_sets"])
    return rules


def envelopes_of(name: str) -> list[str]:
    """Envelopes of a shipped scheme that some of its trays take."""
    scheme = plain("schemes", name)
    every = [[{}] for _ in scheme["tray_sets"]]
    return [envelope for envelope in scheme["envelopes"] if _sets_for(envelope, scheme, every)]


def _sets_for(envelope: str | None, scheme: dict[str, Any], sets: list[list[Rules]]) -> list[list[Rules]]:
    """The tray sets that take an envelope: the first one, or all where the scheme allows any."""
    size = None if envelope is None else scheme["envelopes"][envelope]
    fitting = [
        made
        for made, given in zip(sets, scheme["tray_sets"], strict=True)
        if size is None
        or (
            micrometres(size["length"]) <= micrometres(given["max_envelope_length"])
            and micrometres(size["height"]) <= micrometres(given["max_envelope_height"])
        )
    ]
    return fitting if scheme.get("any_tray_set") else fitting[:1]


def single_rules(name: str) -> Rules:
    single = plain("schemes", name)
    shapes = single["prices"][single["payment"]]
    return {
        "shapes_of_mail": [
            (s["max_thickness_um"], [(x["max_weight_mg"], x["price_mills"]) for x in s["steps"]])
            for s in shapes
        ],
        "box_length": micrometres(single["container"]["inner_length"]),
        "box_pieces": single["container"]["max_pieces"],
        "single_label": single["destination"],
    }


def _level(
    level: dict[str, Any], scheme: dict[str, Any], form: dict[str, Any], card: dict[str, Any]
) -> Rules:
    prefix = level.get("prefix_length")
    if "part" in level:
        names = list(form["parts"])
        prefix = sum(form["parts"][n] for n in names[: names.index(level["part"]) + 1])
    price = card["prices"][level["name"]]
    return {
        "name": level["name"],
        "minimum": level["minimum_pieces"],
        "optional": level.get("optional", False),
        "overflow": level.get("overflow", "own"),
        "roll_below": level.get("roll_below"),
        "roll_onto": level.get("roll_onto"),
        "price": price if isinstance(price, int) else [(s["max_weight_mg"], s["price_mills"]) for s in price],
        "prefix": prefix,
        "label": level.get("destination", "{destination}"),
        "content": level["content"],
        "cin": level.get("cin", ""),
        "list": _prefixes(scheme["labeling_lists"][level["labeling_list"]]["file"])
        if "labeling_list" in level
        else None,
    }


def _prefixes(file: str) -> dict[str, str]:
    """3-digit prefix -> label, from a list as published."""
    found = {}
    for cells in csv.reader((HOME / "lists" / file).read_text().splitlines()):
        if len(cells) == 2 and cells[0][:1].isdigit():
            for part in cells[0].replace(" ", "").split(","):
                first, _, last = part.partition("-")
                found |= {f"{n:03d}": cells[1] for n in range(int(first), int(last or first) + 1)}
    return found


def tray_rules(
    name: str, um: int, fill: int, full: int, weight: int | None = None, pieces: int | None = None
) -> Rules:
    return {
        "name": name,
        "usable": um * fill // 100,
        "full": ceil(Fraction(um * full, 100)),
        "weight": weight,
        "pieces": pieces,
        "full_weight": ceil(Fraction((weight or 0) * full, 100)),
        "full_pieces": ceil(Fraction((pieces or 0) * full, 100)),
    }


def _tray(tray: dict[str, Any], scheme: dict[str, Any]) -> Rules:
    um = micrometres(tray["inner_length"])
    shares = scheme["fill_percent"], scheme["full_percent"]
    return tray_rules(tray["name"], um, *shares, tray.get("max_weight_mg"), tray.get("max_pieces"))


def job_of(streams: list[dict[str, Any]], day: str = "2026-03-01") -> Job:
    return Job.model_validate(
        {
            "format": "printstream-job/1",
            "name": "t",
            "title": "t",
            "production_date": day,
            "input": {"documents": {"files": ["d.parquet"], "key": "k"}},
            "address": {"lines": ["n"], "street": "s", "city": "c", "state": "st", "zip5": "z"},
            "streams": streams,
        }
    )


def sort_documents(
    documents: list[Document],
    streams: list[dict[str, Any]],
    schemes: dict[str, LoadedScheme],
    singles: dict[str, LoadedSingle],
) -> Presorted:
    for k, stream in enumerate(streams[:-1]):
        stream["max_sheets"] = k + 1
    further = {name: kind for name, kind in FURTHER.items() if documents and name in documents[0]}
    frame = pl.DataFrame(documents, schema=SCHEMA | further)
    return sort_mailing(frame, job_of(streams), schemes, singles)


def agree(done: Presorted, documents: list[Document], streams: list[tuple[str, Rules]]) -> None:
    """Hold a mailing to the twin: lawful, cheapest, fewest trays, and every row of it."""
    by_document = {d["document"]: d for d in documents}
    level_of_tray = dict(done.trays.select("tray_id", "presort_level").iter_rows())
    rows = done.pieces.to_dicts()
    whole, greedy_mills, greedy_trays, unsorted_mills = [], 0, 0, 0
    for name, rules in streams:
        mine = [d for d in documents if d["stream"] == name]
        unsorted_mills += sum(twin.single_price(d, rules) for d in mine)
        if rules["levels"] is None:
            whole.append((name, mine, rules, [], set(), []))
            greedy_mills += sum(twin.single_price(d, rules) for d in mine)
            continue
        taken = twin.accepted(mine, rules)
        out = sum(twin.single_price(d, rules) for d in mine) - sum(twin.single_price(d, rules) for d in taken)
        own_rows = [r for r in rows if r["stream"] == name]
        made = _groups_made(own_rows, by_document, rules)
        lawful = twin.preparations(taken, rules)
        assert _as_set(made) in [_as_set(p) for p in lawful]
        assert twin.cost(made, taken, rules) == min(twin.cost(p, taken, rules) for p in lawful)
        greedy = twin.greedy(taken, rules)
        greedy_mills += out + twin.cost(greedy, taken, rules)[0]
        greedy_trays += sum(len(twin.heaps_of(group, rules["tray_sets"][0])) for _, _, group in greedy)
        kinds = _trays_used(done, name, rules)
        rolled = {r["document"] for r in own_rows if r["presort_level"] != level_of_tray[r["tray_id"]]}
        rolling = {i for i, (_, _, v) in enumerate(made) if rolled & {d["document"] for d in v}}
        if made:
            trays = done.trays.filter(
                (pl.col("stream") == name) & (pl.col("presort_level") != "single")
            ).height
            assert trays == twin.fewest_trays(made, rules)
        whole.append((name, mine, rules, made, rolling, kinds))
    pieces, trays = twin.mailing(whole)
    assert rows == pieces
    kept = ["tray_id", "stream", "presort_level", "tray_type", "destination", "first_sequence", "pieces"]
    kept += ["thickness_um", "weight_mg", "full"]
    assert done.trays.select(kept).to_dicts() == trays
    assert (done.single_piece_mills, done.greedy_mills) == (unsorted_mills, greedy_mills)
    assert done.greedy_trays == greedy_trays
    assert done.gap_mills == 0
    _agree_on_labels(done, whole)
    _agree_on_qualification(done, pieces, trays, dict(streams))


def _agree_on_labels(done: Presorted, whole: list[Any]) -> None:
    """Code, content number and line 2 of every tray of a group."""
    expected = [
        twin.label_words(key, rules["levels"][number], rules)
        for _, _, rules, made, rolling, kinds in whole
        for (number, key, _), inside in zip(
            made, twin.contents(made, rolling, kinds, rules) or [] if made else [], strict=True
        )
        for _ in twin.heaps_of(inside, kinds)
    ]
    sorted_trays = done.trays.filter(pl.col("presort_level") != "single")
    assert sorted_trays.select("destination_zip", "cin", "content").rows() == expected
    assert all(row == ("", "", "") for row in done.trays.filter(pl.col("presort_level") == "single").select(
        "destination_zip", "cin", "content").rows())  # fmt: skip


def _groups_made(rows: list[dict[str, Any]], by_document: dict[int, Document], rules: Rules) -> twin.Made:
    """The groups that the levels of pieces speak of, in mailing order."""
    found: dict[tuple[int, str], list[Document]] = {}
    numbers = {level["name"]: n for n, level in enumerate(rules["levels"])}
    for row in rows:
        if row["presort_level"] != "single":
            number = numbers[row["presort_level"]]
            d = by_document[row["document"]]
            key = twin.key_of(d, rules["levels"][number], rules)
            assert key is not None
            found.setdefault((number, key), []).append(d)
    made = [(number, key, twin.ordered(v, rules)) for (number, key), v in found.items()]
    return twin.in_mailing_order(made, rules)


def _as_set(made: twin.Made) -> frozenset[tuple[int, str, frozenset[int]]]:
    return frozenset((number, key, frozenset(d["document"] for d in v)) for number, key, v in made)


def _trays_used(done: Presorted, name: str, rules: Rules) -> list[dict[str, Any]]:
    """The tray set whose kinds the stream's trays are."""
    names = set(done.trays.filter(pl.col("stream") == name)["tray_type"]) - {"none"}
    found: list[dict[str, Any]] = next(s for s in rules["tray_sets"] if names <= {t["name"] for t in s})
    return found


def _agree_on_qualification(
    done: Presorted, pieces: list[dict[str, Any]], trays: list[dict[str, Any]], rules: dict[str, Rules]
) -> None:
    level_of_tray = {t["tray_id"]: t["presort_level"] for t in trays}
    for row in done.qualification.levels.iter_rows(named=True):
        mine = [
            p for p in pieces if (p["stream"], p["presort_level"]) == (row["stream"], row["presort_level"])
        ]
        here = [
            t for t in trays if (t["stream"], t["presort_level"]) == (row["stream"], row["presort_level"])
        ]
        levels = rules[row["stream"]]["levels"] or []
        minimums = {level["name"]: level["minimum"] for level in levels} | {"single": 0}
        counted = {
            "minimum": minimums[row["presort_level"]],
            "pieces": len(mine),
            "postage_mills": sum(p["postage_mills"] for p in mine),
            "weight_mg": sum(p["weight_mg"] for p in mine),
            "rolled": sum(level_of_tray[p["tray_id"]] != p["presort_level"] for p in mine),
            "trays": len(here),
            "full_trays": sum(t["full"] for t in here),
        }
        assert {k: row[k] for k in counted} == counted
    rates: dict[tuple[str, str, int], list[int]] = {}
    for p in pieces:
        found = rates.setdefault((p["stream"], p["presort_level"], p["postage_mills"]), [0, 0, 0])
        for k, value in enumerate((1, p["weight_mg"], p["postage_mills"])):
            found[k] += value
    columns = ("stream", "presort_level", "rate_mills", "pieces", "weight_mg", "postage_mills")
    shown = done.qualification.rates.select(columns).rows()
    assert {row[:3]: list(row[3:]) for row in shown} == rates
    # Every level is named, those without a piece too.
    named = [
        (name, x["name"]) for name, r in rules.items() for x in [*(r["levels"] or []), {"name": "single"}]
    ]
    assert done.qualification.levels.select("stream", "presort_level").rows() == named
