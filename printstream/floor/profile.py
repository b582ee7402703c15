"""What an inserter can read, from the same profile file that told the printing side what to print.

In: a profile's YAML (printstream/marks/profiles, or a file of the shop's own). Out: ``ReadProfile``. Never: uses the
printing side's model of it; only the data is shared.

Known are a one-track ``omr`` section and a ``matrix`` section; a profile may have either or both. What else a profile
holds is named in ``unread``, for the report.
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

ALWAYS = frozenset({"start", "safety", "benchmark", "retiming"})
"""Marks that every sheet carries."""
_SETTLED = frozenset({"format", "name", "title", "confirmed", "control", "limits", "omr", "matrix"})
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
        return left


def read_profile(name: str, job_code: str) -> ReadProfile:
    """Load a shipped profile by name, or a file by its path.

    Args:
        name: ``omr_basic``, or a path that ends with .yaml.
        job_code: what the operator keyed in for this job; a code with another one is of a wrong job.

    Raises:
        JobError: there is none, or the floor cannot read any of it.
    """
    path = _path(name)
    plain, _ = load_yaml(path)
    try:
        track = _track(plain["omr"]) if plain.get("omr") else None
        code = _code(plain["matrix"], job_code) if plain.get("matrix") else None
        profile_name = str(plain["name"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        msg = "the profile lacks what the floor needs, or has it in another form"
        raise JobError(
            msg, where=str(path), next_step="Compare it with printstream/marks/profiles/omr_basic.yaml"
        ) from error
    if track is None and code is None:
        msg = "the profile has neither marks (omr) nor a code (matrix) that the floor can read"
        raise JobError(msg, where=str(path), next_step="Choose a profile with one of them")
    unread = tuple(sorted(key for key in plain if key not in _SETTLED))
    return ReadProfile(profile_name, track, code, unread, job_code)


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


def _track(section: Mapping[str, Any]) -> Track:
    marks = tuple(str(mark) for mark in section["marks"])
    places = ((place, _SEQUENCE.match(mark)) for place, mark in enumerate(marks))
    sequence = tuple((place, int(match[1])) for place, match in places if match)
    lengths = ("left", "top", "pitch", "length", "thickness", "clear_side", "clear_above", "clear_below")
    return Track(marks=marks, sequence=sequence, **{key: _length(section, key) for key in lengths})


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
