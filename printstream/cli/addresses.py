"""The words of ``addresses``: the list for an address service."""

from __future__ import annotations

import argparse
from pathlib import Path

from printstream.cli import shared


def add(command: argparse.ArgumentParser) -> None:
    """Add the command's verb and its options."""
    verbs = command.add_subparsers(dest="verb", metavar="VERB", required=True)
    sentence = "write key and address of every document that ingest accepts, as CSV"
    export = verbs.add_parser("export", help=sentence, description=f"Export: {sentence}.")
    shared.add_target(export, "JOB", shared.JOB)
    file = "the file to write; replaced if there"
    export.add_argument("--out", metavar="LIST.csv", type=Path, required=True, help=file)
    shared.add_limit(export)
    shared.add_input(export)
    shared.add_output(export)


def perform(arguments: argparse.Namespace) -> int:
    """Write the list for an address service, and say where it is."""
    options = shared.options_of(arguments)
    shared.set_pools(options.worker_count)
    with shared.for_good():
        from printstream import pipeline
        from printstream.base.summary import list_text

    shared.refuse_folder(arguments.out)
    rows = pipeline.export_addresses(options, arguments.out, shared.reporter_of(arguments))
    if shared.is_heard(arguments):
        shared.write(list_text(arguments.out, rows, as_json=arguments.json))
    return 0
