"""Room 10, ticket: the papers that travel along.

In: a finished run folder and its record. Out: ``run.json`` (figures, seals) and ``report.html`` (the run at a
glance). Never: decides or changes anything; releases a run that does not balance.
"""

from __future__ import annotations

from printstream.ticket.record import (
    OUTCOMES,
    HouseholdRow,
    InsertRow,
    LevelRow,
    Machine,
    RejectRow,
    RunRecord,
    SpoolRow,
    StageRow,
    TrayRow,
    check_balance,
    result_of,
    tray_rows,
)
from printstream.ticket.report import write_report
from printstream.ticket.runjson import RUN_FILE, broken_seals, read_run_json, write_run_json

__all__ = [
    "OUTCOMES",
    "RUN_FILE",
    "HouseholdRow",
    "InsertRow",
    "LevelRow",
    "Machine",
    "RejectRow",
    "RunRecord",
    "SpoolRow",
    "StageRow",
    "TrayRow",
    "broken_seals",
    "check_balance",
    "read_run_json",
    "result_of",
    "tray_rows",
    "write_report",
    "write_run_json",
]
