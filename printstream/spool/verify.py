"""The finished print file, read back with another library than the one that wrote it.

In: a ``.partial`` file and what it must hold. Out: ``SpoolCheck``, then the final name. Never: repairs.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import numpy as np
import pikepdf
from isal import igzip_lib
from numpy.typing import NDArray
from pikepdf import Name, Pdf

from printstream.base.errors import BalanceError, ResourceError
from printstream.base.units import MPT_PER_PT
from printstream.spool.resources import Resources
from printstream.spool.serialize import serialize_objects
from printstream.spool.writer import PARTIAL_SUFFIX

_AGAIN = "Nothing was released. Run again; if it fails again, test this machine's memory and disk."
_READ_BYTES = 1 << 20
_PAGE_REFERENCES = b"/Contents %d 0 R /Parent %d 0 R"
_STREAM_DICT = b"<< /Filter /FlateDecode /Length %d >>"
_DEEPEST = 8
_INFLATE_FAULT = cast("type[Exception]", igzip_lib.IsalError)


@dataclass(frozen=True)
class SpoolExpectation:
    """What the producer says that it put into a spool.

    Attributes:
        resources: the shared objects; None: not compared.
        media_box_mpt: width and height of each page; None: not compared.
        trim_box_mpt: left, bottom, right, top; none where pages carry no trim box.
        plain_bytes: int64[sides]: length of each side's content stream before compression.
        adler32: uint32[sides]: its checksum, see ``adler32_of``.
        sha256: of the whole file as the writer saw it; empty: not compared.
        inflate_every: each side's content stream is read and its checksum compared; of this many sides one is
            decompressed too, the first and the last always.
    """

    resources: Resources | None
    media_box_mpt: tuple[int, int] | None
    plain_bytes: NDArray[np.int64]
    adler32: NDArray[np.uint32]
    trim_box_mpt: tuple[int, int, int, int] | None = None
    sha256: str = ""
    inflate_every: int = 1


@dataclass(frozen=True)
class SpoolCheck:
    """What verification found: sides, and bytes of content before compression."""

    path: Path
    sides: int
    plain_bytes: int


def verify_spool(path: Path, expected: SpoolExpectation) -> SpoolCheck:
    """Read a finished file back, page by page, and compare it with what the producer planned.

    Raises:
        BalanceError: at the first difference; names the spool and the side (0-based).
        ResourceError: when the file cannot be read.
    """
    try:
        _compare_digest(path, expected)
        with Pdf.open(path, inherit_page_attributes=False, suppress_warnings=True) as pdf:
            _compare_shared(path, pdf, expected)
            plain = _compare_sides(path, pdf, expected)
            if warnings := pdf.get_warnings():
                raise _fault(path, f"the file needs repair: {warnings[0]}")
    except pikepdf.PdfError as e:
        raise _fault(path, f"the file cannot be read as PDF: {e}") from e
    except OSError as e:
        msg = f"the print file cannot be read: {e.strerror}"
        raise ResourceError(msg, where=path.name, next_step="Check the disk, then run again.") from e
    except (AttributeError, TypeError, ValueError, LookupError, RuntimeError) as e:
        # What pikepdf raises where a damaged file holds another kind of object than the format wants.
        raise _fault(path, f"the file is damaged: {e}") from e
    return SpoolCheck(path, len(expected.plain_bytes), plain)


def verify_sides(path: Path, plain_bytes: NDArray[np.int64], adler32: NDArray[np.uint32]) -> SpoolCheck:
    """Read a released file back and compare every side's content with the run's record of it.

    Raises:
        BalanceError: at the first difference.
        ResourceError: when the file cannot be read.
    """
    return verify_spool(path, SpoolExpectation(None, None, plain_bytes, adler32))


def release(path: Path) -> Path:
    """Give a verified file its final name, such that a power cut leaves it whole or absent.

    Raises:
        ResourceError: when the disk refuses.
    """
    if not path.name.endswith(PARTIAL_SUFFIX):
        msg = f"{path.name} is no partial file"
        raise ValueError(msg)
    final = path.with_name(path.name.removesuffix(PARTIAL_SUFFIX))
    try:
        _sync(path)
        path.replace(final)
        _sync(path.parent)
    except OSError as e:
        msg = f"the print file cannot be released: {e.strerror}"
        raise ResourceError(msg, where=path.name, next_step="Check the folder, then run again.") from e
    return final


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _compare_digest(path: Path, expected: SpoolExpectation) -> None:
    if not expected.sha256:
        return
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
    if digest.hexdigest() != expected.sha256:
        raise _fault(path, "the file on disk differs from what was written")


def _compare_shared(path: Path, pdf: Pdf, expected: SpoolExpectation) -> None:
    root = pdf.Root.get("/Pages", pikepdf.Dictionary())
    if root.get("/Count") != len(expected.plain_bytes):
        raise _fault(
            path, f"the page tree counts {root.get('/Count')} sides, not {len(expected.plain_bytes)}"
        )
    box = expected.media_box_mpt
    if box is not None and _box_mpt(root.get("/MediaBox")) != (0, 0, *box):
        raise _fault(path, "the media box is not that of the press sheet")
    if expected.resources is None:
        return
    shared = root.get("/Resources")
    if shared is None or serialize_objects(shared)[0] != expected.resources.objects:
        raise _fault(path, "the shared fonts or forms are not those that were written")


def _compare_sides(path: Path, pdf: Pdf, expected: SpoolExpectation) -> int:
    """Decode every side; returns the bytes of content."""
    sides = len(expected.plain_bytes)
    planned_bytes, planned_adler = expected.plain_bytes.tolist(), expected.adler32.tolist()
    inflate, zlib_form = igzip_lib.decompress, igzip_lib.DECOMP_ZLIB
    rest_of_page = b""
    count, last_number = 0, 0
    for page, parent in _pages(path, pdf.Root.Pages):
        if count == sides:
            raise _fault(path, f"there are more than {sides} sides")
        contents = page.get("/Contents")
        if not isinstance(contents, pikepdf.Stream):
            raise _fault(path, "the page has no content stream", count)
        number = contents.objgen[0]
        # Pages differ in two references only; whatever else differs is looked at closely.
        rest = page.unparse(resolved=True).replace(_PAGE_REFERENCES % (number, parent), b"", 1)
        if rest != rest_of_page:
            _compare_page(path, page, parent, expected, count)
            rest_of_page = rest
        data = contents.read_raw_bytes()
        if number <= last_number or contents.stream_dict.unparse() != _STREAM_DICT % len(data):
            raise _fault(path, "the content stream is out of order or damaged", count)
        plain = planned_bytes[count]
        if count % expected.inflate_every == 0 or count + 1 == sides:
            try:
                plain = len(inflate(data, zlib_form))  # compares the Adler-32 too
            except _INFLATE_FAULT as e:
                raise _fault(path, "the content stream cannot be decompressed", count) from e
        if plain != planned_bytes[count] or int.from_bytes(data[-4:], "big") != planned_adler[count]:
            raise _fault(path, "the content is not what was planned for this side", count)
        count, last_number = count + 1, number
    if count != sides:
        raise _fault(path, f"there are {count} sides, not {sides}")
    return sum(planned_bytes)


def _pages(path: Path, node: Any, depth: int = 0) -> Iterator[tuple[Any, int]]:
    """Walk over the page tree in page order; gives each page and the number of its parent."""
    own_number = node.objgen[0]
    for kid in node.get("/Kids", ()):
        if not isinstance(kid, pikepdf.Dictionary) or depth > _DEEPEST:
            raise _fault(path, "the page tree is broken")
        if kid.get("/Type") == Name.Pages:
            if not _has_parent(kid, own_number):
                raise _fault(path, "the page tree is broken")
            yield from _pages(path, kid, depth + 1)
        else:
            yield kid, own_number


def _has_parent(node: Any, number: int) -> bool:
    parent = node.get("/Parent")
    return isinstance(parent, pikepdf.Dictionary) and parent.objgen[0] == number


def _compare_page(path: Path, page: Any, parent: int, expected: SpoolExpectation, side: int) -> None:
    if not _has_parent(page, parent):
        raise _fault(path, "the page tree is broken", side)
    trim = _box_mpt(page.get("/TrimBox")) if "/TrimBox" in page else None
    as_planned = expected.media_box_mpt is None or trim == expected.trim_box_mpt
    if page.get("/Type") != Name.Page or not as_planned:
        raise _fault(path, "the page or its trim box is not as planned", side)
    if "/MediaBox" in page or "/Resources" in page or "/Rotate" in page:
        raise _fault(path, "the page overrides what all pages share", side)


def _box_mpt(corners: Any) -> tuple[int, ...]:
    if not isinstance(corners, pikepdf.Array) or not all(isinstance(c, (int, Decimal)) for c in corners):
        return ()
    return tuple(int(Decimal(str(c)) * MPT_PER_PT) for c in corners)


def _fault(path: Path, what: str, side: int | None = None) -> BalanceError:
    where = path.name if side is None else f"{path.name}, side {side}"
    return BalanceError(what, where=where, next_step=_AGAIN)
