"""Texts with codes of two bytes: measured, cut and broken as the twins say, and broken where Unicode's own rules allow it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from uniseg.linebreak import line_break_boundaries

from printstream.base.codepage import CodePage
from printstream.kernels import text as kernels
from printstream.kernels.context import Context
from printstream.kernels.encode import transcode
from printstream.kernels.jit import kernel
from printstream.layout.linebreak import slot_tables
from tests.kernels.textkit import Texts, program_of
from tests.reference import text as twin

LATIN = "".join(map(chr, range(32, 127))) + "é…"
HAN = "".join(map(chr, range(0x4E00, 0x4E00 + 900)))
MARKS = "，。、；：？！“”‘’（）《》「」『』【】—·￥¥%‰℃々〜ーッャ＋×°–　"
PAGE = CodePage.of(LATIN + HAN + MARKS, "…" + MARKS)
ELLIPSIS = PAGE.encode("…")[0]


@kernel
def _width(ctx, text, begin, end):  # type: ignore[no-untyped-def]
    return kernels.text_width(ctx, 0, text, begin, end)


class LongTexts(Texts):
    """Texts in a code page with leads."""

    def __init__(self, widths: np.ndarray, page: CodePage = PAGE) -> None:
        super().__init__([])
        self.page = page
        self.context = Context()
        program = program_of([], b"", np.zeros((1, 256), np.int32))
        self.slots = widths.reshape(1, -1).astype(np.int32)
        self.context.set_program(program._replace(**slot_tables(page, self.slots)))

    def width(self, text: str) -> int:
        """By the table alone."""
        return int(sum(self.slots[0, slot] for slot in self.page.slots(self.page.encode(text))))

    def measured(self, text: str) -> int:
        codes = self.page.encode(text)
        self.put(codes)
        return int(_width(self.context.address, self.at, 0, len(codes)))


def texts_of(seed: int) -> LongTexts:
    return LongTexts(np.random.default_rng(seed).integers(1, 1000, PAGE.unicode.size))


words = st.text(st.sampled_from(HAN + MARKS + "abc 1 é…"), max_size=50)
seeds = st.integers(0, 2**32 - 1)


@given(text=words, seed=seeds)
def test_a_text_is_as_wide_as_its_characters(text: str, seed: int) -> None:
    texts = texts_of(seed)
    assert texts.measured(text) == texts.width(text)


@given(text=words, limit=st.integers(0, 12_000), seed=seeds)
def test_cut_keeps_the_longest_beginning(text: str, limit: int, seed: int) -> None:
    texts = texts_of(seed)
    assert PAGE.decode(texts.cut(PAGE.encode(text), limit, ELLIPSIS)) == twin.cut(text, limit, texts.width)


@given(text=words, limit=st.integers(1, 9000), seed=seeds)
def test_lines_break_as_the_twin_breaks_them(text: str, limit: int, seed: int) -> None:
    texts = texts_of(seed)
    lines = [PAGE.decode(line).rstrip(" ") for line in texts.lines(PAGE.encode(text.lstrip(" ")), limit)]
    assert lines == twin.break_east_asian(text.lstrip(" "), limit, texts.width)


@given(
    parts=st.lists(st.text("il.mWé-/", min_size=1, max_size=9), max_size=16),
    limit=st.integers(1, 5000),
    seed=seeds,
)
def test_latin_text_breaks_as_in_a_job_of_latin_letters(parts: list[str], limit: int, seed: int) -> None:
    texts = texts_of(seed)
    lines = [PAGE.decode(line) for line in texts.lines(PAGE.encode(" ".join(parts)), limit)]
    assert lines == twin.break_lines(" ".join(parts), limit, texts.width)


# Quotation marks open and close in Chinese whatever stands beside them; UAX 14 asks for East Asian neighbours (LB19a).
# It also keeps amounts together across brackets, and a currency sign with letters before it (LB24, LB25), whose writing
# systems have other rules.
STRICTER = set("“”‘’") | set("￥¥%‰℃°")


@given(
    text=st.text(st.sampled_from(HAN[:40] + MARKS + "abc019 -/.,'\"…"), max_size=60), size=st.integers(2, 14)
)
def test_every_break_is_one_that_unicode_allows(text: str, size: int) -> None:
    texts = LongTexts(np.full(PAGE.unicode.size, 1000))
    text = text.strip(" ")
    allowed = set(line_break_boundaries(text))
    at = 0
    for line in texts.lines(PAGE.encode(text), size * 1000):
        shown = PAGE.decode(line)
        assert text.startswith(shown, at)
        end = at + len(shown)
        around = set(text[max(end - 1, 0) : end + 1])
        forced = not any(at < place < end for place in allowed) and len(shown) == size
        spaced = len(text) > end and text[end] == " "
        if not (end == len(text) or spaced or around & STRICTER or forced):
            assert end in allowed, (text, shown)
        at = end + len(text[end:]) - len(text[end:].lstrip(" "))
    assert at == len(text)


@pytest.mark.parametrize(
    ("text", "size", "lines"),
    [
        ("中文排版禁则，处理。", 6, ["中文排版禁", "则，处理。"]),
        ("他说：“你好！”然后走了", 4, ["他说：", "“你", "好！”然", "后走了"]),
        ("价格为￥100元（含税）", 4, ["价格为", "￥100", "元（含", "税）"]),
        ("等等……——好", 3, ["等", "等……", "——好"]),  # the second line has no place to part
        ("请登录 example.com 查询保单", 11, ["请登录", "example.com", "查询保单"]),
        ("甲　　乙", 2, ["甲　", "　乙"]),  # no place to part: cut
    ],
)
def test_lines_of_the_textbook(text: str, size: int, lines: list[str]) -> None:
    page = CodePage.of(LATIN + HAN + MARKS + "".join(lines))
    texts = LongTexts(np.full(page.unicode.size, 1000), page)
    assert [page.decode(line) for line in texts.lines(page.encode(text), size * 1000)] == lines
    assert twin.break_east_asian(text, size * 1000, texts.width) == lines


def test_east_asian_text_of_few_characters_breaks_too() -> None:
    """One byte a character does not mean Latin letters."""
    page = CodePage.of("中文排版，ab …")
    assert page.leads == 0
    texts = LongTexts(np.full(256, 1000), page)
    assert [page.decode(line) for line in texts.lines(page.encode("中文排版，ab"), 3000)] == [
        "中文排",
        "版，",
        "ab",
    ]


@given(
    entries=st.lists(
        st.text(st.sampled_from(HAN + MARKS + LATIN + "龘(\U00020bb7\x00"), max_size=20), max_size=8
    )
)
def test_columns_become_codes_of_both_lengths(entries: list[str]) -> None:
    data = "".join(entries).encode()
    text = np.frombuffer(data, np.uint8) if data else np.zeros(0, np.uint8)
    offsets = np.cumsum([0, *(len(e.encode()) for e in entries)]).astype(np.int64)
    out, ends = np.zeros(2 * text.size, np.uint8), np.zeros(len(entries), np.int64)
    bad = np.zeros(len(entries), np.int32)
    transcode(text, offsets, PAGE.code, out, ends, 0, bad)
    begin = 0
    for entry, end, fault in zip(entries, ends.tolist(), bad.tolist(), strict=True):
        kept = [c for c in entry if ord(c) < 0x10000 and PAGE.code[ord(c)]]
        assert PAGE.decode(out[begin:end].tobytes()) == "".join(kept)
        strangers = [ord(c) for c in entry if c not in kept]
        assert fault == (0 if not strangers else strangers[0] or -1)
        begin = end


def test_no_second_byte_is_a_digit_or_a_space() -> None:
    """Check digits and line ends are looked for byte by byte."""
    trails = {PAGE.encode(c)[1] for c in HAN if len(PAGE.encode(c)) == 2}
    assert len(trails) > 150
    assert not trails & set(b"0123456789 ()\\")
