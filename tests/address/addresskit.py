"""Jobs and documents for the address room's tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from printstream.job import Job

COLUMNS = ("name", "street", "extra", "city", "state", "zip", "plus4", "point", "country")
PLACE_COLUMNS = {"city": "city", "state": "state", "zip5": "zip", "plus4": "plus4", "delivery_point": "point"}


def job_of(address: Mapping[str, Any] | None = None, **checks: Any) -> Job:
    """A job whose addresses are judged."""
    home = checks.get("home", "us")
    if address is None and home != "us":
        form = home if home in {"ca", "cn", "de", "gb"} else "prefix"
        address = {"city": "city", "state": "state", "postal_code": "zip", "form": form}
    return Job.model_validate(
        {
            "format": "printstream-job/1",
            "name": "letters",
            "title": "Letters",
            "production_date": "2026-01-31",
            "input": {"documents": {"files": ["documents"], "key": "key"}},
            "address": {
                "lines": ["name", "street", "extra"],
                "street": "street",
                **(PLACE_COLUMNS if address is None else address),
                "checks": {"country": "country", **checks},
            },
            "mailing": {"barcode": "imb" if home == "us" else "none"},
            "diverted": {"name": "by-hand", "folds": 0, "envelope_weight_mg": 9_000},
        }
    )


def frame_of(rows: Sequence[Mapping[str, str | None]]) -> pl.DataFrame:
    """Documents as ingest hands them on."""
    frame = pl.DataFrame(list(rows), schema=dict.fromkeys(COLUMNS, pl.String))
    keys = pl.int_range(pl.len(), dtype=pl.Int64)
    return frame.with_columns(
        keys.alias("key"),
        keys.cast(pl.String).alias("document_id"),
        pl.lit("d.parquet").alias("source"),
        keys.alias("row"),
    )


def address(**changes: str | None) -> dict[str, str | None]:
    """A sound address, but for what is changed."""
    sound = {"name": "Ann Lee", "street": "1 OAK ST", "city": "HOLTSVILLE", "state": "NY", "zip": "00501"}
    return {**dict.fromkeys(COLUMNS, ""), **sound, **changes}
