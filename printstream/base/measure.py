"""What the machine is, and how much memory the run has taken.

In: the running process. Out: whole bytes and plain words. Never: estimates; where a figure is not to be had,
it is 0 or "unknown".
"""

from __future__ import annotations

import platform
import resource
import sys
import threading
from importlib import metadata
from pathlib import Path
from types import TracebackType

_PACKAGES = ("numba", "numpy", "polars", "pyarrow", "pikepdf", "isal")
_BYTES_PER_MAXRSS = 1 if sys.platform == "darwin" else 1024


def peak_memory_bytes() -> int:
    """Largest resident memory of this process plus that of its largest finished child, in bytes.

    The system keeps no sum over children (getrusage(2): RUSAGE_CHILDREN is the largest one), so a run with
    worker processes should take ``MemoryWatch`` instead.
    """
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return (own + child) * _BYTES_PER_MAXRSS


class MemoryWatch:
    """Watches the resident memory of this process and all its children together, in a thread of its own.

    Use as a context manager; ``peak_bytes`` may be read at any time. Pages that processes
    share are counted in each of them, so the figure errs upwards.
    """

    def __init__(self, every_seconds: float = 0.1) -> None:
        self._every_seconds = every_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory-watch", daemon=True)
        self._sampled_bytes = 0

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def peak_bytes(self) -> int:
        """Largest sum seen; never less than this process's own peak, which the system knows exactly."""
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _BYTES_PER_MAXRSS
        return max(self._sampled_bytes, own)

    def _watch(self) -> None:
        while True:
            self._sampled_bytes = max(self._sampled_bytes, resident_bytes())
            if self._stop.wait(self._every_seconds):
                return


def resident_bytes() -> int:
    """Resident memory of this process and its children now, in bytes."""
    import psutil

    own = psutil.Process()
    total: int = own.memory_info().rss
    for child in own.children(recursive=True):
        try:
            total += child.memory_info().rss
        except psutil.Error:  # it has just ended
            continue
    return total


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
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
