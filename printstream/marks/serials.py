"""A register of serial numbers printed, by issuer: an append-only file that outlives runs and crashes.

In: how many numbers a run needs, and for when. Out: the first of a range that nobody else has. Never: takes a line back;
hands out a number twice within the days that the post asks for, whatever became of the run that it was reserved for.

A line is JSON: first, count, day, run, and check, a CRC-32 of the others. It is on the disk before anything is
printed. A line without its end is a reservation that was never confirmed: the next writer marks it as torn, and it counts
for nothing. The same run (job, run id and production date) that asks for as many numbers again gets the same ones, so
that a run that failed may be repeated, byte for byte.
"""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import BinaryIO

from printstream.base.errors import JobError, ResourceError
from printstream.base.files import sync_folder
from printstream.base.frozen import frozen

try:
    import fcntl
except ImportError:  # pragma: no cover - not on POSIX
    fcntl = None  # type: ignore[assignment]


_TORN = b"#torn"


@frozen
class Wanted:
    """What a run needs.

    Attributes:
        issuer: within what numbers must differ; the register's file name.
        limit: numbers are below this.
        count: how many.
        least: where the first run of an empty register starts.
        day: production date.
        days: numbers of a day this long ago are free again.
        run: job and run id.
    """

    issuer: str
    limit: int
    count: int
    least: int
    day: date
    days: int
    run: str


@frozen
class Range:
    """A line of the register."""

    first: int
    count: int
    day: str
    run: str

    @property
    def end(self) -> int:
        """The number behind the last."""
        return self.first + self.count


def reserve_serials(folder: Path, wanted: Wanted, *, write: bool = True) -> int:
    """Give the first of ``count`` consecutive numbers, and write them down first.

    Args:
        folder: of the register; made where it is not there.
        wanted: what the run needs.
        write: False looks only, and says what a run would get.

    Raises:
        JobError: when there are not so many free numbers.
        ResourceError: when the register is damaged or cannot be written.
    """
    path = folder / f"{wanted.issuer}.jsonl"
    if not write:
        ranges = _read(path.read_bytes(), path) if path.is_file() else []
        return _choose(ranges, wanted)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(path) as file:
            content = file.read()
            first = _choose(_read(content, path), wanted)
            if not _held(_read(content, path), wanted):
                line = _line(Range(first, wanted.count, wanted.day.isoformat(), wanted.run))
                file.write(_ending(content) + line)
                file.flush()
                os.fsync(file.fileno())
        sync_folder(folder)
    except OSError as error:
        msg = f"the register of serial numbers cannot be written: {error.strerror}"
        raise ResourceError(msg, where=str(path), next_step="Let this user write to its folder") from error
    return first


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    """The register, opened to read and append, by one process at a time."""
    with path.open("a+b") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        yield file


def _check(record: dict[str, object]) -> int:
    return zlib.crc32(json.dumps(record, sort_keys=True, separators=(",", ":")).encode())


def _line(entry: Range) -> bytes:
    record: dict[str, object] = asdict(entry)
    return json.dumps({**record, "check": _check(record)}, separators=(",", ":")).encode() + b"\n"


def _read(content: bytes, path: Path) -> list[Range]:
    """All confirmed ranges.

    Raises:
        ResourceError: when a line that was whole is no more; numbers in it might be printed again.
    """
    lines = content.split(b"\n")
    ranges = []
    for number, line in enumerate(lines, 1):
        entry = _parse(line)
        if entry is not None:
            ranges.append(entry)
        elif line and not _is_torn(line, last=number == len(lines)):
            msg = "a line of the register of serial numbers is damaged"
            raise ResourceError(
                msg, where=f"{path}, line {number}", next_step="Restore the register from a copy"
            )
    return ranges


def _is_torn(line: bytes, *, last: bool) -> bool:
    """Tell whether a line is only the beginning of one, because its writer died."""
    return last or line.endswith(_TORN)


def _ending(content: bytes) -> bytes:
    """What must come before the next line."""
    line = content.rsplit(b"\n", 1)[-1]
    if not line:
        return b""
    return b"\n" if _parse(line) is not None else _TORN + b"\n"


def _parse(line: bytes) -> Range | None:
    try:
        record = json.loads(line)
        check = record.pop("check")
        entry = Range(**record)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return entry if check == _check(record) else None


def _held(ranges: Sequence[Range], wanted: Wanted) -> Range | None:
    """The range that the same run reserved before, unless others had it since."""
    asked = (wanted.run, wanted.count, wanted.day.isoformat())
    for place in range(len(ranges) - 1, -1, -1):
        entry = ranges[place]
        if (entry.run, entry.count, entry.day) == asked:
            later = ranges[place + 1 :]
            return None if any(e.first < entry.end and entry.first < e.end for e in later) else entry
    return None


def _choose(ranges: Sequence[Range], wanted: Wanted) -> int:
    """First number of the run: behind the last range if there is room, else the lowest free ones."""
    held = _held(ranges, wanted)
    if held is not None:
        return held.first
    busy = sorted(
        (entry.first, entry.end)
        for entry in ranges
        if wanted.day.toordinal() - date.fromisoformat(entry.day).toordinal() < wanted.days
    )
    after = max(ranges[-1].end, wanted.least) if ranges else wanted.least
    for start in (after, wanted.least):
        first = _gap(busy, start, wanted)
        if first >= 0:
            return first
    latest = max((end for _, end in busy), default=0)
    msg = (
        f"{wanted.count:,} serial numbers in a row are needed from {wanted.least:,} to {wanted.limit - 1:,}, and there "
        f"is no such gap; numbers up to {latest:,} were used within {wanted.days} days of {wanted.day}"
    )
    next_step = "Wait until their days are over, use another mailer id, or mail fewer pieces"
    raise JobError(msg, where=f"register {wanted.issuer}", next_step=next_step)


def _gap(busy: Sequence[tuple[int, int]], start: int, wanted: Wanted) -> int:
    """Lowest number from ``start`` on with so many free ones behind it; -1 where there is none."""
    at = start
    for first, end in busy:
        if at + wanted.count <= first:
            break
        at = max(at, end)
    return at if at + wanted.count <= wanted.limit else -1
