"""Pictures of the floor as PNG files: a cut sheet, the stack as it lies, damaged sheets.

In: an outcome. Out: PNG files. Never: retouches; what is drawn over the sheets is the reader's own zones.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from printstream.base.files import write_whole
from printstream.floor import faults
from printstream.floor.finishing import pile
from printstream.floor.press import DPI, Damage, Image, Zone
from printstream.floor.reader import WINDOW_UNSEEN
from printstream.floor.walk import Outcome
from printstream.floor.work import Ask, Reader, Station

Picture = NDArray[np.uint8]
_SHRINK = 3
_FANNED = 14
_GREYS = 31
_TABLE = (90, 99, 110)
_ZONE, _WINDOW = (200, 30, 60), (20, 120, 70)


def png(picture: Picture) -> bytes:
    """Bytes of a PNG file (ISO/IEC 15948) of uint8[height, width, 3] with at most 256 colours."""
    height, width, _ = picture.shape
    colours, places = np.unique(picture.reshape(-1, 3), axis=0, return_inverse=True)
    indices = places.astype(np.uint8).reshape(height, width)
    rows = np.concatenate([np.zeros((height, 1), np.uint8), indices], 1)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"PLTE", colours.tobytes())
    body += chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def draw_pictures(folder: Path, outcome: Outcome) -> list[Path]:
    """Draw a cut sheet with what is read on it, the top of the first stack, and one sheet for each damage that was done."""
    reader = Reader(outcome.station)
    try:
        pictures = {"sheet": _sheet(reader, Ask(0, 0, 0)), "stack": _stack(reader, outcome.station)}
        for caught in outcome.caught:
            mishap = caught.mishap
            if faults.KINDS[mishap.kind].on_paper and mishap.kind not in pictures:
                damage = Damage(mishap.kind, mishap.amount, mishap.seed)
                pictures[mishap.kind] = _sheet(reader, _ask_at(outcome.station, reader, mishap.place, damage))
    finally:
        reader.press.close()
    saved = []
    for name, picture in pictures.items():
        path = folder / f"{name}.png"
        write_whole(path, png(picture))
        saved.append(path)
    return saved


def _ask_at(station: Station, reader: Reader, place: int, damage: Damage | None) -> Ask:
    """The sheet at a place of the run's pile."""
    for spool in range(len(station.order.spools)):
        order = station.order.spools[spool]
        own = pile(station.finishing, order.lifts, order.leaders[0])
        if place < own.shape[0]:
            return Ask(spool, int(own[place, 0]), int(own[place, 1]), damage)
        place -= own.shape[0]
    raise IndexError(place)


def _whole(reader: Reader, ask: Ask) -> Image:
    size = (round(length) for length in reader.press.page_px)
    return reader.sheet(ask).zone(Zone(0, 0, *size))


def _small(image: Image) -> Picture:
    """A third of the size, in colour."""
    height, width = (length // _SHRINK * _SHRINK for length in image.shape)
    cells = image[:height, :width].reshape(height // _SHRINK, _SHRINK, width // _SHRINK, _SHRINK)
    # Few greys make a small file.
    grey = (cells.mean(axis=(1, 3)) / 255 * _GREYS).round() * (255 / _GREYS)
    grey = grey.astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, 2)


def _framed(picture: Picture, margin: int) -> Picture:
    height, width, _ = picture.shape
    framed = np.empty((height + 2 * margin, width + 2 * margin, 3), np.uint8)
    framed[:] = _TABLE
    framed[margin:-margin, margin:-margin] = picture
    return framed


def _outline(picture: Picture, zone: Zone, colour: tuple[int, int, int]) -> None:
    left, top, right, bottom = (v // _SHRINK for v in zone)
    right, bottom = min(right, picture.shape[1] - 1), min(bottom, picture.shape[0] - 1)
    for inset in (0, 1):
        picture[top + inset : bottom - inset + 1, [left + inset, right - inset]] = colour
        picture[[top + inset, bottom - inset], left + inset : right - inset + 1] = colour


def _sheet(reader: Reader, ask: Ask) -> Picture:
    """A cut sheet with the zones that are read."""
    picture = _small(_whole(reader, ask))
    for zone in reader.eyes.zones:
        _outline(picture, zone, _ZONE)
    window = reader.eyes.window(ask.spool)
    if window is not None and reader.eyes.read(reader.sheet(ask), ask.spool).window != WINDOW_UNSEEN:
        _outline(picture, window, _WINDOW)
    return _framed(picture, 24)


def _stack(reader: Reader, station: Station) -> Picture:
    """The first sheets of the pile, fanned so that the edge with the marks of each shows."""
    order = station.order.spools[0]
    sheets = pile(station.finishing, order.lifts, order.leaders[0])[:_FANNED]
    pages = [_small(_whole(reader, Ask(0, int(row[0]), int(row[1])))) for row in sheets]
    right, down = round(0.42 * DPI / _SHRINK), round(0.06 * DPI / _SHRINK)
    height, width, _ = pages[0].shape
    steps = len(pages) - 1
    table = np.empty((height + steps * down, width + steps * right, 3), np.uint8)
    table[:] = _TABLE
    for number in range(steps, -1, -1):
        y, x = number * down, number * right
        table[y : y + height, x : x + width] = pages[number]
        # The edges of the paper.
        table[y : y + height, [x, x + width - 1]] = 150
        table[[y, y + height - 1], x : x + width] = 150
    return _framed(table, 24)
