"""A released run folder read back: every side of every print file, the manifest's sums, the money.

In: a run folder. Out: its figures, or the first difference. Never: writes.
"""

from __future__ import annotations

from concurrent.futures import Executor
from pathlib import Path

import polars as pl

from printstream import claims, enclosures, spool, ticket
from printstream.base import columns as c
from printstream.base.errors import BalanceError
from printstream.base.log import Reporter
from printstream.base.options import RunResult
from printstream.papers import MANIFEST, SIDES, STANDARDS


def verify_run(run_dir: Path, executor: Executor, reporter: Reporter) -> RunResult:
    """Read a released run back: every side of every print file, the manifest's sums, the money.

    Raises:
        BalanceError: at the first difference.
    """
    result = _recorded_result(run_dir)
    manifest = pl.read_parquet(run_dir / MANIFEST)
    standards = tuple(ticket.read_run_json(run_dir).get("work_order", {}).get(STANDARDS, ()))
    parts = claims.recorded_parts(manifest) if claims.RECORDS in standards else None
    sides = pl.read_parquet(run_dir / SIDES).partition_by("spool", as_dict=True)
    checks = [
        executor.submit(
            spool.verify_sides,
            run_dir / "spool" / f"{number:04d}.pdf",
            frame["plain_bytes"].to_numpy(),
            frame["adler32"].to_numpy(),
            standards,
            None if parts is None else parts(number, frame.height),
        )
        for (number,), frame in sorted(sides.items())
    ]
    for done, check in enumerate(checks, 1):
        check.result()
        reporter.advance(done, len(checks), "spools")
    _check_manifest(manifest, result)
    enclosures.check_types(manifest, ticket.read_run_json(run_dir))
    return result


def _recorded_result(run_dir: Path) -> RunResult:
    """Give the figures of run.json.

    Raises:
        BalanceError: when it has lost some of them.
    """
    record = ticket.read_run_json(run_dir)
    try:
        return RunResult(
            run_dir=run_dir,
            counts={name: int(count) for name, count in record["counts"].items()},
            money_in_cents=int(record["money_in_cents"]),
            money_out_cents={name: int(cents) for name, cents in record["money_out_cents"].items()},
            postage_mills=int(record["postage_mills"]),
            single_piece_postage_mills=int(record["single_piece_postage_mills"]),
            spools=tuple(sorted((run_dir / "spool").glob("*.pdf"))),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        msg = "run.json has lost some of its figures"
        where = str(run_dir / ticket.RUN_FILE)
        raise BalanceError(msg, where=where, next_step="Do not print this run") from error


def _check_manifest(table: pl.DataFrame, recorded: RunResult) -> None:
    """Compare the manifest's sums with what run.json says, and that with itself."""
    counts, money = recorded.counts, recorded.money_out_cents
    outcomes = sum(counts.get(name, 0) for name in ticket.OUTCOMES)
    # Documents of different types may have the same key.
    keys = [name for name in (c.TYPE.name, c.DOCUMENT_ID.name) if name in table.columns]
    carried = []
    if c.CONTAINER_ID.name in table.columns and "containers" in counts:
        found_in = table[c.CONTAINER_ID.name].drop_nulls().n_unique()
        carried.append(("containers", found_in, counts["containers"]))
    for what, found, said in (
        *carried,
        ("documents", table.height, counts.get("printed")),
        ("document ids", table.select(keys).n_unique(), counts.get("printed")),
        ("pieces", table[c.PIECE_ID.name].n_unique(), counts.get("pieces")),
        ("pages", int(table[c.PAGES.name].sum()), counts.get("pages")),
        ("sheets", int(table[c.SHEETS.name].sum()), counts.get("sheets")),
        ("cents", int(table[c.MONEY_CENTS.name].sum()), money.get("printed")),
        ("mills of postage", int(table[c.POSTAGE_MILLS.name].sum()), recorded.postage_mills),
        ("documents with an outcome", outcomes, counts.get("documents_in")),
        ("cents with an outcome", sum(money.values()), recorded.money_in_cents),
    ):
        if found != said:
            msg = f"the manifest and its run add up to {found} {what}, run.json says {said}"
            raise BalanceError(msg, where=MANIFEST, next_step="Do not print this run")
