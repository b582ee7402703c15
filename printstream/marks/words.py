"""What every sheet says: a word of marks, and the texts of its codes; columns over all sheets.

In: the sheet's marks, which sheet is whose, what the inserter does with each piece. Out: words and texts. Never: looks
at a document.

A mark is a name, with ``not_`` before it where it is printed while the thing is not so, and ``@first`` or ``@last``
behind it where it stands on one sheet of a set only:

- start, safety, timing: on every sheet; absent: a place without a mark
- begin_of_set, end_of_set: first, last sheet of the piece
- insert_1 ... insert_16: pocket 1 ... feeds an insert; divert: the piece goes to the divert bin
- end_of_tray, end_of_spool: the piece is the last of its tray, of its print file
- parity: makes the number of printed marks even; parity_odd: odd
- COUNTER_1, COUNTER_2, COUNTER_4 ...: bits of a counter; TABLE_1, TABLE_2 ...: places of a table
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base import columns as c
from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.base.program import CodeItem, CodeMark, CounterRule, SheetMarks

MAX_MARKS = 32
"""Bits of a sheet's word."""
FIXED = ("start", "safety", "timing")
CONTROL_BITS: Mapping[str, int] = {
    **{f"insert_{pocket}": pocket - 1 for pocket in range(1, 17)},
    "divert": 16,
    "end_of_tray": 17,
    "end_of_spool": 18,
}
"""What is done with a piece, by bits of ``piece_control``."""
PARITIES = ("parity", "parity_odd")
PLAIN = (*FIXED, "absent", "begin_of_set", "end_of_set", *CONTROL_BITS, *PARITIES)
NUMBERS = ("piece", "sheet", "sheets", "sheets_left", "inserts", "divert")
ALPHABET = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%", np.uint8)
"""The characters of Code 39, by their values (ISO/IEC 16388, table 2)."""
_MARK = re.compile(r"^(not_)?([a-z][a-z0-9_]*?)(?:@(first|last))?$")
_NUMBERED = re.compile(r"^(.+)_([0-9]+)$")
_INSERTS_COLUMN = "inserts"


@frozen
class SheetFacts:
    """Which sheet is whose, for sheets that follow one another in the run.

    Attributes:
        base: the run's number of the first of them, from 0.
        run: int64[sheets]: number in the run, from 0.
        piece: int64[sheets]: number of the piece in the run, from 0.
        sheet, sheets: int64[sheets]: number in the piece, from 1, and how many it has.
        control: uint32[sheets]: what is done with the piece (CONTROL_BITS).
    """

    base: int
    run: NDArray[np.int64]
    piece: NDArray[np.int64]
    sheet: NDArray[np.int64]
    sheets: NDArray[np.int64]
    control: NDArray[np.uint32]


def sheet_facts(
    first_sheet: NDArray[np.int64], control: NDArray[np.uint32], base: int, end: int
) -> SheetFacts:
    """Say which sheet is whose.

    Args:
        first_sheet: int64[pieces + 1]: piece p owns sheets first_sheet[p]:first_sheet[p + 1] of the run.
        control: uint32[...]: of each piece from that of sheet ``base`` on; nothing is done where there is none.
        base: the first sheet wanted.
        end: the last of them + 1; they are of whole pieces.
    """
    begin = int(np.searchsorted(first_sheet, base, side="right")) - 1
    last = int(np.searchsorted(first_sheet, end, side="left"))
    counts = np.diff(first_sheet[begin : last + 1])
    own = np.repeat(np.arange(begin, last), counts)
    run = np.arange(base, end)
    sheet = run - first_sheet[own] + 1
    todo = control[own - begin] if control.size else np.zeros(own.size, np.uint32)
    return SheetFacts(base, run, own, sheet, np.repeat(counts, counts), todo)


