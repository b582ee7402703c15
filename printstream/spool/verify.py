"""The finished print file, read back: by a reader of our own, which shares no code with the writer, and by qpdf.

In: a ``.partial`` file and what it must hold. Out: ``SpoolCheck``, then the final name. Never: repairs.
"""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from threading import Lock
from typing import Any

import deflate
import numpy as np
import pikepdf
from isal import isal_zlib
from numpy.typing import NDArray
from pikepdf import Name, Pdf

from printstream.base.errors import BalanceError, ResourceError
from printstream.base.frozen import frozen
from printstream.base.units import MPT_PER_PT
from printstream.spool.attachments import Attachments
from printstream.spool.parts import Parts, Records
from printstream.spool.readback import (
    DamagedError,
    PrintFile,
    content_ranges,
    page_contents,
    page_tree,
    stream_sums,
)
from printstream.spool.resources import Resources

_AGAIN = "Nothing was released. Run again; if it fails again, test this machine's memory and disk."
_READ_BYTES = 1 << 20
_POPULATE = getattr(mmap, "MAP_POPULATE", 0)  # of Linux: no fault a page later on
_NOT_PLANNED = "the content is not what was planned for this side"
_STREAM_DICT = b"<< /Filter /FlateDecode /Length %d >>"


@frozen
class SpoolExpectation:
    """What the producer says that it put into a spool.

    Attributes:
        resources: the shared objects; None: not compared.
        media_box_mpt: width and height of each page; None: not compared.
        trim_box_mpt: left, bottom, right, top; none where pages carry no trim box.
        plain_bytes: int64[sides]: length of each side's content stream before compression.
        adler32: uint32[sides]: its checksum, see ``adler32_of``.
        crc32: of the whole file as the writer saw it; None: not compared.
        inflate_every: our own reader looks at every page, every content stream and its checksum; of this many sides
            one is decompressed too, the first and the last always.
        qpdf_every: of this many sides one is looked at by qpdf too; 1: qpdf walks the whole page tree as well.
        standards: names of the standards that the file follows.
        records: one record a piece.
        parts: in the place of records: only the pages and pieces of each.
        attachments: files that go along with pages.
    """

    resources: Resources | None
    media_box_mpt: tuple[int, int] | None
    plain_bytes: NDArray[np.int64]
    adler32: NDArray[np.uint32]
    trim_box_mpt: tuple[int, int, int, int] | None = None
    crc32: int | None = None
    inflate_every: int = 1
    qpdf_every: int = 1
    standards: tuple[str, ...] = ()
    records: Records | None = None
    parts: Parts | None = None
    attachments: Attachments | None = None


@frozen
class SpoolCheck:
    """What verification found: sides, bytes of content before compression, SHA-256 of the file as it lies on the disk."""

    path: Path
    sides: int
    plain_bytes: int
    sha256: str


class Reading:
    """A finished file that is read back in two parts, which may run side by side: its bytes, and its pages.

    Args:
        path: the file.
        expected: what it must hold.
    """

    def __init__(self, path: Path, expected: SpoolExpectation) -> None:
        self._path = path
        self._expected = expected
        self._lock = Lock()
        self._mapped: mmap.mmap | None = None

    def compare_bytes(self) -> str:
        """Compare the file's checksum with what was written; give its SHA-256, which seals it from here on.

        Raises:
            BalanceError: when they differ.
            ResourceError: when the file cannot be read.
        """
        with _faults(self._path):
            return _compare_digest(self._path, self._data(), self._expected)

    def compare_pages(self) -> None:
        """Look at every page and compare it with what the producer planned.

        Raises:
            BalanceError: at the first difference; names the spool and the side (0-based).
            ResourceError: when the file cannot be read.
        """
        path, expected = self._path, self._expected
        with (
            _faults(path),
            Pdf.open(path, inherit_page_attributes=False, suppress_warnings=True) as pdf,
        ):
            found = PrintFile(self._data())
            _compare_shared(path, pdf, found, expected)
            _compare_claims(path, pdf, expected)
            _compare_sides(path, found, pdf, expected)
            if warnings := pdf.get_warnings():
                raise _fault(path, f"the file needs repair: {warnings[0]}")

    def _data(self) -> mmap.mmap:
        """The whole file; both parts read the same memory."""
        with self._lock:
            if self._mapped is None:
                self._mapped = _map(self._path)
            return self._mapped


