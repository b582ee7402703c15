"""A folder that many machines see: a path, or a URI that pyarrow's filesystems understand (``s3://...``).

In: the words of the command line. Out: ``Place``: names below it are read, written whole, moved, listed and removed.
Never: shows a key or a setting of the store in a message; leaves a half-written name. Light until it is used, because
the command line makes one.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from printstream.base.errors import InputError, ResourceError
from printstream.base.files import Seal, sync_folder

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem
    from pyarrow.lib import NativeFile

_CHUNK_BYTES = 4 << 20


def is_uri(word: str) -> bool:
    """Tell a URI from a path."""
    return "://" in word


@dataclass(frozen=True, repr=False)
class Place:
    """A folder or file of a store; small, so it travels to other machines.

    Attributes:
        root: absolute path, or URI with the store's settings (``s3://bucket/prefix?endpoint_override=...``).
        below: name below the root, with forward slashes; empty for the root itself.
    """

    root: str
    below: str = ""

    @classmethod
    def of(cls, word: str | Path) -> Place:
        """Take a path or URI as the command line gives it."""
        text = str(word)
        return cls(text if is_uri(text) else str(Path(text).resolve()))

    def __truediv__(self, name: str) -> Place:
        return Place(self.root, f"{self.below}/{name}".strip("/"))

    def __str__(self) -> str:
        """The place without what the URI says of accounts and settings."""
        if not is_uri(self.root):
            return str(Path(self.root, self.below))
        parts = urlsplit(self.root)
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{host}{str(PurePosixPath(parts.path or '/', self.below)).rstrip('/')}"

    def __repr__(self) -> str:
        return f"Place({str(self)!r})"

    @property
    def name(self) -> str:
        """Last part of the name."""
        return PurePosixPath(str(self)).name

    @property
    def is_local(self) -> bool:
        """Whether names are renamed and folders made as on a disk."""
        return not is_uri(self.root)

    @property
    def _path(self) -> str:
        base = _system(self.root)[1]
        return f"{base}/{self.below}".rstrip("/") if self.below else base

    @property
    def _files(self) -> FileSystem:
        return _system(self.root)[0]

    def make_folder(self, *, new: bool = False) -> bool:
        """Make a folder where the store has such; ``new``: tell whether nothing was there."""
        with _told(self):
            if new and self._has_anything():
                return False
            if self.is_local:
                Path(self._path).mkdir(parents=True, exist_ok=True)
            return True

    def _has_anything(self) -> bool:
        from pyarrow.fs import FileSelector

        if self.is_local:
            return Path(self._path).exists()
        return bool(self._files.get_file_info(FileSelector(self._path, allow_not_found=True)))

    def names(self) -> dict[str, int]:
        """List all files below, at any depth: name -> length.

        Raises:
            InputError: when there is no such folder.
        """
        from pyarrow.fs import FileSelector, FileType

        try:
            with _told(self):
                found = self._files.get_file_info(FileSelector(self._path, recursive=True))
        except FileNotFoundError as error:
            msg = "there is no such folder"
            raise InputError(msg, where=str(self), next_step="Check the path") from error
        start = len(self._path) + 1
        return {info.path[start:]: info.size for info in found if info.type == FileType.File}

    def open(self) -> NativeFile:
        """Open a file for reading at any place of it."""
        with _told(self):
            return self._files.open_input_file(self._path)

    def read(self, offset: int = 0, length: int | None = None) -> bytes:
        """Read a file, or a range of its bytes.

        Raises:
            ResourceError: when the store does not give all of them.
        """
        with _told(self), self.open() as file:
            wanted = file.size() - offset if length is None else length
            data: bytes = file.read_at(wanted, offset)
        if len(data) != wanted:
            msg = "a file of the run is cut short"
            raise ResourceError(msg, where=str(self), next_step="Run again")
        return data

    def write(self, data: bytes) -> None:
        """Write a file whole, or not at all; its folder must be there where the store has folders."""
        with _told(self):
            if self.is_local:
                _write_local(Path(self._path), data)
                return
            # A store of objects shows an object when its last byte has arrived.
            with self._files.open_output_stream(self._path) as file:
                file.write(data)

    def put(self, file: Path) -> None:
        """Copy a file of this machine here, whole or not at all."""
        with _told(self):
            if self.is_local:
                _copy_local(file, Path(self._path))
                return
            with file.open("rb") as source, self._files.open_output_stream(self._path) as target:
                while chunk := source.read(_CHUNK_BYTES):
                    target.write(chunk)

    def fetch(self, file: Path) -> None:
        """Copy the file to this machine."""
        with _told(self), self.open() as source, file.open("wb") as target:
            while chunk := source.read(_CHUNK_BYTES):
                target.write(chunk)

    def seal(self) -> Seal:
        """Read the file through and seal it."""
        digest, length = sha256(), 0
        with _told(self), self.open() as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
                length += len(chunk)
        return Seal(digest.hexdigest(), length)

    def move(self, target: Place) -> None:
        """Give the file its final name."""
        with _told(self):
            if self.is_local:
                Path(self._path).replace(target._path)
                sync_folder(Path(target._path).parent)
            else:
                self._files.move(self._path, target._path)

    def exists(self) -> bool:
        """Whether there is such a file."""
        from pyarrow.fs import FileType

        with _told(self):
            return bool(self._files.get_file_info(self._path).type == FileType.File)

    def remove(self) -> None:
        """Remove a file."""
        with _told(self):
            self._files.delete_file(self._path)

    def remove_folder(self) -> None:
        """Remove a folder with all below it; nothing happens where there is none."""
        if self.is_local:
            shutil.rmtree(self._path, ignore_errors=True)
            return
        with _told(self):
            # Folders are empty objects here, which some stores keep and some do not.
            self._files.delete_dir_contents(self._path, missing_dir_ok=True)
            try:
                self._files.delete_dir(self._path)
            except OSError:
                return


@cache
def _system(root: str) -> tuple[FileSystem, str]:
    """Filesystem and path of a root; one connection a process."""
    from pyarrow.fs import FileSystem, LocalFileSystem

    if not is_uri(root):
        return LocalFileSystem(), root
    place = Place(root)
    try:
        files, path = FileSystem.from_uri(root)
    except (OSError, ValueError, NotImplementedError) as error:
        what = "the URI leads to no store that pyarrow knows"
        next_step = "Write it as s3://bucket/prefix?endpoint_override=host:port&scheme=https"
        raise ResourceError(what, where=str(place), next_step=next_step) from error
    return files, path


@contextmanager
def _told(place: Place) -> Iterator[None]:
    """Turn a store's fault into one with a place; what is missing stays FileNotFoundError.

    Raises:
        ResourceError: when the store refuses.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        what = f"the store refuses: {error.strerror or type(error).__name__}"
        next_step = "Check the address, the account's rights and the room left, and run again"
        raise ResourceError(what, where=str(place), next_step=next_step) from error


def _beside(path: Path) -> Path:
    """A name of its own, so that two writers of the same bytes cannot cut each other short."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex}")


def _write_local(path: Path, data: bytes) -> None:
    with _renamed(path) as partial, partial.open("wb") as target:
        target.write(data)
        target.flush()
        os.fsync(target.fileno())


def _copy_local(file: Path, path: Path) -> None:
    with _renamed(path) as partial:
        shutil.copyfile(file, partial)
        with partial.open("rb+") as target:
            os.fsync(target.fileno())


@contextmanager
def _renamed(path: Path) -> Iterator[Path]:
    partial = _beside(path)
    try:
        yield partial
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
