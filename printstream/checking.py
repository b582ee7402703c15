"""What ``check`` looks at before a night: of one job, or of each job of a mailing.

In: a work order, its input's folder. Out: a result with what was found in addresses. Never: draws, writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from printstream import inserterpapers, mailpapers, papers
from printstream.base.log import Reporter
from printstream.base.options import Options, RunResult
from printstream.order import WorkOrder, check_source
from printstream.plan import make_plan, preflight


def check_order(order: WorkOrder, input_dir: Path, options: Options, reporter: Reporter) -> RunResult:
    """Check a job that was read: its papers and art, the form of its input, its addresses where it has them judged.

    Raises:
        PrintstreamError: saying what is wrong.
    """
    inserterpapers.file_layouts(order)
    mailpapers.check_papers(order)
    if not order.types:  # the sources of types are checked as the plan is made
        check_source(order, input_dir)
    with ThreadPoolExecutor(1) as executor:
        papers.check_art(make_plan(order, input_dir, 0, executor, 1, _Silent(reporter)))
    found = preflight(order, input_dir, options.limit)
    return RunResult(options.out / order.job.name, counts={}, preflight=() if found is None else found.rows)


class _Silent:
    """A reporter for work inside another stage."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    @property
    def stages(self) -> tuple[tuple[int, str, float], ...]:
        """None of its own."""
        return ()

    @contextmanager
    def stage(self, number: int, name: str) -> Iterator[None]:
        """Time nothing."""
        yield

    def advance(self, done: int, total: int, unit: str) -> None:
        """Show nothing."""

    def info(self, sentence: str) -> None:
        """Pass on."""
        self._reporter.info(sentence)

    def warn(self, sentence: str) -> None:
        """Pass on."""
        self._reporter.warn(sentence)
