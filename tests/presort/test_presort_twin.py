"""The fast presort against the brute force that knows only the rule text and tries every lawful preparation."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from random import Random
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from printstream.base.errors import JobError
from printstream.kernels.presort import choose_blocks, fill_containers
from printstream.presort import LoadedScheme, LoadedSingle, Presorted, Scheme, SinglePiece, codes, load_form
from printstream.presort.labels import LabelingList
from tests.presort.presortkit import ORIGIN, Document, Rules, agree, sort_documents, tray_rules

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
PREFIXES = {"5d": 5, "4d": 4, "3d": 3, "aadc": None, "maadc": None}
ZIP_FORM = {"widths": [1, 2, 2], "shapes": ["9|99|99"], "origin": ORIGIN, "code_digits": 5}
MAIL_FORM = {
    "shapes_of_mail": SHAPES,
    "box_length": 50_800,
    "box_pieces": 7,
    "single_label": "SINGLE PIECE",
}


def random_rules(dice: Random) -> Rules:
    names = dice.choice(
        ["5d aadc maadc", "5d 4d 3d aadc maadc", "5d aadc", "3d maadc", "5d 3d maadc", "aadc", "maadc"]
    )
    prices = [dice.randint(500, 700) for _ in names.split()]
    if dice.random() < 0.7:
        prices.sort()
    levels = [
        random_level(dice, n, p, n == names.split()[-1]) for n, p in zip(names.split(), prices, strict=True)
    ]
    limited = dice.random() < 0.2
    full_only = max((k for k, x in enumerate(levels) if x["overflow"] == "none"), default=-1)
    for number, level in enumerate(levels):
        if level["overflow"] == "roll" and (limited or number <= full_only):
            level |= {"overflow": "own", "roll_below": None, "roll_onto": None}
        if number <= full_only:
            level["optional"] = False
    shares = dice.choice([100, 97]), dice.choice([85, 50])
    return {
        "levels": levels,
        "minimum": dice.choice([1, 2, 10]),
        "group_minimum": (levels[0]["name"], 4) if dice.random() < 0.3 else None,
        "max_weight": 99_223,
        "max_thickness": 6_350,
        "need_point": dice.random() < 0.3,
        "tray_sets": [
            random_trays(dice, k, *shares, limited)
            for k in range(1 if full_only >= 0 else dice.choice([1, 1, 2]))
        ],
        "shares": shares,
        **ZIP_FORM,
        **MAIL_FORM,
    }


def random_level(dice: Random, name: str, price: int, last: bool) -> Rules:
    overflow = dice.choice(["own", "own", "none", *["roll"] * 5])
    overflow = "own" if last and overflow == "roll" else overflow
    rolls = overflow == "roll"
    steps = [(28_349, price), (99_223, price + dice.randint(-20, 90))]
    return {
        "name": name,
        "prefix": PREFIXES[name],
        "list": LIST if name == "aadc" else None,
        "content": "C",
        "cin": "242",
        "label": "all" if name == "maadc" else "{destination}",
        "price": steps if dice.random() < 0.3 else price,
        "minimum": dice.randint(1, 6),
        "optional": dice.random() < 0.6,
        "overflow": overflow,
        "roll_below": dice.choice([None, 20, 20]) if rolls else None,
        "roll_onto": dice.choice([None, 1, 1, 8]) if rolls else None,
    }


def random_trays(dice: Random, number: int, fill: int, full: int, limited: bool) -> list[Rules]:
    """A large tray and perhaps a small one, in tenths of an inch; a scheme wants it shorter than a full large one."""
    large = dice.choice([dice.randint(4, 8), dice.randint(8, 30)])
    most = (large * full - 1) // 100
    small = dice.choice([None, dice.randint(3, most)]) if most >= 3 else None
    limits = (dice.choice([None, 200_000]), dice.choice([None, 5])) if limited else (None, None)
    sizes = [large] if small is None else [large, small]
    kinds = ("2ft", "1ft") if number == 0 else ("big", "half")
    return [
        tray_rules(kind, um(tenths), fill, full, *limits) | {"tenths": tenths}
        for kind, tenths in zip(kinds, sizes, strict=False)
    ]


def um(tenths: int) -> int:
    return floor(Fraction(tenths, 10) * 25_400)


def random_mailing(dice: Random, streams: list[str]) -> list[Document]:
    """Letters skewed to few ZIP Codes; numbered by lot, so that rows are not in document order."""
    count = dice.choice([0, 1, 5, 20, 40, 60])
    spread = dice.choice([0.0, 0.1])
    thin = dice.choice([[860], [530, 860, 1_190], [0, 530, 3_000, 6_350, 6_350, 6_351, 20_000]])
    light = dice.choice([[10_129], [10_129, 28_349, 28_350, 99_223, 99_224, 150_000]])
    known = dice.choice([0.5, 0.95])
    numbers = dice.sample(range(4 * count), count)
    # Few codes, because the twin tries every choice among their groups.
    zips = [
        f"{dice.randrange(100_000):05d}" if dice.random() < spread else dice.choice(ZIPS) for _ in range(5)
    ]
    return [
        {
            "document": number,
            "postal_code": dice.choices(zips, [20, 6, 2, 1, 1])[0],
            "plus4": dice.choice(["0000", "0001", "9999", "4321"]) if dice.random() < known else "",
            "delivery_point": dice.choice(["00", "01", "99"]) if dice.random() < known else "",
            "weight_mg": dice.choice(light),
            "thickness_um": dice.choice(thin),
            "sheets": dice.randint(1, 9),
            "stream": dice.choice(streams),
        }
        for number in numbers
    ]


def scheme_of(rules: Rules) -> LoadedScheme:
    levels = []
    for level in rules["levels"]:
        kept = {k: level[k] for k in ("name", "optional", "overflow", "roll_below", "roll_onto")}
        key = (
            {"prefix_length": level["prefix"]}
            if level["prefix"]
            else {"labeling_list": "aadc"}
            if level["list"]
            else {}
        )
        words = {
            "content": "C",
            "cin": "242",
            "destination": level["label"],
            "minimum_pieces": level["minimum"],
        }
        levels.append(kept | key | words)
    group = rules["group_minimum"]
    scheme = Scheme.model_validate(
        {
            "format": "printstream-scheme/1",
            "title": "test",
            "currency": "USD",
            "minimum_pieces": rules["minimum"],
            "minimum_of_group": {"level": group[0], "pieces": group[1]} if group else None,
            "max_weight_mg": rules["max_weight"],
            "max_thickness_um": rules["max_thickness"],
            "missing_delivery_point": "residual" if rules["need_point"] else "warn",
            "rates": [RATES | {"prices": {x["name"]: price_of(x["price"]) for x in rules["levels"]}}],
            "labeling_lists": {"aadc": {"file": "x.csv", "effective": "2024-08-01", "expires": "2099-01-01"}},
            "levels": levels,
            "tray_sets": [
                {
                    "max_envelope_length": "10in",
                    "max_envelope_height": "5in",
                    "trays": [tray_of(t) for t in trays],
                }
                for trays in rules["tray_sets"]
            ],
            "any_tray_set": len(rules["tray_sets"]) > 1,
            "fill_percent": rules["shares"][0],
            "full_percent": rules["shares"][1],
            "envelopes": {"#10": {"length": "9.5in", "height": "4.125in"}},
        }
    )
    spans: dict[str, list[tuple[bytes, bytes]]] = {}
    for zip3, label in LIST.items():
        spans.setdefault(label, []).append((f"{zip3}00".encode(), f"{zip3}99".encode()))
    return LoadedScheme(scheme, load_form("us"), {"aadc": LabelingList.of(spans)})


def price_of(price: Any) -> Any:
    return price if isinstance(price, int) else [{"max_weight_mg": w, "price_mills": p} for w, p in price]


def tray_of(tray: Rules) -> dict[str, Any]:
    limits = {"max_weight_mg": tray["weight"], "max_pieces": tray["pieces"]}
    return {"name": tray["name"], "inner_length": f"{tray['tenths'] / 10}in"} | limits


SINGLE = LoadedSingle(
    SinglePiece.model_validate(
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
    ),
    load_form("us"),
)


def fast(documents: list[Document], streams: list[tuple[str, Rules]]) -> Presorted:
    settings = [
        {"name": name} | ({"scheme": name} if rules["levels"] is not None else {}) for name, rules in streams
    ]
    schemes = {name: scheme_of(rules) for name, rules in streams if rules["levels"] is not None}
    return sort_documents(documents, settings, schemes, {"us_fcm_single": SINGLE})


PLAIN: Rules = {"levels": None, **ZIP_FORM, **MAIL_FORM}


def simple(names: str, minimums: tuple[int, ...], prices: tuple[int, ...], **level: Any) -> Rules:
    """Plain rules: 2-in trays, 0.5-in ones for the remainder."""
    plain = {"list": None, "label": "{destination}", "optional": False, "overflow": "own"}
    plain |= {"content": "C", "cin": "242"}
    plain |= {"roll_below": None, "roll_onto": None} | level
    levels = [
        plain | {"name": n, "prefix": PREFIXES[n], "minimum": m, "price": p}
        for n, m, p in zip(names.split(), minimums, prices, strict=True)
    ]
    for level in levels:
        level |= {"list": LIST} if level["name"] == "aadc" else {}
        level |= {"label": "all"} if level["name"] == "maadc" else {}
    levels[-1] |= {"overflow": "own", "optional": False, "roll_below": None, "roll_onto": None}
    trays = [
        tray_rules("2ft", um(20), 100, 85) | {"tenths": 20},
        tray_rules("1ft", um(5), 100, 85) | {"tenths": 5},
    ]
    return {
        "levels": levels,
        "minimum": 1,
        "group_minimum": None,
        "max_weight": 99_223,
        "max_thickness": 6_350,
        "need_point": False,
        "tray_sets": [trays],
        "shares": (100, 85),
        **ZIP_FORM,
        **MAIL_FORM,
    }


TINY = simple("5d aadc maadc", (3, 3, 1), (593, 641, 672))


def letter(number: int, postal_code: str, thickness_um: int = 860) -> Document:
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


def letters(**counts: int) -> list[Document]:
    zips = [name[1:] for name, count in counts.items() for _ in range(count)]
    return [letter(k, zip5) for k, zip5 in enumerate(zips)]


def checked(documents: list[Document], streams: list[tuple[str, Rules]]) -> Presorted:
    done = fast(documents, streams)
    agree(done, documents, streams)
    return done


@settings(max_examples=250, deadline=None)
@given(st.integers(0, 2**64 - 1))
def test_the_mailing_is_the_cheapest_lawful_one_and_every_row_follows_the_rules(seed: int) -> None:
    dice = Random(seed)
    streams = [
        (name, PLAIN if dice.random() < 0.2 else random_rules(dice)) for name in "abc"[: dice.randint(1, 3)]
    ]
    done = checked(random_mailing(dice, [name for name, _ in streams]), streams)
    rolled = int(done.qualification.levels["rolled"].sum())
    event(f"overflow rolled: {rolled > 0}")
    event(f"cheaper than greedy: {done.greedy_mills > done.pieces['postage_mills'].sum()}")
    for kind in (
        done.trays.select(pl.concat_str("presort_level", "tray_type", separator=" ")).to_series().unique()
    ):
        event(kind)


def test_a_group_is_left_where_its_pieces_help_a_coarser_one() -> None:
    # 3 and 2 pieces of one 3-digit prefix: alone the 3 pay 590 and the 2 fall to 700; together all pay 610.
    rules = simple("5d 3d maadc", (3, 4, 1), (590, 610, 700), optional=True)
    done = checked(letters(z10001=3, z10002=2), [("a", rules)])
    assert done.pieces["presort_level"].to_list() == ["3d"] * 5
    assert (done.pieces["postage_mills"].sum(), done.greedy_mills) == (5 * 610, 3 * 590 + 2 * 700)
    # Where the level is required it must be made, dearer or not.
    required = simple("5d 3d maadc", (3, 4, 1), (590, 610, 700))
    done = checked(letters(z10001=3, z10002=2), [("a", required)])
    assert done.pieces["postage_mills"].sum() == done.greedy_mills == 3 * 590 + 2 * 700


def test_postal_codes_are_combined_where_that_needs_fewer_groups() -> None:
    # Both levels have one price, as 5-digit schemes and 5-digit trays do: one tray instead of two.
    rules = simple("5d 3d maadc", (3, 3, 1), (590, 590, 700), optional=True)
    done = checked(letters(z10001=4, z10002=4), [("a", rules)])
    assert done.trays["presort_level"].to_list() == ["3d"]
    assert done.greedy_trays == 2


def test_overflow_rolls_into_the_next_level_and_keeps_its_price() -> None:
    rules = simple("5d aadc maadc", (3, 3, 1), (593, 641, 672), overflow="roll")
    # 59 pieces fill a tray; the 2 that are over roll to the 4 of the destination, and lie among them by ZIP Code.
    done = checked(letters(z10001=61, z10002=2, z10451=2), [("a", rules)])
    assert done.trays.select("presort_level", "pieces").rows() == [("5d", 59), ("aadc", 6)]
    assert done.pieces["presort_level"].to_list() == ["5d"] * 61 + ["aadc"] * 4
    assert done.pieces["postage_mills"].sum() == 61 * 593 + 4 * 641
    assert done.greedy_trays == 3
    # Without a group to roll into it stays.
    assert checked(letters(z10001=61, z10002=2), [("a", rules)]).trays["pieces"].to_list() == [59, 2, 2]


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**64 - 1))
def test_overflow_that_may_roll_leaves_the_fewest_trays_that_it_can(seed: int) -> None:
    dice = Random(seed)
    limits = {"roll_below": dice.choice([4, 30]), "roll_onto": dice.choice([1, 1, 3])}
    rules = simple("5d aadc maadc", (9, 6, 1), (593, 641, 672), overflow="roll", **limits)
    tenths = dice.randint(5, 9)
    rules |= {"tray_sets": [[tray_rules("2ft", um(tenths), 100, 85) | {"tenths": tenths}]]}
    zips = ["10001", "10002", "10451", "11701", "60101", "20001", "30001"]
    thick = dice.choice([[860], [400, 860, 2_600]])
    counts = [dice.choice([0, dice.randint(1, 8), dice.randint(9, 40)]) for _ in zips]
    every = [z for z, n in zip(zips, counts, strict=True) for _ in range(n)]
    done = checked([letter(k, z, dice.choice(thick)) for k, z in enumerate(every)], [("a", rules)])
    rolled = done.qualification.levels.filter(pl.col("rolled") > 0)["presort_level"].to_list()
    event(f"rolled from {rolled}")


def test_without_overflow_trays_what_is_left_goes_on_at_the_next_price() -> None:
    rules = simple("5d aadc maadc", (3, 3, 1), (593, 641, 672), overflow="none")
    done = checked(letters(z10001=61, z10002=4), [("a", rules)])
    assert done.trays.select("presort_level", "pieces").rows() == [("5d", 59), ("maadc", 6)]


def test_levels_that_cut_through_one_another_are_refused_where_there_is_a_choice() -> None:
    rules = simple("3d aadc maadc", (1, 1, 1), (590, 610, 700), optional=True)
    loaded = scheme_of(rules)
    cut = LabelingList.of({"X 100": [(b"10000", b"10049")], "Y 101": [(b"10050", b"10199")]})
    schemes = {"a": LoadedScheme(loaded.scheme, loaded.form, {"aadc": cut})}
    with pytest.raises(JobError, match="lies in two groups"):
        sort_documents(
            letters(z10001=2, z10051=2), [{"name": "a", "scheme": "a"}], schemes, {"us_fcm_single": SINGLE}
        )


def test_an_empty_mailing_has_no_trays() -> None:
    done = checked([], [("a", TINY), ("b", PLAIN)])
    assert done.pieces.is_empty()
    assert done.trays.is_empty()
    assert (done.greedy_mills, done.greedy_trays) == (0, 0)


def test_one_zip_code_takes_the_finest_level() -> None:
    done = checked([letter(k, "10001") for k in range(200)], [("a", TINY)])
    assert done.trays["presort_level"].unique().to_list() == ["5d"]
    # 59 of 860 um in 2 in; 23 that remain are too many for 0.5 in.
    assert done.trays["pieces"].to_list() == [59, 59, 59, 23]
    assert done.trays["tray_type"].to_list() == ["2ft"] * 4


def test_each_piece_its_own_zip_code_goes_to_the_list_or_all() -> None:
    done = checked([letter(k, f"{10_000 + k:05d}") for k in range(40)], [("a", TINY)])
    assert done.trays["presort_level"].unique().to_list() == ["aadc"]
    done = checked([letter(k, f"{20_000 + 997 * k:05d}") for k in range(40)], [("a", TINY)])
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
    trays = checked([letter(k, "10001", thickness_um) for k in range(count)], [("a", TINY)]).trays
    assert trays.select("tray_type", "full").rows() == [(kind, full)]


@pytest.mark.parametrize("key_bits", [64, 0])
@settings(deadline=None)
@given(keys=st.lists(st.tuples(st.integers(0, 2**20 - 1), st.integers(0, 2**21 - 1)), max_size=50))
def test_the_packed_sort_and_its_fallback_are_the_stable_sort(
    key_bits: int, keys: list[tuple[int, int]]
) -> None:
    rank = np.array([k[0] for k in keys], np.uint32)
    tail = np.array([k[1] for k in keys], np.int32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codes, "_KEY_BITS", key_bits)
        order = codes.mailing_order(rank, tail)
    assert order.tolist() == sorted(range(len(keys)), key=lambda i: keys[i])


@settings(deadline=None)
@given(
    groups=st.lists(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9)), max_size=20), max_size=6),
    large=st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(1, 8)),
    small=st.tuples(st.integers(-1, 39), st.integers(1, 40), st.integers(1, 8)),
)
def test_containers_agree_with_heaps_made_by_hand(
    groups: list[list[tuple[int, int]]], large: tuple[int, ...], small: tuple[int, ...]
) -> None:
    flat = [item for g in groups for item in g]
    thickness, weight = (np.array([item[k] for item in flat], np.int64) for k in (0, 1))
    ends = np.cumsum([0, *map(len, groups)]).astype(np.int64)
    first, kind = np.zeros(len(flat), np.int64), np.zeros(len(flat), np.uint8)
    limits = np.array(large, np.int64), np.array(small, np.int64)
    count = fill_containers(thickness, weight, ends, *limits, first, kind)

    def fits(heap: list[tuple[int, int]], limit: tuple[int, ...]) -> bool:
        return (
            sum(t for t, _ in heap) <= limit[0]
            and sum(w for _, w in heap) <= limit[1]
            and len(heap) <= limit[2]
        )

    expected = []
    for start, group in zip(ends.tolist(), groups, strict=False):
        heaps: list[list[tuple[int, int]]] = []
        for item in group:
            if not heaps or not fits([*heaps[-1], item], large):
                heaps.append([])
            heaps[-1].append(item)
        for number, heap in enumerate(heaps):
            expected.append((start, int(number == len(heaps) - 1 and fits(heap, small))))
            start += len(heap)
    assert list(zip(first[:count].tolist(), kind[:count].tolist(), strict=True)) == expected


@settings(deadline=None)
@given(
    blocks=st.lists(
        st.tuples(st.lists(st.integers(0, 12), min_size=1, max_size=5), st.sampled_from([-1, 0, 1, 1, 2])),
        max_size=7,
    ),
    own=st.sets(st.integers(0, 6)),
    large=st.integers(12, 30),
)
def test_the_choice_of_blocks_is_the_best_of_all_choices(
    blocks: list[tuple[list[int], int]], own: set[int], large: int
) -> None:
    def trays(chosen: list[bool]) -> int:
        filled, count = large + 1, 0
        for (block, _), yes in zip(blocks, chosen, strict=True):
            for thickness in block if yes else []:
                filled += thickness
                if filled > large:
                    filled, count = thickness, count + 1
        return count - sum(saved for k, (_, saved) in enumerate(blocks) if chosen[k] and k not in own)

    flat = np.array([t for block, _ in blocks for t in block], np.int64)
    ends = np.cumsum([0, *(len(block) for block, _ in blocks)]).astype(np.int64)
    is_own = np.array([k in own for k in range(len(blocks))], np.uint8)
    saved = np.array([0 if k in own else s for k, (_, s) in enumerate(blocks)], np.int64)
    taken = np.zeros(len(blocks), np.uint8)
    cost = choose_blocks(flat, ends[:-1].copy(), ends[1:].copy(), saved, is_own, large, taken)
    choices = [[bool(n >> k & 1) or k in own for k in range(len(blocks))] for n in range(1 << len(blocks))]
    assert cost == min(map(trays, choices)) == trays(taken.astype(bool).tolist())
