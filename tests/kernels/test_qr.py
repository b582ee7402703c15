"""The QR encoder against segno (mask included), libzint and zxing-cpp."""

from __future__ import annotations

import numpy as np
import pytest
import segno
import zint
import zxingcpp
from hypothesis import example, given, settings
from hypothesis import strategies as st

from printstream.kernels import qr
from tests.reference import qr as twin
from tests.reference.symbols import Rows, read, unpack, zint_rows

TABLES = qr.qr_tables()
ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
EPC = b"BCD\n002\n1\nSCT\nBFSWDE33BER\nWikimedia Foerdergesellschaft\nDE33100205000001194700\nEUR123.45\n\n\nDonation"

numerals = st.text("0123456789", min_size=1, max_size=520).map(str.encode)
capitals = st.text(ALPHANUMERIC, min_size=1, max_size=315).map(str.encode)
octets = st.binary(min_size=1, max_size=216)


def encode(text: bytes, mode: int = qr.BYTE, min_version: int = 1) -> Rows | int:
    out = np.zeros(qr.OUT_BYTES, np.uint8)
    scratch = np.full(qr.SCRATCH_BYTES, 0xA5, np.uint8)
    size = qr.encode_qr(TABLES, np.frombuffer(text, np.uint8), len(text), min_version, scratch, out, mode)
    if size < 0:
        assert not out.any()
        return int(size)
    assert not out[size * ((size + 7) // 8) :].any()
    return unpack(out, size)


def agrees(text: bytes, mode: int) -> None:
    expected = twin.encode_qr(text, mode)
    assert encode(text, mode) == (qr.TOO_LONG if expected is None else expected)


@settings(max_examples=40)
@given(octets)
@example(b"x" * 213)
@example(b"x" * 214)
@example(EPC)
def test_bytes_agree_with_segno(text: bytes) -> None:
    agrees(text, qr.BYTE)


@settings(max_examples=40)
@given(capitals)
@example(b"A" * 311)
@example(b"A" * 312)
def test_alphanumeric_agrees_with_segno(text: bytes) -> None:
    agrees(text, qr.ALPHANUMERIC)


@settings(max_examples=40)
@given(numerals)
@example(b"0" * 513)
@example(b"0" * 514)
def test_numeric_agrees_with_segno(text: bytes) -> None:
    agrees(text, qr.NUMERIC)


@pytest.mark.parametrize("capacity", [14, 26, 42, 62, 84, 106, 122, 152, 180, 213])
def test_full_symbols_agree_with_segno_as_it_is(capacity: int) -> None:
    """No pads, so segno's own padding takes no part; and a byte more takes the next version."""
    text = bytes(np.random.default_rng(capacity).integers(0, 256, capacity).astype(np.uint8))
    code = segno.make(text, error="m", boost_error=False, mode="byte", micro=False)
    rows = encode(text)
    assert rows == ["".join(map(str, row)) for row in code.matrix]
    longer = encode(text + b"\0")
    assert longer == qr.TOO_LONG if capacity == 213 else len(longer) == len(rows) + 4


@settings(max_examples=60)
@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=213), st.integers(1, 10))
def test_agrees_with_libzint(text: str, version: int) -> None:
    """Lower case, so that libzint takes byte mode; under the mask that we chose."""
    rows = encode(text.encode(), qr.BYTE, version)
    assert isinstance(rows, list)
    chosen = (len(rows) - 17) // 4
    assert chosen >= version
    mask = twin.mask_of(rows) + 1 << 8
    assert rows == zint_rows(zint.Symbology.QRCODE, text.encode(), option_1=2, option_2=chosen, option_3=mask)


@given(octets | capitals | numerals, st.integers(-1, 10))
def test_zxing_reads_it_back(text: bytes, min_version: int) -> None:
    rows = encode(text, qr.AUTO, min_version)
    if isinstance(rows, int):
        assert rows == qr.TOO_LONG
        return
    assert len(rows) >= 17 + 4 * min_version
    assert read(rows, zxingcpp.BarcodeFormat.QRCode) == text


