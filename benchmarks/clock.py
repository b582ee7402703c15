"""Processor time of this process and its finished children: what a core is busy with, whoever else uses the machine."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable, Sequence


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


def cpu_side_by_side(commands: Sequence[Sequence[str]], turn: int) -> list[float]:
    """Processor seconds of commands that run at the same time, each on a core of its own, another one next ``turn``.

    What else goes on in the machine meets all of them: the ratio of two commands of a third of a second varies by 5 to 9
    per cent then, instead of 10 to 26 one after the other.
    """
    cores = sorted(os.sched_getaffinity(0))
    order = list(range(len(commands)))
    if turn // 2 % 2:
        order.reverse()
    running = {}
    for number in order:
        running[number] = subprocess.Popen(commands[number], stdout=subprocess.DEVNULL)
        os.sched_setaffinity(running[number].pid, {cores[(number + turn) % len(cores)]})
    seconds = []
    for number in range(len(commands)):
        _, status, usage = os.wait4(running[number].pid, 0)
        running[number].returncode = os.waitstatus_to_exitcode(status)
        assert running[number].returncode == 0, commands[number]
        seconds.append(usage.ru_utime + usage.ru_stime)
    return seconds
