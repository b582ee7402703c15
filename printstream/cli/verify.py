"""The words of ``verify``."""

from __future__ import annotations

import argparse

from printstream.cli import corridor
from printstream.cli.shared import RUN, add_options, add_target
from printstream.commingle.words import is_mailing


def add(command: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_options(command)
    add_target(command, "RUN", RUN)


def perform(arguments: argparse.Namespace) -> int:
    """Verify a run, or a mailing of several jobs."""
    if is_mailing(arguments):
        from printstream.cli import mailing

        return mailing.perform(arguments)
    return corridor.perform(arguments)
