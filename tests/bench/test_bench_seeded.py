"""``bench --scale``: the seeded input is found or made, and where neither can be, it is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from printstream.base.errors import ResourceError, UsageError
from printstream.base.log import QuietReporter
from printstream.bench.seeded import ROOT, SCRIPT, seeded_input
from tests.judges.nights import call


def _tree(folder: Path, script: str) -> Path:
    path = folder / SCRIPT
    path.parent.mkdir(parents=True)
    path.write_text(script)
    return folder


def test_an_installed_package_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="an installed package does not have") as caught:
        seeded_input("1", QuietReporter(), tmp_path)
    assert "--input" in caught.value.next_step


def test_the_scripts_words_are_passed_on(tmp_path: Path) -> None:
    absent = _tree(tmp_path / "a", "import sys; sys.exit('tpchgen-cli was not found. Install it')")
    with pytest.raises(UsageError, match="tpchgen-cli was not found") as caught:
        seeded_input("1", QuietReporter(), absent)
    assert "printstream[demo]" in caught.value.next_step
    full = _tree(tmp_path / "b", "import sys; sys.exit('no space left')")
    with pytest.raises(ResourceError, match="no space left"):
        seeded_input("1", QuietReporter(), full)


def test_input_is_made_once(tmp_path: Path) -> None:
    """The real script, in a tree of links to the real one."""
    for name in ("fixtures", "printstream"):
        (tmp_path / name).symlink_to(ROOT / name)
    script = (ROOT / SCRIPT).read_text()
    assert "resolve()" in script, "it finds its own modules through the link"
    made = seeded_input("0.001", QuietReporter(), tmp_path)
    assert made == tmp_path / "build" / "tpch-0.001"
    assert json.loads((made / "expected.json").read_text())["scale"] == "0.001"
    before = {path: path.stat().st_mtime_ns for path in made.rglob("*")}
    assert seeded_input("0.001", QuietReporter(), tmp_path) == made
    assert {path: path.stat().st_mtime_ns for path in made.rglob("*")} == before


@pytest.mark.parametrize("word", ["0", "0.0001", "1001", "x", "-1", "1e3", "../1"])
def test_a_scale_is_a_number(word: str) -> None:
    done = call("bench", f"--scale={word}")
    assert done.code == 2
    assert "no scale factor" in done.err


def test_scale_and_input_exclude_each_other(tmp_path: Path) -> None:
    done = call("bench", "--scale", "0.001", "--input", tmp_path)
    assert (done.code, "both say" in done.err) == (2, True)
