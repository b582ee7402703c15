"""What the operator sees before a sheet is printed: counts by status, first keys; a row a document with a finding.

In: what was found; pieces. Out: ``Preflight``. Never: shows a name or an address.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from printstream.address.judge import DELIVERABLE, Judged
from printstream.addressing import ACTIONS
from printstream.base import columns as c
from printstream.base.frozen import frozen
from printstream.base.options import PreflightRow
from printstream.job import Job

_LETTER_LIMITS = (
    ("too_heavy", c.WEIGHT_MG.name, 99_223),  # 3.5 oz, DMM 101.1.1 (USPS)
    ("too_thick", c.THICKNESS_UM.name, 6_350),  # 0.25 in
)
_LETTER_SIZES_MPT = (360_000, 828_000, 252_000, 441_000)
"""Least and most length, least and most height of a machinable letter: 5 to 11.5 in, 3.5 to 6.125 in."""
_ASPECTS = (130, 250)
"""Length by height, percent; outside of it a letter is nonmachinable."""


@frozen
class Preflight:
    """Findings before print.

    Attributes:
        rows: by status and action, then by what keeps a piece from the letter machines.
        table: a row a document with a finding: DOCUMENT_ID, ADDRESS_STATUS, ADDRESS_ACTION, ADDRESS_CODES.
    """

    rows: tuple[PreflightRow, ...]
    table: pl.DataFrame

    def with_pieces(self, documents: pl.DataFrame, job: Job) -> Preflight:
        """Add what keeps presorted pieces from the letter machines (DMM 201.1, 201.2)."""
        return replace(self, rows=(*self.rows, *_machinability(documents, job)))


def preflight_of(documents: pl.DataFrame, judged: Judged, job: Job) -> Preflight:
    """Gather the findings.

    Args:
        documents: those that were judged, with DOCUMENT_ID.
        judged: what was found.
        job: the job.
    """
    found = np.flatnonzero(judged.deciding >= 0)
    table = pl.DataFrame(
        {
            c.DOCUMENT_ID.name: documents[c.DOCUMENT_ID.name].gather(found),
            c.ADDRESS_STATUS.name: judged.statuses().gather(found).cast(pl.String),
            c.ADDRESS_ACTION.name: pl.Series(ACTIONS, dtype=pl.String).gather(judged.actions[found]),
            c.ADDRESS_CODES.name: judged.codes(found),
        }
    )
    return preflight_from(table, documents.height, job)


def preflight_from(table: pl.DataFrame, judged: int, job: Job) -> Preflight:
    """Count the findings of so many documents; ``table`` is in their order, see ``Preflight``."""
    checks = job.address.checks
    assert checks is not None
    keys = (c.ADDRESS_STATUS.name, c.ADDRESS_ACTION.name)
    grouped = table.group_by(keys, maintain_order=True).agg(
        pl.len(), pl.col(c.DOCUMENT_ID.name).head(checks.listed).alias("keys")
    )
    good = PreflightRow(DELIVERABLE, "print", judged - table.height)
    order = {status: k for k, status in enumerate(type(checks.policy).model_fields)}
    rows = sorted(
        (PreflightRow(s, a, n, tuple(listed)) for s, a, n, listed in grouped.iter_rows()),
        key=lambda row: order[row.status],
    )
    return Preflight((good, *rows), table)


def _machinability(documents: pl.DataFrame, job: Job) -> list[PreflightRow]:
    """Presorted pieces beyond the letter machines' limits, and an envelope that they do not take."""
    checks = job.address.checks
    assert checks is not None
    presorted = [stream.name for stream in job.streams if stream.scheme is not None]
    if checks.home != "us" or not presorted:
        return []
    letters = documents.filter(pl.col(c.STREAM.name).is_in(presorted))
    rows = []
    for name, column, most in _LETTER_LIMITS:
        beyond = letters.filter(pl.col(column) > most)[c.DOCUMENT_ID.name]
        if len(beyond):
            rows.append(PreflightRow(name, "print", len(beyond), tuple(beyond.head(checks.listed))))
    if checks.window is not None:
        width, height = checks.window.envelope_width, checks.window.envelope_height
        least, most, low, high = _LETTER_SIZES_MPT
        aspect = 100 * width // height
        fits = least <= width <= most and low <= height <= high and _ASPECTS[0] <= aspect <= _ASPECTS[1]
        if not fits:
            rows.append(PreflightRow("nonmachinable_envelope", "print", letters.height))
    return rows
