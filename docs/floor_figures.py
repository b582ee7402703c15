"""Draw the pictures and write the tables of docs/floor.md: ``python docs/floor_figures.py out/statement/<run>``.

The table is what the floor found when each mishap was done on purpose; nothing in it is written by hand. With
``--profiles build/tpch-0.05`` the same is counted for every shipped profile, by a run for each, and printed.
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
sys.path.insert(0, str(HERE.parent))
HEADS = {"marks and code": ("omr", "code"), "marks only": ("omr",), "code only": ("code",)}
COUNT = 6
GROUP = 4
SEEDS = 3
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


def profiles_table(data: Path) -> None:
    """Print rows of profiles, columns of kinds: caught by the machine, and behind a + later by the manifest."""
    from printstream.marks import shipped
    from tests.judges.floors import MOVED, own_profile, profile_changes
    from tests.judges.nights import call, job_with

    kinds = [kind for kind in KINDS if kind not in ("tear_away", "restack")]
    print("| profile | " + " | ".join(f"`{kind}`" for kind in kinds) + " | went out wrong |")
    print("|---|" + "---:|" * (len(kinds) + 1), flush=True)
    for name in sorted(shipped()):
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            changes = {"input.reject_limit.share": "1", **profile_changes(name)}
            job, profile = job_with(folder / "job", changes), ""
            if name in MOVED:
                profile = str(own_profile(name, folder / "job"))
            words = ("--input", data, "--out", folder, "--run-id", "1", "--quiet", "--limit", 110)
            done = call("run", job, *words)
            if done.code:
                sys.exit(done.err)
            print(_profile_row(name, folder / "statement" / "1", profile, kinds), flush=True)


def _profile_row(name: str, run: Path, profile: str, kinds: list[str]) -> str:
    machine, later, wrong = dict.fromkeys(kinds, 0), dict.fromkeys(kinds, 0), 0
    for seed in range(1, SEEDS + 1):
        for group in (kinds[:6], kinds[6:]):
            asked = Settings(run, inserter=profile, faults=tuple(group), seed=seed)
            outcome = run_floor(asked, QuietReporter())
            wrong += outcome.wrong_out
            for caught in outcome.caught:
                machine[caught.mishap.kind] += bool(caught.by_machine)
                later[caught.mishap.kind] += bool(caught.by_manifest) and not caught.by_machine
    cells = (f"{machine[kind]}" + (f" + {later[kind]}" if later[kind] else "") for kind in kinds)
    return f"| `{name}` | " + " | ".join(cells) + f" | {wrong} |"


def main() -> None:
    """Write pictures and table of the run named on the command line, or print that of the profiles."""
    if sys.argv[1] == "--profiles":
        profiles_table(Path(sys.argv[2]))
        return
    run = Path(sys.argv[1])
    outcome = run_floor(Settings(run, faults=("tear", "skew"), seed=2), QuietReporter())
    with tempfile.TemporaryDirectory() as folder:
        for path in draw_pictures(Path(folder), outcome):
            if path.stem in PICTURES:
                shutil.copy(path, HERE / "img" / f"floor-{path.name}")
    page = HERE / "floor.md"
    begin, end = "<!-- table -->\n", "<!-- end of table -->\n"
    head, rest = page.read_text().split(begin)
    page.write_text(head + begin + table(run) + end + rest.split(end)[1])
    print(page)


if __name__ == "__main__":
    main()
