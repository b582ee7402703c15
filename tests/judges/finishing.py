"""Press, cutter, stacker, folder and binder in software, for a PDF of press sides.

Reads the finished file's page content only. Knows the scheme as the shop does: its YAML text (grid, gutters, which way the
press turns the sheet, which stacks are turned over, folds, binding), the sizes of page and press sheet, how many sheets each
lift has. Shares no code with the program. Test pages carry their name as text at (10, 20) pt from the top left corner.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

Point = tuple[float, float]
_LABEL = re.compile(r"<(\d+)/(\d+)>")
ANCHOR = (10.0, 20.0)


@dataclass(frozen=True)
class Label:
    """A page's name as it lies on the paper: its anchor, and where its head points; both seen from the front."""

    piece: int
    page: int
    at: Point
    up: Point


@dataclass(frozen=True)
class Leaf:
    """A sheet of paper of one page's size: what is seen, what is behind it; None is blank."""

    seen: Label | None
    behind: Label | None
    cell: int = -1

    def flipped(self) -> Leaf:
        return Leaf(self.behind, self.seen, self.cell)


Layers = dict[tuple[int, int], list[Leaf]]
"""Leaves that lie on each other in each row and column of a unit, the top one first."""


# ---- the press


def read_side(side: pdfium.PdfPage) -> list[tuple[int, int, Point, Point]]:
    """Piece, page, anchor and direction of the head of every name on a side."""
    text = side.get_textpage()
    characters = []
    x, y = ctypes.c_double(), ctypes.c_double()
    for k in range(text.count_chars()):
        if raw.FPDFText_IsGenerated(text, k):
            continue
        assert raw.FPDFText_GetCharOrigin(text, k, x, y)
        characters.append((chr(raw.FPDFText_GetUnicode(text, k)), (x.value, y.value)))
    found = []
    for match in _LABEL.finditer("".join(ch for ch, _ in characters)):
        at, end = characters[match.start()][1], characters[match.end() - 1][1]
        length = ((end[0] - at[0]) ** 2 + (end[1] - at[1]) ** 2) ** 0.5
        right = (end[0] - at[0]) / length, (end[1] - at[1]) / length
        found.append((int(match[1]), int(match[2]), at, (-right[1], right[0])))
    return found


def press(path: Path, scheme: dict[str, Any]) -> list[tuple[list[Label], list[Label]]]:
    """Every press sheet: names on its front, and on its back as they lie behind it."""
    prints_back = scheme.get("unit", {}).get("back", ["2"]) != []
    over = scheme.get("turn", "sideways") == "over"
    with pdfium.PdfDocument(path) as pdf:
        width, height = pdf[0].get_size()
        sides = [read_side(pdf[k]) for k in range(len(pdf))]
    step = 2 if prints_back else 1
    assert len(sides) % step == 0
    sheets = []
    for k in range(0, len(sides), step):
        fronts = [Label(*found) for found in sides[k]]
        backs = []
        for piece, page, (x, y), (ux, uy) in sides[k + 1] if prints_back else []:
            at, up = ((x, height - y), (ux, -uy)) if over else ((width - x, y), (-ux, uy))
            backs.append(Label(piece, page, at, up))
        sheets.append((fronts, backs))
    return sheets


# ---- the cutter


