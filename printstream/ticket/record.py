"""All that the papers of a run say, as plain frozen values; the pipeline fills it, the writers read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from printstream.base.columns import (
    CONTAINER_ID,
    CONTAINER_LEVEL,
    CONTAINER_TYPE,
    DESTINATION,
    GROSS_MG,
    HEIGHT_UM,
    LAYERS,
    PIECES,
    PRESORT_LEVEL,
    STREAM,
    THICKNESS_UM,
    TRAY_ID,
    TRAY_TYPE,
    TRAYS,
)
from printstream.base.errors import BalanceError
from printstream.base.frozen import frozen
from printstream.base.options import RunResult

OUTCOMES = ("printed", "digital", "suppressed", "rejected")
COUNTS = ("documents_in", *OUTCOMES, "pieces", "pages", "sheets", "sides", "spools")


@frozen
class StageRow:
    """One numbered stage."""

    number: int
    name: str
    seconds: float


@frozen
class LevelRow:
    """The pieces of one presort level."""

    level: str
    pieces: int
    postage_mills: int


@frozen
class TrayRow:
    """One tray."""

    tray_id: int
    tray_type: str
    level: str
    destination: str
    stream: str
    pieces: int
    thickness_um: int


@frozen
class ContainerRow:
    """One pallet or other container of trays."""

    container_id: int
    kind: str
    level: str
    destination: str
    stream: str
    trays: int
    pieces: int
    layers: int
    height_um: int
    gross_mg: int


@frozen
class ContainerLevelRow:
    """The containers of one stream, kind and level."""

    stream: str
    kind: str
    level: str
    containers: int
    trays: int
    pieces: int
    gross_mg: int


@frozen
class SpoolRow:
    """One print file."""

    file: str
    """Path below the run folder, such as spool/0007.pdf."""
    stream: str
    pieces: int
    pages: int
    sheets: int
    sides: int
    """Pages of the print file."""
    bytes: int
    first_sequence: int = 0


@frozen
class RejectRow:
    """The rejects of one reason."""

    column: str
    reason: str
    records: int


@frozen
class HouseholdRow:
    """What it brought that documents share envelopes."""

    shared_pieces: int
    """Envelopes with several documents."""
    shared_documents: int
    """Documents in them."""
    envelopes_saved: int
    postage_saved_mills: int
    """Postage of the same documents one by one, sorted too, less that of this mailing; inserts left out of both."""
    several_addressees: int
    """Envelopes with documents to more than one addressee."""


@frozen
class TypeRow:
    """What became of the documents of one type."""

    name: str
    documents_in: int
    documents: Mapping[str, int]
    """By outcome."""
    pages: int
    sheets: int
    money_in_cents: int
    money_out_cents: Mapping[str, int]
    """By outcome."""


@frozen
class InsertRow:
    """What became of one insert; every piece that wanted it is counted once."""

    name: str
    wanted: int
    inserted: int
    no_pocket: int
    no_room: int
    postage_step: int
    out_of_stock: int
    stock_left: int | None


@frozen
class CommingledRow:
    """What a job has to do with the mailing that it was sorted into together with others."""

    mailing: str
    """Its name."""
    run_id: str
    jobs: int
    alone_postage_mills: int
    """Postage of the same pieces sorted alone."""
    share_mills: int
    """The job's share of what sorting together saved."""
    rule: str
    """By which it was shared."""

    @property
    def invoice_mills(self) -> int:
        """What the client pays."""
        return self.alone_postage_mills - self.share_mills


@frozen
class Machine:
    """Where the run took place."""

    cpu: str
    cores: int
    workers: int


