"""Kernels: compiled once, loaded without the compiler, never stale, right for every kind of argument."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from printstream.kernels.deflate import deflate_sides
from printstream.kernels.jit import kernel, type_words
from printstream.kernels.memory import load_u8

CODE = """
import sys
import numpy as np
from printstream.kernels.jit import kernel

@kernel
def double(values):
    work = np.empty_like(values)
    for i in range(values.size):
        work[i] = 2 * values[i]
    return work.sum()

assert double(np.arange(4)) == 12
assert double(np.arange(4.0)) == 12
print("numba" in sys.modules)
"""


def _run(script: Path, cache: Path, *words: str) -> list[str]:
    env = {**os.environ, "PRINTSTREAM_CACHE_DIR": str(cache), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, script, *words], env=env, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_a_kernel_of_the_cache_asks_for_no_compiler(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(CODE)
    compiled, loaded = _run(script, tmp_path / "cache"), _run(script, tmp_path / "cache")
    assert (compiled, loaded) == (["True"], ["False"])


def test_a_changed_kernel_is_compiled_again(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(CODE)
    _run(script, tmp_path / "cache")
    script.write_text(CODE.replace("2 * values", "3 * values").replace("12", "18"))
    assert _run(script, tmp_path / "cache") == ["True"]


def test_a_kernel_cut_short_on_disk_is_compiled_again(tmp_path: Path) -> None:
    script, cache = tmp_path / "mine.py", tmp_path / "cache"
    script.write_text(CODE)
    _run(script, cache)
    for path in (path for path in cache.rglob("*") if path.is_file()):
        path.write_bytes(path.read_bytes()[:-100])
    assert _run(script, cache) == ["True"]
    assert _run(script, cache) == ["False"]


def test_kernels_of_versions_long_gone_leave(tmp_path: Path) -> None:
    script, cache = tmp_path / "mine.py", tmp_path / "cache"
    script.write_text(CODE)
    old = [cache / f"mine-{number}" for number in range(5)] + [cache / "mine_too-0", cache / "models"]
    for days, folder in enumerate(old):
        folder.mkdir(parents=True)
        (folder / "image").write_bytes(b"")
        os.utime(folder, (days, days))
    assert _run(script, cache) == ["True"]
    left = {path.name for path in cache.iterdir()} & {folder.name for folder in old}
    assert left == {"mine-2", "mine-3", "mine-4", "mine_too-0", "models"}
    assert _run(script, cache) == ["False"]


def test_another_setting_of_numba_is_another_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "mine.py"
    script.write_text(CODE)
    _run(script, tmp_path / "cache")
    monkeypatch.setenv("NUMBA_OPT", "1")
    assert _run(script, tmp_path / "cache") == ["True"]


CALLER = """
import sys
import numpy as np
from mine import double
from printstream.kernels.jit import kernel

@kernel
def doubled_sum(values):
    if values.size == 0:
        raise ValueError("nothing to add")
    return double(values) + min(values[0], values[1])

if "first" in sys.argv:
    assert double(np.arange(4)) == 12
assert doubled_sum(np.arange(4)) == 12
assert double(np.arange(4)) == 12
print("numba" in sys.modules)
try:
    doubled_sum(np.arange(0))
except ValueError as error:
    print(str(error) == "nothing to add")
"""


@pytest.mark.parametrize("words", [(), ("first",)], ids=["the caller first", "the called first"])
def test_a_loaded_kernel_is_compiled_into_another(tmp_path: Path, words: tuple[str, ...]) -> None:
    script, caller = tmp_path / "mine.py", tmp_path / "caller.py"
    script.write_text(CODE)
    caller.write_text(CALLER)
    _run(script, tmp_path / "cache")
    assert _run(caller, tmp_path / "cache", *words) == ["False", "True", "True"]
    assert _run(caller, tmp_path / "cache", *words) == ["False", "False", "True"]


@kernel
def _sum_twice(values, more):  # type: ignore[no-untyped-def]
    """Touch every item; write where that is allowed."""
    total = 0
    for i in range(values.size):
        total += 2 * values[i]
    for part in more:
        total += part[0]
    return total


def test_arrays_that_lie_otherwise_in_memory_are_other_arguments() -> None:
    base = np.arange(10)
    frozen = base.copy()
    frozen.flags.writeable = False
    odd = np.frombuffer(b"\0" + base.tobytes(), np.uint8)[1:].view(np.int64)
    none, some = (base[:1],), (base[5:6], base[7:8])
    for values in (base, base[::2], base[::-1], frozen, base.astype(np.int16), base.astype(np.uint8), odd):
        assert _sum_twice(values, none) == 2 * int(values.sum())
        assert _sum_twice(values, some) == 2 * int(values.sum()) + 12
    assert _sum_twice(base / 2, none) == 45.0
    words = {type_words(v) for v in (base, base[::2], frozen, odd, base.astype(np.int16), base.astype(">i8"))}
    assert len(words) == 6


@kernel
def _doubled(values):  # type: ignore[no-untyped-def]
    return 2 * values


def test_an_array_may_come_back() -> None:
    assert _doubled(np.arange(4)).tolist() == [0, 2, 4, 6]
    assert _doubled(np.arange(4, dtype=np.float32)).dtype == np.float32


def test_what_no_kernel_takes_is_refused() -> None:
    with pytest.raises(TypeError, match="takes no str"):
        _sum_twice("abc", ())
    with pytest.raises(TypeError, match="for kernels"):
        load_u8(0, 0)


def test_a_kernel_keeps_its_name_and_words() -> None:
    assert deflate_sides.__name__ == "deflate_sides"
    assert deflate_sides.__doc__


def test_a_closure_is_no_kernel() -> None:
    factor = 3

    def times(value: Any) -> Any:
        return factor * value

    with pytest.raises(TypeError, match="closure"):
        kernel(times)
