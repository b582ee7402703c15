"""The inserter's result file: what became of every piece, one file a print file.

In: an outcome, the result layout of the profile or of ``results/outcome_csv.yaml``. Out: names and bytes. Never: gives
a piece a better end than the machine did.

Ends are those of file-based inserting (Pitney Bowes Relay 5000/6000 guides): stacked and outsorted.
"""

from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from printstream.base.model import Model, Slug
from printstream.base.yamlfile import load_model
from printstream.floor.findings import Envelope
from printstream.floor.machinefile import machine_file
from printstream.floor.walk import Outcome

FIELDS = ("piece", "state", "sheets", "weight_mg", "thickness_um", "reason")


class ResultField(Model):
    """A column of the result file."""

    name: Literal["piece", "state", "sheets", "weight_mg", "thickness_um", "reason"]
    """What it says."""
    width: Annotated[int, Field(ge=1, le=80)] | None = None
    """Characters, in a fixed layout; numbers are filled up with zeros on the left, words with spaces on the right."""


class ResultLayout(Model):
    """How an inserter writes its result file."""

    format: Literal["printstream-result/1"]
    """Version of this file's form."""
    name: Slug
    """Its name."""
    title: str
    """What it is."""
    style: Literal["csv", "fixed"]
    """Fields behind commas with a line of names, or in columns of fixed width."""
    fields: tuple[ResultField, ...] = Field(min_length=1)
    """In order."""
    ends: dict[Literal["stacked", "outsorted"], str]
    """What is written for each end."""


def load_layout(name: str = "outcome_csv") -> ResultLayout:
    """Load a shipped layout."""
    folder = Path(str(resources.files("printstream.floor"))) / "results"
    return load_model(folder / f"{name}.yaml", ResultLayout)


def result_files(outcome: Outcome, machine: str = "") -> Iterator[tuple[str, bytes]]:
    """Every print file's result file; none after a sample, for nothing was inserted.

    Args:
        outcome: what came of it.
        machine: the machine's own layout; the floor's where empty.
    """
    if outcome.sampled:
        return
    if machine:
        for number in range(1, len(outcome.order.spools) + 1):
            own = [e for e in outcome.envelopes if e.spool + 1 == number]
            yield machine_file(machine, number, ((e.piece, e.goes_out) for e in own))
        return
    layout = load_layout()
    for number in range(1, len(outcome.order.spools) + 1):
        lines = [",".join(f.name for f in layout.fields)] if layout.style == "csv" else []
        lines += [_line(values, layout) for values in _records(outcome, number)]
        yield (
            f"result-{number:04d}.{'csv' if layout.style == 'csv' else 'txt'}",
            "".join(f"{line}\r\n" for line in lines).encode("ascii"),
        )


def _records(outcome: Outcome, spool: int) -> Iterator[dict[str, object]]:
    """What the machine knows of each envelope; what it never saw it cannot report."""
    return (_record(envelope) for envelope in outcome.envelopes if envelope.spool + 1 == spool)


def _record(envelope: Envelope) -> dict[str, object]:
    return {
        "piece": envelope.piece,
        "state": "stacked" if envelope.goes_out else "outsorted",
        "sheets": len(envelope.places),
        "weight_mg": envelope.weight_mg,
        "thickness_um": envelope.thickness_um,
        "reason": envelope.findings[0].kind if envelope.findings else "divert" if envelope.to_divert else "",
    }


def _line(values: dict[str, object], layout: ResultLayout) -> str:
    texts = []
    for column in layout.fields:
        value = values[column.name]
        text = layout.ends[value] if column.name == "state" else str(value)  # type: ignore[index]
        if layout.style == "fixed" and column.width is not None:
            text = (
                text.zfill(column.width)
                if isinstance(value, int)
                else text.ljust(column.width)[: column.width]
            )
        texts.append(text)
    return ("," if layout.style == "csv" else "").join(texts)
