"""Print files read back while the next are drawn, by the workers that draw; the disk is waited for meanwhile.

In: closed partial files, what they must hold. Out: the same, verified and sealed. Never: gives a file its final name.
"""

from __future__ import annotations

from concurrent.futures import Executor, Future
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from printstream import spool
from printstream.base.frozen import frozen

_INFLATE_EVERY, _QPDF_EVERY = 16, 1024
"""When a run reads a file back it looks at every side; some are decompressed, and fewer looked at by qpdf too. The file's
checksum says already that the disk holds what was written. ``printstream verify`` does so with all."""


@frozen
class FinishedSpool:
    """A print file, verified, still under its partial name.

    Attributes:
        file: what the writer says of it.
        plain_bytes, adler32: per side: length and checksum of its content before compression.
        sha256: of the file as it was read back, in hexadecimal.
    """

    file: spool.SpoolFile
    plain_bytes: NDArray[np.int64]
    adler32: NDArray[np.uint32]
    sha256: str


@frozen
class Check:
    """A print file that is being read back: its bytes and its pages, by two workers where two have time.

    Attributes:
        file, plain_bytes, adler32: as of ``FinishedSpool``.
        sha256: of its bytes, when they are what was written.
        pages: done when its pages are what was planned.
    """

    file: spool.SpoolFile
    plain_bytes: NDArray[np.int64]
    adler32: NDArray[np.uint32]
    sha256: Future[str]
    pages: Future[None]

    def finished(self) -> FinishedSpool:
        """Wait for both parts.

        Raises:
            BalanceError: when the file does not read back as planned.
            ResourceError: when it cannot be read.
        """
        sha256 = self.sha256.result()
        self.pages.result()
        return FinishedSpool(self.file, self.plain_bytes, self.adler32, sha256)


def settle(path: Path, check: Check) -> None:
    """Wait until the disk has a print file, and, when it has been read back, let go of its memory."""
    spool.flush(path)
    check.finished()
    spool.forget(path)


def read_back(
    file: spool.SpoolFile,
    resources: spool.Resources,
    size_mpt: tuple[int, int],
    trim_box_mpt: tuple[int, int, int, int],
    plain_bytes: NDArray[np.int64],
    adler32: NDArray[np.uint32],
    extras: spool.Extras,
    executor: Executor,
) -> Check:
    """Begin to read a print file back.

    Args:
        file: as its writer says.
        resources: its shared objects.
        size_mpt: width and height of its pages.
        trim_box_mpt: left, bottom, right, top.
        plain_bytes: int64[sides]: length of each side's content before compression.
        adler32: uint32[sides]: its checksum.
        extras: what it has besides its pages.
        executor: workers.
    """
    expected = spool.SpoolExpectation(
        resources,
        size_mpt,
        plain_bytes,
        adler32,
        trim_box_mpt,
        file.crc32,
        _INFLATE_EVERY,
        _QPDF_EVERY,
        () if resources.claim is None else resources.claim.names,
        extras.records,
        attachments=extras.attachments,
    )
    reading = spool.Reading(file.path, expected)
    # The longer part first: what is left for the end of the run is little.
    pages = executor.submit(reading.compare_pages)
    return Check(file, plain_bytes, adler32, executor.submit(reading.compare_bytes), pages)
