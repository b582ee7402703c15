"""How a language and country write numbers and dates: a model, and the records that the kernels read.

In: locales.yaml. Out: ``Locale``, records. Never: formats a value itself.
"""

import difflib
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from printstream.base import program as words
from printstream.base.errors import JobError
from printstream.base.yamlfile import load_model
from printstream.job import Model

DEFAULT = "en-US"
Mark = Annotated[str, Field(min_length=1, max_length=1)]
Names = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=15)], ...], Field(min_length=12, max_length=12)
]
_TOKENS = re.compile(r"'([^']*)'|(y+|M+|d+)|(.)")
_STEPS = {
    "d": words.DATE_DAY,
    "dd": words.DATE_DAY_TWO,
    "M": words.DATE_MONTH,
    "MM": words.DATE_MONTH_TWO,
    "MMM": words.DATE_MONTH_NAME,
    "MMMM": words.DATE_MONTH_NAME,
    "y": words.DATE_YEAR,
    "yy": words.DATE_YEAR_TWO,
}
_DATES = {
    words.F_DATE_US: "date",
    words.F_DATE_SHORT: "short",
    words.F_DATE_MEDIUM: "medium",
    words.F_DATE_LONG: "long",
}
_NUMBERS = {
    words.F_GROUPED: words.F_LOCAL_GROUPED,
    words.F_MONEY: words.F_LOCAL_MONEY,
    words.F_FIXED2: words.F_LOCAL_FIXED2,
    words.F_CURRENCY: words.F_LOCAL_CURRENCY,
}
_MARKS = 3
ONLY_LOCAL = frozenset({words.F_DATE_LONG, words.F_CURRENCY})
"""Formats that are written by a locale even where the template names none."""


class Locale(Model):
    """How numbers and dates are written."""

    group: Mark
    """Between groups of digits."""
    decimal: Mark
    """Before decimals."""
    grouping: Literal["threes", "indian"] = "threes"
    """Digits by threes; or the last three, then by twos."""
    group_from_digits: Literal[4, 5] = 4
    """Fewest digits of a number that is grouped."""
    currency: Annotated[str, Field(min_length=1, max_length=3)]
    """The currency's sign."""
    currency_place: Literal["before", "after"]
    """Where the sign stands."""
    currency_gap: Annotated[str, Field(max_length=1)] = ""
    """Between sign and number."""
    date: str
    """Pattern of the day in digits."""
    short: str
    """The same with two digits of the year."""
    medium: str
    """Pattern with the month's short name."""
    long: str
    """Pattern with the month's name."""
    months: Names
    """Names of the months as they stand after a day."""
    months_short: Names
    """Their short names."""

    @model_validator(mode="after")
    def _patterns_are_known(self) -> Self:
        for pattern in (self.date, self.short, self.medium, self.long):
            for _, token, _ in _TOKENS.findall(pattern):
                if token and token not in _STEPS:
                    msg = f"the pattern {pattern!r} has {token!r}; known are {', '.join(_STEPS)}"
                    raise ValueError(msg)
        return self

    def characters(self, form: int) -> str:
        """Characters that a format may write beside digits."""
        if form in _NUMBERS:
            return self.group + self.decimal + self.currency + self.currency_gap + "-"
        if form not in _DATES:
            return ""
        pattern = str(getattr(self, _DATES[form]))
        return "".join("".join(names) if text in _STEPS else text for text, names in self._steps(pattern))

    def record(self, form: int, encode: Callable[[str], bytes]) -> tuple[int, bytes] | None:
        """The kernel's format and its record; None where the locale does not matter."""
        if form in _NUMBERS:
            return _NUMBERS[form], self._number_record(encode)
        if form in _DATES:
            return words.F_LOCAL_DATE, self._date_record(str(getattr(self, _DATES[form])), encode)
        return None

    def _number_record(self, encode: Callable[[str], bytes]) -> bytes:
        flags = (
            words.LOCAL_INDIAN * (self.grouping == "indian")
            | words.LOCAL_AFTER * (self.currency_place == "after")
            | words.LOCAL_GAP * bool(self.currency_gap)
        )
        marks = encode(self.group + self.decimal + (self.currency_gap or " "))
        sign = encode(self.currency)
        if len(marks) > _MARKS:
            raise _lacks_codes(of_what="marks of numbers")
        return marks + bytes([flags, self.group_from_digits, len(sign)]) + sign

    def _date_record(self, pattern: str, encode: Callable[[str], bytes]) -> bytes:
        steps, names = bytearray(), bytes(12 * words.NAME_BYTES)
        for text, month_names in self._steps(pattern):
            if text in _STEPS:
                steps.append(_STEPS[text])
            else:
                for code in encode(text):
                    steps += bytes([words.DATE_TEXT, code])
            if month_names:
                coded = [encode(name) for name in month_names]
                if max(map(len, coded)) >= words.NAME_BYTES:
                    raise _lacks_codes(of_what="month names")
                names = b"".join(bytes([len(n)]) + n.ljust(words.NAME_BYTES - 1, b" ") for n in coded)
        return names + bytes([len(steps)]) + bytes(steps)

    def _steps(self, pattern: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Literal texts and tokens of a pattern, and the names that a token may write."""
        names = {"MMM": self.months_short, "MMMM": self.months}
        for quoted, token, other in _TOKENS.findall(pattern):
            yield quoted or token or other, names.get(token, ())


def _lacks_codes(of_what: str) -> JobError:
    """Make the error of a job whose template takes all codes of one byte before the locale's characters come."""
    what = f"the job has so many characters that the locale's {of_what} have no short codes"
    return JobError(what, where="template.locale", next_step="Print fewer different symbols in the template")


class Locales(Model):
    """The locales that are known."""

    format: Literal["printstream-locales/1"]
    """Version of this file's form."""
    locales: dict[str, Locale]
    """By language and country."""


@cache
def _shipped() -> dict[str, Locale]:
    return load_model(Path(__file__).with_name("locales.yaml"), Locales).locales


def load_locale(name: str) -> Locale:
    """Load a locale.

    Raises:
        JobError: there is none of this name.
    """
    known = _shipped()
    if name not in known:
        close = difflib.get_close_matches(name, known, 1, 0.5)
        step = f"Did you mean {close[0]!r}? " if close else ""
        what = f"there is no locale {name!r}"
        raise JobError(what, where="template.locale", next_step=f"{step}Known are {', '.join(known)}")
    return known[name]
