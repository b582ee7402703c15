"""Kernels from the cache: loaded without what only compiling needs, never stale."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CODE = """
import sys
import numpy as np
from printstream.kernels.imb import encode_imb, imb_tables
from printstream.kernels.jit import kernel

@kernel
def double(values):
    out = np.empty_like(values)
    for i in range(values.size):
        out[i] = 2 * values[i]
    return out

assert double(np.arange(4)).tolist() == [0, 2, 4, 6]
assert double(np.arange(4.0)).tolist() == [0, 2, 4, 6]
print("numba.np.linalg" in sys.modules, len(double.stats.cache_hits), len(double.stats.cache_misses))
"""


def _run(script: Path, cache: Path) -> list[str]:
    env = {**os.environ, "PRINTSTREAM_CACHE_DIR": str(cache), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, script], env=env, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_kernel_of_the_cache_asks_for_no_compiler(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(CODE)
    compiled, loaded = _run(script, tmp_path / "cache"), _run(script, tmp_path / "cache")
    assert compiled == ["True", "0", "2"]
    assert loaded == ["False", "2", "0"]


def test_a_changed_kernel_is_compiled_again(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(CODE)
    _run(script, tmp_path / "cache")
    script.write_text(CODE.replace("2 * values", "3 * values").replace("[0, 2, 4, 6]", "[0, 3, 6, 9]"))
    assert _run(script, tmp_path / "cache")[1:] == ["0", "2"]
