"""A finished mailing again: every file of it, every job's run folder, and the mailing over its jobs.

In: the mailing's folder. Out: what was found well. Never: trusts a figure that it can add up.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

from printstream import papers, pipeline, ticket
from printstream.base import columns as c
from printstream.base.errors import BalanceError, UsageError
from printstream.base.files import Seal, seal_of
from printstream.base.frozen import frozen
from printstream.base.log import Reporter
from printstream.commingle.release import MERGE, PIECES, TRAYS
from printstream.ticket import MAILING_FORMAT, MAILING_RECORD_FILE

_STEP = "Do not print this mailing"
_OF_PIECES = (c.MAILING_SEQUENCE, c.DOCUMENT_ID, c.TRAY_ID, c.POSTAGE_MILLS, c.ALONE_MILLS, c.SHARE_MILLS)


@frozen
class Verified:
    """A mailing that is as it was released."""

    folder: Path
    jobs: int
    pieces: int
    postage_mills: int


def verify(target: Path, reporter: Reporter, workers: int) -> Verified:
    """Verify a mailing.

    Raises:
        UsageError: the folder is no released mailing.
        BalanceError: naming the first thing that is not as it was released.
    """
    folder = target.parent if target.name == MAILING_RECORD_FILE else target
    record = _read(folder)
    _check_seals(folder, record)
    for job in record["jobs"]:
        reporter.info(f"Job {job['job']}")
        pipeline.verify(folder / job["folder"], reporter, workers)
    pieces = pl.read_parquet(folder / PIECES)
    _check_pieces(folder, record, pieces)
    _check_trays(folder, pieces)
    return Verified(folder, len(record["jobs"]), pieces.height, record["postage_mills"])


def _read(folder: Path) -> dict[str, Any]:
    try:
        record = json.loads((folder / MAILING_RECORD_FILE).read_bytes())
    except FileNotFoundError as error:
        what = "there is no mailing.json, so the mailing was not released"
        raise UsageError(
            what, where=str(folder), next_step="Name the folder of a finished mailing"
        ) from error
    except (ValueError, RecursionError) as error:
        what = "mailing.json cannot be read"
        raise BalanceError(what, where=str(folder), next_step=_STEP) from error
    if not isinstance(record, dict) or record.get("format") != MAILING_FORMAT:
        what = f"mailing.json is not of the form {MAILING_FORMAT}"
        raise UsageError(what, where=str(folder), next_step="Name the folder of a finished mailing")
    return record


def _check_seals(folder: Path, record: dict[str, Any]) -> None:
    """Compare every file but those of the jobs, which their run.json seals, with its seal."""
    sealed = {name: Seal(entry["sha256"], entry["bytes"]) for name, entry in record["files"].items()}
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    inside = {f"{job['folder']}/" for job in record["jobs"]}
    own = {name for name in there if not any(name.startswith(place) for place in inside)}
    own |= {f"{place}{ticket.RUN_FILE}" for place in inside}
    faults = [f"{name} is missing" for name in sealed if name not in there]
    faults += [f"{name} was not there" for name in sorted(own - set(sealed) - {MAILING_RECORD_FILE})]
    faults += [
        f"{name} has changed"
        for name, seal in sealed.items()
        if name in there and seal_of(folder / name) != seal
    ]
    if faults:
        raise BalanceError(faults[0], where=str(folder), next_step=_STEP)


def _check_pieces(folder: Path, record: dict[str, Any], pieces: pl.DataFrame) -> None:
    """Compare pieces.parquet with the jobs' manifests, and its sums with the accounts."""
    for job in record["jobs"]:
        manifest = pl.read_parquet(folder / job["folder"] / papers.MANIFEST)
        first = manifest.unique(c.PIECE_ID.name, keep="first").sort(c.PIECE_ID.name)
        mine = pieces.filter(pl.col(c.JOB.name) == job["job"]).sort(c.PIECE_ID.name)
        names = [column.name for column in _OF_PIECES]
        _same(f"pieces of job {job['job']}", mine.select(names).equals(first.select(names)), folder)
        sums = mine.select(
            pl.len(), pl.col(c.SHARE_MILLS.name, c.INVOICE_MILLS.name, c.ALONE_MILLS.name).sum()
        )
        said = (job["pieces"], job["share_mills"], job["invoice_mills"], job["alone_mills"])
        _same(f"the account of job {job['job']}", sums.row(0) == said, folder)
    whole = pieces.select(pl.len(), pl.col(c.POSTAGE_MILLS.name, c.INVOICE_MILLS.name).sum()).row(0)
    postage = record["postage_mills"]
    _same("postage and invoices", whole == (record["pieces"], postage, postage), folder)
    codes = pieces[c.POSTAL_BARCODE.name].filter(pieces[c.POSTAL_BARCODE.name] != "")
    # The Intelligent Mail barcode: 20 digits tell pieces apart, the others say where to.
    tracked = codes.filter(codes.str.contains(r"^[0-9]{20,31}$")).str.slice(0, 20)
    _same("serial numbers of the pieces", tracked.n_unique() == tracked.len(), folder)


def _check_trays(folder: Path, pieces: pl.DataFrame) -> None:
    """Compare what lies in the trays with the tray table and the merge list."""
    counted = pieces.group_by(c.TRAY_ID.name).agg(pl.len().cast(pl.UInt32).alias(c.PIECES.name))
    counted = counted.sort(c.TRAY_ID.name)
    trays = pl.read_parquet(folder / TRAYS).select(c.TRAY_ID.name, c.PIECES.name).sort(c.TRAY_ID.name)
    _same("pieces in trays", counted.equals(trays), folder)
    merged = pl.read_csv(folder / MERGE).group_by(c.TRAY_ID.name).agg(pl.col(c.PIECES.name).sum())
    same = merged.cast(pl.UInt32).sort(c.TRAY_ID.name).equals(trays)
    _same("pieces in the merge list", same, folder)


def _same(what: str, same: bool, folder: Path) -> None:
    if not same:
        msg = f"{what} are not what the mailing says"
        raise BalanceError(msg, where=str(folder), next_step=_STEP)


def text(found: Verified, as_json: bool) -> str:
    """Say that a mailing is as it was released."""
    if as_json:
        said = {"command": "verify", "status": "done", "exit_code": 0, "folder": str(found.folder)}
        said |= {"jobs": found.jobs, "pieces": found.pieces, "postage_mills": found.postage_mills}
        return json.dumps(said, indent=2) + "\n"
    return f"{found.folder}: verified, {found.jobs} jobs, {found.pieces:,} pieces\n"
