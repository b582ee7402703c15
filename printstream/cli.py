"""Words on the command line to options; faults to a message and an exit code.

In: argv. Out: an exit code (docs/exit-codes.md), a summary or JSON on standard output, progress and faults on
standard error. Never: imports a room, numpy, polars or numba before a command runs; shows a stack.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import gc
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from printstream import __version__, sheetwords
from printstream.base import interrupts, words
from printstream.base.errors import (
    BalanceError,
    InterruptedRunError,
    PrintstreamError,
    ResourceError,
    UsageError,
)
from printstream.base.log import reporter_for
from printstream.base.options import Options
from printstream.commingle import words as mailing_words
from printstream.delivery import words as delivery_words
from printstream.floor import words as floor_words

if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from printstream.base.log import Reporter
    from printstream.base.options import RunResult

EXIT_CODES = (
    (0, "done"),
    (1, "a fault that nobody foresaw"),
    (2, "the command line is wrong"),
    (3, "the job, its template, a profile or a scheme is wrong; nothing was read"),
    (4, "the input cannot be read, lacks a column, or is beyond its reject limit"),
    (5, "verification or balance failed; nothing was released"),
    (6, "the disk is full, a folder cannot be written, or memory ran out"),
    (7, "a printer or hot folder refused or did not answer, or somebody must look what was printed"),
    (130, "interrupted"),
)
COMMANDS = (
    ("run", "JOB", "plan, draw, verify and release a night's mail; several jobs are sorted together"),
    ("plan", "JOB", "count pages, pieces, trays, postage and spools; draw nothing"),
    ("check", "JOB", "check the job, its template and the form of its input; draw nothing"),
    ("verify", "RUN", "verify a finished run folder again: every file, count and amount"),
)
ADDRESSES = "the list of addresses for a service such as CASS; see address.checks.returned for its way back"
PROOF = "make one document as a PDF file, to look at; no mailing is made"
BENCH = "measure this machine: whole runs, the floor under them, presses that they feed; keeps no print file"
BENCH_JOB = Path("jobs/statement")
RECONCILE = "say what became of every piece, from the inserter's result files"

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_RESOURCE_ERRNOS = frozenset(
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EACCES", "EPERM", "EIO", "ENOMEM", "EMFILE", "ENFILE")
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    arguments = _parser().parse_args(argv)
    former = _catch_signals()
    try:
        if mailing_words.is_mailing(arguments):
            _mailing(arguments)
        elif arguments.command == "bench":
            _bench(arguments)
        elif arguments.command == "proof":
            _proof(arguments)
        elif arguments.command in ("reconcile", "floor", "submit", "deliver"):
            return _answer(arguments)
        elif arguments.command in ("impose", "show"):
            _write(getattr(sheetwords, arguments.command)(arguments))
        elif arguments.command == "plan" and (arguments.compare or arguments.save):
            _compare(arguments)
        elif arguments.command == "addresses":
            _addresses(arguments)
        else:
            _show(arguments, _perform(arguments))
    except BaseException as error:
        fault = _fault_of(error)
        if fault is None:
            raise
        return _fail(arguments, error, fault)
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
    return 0


def _answer(arguments: argparse.Namespace) -> int:
    """Run a command whose exit code says what it found."""
    commands = {"reconcile": _reconcile, "floor": _floor, "submit": _send, "deliver": _send}
    return commands[arguments.command](arguments)


def entry() -> NoReturn:
    """Run one command as a process: everything is closed by then, so the interpreter need not take itself apart.

    Taking LLVM, pyarrow and polars apart takes a quarter of a second.
    """
    code = main()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BrokenPipeError, ValueError):
            stream.flush()
    os._exit(code)


@contextlib.contextmanager
def _for_good() -> Iterator[None]:
    """Import modules without looking for garbage among them, now or later: a tenth of a second."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _perform(arguments: argparse.Namespace) -> RunResult:
    """Check the words, load the machinery, run the command."""
    options = _options(arguments)
    # Arrow's own pools ask for huge pages, which the system clears one by one: a third of the time to read lines.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    # Nothing here multiplies matrices; the threads that numpy's library starts for it would only wait, and busily.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Polars sizes its pool when it is imported, which the pipeline is the first to do.
    os.environ.setdefault("POLARS_MAX_THREADS", str(options.worker_count))
    with _for_good():
        from printstream import pipeline

    reporter = reporter_for(sys.stderr, quiet=arguments.quiet or arguments.json)
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


