"""UTF-8 to job codes against Python's own decoder."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from printstream.base.codepage import CodePage
from printstream.kernels.encode import INVALID, mark_characters, transcode

CODEPAGE = CodePage.of("".join(map(chr, range(32, 127))) + "éß€…")
characters = st.characters(codec="utf-8")
some_utf8 = st.text(characters | st.sampled_from("aé€…ß\x00\uffff\U00010000\U0010ffff"), max_size=12).map(
    str.encode
)
# Bytes that begin, continue or break characters; surrogates, overlong forms and what lies beyond U+10FFFF.
pieces = st.sampled_from(
    [
        *(b"\x80", b"\xbf", b"\xc0\xaf", b"\xc1\xbf", b"\xc2", b"\xdf\xbf", b"\xe0\x80\x80", b"\xe0\xa0\x80"),
        *(b"\xed\xa0\x80", b"\xed\x9f\xbf", b"\xef\xbf", b"\xf0\x80\x80\x80", b"\xf0\x90\x80\x80", b"\xf5"),
        *(
            b"\xf4\x8f\xbf\xbf",
            b"\xf4\x90\x80\x80",
            b"\xff",
            b"\xe2\x82\xac",
            b"a",
            b"\xc3\xa9",
            b"\xe2\x28\xa1",
        ),
        *(
            b"\xf0\x9f\x98",
            b"\x00",
            b"\xe0\x9f\xbf",
            b"\xf0\x8f\xbf\xbf",
            b"\xed\xbf\xbf",
            b"\xee\x80\x80",
            b"\xc1\x80",
        ),
    ]
)
any_bytes = some_utf8 | st.binary(max_size=12) | st.lists(pieces, max_size=8).map(b"".join)


def run(entries: list[bytes], out_at: int = 0) -> tuple[list[bytes], list[int]]:
    text = np.frombuffer(b"".join(entries), np.uint8) if any(entries) else np.zeros(0, np.uint8)
    offsets = np.concatenate([[0], np.cumsum([len(e) for e in entries])]).astype(np.int64)
    out = np.full(text.size + out_at + 16, 0xA5, np.uint8)
    ends, bad = np.empty(len(entries), np.int64), np.full(len(entries), 99, np.int32)
    end = transcode(text, offsets, CODEPAGE.code, out, ends, out_at, bad)
    assert (out[end:] == 0xA5).all()
    assert (out[:out_at] == 0xA5).all()
    starts = [out_at, *ends.tolist()]
    assert starts[-1] == end
    return [out[a:b].tobytes() for a, b in pairwise(starts)], bad.tolist()


@given(entries=st.lists(any_bytes, max_size=6), out_at=st.integers(0, 5))
@example(entries=[b"\xe2\x82", b"\xac"], out_at=0)
@example(
    entries=[b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xed\xbf\xbf", b"\xf4\x90\x80\x80", b"\xc1\xbf"],
    out_at=3,
)
def test_entries_decode_as_python_decodes_them(entries: list[bytes], out_at: int) -> None:
    codes, bad = run(entries, out_at)
    for entry, shown, fault in zip(entries, codes, bad, strict=True):
        text = entry.decode("utf-8", errors="replace")
        assert CODEPAGE.decode(shown) == "".join(c for c in text if ord(c) < 65536 and CODEPAGE.code[ord(c)])
        try:
            entry.decode("utf-8")
            strangers = [ord(c) for c in text if ord(c) > 65535 or not CODEPAGE.code[ord(c)]]
            assert fault == (0 if not strangers else strangers[0] or INVALID)
        except UnicodeDecodeError as error:
            before = entry[: error.start].decode("utf-8")
            strangers = [ord(c) for c in before if ord(c) > 65535 or not CODEPAGE.code[ord(c)]]
            assert fault == ((strangers[0] or INVALID) if strangers else INVALID)


@given(text=any_bytes)
def test_marked_characters_are_those_that_python_finds(text: bytes) -> None:
    seen = np.zeros(0x10000, np.bool_)
    mark_characters(np.frombuffer(text, np.uint8) if text else np.zeros(0, np.uint8), 0, len(text), seen)
    decoded = text.decode("utf-8", errors="ignore")
    assert set(np.flatnonzero(seen).tolist()) == {ord(c) for c in decoded if ord(c) < 65536}


def test_every_character_of_the_plane() -> None:
    """All 63,488 characters, one an entry, in one call."""
    points = [*range(0xD800), *range(0xE000, 0x10000)]
    codes, bad = run([chr(point).encode() for point in points])
    for point, shown, fault in zip(points, codes, bad, strict=True):
        code = int(CODEPAGE.code[point])
        assert shown == (bytes([code]) if code else b"")
        assert fault == (0 if code else point or INVALID)


def test_the_code_page_returns_every_character() -> None:
    shown = "".join(map(chr, range(32, 127))) + "éß€…"
    codes = CODEPAGE.encode(shown)
    assert CODEPAGE.decode(codes) == shown
    assert not set(codes) & set(b"()\\\0\b\t\n\f\r")
