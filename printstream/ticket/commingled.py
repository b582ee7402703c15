"""``mailing.json`` and ``mailing.html``: a mailing of several jobs, what it saved and who gets how much.

In: the mailing's figures. Out: a JSON object, a page, CSV. Never: shares anything; passes a mailing that does not balance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import polars as pl

from printstream.base.errors import BalanceError
from printstream.base.files import Seal
from printstream.base.frozen import frozen
from printstream.ticket.record import Machine, StageRow
from printstream.ticket.report import Money, level_name, page_template

MAILING_RECORD_FILE = "mailing.json"
MAILING_PAGE_FILE = "mailing.html"
MAILING_FORMAT = "printstream-mailing-run/1"
_MOST_COALITIONS = 64
"""Coalitions that the page lists; coalitions.csv has all."""


@frozen
class ClientRow:
    """A job of the mailing, and its account; mills are 1/1000 of the currency unit."""

    job: str
    title: str
    folder: str
    """Its run folder, below the mailing's."""
    documents_in: int
    printed: int
    pieces: int
    sheets: int
    trays_alone: int
    alone_mills: int
    """Postage where it is sorted alone."""
    postage_mills: int
    """Postage of its pieces in the common mailing."""
    share_mills: int
    """Its share of the saving."""
    standard_error_mills: float | None = None
    """Of a share drawn by lot."""

    @property
    def invoice_mills(self) -> int:
        """What the client pays."""
        return self.alone_mills - self.share_mills


@frozen
class CoalitionRow:
    """What some of the jobs pay apart and sorted together; mills."""

    jobs: tuple[str, ...]
    apart_mills: int
    together_mills: int
    saved_mills: int
    shares_mills: int
    """What their shares come to."""


@frozen
class ClassRow:
    """A class of mail: streams of several jobs that could share trays."""

    stream: str
    """Its stream of the common mailing; empty where the jobs stayed apart."""
    scheme: str
    jobs: tuple[str, ...]
    pieces: int
    apart_mills: int
    together_mills: int
    saved_mills: int
    rule: str
    method: str
    """exact, drawn or proportional; none where the jobs stayed apart."""
    permutations: int
    losers: tuple[str, ...]
    """Jobs that pay more than alone."""
    in_core: bool | None
    """Whether no coalition would do better by itself; None where not all were looked at."""
    gap_mills: int = 0
    """What a coalition's cheapest preparation could save at most against the one that was found; 0: none."""
    coalitions: tuple[CoalitionRow, ...] = ()


@frozen
class MailingRecord:
    """A mailing of several jobs."""

    name: str
    title: str
    run_id: str
    started: datetime
    production_date: date
    currency: str
    clients: tuple[ClientRow, ...]
    classes: tuple[ClassRow, ...]
    trays: int
    full_trays: int
    pieces: int
    postage_mills: int
    single_piece_mills: int
    warnings: tuple[str, ...]
    stages: tuple[StageRow, ...]
    total_seconds: float
    peak_memory_bytes: int
    versions: Mapping[str, str]
    machine: Machine
    status: str = "released"

    def total(self, figure: str) -> int:
        """Sum of a figure of all jobs."""
        return sum(getattr(client, figure) for client in self.clients)

    @property
    def saved_mills(self) -> int:
        """What sorting together saved."""
        return self.total("alone_mills") - self.postage_mills


def check_mailing(record: MailingRecord) -> None:
    """Refuse a mailing whose pieces or money do not add up over its jobs.

    Raises:
        BalanceError: what the jobs have is not what the mailing has.
    """
    sums = (
        ("pieces", record.pieces, record.total("pieces")),
        ("mills of postage", record.postage_mills, record.total("postage_mills")),
        ("mills saved", record.saved_mills, record.total("share_mills")),
        ("mills saved by classes", record.saved_mills, sum(row.saved_mills for row in record.classes)),
        ("mills of invoices", record.postage_mills, record.total("invoice_mills")),
    )
    for what, whole, parts in sums:
        if whole != parts:
            msg = f"{what} do not balance over the jobs: {whole:,} against {parts:,}"
            raise BalanceError(msg, next_step="Nothing was released; keep the input and report it")


def mailing_document(record: MailingRecord, seals: Mapping[str, Seal]) -> dict[str, Any]:
    """What mailing.json says."""
    return {
        "format": MAILING_FORMAT,
        "status": record.status,
        "mailing": record.name,
        "title": record.title,
        "run_id": record.run_id,
        "started": record.started.isoformat(timespec="seconds"),
        "production_date": record.production_date.isoformat(),
        "currency": record.currency,
        "pieces": record.pieces,
        "trays": record.trays,
        "full_trays": record.full_trays,
        "alone_postage_mills": record.total("alone_mills"),
        "postage_mills": record.postage_mills,
        "saved_mills": record.saved_mills,
        "single_piece_postage_mills": record.single_piece_mills,
        "jobs": [{**asdict(c), "invoice_mills": c.invoice_mills} for c in record.clients],
        "classes": [{k: v for k, v in asdict(r).items() if k != "coalitions"} for r in record.classes],
        "seconds": round(record.total_seconds, 4),
        "stages": [{**asdict(s), "seconds": round(s.seconds, 4)} for s in record.stages],
        "peak_memory_bytes": record.peak_memory_bytes,
        "machine": asdict(record.machine),
        "versions": dict(record.versions),
        "warnings": list(record.warnings),
        "files": {name: {"sha256": seal.sha256, "bytes": seal.bytes} for name, seal in seals.items()},
    }


def mailing_html(record: MailingRecord) -> str:
    """Set the page."""
    return page_template("commingled.html.j2").render(
        record=record,
        money=Money(record.currency),
        level_name=level_name,
        most=_MOST_COALITIONS,
        files={"released": True}.get(record.status, False),
    )


def shares_list(record: MailingRecord) -> bytes:
    """The accounts as CSV: a row a job."""
    names = ("job", "pieces", "alone_mills", "postage_mills", "share_mills", "invoice_mills")
    rows = [[getattr(client, name) for name in names] for client in record.clients]
    table = pl.DataFrame(rows, schema=list(names), orient="row")
    return table.with_columns(pl.lit(record.currency).alias("currency")).write_csv().encode()


def coalitions_list(record: MailingRecord) -> bytes:
    """What coalitions pay apart and together as CSV: what the Shapley value is made of."""
    rows = [
        (
            row.scheme,
            row.stream,
            "+".join(x.jobs),
            x.apart_mills,
            x.together_mills,
            x.saved_mills,
            x.shares_mills,
        )
        for row in record.classes
        for x in row.coalitions
    ]
    text, mills = pl.String, pl.Int64
    schema = {"scheme": text, "stream": text, "jobs": text, "apart_mills": mills, "together_mills": mills}
    schema |= {"saved_mills": mills, "shares_mills": mills}
    return pl.DataFrame(rows, schema=schema, orient="row").write_csv().encode()
