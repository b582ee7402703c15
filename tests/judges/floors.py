"""Jobs by which every shipped inserter profile can be tried on the statement, whose text leaves its right edge free."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

MOVED: Mapping[str, str] = {
    # What would lie on the statement's own text, moved to its free edge.
    "bell_howell_generic": "omr: {marks: [start, end_of_set, match_1, match_2, match_4, sequence_1, sequence_2, sequence_4,"
    " sequence_8, parity], left: 198mm, top: 100mm, pitch: 12pt, length: 12mm, thickness: 0.5mm, clear_side: 7mm,"
    " clear_above: 20mm, clear_below: 20mm}",
    "omr_basic_a4": "matrix: {text: '{job_code}{piece:pad8}{sheet:pad3}{sheets:pad3}', left: 199mm, top: 62mm,"
    " module: 1.44pt, modules: 20, quiet_modules: 2}\n"
    "omr: {marks: [start, end_of_set, sequence_4, sequence_2, sequence_1, parity, safety], left: 198mm, top: 100mm,"
    " pitch: 12pt, length: 12mm, thickness: 1.4pt, clear_side: 7mm, clear_above: 20mm, clear_below: 20mm}",
    "pb_file_2d": "codes: [{symbology: data_matrix, text: [{literal: '{job_code}'}, {value: piece, digits: 8},"
    " {value: sheet, digits: 3}, {value: sheets, digits: 3}, {check: mod37_36}], left: 199mm, top: 100mm,"
    " module: 0.508mm, modules: 22, quiet_modules: 2}]",
}


def own_profile(name: str, folder: Path) -> Path:
    path = folder / "own.yaml"
    head = f"format: printstream-inserter/1\nname: own_{name}\ntitle: t\nextends: {name}\n"
    path.write_text(head + MOVED[name] + "\n")
    return path


def profile_changes(name: str) -> dict[str, str]:
    """Settings of the statement job for a profile; those of MOVED need ``own.yaml`` in the job's folder."""
    own = {"inserter.own_profile": "own.yaml"} if name in MOVED else {}
    return {"inserter.profile": name, **own}
