"""Draw the pictures and write the table of docs/floor.md: ``python docs/floor_figures.py out/statement/<run>``.

The table is what the floor found when each mishap was done on purpose; nothing in it is written by hand.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from printstream.base.log import QuietReporter
from printstream.floor.faults import KINDS
from printstream.floor.pictures import draw_pictures
from printstream.floor.walk import Outcome, Settings, run_floor

HERE = Path(__file__).parent
HEADS = {"marks and code": ("omr", "code"), "marks only": ("omr",), "code only": ("code",)}
COUNT = 6
GROUP = 4
PICTURES = ("sheet", "stack", "tear", "skew")


def walk(run: Path, heads: tuple[str, ...], kinds: list[str]) -> Outcome:
    """Do some mishaps."""
    count = 1 if kinds == ["restack"] else COUNT
    words = tuple(f"{kind}:{count}" for kind in kinds)
    return run_floor(Settings(run, heads=heads, faults=words, seed=11), QuietReporter())


def table(run: Path) -> str:
    """Rows of kinds, columns of what is switched on."""
    single = [kind for kind in KINDS if kind != "restack"]
    groups = [single[k : k + GROUP] for k in range(0, len(single), GROUP)] + [["restack"]]
    cells: dict[tuple[str, str], str] = {}
    out = dict.fromkeys(HEADS, 0)
    for name, heads in HEADS.items():
        for group in groups:
            outcome = walk(run, heads, group)
            out[name] += outcome.wrong_out
            for kind in group:
                own = [c for c in outcome.caught if c.mishap.kind == kind]
                machine = sum(bool(c.by_machine) for c in own)
                later = sum(bool(c.by_manifest) and not c.by_machine for c in own)
                cells[kind, name] = f"{machine} of {len(own)}" + (f", {later} later" if later else "")
    lines = ["| mishap | what happens | " + " | ".join(HEADS) + " |", "|---" * (2 + len(HEADS)) + "|"]
    for kind, about in KINDS.items():
        amount = f" ({about.amount:g} {about.unit})" if about.unit else ""
        row = " | ".join(cells[kind, name] for name in HEADS)
        lines.append(f"| `{kind}` | {about.sentence}{amount} | {row} |")
    lines.append("| | **envelopes that went out wrong** | " + " | ".join(str(out[n]) for n in HEADS) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write pictures and table of the run named on the command line."""
    run = Path(sys.argv[1])
    outcome = run_floor(Settings(run, faults=("tear", "skew"), seed=2), QuietReporter())
    with tempfile.TemporaryDirectory() as folder:
        for path in draw_pictures(Path(folder), outcome):
            if path.stem in PICTURES:
                shutil.copy(path, HERE / "img" / f"floor-{path.name}")
    page = HERE / "floor.md"
    text = page.read_text()
    begin, end = "<!-- table -->\n", "<!-- end of table -->\n"
    head, rest = text.split(begin)
    page.write_text(head + begin + table(run) + end + rest.split(end)[1])
    print(page)


if __name__ == "__main__":
    main()