@dataclass(frozen=True)
class Shop:
    """Scheme and sizes, in points."""

    scheme: dict[str, Any]
    page: Point
    sheet: Point
    creep: float = 0

    def length(self, name: str) -> float:
        text = str(self.scheme.get(name, 0))
        match = re.fullmatch(r"(-?[\d.]+)\s*(mm|pt|in)?", text)
        assert match is not None
        return float(match[1]) * {"mm": 72 / 25.4, "in": 72, "pt": 1, None: 1}[match[2]]

    @property
    def unit(self) -> dict[str, Any]:
        return {"front": ["1"], "back": ["2"], "folds": [], "binding": "none"} | self.scheme.get("unit", {})

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.unit["front"]), len(self.unit["front"][0].split())

    @property
    def scaled(self) -> Point:
        scale = self.scheme.get("scale_percent", 100) / 100
        return self.page[0] * scale, self.page[1] * scale

    def column_starts(self) -> list[float]:
        """Where each page of a unit begins: with the spine's gap where two pages of an opened book meet."""
        _, columns = self.shape
        gaps = []
        for j in range(columns - 1):
            if self.unit["binding"] == "none":
                gaps.append(0.0)
            else:
                # Folded in the middle last: the middle is a spine, and then every second fold.
                at_spine = (j - (columns // 2 - 1)) % 2 == 0
                gaps.append(self.length("spine" if at_spine else "head"))
        starts = [0.0]
        for gap in gaps:
            starts.append(starts[-1] + self.scaled[0] + gap)
        return starts

    def row_gap(self) -> float:
        return 0.0 if self.unit["binding"] == "none" else self.length("head")

    def unit_size(self) -> Point:
        rows, _ = self.shape
        high = rows * self.scaled[1] + (rows - 1) * self.row_gap()
        return self.column_starts()[-1] + self.scaled[0], high

    def cells(self) -> list[tuple[float, float, float, float]]:
        wide, high = self.unit_size()
        if self.scheme.get("rotate", [0])[0] % 180:
            wide, high = high, wide
        columns, rows = self.scheme.get("columns", 1), self.scheme.get("rows", 1)
        gx, gy = self.length("gutter_x"), self.length("gutter_y")
        left = (self.sheet[0] - columns * wide - (columns - 1) * gx) / 2 + self.length("shift_x")
        top = (self.sheet[1] + rows * high + (rows - 1) * gy) / 2 + self.length("shift_y")
        return [
            (
                left + j * (wide + gx),
                top - i * (high + gy) - high,
                left + j * (wide + gx) + wide,
                top - i * (high + gy),
            )
            for i in range(rows)
            for j in range(columns)
        ]

    def angle(self, cell: int) -> int:
        angles = self.scheme.get("rotate", [0])
        found: int = angles[cell % len(angles)]
        return found

    def cut(self, sheet: tuple[list[Label], list[Label]]) -> list[Layers]:
        """The units of a press sheet, each turned so that it stands upright; in reading order of the cells."""
        cells = self.cells()
        rows, columns = self.shape
        units: list[dict[tuple[int, int], list[Label | None]]] = [
            {(i, j): [None, None] for i in range(rows) for j in range(columns)} for _ in cells
        ]
        for face, labels in enumerate(sheet):
            for label in labels:
                (cell,) = [
                    k
                    for k, (x0, y0, x1, y1) in enumerate(cells)
                    if x0 - 0.01 <= label.at[0] <= x1 + 0.01 and y0 - 0.01 <= label.at[1] <= y1 + 0.01
                ]
                turned = _upright(label, cells[cell], self.angle(cell))
                row, column = self._page_of(turned)
                assert units[cell][row, column][face] is None, "two pages on one place"
                units[cell][row, column][face] = self._placed(turned, row, column)
        return [
            {place: [Leaf(seen, behind, cell)] for place, (seen, behind) in unit.items()}
            for cell, unit in enumerate(units)
        ]

    def _page_of(self, label: Label) -> tuple[int, int]:
        rows, _ = self.shape
        width, height = self.scaled
        starts = self.column_starts()
        (column,) = [j for j, x in enumerate(starts) if x - 3 <= label.at[0] <= x + width + 3]
        row = rows - 1 - int(label.at[1] // (height + self.row_gap()))
        return row, column

    def _placed(self, label: Label, row: int, column: int) -> Label:
        """The label with its anchor from its page's own lower left corner of the unit."""
        rows, _ = self.shape
        x = label.at[0] - self.column_starts()[column]
        y = label.at[1] - (rows - 1 - row) * (self.scaled[1] + self.row_gap())
        return replace(label, at=(x, y))

    # ---- folder and binder

    def fold(self, layers: Layers, folds: Sequence[str]) -> Layers:
        """Fold in halves: the half that goes behind is turned, its leaves in reverse."""
        width, height = self.scaled
        for fold in folds:
            rows = 1 + max(i for i, _ in layers)
            columns = 1 + max(j for _, j in layers)
            folded: Layers = {}
            if fold == "left_behind":
                half = columns // 2
                for i in range(rows):
                    for j in range(half, columns):
                        under = [_mirror_x(leaf, width) for leaf in reversed(layers[i, columns - 1 - j])]
                        folded[i, j - half] = layers[i, j] + under
            else:
                half = rows // 2
                for i in range(half, rows):
                    for j in range(columns):
                        under = [_mirror_y(leaf, height) for leaf in reversed(layers[rows - 1 - i, j])]
                        folded[i - half, j] = layers[i, j] + under
            layers = folded
        return layers

    def bind(self, pile: Sequence[Layers]) -> list[Leaf]:
        """A pile of units as leaves in reading order."""
        folds = self.unit["folds"]
        if self.unit["binding"] != "saddle":
            return [leaf for unit in pile for leaf in _only(self.fold(unit, folds))]
        books: list[list[Layers]] = []
        for unit in pile:
            if _pieces(unit) and books and _pieces(books[-1][0]) == _pieces(unit):
                books[-1].append(unit)
            elif _pieces(unit):
                books.append([unit])
        leaves = []
        for book in books:
            nested = [self.fold(unit, folds[:-1]) for unit in book]
            together = {place: [leaf for unit in nested for leaf in unit[place]] for place in nested[0]}
            leaves += _only(self.fold(together, folds[-1:]))
        return leaves

    # ---- the stacker

    def finish(self, path: Path, lifts: Sequence[int]) -> list[list[Leaf]]:
        """The finished leaves in order; one list, or one for each stack where every stack holds the whole."""
        sheets = [self.cut(sheet) for sheet in press(path, self.scheme)]
        assert sum(lifts) == len(sheets)
        columns, rows = self.scheme.get("columns", 1), self.scheme.get("rows", 1)
        order = self.scheme.get("order", "sheets")
        pile: list[Layers] = []
        copies: list[list[Layers]] = [[] for _ in range(columns * rows)]
        begin = 0
        for count in lifts:
            lift = sheets[begin : begin + count]
            begin += count
            if order == "sheets":
                pile += [unit for sheet in lift for unit in sheet]
            elif order == "column_stacks":
                for j in range(columns):
                    pile += [sheet[i * columns + j] for sheet in lift for i in range(rows)]
            else:
                for cell in range(columns * rows):
                    stack = [sheet[cell] for sheet in lift]
                    if cell + 1 in self.scheme.get("turned_over", []):
                        stack = [self._turned_over(unit) for unit in reversed(stack)]
                    pile += stack
                    copies[cell] += stack
        return [self.bind(stack) for stack in copies] if order == "copies" else [self.bind(pile)]

    def _turned_over(self, unit: Layers) -> Layers:
        """A unit turned about its vertical axis."""
        columns = self.shape[1]
        return {
            (i, columns - 1 - j): [_mirror_x(leaf, self.scaled[0]) for leaf in reversed(leaves)]
            for (i, j), leaves in unit.items()
        }


def _upright(label: Label, cell: tuple[float, float, float, float], angle: int) -> Label:
    """A label in the frame of a cell that was turned back by ``angle``."""
    x0, y0, x1, y1 = cell
    (x, y), (ux, uy) = label.at, label.up
    if angle == 0:
        return replace(label, at=(x - x0, y - y0))
    if angle == 90:
        return replace(label, at=(y - y0, x1 - x), up=(uy, -ux))
    if angle == 180:
        return replace(label, at=(x1 - x, y1 - y), up=(-ux, -uy))
    return replace(label, at=(y1 - y, x - x0), up=(-uy, ux))


def _mirror_x(leaf: Leaf, width: float) -> Leaf:
    def turn(label: Label | None) -> Label | None:
        if label is None:
            return None
        return replace(label, at=(width - label.at[0], label.at[1]), up=(-label.up[0], label.up[1]))

    return Leaf(turn(leaf.behind), turn(leaf.seen), leaf.cell)


def _mirror_y(leaf: Leaf, height: float) -> Leaf:
    def turn(label: Label | None) -> Label | None:
        if label is None:
            return None
        return replace(label, at=(label.at[0], height - label.at[1]), up=(label.up[0], -label.up[1]))

    return Leaf(turn(leaf.behind), turn(leaf.seen), leaf.cell)


def _only(layers: Layers) -> list[Leaf]:
    (leaves,) = layers.values()
    return leaves


def _pieces(unit: Layers) -> set[int]:
    return {
        label.piece
        for leaves in unit.values()
        for leaf in leaves
        for label in (leaf.seen, leaf.behind)
        if label is not None
    }
