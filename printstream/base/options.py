"""What the operator asked for, and what came of it; light, because ``--help`` loads it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime
from hashlib import blake2s
from pathlib import Path
from typing import TYPE_CHECKING

from printstream.base.frozen import frozen

if TYPE_CHECKING:
    from printstream.base.places import Place


@frozen
class Options:
    """The words of the command line, as one frozen value."""

    job: Path
    """Folder that holds job.yaml, its template and its art."""
    input_dir: Path | None = None
    """Folder of the input data; ``<job>/data`` where absent."""
    out: Path = Path("out")
    """Folder under which run folders are made."""
    workers: int = 0
    """Workers side by side; 0 takes every core that this process may use."""
    limit: int | None = None
    """Stop after this many documents; all of them where absent."""
    serials: Path | None = None
    """Folder of the register of serial numbers; where the job names one, this takes its place."""
    input_uri: str = ""
    """The input's folder in a store (``s3://...``); it goes before ``input_dir``."""
    out_uri: str = ""
    """A store's folder under which run folders are made; it goes before ``out``."""
    engine: str = "local"
    """Who does the work: ``local``, this machine, or ``dask``, the workers of ``scheduler``."""
    scheduler: str = ""
    """Address of the scheduler."""
    run_id: str | None = None
    """Name of the run folder; time and a short hash where absent."""

    @property
    def data_dir(self) -> Path:
        """Folder of the input data."""
        return self.job / "data" if self.input_dir is None else self.input_dir

    @property
    def input_place(self) -> Place:
        """The input's folder, wherever it is."""
        from printstream.base.places import Place

        return Place.of(self.input_uri or self.data_dir)

    @property
    def out_place(self) -> Place:
        """The folder of run folders, wherever it is."""
        from printstream.base.places import Place

        return Place.of(self.out_uri or self.out)

    @property
    def worker_count(self) -> int:
        """Workers side by side, at least one."""
        return self.workers or available_cores()


def available_cores() -> int:
    """Count the cores that this process may use (a container or taskset may grant fewer than there are)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@frozen
class PreflightRow:
    """What was found in addresses or pieces before printing."""

    status: str
    """What was found; deliverable: nothing."""
    action: str
    """What happens: print, divert, digital, suppress or reject."""
    documents: int
    """How many."""
    keys: tuple[str, ...] = ()
    """Keys of the first of them."""


@frozen
class RunResult:
    """The figures of a run, as the command line shows them and ``--json`` writes them."""

    run_dir: Path | Place
    """The run folder; where nothing was written (plan, check), the folder that a run would be made under."""
    counts: Mapping[str, int]
    """documents_in, printed, digital, suppressed, rejected, pieces, pages, sheets, sides, spools."""
    money_in_cents: int = 0
    """Amounts of all documents that were read."""
    money_out_cents: Mapping[str, int] = field(default_factory=dict)
    """Amounts by where they went: printed, digital, suppressed, rejected."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Wall time of each stage, in order."""
    postage_mills: int = 0
    """Postage of all pieces, 1/1000 of the currency unit."""
    single_piece_postage_mills: int = 0
    """What the same pieces would cost unsorted."""
    envelopes_saved: int = 0
    """Envelopes that documents need less because they share them."""
    household_saving_mills: int = 0
    """Postage that sharing saved, 1/1000 of the currency unit."""
    types: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By document type, where the job has several: documents_in and where they went."""
    pages_per_minute: float = 0.0
    """Finished pages a minute, over the whole run."""
    peak_memory_bytes: int = 0
    """Largest resident memory of the process and its workers together."""
    spools: tuple[Path | Place, ...] = ()
    """The print files, in order."""
    files: Mapping[str, Path | Place] = field(default_factory=dict)
    """Papers worth naming: manifest, rejects, report, run."""
    preflight: tuple[PreflightRow, ...] = ()
    """What was found in addresses and pieces, where the job has it judged."""

    @property
    def total_seconds(self) -> float:
        """Wall time of all stages."""
        return sum(self.seconds.values())

    @property
    def saving_mills(self) -> int:
        """What the sorting saved."""
        return self.single_piece_postage_mills - self.postage_mills


def new_run_id(now: datetime, *parts: str) -> str:
    """Make a run id that sorts by time and is unique: ``20260131T221500Z-4f2a9c``."""
    # blake2s because it is quick to load; nothing depends on its strength.
    digest = blake2s("\0".join((now.isoformat(), *parts)).encode(), digest_size=3).hexdigest()
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digest}"
