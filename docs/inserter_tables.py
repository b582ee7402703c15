"""The tables of docs/inserters.md, from the shipped profiles and from simulation.

In: nothing. Out: the page with its tables renewed. Called by docs/generate.py.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from printstream.job import Job
from printstream.marks import load_profile, marks_of, shipped
from printstream.marks.faults import FAULTS, Outcome, try_faults
from printstream.marks.profile import Item, Profile
from printstream.ticket import shipped_layouts
from printstream.ticket.results import shipped_results

PAGE = Path(__file__).resolve().parent / "inserters.md"
_CONFIRMED = {"manual": "the maker's manual", "secondary": "partly", "own_choice": "no; our choice"}
_JOB = {
    "format": "printstream-job/1",
    "name": "table",
    "title": "Table",
    "production_date": date(2026, 1, 2),
    "input": {"documents": {"files": ["d"], "key": "key"}},
    "address": {"lines": ["name"], "street": "street", "city": "city", "state": "state", "zip5": "zip5"},
}


def page() -> str:
    """The page as it should be."""
    tables = {"profiles": _profiles(), "faults": _faults(), "files": _files()}
    text = PAGE.read_text(encoding="utf-8")
    for name, table in tables.items():
        pattern = re.compile(rf"(<!-- {name}: made by docs/generate.py -->\n).*?(<!-- end -->)", re.DOTALL)
        text, count = pattern.subn(lambda m, t=table: f"{m[1]}\n{t}\n{m[2]}", text)
        assert count == 1, name
    return text


def _profiles() -> str:
    rows = ["| profile | machine | what it carries | confirmed by |", "|---|---|---|---|"]
    for name in shipped():
        profile = load_profile(name)
        rows.append(f"| `{name}` | {profile.title} | {_carries(profile)} | {_CONFIRMED[profile.confirmed]} |")
    return "\n".join(rows) + "\n"


def _carries(profile: Profile) -> str:
    parts = []
    if profile.omr is not None:
        up = ", read upwards" if profile.omr.reads == "upwards" else ""
        parts.append(f"track{up}: {' '.join(profile.omr.marks)}")
    if profile.matrix is not None:
        parts.append(
            f"Data Matrix {profile.matrix.modules} x {profile.matrix.modules}: `{profile.matrix.text}`"
        )
    for code in profile.codes:
        items = map(_item, code.text)
        kind = {"data_matrix": "Data Matrix", "code39": "Code 39", "interleaved_2of5": "Interleaved 2 of 5"}
        size = (
            f" {code.modules} x {code.modules}"
            if code.modules
            else " ladder"
            if code.orientation == "ladder"
            else ""
        )
        parts.append(f"{kind[code.symbology]}{size}: {' + '.join(items)}")
    return "; ".join(parts)


def _item(item: Item) -> str:
    if item.literal is not None:
        return item.literal
    if item.value is not None:
        base = "" if item.base in (None, 10) else f", base {item.base}"
        return f"{item.value}({item.digits}{base})"
    return f"bits({' '.join(item.bits)})" if item.bits else f"check({item.check})"


def _faults() -> str:
    job = Job.model_validate(_JOB)
    rows = ["| profile | " + " | ".join(FAULTS) + " |", "|---|" + "---:|" * len(FAULTS)]
    for name in shipped():
        found = try_faults(marks_of(load_profile(name), job))
        rows.append(f"| `{name}` | " + " | ".join(_cell(outcome) for outcome in found.values()) + " |")
    return "\n".join(rows) + "\n"


def _cell(outcome: Outcome) -> str:
    share, timely = (round(100 * n / outcome.trials) for n in (outcome.revealed, outcome.in_time))
    return f"{share} %" if share == timely else f"{share} % ({timely} %)"


def _files() -> str:
    rows = ["| layout | kind |", "|---|---|"]
    for kind, files in (("control file", shipped_layouts()), ("result file", shipped_results())):
        rows += [f"| `{name}` | {kind} |" for name in files]
    return "\n".join(rows) + "\n"
