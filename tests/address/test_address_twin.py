"""The address room against a plain-Python twin, and the cases that a person would try."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
import zipcodes
from hypothesis import example, given
from hypothesis import strategies as st

from printstream import ingest
from printstream.address import judge_addresses, part_documents, preflight_of, read_places, settle, sortable
from printstream.address.judge import UNDELIVERABLE
from printstream.address.places import Places
from printstream.address.posts import countries
from printstream.address.texts import capitals, city_form
from printstream.addressing import ACTIONS, AddressPolicy
from tests.address.addresskit import COLUMNS, address, frame_of, job_of
from tests.reference import address as twin

ZIPS = {
    "00501": "NY",
    "10001": "NY",
    "33101": "FL",
    "09012": "AE",
    "34002": "AA",
    "96201": "AP",
    "73301": "TX",
}
CITIES = {"00501": {"HOLTSVILLE"}, "10001": {"NEW YORK", "MANHATTAN"}, "33101": {"MIAMI"}}
CITIES |= {"09012": {"APO"}, "34002": {"APO"}, "96201": {"FPO"}, "73301": {"ST MARY"}}
SOUND_ZIPS = [z | ({"state": "AE"} if z["zip_code"].startswith("099") else {}) for z in zipcodes.list_all()]
"""The package has six APO and DPO codes of prefix 099 in New Jersey; by USPS list L002 they are AE."""
_SEPARATED = {code: f"{code}|{state}" for code, state in ZIPS.items()}
PLACES = Places(
    pl.Series(list(ZIPS)),
    pl.Series(list(_SEPARATED.values())),
    pl.Series([f"{code}|{city}" for code, names in CITIES.items() for city in names]),
)

_ROW = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["Ann Lee", "ann  lee.", " ", "", "Zoë O'Neil", "ZOË ONEIL", "A" * 1000]),
        "street": st.sampled_from(["1 Oak St", "1 OAK ST.", "1-OAK ST", "", "\u00a0", "PSC 3 BOX 4", "北京路 1"]),
        "extra": st.sampled_from(["", " ", "CANADA", "France.", "FL 2", "Georgia", "DE"]),
        "city": st.sampled_from(["Holtsville", "NEW-YORK", "Miami,", "APO", "apo ny", "FPO", "", "Cuba", "LEBANON", "Saint Mary"]),
        "state": st.sampled_from(["NY", "ny ", "FL", "AE", "AA", "AP", "", "TX", "XX"]),
        "zip": st.sampled_from(
            [*ZIPS, " 00501", "10001-1234", "100011234", "99999", "", "0501", "SW1A 1AA", "k1a 0b1", "1012 AB", "123456", "123-4567", "१२३४५"]
        ),
        "plus4": st.sampled_from(["", "1234", "12", "abcd"]),
        "point": st.sampled_from(["", "12", "1", "x"]),
        "country": st.sampled_from(["", "", "usa", "U.S.A.", "Canada", "Atlantis", "DE"]),
    }
)  # fmt: skip
_ACTION = st.sampled_from(ACTIONS)
_UNSORTED = st.sampled_from(ACTIONS[1:])
_POLICY = st.fixed_dictionaries(
    {
        name: _UNSORTED if name in ("malformed_code", "foreign") else _ACTION
        for name in AddressPolicy.model_fields
    }
)


def _judged(frame: pl.DataFrame, job: Any, places: Places = PLACES) -> Any:
    return judge_addresses(frame, job, places, None)[1]


@given(rows=st.lists(_ROW, max_size=12), policy=_POLICY, cities=st.booleans())
@example(rows=[], policy=AddressPolicy().model_dump(), cities=True)
def test_statuses_actions_and_codes_are_the_twins(
    rows: list[Any], policy: dict[str, str], *, cities: bool
) -> None:
    frame = frame_of(rows)
    places = PLACES if cities else Places(PLACES.codes, PLACES.states, None)
    judged = _judged(frame, job_of(cities=cities, policy=policy), places)
    abroad = set(countries().names_abroad("us"))
    shown = {code: {*names, *(n.replace("ST ", "SAINT ") for n in names)} for code, names in CITIES.items()}
    expected = twin.judge(rows, ZIPS, shown if cities else None, abroad, policy)
    assert judged.statuses().to_list() == [v.status for v in expected]
    assert [ACTIONS[k] for k in judged.actions] == [v.action for v in expected]
    codes = judged.codes(np.arange(len(rows))).to_list()
    assert [tuple(c.split()) for c in codes] == [v.codes for v in expected]


@given(st.lists(st.text(max_size=12) | st.text("aZ .,'-\t\u00a0é", max_size=12), max_size=8))
def test_capitals_are_the_twins(texts: list[str]) -> None:
    # The kernel takes ASCII, the rest goes another way; both must follow the one rule.
    texts = [
        text.replace("\x1c", "").replace("\x1d", "").replace("\x1e", "").replace("\x1f", "") for text in texts
    ]
    assert capitals(pl.Series(texts, dtype=pl.String)).to_list() == [twin.plain(text) for text in texts]


def test_capitals_of_a_slice_begin_where_the_slice_begins() -> None:
    texts = pl.Series(["no", "a.b", "c  d"])[1:]
    assert capitals(texts).to_list() == ["AB", "C D"]


def _status(**changes: str | None) -> str:
    job = job_of()
    places = read_places(job, None, ingest.known_places())  # type: ignore[arg-type]
    status: str = _judged(frame_of([address(**changes)]), job, places).statuses()[0]
    return status


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "deliverable"),
        ({"country": "United States"}, "deliverable"),
        ({"name": None}, "incomplete"),
        ({"city": ""}, "incomplete"),
        ({"zip": "00502"}, "unknown_code"),
        ({"zip": "SW1A 1AA"}, "malformed_code"),
        ({"zip": "K1A 0B1", "country": "Canada"}, "foreign"),
        ({"extra": "DEUTSCHLAND"}, "foreign"),
        ({"city": "CUBA", "zip": "14727"}, "deliverable"),
        ({"city": "CUBA", "state": "", "zip": ""}, "foreign"),
        ({"state": "CA"}, "city_state_mismatch"),
        ({"city": "SAN JUAN", "state": "PR", "zip": "00901"}, "deliverable"),
        ({"city": "BARRIGADA", "state": "GU", "zip": "96913"}, "deliverable"),
        ({"city": "APO", "state": "AE", "zip": "09012"}, "military"),
        ({"city": "APO", "state": "AP", "zip": "09012"}, "city_state_mismatch"),
        ({"city": "BERLIN", "state": "AE", "zip": "09012"}, "city_state_mismatch"),
    ],
)
def test_an_address_that_a_person_would_try(changes: dict[str, str | None], status: str) -> None:
    assert _status(**changes) == status


def test_every_zip_of_the_zipcodes_package_agrees_with_its_state_and_accepted_cities() -> None:
    places = [z for z in SOUND_ZIPS if z["state"] not in {"AA", "AE", "AP"}][::7]
    spellings = [(z, city) for z in places for city in (z["city"], *z["acceptable_cities"])]
    job = job_of(cities=True)
    listed = pl.DataFrame(
        [(z["zip_code"], city, z["state"]) for z, city in spellings],
        schema=["zip5", "city", "state"],
        orient="row",
    )
    rows = [
        address(name=f"N {k}", city=city.lower(), state=z["state"], zip=z["zip_code"])
        for k, (z, city) in enumerate(spellings)
    ]
    judged = _judged(frame_of(rows), job, read_places(job, None, listed))  # type: ignore[arg-type]
    assert judged.statuses().unique().to_list() == ["deliverable"]
    wrong = frame_of(rows).with_columns(pl.lit("Nowhere Springs").alias("city"))
    judged = _judged(wrong, job, read_places(job, None, listed))  # type: ignore[arg-type]
    assert judged.statuses().unique().to_list() == ["city_state_mismatch"]


def test_states_of_the_shipped_list_are_those_of_the_zipcodes_package() -> None:
    job = job_of()
    places = read_places(job, None, ingest.known_places())  # type: ignore[arg-type]
    rows = [
        address(name=f"N {k}", city=z["city"], state=z["state"], zip=z["zip_code"])
        for k, z in enumerate(SOUND_ZIPS)
    ]
    statuses = _judged(frame_of(rows), job, places).statuses().value_counts()
    counts = dict(statuses.iter_rows())
    assert set(counts) <= {"deliverable", "military"}
    assert counts["military"] == sum(z["state"] in {"AA", "AE", "AP"} for z in SOUND_ZIPS)


@pytest.mark.parametrize(
    ("home", "good", "bad"),
    [
        ("gb", ["SW1A 1AA", "m11ae", "GIR 0AA"], ["12345", "SW1A"]),
        ("ca", ["K1A 0B1", "k1a0b1"], ["D1A 0B1", "12345"]),
        ("de", ["01067"], ["1067", "D-01067"]),
        ("nl", ["1012 AB", "1012ab"], ["0123 AB", "10129"]),
        ("jp", ["100-0001", "1000001"], ["10001"]),
        ("any", ["", "whatever"], []),
    ],
)
def test_codes_of_other_homes(home: str, good: list[str], bad: list[str]) -> None:
    codes = good + bad
    rows = [address(name=f"N {k}", zip=code, state="ON") for k, code in enumerate(codes)]
    judged = _judged(frame_of(rows), job_of(home=home), Places(None, None, None))
    statuses = judged.statuses().to_list()
    assert statuses == ["deliverable"] * len(good) + ["malformed_code"] * len(bad)


def test_a_canadian_province_is_its_letters() -> None:
    rows = [address(name=str(k), zip="H2X 1Y4", state=state) for k, state in enumerate(("QC", "ON"))]
    judged = _judged(frame_of(rows), job_of(home="ca"), Places(None, None, None))
    assert judged.statuses().to_list() == ["deliverable", "city_state_mismatch"]


@pytest.mark.parametrize(
    ("home", "line", "parts"),
    [
        ("us", "St. Louis, MO 63101-1234", ("ST LOUIS", "MO", "63101", "1234")),
        ("us", "ST LOUIS MO  631011234", ("ST LOUIS", "MO", "63101", "1234")),
        ("us", "somewhere", ("", "", "", "")),
        ("ca", "Ottawa ON  K1A 0B1", ("OTTAWA", "ON", "K1A 0B1", "")),
        ("gb", "London SW1A 1AA", ("LONDON", "", "SW1A 1AA", "")),
        ("de", "01067 Dresden", ("DRESDEN", "", "01067", "")),
    ],
)
def test_city_state_and_code_are_read_from_the_last_line(
    home: str, line: str, parts: tuple[str, ...]
) -> None:
    judged = _judged(frame_of([address(extra=line)]), job_of({}, home=home), Places(None, None, None))
    assert judged.view.select("city", "state", "code", "plus4").row(0) == parts


def test_of_several_findings_the_severest_action_counts_and_the_first_names_it() -> None:
    policy = {"incomplete": "divert", "unknown_code": "reject", "city_state_mismatch": "reject"}
    rows = [
        address(name="", zip="00502"),
        address(name="", street="", state="CA"),
        address(name="", street=""),
    ]
    judged = _judged(frame_of(rows), job_of(policy=policy))
    assert judged.statuses().to_list() == ["unknown_code", "city_state_mismatch", "incomplete"]
    assert judged.codes(np.arange(3)).to_list() == ["A01 A40", "A01 A02 A50", "A01 A02"]


def test_who_leaves_and_what_the_sort_sees() -> None:
    rows = [
        address(),
        address(name="B", zip="10001-1234"),
        address(name="C", country="Chad", zip="1"),
        address(name=""),
    ]
    job = job_of(policy={"foreign": "divert", "incomplete": "reject"})
    frame = frame_of(rows)
    judged = _judged(frame, job)
    parted = part_documents(frame, judged)
    assert parted.kept["key"].to_list() == [0, 1, 2]
    assert parted.leaving["reject"]["key"].to_list() == [3]
    assert parted.reasons == ("A01 the recipient's name is empty",)
    settled = settle(parted.kept)
    assert settled["postal_code"].to_list() == ["00501", "10001", ""]
    assert settled["plus4"].to_list() == ["", "1234", ""]
    assert parted.kept["zip"].to_list() == ["00501", "10001-1234", "1"]  # printed as it came
    assert sortable(settled, job)["postal_code"].to_list() == ["00501", "10001", "00000"]


def test_a_list_that_says_no_is_undeliverable() -> None:
    frame = frame_of([address(), address(name="B")]).with_columns(pl.Series(UNDELIVERABLE, [True, False]))
    assert _judged(frame, job_of()).statuses().to_list() == ["undeliverable", "deliverable"]


def test_the_preflight_counts_every_document_once_and_shows_keys_only() -> None:
    rows = [address(), address(), address(name="B", zip="SW1A 1AA"), address(name="C", street="")]
    frame = frame_of(rows)
    job = job_of(listed=1)
    flight = preflight_of(frame, _judged(frame, job), job)
    assert [(r.status, r.action, r.documents, r.keys) for r in flight.rows] == [
        ("deliverable", "print", 1, ()),
        ("incomplete", "reject", 1, ("3",)),
        ("malformed_code", "reject", 1, ("2",)),
        ("duplicate", "print", 1, ("1",)),
    ]
    assert flight.table.columns == ["document_id", "address_status", "address_action", "address_codes"]
    assert "Ann" not in str(flight)


@pytest.mark.parametrize(
    ("home", "compose", "changes", "lines"),
    [
        ("us", "as_is", {"zip": "10001", "plus4": "1234", "city": "New York"}, ["Ann Lee", "1 OAK ST", "New York NY 10001-1234"]),
        ("us", "upper", {"city": "Holtsville"}, ["ANN LEE", "1 OAK ST", "HOLTSVILLE NY 00501"]),
        ("us", "as_is", {"city": "Berlin", "state": "", "zip": "10115", "country": "Deutschland"}, ["Ann Lee", "1 OAK ST", "10115 Berlin", "GERMANY"]),
        ("us", "as_is", {"city": "Leeds", "state": "", "zip": "LS1 4AP", "country": "England"}, ["Ann Lee", "1 OAK ST", "Leeds", "LS1 4AP", "UNITED KINGDOM"]),
        ("us", "as_is", {"city": "X", "state": "", "zip": "7", "country": "Atlantis"}, ["Ann Lee", "1 OAK ST", "X 7", "ATLANTIS"]),
        ("gb", "as_is", {"city": "Leeds", "state": "", "zip": "ls1 4ap"}, ["Ann Lee", "1 OAK ST", "Leeds", "LS1 4AP"]),
        ("cn", "as_is", {"name": "王芳", "street": "中山路1号", "city": "南京市", "state": "江苏省", "zip": "210000"}, ["210000", "江苏省 南京市", "中山路1号", "王芳"]),
    ],
)  # fmt: skip
def test_lines_in_the_countrys_order(
    home: str, compose: str, changes: dict[str, str], lines: list[str]
) -> None:
    job = job_of(home=home, compose=compose)
    frame, _ = judge_addresses(frame_of([address(**changes)]), job, Places(None, None, None), None)
    made = frame.select(pl.col("^address_.$")).row(0)
    assert [line for line in made if line] == lines


def test_city_names_written_either_way_are_one() -> None:
    forms = city_form(pl.Series(["Saint Paul", "ST. PAUL", "Fort Worth", "Mayagüez", "MAYAGUEZ", "Fortune"]))
    assert forms.to_list() == ["ST PAUL", "ST PAUL", "FT WORTH", "MAYAGUEZ", "MAYAGUEZ", "FORTUNE"]


def test_the_columns_of_the_kit_are_those_of_the_job() -> None:
    assert set(COLUMNS) >= {*job_of().address.lines, job_of().address.city, job_of().address.zip5}
