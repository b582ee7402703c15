"""Plain-Python twin of room 1, written from its definition: rows of ``to_pylist``, one at a time."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
EPOCH = date(1970, 1, 1)


@dataclass
class TwinDocuments:
    """Accepted rows (with source and row), rejects, keys by fate, money."""

    accepted: list[Row] = field(default_factory=list)
    rejects: list[tuple[Any, ...]] = field(default_factory=list)
    rejected_keys: list[Any] = field(default_factory=list)
    ignored_keys: list[Any] = field(default_factory=list)
    cents: int = 0
    rejected_cents: int = 0


@dataclass
class TwinDetails:
    """Lines by document, sorted; rejects; documents that must leave."""

    by_document: list[list[int]] = field(default_factory=list)
    rejects: list[tuple[Any, ...]] = field(default_factory=list)
    bad: dict[int, tuple[str, str]] = field(default_factory=dict)
    lines: Counter[str] = field(default_factory=Counter)
    cents: Counter[str] = field(default_factory=Counter)


def whole(value: Any) -> int | None:
    """Give what the arena holds: cents, days, 0 or 1, or the number itself."""
    if value is None:
        return None
    if isinstance(value, Decimal):
        return int(value * 100)
    if isinstance(value, date):
        return (value - EPOCH).days
    return int(value)


def controls(text: str) -> bool:
    """Whether a text holds a control character."""
    return any(ord(c) < 0x20 or 0x7F <= ord(c) <= 0x9F for c in text)


def read_documents(
    files: list[tuple[str, list[Row]]],
    job: Any,
    wanted: list[str],
    limit: int | None,
    zips: set[str],
    texts: set[str],
) -> TwinDocuments:
    """Judge documents one by one; ``files`` holds every file's name and rows, in order."""
    twin = TwinDocuments()
    key, money = job.input.documents.key, job.input.documents.money
    rows = [(name, k, row) for name, content in files for k, row in enumerate(content)]
    seen = Counter(row[key] for _, _, row in rows)
    address = job.address
    order = [key, money, *address.lines, address.street, address.city, address.state]
    order += [address.zip5, address.plus4, address.delivery_point, *sorted(wanted)]
    columns = list(dict.fromkeys(c for c in order if c is not None))
    for place, (name, k, row) in enumerate(rows):
        if limit is not None and place >= limit:
            if row[key] is not None:
                twin.ignored_keys.append(row[key])
            continue
        cents = whole(row[money]) or 0
        twin.cents += cents
        fault = document_fault(row, job, columns, wanted, zips, texts, seen)
        if fault is None:
            twin.accepted.append({**row, "source": name, "row": k, "cents": cents})
            continue
        column, reason, value = fault
        said = None if row[key] is None else str(row[key])
        twin.rejects.append((name, k, said, column, reason, None if value is None else str(value)[:200]))
        twin.rejected_cents += cents
        if row[key] is not None:
            twin.rejected_keys.append(row[key])
    return twin


def document_fault(
    row: Row,
    job: Any,
    columns: list[str],
    wanted: list[str],
    zips: set[str],
    texts: set[str],
    seen: Counter[Any],
) -> tuple[str, str, Any] | None:
    """Give column, reason and value of the first fault, or None."""
    key, money, address = job.input.documents.key, job.input.documents.money, job.address
    for column in columns:
        if column in texts and row[column] is not None and controls(row[column]):
            return column, "the text holds a control character", row[column]
    if row[key] in (None, ""):
        return key, "the key is missing", row[key]
    if seen[row[key]] > 1:
        return key, "the key is there more than once", row[key]
    for column, words in (
        (address.lines[0], "the recipient's name is empty"),
        (address.street, "the street is empty"),
    ):
        if not (row[column] or "").strip():
            return column, words, row[column]
    zip5 = row[address.zip5]
    if not re.fullmatch("[0-9]{5}", zip5 or ""):
        return address.zip5, "the ZIP is not five digits", zip5
    if zip5 not in zips:
        return address.zip5, "the ZIP is not in the reference list", zip5
    for column, size, words in (
        (address.plus4, 4, "the ZIP+4 add-on is not four digits"),
        (address.delivery_point, 2, "the delivery point is not two digits"),
    ):
        if column and row[column] and not re.fullmatch(f"[0-9]{{{size}}}", row[column]):
            return column, words, row[column]
    amount = whole(row[money])
    if amount is None:
        return money, "the amount is missing", None
    if abs(amount) > job.input.max_amount * 100:
        return money, "the amount is absurd", amount
    return value_fault(row, wanted, texts)


def value_fault(row: Row, wanted: list[str], texts: set[str]) -> tuple[str, str, Any] | None:
    """Give the first wanted value that is missing."""
    for column in sorted(wanted):
        if column in texts:
            continue
        if row[column] is None:
            return column, "the value is missing", None
        if isinstance(row[column], list) and (len(row[column]) != 12 or None in row[column]):
            return column, "the list does not hold 12 whole numbers", None
    return None


def read_details(
    files: list[tuple[str, list[Row]]], job: Any, wanted: list[str], documents: TwinDocuments, texts: set[str]
) -> TwinDetails:
    """Group lines by document, one by one."""
    twin = TwinDetails()
    settings = job.input.details
    rows = [(name, k, row) for name, content in files for k, row in enumerate(content)]
    places = {row[job.input.documents.key]: k for k, row in enumerate(documents.accepted)}
    rejected, ignored = set(documents.rejected_keys), set(documents.ignored_keys)
    twin.by_document = [[] for _ in documents.accepted]
    columns = sorted({*wanted, settings.group, settings.money, *settings.order_by} - {None})
    sums = [0] * len(documents.accepted)
    for place, (name, k, row) in enumerate(rows):
        key = row[settings.key]
        cents = whole(row[settings.money]) or 0
        fate = "lone"
        if key in (None, ""):
            fate = "null_key"
        elif key in places:
            fate = "accepted"
            twin.by_document[places[key]].append(place)
            sums[places[key]] += cents
            fault = line_fault(row, columns, texts, job)
            if fault is not None:
                twin.bad.setdefault(places[key], fault)
        elif key in rejected:
            fate = "of_rejected"
        elif key in ignored:
            fate = "ignored"
        twin.lines[fate] += 1
        twin.cents[fate] += cents
        if fate in ("lone", "null_key"):
            reason = "the key is missing" if fate == "null_key" else "no document has this key"
            said = None if key is None else str(key)
            twin.rejects.append((name, k, said, settings.key, reason, said))
    for lines in twin.by_document:
        lines.sort(key=lambda place: tuple(whole(rows[place][2][c]) or 0 for c in settings.order_by))
    for document, row in enumerate(documents.accepted):
        if row["cents"] != sums[document] and document not in twin.bad:
            reason = "the amount differs from the sum of the lines"
            twin.bad[document] = (job.input.documents.money, reason)
    return twin


def line_fault(row: Row, columns: list[str], texts: set[str], job: Any) -> tuple[str, str] | None:
    """Give column and reason of a line's first fault by name of the column, or None."""
    for column in columns:
        value = row[column]
        if column in texts:
            if value is not None and controls(value):
                return column, "the text holds a control character"
        elif value is None:
            return column, "the value is missing"
        elif column == job.input.details.money and abs(whole(value) or 0) > job.input.max_amount * 100:
            return column, "the value is absurd"
    return None