def piece_control(
    pieces: pl.DataFrame,
    spool: NDArray[np.uint32],
    divert_over_mg: int | None = None,
    divert_over_um: int | None = None,
) -> NDArray[np.uint32]:
    """What is done with each piece.

    Args:
        pieces: in mailing order: TRAY_ID, WEIGHT_MG, THICKNESS_UM; inserts, the pockets' bits, where there are any.
        spool: uint32[pieces]: print file of each.
        divert_over_mg: heavier pieces are diverted.
        divert_over_um: thicker ones are.

    Returns:
        uint32[pieces]: bits by CONTROL_BITS.
    """
    control = np.zeros(pieces.height, np.uint32)
    if _INSERTS_COLUMN in pieces.columns:
        control |= pieces[_INSERTS_COLUMN].to_numpy().astype(np.uint32) & 0xFFFF
    for limit, column in ((divert_over_mg, c.WEIGHT_MG), (divert_over_um, c.THICKNESS_UM)):
        if limit is not None:
            over = pieces[column.name].to_numpy() > limit
            control |= over.astype(np.uint32) << np.uint32(CONTROL_BITS["divert"])
    for name, numbers in (("end_of_spool", spool), ("end_of_tray", pieces[c.TRAY_ID.name].to_numpy())):
        ends = np.ones(pieces.height, np.bool_)
        ends[:-1] = (numbers[1:] != numbers[:-1]) | (spool[1:] != spool[:-1])
        control |= ends.astype(np.uint32) << np.uint32(CONTROL_BITS[name])
    return control


def mark_fault(mark: str, marks: SheetMarks) -> str:
    """Say what is wrong with a mark's name; nothing where it is good."""
    match = _MARK.match(mark)
    name = match[2] if match else ""
    if name in PLAIN:
        return f"{mark!r} must stand on every sheet" if match and match[1] and name in PARITIES else ""
    numbered = _NUMBERED.match(name)
    if numbered and numbered[1] in marks.counters:
        weight = int(numbered[2])
        if 0 < weight < 1 << 20 and weight & (weight - 1) == 0:
            return ""
        return f"{mark!r}: a counter's marks are its bits, 1, 2, 4, 8 ..."
    if numbered and numbered[1] in marks.tables:
        if 0 < int(numbered[2]) <= len(marks.tables[numbered[1]][0]):
            return ""
        return f"{mark!r}: table {numbered[1]!r} has no such place"
    known = ", ".join(
        (*PLAIN[:6], "insert_1 ... insert_16", "divert", "end_of_tray", "end_of_spool", *PARITIES)
    )
    return f"{mark!r} is no mark; known are {known}, and bits of counters and places of tables of the profile"


def counter_values(rule: CounterRule, facts: SheetFacts) -> NDArray[np.int64]:
    """Values of a counter on each sheet."""
    counted: NDArray[np.int64]
    if rule.counts == "sheets":
        counted = facts.run
    elif rule.counts == "pieces":
        counted = facts.piece
    else:
        counted = facts.sheet - 1 if rule.counts == "sheets_of_piece" else facts.sheets - facts.sheet
    step: NDArray[np.int64] = counted % (rule.last - rule.first + 1)
    return rule.last - step if rule.down else rule.first + step


def sheet_words(marks: SheetMarks, facts: SheetFacts) -> NDArray[np.uint32]:
    """Which marks of the track each sheet has.

    Returns:
        uint32[sheets]: bit k is set where mark k, in reading order, is printed.
    """
    words = _bits_of(marks.omr, marks, facts)
    if marks.omr_on != "every":
        words[~_on(marks.omr_on, facts)] = 0
    return words


def _on(scope: str, facts: SheetFacts) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = facts.sheet == (1 if scope == "first" else facts.sheets)
    return found


def _bits_of(names: Sequence[str], marks: SheetMarks, facts: SheetFacts) -> NDArray[np.uint32]:
    """One bit a mark, the first the lowest; parity comes last, for it counts the others."""
    words = np.zeros(facts.piece.size, np.uint32)
    counted: dict[str, NDArray[np.int64]] = {}
    parity: list[tuple[int, str]] = []
    for k, mark in enumerate(names):
        match = _MARK.match(mark)
        assert match is not None
        inverted, name, scope = match.groups()
        if name in PARITIES:
            parity.append((k, mark))
            continue
        printed = _condition(name, marks, facts, counted)
        if inverted:
            printed = ~printed
        if scope:
            printed = printed & _on(scope, facts)
        words |= printed.astype(np.uint32) << np.uint32(k)
    for k, mark in parity:
        wanted = 0 if mark.startswith("parity_odd") else 1
        wrong = (np.bitwise_count(words) & 1) == wanted
        words |= wrong.astype(np.uint32) << np.uint32(k)
    return words


