"""Addresses in the form in which they are judged: parts trimmed, in capitals, parsed out of a last line if need be.

In: documents. Out: a frame of texts without nulls, a row a document. Never: judges.
"""

from __future__ import annotations

import re

import numpy as np
import polars as pl

from printstream.address.posts import HOMES, countries
from printstream.address.texts import capitals, digits_only, tidied, uppercase, without_digits
from printstream.base.columns import POSTAL_CODE
from printstream.job import Job

NAME, STREET, LAST = "name", "street", "last line"
CITY, STATE, CODE, PLUS4, POINT = "city", "state", "code", "plus4", "point"
COUNTRY = "country"
"""Columns of the view."""
_ONLY_DIGITS = re.compile(r"\^\[0-9\]\{([0-9]+)\}\$")
"""A pattern of so many digits and nothing else."""
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
    columns = {
        NAME: address.lines[0],
        STREET: address.street,
        CITY: address.city,
        STATE: address.state,
        CODE: _code_column(documents, job),
        PLUS4: address.plus4,
        POINT: address.delivery_point,
        COUNTRY: checks.country,
    }
    further = {f"line {k}": name for k, name in enumerate(address.lines[1:])}
    given = dict.fromkeys((*columns.values(), *further.values()))
    texts = {name: tidied(documents, name) for name in given}
    view = pl.DataFrame([texts[name].alias(part) for part, name in (columns | further).items()])
    last = pl.coalesce([pl.when(pl.col(k) != "").then(k) for k in reversed(further)] + [pl.lit("")])
    view = view.select(*columns, last.alias(LAST))
    view = view.with_columns(
        *(capitals(view[name]).alias(name) for name in (CITY, COUNTRY)),
        *(uppercase(view[name]) for name in (STATE, CODE)),
    )
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
    # No country's name has a digit in it, and nearly every street has.
    rows = without_digits(view[LAST])
    names_country = np.zeros(len(view), np.bool_)
    names_country[rows] = capitals(view[LAST].gather(rows)).is_in(abroad).to_numpy()
    strange = np.flatnonzero(~has_form(view[CODE], home).to_numpy())
    names_country[strange] |= view[CITY].gather(strange).is_in(abroad).to_numpy()
    frame = view.select(COUNTRY).with_columns(pl.Series(LAST, names_country))
    return frame.select((~no_country & ~pl.col(COUNTRY).is_in(own)) | (no_country & pl.col(LAST))).to_series()


def has_form(codes: pl.Series, home: str) -> pl.Series:
    """Whether each postal code, in capitals, has the home's form; where any form will do, whether there is one."""
    pattern = HOMES[home].code
    digits = _ONLY_DIGITS.fullmatch(pattern)
    if digits is not None:
        return digits_only(codes, int(digits.group(1)))
    return codes.str.contains(pattern) if pattern else codes != ""