@frozen
class RunRecord:
    """A run, as its papers tell it."""

    job: str
    """Name of the job."""
    title: str
    """Title of the job."""
    run_id: str
    started: datetime
    """When the run began, with its zone."""
    counts: Mapping[str, int]
    """By the names of COUNTS; others may stand beside them."""
    money_in_cents: int
    """Amounts of all documents that were read."""
    money_out_cents: Mapping[str, int]
    """Amounts by outcome: printed, digital, suppressed, rejected."""
    stages: tuple[StageRow, ...]
    total_seconds: float
    """Wall time of the whole run, from its first to its last step."""
    peak_memory_bytes: int
    levels: tuple[LevelRow, ...] = ()
    """From the finest level to the coarsest."""
    single_piece_postage_mills: int = 0
    """What the same pieces would cost unsorted."""
    greedy_postage_mills: int = 0
    """What they would cost with every presort group made that can be made, finest first; 0: not known."""
    greedy_trays: int = 0
    """Trays of that preparation, without containers of unsorted mail."""
    postage_gap_mills: int = 0
    """Postage that the cheapest lawful preparation could save at most; 0: this one is proved to be it."""
    trays: tuple[TrayRow, ...] = ()
    """In mailing order."""
    containers: tuple[ContainerRow, ...] | None = None
    """Pallets and other containers; None where no stream's trays travel in any."""
    carried_trays: int = 0
    """Trays that say that they travel in one."""
    tray_length_um: Mapping[str, int] = field(default_factory=dict)
    """Length of mail that each type of tray takes; a type that is absent is as long as its fullest tray."""
    spools: tuple[SpoolRow, ...] = ()
    rejects: tuple[RejectRow, ...] = ()
    """Most frequent first."""
    household: HouseholdRow | None = None
    """None where every document has its own envelope."""
    inserts: tuple[InsertRow, ...] = ()
    types: tuple[TypeRow, ...] = ()
    """In the order of the envelopes; empty where the job has one type."""
    commingled: CommingledRow | None = None
    """None where the job was sorted alone."""
    warnings: tuple[str, ...] = ()
    currency: str = "USD"
    work_order: Mapping[str, Any] = field(default_factory=dict)
    """What press, cutter and inserter are set up with: imposition, stock, marks, and the envelope of each print file."""
    """ISO 4217 code of money and postage."""
    versions: Mapping[str, str] = field(default_factory=dict)
    machine: Machine = Machine("unknown", 1, 1)
    status: str = "released"

    @property
    def postage_mills(self) -> int:
        """Postage of all pieces."""
        return sum(level.postage_mills for level in self.levels)

    @property
    def saving_mills(self) -> int:
        """What the sorting saved."""
        return self.single_piece_postage_mills - self.postage_mills

    @property
    def pages_per_minute(self) -> float:
        """Finished pages a minute, over the whole run."""
        return 60 * self.counts["pages"] / self.total_seconds if self.total_seconds > 0 else 0.0

    @property
    def spool_bytes(self) -> int:
        """Size of all print files."""
        return sum(spool.bytes for spool in self.spools)


def check_balance(record: RunRecord) -> None:
    """Refuse a record whose documents, money, pieces or pages do not add up.

    Raises:
        BalanceError: what came in is not what went out.
    """
    counts = record.counts
    missing = [name for name in COUNTS if name not in counts]
    if missing:
        msg = f"the run did not count {', '.join(missing)}"
        raise BalanceError(msg)
    sums = (
        ("documents", counts["documents_in"], sum(counts[name] for name in OUTCOMES)),
        ("cents", record.money_in_cents, sum(record.money_out_cents.values())),
        ("print files", counts["spools"], len(record.spools)),
        ("pieces in print files", counts["pieces"], sum(s.pieces for s in record.spools)),
        ("pages in print files", counts["pages"], sum(s.pages for s in record.spools)),
        ("sides in print files", counts["sides"], sum(s.sides for s in record.spools)),
        ("pieces in levels", counts["pieces"], sum(r.pieces for r in record.levels)),
        ("pieces in trays", counts["pieces"], sum(t.pieces for t in record.trays)),
        *_sums_of_types(record),
        ("trays in containers", record.carried_trays, sum(row.trays for row in record.containers or ())),
    )
    for what, into, out in sums:
        if into != out:
            msg = f"{what} do not balance: {into:,} against {out:,}"
            raise BalanceError(msg, next_step="Nothing was released; keep the run folder and report it")