def _condition(
    name: str, marks: SheetMarks, facts: SheetFacts, counted: dict[str, NDArray[np.int64]]
) -> NDArray[np.bool_]:
    size = facts.piece.size
    if name in FIXED or name == "absent":
        return np.full(size, name in FIXED)
    if name in ("begin_of_set", "end_of_set"):
        return _on("first" if name == "begin_of_set" else "last", facts)
    if name in CONTROL_BITS:
        done: NDArray[np.bool_] = (facts.control >> np.uint32(CONTROL_BITS[name]) & 1) != 0
        return done
    match = _NUMBERED.match(name)
    assert match is not None
    owner, number = match[1], int(match[2])
    if owner in marks.tables:
        shown = np.array([row[number - 1] == "|" for row in marks.tables[owner]], np.bool_)
        place = 2 * (facts.sheet > 1) + (facts.sheet == facts.sheets)  # 0 first, 1 single, 2 middle, 3 last
        found: NDArray[np.bool_] = shown[np.array([1, 0, 2, 3])[place]]
        return found
    if owner not in counted:
        counted[owner] = counter_values(marks.counters[owner], facts)
    bit: NDArray[np.bool_] = (counted[owner] & number) != 0
    return bit


# ---- texts of codes


def code_texts(marks: SheetMarks, facts: SheetFacts) -> NDArray[np.uint8]:
    """Texts of all codes of each sheet, one behind the other; uint8[sheets, characters].

    Raises:
        JobError: when a number has more digits than its place.
    """
    texts = np.empty((facts.piece.size, sum(code.characters for code in marks.codes)), np.uint8)
    begin = 0
    for k, code in enumerate(marks.codes):
        _write_text(texts[:, begin : begin + code.characters], code, f"marks.codes.{k}", marks, facts)
        begin += code.characters
    return texts


def _write_text(
    out: NDArray[np.uint8], code: CodeMark, where: str, marks: SheetMarks, facts: SheetFacts
) -> None:
    at = 0
    for item in code.items:
        own = out[:, at : at + item.width]
        if item.kind == "literal":
            own[:] = np.frombuffer(item.text.encode("ascii"), np.uint8)
        elif item.kind == "bits":
            # The highest bit stands first.
            own[:, 0] = ALPHABET[_bits_of(item.bits[::-1], marks, facts)]
        elif item.kind == "check":
            own[:, 0] = _check_character(item.text, out[:, :at])
        else:
            _write_number(own, item, where, marks, facts)
        at += item.width


def _write_number(
    out: NDArray[np.uint8], item: CodeItem, where: str, marks: SheetMarks, facts: SheetFacts
) -> None:
    rest = _number(item.text, marks, facts)
    if rest.size and int(rest.max()) >= item.base**item.digits:
        what = f"{item.text} goes up to {int(rest.max()):,}, more than {item.digits} digits of base {item.base} hold"
        raise JobError(what, where=where, next_step="Give it more digits, or a counter that starts again")
    for place in range(item.digits - 1, -1, -1):
        rest, digit = np.divmod(rest, item.base)
        out[:, place] = ALPHABET[digit]


def _number(name: str, marks: SheetMarks, facts: SheetFacts) -> NDArray[np.int64]:
    """A number of each sheet: one of NUMBERS, or a counter."""
    if name in marks.counters:
        return counter_values(marks.counters[name], facts)
    if name == "piece":
        return facts.piece + 1
    if name == "inserts":
        return (facts.control & np.uint32(0xFFFF)).astype(np.int64)
    if name == "divert":
        return (facts.control >> np.uint32(16) & 1).astype(np.int64)
    if name == "sheets_left":
        return facts.sheets - facts.sheet
    return facts.sheet if name == "sheet" else facts.sheets


def _check_character(rule: str, text: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Check character of the texts so far."""
    values = np.zeros(256, np.int64)
    values[ALPHABET] = np.arange(ALPHABET.size)
    total = np.zeros(text.shape[0], np.int64)
    if rule == "mod10":
        # ISO/IEC 16390, annex A: weights 3, 1, 3 ... from the right.
        for k in range(text.shape[1]):
            total += values[text[:, -1 - k]] * (1 if k % 2 else 3)
        return ALPHABET[-total % 10]
    if rule == "mod43":
        # ISO/IEC 16388, annex A.
        for k in range(text.shape[1]):
            total += values[text[:, k]]
        return ALPHABET[total % 43]
    # ISO/IEC 7064, 9.1: MOD 37,36.
    total += 36
    for k in range(text.shape[1]):
        total = (total + values[text[:, k]]) % 36
        total = 2 * np.where(total == 0, 36, total) % 37
    return ALPHABET[(37 - total) % 36]


def word_text(word: int, count: int) -> str:
    """A track as the reading head sees it: ``|`` a mark, ``.`` none."""
    return "".join("|" if word >> k & 1 else "." for k in range(count))
