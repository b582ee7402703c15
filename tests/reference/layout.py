"""Page breaking by its rules, on lists of rows; heights in any one unit.

The rules: rows run from the top of a page's area and none reaches below its bottom. A group's heading stands above its
first line and its subtotal below its last, on the line's page. Every page keeps the height of the carried row free below
its rows; all pages but the last show it. Every page but the first starts with the brought row and, when its first line
goes on with a group, the continued row. A page takes as many lines as it can. What closes the document stands below the
last row, above the foot of the closing and the area's bottom; when it does not fit it goes to a page of its own, to
which the last group moves along when it started on this page behind other lines and fits there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Row = tuple[str, int, int]
"""Kind of row, line that it speaks of (-1 for brought and carried), amount that it may state."""


@dataclass(frozen=True)
class Sizes:
    """Heights of rows (0: the template has none) and the free space for them."""

    heights: Mapping[str, int]
    first: int
    next: int
    flow: int
    foot_first: int
    foot_next: int
    """Height of the first page's, the next pages' area; of the flowing blocks; of both areas above the closing's foot."""


@dataclass(frozen=True)
class Line:
    """A detail line: its group and its amount."""

    group: int
    cents: int


def paginate(lines: Sequence[Line], sizes: Sizes) -> list[list[Row]]:
    """Rows of every page."""
    pages = spans(lines, sizes)
    return [_rows(lines, sizes, a, b, k + 1, k + 1 == len(pages)) for k, (a, b) in enumerate(pages)]


def spans(lines: Sequence[Line], sizes: Sizes) -> list[tuple[int, int]]:
    """First line and last line + 1 of every page."""
    spans = _fill(lines, sizes)
    first, stop = spans[-1]
    if not _closes(lines, sizes, first, stop, len(spans)):
        start = stop - 1
        while start > first and not _starts(lines, start):
            start -= 1
        if (
            first < start < stop
            and _starts(lines, start)
            and _closes(lines, sizes, start, stop, len(spans) + 1)
        ):
            spans[-1:] = [(first, start), (start, stop)]
        else:
            spans.append((stop, stop))
    return spans


def _fill(lines: Sequence[Line], sizes: Sizes) -> list[tuple[int, int]]:
    """First and last line + 1 of each page, the closing left aside."""
    spans = []
    at = 0
    while True:
        number = len(spans) + 1
        room = (sizes.first if number == 1 else sizes.next) - sizes.heights["carried"]
        stop = at
        while stop < len(lines) and _height(sizes, _rows(lines, sizes, at, stop + 1, number, True)) <= room:
            stop += 1
        if number > 1 and stop == at and at < len(lines):
            stop = at + 1
        spans.append((at, stop))
        at = stop
        if at == len(lines):
            return spans


def _closes(lines: Sequence[Line], sizes: Sizes, first: int, stop: int, number: int) -> bool:
    """Whether a last page of these lines has room for what closes the document."""
    room = min(sizes.first, sizes.foot_first) if number == 1 else min(sizes.next, sizes.foot_next)
    return _height(sizes, _rows(lines, sizes, first, stop, number, True)) + sizes.flow <= room


def _starts(lines: Sequence[Line], i: int) -> bool:
    return i == 0 or lines[i].group != lines[i - 1].group


def _ends(lines: Sequence[Line], i: int) -> bool:
    return i + 1 == len(lines) or lines[i].group != lines[i + 1].group


def _group_sum(lines: Sequence[Line], last: int) -> int:
    first = last
    while not _starts(lines, first):
        first -= 1
    return sum(line.cents for line in lines[first : last + 1])


def _rows(
    lines: Sequence[Line], sizes: Sizes, first: int, stop: int, number: int, is_last: bool
) -> list[Row]:
    before = sum(line.cents for line in lines[:first])
    rows: list[Row] = []
    if number > 1:
        rows.append(("brought", -1, before))
        if first < len(lines) and not _starts(lines, first):
            rows.append(("continued", first, 0))
    for i in range(first, stop):
        if _starts(lines, i):
            rows.append(("heading", i, 0))
        rows.append(("line", i, lines[i].cents))
        if _ends(lines, i):
            rows.append(("subtotal", i, _group_sum(lines, i)))
    if not is_last:
        rows.append(("carried", -1, sum(line.cents for line in lines[:stop])))
    return [row for row in rows if sizes.heights[row[0]]]


def _height(sizes: Sizes, rows: Sequence[Row]) -> int:
    return sum(sizes.heights[kind] for kind, _, _ in rows)
