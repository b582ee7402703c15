"""A small mailing of one-page letters, for the posts' codes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
from ruamel.yaml import YAML

AT_MM = (20.0, 60.0)
"""Where the postal block stands: left, and the centre line or the top."""
ROWS = 7
ZIPS = ["10001", "10001", "10002", "10003", "10004", "10005", "10006"]


def write_job(folder: Path, mailing: Mapping[str, Any]) -> None:
    """A letter of one page: address, postal block, nothing else near it."""
    folder.mkdir(parents=True)
    yaml = YAML(typ="safe")
    job = {
        "format": "printstream-job/1", "name": "posts", "title": "Posts", "production_date": "2016-06-03",
        "input": {"documents": {"files": ["documents.parquet"], "key": "key"}, "reject_limit": {"share": "0.5"}},
        "address": {"lines": ["name", "street"], "street": "street", "city": "city", "state": "state", "zip5": "zip5"},
        "mailing": dict(mailing),
        "imposition": {"scheme": "one_up", "sheet_width": "8.5in", "sheet_height": "11in", "crop_marks": False},
    }  # fmt: skip
    template = {
        "format": "printstream-template/1",
        "styles": {"body": {"size": "10pt"}},
        "first": {
            "blocks": [
                {"kind": "address", "at": ["20mm", "90mm"], "first_line": "5mm", "leading": "12pt", "style": "body",
                 "width": "90mm", "lines": ["{name}", "{street}", "{city} {state} {zip5}"]},
                {"kind": "postal", "at": [f"{AT_MM[0]}mm", f"{AT_MM[1]}mm"]},
            ],
            "area": {"top": "150mm", "bottom": "250mm"},
        },
    }  # fmt: skip
    for name, document in (("job.yaml", job), ("template.yaml", template)):
        with (folder / name).open("w") as file:
            yaml.dump(document, file)


def write_data(folder: Path, columns: Mapping[str, list[Any]]) -> None:
    folder.mkdir(parents=True)
    frame = pl.DataFrame(
        {
            "key": list(range(ROWS)),
            "name": [f"Person {k}" for k in range(ROWS)],
            "street": [f"{k + 1} Broad Street" for k in range(ROWS)],
            "city": ["New York"] * ROWS,
            "state": ["NY"] * ROWS,
            "zip5": ZIPS,
            **columns,
        },
        strict=False,
    )
    frame.write_parquet(folder / "documents.parquet")
