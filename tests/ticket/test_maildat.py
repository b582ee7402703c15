"""Mail.dat: an independent reader finds no fault, every count agrees with manifest, trays and postage; bad ones are seen."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from printstream import mailpapers
from printstream.base.errors import JobError
from printstream.ticket.records import layouts, records
from tests.judges.maildat import FileSet, table
from tests.ticket.mailkit import MAILDAT, Written, documents_of, job_of, plan_of, write

MG_PER_LB = 453_592.37
RATE = {"5d": "E", "aadc": "L1", "maadc": "L2"}
LEVEL = {"5d": "G", "aadc": "AA", "maadc": "AC"}
PRICES = {("thin", "E"): 593, ("thin", "L1"): 641, ("thin", "L2"): 672}


@pytest.fixture(scope="module", params=["pbc", "pdr"])
def mail(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Written:
    job = job_of(maildat={**MAILDAT, "pieces": request.param})
    return write(tmp_path_factory.mktemp("mail") / "run", job, documents_of(job, 2400))


@pytest.fixture(scope="module")
def files(mail: Written) -> FileSet:
    return FileSet(mail.postal / "maildat")


def test_an_independent_reader_finds_no_fault(files: FileSet) -> None:
    assert files.faults == []
    assert {len(files.rows[name]) for name in ("seg", "mpa")} == {2}
    assert len(files.rows["mpu"]) > 2


def test_the_product_reads_the_same_layout_as_the_judge() -> None:
    own = layouts("maildat_25_1.csv")
    for name, places in table().items():
        assert [(p.code, p.start, p.length, p.required) for p in places] == [
            (f.code, f.start, f.length, f.required) for f in own[name].fields.values()
        ]
        assert sum(p.length for p in places) == own[name].length


def test_containers_are_the_trays(mail: Written, files: FileSet) -> None:
    trays = mail.presorted.trays.filter(pl.col("tray_type") != "none")
    assert len(files.rows["csm"]) == trays.height > 5
    with (mail.postal / "trays.csv").open() as file:
        listed = list(csv.DictReader(file))
    for row, tray, line in zip(files.rows["csm"], trays.iter_rows(named=True), listed, strict=True):
        assert int(row["CSM-1006"]) == tray["tray_id"] == int(line["tray_id"])
        assert int(row["CSM-1121"]) == tray["pieces"] == int(line["pieces"])
        assert row["CSM-1005"].strip() == {"1ft": "O", "2ft": "T", "emm": "E"}[tray["tray_type"]]
        assert row["CSM-1104"].strip() == LEVEL[tray["presort_level"]]
        assert row["CSM-1152"].strip() == tray["destination"][:30]
        assert row["CSM-1150"] == line["tray_barcode"]
        pounds = tray["weight_mg"] / MG_PER_LB
        # Each piece's weight is rounded to 1/10000 lb.
        assert abs(int(row["CSM-1122"]) / 10_000 - pounds) <= tray["pieces"] * 0.000_05 + 1e-9


def test_pieces_carry_what_is_printed_in_their_tray_at_their_price(mail: Written, files: FileSet) -> None:
    quantity = {int(q["CQT-1034"]): q for q in files.rows["cqt"]}
    unit = {int(u["MPU-1003"]): u for u in files.rows["mpu"]}
    real = mail.presorted.trays.filter(pl.col("tray_type") != "none")["tray_id"]
    pieces = mail.manifest.filter(pl.col("tray_id").is_in(real.implode())).sort("sequence")
    listed = files.pieces()
    assert len(listed) == pieces.height
    for (cqt, _, barcode), piece in zip(listed, pieces.iter_rows(named=True), strict=True):
        q = quantity[cqt]
        assert barcode == piece["postal_barcode"]
        assert int(q["CQT-1006"]) == piece["tray_id"]
        assert q["CQT-1008"].strip() == RATE[piece["presort_level"]]
        assert (
            abs(int(unit[int(q["CQT-1003"])]["MPU-1103"]) / 10_000 - piece["weight_mg"] / MG_PER_LB)
            <= 0.000_051
        )
        assert q["CQT-1007"].strip() == (
            piece["postal_code"] if piece["presort_level"] == "5d" else piece["postal_code"][:3]
        )


def test_postage_by_rate_is_that_of_the_statement(mail: Written, files: FileSet) -> None:
    segment = {u["MPU-1003"]: u["MPU-1002"] for u in files.rows["mpu"]}
    counts: Counter[str] = Counter()
    for q in files.rows["cqt"]:
        if segment[q["CQT-1003"]] == "0001":
            counts[q["CQT-1008"].strip()] += int(q["CQT-1103"])
    thin = mail.manifest.filter((pl.col("stream") == "thin") & (pl.col("presort_level") != "single"))
    assert sum(PRICES["thin", rate] * n for rate, n in counts.items()) == thin["postage_mills"].sum()
    lines = pl.read_csv(mail.postal / "postage.csv").filter(
        (pl.col("stream") == "thin") & (pl.col("presort_level") != "single")
    )
    assert {RATE[r["presort_level"]]: r["pieces"] for r in lines.iter_rows(named=True)} == counts


def test_pieces_that_rolled_keep_their_rate(mail: Written, files: FileSet) -> None:
    """A 5-digit price in an AADC tray: the quantity says E, the container AA."""
    level = {row["CSM-1006"]: row["CSM-1104"].strip() for row in files.rows["csm"]}
    rolled = sum(
        int(q["CQT-1103"])
        for q in files.rows["cqt"]
        if q["CQT-1008"].strip() == "E" and level[q["CQT-1006"]] != "G"
    )
    trays = mail.presorted.trays.select("tray_id", tray_level="presort_level")
    expected = mail.manifest.join(trays, on="tray_id").filter(
        (pl.col("presort_level") == "5d") & (pl.col("tray_level") != "5d")
    )
    assert rolled == expected.height


@settings(max_examples=8, deadline=None)
@given(count=st.integers(0, 1600), seed=st.integers(0, 10**6), full=st.booleans())
def test_any_mailing(tmp_path_factory: pytest.TempPathFactory, count: int, seed: int, full: bool) -> None:
    more: dict[str, Any] = {
        "maildat": {**MAILDAT, "service": "full"},
        "service_type": "270",
        "serials": {"folder": "s"},
    }
    job = job_of(**(more if full else {"maildat": MAILDAT}))
    written = write(tmp_path_factory.mktemp("any") / "run", job, documents_of(job, count, seed))
    sorted_pieces = written.manifest.filter(pl.col("presort_level") != "single").height if count else 0
    if not sorted_pieces:
        assert not (written.postal / "maildat").is_dir() or not list((written.postal / "maildat").iterdir())
        return
    files = FileSet(written.postal / "maildat")
    assert files.faults == []
    assert len(files.pieces()) == sorted_pieces
    assert {q["CQT-1112"] for q in files.rows["cqt"]} == {"F" if full else "B"}


def _spoiled(mail: Written, folder: Path, name: str, start: int, text: str) -> list[str]:
    """Faults after one record of one file was changed at a position (from 1)."""
    folder.mkdir()
    for file in (mail.postal / "maildat").iterdir():
        data = bytearray(file.read_bytes())
        if file.suffix == f".{name}":
            data[start - 1 : start - 1 + len(text)] = text.encode()
        (folder / file.name).write_bytes(data)
    return FileSet(folder).faults


@pytest.mark.parametrize(
    ("name", "start", "text"),
    [
        ("hdr", 291, "00000001"),  # PQT count
        ("hdr", 9, "24-1"),
        ("hdr", 215, "20250230"),
        ("seg", 74, "XX"),
        ("seg", 277, "!"),
        ("mpu", 60, "000001"),  # weight of a unit
        ("mpa", 9, "0000000077"),
        ("csm", 208, "00000001"),
        ("csm", 216, "000000000001"),
        ("csm", 370, "9"),  # tray barcode
        ("csm", 41, "1 "),
        ("cqt", 48, "00000099"),
        ("cqt", 35, "ZZ"),
        ("cqt", 17, "999999"),
        ("pqt", 40, "00099"),
        ("pbc", 9, "000000002"),
        ("pbc", 18, "00000002"),
        ("pbc", 54, "4"),  # ZIP Code in the barcode
        ("pbc", 32, " "),
    ],
)
@pytest.mark.parametrize("mail", ["pbc"], indirect=True)
def test_the_judge_sees_what_is_wrong(
    mail: Written, tmp_path: Path, name: str, start: int, text: str
) -> None:
    assert _spoiled(mail, tmp_path / "bad", name, start, text) != []


# ---- settings


@pytest.mark.parametrize(
    ("mailing", "words"),
    [
        ({"maildat": MAILDAT, "barcode": "none"}, "needs barcode imb"),
        ({"maildat": {**MAILDAT, "service": "full"}}, "basic automation"),
        ({"maildat": {**MAILDAT, "service": "full"}, "service_type": "270"}, "needs serials"),
        ({"maildat": {k: v for k, v in MAILDAT.items() if k != "permit"}}, "permit"),
        ({"maildat": {**MAILDAT, "entry": {"zip9": "10001"}}}, "zip9"),
        ({"maildat": {**MAILDAT, "job_id": "too long an id"}}, "job_id"),
    ],
)
def test_settings_that_do_not_suffice_are_refused(mailing: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        job_of(**mailing)


@pytest.mark.parametrize(
    ("streams", "words"),
    [
        ([{"name": "all"}], "no stream has a presort scheme"),
        ([{"name": "all", "scheme": "prefix"}], "Mail.dat"),
    ],
)
def test_schemes_that_mail_dat_does_not_know_are_refused(streams: list[dict[str, Any]], words: str) -> None:
    order = plan_of(job_of(maildat=MAILDAT), documents_of(job_of(), 0)).order
    order.job = job_of(streams, maildat=MAILDAT)
    with pytest.raises(JobError, match=words):
        mailpapers.check_papers(order)


# ---- fixed-width records


def test_values_that_do_not_fit_are_refused() -> None:
    pqt = layouts("maildat_25_1.csv")["pqt"]
    good: dict[str, Any] = {"PQT-1001": "1", "PQT-1034": 1, "PQT-1012": 1, "PQT-1013": "10001", "PQT-1102": "C", "PQT-1103": 7, "PQT-1104": 7, "PQT-2000": "O"}  # fmt: skip
    assert (
        b"".join(records(pqt, 1, good))
        == b"00000001"
        + b"00000001"
        + b"000001"
        + b"10001 "
        + b"    "
        + b"C 0000700007"
        + b" " * 13
        + b"O"
        + b" " * 11
        + b"#\r\n"
    )
    for code, value in (
        ("PQT-1104", 100_000),
        ("PQT-1104", np.array([100_000])),
        ("PQT-1013", "1000111"),
        ("PQT-1013", pl.Series(["1000111"])),
        ("PQT-1102", "Q"),
        ("PQT-1102", pl.Series(["Q"])),
        ("PQT-1001", "é"),
        ("PQT-1013", None),
    ):
        with pytest.raises(JobError, match=code):
            list(records(pqt, 1, {**good, code: value}))
    with pytest.raises(ValueError, match="no field"):
        list(records(pqt, 1, {**good, "PQT-0000": "1"}))


def test_many_records_come_in_parts() -> None:
    pqt = layouts("maildat_25_1.csv")["pqt"]
    count = 200_001
    parts = list(records(pqt, count, {"PQT-1001": "1", "PQT-1034": np.arange(count), "PQT-1012": 1, "PQT-1013": "10001", "PQT-1102": "C", "PQT-1103": 7, "PQT-1104": 7, "PQT-2000": "O"}))  # fmt: skip
    data = b"".join(parts)
    assert len(parts) > 1
    assert max(map(len, parts)) < 8_000_000
    assert [int(data[72 * k + 8 : 72 * k + 16]) for k in (0, 65_535, 65_536, count - 1)] == [
        0,
        65_535,
        65_536,
        count - 1,
    ]


@pytest.mark.parametrize(
    ("service", "service_type", "refused"),
    [
        ("basic", "300", False),
        ("basic", "270", True),
        ("full", "270", False),
        ("full", "310", True),
        ("full", "999", False),  # in no list that we have: said by the sort, not refused
    ],
)
def test_a_service_type_of_the_other_kind_is_refused(
    service: str, service_type: str, *, refused: bool
) -> None:
    more = {"maildat": {**MAILDAT, "service": service}, "service_type": service_type}
    job = job_of(**more, serials={"folder": "s"})
    order = plan_of(job_of(maildat=MAILDAT), documents_of(job_of(), 0)).order
    order.job = job
    if not refused:
        mailpapers.check_papers(order)
        return
    with pytest.raises(JobError, match=f"{service} service, but service_type {service_type} is of the other"):
        mailpapers.check_papers(order)
