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


CALLER = """
import sys
import numpy as np
from mine import double
from printstream.kernels.jit import kernel

@kernel
def doubled_sum(values):
    if values.size == 0:
        raise ValueError("nothing to add")
    return double(values).sum() + min(values[0], values[1])

if "first" in sys.argv:
    assert double(np.arange(4)).tolist() == [0, 2, 4, 6]
assert doubled_sum(np.arange(4)) == 12
try:
    doubled_sum(np.arange(0))
except ValueError as error:
    print(str(error) == "nothing to add", len(double.stats.cache_hits), len(doubled_sum.stats.cache_hits))
"""


def test_a_loaded_kernel_is_compiled_into_another(tmp_path: Path) -> None:
    """Its module is not read when it is loaded, but is there for whoever compiles it in, before or after its first call."""
    script, caller = tmp_path / "mine.py", tmp_path / "caller.py"
    script.write_text(CODE)
    caller.write_text(CALLER)
    _run(script, tmp_path / "cache")
    assert _run(caller, tmp_path / "cache")[-3:] == ["True", "2", "0"]  # compiled with the loaded one in it
    assert _run(caller, tmp_path / "cache")[-3:] == ["True", "2", "1"]  # all loaded
    caller.write_text(CALLER.replace('"first" in sys.argv', "True"))
    assert _run(caller, tmp_path / "cache")[-3:] == ["True", "2", "0"]  # after a call of the loaded one