@pytest.mark.parametrize("version", range(1, 11))
def test_every_version_reads_back(version: int) -> None:
    rows = encode(b"0123456789", qr.AUTO, version)
    assert len(rows) == 17 + 4 * version
    assert rows == twin.encode_qr(b"0123456789", qr.NUMERIC, version)
    assert read(rows, zxingcpp.BarcodeFormat.QRCode) == b"0123456789"


def test_automatic_mode_is_the_shortest() -> None:
    assert encode(b"123", qr.AUTO) == encode(b"123", qr.NUMERIC)
    assert encode(b"123A", qr.AUTO) == encode(b"123A", qr.ALPHANUMERIC)
    assert encode(b"123a", qr.AUTO) == encode(b"123a", qr.BYTE)


@pytest.mark.parametrize(
    ("text", "mode"), [(b"12A", qr.NUMERIC), (b"a", qr.ALPHANUMERIC), (b"1", 3), (b"1", 8), (b"1", -1)]
)
def test_text_outside_of_the_mode_is_refused(text: bytes, mode: int) -> None:
    assert encode(text, mode) == qr.NOT_IN_MODE


def test_no_version_above_ten() -> None:
    assert encode(b"1", qr.AUTO, 11) == qr.TOO_LONG


# Rows made of the finder's pattern and its neighbours, so that look-alikes touch, overlap and meet the edge.
FRAGMENTS = ["1011101", "0000", "11101", "1", "0", "1011101110111010000", "11111", "000000"]


@settings(max_examples=200)
@given(st.integers(1, 10), st.integers(0, 2**32), st.booleans())
def test_penalty_agrees_with_segno(version: int, seed: int, turned: bool) -> None:
    size = 17 + 4 * version
    random = np.random.default_rng(seed)
    symbol = ["".join(random.choice(FRAGMENTS, size))[:size] for _ in range(size)]
    if turned:
        symbol = ["".join(column) for column in zip(*symbol, strict=True)]
    rows = np.zeros(qr.SCRATCH_BYTES // 8, np.int64)
    rows[4 : 4 + size] = [int(row[::-1], 2) for row in symbol]
    scores = twin.mask_scores(symbol)
    assert qr._penalty(rows, size, 1 << 30) == sum(scores)
    assert qr._penalty(rows, size, sum(scores)) >= sum(scores)
    found, dark, shared = qr._features(rows, *TABLES.alike[version], (size + 7) & ~7)
    if not shared:
        assert found + qr._balance(dark, size * size) == sum(scores)


def test_rows_of_chance_seldom_need_the_slow_judge() -> None:
    """And where they do not, both judges agree."""
    random = np.random.default_rng(1)
    needed = 0
    for version in range(1, 11):
        size = 17 + 4 * version
        for _ in range(300):
            rows = np.zeros(qr.SCRATCH_BYTES // 8, np.int64)
            rows[4 : 4 + size] = random.integers(0, 1 << size, size)
            found, dark, shared = qr._features(rows, *TABLES.alike[version], (size + 7) & ~7)
            needed += shared
            if not shared:
                assert found + qr._balance(dark, size * size) == qr._penalty(rows, size, 1 << 30)
    assert 0 < needed < 3000 / 8


def test_batch_agrees_with_single_calls() -> None:
    texts = [EPC, b"", b"1" * 600]
    offsets = np.cumsum([0, *map(len, texts)])
    out, sizes = np.zeros((3, qr.OUT_BYTES), np.uint8), np.zeros(3, np.int8)
    qr.encode_qr_batch(TABLES, np.frombuffer(b"".join(texts), np.uint8), offsets, 3, out, sizes, qr.AUTO)
    assert sizes.tolist() == [41, 29, qr.TOO_LONG]
    assert unpack(out[0], 41) == encode(EPC, qr.AUTO, 3)
    assert unpack(out[1], 29) == encode(b"", qr.AUTO, 3)
