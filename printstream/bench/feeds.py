"""How many presses and inserters a machine keeps busy; their speeds are data (machines.yaml), dated, with a source."""

from datetime import date
from functools import cache
from importlib.resources import as_file, files
from typing import Annotated, Literal

from pydantic import Field

from printstream.base.frozen import frozen
from printstream.base.yamlfile import load_model
from printstream.bench.record import Record
from printstream.job import Model


class MachineSpeed(Model):
    """One kind of machine."""

    name: str
    """As the shop says."""
    kind: Literal["press", "inserter"]
    """What it does."""
    per_minute: Annotated[int, Field(gt=0)]
    """Rated speed."""
    unit: Literal["pages", "pieces"]
    """What is counted."""
    source: str
    """Where the speed is from."""
    confirmed: bool
    """Whether a source was at hand."""


class Machines(Model):
    """The file."""

    format: Literal["printstream-machines/1"]
    """Version of this file's form."""
    as_of: date
    """When the speeds were gathered."""
    machines: tuple[MachineSpeed, ...]
    """Presses and inserters."""


@frozen
class Feed:
    """So many machines are kept busy."""

    machine: MachineSpeed
    count: float

    @property
    def sentence(self) -> str:
        """Say it: ``feeds 29 twenty-inch presses``."""
        if self.count < 1:
            return f"feeds {self.count:.0%} of a {self.machine.name}"
        return f"feeds {int(self.count):,} × {self.machine.name}"


@cache
def machines() -> Machines:
    """Read the speeds."""
    with as_file(files("printstream.bench") / "machines.yaml") as path:
        return load_model(path, Machines)


def feeds(record: Record) -> tuple[Feed, ...]:
    """Count the machines that the run keeps busy."""
    speed = {unit: record.figures[f"{unit}_per_minute"].median for unit in ("pages", "pieces")}
    return tuple(Feed(m, speed[m.unit] / m.per_minute) for m in machines().machines)
