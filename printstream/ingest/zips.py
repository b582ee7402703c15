"""The reference list of ZIP codes (data/us_zip.parquet, whose source and licence lie beside it)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from io import BytesIO

import polars as pl


@cache
def known_zips() -> pl.Series:
    """Give all five-digit ZIP codes of the reference list."""
    data = files("printstream.ingest").joinpath("data", "us_zip.parquet").read_bytes()
    return pl.read_parquet(BytesIO(data), columns=["zip5"])["zip5"].unique(maintain_order=True)
