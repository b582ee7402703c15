"""Reed-Solomon check codewords against long division and the definition by roots."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from printstream.kernels import datamatrix, galois, qr_tables
from tests.reference.datamatrix import checks, evaluate, times

fields = st.sampled_from([(datamatrix.FIELD, 1), (qr_tables.FIELD, 0)])


@given(fields, st.integers(1, galois.MAX_CHECKS), st.lists(st.integers(0, 255), min_size=1, max_size=80))
def test_checks_agree_with_long_division(field: tuple[int, int], count: int, data: list[int]) -> None:
    polynomial, first_root = field
    table = galois.division_table(polynomial, first_root, count)
    words = np.array([7, *data, *[99] * (count + 1)], np.uint8)
    galois.write_checks(table, 0, words, 1, len(data), count, words, 1 + len(data))
    found = words[1 : 1 + len(data) + count].tolist()
    assert found == data + checks(data, count, first_root, polynomial)
    assert (words[0], words[-1]) == (7, 99)
    root = 1
    for exponent in range(first_root + count):
        if exponent >= first_root:
            assert evaluate(found, root, polynomial) == 0
        root = times(root, 2, polynomial)


def test_more_checks_than_the_words_hold_are_refused() -> None:
    with pytest.raises(ValueError, match="41 check codewords"):
        galois.division_table(qr_tables.FIELD, 0, 41)