def _mailing(arguments: argparse.Namespace) -> None:
    """Sort several jobs as one mailing, or look a finished one over."""
    reporter = reporter_for(sys.stderr, quiet=arguments.quiet or arguments.json)
    asked = None if arguments.command == "verify" else mailing_words.asked_of(arguments)
    options = Options(
        job=arguments.target if asked is None else asked.clients[0].job_dir,
        out=arguments.out,
        workers=arguments.workers,
        limit=arguments.limit,
        run_id=arguments.run_id,
        serials=arguments.serials,
    )
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    os.environ.setdefault("POLARS_MAX_THREADS", str(options.worker_count))
    with _for_good():
        from printstream.commingle import corridor, text, verify

    if asked is None:
        said = verify.text(verify.verify(options.job, reporter, options.worker_count), arguments.json)
    else:
        command = {"run": corridor.run, "plan": corridor.plan}[arguments.command]
        show = text.json_text if arguments.json else text.summary_text
        said = show(arguments.command, command(asked, options, reporter))
    if arguments.json or not arguments.quiet:
        _write(said)


def _compare(arguments: argparse.Namespace) -> None:
    """Plan the job under other settings too, and show the figures side by side."""
    if not arguments.compare:
        what = "--save needs something to compare"
        raise UsageError(what, where="--save", next_step="Add --compare KEY=VALUE")
    options = _options(arguments)
    os.environ.setdefault("POLARS_MAX_THREADS", str(options.worker_count))
    from printstream import whatif

    reporter = reporter_for(sys.stderr, quiet=arguments.quiet or arguments.json)
    comparison = whatif.compare_job(options, arguments.compare, reporter)
    text = whatif.table_text(comparison)
    if arguments.save is not None:
        text += f"\n  saved as {whatif.write_page(arguments.save, comparison)}\n"
    _write(whatif.json_text(comparison) if arguments.json else "" if arguments.quiet else text)


def _proof(arguments: argparse.Namespace) -> None:
    """Make one document, and say where it is."""
    options = _options(arguments)
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    with _for_good():
        from printstream.base.files import write_whole
        from printstream.base.summary import proof_text
        from printstream.ondemand import Composer, compose_from

    if arguments.out.is_dir():
        what = "this is a folder"
        raise UsageError(what, where=str(arguments.out), next_step="Name the file to write with --out")
    with Composer(options.job, imposed=arguments.imposed, kind=arguments.type) as composer:
        composed = compose_from(composer, options.data_dir, arguments.document)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    seal = write_whole(arguments.out, composed.pdf)
    if arguments.json or not arguments.quiet:
        _write(proof_text(arguments.out, composed.pages, composed.sides, seal, as_json=arguments.json))


def _reconcile(arguments: argparse.Namespace) -> int:
    """Show what became of the pieces; exit code 5 where some are neither done nor diverted."""
    from printstream import reconcile

    found = reconcile.reconcile(arguments.target, arguments.results, arguments.layout)
    if arguments.save is not None:
        reconcile.save_open(arguments.save, found)
    _write(
        reconcile.as_json(found) if arguments.json else "" if arguments.quiet else reconcile.as_text(found)
    )
    return BalanceError.exit_code if found.open.height else 0


def _addresses(arguments: argparse.Namespace) -> None:
    """Write the list for an address service, and say where it is."""
    options = _options(arguments)
    os.environ.setdefault("POLARS_MAX_THREADS", str(options.worker_count))
    with _for_good():
        from printstream import pipeline
        from printstream.base.summary import list_text

    if arguments.out.is_dir():
        what = "this is a folder"
        raise UsageError(what, where=str(arguments.out), next_step="Name the file to write with --out")
    reporter = reporter_for(sys.stderr, quiet=arguments.quiet or arguments.json)
    rows = pipeline.export_addresses(options, arguments.out, reporter)
    if arguments.json or not arguments.quiet:
        _write(list_text(arguments.out, rows, as_json=arguments.json))


