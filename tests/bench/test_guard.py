"""The regression guard: it holds, and it can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.guard import Guard, guards
from tests.judges.nights import make_input


def test_a_guard_knows_both_directions() -> None:
    assert Guard("slower", 2.0, 2.0).holds
    assert not Guard("slower", 2.01, 2.0).holds
    assert Guard("faster", 25.0, 25.0, at_least=True).holds
    assert not Guard("faster", 24.9, 25.0, at_least=True).holds
    assert str(Guard("slower", 3.0, 2.0)).startswith("FAIL slower: 3.00, at most 2")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_ratios_hold(tmp_path: Path) -> None:
    from benchmarks.densepages import make_dense_pages

    make_input("0.02", tmp_path / "input")
    found = guards(make_dense_pages(tmp_path / "input", tmp_path), tmp_path)
    assert len(found) == 4
    assert [str(guard) for guard in found if not guard.holds] == []
