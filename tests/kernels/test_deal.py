"""Keys are dealt out as the slow twin does, whatever their Arrow type."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from printstream.cluster.split import deal
from tests.reference.deal import fnv1a, share


@pytest.mark.parametrize(
    ("text", "value"),
    # Test vectors of draft-eastlake-fnv, C: FNV-1a, 64 bits.
    [(b"", 0xCBF29CE484222325), (b"a", 0xAF63DC4C8601EC8C), (b"foobar", 0x85944171F73967E8)],
)
def test_the_twin_has_the_published_values(text: bytes, value: int) -> None:
    assert fnv1a(text) == value


@given(
    keys=st.lists(st.none() | st.text(max_size=12), max_size=40),
    shares=st.integers(1, 65_536),
    start=st.integers(0, 9),
    coded=st.booleans(),
)
def test_texts(keys: list[str | None], shares: int, start: int, coded: bool) -> None:
    array = pa.array(keys, pa.string())
    chunks = [array[:start], array[start:]]
    if coded:
        chunks = [chunk.dictionary_encode() for chunk in chunks]
    found = deal(pa.chunked_array(chunks), shares)
    assert found.dtype == np.uint16
    assert found.tolist() == [share(None if key is None else key.encode(), shares) for key in keys]


@pytest.mark.parametrize(
    "kind", [pa.int8(), pa.uint16(), pa.int32(), pa.int64(), pa.string(), pa.large_string()]
)
def test_a_number_is_its_text(kind: pa.DataType) -> None:
    keys = [7, None, 0, 101]
    array = pa.array(keys).cast(kind)
    assert deal(pa.chunked_array([array]), 13).tolist() == [
        share(None if key is None else str(key).encode(), 13) for key in keys
    ]


def test_shares_are_about_even() -> None:
    shares = deal(pa.chunked_array([pa.array(range(1, 100_001))]), 64)
    counts = np.bincount(shares, minlength=64)
    assert abs(counts - 100_000 / 64).max() < 6 * (100_000 / 64) ** 0.5
