"""This bench against an earlier one.

In: a record, the JSON of another. Out: ratios, and why they may mean nothing. Never: compares what is not the same work
without saying so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from printstream.base.errors import UsageError
from printstream.base.frozen import frozen
from printstream.bench.record import FORMAT, Record
from printstream.bench.words import LABELS

NOISE = 0.05
"""Less than this share is no difference, unless the runs of both lie apart."""


@frozen
class Change:
    """One figure then and now.

    Attributes:
        name: key of LABELS.
        old, new: medians.
        verdict: better, worse, or same (also where the spreads of both overlap).
    """

    name: str
    old: float
    new: float
    verdict: str

    @property
    def ratio(self) -> float:
        """New divided by old."""
        return self.new / self.old if self.old else 0.0


@frozen
class Comparison:
    """All changes, and what makes them doubtful."""

    made: str
    changes: tuple[Change, ...]
    doubts: tuple[str, ...]


def read_record(path: Path) -> dict[str, Any]:
    """Read a saved bench.

    Raises:
        UsageError: when it is none.
    """
    try:
        record = json.loads(path.read_bytes())
    except OSError as error:
        what = f"the saved bench cannot be read: {error.strerror}"
        raise UsageError(what, where=str(path), next_step="Name a file that --save wrote") from error
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        what = f"the file is not of the form {FORMAT}"
        raise UsageError(what, where=str(path), next_step="Name a file that --save wrote")
    return record


def compare(record: Record, old: Mapping[str, Any]) -> Comparison:
    """Compare a bench with an earlier one."""
    changes = []
    for name, new in record.figures.items():
        before = old.get("figures", {}).get(name)
        if before is None:
            continue
        apart = new.low > before["high"] or new.high < before["low"]
        change = Change(name, before["median"], new.median, "same")
        if apart and abs(change.ratio - 1) > NOISE and LABELS[name].less_is_better is not None:
            less = new.median < before["median"]
            verdict = "better" if less == LABELS[name].less_is_better else "worse"
            change = Change(name, before["median"], new.median, verdict)
        changes.append(change)
    return Comparison(str(old.get("made", "")), tuple(changes), tuple(_doubts(record, old)))


def _doubts(record: Record, old: Mapping[str, Any]) -> list[str]:
    machine, work = old.get("machine", {}), old.get("work", {})
    then = (machine.get("cpu"), machine.get("cores"))
    doubts = []
    if then != (record.machine.cpu, record.machine.cores):
        doubts.append(f"another machine: {then[0]}, {then[1]} cores")
    if old.get("job") != record.job or work.get("counts") != dict(record.work.counts):
        doubts.append("other work: the counts of documents, pages or sheets differ")
    if old.get("kinds", [{}])[0].get("workers") != record.kinds[0].workers:
        doubts.append("another number of workers")
    if not (old.get("idle", True) and record.machine.idle):
        doubts.append("one of the two was taken on a busy machine")
    return doubts
