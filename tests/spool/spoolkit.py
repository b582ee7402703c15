"""Small spools for tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np

from printstream.base.codepage import CodePage
from printstream.fonts.faces import load_face
from printstream.spool.compress import adler32_of, compress_sides
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


def compressed(sides: list[bytes], level: int = 1) -> list[bytes]:
    offsets = np.concatenate(([0], np.cumsum([len(s) for s in sides], dtype=np.int64))).astype(np.int64)
    return compress_sides(np.frombuffer(b"".join(sides), np.uint8), offsets, level)


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
            writer.add_sides(streams[first : first + batch])
        return writer.close()


def expectation(sides: list[bytes], file: SpoolFile | None = None) -> SpoolExpectation:
    expected = SpoolExpectation(
        resources=resources(),
        media_box_mpt=MEDIA,
        trim_box_mpt=TRIM,
        plain_bytes=np.array([len(s) for s in sides], np.int64),
        adler32=adler32_of(compressed(sides)),
    )
    return replace(expected, sha256=file.sha256) if file else expected
