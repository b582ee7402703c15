"""Labeling lists: which destination a ZIP Code prefix is sorted to.

In: a CSV file in the form that the USPS publishes (PostalPro): prose, "Effective Date: yyyy-mm-dd", a header,
then rows such as ``"010-013, 020","SCF HARTFORD CT 060"``. Out: ``LabelingList``. Never: guesses a range.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from printstream.base.errors import JobError

ZIPS = 100_000
NO_GROUP = -1
MAX_BYTES = 4_000_000
ZIP_COLUMN = "Column A Destination ZIP Codes"
LABEL_COLUMN = "Column B Label To"
_NEXT_STEP = "Correct the list, or fetch it anew from PostalPro"
_RANGE = re.compile(r"([0-9]{5}|[0-9]{3})(?:\s*-\s*([0-9]{5}|[0-9]{3}))?\Z")
_DATE = re.compile(r"(Effective|Grace) Date:\s*([0-9]{4}-[0-9]{2}-[0-9]{2})", re.IGNORECASE)
_LABEL_ZIP = re.compile(r".*\b([0-9]{5}|[0-9]{3})\Z")


@dataclass(frozen=True)
class LabelingList:
    """Destinations by ZIP Code.

    Attributes:
        effective: first day on which the list may be used; None where the file does not say.
        labels: line 1 of each group's tray label; groups are ordered by the ZIP Code in it, then by text.
        group: int32[100000]: group of each 5-digit ZIP Code, NO_GROUP where the list has none.
    """

    effective: date | None
    labels: tuple[str, ...]
    group: NDArray[np.int32]

    @classmethod
    def of(cls, entries: dict[str, list[tuple[int, int]]], effective: date | None = None) -> LabelingList:
        """Build a list from label -> spans of 5-digit ZIP Codes, first and last."""
        labels = tuple(sorted(entries, key=lambda label: (label_zip(label)[:3], label)))
        group = np.full(ZIPS, NO_GROUP, np.int32)
        for number, label in enumerate(labels):
            for first, last in entries[label]:
                group[first : last + 1] = number
        return cls(effective, labels, group)


def label_zip(label: str) -> str:
    """Give the 3 or 5 digits at a label's end; empty where there are none."""
    match = _LABEL_ZIP.match(label)
    return match.group(1) if match else ""


def read_labeling_list(
    path: Path, zip_column: str = ZIP_COLUMN, label_column: str = LABEL_COLUMN
) -> LabelingList:
    """Read a labeling list.

    Raises:
        JobError: no such file, no header, a range that is none, overlapping ranges, a label without a ZIP
            Code; with file and line.
    """
    effective = None
    columns: tuple[int, int] | None = None
    entries: dict[str, list[tuple[int, int]]] = {}
    taken: dict[int, int] = {}
    for line, cells in _rows(path):
        if columns is None:
            for name, text in _DATE.findall(" ".join(cells)):
                effective = _date(path, line, text) if name.lower() == "effective" else effective
            if zip_column in cells and label_column in cells:
                columns = cells.index(zip_column), cells.index(label_column)
            continue
        ranges, label = (cells[c] if c < len(cells) else "" for c in columns)
        # L002 names no SCF for military prefixes: a row without a label sorts nothing.
        if ranges and label:
            if not label_zip(label):
                _refuse(path, line, f"the label {label!r} does not end in a 3- or 5-digit ZIP Code")
            for span in _spans(path, line, ranges):
                _claim(path, line, span, taken)
                entries.setdefault(label, []).append(span)
    if columns is None:
        what = f"has no header with the columns {zip_column!r} and {label_column!r}"
        raise JobError(what, where=str(path), next_step=_NEXT_STEP)
    if not entries:
        what = "names no destination"
        raise JobError(what, where=str(path), next_step=_NEXT_STEP)
    return LabelingList.of(entries, effective)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells; tabs, line ends and double blanks in the published files mean nothing."""
    try:
        if path.stat().st_size > MAX_BYTES:
            what = f"the list is larger than {MAX_BYTES} bytes"
            raise JobError(what, where=str(path), next_step=_NEXT_STEP)
        reader = csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline=""), strict=True)
        for cells in reader:
            yield reader.line_num, [" ".join(c.split()) for c in cells]
    except OSError as error:
        what = f"the labeling list cannot be read ({error.strerror})"
        raise JobError(what, where=str(path), next_step="Check the scheme's labeling_lists") from error
    except (UnicodeDecodeError, csv.Error) as error:
        what = f"is no CSV file in UTF-8 ({error})"
        raise JobError(what, where=str(path), next_step=_NEXT_STEP) from error


def _spans(path: Path, line: int, ranges: str) -> Iterator[tuple[int, int]]:
    for part in ranges.split(","):
        match = _RANGE.match(part.strip())
        first = match.group(1) if match else ""
        last = (match.group(2) or first) if match else ""
        if not match or len(first) != len(last) or first > last:
            _refuse(path, line, f"{part.strip()!r} is no 3- or 5-digit ZIP Code or range such as 010-013")
        yield int(first.ljust(5, "0")), int(last.ljust(5, "9"))


def _claim(path: Path, line: int, span: tuple[int, int], taken: dict[int, int]) -> None:
    """Refuse a span that another row has; ``taken`` holds the line of every ZIP Code so far."""
    for zip5 in range(span[0], span[1] + 1):
        if zip5 in taken:
            _refuse(path, line, f"ZIP Code {zip5:05d} stands in line {taken[zip5]} already; ranges overlap")
        taken[zip5] = line


def _date(path: Path, line: int, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        _refuse(path, line, f"{text!r} is no date")
    return date.min


def _refuse(path: Path, line: int, what: str) -> None:
    raise JobError(what, where=f"{path}:{line}", next_step=_NEXT_STEP)
