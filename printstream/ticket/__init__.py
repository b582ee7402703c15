"""Room 10, ticket: the papers that travel along.

In: a finished run folder and its record; records of sheets and pieces. Out: ``run.json`` (figures, seals), ``report.html``
(the run at a glance), the inserter's control files; its result files read back. Never: decides or changes anything;
releases a run that does not balance.
"""

from __future__ import annotations

from printstream.ticket.inserterfile import FileLayout, check_layout, file_bytes, load_layout, shipped_layouts
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
from printstream.ticket.results import STATES, load_results_layout, read_results, reconcile_pieces
from printstream.ticket.runjson import RUN_FILE, broken_seals, read_run_json, write_run_json

__all__ = [
    "OUTCOMES",
    "RUN_FILE",
    "STATES",
    "FileLayout",
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
    "check_layout",
    "file_bytes",
    "load_layout",
    "load_results_layout",
    "read_results",
    "read_run_json",
    "reconcile_pieces",
    "result_of",
    "shipped_layouts",
    "tray_rows",
    "write_report",
    "write_run_json",
]
