"""What the shop floor is told before it starts: work order, finishing, machine.

In: run.json's work order, the finishing's and the shop's YAML. Out: ``WorkOrder``, ``Finishing``, ``Shop``. Never: reads
the manifest.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from printstream.base.errors import JobError, UsageError
from printstream.base.model import LengthMpt, Model, Slug
from printstream.base.units import MPT_PER_IN
from printstream.base.yamlfile import load_model

_MM2_PER_MPT2 = (25.4 / MPT_PER_IN) ** 2


class Finishing(Model):
    """How press sheets become a pile of sheets."""

    format: Literal["printstream-finishing/1"]
    """Version of this file's form."""
    name: Slug
    """The imposition scheme that it finishes."""
    title: str
    """What it is."""
    across: Annotated[int, Field(ge=1, le=24)]
    """Pages side by side."""
    down: Annotated[int, Field(ge=1, le=24)] = 1
    """Pages one above the other."""
    turn: Literal["vertical_axis", "horizontal_axis", "none"]
    """How the press turns the sheet for its back; none: printed on one side."""
    stacks: tuple[int, ...]
    """The cut stacks from the top of the pile down; 1 is the front's top left, then along the row."""
    reversed_stacks: tuple[int, ...] = ()
    """Stacks that are turned over, so that their last sheet comes first."""
    turned_pages: tuple[int, ...] = ()
    """Pages of the front that stand on their head."""

    @model_validator(mode="after")
    def _all_stacks(self) -> Finishing:
        if sorted(self.stacks) != list(range(1, self.across * self.down + 1)):
            msg = "stacks must name every page of the front once"
            raise ValueError(msg)
        return self

    @property
    def sides(self) -> int:
        """Sides of a press sheet."""
        return 1 if self.turn == "none" else 2

    def back(self, page: int) -> int:
        """Where the back of a front's page stands, 0-based."""
        row, column = divmod(page, self.across)
        if self.turn == "horizontal_axis":
            return (self.down - 1 - row) * self.across + column
        return row * self.across + self.across - 1 - column


class Window(Model):
    """An envelope's window."""

    left: LengthMpt
    """From the envelope's left edge."""
    bottom: LengthMpt
    """From its lower edge."""
    width: LengthMpt
    """How wide it is."""
    height: LengthMpt
    """How high it is."""


class Envelope(Model):
    """An envelope, and what the machine that fills it can take."""

    width: LengthMpt
    """Inside."""
    height: LengthMpt
    """Inside."""
    window: Window | None = None
    """Where the address shows; absent: it is printed on the envelope."""
    clearance: LengthMpt = 0
    """Free paper around what is certain to be seen."""
    pocket_sheets: Annotated[int, Field(ge=1)]
    """Sheets that the collating pocket takes."""
    max_thickness_um: Annotated[int, Field(ge=1)]
    """Thickest filled envelope, micrometres."""

    def certain_to_be_seen(self, sheet_width: int, panel_height: int) -> tuple[int, int, int, int] | None:
        """Left, top, right, bottom (mpt from the panel's top left corner) that show wherever the insert slides.

        None where the envelope has no window.
        """
        if self.window is None:
            return None
        play_x, play_y = self.width - sheet_width, self.height - panel_height
        left, right = self.window.left, self.window.left + self.window.width - play_x
        top = panel_height - (self.window.bottom + self.window.height - play_y)
        bottom = panel_height - self.window.bottom
        if play_x < 0 or play_y < 0 or right <= left or bottom <= top:
            msg = "the folded set does not fit into the envelope, or nothing is certain to show in its window"
            raise JobError(msg, where="shop.envelopes", next_step="Correct the envelope's measures")
        return left, top, right, bottom


class Readers(Model):
    """What the machine's eyes and grippers put up with."""

    mark_shift: LengthMpt
    """Farthest that marks may lie from their place, along the paper's way."""
    code_shift: LengthMpt
    """Farthest that a code's middle may lie from its place; the camera sees 1 mm more."""
    skew_degrees: Annotated[float, Field(gt=0, le=10)]
    """Most that a sheet may lie askew."""
    clear_ink: Annotated[int, Field(ge=0)]
    """Dark pixels (1/300 in) in a clear zone that are still dust."""
    double_detector: bool
    """Whether the feeder notices two sheets taken as one."""


class Shop(Model):
    """The shop's envelopes and machines."""

    format: Literal["printstream-shop/1"]
    """Version of this file's form."""
    name: Slug
    """Name by which --shop chooses it."""
    title: str
    """What it is."""
    reader: Readers
    """Tolerances of the inserter."""
    envelopes: dict[str, Envelope]
    """By the name that the job gives them."""
    trays: dict[str, LengthMpt] = Field(default_factory=dict)
    """Inside length of trays by type."""


@dataclass(frozen=True)
class SpoolOrder:
    """One print file's line of the work order."""

    path: Path
    stream: str
    envelope: str
    envelope_weight_mg: int
    envelope_thickness_um: int
    folds: int


@dataclass(frozen=True)
class WorkOrder:
    """What run.json tells the floor; lengths in mpt."""

    run_dir: Path
    job: str
    run_id: str
    imposition: str
    page_width: int
    page_height: int
    grammage_gsm: int
    caliper_um: int
    profile: str
    job_code: str
    spools: tuple[SpoolOrder, ...]

    @property
    def sheet_weight_mg(self) -> float:
        """Weight of one cut sheet."""
        return self.page_width * self.page_height * _MM2_PER_MPT2 * self.grammage_gsm / 1000


def read_work_order(run_dir: Path) -> WorkOrder:
    """Read the work order of a released run.

    Raises:
        UsageError: the folder is no released run, or one of a version that gave the floor no work order.
    """
    path = run_dir / "run.json"
    try:
        document: dict[str, Any] = json.loads(path.read_bytes())
        order = document["work_order"]
        return WorkOrder(
            run_dir,
            document["job"],
            document["run_id"],
            order["imposition"],
            order["page"]["width_mpt"],
            order["page"]["height_mpt"],
            order["stock"]["grammage_gsm"],
            order["stock"]["caliper_um"],
            order["inserter"]["profile"],
            order["inserter"]["job_code"],
            tuple(_spool_order(run_dir, spool) for spool in order["spools"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = "the run has no work order that the floor could go by"
        raise UsageError(
            what, where=str(path), next_step="Name a released run, or run the job again"
        ) from error


def _spool_order(run_dir: Path, spool: dict[str, Any]) -> SpoolOrder:
    return SpoolOrder(
        run_dir / spool["file"],
        spool["stream"],
        spool["envelope"],
        spool["envelope_weight_mg"],
        spool["envelope_thickness_um"],
        spool["folds"],
    )


def read_finishing(name: str) -> Finishing:
    """Load how an imposition scheme is cut and stacked.

    Raises:
        JobError: the floor has no description of it.
    """
    return load_model(_data_file("finishing", name, "--finishing"), Finishing)


def read_shop(name: str) -> Shop:
    """Load a shop's description by name, or by the path of its file.

    Raises:
        JobError: there is none.
    """
    return load_model(_data_file("shops", name, "--shop"), Shop)


def _data_file(kind: str, name: str, option: str) -> Path:
    folder = Path(str(resources.files("printstream.floor"))) / kind
    path = Path(name) if name.endswith((".yaml", ".yml")) else folder / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.yaml")))
        msg = f"the floor has no {kind} {name!r}"
        raise JobError(msg, where=option, next_step=f"Known are: {known}; or name a .yaml file")
    return path