def _bench(arguments: argparse.Namespace) -> None:
    """Measure, save, and show the figures."""
    reporter = reporter_for(sys.stderr, quiet=arguments.quiet or arguments.json)
    if arguments.scale is not None:
        arguments.input = _seeded_input(arguments, reporter)
    options = _options(arguments)
    os.environ.setdefault("POLARS_MAX_THREADS", str(options.worker_count))
    from printstream import bench

    # Read first: a bench takes minutes, a wrong name must not.
    old = bench.read_record(arguments.compare) if arguments.compare is not None else None
    record = bench.run_bench(bench.Settings(options, arguments.runs, arguments.minutes), reporter)
    comparison = bench.compare(record, old) if old is not None else None
    saved = bench.save(record, comparison, options, arguments.save)
    text = bench.summary_text(record, comparison) + f"\n  saved as {saved[0]} and {saved[1].name}\n"
    _write(bench.json_text(record) if arguments.json else "" if arguments.quiet else text)


def _floor(arguments: argparse.Namespace) -> int:
    """Take a finished run through the shop in software; findings end with the code of a failed verification."""
    text, well = floor_words.perform(
        arguments, reporter_for(sys.stderr, quiet=arguments.quiet or arguments.json)
    )
    if arguments.json or not arguments.quiet:
        _write(text)
    return 0 if well else BalanceError.exit_code


def _send(arguments: argparse.Namespace) -> int:
    """Submit or deliver a run; what failed is told twice: as a sentence, and print file by print file."""
    reporter = reporter_for(sys.stderr, quiet=arguments.quiet or arguments.json)
    text, code, fault = delivery_words.perform(arguments, reporter)
    if fault is not None:
        sys.stderr.write(f"printstream: {fault}\n")
    _write(text)
    return code


def _seeded_input(arguments: argparse.Namespace, reporter: Reporter) -> Path:
    """Find or make the demo job's input at a scale."""
    if arguments.input is not None:
        what = "--scale and --input both say what is benched"
        raise UsageError(what, next_step="Give one of them")
    from printstream.bench.seeded import seeded_input

    return seeded_input(arguments.scale, reporter)


def _show(arguments: argparse.Namespace, result: RunResult) -> None:
    """Write the result to standard output."""
    from printstream.base.summary import json_text, summary_text

    if arguments.json:
        _write(json_text(arguments.command, result))
    elif not arguments.quiet:
        _write(summary_text(arguments.command, result))


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (head, a pager) has enough, and the run is done. The interpreter flushes again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


# ---- words -> options


