"""Faults to a message and an exit code.

In: any exception. Out: a sentence on standard error, a code. Never: shows a stack, or the text of a foreign exception.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys

from printstream.base.errors import InterruptedRunError, PrintstreamError, ResourceError

EXIT_CODES = (
    (0, "done"),
    (1, "a fault that nobody foresaw"),
    (2, "the command line is wrong"),
    (3, "the job, its template, a profile or a scheme is wrong; nothing was read"),
    (4, "the input cannot be read, lacks a column, or is beyond its reject limit"),
    (5, "verification or balance failed; nothing was released"),
    (6, "the disk is full, a folder cannot be written, or memory ran out"),
    (7, "a printer or hot folder refused or did not answer, or somebody must look what was printed"),
    (130, "interrupted"),
)
_RESOURCE_ERRNOS = frozenset(
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EACCES", "EPERM", "EIO", "ENOMEM", "EMFILE", "ENFILE")
)


def fault_of(error: BaseException) -> PrintstreamError | None:
    """Give the fault class of any exception; None for what is no fault (SystemExit)."""
    if isinstance(error, PrintstreamError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return InterruptedRunError("interrupted; nothing unfinished was released")
    if isinstance(error, MemoryError):
        return ResourceError("memory ran out", next_step="Run with fewer --workers or smaller spools")
    if isinstance(error, OSError) and error.errno in _RESOURCE_ERRNOS:
        return ResourceError(
            str(error.strerror),
            where=str(error.filename or ""),
            next_step="Make room or mend the permissions, and run again",
        )
    from concurrent.futures import BrokenExecutor

    if isinstance(error, BrokenExecutor):
        what = "a worker was killed, most likely because memory ran out"
        return ResourceError(what, next_step="Run with fewer --workers")
    if isinstance(error, Exception):
        # Only the class: the text of a foreign exception may hold a customer's data.
        return PrintstreamError(f"a fault that nobody foresaw ({type(error).__name__})")
    return None


def fail(arguments: argparse.Namespace, error: BaseException, fault: PrintstreamError) -> int:
    """Write the fault to standard error, and to standard output as JSON where asked."""
    message = f"printstream: {fault}"
    if type(fault) is PrintstreamError and fault is not error:
        message += f" {_stack_note(arguments, error)}"
    sys.stderr.write(message + "\n")
    if arguments.json:
        from printstream.base.summary import fault_json_text

        sys.stdout.write(fault_json_text(arguments.command, fault))
        sys.stdout.flush()
    return fault.exit_code


def _stack_note(arguments: argparse.Namespace, error: BaseException) -> str:
    """Write the stack to a file where the operator asked for it, and say where."""
    if not (arguments.debug or os.environ.get("PRINTSTREAM_DEBUG")):
        return "Run again with --debug to write its stack to a file, and report it."
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile(
        "w", prefix="printstream-fault-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exception(error, file=file)
    return f"Its stack is in {file.name}."
