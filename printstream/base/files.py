"""Files that are whole or not there.

In: bytes and a path. Out: the file under its final name, on disk. Never: leaves a half-written final name.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from printstream.base.errors import ResourceError
from printstream.base.frozen import frozen

PARTIAL_SUFFIX = ".partial"
_CHUNK_BYTES = 1 << 20


@frozen
class Seal:
    """What a file held when it was released."""

    sha256: str
    """SHA-256 of its bytes, 64 hex digits."""
    bytes: int
    """Its length."""


def write_whole(path: Path, content: bytes) -> Seal:
    """Write a file under a partial name, flush it to disk, then give it its name."""
    partial = path.with_name(path.name + PARTIAL_SUFFIX)
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    return Seal(hashlib.sha256(content).hexdigest(), len(content))


def write_folder(folder: Path, contents: Mapping[str, bytes]) -> dict[str, Seal]:
    """Write files of a folder as ``write_whole`` does; give their seals by name.

    All are written before the first is waited for, and the disk mostly takes them at once.
    """
    partials = {name: folder / (name + PARTIAL_SUFFIX) for name in contents}
    try:
        for name, partial in partials.items():
            partial.write_bytes(contents[name])
        for partial in partials.values():
            sync(partial)
        for name, partial in partials.items():
            partial.replace(folder / name)
    except BaseException:
        for partial in partials.values():
            partial.unlink(missing_ok=True)
        raise
    sync_folder(folder)
    return {
        name: Seal(hashlib.sha256(content).hexdigest(), len(content)) for name, content in contents.items()
    }


def write_parts(path: Path, parts: Iterable[bytes]) -> Seal:
    """Write a file part by part, as ``write_whole`` does; memory holds one part.

    Raises:
        ResourceError: when the disk is full or the folder cannot be written.
    """
    partial = path.with_name(path.name + PARTIAL_SUFFIX)
    digest, length = hashlib.sha256(), 0
    try:
        with partial.open("wb") as file:
            for part in parts:
                digest.update(part)
                length += len(part)
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        what = f"the file cannot be written: {error.strerror}"
        raise ResourceError(
            what, where=str(path), next_step="Free space for the run folder, run again"
        ) from error
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return Seal(digest.hexdigest(), length)


def sync_folder(folder: Path) -> None:
    """Flush a folder's names to disk, so that a rename outlives a power cut."""
    sync(folder)


def sync(path: Path) -> None:
    """Flush a file, or a folder's names, to disk (fsync(2))."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def seal_of(path: Path) -> Seal:
    """Read a file through and seal it."""
    digest = hashlib.sha256()
    length = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            length += len(chunk)
    return Seal(digest.hexdigest(), length)
