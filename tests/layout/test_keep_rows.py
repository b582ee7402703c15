"""Documents that leave after encoding: what stays reads as if the rest had never been there."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from printstream.base.program import StoreArrays
from printstream.base.store import Kind
from printstream.layout.encode import DIRECT, keep_rows

WIDTHS = (np.int8, np.int16, np.int32, np.int64)


def column(store: StoreArrays, k: int, rows: int) -> list[object]:
    """Values of a column, read by the definition of a store."""
    kind, width, start, first, length, _ = store.meta[k].tolist()
    codes = (
        list(range(rows))
        if width == DIRECT
        else store.ints.view(WIDTHS[width])[start : start + rows * length].tolist()
    )
    if kind == Kind.TEXT:
        spans = [(store.text_offsets[first + c], store.text_offsets[first + c + 1]) for c in codes]
        return [bytes(store.text_bytes[a:b]) for a, b in spans]
    return [tuple(codes[r * length : (r + 1) * length]) for r in range(rows)]


def direct_store(frame: pl.DataFrame) -> StoreArrays:
    """A store laid out by hand: an int16 column, a list of three int32, a text with an entry a row."""
    rows = frame.height
    numbers = np.array(frame["n"].to_list(), np.int16)
    lists = np.array(frame["v"].to_list(), np.int32).reshape(-1)
    blocks = [
        np.concatenate([b, np.zeros(-b.size % 8, np.uint8)])
        for b in (numbers.view(np.uint8), lists.view(np.uint8))
    ]
    ints = np.concatenate([*blocks, np.zeros(8, np.uint8)])
    words = np.empty(ints.size // 8, np.int64)
    words.view(np.uint8)[:] = ints
    texts = [t.encode() for t in frame["t"]]
    offsets = np.cumsum([0, *map(len, texts)]).astype(np.int64)
    meta = [
        [Kind.INT, 1, 0, 0, 1, 0],
        [Kind.LIST, 2, blocks[0].size // 4, 0, 3, 0],
        [Kind.TEXT, DIRECT, 0, 0, 1, 0],
    ]
    assert rows == len(texts)
    return StoreArrays(
        np.array(meta, np.int64), words, offsets, np.frombuffer(b"".join(texts) + bytes(8), np.uint8)
    )


ROWS = st.lists(
    st.tuples(
        st.integers(-30_000, 30_000),
        st.lists(st.integers(-(10**9), 10**9), min_size=3, max_size=3),
        st.text("abc xyz", max_size=9),
        st.booleans(),
    ),
    min_size=1,
    max_size=30,
)


@given(ROWS)
def test_what_stays_reads_as_before(rows: list[tuple[int, list[int], str, bool]]) -> None:
    frame = pl.DataFrame({"n": [r[0] for r in rows], "v": [r[1] for r in rows], "t": [r[2] for r in rows]})
    kept = np.flatnonzero([r[3] for r in rows]).astype(np.int64)
    store = direct_store(frame)
    less = keep_rows(store, len(rows), kept)
    for k in range(3):
        before = column(store, k, len(rows))
        assert column(less, k, len(kept)) == [before[row] for row in kept]
    # Twice: a text column whose codes are stored by now.
    again = keep_rows(less, len(kept), np.arange(0, len(kept), 2))
    assert column(again, 2, len(kept[::2])) == [rows[row][2].encode() for row in kept[::2]]
