"""One whole run in a process of its own, timed from outside.

In: a job, its input, how many workers or cores. Out: seconds, processor time, memory, the run's own figures and its
folder. Never: runs anything in this process.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from printstream.base import errors
from printstream.base.frozen import frozen

_FAULTS = {
    fault.exit_code: fault
    for fault in (
        errors.UsageError,
        errors.JobError,
        errors.InputError,
        errors.BalanceError,
        errors.ResourceError,
        errors.InterruptedRunError,
    )
}
_BYTES_PER_MAXRSS = 1 if sys.platform == "darwin" else 1024


@frozen
class Kind:
    """How a run may use the machine."""

    name: str
    workers: int
    cores: int | None = None
    """Cores that the process is held to; all of them where None."""


@frozen
class Command:
    """What is run.

    Attributes:
        job, data_dir: job and input.
        place: folder that the run folders are made under.
        limit: only so many documents.
        environment: on top of our own.
    """

    job: Path
    data_dir: Path
    place: Path
    limit: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    def words(self, kind: Kind, run_id: str) -> list[str]:
        """The command line."""
        words = [sys.executable, "-m", "printstream", "run", str(self.job), "--json"]
        words += ["--input", str(self.data_dir), "--out", str(self.place), "--run-id", run_id]
        words += ["--workers", str(kind.workers)]
        return words if self.limit is None else [*words, "--limit", str(self.limit)]


@frozen
class WholeRun:
    """A finished run.

    Attributes:
        seconds: wall time from the start of the process to its end.
        cpu_seconds: processor time, user and system.
        peak_memory_bytes: largest resident memory of all its processes.
        run_dir: the run folder; ``discard`` removes it.
        record: its run.json.
    """

    seconds: float
    cpu_seconds: float
    peak_memory_bytes: int
    run_dir: Path
    record: Mapping[str, Any]

    @property
    def counts(self) -> Mapping[str, int]:
        """Documents, pieces, pages, sheets, sides, spools."""
        counts: Mapping[str, int] = self.record["counts"]
        return counts

    @property
    def stages(self) -> dict[str, float]:
        """Seconds of each stage, ``"8 draw"``, in order."""
        return {f"{s['number']} {s['name']}": float(s["seconds"]) for s in self.record["stages"]}

    @property
    def spools(self) -> tuple[Path, ...]:
        """The print files, in order."""
        return tuple(sorted((self.run_dir / "spool").glob("*.pdf")))

    def discard(self) -> None:
        """Remove the run folder."""
        shutil.rmtree(self.run_dir, ignore_errors=True)


def whole_run(command: Command, kind: Kind, run_id: str = "run") -> WholeRun:
    """Run a job once.

    Raises:
        PrintstreamError: the fault of the run, of its own class.
    """
    environment = {**os.environ, **command.environment}
    # A process that sizes its pools before it reads its options must not see more than it may use.
    environment.pop("POLARS_MAX_THREADS", None)
    begin = time.perf_counter()
    with subprocess.Popen(
        _held(command.words(kind, run_id), kind.cores),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    ) as child:
        try:
            said = child.stdout.read() if child.stdout is not None else b""
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        except BaseException:
            child.terminate()
            raise
    seconds = time.perf_counter() - begin
    result = _result(said, child.returncode)
    run_dir = Path(result["run_dir"])
    peak = max(int(result["peak_memory_bytes"]), usage.ru_maxrss * _BYTES_PER_MAXRSS)
    record = json.loads((run_dir / "run.json").read_bytes())
    return WholeRun(seconds, usage.ru_utime + usage.ru_stime, peak, run_dir, record)


def can_hold_cores() -> bool:
    """Whether a process can be held to some of the cores here."""
    return hasattr(os, "sched_setaffinity")


def _held(words: list[str], cores: int | None) -> list[str]:
    """Start a command on the first few of the cores that we may use."""
    if cores is None or not can_hold_cores():
        return words
    chosen = sorted(os.sched_getaffinity(0))[:cores]
    code = f"import os, sys; os.sched_setaffinity(0, {chosen}); os.execv(sys.argv[1], sys.argv[1:])"
    return [sys.executable, "-I", "-S", "-c", code, *words]


def _result(said: bytes, code: int) -> dict[str, Any]:
    """Read the run's own words.

    Raises:
        PrintstreamError: when it failed.
    """
    try:
        result: dict[str, Any] = json.loads(said)
    except ValueError:
        result = {}
    if code == 0 and result:
        return result
    fault = _FAULTS.get(code, errors.PrintstreamError)
    what = result.get("what") or f"the run ended with {code} and said nothing"
    raise fault(what, where=result.get("where", ""), next_step=result.get("next_step", ""))
