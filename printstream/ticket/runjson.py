"""``run.json``: the run in figures and a seal on every other file; its presence is the release.

In: a run folder and its record. Out: run.json; or the faults of a folder against its seals. Never: writes it
when documents or money do not balance, or while a partial file is left.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from printstream.base.errors import BalanceError, UsageError
from printstream.base.files import PARTIAL_SUFFIX, Seal, seal_of, write_whole
from printstream.ticket.record import RunRecord, check_balance, container_levels

RUN_FILE = "run.json"
DELIVERIES_FILE = "deliveries.jsonl"
"""What was sent where, written after the release, so no seal is on it."""
FORMAT = "printstream-run/1"


def write_run_json(
    run_dir: Path,
    record: RunRecord,
    seals: Mapping[str, Seal] | None = None,
    workers: int = 2,
    elsewhere: Mapping[str, Seal] | None = None,
) -> Path:
    """Seal every file of the run folder and write run.json, last and whole.

    Args:
        run_dir: the run folder.
        record: the run's figures.
        seals: seals already taken while writing, by path below the folder; these files are not read again,
            only their length is looked at.
        workers: files that are read side by side.
        elsewhere: seals of the run's files that lie in another store, which the caller has looked after.

    Returns:
        the path of run.json.

    Raises:
        BalanceError: counts or money do not add up, a file is unfinished, or a sealed one has changed.
    """
    check_balance(record)
    known = seals or {}
    taken = dict(_seal_all(run_dir, known, workers))
    for name, seal in known.items():
        if taken.get(name) != seal:
            what = "the file is not what was written"
            raise BalanceError(what, where=name, next_step="Nothing was released; look after the disk")
    taken = dict(sorted({**taken, **(elsewhere or {})}.items()))
    for spool in record.spools:
        if spool.file not in taken:
            what = "the print file is missing"
            raise BalanceError(what, where=spool.file, next_step="Nothing was released; run again")
    path = run_dir / RUN_FILE
    write_whole(path, (json.dumps(_document(record, taken), indent=2, ensure_ascii=False) + "\n").encode())
    return path


def _seal_all(run_dir: Path, known: Mapping[str, Seal], workers: int) -> Iterator[tuple[str, Seal]]:
    """Seal all files below a run folder but run.json and the deliveries, in the order of their names."""
    names = _names(run_dir)
    for name in names:
        if name.endswith(PARTIAL_SUFFIX):
            what = "a file is unfinished"
            raise BalanceError(what, where=name, next_step="Nothing was released; run again")

    def seal(name: str) -> Seal:
        if name in known:
            return Seal(known[name].sha256, (run_dir / name).stat().st_size)
        return seal_of(run_dir / name)

    with ThreadPoolExecutor(workers) as pool:
        yield from zip(names, pool.map(seal, names), strict=True)


def _names(run_dir: Path) -> list[str]:
    found = (p.relative_to(run_dir).as_posix() for p in run_dir.rglob("*") if p.is_file())
    return sorted(name for name in found if name not in (RUN_FILE, DELIVERIES_FILE))


def _document(record: RunRecord, seals: Mapping[str, Seal]) -> dict[str, Any]:
    pages = record.counts["pages"]
    return {
        "format": FORMAT,
        "status": record.status,
        "job": record.job,
        "title": record.title,
        "run_id": record.run_id,
        "started": record.started.isoformat(timespec="seconds"),
        "counts": dict(record.counts),
        "money_in_cents": record.money_in_cents,
        "money_out_cents": dict(record.money_out_cents),
        "currency": record.currency,
        "postage_mills": record.postage_mills,
        "single_piece_postage_mills": record.single_piece_postage_mills,
        "greedy_postage_mills": record.greedy_postage_mills,
        "greedy_trays": record.greedy_trays,
        "postage_gap_mills": record.postage_gap_mills,
        "levels": [
            {"level": r.level, "pieces": r.pieces, "postage_mills": r.postage_mills} for r in record.levels
        ],
        "trays": len(record.trays),
        **_containers(record),
        **_envelopes(record),
        "work_order": dict(record.work_order),
        "rejects": [{"column": r.column, "reason": r.reason, "records": r.records} for r in record.rejects],
        "seconds": round(record.total_seconds, 4),
        "stages": [
            {
                "number": s.number,
                "name": s.name,
                "seconds": round(s.seconds, 4),
                "pages_per_second": round(pages / s.seconds) if s.seconds > 0 else None,
            }
            for s in record.stages
        ],
        "pages_per_minute": round(record.pages_per_minute),
        "bytes_per_page": round(record.spool_bytes / pages, 1) if pages else None,
        "peak_memory_bytes": record.peak_memory_bytes,
        "machine": {
            "cpu": record.machine.cpu,
            "cores": record.machine.cores,
            "workers": record.machine.workers,
        },
        "versions": dict(record.versions),
        "warnings": list(record.warnings),
        "files": {name: {"sha256": seal.sha256, "bytes": seal.bytes} for name, seal in seals.items()},
    }


def _containers(record: RunRecord) -> dict[str, Any]:
    """Pallets and other containers by kind and level, where trays travel in any."""
    if record.containers is None:
        return {}
    return {"containers": [asdict(row) for row in container_levels(record.containers)]}


def _envelopes(record: RunRecord) -> dict[str, Any]:
    """What is said of types, households, inserts and a common mailing, where the job has any."""
    said: dict[str, Any] = {}
    if record.types:
        said["types"] = [asdict(row) for row in record.types]
    if record.household is not None:
        said["household"] = asdict(record.household)
    if record.inserts:
        said["inserts"] = [asdict(row) for row in record.inserts]
    if record.commingled is not None:
        said["commingled"] = {
            **asdict(record.commingled),
            "invoice_mills": record.commingled.invoice_mills,
        }
    return said


def read_run_json(run_dir: Path) -> dict[str, Any]:
    """Read a run's figures.

    Raises:
        UsageError: the folder is no released run.
    """
    path = run_dir / RUN_FILE
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        what = "there is no run.json, so the run was not released"
        raise UsageError(what, where=str(run_dir), next_step="Name the folder of a finished run") from error
    except (ValueError, RecursionError) as error:
        what = "run.json cannot be read"
        raise BalanceError(
            what, where=str(path), next_step="Do not print this run; restore the folder"
        ) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        what = f"the file is not of the form {FORMAT}"
        raise UsageError(what, where=str(path), next_step="Name the folder of a finished run")
    return document


def broken_seals(run_dir: Path, workers: int = 2) -> tuple[str, ...]:
    """Read every file of a released run again; give a sentence for each one missing, changed or added.

    Raises:
        UsageError: the folder is no released run.
        BalanceError: run.json itself is damaged, or a file is unfinished.
    """
    document = read_run_json(run_dir)
    try:
        sealed = {name: Seal(entry["sha256"], entry["bytes"]) for name, entry in document["files"].items()}
    except (KeyError, TypeError, AttributeError) as error:
        what = "run.json has lost its list of files"
        raise BalanceError(what, where=str(run_dir), next_step="Do not print this run") from error
    found = dict(_seal_all(run_dir, {}, workers))
    faults = [f"{name} is missing" for name in sealed if name not in found]
    faults += [f"{name} has changed" for name, seal in sealed.items() if found.get(name, seal) != seal]
    faults += [f"{name} was not there when the run was released" for name in found if name not in sealed]
    return tuple(faults)
