"""What stands where on any press side of a spool, worked out for the sides that are asked for.

In: the pattern that all spools share, a spool's lifts and stacks. Out: ``Cells`` for the drawing kernel. Never: keeps a
number a side.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from printstream.base.frozen import frozen
from printstream.base.program import Cells
from printstream.impose.geometry import Layout, Place
from printstream.impose.ink import collating_mark, number, skip_fold_mark
from printstream.imposition import Scheme

Ints = NDArray[np.int64]

NOTHING = -1
"""No unit: blank paper. Units below it are sheets of the shop's own: -2 - k is number k of the spool's."""


@frozen
class Pattern:
    """What all spools of a job share.

    Attributes:
        scheme: the scheme.
        layout: where pages stand.
        stack_of, rank_of: int64[cells]: the stack that a cell belongs to, its place among that stack's cells.
        stack_cells: int64[stacks]: cells of each stack.
        backward: bool[cells]: whether its stack runs backwards.
        slot_cell, slot_page: int64[sides, slots]: cell and page of the unit in each slot; sides of a press sheet.
        place_bytes, place_offsets: see Cells; place = (depth * sides + side) * slots + slot.
        depths: leaves that lie at different distances from the spine; 1 where nothing creeps.
        under: what front and back carry besides pages.
        as_forms: files have ``under`` once, as forms that their sides only name.
    """

    scheme: Scheme
    layout: Layout
    stack_of: Ints
    rank_of: Ints
    stack_cells: Ints
    backward: NDArray[np.bool_]
    slot_cell: Ints
    slot_page: Ints
    place_bytes: NDArray[np.uint8]
    place_offsets: Ints
    depths: int
    under: tuple[bytes, ...]
    as_forms: bool = False

    @property
    def forms(self) -> dict[str, bytes]:
        """Forms that sides name, by name: the content of each."""
        return {f"U{face}": ink for face, ink in enumerate(self.under) if ink and self.as_forms}

    @cached_property
    def shown(self) -> tuple[bytes, ...]:
        """Content that draws ``under``."""
        if not self.as_forms:
            return self.under
        return tuple(b"/U%d Do\n" % face if ink else b"" for face, ink in enumerate(self.under))

    @property
    def sides(self) -> int:
        """Printed sides of a press sheet."""
        return int(self.slot_cell.shape[0])


@frozen
class SpoolSpread:
    """One spool.

    Attributes:
        pattern: how its press sheets look.
        lift_first: int64[lifts + 1]: first press sheet of each lift, leaders not counted; the end.
        stack_first, stack_count: int64[lifts, stacks]: positions that lie in a stack.
        base: the unit at position 0 where every position has the next unit.
        units: int64[positions]: the unit at each position, where not.
        piece_unit: int64[pieces + 1]: first unit of each of the spool's pieces; where they are bound.
        leaders: press sheets before and behind.
        own: content of the shop's own sheets, each drawn in the corner of its cell.
        leader: content of the leaders before and behind.
        text: line printed on every press side; {sheet} and {side} are filled in.
    """

    pattern: Pattern
    lift_first: Ints
    stack_first: Ints
    stack_count: Ints
    base: int
    units: Ints | None = None
    piece_unit: Ints | None = None
    leaders: tuple[int, int] = (0, 0)
    own: tuple[bytes, ...] = ()
    leader: tuple[bytes, bytes] = (b"", b"")
    text: bytes = b""

    @property
    def press_sheets(self) -> int:
        """Press sheets, leaders included."""
        return int(self.lift_first[-1]) + sum(self.leaders)

    @property
    def sides(self) -> int:
        """Press sides."""
        return self.press_sheets * self.pattern.sides

    @property
    def first_sheet(self) -> int:
        """First sheet of the run that lies on it."""
        scheme = self.pattern.scheme
        return self.base * scheme.unit.pages // scheme.faces

    @property
    def end_sheet(self) -> int:
        """The sheet of the run behind its last one."""
        scheme = self.pattern.scheme
        units = int(self.stack_count.sum()) if self.units is None else int((self.units >= 0).sum())
        return (self.base + units) * scheme.unit.pages // scheme.faces

    def positions(self, sheets: Ints) -> Ints:
        """Position that lies in each cell of some press sheets; NOTHING where it is blank; int64[sheets, cells]."""
        pattern = self.pattern
        inner = sheets - self.leaders[0]
        last = self.lift_first.size - 2
        if last == 0:
            lift = np.zeros(sheets.size, np.int64)
        else:
            lift = np.clip(np.searchsorted(self.lift_first, inner, side="right") - 1, 0, last)
        stack = pattern.stack_of
        count = self.stack_count[lift[:, None], stack]
        at = (inner - self.lift_first[lift])[:, None] * pattern.stack_cells[stack] + pattern.rank_of
        inside = (at >= 0) & (at < count)
        if pattern.backward.any():
            at = np.where(pattern.backward, count - 1 - at, at)
        found: Ints = np.where(inside, self.stack_first[lift[:, None], stack] + at, NOTHING)
        return found

    def units_at(self, positions: Ints) -> Ints:
        """Unit at each position."""
        if self.units is None:
            found: Ints = np.where(positions < 0, NOTHING, positions + self.base)
            return found
        return np.where(positions < 0, NOTHING, self.units[np.maximum(positions, 0)])

    def faces_of(self, units: Ints, page: Ints) -> tuple[Ints, Ints]:
        """Face of the run that a page of a unit is, -1 where blank; and how deep its leaf lies."""
        size = self.pattern.scheme.unit.pages
        number = size * units + page - 1
        binding = self.pattern.scheme.unit.binding
        if self.piece_unit is not None and binding == "saddle":
            piece = self._piece_of(units)
            first = self.piece_unit[piece]
            total = size * (self.piece_unit[piece + 1] - first)
            nested = (units - first) * (size // 2)
            inner = np.where(2 * page <= size, nested + page, total - (size - page) - nested)
            number = size * first + inner - 1
            depth = (np.minimum(inner, total + 1 - inner) - 1) // 2
        elif binding == "perfect":
            depth = np.broadcast_to((np.minimum(page, size + 1 - page) - 1) // 2, number.shape)
        else:
            depth = np.zeros_like(number)
        blank = units < 0
        depth = np.minimum(depth, self.pattern.depths - 1)
        return np.where(blank, -1, number), np.where(blank, 0, depth)

    def _piece_of(self, units: Ints) -> Ints:
        """Piece of the spool that a unit belongs to."""
        if self.piece_unit is None:
            return np.zeros_like(units)
        found: Ints = np.searchsorted(self.piece_unit, units, side="right") - 1
        return np.clip(found, 0, self.piece_unit.size - 2)

    def cells(self, first_side: int, last_side: int) -> Cells:
        """Give sides first_side..last_side-1."""
        pattern = self.pattern
        count = pattern.sides
        if self._plain is not None:
            return self._plain_cells(first_side, last_side, *self._plain)
        begin, end = first_side // count, -(-last_side // count)
        sheets = np.arange(begin, end, dtype=np.int64)
        units = self.units_at(self.positions(sheets))
        in_slot = units[:, pattern.slot_cell]  # [sheets, sides, slots]
        faces, depth = self.faces_of(in_slot, pattern.slot_page)
        slots = pattern.slot_cell.shape[1]
        places = depth * (count * slots) + np.arange(count * slots).reshape(count, slots)
        cut = slice((first_side - begin * count) * slots, (last_side - begin * count) * slots)
        under, bytes_, offsets = self._underlays(first_side, last_side, units, begin)
        return Cells(
            faces.reshape(-1)[cut].copy(),
            places.reshape(-1)[cut].copy(),
            pattern.place_bytes,
            pattern.place_offsets,
            under,
            bytes_,
            offsets,
        )

    @cached_property
    def _plain(self) -> tuple[Ints, Ints, Ints, Ints, NDArray[np.uint8], Ints] | None:
        """Straight stacks of leaves in one lift, the same marks on every sheet: a face is a first one and a step.

        Returns:
            int64[sides * slots] face on the first press sheet, step from sheet to sheet, press sheets that the slot has a
            page on, its place; content below, and its offsets. None where it is not so simple.
        """
        pattern, scheme = self.pattern, self.pattern.scheme
        varies = {"collating", "skip_fold"} & set(scheme.marks)
        special = self.text or self.own or any(self.leaders) or varies or self.units is not None
        if special or pattern.depths > 1 or self.piece_unit is not None or pattern.backward.any():
            return None
        if self.lift_first.size != 2:
            return None
        cell, size = pattern.slot_cell.reshape(-1), scheme.unit.pages
        stack, rank = pattern.stack_of[cell], pattern.rank_of[cell]
        cells = pattern.stack_cells[stack]
        first = size * (self.base + self.stack_first[0, stack] + rank) + pattern.slot_page.reshape(-1) - 1
        until = -((rank - self.stack_count[0, stack]) // cells)
        under = np.array([0, *np.cumsum([len(part) for part in pattern.shown])], np.int64)
        data = np.frombuffer(b"".join(pattern.shown), np.uint8)
        return first, size * cells, until, np.arange(cell.size), data, under

    def _plain_cells(
        self,
        first_side: int,
        last_side: int,
        first: Ints,
        step: Ints,
        until: Ints,
        place: Ints,
        under: NDArray[np.uint8],
        offsets: Ints,
    ) -> Cells:
        """``cells`` by ``_plain``: a few operations for all sides at once."""
        pattern, count = self.pattern, self.pattern.sides
        begin, end = first_side // count, -(-last_side // count)
        sheets = np.arange(begin, end, dtype=np.int64)[:, None]
        faces = step * sheets + first
        if end > self._full_sheets:
            faces[sheets >= until] = -1
        slots = pattern.slot_cell.shape[1]
        cut = slice((first_side - begin * count) * slots, (last_side - begin * count) * slots)
        sides = np.arange(first_side, last_side, dtype=np.int64) % count
        return Cells(
            faces.reshape(-1)[cut],
            np.tile(place, end - begin)[cut],
            pattern.place_bytes,
            pattern.place_offsets,
            sides,
            under,
            offsets,
        )

    @cached_property
    def _full_sheets(self) -> int:
        """Press sheets before the first that has a blank slot."""
        return int(self._plain[2].min()) if self._plain is not None else 0

    def _underlays(
        self, first_side: int, last_side: int, units: Ints, begin: int
    ) -> tuple[Ints, NDArray[np.uint8], Ints]:
        count = self.pattern.sides
        varies = {"collating", "skip_fold"} & set(self.pattern.scheme.marks)
        if not (self.text or self.own or any(self.leaders) or varies):
            fixed = self.pattern.shown
            offsets = np.array([0, *np.cumsum([len(b) for b in fixed])], np.int64)
            data = np.frombuffer(b"".join(fixed), np.uint8)
            return np.arange(first_side, last_side, dtype=np.int64) % count, data, offsets
        parts = [self.underlay(side, units[side // count - begin]) for side in range(first_side, last_side)]
        offsets = np.array([0, *np.cumsum([len(part) for part in parts])], np.int64)
        return np.arange(len(parts), dtype=np.int64), np.frombuffer(b"".join(parts), np.uint8), offsets

    def underlay(self, side: int, units: Ints) -> bytes:
        """What a side carries besides pages; ``units`` are those in the cells of its press sheet."""
        pattern = self.pattern
        sheet, face = divmod(side, pattern.sides)
        inner = sheet - self.leaders[0]
        if not 0 <= inner < int(self.lift_first[-1]):
            return self.leader[int(inner >= 0)] if face == 0 else b""
        parts = [pattern.shown[face]]
        if self.text:
            parts.append(self.text.replace(b"{sheet}", b"%d" % (inner + 1)).replace(b"{side}", _SIDES[face]))
        marks = pattern.scheme.marks
        if "skip_fold" in marks and face == 0 and (inner + 1) % pattern.scheme.fold_every == 0:
            parts.append(skip_fold_mark(pattern.layout))
        for place in pattern.layout.sides[face]:
            unit = int(units[place.cell])
            if place.page == 1 and unit < NOTHING:
                parts.append(_in_corner(place, self.own[NOTHING - 1 - unit]))
            elif place.page == 1 and unit >= 0 and "collating" in marks and self.piece_unit is not None:
                piece = int(self._piece_of(np.array([unit]))[0])
                first, end = (int(u) for u in self.piece_unit[piece : piece + 2])
                parts.append(collating_mark(place, unit - first, end - first))
        return b"".join(parts)


_SIDES = (b"front", b"back")


def _in_corner(place: Place, content: bytes) -> bytes:
    """Content whose corner is the page's, turned with it."""
    x0, y0, x1, y1 = (v / 1000 for v in place.box)
    turn, x, y = {
        0: (b"1 0 0 1", x0, y0),
        90: (b"0 1 -1 0", x1, y0),
        180: (b"-1 0 0 -1", x1, y1),
        270: (b"0 -1 1 0", x0, y1),
    }[place.angle]
    return b"q %s %s %s cm\n%sQ\n" % (turn, number(x), number(y), content)
