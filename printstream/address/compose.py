"""The address in its country's order, as columns that the template can print.

In: documents, their view. Out: documents with address_1 to address_9. Never: shortens or corrects a line.
"""

from __future__ import annotations

import polars as pl

from printstream.address import view as v
from printstream.address.posts import COMPOSED, countries
from printstream.address.texts import capitals, tidy
from printstream.job import Job

_ISO = "iso"
_LARGE_TO_SMALL = ("CN", "JP")
"""Countries that write code, place, street, name, in this order."""
_CODE_BELOW = ("GB", "IE")
"""Countries whose code has a line of its own."""


def compose_lines(documents: pl.DataFrame, view: pl.DataFrame, foreign: pl.Series, job: Job) -> pl.DataFrame:
    """Add the composed lines where the job wants them.

    Home mail bears no country; mail abroad ends with its country's name in capitals. Where the input has whole lines
    only, they stay as they are, but for capitals.
    """
    checks = job.address.checks
    assert checks is not None
    if checks.compose == "none":
        return documents
    lines = [tidy(name) for name in job.address.lines]
    frame = documents.select(*(text.alias(f"line {k}") for k, text in enumerate(lines)))
    texts = [pl.col(f"line {k}") for k in range(len(lines))]
    if job.address.city is None:
        done = texts
    else:
        parts = documents.select(
            tidy(job.address.city).alias(v.CITY), tidy(job.address.state).alias(v.STATE)
        ).with_columns(view[v.CODE], view[v.PLUS4], view[v.COUNTRY], view[v.LAST], foreign.alias("foreign"))
        frame = pl.concat([frame, parts], how="horizontal")
        frame = frame.with_columns(_iso(parts, checks.home).alias(_ISO))
        done = _in_order(texts, checks.home)
    if checks.compose == "upper":
        done = [text.str.to_uppercase() for text in done]
    empty = [pl.lit("")] * (len(COMPOSED) - len(done))
    composed = frame.select(t.alias(name) for t, name in zip([*done, *empty], COMPOSED, strict=True))
    return documents.with_columns(composed)


def _iso(parts: pl.DataFrame, home: str) -> pl.Series:
    """ISO code of every document's country; empty where its name is unknown."""
    names = countries().iso2_of
    named = parts[v.COUNTRY].replace_strict(dict(names), default="")
    last = capitals(parts[v.LAST]).replace_strict(dict(names), default="")
    frame = pl.DataFrame([named.alias("named"), last.alias("last"), parts["foreign"]])
    abroad = pl.when(pl.col("named") != "").then("named").otherwise("last")
    own = pl.lit(home.upper() if home != "any" else "")
    return frame.select(pl.when("foreign").then(abroad).otherwise(own)).to_series()


def _in_order(lines: list[pl.Expr], home: str) -> list[pl.Expr]:
    """The lines, then the place, then the country; the other way round where that is the home's way."""
    iso, foreign = pl.col(_ISO), pl.col("foreign")
    code = pl.col(v.CODE)
    add_on = (pl.col(v.PLUS4) != "") & ~foreign & (iso == "US")
    code = pl.when(add_on).then(pl.concat_str(code, pl.lit("-"), pl.col(v.PLUS4))).otherwise(code)
    code_first = iso.is_in(sorted(countries().code_first))
    below = iso.is_in(_CODE_BELOW)
    city, state = pl.col(v.CITY), pl.col(v.STATE)
    last = (
        pl.when(code_first)
        .then(_joined(code, city))
        .when(below)
        .then(city)
        .otherwise(_joined(city, state, code))
    )
    own_line = pl.when(below).then(code).otherwise(pl.lit(""))
    if home.upper() in _LARGE_TO_SMALL:
        native = [code, _joined(state, city), *lines[1:], lines[0]]
        abroad = [*lines, last, own_line, _country(foreign)]
        native += [pl.lit("")] * (len(abroad) - len(native))
        return [pl.when(foreign).then(a).otherwise(n) for a, n in zip(abroad, native, strict=True)]
    return [*lines, last, own_line, _country(foreign)]


def _country(foreign: pl.Expr) -> pl.Expr:
    """The country's name abroad, where the lines do not end with it already."""
    english = countries().english
    name = pl.col(_ISO).replace_strict(dict(english), default=None)
    name = pl.coalesce(name, pl.col(v.COUNTRY))
    return pl.when(foreign & (pl.col(v.COUNTRY) != "")).then(name).otherwise(pl.lit(""))


def _joined(*parts: pl.Expr) -> pl.Expr:
    """Parts with single blanks between; empty ones leave none."""
    return pl.concat_str(parts, separator=" ").str.replace_all(r"\s+", " ").str.strip_chars()
