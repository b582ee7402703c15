"""What ``submit`` and ``deliver`` share: which print files, and how the outcome is told.

In: parsed words. Out: the outcome on standard output, a fault on standard error as well. Never: sends.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from printstream.base import words
from printstream.base.errors import UsageError
from printstream.cli.shared import write

if TYPE_CHECKING:
    from printstream.delivery.outcome import Outcome


def add_spools(command: argparse.ArgumentParser) -> None:
    """Add which print files are sent."""
    add = command.add_argument
    only = "only these print files (default: all that were not sent)"
    add("--spool", metavar="N", type=words.count, nargs="+", action="extend", default=[], help=only)
    again = "with --spool: once more what was sent, or may have been; it will be printed twice"
    add("--again", action="store_true", help=again)


def refuse_all_again(arguments: argparse.Namespace) -> None:
    """Refuse to print everything once more.

    Raises:
        UsageError: saying what is missing.
    """
    if arguments.again and not arguments.spool:
        what = "--again needs to know what is printed once more"
        raise UsageError(what, where="--again", next_step="Add --spool N")


def run_dir(arguments: argparse.Namespace) -> Path:
    """The run's folder, also where its run.json is named."""
    target: Path = arguments.target
    return target.parent if target.name == "run.json" else target


def tell(arguments: argparse.Namespace, outcome: Outcome) -> int:
    """Show the outcome; what failed is told twice: as a sentence, and print file by print file."""
    from printstream.delivery import outcome as shown

    if outcome.failure is not None:
        sys.stderr.write(f"printstream: {outcome.failure}\n")
    write(shown.as_json(outcome) if arguments.json else "" if arguments.quiet else shown.as_text(outcome))
    return outcome.exit_code
