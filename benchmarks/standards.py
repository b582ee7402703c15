"""What PDF/X-4, PDF/VT-1 and the PDF/A-3 archive cost: whole runs of the demo job, unimposed, by processor time.

python -m benchmarks.standards --input build/tpch-0.05
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

JOB = Path(__file__).parents[1] / "jobs" / "statement"
VARIANTS: dict[str, dict[str, object]] = {
    "plain": {},
    "PDF/X-4": {"standard": ["pdfx4"]},
    "PDF/VT-1": {"standard": ["pdfvt1"]},
    "archive": {"archive": {"data": "json"}},
}


def job_of(folder: Path, more: dict[str, object]) -> Path:
    """The demo job, a page a side, with a variant's settings."""
    shutil.copytree(JOB, folder)
    text = (folder / "job.yaml").read_text()
    job = yaml.safe_load(text)
    job["production_date"] = str(job["production_date"])
    job["imposition"] = {
        "scheme": "one_up", "sheet_width": "8.5in", "sheet_height": "11in", "crop_marks": False,
    }  # fmt: skip
    job.update({key: value for key, value in more.items() if key == "archive"})
    job["spool"].update({key: value for key, value in more.items() if key != "archive"})
    (folder / "job.yaml").write_text(json.dumps(job, default=str))
    return folder


def run(job: Path, data: Path, out: Path) -> tuple[float, int, int, dict[str, int]]:
    """Run once; processor seconds, bytes of print files and of the archive, counts."""
    shutil.rmtree(out, ignore_errors=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "printstream", "run", job, "--input", data, "--out", out]
    subprocess.run([*command, "--run-id", "1", "--quiet", "--workers", "1"], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    folder = out / "statement" / "1"
    sizes = (
        sum(path.stat().st_size for path in folder.glob(f"{name}/*.pdf")) for name in ("spool", "archive")
    )
    return seconds, *sizes, json.loads((folder / "run.json").read_text())["counts"]


def main() -> None:
    """Print a line a variant: the median of some rounds, and the ratio to a plain run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        jobs = {key: job_of(Path(name) / str(k), more) for k, (key, more) in enumerate(VARIANTS.items())}
        seen: dict[str, list[tuple[float, int, int, dict[str, int]]]] = {key: [] for key in jobs}
        for _ in range(arguments.rounds):
            for key, job in jobs.items():
                seen[key].append(run(job, arguments.input, Path(name) / "out"))
    plain = statistics.median(result[0] for result in seen["plain"])
    for key, results in seen.items():
        seconds = statistics.median(result[0] for result in results)
        _, spool, archive, counts = results[0]
        each = (seconds - plain) / counts["pieces"] * 1e6
        print(
            f"{key:9} {seconds:6.2f} s  x {seconds / plain:.3f}  {each:6.1f} us a piece more  "
            f"print {spool:,} B  archive {archive:,} B  {counts['pieces']:,} pieces, {counts['pages']:,} pages"
        )


if __name__ == "__main__":
    main()
