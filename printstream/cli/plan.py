"""The words of ``plan``: the job as it is, or under other settings too, side by side."""

from __future__ import annotations

import argparse

from printstream.base import words
from printstream.base.errors import UsageError
from printstream.cli import corridor
from printstream.cli.shared import SEVERAL, add_options, add_target, options_of, reporter_of, set_pools, write
from printstream.commingle.words import is_mailing


def add(command: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_options(command, several=True)
    add_target(command, "JOB", SEVERAL, several=True)
    variants = "plan the job with other settings too, side by side; several joined by + (docs/whatif.md)"
    command.add_argument("--compare", metavar="KEY=VALUE[,VALUE]", action="append", help=variants)
    page = "with --compare: also save a page with charts"
    command.add_argument("--save", metavar="FILE.html", type=words.html_file, help=page)


def perform(arguments: argparse.Namespace) -> int:
    """Plan a job, several as one mailing, or one in variants."""
    if is_mailing(arguments):
        from printstream.cli import mailing

        return mailing.perform(arguments)
    if arguments.compare or arguments.save:
        return _compare(arguments)
    return corridor.perform(arguments)


def _compare(arguments: argparse.Namespace) -> int:
    """Plan the job under other settings too, and show the figures side by side."""
    if not arguments.compare:
        what = "--save needs something to compare"
        raise UsageError(what, where="--save", next_step="Add --compare KEY=VALUE")
    options = options_of(arguments)
    set_pools(options.worker_count)
    from printstream import whatif

    comparison = whatif.compare_job(options, arguments.compare, reporter_of(arguments))
    text = whatif.table_text(comparison)
    if arguments.save is not None:
        text += f"\n  saved as {whatif.write_page(arguments.save, comparison)}\n"
    write(whatif.json_text(comparison) if arguments.json else "" if arguments.quiet else text)
    return 0