def verify_spool(path: Path, expected: SpoolExpectation) -> SpoolCheck:
    """Read a finished file back, page by page, and compare it with what the producer planned.

    Raises:
        BalanceError: at the first difference; names the spool and the side (0-based).
        ResourceError: when the file cannot be read.
    """
    reading = Reading(path, expected)
    digest = reading.compare_bytes()
    reading.compare_pages()
    return SpoolCheck(path, len(expected.plain_bytes), int(expected.plain_bytes.sum()), digest)


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    """Say what is wrong with a file, whoever found it."""
    try:
        yield
    except DamagedError as e:
        raise _fault(path, *e.args) from e
    except pikepdf.PdfError as e:
        raise _fault(path, f"the file cannot be read as PDF: {e}") from e
    except OSError as e:
        msg = f"the print file cannot be read: {e.strerror}"
        raise ResourceError(msg, where=path.name, next_step="Check the disk, then run again.") from e
    except (AttributeError, TypeError, ValueError, LookupError, RuntimeError) as e:
        # What pikepdf raises where a damaged file holds another kind of object than the format wants.
        raise _fault(path, f"the file is damaged: {e}") from e


def verify_sides(
    path: Path,
    plain_bytes: NDArray[np.int64],
    adler32: NDArray[np.uint32],
    standards: tuple[str, ...] = (),
    parts: Parts | None = None,
    attachments: Attachments | None = None,
) -> SpoolCheck:
    """Read a released file back and compare every side's content with the run's record of it.

    Args:
        path: the file.
        plain_bytes: see ``SpoolExpectation``.
        adler32: the same.
        standards: names of the standards that it follows.
        parts: its records, where it has any.
        attachments: what goes along with its pages.

    Raises:
        BalanceError: at the first difference.
        ResourceError: when the file cannot be read.
    """
    expected = SpoolExpectation(
        None, None, plain_bytes, adler32, standards=standards, parts=parts, attachments=attachments
    )
    return verify_spool(path, expected)


def _map(path: Path) -> mmap.mmap:
    """Map the file into memory, all of its pages at once."""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, flags=mmap.MAP_SHARED | _POPULATE, prot=mmap.PROT_READ)


def _compare_digest(path: Path, data: mmap.mmap, expected: SpoolExpectation) -> str:
    """Compare the file's checksum with what was written; give its SHA-256, which seals it from here on."""
    digest, crc32 = hashlib.sha256(), 0
    with memoryview(data) as whole:
        for begin in range(0, len(whole), _READ_BYTES):
            block = whole[begin : begin + _READ_BYTES]
            digest.update(block)
            crc32 = isal_zlib.crc32(block, crc32)
    if expected.crc32 is not None and crc32 != expected.crc32:
        raise _fault(path, "the file on disk differs from what was written")
    return digest.hexdigest()


def _compare_shared(path: Path, pdf: Pdf, found: PrintFile, expected: SpoolExpectation) -> None:
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
    ours = expected.resources
    if shared is None or shared.objgen[0] != ours.resources_ref or not found.begins_with(ours.objects):
        raise _fault(path, "the shared fonts or forms are not those that were written")


def _compare_claims(path: Path, pdf: Pdf, expected: SpoolExpectation) -> None:
    """Compare what the file says that it is; a plain one must not say anything."""
    if expected.standards or "/OutputIntents" in pdf.Root or "/DPartRoot" in pdf.Root:
        from printstream.spool.claimcheck import claim_fault  # see _compare_parts

        if fault := claim_fault(pdf, expected.standards):
            raise _fault(path, fault)


def _compare_sides(path: Path, found: PrintFile, pdf: Pdf, expected: SpoolExpectation) -> None:
    """Look at all sides with our own reader, decompress some, and look at some with qpdf too."""
    sides = len(expected.plain_bytes)
    pages, parents = page_tree(found, pdf.Root.Pages.objgen[0], sides)
    if len(pages) != sides:
        raise _fault(path, f"there are {len(pages)} sides, not {sides}")
    if "/DPartRoot" in pdf.Root or expected.records or expected.parts:
        contents = _compare_parts(path, pdf, found, pages, parents, expected)
    elif "/Names" in pdf.Root or expected.attachments:
        contents = _compare_files(path, pdf, found, pages, parents, expected)
    else:
        contents = page_contents(found, pages, parents)
    begins, lengths = content_ranges(found, contents)
    differ = np.flatnonzero(stream_sums(found, begins, lengths) != expected.adler32)
    if differ.size:
        raise _fault(path, _NOT_PLANNED, int(differ[0]))
    if expected.qpdf_every == 1 and [page.obj.objgen[0] for page in pdf.pages] != pages:
        raise _fault(path, "qpdf finds other pages")
    for side in _picked(sides, expected.inflate_every):
        _inflate(path, found.content(begins[side], lengths[side]), expected, side)
    for side in _picked(sides, expected.qpdf_every):
        page = pdf.get_object(pages[side], 0)
        _compare_page(path, page, parents[side], expected, side)
        content = bytes(found.content(begins[side], lengths[side]))
        _compare_content(path, page.get("/Contents"), int(contents[side]), content, side)


