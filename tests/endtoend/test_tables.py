"""Tables of a run folder: their bytes follow from their rows alone."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from printstream.papers import write_parquet


def test_a_table_is_the_same_however_it_was_put_together(tmp_path: Path) -> None:
    frame = pl.DataFrame({"row": range(40_000), "text": [f"text {k * 7919 % 40_000}" for k in range(40_000)]})
    whole = write_parquet(tmp_path / "whole.parquet", frame)
    parts = pl.concat([frame[:32], frame[32:19_000], frame[19_000:]], rechunk=False)
    assert parts.n_chunks() == 3
    assert write_parquet(tmp_path / "parts.parquet", parts) == whole
