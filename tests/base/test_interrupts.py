"""Signals held back."""

from __future__ import annotations

import signal

import pytest

from printstream.base import interrupts
from printstream.cli.signals import caught as caught_signals


@pytest.fixture
def caught() -> object:
    with caught_signals():
        yield None


@pytest.mark.usefixtures("caught")
def test_a_signal_inside_is_raised_at_the_next_check_only() -> None:
    reached = []

    def work() -> None:
        with interrupts.held():
            signal.raise_signal(signal.SIGTERM)
            reached.append("behind the signal")
            interrupts.check()
            reached.append("behind the check")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert reached == ["behind the signal"]


@pytest.mark.usefixtures("caught")
def test_a_signal_behind_the_last_check_is_forgotten() -> None:
    with interrupts.held():
        signal.raise_signal(signal.SIGINT)
    interrupts.check()
    assert not interrupts.note()


@pytest.mark.usefixtures("caught")
def test_a_signal_outside_is_raised_at_once() -> None:
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
