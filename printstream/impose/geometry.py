"""Where pages stand on a press sheet: boxes and matrices, fronts and the backs behind them.

In: a scheme, the sizes of page and press sheet. Out: ``Layout``. Never: knows a piece.

Lengths are millipoints; x from the left, y from the bottom of the side that is looked at.
"""

from __future__ import annotations

import math

from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.imposition import Scheme, grid_of

Box = tuple[int, int, int, int]
"""Left, bottom, right, top."""


@frozen
class Place:
    """Where a page stands on a side.

    Attributes:
        cell: its cell, counted from 0, row by row from the top left of the front.
        page: its page of the unit, from 1.
        box: its trim, without creep.
        angle: how far it is turned, counter-clockwise.
        spine: where its spine is when it stands upright: -1 left, 1 right, 0 nowhere.
    """

    cell: int
    page: int
    box: Box
    angle: int
    spine: int = 0


@frozen
class Layout:
    """A press sheet.

    Attributes:
        fronts, backs: places in slot order; as many backs as fronts, or none.
        cells: boxes of the cells on the front.
        width, height: of the press sheet.
        page_width, page_height: of the page as it is composed.
    """

    fronts: tuple[Place, ...]
    backs: tuple[Place, ...]
    cells: tuple[Box, ...]
    width: int
    height: int
    page_width: int
    page_height: int

    @property
    def sides(self) -> tuple[tuple[Place, ...], ...]:
        """The printed sides."""
        return (self.fronts, self.backs) if self.backs else (self.fronts,)


def lay_out(scheme: Scheme, page: tuple[int, int], sheet: tuple[int, int]) -> Layout:
    """Place a unit in every cell.

    Raises:
        JobError: when they do not fit on the press sheet.
    """
    size = page[0] * scheme.scale_percent // 100, page[1] * scheme.scale_percent // 100
    boxes = _cells(scheme, unit_size(scheme, size), sheet)
    fronts: list[Place] = []
    backs: list[Place] = []
    for cell, box in enumerate(boxes):
        angle = scheme.rotate[cell % len(scheme.rotate)]
        seen, behind = scheme.unit.front, scheme.unit.back
        if cell + 1 in scheme.turned_over:
            seen, behind = behind, seen
        fronts += _pages(scheme, cell, seen, size, box, angle)
        turned = _behind(scheme, box, sheet)
        backs += _pages(scheme, cell, behind, size, turned, _angle_behind(scheme, angle))
    return Layout(tuple(fronts), tuple(backs), tuple(boxes), *sheet, *page)


def unit_size(scheme: Scheme, page: tuple[int, int]) -> tuple[int, int]:
    """Width and height of a unit that is not turned."""
    unit = scheme.unit
    gaps_x = sum(_gap_after(scheme, column) for column in range(unit.columns - 1))
    return unit.columns * page[0] + gaps_x, unit.rows * page[1] + (unit.rows - 1) * scheme.head


def least_sheet(scheme: Scheme, page: tuple[int, int], margin: int) -> tuple[int, int]:
    """The press sheet that just holds the cells, with a margin on all sides."""
    size = page[0] * scheme.scale_percent // 100, page[1] * scheme.scale_percent // 100
    width, height = _needed(scheme, unit_size(scheme, size))
    return width + 2 * (margin + abs(scheme.shift_x)), height + 2 * (margin + abs(scheme.shift_y))


def matrix_of(place: Place, layout: Layout, scale: float, creep: int = 0) -> tuple[float, ...]:
    """From the page, in a unit of ``scale`` points, to the side, in points.

    Args:
        place: where it stands.
        layout: of the sheet.
        scale: points in a unit of the page's content.
        creep: how far it moves to its spine.
    """
    left, bottom, right, top = (v / 1000 for v in moved(place, creep))
    s = (
        scale
        * (place.box[2] - place.box[0])
        / (layout.page_width if place.angle % 180 == 0 else layout.page_height)
    )
    return {
        0: (s, 0, 0, s, left, bottom),
        90: (0, s, -s, 0, right, bottom),
        180: (-s, 0, 0, -s, right, top),
        270: (0, -s, s, 0, left, top),
    }[place.angle]


def moved(place: Place, creep: int) -> Box:
    """The box of a page that creep moves to its spine."""
    along = round(math.cos(math.radians(place.angle))), round(math.sin(math.radians(place.angle)))
    dx, dy = (place.spine * creep * v for v in along)
    left, bottom, right, top = place.box
    return left + dx, bottom + dy, right + dx, top + dy


