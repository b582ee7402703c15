"""Documents' columns in the store: what a row reads is what it held, whether its texts are stored once or a row each."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from printstream.fonts.faces import load_face
from printstream.layout.codes import Codes
from printstream.layout.encode import DIRECT, TextColumn, characters_of, encode_documents, text_columns
from tests.layout.test_keep_rows import column

FACE = {"plex-sans": load_face("plex-sans")}
WORDS = st.none() | st.sampled_from(["", "Ada", "Łódź", "a\u4e2d", "long enough for a view's buffer"])


@given(few=st.lists(WORDS, min_size=1, max_size=60), seed=st.integers(0, 99))
def test_rows_read_as_they_were(few: list[str | None], seed: int) -> None:
    rows = len(few)
    numbers = np.random.default_rng(seed).integers(-(2**40), 2**40, rows).tolist()
    frame = pl.DataFrame(
        {
            "few": pl.Series(few, dtype=pl.String),
            "each": [f"No. {k}" for k in range(rows)],
            "number": numbers,
            "months": [[k, -k, 300] for k in range(rows)],
        }
    )
    names = ["few", "number", "each", "months"]
    with ThreadPoolExecutor(2) as executor:
        texts = text_columns(frame, names, executor)
        shown = dict.fromkeys(["few", "each"], frozenset(FACE))
        found = {name: characters_of([text.array()]) for name, text in texts.items()}
        codes = Codes(FACE, shown, set(), found)
        encoded = encode_documents(frame, names, texts, codes, executor)
    code = codes.codepage.code
    for k, name in ((0, "few"), (2, "each")):
        values = [value or "" for value in frame[name].to_list()]
        written = [bytes(code[ord(c)] for c in value if code[ord(c)]) for value in values]
        assert column(encoded.store, k, rows) == written
    assert column(encoded.store, 1, rows) == [(n,) for n in numbers]
    assert column(encoded.store, 3, rows) == [(k, -k, 300) for k in range(rows)]
    bad = {name: (found_rows.tolist(), points.tolist()) for name, found_rows, points in encoded.bad_rows()}
    wrong = [k for k, value in enumerate(few) if value and "\u4e2d" in value]
    assert bad == ({"few": (wrong, [0x4E2D] * len(wrong))} if wrong else {})
    if len(set(few)) * 4 < rows:
        assert encoded.sizes["few"] <= len(set(few))
        assert encoded.sizes["each"] == rows


def test_many_different_texts_are_stored_as_they_come() -> None:
    half = pl.Series("t", [f"text {k // 2}" for k in range(1000)])
    assert TextColumn.of(half).picks is None
    eighth = TextColumn.of(pl.Series("t", [f"text {k % 125}" for k in range(1000)]))
    assert eighth.picks is not None
    assert eighth.picks.dtype == np.int8
    assert eighth.entries[eighth.picks.tolist()].to_list() == [f"text {k % 125}" for k in range(1000)]
    assert TextColumn.of(pl.Series("t", [f"text {k % 129}" for k in range(1000)])).picks.dtype == np.int16  # type: ignore[union-attr]
    assert DIRECT < 0
