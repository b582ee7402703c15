"""Households, inserts and tolerances against envelopes filled by hand."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from printstream.base import columns as c
from printstream.base.steps import PriceSteps
from printstream.job import Job
from printstream.piece import check_inserts, make_pieces
from printstream.rules import enclose
from tests.reference import envelopes as twin

BASE: dict[str, Any] = {
    "format": "printstream-job/1",
    "name": "t",
    "title": "t",
    "production_date": "2026-01-31",
    "input": {"documents": {"files": ["d"], "key": "k"}},
    "address": {
        "lines": ["name", "street"],
        "street": "street",
        "city": "city",
        "state": "state",
        "zip5": "zip5",
    },
}
STEPS = PriceSteps((28_350, 56_700), (6_350,), (20_000, 28_350, 56_700), (6_350,), 56_700, 6_350)


def streams_of(draw: st.DrawFn) -> list[dict[str, Any]]:
    tolerance = draw(st.sampled_from([0, 5, 50]))
    limits = {"max_weight_mg": st.integers(5_000, 60_000), "max_thickness_um": st.integers(300, 4_000)}
    first = {k: draw(v) for k, v in limits.items() if draw(st.booleans())}
    plain = {"folds": 2, "envelope_weight_mg": 4_700, "envelope_thickness_um": 201}
    return [
        {
            "name": "thin",
            "max_sheets": draw(st.integers(1, 4)),
            **plain,
            "envelope_tolerance_percent": tolerance,
            **first,
        },
        {"name": "thick", "max_sheets": 6, **plain, "envelope_tolerance_percent": 0},
        {"name": "flat", **plain, "folds": 0, "envelope_tolerance_percent": tolerance},
    ]


@st.composite
def jobs(draw: st.DrawFn) -> dict[str, Any]:
    stock = {
        "grammage_gsm": draw(st.sampled_from([70, 90, 120])),
        "caliper_um": draw(st.sampled_from([90, 110])),
        "weight_tolerance_percent": draw(st.sampled_from([0, 4])),
        "thickness_tolerance_percent": draw(st.sampled_from([0, 7])),
    }
    return {"stock": stock, "streams": streams_of(draw)}


def model(plan: dict[str, Any], **more: Any) -> Job:
    return Job.model_validate({**BASE, **plan, **more})


def twin_job(plan: dict[str, Any]) -> dict[str, Any]:
    return {**plan, "stock": {**plan["stock"], "width_in": "8.5", "height_in": "11"}}


PEOPLE = ["Ada Lovelace", "ADA  lovelace", "Bob Ross"]
letters = st.lists(
    st.tuples(
        st.integers(1, 14),  # pages
        st.sampled_from(PEOPLE),
        st.sampled_from(["a", "b", None, ""]),  # household column
        st.integers(0, 2),  # rank
        st.booleans(),  # apart
    ),
    max_size=25,
)


def documents_of(rows: list[Any]) -> pl.DataFrame:
    schema = {"pages": pl.UInt32, "name": pl.String, "house": pl.String, "rank": pl.Int64, "lone": pl.Boolean}
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_row_index("document")
    places = {
        "street": "1 Elm",
        "city": "X",
        "state": "NY",
        "postal_code": "10001",
        "plus4": "",
        "delivery_point": "",
    }
    return frame.with_columns(pl.lit(v).alias(k) for k, v in places.items())


limits = st.fixed_dictionaries(
    {},
    optional={
        "max_documents": st.integers(1, 4),
        "max_sheets": st.integers(1, 9),
        "max_weight_mg": st.integers(8_000, 60_000),
        "max_thickness_um": st.integers(300, 4_000),
        "keep_stream": st.booleans(),
    },
)


@settings(deadline=None)
@given(plan=jobs(), rows=letters, rules=limits, same=st.booleans(), allow=st.booleans())
@example(plan={"stock": {"grammage_gsm": 90, "caliper_um": 110, "weight_tolerance_percent": 0,
                         "thickness_tolerance_percent": 0},
               "streams": [{"name": "thin", "max_sheets": 2, "folds": 2, "envelope_weight_mg": 1,
                            "envelope_thickness_um": 1, "envelope_tolerance_percent": 0},
                           {"name": "flat", "folds": 0, "envelope_weight_mg": 1, "envelope_thickness_um": 1,
                            "envelope_tolerance_percent": 0}]},
         rows=[(1, PEOPLE[0], "a", 0, False), (1, PEOPLE[1], "a", 0, False), (1, PEOPLE[2], "a", 0, False)],
         rules={}, same=True, allow=True)  # fmt: skip
def test_households_fill_envelopes_as_by_hand(
    plan: dict[str, Any], rows: list[Any], rules: dict[str, Any], same: bool, allow: bool
) -> None:
    household = {
        "same": ["house"] if same else [],
        "different_addressees": "allow" if allow else "part",
        "apart": "lone",
        "order": ["rank"],
        **rules,
    }
    job = model(plan, household=household)
    documents = documents_of(rows)
    made = make_pieces(enclose(documents, job), job)
    assert made.enclosures is not None
    by_hand = [_letter(k, row, same=same, allow=allow) for k, row in enumerate(rows)]
    weigh = _weigher(twin_job(plan))
    first = made.enclosures.first
    found = [made.enclosures.documents[a:b].tolist() for a, b in pairwise(first) if a < b]
    assert sorted(found) == twin.fill(by_hand, rules, weigh)
    _check_frame(made, found, by_hand, weigh, parted=not (same and allow))


def _letter(number: int, row: Any, *, same: bool, allow: bool) -> twin.Letter:
    pages, name, house, rank, lone = row
    person = " ".join(name.upper().split())
    key: Any = (house, None if same and allow else person) if same else person
    if lone or (same and not house):
        key = None
    return twin.Letter(number, (pages + 1) // 2, key, person, (rank,))


def _weigher(plan: dict[str, Any]) -> Any:
    return lambda sheets: twin.load_of(sheets, plan)


def _check_frame(
    made: Any, found: list[list[int]], by_hand: list[twin.Letter], weigh: Any, *, parted: bool
) -> None:
    """Pieces weigh what their documents do together; no document is lost; no piece has two addressees unasked."""
    assert sorted(d for own in found for d in own) == list(range(len(by_hand)))
    leads = made.frame[c.DOCUMENT.name].to_list()
    assert leads == sorted(own[0] for own in found)
    mixed = []
    for row in made.frame.iter_rows(named=True):
        (own,) = [x for x in found if x[0] == row[c.DOCUMENT.name]]
        sheets = sum(by_hand[d].sheets for d in own)
        stream, load = weigh(sheets)
        assert (row[c.SHEETS.name], row[c.STREAM.name]) == (sheets, stream)
        assert (row[c.WEIGHT_MG.name], row[c.THICKNESS_UM.name]) == (load.weight, load.thickness)
        if c.MAX_WEIGHT_MG.name in row:
            assert (row[c.MAX_WEIGHT_MG.name], row[c.MAX_THICKNESS_UM.name]) == (load.heaviest, load.thickest)
        else:
            assert (load.heaviest, load.thickest) == (load.weight, load.thickness)
        if len({by_hand[d].addressee for d in own}) > 1:
            mixed.append(own[0])
    assert made.mixed.tolist() == sorted(mixed)
    assert not (parted and mixed)


inserts = st.lists(
    st.fixed_dictionaries(
        {
            "priority": st.integers(0, 2),
            "weight_mg": st.sampled_from([1, 1_500, 6_000, 20_000]),
            "thickness_um": st.sampled_from([1, 100, 900]),
            "tolerance_percent": st.sampled_from([0, 10]),
            "pays_postage": st.booleans(),
        },
        optional={"stock": st.integers(0, 4)},
    ),
    min_size=1,
    max_size=4,
)


@settings(deadline=None)
@given(
    plan=jobs(),
    leaflets=inserts,
    pieces=st.lists(st.tuples(st.integers(1, 16), st.integers(0, 15)), max_size=12),
    pockets=st.integers(1, 3),
    most=st.one_of(st.none(), st.integers(0, 3)),
)
def test_inserts_are_chosen_as_by_hand(
    plan: dict[str, Any], leaflets: list[Any], pieces: list[Any], pockets: int, most: int | None
) -> None:
    named = [{"name": f"i{k}", **leaflet} for k, leaflet in enumerate(leaflets)]
    inserter = {"pockets": pockets} | ({} if most is None else {"max_inserts": most})
    job = model(plan, inserts=named, inserter=inserter)
    wishes = [bits & ((1 << len(leaflets)) - 1) for _, bits in pieces]
    documents = pl.DataFrame(
        {
            "document": range(len(pieces)),
            "pages": [pages for pages, _ in pieces],
            c.INSERTS_WANTED.name: wishes,
        },
        schema={"document": pl.UInt32, "pages": pl.UInt32, c.INSERTS_WANTED.name: pl.UInt32},
    )
    steps = {s["name"]: STEPS for s in plan["streams"]}
    made = make_pieces(documents, job, steps)
    hand = {**twin_job(plan), "inserts": named, "pockets": pockets, "max_inserts": most}
    weigh = _weigher(hand)
    by_hand = []
    for (pages, _), bits in zip(pieces, wishes, strict=True):
        stream, load = weigh((pages + 1) // 2)
        by_hand.append(twin.Piece(stream, load, {k for k in range(len(leaflets)) if bits >> k & 1}))
    plan_of_pockets = twin.insert(by_hand, hand, steps)
    assert {name: list(held) for name, held in made.pockets.items()} == plan_of_pockets
    for row, piece in zip(made.frame.iter_rows(named=True), by_hand, strict=True):
        held = plan_of_pockets[piece.stream]
        assert row[c.INSERTS.name] == sum(1 << held.index(k) for k in piece.got)
        assert (row[c.WEIGHT_MG.name], row[c.THICKNESS_UM.name]) == (piece.load.weight, piece.load.thickness)
        assert row[c.STREAM.name] == piece.stream
    for k, count in enumerate(made.inserts):
        assert count.inserted == sum(k in piece.got for piece in by_hand)
        assert count.wanted == sum(k in piece.wants for piece in by_hand)
        assert count.wanted == (
            count.inserted + count.no_pocket + count.no_room + count.postage_step + count.out_of_stock
        )
        assert count.stock_left == (named[k]["stock"] - count.inserted if "stock" in named[k] else None)


def test_a_piece_asks_for_what_any_of_its_documents_asks_for() -> None:
    plan = {"household": {}, "inserts": [{"name": "a", "weight_mg": 1, "thickness_um": 1, "when": "rank = 1"},
                                         {"name": "b", "weight_mg": 1, "thickness_um": 1, "when": "rank > 1"}]}  # fmt: skip
    job = Job.model_validate({**BASE, **plan})
    rows = [(2, PEOPLE[0], "", 1, False), (2, PEOPLE[2], "", 1, False), (2, PEOPLE[1], "", 2, False)]
    made = make_pieces(enclose(documents_of(rows), job), job, {"letter": STEPS})
    assert made.frame[c.DOCUMENT.name].to_list() == [0, 1]
    assert made.frame[c.INSERTS.name].to_list() == [0b11, 0b01]
    assert [x.inserted for x in made.inserts] == [2, 1]


def test_inserts_leave_pieces_that_turn_out_to_pay_single_prices() -> None:
    """20,000 mg is a step of single prices only: known to be paid by the second piece after the sort."""
    leaflet = {"name": "a", "weight_mg": 5_000, "thickness_um": 10}
    job = Job.model_validate({**BASE, "inserts": [leaflet]})
    rows = [(4, PEOPLE[0], "", 0, False), (4, PEOPLE[2], "", 0, False)]
    steps = {"letter": STEPS}
    made = make_pieces(enclose(documents_of(rows), job), job, steps)
    assert made.empty[c.WEIGHT_MG.name].to_list() == [15_558, 15_558]
    assert made.frame[c.WEIGHT_MG.name].to_list() == [20_558, 20_558]
    assert check_inserts(made, np.zeros(0, np.uint32), job, steps) is None
    anew = check_inserts(made, np.array([1], np.uint32), job, steps)
    assert anew is not None
    assert anew.frame[c.INSERTS.name].to_list() == [0, 0]
    assert anew.inserts[0].postage_step == 2
    assert anew.frame.columns == made.frame.columns


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"streams": [{"name": "a", "max_weight_mg": 5}]}, "takes the rest"),
        (
            {"streams": [{"name": "a", "folds": 0, "inner_width": "9in", "inner_height": "4in"}]},
            "does not fit",
        ),
        ({"inserts": [{"name": "a", "weight_mg": 1, "thickness_um": 1}] * 2}, "different names"),
        (
            {"inserts": [{"name": "a", "weight_mg": 1, "thickness_um": 1}], "inserter": {"pockets": 0}},
            "no pockets",
        ),
        ({"household": {"duplex_sharing": True}}, "duplex_sharing"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        Job.model_validate({**BASE, **changes})


def test_a_folded_sheet_that_fits_is_taken() -> None:
    job = Job.model_validate(
        {**BASE, "streams": [{"name": "a", "folds": 2, "inner_width": "9.3in", "inner_height": "4in"}]}
    )
    assert job.streams[0].inner_height == 288_000