def _parser() -> argparse.ArgumentParser:
    codes = "\n".join(f"  {code:>3}  {meaning}" for code, meaning in EXIT_CODES)
    parser = argparse.ArgumentParser(
        prog="printstream",
        description="A night's mail, from billing data to print files that a press, a cutter, "
        "an inserter and the post accept.",
        epilog=f"exit codes:\n{codes}\n\nprintstream COMMAND --help lists the options, the same everywhere.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"printstream {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    shared = _shared_options()
    for name, target, sentence in COMMANDS:
        several = name in ("run", "plan")
        parents = [_shared_options(several=True) if several else shared]
        command = commands.add_parser(
            name, help=sentence, description=f"{name.title()}: {sentence}.", parents=parents
        )
        kind = "folder that holds job.yaml" if target == "JOB" else "folder of a finished run"
        if several:
            kind += "; several, or one with mailing.yaml, are sorted together (docs/commingling.md)"
            command.add_argument("target", metavar=target, type=Path, nargs="+", help=kind)
        else:
            command.add_argument("target", metavar=target, type=Path, help=kind)
        if name == "plan":
            _add_compare(command)
    _add_proof(commands.add_parser("proof", help=PROOF, description=f"Proof: {PROOF}."))
    _add_reconcile(commands.add_parser("reconcile", help=RECONCILE, description=f"Reconcile: {RECONCILE}."))
    floor = commands.add_parser(
        "floor", help=floor_words.SENTENCE, description=f"Floor: {floor_words.SENTENCE}."
    )
    floor_words.add_floor(floor)
    _add_output(floor)
    _add_addresses(commands.add_parser("addresses", help=ADDRESSES, description=f"Addresses: {ADDRESSES}."))
    for name, sentence, add in (
        ("impose", sheetwords.IMPOSE, sheetwords.add_impose),
        ("show", sheetwords.SHOW, sheetwords.add_show),
    ):
        add(commands.add_parser(name, help=sentence, description=f"{name.title()}: {sentence}."))
    for name, sentence, add in (
        ("submit", delivery_words.SUBMIT, delivery_words.add_submit),
        ("deliver", delivery_words.DELIVER, delivery_words.add_deliver),
    ):
        sent = commands.add_parser(name, help=sentence, description=f"{name.title()}: {sentence}.")
        add(sent)
        _add_output(sent)
    _add_bench(commands.add_parser("bench", help=BENCH, description=f"Bench: {BENCH}.", parents=[shared]))
    return parser


def _add_compare(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--compare",
        metavar="KEY=VALUE[,VALUE]",
        action="append",
        help="plan the job with other settings too, side by side; several joined by + (docs/whatif.md)",
    )
    command.add_argument(
        "--save",
        metavar="FILE.html",
        type=words.html_file,
        help="with --compare: also save a page with charts",
    )


def _add_proof(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("target", metavar="JOB", type=Path, help="folder that holds job.yaml")
    add("--document", metavar="ID", required=True, help="its key, as the manifest has it")
    add("--type", metavar="NAME", help="its type, of a job with several")
    add(
        "--out",
        metavar="FILE.pdf",
        type=words.pdf_file,
        required=True,
        help="the file to write; replaced if there",
    )
    add("--imposed", action="store_true", help="on press sheets, as the job imposes (default: its pages)")
    _add_input(command)
    _add_output(command)


def _add_reconcile(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("target", metavar="RUN", type=Path, help="folder of a finished run")
    add(
        "--results",
        metavar="FILE",
        type=Path,
        required=True,
        action="append",
        help="a result file; several times for more",
    )
    add(
        "--layout",
        metavar="NAME",
        default="output_csv",
        help="its layout, shipped or a file (default: output_csv)",
    )
    add("--save", metavar="FILE.csv", type=Path, help="list the pieces that are neither done nor diverted")
    _add_output(command)


def _add_addresses(command: argparse.ArgumentParser) -> None:
    verbs = command.add_subparsers(dest="verb", metavar="VERB", required=True)
    sentence = "write key and address of every document that ingest accepts, as CSV"
    export = verbs.add_parser("export", help=sentence, description=f"Export: {sentence}.")
    add = export.add_argument
    add("target", metavar="JOB", type=Path, help="folder that holds job.yaml")
    add("--out", metavar="LIST.csv", type=Path, required=True, help="the file to write; replaced if there")
    add("--limit", metavar="N", type=words.count, help="only the first N documents")
    _add_input(export)
    _add_output(export)


def _add_bench(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "target",
        metavar="JOB",
        type=Path,
        nargs="?",
        default=BENCH_JOB,
        help=f"folder that holds job.yaml (default: {BENCH_JOB})",
    )
    add(
        "--scale",
        metavar="S",
        type=words.scale,
        help="the demo job's seeded input at this scale, made if need be",
    )
    add("--runs", metavar="N", type=words.count, default=3, help="rounds of runs, at least (default: 3)")
    add("--minutes", metavar="M", type=words.count, default=0, help="go on with rounds for so many minutes")
    add("--compare", metavar="OLD.json", type=Path, help="show the ratios to an earlier bench")
    add(
        "--save",
        metavar="FILE.json",
        type=words.json_file,
        help="where figures are saved, with an .html page beside (default: in the job's folder under --out)",
    )


def _shared_options(*, several: bool = False) -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    add = shared.add_argument
    _add_input(shared, several=several)
    add(
        "--out",
        metavar="DIR",
        type=words.folder,
        default=Path("out"),
        help="where run folders are made, or s3://... (default: out)",
    )
    add(
        "--workers",
        metavar="N",
        type=words.count,
        default=0,
        help="workers side by side (default: all cores)",
    )
    add("--limit", metavar="N", type=words.count, help="only the first N documents")
    add(
        "--run-id",
        metavar="ID",
        type=words.run_id,
        help="name of the run folder (default: UTC time and a short hash)",
    )
    add(
        "--serials",
        metavar="DIR",
        type=Path,
        help="register of serial numbers used (default: as the job says)",
    )
    engines = "who runs: local, this machine (default); dask, the workers of --scheduler"
    add("--engine", choices=("local", "dask"), default="local", help=engines)
    add("--scheduler", metavar="URL", default="", help="address of a Dask scheduler, such as tcp://host:8786")
    _add_output(shared)
    return shared


def _add_input(command: argparse.ArgumentParser, *, several: bool = False) -> None:
    sentence = "folder of the input data, or s3://... (default: data in the job's folder)"
    if several:
        sentence += "; of several jobs one for all, or one each"
    action = "append" if several else "store"
    command.add_argument("--input", metavar="DIR", type=words.folder, action=action, help=sentence)


def _add_output(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--json", action="store_true", help="result as JSON on standard output, no progress")
    add("--quiet", action="store_true", help="warnings and faults only")
    add("--debug", action="store_true", help="write the stack of an unforeseen fault to a file")


def _options(arguments: argparse.Namespace) -> Options:
    """Turn words into options; a folder that is not there is found out before anything is loaded."""
    target: Path = arguments.target
    needed = "run.json" if arguments.command == "verify" else "job.yaml"
    if target.name == needed and target.is_file():
        target = target.parent
    if not (target / needed).is_file():
        what = f"there is no {needed} in this folder"
        raise UsageError(what, where=str(target), next_step=f"Name the folder that holds {needed}")
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


# ---- faults -> message and exit code


def _catch_signals() -> dict[int, Any]:
    """Let the signals that end a program unwind instead; what the caller ignores (nohup) stays ignored."""
    wanted = (number for number in _ENDING if signal.getsignal(number) != signal.SIG_IGN)
    return {number: signal.signal(number, _stop) for number in wanted}


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """Unwind like Ctrl-C, once: a second signal must not cut the removal of partial files short."""
    for number in _ENDING:
        # Not SIG_IGN: Python complains of a signal that arrived before and finds no handler any more.
        signal.signal(number, _ignore)
    if not interrupts.note():
        raise KeyboardInterrupt


def _ignore(_signal: int, _frame: FrameType | None) -> None:
    """Do nothing."""


def _fault_of(error: BaseException) -> PrintstreamError | None:
    """Give the fault class of any exception; None for what is no fault (SystemExit)."""
    if isinstance(error, PrintstreamError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return InterruptedRunError("interrupted; nothing unfinished was released")
    if isinstance(error, MemoryError):
        return ResourceError("memory ran out", next_step="Run with fewer --workers or smaller spools")
    if isinstance(error, OSError) and error.errno in _RESOURCE_ERRNOS:
        return ResourceError(
            str(error.strerror),
            where=str(error.filename or ""),
            next_step="Make room or mend the permissions, and run again",
        )
    from concurrent.futures import BrokenExecutor

    if isinstance(error, BrokenExecutor):
        what = "a worker was killed, most likely because memory ran out"
        return ResourceError(what, next_step="Run with fewer --workers")
    if isinstance(error, Exception):
        # Only the class: the text of a foreign exception may hold a customer's data.
        return PrintstreamError(f"a fault that nobody foresaw ({type(error).__name__})")
    return None


def _fail(arguments: argparse.Namespace, error: BaseException, fault: PrintstreamError) -> int:
    """Write the fault to standard error, and to standard output as JSON where asked."""
    message = f"printstream: {fault}"
    if type(fault) is PrintstreamError and fault is not error:
        message += f" {_stack_note(arguments, error)}"
    sys.stderr.write(message + "\n")
    if arguments.json:
        from printstream.base.summary import fault_json_text

        sys.stdout.write(fault_json_text(arguments.command, fault))
        sys.stdout.flush()
    return fault.exit_code


def _stack_note(arguments: argparse.Namespace, error: BaseException) -> str:
    """Write the stack to a file where the operator asked for it, and say where."""
    if not (arguments.debug or os.environ.get("PRINTSTREAM_DEBUG")):
        return "Run again with --debug to write its stack to a file, and report it."
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile(
        "w", prefix="printstream-fault-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exception(error, file=file)
    return f"Its stack is in {file.name}."
