"""Trays in containers, against a twin that knows only the rule text; limits, minimums, levels and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from printstream.base.errors import JobError
from printstream.presort import LoadedScheme, Presorted, load_scheme
from printstream.presort.containers import Container, ContainerLevel, PlacardForm, TrayLoad
from printstream.presort.stow import LOOSE, Loads, stow
from tests.presort.presortkit import HOME, plain, scheme_of, shipped_rules, single_of, sort_documents
from tests.reference import containers as twin
from tests.reference.presort import canonical

NO_KEY = -1
SHIPPED = [
    ("us_fcm_letters", "pallet"), ("us_mm_letters", "pallet"), ("gb_access_70", "york"), ("gb_access_70", "pallet"),
    ("gb_access_1400", "york"), ("de_dialogpost", "rollbehaelter"), ("de_dialogpost", "palette"),
    ("ca_fsa_ldu", "monotainer"), ("ca_fsa_ldu", "pallet"),
]  # fmt: skip


def container_of(rules: dict[str, Any]) -> Container:
    """A container with a layer a place, so that the twin's plain limits are its own."""
    levels = [
        {"name": f"l{n}", "minimum_places": level["minimum"], "optional": level["optional"], "content": "C",
         "overflow": "own" if level["own"] else "roll", **({} if n == 2 else {"prefix_length": 2 - n})}
        for n, level in enumerate(rules["levels"])
    ]  # fmt: skip
    return Container.model_validate(
        {"title": "t", "source": "t", "confirmed": True, "max_weight_mg": rules["load"] + 5, "tare_mg": 5,
         "places_a_layer": rules["places"], "max_layers": 1, "layer_height": "1mm", "max_trays": rules["trays"],
         "trays": {"t": {"tare_mg": 0}}, "levels": levels, "loose": rules["levels"][-1]["minimum"] > 1}
    )  # fmt: skip


