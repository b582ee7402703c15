"""The words of ``submit``: print files to a print server."""

from __future__ import annotations

import argparse
from pathlib import Path

from printstream.base import words
from printstream.base.errors import UsageError
from printstream.cli import sending
from printstream.cli.shared import RUN, add_output, add_target, reporter_of


def add(command: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add = command.add_argument
    add_target(command, "RUN", RUN)
    add("--printer", metavar="URI", default="", help="ipp://host:631/path, or ipps:// with TLS")
    sending.add_spools(command)
    attribute = "set a job attribute, such as output-bin=stacker; nothing behind = leaves it out"
    add("--attribute", metavar="NAME=VALUE", action="append", default=[], help=attribute)
    add("--wait", action="store_true", help="wait until all is printed")
    add("--wait-minutes", metavar="M", type=words.count, default=720, help="longest wait (default: 720)")
    add("--dry-run", action="store_true", help="ask the printer, show what would be sent, send nothing")
    add("--status", action="store_true", help="ask what became of what was sent, send nothing")
    silence = "longest silence of the printer, seconds (default: 60)"
    add("--timeout", metavar="S", type=words.count, default=60, help=silence)
    add("--ca", metavar="FILE.pem", type=Path, help="with ipps: certificates to trust besides the system's")
    add_output(command)


def perform(arguments: argparse.Namespace) -> int:
    """Submit a run, or ask what became of it."""
    sending.refuse_all_again(arguments)
    reporter = reporter_of(arguments)
    from printstream.delivery import submit
    from printstream.delivery.jobattributes import parse_changes

    if not arguments.printer and not arguments.status:
        what = "a printer is needed"
        raise UsageError(what, where="--printer", next_step="Add --printer ipp://host:631/ipp/print")
    settings = submit.SubmitSettings(
        run_dir=sending.run_dir(arguments),
        printer=arguments.printer,
        spools=tuple(arguments.spool),
        changes=parse_changes(arguments.attribute),
        again=arguments.again,
        wait=arguments.wait,
        wait_minutes=arguments.wait_minutes,
        dry_run=arguments.dry_run,
        timeout_s=float(arguments.timeout),
        ca_file=arguments.ca,
    )
    return sending.tell(arguments, (submit.status if arguments.status else submit.submit)(settings, reporter))
