"""What the shop floor is told before it starts: work order and shop.

In: run.json's work order, that of each print file, the shop's YAML. Out: ``WorkOrder``, ``Shop``. Never: reads the
manifest; takes from a work order where pieces lie.
"""

import itertools
import json
from collections.abc import Mapping
from dataclasses import field
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from printstream.base.errors import JobError, UsageError
from printstream.base.frozen import frozen
from printstream.base.model import LengthMpt, Model, Slug
from printstream.base.units import MPT_PER_IN
from printstream.base.yamlfile import load_model

_MM2_PER_MPT2 = (25.4 / MPT_PER_IN) ** 2


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


@frozen
class SpoolOrder:
    """One print file's work order.

    Attributes:
        lifts: press sheets that are cut together, lift after lift.
        leaders: press sheets before and behind that are taken off.
        own: places, in the order in which leaves come out, of the shop's own sheets, which are taken off before the feeder.
        web_length_mm: of a roll; 0: sheets.
    """

    path: Path
    stream: str
    envelope: str
    envelope_weight_mg: int
    envelope_thickness_um: int
    folds: int
    lifts: tuple[int, ...] = ()
    leaders: tuple[int, int] = (0, 0)
    own: tuple[int, ...] = ()
    web_length_mm: int = 0


@frozen
class WorkOrder:
    """What the floor is told; lengths in mpt.

    Attributes:
        scheme: the imposition in the words of a scheme's file.
        press_sheet: its width and height.
    """

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
    scheme: Mapping[str, Any] = field(default_factory=dict)
    press_sheet: tuple[int, int] = (0, 0)

    @property
    def sheet_weight_mg(self) -> float:
        """Weight of one cut sheet."""
        return self.page_width * self.page_height * _MM2_PER_MPT2 * self.grammage_gsm / 1000


def read_work_order(run_dir: Path) -> WorkOrder:
    """Read the work orders of a released run.

    Raises:
        UsageError: the folder is no released run, or one of a version that gave the floor no work order.
    """
    path = run_dir / "run.json"
    try:
        document: dict[str, Any] = json.loads(path.read_bytes())
        order = document["work_order"]
        files = [_file_order(run_dir, spool) for spool in order["spools"]]
        spools = tuple(
            _spool_order(run_dir, spool, own) for spool, own in zip(order["spools"], files, strict=True)
        )
        laid: dict[str, Any] = files[0]["imposition"] if files else {"scheme": {}, "press_sheet_mpt": (0, 0)}
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
            spools,
            laid["scheme"],
            tuple(laid["press_sheet_mpt"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = "the run has no work order that the floor could go by"
        raise UsageError(
            what, where=str(path), next_step="Name a released run, or run the job again"
        ) from error


def _file_order(run_dir: Path, spool: Mapping[str, Any]) -> dict[str, Any]:
    path = run_dir / "workorder" / f"{Path(spool['file']).stem}.json"
    order: dict[str, Any] = json.loads(path.read_bytes())
    return order


def _spool_order(run_dir: Path, spool: Mapping[str, Any], own: Mapping[str, Any]) -> SpoolOrder:
    laid = own["imposition"]
    first = laid["lift_first"]
    return SpoolOrder(
        run_dir / spool["file"],
        spool["stream"],
        spool["envelope"],
        spool["envelope_weight_mg"],
        spool["envelope_thickness_um"],
        spool["folds"],
        tuple(end - begin for begin, end in itertools.pairwise(first)),
        (own["leaders"]["before"], own["leaders"]["behind"]),
        tuple(laid["own_positions"]),
        own.get("web_length_mm", 0),
    )


def read_shop(name: str) -> Shop:
    """Load a shop's description by name, or by the path of its file.

    Raises:
        JobError: there is none.
    """
    return load_model(_shop_file(name), Shop)


def _shop_file(name: str) -> Path:
    folder = Path(str(resources.files("printstream.floor"))) / "shops"
    path = Path(name) if name.endswith((".yaml", ".yml")) else folder / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.yaml")))
        msg = f"the floor has no shop {name!r}"
        raise JobError(msg, where="--shop", next_step=f"Known are: {known}; or name a .yaml file")
    return path
