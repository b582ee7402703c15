"""Small spools for tests."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np

from printstream.base.codepage import CodePage
from printstream.fonts.faces import load_face
from printstream.spool.compress import Block
from printstream.spool.resources import DrawnForm, Resources, build_resources
from printstream.spool.verify import SpoolExpectation
from printstream.spool.writer import SpoolFile, SpoolWriter

CODEPAGE = CodePage.of("".join(map(chr, range(0x20, 0x7F))) + "éüßÅŁő€’–…")
MEDIA = (612_000, 792_000)
TRIM = (9_000, 9_500, 603_000, 782_250)


@cache
def resources() -> Resources:
    faces = {name: load_face(name) for name in ("plex-sans", "plex-sans-semibold", "ocr-b")}
    frame = DrawnForm("frame", (0, 0, 50, 20), b"0 0 50 20 re f BT /F0 9 Tf 2 2 Td(Form)Tj ET")
    return build_resources(faces, CODEPAGE, [frame])


def text_side(lines: list[tuple[str, str]], size: int = 12) -> bytes:
    """Lines of (font name, text) down the page, drawn on the grid of 0.1 pt as the draw room does."""
    out = [b"q .1 0 0 .1 50 700 cm BT"]
    for font, text in lines:
        out.append(b"/%b %d Tf 0 -300 Td(%b)Tj" % (font.encode(), 10 * size, CODEPAGE.encode(text)))
    return b" ".join([*out, b"ET Q"])


def numbered_sides(count: int) -> list[bytes]:
    return [text_side([("F0", f"Side {i} of {count}"), ("F1", f"{i * i:,}")]) for i in range(count)]


def compressed(sides: list[bytes]) -> list[bytes]:
    return [zlib.compress(side, 6) for side in sides]


def block_of(streams: list[bytes], first_number: int) -> Block:
    """Stream objects with any bytes for streams, put together here and not by the kernel."""
    objects = [
        b"%d 0 obj\n<</Length %d/Filter/FlateDecode>>stream\n%b\nendstream\nendobj\n" % (number, len(s), s)
        for number, s in enumerate(streams, first_number)
    ]
    begins = np.cumsum([0, *map(len, objects)])[:-1].astype(np.int64)
    sums = np.array([int.from_bytes(s[-4:], "big") for s in streams], np.uint32)
    return Block(np.frombuffer(b"".join(objects), np.uint8), begins, first_number, sums)


def add_streams(writer: SpoolWriter, streams: list[bytes]) -> None:
    writer.add_block(block_of(streams, len(writer._offsets) + 1))


def writer_for(path: Path, **changes: object) -> SpoolWriter:
    settings: dict[str, object] = {
        "media_box_mpt": MEDIA,
        "trim_box_mpt": TRIM,
        "title": "Test",
        "production_date": date(2026, 3, 4),
        "document_id": b"test spool 1",
    }
    return SpoolWriter(path, resources(), **(settings | changes))  # type: ignore[arg-type]


def write_spool(path: Path, sides: list[bytes], batch: int = 50, **changes: object) -> SpoolFile:
    streams = compressed(sides)
    with writer_for(path, **changes) as writer:
        for first in range(0, len(streams), batch):
            add_streams(writer, streams[first : first + batch])
        return writer.close()


def expectation(sides: list[bytes], file: SpoolFile | None = None) -> SpoolExpectation:
    expected = SpoolExpectation(
        resources=resources(),
        media_box_mpt=MEDIA,
        trim_box_mpt=TRIM,
        plain_bytes=np.array([len(s) for s in sides], np.int64),
        adler32=np.array([zlib.adler32(s) for s in sides], np.uint32),
    )
    return replace(expected, crc32=file.crc32) if file else expected
