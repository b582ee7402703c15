"""A small interpreter of content streams (ISO 32000-2, 8 and 9), in exact fractions, strict about nesting.

It knows the operators that a side may use and refuses all others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

Matrix = tuple[Fraction, Fraction, Fraction, Fraction, Fraction, Fraction]
Color = tuple[Fraction, ...]
IDENTITY: Matrix = (Fraction(1), Fraction(0), Fraction(0), Fraction(1), Fraction(0), Fraction(0))
BLACK: Color = (Fraction(0),)
_TOKEN = re.compile(
    rb"\s*(?:(\((?:[^()\\])*\))|([\[\]])|/([^\s/\[\]()<>]+)|(-?(?:\d+\.?\d*|\.\d+))(?=[\s\[\]()/]|$)|([A-Za-z*]+))"
)


def multiply(a: Matrix, b: Matrix) -> Matrix:
    """First a, then b."""
    return (
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    )


def apply(m: Matrix, x: Fraction, y: Fraction) -> tuple[Fraction, Fraction]:
    return m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5]


@dataclass(frozen=True)
class Shown:
    """A string at its place, in points of the press sheet."""

    text: bytes
    x: Fraction
    y: Fraction
    end_x: Fraction
    font: str
    size: Fraction
    color: Color


@dataclass(frozen=True)
class Rect:
    """A filled rectangle, in points of the press sheet."""

    x: Fraction
    y: Fraction
    width: Fraction
    height: Fraction
    color: Color


@dataclass(frozen=True)
class Image:
    """An inline image mask: rows of 0 and 1, 1 painted."""

    rows: tuple[str, ...]
    x: Fraction
    y: Fraction
    width: Fraction
    height: Fraction
    color: Color


@dataclass
class Page:
    """All that a content stream paints, in order."""

    strings: list[Shown] = field(default_factory=list)
    rects: list[Rect] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    forms: list[tuple[str, Matrix]] = field(default_factory=list)
    lines: list[tuple[Fraction, Fraction, Fraction, Fraction]] = field(default_factory=list)


@dataclass(frozen=True)
class _State:
    ctm: Matrix = IDENTITY
    fill: Color = BLACK
    font: str = ""
    size: Fraction = Fraction(0)
    leading: Fraction = Fraction(0)


class Interpreter:
    """Runs one content stream.

    Args:
        widths: font name -> advance of each code, 1/1000 em.
    """

    def __init__(self, widths: Mapping[str, Sequence[int]]) -> None:
        self.widths = widths
        self.page = Page()
        self.state = _State()
        self.stack: list[_State] = []
        self.in_text = False
        self.line: Matrix = IDENTITY
        self.cursor: Matrix = IDENTITY
        self.path: list[tuple[Fraction, Fraction, Fraction, Fraction]] = []
        self.segments: list[tuple[Fraction, Fraction, Fraction, Fraction]] = []
        self.point = (Fraction(0), Fraction(0))

    def run(self, content: bytes) -> Page:
        at, operands = 0, []
        array: list[object] | None = None
        while content[at:].strip():
            match = _TOKEN.match(content, at)
            assert match is not None, content[at : at + 40]
            at = match.end()
            string, bracket, name, number, operator = match.groups()
            if bracket == b"[":
                assert array is None
                array = []
            elif bracket == b"]":
                assert array is not None
                operands.append(array)
                array = None
            elif operator is not None:
                assert array is None
                if operator == b"true":
                    operands.append(True)
                elif operator == b"BI":
                    at = self._inline_image(content, at)
                else:
                    self._do(operator.decode(), operands)
                    operands = []
            else:
                value: object = (
                    string[1:-1]
                    if string is not None
                    else name.decode()
                    if name is not None
                    else Fraction(number.decode())
                )
                (operands if array is None else array).append(value)
        assert not self.stack, "q without Q"
        assert not self.in_text, "BT without ET"
        assert not operands
        assert not self.path
        return self.page

    def _do(self, operator: str, operands: list[object]) -> None:
        text = {"Td", "T*", "Tj", "TJ", "Tm"}
        anywhere = {"rg", "g", "Tf", "TL"}
        if operator in text or operator == "ET":
            assert self.in_text, f"{operator} outside of a text object"
        elif operator not in anywhere:
            assert not self.in_text, f"{operator} inside a text object"
        name = {"T*": "next_line"}.get(operator, operator)
        method: Callable[..., None] = getattr(self, f"_op_{name}")
        method(*operands)

    def _op_q(self) -> None:
        assert not self.path
        self.stack.append(self.state)

    def _op_Q(self) -> None:
        assert not self.path
        self.state = self.stack.pop()

    def _op_cm(self, *m: Fraction) -> None:
        self.state = replace(self.state, ctm=multiply(m, self.state.ctm))

    def _op_g(self, gray: Fraction) -> None:
        assert 0 <= gray <= 1
        self.state = replace(self.state, fill=(gray,))

    def _op_rg(self, *rgb: Fraction) -> None:
        assert len(rgb) == 3
        assert all(0 <= c <= 1 for c in rgb)
        self.state = replace(self.state, fill=rgb)

    def _op_G(self, gray: Fraction) -> None:
        assert 0 <= gray <= 1

    def _op_RG(self, *rgb: Fraction) -> None:
        assert len(rgb) == 3

    def _op_w(self, width: Fraction) -> None:
        assert width > 0

    def _op_d(self, dashes: list[object], phase: Fraction) -> None:
        assert phase == 0

    def _op_re(self, x: Fraction, y: Fraction, width: Fraction, height: Fraction) -> None:
        self.path.append((x, y, width, height))

    def _op_m(self, x: Fraction, y: Fraction) -> None:
        self.point = (x, y)

    def _op_l(self, x: Fraction, y: Fraction) -> None:
        self.segments.append((*apply(self.state.ctm, *self.point), *apply(self.state.ctm, x, y)))
        self.point = (x, y)

    def _op_c(self, *points: Fraction) -> None:
        assert len(points) == 6
        self.point = (points[4], points[5])

    def _op_h(self) -> None:
        pass

    def _op_S(self) -> None:
        self.page.lines += self.segments
        self.segments, self.path = [], []

    def _op_n(self) -> None:
        self.segments, self.path = [], []

    def _op_B(self) -> None:
        self._op_f()

    def _op_f(self) -> None:
        assert self.path or self.segments, "f without a path"
        m = self.state.ctm
        for x, y, width, height in self.path:
            left, bottom = apply(m, x, y)
            self.page.rects.append(Rect(left, bottom, width * m[0], height * m[3], self.state.fill))
        self.segments, self.path = [], []

    def _op_Do(self, name: str) -> None:
        self.page.forms.append((name, self.state.ctm))

    def _op_BT(self) -> None:
        assert not self.in_text
        self.in_text = True
        self.line = self.cursor = IDENTITY

    def _op_ET(self) -> None:
        self.in_text = False

    def _op_Tf(self, font: str, size: Fraction) -> None:
        assert font in self.widths
        assert size > 0
        self.state = replace(self.state, font=font, size=size)

    def _op_TL(self, leading: Fraction) -> None:
        self.state = replace(self.state, leading=leading)

    def _op_Tm(self, *m: Fraction) -> None:
        self.line = self.cursor = m

    def _op_Td(self, x: Fraction, y: Fraction) -> None:
        self.line = self.cursor = multiply((*IDENTITY[:4], x, y), self.line)

    def _op_next_line(self) -> None:
        self._op_Td(Fraction(0), -self.state.leading)

    def _op_Tj(self, text: bytes) -> None:
        assert self.state.font, "no font is set"
        advance = sum(self.widths[self.state.font][code] for code in text) * self.state.size / 1000
        place = multiply(self.cursor, self.state.ctm)
        x, y = apply(place, Fraction(0), Fraction(0))
        end_x, _ = apply(place, advance, Fraction(0))
        self.page.strings.append(
            Shown(text, x, y, end_x, self.state.font, self.state.size * place[3], self.state.fill)
        )
        self._move(advance)

    def _op_TJ(self, items: list[object]) -> None:
        for item in items:
            if isinstance(item, bytes):
                self._op_Tj(item)
            else:
                assert isinstance(item, Fraction)
                self._move(-item * self.state.size / 1000)

    def _move(self, advance: Fraction) -> None:
        self.cursor = multiply((*IDENTITY[:4], advance, Fraction(0)), self.cursor)

    def _inline_image(self, content: bytes, at: int) -> int:
        """A 1-bit mask with /D[1 0]: 1 paints (8.9.6.2)."""
        assert not self.in_text
        header = re.compile(rb"/W (\d+)/H (\d+)/IM true/D\[1 0\](/F/AHx)? ID ").match(content, at)
        assert header is not None, content[at : at + 60]
        width, height = int(header.group(1)), int(header.group(2))
        size = height * ((width + 7) // 8)
        at = header.end()
        if header.group(3):
            data = bytes.fromhex(content[at : at + 2 * size].decode())
            at += 2 * size
            assert content[at : at + 1] == b">"
            at += 1
        else:
            data = content[at : at + size]
            assert b"EI" not in data, "readers may take this for the end"
            at += size
        assert content[at : at + 4] == b"\nEI\n"
        stride = (width + 7) // 8
        bits = ["".join(f"{byte:08b}" for byte in data[k * stride : (k + 1) * stride]) for k in range(height)]
        assert all("1" not in row[width:] for row in bits)
        m = self.state.ctm
        x, y = apply(m, Fraction(0), Fraction(0))
        self.page.images.append(Image(tuple(row[:width] for row in bits), x, y, m[0], m[3], self.state.fill))
        return at + 4
