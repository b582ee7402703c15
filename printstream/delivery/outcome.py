"""What a delivery came to, for a person and for a machine.

In: the history behind it. Out: text, JSON, an exit code. Never: says that all is well while somebody must look.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from printstream.base.errors import DeliveryError
from printstream.base.frozen import frozen
from printstream.delivery.history import FREE, GOOD, UNKNOWN, Attempt, History
from printstream.delivery.released import PrintFile, ReleasedRun

_STORY = {
    "sending": "UNKNOWN: cut off while it was sent; look what was printed",
    "created": "UNKNOWN: cut off while it was sent; look what was printed",
    "doubtful": "UNKNOWN: cut off while it was sent; look what was printed",
    "releasing": "UNKNOWN: cut off while it got its name; look into the folder",
    "accepted": "at the printer",
    "placed": "delivered",
    "copying": "not delivered: cut off",
    "failed": "not sent",
    "forgotten": "UNKNOWN: the printer has forgotten the job",
}


@frozen
class Shown:
    """What is shown of a print file besides its state in the ledger.

    Attributes:
        state: where the printer has it, or what would be done.
        facts: attributes, reasons.
    """

    state: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@frozen
class Row:
    """A print file: its last attempt, and what is shown."""

    file: PrintFile
    attempt: Attempt | None
    shown: Shown | None

    @property
    def is_well(self) -> bool:
        """Whether it needs nobody."""
        return self.attempt is not None and self.attempt.state in GOOD

    @property
    def state(self) -> str:
        """A word for machines."""
        if self.attempt is None:
            return "open"
        return "unknown" if self.attempt.state in UNKNOWN else self.attempt.state

    @property
    def sentence(self) -> str:
        """For a person."""
        if self.shown is not None and (self.attempt is None or self.attempt.state == "accepted"):
            reasons = ", ".join(self.shown.facts.get("reasons", ()))
            return f"{self.shown.state} ({reasons})" if reasons else self.shown.state
        if self.attempt is None:
            return "not sent"
        told = _STORY.get(self.attempt.state, self.attempt.state)
        explains = self.attempt.state in FREE or self.attempt.state == "doubtful"
        return f"{told}: {self.attempt.what}" if self.attempt.what and explains else told


@frozen
class Outcome:
    """All of it."""

    command: str
    run: ReleasedRun
    target: str
    rows: tuple[Row, ...]
    failure: DeliveryError | None
    dry_run: bool

    @property
    def exit_code(self) -> int:
        """0 where nobody must look; a status and a rehearsal only tell."""
        if self.failure is not None:
            return self.failure.exit_code
        well = self.dry_run or self.command == "status" or all(row.is_well for row in self.rows)
        return 0 if well else DeliveryError.exit_code


def outcome_of(
    command: str,
    run: ReleasedRun,
    chosen: Sequence[PrintFile],
    history: History,
    target: str,
    shown: Mapping[int, Shown],
    failure: DeliveryError | None,
    *,
    dry_run: bool = False,
) -> Outcome:
    """Put together what is shown."""
    rows = tuple(Row(file, history.last(file.number), shown.get(file.number)) for file in chosen)
    return Outcome(command, run, target, rows, failure, dry_run)


def as_text(outcome: Outcome) -> str:
    """For a person: a line a print file."""
    run = outcome.run
    title = f"{run.job} {run.run_id}" + (f" -> {outcome.target}" if outcome.target else "")
    lines = [f"{title}: nothing is sent" if outcome.dry_run else title]
    for row in outcome.rows:
        job = f"job {row.attempt.job_id}" if row.attempt and row.attempt.job_id is not None else ""
        elsewhere = ""
        if row.attempt is not None and row.attempt.target != outcome.target:
            elsewhere = f"  [{row.attempt.target}]"
        size = f"{row.file.seal.bytes:,}"
        lines.append(f"  {row.file.path.name}  {size:>15} bytes  {job:<10}  {row.sentence}{elsewhere}")
        if outcome.dry_run and row.shown is not None:
            width = max((len(name) for name in row.shown.facts), default=0)
            lines += [f"      {name:<{width}}  {_short(v)}" for name, v in row.shown.facts.items()]
    if outcome.exit_code and outcome.failure is None:
        lines.append(
            "  Somebody must look. --again --spool N sends one once more, when it was surely not printed."
        )
    return "\n".join(lines) + "\n"


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def as_json(outcome: Outcome) -> str:
    """For a machine."""
    failure = outcome.failure
    document: dict[str, Any] = {
        "command": outcome.command,
        "status": "failed" if outcome.exit_code else "done",
        "exit_code": outcome.exit_code,
        "job": outcome.run.job,
        "run_id": outcome.run.run_id,
        "target": outcome.target,
        "dry_run": outcome.dry_run,
        "spools": [_row(row) for row in outcome.rows],
    }
    if failure is not None:
        document |= {"what": failure.what, "where": failure.where, "next_step": failure.next_step}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _row(row: Row) -> dict[str, Any]:
    attempt = row.attempt
    return {
        "spool": row.file.number,
        "bytes": row.file.seal.bytes,
        "sha256": row.file.seal.sha256,
        "state": row.state,
        "attempt": attempt.number if attempt else 0,
        "target": attempt.target if attempt else None,
        "job_id": attempt.job_id if attempt else None,
        "at": attempt.at if attempt else None,
        "what": attempt.what if attempt else "",
        "shown": row.shown.state if row.shown else None,
        "facts": dict(row.shown.facts) if row.shown else {},
    }
