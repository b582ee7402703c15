"""Print files to a print server, each once, with every step in the ledger before it is taken.

In: a released run, a printer. Out: jobs, what became of them. Never: sends a print file that somebody may have got; goes on
behind one that failed, because the mail has an order.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from printstream.base.errors import DeliveryError
from printstream.base.frozen import frozen
from printstream.base.log import Reporter
from printstream.delivery import ippclient
from printstream.delivery import ippcodec as ipp
from printstream.delivery.history import Attempt, History
from printstream.delivery.ippclient import Document, Printer, PrinterUri, RefusedError
from printstream.delivery.jobattributes import Wanted, job_attributes
from printstream.delivery.ledger import Ledger, open_ledger, read_history
from printstream.delivery.outcome import Outcome, Shown, outcome_of
from printstream.delivery.released import PrintFile, ReleasedRun, read_released

_FINAL = {7: "canceled", 8: "aborted", 9: "completed"}
"""job-state (RFC 8011, 5.3.7)."""
_STATES = {3: "pending", 4: "held", 5: "processing", 6: "stopped"}
_SHORTEST_NAME = 24
_POLLS_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


@frozen
class SubmitSettings:
    """The words of ``submit``.

    Attributes:
        run_dir: the run's folder.
        printer: its URI; empty with ``status`` alone.
        spools: numbers of print files; all where empty.
        changes: attributes by the operator.
        again: whether print files that somebody has got, or may have got, are sent once more.
        wait: whether to wait until they are printed.
        wait_minutes: how long at most.
        dry_run: whether only to ask and show.
        timeout_s: longest silence on the wire.
        ca_file: certificates to trust besides.
    """

    run_dir: Path
    printer: str
    spools: tuple[int, ...] = ()
    changes: Mapping[str, str] | None = None
    again: bool = False
    wait: bool = False
    wait_minutes: int = 720
    dry_run: bool = False
    timeout_s: float = 60.0
    ca_file: Path | None = None


def submit(
    settings: SubmitSettings, reporter: Reporter, sleep: Callable[[float], None] = time.sleep
) -> Outcome:
    """Send what was not sent yet.

    Raises:
        UsageError: when the words do not fit the run.
        BalanceError: when the run is not as it was released, or the ledger is damaged.
        DeliveryError: when the printer cannot be asked, or does not support what the run needs; nothing was sent.
    """
    printer = Printer(PrinterUri.of(settings.printer), settings.timeout_s, settings.ca_file, sleep=sleep)
    run = read_released(settings.run_dir)
    chosen = run.chosen(settings.spools)
    says = printer.attributes()
    changes = settings.changes or {}
    wanted = {file.number: _wanted(run, file, says, changes) for file in chosen}
    for note in dict.fromkeys(note for job in wanted.values() for note in job.notes):
        reporter.warn(note[0].upper() + note[1:] + ".")
    for job in wanted.values():
        printer.validate(job.operation, job.job)
    if settings.dry_run:
        return _dry(run, chosen, wanted, read_history(run.folder), settings)
    with open_ledger(run.folder) as ledger, reporter.stage(11, "submit"):
        sender = _Sender(run, printer, says, ledger, reporter, sleep)
        sender.look_after()
        failure = sender.send(chosen, wanted, again=settings.again)
        if settings.wait:
            sender.wait(chosen, settings.wait_minutes)
        else:
            sender.look_after()
        return outcome_of("submit", run, chosen, ledger.history, printer.where.uri, sender.shown, failure)


def status(settings: SubmitSettings, reporter: Reporter) -> Outcome:
    """Ask the printers what became of their jobs, send nothing.

    Raises:
        UsageError: when the folder is no released run.
        DeliveryError: when another process delivers this run.
    """
    run = read_released(settings.run_dir)
    chosen = run.chosen(settings.spools)
    shown: dict[int, Shown] = {}
    with open_ledger(run.folder) as ledger:
        for target in sorted({a.target for _, a in ledger.history.open_jobs}):
            printer = Printer(PrinterUri.of(target), settings.timeout_s, settings.ca_file)
            sender = _Sender(run, printer, {}, ledger, reporter, time.sleep)
            sender.look_after()
            shown |= sender.shown
        return outcome_of("status", run, chosen, ledger.history, settings.printer, shown, None)


def _wanted(run: ReleasedRun, file: PrintFile, says: ipp.Attributes, changes: Mapping[str, str]) -> Wanted:
    return job_attributes(file.press, job_name(run, file), file.path.name, file.seal.bytes, says, changes)


def job_name(run: ReleasedRun, file: PrintFile) -> str:
    """Name of a print file's job: the same for the same bytes, so that a printer's own list tells of it."""
    return f"{run.job} {run.run_id} {file.number:04d} {file.seal.sha256[:8]}"


def _dry(
    run: ReleasedRun,
    chosen: Sequence[PrintFile],
    wanted: Mapping[int, Wanted],
    history: History,
    settings: SubmitSettings,
) -> Outcome:
    shown = {}
    for file in chosen:
        would = "skipped" if history.taken(file.number) and not settings.again else "would be sent"
        shown[file.number] = Shown(would, _plain(wanted[file.number]))
    return outcome_of("submit", run, chosen, history, settings.printer, shown, None, dry_run=True)


def _plain(wanted: Wanted) -> dict[str, object]:
    """Attributes as JSON has them."""
    return {name: _json(values) for name, values in {**wanted.operation, **wanted.job}.items()}


def _json(values: list[ipp.Value]) -> object:
    found = [
        {name: _json(inner) for name, inner in value.data.items()}
        if isinstance(value.data, dict)
        else value.data
        for value in values
    ]
    return found[0] if len(found) == 1 else found


class _Sender:
    """Sends print files of one run to one printer."""

    def __init__(
        self,
        run: ReleasedRun,
        printer: Printer,
        says: ipp.Attributes,
        ledger: Ledger,
        reporter: Reporter,
        sleep: Callable[[float], None],
    ) -> None:
        self._run, self._printer, self._ledger, self._reporter = run, printer, ledger, reporter
        self._sleep = sleep
        self._target = printer.where.uri
        self._operations = {value.data for value in says.get("operations-supported", ())}
        self.shown: dict[int, Shown] = {}

    # ---- sending

    def send(
        self, chosen: Sequence[PrintFile], wanted: Mapping[int, Wanted], *, again: bool
    ) -> DeliveryError | None:
        """Send in the order of the mail; the first fault ends it and is given back."""
        known = self._names_at_printer() if chosen else {}
        self._find_lost(chosen, known)
        for done, file in enumerate(chosen, 1):
            taken = self._ledger.history.taken(file.number)
            if taken is not None and not again:
                continue
            name = job_name(self._run, file)
            if name in known and not again:
                what = f"the printer has this print file already, as job {known[name]}, and the ledger does not know"
                return DeliveryError(
                    what,
                    where=f"print file {file.number}",
                    next_step="Look what was printed; --again --spool N sends it once more",
                )
            try:
                self._send_one(file, wanted[file.number])
            except DeliveryError as error:
                return error
            self._reporter.advance(done, len(chosen), "print files")
        return None

    def _find_lost(self, chosen: Sequence[PrintFile], known: Mapping[str, int]) -> None:
        """Find the jobs of deliveries that were cut off before they knew their number; they may block the printer."""
        for file in chosen:
            last, job_id = self._ledger.history.last(file.number), known.get(job_name(self._run, file))
            if last is not None and (last.state, last.target) == ("sending", self._target) and job_id:
                self._step("created", file, last.number, job_id=job_id)
        self.look_after()

    def _names_at_printer(self) -> dict[str, int]:
        """Jobs that the printer knows, by name: a copy of the run folder may have sent them."""
        found: dict[str, int] = {}
        for which in ("completed", "not-completed"):
            with contextlib.suppress(RefusedError):
                for job in self._printer.jobs(which):
                    if job.get("job-name") and job.get("job-id"):
                        found[str(job["job-name"][0].data)] = int(job["job-id"][0].data)
        return found

    def _send_one(self, file: PrintFile, wanted: Wanted) -> None:
        """Send one print file: ``sending`` is on disk before anything is asked.

        Raises:
            DeliveryError: when it was refused, or its fate is not known; the ledger says which.
        """
        attempt = self._ledger.history.next_attempt(file.number)
        self._step("sending", file, attempt, sha256=file.seal.sha256, bytes=file.seal.bytes)
        document = Document(file.path, file.seal)
        if {ippclient.CREATE_JOB, ippclient.SEND_DOCUMENT} <= self._operations:
            self._create_and_send(file, attempt, wanted, document)
        else:
            self._print_at_once(file, attempt, wanted, document)

    def _create_and_send(self, file: PrintFile, attempt: int, wanted: Wanted, document: Document) -> None:
        """A job without a document prints nothing, so that its number is known before the document is on its way."""
        documents = {name: wanted.operation[name] for name in ("document-name", "document-format")}
        operation = {name: v for name, v in wanted.operation.items() if name not in documents}
        with self._nothing_taken(file, attempt):
            job_id = self._printer.create(operation, wanted.job)
        self._step("created", file, attempt, job_id=job_id)
        try:
            self._printer.send(job_id, documents, document)
        except DeliveryError as error:
            self._give_up(file, attempt, job_id, error)
            raise
        self._step("accepted", file, attempt, job_id=job_id)

    def _print_at_once(self, file: PrintFile, attempt: int, wanted: Wanted, document: Document) -> None:
        try:
            job_id = self._printer.print_job(wanted.operation, wanted.job, document)
        except (ippclient.ConnectError, RefusedError) as error:
            if not isinstance(error, RefusedError) or error.took_nothing:
                self._step("failed", file, attempt, what=error.what)
            raise
        self._step("accepted", file, attempt, job_id=job_id)

    @contextlib.contextmanager
    def _nothing_taken(self, file: PrintFile, attempt: int) -> Iterator[None]:
        """Faults of what cannot print."""
        try:
            yield
        except DeliveryError as error:
            self._step("failed", file, attempt, what=error.what)
            raise

    def _give_up(self, file: PrintFile, attempt: int, job_id: int, error: DeliveryError) -> None:
        """Cancel a job whose document did not arrive; only a refused document is surely not printed."""
        with contextlib.suppress(DeliveryError):
            self._printer.cancel(job_id)
        if isinstance(error, RefusedError) and error.took_nothing:
            self._step("failed", file, attempt, what=error.what)

    def _step(self, event: str, file: PrintFile, attempt: int, **facts: object) -> None:
        self._ledger.write(event, file.number, attempt, self._target, **facts)

    # ---- looking after

    def look_after(self) -> None:
        """Ask after every job that this printer still has."""
        for spool, attempt in self._ledger.history.open_jobs:
            if attempt.target == self._target and attempt.job_id is not None:
                self._ask_after(spool, attempt, attempt.job_id)

    def wait(self, chosen: Sequence[PrintFile], minutes: int) -> None:
        """Ask until every job is done, but not for ever."""
        own = {file.number for file in chosen}
        until = time.monotonic() + 60 * minutes
        for pause in itertools.chain(_POLLS_S, itertools.repeat(_POLLS_S[-1])):
            self.look_after()
            waiting = [
                spool
                for spool, a in self._ledger.history.open_jobs
                if spool in own and a.target == self._target and a.state == "accepted"
            ]
            if not waiting or time.monotonic() > until:
                return
            self._reporter.advance(len(own) - len(waiting), len(own), "print files printed")
            self._sleep(pause)

    def _ask_after(self, spool: int, attempt: Attempt, job_id: int) -> None:
        job = self._job(job_id, spool)
        if job is None:
            return
        state = job["job-state"][0].data if job.get("job-state") else None
        reasons = [str(v.data) for v in job.get("job-state-reasons", ()) if v.data not in (None, "none")]
        said = _FINAL.get(state or 0, _STATES.get(state or 0, "at the printer")) if job else "forgotten"
        if attempt.state == "created":
            # Some printers complete a job whose document broke off, so that their word proves nothing.
            if said not in (*_FINAL.values(), "forgotten"):
                with contextlib.suppress(DeliveryError):
                    self._printer.cancel(job_id)
            what = f"the printer says {said}; whether it had all of the document is not known"
            self._ledger.write("doubtful", spool, attempt.number, self._target, what=what)
        elif not job:
            what = "the printer does not know the job any more"
            self._ledger.write("forgotten", spool, attempt.number, self._target, what=what)
        elif state in _FINAL:
            printed = job.get("job-impressions-completed")
            facts = {"impressions": printed[0].data} if printed and printed[0].data is not None else {}
            self._ledger.write(said, spool, attempt.number, self._target, what=", ".join(reasons), **facts)
        else:
            self.shown[spool] = Shown(said, {"reasons": reasons})

    def _job(self, job_id: int, spool: int) -> ipp.Attributes | None:
        """What the printer says of a job; nothing where it does not know it, None where it does not say."""
        try:
            job = self._printer.job(job_id)
        except RefusedError as error:
            if error.status in (ippclient.NOT_FOUND, ippclient.GONE):
                return {}
            self._reporter.warn(str(error))
            return None
        except DeliveryError as error:
            self._reporter.warn(str(error))
            return None
        # A printer that was started anew may count its jobs from 1 again; some cut long names short.
        name = job_name(self._run, self._run.chosen((spool,))[0])
        told = str(job["job-name"][0].data) if job.get("job-name") else name
        return job if name == told or (len(told) >= _SHORTEST_NAME and name.startswith(told)) else {}