def _compare_parts(
    path: Path,
    pdf: Pdf,
    found: PrintFile,
    pages: list[int],
    parents: list[int],
    expected: SpoolExpectation,
) -> NDArray[np.int64]:
    """Compare the records with what was planned; give the numbers of the content streams, int64[pages]."""
    # Plain files have none, and a run of them starts sooner without this.
    from printstream.spool.readback_parts import pages_of_parts, read_parts

    root = pdf.Root.get("/DPartRoot")
    if root is None or (expected.records is None and expected.parts is None):
        raise _fault(
            path, "there are no records" if root is None else "there are records that nobody planned"
        )
    contents, parts = pages_of_parts(found, pages, parents)
    records = expected.records
    said = None if records is None else records.all_metadata()
    made = read_parts(found, root.objgen[0], pages, parts, said)
    planned = expected.parts
    if not np.array_equal(made.first_page, (records or planned or made).first_page):
        raise _fault(path, "records do not have the pages of their pieces")
    if planned is not None and not np.array_equal(made.piece_ids, planned.piece_ids):
        raise _fault(path, "records are not those of the manifest's pieces")
    return contents


def _compare_files(
    path: Path,
    pdf: Pdf,
    found: PrintFile,
    pages: list[int],
    parents: list[int],
    expected: SpoolExpectation,
) -> NDArray[np.int64]:
    """Compare associated files with what was planned; give the numbers of the content streams, int64[pages]."""
    from printstream.spool.readback_files import pages_with_files, read_files  # see _compare_parts

    root, planned = pdf.Root.get("/Names", pikepdf.Dictionary()).get("/EmbeddedFiles"), expected.attachments
    if root is None or planned is None:
        raise _fault(
            path, "associated files are missing" if root is None else "nobody planned associated files"
        )
    contents, places, specs = pages_with_files(found, pages, parents)
    if not np.array_equal(places, planned.pages):
        raise _fault(path, "associated files do not belong to the pages of their documents")
    read_files(found, root.objgen[0], specs, planned.all_data())
    return contents


def _picked(sides: int, every: int) -> list[int]:
    """Take one side in so many, the first and the last always."""
    return sorted({*range(0, sides, every), *range(max(0, sides - 1), sides)})


def _compare_content(path: Path, stream: Any, number: int, data: bytes, side: int) -> None:
    """Compare a content stream as qpdf sees it with what our own reader found."""
    if not isinstance(stream, pikepdf.Stream):
        raise _fault(path, "the page has no content stream", side)
    head = _STREAM_DICT % len(data)
    if (stream.objgen[0], stream.stream_dict.unparse(), stream.read_raw_bytes()) != (number, head, data):
        raise _fault(path, "the content stream is out of order or damaged", side)


def _inflate(path: Path, data: memoryview, expected: SpoolExpectation, side: int) -> None:
    planned = int(expected.plain_bytes[side])
    try:
        plain = deflate.zlib_decompress(data, planned + 1)  # no more; compares the Adler-32 too
    except deflate.DeflateError as e:
        raise _fault(path, "the content stream cannot be decompressed as planned", side) from e
    if len(plain) != planned:
        raise _fault(path, _NOT_PLANNED, side)


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
    own = "/Resources" in page and not _is_archive(expected)
    if "/MediaBox" in page or own or "/Rotate" in page:
        raise _fault(path, "the page overrides what all pages share", side)


def _is_archive(expected: SpoolExpectation) -> bool:
    """Whether pages name their resources themselves, the same for all (ISO 19005-3, 6.2.2)."""
    return any(name.startswith("PDF/A") for name in expected.standards)


def _box_mpt(corners: Any) -> tuple[int, ...]:
    if not isinstance(corners, pikepdf.Array) or not all(isinstance(c, (int, Decimal)) for c in corners):
        return ()
    return tuple(int(Decimal(str(c)) * MPT_PER_PT) for c in corners)


def _fault(path: Path, what: str, side: int | None = None) -> BalanceError:
    where = path.name if side is None else f"{path.name}, side {side}"
    return BalanceError(what, where=where, next_step=_AGAIN)
