"""Labeling lists: which destination a postal code prefix is sorted to.

In: a CSV file in the form that the USPS publishes (PostalPro): prose, "Effective Date: yyyy-mm-dd", "Grace Date:
yyyy-mm-dd", a header, then rows such as ``"010-013, 020","SCF HARTFORD CT 060"``. Out: ``LabelingList``. Never:
guesses a range.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from printstream.base.cache import kept
from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.base.model import MAX_LABEL_LINE
from printstream.base.postcodes import PostalForm
from printstream.presort.forms import CodeTable

NO_GROUP = -1
MAX_BYTES = 4_000_000
ZIP_COLUMN = "Column A Destination ZIP Codes"
LABEL_COLUMN = "Column B Label To"
_NEXT_STEP = "Correct the list, or fetch it anew from the post (USPS: PostalPro)"
_DATE = re.compile(r"(Effective|Grace) Date:\s*([0-9]{4}-[0-9]{2}-[0-9]{2})", re.IGNORECASE)
_LABEL_ZIP = re.compile(r".*\b([0-9]{5}|[0-9]{3})\Z")


@frozen
class Span:
    """Codes from the first to the last, both included, and the group that they are of."""

    first: bytes
    last: bytes
    group: int


@frozen
class LabelingList:
    """Destinations by postal code.

    Attributes:
        effective: first day on which the list may be used; None where the file does not say.
        grace: its Grace Date; None where the file does not say.
        labels: line 1 of each group's tray label; groups are ordered by the ZIP Code in it, then by text.
        spans: which codes are of which group; they do not overlap.
    """

    effective: date | None
    grace: date | None
    labels: tuple[str, ...]
    spans: tuple[Span, ...]

    @classmethod
    def of(
        cls,
        entries: dict[str, list[tuple[bytes, bytes]]],
        effective: date | None = None,
        grace: date | None = None,
    ) -> LabelingList:
        """Build a list from label -> spans of whole codes, first and last."""
        labels = tuple(sorted(entries, key=lambda label: (label_zip(label)[:3], label)))
        spans = (Span(*span, number) for number, label in enumerate(labels) for span in entries[label])
        return cls(effective, grace, labels, tuple(spans))

    def groups(self, table: CodeTable) -> NDArray[np.int32]:
        """The group of each code: int32[codes], NO_GROUP where the list has none."""
        group = np.full(table.size, NO_GROUP, np.int32)
        for span in self.spans:
            begin, end = table.places(span.first, span.last)
            group[begin:end] = span.group
        return group


def label_zip(label: str) -> str:
    """Give the 3 or 5 digits at a label's end; empty where there are none."""
    match = _LABEL_ZIP.match(label)
    return match.group(1) if match else ""


def read_labeling_list(
    path: Path,
    zip_column: str = ZIP_COLUMN,
    label_column: str = LABEL_COLUMN,
    *,
    form: PostalForm,
    coded_labels: bool = True,
) -> LabelingList:
    """Read a labeling list.

    Raises:
        JobError: no such file, no header, a range that is none, overlapping ranges, a label without a ZIP
            Code; with file and line.
    """
    content = _content(path)
    asked = f"{zip_column!r} {label_column!r} {form!r} {coded_labels}\n"
    return kept(
        "lists",
        asked.encode() + content,
        lambda: _list_of(path, content, (zip_column, label_column), form, coded_labels=coded_labels),
    )


def _list_of(
    path: Path, content: bytes, names: tuple[str, str], form: PostalForm, *, coded_labels: bool
) -> LabelingList:
    """Read a list's content."""
    days: dict[str, date] = {}
    columns: tuple[int, int] | None = None
    entries: dict[str, list[tuple[bytes, bytes]]] = {}
    taken: list[tuple[bytes, bytes, int]] = []
    for line, cells in _rows(path, content):
        if columns is None:
            days |= {n.lower(): _date(path, line, text) for n, text in _DATE.findall(" ".join(cells))}
            if set(names) <= set(cells):
                columns = cells.index(names[0]), cells.index(names[1])
            continue
        ranges, label = (cells[c] if c < len(cells) else "" for c in columns)
        # L002 names no SCF for military prefixes: a row without a label sorts nothing.
        if ranges and label:
            if len(label) > MAX_LABEL_LINE or not label.isprintable():
                what = (
                    f"a label is longer than {MAX_LABEL_LINE} characters, or has some that cannot be printed"
                )
                _refuse(path, line, what)
            if coded_labels and not label_zip(label):
                _refuse(path, line, f"the label {label!r} does not end in a 3- or 5-digit ZIP Code")
            for span in _spans(path, line, ranges, form):
                taken.append((*span, line))
                entries.setdefault(label, []).append(span)
    if columns is None:
        what = f"has no header with the columns {names[0]!r} and {names[1]!r}"
        raise JobError(what, where=str(path), next_step=_NEXT_STEP)
    if not entries:
        what = "names no destination"
        raise JobError(what, where=str(path), next_step=_NEXT_STEP)
    _refuse_overlap(path, taken)
    effective, grace = days.get("effective"), days.get("grace")
    if effective is not None and grace is not None and grace < effective:
        what = f"its Grace Date, {grace}, is before its Effective Date, {effective}"
        raise JobError(what, where=str(path), next_step=_NEXT_STEP)
    return LabelingList.of(entries, effective, grace)


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            what = f"the list is larger than {MAX_BYTES} bytes"
            raise JobError(what, where=str(path), next_step=_NEXT_STEP)
        return path.read_bytes()
    except OSError as error:
        what = f"the labeling list cannot be read ({error.strerror})"
        raise JobError(what, where=str(path), next_step="Check the scheme's labeling_lists") from error


def _rows(path: Path, content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells; tabs, line ends and double blanks in the published files mean nothing."""
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        for cells in reader:
            yield reader.line_num, [" ".join(c.split()) for c in cells]
    except (UnicodeDecodeError, csv.Error) as error:
        what = f"is no CSV file in UTF-8 ({error})"
        raise JobError(what, where=str(path), next_step=_NEXT_STEP) from error


def _spans(path: Path, line: int, ranges: str, form: PostalForm) -> Iterator[tuple[bytes, bytes]]:
    for part in ranges.split(","):
        ends = [form.prefix(end) for end in part.strip().split("-")]
        first, last = ends[0], ends[-1]
        if len(ends) > 2 or first is None or last is None or len(first) != len(last) or first > last:
            what = f"{part.strip()!r} is no prefix of a {form.title}, nor a range of such"
            _refuse(path, line, what)
        yield form.span(first, last)


def _refuse_overlap(path: Path, taken: list[tuple[bytes, bytes, int]]) -> None:
    """Refuse a span that another row has."""
    ordered = sorted(taken)
    for (_, end, line), (begin, _, other) in pairwise(ordered):
        if begin <= end:
            code = begin.decode().replace(" ", "")
            what = f"code {code} stands in line {min(line, other)} already; ranges overlap"
            _refuse(path, max(line, other), what)


def _date(path: Path, line: int, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        _refuse(path, line, f"{text!r} is no date")


def _refuse(path: Path, line: int, what: str) -> NoReturn:
    raise JobError(what, where=f"{path}:{line}", next_step=_NEXT_STEP)
