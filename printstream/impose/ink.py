"""Marks beside the pages: where to cut, fold and perforate, how the sheet registers, what it is.

In: a scheme's layout. Out: content stream fragments for front and back. Never: draws on a page that will be seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from printstream.base.units import dpt
from printstream.impose.geometry import Box, Layout, Place, bleeds, matrix_of, upright
from printstream.imposition import Scheme

GAP_MPT = 9_000
LENGTH_MPT = 18_000
_REGISTER_MPT = 8_500
_PATCH_MPT = 14_000
_EYE = (12_000, 18_000)
"""Width of an eye mark across the web, and its length."""
_TEXT_TENTHS = 70
_ROOM_MPT = 12_000
"""Least margin that takes registration marks, a colour bar or a line of text."""
_PATCHES = (b"1 0 0 0 k", b"0 1 0 0 k", b"0 0 1 0 k", b"0 0 0 1 k", b"0 0 0 .5 k", b"1 1 0 0 k", b"0 1 1 0 k")

Line = tuple[int, int, int, int]


def place_fragments(
    layout: Layout, scheme: Scheme, depths: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Content that moves to each place: ``Pattern.place_bytes`` and ``place_offsets``."""
    parts: list[bytes] = []
    room = [bleeds(places, scheme.bleed) for places in layout.sides]
    for depth in range(depths):
        for places, edges in zip(layout.sides, room, strict=True):
            for place, edge in zip(places, edges, strict=True):
                matrix = matrix_of(place, layout, 0.1, depth * scheme.creep)
                clip = _clip(layout, place, edge, scheme) if scheme.bleed else b""
                parts.append(b"q %s cm\n%s" % (b" ".join(number(v) for v in matrix), clip))
    offsets = np.array([0, *np.cumsum([len(part) for part in parts])], np.int64)
    return np.frombuffer(b"".join(parts), np.uint8), offsets


def number(value: float) -> bytes:
    """A number as short as a content stream takes it."""
    text = f"{value:.5f}".rstrip("0").rstrip(".")
    text = text.replace("-0.", "-.", 1) if text.startswith("-0.") else text
    return (text[1:] if text.startswith("0.") else text or "0").encode()


