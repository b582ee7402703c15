"""What all benchmarks share: the input, the dense pages, and the ledger of figures that the README's table is made of."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from benchmarks.densepages import DensePages, make_dense_pages
from printstream.bench.machine import this_machine
from tests.judges.nights import make_input

SMALL_SCALE = "0.02"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--results", metavar="DIR", help="keep the figures in DIR/<machine>.json")


class Ledger:
    """Figures by section; a section that was measured takes the place of the saved one."""

    def __init__(self) -> None:
        self.sections: dict[str, dict[str, Any]] = {}

    def add(self, section: str, name: str, **figures: Any) -> None:
        """Enter figures under a section and a name."""
        rounded = {k: float(f"{v:.5g}") if isinstance(v, float) else v for k, v in figures.items()}
        self.sections.setdefault(section, {})[name] = rounded

    def save(self, folder: Path) -> Path:
        """Write them into the machine's file."""
        folder.mkdir(parents=True, exist_ok=True)
        machine = this_machine(folder)
        slug = re.sub(r"[^a-z0-9]+", "-", f"{machine.cpu} {machine.cores} cores".lower()).strip("-")
        path = folder / f"{slug}.json"
        kept = json.loads(path.read_text()) if path.is_file() else {"format": "printstream-benchmarks/1"}
        made = datetime.now(UTC).isoformat(timespec="minutes")
        for section, figures in self.sections.items():
            kept[section] = {"made": made, **figures}
        kept["machine"] = machine.as_dict()
        path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
        return path


_LEDGER = Ledger()


@pytest.fixture(scope="session")
def ledger() -> Ledger:
    return _LEDGER


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The whole job comes first, while the machine is cool and nothing of ours is in memory."""
    items.sort(key=lambda item: "test_job.py" not in item.nodeid)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the table, and keep it where asked."""
    for section, rows in _LEDGER.sections.items():
        terminalreporter.write_line("")
        terminalreporter.write_line(f"{section}:")
        for name, figures in rows.items():
            shown = ", ".join(
                f"{k} {v:,}" if isinstance(v, int | float) else f"{k} {v}" for k, v in figures.items()
            )
            terminalreporter.write_line(f"  {name:<28} {shown}"[:200])
    folder = config.getoption("--results")
    if folder and _LEDGER.sections:
        Path(folder).mkdir(parents=True, exist_ok=True)
        terminalreporter.write_line(f"\nkept in {_LEDGER.save(Path(folder))}")


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Statement data: the folder named by PRINTSTREAM_BENCH_INPUT, else a small one made here."""
    given = os.environ.get("PRINTSTREAM_BENCH_INPUT")
    if given:
        return Path(given)
    folder = tmp_path_factory.mktemp("data") / "tpch"
    make_input(SMALL_SCALE, folder)
    return folder


@pytest.fixture(scope="session")
def dense(data: Path, tmp_path_factory: pytest.TempPathFactory) -> DensePages:
    """Some hundred different full statement pages, drawn by us, and as strings at places for the peers."""
    return make_dense_pages(data, tmp_path_factory.mktemp("dense"))
