"""Whether every rule judges a document by itself, so that a night may be cut anywhere."""

from __future__ import annotations

import polars as pl

from printstream.base.errors import JobError
from printstream.job import Job, Rules
from printstream.rules.apply import expressions


def check_row_wise(rules: Rules) -> None:
    """Check that no rule looks at other documents (sums, counts, ranks, windows).

    Raises:
        JobError: naming the expression.
    """
    for where, _name, expression in expressions(rules):
        if not _is_row_wise(expression):
            what = "the expression looks at more than one document, so it cannot be evaluated in parts"
            next_step = "Derive it before the run, or run with --engine local"
            raise JobError(what, where=where, next_step=next_step)


def check_alone(job: Job) -> None:
    """Check that every document has an envelope of its own and nothing else in it.

    Raises:
        JobError: naming the setting.
    """
    used_settings = (
        ("household", job.household is not None),
        ("inserts", bool(job.inserts)),
        ("types", bool(job.types)),
    )
    for where, used in used_settings:
        if used:
            what = "envelopes with several documents or with inserts are not made in parts yet"
            raise JobError(what, where=where, next_step="Run with --engine local, or take the setting away")


def _is_row_wise(expression: pl.Expr) -> bool:
    # Asked of every node: a CASE around a sum calls itself separable (polars 2.1).
    return expression.meta.is_row_separable() and all(map(_is_row_wise, expression.meta.pop()))
