"""What a run tells while it works: numbered stages, progress, sentences.

In: calls from the pipeline's thread. Out: progress bars on a terminal, dated lines in cron, or nothing.
Never: writes to standard output (that belongs to results), nor says anything about a recipient.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

LINE_SECONDS = 10.0


class Reporter(Protocol):
    """Receives what a run tells; called from one thread only."""

    @property
    def stages(self) -> tuple[tuple[int, str, float], ...]:
        """Number, name and wall time of each finished stage, in order; a stage that ran twice adds up."""

    def stage(self, number: int, name: str) -> AbstractContextManager[None]:
        """Open a numbered stage and time it."""

    def advance(self, done: int, total: int, unit: str) -> None:
        """Tell how far the open stage is."""

    def info(self, sentence: str) -> None:
        """Tell the operator something worth knowing."""

    def warn(self, sentence: str) -> None:
        """Tell the operator something worth looking after."""


class QuietReporter:
    """Times the stages and lets only warnings through; for ``--json`` and ``--quiet``."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._seconds: dict[tuple[int, str], float] = {}

    @property
    def stages(self) -> tuple[tuple[int, str, float], ...]:
        """Number, name and wall time of each finished stage, in order."""
        return tuple((number, name, seconds) for (number, name), seconds in self._seconds.items())

    @contextmanager
    def stage(self, number: int, name: str) -> Iterator[None]:
        """Time a stage; a failed one is not counted."""
        begin = time.perf_counter()
        self._open(number, name)
        try:
            yield
        except BaseException:
            self._close(number, name, None)
            raise
        spent = time.perf_counter() - begin
        self._seconds[number, name] = self._seconds.get((number, name), 0.0) + spent
        self._close(number, name, spent)

    def _open(self, number: int, name: str) -> None:
        """Show that a stage begins."""

    def _close(self, number: int, name: str, spent: float | None) -> None:
        """Show that a stage has ended; None where it failed."""

    def advance(self, done: int, total: int, unit: str) -> None:
        """Show progress."""

    def info(self, sentence: str) -> None:
        """Show a sentence."""

    def warn(self, sentence: str) -> None:
        """Show a warning."""
        self._write(f"warning: {sentence}")

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()


class LineReporter(QuietReporter):
    """One dated line a stage and one every ten seconds; for cron and log files."""

    def __init__(self, stream: TextIO | None = None, line_seconds: float = LINE_SECONDS) -> None:
        super().__init__(stream)
        self._line_seconds = line_seconds
        self._due = 0.0
        self._label = ""
        self._progress = ""

    def _write(self, line: str) -> None:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        super()._write(f"{now} {line}")

    def _open(self, number: int, name: str) -> None:
        self._label = f"{number:>2} {name}"
        self._progress = ""
        self._due = time.monotonic() + self._line_seconds

    def _close(self, number: int, name: str, spent: float | None) -> None:
        ending = "failed" if spent is None else f"done in {spent:.2f} s"
        self._write(f"{number:>2} {name}: {self._progress}{ending}")

    def advance(self, done: int, total: int, unit: str) -> None:
        """Keep the last progress for the stage's closing line, and write it every ten seconds."""
        self._progress = f"{done:,} of {total:,} {unit}, " if done < total else f"{total:,} {unit}, "
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + self._line_seconds
            self._write(f"{self._label}: {done:,} of {total:,} {unit}")

    def info(self, sentence: str) -> None:
        """Write a dated line."""
        self._write(sentence)


class BarReporter(QuietReporter):
    """Progress bars on a terminal; finished stages stay above as lines."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(stream)
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._last = ""

    def _open(self, number: int, name: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._last = ""
        self._bar = Progress(
            SpinnerColumn(finished_text=" "),
            TextColumn("{task.description}"),
            BarColumn(bar_width=32),
            TextColumn("{task.fields[figures]}"),
            TimeElapsedColumn(),
            console=Console(file=self._stream),
            transient=True,
        )
        self._task = self._bar.add_task(f"{number:>2} {name:<9}", total=None, figures="")
        self._bar.start()

    def _close(self, number: int, name: str, spent: float | None) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        ending = " failed" if spent is None else f"{spent:7.2f} s"
        self._write(f"{number:>2} {name:<9} {ending}  {self._last}".rstrip())

    def advance(self, done: int, total: int, unit: str) -> None:
        """Move the bar."""
        self._last = f"{total:,} {unit}" if done >= total else f"{done:,} of {total:,} {unit}"
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total, figures=f"{done:,} / {total:,} {unit}")

    def info(self, sentence: str) -> None:
        """Write a line above the bar."""
        self._say(sentence)

    def warn(self, sentence: str) -> None:
        """Write a warning above the bar."""
        self._say(f"warning: {sentence}")

    def _say(self, line: str) -> None:
        if self._bar is not None:
            self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            self._write(line)


def reporter_for(stream: TextIO, *, quiet: bool) -> QuietReporter:
    """Choose the reporter that suits where the output goes."""
    if quiet:
        return QuietReporter(stream)
    return BarReporter(stream) if stream.isatty() else LineReporter(stream)
