"""The one place that knows Dask: tasks to a scheduler, results back, faults in our words, all within bounded time.

In: functions and arguments. Out: their results. Never: waits for a cluster that is not there; loses a task whose worker
was killed (the scheduler gives it, and what it needs, to another one).
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any, TypeAlias

import distributed
from distributed.client import Client, Future

from printstream.base import interrupts
from printstream.base.errors import PrintstreamError, ResourceError
from printstream.base.measure import versions

CONNECT_SECONDS = 10
WORKER_SECONDS = 30
"""How long a run waits for a first worker, and for one to come back when all are gone."""
_LOOK_SECONDS = 0.5

Tell = Callable[[int, int], None]
Task: TypeAlias = "Future[Any]"


class Cluster:
    """Sends tasks and collects what they give; one for each run."""

    def __init__(self, client: Client, run: str) -> None:
        self._client = client
        self._run = run
        self._sent = 0
        self._lonely_since: float | None = None

    def send(self, task: Callable[..., Any], *arguments: Any) -> Task:
        """Send a task; futures among its arguments are its inputs, and stay on the workers."""
        self._sent += 1
        key = f"printstream-{task.__name__}-{self._run}-{self._sent}"
        # Not pure: equal arguments of another run are other files.
        return self._client.submit(discreet, task, *arguments, key=key, pure=False)

    def results(self, futures: Iterable[Task], tell: Tell | None = None) -> list[Any]:
        """Wait for tasks; give their results in order, and let go of each as it comes.

        Raises:
            ResourceError: when no worker is left, a task kills its workers, or the scheduler is lost.
        """
        waiting = dict(enumerate(futures))
        total = len(waiting)
        found: dict[int, Any] = {}
        while waiting:
            interrupts.check()
            ready = [k for k, future in waiting.items() if future.done()]
            for k in ready:
                if self._take(waiting[k], k, found):
                    del waiting[k]
            if tell is not None:
                tell(total - len(waiting), total)
            if waiting and not ready:
                self._wait(list(waiting.values()))
        return [found[k] for k in range(total)]

    def _take(self, future: Task, place: int, found: dict[int, Any]) -> bool:
        """Fetch a result; tell whether it came (its worker may be gone, and the task at work again)."""
        try:
            found[place] = future.result(timeout=WORKER_SECONDS)
        except distributed.TimeoutError:
            self._check()
            return False
        except distributed.KilledWorker as error:
            what = "a task killed one worker after the other, most likely because memory ran out"
            next_step = "Give the workers more memory, or run fewer threads in each"
            raise ResourceError(what, next_step=next_step) from error
        except CancelledError as error:
            raise _lost() from error
        return True

    def _wait(self, futures: list[Task]) -> None:
        try:
            distributed.wait(futures, timeout=_LOOK_SECONDS, return_when="FIRST_COMPLETED")
        except distributed.TimeoutError:
            self._check()
        except CancelledError as error:
            raise _lost() from error

    def _check(self) -> None:
        """Look whether the cluster is still there.

        Raises:
            ResourceError: when it is not.
        """
        if self._client.status != "running":
            raise _lost()
        try:
            workers = self._client.scheduler_info()["workers"]
        except OSError as error:
            raise _lost() from error
        if workers:
            self._lonely_since = None
            return
        now = time.monotonic()
        self._lonely_since = self._lonely_since or now
        if now - self._lonely_since > WORKER_SECONDS:
            what = f"the scheduler has had no worker for {WORKER_SECONDS} seconds"
            raise ResourceError(what, next_step="Start workers, and run again")

    @property
    def threads(self) -> int:
        """Threads of all workers that are there now."""
        workers = self._client.scheduler_info()["workers"].values()
        return max(1, sum(int(worker["nthreads"]) for worker in workers))


def discreet(task: Callable[..., Any], *arguments: Any) -> Any:
    """Do a task; what nobody foresaw goes on without its text, which may quote data and which workers log.

    Raises:
        PrintstreamError: in place of a foreign exception, naming its class and the task.
    """
    try:
        return task(*arguments)
    except (PrintstreamError, MemoryError):
        raise
    except Exception as error:
        if os.environ.get("PRINTSTREAM_DEBUG"):
            raise
        what = f"a fault that nobody foresaw ({type(error).__name__} in {task.__name__}, on a worker)"
        next_step = "Start the workers with PRINTSTREAM_DEBUG=1 to see its stack in their logs, and report it"
        raise PrintstreamError(what, next_step=next_step) from None


def _lost() -> ResourceError:
    what = "the scheduler was lost, and the tasks with it"
    return ResourceError(what, next_step="Nothing was released; look after the scheduler, and run again")


@contextmanager
def connect(address: str, run: str) -> Iterator[Cluster]:
    """Reach the scheduler and at least one worker; tasks that are left at the end are cancelled.

    Raises:
        ResourceError: when there is none within bounded time.
    """
    # Its loggers repeat on standard error what is said here in a sentence.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=CONNECT_SECONDS)
    except (OSError, ValueError, TimeoutError) as error:
        what = f"no scheduler answers within {CONNECT_SECONDS} seconds"
        next_step = "Check the address, and start one with `dask scheduler`"
        raise ResourceError(what, where=address, next_step=next_step) from error
    try:
        try:
            client.wait_for_workers(1, timeout=WORKER_SECONDS)
        except TimeoutError as error:
            what = f"the scheduler has no worker within {WORKER_SECONDS} seconds"
            next_step = f"Start some with `dask worker {address}`"
            raise ResourceError(what, where=address, next_step=next_step) from error
        try:
            # The scheduler unpacks tasks, so it must know them.
            client.run_on_scheduler(versions)
        except Exception as error:
            what = f"the scheduler cannot load printstream ({type(error).__name__})"
            next_step = "Install the same printstream on the scheduler, the workers and here"
            raise ResourceError(what, where=address, next_step=next_step) from error
        yield Cluster(client, run)
    finally:
        # Leaving releases all futures of this client, and the scheduler drops their tasks.
        client.close(timeout=CONNECT_SECONDS)
