"""Every shipped scheme, on made-up mailings near its minimums, against every lawful preparation."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from printstream.presort import Presorted
from tests.presort.presortkit import (
    SCHEMES,
    agree,
    envelopes_of,
    scheme_of,
    shipped_rules,
    single_of,
    single_rules,
    sort_documents,
)

DAY = date(2026, 3, 1)
CODES = {
    # Two ZIP Codes of one SCF, two of another, one that the list does not have.
    "us": ["10001", "10002", "10451", "60601", "60602", "09012"],
    "de": ["10115", "10117", "10999", "80331", "80333", "01067"],
    "gb": ["M1 1AA", "M1 1AE", "M11 4AA", "ME1 1AA", "EC1A 1BB", "EC1Y 8SY", "W1A 0AX", "ab10 1ab"],
    "ca": ["K1A 0B1", "K1A0B2", "K1B 1A1", "K2P 1L4", "M5V 3L9", "m5v 2t6"],
    "cn": ["100000", "100010", "100100", "101100", "200000", "202150"],
    "prefix": ["AB1", "AB12", "AB12 3", "AC1", "1011AB", "1011 ac", "1012"],
}
ENVELOPES = {"us": "#10", "de": "DL", "gb": "DL", "ca": "#10", "cn": "DL", "prefix": "#10"}


def mailing(dice: Random, codes: list[str], rules: dict[str, Any], stream: str) -> list[dict[str, Any]]:
    """Counts about the minimums of the levels, weights about the steps, some pieces too heavy or thick."""
    edges = [level["minimum"] for level in rules["levels"] if level["minimum"] > 1] or [40]
    counts = [
        dice.choice([0, 1, dice.choice(edges) // 2, *(m + d for m in edges for d in (-1, 0, 1, 37))])
        for _ in codes
    ]
    short = rules["minimum"] - sum(counts)
    if short > 0 and dice.random() < 0.8:
        counts[dice.randrange(len(counts))] += short + dice.choice([-1, 0, 1, 200])
    steps = [w for level in rules["levels"] if not isinstance(level["price"], int) for w, _ in level["price"]]
    heavy = [w + d for w in steps for d in (0, 1) if w + d <= rules["max_weight"]] or [15_558, 20_000]
    thick = dice.choice([[860], [860, 1_190, 2_400], [rules["max_thickness"]]])
    # Tolerances: some pieces are within the scheme's limits by their nominal measures only.
    slack = dice.choice([(0, 0), (0, 0), (2_000, 0), (0, 300)])
    documents = [
        {
            "postal_code": code,
            "plus4": dice.choice(["", "0001", "9999"]),
            "delivery_point": dice.choice(["", "01"]),
            "weight_mg": dice.choice(heavy)
            if dice.random() < 0.99
            else rules["max_weight"] + dice.choice([0, 1]),
            "thickness_um": dice.choice(thick)
            if dice.random() < 0.995
            else rules["max_thickness"] + dice.choice([0, 1]),
            "sheets": dice.randint(1, 3),
            "stream": stream,
            "city": dice.choice(["Springfield", "st.  louis ", None]),
            "state": dice.choice(["NY", ""]),
        }
        for code, count in zip(codes, counts, strict=True)
        for _ in range(count)
    ]
    return [
        d | {"max_weight_mg": d["weight_mg"] + slack[0], "max_thickness_um": d["thickness_um"] + slack[1]}
        for d in documents
    ]


def sorted_mail(
    name: str, dice: Random
) -> tuple[Presorted, list[dict[str, Any]], list[tuple[str, dict[str, Any]]]]:
    """One or two streams of a scheme, in any of its envelopes, and perhaps one that is not sorted."""
    loaded = scheme_of(name)
    minimum = dice.choice([1, 50, 300]) if dice.random() < 0.5 else loaded.scheme.minimum_pieces
    loaded = replace(loaded, scheme=loaded.scheme.model_copy(update={"minimum_pieces": minimum}))
    kind, single = loaded.scheme.postal_code, loaded.scheme.residual
    streams, rules, documents = [], [], []
    for stream in dice.choice([["letter"], ["letter"], ["letter", "other"], ["letter", "plain"]]):
        codes = dice.sample(CODES[kind], dice.randint(1, 5))
        envelope = dice.choice(envelopes_of(name))
        mine = shipped_rules(name, DAY, envelope) | {"minimum": minimum}
        documents += mailing(dice, codes, mine, stream)
        sorts = stream != "plain"
        window = dice.choice(["", " window"])
        streams.append({"name": stream, "envelope": envelope + window, "single": single})
        if sorts:
            streams[-1]["scheme"] = name
        rules.append((stream, mine if sorts else mine | single_rules(single) | {"levels": None}))
    dice.shuffle(documents)
    documents = [d | {"document": k} for k, d in enumerate(documents)]
    return sort_documents(documents, streams, {name: loaded}, {single: single_of(single)}), documents, rules


@pytest.mark.parametrize("name", SCHEMES)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**64 - 1))
def test_a_shipped_scheme_prepares_the_cheapest_lawful_mailing(name: str, seed: int) -> None:
    done, documents, streams = sorted_mail(name, Random(seed))
    agree(done, documents, streams)
    saved = done.greedy_mills - int(done.pieces["postage_mills"].sum())
    event(f"{name}: cheaper than greedy: {saved > 0}")
    event(f"{name}: levels {sorted(set(done.pieces['presort_level']))}")
    event(f"{name}: trays {sorted(set(done.trays['tray_type']))}")
    assert saved >= 0


@pytest.mark.parametrize("name", SCHEMES)
def test_every_shipped_scheme_has_an_envelope_for_each_of_its_tray_sets(name: str) -> None:
    sets = [shipped_rules(name, DAY, envelope)["tray_sets"] for envelope in envelopes_of(name)]
    used = {tray["name"] for found in sets for trays in found for tray in trays}
    scheme = scheme_of(name).scheme
    assert used == {tray.name for tray_set in scheme.tray_sets for tray in tray_set.trays}