def bleeds(places: tuple[Place, ...], bleed: int) -> list[Box]:
    """How far each page may print beyond its trim: left, bottom, right, top of its box on the side."""
    found = []
    for place in places:
        left, bottom, right, top = place.box
        room = [bleed] * 4
        for other in places:
            x0, y0, x1, y1 = other.box
            if other is place:
                continue
            if y0 < top and y1 > bottom:
                room[0] = min(room[0], (left - x1) // 2) if x1 <= left else room[0]
                room[2] = min(room[2], (x0 - right) // 2) if x0 >= right else room[2]
            if x0 < right and x1 > left:
                room[1] = min(room[1], (bottom - y1) // 2) if y1 <= bottom else room[1]
                room[3] = min(room[3], (y0 - top) // 2) if y0 >= top else room[3]
        found.append((room[0], room[1], room[2], room[3]))
    return found


def upright(edges: Box, angle: int) -> Box:
    """What lies left, below, right and above a page that is turned, as the page itself sees it."""
    shift = angle // 90
    turned = [edges[(k + shift) % 4] for k in range(4)]
    return turned[0], turned[1], turned[2], turned[3]


def _needed(scheme: Scheme, unit: tuple[int, int]) -> tuple[int, int]:
    wide, high = unit if scheme.rotate[0] % 180 == 0 else unit[::-1]
    return (
        scheme.columns * wide + (scheme.columns - 1) * scheme.gutter_x,
        scheme.rows * high + (scheme.rows - 1) * scheme.gutter_y,
    )


def _cells(scheme: Scheme, unit: tuple[int, int], sheet: tuple[int, int]) -> list[Box]:
    """Boxes of the cells on the front, centred but for the shifts."""
    wide, high = unit if scheme.rotate[0] % 180 == 0 else unit[::-1]
    width, height = _needed(scheme, unit)
    left = (sheet[0] - width) // 2 + scheme.shift_x
    below = (sheet[1] - height) // 2 + scheme.shift_y
    if min(left, below) < 0 or left + width > sheet[0] or below + height > sheet[1]:
        count = scheme.cells * scheme.unit.columns * scheme.unit.rows
        need = f"{width / 72_000:.2f} x {height / 72_000:.2f} in"
        msg = f"{count} pages need {need}, more than the press sheet has"
        raise JobError(
            msg, where="job.imposition", next_step="Set sheet_width and sheet_height, or another scheme"
        )
    boxes = []
    for row in reversed(range(scheme.rows)):
        for column in range(scheme.columns):
            x = left + column * (wide + scheme.gutter_x)
            y = below + row * (high + scheme.gutter_y)
            boxes.append((x, y, x + wide, y + high))
    return boxes


def _spine_of(page: int, on_head: bool) -> int:
    """Where the spine of a page is on the unit: odd pages are right-hand pages."""
    return -1 if (page % 2 == 1) != on_head else 1


def _gap_after(scheme: Scheme, column: int) -> int:
    """Paper between a column of the unit's front and the next one: at a spine, or at a trimmed edge."""
    if scheme.unit.binding == "none":
        return 0
    page, on_head = next((p, r) for p, i, j, r in grid_of(scheme.unit.front) if (i, j) == (0, column))
    return scheme.spine if _spine_of(page, on_head) == 1 else scheme.head


def _pages(
    scheme: Scheme, cell: int, face: tuple[str, ...], size: tuple[int, int], box: Box, angle: int
) -> list[Place]:
    """Pages of a face of a unit whose frame, turned by ``angle``, fills the box."""
    if not face:
        return []
    bound = scheme.unit.binding != "none"
    starts = [0]
    # The gaps of the back lie behind those of the front, which are mirrored.
    gaps = [_gap_after(scheme, column) for column in range(scheme.unit.columns - 1)]
    for gap in gaps if face is scheme.unit.front else reversed(gaps):
        starts.append(starts[-1] + size[0] + gap)
    places = []
    for page, i, j, on_head in grid_of(face):
        x, y = starts[j], (scheme.unit.rows - 1 - i) * (size[1] + scheme.head * bound)
        at = _turn((x, y, x + size[0], y + size[1]), box, angle)
        spine = (-1 if page % 2 else 1) if bound else 0
        places.append(Place(cell, page, at, (angle + 180 * on_head) % 360, spine))
    return places


def _turn(inner: Box, box: Box, angle: int) -> Box:
    """A box of the unit's frame on the side, where the frame is turned and fills ``box``."""
    x0, y0, x1, y1 = inner
    left, bottom, right, top = box
    if angle == 0:
        return left + x0, bottom + y0, left + x1, bottom + y1
    if angle == 90:
        return right - y1, bottom + x0, right - y0, bottom + x1
    if angle == 180:
        return right - x1, top - y1, right - x0, top - y0
    return left + y0, top - x1, left + y1, top - x0


def _behind(scheme: Scheme, box: Box, sheet: tuple[int, int]) -> Box:
    """Where the back of a box lies, on the side that shows when the press has turned the sheet."""
    x0, y0, x1, y1 = box
    if scheme.turn == "sideways":
        x0, x1 = sheet[0] - x1, sheet[0] - x0
    else:
        y0, y1 = sheet[1] - y1, sheet[1] - y0
    dx, dy = scheme.back_shift_x, scheme.back_shift_y
    return x0 + dx, y0 + dy, x1 + dx, y1 + dy


def _angle_behind(scheme: Scheme, angle: int) -> int:
    """How a unit's back must stand so that its head lies behind the head of its front.

    The head points along (-sin, cos) on the front. The press mirrors x or y, and so the direction.
    """
    return (360 - angle) % 360 if scheme.turn == "sideways" else (180 - angle) % 360
