"""What the machine is, and how much memory the run has taken.

In: the running process. Out: whole bytes and plain words. Never: estimates; where a figure is not to be had,
it is 0 or "unknown".
"""

from __future__ import annotations

import contextlib
import platform
import re
import resource
import sys
from functools import cache
from pathlib import Path

from printstream.base.cache import library_version

_PACKAGES = ("numba", "numpy", "polars", "pyarrow", "pikepdf", "isal", "deflate")
_HIGH_WATER = re.compile(rb"^VmHWM:\s+(\d+) kB$", re.MULTILINE)
_BYTES_PER_MAXRSS = 1 if sys.platform == "darwin" else 1024


def peak_memory_bytes() -> int:
    """Largest resident memory of this process since it began, plus that of its largest finished child, in bytes.

    The system keeps no sum over children (getrusage(2): RUSAGE_CHILDREN is the largest one); a run has threads, no
    children.
    """
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * _BYTES_PER_MAXRSS
    status = Path("/proc/self/status")
    if status.is_file() and (found := _HIGH_WATER.search(status.read_bytes())):
        return int(found[1]) * 1024 + child
    # Linux hands this one down from the process that started us (getrusage(2) is of the process, not of its program).
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _BYTES_PER_MAXRSS + child


@cache
def cpu_name() -> str:
    """Name the processor, as far as the system tells."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="ascii", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return " ".join(value.split())
    return platform.processor() or platform.machine() or "unknown"


def versions(packages: tuple[str, ...] = _PACKAGES) -> dict[str, str]:
    """Versions of Python, printstream and the packages on which the output's bytes depend."""
    import printstream

    found = {"printstream": printstream.__version__, "python": platform.python_version()}
    for package in packages:
        with contextlib.suppress(ModuleNotFoundError):  # which importlib.metadata's error is
            found[package] = library_version(package).decode()
    return found
