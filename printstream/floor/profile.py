"""What an inserter can read, from the same profile file that told the printing side what to print.

In: a profile's YAML (printstream/marks/profiles, or a file of the shop's own). Out: ``ReadProfile``. Never: uses the
printing side's model of it; only the data is shared.

Known are a track of marks on every sheet (``omr``), a Data Matrix with a text (``matrix``) or laid out item by item
(``codes``), and a ``sequence`` that counts the run's sheets up from 0. What else a profile holds is named in ``unread``,
for the report: bars, tables, marks that stand on some sheets only, other counters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

from printstream.base.errors import JobError
from printstream.base.units import parse_length_mpt
from printstream.base.yamlfile import load_yaml

ALWAYS = frozenset({"start", "safety", "timing"})
"""Marks that every sheet carries."""
_SETTLED = frozenset(
    {"format", "name", "title", "confirmed", "control", "limits", "omr", "matrix", "codes", "counters"}
)
_ENDS = frozenset({"begin_of_set", "not_begin_of_set", "end_of_set", "not_end_of_set"})
_MARKS = ALWAYS | _ENDS | {"absent", "parity", "parity_odd"}
_FORMATS = re.compile(r"\{(\w+)(?::pad(\d+))?\}")
_SEQUENCE = re.compile(r"sequence_(\d+)\Z")


@dataclass(frozen=True)
class Track:
    """A track of marks; lengths in mpt from the sheet's top left corner.

    Attributes:
        marks: what each mark says, the first one first.
        sequence: place and value of each bit of the sheet number.
    """

    marks: tuple[str, ...]
    left: int
    top: int
    pitch: int
    length: int
    thickness: int
    clear_side: int
    clear_above: int
    clear_below: int
    sequence: tuple[tuple[int, int], ...]

    @property
    def bottom(self) -> int:
        """Lower edge of the last mark."""
        return self.top + (len(self.marks) - 1) * self.pitch + self.thickness

    @property
    def numbers(self) -> int:
        """Sheet numbers before they start again; 1 where marks carry none."""
        return 1 << len(self.sequence)

    def box(self, mark: int) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of a mark."""
        top = self.top + mark * self.pitch
        return self.left, top, self.left + self.length, top + self.thickness


@dataclass(frozen=True)
class Code:
    """A Data Matrix; lengths in mpt from the sheet's top left corner.

    Attributes:
        pattern: what its text must match; the groups are piece, sheet, sheets, job_code.
        fields: names of the groups.
    """

    left: int
    top: int
    side: int
    pattern: re.Pattern[str]
    fields: frozenset[str]


