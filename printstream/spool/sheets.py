"""A small PDF of plain pages, such as label sheets: same fonts, same writer, read back before it gets its name.

In: content streams in points, faces. Out: the file under its final name, sealed. Never: a page of mail.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import numpy as np

from printstream.base.codepage import CodePage
from printstream.base.files import Seal
from printstream.base.frozen import frozen
from printstream.fonts.faces import Face
from printstream.spool.compress import Block, pack
from printstream.spool.release import release
from printstream.spool.resources import build_resources
from printstream.spool.verify import SpoolExpectation, verify_spool
from printstream.spool.writer import SpoolWriter


@frozen
class Sheets:
    """What the pages share.

    Attributes:
        faces: by name, in order: /F0, /F1, ...
        codepage: of all texts.
        width_mpt, height_mpt: of a page.
        title: for the document information.
        production_date: for the document information.
        document_id: what tells this file from all others.
    """

    faces: Mapping[str, Face]
    codepage: CodePage
    width_mpt: int
    height_mpt: int
    title: str
    production_date: date
    document_id: bytes


def write_sheets(path: Path, sheets: Sheets, pages: Iterable[bytes]) -> Seal:
    """Write, verify and name a file of at least one page.

    Raises:
        BalanceError: when it does not read back as written.
        ResourceError: when the disk is full.
    """
    resources = build_resources(sheets.faces, sheets.codepage)
    size = (sheets.width_mpt, sheets.height_mpt)
    plain, adler = [], []
    with SpoolWriter(
        path,
        resources,
        media_box_mpt=size,
        title=sheets.title,
        production_date=sheets.production_date,
        document_id=sheets.document_id,
    ) as writer:
        for number, content in enumerate(pages, len(resources.objects) + 1):
            plain.append(len(content))
            adler.append(zlib.adler32(content))
            writer.add_block(_block(number, content, adler[-1]))
        file = writer.close(sync=False)
    expected = SpoolExpectation(
        resources, size, np.array(plain, np.int64), np.array(adler, np.uint32), crc32=file.crc32
    )
    check = verify_spool(file.path, expected)
    release(file.path)
    return Seal(check.sha256, file.size_bytes)


def _block(number: int, content: bytes, adler32: int) -> Block:
    data = pack(content)
    head = b"%d 0 obj\n<</Length %d/Filter/FlateDecode>>stream\n" % (number, len(data))
    body = np.frombuffer(head + data + b"\nendstream\nendobj\n", np.uint8)
    return Block(body, np.zeros(1, np.int64), number, np.array([adler32], np.uint32))
