"""The demo job's seeded input at a scale: found, or made by the script of the source tree.

In: a scale factor. Out: a folder. Never: runs a script from elsewhere than this package's own source tree; the installed
package has none, because the generator needs programs that a night's run does not.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from printstream.base.errors import ResourceError, UsageError
from printstream.base.log import Reporter

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path("fixtures") / "tpch.py"
FOLDER = Path("build")
"""Where ``make data`` puts it too."""


def seeded_input(scale: str, reporter: Reporter, root: Path = ROOT) -> Path:
    """Give the folder of the input at a scale; what is there and whole is taken as it is.

    Args:
        scale: TPC-H scale factor; 1 is a hundred thousand documents with six million lines.
        reporter: told before it takes a while.
        root: the source tree.

    Raises:
        UsageError: when there is no source tree around the package, or the generator is not installed.
        ResourceError: when the generator fails.
    """
    script = root / SCRIPT
    if not script.is_file():
        what = (
            f"seeded input is made by {SCRIPT} of the source tree, which an installed package does not have"
        )
        next_step = "Bench in a clone of the source, or your own data with --input"
        raise UsageError(what, where="--scale", next_step=next_step)
    out = root / FOLDER / f"tpch-{scale}"
    reporter.info(f"Looking for the seeded input of scale {scale} in {out}, making it where it is not whole.")
    command = [sys.executable, str(script), "--scale", scale, "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode == 0:
        return out
    said = done.stderr.strip().splitlines()[-1:] or [f"it ended with {done.returncode}"]
    if done.returncode == 2 or "not found" in said[0]:
        next_step = (
            "Install the generator with pip install 'printstream[demo]', or give a scale from 0.001 to 1000"
        )
        raise UsageError(said[0], where="--scale", next_step=next_step)
    what = f"{SCRIPT} failed: {said[0]}"
    raise ResourceError(what, where=str(out), next_step="Make room, or remove the folder")
