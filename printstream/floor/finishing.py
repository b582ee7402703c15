"""Cutter, folder and stacker: where every leaf stands on a press sheet, and in which order the leaves come out.

In: the work order's words for an imposition (grid, gutters, turn, folds, order), sizes of page and press sheet. Out:
``Finishing``, piles. Never: reads where the plan put a page; shares no code with the side that imposes.

Lengths are millipoints; on a side x runs from the left, y from the bottom. Pages are turned counter-clockwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.base.units import parse_length_mpt
from printstream.base.yamlfile import load_yaml

Box = tuple[int, int, int, int]
"""Left, bottom, right, top."""
Size = tuple[int, int]


class Spot(NamedTuple):
    """Where one face of a leaf is printed: side of the press sheet (0 front, 1 back), box, angle."""

    side: int
    box: Box
    angle: int


@frozen
class Leaf:
    """A leaf of one cell: its upper face and the one behind it."""

    cell: int
    front: Spot
    back: Spot


@frozen
class Paper:
    """A leaf in a unit while that is folded: its place on the flat unit, the face that is up, whether it is on its head."""

    row: int
    column: int
    face: int = 0
    on_head: bool = False

    def turned_sideways(self) -> Paper:
        """The same turned about its vertical axis."""
        return replace(self, face=1 - self.face)

    def turned_over(self) -> Paper:
        """The same turned about its horizontal axis."""
        return replace(self, face=1 - self.face, on_head=not self.on_head)


@frozen
class Finishing:
    """What the shop does with the press sheets of a spool.

    Attributes:
        name: of the imposition scheme.
        columns, rows: cells of the front.
        order: sheets, stacks or column_stacks.
        turned_over: cells, from 1, whose stacks run backwards.
        binding: none, saddle or perfect.
        leaves: by page: cell after cell, in each the leaves of the folded unit from the top.
        sides: printed sides of a press sheet.
        page, sheet: width and height of a cut leaf and of the press sheet.
        web: whether the press sheets are frames of a web.
        marks: what is printed beside the pages.
        fold_every: frames between two folds of the web.
        over: whether the press turns sheets about their horizontal axis.
    """

    name: str
    columns: int
    rows: int
    order: str
    turned_over: tuple[int, ...]
    binding: str
    leaves: tuple[Leaf, ...]
    sides: int
    page: Size
    sheet: Size
    web: bool
    marks: frozenset[str]
    fold_every: int
    over: bool

    def behind(self, moved: tuple[float, float]) -> tuple[float, float]:
        """Where what lies beside its place on the front lies on the back."""
        return (moved[0], -moved[1]) if self.over else (-moved[0], moved[1])

    @property
    def unit_leaves(self) -> int:
        """Leaves of a cell."""
        return len(self.leaves) // (self.columns * self.rows)

    @property
    def block(self) -> Box:
        """All pages of a front together."""
        boxes = [spot.box for leaf in self.leaves for spot in (leaf.front, leaf.back) if spot.side == 0]
        return (
            min(box[0] for box in boxes),
            min(box[1] for box in boxes),
            max(box[2] for box in boxes),
            max(box[3] for box in boxes),
        )


# ---- from the words of a scheme


def scheme_words(name: str) -> dict[str, Any]:
    """The words of a shipped scheme, or of a file: what a shop goes by that takes another scheme than the work order's.

    Raises:
        JobError: there is none.
    """
    folder = Path(str(resources.files("printstream"))) / "impose" / "schemes"
    path = Path(name) if name.endswith((".yaml", ".yml")) else folder / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.yaml")))
        msg = f"there is no imposition scheme {name!r}"
        raise JobError(msg, where="--finishing", next_step=f"Known are: {known}; or name a .yaml file")
    return dict(load_yaml(path)[0])


def finishing_of(words: Mapping[str, Any], page: Size, sheet: Size) -> Finishing:
    """Work out where leaves stand.

    Args:
        words: a scheme as its file or the work order has it.
        page: width and height as composed.
        sheet: of the press sheet.

    Raises:
        JobError: the words do not make a scheme that the floor knows.
    """
    try:
        return _Grid(words, page, sheet).finishing()
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        msg = "the imposition's description lacks what the floor needs, or has it in another form"
        raise JobError(msg, where="--finishing", next_step="Compare it with docs/imposition.md") from error


class _Grid:
    """A scheme's words, with what follows from them."""

    def __init__(self, words: Mapping[str, Any], page: Size, sheet: Size) -> None:
        unit = {"front": ["1"], "back": ["2"], "folds": [], "binding": "none"} | dict(words.get("unit") or {})
        self.words, self.sheet = words, sheet
        scale = int(words.get("scale_percent", 100))
        self.page = page[0] * scale // 100, page[1] * scale // 100
        self.unit_rows = len(unit["front"])
        self.unit_columns = len(str(unit["front"][0]).split())
        self.folds = tuple(unit["folds"])
        self.binding = str(unit["binding"])
        self.sides = 2 if unit["back"] else 1
        self.columns, self.rows = int(words.get("columns", 1)), int(words.get("rows", 1))
        self.over = words.get("turn", "sideways") == "over"

    def length(self, name: str) -> int:
        """A length of the scheme: millipoints, or text with a unit."""
        value = self.words.get(name, 0)
        return value if isinstance(value, int) else parse_length_mpt(value)

    def finishing(self) -> Finishing:
        words = self.words
        return Finishing(
            name=str(words["name"]),
            columns=self.columns,
            rows=self.rows,
            order=str(words.get("order", "sheets")),
            turned_over=tuple(words.get("turned_over", ())),
            binding=self.binding,
            leaves=tuple(leaf for cell in range(self.columns * self.rows) for leaf in self._leaves(cell)),
            sides=self.sides,
            page=self.page,
            sheet=self.sheet,
            web=bool(words.get("web", False)),
            marks=frozenset(words.get("marks", ("crop",))),
            fold_every=int(words.get("fold_every", 1)),
            over=self.over,
        )

    # ---- the flat unit

    def column_starts(self) -> list[int]:
        """Left edges of the pages of a unit: the spine's gap in its middle, and then at every second fold."""
        starts = [0]
        for column in range(self.unit_columns - 1):
            at_spine = (self.unit_columns // 2 - 1 - column) % 2 == 0
            gap = self.length("spine" if at_spine else "head") if self.binding != "none" else 0
            starts.append(starts[-1] + self.page[0] + gap)
        return starts

    def row_step(self) -> int:
        """From page to page down a unit."""
        return self.page[1] + (self.length("head") if self.binding != "none" else 0)

    def unit_size(self) -> Size:
        """Width and height of a unit that stands upright."""
        return self.column_starts()[-1] + self.page[0], (self.unit_rows - 1) * self.row_step() + self.page[1]

    # ---- cells

    def angle(self, cell: int) -> int:
        """How a cell's unit is turned on the front."""
        angles = self.words.get("rotate") or [0]
        return int(angles[cell % len(angles)])

    def cell_box(self, cell: int) -> Box:
        """A cell on the front: the grid stands in the middle of the sheet, but for its shifts."""
        wide, high = self.unit_size()
        if self.angle(0) % 180:
            wide, high = high, wide
        gap_x, gap_y = self.length("gutter_x"), self.length("gutter_y")
        grid_x = self.columns * wide + (self.columns - 1) * gap_x
        grid_y = self.rows * high + (self.rows - 1) * gap_y
        row, column = divmod(cell, self.columns)
        left = (self.sheet[0] - grid_x) // 2 + self.length("shift_x") + column * (wide + gap_x)
        below = (self.sheet[1] - grid_y) // 2 + self.length("shift_y")
        below += (self.rows - 1 - row) * (high + gap_y)
        return left, below, left + wide, below + high

    # ---- leaves

    def _leaves(self, cell: int) -> list[Leaf]:
        return [self._leaf(cell, paper) for paper in self._folded(cell)]

    def _folded(self, cell: int) -> list[Paper]:
        """The leaves of a cell's unit when it is cut out, turned over where the scheme says so, and folded."""
        rows, columns = self.unit_rows, self.unit_columns
        layers = {(i, j): [Paper(i, j)] for i in range(rows) for j in range(columns)}
        if cell + 1 in self.words.get("turned_over", ()):
            layers = {(i, columns - 1 - j): [p[0].turned_sideways()] for (i, j), p in layers.items()}
        for fold in self.folds:
            layers = _fold(layers, fold)
        if len(layers) == 1:
            return layers[0, 0]
        return [paper for place in sorted(layers) for paper in layers[place]]

    def _leaf(self, cell: int, paper: Paper) -> Leaf:
        spots = self._spot(cell, paper, paper.face), self._spot(cell, paper, 1 - paper.face)
        return Leaf(cell, *spots)

    def _spot(self, cell: int, paper: Paper, face: int) -> Spot:
        angle = self.angle(cell)
        x = self.column_starts()[paper.column]
        y = (self.unit_rows - 1 - paper.row) * self.row_step()
        inner = x, y, x + self.page[0], y + self.page[1]
        box = _into(self.cell_box(cell), inner, angle)
        if face == 1:
            box, angle = self._behind(box), (180 - angle if self.over else -angle)
        return Spot(face, box, (angle + 180 * paper.on_head) % 360)

    def _behind(self, box: Box) -> Box:
        """The same paper on the back, when the press has turned the sheet; its register moved."""
        left, bottom, right, top = box
        if self.over:
            bottom, top = self.sheet[1] - top, self.sheet[1] - bottom
        else:
            left, right = self.sheet[0] - right, self.sheet[0] - left
        dx, dy = self.length("back_shift_x"), self.length("back_shift_y")
        return left + dx, bottom + dy, right + dx, top + dy


def _into(cell: Box, inner: Box, angle: int) -> Box:
    """A box of the upright unit on the side, when the unit is turned into its cell."""
    left, bottom, right, top = cell
    x0, y0, x1, y1 = inner
    return {
        0: (left + x0, bottom + y0, left + x1, bottom + y1),
        90: (right - y1, bottom + x0, right - y0, bottom + x1),
        180: (right - x1, top - y1, right - x0, top - y0),
        270: (left + y0, top - x1, left + y1, top - x0),
    }[angle]


Layers = dict[tuple[int, int], list[Paper]]


def _fold(layers: Layers, way: str) -> Layers:
    """Fold once: the left half goes behind the right one, or the top half behind the bottom one."""
    rows, columns = 1 + max(i for i, _ in layers), 1 + max(j for _, j in layers)
    if way == "left_behind":
        half = columns // 2
        return {
            (i, j - half): layers[i, j]
            + [paper.turned_sideways() for paper in reversed(layers[i, columns - 1 - j])]
            for i in range(rows)
            for j in range(half, columns)
        }
    half = rows // 2
    return {
        (i - half, j): layers[i, j] + [paper.turned_over() for paper in reversed(layers[rows - 1 - i, j])]
        for i in range(half, rows)
        for j in range(columns)
    }


# ---- the pile


def pile(finishing: Finishing, lifts: Sequence[int], before: int = 0) -> NDArray[np.int64]:
    """The pile of one print file, from the top down, with the blanks at the ends of stacks.

    Args:
        finishing: how it is cut and stacked.
        lifts: press sheets that are cut together, one lift after the other.
        before: press sheets of the leader, which are taken off.

    Returns:
        int64[sheets, 3]: press sheet, page (its leaf, in ``Finishing.leaves``), stack.
    """
    per, cells = finishing.unit_leaves, np.arange(finishing.columns * finishing.rows)
    grid = cells.reshape(finishing.rows, finishing.columns)
    stacks = {
        "sheets": [cells],
        "stacks": [cells[k : k + 1] for k in range(cells.size)],
        "column_stacks": [grid[:, column] for column in range(finishing.columns)],
    }[finishing.order]
    parts, begin, number = [], before, 0
    for count in lifts:
        for own in stacks:
            sheets = np.arange(begin, begin + count)
            if int(own[0]) + 1 in finishing.turned_over:
                sheets = sheets[::-1]
            pages = (own[:, None] * per + np.arange(per)).reshape(-1)
            rows = np.empty((count * pages.size, 3), np.int64)
            rows[:, 0] = np.repeat(sheets, pages.size)
            rows[:, 1] = np.tile(pages, count)
            rows[:, 2] = number
            parts.append(rows)
            number += 1
        begin += count
    return np.concatenate(parts) if parts else np.zeros((0, 3), np.int64)


def nest(unit_leaves: int, books: Sequence[int]) -> NDArray[np.int64]:
    """Order of the leaves of saddle-stitched books: units laid on one another and folded together.

    Args:
        unit_leaves: leaves of a unit.
        books: units of each book.

    Returns:
        int64[leaves]: place, in the order of the units, of each leaf.
    """
    half, parts, begin = unit_leaves // 2, [], 0
    for units in books:
        leaves = begin + np.arange(units * unit_leaves).reshape(units, unit_leaves)
        parts += [leaves[:, :half].reshape(-1), leaves[::-1, half:].reshape(-1)]
        begin += units * unit_leaves
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, np.int64)