def _clip(layout: Layout, place: Place, edges: Box, scheme: Scheme) -> bytes:
    """Keep a page within its bleed, in the page's own tenths of a point."""
    left, bottom, right, top = (dpt(e * 100 // scheme.scale_percent) for e in upright(edges, place.angle))
    width, height = dpt(layout.page_width), dpt(layout.page_height)
    return b"%d %d %d %d re W n\n" % (-left, -bottom, width + left + right, height + bottom + top)


def under(layout: Layout, scheme: Scheme, *, crop: bool) -> tuple[bytes, ...]:
    """What every press side carries besides its pages, front and back."""
    return tuple(_side(layout, scheme, places, face, crop=crop) for face, places in enumerate(layout.sides))


def _side(layout: Layout, scheme: Scheme, places: tuple[Place, ...], face: int, *, crop: bool) -> bytes:
    wanted = set(scheme.marks)
    boxes = [place.box for place in places]
    parts = []
    if crop and "crop" in wanted:
        lines = crop_lines(boxes, layout.width, layout.height)
        if "web" in wanted and face == 0:
            # The cutter's eye runs along the left margin, and must meet nothing there but its mark.
            lines = [line for line in lines if line[3] or line[0] > layout.width // 2]
        parts.append(_strokes(lines, 3))
    if "fold" in wanted:
        parts.append(_strokes(fold_lines(layout, scheme, boxes), 3, b"[30 20] 0 d\n"))
    if "perforation" in wanted:
        parts.append(_strokes(perforation_lines(places, scheme), 3, b"[10 20] 0 d\n"))
    if "registration" in wanted:
        parts.append(_registration(layout, boxes))
    if "colour_bar" in wanted and face == 0:
        parts.append(_colour_bar(layout, boxes))
    if "web" in wanted and face == 0:
        parts.append(_filled([eye_mark(layout, boxes)]))
    return b"".join(parts)


def _strokes(lines: Iterable[Line], width: int, dash: bytes = b"") -> bytes:
    """Stroke lines; lengths on the drawing grid."""
    path = b"".join(
        b"%d %d m\n%d %d l\n" % (dpt(x), dpt(y), dpt(x + dx), dpt(y + dy)) for x, y, dx, dy in lines
    )
    return b"q .1 0 0 .1 0 0 cm\n0 G\n%d w\n%s%sS\nQ\n" % (width, dash, path) if path else b""


def _filled(boxes: Iterable[Box]) -> bytes:
    path = b"".join(
        b"%d %d %d %d re\n" % (dpt(x0), dpt(y0), dpt(x1) - dpt(x0), dpt(y1) - dpt(y0))
        for x0, y0, x1, y1 in boxes
    )
    return b"q .1 0 0 .1 0 0 cm\n%sf\nQ\n" % path


def crop_lines(boxes: list[Box], width: int, height: int) -> list[Line]:
    """Hairlines at every cut: outside of all pages, and in gutters that are wide enough."""
    left, bottom = min(b[0] for b in boxes), min(b[1] for b in boxes)
    right, top = max(b[2] for b in boxes), max(b[3] for b in boxes)
    lines: list[Line] = []
    if bottom > GAP_MPT and height - top > GAP_MPT:
        length = min(LENGTH_MPT, bottom - GAP_MPT, height - top - GAP_MPT)
        for x in _ordered(boxes, 0, 2):
            lines += [(x, bottom - GAP_MPT, 0, -length), (x, top + GAP_MPT, 0, length)]
    if left > GAP_MPT and width - right > GAP_MPT:
        length = min(LENGTH_MPT, left - GAP_MPT, width - right - GAP_MPT)
        for y in _ordered(boxes, 1, 3):
            lines += [(left - GAP_MPT, y, -length, 0), (right + GAP_MPT, y, length, 0)]
    return lines


def _ordered(boxes: list[Box], low: int, high: int) -> list[int]:
    return sorted({b[low] for b in boxes} | {b[high] for b in boxes})


def fold_lines(layout: Layout, scheme: Scheme, boxes: list[Box]) -> list[Line]:
    """Dashes where units are folded, outside of all pages."""
    upright_cells = scheme.rotate[0] % 180 == 0
    halves_x = {"left_behind"} & set(scheme.unit.folds)
    halves_y = {"top_behind"} & set(scheme.unit.folds)
    columns, rows = scheme.unit.columns, scheme.unit.rows
    if not upright_cells:
        halves_x, halves_y, columns, rows = halves_y, halves_x, rows, columns
    left, bottom = min(b[0] for b in boxes), min(b[1] for b in boxes)
    right, top = max(b[2] for b in boxes), max(b[3] for b in boxes)
    lines: list[Line] = []
    for x0, y0, x1, y1 in layout.cells:
        if halves_x:
            for k in range(1, columns):
                x = x0 + (x1 - x0) * k // columns
                lines += [(x, bottom - GAP_MPT // 2, 0, -LENGTH_MPT), (x, top + GAP_MPT // 2, 0, LENGTH_MPT)]
        if halves_y:
            for k in range(1, rows):
                y = y0 + (y1 - y0) * k // rows
                lines += [(left - GAP_MPT // 2, y, -LENGTH_MPT, 0), (right + GAP_MPT // 2, y, LENGTH_MPT, 0)]
    return sorted(set(lines))


def perforation_lines(places: tuple[Place, ...], scheme: Scheme) -> list[Line]:
    """Dashes at both edges of each page where it is perforated across, outside of it."""
    lines: list[Line] = []
    for place in places:
        x0, y0, x1, y1 = place.box
        for at in scheme.perforate:
            d = at * scheme.scale_percent // 100
            if place.angle % 180 == 0:
                y = y0 + d if place.angle == 0 else y1 - d
                lines += [(x0 - GAP_MPT // 3, y, -GAP_MPT, 0), (x1 + GAP_MPT // 3, y, GAP_MPT, 0)]
            else:
                x = x1 - d if place.angle == 90 else x0 + d
                lines += [(x, y0 - GAP_MPT // 3, 0, -GAP_MPT), (x, y1 + GAP_MPT // 3, 0, GAP_MPT)]
    return [line for line in lines if not _crosses(line, places)]


def _crosses(line: Line, places: tuple[Place, ...]) -> bool:
    x, y, dx, dy = line
    low, high = (min(x, x + dx), min(y, y + dy)), (max(x, x + dx), max(y, y + dy))
    return any(
        high[0] > p.box[0] and low[0] < p.box[2] and high[1] > p.box[1] and low[1] < p.box[3] for p in places
    )


def margins(layout: Layout, boxes: list[Box]) -> Box:
    """Free paper left, below, right and above all pages."""
    return (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        layout.width - max(b[2] for b in boxes),
        layout.height - max(b[3] for b in boxes),
    )


def _registration(layout: Layout, boxes: list[Box]) -> bytes:
    """A cross in a ring in the middle of each margin that has room."""
    left, bottom, right, top = margins(layout, boxes)
    spots = []
    if min(left, right) >= _ROOM_MPT:
        y = bottom + (layout.height - bottom - top) * 31 // 50
        spots += [(left // 2, y), (layout.width - right // 2, y)]
    if min(bottom, top) >= _ROOM_MPT:
        x = left + (layout.width - left - right) * 31 // 50
        spots += [(x, bottom // 2), (x, layout.height - top // 2)]
    return b"".join(_target(dpt(x), dpt(y), dpt(_REGISTER_MPT // 2)) for x, y in spots)


def _target(x: int, y: int, r: int) -> bytes:
    """A cross in a ring; the ring is four Bezier curves."""
    k, q = round(r * 0.552), r * 2 // 3
    ring = [
        b"%d %d m" % (q, 0),
        *(
            b"%d %d %d %d %d %d c" % tuple(round(v * q / r) for v in curve)
            for curve in (
                (r, k, k, r, 0, r),
                (-k, r, -r, k, -r, 0),
                (-r, -k, -k, -r, 0, -r),
                (k, -r, r, -k, r, 0),
            )
        ),
    ]
    cross = b"%d 0 m\n%d 0 l\n0 %d m\n0 %d l" % (-r, r, -r, r)
    return b"q .1 0 0 .1 %s %s cm\n0 G\n3 w\n%s\n%s\nS\nQ\n" % (
        number(x / 10),
        number(y / 10),
        b"\n".join(ring),
        cross,
    )


def _colour_bar(layout: Layout, boxes: list[Box]) -> bytes:
    """Patches of ink in the foot margin, where there is room."""
    _, bottom, right, _ = margins(layout, boxes)
    if bottom < _ROOM_MPT:
        return b""
    side = dpt(min(_PATCH_MPT, bottom - 5_000))
    x = dpt(layout.width - right - GAP_MPT) - len(_PATCHES) * side
    y = dpt(bottom // 2) - side // 2
    patches = (
        b"%s\n%d %d %d %d re f\n" % (ink, x + k * side, y, side, side) for k, ink in enumerate(_PATCHES)
    )
    return b"q .1 0 0 .1 0 0 cm\n%sQ\n" % b"".join(patches)


def eye_mark(layout: Layout, boxes: list[Box]) -> Box:
    """The cutter's mark at the leading (upper) end of the frame, in the left margin or on the web's edge."""
    left = min(b[0] for b in boxes)
    width = min(_EYE[0], max(left, 3_000))
    return 0, layout.height - _EYE[1], width, layout.height


def skip_fold_mark(layout: Layout) -> bytes:
    """A short bar at the trailing end of a frame after which the web is folded."""
    return _filled([(layout.width - _EYE[0], 0, layout.width, _EYE[1] // 3)])


def text_line(layout: Layout, words: bytes) -> bytes:
    """A line in the foot margin, or nothing where there is no room; {sheet} and {side} stay in it."""
    bottom = margins(layout, [place.box for place in layout.fronts])[1]
    if bottom < _ROOM_MPT:
        return b""
    y = dpt(bottom // 2 - 2_500)
    x = dpt(margins(layout, [place.box for place in layout.fronts])[0] + GAP_MPT)
    return b"q .1 0 0 .1 0 0 cm\nBT\n/FC %d Tf\n%d %d Td\n(%s)Tj\nET\nQ\n" % (_TEXT_TENTHS, x, y, words)


def collating_mark(place: Place, signature: int, signatures: int) -> bytes:
    """A bar on the spine of a signature, a step lower for each one, so that a missing one shows."""
    x0, y0, x1, y1 = place.box
    height = min(18_000, (y1 - y0) // max(signatures, 1))
    half = 2_000
    if place.angle % 180 == 0:
        spine = (x0 if place.spine == -1 else x1) if place.angle == 0 else (x1 if place.spine == -1 else x0)
        top = y1 - signature * height if place.angle == 0 else y0 + (signature + 1) * height
        return _filled([(spine - half, top - height, spine + half, top)])
    spine = (y0 if place.spine == -1 else y1) if place.angle == 90 else (y1 if place.spine == -1 else y0)
    right = x1 - signature * height if place.angle == 270 else x0 + (signature + 1) * height
    return _filled([(right - height, spine - half, right, spine + half)])


def control_text(text: str) -> bytes:
    """Text in the codes of the control face: ASCII without the bytes that a PDF string would alter."""
    plain = text.replace("(", "[").replace(")", "]").replace("\\", "/")
    return "".join(ch if " " <= ch <= "~" else "?" for ch in plain).encode("ascii")


def own_sheet(lines: list[str], width_mpt: int, height_mpt: int) -> bytes:
    """A sheet of the shop's own: a frame, a heading, lines below."""
    return b"".join(_own_lines(lines, dpt(width_mpt), dpt(height_mpt)))


def _own_lines(lines: list[str], width: int, height: int) -> Iterator[bytes]:
    edge = min(width, height) // 12
    yield b"q .1 0 0 .1 0 0 cm\n0 G 20 w %d %d %d %d re S\n" % (
        edge,
        edge,
        width - 2 * edge,
        height - 2 * edge,
    )
    longest = max(len(line) for line in lines[1:] or [""]) or 1
    head = max(80, min(480, (width - 4 * edge) * 10 // (6 * max(len(lines[0]), 1))))
    size = max(
        60, min(200, (width - 4 * edge) * 10 // (6 * longest), (height - 4 * edge - head) // len(lines))
    )
    y = height - 2 * edge - head
    yield b"BT\n/FC %d Tf\n%d %d Td\n(%s)Tj\n" % (head, 2 * edge, y, control_text(lines[0]))
    yield b"/FC %d Tf\n%d TL\n0 -%d Td\n" % (size, size * 3 // 2, head // 2)
    for line in lines[1:]:
        yield b"T*\n(%s)Tj\n" % control_text(line)
    yield b"ET\nQ\n"
