"""Several jobs as one mailing: what ``run``, ``plan``, ``check`` and ``verify`` do then.

In: parsed words. Out: the mailing's summary, or JSON. Never: one job (``corridor.py``).
"""

from __future__ import annotations

import argparse

from printstream.base.options import Options
from printstream.cli.shared import for_good, is_heard, reporter_of, set_pools, write
from printstream.commingle import words


def perform(arguments: argparse.Namespace) -> int:
    """Sort several jobs as one mailing, or look a finished one over."""
    reporter = reporter_of(arguments)
    asked = None if arguments.command == "verify" else words.asked_of(arguments)
    options = Options(
        job=arguments.target if asked is None else asked.clients[0].job_dir,
        out=arguments.out,
        workers=arguments.workers,
        limit=arguments.limit,
        run_id=arguments.run_id,
        serials=arguments.serials,
    )
    set_pools(options.worker_count, arrow=True)
    with for_good():
        from printstream.commingle import corridor, text, verify

    if asked is None:
        said = verify.text(verify.verify(options.job, reporter, options.worker_count), arguments.json)
    elif arguments.command == "check":
        said = text.checked_text(corridor.check(asked, options, reporter), as_json=arguments.json)
    else:
        command = {"run": corridor.run, "plan": corridor.plan}[arguments.command]
        show = text.json_text if arguments.json else text.summary_text
        said = show(arguments.command, command(asked, options, reporter))
    if is_heard(arguments):
        write(said)
    return 0
