"""What ``run``, ``plan``, ``check`` and ``verify`` share: one job, or a run, through the corridor.

In: parsed words. Out: the summary, or JSON. Never: more than one job (``mailing.py``).
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from printstream.cli.shared import for_good, is_heard, options_of, reporter_of, set_pools, write

if TYPE_CHECKING:
    from printstream.base.options import RunResult


def perform(arguments: argparse.Namespace) -> int:
    """Walk the corridor, and show where it led."""
    result = _walk(arguments)
    from printstream.base.summary import json_text, summary_text

    if is_heard(arguments):
        write((json_text if arguments.json else summary_text)(arguments.command, result))
    return 0


def _walk(arguments: argparse.Namespace) -> RunResult:
    """Check the words, load the machinery, run the command."""
    options = options_of(arguments)
    set_pools(options.worker_count, arrow=True)
    with for_good():
        from printstream import pipeline

    reporter = reporter_of(arguments)
    if arguments.command == "verify":
        return pipeline.verify(options.job, reporter, options.worker_count)
    commands = {"run": pipeline.run, "plan": pipeline.plan, "check": pipeline.check}
    if options.engine == "dask":
        from printstream.cluster import engine

        return engine.run(options, reporter)
    if options.input_uri or options.out_uri:
        from printstream.cluster import staging

        return staging.staged(commands[arguments.command], options, reporter)
    return commands[arguments.command](options, reporter)
