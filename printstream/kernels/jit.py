"""The one door to numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile once, cache on disk, release the GIL; integer division by zero is not checked."""
    compiled: F = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    return compiled


def inline_kernel(function: F) -> F:
    """Compile a small helper that other kernels call; LLVM inlines it."""
    compiled: F = numba.njit(cache=True, nogil=True, error_model="numpy", inline="never")(function)
    return compiled