@st.composite
def loads(draw: st.DrawFn) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Up to nine trays of a few nested destinations, and a container with three levels."""
    places = draw(st.integers(2, 8))
    level = st.fixed_dictionaries(
        {"minimum": st.integers(1, places), "optional": st.booleans(), "own": st.booleans()}
    )
    rules = {
        "places": places,
        "load": draw(st.integers(10, 40)),
        "trays": draw(st.sampled_from([None, None, 2, 3])),
        "levels": [
            *draw(st.lists(level, min_size=2, max_size=2)),
            {"minimum": draw(st.sampled_from([1, 1, places])), "optional": False, "own": False},
        ],
    }
    tray = st.tuples(st.integers(0, 3), st.integers(1, min(2, places)), st.integers(1, 10), st.integers(0, 2))
    rows = draw(st.lists(tray, min_size=0, max_size=9))
    trays = [
        # How far down a tray may go: everywhere, only to the middle level, only to the last.
        {"places": p, "gross": w, "keys": [f if fine == 0 else None, f // 2 if fine < 2 else None, 0]}
        for f, p, w, fine in rows
    ]
    return trays, rules


@settings(max_examples=150, deadline=None)
@given(loads())
def test_small_mailings_are_prepared_as_the_rules_say_with_the_fewest_containers(
    mail: tuple[list[dict[str, Any]], dict[str, Any]],
) -> None:
    trays, rules = mail
    keys = (
        np.array([[NO_KEY if k is None else k for k in t["keys"]] for t in trays], np.int64).reshape(-1, 3).T
    )
    arrays = (np.array([t[name] for t in trays], np.int64) for name in ("places", "gross"))
    made = stow(Loads(*arrays, np.ascontiguousarray(keys)), container_of(rules))
    told = [
        (level, np.flatnonzero(made.of_tray == number).tolist())
        for number, level in enumerate(made.level.tolist())
    ]
    expected = twin.prepared(trays, rules)
    assert told == expected
    event(f"{len({level for level, _ in told})} levels")
    for _, inside in told:
        assert twin.fits([trays[k] for k in inside], rules)
    ways = [twin.by_levels(trays, rules, choice) for choice in twin.choices(rules)]
    assert (twin.loose(trays, told), len(told)) == min((twin.loose(trays, way), len(way)) for way in ways)
    assert np.count_nonzero(made.of_tray == LOOSE) == twin.loose(trays, told)
    by_group: dict[tuple[int, Any], list[int]] = {}
    for level, inside in told:
        by_group.setdefault((level, trays[inside[0]]["keys"][level]), []).extend(inside)
    for (level, key), inside in by_group.items():
        count = sum(1 for n, c in told if n == level and trays[c[0]]["keys"][level] == key)
        assert count == twin.fewest_in_order(trays, inside, rules)


# ---- whole mailings by the shipped schemes


CODES = {
    "us": ["10001", "10002", "10451", "60601", "09012"],
    "de": ["10115", "10999", "80331", "01067"],
    "gb": ["M1 1AA", "M11 4AA", "ME1 1AA", "EC1A 1BB", "W1A 0AX"],
    "ca": ["K1A 0B1", "K1B 1A1", "K2P 1L4", "M5V 3L9"],
}


def scheme_with(name: str, kind: str, changes: dict[str, Any]) -> LoadedScheme:
    """A shipped scheme whose mailing may be small and whose container is changed."""
    loaded = scheme_of(name)
    container = loaded.scheme.containers[kind].model_copy(update=changes)
    update = {"minimum_pieces": 1, "minimum_of_group": None, "containers": {kind: container}}
    return replace(loaded, scheme=loaded.scheme.model_copy(update=update))


def sorted_in(loaded: LoadedScheme, name: str, kind: str, dice: Random) -> Presorted:
    """Sort letters to few places; the trays get the postal code of their first piece, and its label in the list."""
    form, single = loaded.scheme.postal_code, loaded.scheme.residual
    codes = CODES[form]
    pieces = [code for code in codes for _ in range(dice.choice([0, 40, 700, 1500]))]
    documents = [
        {"document": k, "postal_code": code, "plus4": "0001", "delivery_point": "01", "sheets": 1, "stream": "letter",
         "weight_mg": dice.choice([9_000, 40_000]), "thickness_um": dice.choice([900, 3_000])}
        for k, code in enumerate(pieces)
    ]  # fmt: skip
    envelope = "#10" if form in ("us", "ca") else "DL"
    streams = [{"name": "letter", "scheme": name, "containers": kind, "envelope": envelope, "single": single}]
    done = sort_documents(documents, streams, {name: loaded}, {single: single_of(single)})
    rules = shipped_rules(name, loaded.scheme.rates[-1].effective)
    listed = next((level["list"] for level in rules["levels"] if level["list"]), {})
    first = done.pieces.group_by("tray_id").agg(pl.col("document").first())
    found = {tray: canonical(pieces[document], rules) or "" for tray, document in first.iter_rows()}
    labels = {tray: listed.get(code[:3]) for tray, code in found.items()}
    said = {
        name: pl.col("tray_id").replace_strict(values, return_dtype=pl.String)
        for name, values in (("code", found), ("listed", labels))
    }
    return replace(done, trays=done.trays.with_columns(**said))


def trays_as_the_twin_sees_them(done: Presorted, name: str, kind: str) -> list[dict[str, Any]]:
    """Trays with the destinations that the rule text gives them, from the scheme file's plain values."""
    scheme = plain("schemes", name)
    form = plain("forms", scheme["postal_code"])
    widths = list(form["parts"].values())
    ends = {part: sum(widths[: n + 1]) for n, part in enumerate(form["parts"])}

    def length(level: dict[str, Any]) -> int | None:
        found = level.get("prefix_length") or ends.get(level.get("part", ""))
        return None if found is None else int(found)

    presort = {level["name"]: level for level in scheme["levels"]}
    out = []
    for tray in done.trays.filter(pl.col("tray_type") != "none").iter_rows(named=True):
        load = scheme["containers"][kind]["trays"][tray["tray_type"]]
        own = presort[tray["presort_level"]]
        keys: list[str | None] = []
        for level in scheme["containers"][kind]["levels"]:
            wanted, fine = length(level), length(own)
            if wanted is None and "labeling_list" not in level:
                keys.append("")
            elif "labeling_list" in level:
                same = own.get("labeling_list") == level["labeling_list"]
                # Groups of a list run by the digits at the label's end, then by its text.
                label = tray["listed"]
                keys.append(f"{label[-3:]}{label}" if label and (same or fine is not None) else None)
            else:
                keys.append(
                    None if fine is None or wanted is None or fine < wanted else tray["code"][:wanted]
                )
        out.append(
            {"places": load["places"], "gross": load["tare_mg"] + tray["weight_mg"], "keys": keys, **tray}
        )
    return out


