"""The words of ``proof``: one document, as a run would draw it."""

from __future__ import annotations

import argparse
from pathlib import Path

from printstream.base import words
from printstream.cli import shared


def add(command: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add = command.add_argument
    shared.add_target(command, "JOB", shared.JOB)
    add("--document", metavar="ID", required=True, help="its key, as the manifest has it")
    add("--type", metavar="NAME", help="its type, of a job with several")
    file = "the file to write; replaced if there"
    add("--out", metavar="FILE.pdf", type=words.pdf_file, required=True, help=file)
    add("--imposed", action="store_true", help="on press sheets, as the job imposes (default: its pages)")
    shared.add_input(command)
    shared.add_output(command)


def perform(arguments: argparse.Namespace) -> int:
    """Make one document, and say where it is."""
    options = shared.options_of(arguments)
    shared.set_pools(1)
    with shared.for_good():
        from printstream.base.files import write_whole
        from printstream.base.summary import proof_text
        from printstream.ondemand import Composer, compose_from

    out: Path = arguments.out
    shared.refuse_folder(out)
    with Composer(options.job, imposed=arguments.imposed, kind=arguments.type) as composer:
        composed = compose_from(composer, options.data_dir, arguments.document)
    out.parent.mkdir(parents=True, exist_ok=True)
    seal = write_whole(out, composed.pdf)
    if shared.is_heard(arguments):
        shared.write(proof_text(out, composed.pages, composed.sides, seal, as_json=arguments.json))
    return 0
