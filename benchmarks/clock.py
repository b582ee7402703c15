"""Processor time of this process and its finished children: what a core is busy with, whoever else uses the machine."""

from __future__ import annotations

import resource
from collections.abc import Callable


def cpu_seconds() -> float:
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def cpu_of(run: Callable[[], object]) -> float:
    """Processor seconds of one call."""
    begin = cpu_seconds()
    run()
    return cpu_seconds() - begin
