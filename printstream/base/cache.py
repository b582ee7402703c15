"""The cache folder: what can be made again, but not at every start.

In: a name that says everything that the content depends on. Out: the content, made once a machine. Never: holds data of a
job's recipients; fails because the folder cannot be written.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar, cast

MOST_OBJECTS = 400
"""Objects of a kind that the folder may hold."""
_DIGEST_BYTES = 16
T = TypeVar("T")


def cache_root() -> Path:
    """``$PRINTSTREAM_CACHE_DIR``, else ``$XDG_CACHE_HOME/printstream``, else ``~/.cache/printstream``."""
    given = os.environ.get("PRINTSTREAM_CACHE_DIR")
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "printstream"


def cached(kind: str, depends_on: bytes, make: Callable[[], bytes], most: int | None = None) -> bytes:
    """Give what ``make`` makes, from the folder where it was made before.

    Args:
        kind: a subfolder, a word.
        depends_on: everything that the content is a function of, versions of libraries included.
        make: called where there is no sound copy.
        most: files that the subfolder may hold: of more, the older half goes.
    """
    path = cache_root() / kind / hashlib.sha256(depends_on).hexdigest()[:32]
    with contextlib.suppress(OSError):
        held = path.read_bytes()
        # A copy that was cut short (a full disk) must not be taken.
        if hashlib.sha256(held[_DIGEST_BYTES:]).digest()[:_DIGEST_BYTES] == held[:_DIGEST_BYTES]:
            return held[_DIGEST_BYTES:]
    content = make()
    keep(path, hashlib.sha256(content).digest()[:_DIGEST_BYTES] + content)
    if most is not None:
        _thin_out(path.parent, most)
    return content


def kept(kind: str, depends_on: bytes, make: Callable[[], T]) -> T:
    """Give what ``make`` makes of a file's content, or a copy of what it made of it before.

    Args:
        kind: a subfolder, a word.
        depends_on: the file's content, and what else ``make`` is told; sources and versions count by themselves.
        make: makes an object of this package's classes; called where there is no sound copy.
    """
    made_by = package_stamp() + library_version("pydantic") + repr(sys.version_info).encode()
    held = cached(kind, made_by + depends_on, lambda: pickle.dumps(make()), MOST_OBJECTS)
    return cast("T", pickle.loads(held))


def _thin_out(folder: Path, most: int) -> None:
    """Remove the older half of a folder's files where there are too many; another process may do so too."""
    with contextlib.suppress(OSError):
        files = list(folder.iterdir())
        if len(files) > most:
            files.sort(key=lambda file: file.stat().st_mtime_ns)
            for file in files[: len(files) // 2]:
                file.unlink(missing_ok=True)


def keep_newest(prefix: str, most: int) -> None:
    """Remove all but the newest subfolders whose names start so; who still wants one of the others makes it again."""
    with contextlib.suppress(OSError):
        folders = [path for path in cache_root().iterdir() if path.name.startswith(prefix)]
        folders.sort(key=lambda folder: folder.stat().st_mtime_ns)
        for folder in folders[:-most]:
            shutil.rmtree(folder, ignore_errors=True)


def keep(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; where the folder cannot be written, it is made again next time."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".partial")
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
                file.write(content)
            Path(partial).replace(path)
        except OSError:
            Path(partial).unlink(missing_ok=True)


@cache
def source_digest(*files: str) -> bytes:
    """SHA-256 over source files whose words decide what is made."""
    digest = hashlib.sha256()
    for name in files:
        digest.update(Path(name).read_bytes())
    return digest.digest()


@cache
def package_stamp() -> bytes:
    """Path, size and times of every source and setting of this package.

    The time of the last change of the file itself (ctime) is among them: images and archives set the other one back.
    """
    found: list[str] = []
    waiting = [Path(__file__).parents[1]]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.name.endswith((".py", ".yaml")):
                    status = entry.stat()
                    found.append(f"{entry.path} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}")
                elif entry.is_dir() and entry.name != "__pycache__":
                    waiting.append(Path(entry.path))
    return "\n".join(sorted(found)).encode()


@cache
def library_version(name: str) -> bytes:
    """The version of an installed library, without importing it."""
    from importlib.metadata import distribution

    told = distribution(name).read_text("METADATA") or ""
    # ``importlib.metadata.version`` takes all of the text apart as a mail, five times as long.
    found = re.search("^Version: (.+)$", told, re.MULTILINE)
    return found[1].strip().encode() if found else distribution(name).version.encode()
