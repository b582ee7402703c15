"""Room 10, ticket: the papers that travel along.

In: a finished run folder and its record; the mail; records of sheets and pieces. Out: ``run.json`` (figures, seals),
``report.html`` (the run at a glance), tray labels, lists and Mail.dat for the post, the inserter's control files; its
result files read back. Never: decides or changes anything; releases a run that does not balance.
"""

from __future__ import annotations

from printstream.ticket.commingled import (
    MAILING_FORMAT,
    MAILING_PAGE_FILE,
    MAILING_RECORD_FILE,
    ClassRow,
    ClientRow,
    CoalitionRow,
    MailingRecord,
    check_mailing,
    coalitions_list,
    mailing_document,
    mailing_html,
    shares_list,
)
from printstream.ticket.inserterfile import FileLayout, check_layout, file_bytes, load_layout, shipped_layouts
from printstream.ticket.labels import label_sheets
from printstream.ticket.lists import (
    container_list,
    is_mailmark,
    level_list,
    mailmark_list,
    piece_list,
    postage_list,
    tray_list,
)
from printstream.ticket.maildat import maildat_files
from printstream.ticket.mailtables import check_carriers, check_levels
from printstream.ticket.pen import LabelSheets
from printstream.ticket.placards import placard_sheets
from printstream.ticket.post import (
    OWNER,
    ContainerPaper,
    LevelPaper,
    Post,
    container_serial_limit,
    container_table,
    tray_serial_limit,
    tray_table,
)
from printstream.ticket.record import (
    OUTCOMES,
    CommingledRow,
    ContainerRow,
    HouseholdRow,
    InsertRow,
    LevelRow,
    Machine,
    RejectRow,
    RunRecord,
    SpoolRow,
    StageRow,
    TrayRow,
    TypeRow,
    check_balance,
    container_rows,
    result_of,
    tray_rows,
)
from printstream.ticket.report import prepare_report, write_report
from printstream.ticket.results import STATES, load_results_layout, read_results, reconcile_pieces
from printstream.ticket.runjson import (
    DELIVERIES_FILE,
    RUN_FILE,
    broken_seals,
    read_run_json,
    write_run_json,
)
from printstream.ticket.statement import STATEMENT_FILE, statement_html

__all__ = [
    "DELIVERIES_FILE",
    "MAILING_FORMAT",
    "MAILING_PAGE_FILE",
    "MAILING_RECORD_FILE",
    "OUTCOMES",
    "OWNER",
    "RUN_FILE",
    "STATEMENT_FILE",
    "STATES",
    "ClassRow",
    "ClientRow",
    "CoalitionRow",
    "CommingledRow",
    "ContainerPaper",
    "ContainerRow",
    "FileLayout",
    "HouseholdRow",
    "InsertRow",
    "LabelSheets",
    "LevelPaper",
    "LevelRow",
    "Machine",
    "MailingRecord",
    "Post",
    "RejectRow",
    "RunRecord",
    "SpoolRow",
    "StageRow",
    "TrayRow",
    "TypeRow",
    "broken_seals",
    "check_balance",
    "check_carriers",
    "check_layout",
    "check_levels",
    "check_mailing",
    "coalitions_list",
    "container_list",
    "container_rows",
    "container_serial_limit",
    "container_table",
    "file_bytes",
    "is_mailmark",
    "label_sheets",
    "level_list",
    "load_layout",
    "load_results_layout",
    "maildat_files",
    "mailing_document",
    "mailing_html",
    "mailmark_list",
    "piece_list",
    "placard_sheets",
    "postage_list",
    "prepare_report",
    "read_results",
    "read_run_json",
    "reconcile_pieces",
    "result_of",
    "shares_list",
    "shipped_layouts",
    "statement_html",
    "tray_list",
    "tray_rows",
    "tray_serial_limit",
    "tray_table",
    "write_report",
    "write_run_json",
]
