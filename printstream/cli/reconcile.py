"""The words of ``reconcile``: what became of the pieces."""

from __future__ import annotations

import argparse
from pathlib import Path

from printstream.base.errors import BalanceError
from printstream.cli.shared import RUN, add_output, add_target, write


def add(command: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add = command.add_argument
    add_target(command, "RUN", RUN)
    files = "a result file; several times for more"
    add("--results", metavar="FILE", type=Path, required=True, action="append", help=files)
    layout = "its layout, shipped or a file (default: output_csv)"
    add("--layout", metavar="NAME", default="output_csv", help=layout)
    add("--save", metavar="FILE.csv", type=Path, help="list the pieces that are neither done nor diverted")
    add_output(command)


def perform(arguments: argparse.Namespace) -> int:
    """Show what became of the pieces; exit code 5 where some are neither done nor diverted."""
    from printstream import reconcile

    found = reconcile.reconcile(arguments.target, arguments.results, arguments.layout)
    if arguments.save is not None:
        reconcile.save_open(arguments.save, found)
    text = reconcile.as_json(found) if arguments.json else "" if arguments.quiet else reconcile.as_text(found)
    write(text)
    return BalanceError.exit_code if found.open.height else 0
