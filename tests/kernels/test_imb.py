"""The Intelligent Mail encoder against the USPS's vectors, libzint, and its slow twin."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import zint
from hypothesis import example, given
from hypothesis import strategies as st

from printstream.kernels import imb
from tests.reference import imb as twin
from tests.reference.symbols import zint_rows

DATA = Path(__file__).parent.parent / "data"
TABLES = imb.imb_tables()

tracking_codes = st.builds(
    lambda first, second, rest: f"{first}{second}{rest:018d}",
    st.integers(0, 9),
    st.integers(0, 4),
    st.integers(0, 10**18 - 1),
)
routing_codes = st.sampled_from([0, 5, 9, 11]).flatmap(
    lambda n: st.integers(0, 10**n - 1).map(lambda v: f"{v:0{n}d}" if n else "")
)


def vectors(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def from_digits(tracking: str, routing: str) -> tuple[int, str]:
    digits = np.frombuffer((tracking + routing).encode(), np.uint8)
    bars = np.zeros(imb.BARS, np.uint8)
    code = imb.encode_imb_digits(TABLES, digits, 0, digits.size, bars, 0)
    return code, bars.tobytes().decode()


def from_fields(tracking: str, routing: str, mailer_digits: int) -> tuple[int, str]:
    bars = np.zeros(imb.BARS, np.uint8)
    code = imb.encode_imb(
        TABLES,
        int(tracking[:2]),
        int(tracking[2:5]),
        int(tracking[5 : 5 + mailer_digits]),
        mailer_digits,
        int(tracking[5 + mailer_digits :]),
        len(routing),
        int(routing or "0"),
        bars,
        0,
    )
    return code, bars.tobytes().decode()


def test_all_usps_vectors_agree() -> None:
    rows = vectors("imb_vectors.csv")
    assert len(rows) == 400
    for row in rows:
        assert from_digits(row["tracking"], row["routing"]) == (0, row["expected"])
        assert from_fields(row["tracking"], row["routing"], 6) == (0, row["expected"])
        assert from_fields(row["tracking"], row["routing"], 9) == (0, row["expected"])


def test_twin_agrees_with_the_usps_vectors() -> None:
    for row in vectors("imb_vectors.csv"):
        assert twin.encode_imb(row["tracking"], row["routing"]) == row["expected"]
        assert twin.decode_imb(row["expected"]) == (row["tracking"], row["routing"])


def test_twin_agrees_with_bwipp_codewords() -> None:
    """bwipp, tests/ps_tests/onecode.ps.test."""
    tracking = "01234567094987654321"
    assert twin.codewords(tracking, "") == [0, 0, 0, 0, 559, 202, 508, 451, 124, 34]
    assert twin.codewords(tracking, "12345") == [659, 0, 150, 72, 109, 1016, 535, 1063, 167, 578]
    assert twin.codewords(tracking, "123456789") == [0, 1100, 201, 601, 240, 505, 309, 189, 728, 906]


@given(tracking_codes, routing_codes)
@example("0" * 20, "")
@example("94" + "9" * 18, "9" * 11)
@example("94" + "9" * 18, "0" * 11)
@example("00" + "9" * 18, "9" * 5)
def test_kernels_agree_with_the_twin(tracking: str, routing: str) -> None:
    bars = twin.encode_imb(tracking, routing)
    assert from_digits(tracking, routing) == (0, bars)
    assert from_fields(tracking, routing, 6) == (0, bars)
    assert from_fields(tracking, routing, 9) == (0, bars)
    assert twin.decode_imb(bars) == (tracking, routing)


@given(st.integers(0, 46), st.integers(-3, 3), st.sampled_from([0, 5, 9, 11]))
def test_division_is_exact_next_to_its_multiples(power: int, offset: int, length: int) -> None:
    """The quotient is estimated in floating point: try payloads on either side of k * 636 * 1365**4."""
    divisor = 636 * 1365**4
    value = max(0, (1 << power) * divisor + offset)
    route, rest = divmod(value, 10**18)
    first, second = divmod(route % 50, 5)
    number = route // 50 - {0: 0, 5: 1, 9: 100_001, 11: 1_000_100_001}[length]
    if not 0 <= number < 10**length:
        number = 0
    tracking, routing = f"{first}{second}{rest:018d}", f"{number:0{length}d}" if length else ""
    assert from_digits(tracking, routing) == (0, twin.encode_imb(tracking, routing))


@given(tracking_codes, routing_codes)
def test_agrees_with_libzint(tracking: str, routing: str) -> None:
    text = f"{tracking}-{routing}" if routing else tracking
    # Three rows (ascender, tracker, descender) of 129 modules, every other a gap.
    up, middle, down = zint_rows(zint.Symbology.USPS_IMAIL, text.encode())
    assert middle == "10" * 64 + "1"
    bars = "".join("TDAF"[int(d) + 2 * int(u)] for u, d in zip(up[::2], down[::2], strict=True))
    assert from_digits(tracking, routing) == (0, bars)


def test_digits_may_be_values_or_ascii_at_any_place() -> None:
    tracking, routing = "01234567094987654321", "01234567891"
    expected = "AADTFFDFTDADTAADAATFDTDDAAADDTDTTDAFADADDDTFFFDDTTTADFAAADFTDAADA"
    values = np.array([77, *map(int, tracking + routing)], np.uint8)
    bars = np.zeros(70, np.uint8)
    assert imb.encode_imb_digits(TABLES, values, 1, 31, bars, 3) == 0
    assert bars.tobytes() == b"\0\0\0" + expected.encode() + b"\0\0"


def test_usps_return_codes() -> None:
    rows = vectors("imb_vectors_invalid.csv")
    assert {row["return_code"] for row in rows} == {"09", "10", "11", "12", "13"}
    for row in rows:
        if len(row["tracking"]) != 20 and row["tracking"]:
            continue  # one array cannot tell a short tracking code from a short routing code
        code, bars = from_digits(row["tracking"], "" if not row["tracking"] else row["routing"])
        assert code == int(row["return_code"])
        assert bars == "\0" * 65


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ((5, 300, 123456, 6, 1, 0, 0), imb.BAD_BARCODE_ID),
        ((99, 300, 123456, 6, 1, 0, 0), imb.BAD_BARCODE_ID),
        ((100, 300, 123456, 6, 1, 0, 0), imb.BAD_TRACKING),
        ((0, 1000, 123456, 6, 1, 0, 0), imb.BAD_TRACKING),
        ((0, 300, 1_000_000, 6, 1, 0, 0), imb.BAD_TRACKING),
        ((0, 300, 123456, 6, 1_000_000_000, 0, 0), imb.BAD_TRACKING),
        ((0, 300, 900_000_000, 9, 1_000_000, 0, 0), imb.BAD_TRACKING),
        ((0, 300, 123456, 6, -1, 0, 0), imb.BAD_TRACKING),
        ((0, 300, 123456, 7, 1, 0, 0), imb.BAD_TRACKING),
        ((0, 300, 123456, 6, 1, 6, 0), imb.BAD_ROUTING_LENGTH),
        ((0, 300, 123456, 6, 1, 5, 100_000), imb.BAD_ROUTING),
        ((0, 300, 123456, 6, 1, 11, -1), imb.BAD_ROUTING),
    ],
)
def test_fields_out_of_range_are_refused(fields: tuple[int, ...], code: int) -> None:
    bars = np.zeros(imb.BARS, np.uint8)
    assert imb.encode_imb(TABLES, *fields, bars, 0) == code
    assert not bars.any()


def test_batches_agree_with_single_calls() -> None:
    serial = np.array([1, 2, 10**9], np.int64)
    kind = np.array([11, 5, 0], np.int8)
    routing = np.array([1234567891, 1234, 0], np.int64)
    out, codes = np.zeros(3 * 65, np.uint8), np.full(3, -1, np.int8)
    imb.encode_imb_batch(TABLES, 0, 300, 123456, 6, serial, kind, routing, out, codes)
    assert codes.tolist() == [0, 0, imb.BAD_TRACKING]
    assert out[:65].tobytes().decode() == twin.encode_imb("00300123456000000001", "01234567891")
    assert out[65:130].tobytes().decode() == twin.encode_imb("00300123456000000002", "01234")

    digits = np.frombuffer(b"00300123456000000001" + b"0030012345600000000201234", np.uint8)
    imb.encode_imb_digits_batch(TABLES, digits, np.array([0, 20, 45]), out, codes[:2])
    assert out[:65].tobytes().decode() == twin.encode_imb("00300123456000000001", "")
    assert out[65:130].tobytes().decode() == twin.encode_imb("00300123456000000002", "01234")


def test_decoder_notices_every_changed_bar() -> None:
    bars = twin.encode_imb("01234567094987654321", "01234567891")
    for place in range(65):
        for other in "TDAF":
            changed = bars[:place] + other + bars[place + 1 :]
            if changed != bars:
                with pytest.raises(ValueError, match=r"character|codeword|check|routing"):
                    twin.decode_imb(changed)
