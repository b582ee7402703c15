"""The address in its country's order, as columns that the template can print.

In: documents, their view. Out: documents with address_1 to address_9. Never: shortens or corrects a line.
"""

from __future__ import annotations

import polars as pl

from printstream.address import view as v
from printstream.address.posts import COMPOSED, countries
from printstream.address.texts import capitals, joined, tidied, uppercase
from printstream.job import Job

_ISO, _CODE_FIRST, _CODE_LAST = "iso", "code first", "code last"
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
    known = {job.address.lines[0]: view[v.NAME], job.address.street: view[v.STREET]}
    lines = [known[name] if name in known else tidied(documents, name) for name in job.address.lines]
    frame = pl.DataFrame([line.alias(f"line {k}") for k, line in enumerate(lines)])
    whole = job.address.city is None
    if not whole:
        city, state = (tidied(documents, name) for name in (job.address.city, job.address.state))
        frame = frame.with_columns(city.alias(v.CITY), state.alias(v.STATE))
        frame = frame.with_columns(view.select(v.CODE, v.PLUS4, v.COUNTRY, v.LAST))
    names = [f"line {k}" for k in range(len(lines))]
    made = _at_home(frame, names, checks.home, whole=whole)
    rows = foreign.arg_true()
    if len(rows) and not whole:
        abroad = _abroad(frame[rows], names, checks.home)
        made = [own.clone().scatter(rows, other) for own, other in zip(made, abroad, strict=True)]
    composed = [uppercase(line) for line in made] if checks.compose == "upper" else made
    return documents.with_columns(line.alias(name) for line, name in zip(composed, COMPOSED, strict=True))


def _at_home(frame: pl.DataFrame, names: list[str], home: str, *, whole: bool) -> list[pl.Series]:
    """The lines of mail at home, as many as are composed at most; whole lines stay as they are."""
    lines = [frame[name] for name in names]
    iso = home.upper() if home != "any" else ""
    if not whole:
        code, city, state = frame[v.CODE], frame[v.CITY], frame[v.STATE]
        if iso in _LARGE_TO_SMALL:
            lines = [code, joined([state, city]), *lines[1:], lines[0]]
        elif iso in countries().code_first:
            lines.append(joined([code, city]))
        elif iso in _CODE_BELOW:
            lines += [city, code]
        elif iso == "US":
            lines.append(joined([city, state, code, frame[v.PLUS4]], glued=True))
        else:
            lines.append(joined([city, state, code]))
    return _filled(lines, frame.height)


def _abroad(frame: pl.DataFrame, names: list[str], home: str) -> list[pl.Series]:
    """The lines of mail abroad: place and code in the country's order, then the country's name."""
    own = [frame[name] for name in names]
    frame = frame.with_columns(_iso(frame).alias(_ISO))
    code, city = frame[v.CODE], frame[v.CITY]
    frame = frame.with_columns(
        joined([code, city]).alias(_CODE_FIRST), joined([city, frame[v.STATE], code]).alias(_CODE_LAST)
    )
    iso = pl.col(_ISO)
    code_first, below = iso.is_in(sorted(countries().code_first)), iso.is_in(_CODE_BELOW)
    last = pl.when(code_first).then(_CODE_FIRST).when(below).then(v.CITY).otherwise(_CODE_LAST)
    own_line = pl.when(below).then(v.CODE).otherwise(pl.lit(""))
    done = frame.select(last.alias("place"), own_line.alias("code line"), _country().alias("name"))
    return _filled([*own, *done.get_columns()], frame.height)


def _filled(lines: list[pl.Series], rows: int) -> list[pl.Series]:
    """So many lines as there are columns for them."""
    empty = pl.Series([""], dtype=pl.String).new_from_index(0, rows)
    return [*lines, *[empty] * (len(COMPOSED) - len(lines))]


def _iso(frame: pl.DataFrame) -> pl.Series:
    """ISO code of the country of mail abroad; empty where its name is unknown."""
    names = countries().iso2_of
    named = frame[v.COUNTRY].replace_strict(dict(names), default="")
    last = capitals(frame[v.LAST]).replace_strict(dict(names), default="")
    both = pl.DataFrame([named.alias("named"), last.alias("last")])
    return both.select(pl.when(pl.col("named") != "").then("named").otherwise("last")).to_series()


def _country() -> pl.Expr:
    """The country's name, where the lines do not end with it already."""
    name = pl.col(_ISO).replace_strict(dict(countries().english), default=None)
    return pl.when(pl.col(v.COUNTRY) != "").then(pl.coalesce(name, v.COUNTRY)).otherwise(pl.lit(""))
