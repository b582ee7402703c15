"""The Data Matrix encoder against zint's vectors, libzint, zxing-cpp and its slow twin."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import zint
import zxingcpp
from hypothesis import assume, example, given
from hypothesis import strategies as st

from printstream.kernels import datamatrix as dm
from tests.reference import datamatrix as twin
from tests.reference.symbols import Rows, read, unpack, zint_rows

DATA = Path(__file__).parent.parent / "data"
TABLES = dm.datamatrix_tables()
sizes = st.sampled_from(dm.SIZES)
marks = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", max_size=62).map(str.encode)


def encode(text: bytes, size: int) -> Rows | int:
    out = np.zeros(size * ((size + 7) // 8), np.uint8)
    scratch = np.full(dm.SCRATCH_BYTES, 0xA5, np.uint8)
    code = dm.encode_datamatrix(TABLES, np.frombuffer(text, np.uint8), len(text), size, scratch, out)
    if code != 0:
        assert not out.any()
        return int(code)
    return unpack(out, size)


def codewords(text: bytes, size: int) -> list[int]:
    out, scratch = np.zeros(128, np.uint8), np.zeros(dm.SCRATCH_BYTES, np.uint8)
    assert dm.encode_datamatrix(TABLES, np.frombuffer(text, np.uint8), len(text), size, scratch, out) == 0
    return scratch[: sum(twin.SYMBOLS[size][:2])].tolist()


def test_sizes_are_those_of_the_standard() -> None:
    assert tuple(twin.SYMBOLS) == dm.SIZES
    assert [dm.data_codewords(size) for size in dm.SIZES] == [data for data, _, _ in twin.SYMBOLS.values()]
    assert dm.data_codewords(11) == 0


def test_zint_vectors() -> None:
    """The same modules where zint takes ASCII encodation too; the same payload everywhere."""
    same = fits = 0
    for vector in json.loads((DATA / "datamatrix_vectors.json").read_text("utf-8")):
        text, size = bytes.fromhex(vector["data_latin1_hex"]), vector["rows"]
        assert read(vector["bits"], zxingcpp.BarcodeFormat.DataMatrix) == text
        rows = encode(text, size)
        if isinstance(rows, int):
            assert rows == dm.TOO_LONG
            assert len(twin.encode_ascii(text)) > dm.data_codewords(size)
            continue
        fits += 1
        same += rows == vector["bits"]
        assert read(rows, zxingcpp.BarcodeFormat.DataMatrix) == text
    assert (same, fits) == (3, 18)


def test_bwipp_check_codewords() -> None:
    """bwipp's tests: "TEST" in ASCII; A to Z and 0 in C40, then 1 to 9 in ASCII, at 32 x 32."""
    assert codewords(b"TEST", 12)[5:] == [125, 231, 139, 243, 125, 208, 115]
    values = [*range(14, 40), 4]
    words = [230]
    for a, b, c in zip(values[::3], values[1::3], values[2::3], strict=True):
        words += divmod(1600 * a + 40 * b + c + 1, 256)
    words = twin.pad([*words, 254, *twin.encode_ascii(b"123456789")], 62)
    assert twin.checks(words, 36, 1, dm.FIELD) == [
        29, 28, 34, 181, 198, 186, 38, 222, 17, 155, 153, 139, 108, 163, 119, 199, 172, 177,
        78, 180, 74, 224, 109, 194, 122, 190, 143, 226, 80, 96, 58, 88, 228, 144, 88, 201,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "size", "data"),
    [
        (b"A", 10, [66, 129, 70]),
        (b"1234", 10, [142, 164, 129]),
        (b"\xc0", 10, [235, 65, 129]),
        (b"ABC", 12, [66, 67, 68, 129, 115]),
        (b"12345678", 12, [142, 164, 186, 208, 129]),
        (b"123ABCabc", 14, [142, 52, 66, 67, 68, 98, 99, 100]),
        (b"ABCDEa", 14, [66, 67, 68, 69, 70, 98, 129, 56]),
        (b"abcABCabc", 16, [98, 99, 100, 66, 67, 68, 98, 99, 100, 129, 251, 147]),
    ],
)
def test_bwipp_data_codewords(text: bytes, size: int, data: list[int]) -> None:
    """bwipp (MIT), tests/ps_tests/datamatrix.ps.test, where it takes ASCII encodation."""
    assert codewords(text, size)[: len(data)] == data
    assert len(data) == dm.data_codewords(size)


