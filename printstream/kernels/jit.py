"""The one door to numba.

Compiled kernels are cached under ``$PRINTSTREAM_CACHE_DIR`` (else ``$XDG_CACHE_HOME/printstream``, else
``~/.cache/printstream``). Each kernel's file has a folder there, named after that file and all that it compiles in: numba's
own cache looks at the kernel's file only, and would go on using a kernel whose helpers in another file have changed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite.binding as ll
import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache
from numba.core.codegen import JITCodeLibrary
from numba.core.runtime import nrt

from printstream.base.cache import cache_root

_PACKAGE = Path(__file__).parents[1]
_SHARED = ("base/program.py", "base/store.py")
"""What kernels read besides kernels: numbers that are compiled in."""
_IMPORTS = re.compile(rb"^from printstream\.kernels(?:\.(\w+)| import (\w+))", re.MULTILINE)
_LAST = _PACKAGE / "kernels" / "draw.py"
"""The file whose kernels a run needs last."""


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
    needed, waiting = {Path(__file__)}, [file]
    while waiting:
        path = waiting.pop()
        if path not in needed:
            needed.add(path)
            waiting += _source(path)[1]
    digest = hashlib.sha256(numba.__version__.encode() + _shared())
    for path in sorted(needed):
        digest.update(path.name.encode() + _source(path)[0])
    return str(cache_root() / f"{file.stem}-{digest.hexdigest()[:16]}")


class _Library(JITCodeLibrary):
    """The code of a kernel that was compiled before; its LLVM module is read only where another kernel compiles it in."""

    whole: bytes

    def _get_module_for_linking(self) -> Any:
        if self.whole:
            self._shared_module, self.whole = ll.parse_bitcode(self.whole), b""
        return super()._get_module_for_linking()  # type: ignore[no-untyped-call]


class _Results(CompileResultCacheImpl):
    """Kernels on disk, such that what runs is loaded and what only compiling reads is left alone.

    A third of the time to load a kernel was its LLVM module, and as much the modules of numba that its helpers'
    environments name.
    """

    def reduce(self, cres: Any) -> Any:
        """Give the parts of a compiled kernel that are kept."""
        library, *rest, _annotation, reload_init, environments = super().reduce(cres)  # type: ignore[no-untyped-call]
        name, kind, (code, whole) = library
        names = [f.name for f in cres.library._get_module_for_linking().functions if not f.is_declaration]
        stub = ll.parse_assembly("\n".join(f'define void @"{name}"() {{ ret void }}' for name in names))
        # An environment without constants holds nothing that compiled code could ask it for.
        needed = tuple(environment for environment in environments if environment.consts)
        return (name, kind, (code, stub.as_bitcode())), whole, (*rest, "", reload_init, needed)

    def rebuild(self, target_context: Any, payload: Any) -> Any:
        """Give the kernel of such parts."""
        library, whole, rest = payload
        cres = super().rebuild(target_context, (library, *rest))  # type: ignore[no-untyped-call]
        cres.library.__class__ = _Library
        cres.library.whole = whole
        return cres


@cache
def _tell_runtime() -> None:
    """Tell LLVM where numba's run-time library is.

    Numba does so too, but compiles that library's functions besides: compiled kernels hold the ones that they call.
    """
    helpers: dict[str, int] = vars(nrt)["_nrt"].c_helpers
    for name, address in helpers.items():
        ll.add_symbol(name if name.startswith("_") else f"NRT_{name}", address)


class _Cache(FunctionCache):
    """Numba's cache, but a kernel that was compiled before is loaded without what only compiling needs.

    Numba's own first fills the registries of all that it can compile: 0.26 s of every start. Compiling does so itself
    (``numba.core.compiler``).
    """

    _impl_class = _Results

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Give the compiled kernel of a signature, or None."""
        _tell_runtime()
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile once, cache on disk, release the GIL; integer division by zero is not checked."""
    settings: Any = numba.config
    before = settings.CACHE_DIR
    # Read when the cache is made; others' setting stays theirs.
    settings.CACHE_DIR = _folder(Path(function.__code__.co_filename))
    try:
        cache = _Cache(function)  # type: ignore[no-untyped-call]
    finally:
        settings.CACHE_DIR = before
    compiled: Any = numba.njit(nogil=True, error_model="numpy")(function)
    compiled._cache = cache
    return compiled  # type: ignore[no-any-return]


def inline_kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a small helper that other kernels call; it has no cache of its own."""
    compiled: Callable[..., Any] = numba.njit(nogil=True, error_model="numpy")(function)
    return compiled


def cache_is_warm() -> bool:
    """Tell whether kernels of these sources were compiled before on this machine."""
    return Path(_folder(_LAST)).is_dir()
