"""Words on the command line to options; faults to a message and an exit code.

In: argv. Out: an exit code (docs/exit-codes.md), a summary or JSON on standard output, progress and faults on
standard error. Never: imports a room, numpy, polars or numba before a command runs; shows a stack.

A module a command holds its words and what they run; only the one that is called is imported (``commands.py``).
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from printstream.cli.commands import COMMANDS, parse
from printstream.cli.faults import EXIT_CODES, fail, fault_of
from printstream.cli.signals import caught

__all__ = ["COMMANDS", "EXIT_CODES", "entry", "main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    perform, arguments = parse(sys.argv[1:] if argv is None else argv)
    with caught():
        try:
            return perform(arguments)
        except BaseException as error:
            fault = fault_of(error)
            if fault is None:
                raise
            return fail(arguments, error, fault)


def entry() -> NoReturn:
    """Run one command as a process: everything is closed by then, so the interpreter need not take itself apart.

    Taking LLVM, pyarrow and polars apart takes a quarter of a second.
    """
    code = main()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BrokenPipeError, ValueError):
            stream.flush()
    os._exit(code)
