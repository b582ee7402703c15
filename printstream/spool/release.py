"""Finished files get their names: flushed first, all of a folder at once.

In: verified partial files. Out: the same under their final names, on the disk. Never: opens one to look inside.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from printstream.base.errors import ResourceError
from printstream.base.files import sync
from printstream.spool.writer import PARTIAL_SUFFIX


def flush(path: Path) -> None:
    """Wait until a file's bytes are on the disk.

    Raises:
        ResourceError: when the disk refuses.
    """
    try:
        sync(path)
    except OSError as e:
        raise _unreleased(path, e) from e


def forget(path: Path) -> None:
    """Let the system use the memory that holds a flushed file's bytes for the next one's.

    A night's print files are read by others, later; kept, they would push out what this machine has in use, and every new
    page of memory costs more than the writing itself (docs/performance.md).
    """
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def release(path: Path) -> Path:
    """Give a verified file its final name, see ``release_all``."""
    return release_all([path])[0]


def release_all(paths: Sequence[Path]) -> list[Path]:
    """Give verified files of one folder their final names, such that a power cut leaves each whole or absent.

    Raises:
        ResourceError: when the disk refuses.
    """
    if bad := [path.name for path in paths if not path.name.endswith(PARTIAL_SUFFIX)]:
        msg = f"{bad[0]} is no partial file"
        raise ValueError(msg)
    finals = [path.with_name(path.name.removesuffix(PARTIAL_SUFFIX)) for path in paths]
    for path, final in zip(paths, finals, strict=True):
        flush(path)
        try:
            path.replace(final)
        except OSError as e:
            raise _unreleased(path, e) from e
    # One wait for all names.
    for folder in {path.parent for path in paths}:
        flush(folder)
    return finals


def _unreleased(path: Path, fault: OSError) -> ResourceError:
    msg = f"the print file cannot be released: {fault.strerror}"
    return ResourceError(msg, where=path.name, next_step="Check the folder, then run again.")
