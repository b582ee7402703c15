"""The words of ``bench``: this machine, measured."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from printstream.base import words
from printstream.base.errors import UsageError
from printstream.cli.shared import JOB, add_options, options_of, reporter_of, set_pools, write

if TYPE_CHECKING:
    from printstream.base.log import Reporter

DEMO_JOB = Path("jobs/statement")


def add(command: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add = command.add_argument
    add_options(command)
    job = f"{JOB} (default: {DEMO_JOB})"
    add("target", metavar="JOB", type=Path, nargs="?", default=DEMO_JOB, help=job)
    scale = "the demo job's seeded input at this scale, made if need be"
    add("--scale", metavar="S", type=words.scale, help=scale)
    add("--runs", metavar="N", type=words.count, default=3, help="rounds of runs, at least (default: 3)")
    add("--minutes", metavar="M", type=words.count, default=0, help="go on with rounds for so many minutes")
    add("--compare", metavar="OLD.json", type=Path, help="show the ratios to an earlier bench")
    saved = "where figures are saved, with an .html page beside (default: in the job's folder under --out)"
    add("--save", metavar="FILE.json", type=words.json_file, help=saved)


def perform(arguments: argparse.Namespace) -> int:
    """Measure, save, and show the figures."""
    reporter = reporter_of(arguments)
    if arguments.scale is not None:
        arguments.input = _seeded_input(arguments, reporter)
    options = options_of(arguments)
    set_pools(options.worker_count)
    from printstream import bench

    # Read first: a bench takes minutes, a wrong name must not.
    old = bench.read_record(arguments.compare) if arguments.compare is not None else None
    record = bench.run_bench(bench.Settings(options, arguments.runs, arguments.minutes), reporter)
    comparison = bench.compare(record, old) if old is not None else None
    saved = bench.save(record, comparison, options, arguments.save)
    text = bench.summary_text(record, comparison) + f"\n  saved as {saved[0]} and {saved[1].name}\n"
    write(bench.json_text(record) if arguments.json else "" if arguments.quiet else text)
    return 0


def _seeded_input(arguments: argparse.Namespace, reporter: Reporter) -> Path:
    """Find or make the demo job's input at a scale."""
    if arguments.input is not None:
        what = "--scale and --input both say what is benched"
        raise UsageError(what, next_step="Give one of them")
    from printstream.bench.seeded import seeded_input

    return seeded_input(arguments.scale, reporter)
