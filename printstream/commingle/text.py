"""A common mailing as a person reads it in a terminal, and as a machine does.

In: ``Done``. Out: text. Never: writes it anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from printstream import ticket
from printstream.base.options import RunResult
from printstream.base.summary import decimal
from printstream.base.summary import json_text as job_json
from printstream.base.summary import summary_text as job_text
from printstream.commingle.corridor import Done

_HEAD = ("job", "pieces", "alone", "share of saving", "invoice", "")


def summary_text(command: str, done: Done) -> str:
    """Set the accounts in aligned columns."""
    record = done.record
    rows = [
        (c.job, f"{c.pieces:,}", *map(_mills, (c.alone_mills, c.share_mills, c.invoice_mills)), _error(c))
        for c in record.clients
    ]
    whole = record.total("alone_mills"), record.saved_mills, record.postage_mills
    rows.append(("all", f"{record.pieces:,}", *map(_mills, whole), record.currency))
    widths = [max(map(len, column)) for column in zip(_HEAD, *rows, strict=True)]
    lines = [_line(row, widths) for row in (_HEAD, *rows)]
    title = "released" if command == "run" else "planned, nothing drawn"
    trays = f"{record.trays:,} trays; sorted alone the jobs would need {record.total('trays_alone'):,}"
    kinds = [_class_text(row) for row in record.classes]
    files = [f"  {done.folder / name}" for name in _files(record)]
    return "\n".join(("", f"{done.folder}: {title}", "", *lines, "", trays, *kinds, *files)) + "\n"


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = [row[0].ljust(widths[0]), *(x.rjust(w) for x, w in zip(row[1:-1], widths[1:-1], strict=True))]
    return "  ".join((*cells, row[-1])).rstrip()


def _mills(mills: int) -> str:
    return decimal(mills, 1000, 3)


def _error(client: ticket.ClientRow) -> str:
    error = client.standard_error_mills
    return "" if error is None else f"± {error / 1000:.3f}"


def _class_text(row: ticket.ClassRow) -> str:
    jobs = ", ".join(row.jobs)
    if row.method == "none":
        return f"scheme {row.scheme}: {jobs}, apart; together with the others' their mail would cost more"
    how = {
        "exact": "by the Shapley value",
        "drawn": f"by the Shapley value, {row.permutations:,} orders drawn by lot",
        "proportional": "in proportion to the postage alone",
    }
    return f"stream {row.stream}, scheme {row.scheme}: {jobs}; {_mills(row.saved_mills)} saved, shared {how[row.method]}"


def _files(record: ticket.MailingRecord) -> tuple[str, ...]:
    if record.status != "released":
        return ()
    return (*(client.folder for client in record.clients), ticket.MAILING_PAGE_FILE)


def json_text(command: str, done: Done) -> str:
    """Write the mailing as one JSON object: that of mailing.json, and where it is."""
    document = ticket.mailing_document(done.record, {})
    del document["files"]
    head = {"command": command, "status": "done", "exit_code": 0, "folder": str(done.folder)}
    return json.dumps(head | {"mailing": document}, indent=2, ensure_ascii=False) + "\n"


def checked_text(checked: Sequence[RunResult], *, as_json: bool) -> str:
    """What was found in each job of a mailing, one below the other; as JSON a list of what ``check`` says of each."""
    if not as_json:
        return "".join(job_text("check", result) for result in checked)
    jobs = [json.loads(job_json("check", result)) for result in checked]
    head = {"command": "check", "status": "done", "exit_code": 0}
    return json.dumps(head | {"jobs": jobs}, indent=2, ensure_ascii=False) + "\n"
