"""What became of each print file, from the events of its deliveries; pure.

In: events. Out: attempts and their states; an event that cannot follow is a fault with the whole story. Never: touches a
file; decides in doubt that nothing was printed.

An attempt goes one of two ways:
    sending -> created -> accepted -> completed | aborted | canceled | forgotten      a job of a printer
    copying -> releasing -> placed -> delivered                                       files in a hot folder
    marking -> marked                                                                 the marker of a whole run
and ``failed`` from where nothing was taken. A process that dies leaves ``sending`` or ``created`` (a person must look: even
when the printer has completed such a job, ``doubtful``, it may have got and printed half of the document), ``copying``
(nothing had its name yet) or ``releasing`` (the hot folder tells).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from printstream.base.errors import BalanceError
from printstream.base.frozen import frozen

FOLLOWS: Mapping[str, frozenset[str]] = {
    "": frozenset({"sending", "copying"}),
    "sending": frozenset({"created", "accepted", "failed"}),
    "created": frozenset({"accepted", "failed", "doubtful"}),
    "accepted": frozenset({"completed", "aborted", "canceled", "forgotten"}),
    "copying": frozenset({"releasing", "failed"}),
    "releasing": frozenset({"placed", "failed"}),
    "placed": frozenset({"delivered"}),
}
FREE = frozenset({"failed", "copying"})
"""States in which nobody has got the print file."""
UNKNOWN = frozenset({"sending", "created", "doubtful", "releasing"})
"""States of a delivery that was cut off: it may have been printed."""
AT_PRINTER = frozenset({"created", "accepted"})
GOOD = frozenset({"accepted", "completed", "delivered", "placed"})
"""States that need nobody."""


@frozen
class Event:
    """A step.

    Attributes:
        at: when, UTC.
        event: what, a word of FOLLOWS.
        spool, attempt: whose.
        target: printer's URI or folder.
        facts: what else is known: job_id, sha256, name, what.
    """

    at: str
    event: str
    spool: int
    attempt: int
    target: str
    facts: Mapping[str, Any]

    @property
    def sentence(self) -> str:
        """One line of a story."""
        job = f" as job {self.facts['job_id']}" if "job_id" in self.facts else ""
        what = f": {self.facts['what']}" if self.facts.get("what") else ""
        return f"{self.at} attempt {self.attempt} {self.event}{job}, {self.target}{what}"


@frozen
class Attempt:
    """One delivery of one print file."""

    number: int
    target: str
    state: str
    at: str
    job_id: int | None = None
    what: str = ""


class History:
    """The attempts of every print file of a run."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._events: dict[int, list[Event]] = {}
        self._attempts: dict[int, list[Attempt]] = {}
        self._marks: dict[tuple[str, str], str] = {}
        for event in events:
            self.add(event)

    def add(self, event: Event) -> None:
        """Take a step.

        Raises:
            BalanceError: when it cannot follow; tells the print file's whole story.
        """
        if event.event in ("marking", "marked"):
            self._marks[event.target, str(event.facts.get("name"))] = event.event
            return
        attempts = self._attempts.setdefault(event.spool, [])
        last = attempts[-1] if attempts and event.attempt == len(attempts) else None
        known = last.state if last is not None else ""
        is_numbered = last is not None or event.attempt == len(attempts) + 1
        if not is_numbered or event.event not in FOLLOWS.get(known, ()):
            story = "; ".join(e.sentence for e in (*self._events.get(event.spool, ()), event))
            what = f"the ledger of deliveries cannot be true: {story}"
            raise BalanceError(what, where=f"print file {event.spool}", next_step="Look what was printed")
        self._events.setdefault(event.spool, []).append(event)
        made = Attempt(
            event.attempt,
            event.target,
            event.event,
            event.at,
            event.facts.get("job_id", last.job_id if last is not None else None),
            str(event.facts.get("what", "")),
        )
        attempts[(event.attempt - 1) :] = [made]

    def attempts(self, spool: int) -> tuple[Attempt, ...]:
        """All attempts of a print file, in order."""
        return tuple(self._attempts.get(spool, ()))

    def last(self, spool: int) -> Attempt | None:
        """The last attempt; None where there was none."""
        attempts = self._attempts.get(spool)
        return attempts[-1] if attempts else None

    def taken(self, spool: int) -> Attempt | None:
        """The attempt by which somebody has got, or may have got, the print file; None where it is free to send."""
        attempts = (a for a in reversed(self.attempts(spool)) if a.state not in FREE)
        return next(attempts, None)

    def fact(self, spool: int, attempt: int, name: str) -> Any:
        """What the ledger last said of an attempt by this name; None where it said nothing."""
        own = (e for e in reversed(self._events.get(spool, ())) if e.attempt == attempt and name in e.facts)
        return next((event.facts[name] for event in own), None)

    def mark(self, target: str, name: str) -> str:
        """Whether the marker of a run is ``marking``, ``marked``, or neither."""
        return self._marks.get((target, name), "")

    def next_attempt(self, spool: int) -> int:
        """Number of a new attempt."""
        return len(self.attempts(spool)) + 1

    @property
    def open_jobs(self) -> tuple[tuple[int, Attempt], ...]:
        """Print files and attempts whose job a printer still has."""
        found = ((spool, self.last(spool)) for spool in sorted(self._attempts))
        return tuple((spool, a) for spool, a in found if a is not None and a.state in AT_PRINTER and a.job_id)
