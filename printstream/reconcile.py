"""What became of every piece of a run, from the inserter's result files.

In: a released run folder, result files, their layout. Out: a state for each piece, counted and listed. Never: changes the
run.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from printstream import papers, ticket
from printstream.base import columns as c
from printstream.base.errors import InputError
from printstream.base.files import write_whole
from printstream.base.frozen import frozen

_GOOD = frozenset({"done", "diverted"})
_SHOWN = 20


@frozen
class Reconciled:
    """What became of the pieces.

    Attributes:
        run: name of the run.
        pieces: a row a piece: ``piece_id``, ``state`` (ticket.STATES), ``records``; strange ones behind.
        counts: pieces by state.
    """

    run: str
    pieces: pl.DataFrame
    counts: dict[str, int]

    @property
    def open(self) -> pl.DataFrame:
        """Pieces that are neither done nor diverted: to be looked for, or made again."""
        return self.pieces.filter(~pl.col("state").is_in(_GOOD))


def reconcile(run_dir: Path, results: Sequence[Path], layout: str = "output_csv") -> Reconciled:
    """Compare result files with the run.

    Args:
        run_dir: a released run folder.
        results: all result files of the run.
        layout: name of a shipped layout, or path of one.

    Raises:
        UsageError: when the folder is no released run.
        JobError: when there is no such layout, or it is wrong.
        InputError: when a file cannot be read.
    """
    ticket.read_run_json(run_dir)
    form = ticket.load_results_layout(layout)
    records = pl.concat([ticket.read_results(path, form) for path in results])
    try:
        pieces = pl.read_parquet(run_dir / papers.MANIFEST, columns=[c.PIECE_ID.name])[c.PIECE_ID.name]
    except (OSError, pl.exceptions.PolarsError) as error:
        what = "the manifest cannot be read"
        raise InputError(
            what, where=str(run_dir / papers.MANIFEST), next_step="Restore the run folder"
        ) from error
    found = ticket.reconcile_pieces(pieces, records)
    counted = dict(found.group_by("state").len().iter_rows())
    return Reconciled(run_dir.name, found, {state: counted.get(state, 0) for state in ticket.STATES})


def save_open(path: Path, reconciled: Reconciled) -> None:
    """Write the pieces that are neither done nor diverted as a CSV file."""
    write_whole(path, reconciled.open.write_csv().encode())


def as_text(reconciled: Reconciled) -> str:
    """For a person."""
    lines = [f"Pieces of {reconciled.run}"]
    lines += [f"  {state:<10}{count:>12,}" for state, count in reconciled.counts.items()]
    rest = reconciled.open
    for piece, state in rest.select("piece_id", "state").head(_SHOWN).iter_rows():
        lines.append(f"  piece {'?' if piece is None else piece}: {state}")
    if rest.height > _SHOWN:
        lines.append(f"  ... {rest.height - _SHOWN:,} more; --save FILE.csv lists all")
    return "\n".join(lines) + "\n"


def as_json(reconciled: Reconciled) -> str:
    """For a machine."""
    document = {
        "command": "reconcile",
        "run_id": reconciled.run,
        "counts": reconciled.counts,
        "open": reconciled.open.to_dicts(),
    }
    return json.dumps(document, indent=2) + "\n"
