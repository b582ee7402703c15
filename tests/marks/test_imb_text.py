"""Checking and encoding one Intelligent Mail barcode as text."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from printstream.marks.imb import check_imb, encode_text
from tests.reference.imb import decode_imb

DATA = Path(__file__).parent.parent / "data"


def test_usps_refusals() -> None:
    with (DATA / "imb_vectors_invalid.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 71
    for row in rows:
        code = int(row["return_code"])
        assert check_imb(row["tracking"], row["routing"]) == code
        with pytest.raises(ValueError, match=f"USPS return code {code:02d}"):
            encode_text(row["tracking"], row["routing"])


def test_encode_text_reads_back() -> None:
    bars = encode_text("01234567094987654321", "01234567891")
    assert bars == "AADTFFDFTDADTAADAATFDTDDAAADDTDTTDAFADADDDTFFFDDTTTADFAAADFTDAADA"
    assert decode_imb(bars) == ("01234567094987654321", "01234567891")


def test_digits_of_other_scripts_are_no_digits() -> None:
    assert check_imb("٠" * 20, "") == 10
    assert check_imb("0" * 20, "１２３４５") == 13


def test_the_fault_does_not_repeat_the_digits() -> None:
    with pytest.raises(ValueError, match="13") as fault:
        encode_text("0" * 20, "9876x")
    assert "9876" not in str(fault.value)
