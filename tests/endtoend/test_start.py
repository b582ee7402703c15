"""What a run whose kernels and files are in the cache does not import: each of these takes 0.01 to 0.3 s of every start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.judges.nights import JOB

_DEAR = ("numba", "pyarrow.compute", "pyarrow.dataset", "fontTools", "yaml", "ruamel.yaml", "pandas", "scipy")


@pytest.mark.parametrize("documents", ["few", "night_input"])
def test_a_warm_run_imports_nothing_dear(
    documents: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    data: Path = request.getfixturevalue(documents)
    code = (
        "import sys\n"
        "from printstream.cli import main\n"
        "code = main(sys.argv[1:])\n"
        f"print('CODE', code, 'DEAR', [name for name in {_DEAR} if name in sys.modules])"
    )
    said = ""
    for turn in ("cold", "warm"):
        words = ["run", JOB, "--input", data, "--out", tmp_path / turn, "--quiet"]
        command = [sys.executable, "-c", code, *map(os.fspath, words)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "CODE 0 DEAR []" in said
