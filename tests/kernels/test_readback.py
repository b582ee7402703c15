"""The kernel that reads page dictionaries, held to a regular expression that says the same."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from printstream.kernels.readback import read_pages

WORDS = tuple(np.frombuffer(w, np.uint8) for w in (b"<</Type/Page/Parent ", b" 0 R/Contents ", b" 0 R"))
REST = b"/TrimBox[0 0 10 20]>>"
NUMBER = rb"(0|[1-9]\d{0,8})"
PAGE = re.compile(rb"<</Type/Page/Parent " + NUMBER + rb" 0 R/Contents " + NUMBER + rb" 0 R(.*)", re.DOTALL)


def by_expression(source: bytes, parent: int) -> tuple[int, int]:
    """What is wrong (-1 nothing), and the content's number."""
    found = PAGE.fullmatch(source)
    if found is None:
        return 0, 0
    if int(found[1]) != parent:
        return 1, 0
    return (-1, int(found[2])) if found[3].removesuffix(b"\n") == REST else (2, 0)


@given(
    st.integers(0, 999_999_999),
    st.integers(0, 999_999_999),
    st.booleans(),
    st.none() | st.tuples(st.integers(0, 80), st.integers(0, 255)),
    st.none() | st.integers(0, 80),
)
def test_pages_are_read_as_the_expression_reads_them(
    parent: int, content: int, line_end: bool, change: tuple[int, int] | None, cut: int | None
) -> None:
    page = bytearray(b"<</Type/Page/Parent %d 0 R/Contents %d 0 R%b" % (parent, content, REST))
    page += b"\n" if line_end else b""
    if change is not None and change[0] < len(page):
        page[change[0]] = change[1]
    source = bytes(page if cut is None else page[:cut])
    contents = np.zeros(1, np.int64)
    padded = np.frombuffer(b"xx" + source + b"yyyy", np.uint8)
    begins, ends = np.array([2]), np.array([2 + len(source)])
    bad, fault = read_pages(
        padded, begins, ends, np.array([parent]), WORDS, np.frombuffer(REST, np.uint8), contents
    )
    wanted = by_expression(source, parent)
    assert (int(fault) if bad >= 0 else -1, int(contents[0]) if bad < 0 else 0) == wanted
