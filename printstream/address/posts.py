"""What home posts and countries look like: codes, names, states, military mail. Data and facts, no documents."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from printstream.base.frozen import frozen
from printstream.job import Job


@frozen
class Home:
    """A home post.

    Attributes:
        code: pattern of a postal code, in capitals, trimmed; empty: any.
        shown: what a code looks like, for reasons.
        nowhere: a code of the form that no address has, under which mail without one is sorted.
        has_states: addresses need a state or province.
    """

    code: str
    shown: str
    nowhere: str
    has_states: bool = False


HOMES: Mapping[str, Home] = MappingProxyType(
    {
        "us": Home(r"^[0-9]{5}$", "five digits", "00000", has_states=True),
        "ca": Home(
            r"^[ABCEGHJ-NPRSTVXY][0-9][A-Z] ?[0-9][A-Z][0-9]$", "the form A9A 9A9", "A0A0A0", has_states=True
        ),
        "gb": Home(
            r"^([A-Z]{1,2}[0-9][0-9A-Z]?|GIR) ?[0-9][A-Z]{2}$", "a UK postcode such as SW1A 1AA", "AA00AA"
        ),
        "de": Home(r"^[0-9]{5}$", "five digits", "00000"),
        "fr": Home(r"^[0-9]{5}$", "five digits", "00000"),
        "nl": Home(r"^[1-9][0-9]{3} ?[A-Z]{2}$", "the form 9999 AA", "0000AA"),
        "au": Home(r"^[0-9]{4}$", "four digits", "0000", has_states=True),
        "jp": Home(r"^[0-9]{3}-?[0-9]{4}$", "the form 999-9999", "0000000"),
        "cn": Home(r"^[0-9]{6}$", "six digits", "000000"),
        "any": Home("", "any form", "0"),
    }
)
COMPOSED = tuple(f"address_{k}" for k in range(1, 10))
"""Columns with the composed lines; those that are not needed are empty."""
ABROAD: Mapping[str, str] = MappingProxyType(
    {
        "Canada": r"^[ABCEGHJ-NPRSTVXY][0-9][A-Z] ?[0-9][A-Z][0-9]$",
        "the United Kingdom": r"^[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}$",
        "the Netherlands": r"^[1-9][0-9]{3} ?[A-Z]{2}$",
        "China, India or another country of six digits": r"^[0-9]{6}$",
        "Japan": r"^[0-9]{3}-[0-9]{4}$",
    }
)
"""Codes that tell their country, for reasons."""
MILITARY_STATES = ("AA", "AE", "AP")
MILITARY_CITIES = ("APO", "FPO", "DPO")
MILITARY_PREFIXES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "AA": ("340",),
        "AE": tuple(f"{k:03d}" for k in range(90, 100)),
        "AP": ("962", "963", "964", "965", "966"),
    }
)
"""ZIP prefixes of military mail by region (USPS labeling list L002, 2024-08-01)."""
CANADIAN_LETTERS: Mapping[str, str] = MappingProxyType(
    {
        "A": "NL",
        "B": "NS",
        "C": "PE",
        "E": "NB",
        "R": "MB",
        "S": "SK",
        "T": "AB",
        "V": "BC",
        "Y": "YT",
        **dict.fromkeys("GHJ", "QC"),
        **dict.fromkeys("KLMNP", "ON"),
        "X": "NT NU",
    }
)
"""First letter of a Canadian code, and its provinces (Canada Post addressing guidelines)."""


@frozen
class Countries:
    """Names of countries.

    Attributes:
        iso2_of: name in capitals, and ISO code itself, to ISO code.
        code_first: countries where the postal code stands before the city.
        english: a name for each.
    """

    iso2_of: Mapping[str, str]
    code_first: frozenset[str]
    english: Mapping[str, str]

    def names(self, iso2: str) -> list[str]:
        """All names of a country, its code among them."""
        return sorted(name for name, code in self.iso2_of.items() if code == iso2)

    def names_abroad(self, home: str) -> list[str]:
        """Written names of all countries but one; bare ISO codes are not among them, AL and GA are US states."""
        own = home.upper()
        return sorted(name for name, code in self.iso2_of.items() if code != own and name not in self.english)


@cache
def countries() -> Countries:
    """Read the table that ships."""
    text = files("printstream.address").joinpath("data", "countries.csv").read_text(encoding="utf-8")
    rows = [line.split(",") for line in text.splitlines() if line and not line.startswith("#")][1:]
    names = {name: iso2 for iso2, _, listed in rows for name in (*listed.split("|"), iso2)}
    return Countries(
        MappingProxyType(names),
        frozenset(iso2 for iso2, first, _ in rows if first == "1"),
        MappingProxyType({iso2: listed.split("|")[0] for iso2, _, listed in rows}),
    )


def columns_used(job: Job) -> frozenset[str]:
    """Columns that the room reads besides those that ingest reads for every job."""
    checks = job.address.checks
    return frozenset() if checks is None or checks.country is None else frozenset({checks.country})


def columns_made(job: Job) -> frozenset[str]:
    """Columns that the room makes for the template."""
    checks = job.address.checks
    return frozenset() if checks is None or checks.compose == "none" else frozenset(COMPOSED)
