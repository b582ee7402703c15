"""The machine, measured."""

from __future__ import annotations

import os
import subprocess
import sys

from printstream.base.measure import cpu_name, versions

_MB = 1_000_000


def test_the_peak_stays_and_counts_a_child() -> None:
    """In a process of its own: the peak of this one may be anything by now."""
    code = """
import subprocess, sys
from printstream.base.measure import peak_memory_bytes
before = peak_memory_bytes()
hog = bytearray(b"x") * 150_000_000
del hog
own = peak_memory_bytes()
subprocess.run([sys.executable, "-c", "b = bytearray(b'x') * 250_000_000"], check=True)
print(before, own, peak_memory_bytes())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, own, both = map(int, done.stdout.split())
    assert 5 * _MB < before < 100 * _MB
    assert 145 * _MB < own - before < 160 * _MB
    assert 240 * _MB < both - own < 300 * _MB


def test_versions_name_what_the_bytes_depend_on() -> None:
    found = versions()
    assert {"printstream", "python", "numba", "polars", "isal"} <= set(found)
    assert "no-such-package" not in versions(("no-such-package",))
    assert cpu_name()
    assert os.cpu_count()
