"""An inserter profile's file, as the machine's operator keys it in.

In: a profile's YAML (printstream/marks/profiles, or a file of the shop's own), the same that told the printing side what to
print. Out: ``ReadProfile``; what the floor does not know of it is named in ``unread``. Never: uses the printing side's
model of it; only the data is shared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

from printstream.base.errors import JobError
from printstream.base.units import parse_length_mpt
from printstream.base.yamlfile import load_yaml
from printstream.floor.profile import (
    NUMBERS,
    PLAIN,
    Code,
    Counter,
    Item,
    Mark,
    ReadProfile,
    Track,
    number_of,
    owner_of,
)

_SETTLED = frozenset(
    {"format", "name", "title", "extends", "confirmed", "control", "limits", "omr", "matrix", "codes"}
    | {"counters", "tables"}
)
_FORMATS = re.compile(r"\{(\w+)(?::pad(\d+))?\}")
_MARK = re.compile(r"(?P<inverted>not_)?(?P<name>[a-z][a-z0-9_]*?)(?:@(?P<on>first|last))?\Z")
_MOST_STEPS = 1 << 16


def read_profile(name: str, job_code: str, page_width: int = 612_000) -> ReadProfile:
    """Load a shipped profile by name, or a file by its path.

    Args:
        name: ``omr_basic``, or a path that ends with .yaml.
        job_code: what the operator keyed in for this job; a code with another one is of a wrong job.
        page_width: of the cut sheet, mpt; some profiles measure from its right edge.

    Raises:
        JobError: there is none, or the floor cannot read any of it.
    """
    path = _path(name)
    try:
        plain = _plain(path)
        profile = _Reading(plain, job_code, page_width).profile()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        msg = "the profile lacks what the floor needs, or has it in another form"
        raise JobError(
            msg, where=str(path), next_step="Compare it with printstream/marks/profiles/omr_basic.yaml"
        ) from error
    if profile.track is None and not profile.codes:
        msg = "the profile has neither marks (omr) nor a code (matrix, codes) that the floor can read"
        raise JobError(msg, where=str(path), next_step="Choose a profile with one of them")
    return profile


def _folder() -> Path:
    # Data shared by both sides; importing the package that keeps it would import the printing side.
    return Path(str(resources.files("printstream"))) / "marks" / "profiles"


def _path(name: str) -> Path:
    if name.endswith((".yaml", ".yml")):
        path = Path(name)
        if not path.is_file():
            msg = "there is no such inserter profile"
            raise JobError(msg, where=name, next_step="Name a profile's file, or a shipped profile")
        return path
    path = _folder() / f"{name}.yaml"
    if not re.fullmatch(r"[a-z0-9_-]+", name) or not path.is_file():
        known = ", ".join(sorted(p.stem for p in _folder().glob("*.yaml")))
        msg = f"there is no inserter profile {name!r}"
        raise JobError(msg, where="--inserter", next_step=f"Known are: {known}")
    return path


def _plain(path: Path) -> dict[str, Any]:
    """A profile's data, on top of the one that it extends."""
    own = dict(load_yaml(path)[0])
    base = own.get("extends")
    return {**_plain(_path(str(base))), **own} if base else own


