"""The posts' Data Matrix symbols: C40 and base 256, squares and the rectangle, against zint, zxing-cpp and the twin."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import zint
import zxingcpp
from hypothesis import example, given
from hypothesis import strategies as st

from printstream.kernels import datamatrix
from tests.reference import datamatrix as twin
from tests.reference.symbols import Rows, read, zint_rows

DATA = Path(__file__).parent.parent / "data"
TABLES = datamatrix.datamatrix_tables()
DATAMATRIX = zxingcpp.BarcodeFormat.DataMatrix
# Key of the kernel: rows, columns, region, data and check codewords, libzint's option.
SHAPES = {
    24: ((24, 24), (22, 22), 36, 24, 8),
    32: ((32, 32), (14, 14), 62, 36, 10),
    datamatrix.RECTANGLE: ((16, 48), (14, 22), 49, 28, 30),
    22: ((22, 22), (20, 20), 30, 20, 7),
    26: ((26, 26), (24, 24), 44, 28, 9),
}
HEADER = "JGB 01Z999999900000001EC1A1AA1A0SN35TQ       "
header_texts = st.builds(
    lambda head, tail: HEADER[:14] + f"{head:08d}" + HEADER[22:] + tail,
    st.integers(0, 10**8 - 1),
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=20)
    | st.text(" 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", max_size=45),
).map(lambda text: text.encode("latin-1"))


def modules(key: int, packed: np.ndarray) -> Rows:
    rows, columns = SHAPES[key][0]
    width = (columns + 7) // 8
    assert not packed[rows * width :].any()
    bits = np.unpackbits(packed[: rows * width].reshape(rows, width), axis=1)
    assert not bits[:, columns:].any()
    return ["".join(map(str, row)) for row in bits[:, :columns].tolist()]


def encode(kernel: object, data: bytes, key: int) -> int | Rows:
    out, scratch = np.zeros(160, np.uint8), np.zeros(datamatrix.SCRATCH_BYTES, np.uint8)
    given_bytes = np.frombuffer(data + b"?", np.uint8)
    code = kernel(TABLES, given_bytes, len(data), key, scratch, out)  # type: ignore[operator]
    if code:
        assert not out.any()
        return int(code)
    return modules(key, out)


def by_twin(words: list[int], key: int) -> Rows | None:
    size, region, data, checks, _ = SHAPES[key]
    if len(words) > data:
        return None
    words = twin.pad(words, data)
    return twin.draw_regions(words + twin.checks(words, checks, 1, 0x12D), size, region)


def test_mailmark_vectors() -> None:
    """The same content everywhere; the same modules where zint changes encodation at the same place."""
    same = 0
    rows = json.loads((DATA / "mailmark2d_vectors.json").read_text(encoding="utf-8"))
    for row in rows:
        text = row["data"].encode("latin-1")
        found = encode(
            datamatrix.encode_datamatrix_c40,
            text,
            {8: 24, 10: 32, 30: datamatrix.RECTANGLE}[int(row["option_2"])],
        )
        assert isinstance(found, list)
        assert read(found, DATAMATRIX) == text == read(row["bits"], DATAMATRIX)
        same += found == row["bits"]
    assert (len(rows), same) == (9, 6)


@given(header_texts, st.sampled_from([24, 32, datamatrix.RECTANGLE]))
@example((HEADER + "ABC12X").encode(), 24)
@example((HEADER + "ABC12").encode(), 24)
@example((HEADER + "ABC1234567890ABC").encode(), datamatrix.RECTANGLE)
@example(b"AB", 24)
@example(b"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ", 24)
def test_c40_is_the_twins_and_reads_as_its_text(text: bytes, key: int) -> None:
    found = encode(datamatrix.encode_datamatrix_c40, text, key)
    wanted = by_twin(twin.encode_c40(text, SHAPES[key][2]), key)
    if wanted is None:
        assert found == datamatrix.TOO_LONG
        return
    assert found == wanted
    assert read(found, DATAMATRIX) == text


@pytest.mark.parametrize(("key", "longest"), [(24, 51), (32, 90), (datamatrix.RECTANGLE, 70)])
def test_royal_mails_lengths_fit(key: int, longest: int) -> None:
    """Most characters by Royal Mail's definition document: 6, 45 and 25 of the customer's own."""
    text = (HEADER + "A1B2C" * 9)[:longest].encode()
    found = encode(datamatrix.encode_datamatrix_c40, text, key)
    assert isinstance(found, list)
    assert read(found, DATAMATRIX) == text
    option = SHAPES[key][-1]
    assert read(zint_rows(zint.Symbology.MAILMARK_2D, text, option_2=option), DATAMATRIX) == text


@given(st.sampled_from([22, 26, 24, 32, datamatrix.RECTANGLE]).flatmap(
    lambda key: st.tuples(st.just(key), st.binary(max_size=SHAPES[key][2]))
))  # fmt: skip
@example((22, bytes(28)))
@example((26, bytes(range(200, 242))))
def test_base_256_is_the_twins_and_reads_as_its_bytes(case: tuple[int, bytes]) -> None:
    key, data = case
    found = encode(datamatrix.encode_datamatrix_bytes, data, key)
    wanted = by_twin(twin.encode_base256(data), key)
    if wanted is None:
        assert found == datamatrix.TOO_LONG
        return
    assert found == wanted
    if data:
        assert read(found, DATAMATRIX) == data


@pytest.mark.parametrize("key", [-1, 0, 9, 23, 30, 34, 48])
def test_sizes_that_are_none(key: int) -> None:
    for kernel in (datamatrix.encode_datamatrix_c40, datamatrix.encode_datamatrix_bytes):
        out, scratch = np.zeros(160, np.uint8), np.zeros(datamatrix.SCRATCH_BYTES, np.uint8)
        assert kernel(TABLES, np.zeros(4, np.uint8), 3, key, scratch, out) == datamatrix.NO_SUCH_SIZE
        assert not out.any()


def test_marks_have_no_rectangle() -> None:
    out, scratch = np.zeros(160, np.uint8), np.zeros(datamatrix.SCRATCH_BYTES, np.uint8)
    key = datamatrix.RECTANGLE
    assert (
        datamatrix.encode_datamatrix(TABLES, np.zeros(4, np.uint8), 3, key, scratch, out)
        == datamatrix.NO_SUCH_SIZE
    )
