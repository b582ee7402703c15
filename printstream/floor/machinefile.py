"""Result files in a machine's own layout, the same by which `printstream reconcile` reads that machine.

In: records of a print file, a layout (printstream/ticket/inserter_results, or a file). Out: name and bytes. Never: uses the
reading side's model of a layout; only the data is shared.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from printstream.base.errors import JobError
from printstream.base.yamlfile import load_yaml

Record = tuple[int, bool]
"""Number of a piece, and whether it was stacked; else it was put aside."""
_WORDS = {True: "done", False: "diverted"}


def machine_file(name: str, number: int, records: Iterable[Record]) -> tuple[str, bytes]:
    """A print file's result file.

    Args:
        name: of a shipped layout, or a path that ends with .yaml.
        number: of the print file.
        records: in the order in which envelopes came out.

    Raises:
        JobError: there is no such layout, or it cannot be written.
    """
    path = _path(name)
    layout = dict(load_yaml(path)[0])
    try:
        words = {end: _word(layout, end) for end in _WORDS.values()}
        rows = [(piece, words[_WORDS[stacked]]) for piece, stacked in records]
        form = str(layout["form"])
        text = _FORMS[form](layout, rows)
        return f"result-{number:04d}.{_ENDINGS[form]}", text.encode(str(layout.get("encoding", "utf-8")))
    except (KeyError, TypeError, ValueError) as error:
        msg = f"the layout cannot be written: {error}"
        raise JobError(msg, where=str(path), next_step="Compare it with a shipped one") from error


def _path(name: str) -> Path:
    # Data shared by both sides; importing the package that keeps it would import the printing side.
    folder = Path(str(resources.files("printstream"))) / "ticket" / "inserter_results"
    path = Path(name) if name.endswith((".yaml", ".yml")) else folder / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.yaml")))
        msg = f"there is no layout of result files {name!r}"
        raise JobError(msg, where="--results", next_step=f"Known are: {known}; or name a .yaml file")
    return path


def _word(layout: Mapping[str, Any], end: str) -> str:
    """The machine's first word for an end."""
    for word, meaning in layout["states"].items():
        if meaning == end:
            return str(word)
    msg = f"it has no word for {end}"
    raise ValueError(msg)


Rows = list[tuple[int, str]]


def _csv(layout: Mapping[str, Any], rows: Rows) -> str:
    """Separated values; columns that are counted stand where they are counted, others in order."""
    columns = [layout[field]["column"] for field in ("piece", "state")]
    counted = all(isinstance(column, int) for column in columns)
    width = max(columns) if counted else len(columns)
    places = [column - 1 for column in columns] if counted else [0, 1]
    separator = str(layout.get("separator", ","))

    def line(values: Iterable[object]) -> str:
        cells = [""] * width
        for place, value in zip(places, values, strict=True):
            cells[place] = str(value)
        return separator.join(cells) + "\r\n"

    names = line(("piece", "state") if counted else columns) if layout.get("names", True) else ""
    return names + "".join(map(line, rows))


def _fixed(layout: Mapping[str, Any], rows: Rows) -> str:
    starts = str(layout.get("starts") or "")
    fields = [(int(layout[name]["at"]) - 1, int(layout[name]["width"])) for name in ("piece", "state")]
    length = max(at + width for at, width in fields)

    def line(row: tuple[int, str]) -> str:
        cells = list(starts.ljust(length))
        texts = str(row[0]).zfill(fields[0][1]), row[1].ljust(fields[1][1])
        for text, (at, width) in zip(texts, fields, strict=True):
            if len(text) > width:
                msg = f"{text!r} is longer than its field of {width}"
                raise ValueError(msg)
            cells[at : at + width] = text
        return "".join(cells) + "\r\n"

    return "".join(map(line, rows))


def _xml(layout: Mapping[str, Any], rows: Rows) -> str:
    root = ET.Element("results")
    for piece, state in rows:
        values = {layout["piece"]["column"]: str(piece), layout["state"]["column"]: state}
        ET.SubElement(root, str(layout.get("element", "record")), values).tail = "\n"
    return ET.tostring(root, encoding="unicode") + "\n"


_FORMS: Mapping[str, Callable[[Mapping[str, Any], Rows], str]] = {"csv": _csv, "fixed": _fixed, "xml": _xml}
_ENDINGS = {"csv": "csv", "fixed": "txt", "xml": "xml"}
