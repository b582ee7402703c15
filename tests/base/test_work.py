"""Shared work: each piece once, whoever does it; faults are told; what is dropped stays undone."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from threading import Event, get_ident

import pytest

from printstream.base.inline import InlineExecutor
from printstream.base.work import SharedWork


@pytest.mark.parametrize(
    ("executor", "helpers"), [(ThreadPoolExecutor(3), 3), (InlineExecutor(), 1), (InlineExecutor(), 0)]
)
def test_every_piece_of_every_batch_is_done_once(executor: Executor, helpers: int) -> None:
    done: list[int] = []
    with executor:
        work = SharedWork(executor, helpers)
        for begin in (0, 100, 200):
            work.add(partial(done.append, number) for number in range(begin, begin + 100))
        work.finish()
    assert sorted(done) == list(range(300))


def test_helpers_begin_at_once_and_who_waits_lends_a_hand() -> None:
    began, go = Event(), Event()
    threads: list[int] = []

    def long() -> None:
        began.set()
        go.wait(10)
        threads.append(get_ident())

    def short() -> None:
        threads.append(get_ident())
        go.set()

    with ThreadPoolExecutor(1) as executor:
        work = SharedWork(executor, 1)
        work.add([long, short])
        assert began.wait(10)
        work.finish()
    assert threads[0] == get_ident() != threads[1]


@pytest.mark.parametrize("helpers", [0, 2])
def test_a_fault_is_told_to_who_waits(helpers: int) -> None:
    def fail() -> None:
        raise ValueError

    with ThreadPoolExecutor(2) as executor:
        work = SharedWork(executor, helpers)
        work.add([fail])
        with pytest.raises(ValueError):  # noqa: PT011 - it has no words
            work.finish()


def test_what_is_dropped_stays_undone() -> None:
    done: list[int] = []
    work = SharedWork(InlineExecutor(), 0)
    work.add([partial(done.append, 1)])
    work.drop()
    work.finish()
    assert done == []
