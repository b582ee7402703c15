"""Texts by Python's own formatting, a textbook Luhn, and line breaking by words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal

ELLIPSIS = "…"
SPACE = " "
Width = Callable[[str], int]


def number(value: int, form: str) -> str:
    """A whole number (or days since 1970-01-01) as the template's formats say."""
    if form in {"date", "iso", "medium", "short"}:
        return _date(date(1970, 1, 1) + timedelta(days=value), form)
    if form.startswith("pad"):
        digits = int(form[3:])
        return ("-" if value < 0 else "") + f"{abs(value):0{digits}d}"
    amount = Decimal(value).scaleb(-2)
    return {"plain": f"{value}", "int": f"{value:,}", "money": f"{amount:,.2f}", "fixed2": f"{amount:.2f}"}[
        form
    ]


def _date(day: date, form: str) -> str:
    if form == "iso":
        return day.isoformat()
    if form == "date":
        return f"{day:%m/%d}/{day.year:04d}"
    if form == "short":
        return f"{day:%m/%d}/{day.year % 100:02d}"
    return f"{day:%b} {day.day}, {day.year:04d}"


def luhn_valid(digits: str) -> bool:
    """The textbook test of a whole number with its check digit: every second digit from the right doubled."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += sum(map(int, str(doubled)))
    return total % 10 == 0


def check_digit(text: str) -> str:
    """The one digit that makes the digits of ``text`` valid."""
    digits = re.sub("[^0-9]", "", text)
    return next(d for d in "0123456789" if luhn_valid(digits + d))


def render(text: str, values: Mapping[str, int | str], date_columns: frozenset[str] = frozenset()) -> str:
    """Fill a template's text; ``{{`` and ``}}`` are braces."""
    out = ""
    for token in re.findall(r"\{\{|\}\}|\{[^{}]+\}|[^{}]+", text):
        if token in {"{{", "}}"}:
            out += token[0]
        elif token[0] != "{":
            out += token
        else:
            name, _, form = token[1:-1].partition(":")
            if name == "check":
                out += check_digit(out)
                continue
            value = values[name]
            plain = "date" if name in date_columns else "plain"
            out += value if isinstance(value, str) else number(value, form or plain)
    return out


def cut(text: str, limit: int, width: Width) -> str:
    """The longest beginning that fits with an ellipsis, without spaces at its end; the text itself when it fits."""
    if width(text) <= limit:
        return text
    fitting = [text[:n] for n in range(len(text)) if width(text[:n] + ELLIPSIS) <= limit]
    return max(fitting, key=len, default="").rstrip(SPACE) + ELLIPSIS


def break_lines(text: str, limit: int, width: Width) -> list[str]:
    """Lines as full as whole words allow; a word wider than a line is cut, a letter a line at least."""
    words = [word for word in text.split(SPACE) if word]
    lines: list[str] = []
    rest = text.rstrip(SPACE)
    while words:
        best = 0
        for count in range(1, len(words) + 1):
            if width(_first_words(rest, count)) <= limit:
                best = count
        if best:
            line = _first_words(rest, best)
            words = words[best:]
        else:
            word = words[0]
            line = max(
                (word[:n] for n in range(1, len(word)) if width(word[:n]) <= limit), key=len, default=word[:1]
            )
            words[0] = word[len(line) :]
            words = [word for word in words if word]
        lines.append(line)
        rest = rest[len(line) :].lstrip(SPACE)
    return lines


# ---- East Asian lines, by their characters alone: the rules as people write them down

_STARTS_NO_LINE = "，。、；：？！”’）》」』】—–…·%‰℃々〜ーッャ°　.,:;?!)]}-/\"'"
_ENDS_NO_LINE = "“‘（《「『【￥¥$([{\"'"


def _is_wide(character: str) -> bool:
    return ord(character) >= 0x2E80 and unicodedata.east_asian_width(character) in ("W", "F")


def _may_part(text: str, at: int) -> bool:
    """Whether a line may end before character ``at``, where no space is."""
    before, after = text[at - 1], text[at]
    if SPACE in (before, after) or before in _ENDS_NO_LINE or after in _STARTS_NO_LINE:
        return False
    return _is_wide(before) or _is_wide(after)


def break_east_asian(text: str, limit: int, width: Width) -> list[str]:
    """Lines as full as may be, broken at spaces and where East Asian text may part; what has no such place is cut."""
    lines: list[str] = []
    rest = text.rstrip(SPACE)
    while rest:
        ends = [n for n in range(1, len(rest)) if _may_part(rest, n) or rest[n] == SPACE != rest[n - 1]]
        fitting = [n for n in [*ends, len(rest)] if width(rest[:n]) <= limit]
        letters = [n for n in range(1, len(rest)) if width(rest[:n]) <= limit]
        best = max(fitting or letters or [1])
        lines.append(rest[:best])
        rest = rest[best:].lstrip(SPACE)
    return lines


def _first_words(text: str, count: int) -> str:
    """The first words of a text with the spaces between them as they are."""
    match = re.match(rf"(?:[^ ]+ *){{{count}}}", text)
    assert match is not None
    return match.group(0).rstrip(SPACE)


# ---- locales, read as plain YAML: patterns and marks by string work alone


def _locales() -> dict:
    from pathlib import Path

    from ruamel.yaml import YAML

    from printstream import layout

    path = Path(layout.__file__).with_name("locales.yaml")
    return YAML(typ="safe", pure=True).load(path.read_text("utf-8"))["locales"]


LOCALES: dict = _locales()


def local_number(value: int, form: str, locale: dict) -> str:
    """A whole number, or cents, with a locale's marks; the minus stands first."""
    digits, decimals = str(abs(value)), ""
    if form != "int":
        digits = digits.zfill(3)
        digits, decimals = digits[:-2], locale["decimal"] + digits[-2:]
    if form != "fixed2" and len(digits) >= locale.get("group_from_digits", 4):
        head, tail = digits[:-3], digits[-3:]
        size = 2 if locale.get("grouping") == "indian" else 3
        groups = [tail]
        while head:
            groups.insert(0, head[-size:])
            head = head[:-size]
        digits = locale["group"].join(g for g in groups if g)
    text = digits + decimals
    if form == "currency":
        parts = [locale["currency"], locale.get("currency_gap", ""), text]
        text = "".join(parts if locale["currency_place"] == "before" else reversed(parts))
    return ("-" if value < 0 else "") + text


def local_date(day: date, form: str, locale: dict) -> str:
    """A pattern's letters replaced one by one."""
    words = {
        "MMMM": locale["months"][day.month - 1],
        "MMM": locale["months_short"][day.month - 1],
        "MM": f"{day.month:02d}",
        "M": str(day.month),
        "dd": f"{day.day:02d}",
        "d": str(day.day),
        "yy": f"{day.year % 100:02d}",
        "y": f"{day.year:04d}",
    }
    out, rest = "", locale[form]
    while rest:
        if rest[0] == "'":
            quoted, _, rest = rest[1:].partition("'")
            out += quoted
            continue
        token = next((t for t in words if rest.startswith(t)), None)
        out, rest = out + (words[token] if token else rest[0]), rest[len(token or rest[0]) :]
    return out
