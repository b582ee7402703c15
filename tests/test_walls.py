"""The walls of the house stand: each contract of pyproject.toml refuses a bad example."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]


def _lint(house: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(house), "COLUMNS": "200"}
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as c; c()",
        "--no-cache",
    ]
    return subprocess.run(command, cwd=house, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package's sources, in which walls may be broken."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(_ROOT / "pyproject.toml", folder)
    only_sources = shutil.ignore_patterns("__pycache__", "*.parquet", "*.ttf", "*.nbi", "*.nbc")
    shutil.copytree(_ROOT / "printstream", folder / "printstream", ignore=only_sources)
    return folder


def test_the_house_as_it_stands(house: Path) -> None:
    done = _lint(house)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("presort/bad.py", "from printstream.ticket import record"),
        ("layout/bad.py", "import printstream.draw"),
        ("base/bad.py", "from printstream import job"),
        ("spool/bad.py", "from printstream import plan"),
        ("kernels/bad.py", "from printstream.layout import template"),
        ("draw/bad.py", "from printstream import cli"),
        ("draw/bad.py", "import numba"),
        ("kernels/bad.py", "from numba import njit"),
        ("layout/bad.py", "import pikepdf"),
        ("floor/bad.py", "from printstream.kernels import datamatrix"),
        ("floor/bad.py", "from printstream.marks import profile"),
        ("delivery/bad.py", "from printstream import papers"),
        ("base/bad.py", "from reportlab.pdfgen import canvas"),
    ],
)
def test_a_broken_wall_is_seen(house: Path, module: str, line: str) -> None:
    bad = house / "printstream" / module
    bad.write_text(line + "\n")
    try:
        done = _lint(house)
    finally:
        bad.unlink()
    assert done.returncode == 1, done.stdout
    assert f"printstream.{module.removesuffix('.py').replace('/', '.')} -> " in done.stdout
