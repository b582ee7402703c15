"""The regression guard: ratios within one run, so that a slow or busy machine does not matter; ``make bench-guard``.

Both sides of a ratio are measured in turn, a few milliseconds to a second apart, in processor time of this process, and
the median of the rounds counts. Limits are about half as strict as what a quiet machine gives; who makes the program
slower than that by accident hears of it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

from isal import igzip_lib

from benchmarks.clock import cpu_of
from benchmarks.densepages import PAGES, DensePages, make_dense_pages
from benchmarks.peers import PEERS
from benchmarks.same import bytes_a_page
from printstream import draw
from printstream.bench.floor import IGZIP_LEVEL
from tests.judges.nights import make_input

ROUNDS = 9
PEER_PAGES = 40
LIMITS = {"floor": 2.2, "draw": 0.9, "reportlab": 50.0, "bytes": 0.92}


@dataclass(frozen=True)
class Guard:
    """One ratio and its limit.

    Attributes:
        name: what is compared.
        ratio: measured.
        limit: the worst that is allowed.
        at_least: whether the ratio must not be below the limit, instead of not above.
    """

    name: str
    ratio: float
    limit: float
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the ratio is within its limit."""
        return self.ratio >= self.limit if self.at_least else self.ratio <= self.limit

    def __str__(self) -> str:
        sign = "at least" if self.at_least else "at most"
        return f"{'ok  ' if self.holds else 'FAIL'} {self.name}: {self.ratio:.2f}, {sign} {self.limit:g}"


def in_turn(rounds: int, above: Callable[[], object], below: Callable[[], object]) -> float:
    """Median of the ratios of processor time, measured in turn; both warm."""
    above()
    below()
    return median(cpu_of(above) / cpu_of(below) for _ in range(rounds))


def guards(dense: DensePages, place: Path) -> list[Guard]:
    """Measure all ratios."""
    pen = draw.Pen(dense.drawing)
    content = dense.content(pen)
    sides = [c[a:b].tobytes() for c, offsets in content for a, b in pairwise(offsets)]

    def floor() -> None:
        packed = [igzip_lib.compress(side, IGZIP_LEVEL, igzip_lib.COMP_ZLIB) for side in sides]
        (place / "floor").write_bytes(b"".join(packed))

    def ours() -> None:
        dense.write(place / "ours.pdf", pen)

    def draw_only() -> None:
        for number, first, last in dense.runs:
            pen.draw(dense.plan.imposed.spreads[number], first, last)

    def reportlab() -> None:
        PEERS["ReportLab"].draw(dense.pages[:PEER_PAGES], dense.rule, place / "reportlab.pdf")

    times_reportlab = in_turn(3, reportlab, ours) * PAGES / PEER_PAGES
    ours_bytes = bytes_a_page(place / "ours.pdf.partial", PAGES)
    theirs_bytes = bytes_a_page(place / "reportlab.pdf", PEER_PAGES)
    return [
        Guard("draw, compress and write ÷ compress and write", in_turn(ROUNDS, ours, floor), LIMITS["floor"]),
        Guard("draw ÷ compress and write", in_turn(ROUNDS, draw_only, floor), LIMITS["draw"]),
        Guard("pages a second ÷ ReportLab's", times_reportlab, LIMITS["reportlab"], at_least=True),
        Guard("bytes a page ÷ ReportLab's", ours_bytes / theirs_bytes, LIMITS["bytes"]),
    ]


def main() -> int:
    """Measure, say, and fail where a ratio does not hold."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        make_input("0.02", place / "input")
        found = guards(make_dense_pages(place / "input", place), place)
    for guard in found:
        print(guard)
    return 0 if all(guard.holds for guard in found) else 1


if __name__ == "__main__":
    sys.exit(main())
