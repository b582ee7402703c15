"""The words of ``deliver``: print files into a hot folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from printstream.cli import sending
from printstream.cli.shared import RUN, add_output, add_target, reporter_of

PAPERS = ("tickets", "inserter")
MARKERS = ("each", "run", "none")
NAME = "{job}-{run}-{spool}"


def add(command: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add = command.add_argument
    add_target(command, "RUN", RUN)
    add("--to", metavar="FOLDER", type=Path, required=True, help="the hot folder, which must be there")
    sending.add_spools(command)
    papers = "also tickets, inserter: each print file's own papers, before it"
    add("--with", dest="papers", metavar="PAPER", nargs="+", choices=PAPERS, default=[], help=papers)
    names = "names without ending, of {job}, {run}, {spool} (default: %(default)s)"
    add("--name", metavar="TEMPLATE", default=NAME, help=names)
    markers = "done-markers: one behind each print file (default), one for the run, or none"
    add("--done", choices=MARKERS, default="each", help=markers)
    add_output(command)


def perform(arguments: argparse.Namespace) -> int:
    """Deliver a run."""
    sending.refuse_all_again(arguments)
    reporter = reporter_of(arguments)
    from printstream.delivery import hotfolder

    settings = hotfolder.DeliverSettings(
        run_dir=sending.run_dir(arguments),
        folder=arguments.to,
        spools=tuple(arguments.spool),
        papers=frozenset(arguments.papers),
        name=arguments.name,
        markers=arguments.done,
        again=arguments.again,
    )
    return sending.tell(arguments, hotfolder.deliver(settings, reporter))
