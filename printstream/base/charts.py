"""Charts as inline SVG: bars in table cells, a histogram. Colours come from the page's style, by class.

In: whole numbers. Out: markup made of numbers and fixed words only, so nothing needs escaping.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from markupsafe import Markup

from printstream.base.frozen import frozen

_BAR_UNITS = 1000
_WIDTH, _HEIGHT = 720, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 4, 12, 34


def bar(parts: Sequence[int | float], whole: int | float, kinds: Sequence[str] = ("a", "b")) -> Markup:
    """Draw a horizontal bar as wide as its table cell at ``whole``; parts follow one another."""
    if whole <= 0:
        return Markup("")
    ends = [min(_BAR_UNITS, round(_BAR_UNITS * end / whole)) for end in accumulate(parts)]
    begins = [0, *ends[:-1]]
    rects = "".join(
        # A part that is not nothing must be seen.
        f'<rect class="{kind}" x="{begin}" y="0" width="{max(end - begin, 3)}" height="10"/>'
        for begin, end, part, kind in zip(begins, ends, parts, kinds, strict=False)
        if part > 0
    )
    frame = f'viewBox="0 0 {_BAR_UNITS} 10" preserveAspectRatio="none" aria-hidden="true"'
    return Markup(f'<svg class="bar" {frame}>{rects}</svg>')


@frozen
class Series:
    """One layer of a histogram."""

    kind: str
    """Class of its rectangles, a to d."""
    counts: tuple[int, ...]
    """Values by bin."""


def histogram(series: Sequence[Series], first: int, step: int, unit: str, label: str) -> Markup:
    """Draw stacked columns over equal bins; ``first`` and ``step`` number the bins' edges."""
    bins = len(series[0].counts)
    tallest = max((sum(layer.counts[i] for layer in series) for i in range(bins)), default=0)
    top = _round_scale(tallest)
    body = [_grid(top), _columns(series, bins, top), _edges(bins, first, step, unit)]
    return Markup(
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">'
        + "".join(body)
        + "</svg>"
    )


def _round_scale(tallest: int) -> int:
    """The scale's end: 1, 2, 4, 5 or 10 times a power of ten, at least 4 so that marks are whole."""
    power = 1
    while 10 * power < tallest:
        power *= 10
    return max(4, next(m * power for m in (1, 2, 4, 6, 8, 10) if m * power >= tallest))


def _x(i: int, bins: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * i / bins


def _y(value: float, top: int) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * value / top


def _grid(top: int) -> str:
    marks = []
    step = top // 2
    for value in (0, step, 2 * step):
        y = _y(value, top)
        line = "axis" if value == 0 else "grid"
        marks.append(f'<line class="{line}" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        marks.append(f'<text class="end" x="{_LEFT - 8}" y="{y + 4:.1f}">{value:,}</text>')
    return "".join(marks)


def _columns(series: Sequence[Series], bins: int, top: int) -> str:
    rects = []
    for i in range(bins):
        below = 0
        for layer in series:
            count = layer.counts[i]
            if count:
                x, y = _x(i, bins) + 1, _y(below + count, top)
                size = f'width="{_x(1, bins) - _x(0, bins) - 2:.1f}" height="{_y(below, top) - y:.1f}"'
                rects.append(f'<rect class="{layer.kind}" x="{x:.1f}" y="{y:.1f}" {size}/>')
                below += count
    return "".join(rects)


def _edges(bins: int, first: int, step: int, unit: str) -> str:
    every = max(1, bins // 10)
    return "".join(
        f'<text class="{"end" if i == bins else "mid"}" x="{_x(i, bins):.1f}" y="{_HEIGHT - 14}">'
        f"{first + i * step}{unit if i == bins else ''}</text>"
        for i in range(0, bins + 1, every)
    )
