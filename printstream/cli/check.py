"""The words of ``check``."""

from __future__ import annotations

import argparse

from printstream.cli import corridor
from printstream.cli.shared import JOB, add_options, add_target


def add(command: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_options(command)
    add_target(command, "JOB", JOB)


perform = corridor.perform
