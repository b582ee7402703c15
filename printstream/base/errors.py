"""Every fault that ends a run, as a class: what happened, where, and what to do now.

Exit codes are documented and stable: cron jobs and schedulers branch on them.
"""

from __future__ import annotations

from typing import ClassVar


class PrintstreamError(Exception):
    """A fault with a place and a next step; never carries personal data.

    Args:
        what: one sentence, what happened.
        where: file, line, column or document, as far as known.
        next_step: what the operator does now.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, where: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.next_step = next_step

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.next_step:
            parts.append(self.next_step)
        return " ".join(p if p.endswith((".", "!", "?")) else p + "." for p in parts)


class UsageError(PrintstreamError):
    """The command line was wrong."""

    exit_code = 2


class JobError(PrintstreamError):
    """The job, its template, a profile or a scheme is wrong; nothing was read."""

    exit_code = 3


class InputError(PrintstreamError):
    """The input cannot be read, lacks a column, or holds more rejects than the job allows."""

    exit_code = 4


class BalanceError(PrintstreamError):
    """A finished spool failed verification, or counts or money do not balance; nothing is released."""

    exit_code = 5


class ResourceError(PrintstreamError):
    """The disk is full, a folder cannot be written, or memory ran out."""

    exit_code = 6


class DeliveryError(PrintstreamError):
    """A printer or a hot folder refused, did not answer, or a person must look what became of a print file."""

    exit_code = 7


class InterruptedRunError(PrintstreamError):
    """The operator or the system stopped the run."""

    exit_code = 130
