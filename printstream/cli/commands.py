"""The commands: names, sentences, and the module of each, imported when it is called.

In: argv. Out: what to run, and its arguments. Never: imports more than one command's module.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Protocol, cast

from printstream import __version__
from printstream.cli.faults import EXIT_CODES

COMMANDS = {
    "run": "plan, draw, verify and release a night's mail; several jobs are sorted together",
    "plan": "count pages, pieces, trays, postage and spools; draw nothing",
    "check": "check the job, its template and the form of its input; draw nothing",
    "verify": "verify a finished run folder again: every file, count and amount",
    "proof": "make one document as a PDF file, to look at; no mailing is made",
    "reconcile": "say what became of every piece, from the inserter's result files",
    "floor": "take a finished run through press, cutter and inserter in software, and say what they would find",
    "addresses": "the list of addresses for a service such as CASS; see address.checks.returned for its way back",
    "impose": "lay the pages of any PDF on press sheets, by a scheme (docs/imposition.md)",
    "show": "draw a press sheet with cells, trims, pieces and clear zones over it",
    "submit": "send a finished run's print files to a print server (IPP), each once",
    "deliver": "copy a finished run's print files into a hot folder, each once",
    "bench": "measure this machine: whole runs, the floor under them, presses that they feed; keeps no print file",
}
"""Name -> what it does. The module ``printstream.cli.<name>`` has its words."""
Perform = Callable[[argparse.Namespace], int]


class Words(Protocol):
    """A command's module."""

    def add(self, command: argparse.ArgumentParser) -> None:
        """Add the command's options."""

    def perform(self, arguments: argparse.Namespace) -> int:
        """Run it, show what came of it, give the exit code."""


def parse(words: Sequence[str]) -> tuple[Perform, argparse.Namespace]:
    """Give what to run, and with which arguments.

    Raises:
        SystemExit: help was asked for, or the words are wrong.
    """
    called = words[0] if words and words[0] in COMMANDS else ""
    module = cast("Words", import_module(f"printstream.cli.{called}")) if called else None
    parser = _parser()
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, sentence in COMMANDS.items():
        command = commands.add_parser(name, help=sentence, description=f"{name.title()}: {sentence}.")
        if module is not None and name == called:
            module.add(command)
    arguments = parser.parse_args(words)
    # Without a command the parser has ended the program.
    return cast("Words", module).perform, arguments


def _parser() -> argparse.ArgumentParser:
    codes = "\n".join(f"  {code:>3}  {meaning}" for code, meaning in EXIT_CODES)
    parser = argparse.ArgumentParser(
        prog="printstream",
        description="A night's mail, from billing data to print files that a press, a cutter, "
        "an inserter and the post accept.",
        epilog=f"exit codes:\n{codes}\n\nprintstream COMMAND --help lists the options, the same everywhere.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"printstream {__version__}")
    return parser
