"""Texts too long for a table row: rows are drawn without being measured, so their columns are judged whole.

In: the program, encoded columns. Out: the columns with such entries marked. Never: cuts a text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from printstream.base import program as w
from printstream.base.program import Program
from printstream.base.store import META_OFFSETS
from printstream.kernels.context import SCRATCH_BYTES
from printstream.layout.encode import TOO_LONG, Encoded

_NUMBER_BYTES = 40
"""What the kernel keeps free for a number."""


def room_for_texts(parts: Sequence[Sequence[int]]) -> int:
    """Bytes that the literals and numbers of one text leave to its columns of text."""
    taken = 0
    for kind, _, length, *_ in parts:
        taken += {w.PART_LITERAL: length, w.PART_TEXT: 0}.get(kind, _NUMBER_BYTES)
    return SCRATCH_BYTES - taken


def mark_overlong(encoded: Encoded, program: Program, source: int) -> Encoded:
    """Mark entries with which a cell could become longer than a line may be.

    Args:
        encoded: the columns.
        program: the compiled template.
        source: SRC_DOCUMENT or SRC_LINE, whichever the columns are.
    """
    store = encoded.store
    names = list(encoded.sizes)
    bad = dict(encoded.bad_entries)
    for column, limit in _limits(program, source).items():
        name = names[column]
        first = int(store.meta[column, META_OFFSETS])
        lengths = np.diff(store.text_offsets[first : first + encoded.sizes[name] + 1])
        entries, points = bad.get(name, (np.zeros(0, np.int64), np.zeros(0, np.int32)))
        long = np.setdiff1d(np.flatnonzero(lengths > limit), entries)
        if long.size:
            bad[name] = np.append(entries, long), np.append(points, np.full(long.size, TOO_LONG, np.int32))
    return replace(encoded, bad_entries=bad)


def _limits(program: Program, source: int) -> dict[int, int]:
    """Longest entry of each text column that stands in table rows."""
    limits: dict[int, int] = {}
    for _, _, first, last, _ in program.cells.tolist():
        parts = program.parts[first:last].tolist()
        columns = [(part[1], part[2]) for part in parts if part[0] == w.PART_TEXT]
        for origin, column in columns:
            if origin == source:
                limit = room_for_texts(parts) // len(columns)
                limits[column] = min(limits.get(column, limit), limit)
    return limits
