"""Mail for the papers' tests: documents, sorted by room 5 as it is, papers written by the corridor as it is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl

from printstream import mailpapers, marks
from printstream.base.files import Seal
from printstream.job import Job
from printstream.numbering import FirstSerials
from printstream.presort import Presorted, presort

MAILDAT: dict[str, Any] = {
    "job_id": "17",
    "license_code": "TEST",
    "service": "basic",
    "owner": {"name": "Owner", "crid": "1234567", "mailer_id": "123456"},
    "preparer": {"name": "Agent", "crid": "89", "mailer_id": "912345678"},
    "contact": {"name": "Somebody", "phone": "2125550100", "email": "a@b.example"},
    "permit": {"number": "42", "zip9": "100019998"},
    "entry": {"zip9": "100019997"},
    "addresses": {"coding": "2025-07-01", "move_update": "2025-07-02", "move_update_method": "2"},
}
_TYPES: dict[str, Any] = {
    **dict.fromkeys(("postal_code", "plus4", "delivery_point", "stream"), pl.String),
    "document": pl.UInt32,
}
STREAMS = [
    {"name": "thin", "max_sheets": 2, "scheme": "us_fcm_letters"},
    {"name": "thick", "max_sheets": 6, "scheme": "us_mm_letters"},
    {"name": "rest", "folds": 0},
]


def job_of(streams: list[dict[str, Any]] | None = None, **mailing: Any) -> Job:
    return Job.model_validate(
        {
            "format": "printstream-job/1",
            "name": "mail",
            "title": "Mail, tried",
            "production_date": "2025-08-01",
            "input": {"documents": {"files": ["d.parquet"], "key": "k"}},
            "address": {"lines": ["n"], "street": "s", "city": "c", "state": "st", "zip5": "z"},
            "streams": streams or STREAMS,
            "mailing": mailing,
        }
    )


def documents_of(job: Job, count: int, seed: int = 1) -> pl.DataFrame:
    """Letters to few places and many, of one to six sheets and now and then more."""
    random = np.random.default_rng(seed)
    dense = random.choice(["10001", "10002", "94105", "60601", "09012"], count)
    wide = np.array([f"{z:05d}" for z in random.integers(1001, 99_950, count)])
    zips = np.where(random.random(count) < 0.6, dense, wide)
    sheets = random.choice([1, 1, 1, 2, 3, 4, 6, 9], count)
    limits = [s.max_sheets or 10**9 for s in job.streams]
    stream = [job.streams[int(np.searchsorted(limits, s))].name for s in sheets]
    return (
        pl.DataFrame(
            {
                "document": np.arange(count, dtype=np.uint32),
                "postal_code": zips,
                "plus4": np.where(random.random(count) < 0.98, "1234", ""),
                "delivery_point": "56",
                "city": "Somewhere",
                "state": "NY",
                "weight_mg": 4_700 + 5_429 * sheets,
                "thickness_um": 200 + 330 * sheets,
                "sheets": sheets.astype(np.uint32),
                "stream": stream,
            }
        )
        .cast(_TYPES)
        .with_columns(
            delivery_point=pl.when(pl.col("plus4") == "").then(pl.lit("")).otherwise("delivery_point")
        )
    )


@dataclass(frozen=True)
class Written:
    """A mailing and its papers."""

    folder: Path
    presorted: Presorted
    manifest: pl.DataFrame
    seals: dict[str, Seal]

    @property
    def postal(self) -> Path:
        return self.folder / "postal"


def plan_of(job: Job, documents: pl.DataFrame) -> Any:
    presorted = presort(documents, job)
    return SimpleNamespace(order=SimpleNamespace(job=job, job_dir=None), presorted=presorted)


def write(
    folder: Path, job: Job, documents: pl.DataFrame, first_tray: int = 1, first_container: int = 1
) -> Written:
    """Sort documents and write their papers."""
    plan = plan_of(job, documents)
    pieces = plan.presorted.pieces.join(
        documents.select("document", "postal_code", "plus4", "delivery_point"),
        on="document",
        maintain_order="left",
    )
    manifest = pieces.with_columns(
        marks.postal_barcodes(pieces, documents, job),
        pl.lit(1, pl.UInt32).alias("spool"),
        pl.lit(0, pl.UInt32).alias("first_side"),
    )
    folder.mkdir(exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        first = FirstSerials(first_tray, first_container)
        seals = mailpapers.write_mail_papers(folder, plan, manifest, first, pool)
    return Written(folder, plan.presorted, manifest, seals)
