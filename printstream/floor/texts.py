"""Texts of codes taken apart, item by item, as the machine is set up to do.

In: a text, a code's items. Out: what it says, or None. Never: accepts a text of another length, digit or check character.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from printstream.floor.profile import Code, Item, Mark, ReadProfile

_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"
"""Characters of Code 39 by their values (ISO/IEC 16388, table 2)."""


@dataclass
class Content:
    """What a text says.

    Attributes:
        numbers: values by name.
        bits: marks, and whether each is there.
        job_code: the job's; None where the text has none.
    """

    numbers: dict[str, int] = field(default_factory=dict)
    bits: list[tuple[Mark, bool]] = field(default_factory=list)
    job_code: str | None = None


def content_of(text: str, code: Code) -> Content | None:
    """Take a text apart; None where it has another form."""
    found, at = Content(), 0
    for item, width in _widths(text, code):
        part = text[at : at + width]
        if len(part) != width or not _hear(found, item, part, text[:at]):
            return None
        at += width
    return found if at == len(text) else None


def _widths(text: str, code: Code) -> Iterator[tuple[Item, int]]:
    """Items and their widths; one of no fixed width has what the others leave."""
    fixed = sum(item.width for item in code.items)
    for item in code.items:
        yield item, item.width or max(len(text) - fixed, 1)


def _hear(found: Content, item: Item, part: str, before: str) -> bool:
    if item.kind == "literal":
        return part == item.word
    if item.kind == "job_code":
        found.job_code = part
        return True
    if item.kind == "check":
        return part == check_character(item.word, before)
    if item.kind == "bits":
        value = _CHARACTERS.find(part)
        if not 0 <= value < 1 << len(item.marks):
            return False
        highest = len(item.marks) - 1
        found.bits += [(mark, bool(value >> (highest - k) & 1)) for k, mark in enumerate(item.marks)]
        return True
    number = _number(part, item.base)
    if number is None or found.numbers.get(item.word, number) != number:
        return False
    found.numbers[item.word] = number
    return True


def _number(part: str, base: int) -> int | None:
    value = 0
    for character in part:
        digit = _CHARACTERS.find(character)
        if not 0 <= digit < base:
            return None
        value = value * base + digit
    return value


def check_character(rule: str, text: str) -> str:
    """Check character over a text.

    ISO/IEC 16390 annex A (mod10), ISO/IEC 16388 annex A (mod43), ISO/IEC 7064 9.1 (mod37_36).
    """
    values = [_CHARACTERS.index(character) for character in text]
    if rule == "mod10":
        threes, ones = values[::-1][0::2], values[::-1][1::2]
        return str((10 - (3 * sum(threes) + sum(ones)) % 10) % 10)
    if rule == "mod43":
        return _CHARACTERS[sum(values) % 43]
    product = 36
    for value in values:
        total = (product + value) % 36 or 36
        product = 2 * total % 37
    return _CHARACTERS[(37 - product) % 36]


def says_first(profile: ReadProfile, texts: tuple[str, ...], bits: int) -> bool | None:
    """What the plainest of marks and texts say of whether a sheet is its set's first; None where they do not."""
    for text, code in zip(texts, profile.codes, strict=False):
        content = content_of(text, code) if text else None
        if content is not None and "sheet" in content.numbers:
            return content.numbers["sheet"] == 1
    for place, mark in enumerate(profile.track.marks if profile.track else ()):
        if mark.name == "begin_of_set" and not mark.on:
            return bool(bits >> place & 1) is not mark.inverted
    return None
