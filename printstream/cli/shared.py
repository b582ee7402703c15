"""Words that several commands share, and how all of them read options, load the machinery and write.

In: parsed words. Out: ``Options``; text on standard output. Never: imports a room, numpy or polars by itself.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from printstream.base import words
from printstream.base.errors import UsageError
from printstream.base.log import Reporter, reporter_for
from printstream.base.options import Options

JOB = "folder that holds job.yaml"
RUN = "folder of a finished run"
SEVERAL = f"{JOB}; several, or one with mailing.yaml, are sorted together (docs/commingling.md)"


# ---- words


def add_target(
    command: argparse.ArgumentParser, metavar: str, sentence: str, *, several: bool = False
) -> None:
    """Add the folder that the command is about."""
    if several:
        command.add_argument("target", metavar=metavar, type=Path, nargs="+", help=sentence)
    else:
        command.add_argument("target", metavar=metavar, type=Path, help=sentence)


def add_options(command: argparse.ArgumentParser, *, several: bool = False) -> None:
    """Add the options of all commands that walk the corridor.

    Args:
        command: the parser.
        several: whether several jobs, and so several inputs, may be named.
    """
    add = command.add_argument
    add_input(command, several=several)
    where = "where run folders are made, or s3://... (default: out)"
    add("--out", metavar="DIR", type=words.folder, default=Path("out"), help=where)
    many = "workers side by side (default: all cores)"
    add("--workers", metavar="N", type=words.count, default=0, help=many)
    add_limit(command)
    name = "name of the run folder (default: UTC time and a short hash)"
    add("--run-id", metavar="ID", type=words.run_id, help=name)
    register = "register of serial numbers used (default: as the job says)"
    add("--serials", metavar="DIR", type=Path, help=register)
    engines = "who runs: local, this machine (default); dask, the workers of --scheduler"
    add("--engine", choices=("local", "dask"), default="local", help=engines)
    add("--scheduler", metavar="URL", default="", help="address of a Dask scheduler, such as tcp://host:8786")
    add_output(command)


def add_input(command: argparse.ArgumentParser, *, several: bool = False) -> None:
    """Add ``--input``."""
    sentence = "folder of the input data, or s3://... (default: data in the job's folder)"
    if several:
        sentence += "; of several jobs one for all, or one each"
    action = "append" if several else "store"
    command.add_argument("--input", metavar="DIR", type=words.folder, action=action, help=sentence)


def add_limit(command: argparse.ArgumentParser) -> None:
    """Add ``--limit``."""
    command.add_argument("--limit", metavar="N", type=words.count, help="only the first N documents")


def add_output(command: argparse.ArgumentParser, quiet: str = "warnings and faults only") -> None:
    """Add how results and faults are shown."""
    add = command.add_argument
    progress = ", no progress" if quiet != "faults only" else ""
    add("--json", action="store_true", help=f"result as JSON on standard output{progress}")
    add("--quiet", action="store_true", help=quiet)
    add("--debug", action="store_true", help="write the stack of an unforeseen fault to a file")


# ---- words -> options


def options_of(arguments: argparse.Namespace) -> Options:
    """Turn words into options; a folder that is not there is found out before anything is loaded.

    Raises:
        UsageError: a folder is not there, or words do not fit together.
    """
    target = _target(arguments)
    far_input, far_out = isinstance(arguments.input, str), isinstance(arguments.out, str)
    if (far_input or far_out) and arguments.command not in ("run", "plan", "check"):
        what = f"{arguments.command} works with folders of this machine"
        raise UsageError(what, next_step="Copy what is needed from the store, and name the copy")
    options = Options(
        job=target,
        input_dir=None if far_input else arguments.input,
        out=Options.out if far_out else arguments.out,
        # A proof has none of these.
        workers=getattr(arguments, "workers", 1),
        limit=getattr(arguments, "limit", None),
        run_id=getattr(arguments, "run_id", None),
        serials=getattr(arguments, "serials", None),
        input_uri=arguments.input if far_input else "",
        out_uri=arguments.out if far_out else "",
        **words.engine(arguments),
    )
    if arguments.command != "verify" and not far_input and not options.data_dir.is_dir():
        what = "there is no such input folder"
        more = ", or bench the demo job's with --scale" if arguments.command == "bench" else ""
        next_step = f"Name the folder of the data with --input{more}"
        raise UsageError(what, where=str(options.data_dir), next_step=next_step)
    return options


def _target(arguments: argparse.Namespace) -> Path:
    """The job's folder or the run's, also where the file in it is named."""
    target: Path = arguments.target
    needed = "run.json" if arguments.command == "verify" else "job.yaml"
    if target.name == needed and target.is_file():
        target = target.parent
    if not (target / needed).is_file():
        what = f"there is no {needed} in this folder"
        raise UsageError(what, where=str(target), next_step=f"Name the folder that holds {needed}")
    return target


def refuse_folder(path: Path) -> None:
    """Refuse to write a file where a folder is.

    Raises:
        UsageError: saying so.
    """
    if path.is_dir():
        what = "this is a folder"
        raise UsageError(what, where=str(path), next_step="Name the file to write with --out")


# ---- running


def reporter_of(arguments: argparse.Namespace) -> Reporter:
    """Whoever tells progress and warnings."""
    return reporter_for(sys.stderr, quiet=arguments.quiet or arguments.json)


def set_pools(workers: int, *, arrow: bool = False) -> None:
    """Say how libraries are to make their pools, before they are imported; what the user set stays.

    Args:
        workers: threads of polars, which sizes its pool when it is imported.
        arrow: lines are read.
    """
    if arrow:
        # Arrow's own pools ask for huge pages, which the system clears one by one: a third of the time to read lines.
        os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
        # Nothing here multiplies matrices; the threads that numpy's library starts for it would only wait, and busily.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("POLARS_MAX_THREADS", str(workers))


@contextlib.contextmanager
def for_good() -> Iterator[None]:
    """Import modules without looking for garbage among them, now or later: a tenth of a second."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def write(text: str) -> None:
    """Write to standard output."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (head, a pager) has enough, and the run is done. The interpreter flushes again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def is_heard(arguments: argparse.Namespace) -> bool:
    """Whether anything is written besides faults: JSON always, sentences unless quiet."""
    return bool(arguments.json or not arguments.quiet)