def _sums_of_types(record: RunRecord) -> Iterator[tuple[str, int, int]]:
    """What each type's documents must add up to, and all types together."""
    types, counts, money = record.types, record.counts, record.money_out_cents
    for row in types:
        yield f"documents of type {row.name}", row.documents_in, sum(row.documents.values())
        yield f"cents of type {row.name}", row.money_in_cents, sum(row.money_out_cents.values())
    if types:
        yield "documents of all types", counts["documents_in"], sum(row.documents_in for row in types)
        yield "pages of all types", counts["pages"], sum(row.pages for row in types)
        yield "sheets of all types", counts["sheets"], sum(row.sheets for row in types)
        for name in OUTCOMES:
            yield f"{name} documents of all types", counts[name], sum(row.documents[name] for row in types)
            cents = sum(row.money_out_cents[name] for row in types)
            yield f"{name} cents of all types", money.get(name, 0), cents


def tray_rows(trays: pl.DataFrame) -> tuple[TrayRow, ...]:
    """Take the report's columns out of the presort's tray table."""
    columns = (TRAY_ID, TRAY_TYPE, PRESORT_LEVEL, DESTINATION, STREAM, PIECES, THICKNESS_UM)
    return tuple(TrayRow(*row) for row in trays.select(c.name for c in columns).iter_rows())


def container_rows(containers: pl.DataFrame | None) -> tuple[ContainerRow, ...] | None:
    """Take the report's columns out of the presort's container table."""
    if containers is None:
        return None
    columns = (
        CONTAINER_ID,
        CONTAINER_TYPE,
        CONTAINER_LEVEL,
        DESTINATION,
        STREAM,
        TRAYS,
        PIECES,
        LAYERS,
        HEIGHT_UM,
        GROSS_MG,
    )
    return tuple(ContainerRow(*row) for row in containers.select(c.name for c in columns).iter_rows())


def container_levels(containers: tuple[ContainerRow, ...]) -> tuple[ContainerLevelRow, ...]:
    """Add containers up by stream, kind and level, in the order in which they are made."""
    found: dict[tuple[str, str, str], list[ContainerRow]] = {}
    for row in containers:
        found.setdefault((row.stream, row.kind, row.level), []).append(row)
    return tuple(
        ContainerLevelRow(
            *key,
            len(rows),
            sum(row.trays for row in rows),
            sum(row.pieces for row in rows),
            sum(row.gross_mg for row in rows),
        )
        for key, rows in found.items()
    )


def result_of(record: RunRecord, run_dir: Path) -> RunResult:
    """Give the figures that the command line shows."""
    names = {
        "manifest": "manifest.parquet",
        "rejects": "rejects.parquet",
        "report": "report.html",
        "run": "run.json",
    }
    return RunResult(
        run_dir=run_dir,
        counts=record.counts,
        money_in_cents=record.money_in_cents,
        money_out_cents=record.money_out_cents,
        seconds={stage.name: stage.seconds for stage in record.stages},
        postage_mills=record.postage_mills,
        single_piece_postage_mills=record.single_piece_postage_mills,
        envelopes_saved=record.household.envelopes_saved if record.household is not None else 0,
        household_saving_mills=record.household.postage_saved_mills if record.household is not None else 0,
        types={row.name: {"documents_in": row.documents_in, **row.documents} for row in record.types},
        pages_per_minute=record.pages_per_minute,
        peak_memory_bytes=record.peak_memory_bytes,
        spools=tuple(run_dir / spool.file for spool in record.spools),
        files={name: run_dir / file for name, file in names.items() if (run_dir / file).is_file()},
    )
