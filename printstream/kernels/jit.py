"""Kernels: functions that run as machine code, compiled once on a machine and loaded from then on.

Compiled kernels are kept under ``$PRINTSTREAM_CACHE_DIR`` (else ``$XDG_CACHE_HOME/printstream``, else
``~/.cache/printstream``). Each kernel's file has a folder there, named after that file and all that it compiles in: a
kernel whose helpers in another file have changed is another kernel. What is kept is loaded by LLVM's linker alone
(``loader.py``); the compiler, a fifth of a second to import, comes in where a kernel is not there yet (``compiler.py``).

Never: imports numba or LLVM before a kernel is called.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache, update_wrapper
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np

from printstream.base.cache import cache_root, cached, keep_newest, library_version

_PACKAGE = Path(__file__).parents[1]
_SHARED = ("base/program.py", "base/store.py")
"""What kernels read besides kernels: numbers that are compiled in."""
_COMPILING = tuple(_PACKAGE / "kernels" / name for name in ("compiler.py", "instructions.py", "loader.py"))
_IMPORTS = re.compile(rb"^from printstream\.kernels(?:\.(\w+)| import (\w+))", re.MULTILINE)
_LAST = _PACKAGE / "kernels" / "draw.py"
"""The file whose kernels a run needs last."""
_MOST_FOLDERS = 4
"""Folders of a file's kernels that may stay: installed versions of this program that are used in turn."""
_ONE_AT_A_TIME = RLock()
"""Neither LLVM nor numba likes to be asked by two threads at once."""


@cache
def _source(path: Path) -> tuple[bytes, frozenset[Path]]:
    """A file with kernels, and the kernel files that it imports."""
    source = path.read_bytes()
    names = {(a or b).decode() for a, b in _IMPORTS.findall(source)}
    return source, frozenset(_PACKAGE / "kernels" / f"{name}.py" for name in names)


@cache
def _shared() -> bytes:
    return b"".join((_PACKAGE / name).read_bytes() for name in _SHARED)


@cache
def _folder(file: Path) -> str:
    """Folder of the compiled kernels of one file, with exactly these sources."""
    needed: set[Path] = set()
    waiting = [file, *_COMPILING]
    while waiting:
        path = waiting.pop()
        if path not in needed:
            needed.add(path)
            waiting += _source(path)[1]
    digest = hashlib.sha256(library_version("numba") + library_version("llvmlite") + _shared())
    for path in sorted(needed):
        digest.update(path.name.encode() + _source(path)[0])
    return f"{file.stem}-{digest.hexdigest()[:16]}"


class Kernel:
    """A function that is compiled for the types of the arguments that it is called with.

    Args:
        function: its source.

    Raises:
        TypeError: it has a closure, of which what is kept on disk would not know.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        if getattr(function, "__closure__", None):
            msg = f"{function.__qualname__} has a closure, and is no kernel"
            raise TypeError(msg)
        self.function = function
        self._entries: dict[Any, Callable[..., Any]] = {}
        self._images: dict[str, Callable[..., Any]] = {}
        update_wrapper(self, function)

    def __call__(self, *args: Any) -> Any:
        """Run it, without the interpreter's lock.

        Raises:
            TypeError: an argument is of a type that no kernel takes.
        """
        found = self._entries.get(_types(args))
        return (found or self._entry(args))(*args)

    def _entry(self, args: tuple[Any, ...]) -> Callable[..., Any]:
        """Load the kernel for arguments of these types, which is compiled if it never was."""
        from printstream.kernels import loader  # which imports LLVM

        words = type_words(args)
        with _ONE_AT_A_TIME:
            if words not in self._images:
                code = self.function.__code__
                name = f"{code.co_name} {code.co_firstlineno} {words} {loader.machine()}"
                folder = _folder(Path(code.co_filename))
                is_new = not (cache_root() / folder).is_dir()
                image = cached(folder, name.encode(), lambda: self._compile(args))
                if is_new:
                    keep_newest(f"{Path(code.co_filename).stem}-", _MOST_FOLDERS)
                self._images[words] = loader.load(image)
            entry = self._entries[_types(args)] = self._images[words]
        return entry

    def _compile(self, args: tuple[Any, ...]) -> bytes:
        from printstream.kernels import compiler  # a machine that has the kernel does without numba

        return compiler.image_of(self, args)


def _types(value: Any) -> Any:
    """Tell types of arguments apart, in this process, quickly; two may stand for the same words."""
    kind = type(value)
    if kind is np.ndarray:
        return value.dtype, value.ndim, value.flags.num
    if isinstance(value, tuple):
        return kind, *map(_types, value)
    return kind


def type_words(value: Any) -> str:
    """Say what the compiled code depends on: the types of arguments, and how arrays lie in memory.

    Raises:
        TypeError: no kernel takes this.
    """
    if isinstance(value, tuple):
        kind = type(value)
        name = "" if kind is tuple else f"{kind.__module__}.{kind.__qualname__}"
        return f"{name}({','.join(type_words(item) for item in value)})"
    if isinstance(value, np.ndarray):
        return _array_words(value)
    if isinstance(value, np.generic):
        return value.dtype.str
    if value is None or isinstance(value, (bool, int, float, bytes)):
        return type(value).__name__
    msg = f"a kernel takes no {type(value).__qualname__}"
    raise TypeError(msg)


def _array_words(array: np.ndarray[Any, Any]) -> str:
    flags = array.flags
    order = "C" if flags.c_contiguous else "F" if flags.f_contiguous else "A"
    return f"{array.dtype.str}:{array.ndim}{order}{flags.writeable:d}{flags.aligned:d}"


def kernel(function: Callable[..., Any]) -> Kernel:
    """Compile once, keep on disk, release the interpreter's lock; integer division by zero is not checked."""
    return Kernel(function)


def inline_kernel(function: Callable[..., Any]) -> Kernel:
    """Compile a small helper into the kernels that call it."""
    return Kernel(function)


class Instruction:
    """What a processor does in one step, of the same name in ``instructions.py``; kernels call it, Python cannot."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *args: Any) -> Any:
        """Refuse."""
        msg = f"{self.name} is for kernels"
        raise TypeError(msg)


def cache_is_warm() -> bool:
    """Tell whether kernels of these sources were compiled before on this machine."""
    return (cache_root() / _folder(_LAST)).is_dir()
