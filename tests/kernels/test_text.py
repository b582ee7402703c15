"""Numbers, dates, check digits, cuts and line breaks against Python's own and the slow twins."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from printstream.base import program as w
from printstream.kernels.context import SCRATCH_BYTES
from tests.kernels.textkit import CODEPAGE, Texts
from tests.reference import text as twin

FORMS = {
    "plain": w.F_PLAIN,
    "int": w.F_GROUPED,
    "money": w.F_MONEY,
    "fixed2": w.F_FIXED2,
    "date": w.F_DATE_US,
    "iso": w.F_DATE_ISO,
    "medium": w.F_DATE_MEDIUM,
    "short": w.F_DATE_SHORT,
}
WRITERS = {form: Texts([[w.PART_NUMBER, w.SRC_BUILTIN, 0, code, 0]]) for form, code in FORMS.items()}
WRITERS |= {
    f"pad{n}": Texts([[w.PART_NUMBER, w.SRC_BUILTIN, 0, w.F_PADDED, n]]) for n in (1, 2, 3, 4, 9, 17, 18)
}
DATES = ("date", "iso", "medium", "short")
NUMBERS = [form for form in WRITERS if form not in DATES]
FIRST, LAST = (date(1, 1, 1) - date(1970, 1, 1)).days, (date(9999, 12, 31) - date(1970, 1, 1)).days

# Every number of digits is as likely as any other, and so are the ends of each.
whole_numbers = st.integers(0, 18).flatmap(
    lambda digits: st.one_of(
        st.integers(-(10**digits), 10**digits), st.sampled_from([10**digits - 1, 10**digits, 1 - 10**digits])
    )
) | st.sampled_from([2**63 - 1, 1 - 2**63, 0])


@pytest.mark.parametrize("form", NUMBERS)
@given(value=whole_numbers)
def test_numbers_are_written_as_python_writes_them(form: str, value: int) -> None:
    assert WRITERS[form].number(value) == twin.number(value, form)


def test_all_small_numbers_in_all_forms() -> None:
    for form in NUMBERS:
        for value in [*range(-1101, 1101), *range(999_000, 1_001_001, 7), *range(99_999_900, 100_000_100)]:
            assert WRITERS[form].number(value) == twin.number(value, form)


@pytest.mark.parametrize("form", DATES)
@given(days=st.integers(FIRST, LAST))
@example(days=-1)
@example(days=0)
@example(days=FIRST)
@example(days=LAST)
@example(days=-25_567)
@example(days=-25_568)
@example(days=(date(2000, 2, 29) - date(1970, 1, 1)).days)
@example(days=(date(1900, 2, 28) - date(1970, 1, 1)).days)
def test_dates_are_written_as_datetime_counts_them(form: str, days: int) -> None:
    assert WRITERS[form].number(days) == twin.number(days, form)


def test_days_of_four_centuries() -> None:
    write = WRITERS["iso"].number
    day, end = date(1896, 1, 1), date(2302, 1, 1)
    days = (day - date(1970, 1, 1)).days
    while day < end:
        assert write(days) == day.isoformat()
        day += timedelta(days=3)
        days += 3


def test_check_digit_of_the_textbook() -> None:
    """7992739871 has check digit 3 in every description of the method."""
    assert twin.luhn_valid("79927398713")
    parts = [[w.PART_LITERAL, 0, 10, 0, 0], [w.PART_CHECK_DIGIT, 0, 0, 0, 0]]
    assert Texts(parts, b"7992739871").render() == b"79927398713"


@given(text=st.text("0123456789 -/A", max_size=40))
def test_check_digit_of_any_text(text: str) -> None:
    parts = [[w.PART_LITERAL, 0, len(text), 0, 0], [w.PART_CHECK_DIGIT, 0, 0, 0, 0]]
    shown = Texts(parts, text.encode()).render()
    assert shown == (text + twin.check_digit(text)).encode()


@given(
    first=st.integers(0, SCRATCH_BYTES + 20),
    second=st.integers(0, 40) | st.integers(0, SCRATCH_BYTES + 20),
)
@example(first=SCRATCH_BYTES, second=0)
@example(first=SCRATCH_BYTES, second=1)
@example(first=SCRATCH_BYTES - 1, second=1)
def test_a_text_beyond_the_scratch_buffer_is_refused_not_cut(first: int, second: int) -> None:
    """Literals and column texts of any length; nothing is written behind the buffer."""
    parts = [[w.PART_LITERAL, 0, first, 0, 0], [w.PART_TEXT, w.SRC_DOCUMENT, 0, 0, 0]]
    shown = Texts(parts, b"x" * first, [b"y" * second]).render()
    whole = b"x" * first + b"y" * second
    assert shown == (whole if len(whole) <= SCRATCH_BYTES else None)


@pytest.mark.parametrize("length", range(SCRATCH_BYTES - 45, SCRATCH_BYTES + 1))
def test_a_number_at_the_buffers_end_is_whole_or_refused(length: int) -> None:
    parts = [[w.PART_LITERAL, 0, length, 0, 0], [w.PART_NUMBER, w.SRC_BUILTIN, 0, w.F_MONEY, 0]]
    texts = Texts(parts, b"x" * length)
    texts.builtins[0] = 1 - 2**63
    shown = texts.render()
    assert shown in {None, b"x" * length + b"-92,233,720,368,547,758.07"}
    assert (shown is None) == (length + 40 > SCRATCH_BYTES)


letters = st.text("il mW.é…", max_size=60)


def width_of(widths: np.ndarray, text: str) -> int:
    return sum(int(widths[0, code]) for code in CODEPAGE.encode(text))


@given(text=letters, limit=st.integers(0, 12_000), seed=st.integers(0, 2**32 - 1))
def test_cut_keeps_the_longest_beginning(text: str, limit: int, seed: int) -> None:
    texts = Texts([])
    texts.widths[0] = np.random.default_rng(seed).integers(1, 1000, 256)
    ellipsis = CODEPAGE.encode("…")
    shown = CODEPAGE.decode(texts.cut(CODEPAGE.encode(text), limit, ellipsis[0]))
    assert shown == twin.cut(text, limit, lambda t: width_of(texts.widths, t))


@given(
    words=st.lists(st.text("il.mWé", min_size=1, max_size=9), max_size=16),
    spaces=st.lists(st.integers(1, 3), min_size=16, max_size=16),
    limit=st.integers(1, 5000),
    seed=st.integers(0, 2**32 - 1),
)
def test_lines_break_greedily_at_words(words: list[str], spaces: list[int], limit: int, seed: int) -> None:
    texts = Texts([])
    texts.widths[0] = np.random.default_rng(seed).integers(1, 1000, 256)
    text = "".join(word + " " * count for word, count in zip(words, spaces, strict=False))
    lines = [CODEPAGE.decode(line).rstrip(" ") for line in texts.lines(CODEPAGE.encode(text), limit)]
    assert lines == twin.break_lines(text, limit, lambda t: width_of(texts.widths, t))


def test_a_word_too_long_for_any_line_is_broken_inside() -> None:
    texts = Texts([])
    texts.widths[0] = 500
    assert texts.lines(b"ab abcdefgh c", 2000) == [b"ab", b"abcd", b"efgh", b"c"]
    assert texts.lines(b"abc", 100) == [b"a", b"b", b"c"]
