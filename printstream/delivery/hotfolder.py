"""Print files into a hot folder: copied under a hidden name, read back, renamed in one step, marked as done.

In: a released run, a folder that somebody watches. Out: files under their final names, in the order of the mail. Never:
replaces a file; shows one that is not whole; in doubt, a second one.

The watcher may take a file the moment it has its name, so that its absence proves nothing. What proves is the hidden copy:
``releasing`` is on disk before the rename, the copy and its name are on disk before that, and only the rename takes the
hidden name away. A delivery that was cut off therefore knows: hidden copy there, not released; gone, released.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from printstream.base.errors import (
    BalanceError,
    DeliveryError,
    PrintstreamError,
    ResourceError,
    UsageError,
)
from printstream.base.files import Seal, sync_folder
from printstream.base.frozen import frozen
from printstream.base.log import Reporter
from printstream.delivery.history import Attempt
from printstream.delivery.ledger import Ledger, open_ledger
from printstream.delivery.outcome import Outcome, outcome_of
from printstream.delivery.released import PrintFile, ReleasedRun, read_released

DONE_SUFFIX = ".done"
_PARTIAL = ".partial"
_CHUNK_BYTES = 1 << 20
_FIELDS = re.compile(r"\{(job|run|spool)\}")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}\Z")
_AT_FDCWD, _RENAME_NOREPLACE = -100, 1


@frozen
class DeliverSettings:
    """The words of ``deliver``.

    Attributes:
        run_dir, folder: from where, to where.
        spools: numbers of print files; all where empty.
        papers: tickets, inserter: what goes along.
        name: template of names, without ending.
        markers: each, run or none.
        again: whether print files that somebody has got are delivered once more.
    """

    run_dir: Path
    folder: Path
    spools: tuple[int, ...] = ()
    papers: frozenset[str] = field(default_factory=frozenset)
    name: str = "{job}-{run}-{spool}"
    markers: str = "each"
    again: bool = False


@frozen
class _Copy:
    """A file to be delivered: from where, what it holds, its name, and what in it is replaced."""

    source: Path
    seal: Seal
    name: str
    replace: tuple[bytes, bytes] | None = None


def deliver(settings: DeliverSettings, reporter: Reporter) -> Outcome:
    """Deliver what was not delivered yet.

    Raises:
        UsageError: when the words do not fit the run, or the folder is not there.
        BalanceError: when the run is not as it was released, or the ledger is damaged.
        DeliveryError: when another process delivers this run.
    """
    folder = settings.folder.resolve()
    if not folder.is_dir():
        what = "there is no such folder"
        raise UsageError(what, where=str(settings.folder), next_step="Make the hot folder, or name another")
    run = read_released(settings.run_dir)
    if folder.is_relative_to(run.folder.resolve()):
        what = "the hot folder lies in the run folder, which is sealed"
        raise UsageError(what, where=str(settings.folder), next_step="Name another")
    chosen = run.chosen(settings.spools)
    for file in chosen:
        _base_name(settings.name, run, file.number)
        _check_papers(settings.papers, file)
    with open_ledger(run.folder) as ledger, reporter.stage(11, "deliver"):
        courier = _Courier(settings, run, folder, ledger)
        failure = None
        for done, file in enumerate(chosen, 1):
            try:
                courier.bring(file)
            except DeliveryError as error:
                failure = error
                break
            reporter.advance(done, len(chosen), "print files")
        else:
            courier.mark_run(run)
        return outcome_of("deliver", run, chosen, ledger.history, str(folder), {}, failure)


def _base_name(template: str, run: ReleasedRun, number: int) -> str:
    """A name without ending.

    Raises:
        UsageError: when it does not tell print files apart, or is no plain name.
    """
    values = {"job": run.job, "run": run.run_id, "spool": f"{number:04d}"}
    name = _FIELDS.sub(lambda found: values[found[1]], template)
    if "{spool}" not in template or not _NAME.match(name):
        what = f"{template!r} gives no name for each print file"
        next_step = (
            "Use {spool}, and {job}, {run}, letters, digits, '.', '_' and '-', such as {job}-{run}-{spool}"
        )
        raise UsageError(what, where="--name", next_step=next_step)
    return name


def _check_papers(papers: frozenset[str], file: PrintFile) -> None:
    """Refuse papers that the run has not.

    Raises:
        UsageError: naming the setting that makes them.
    """
    for paper, found, setting in (
        ("tickets", file.tickets, "ticket"),
        ("inserter", file.inserter_files, "inserter.files"),
    ):
        if paper in papers and not found:
            what = f"the run has no {paper} for {file.path.name}"
            raise UsageError(what, where="--with", next_step=f"Set {setting} in the job, or leave it out")


class _Courier:
    """Brings print files of one run into one folder."""

    def __init__(self, settings: DeliverSettings, run: ReleasedRun, folder: Path, ledger: Ledger) -> None:
        self._settings, self._run, self._folder, self._ledger = settings, run, folder, ledger

    def bring(self, file: PrintFile) -> None:
        """Deliver one print file, or end what was cut off, or leave it alone.

        Raises:
            DeliveryError: when a name is taken, or what arrived is not what was sent; the ledger says so.
            ResourceError: when the folder cannot be written.
        """
        last = self._ledger.history.last(file.number)
        if last is not None and last.state in ("copying", "releasing", "placed"):
            self._end(file, last)
        if self._ledger.history.taken(file.number) is not None and not self._settings.again:
            return
        attempt = self._ledger.history.next_attempt(file.number)
        name = f"{_base_name(self._settings.name, self._run, file.number)}.pdf"
        facts = {"name": name, "markers": self._settings.markers, "sha256": file.seal.sha256}
        self._step("copying", file, attempt, **facts, bytes=file.seal.bytes, inode=self._folder.stat().st_ino)
        try:
            for copy in self._papers(file):
                self._lay(copy)
            main = _Copy(file.path, file.seal, name)
            self._refuse_taken(name)
            self._copy(main)
        except PrintstreamError as error:
            self._step("failed", file, attempt, what=error.what)
            raise
        self._release(file, attempt, name)

    def _release(self, file: PrintFile, attempt: int, name: str) -> None:
        self._step("releasing", file, attempt)
        try:
            self._reveal(name)
        except DeliveryError as error:
            self._step("failed", file, attempt, what=error.what)
            raise
        self._step("placed", file, attempt)
        self._mark(file, attempt, name)

    def _mark(self, file: PrintFile, attempt: int, name: str) -> None:
        if self._ledger.history.fact(file.number, attempt, "markers") == "each":
            marker = f"{name}{DONE_SUFFIX}"
            self._refuse_taken(marker)
            self._hide(marker, self._marker({name: file.seal}))
            self._reveal(marker)
        self._step("delivered", file, attempt)

    def _end(self, file: PrintFile, last: Attempt) -> None:
        """End a delivery that was cut off; its hidden copy tells whether it was released.

        Raises:
            DeliveryError: when its folder is not there to tell.
        """
        folder, name = Path(last.target), self._fact(file, last, "name")
        hidden = folder / f".{name}{_PARTIAL}"
        if last.state == "releasing" and not hidden.exists():
            # An empty mount point looks like a folder whose file was taken.
            if not folder.is_dir() or folder.stat().st_ino != self._fact(file, last, "inode"):
                what = "a delivery was cut off, and its folder is not there to tell whether it was released"
                raise DeliveryError(what, where=str(folder), next_step="Bring the folder back, and run again")
            self._ledger.write("placed", file.number, last.number, last.target)
        elif last.state != "placed":
            hidden.unlink(missing_ok=True)
            what = "cut off before it had its name"
            self._ledger.write("failed", file.number, last.number, last.target, what=what)
            return
        # The watcher may have taken file and marker: a marker is made only beside a file that waits for it.
        waits = folder == self._folder and (folder / name).exists()
        if waits and not (folder / f"{name}{DONE_SUFFIX}").exists():
            self._mark(file, last.number, name)
        else:
            (folder / f".{name}{DONE_SUFFIX}{_PARTIAL}").unlink(missing_ok=True)
            self._ledger.write("delivered", file.number, last.number, last.target)

    def _fact(self, file: PrintFile, attempt: Attempt, name: str) -> Any:
        return self._ledger.history.fact(file.number, attempt.number, name)

    # ---- papers

    def _papers(self, file: PrintFile) -> Iterator[_Copy]:
        """A print file's own papers, by the print file's name."""
        base = _base_name(self._settings.name, self._run, file.number)
        wanted: list[Mapping[str, Seal]] = []
        if "tickets" in self._settings.papers:
            wanted.append(file.tickets)
        if "inserter" in self._settings.papers:
            wanted.append(file.inserter_files)
        for papers in wanted:
            for name, seal in papers.items():
                ending = Path(name).name.partition(".")[2]
                # A ticket leads to its print file by a relative URL, which has another name here.
                old, new = f'URL="../spool/{file.path.name}"', f'URL="{base}.pdf"'
                is_ticket = name.startswith("ticket/")
                replace = (old.encode(), new.encode()) if is_ticket else None
                yield _Copy(self._run.folder / name, seal, f"{base}.{ending}", replace)

    def _lay(self, copy: _Copy) -> None:
        """Bring a paper; one that lies there already, the same, was brought by a delivery that was cut off."""
        content = copy.source.read_bytes()
        if hashlib.sha256(content).hexdigest() != copy.seal.sha256:
            raise _changed(copy.source)
        if copy.replace is not None:
            if content.count(copy.replace[0]) != 1:
                what = "a job ticket does not lead to its print file"
                raise BalanceError(what, where=copy.source.name, next_step="Do not print this run")
            content = content.replace(*copy.replace)
        path = self._folder / copy.name
        if path.exists() and path.read_bytes() == content:
            return
        self._refuse_taken(copy.name)
        self._hide(copy.name, content)
        self._reveal(copy.name)

    def mark_run(self, run: ReleasedRun) -> None:
        """Write the marker of the whole run, when all of it is delivered."""
        if self._settings.markers != "run":
            return
        history, target, seals = self._ledger.history, str(self._folder), {}
        for file in run.files:
            last = history.last(file.number)
            if last is None or last.state != "delivered" or last.target != target:
                return
            seals[self._fact(file, last, "name")] = file.seal
        name = f"{run.job}-{run.run_id}{DONE_SUFFIX}"
        state = history.mark(target, name)
        if state == "marked":
            return
        if state == "":
            self._refuse_taken(name)
            self._hide(name, self._marker(seals))
            self._ledger.write("marking", 0, 0, target, name=name)
        # As with print files: where the hidden name is gone, it was released.
        if self._hidden(name).exists():
            self._reveal(name)
        self._ledger.write("marked", 0, 0, target, name=name)

    def _marker(self, seals: Mapping[str, Seal]) -> bytes:
        """What a marker stands for, so that the watcher can check it."""
        files = [{"file": n, "bytes": s.bytes, "sha256": s.sha256} for n, s in seals.items()]
        document = {"job": self._run.job, "run_id": self._run.run_id, "files": files}
        return json.dumps(document, indent=2).encode() + b"\n"

    # ---- files

    def _hidden(self, name: str) -> Path:
        return self._folder / f".{name}{_PARTIAL}"

    def _refuse_taken(self, name: str) -> None:
        if os.path.lexists(self._folder / name):
            raise _taken(self._folder / name)

    def _copy(self, copy: _Copy) -> None:
        """Copy a large file to its hidden name and read it back from there.

        Raises:
            DeliveryError: when the source or the copy is not what was released.
            ResourceError: when the folder cannot be written.
        """
        hidden = self._hidden(copy.name)
        try:
            with copy.source.open("rb") as source, hidden.open("wb") as target:
                sent = _pour(source.fileno(), target.fileno())
                os.fsync(target.fileno())
            if sent != copy.seal:
                raise _changed(copy.source)
            arrived = _read_back(hidden)
            sync_folder(self._folder)
        except OSError as error:
            hidden.unlink(missing_ok=True)
            raise _unwritable(self._folder, error) from error
        except DeliveryError:
            hidden.unlink(missing_ok=True)
            raise
        if arrived != copy.seal:
            hidden.unlink(missing_ok=True)
            what = "what arrived is not what was sent"
            raise DeliveryError(what, where=str(hidden), next_step="Look after the folder's disk or network")

    def _hide(self, name: str, content: bytes) -> None:
        """Write a small file under its hidden name, on disk."""
        try:
            with self._hidden(name).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            sync_folder(self._folder)
        except OSError as error:
            raise _unwritable(self._folder, error) from error

    def _reveal(self, name: str) -> None:
        """Give a hidden file its name, if that is free."""
        try:
            _rename(self._hidden(name), self._folder / name)
            sync_folder(self._folder)
        except FileExistsError as error:
            self._hidden(name).unlink(missing_ok=True)
            raise _taken(self._folder / name) from error
        except OSError as error:
            raise _unwritable(self._folder, error) from error

    def _step(self, event: str, file: PrintFile, attempt: int, **facts: object) -> None:
        self._ledger.write(event, file.number, attempt, str(self._folder), **facts)


def _pour(source: int, target: int) -> Seal:
    """Copy from one descriptor to another, sealing what passes."""
    digest, length = hashlib.sha256(), 0
    while chunk := os.read(source, _CHUNK_BYTES):
        digest.update(chunk)
        length += len(chunk)
        rest = memoryview(chunk)
        while rest:
            rest = rest[os.write(target, rest) :]
    return Seal(digest.hexdigest(), length)


def _read_back(path: Path) -> Seal:
    """Seal a file as its disk has it, not as memory still does."""
    digest, length = hashlib.sha256(), 0
    with path.open("rb") as file:
        with contextlib.suppress(OSError):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            length += len(chunk)
    return Seal(digest.hexdigest(), length)


def _rename(source: Path, target: Path) -> None:
    """Rename in one step, to a name that is free (renameat2(2), RENAME_NOREPLACE).

    Raises:
        FileExistsError: when it is not.
    """
    with contextlib.suppress(AttributeError):
        rename = ctypes.CDLL(None, use_errno=True).renameat2
        if rename(_AT_FDCWD, os.fsencode(source), _AT_FDCWD, os.fsencode(target), _RENAME_NOREPLACE) == 0:
            return
        code = ctypes.get_errno()
        if code not in (errno.EINVAL, errno.ENOSYS):
            raise OSError(code, os.strerror(code), str(target))
    # A file system without it (some network disks): whoever makes the name between these two lines loses it.
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    source.rename(target)


def _taken(path: Path) -> DeliveryError:
    what = "a file of this name is there already"
    return DeliveryError(what, where=str(path), next_step="Look what it is; nothing is replaced")


def _changed(path: Path) -> DeliveryError:
    what = "the file changed while it was delivered"
    return DeliveryError(what, where=path.name, next_step="Do not print this run")


def _unwritable(folder: Path, error: OSError) -> ResourceError:
    what = f"the hot folder cannot be written: {error.strerror}"
    return ResourceError(
        what, where=str(folder), next_step="Make room or mend the permissions, and run again"
    )
