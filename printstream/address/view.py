"""Addresses in the form in which they are judged: parts trimmed, in capitals, parsed out of a last line if need be.

In: documents. Out: a frame of texts without nulls, a row a document. Never: judges.
"""

from __future__ import annotations

import polars as pl

from printstream.address.posts import HOMES, countries
from printstream.address.texts import capitals, tidy
from printstream.base.columns import POSTAL_CODE
from printstream.job import Job

NAME, STREET, LAST = "name", "street", "last line"
CITY, STATE, CODE, PLUS4, POINT = "city", "state", "code", "plus4", "point"
COUNTRY = "country"
"""Columns of the view."""
# (pattern, city, state, code, add-on: numbers of groups) of a last line, in capitals without dots and commas.
_LAST_LINES: dict[str, tuple[str, int, int, int, int]] = {
    "us": (r"^(.*?)\s+([A-Z]{2})\s+([0-9]{5})(?:[- ]?([0-9]{4}))?$", 1, 2, 3, 4),
    "ca": (r"^(.*?)\s+([A-Z]{2})\s+([A-Z][0-9][A-Z] ?[0-9][A-Z][0-9])$", 1, 2, 3, 0),
    "au": (r"^(.*?)\s+([A-Z]{2,3})\s+([0-9]{4})$", 1, 2, 3, 0),
    "gb": (r"^(.*?)\s*([A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2})$", 1, 0, 2, 0),
    "de": (r"^(?:D )?([0-9]{5})\s+(.+)$", 2, 0, 1, 0),
    "fr": (r"^(?:F )?([0-9]{5})\s+(.+)$", 2, 0, 1, 0),
    "nl": (r"^(?:NL )?([1-9][0-9]{3} ?[A-Z]{2})\s+(.+)$", 2, 0, 1, 0),
}


def view_of(documents: pl.DataFrame, job: Job) -> pl.DataFrame:
    """Bring the addresses to the form in which they are judged."""
    address, checks = job.address, job.address.checks
    assert checks is not None
    further = [tidy(name) for name in address.lines[1:]]
    last = pl.coalesce([pl.when(text != "").then(text) for text in reversed(further)] + [pl.lit("")])
    view = documents.select(
        tidy(address.lines[0]).alias(NAME),
        tidy(address.street).alias(STREET),
        tidy(address.city).alias(CITY),
        tidy(address.state).str.to_uppercase().alias(STATE),
        tidy(_code_column(documents, job)).str.to_uppercase().alias(CODE),
        tidy(address.plus4).alias(PLUS4),
        tidy(address.delivery_point).alias(POINT),
        tidy(checks.country).alias(COUNTRY),
        last.alias(LAST),
    )
    view = view.with_columns(capitals(view[name]).alias(name) for name in (CITY, COUNTRY))
    if address.city is None:
        view = _parsed(view, checks.home)
    return _split_zip(view) if checks.home == "us" else view


def _code_column(documents: pl.DataFrame, job: Job) -> str | None:
    """Where the postal code is: another post's as ingest prints it, with its gap."""
    printed = job.address.postal_code is not None and POSTAL_CODE.name in documents.columns
    return POSTAL_CODE.name if printed else job.address.zip5 or job.address.postal_code


def _parsed(view: pl.DataFrame, home: str) -> pl.DataFrame:
    """Take city, state and code out of the last line; what is not of the form stays empty."""
    if home not in _LAST_LINES:
        return view
    pattern, *groups = _LAST_LINES[home]
    last = view.select(
        pl.col(LAST).str.to_uppercase().str.replace_all(r"[.,\s]+", " ").str.strip_chars()
    ).to_series()
    return view.with_columns(
        (
            last.str.extract(pattern, group)
            if group
            else pl.Series([""], dtype=pl.String).new_from_index(0, len(last))
        )
        .fill_null("")
        .str.strip_chars()
        .alias(name)
        for name, group in zip((CITY, STATE, CODE, PLUS4), groups, strict=True)
    )


def _split_zip(view: pl.DataFrame) -> pl.DataFrame:
    """A ZIP written with its add-on, 12345-6789 or 123456789, becomes both; an add-on of its own goes before."""
    long = pl.col(CODE).str.len_bytes() >= 9
    if not view.select(long.any()).item():
        return view
    pattern = r"^([0-9]{5})-?([0-9]{4})$"
    whole = long & pl.col(CODE).str.contains(pattern)
    plus4 = pl.when(whole & (pl.col(PLUS4) == "")).then(pl.col(CODE).str.extract(pattern, 2)).otherwise(PLUS4)
    code = pl.when(whole).then(pl.col(CODE).str.extract(pattern, 1)).otherwise(CODE)
    return view.with_columns(plus4.alias(PLUS4), code.alias(CODE))


def is_foreign(view: pl.DataFrame, home: str) -> pl.Series:
    """Whether an address is abroad: by its country; without one by its last line, or a city that is a country.

    CUBA NY and LEBANON PA are cities: a city counts as a country only where the code is none of home's.
    """
    known = countries()
    own, abroad = known.names(home.upper()), known.names_abroad(home)
    no_country = pl.col(COUNTRY) == ""
    pattern = HOMES[home].code
    strange_code = ~pl.col(CODE).str.contains(pattern) if pattern else pl.col(CODE) == ""
    last = capitals(view[LAST])
    frame = view.select(CITY, CODE, COUNTRY).with_columns(last.alias(LAST))
    return frame.select(
        (~no_country & ~pl.col(COUNTRY).is_in(own))
        | (no_country & (pl.col(LAST).is_in(abroad) | (pl.col(CITY).is_in(abroad) & strange_code)))
    ).to_series()
