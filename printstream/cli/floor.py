"""The words of ``floor``: a finished run through press, cutter and inserter in software."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from printstream.base import words
from printstream.base.errors import BalanceError, UsageError
from printstream.cli.shared import RUN, add_output, add_target, is_heard, reporter_of, set_pools, write

if TYPE_CHECKING:
    from printstream.floor.walk import Settings


def add(command: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add = command.add_argument
    add_target(command, "RUN", RUN)
    profile = "inserter profile, or its file (default: the run's)"
    add("--inserter", metavar="PROFILE", default="", help=profile)
    add("--heads", metavar="omr,code", default="omr,code", help="readers switched on (default: both)")
    add("--shop", metavar="NAME", default="us_letter", help="shop, or its file (default: us_letter)")
    scheme = "imposition scheme, or its file, by which sheets are cut and stacked (default: the work order's)"
    add("--finishing", metavar="NAME", default="", help=scheme)
    how_many = command.add_mutually_exclusive_group()
    how_many.add_argument("--all", action="store_true", help="read every sheet (default)")
    sample = "read N sheets drawn by lot, and state what that proves"
    how_many.add_argument("--sample", metavar="N", type=words.count, help=sample)
    fault = "let something go wrong on the floor: tear, skew, drop, double, swap ... (docs/floor.md)"
    add("--fault", metavar="KIND[=AMOUNT][:COUNT]", action="append", default=[], help=fault)
    add("--seed", metavar="N", type=int, default=1, help="of samples and faults (default: 1)")
    many = "processes side by side (default: all cores)"
    add("--workers", metavar="N", type=words.count, default=0, help=many)
    add("--save", metavar="DIR", type=Path, help="where result files and findings go (default: RUN-floor)")
    add("--results", metavar="LAYOUT", default="", help="layout of the result files, as reconcile reads them")
    add("--pictures", action="store_true", help="also draw a cut sheet, the stack and damaged sheets, as PNG")
    add_output(command)


def perform(arguments: argparse.Namespace) -> int:
    """Walk the floor, save what came of it; findings end with the code of a failed verification."""
    settings = _settings(arguments)
    set_pools(settings.workers)
    from printstream.floor import report
    from printstream.floor.walk import run_floor

    run_dir = settings.run_dir.resolve()
    folder: Path = arguments.save or run_dir.with_name(f"{run_dir.name}-floor")
    outcome = run_floor(settings, reporter_of(arguments))
    saved = report.save(folder, settings, outcome)
    if arguments.pictures:
        from printstream.floor.pictures import draw_pictures

        saved += draw_pictures(folder, outcome)
    if is_heard(arguments):
        as_json = arguments.json
        write(report.json_text(settings, outcome, saved) if as_json else report.text(outcome, saved))
    # Mishaps that were asked for are no fault of the run.
    well = bool(settings.faults) or not outcome.findings
    return 0 if well else BalanceError.exit_code


def _settings(arguments: argparse.Namespace) -> Settings:
    """Turn words into settings.

    Raises:
        UsageError: they do not fit together.
    """
    from printstream.base.options import available_cores
    from printstream.floor.walk import HEADS, Settings

    target: Path = arguments.target
    if target.name == "run.json":
        target = target.parent
    if not (target / "run.json").is_file():
        what = "there is no run.json in this folder"
        raise UsageError(what, where=str(target), next_step="Name the folder of a finished run")
    heads = tuple(arguments.heads.split(","))
    if not heads or set(heads) - set(HEADS):
        what = f"{arguments.heads!r} are no readers"
        raise UsageError(what, where="--heads", next_step=f"Choose among {', '.join(HEADS)}")
    return Settings(
        run_dir=target,
        inserter=arguments.inserter,
        shop=arguments.shop,
        finishing=arguments.finishing,
        heads=heads,
        sample=arguments.sample,
        faults=tuple(arguments.fault),
        seed=arguments.seed,
        workers=arguments.workers or available_cores(),
        results=arguments.results,
    )
