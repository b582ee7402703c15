"""Settings and columns to payloads: what is refused when a job is read, and what is rejected of its documents."""

from __future__ import annotations

import re
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from printstream.base import columns as c
from printstream.job import Job, Mailing
from printstream.marks import faulty_documents, postal_barcodes, postal_columns, postal_mark, serial_limit
from tests.draw.drawkit import job_of

ROYAL = {"postcode": "pc", "suffix": "dps"}
DP = {
    "price_version": 33,
    "customer": "5125149612",
    "value_cents": 185,
    "product": 148,
    "participation": 1,
    "statement": 588,
}


def job_for(barcode: str, **settings: Any) -> Job:
    return job_of(mailing={"barcode": barcode, **settings})


@pytest.mark.parametrize(
    ("mailing", "words"),
    [
        ({"barcode": "kix"}, "barcode kix needs the settings kix"),
        ({"barcode": "mailmark_l"}, "needs the settings mailmark"),
        ({"barcode": "imb", "kix": {"postcode": "a", "house_number": "b"}}, "settings kix are those of another barcode"),
        ({"barcode": "none", "rm4scc": ROYAL}, "settings rm4scc are those of another"),
        ({"barcode": "mailmark_c", "mailmark": ROYAL | {"supply_chain": "123456"}}, "supply_chain of 2 digits"),
        ({"barcode": "mailmark_l", "mailmark": ROYAL | {"supply_chain": "12"}}, "supply_chain of 6 digits"),
        ({"barcode": "auspost", "auspost": {"sorting_code": "d", "information": "i"}}, "information with control 59 and 62"),
        ({"barcode": "auspost", "auspost": {"sorting_code": "d", "control": "59"}}, "information with control 59 and 62"),
        ({"barcode": "ean"}, "imb"),
        ({"barcode": "mailmark_2d", "mailmark_2d": ROYAL | {"supply_chain": "1234567", "type": 8}}, "7, 9 or 29"),
        ({"barcode": "dp_datamatrix", "dp_datamatrix": DP | {"customer": "123"}}, "pattern"),
        ({"barcode": "dp_datamatrix", "dp_datamatrix": DP | {"value_cents": 70_000}}, "65535"),
    ],
)  # fmt: skip
def test_settings_that_do_not_fit_are_refused(mailing: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(words)):
        Mailing.model_validate(mailing)


