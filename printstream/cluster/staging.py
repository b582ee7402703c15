"""A run on this machine whose input or run folder lies in a store: fetched before, laid down after.

In: options with URIs. Out: the same run, through folders of this machine. Never: imports a scheduler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from printstream.base.errors import UsageError
from printstream.base.log import Reporter
from printstream.base.options import Options, RunResult
from printstream.base.places import Place
from printstream.base.yamlfile import load_model
from printstream.cluster.listing import job_files
from printstream.job import Job
from printstream.ticket import RUN_FILE

_FILES_AT_ONCE = 8
Command = Callable[[Options, Reporter], RunResult]


def staged(command: Command, options: Options, reporter: Reporter) -> RunResult:
    """Do a command through folders of this machine.

    Raises:
        UsageError: when the store has a run of that name already.
    """
    with TemporaryDirectory(prefix="printstream-store-") as name:
        folder = Path(name)
        here = options
        if options.input_uri:
            with reporter.stage(1, "fetch"):
                here = replace(here, input_uri="", input_dir=_fetched(options, folder))
        if not options.out_uri:
            return command(here, reporter)
        result = command(replace(here, out_uri="", out=folder / "out"), reporter)
        made = Path(str(result.run_dir))
        target = options.out_place / made.relative_to(folder / "out").as_posix()
        if (made / RUN_FILE).is_file():
            with reporter.stage(10, "store"):
                _lay_down(made, target)
        return replace(
            result,
            run_dir=target,
            spools=tuple(target / "spool" / path.name for path in result.spools),
            files={kind: target / path.name for kind, path in result.files.items()},
        )


def _fetched(options: Options, folder: Path) -> Path:
    """Copy the files that the job names to this machine; their names alone where only those are asked for."""
    place, data = options.input_place, folder / "input"
    listed = folder / "names"
    listed.mkdir()
    data.mkdir()
    documents, lines = job_files(load_model(options.job / "job.yaml", Job), place, listed)

    def fetch(name: str) -> None:
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).fetch(data / name)

    with _pool() as pool:
        list(pool.map(fetch, sorted({*documents, *lines})))
    return data


def _lay_down(made: Path, target: Place) -> None:
    """Copy a released run folder to the store, run.json last."""
    if not target.make_folder(new=True):
        msg = f"there is a run {target.name!r} already"
        raise UsageError(msg, where=str(target), next_step="Choose another --run-id, or take that run away")
    names = [path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()]
    try:
        with _pool() as pool:
            list(pool.map(lambda name: (target / name).put(made / name), set(names) - {RUN_FILE}))
        (target / RUN_FILE).put(made / RUN_FILE)
    except BaseException:
        target.remove_folder()
        raise


@contextmanager
def _pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(_FILES_AT_ONCE) as pool:
        yield pool