class _Reading:
    """A profile's data on the way to what is read of it."""

    def __init__(self, plain: Mapping[str, Any], job_code: str, page_width: int) -> None:
        self.plain, self.job_code, self.page_width = plain, job_code, page_width
        self.unread = {str(key) for key in plain if key not in _SETTLED}
        self.tables = {
            str(name): tuple(str(rows[place]) for place in ("single", "first", "middle", "last"))
            for name, rows in dict(plain.get("tables") or {}).items()
        }
        self.counters = {"sequence": Counter("sheets", 0, (1 << 31) - 1)}
        for name, rule in dict(plain.get("counters") or {}).items():
            down = rule.get("direction", "up") == "down"
            self.counters[str(name)] = Counter(
                str(rule["counts"]), int(rule.get("first", 0)), int(rule["last"]), down
            )

    def profile(self) -> ReadProfile:
        track = self._track(self.plain["omr"]) if self.plain.get("omr") else None
        codes = [self._code(section) for section in self.plain.get("codes") or ()]
        if self.plain.get("matrix"):
            codes.insert(0, self._matrix(self.plain["matrix"]))
        return ReadProfile(
            str(self.plain["name"]),
            track,
            tuple(codes),
            tuple(sorted(self.unread)),
            self.job_code,
            self._counted(track, codes),
            self.tables,  # type: ignore[arg-type]
        )

    def _counted(self, track: Track | None, codes: list[Code]) -> dict[str, Counter]:
        """Counters; one without a last value of its own starts again when its bits are used up."""
        names = [mark.name for mark in (track.marks if track else ())]
        names += [mark.name for code in codes for item in code.items for mark in item.marks]
        found = dict(self.counters)
        for name, counter in self.counters.items():
            bits = [number_of(mark) for mark in names if owner_of(mark) == name]
            if bits and counter.steps > _MOST_STEPS:
                found[name] = replace(counter, last=2 * max(bits) - 1)
        return found

    def _mark(self, word: str) -> Mark:
        match = _MARK.match(word)
        if match is None:
            raise ValueError(word)
        name = match["name"]
        if name not in PLAIN and owner_of(name) not in self.counters.keys() | self.tables.keys():
            self.unread.add(name)
        return Mark(name, bool(match["inverted"]), match["on"] or "")

    def _track(self, section: Mapping[str, Any]) -> Track:
        marks = tuple(self._mark(str(mark)) for mark in section["marks"])
        if section.get("reads") == "upwards":
            # From here on the first mark is the topmost.
            marks = marks[::-1]
        lengths = ("top", "pitch", "length", "thickness", "clear_side", "clear_above", "clear_below")
        own = {key: parse_length_mpt(section[key]) for key in lengths}
        if section.get("left"):
            left = parse_length_mpt(section["left"])
        else:
            left = self.page_width - parse_length_mpt(section["right"]) - own["length"]
        return Track(marks=marks, left=left, on=str(section.get("sheets", "every")), **own)

    def _matrix(self, section: Mapping[str, Any]) -> Code:
        """A Data Matrix whose text is written like those of a template."""
        text, at, items = str(section["text"]), 0, []
        for match in _FORMATS.finditer(text):
            items.append(Item("literal", match.start() - at, text[at : match.start()]))
            digits = int(match[2] or 0)
            items.append(self._job_code() if match[1] == "job_code" else Item("value", digits, match[1]))
            at = match.end()
        items.append(Item("literal", len(text) - at, text[at:]))
        return self._boxed(section, "data_matrix", tuple(item for item in items if item.word), 1)

    def _job_code(self) -> Item:
        return Item("job_code", len(self.job_code), self.job_code or "job_code")

    def _code(self, section: Mapping[str, Any]) -> Code:
        items = tuple(self._item(item) for item in section["text"])
        return self._boxed(section, str(section["symbology"]), items, 10)

    def _item(self, item: Mapping[str, Any]) -> Item:
        if "literal" in item:
            word = str(item["literal"])
            return self._job_code() if word == "{job_code}" else Item("literal", len(word), word)
        if "bits" in item:
            return Item("bits", 1, marks=tuple(self._mark(str(mark)) for mark in item["bits"]))
        if "check" in item:
            return Item("check", 1, str(item["check"]))
        name = str(item["value"])
        if name not in NUMBERS | self.counters.keys():
            self.unread.add(name)
        return Item("value", int(item["digits"]), name, int(item.get("base") or 10))

    def _boxed(self, section: Mapping[str, Any], symbology: str, items: tuple[Item, ...], quiet: int) -> Code:
        module = parse_length_mpt(section["module"])
        left, top = parse_length_mpt(section["left"]), parse_length_mpt(section["top"])
        along = module * _modules(symbology, sum(item.width for item in items), section)
        across = along if symbology == "data_matrix" else parse_length_mpt(section["height"])
        ladder = section.get("orientation") == "ladder"
        wide, high = (across, along) if ladder else (along, across)
        return Code(
            symbology,
            (left, top, left + wide, top + high),
            module * int(section.get("quiet_modules") or quiet),
            ladder,
            items,
            str(section.get("sheets", "every")),
        )


def _modules(symbology: str, characters: int, section: Mapping[str, Any]) -> int:
    """Modules along a symbol, wide elements being three.

    Code 39 (ISO/IEC 16388, 4.3): nine elements a character, three of them wide, and a gap; a stop and a start more.
    Interleaved 2 of 5 (ISO/IEC 16390, 4.3): five elements a digit, two of them wide; start 4, stop 5.
    """
    if symbology == "data_matrix":
        return int(section["modules"])
    if symbology == "code39":
        return (characters + 2) * 16 - 1
    return characters * 9 + 9
