"""The one door to numba.

Compiled kernels are cached under ``$PRINTSTREAM_CACHE_DIR`` (else ``$XDG_CACHE_HOME/printstream``, else
``~/.cache/printstream``), in a folder named after the sources: numba's own cache looks at a kernel's file only, and would
go on using a kernel whose helpers in another file have changed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

_SOURCES = ("kernels/*.py", "base/program.py", "base/store.py")


def _cache_folder() -> str:
    """Folder of the compiled kernels of exactly these sources."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256(numba.__version__.encode())
    for pattern in _SOURCES:
        for path in sorted(package.glob(pattern)):
            digest.update(path.name.encode() + path.read_bytes())
    home = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    root = os.environ.get("PRINTSTREAM_CACHE_DIR") or str(Path(home) / "printstream")
    return str(Path(root) / f"kernels-{digest.hexdigest()[:16]}")


_FOLDER = _cache_folder()


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile once, cache on disk, release the GIL; integer division by zero is not checked."""
    settings: Any = numba.config
    before = settings.CACHE_DIR
    # Read when the decorator runs; others' setting stays theirs.
    settings.CACHE_DIR = _FOLDER
    try:
        compiled: Callable[..., Any] = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    finally:
        settings.CACHE_DIR = before
    return compiled


def inline_kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a small helper that other kernels call; it has no cache of its own."""
    compiled: Callable[..., Any] = numba.njit(nogil=True, error_model="numpy")(function)
    return compiled


def cache_is_warm() -> bool:
    """Tell whether kernels of these sources were compiled before on this machine."""
    return Path(_FOLDER).is_dir()