@given(st.binary(max_size=64) | marks, sizes)
@example(b"", 10)
@example(b"0" * 124, 32)
@example(b"A" * 62, 32)
@example(b"12345", 10)
@example(b"\xff", 10)
@example(b"A\xff\xff", 12)
@example(b"A\xff\xff", 10)
def test_agrees_with_the_twin(text: bytes, size: int) -> None:
    expected = twin.encode_datamatrix(text, size)
    assert encode(text, size) == (dm.TOO_LONG if expected is None else expected)


@pytest.mark.parametrize(
    ("rows", "columns"),
    [(6, 16), (6, 28), (10, 24), (10, 32), (14, 32), (14, 44), *((side, side) for side in range(8, 46, 2))],
)
def test_placement_follows_annex_f(rows: int, columns: int) -> None:
    """Mapping matrices of all shapes, rectangles too, which reach every corner case."""
    array = twin.Placement(rows, columns).array
    placed = dm.place_codewords(rows, columns)
    for word, modules in enumerate(placed, 1):
        for bit, (i, j) in enumerate(modules, 1):
            assert array[i][j] == 10 * word + bit
    assert rows * columns - 8 * len(placed) in (0, 4)


@pytest.mark.parametrize("size", dm.SIZES)
def test_every_codeword_lies_where_the_standard_puts_it(size: int) -> None:
    """Texts that fill the symbol with all sorts of codewords."""
    random = np.random.default_rng(size)
    for _ in range(20):
        text = bytes(random.integers(58, 128, dm.data_codewords(size)).astype(np.uint8))
        assert encode(text, size) == twin.encode_datamatrix(text, size)


@given(st.text(st.characters(max_codepoint=126, min_codepoint=32), min_size=1, max_size=62), sizes)
def test_zxing_reads_it_back(text: str, size: int) -> None:
    rows = encode(text.encode(), size)
    assume(not isinstance(rows, int))
    assert read(rows, zxingcpp.BarcodeFormat.DataMatrix) == text.encode()


@given(st.text("0123456789", min_size=1, max_size=60), sizes)
def test_agrees_with_libzint(text: str, size: int) -> None:
    """libzint takes ASCII encodation for digits, as we do."""
    rows = encode(text.encode(), size)
    assume(not isinstance(rows, int))
    index = dm.SIZES.index(size) + 1
    assert rows == zint_rows(zint.Symbology.DATAMATRIX, text.encode(), option_2=index, fast=True)


@pytest.mark.parametrize("size", [-1, 0, 11, 28, 33, 1000])
def test_other_sizes_are_refused(size: int) -> None:
    out = np.zeros(8, np.uint8)
    scratch = np.zeros(dm.SCRATCH_BYTES, np.uint8)
    assert dm.encode_datamatrix(TABLES, np.zeros(1, np.uint8), 1, size, scratch, out) == dm.NO_SUCH_SIZE
    assert not out.any()


def test_batch_agrees_with_single_calls() -> None:
    texts = [b"PS000001", b"", b"X" * 40]
    offsets = np.cumsum([0, *map(len, texts)])
    out, codes = np.zeros((3, 72), np.uint8), np.zeros(3, np.int8)
    dm.encode_datamatrix_batch(TABLES, np.frombuffer(b"".join(texts), np.uint8), offsets, 24, out, codes)
    assert codes.tolist() == [0, 0, dm.TOO_LONG]
    assert unpack(out[0], 24) == encode(texts[0], 24)
    assert unpack(out[1], 24) == encode(texts[1], 24)
