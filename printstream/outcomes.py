"""What became of documents that are not printed, and whether too many were rejected.

In: documents that leave. Out: counts, cents, the table of rejects; a fault beyond the limit. Never: data in a message.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from printstream.base import columns as c
from printstream.base.errors import InputError
from printstream.job import Job

OTHERS = ("digital", "suppressed", "rejected")
"""Outcomes besides printed."""


@dataclass
class Outcomes:
    """Documents and cents that leave before printing, and the rejects table as it grows.

    Attributes:
        documents, cents: by outcome.
        rejects: the table, in parts.
        rejected_lines: rejects that are lines.
        documents_in, cents_in: what was read of one type of several.
        of_types: the same of each type, where there are several.
    """

    documents: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OTHERS, 0))
    cents: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OTHERS, 0))
    rejects: list[pl.DataFrame] = field(default_factory=list)
    rejected_lines: int = 0
    documents_in: int = 0
    cents_in: int = 0
    of_types: dict[str, Outcomes] = field(default_factory=dict)

    def leave(self, outcome: str, documents: pl.DataFrame) -> None:
        """Count documents that leave."""
        self.documents[outcome] += documents.height
        self.cents[outcome] += int(documents[c.MONEY_CENTS.name].sum())

    def reject_table(self) -> pl.DataFrame:
        """All rejects."""
        return pl.concat(self.rejects)


def check_reject_limit(job: Job, documents_in: int, outcomes: Outcomes) -> None:
    """Stop when more was rejected than the job allows.

    Raises:
        InputError: with counts and reasons, never with data.
    """
    limit = job.input.reject_limit
    rejected = outcomes.documents["rejected"]
    records = rejected + outcomes.rejected_lines
    beyond_share = rejected > limit.share * documents_in
    if not beyond_share and (limit.count is None or records <= limit.count):
        return
    listed = "; ".join(_most_rejected(outcomes.reject_table()))
    msg = f"{rejected:,} of {documents_in:,} documents are rejected, more than the job allows ({listed})"
    raise InputError(msg, where="job.input.reject_limit", next_step="Mend the input, or raise the limit")


def _most_rejected(table: pl.DataFrame) -> Iterator[str]:
    """The five commonest reasons with their numbers, and where the first of each stands."""
    by_reason = table.group_by(c.REASON.name, maintain_order=True).agg(
        pl.len(), pl.first(c.SOURCE.name, c.ROW.name, c.REJECT_COLUMN.name)
    )
    commonest = by_reason.sort("len", c.REASON.name, descending=[True, False]).head(5)
    for reason, count, source, row, column in commonest.iter_rows():
        place = f"{source} row {row}, column {column}" if row >= 0 else f"column {column}"
        yield f"{reason}: {count:,}, the first in {place}"
