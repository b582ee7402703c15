"""The ledger of deliveries: a line a step, on disk before the step is taken; one process at a time.

In: steps. Out: ``deliveries.jsonl`` in the run folder, and the history in it. Never: changes a line; lets two processes
deliver a run at once.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from printstream.base.errors import BalanceError, DeliveryError, ResourceError
from printstream.base.files import sync_folder
from printstream.delivery.history import Event, History
from printstream.ticket import DELIVERIES_FILE

_KEYS = ("at", "event", "spool", "attempt", "target")


class Ledger:
    """An open ledger; made by ``open_ledger``."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        self.path = path
        self.history = History(_read(file, path))

    def write(self, event: str, spool: int, attempt: int, target: str, **facts: Any) -> None:
        """Take a step: check it, put it on disk, remember it.

        Raises:
            BalanceError: when it cannot follow what is there; nothing is written.
            ResourceError: when the disk refuses.
        """
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        made = Event(at, event, spool, attempt, target, facts)
        self.history.add(made)
        line = {"at": at, "event": event, "spool": spool, "attempt": attempt, "target": target, **facts}
        try:
            self._file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _refused(self.path, error) from error


@contextmanager
def open_ledger(run_dir: Path) -> Iterator[Ledger]:
    """Open a run's ledger for this process alone.

    Raises:
        DeliveryError: when another process delivers this run.
        BalanceError: when the ledger is damaged.
        ResourceError: when it cannot be written.
    """
    path = run_dir / DELIVERIES_FILE
    try:
        file = path.open("a+b")
    except OSError as error:
        raise _refused(path, error) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            what = "another process delivers this run"
            raise DeliveryError(what, where=str(run_dir), next_step="Wait until it has ended") from error
        _drop_torn_line(file)
        sync_folder(run_dir)
        yield Ledger(file, path)


def read_history(run_dir: Path) -> History:
    """Read a run's ledger without opening it for writing; empty where there is none.

    Raises:
        BalanceError: when the ledger is damaged.
    """
    path = run_dir / DELIVERIES_FILE
    if not path.exists():
        return History()
    with path.open("rb") as file:
        return History(_read(file, path))


def _refused(path: Path, error: OSError) -> ResourceError:
    what = f"the ledger of deliveries cannot be written: {error.strerror}"
    return ResourceError(
        what, where=str(path), next_step="Let this user write to the run folder; nothing is sent without it"
    )


def _drop_torn_line(file: BinaryIO) -> None:
    """Take away what a power cut left of a last line: its step was not taken, for a line is flushed before."""
    file.seek(0)
    content = file.read()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        file.truncate(whole)
        os.fsync(file.fileno())


def _read(file: BinaryIO, path: Path) -> Iterator[Event]:
    file.seek(0)
    for number, line in enumerate(file, 1):
        if not line.endswith(b"\n"):
            return
        try:
            values: Mapping[str, Any] = json.loads(line)
            facts = {name: value for name, value in values.items() if name not in _KEYS}
            at, event, spool, attempt, target = (values[name] for name in _KEYS)
            made = Event(str(at), str(event), int(spool), int(attempt), str(target), facts)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            what = "a line of the ledger of deliveries cannot be read"
            next_step = "Restore the ledger; do not send what it may have known"
            raise BalanceError(what, where=f"{path}, line {number}", next_step=next_step) from error
        yield made
