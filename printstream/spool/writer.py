"""The streaming PDF writer: sides go to disk as they come, memory stays flat.

In: the shared resources, then blocks of content stream objects in page order. Out: ``<name>.partial``, a complete
PDF file (1.7; 1.6 for PDF/X-4). Never: holds a side, changes what is written, gives the file its final name.

File order: header, shared objects, content streams, object streams (pages, page tree, catalog, information),
metadata, cross-reference stream. All that concerns pages is written at the end, so 8 bytes a side are kept.
"""

from __future__ import annotations

import errno
import os
from array import array
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
from isal import isal_zlib

from printstream.base.errors import ResourceError
from printstream.base.frozen import frozen
from printstream.spool.attachments import Attachments
from printstream.spool.compress import Block
from printstream.spool.parts import Records
from printstream.spool.resources import Resources
from printstream.spool.tail import Tail, TailSettings, box

# Binary comment: bytes over 127 tell transfer programs that this is no text (ISO 32000-2, 7.5.2).
HEADER = b"%%PDF-%b\n%%\xe2\xe3\xcf\xd3\n"
_VERSION = b"1.7"
PARTIAL_SUFFIX = ".partial"
_FLUSH_BYTES = 4 << 20
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@frozen
class SpoolFile:
    """A closed print file.

    Attributes:
        path: where it lies, still under its partial name.
        size_bytes: length of the file.
        sides: pages.
        crc32: of all its bytes, as they were written; what the disk gives back must have the same (``verify_spool``).
    """

    path: Path
    size_bytes: int
    sides: int
    crc32: int


class Extras(NamedTuple):
    """What one file has besides its pages, see ``SpoolWriter``."""

    records: Records | None = None
    attachments: Attachments | None = None


class SpoolWriter:
    """Writes one spool; use it in a ``with`` block, which removes the partial file on a fault.

    Args:
        path: final name; what is written is ``path`` + ``.partial``.
        resources: shared objects, copied to the head of the file.
        media_box_mpt: width and height of the press sheet's side.
        trim_box_mpt: left, bottom, right, top of the trimmed area; none where sheet and trim are the same.
        title: for the document information.
        production_date: for the document information; no clock is read.
        document_id: at least one byte that tells this spool of this run from all others.
        page_extra: further entries of each page dictionary, as PDF source.
        records: one record a piece, for PDF/VT; none where absent.
        attachments: files that go along with pages, for PDF/A-3; none where absent.

    Raises:
        ResourceError: when the disk is full or the folder cannot be written.
    """

    def __init__(
        self,
        path: Path,
        resources: Resources,
        *,
        media_box_mpt: tuple[int, int],
        title: str,
        production_date: date,
        document_id: bytes,
        trim_box_mpt: tuple[int, int, int, int] | None = None,
        page_extra: bytes = b"",
        records: Records | None = None,
        attachments: Attachments | None = None,
    ) -> None:
        # /TrimBox is not inheritable (ISO 32000-2, table 31), so each page carries it.
        trim = b"/TrimBox" + box(trim_box_mpt) if trim_box_mpt else b""
        claim = resources.claim
        if claim is not None and claim.pdfa3:
            # Not by inheritance (ISO 19005-3, 6.2.2).
            page_extra += b"/Resources %d 0 R" % resources.resources_ref
        self._settings = TailSettings(
            media_box_mpt=(0, 0, *media_box_mpt),
            page_extra=trim + page_extra,
            resources_ref=resources.resources_ref,
            title=title,
            production_date=production_date,
            document_id=document_id,
            claim=claim,
            profile_ref=resources.count,
            records=records,
            attachments=attachments,
        )
        self.path = path.with_name(path.name + PARTIAL_SUFFIX)
        self._crc32 = 0
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._position = 0
        self._offsets = array("Q")
        self._shared = resources.count
        self._fd = -1
        try:
            self._fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        except OSError as e:
            raise self._fault(e) from e
        self._queue(HEADER % (_VERSION if claim is None else claim.version))
        for data in (*resources.objects, *resources.attached):
            self._object(data)

    @property
    def sides(self) -> int:
        """Sides added so far."""
        return len(self._offsets) - self._shared

    def add_block(self, block: Block) -> None:
        """Add sides in page order.

        Raises:
            ValueError: when the block is not the next one.
            ResourceError: when the disk is full.
        """
        if block.first_number != len(self._offsets) + 1:
            msg = f"object {block.first_number} cannot follow object {len(self._offsets)}"
            raise ValueError(msg)
        self._flush()
        self._offsets.frombytes((block.begins + self._position).astype(np.uint64).tobytes())
        self._position += block.data.size
        self._write(block.data.data)

    def close(self, *, sync: bool = True) -> SpoolFile:
        """Write pages, page tree and cross-reference, and close the file.

        Args:
            sync: wait until the bytes are on the disk; ``release`` does so in any case, and meanwhile the
                system can write while the file is verified.
        """
        sides = self.sides
        tail = Tail(self._settings, shared=self._shared, sides=sides)
        for data in tail.objects():
            self._object(data)
        self._queue(tail.cross_reference(self._offsets, self._position))
        self._flush()
        try:
            if sync:
                os.fsync(self._fd)
        except OSError as e:
            raise self._fault(e) from e
        os.close(self._fd)
        self._fd = -1
        return SpoolFile(self.path, self._position, sides, self._crc32)

    def abort(self) -> None:
        """Close and remove the partial file; harmless when there is none."""
        self._pending.clear()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
            self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()

    def _object(self, data: bytes) -> None:
        self._offsets.append(self._position)
        self._queue(data)

    def _queue(self, data: bytes) -> None:
        self._pending.append(data)
        self._pending_bytes += len(data)
        self._position += len(data)
        if self._pending_bytes >= _FLUSH_BYTES:
            self._flush()

    def _flush(self) -> None:
        """Write what is pending, in one piece."""
        if self._pending:
            block = b"".join(self._pending)
            self._pending.clear()
            self._pending_bytes = 0
            self._write(memoryview(block))

    def _write(self, block: memoryview) -> None:
        """Add to the checksum and write: both release the GIL."""
        self._crc32 = isal_zlib.crc32(block, self._crc32)
        try:
            while block:
                block = block[os.write(self._fd, block) :]
        except OSError as e:
            raise self._fault(e) from e

    def _fault(self, fault: OSError) -> ResourceError:
        """Drop the partial file and say what to do."""
        self.abort()
        folder = self.path.parent
        if fault.errno in _FULL:
            next_step = f"Free space for {folder} or lower spool.sheets, then run again."
        else:
            next_step = f"Make {folder} exist and let this user write to it, then run again."
        what = f"the print file cannot be written to {folder}: {fault.strerror}"
        return ResourceError(what, where=self.path.name, next_step=next_step)
