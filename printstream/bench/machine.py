"""The machine and how busy it is: a figure without them says nothing.

In: the system. Out: plain words and whole numbers; "unknown" where it does not tell.
"""

from __future__ import annotations

import os
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

from printstream.base.frozen import frozen
from printstream.base.measure import cpu_name
from printstream.base.options import available_cores

IDLE_CORES = 0.25
"""A machine on which others keep more cores busy than this, while we sleep, disturbs our figures."""
_LOOK_SECONDS = 1.0


@frozen
class Machine:
    """Where the figures were taken."""

    cpu: str
    cores: int
    """Cores that this process may use."""
    memory_bytes: int
    disk: str
    """File system and device of the folder that print files are written to."""
    system: str
    busy_cores: float
    """Cores that other programs kept busy just before the bench began."""

    @property
    def idle(self) -> bool:
        """Whether nothing else seemed to run."""
        return self.busy_cores <= IDLE_CORES

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        return asdict(self)


def this_machine(out: Path) -> Machine:
    """Describe the machine; ``out`` must be there."""
    import psutil

    return Machine(
        cpu=cpu_name(),
        cores=available_cores(),
        memory_bytes=int(psutil.virtual_memory().total),
        disk=_disk(out),
        system=f"{platform.system()} {platform.release()}, {platform.machine()}",
        # Not the load average: that remembers our own work of the last minutes.
        busy_cores=round(psutil.cpu_percent(_LOOK_SECONDS) / 100 * (os.cpu_count() or 1), 2),
    )


def _disk(folder: Path) -> str:
    """Name the file system that holds a folder: ``ext4 on /dev/nvme0n1p2``."""
    import psutil

    real = folder.resolve()
    mounts = [p for p in psutil.disk_partitions(all=True) if real.is_relative_to(p.mountpoint)]
    if not mounts:
        return "unknown"
    best = max(mounts, key=lambda p: len(p.mountpoint))
    return f"{best.fstype or 'unknown'} on {best.device}"
