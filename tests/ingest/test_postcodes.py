"""Postal codes of other posts at the door: of the post's form or rejected with a reason, printed as the post prints them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from printstream.base.errors import JobError
from printstream.ingest import read_documents
from printstream.ingest.postcodes import CODE_FAULT, printed_codes
from printstream.job import Job
from printstream.presort import code_forms

SINGLES = {
    "gb": "gb_single",
    "de": "de_brief_single",
    "ca": "ca_single",
    "cn": "cn_single",
    "prefix": "prefix_single",
}
TITLES = {
    "gb": "UK postcode", "de": "five-digit Postleitzahl", "us": "five-digit ZIP Code",
    "ca": "Canadian postal code", "cn": "six-digit Chinese postcode",
}  # fmt: skip
DIGITS = {"de": 5, "us": 5, "cn": 6}


def job_of(form: str, address: dict[str, Any] | None = None, **changes: Any) -> Job:
    return Job.model_validate({
        "format": "printstream-job/1", "name": "abroad", "title": "Abroad", "production_date": "2026-01-02",
        "input": {"documents": {"files": ["documents.parquet"], "key": "key"}},
        "address": {"lines": ["name"], "street": "street", "city": "town", "postal_code": "code", "form": form} | (address or {}),
        "streams": [{"name": "letter", "single": SINGLES.get(form, "us_fcm_single")}],
        "mailing": {"barcode": "none"},
    } | changes)  # fmt: skip


def printed(form: str, code: str) -> str | None:
    """The rule text, a character at a time: what is printed, None where the code is none of this post."""
    if form in DIGITS:
        return code if len(code) == DIGITS[form] and all(c in "0123456789" for c in code) else None
    if not code.isascii():
        return None
    plain = "".join("A" if c.isalpha() else "9" if c.isdigit() else "?" for c in code.replace(" ", ""))
    capitals = code.replace(" ", "").upper()
    if form == "ca":
        return f"{capitals[:3]} {capitals[3:]}" if plain == "A9A9A9" else None
    shapes = {"A99AA", "A999AA", "AA99AA", "AA999AA", "A9A9AA", "AA9A9AA"}
    return f"{capitals[:-3]} {capitals[-3:]}" if plain in shapes else None


def reason_of(form: str, code: str) -> str | None:
    if printed(form, code) is not None:
        return None
    words = f"the postal code is no {TITLES[form]}"
    if not code.strip():
        return f"{words}: it is empty"
    for alike in (("ca",), ("cn",), ("de", "us"), ("gb",)):
        if printed(alike[0], code) is not None:
            return f"{words}: it looks like a {' or a '.join(TITLES[f] for f in alike)}"
    return words


GOOD = st.sampled_from(
    ["EC1A 1BB", "w1a0ax", "M1 1AE", "B33 8TH", "CR2 6XH", "DN55 1PT", "K1A 0B1", "m5v3l9", "10115", "100000"]
)
CODES = (
    GOOD
    | st.text("AZ09az ", max_size=8)
    | st.text(max_size=8)
    | st.sampled_from(["K1A 0B1\n", "１０１１５", "ſW1A 1AA", "ec1a  1bb"])
)


@pytest.mark.parametrize("form", TITLES)
@settings(max_examples=60)
@given(st.lists(CODES | st.none(), max_size=6))
@example(["", " ", None, "10115", "EC1A1BB", "EC1A1BB", "0101", "D-10115", "100000"])
def test_codes_are_told_by_their_form(form: str, codes: list[str | None]) -> None:
    forms = code_forms(job_of(form))
    assert forms is not None
    judged = printed_codes(pl.Series("code", codes, pl.String), forms)
    texts = [code or "" for code in codes]
    assert judged["postal_code"].to_list() == [printed(form, c) or c for c in texts]
    assert judged[CODE_FAULT].to_list() == [reason_of(form, c) for c in texts]


def read(tmp_path: Path, job: Job, codes: list[str | None], name: str = "code") -> Any:
    frame = pl.DataFrame({
        "key": list(range(len(codes))), "name": ["A"] * len(codes), "street": ["1 Row"] * len(codes),
        "town": ["Town"] * len(codes), name: pl.Series(codes, dtype=pl.String),
    })  # fmt: skip
    frame.write_parquet(tmp_path / "documents.parquet")
    return read_documents(job, tmp_path, [], None, codes=code_forms(job))


def test_wrong_codes_are_rejected_with_their_value_and_the_others_carried(tmp_path: Path) -> None:
    read_in = read(tmp_path, job_of("gb"), ["sw1a1aa", "10115", None, "M1 1AE", "K1A 0B1", "SW1A"])
    accepted = read_in.accepted
    assert accepted["postal_code"].to_list() == ["SW1A 1AA", "M1 1AE"]
    assert accepted["code"].to_list() == ["sw1a1aa", "M1 1AE"]
    assert set(accepted["state"]) == set(accepted["plus4"]) == {""}
    assert CODE_FAULT not in accepted.columns
    assert read_in.rejects.select("document_id", "column", "reason", "value").rows() == [
        ("1", "code", reason_of("gb", "10115"), "10115"),
        ("2", "code", reason_of("gb", ""), None),
        ("4", "code", reason_of("gb", "K1A 0B1"), "K1A 0B1"),
        ("5", "code", "the postal code is no UK postcode", "SW1A"),
    ]


def test_the_column_may_bear_the_plans_own_name(tmp_path: Path) -> None:
    job = job_of("ca", {"postal_code": "postal_code"})
    read_in = read(tmp_path, job, ["k1a0b1", "SW1A 1AA"], "postal_code")
    assert read_in.accepted["postal_code"].to_list() == ["K1A 0B1"]
    assert read_in.rejects["value"].to_list() == ["SW1A 1AA"]


def test_a_job_may_bring_its_own_form(tmp_path: Path) -> None:
    (tmp_path / "forms").mkdir()
    own = {"format": "printstream-postcode/1", "title": "code of Atlantis", "parts": {"province": 1, "town": 3},
           "shapes": ["A|999"], "gap_after": "province"}  # fmt: skip
    (tmp_path / "forms" / "prefix.yaml").write_text(json.dumps(own))
    forms = code_forms(job_of("prefix"), tmp_path)
    assert forms is not None
    judged = printed_codes(pl.Series(["b417", "M1 1AE"]), forms)
    words = "the postal code is no code of Atlantis: it looks like a UK postcode"
    assert judged.rows() == [("B 417", None), ("M1 1AE", words)]


def test_a_scheme_of_another_post_is_refused_before_data(tmp_path: Path) -> None:
    scheme = {"name": "letter", "scheme": "us_fcm_letters"}
    job = job_of("gb", streams=[scheme])
    with pytest.raises(
        JobError,
        match="scheme us_fcm_letters sorts by a five-digit ZIP Code, but the addresses have a UK postcode",
    ):
        code_forms(job)
    with pytest.raises(JobError, match=re.escape("there is no file 'atlantis.yaml' in forms/")):
        code_forms(job_of("atlantis"), tmp_path)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ({"zip5": "zip5"}, "either zip5"),
        ({"postal_code": None, "form": None}, "either zip5"),
        ({"form": None}, "postal_code needs form"),
        ({"plus4": "zip4"}, "belong to zip5"),
        ({"delivery_point": "point"}, "belong to zip5"),
        ({"postal_code": None, "form": None, "zip5": "zip5"}, "has zip5 and state"),
        ({"postal_code": None, "zip5": "zip5", "state": "state"}, "has zip5 and state, and no form"),
    ],
)
def test_an_address_is_of_one_post(address: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        job_of("gb", address)


@pytest.mark.parametrize("barcode", ["imb", "postnet"])
def test_a_barcode_of_zip_codes_needs_zip_codes(barcode: str) -> None:
    with pytest.raises(ValidationError, match=rf"the barcode {barcode} needs address\.zip5"):
        job_of("gb", mailing={"barcode": barcode})
