"""The words of ``submit`` and ``deliver``: options, and what they do; light, because ``--help`` loads them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from printstream.base import words
from printstream.base.errors import UsageError

if TYPE_CHECKING:
    from printstream.base.errors import DeliveryError
    from printstream.base.log import Reporter
    from printstream.delivery.outcome import Outcome

SUBMIT = "send a finished run's print files to a print server (IPP), each once"
DELIVER = "copy a finished run's print files into a hot folder, each once"
PAPERS = ("tickets", "inserter")
MARKERS = ("each", "run", "none")
NAME = "{job}-{run}-{spool}"


def add_submit(command: argparse.ArgumentParser) -> None:
    """Add the options of ``submit``."""
    add = command.add_argument
    add("target", metavar="RUN", type=Path, help="folder of a finished run")
    add("--printer", metavar="URI", default="", help="ipp://host:631/path, or ipps:// with TLS")
    _add_spools(command)
    add(
        "--attribute",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="set a job attribute, such as output-bin=stacker; nothing behind = leaves it out",
    )
    add("--wait", action="store_true", help="wait until all is printed")
    add(
        "--wait-minutes",
        metavar="M",
        type=words.count,
        default=720,
        help="longest wait (default: 720)",
    )
    add("--dry-run", action="store_true", help="ask the printer, show what would be sent, send nothing")
    add("--status", action="store_true", help="ask what became of what was sent, send nothing")
    add(
        "--timeout",
        metavar="S",
        type=words.count,
        default=60,
        help="longest silence of the printer, seconds (default: 60)",
    )
    add("--ca", metavar="FILE.pem", type=Path, help="with ipps: certificates to trust besides the system's")


def add_deliver(command: argparse.ArgumentParser) -> None:
    """Add the options of ``deliver``."""
    add = command.add_argument
    add("target", metavar="RUN", type=Path, help="folder of a finished run")
    add("--to", metavar="FOLDER", type=Path, required=True, help="the hot folder, which must be there")
    _add_spools(command)
    add(
        "--with",
        dest="papers",
        metavar="PAPER",
        nargs="+",
        choices=PAPERS,
        default=[],
        help="also tickets, inserter: each print file's own papers, before it",
    )
    add(
        "--name",
        metavar="TEMPLATE",
        default=NAME,
        help="names without ending, of {job}, {run}, {spool} (default: %(default)s)",
    )
    add(
        "--done",
        choices=MARKERS,
        default="each",
        help="done-markers: one behind each print file (default), one for the run, or none",
    )


def _add_spools(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "--spool",
        metavar="N",
        type=words.count,
        nargs="+",
        action="extend",
        default=[],
        help="only these print files (default: all that were not sent)",
    )
    add(
        "--again",
        action="store_true",
        help="with --spool: once more what was sent, or may have been; it will be printed twice",
    )


def perform(arguments: argparse.Namespace, reporter: Reporter) -> tuple[str, int, DeliveryError | None]:
    """Do it; give the text to show, the exit code, and the fault that ended it.

    Raises:
        UsageError: when the words do not fit together.
    """
    if arguments.again and not arguments.spool:
        what = "--again needs to know what is printed once more"
        raise UsageError(what, where="--again", next_step="Add --spool N")
    outcome = _submit(arguments, reporter) if arguments.command == "submit" else _deliver(arguments, reporter)
    from printstream.delivery import outcome as shown

    text = shown.as_json(outcome) if arguments.json else "" if arguments.quiet else shown.as_text(outcome)
    return text, outcome.exit_code, outcome.failure


def _submit(arguments: argparse.Namespace, reporter: Reporter) -> Outcome:
    from printstream.delivery import submit
    from printstream.delivery.jobattributes import parse_changes

    if not arguments.printer and not arguments.status:
        what = "a printer is needed"
        raise UsageError(what, where="--printer", next_step="Add --printer ipp://host:631/ipp/print")
    settings = submit.SubmitSettings(
        run_dir=_run_dir(arguments.target),
        printer=arguments.printer,
        spools=tuple(arguments.spool),
        changes=parse_changes(arguments.attribute),
        again=arguments.again,
        wait=arguments.wait,
        wait_minutes=arguments.wait_minutes,
        dry_run=arguments.dry_run,
        timeout_s=float(arguments.timeout),
        ca_file=arguments.ca,
    )
    return (submit.status if arguments.status else submit.submit)(settings, reporter)


def _deliver(arguments: argparse.Namespace, reporter: Reporter) -> Outcome:
    from printstream.delivery import hotfolder

    return hotfolder.deliver(
        hotfolder.DeliverSettings(
            run_dir=_run_dir(arguments.target),
            folder=arguments.to,
            spools=tuple(arguments.spool),
            papers=frozenset(arguments.papers),
            name=arguments.name,
            markers=arguments.done,
            again=arguments.again,
        ),
        reporter,
    )


def _run_dir(target: Path) -> Path:
    return target.parent if target.name == "run.json" else target
