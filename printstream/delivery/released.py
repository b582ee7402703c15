"""A released run as delivery sees it: its print files with their seals, and what a printer must be told of each.

In: a run folder. Out: ``ReleasedRun``. Never: gives out a run whose files are not as they were released.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from printstream.base.errors import BalanceError, UsageError
from printstream.base.files import Seal
from printstream.base.frozen import frozen
from printstream.base.words import run_id as as_run_id
from printstream.ticket import broken_seals, read_run_json

_NEXT = "Do not print this run"


@frozen
class PressJob:
    """What a printer must be told of a print file.

    Attributes:
        width_mpt, height_mpt: of the press sheet; of a roll, of a frame.
        is_duplex: whether backs are printed.
        turned_over: whether the press turns the sheet about its horizontal axis, otherwise about its vertical one.
        press_sheets, press_sides: how many.
        stock, grammage_gsm, caliper_um: the paper.
        is_web: whether it is a roll.
    """

    width_mpt: int
    height_mpt: int
    is_duplex: bool
    turned_over: bool
    press_sheets: int
    press_sides: int
    stock: str
    grammage_gsm: int
    caliper_um: int
    is_web: bool


@frozen
class PrintFile:
    """A print file.

    Attributes:
        number: from 1, in the order of the mail.
        path, seal: the file, as it was released.
        press: what a printer must be told.
        tickets, inserter_files: its papers: names below the run folder, and their seals.
    """

    number: int
    path: Path
    seal: Seal
    press: PressJob
    tickets: Mapping[str, Seal]
    inserter_files: Mapping[str, Seal]


@frozen
class ReleasedRun:
    """A run.

    Attributes:
        folder: its folder.
        job, run_id: names.
        files: its print files, in order.
    """

    folder: Path
    job: str
    run_id: str
    files: tuple[PrintFile, ...]

    def chosen(self, numbers: Sequence[int]) -> tuple[PrintFile, ...]:
        """The print files of these numbers, in the order of the mail; all of them where none is given.

        Raises:
            UsageError: when there is none of a number.
        """
        known = {file.number: file for file in self.files}
        for number in numbers:
            if number not in known:
                what = f"the run has no print file {number}"
                raise UsageError(what, where="--spool", next_step=f"There are 1 to {len(self.files)}")
        return tuple(known[number] for number in sorted(set(numbers) or known))


def read_released(run_dir: Path) -> ReleasedRun:
    """Read a run and check every seal.

    Raises:
        UsageError: when the folder is no released run.
        BalanceError: when a file is missing, changed, added, or does not say what it must.
    """
    faults = broken_seals(run_dir)
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        what = f"{faults[0]}{more}; nothing was sent"
        raise BalanceError(what, where=str(run_dir), next_step=_NEXT)
    record = read_run_json(run_dir)
    try:
        if record["status"] != "released":
            what = f"the run is {record['status']}, not released"
            raise UsageError(what, where=str(run_dir), next_step="Name the folder of a finished run")
        seals = {name: Seal(entry["sha256"], entry["bytes"]) for name, entry in record["files"].items()}
        caliper_um = int(record["work_order"]["stock"]["caliper_um"])
        job, run_id = as_run_id(record["job"]), as_run_id(record["run_id"])
        names = sorted(name for name in seals if name.startswith("spool/"))
        files = tuple(_file(run_dir, name, seals, caliper_um) for name in names)
    except (KeyError, TypeError, ValueError, AttributeError, OSError, argparse.ArgumentTypeError) as error:
        what = "run.json or a work order does not say what a delivery needs"
        raise BalanceError(what, where=str(run_dir), next_step=_NEXT) from error
    if [file.number for file in files] != list(range(1, len(files) + 1)):
        what = "the print files are not numbered through"
        raise BalanceError(what, where=str(run_dir), next_step=_NEXT)
    return ReleasedRun(run_dir, job, run_id, files)


def _file(run_dir: Path, name: str, seals: Mapping[str, Seal], caliper_um: int) -> PrintFile:
    stem = Path(name).stem
    order = json.loads((run_dir / "workorder" / f"{stem}.json").read_bytes())
    if order["sha256"] != seals[name].sha256:
        what = "a work order belongs to another print file"
        raise BalanceError(what, where=f"workorder/{stem}.json", next_step=_NEXT)
    return PrintFile(
        int(stem),
        run_dir / name,
        seals[name],
        _press(order, caliper_um),
        _of(seals, f"ticket/{stem}."),
        _of(seals, f"inserter/{stem}."),
    )


def _press(order: Mapping[str, Any], caliper_um: int) -> PressJob:
    scheme = order["imposition"]["scheme"]
    width, height = order["imposition"]["press_sheet_mpt"]
    return PressJob(
        width_mpt=width,
        height_mpt=height,
        is_duplex=bool(scheme["unit"]["back"]),
        turned_over=scheme["turn"] == "over",
        press_sheets=order["press_sheets"],
        press_sides=order["press_sides"],
        stock=order["stock"]["name"],
        grammage_gsm=order["stock"]["grammage_gsm"],
        caliper_um=caliper_um,
        is_web=scheme["web"],
    )


def _of(seals: Mapping[str, Seal], start: str) -> dict[str, Seal]:
    return {name: seal for name, seal in seals.items() if name.startswith(start)}
