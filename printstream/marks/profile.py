"""Inserter profiles as data, and what they ask of every sheet."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from printstream.base.errors import JobError
from printstream.base.program import OMR_KINDS, SheetMarks
from printstream.base.yamlfile import load_model
from printstream.envelope import MAX_POCKETS
from printstream.job import Job, LengthMpt, Model, Slug
from printstream.marks.postal import postal_mark

_SEQUENCE = tuple(f"sequence_{1 << bit}" for bit in range(17))
_POCKETS = tuple(f"insert_{pocket}" for pocket in range(1, MAX_POCKETS + 1))
OmrMark = Annotated[str, Field(pattern=rf"^({'|'.join((*OMR_KINDS, *_SEQUENCE, *_POCKETS))})$")]


class OmrTrack(Model):
    """The reading track."""

    marks: tuple[OmrMark, ...] = Field(min_length=1, max_length=24)
    """Marks from the top: start, safety, end_of_set, not_end_of_set, begin_of_set, not_begin_of_set, parity, absent, and
    sequence_1, sequence_2, sequence_4 ... (bits of the run's sheet number), insert_1, insert_2 ... (pockets that feed)."""
    left: LengthMpt
    """From the sheet's left edge to the marks."""
    top: LengthMpt
    """From the sheet's top edge to the first mark."""
    pitch: LengthMpt
    """From mark to mark."""
    length: LengthMpt
    """Length of a mark."""
    thickness: LengthMpt
    """Thickness of a mark."""
    clear_side: LengthMpt
    """Free paper left of the marks."""
    clear_above: LengthMpt
    """Free paper above the first mark (other marks of the profile excepted)."""
    clear_below: LengthMpt
    """Free paper below the last mark."""


class Matrix(Model):
    """The Data Matrix."""

    text: str
    """Content: literals and {job_code}, {piece}, {sheet}, {sheets}, {inserts}, with formats such as {piece:pad8}."""
    left: LengthMpt
    """From the sheet's left edge to the symbol."""
    top: LengthMpt
    """From the sheet's top edge to the symbol."""
    module: LengthMpt
    """Width of a module."""
    modules: Literal[10, 12, 14, 16, 18, 20, 22, 24, 26]
    """Modules a side, finder included (ISO/IEC 16022, table 7)."""
    quiet_modules: Annotated[int, Field(ge=1, le=10)] = 1
    """Free modules on all four sides; the standard asks for one."""


class Profile(Model):
    """An inserter's marks."""

    format: Literal["printstream-inserter/1"]
    """Version of this file's form."""
    name: Slug
    """Name by which jobs choose it."""
    title: str
    """What it is."""
    omr: OmrTrack
    """The reading track."""
    matrix: Matrix
    """The Data Matrix."""


def load_profile(name: str) -> Profile:
    """Load a shipped profile by name.

    Raises:
        JobError: when there is none.
    """
    folder = Path(str(resources.files("printstream.marks") / "profiles"))
    path = folder / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.yaml")))
        msg = f"there is no inserter profile {name!r}"
        raise JobError(msg, where="job.inserter.profile", next_step=f"Known are: {known}")
    return load_model(path, Profile)


def sheet_marks(job: Job) -> SheetMarks:
    """What every sheet of the job must carry.

    Raises:
        JobError: when a mark would leave the sheet.
    """
    profile = load_profile(job.inserter.profile)
    omr, matrix = profile.omr, profile.matrix
    omr_bottom = omr.top + (len(omr.marks) - 1) * omr.pitch + omr.thickness
    side = matrix.module * matrix.modules
    quiet = matrix.module * matrix.quiet_modules
    right = max(omr.left + omr.length, matrix.left + side + quiet)
    bottom = max(omr_bottom, matrix.top + side + quiet)
    least = min(omr.left, omr.top, matrix.left - quiet, matrix.top - quiet)
    if least < 0 or right > job.stock.width or bottom > job.stock.height:
        msg = f"the marks of profile {profile.name!r} leave the sheet of {job.stock.name}"
        raise JobError(msg, where="job.inserter.profile", next_step="Choose a profile made for this sheet")
    return SheetMarks(
        omr=omr.marks,
        omr_left_mpt=omr.left,
        omr_top_mpt=omr.top,
        omr_pitch_mpt=omr.pitch,
        omr_length_mpt=omr.length,
        omr_thickness_mpt=omr.thickness,
        matrix_text=matrix.text.replace("{job_code}", job.inserter.job_code),
        matrix_left_mpt=matrix.left,
        matrix_top_mpt=matrix.top,
        matrix_module_mpt=matrix.module,
        matrix_modules=matrix.modules,
        clear_zones_mpt=(
            (
                omr.left - omr.clear_side,
                omr.top - omr.clear_above,
                job.stock.width,
                omr_bottom + omr.clear_below,
            ),
            (matrix.left - quiet, matrix.top - quiet, matrix.left + side + quiet, matrix.top + side + quiet),
        ),
        postal=postal_mark(job),
    )