@pytest.mark.parametrize(("name", "kind"), SHIPPED)
def test_mailings_are_in_their_containers_as_the_twin_says(name: str, kind: str) -> None:
    made = [_mailing_agrees(name, kind, Random(seed)) for seed in range(4)]
    assert max(made) >= 3


def _mailing_agrees(name: str, kind: str, dice: Random) -> int:
    shipped = scheme_of(name).scheme.containers[kind]
    layers, heavy = dice.randint(1, 2), dice.random() < 0.5
    places = layers * shipped.places_a_layer
    limit = shipped.tare_mg + (30_000_000 if heavy else 400_000_000)
    least = dice.choice([1, places]) if shipped.loose else 1
    levels = tuple(
        level.model_copy(update={"minimum_places": least if level.takes_all else dice.randint(1, places)})
        for level in shipped.levels
    )
    changes = {"max_layers": layers, "max_weight_mg": limit, "levels": levels}
    loaded = scheme_with(name, kind, changes)
    done = sorted_in(loaded, name, kind, dice)
    trays = trays_as_the_twin_sees_them(done, name, kind)
    rules = {
        "places": places, "load": limit - shipped.tare_mg, "trays": None,
        "levels": [{"minimum": x.minimum_places, "optional": x.optional, "own": x.overflow == "own"} for x in levels],
    }  # fmt: skip
    expected = twin.prepared(trays, rules)
    assert done.containers is not None
    assert done.containers.height == len(expected)
    for row, (level, inside) in zip(done.containers.iter_rows(named=True), expected, strict=True):
        mine = [trays[k] for k in inside]
        taken = -(-sum(t["places"] for t in mine) // shipped.places_a_layer)
        assert [t["container_id"] for t in mine] == [row["container_id"]] * len(mine)
        assert {t["container_level"] for t in mine} == {row["container_level"]} == {levels[level].name}
        assert row["gross_mg"] == shipped.tare_mg + sum(t["gross"] for t in mine) <= limit
        assert row["weight_mg"] == sum(t["weight_mg"] for t in mine)
        assert (row["trays"], row["pieces"]) == (len(mine), sum(t["pieces"] for t in mine))
        assert (row["layers"], row["first_tray"]) == (taken, min(t["tray_id"] for t in mine))
        base, layer = (round(x * 25.4 / 72) for x in (shipped.base_height, shipped.layer_height))
        assert row["height_um"] == base + taken * layer
        assert row["container_type"] == kind
    assert done.containers["container_id"].to_list() == list(range(1, len(expected) + 1))
    in_none = {t["tray_id"] for t in trays if t["container_id"] is None}
    assert len(in_none) == twin.loose(trays, expected)
    assert any(f"{len(in_none)} trays are fewer" in warning for warning in done.warnings) == bool(in_none)
    unsorted = done.trays.filter(pl.col("tray_type") == "none")
    assert (
        unsorted["container_id"].null_count() == unsorted["container_level"].null_count() == unsorted.height
    )
    return len(expected)


# ---- by hand


@pytest.mark.parametrize(
    ("second", "levels", "trays"),
    [(20, [0, 0, 1], [60, 20, 20]), (12, [1, 1], [72, 20])],
)
def test_pallets_to_follow_by_hand(second: int, levels: list[int], trays: list[int]) -> None:
    """The two mailings of docs/presort.md: two-foot trays on pallets of 144 linear feet, minimum 36."""
    five = np.repeat([0, 1, 2, 3], [60, second, 16, 4])
    container = scheme_of("us_fcm_letters").scheme.containers["pallet"]
    places, gross = np.full(five.size, 2, np.int64), np.full(five.size, 9_000_000, np.int64)
    made = stow(Loads(places, gross, np.stack([five, five // 2, np.zeros_like(five)])), container)
    assert made.level.tolist() == levels
    assert np.bincount(made.of_tray).tolist() == trays


# ---- what is refused


PALLET = (HOME / "schemes" / "us_fcm_letters.yaml").read_text()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("minimum_places: 36         #", "minimum_places: 145 #", "level 5d: minimum_places 145 is more than the 144"),
        ("        minimum_places: 36\n", "        minimum_places: 0\n", "must be at least 1, not 0"),
        ("      - name: mixed\n", "      - name: mixed\n        prefix_length: 3\n", "the last level must take all trays that are left"),
        ("    loose: true\n", "", "minimum_places 1 unless trays may travel loose"),
        ("        maildat_level: AG", "        optional: true\n        maildat_level: AG", "the last level must take all"),
        ("        minimum_places: 36\n", "        minimum_place: 36\n", "unknown key .containers.pallet.levels.1..minimum_place."),
        ("      - name: aadc\n        labeling_list: aadc\n        minimum_places", "      - name: aadc\n        labeling_list: none\n        minimum_places", "there is no list 'none'"),
        ("      emm: {places: 2, tare_mg: 1179340}\n", "", "look at 'emm'"),
        ("      emm: {places: 2,", "      emm: {places: 13,", "tray emm takes 13 places, a layer has 12"),
        ("    max_height: 77in", "    max_height: 10in", "max_height has no room for a layer"),
        ("    max_weight_mg: 997903214", "    max_weight_mg: 32000000", "alone is heavier than max_weight_mg less tare_mg"),
        ("      - name: mixed\n", "      - name: 5d\n", "levels need different names"),
        ("        prefix_length: 5\n        minimum_places", "        prefix_length: 6\n        minimum_places", "has only 5 characters"),
    ],
)  # fmt: skip
def test_containers_that_cannot_be_are_refused_with_their_place(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    head, _, containers = PALLET.partition("containers:")
    assert old in containers
    (tmp_path / "schemes").mkdir()
    (tmp_path / "schemes" / "mine.yaml").write_text(f"{head}containers:{containers.replace(old, new, 1)}")
    with pytest.raises(JobError, match=said) as caught:
        load_scheme("mine", tmp_path)
    assert "mine.yaml" in str(caught.value)


def test_a_level_that_is_finer_than_any_tray_is_refused(tmp_path: Path) -> None:
    text = (HOME / "schemes" / "gb_access_70.yaml").read_text()
    (tmp_path / "schemes").mkdir()
    (tmp_path / "schemes" / "mine.yaml").write_text(
        text.replace(
            "{name: area, part: area, minimum_places: 14", "{name: area, part: district, minimum_places: 14"
        )
    )
    with pytest.raises(
        JobError, match=r"containers\.york: level area is finer than the trays of any presort level"
    ):
        load_scheme("mine", tmp_path)


def test_a_stream_names_containers_that_its_scheme_has() -> None:
    loaded = scheme_of("us_fcm_letters")
    streams = [{"name": "letter", "scheme": "us_fcm_letters", "containers": "york"}]
    with pytest.raises(JobError, match=r"job\.streams\.0\.containers.*no containers 'york'"):
        sort_documents([], streams, {"us_fcm_letters": loaded}, {"us_fcm_single": single_of("us_fcm_single")})
    with pytest.raises(ValueError, match="containers needs a scheme"):
        sort_documents([], [{"name": "letter", "containers": "pallet"}], {}, {})


def test_a_tray_that_is_heavier_than_its_container_is_refused() -> None:
    loaded = scheme_with("us_fcm_letters", "pallet", {"max_weight_mg": 34_000_000})
    documents = [
        {"document": k, "postal_code": "10001", "plus4": "0001", "delivery_point": "01", "sheets": 1,
         "stream": "letter", "weight_mg": 40_000, "thickness_um": 900}
        for k in range(400)
    ]  # fmt: skip
    streams = [{"name": "letter", "scheme": "us_fcm_letters", "containers": "pallet", "envelope": "#10"}]
    singles = {"us_fcm_single": single_of("us_fcm_single")}
    with pytest.raises(JobError, match=r"stream letter: tray 1 weighs 17\.\d kg .* takes 2\.2 kg"):
        sort_documents(documents, streams, {"us_fcm_letters": loaded}, singles)


def test_jobs_that_name_no_container_have_trays_as_before() -> None:
    loaded = scheme_of("us_fcm_letters")
    streams = [{"name": "letter", "scheme": "us_fcm_letters", "envelope": "#10"}]
    singles = {"us_fcm_single": single_of("us_fcm_single")}
    done = sort_documents([], streams, {"us_fcm_letters": loaded}, singles)
    assert done.containers is None
    assert "container_id" not in done.trays.columns
    done = sort_documents([], [{**streams[0], "containers": "pallet"}], {"us_fcm_letters": loaded}, singles)
    assert done.containers is not None
    assert done.containers.is_empty()
    assert any("containers pallet are not confirmed" in warning for warning in done.warnings)


def test_trays_whose_codes_have_two_labels_of_a_list_go_to_no_container_of_it(tmp_path: Path) -> None:
    """A list that cuts through 100: trays to 5 digits have one label, trays to the 3 digits 100 have two, to 606 one."""
    for folder in ("schemes", "lists"):
        (tmp_path / folder).mkdir()
    (tmp_path / "lists" / "cut.csv").write_text(
        "Effective Date: 2024-08-01\nGrace Date: 2027-01-01\n"
        '"Column A Destination ZIP Codes","Column B Label To"\n'
        '"10000-10010","WEST NY 100"\n"10011-10099","EAST NY 101"\n"606","CHICAGO IL 606"\n'
    )
    text = PALLET.replace("file: l002_scf_standin.csv", "file: cut.csv")
    levels = """levels:
  - {name: 5d, prefix_length: 5, minimum_pieces: 150, content: A}
  - {name: 3d, prefix_length: 3, minimum_pieces: 10, content: B}
  - {name: maadc, minimum_pieces: 1, content: C}

# Inside"""
    head, _, rest = text.partition("levels:\n  - name: 5d")
    text = head + levels + rest.partition("# Inside")[2]
    text = text.replace("prices: {5d: 593, aadc: 641, maadc: 672}", "prices: {5d: 593, 3d: 641, maadc: 672}")
    text = text.replace("minimum_pieces: 500", "minimum_pieces: 1").replace(
        "minimum_places: 36", "minimum_places: 1"
    )
    (tmp_path / "schemes" / "cut.yaml").write_text(text)
    counts = {"10001": 200, "10002": 20, "10050": 20, "60601": 30, "90001": 1}
    documents = [
        {"document": 0, "postal_code": code, "plus4": "0001", "delivery_point": "01", "sheets": 1, "stream": "letter",
         "weight_mg": 9_000, "thickness_um": 900}
        for code, count in counts.items()
        for _ in range(count)
    ]  # fmt: skip
    documents = [{**d, "document": k} for k, d in enumerate(documents)]
    streams = [{"name": "letter", "scheme": "cut", "containers": "pallet", "envelope": "#10"}]
    singles = {"us_fcm_single": single_of("us_fcm_single")}
    loaded = load_scheme("cut", tmp_path)
    # The 5-digit level of pallets is left out of the way.
    pallet = loaded.scheme.containers["pallet"]
    only = loaded.scheme.model_copy(
        update={"containers": {"pallet": pallet.model_copy(update={"levels": pallet.levels[1:]})}}
    )
    done = sort_documents(documents, streams, {"cut": replace(loaded, scheme=only)}, singles)
    assert done.containers is not None
    said = done.containers.select("container_level", "destination", "trays").rows()
    assert said == [
        ("aadc", "WEST NY 100", 1),
        ("aadc", "CHICAGO IL 606", 1),
        ("mixed", "MXD NEW YORK NY 100", 2),
    ]
    trays = done.trays.select("destination", "container_level").rows()
    assert trays == [("10001", "aadc"), ("100", "mixed"), ("606", "aadc"), (trays[3][0], "mixed")]


def test_every_setting_is_in_the_docs() -> None:
    text = (HOME.parents[1] / "docs" / "presort.md").read_text()
    page = text[text.index("## Containers: ") : text.index("## Numbers")]
    for model in (Container, ContainerLevel, PlacardForm, TrayLoad):
        assert [name for name in model.model_fields if f"`{name}`" not in page] == []
    for name, kind in SHIPPED:
        assert f"`{name}`" in page
        assert f"`{kind}`" in page
