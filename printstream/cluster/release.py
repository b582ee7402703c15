"""The end of a run in a store: papers, final names, and run.json, which is the release, last.

In: what was planned and drawn. Out: the run folder, whole. Never: gives a final name before every file is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from printstream import paperwork, ticket
from printstream.archive import FOLDER
from printstream.base import interrupts
from printstream.base.errors import BalanceError
from printstream.base.files import PARTIAL_SUFFIX, Seal
from printstream.base.log import Reporter
from printstream.base.options import RunResult
from printstream.base.places import Place
from printstream.cluster.group import SPOOLS
from printstream.plan import Plan
from printstream.produce import Produced

_MOVES_AT_ONCE = 16


def release(
    run: Place,
    scratch: Place,
    folder: Path,
    plan: Plan,
    produced: Produced,
    begun: paperwork.Begun,
    archived: Mapping[str, Seal],
    make_record: Callable[[], ticket.RunRecord],
    reporter: Reporter,
) -> RunResult:
    """Give everything its final name, run.json last.

    Args:
        run: the run folder.
        scratch: the folder below it that goes.
        folder: of this machine, where papers are written before they are put into the store.
        plan: the plan.
        produced: all print files, in the store under their partial names.
        begun: the papers that were written before pages were drawn.
        archived: the archive's files, in the store under their partial names.
        make_record: gives the run's figures, when papers are written.
        reporter: is told.

    Raises:
        BalanceError: when counts, money or files are not as they should be.
    """
    with reporter.stage(10, "ticket"):
        seals = paperwork.finish(folder, plan, produced, begun)
    spools = {name: seal for name, seal in seals.items() if name.startswith(f"{SPOOLS}/")}
    own = {name: seal for name, seal in seals.items() if name not in spools}
    with reporter.stage(9, "verify"):
        _name_files(run / SPOOLS, spools)
        if archived:
            _name_files(run / FOLDER, archived)
    scratch.remove_folder()
    record = make_record()
    ticket.write_report(folder, record)
    interrupts.check()
    ticket.write_run_json(folder, record, own, elsewhere={**spools, **archived})
    papers_ = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    for below in sorted({name.rpartition("/")[0] for name in papers_ if "/" in name}):
        (run / below).make_folder()
    for paper in sorted(sorted(papers_), key=lambda paper: paper == ticket.RUN_FILE):
        (run / paper).put(folder / paper)
    result = ticket.result_of(record, folder)
    return replace(
        result,
        run_dir=run,
        spools=tuple(run / spool.file for spool in record.spools),
        files={kind: run / path.name for kind, path in result.files.items()},
        preflight=() if plan.preflight is None else plan.preflight.rows,
    )


def _name_files(folder: Place, seals: Mapping[str, Seal]) -> None:
    """Give print files, or the archive's, their final names, if all are there.

    Raises:
        BalanceError: when a file is missing, too many or of another length.
    """
    wanted = {f"{name.rpartition('/')[2]}{PARTIAL_SUFFIX}": seal.bytes for name, seal in seals.items()}
    there = folder.names()
    # Hidden names are what a killed worker of a shared disk left half written.
    if {name: size for name, size in there.items() if not name.startswith(".")} != wanted:
        msg = "the files in the store are not those that were drawn"
        raise BalanceError(msg, where=str(folder), next_step="Nothing was released; look after the store")
    for name in set(there) - set(wanted):
        (folder / name).remove()

    def rename(name: str) -> None:
        (folder / name).move(folder / name.removesuffix(PARTIAL_SUFFIX))

    with ThreadPoolExecutor(_MOVES_AT_ONCE) as pool:
        list(pool.map(rename, sorted(wanted)))
