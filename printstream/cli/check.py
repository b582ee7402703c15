"""The words of ``check``."""

from __future__ import annotations

import argparse

from printstream.cli import corridor
from printstream.cli.shared import SEVERAL, add_options, add_target
from printstream.commingle.words import is_mailing


def add(command: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_options(command, several=True)
    add_target(command, "JOB", SEVERAL, several=True)


def perform(arguments: argparse.Namespace) -> int:
    """Check a job, or several that are to be one mailing."""
    if is_mailing(arguments):
        from printstream.cli import mailing

        return mailing.perform(arguments)
    return corridor.perform(arguments)
