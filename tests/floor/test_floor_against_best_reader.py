"""The inserter finds every fault that the best possible reader of the same marks finds, for every shipped profile.

The readings are made from what the printing side would print; the reader is that of docs/inserters.md's table. Real paper
is in test_floor_matrix.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printstream.base.program import SheetMarks
from printstream.floor.findings import Finding
from printstream.floor.inserter import Fed, Inserter
from printstream.floor.profile import ReadProfile
from printstream.floor.profilefile import read_profile
from printstream.floor.reader import Reading
from printstream.floor.setup import SpoolOrder, WorkOrder, read_shop
from printstream.kernels.reading import MARKS_NONE, MARKS_READ
from printstream.marks import load_profile, marks_of, shipped
from printstream.marks.faults import FAULTS, MOST_SHEETS, Reader, Sheet, _run
from printstream.marks.words import SheetFacts, code_texts, sheet_words
from tests.draw.drawkit import job_of

JOB_CODE = job_of().inserter.job_code
WINDOW = read_shop("us_letter").envelopes["#10 window"]
# The best reader knows that no set has more sheets.
SHOP = read_shop("us_letter").model_copy(
    update={"envelopes": {"e": WINDOW.model_copy(update={"pocket_sheets": MOST_SHEETS})}}
)
ORDER = WorkOrder(
    Path(), "j", "r", "one_up", 612_000, 792_000, 90, 110, "", JOB_CODE,
    (SpoolOrder(Path(), "s", "e", 4700, 200, 2),),
)  # fmt: skip
PROFILES = sorted(shipped())


@cache
def marks(name: str) -> SheetMarks:
    return marks_of(load_profile(name), job_of())


@cache
def best(name: str) -> Reader:
    return Reader(marks(name))


@cache
def machine_profile(name: str) -> ReadProfile:
    return read_profile(name, JOB_CODE).only(("omr", "code"))


def readings(name: str, sheets: Sequence[Sheet]) -> list[Reading]:
    """What eyes see of these sheets, each printed as it would be in a run."""
    own = marks(name)
    run, piece, number, count = (np.array(values, np.int64) for values in zip(*sheets, strict=True))
    facts = SheetFacts(0, run, piece, number, count, np.zeros(run.size, np.uint32))
    words, texts = sheet_words(own, facts), code_texts(own, facts)
    seen = []
    for row in range(run.size):
        codes, at = [], 0
        if own.matrix_text:
            text = own.matrix_text.replace("{piece:pad8}", f"{piece[row] + 1:08d}")
            text = text.replace("{sheet:pad3}", f"{number[row]:03d}").replace(
                "{sheets:pad3}", f"{count[row]:03d}"
            )
            codes.append(text.replace("{inserts:pad3}", "000"))
        for code in own.codes:
            codes.append(texts[row, at : at + code.characters].tobytes().decode())
            at += code.characters
        bits = int(words[row])
        if own.omr_upwards:
            bits = int(f"{bits:0{len(own.omr)}b}"[::-1], 2)
        status = (MARKS_READ if bits else MARKS_NONE) if own.omr else -1
        seen.append(Reading(status, bits, 0, 0, tuple(codes), 500, 0, 0, 0, 0))
    return seen


def found(name: str, sheets: Sequence[Sheet]) -> list[Finding]:
    machine = Inserter(machine_profile(name), SHOP, ORDER)
    feed = (Fed(0, place, (), reading) for place, reading in enumerate(readings(name, sheets)))
    return [finding for envelope in machine.envelopes(feed) for finding in envelope.findings]


def _stop_mark_is_missing(finding: Finding) -> bool:
    """The runs here have no last piece that says so."""
    return "stop mark" in finding.what


@pytest.mark.parametrize("name", PROFILES)
@settings(max_examples=5)
@given(seed=st.integers(0, 10**6))
def test_a_sound_run_has_no_finding(name: str, seed: int) -> None:
    run = _run(random.Random(seed))
    assert [f for f in found(name, run) if not _stop_mark_is_missing(f)] == []


@pytest.mark.parametrize("name", PROFILES)
def test_whatever_the_best_reader_finds_the_machine_finds(name: str) -> None:
    revealed = 0
    for fault, make in FAULTS.items():
        lot = random.Random(f"{name} {fault}")
        for _ in range(8):
            case = make(_run(lot), lot)
            if case is None:
                continue
            sheets, at = case
            if best(name).revealed_at([best(name).says(sheet) for sheet in sheets]) is None:
                continue
            revealed += 1
            findings = [f for f in found(name, sheets) if not _stop_mark_is_missing(f)]
            assert findings, (fault, at, sheets)
            # What lies before the fault, but for the set that it fell into, is not suspected.
            assert min(f.place for f in findings) >= at - 2 * MOST_SHEETS
    assert revealed > 25
