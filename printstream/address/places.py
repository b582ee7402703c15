"""The post's places: which codes there are, in which states and cities.

In: the list that ships, or the job's own. Out: ``Places``. Never: judges a document.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from printstream.address.posts import MILITARY_PREFIXES
from printstream.address.texts import capitals, city_form, code_form
from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.job import Job

SEPARATOR = "|"


@frozen
class Places:
    """A post's places, as texts to look up.

    Attributes:
        codes: postal codes; None: no list, any code is taken for known.
        states: code|state, each once; None where the list has no states.
        cities: code|city in the form of ``city_form``, each once; None where cities are not compared.
    """

    codes: pl.Series | None
    states: pl.Series | None
    cities: pl.Series | None


def read_places(job: Job, folder: Path, shipped: pl.DataFrame) -> Places:
    """Read the job's list of places, or take the one that ships.

    Args:
        job: the job; its address checks are on.
        folder: the job's folder.
        shipped: zip5, city, state of the United States.

    Raises:
        JobError: when the list is missing or has other columns.
    """
    checks = job.address.checks
    assert checks is not None
    if checks.places is None:
        if checks.home != "us":
            return Places(None, None, None)
        return _places(_corrected(shipped.rename({"zip5": "code"})), cities=checks.cities)
    frame = _read(folder / checks.places, checks.places)
    return _places(frame, cities=checks.cities)


def _corrected(shipped: pl.DataFrame) -> pl.DataFrame:
    """The list that ships, with military ZIPs in their regions: it has six of prefix 099 in New Jersey."""
    prefix = pl.col("code").str.slice(0, 3)
    state = pl.col("state")
    for region, prefixes in MILITARY_PREFIXES.items():
        state = pl.when(prefix.is_in(prefixes)).then(pl.lit(region)).otherwise(state)
    return shipped.with_columns(state.alias("state"))


def _read(path: Path, name: str) -> pl.DataFrame:
    where, next_step = f"address.checks.places: {name}", "Give it the columns code, city and state"
    try:
        if path.suffix.lower() == ".parquet":
            frame = pl.read_parquet(path)
        else:
            frame = pl.read_csv(path, infer_schema=False, encoding="utf8")
    except (OSError, pl.exceptions.PolarsError) as error:
        what = "the list of places cannot be read"
        raise JobError(what, where=where, next_step="Deliver it as UTF-8 CSV or Parquet") from error
    frame = frame.rename({column: column.lower() for column in frame.columns}, strict=False)
    frame = frame.rename({"zip5": "code", "zip": "code", "postal_code": "code"}, strict=False)
    if not {"code", "city"} <= set(frame.columns):
        what = f"the list of places has the columns {', '.join(frame.columns)}"
        raise JobError(what, where=where, next_step=next_step)
    if not isinstance(frame.schema["code"], pl.String):
        what = "the codes of the list of places are numbers, which have lost their leading zeros"
        raise JobError(what, where=where, next_step="Write them as text")
    if frame.is_empty():
        what = "the list of places is empty"
        raise JobError(what, where=where, next_step=next_step)
    return frame


def _places(frame: pl.DataFrame, *, cities: bool) -> Places:
    texts = frame.select(pl.col(pl.String).fill_null(""))
    codes = code_form(texts["code"])
    states = cities_of = None
    if "state" in texts.columns:
        states = _pairs(codes, capitals(texts["state"]))
    if cities:
        cities_of = _pairs(codes, city_form(texts["city"]))
    return Places(codes.unique(), states, cities_of)


def _pairs(left: pl.Series, right: pl.Series) -> pl.Series:
    frame = pl.DataFrame([left.alias("left"), right.alias("right")])
    return frame.select(pl.concat_str("left", "right", separator=SEPARATOR)).to_series().unique()
