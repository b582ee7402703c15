"""What became of a print file, from events: every way through, and no other."""

from __future__ import annotations

import itertools

import pytest

from printstream.base.errors import BalanceError
from printstream.delivery.history import FOLLOWS, FREE, Event, History

ALL = sorted(set(itertools.chain.from_iterable(FOLLOWS.values())))


def event(word: str, spool: int = 1, attempt: int = 1, **facts: object) -> Event:
    return Event("2026-01-02T03:04:05.678Z", word, spool, attempt, "ipp://press:631/ipp/print", facts)


def history(*words: str) -> History:
    return History(event(word) for word in words)


def ways(words: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """All ways through the table."""
    after = FOLLOWS.get(words[-1] if words else "", frozenset())
    return [words, *itertools.chain.from_iterable(ways((*words, word)) for word in sorted(after))]


@pytest.mark.parametrize("words", ways()[1:], ids="-".join)
def test_every_way_is_taken_and_nothing_else_follows(words: tuple[str, ...]) -> None:
    made = history(*words)
    assert made.last(1) is not None
    assert made.last(1).state == words[-1]
    # Whatever a printer or a watcher may have got is taken, in doubt too.
    assert (made.taken(1) is None) == (words[-1] in FREE)
    for word in set(ALL) - FOLLOWS.get(words[-1], frozenset()):
        with pytest.raises(BalanceError, match="cannot be true"):
            history(*words, word)


def test_a_fault_tells_the_whole_story() -> None:
    story = [event("sending"), event("created", job_id=7), event("accepted", job_id=7), event("sending")]
    with pytest.raises(BalanceError) as raised:
        History(story)
    for part in ("sending", "created as job 7", "accepted as job 7", "print file 1"):
        assert part in str(raised.value)


def test_an_earlier_attempt_that_was_taken_counts() -> None:
    made = history("sending", "accepted", "completed")
    made.add(event("sending", attempt=2))
    made.add(event("failed", attempt=2))
    assert made.last(1).state == "failed"
    assert made.taken(1).state == "completed"
    assert made.next_attempt(1) == 3


@pytest.mark.parametrize("attempt", [0, 2, 3])
def test_attempts_are_numbered_through(attempt: int) -> None:
    with pytest.raises(BalanceError):
        History([event("sending", attempt=attempt)])


def test_print_files_do_not_mix() -> None:
    made = History(
        [event("sending", 1), event("sending", 2), event("failed", 2), event("accepted", 1, job_id=3)]
    )
    assert made.taken(2) is None
    assert [(spool, a.job_id) for spool, a in made.open_jobs] == [(1, 3)]