@dataclass(frozen=True)
class ReadProfile:
    """What the machine reads.

    Attributes:
        name: the profile's.
        track: its marks; None: no head.
        code: its 2D code; None: no camera.
        unread: sections of the profile that the floor does not know.
        job_code: what the operator keyed in.
    """

    name: str
    track: Track | None
    code: Code | None
    unread: tuple[str, ...]
    job_code: str

    def only(self, heads: tuple[str, ...]) -> ReadProfile:
        """The same with some heads switched off.

        Raises:
            JobError: when nothing is left to read.
        """
        left = replace(
            self,
            track=self.track if "omr" in heads else None,
            code=self.code if "code" in heads else None,
        )
        if left.track is None and left.code is None:
            msg = f"profile {self.name!r} has nothing that the heads {', '.join(heads)} can read"
            raise JobError(msg, where="--heads", next_step="Choose among omr and code")
        if not left.tells_sets:
            msg = f"what the floor can read of profile {self.name!r} does not say where a set begins or ends"
            raise JobError(
                msg, where="--inserter", next_step="Choose another profile; docs/floor.md lists them"
            )
        return left

    @property
    def tells_sets(self) -> bool:
        """Whether something that is read says where sets begin or end."""
        marks = set(self.track.marks) if self.track else set()
        return bool(marks & _ENDS) or (self.code is not None and "sheet" in self.code.fields)


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
    plain, _ = load_yaml(path)
    try:
        unread = {key for key in plain if key not in _SETTLED}
        track = _track(plain, page_width, unread) if plain.get("omr") else None
        code = _code(plain["matrix"], job_code) if plain.get("matrix") else _laid_out(plain, job_code, unread)
        profile_name = str(plain["name"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        msg = "the profile lacks what the floor needs, or has it in another form"
        raise JobError(
            msg, where=str(path), next_step="Compare it with printstream/marks/profiles/omr_basic.yaml"
        ) from error
    if track is None and code is None:
        msg = "the profile has neither marks (omr) nor a code (matrix) that the floor can read"
        raise JobError(msg, where=str(path), next_step="Choose a profile with one of them")
    return ReadProfile(profile_name, track, code, tuple(sorted(unread)), job_code)


def _path(name: str) -> Path:
    if name.endswith((".yaml", ".yml")):
        path = Path(name)
        if not path.is_file():
            msg = "there is no such inserter profile"
            raise JobError(msg, where=name, next_step="Name a profile's file, or a shipped profile")
        return path
    # Data shared by both sides; importing the package that keeps it would import the printing side.
    folder = Path(str(resources.files("printstream"))) / "marks" / "profiles"
    path = folder / f"{name}.yaml"
    if not re.fullmatch(r"[a-z0-9_-]+", name) or not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.yaml")))
        msg = f"there is no inserter profile {name!r}"
        raise JobError(msg, where="--inserter", next_step=f"Known are: {known}")
    return path


def _length(section: Mapping[str, Any], key: str) -> int:
    return parse_length_mpt(section[key])


def _track(plain: Mapping[str, Any], page_width: int, unread: set[str]) -> Track | None:
    section = plain["omr"]
    if section.get("sheets", "every") != "every":
        unread.add("omr on some sheets only")
        return None
    marks = tuple(str(mark) for mark in section["marks"])
    if section.get("reads") == "upwards":
        # From here on the first mark is the topmost.
        marks = marks[::-1]
    unread |= {mark for mark in marks if mark not in _MARKS and not _SEQUENCE.match(mark)}
    places = ((place, _SEQUENCE.match(mark)) for place, mark in enumerate(marks))
    sequence = tuple((place, int(match[1])) for place, match in places if match)
    counter = dict(plain.get("counters") or {}).get("sequence")
    if counter is not None and not _counts_sheets(counter, len(sequence)):
        unread.add("counters.sequence")
        sequence = ()
    lengths = ("top", "pitch", "length", "thickness", "clear_side", "clear_above", "clear_below")
    own = {key: _length(section, key) for key in lengths}
    left = (
        _length(section, "left")
        if section.get("left")
        else page_width - _length(section, "right") - own["length"]
    )
    return Track(marks=marks, sequence=sequence, left=left, **own)


def _counts_sheets(counter: Mapping[str, Any], bits: int) -> bool:
    """Whether a counter counts all sheets of the run up, from 0 to the most that its bits hold."""
    plain = {"counts": "sheets", "first": 0, "direction": "up", "last": (1 << bits) - 1}
    return all(counter.get(key, value) == value for key, value in plain.items())


def _laid_out(plain: Mapping[str, Any], job_code: str, unread: set[str]) -> Code | None:
    """The first Data Matrix on every sheet whose text the floor can take apart."""
    found = None
    for section in plain.get("codes") or ():
        kind = str(section["symbology"])
        pattern = _items(section["text"], job_code) if kind == "data_matrix" else None
        if found or pattern is None or section.get("sheets", "every") != "every":
            unread.add(f"codes: {kind}")
            continue
        side = _length(section, "module") * int(section["modules"])
        compiled = re.compile(pattern)
        found = Code(
            _length(section, "left"), _length(section, "top"), side, compiled, frozenset(compiled.groupindex)
        )
    return found


def _items(items: Any, job_code: str) -> str | None:
    """What a text laid out item by item must match; None where an item is of another kind."""
    pattern = ""
    for item in items:
        if "literal" in item and str(item["literal"]) == "{job_code}":
            pattern += f"(?P<job_code>.{{{len(job_code)}}})"
        elif "literal" in item:
            pattern += re.escape(str(item["literal"]))
        elif "value" in item and item.get("base", 10) == 10 and f"?P<{item['value']}>" not in pattern:
            # A counter of pieces is not their number in the run; it is read, and compared with nothing.
            pattern += rf"(?P<{item['value']}>\d{{{int(item['digits'])}}})"
        elif "check" in item:
            pattern += "."
        else:
            return None
    return pattern


def _code(section: Mapping[str, Any], job_code: str) -> Code:
    side = _length(section, "module") * int(section["modules"])
    pattern, at = "", 0
    text = str(section["text"])
    fields = set()
    for match in _FORMATS.finditer(text):
        pattern += re.escape(text[at : match.start()])
        name, digits = match[1], match[2]
        if name == "job_code":
            pattern += f"(?P<job_code>.{{{len(job_code)}}})"
        else:
            pattern += rf"(?P<{name}>\d{{{digits}}})" if digits else rf"(?P<{name}>\d+)"
        fields.add(name)
        at = match.end()
    pattern += re.escape(text[at:])
    return Code(
        _length(section, "left"), _length(section, "top"), side, re.compile(pattern), frozenset(fields)
    )
