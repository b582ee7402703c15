"""The README's figures are those of the saved benchmark, and what is missed stands there as missed."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

_ROOT = Path(__file__).parents[2]


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_figures", _ROOT / "docs" / "figures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FIGURES = _tool()


def _saved(**changes: Any) -> dict[str, Any]:
    figure = {"median": 1_200_000.0, "low": 1.1e6, "high": 1.3e6}
    return {
        "machine": {"cpu": "Test CPU", "cores": 2, "memory_bytes": 8 << 30, "disk": "ext4 on /dev/sda"},
        "job": {
            "made": "2026-01-31T22:15",
            "pages_per_minute": figure,
            "run_over_floor": {"median": 3.0},
            "work": {"pages": 311_000},
            "bench": {"runs": 3, "idle": True, "busy_cores": 0.1},
        }
        | changes,
        "peers": {
            "made": "2026-01-31T22:15",
            "printstream": {"pages_per_core_second": 20_000.0, "bytes_per_page": 1_500.0},
            "ReportLab": {"pages_per_core_second": 400.0, "bytes_per_page": 3_000.0},
        },
    }


def test_met_missed_and_not_measured() -> None:
    text = FIGURES.block(_saved())
    assert "**1,200,000 pages a minute** on 2 cores (Test CPU, 8 GiB, ext4 on /dev/sda)" in text
    assert "| pages a minute, 2 cores | 1,000,000 | 2,000,000 | 1,200,000 |" in text
    assert "| run ÷ floor | 2.50 × | 1.80 × | 3.00 × (missed) |" in text
    assert "| bytes a dense page against ReportLab | 0.90 × | 0.60 × | 0.50 × |" in text
    assert "peak memory" not in text, "what was not measured is left out"
    assert text.index("| **printstream** | 1,200,000 | 1,500 |") < text.index(
        "| ReportLab | 24,000 | 3,000 |"
    )
    assert "others kept 2.5 cores busy" in FIGURES.block(
        _saved(bench={"runs": 3, "idle": False, "busy_cores": 2.5})
    )


def test_only_the_lines_between_the_marks_change() -> None:
    readme = f"a\n{FIGURES.BEGIN}old\n{FIGURES.END}b\n"
    assert FIGURES.replaced(readme, "new\n") == f"a\n{FIGURES.BEGIN}new\n{FIGURES.END}b\n"


def test_the_readme_is_current() -> None:
    path = FIGURES.newest()
    if path is None:
        pytest.skip("no benchmark is saved")
    text = FIGURES.block(json.loads(path.read_text()))
    readme = (_ROOT / "README.md").read_text()
    assert FIGURES.replaced(readme, text) == readme, "run `python docs/figures.py`"
