"""What every sheet of a run says to the inserter, sheet by sheet, in plain Python from the words of docs/inserters.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CODE39 = DIGITS + "-. $/+%"


@dataclass(frozen=True)
class Place:
    """A sheet: its number in the run and of its piece from 0, in its piece from 1, what is done with the piece."""

    run: int
    piece: int
    sheet: int
    sheets: int
    does: frozenset[str] = frozenset()
    inserts: int = 0


def places(pieces: Sequence[tuple[int, frozenset[str], int]]) -> Iterator[Place]:
    """All sheets of pieces given as sheets, what is done, pockets."""
    run = 0
    for piece, (sheets, does, inserts) in enumerate(pieces):
        for sheet in range(1, sheets + 1):
            yield Place(run, piece, sheet, sheets, does, inserts)
            run += 1


def counter(rule: Mapping[str, object], place: Place) -> int:
    """A counter that goes from first to last and starts again, stepped one by one."""
    steps = {
        "sheets": place.run,
        "pieces": place.piece,
        "sheets_of_piece": place.sheet - 1,
        "sheets_left": place.sheets - place.sheet,
    }[str(rule["counts"])]
    first, last = int(str(rule.get("first", 0))), int(str(rule["last"]))
    down = rule.get("direction", "up") == "down"
    value = last if down else first
    for _ in range(steps):
        # From an end it starts again at the other.
        begin, end, step = (last, first, -1) if down else (first, last, 1)
        value = begin if value == end else value + step
    return value


def shown(
    name: str,
    place: Place,
    counters: Mapping[str, Mapping[str, object]],
    tables: Mapping[str, Mapping[str, str]],
) -> bool:
    """Whether a mark other than parity is printed."""
    name, _, scope = name.partition("@")
    if scope and place.sheet != {"first": 1, "last": place.sheets}[scope]:
        return False
    if name.startswith("not_"):
        return not shown(name.removeprefix("not_"), place, counters, tables)
    if name in ("start", "safety", "timing"):
        return True
    if name == "absent":
        return False
    if name == "begin_of_set":
        return place.sheet == 1
    if name == "end_of_set":
        return place.sheet == place.sheets
    if name in ("divert", "end_of_tray", "end_of_spool"):
        return name in place.does
    owner, number = name.rsplit("_", 1)
    if owner == "insert":
        return bool(place.inserts >> (int(number) - 1) & 1)
    if owner in tables:
        where = "single" if place.sheets == 1 else "first" if place.sheet == 1 else "middle"
        if place.sheets > 1 and place.sheet == place.sheets:
            where = "last"
        return tables[owner][where][int(number) - 1] == "|"
    return bool(counter(counters[owner], place) & int(number))


def track(
    names: Sequence[str],
    place: Place,
    counters: Mapping[str, Mapping[str, object]],
    tables: Mapping[str, Mapping[str, str]],
) -> str:
    """The marks in reading order, ``|`` printed, ``.`` not."""
    marks = [
        "P" if name.startswith("parity") else "|" if shown(name, place, counters, tables) else "."
        for name in names
    ]
    wanted = 1 if "parity_odd" in names else 0
    parity = "|" if marks.count("|") % 2 != wanted else "."
    return "".join(parity if mark == "P" else mark for mark in marks)


def check(rule: str, text: str) -> str:
    """A check character by its standard's own words."""
    if rule == "mod43":
        return CODE39[sum(CODE39.index(c) for c in text) % 43]
    if rule == "mod10":
        weighted = sum(int(c) * (3 if k % 2 == 0 else 1) for k, c in enumerate(reversed(text)))
        return str((10 - weighted % 10) % 10)
    # ISO/IEC 7064: the character that makes the whole come out at 1.
    for candidate in DIGITS:
        product = 36
        for c in text:
            total = (product + DIGITS.index(c)) % 36 or 36
            product = 2 * total % 37
        if (product + DIGITS.index(candidate)) % 36 == 1:
            return candidate
    raise AssertionError


def number(value: int, digits: int, base: int) -> str:
    text = ""
    while value:
        text = DIGITS[value % base] + text
        value //= base
    assert len(text) <= digits
    return text.rjust(digits, "0")


def code_text(
    items: Sequence[Mapping[str, object]],
    place: Place,
    job_code: str,
    counters: Mapping[str, Mapping[str, object]],
    tables: Mapping[str, Mapping[str, str]],
) -> str:
    """The text of a code, item by item, as the profile's file has them."""
    text = ""
    values = {
        "piece": place.piece + 1,
        "sheet": place.sheet,
        "sheets": place.sheets,
        "sheets_left": place.sheets - place.sheet,
        "inserts": place.inserts,
        "divert": int("divert" in place.does),
    }
    for item in items:
        if "literal" in item:
            text += str(item["literal"]).replace("{job_code}", job_code)
        elif "value" in item:
            name = str(item["value"])
            value = counter(counters[name], place) if name in counters else values[name]
            text += number(value, int(str(item["digits"])), int(str(item.get("base", 10))))
        elif "bits" in item:
            bits = item["bits"]
            assert isinstance(bits, Sequence)
            text += DIGITS[
                int("".join("01"[c == "|"] for c in track(list(bits), place, counters, tables)), 2)
            ]
        else:
            text += check(str(item["check"]), text)
    return text
