"""Whether every rule judges a document by itself, so that a night may be cut anywhere."""

from __future__ import annotations

import polars as pl

from printstream.base.errors import JobError
from printstream.job import Job
from printstream.rules.apply import expressions
from printstream.rules.enclose import enclosing_expressions


def check_row_wise(job: Job) -> None:
    """Check that no rule looks at other documents (sums, counts, ranks, windows), nor those of households and inserts.

    Raises:
        JobError: naming the expression.
    """
    ruled = ((where, expression) for where, _name, expression in expressions(job.rules))
    for where, expression in (*ruled, *enclosing_expressions(job)):
        if not _is_row_wise(expression):
            what = "the expression looks at more than one document, so it cannot be evaluated in parts"
            next_step = "Derive it before the run, or run with --engine local"
            raise JobError(what, where=where, next_step=next_step)


def _is_row_wise(expression: pl.Expr) -> bool:
    # Asked of every node: a CASE around a sum calls itself separable (polars 2.1).
    parts = expression.meta.pop()
    try:
        own = expression.meta.is_row_separable()
    except pl.exceptions.ColumnNotFoundError:
        # IN asks for its column's type, which is not known here; its list is a literal of several values.
        own, parts = "is_in(" in str(expression), [part for part in parts if not part.meta.is_literal()]
    return own and all(map(_is_row_wise, parts))
