"""The fast presort against the brute force that knows only the rule text."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from random import Random
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from printstream.job import Job
from printstream.kernels.presort import fill_containers
from printstream.presort import LoadedScheme, Presorted, Scheme, SinglePiece, codes, sort_mailing
from printstream.presort.labels import LabelingList
from tests.reference import presort as twin

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
# Two labels share a ZIP Code, one label's ZIP Code is not among its prefixes, 999 and 090 are in no list.
LIST = {
    "100": "SCF NEW YORK NY 100",
    "104": "SCF NEW YORK NY 100",
    "005": "SCF MID-ISLAND NY 117",
    "117": "SCF MID-ISLAND NY 117",
    "601": "ZZ LAST TX 601",
    "602": "AA FIRST TX 601",
}
ZIPS = [
    "10001",
    "10001",
    "10001",
    "10001",
    "10002",
    "10451",
    "00501",
    "11701",
    "60101",
    "60201",
    "99950",
    "09012",
]
RATES = {"effective": "2025-07-13", "source": "test", "confirmed": True}
SHAPES = [(6_350, [(28_349, 740), (99_223, 1_610)]), (19_050, [(28_349, 1_630), (113_398, 2_440)])]

LEVELS = {
    "5d": {"name": "5d", "prefix": 5, "list": None, "price": 593},
    "3d": {"name": "3d", "prefix": 3, "list": None, "price": 601},
    "aadc": {"name": "aadc", "prefix": None, "list": LIST, "price": 641},
    "maadc": {"name": "maadc", "prefix": None, "list": None, "price": 672},
}


def random_rules(dice: Random) -> dict[str, Any]:
    names = dice.choice(["5d aadc maadc", "5d 3d aadc maadc", "5d aadc", "3d maadc", "aadc", "maadc"])
    large = dice.randint(8, 30)
    fill = dice.choice([100, 97])
    full = dice.choice([85, 50])
    # A scheme must keep the small tray shorter than a full large one.
    small = dice.choice([None, dice.randint(3, (large * full - 1) // 100)])
    return {
        "levels": [LEVELS[n] | {"minimum": dice.randint(1, 6)} for n in names.split()],
        "minimum": dice.choice([1, 2, 10]),
        "max_weight": 99_223,
        "max_thickness": 6_350,
        "need_point": dice.random() < 0.3,
        **_tray_rules(large, small, fill, full),
        "tenths": (large, small, fill, full),
    }


def _tray_rules(large: int, small: int | None, fill: int, full: int) -> dict[str, Any]:
    """Usable and full lengths in um of trays given in tenths of an inch."""

    def um(tenths: int) -> int:
        return floor(Fraction(tenths, 10) * 25_400)

    return {
        "large": um(large) * fill // 100,
        "large_full": ceil(Fraction(um(large) * full, 100)),
        "small": None if small is None else um(small) * fill // 100,
        "small_full": 0 if small is None else ceil(Fraction(um(small) * full, 100)),
        "shapes": SHAPES,
        "box_length": um(20),
        "box_pieces": 7,
    }


def random_mailing(dice: Random, streams: list[str]) -> list[dict[str, Any]]:
    """Letters skewed to few ZIP Codes; numbered by lot, so that rows are not in document order."""
    count = dice.choice([0, 1, 5, 20, 60, 200, 200])
    spread = dice.choice([0.0, 0.1, 0.9])
    thin = dice.choice([[860], [530, 860, 1_190], [0, 530, 3_000, 6_350, 6_350, 6_351, 20_000]])
    light = dice.choice([[10_129], [10_129, 28_349, 28_350, 99_223, 99_224, 150_000]])
    known = dice.choice([0.5, 0.95])
    numbers = dice.sample(range(4 * count), count)
    return [
        {
            "document": number,
            "postal_code": f"{dice.randrange(100_000):05d}" if dice.random() < spread else dice.choice(ZIPS),
            "plus4": dice.choice(["0000", "0001", "9999", "4321"]) if dice.random() < known else "",
            "delivery_point": dice.choice(["00", "01", "99"]) if dice.random() < known else "",
            "weight_mg": dice.choice(light),
            "thickness_um": dice.choice(thin),
            "sheets": dice.randint(1, 9),
            "stream": dice.choice(streams),
        }
        for number in numbers
    ]


def scheme_of(rules: dict[str, Any]) -> LoadedScheme:
    large, small, fill, full = rules["tenths"]
    trays = [{"name": "2ft", "inner_length": f"{large / 10}in"}]
    if small is not None:
        trays.append({"name": "1ft", "inner_length": f"{small / 10}in"})
    scheme = Scheme.model_validate(
        {
            "format": "printstream-scheme/1",
            "title": "test",
            "currency": "USD",
            "minimum_pieces": rules["minimum"],
            "max_weight_mg": rules["max_weight"],
            "max_thickness_um": rules["max_thickness"],
            "missing_delivery_point": "residual" if rules["need_point"] else "warn",
            "rates": RATES,
            "labeling_lists": {
                "aadc": {"file": "x.csv", "effective": "2024-08-01", "expires": "2099-01-01"},
            },
            "levels": [
                {
                    "name": level["name"],
                    "minimum_pieces": level["minimum"],
                    "price_mills": level["price"],
                    "cin": "242",
                    "content": "C",
                    **({"prefix_length": level["prefix"]} if level["prefix"] else {}),
                    **({"labeling_list": "aadc"} if level["list"] else {}),
                    **({"destination": "all"} if level["name"] == "maadc" else {}),
                }
                for level in rules["levels"]
            ],
            "tray_sets": [{"max_envelope_length": "10in", "max_envelope_height": "5in", "trays": trays}],
            "fill_percent": fill,
            "full_percent": full,
            "envelopes": {"#10": {"length": "9.5in", "height": "4.125in"}},
        }
    )
    spans: dict[str, list[tuple[int, int]]] = {}
    for zip3, label in LIST.items():
        spans.setdefault(label, []).append((int(zip3) * 100, int(zip3) * 100 + 99))
    return LoadedScheme(scheme, {"aadc": LabelingList.of(spans)})


SINGLE = SinglePiece.model_validate(
    {
        "format": "printstream-single/1",
        "title": "test",
        "currency": "USD",
        "destination": "SINGLE PIECE",
        "rates": RATES,
        "payment": "metered",
        "prices": {
            "metered": [
                {
                    "shape": str(thickness),
                    "max_thickness_um": thickness,
                    "steps": [{"max_weight_mg": w, "price_mills": p} for w, p in steps],
                }
                for thickness, steps in SHAPES
            ]
        },
        "container": {"inner_length": "2in", "max_pieces": 7},
    }
)


def fast(documents: list[dict[str, Any]], streams: list[tuple[str, dict[str, Any]]]) -> Presorted:
    stream_settings = [
        {"name": name}
        | ({"max_sheets": k + 1} if k < len(streams) - 1 else {})
        | ({"scheme": name} if rules["levels"] is not None else {})
        for k, (name, rules) in enumerate(streams)
    ]
    job = Job.model_validate(
        {
            "format": "printstream-job/1",
            "name": "t",
            "title": "t",
            "production_date": "2026-01-31",
            "input": {"documents": {"files": ["d.parquet"], "key": "k"}},
            "address": {"lines": ["n"], "street": "s", "city": "c", "state": "st", "zip5": "z"},
            "streams": stream_settings,
        }
    )
    schemes = {name: scheme_of(rules) for name, rules in streams if rules["levels"] is not None}
    return sort_mailing(pl.DataFrame(documents, schema=SCHEMA), job, schemes, {"us_fcm_single": SINGLE})


PLAIN = {"levels": None} | _tray_rules(10, None, 100, 85)
TINY = {
    "levels": [LEVELS[n] | {"minimum": m} for n, m in (("5d", 3), ("aadc", 3), ("maadc", 1))],
    "minimum": 1,
    "max_weight": 99_223,
    "max_thickness": 6_350,
    "need_point": False,
    **_tray_rules(20, 5, 100, 85),
    "tenths": (20, 5, 100, 85),
}


def letter(number: int, postal_code: str, thickness_um: int = 860) -> dict[str, Any]:
    return {
        "document": number,
        "postal_code": postal_code,
        "plus4": "0001",
        "delivery_point": "01",
        "weight_mg": 10_129,
        "thickness_um": thickness_um,
        "sheets": 1,
        "stream": "a",
    }


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**64 - 1))
def test_the_fast_presort_agrees_with_the_rule_text(seed: int) -> None:
    dice = Random(seed)
    streams = [
        (name, PLAIN if dice.random() < 0.2 else random_rules(dice)) for name in "abc"[: dice.randint(1, 3)]
    ]
    done = agree(random_mailing(dice, [name for name, _ in streams]), streams)
    for kind in (
        done.trays.select(pl.concat_str("presort_level", "tray_type", separator=" ")).to_series().unique()
    ):
        event(kind)


def agree(documents: list[dict[str, Any]], streams: list[tuple[str, dict[str, Any]]]) -> Presorted:
    done = fast(documents, streams)
    pieces, trays = twin.presort(documents, streams)
    assert done.pieces.to_dicts() == pieces
    kept = ["tray_id", "stream", "presort_level", "tray_type", "destination", "first_sequence", "pieces"]
    kept += ["thickness_um", "weight_mg", "full"]
    assert done.trays.select(kept).to_dicts() == trays
    unsorted_mills = sum(
        twin.single_price(d, rules) for n, rules in streams for d in documents if d["stream"] == n
    )
    assert done.single_piece_mills == unsorted_mills
    return done


def test_an_empty_mailing_has_no_trays() -> None:
    done = agree([], [("a", TINY), ("b", PLAIN)])
    assert done.pieces.is_empty()
    assert done.trays.is_empty()


def test_one_zip_code_takes_the_finest_level() -> None:
    done = agree([letter(k, "10001") for k in range(200)], [("a", TINY)])
    assert done.trays["presort_level"].unique().to_list() == ["5d"]
    # 59 of 860 um in 2 in; 23 that remain are too many for 0.5 in.
    assert done.trays["pieces"].to_list() == [59, 59, 59, 23]
    assert done.trays["tray_type"].to_list() == ["2ft"] * 4


def test_each_piece_its_own_zip_code_goes_to_the_list_or_all() -> None:
    done = agree([letter(k, f"{10_000 + k:05d}") for k in range(40)], [("a", TINY)])
    assert done.trays["presort_level"].unique().to_list() == ["aadc"]
    done = agree([letter(k, f"{20_000 + 997 * k:05d}") for k in range(40)], [("a", TINY)])
    assert done.trays["presort_level"].unique().to_list() == ["maadc"]


def test_the_remainder_goes_to_a_small_tray_only_where_it_fits() -> None:
    # 2 in = 50,800 um takes 59 of 860 um; 0.5 in = 12,700 um takes 14.
    kinds = {
        n: fast([letter(k, "10001") for k in range(n)], [("a", TINY)]).trays for n in (14, 15, 59, 60, 73, 74)
    }
    assert {n: list(zip(t["tray_type"], t["pieces"], strict=True)) for n, t in kinds.items()} == {
        14: [("1ft", 14)],
        15: [("2ft", 15)],
        59: [("2ft", 59)],
        60: [("2ft", 59), ("1ft", 1)],
        73: [("2ft", 59), ("1ft", 14)],
        74: [("2ft", 59), ("2ft", 15)],
    }


@pytest.mark.parametrize(
    ("thickness_um", "count", "kind", "full"),
    [
        (4_318, 10, "2ft", True),  # 43,180 um is 85 % of 2 in
        (4_317, 10, "2ft", False),
        (2_159, 5, "1ft", True),  # 10,795 um is 85 % of 0.5 in
        (2_158, 5, "1ft", False),
    ],
)
def test_a_tray_is_full_from_its_share_on(thickness_um: int, count: int, kind: str, full: bool) -> None:
    trays = agree([letter(k, "10001", thickness_um) for k in range(count)], [("a", TINY)]).trays
    assert trays.select("tray_type", "full").rows() == [(kind, full)]


@pytest.mark.parametrize("row_bits", [26, 0])
@settings(deadline=None)
@given(keys=st.lists(st.tuples(st.integers(0, 2**17 - 1), st.integers(0, 2**21 - 1)), max_size=50))
def test_the_packed_sort_and_its_fallback_are_the_stable_sort(
    row_bits: int, keys: list[tuple[int, int]]
) -> None:
    rank = np.array([k[0] for k in keys], np.uint32)
    tail = np.array([k[1] for k in keys], np.int32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codes, "_ROW_BITS", row_bits)
        order = codes.mailing_order(rank, tail)
    assert order.tolist() == sorted(range(len(keys)), key=lambda i: keys[i])


@settings(deadline=None)
@given(
    groups=st.lists(st.lists(st.integers(0, 20), max_size=20), max_size=6),
    large=st.integers(1, 40),
    small=st.integers(-1, 39),
    most=st.integers(1, 8),
)
def test_containers_agree_with_heaps_made_by_hand(
    groups: list[list[int]], large: int, small: int, most: int
) -> None:
    flat = np.array([t for g in groups for t in g], np.int64)
    ends = np.cumsum([0, *map(len, groups)]).astype(np.int64)
    first, kind = np.zeros(flat.size, np.int64), np.zeros(flat.size, np.uint8)
    count = fill_containers(flat, ends, large, small, most, first, kind)
    expected = []
    for start, group in zip(ends.tolist(), groups, strict=False):
        heaps: list[list[int]] = []
        for thickness in group:
            if not heaps or sum(heaps[-1]) + thickness > large or len(heaps[-1]) == most:
                heaps.append([])
            heaps[-1].append(thickness)
        for number, heap in enumerate(heaps):
            expected.append((start, int(number == len(heaps) - 1 and sum(heap) <= small)))
            start += len(heap)
    assert list(zip(first[:count].tolist(), kind[:count].tolist(), strict=True)) == expected