UK_FAULT = "postcode and delivery point suffix have none of the six forms of a UK postcode"
LENGTH = "the payload has the wrong length"
CHARACTER = "the payload has a character that the code cannot hold at its place"
DUTCH = "postcode, house number and addition are none of the Netherlands"
CASES: dict[str, tuple[Job, dict[str, list[Any]], list[str]]] = {
    # Columns with sound rows and others; the reason of each row, empty where sound.
    "mailmark_c": (
        job_for("mailmark_c", mailmark=ROYAL | {"supply_chain": "22"}),
        {
            "pc": ["EC1A 1BB", "xy11", "EC1A 1BC", None, "SW1", "W1A0AX", "M11AE", "M1 1AE"],
            "dps": ["1A", None, "1A", "1A", "1A", "1C", "", "11"],
        },
        # Letters C, I, K, M, O, V are not used after the digit, nor as suffix.
        ["", "", UK_FAULT, UK_FAULT, UK_FAULT, UK_FAULT, "", UK_FAULT],
    ),
    "mailmark_2d": (
        job_for("mailmark_2d", mailmark_2d=ROYAL | {"supply_chain": "1234567", "content": "own"}),
        {
            "pc": ["EC1A1BB", "EC1A1BC", "XY11", "EC1", "EC1A1BB", "EC1A1BB", "EC1A1BB"],
            "dps": ["1A"] * 7,
            "own": ["ABC123", "", None, "", "ABC1234", "zżz", "lower"],
        },
        [
            "", "", "", UK_FAULT, "the content is too long for the symbol", "the content has characters beyond Latin-1",
            "the content is too long for the symbol",
        ],
    ),
    "rm4scc": (
        job_for("rm4scc", rm4scc=ROYAL),
        {"pc": ["EC1A 1BB", "XY11", "M1 1AE ", "M-1 1AE"], "dps": ["1A", "", "9Z", "1A"]},
        ["", UK_FAULT, "", UK_FAULT],
    ),
    "kix": (
        job_for("kix", kix={"postcode": "pc", "house_number": "number", "addition": "more"}),
        {
            "pc": ["2500 gg", "0500GG", "2500GG", "2500GG", "2500GG", None],
            "number": ["1", "1", "", "123456", "12", "1"],
            "more": ["hs", "", "", "", "TOOLONG", ""],
        },
        ["", DUTCH, DUTCH, DUTCH, DUTCH, DUTCH],
    ),
    "auspost": (
        job_for("auspost", auspost={"sorting_code": "dpid", "control": "59", "information": "info"}),
        {"dpid": ["39549554", "3954955", "39549554", "39549554", "39549554"], "info": ["1", "1", "123456789", "12x", None]},
        ["", "the sorting code has not eight digits", LENGTH, CHARACTER, ""],
    ),
    "japanpost": (
        job_for("japanpost", japanpost={"postcode": "pc", "address": "address"}),
        {"pc": ["154-0023", "154002", "1540023", "1540023"], "address": ["3-16-4-205", "1", "1/2", "ABCDEFG"]},
        ["", "the postcode has not seven digits", CHARACTER, LENGTH],
    ),
    "planet": (
        job_for("planet", planet={"code": "code"}),
        {"code": ["40000000001", "4000000000123", "4000", "4000000000x"]},
        ["", "", LENGTH, CHARACTER],
    ),
    "dp_datamatrix": (
        job_for("dp_datamatrix", dp_datamatrix=DP | {"content": "own", "size": 28}),
        {"own": ["", "ABCDE", "ABCDEF", "Ä", "ł", None]},
        ["", "", "the content is longer than 5 characters", "", "the content has characters beyond Latin-1", ""],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_documents_without_a_lawful_payload_are_told(name: str) -> None:
    job, columns, reasons = CASES[name]
    frame = pl.DataFrame(columns)
    assert postal_columns(job) == set(columns)
    found = faulty_documents(frame, job)
    told = dict(zip(found.documents.tolist(), found.reasons, strict=True))
    assert [told.get(row, "") for row in range(frame.height)] == reasons
    assert found.column == next(iter(columns))
    assert faulty_documents(frame.clear(), job).documents.size == 0


@pytest.mark.parametrize("barcode", ["imb", "none"])
def test_jobs_without_payload_have_no_such_faults(barcode: str) -> None:
    job = job_for(barcode)
    assert faulty_documents(pl.DataFrame({"a": [1]}), job).reasons == ()
    assert postal_columns(job) == frozenset()
    assert (postal_mark(job).face == "imb") is (barcode == "imb")


def pieces(numbers: list[int]) -> pl.DataFrame:
    return pl.DataFrame(
        {c.PIECE_ID.name: numbers, c.DOCUMENT.name: list(range(len(numbers)))},
        {c.PIECE_ID.name: pl.UInt32, c.DOCUMENT.name: pl.UInt32},
    )


def test_numbers_start_anew_at_their_limit() -> None:
    job = job_for("mailmark_c", first_serial=99_999_999, mailmark=ROYAL | {"supply_chain": "22"})
    frame = pl.DataFrame({"pc": ["EC1A1BB"] * 2, "dps": ["1A"] * 2})
    told = postal_barcodes(pieces([1, 2]), frame, job).to_list()
    assert told == ["1102299999999EC1A1BB1A", "1102200000000EC1A1BB1A"]


def test_a_public_sample_of_the_german_code() -> None:
    """The layout as decoded in public: DEA, 18, 33, EKP 5125149612, 1.85 EUR, day 155 of 2016, 148, 156322, 1, 588, 0."""
    sample = "444541122101317b93ac00b93c9c00940262a201024c00aa48616c6c6f2057656c7421"
    settings = DP | {"content": "own"}
    job = job_for("dp_datamatrix", first_serial=0x0262A2, dp_datamatrix=settings)
    job = job.model_copy(update={"production_date": job.production_date.replace(2016, 6, 3)})
    frame = pl.DataFrame({"own": ["\xaaHallo Welt!"]})
    (told,) = postal_barcodes(pieces([1]), frame, job).to_list()
    assert told == sample.ljust(84, "0")


@pytest.mark.parametrize(
    ("job", "issuer", "limit"),
    [
        (job_for("imb", mailer_id="123456"), "imb-123456", 10**9),
        (job_for("imb", mailer_id="912345678"), "imb-912345678", 10**6),
        (job_for("mailmark_c", mailmark=ROYAL | {"supply_chain": "22"}), "mailmark-22", 10**8),
        (CASES["dp_datamatrix"][0], "dp-5125149612-588", 1 << 24),
        (job_for("postnet"), "", 0),
        (job_for("none"), "", 0),
        (CASES["kix"][0], "", 0),
    ],
)
def test_which_numbers_must_differ(job: Job, issuer: str, limit: int) -> None:
    found = serial_limit(job)
    assert found[0] == issuer
    assert not issuer or found[1] == limit


def test_a_code_without_columns_is_every_documents() -> None:
    """A payload of constants alone once came as one value for all, and the kernels read beyond it."""
    job = job_for("dp_datamatrix", dp_datamatrix=DP)
    frame = pl.DataFrame({"name": ["a", "b", "c"], c.DOCUMENT.name: [0, 1, 2], c.PIECE_ID.name: [3, 1, 2]})
    assert faulty_documents(frame, job).reasons == ()
    told = postal_barcodes(frame, frame, job).to_list()
    assert [int(text[32:38], 16) for text in told] == [3, 1, 2]
