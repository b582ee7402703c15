"""The reference list of ZIP codes (data/us_zip.parquet, whose source and licence lie beside it)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from io import BytesIO

import numpy as np
import polars as pl
from numpy.typing import NDArray

_NUMBERS = 100_000


@cache
def known_zips() -> pl.Series:
    """Give all five-digit ZIP codes of the reference list."""
    data = files("printstream.ingest").joinpath("data", "us_zip.parquet").read_bytes()
    return pl.read_parquet(BytesIO(data), columns=["zip5"])["zip5"].unique(maintain_order=True)


def known_places() -> pl.DataFrame:
    """Give zip5, city (one spelling, in capitals) and state of the reference list."""
    data = files("printstream.ingest").joinpath("data", "us_zip.parquet").read_bytes()
    return pl.read_parquet(BytesIO(data), columns=["zip5", "city", "state"])


def is_known(zip5: pl.Expr) -> pl.Expr:
    """Whether a ZIP code of five digits is in the reference list; false of what is no number."""
    number = zip5.cast(pl.UInt32, strict=False).fill_null(0).clip(0, _NUMBERS - 1)
    return pl.lit(_by_number()).gather(number)


@cache
def _by_number() -> pl.Series:
    return pl.Series(known_numbers())


@cache
def known_numbers() -> NDArray[np.bool_]:
    """True at the number of each known ZIP code; a look-up, where to hash 41,000 texts would take 2 ms a call."""
    known = np.zeros(_NUMBERS, np.bool_)
    known[known_zips().cast(pl.UInt32).to_numpy()] = True
    return known
