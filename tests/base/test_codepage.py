"""Codes of one and two bytes: every character comes back, and no byte is one that something else looks for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from printstream.base.codepage import CAPACITY, LARGEST, CodePage

ASCII = set(map(chr, range(0x20, 0x7F)))
LOOKED_FOR = set(b"()\\\0\b\t\n\f\r")
HAN = [chr(point) for point in range(0x4E00, 0xA000)]
MANY = [*HAN, *map(chr, range(0xAC00, 0xD7A4))]


@given(
    few=st.sets(st.sampled_from([chr(p) for p in range(1, 0x500) if p not in LOOKED_FOR])),
    count=st.integers(0, 1200),
    first=st.integers(0, 1200),
)
def test_every_character_has_a_code_and_comes_back(few: set[str], count: int, first: int) -> None:
    characters = few | set(HAN[:count]) | ASCII
    page = CodePage.of(characters, HAN[first : first + 3])
    text = "".join(sorted(characters))
    codes = page.encode(text)
    assert page.decode(codes) == text
    assert not set(codes) & LOOKED_FOR
    assert len({page.encode(c) for c in text}) == len(text)
    longs = [page.encode(c) for c in text if len(page.encode(c)) == 2]
    assert bool(longs) == (len(characters) > CAPACITY)
    for lead, trail in longs:
        assert lead >= page.first_lead
        assert trail >= 0x40
        assert trail != 0x5C
    assert all(max(page.encode(c)) < page.first_lead for c in text if len(page.encode(c)) == 1)
    assert all(page.encode(c) == c.encode() for c in ASCII - set("()\\"))


@pytest.mark.parametrize("count", [CAPACITY, CAPACITY + 1, 5_000, 20_000, LARGEST])
def test_leads_are_as_few_as_will_do(count: int) -> None:
    characters = (sorted(ASCII) + MANY)[:count]
    page = CodePage.of(characters)
    assert (page.unicode >= 0).sum() == count
    assert page.leads == max(0, -(-(count - CAPACITY) // 190))
    assert page.code.dtype == (np.uint16 if page.leads else np.uint8)
    shown = "".join(characters)
    assert page.decode(page.encode(shown)) == shown


def test_one_byte_pages_are_what_they_always_were() -> None:
    """ASCII in its place; the others in code point order from 0x80 on."""
    page = CodePage.of("A(é)\u2026\\")
    assert page.encode("A(é)…\\") == b"A\x80\x83\x81\x84\x82"
    assert page.leads == 0


def test_those_that_come_first_have_one_byte() -> None:
    page = CodePage.of([*sorted(ASCII), "…", "¥", *HAN], ["…", "¥", "乙", "…"])
    assert [len(page.encode(c)) for c in "…¥乙(丁"] == [1, 1, 1, 1, 1]
    assert len(page.encode(HAN[-1])) == 2
    assert page.encode("丁") > page.encode("乙")


def test_more_characters_than_codes_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit into 24567"):
        CodePage.of((sorted(ASCII) + MANY)[: LARGEST + 1])
    with pytest.raises(ValueError, match="do not fit"):
        CodePage.of("a\U00020bb7")
