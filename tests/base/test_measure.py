"""The machine, measured."""

from __future__ import annotations

import os
import subprocess
import sys

from printstream.base.measure import MemoryWatch, cpu_name, peak_memory_bytes, resident_bytes, versions

_MB = 1_000_000


def test_memory_is_in_bytes() -> None:
    assert 5 * _MB < resident_bytes() < 100_000 * _MB
    assert peak_memory_bytes() >= 5 * _MB


def test_the_watch_counts_children() -> None:
    hog = "import sys; b = bytearray(b'x') * 150_000_000; print('full', flush=True); sys.stdin.read()"
    with MemoryWatch(every_seconds=0.01) as watch:
        before = resident_bytes()
        with subprocess.Popen(
            [sys.executable, "-c", hog], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            child.stdout.readline()
            seen = resident_bytes()
            child.communicate()
    assert seen - before > 140 * _MB
    assert watch.peak_bytes >= before + 100 * _MB


def test_versions_name_what_the_bytes_depend_on() -> None:
    found = versions()
    assert {"printstream", "python", "numba", "polars", "isal"} <= set(found)
    assert "no-such-package" not in versions(("no-such-package",))
    assert cpu_name()
    assert os.cpu_count()
