"""A hundred documents cut out of the input: the job whose time is start-up, and whose first run is compilation.

In: the input, the keys that a run printed. Out: a folder of Parquet files of the same names. Never: changes a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from printstream.bench.floor import files_of
from printstream.job import Job

DOCUMENTS = 100


def cut_input(job: Job, data_dir: Path, run_dir: Path, out: Path, documents: int = DOCUMENTS) -> int:
    """Write the input of ``documents`` documents that the run printed; give their number."""
    ids = pl.read_parquet(run_dir / "manifest.parquet", columns=["document_id"])["document_id"]
    chosen = ids.gather_every(max(1, len(ids) // documents)).head(documents)
    keys = pa.array(chosen.to_list(), pa.string())
    tables = [(job.input.documents.files, job.input.documents.key)]
    if job.input.details is not None:
        tables.append((job.input.details.files, job.input.details.key))
    for patterns, key in tables:
        _cut(data_dir, patterns, key, keys, out)
    return len(chosen)


def _cut(data_dir: Path, patterns: Sequence[str], key: str, keys: pa.Array, out: Path) -> None:
    for path in files_of(data_dir, patterns):
        target = out / path.relative_to(data_dir)
        target.parent.mkdir(parents=True, exist_ok=True)
        with pq.ParquetFile(path) as file, pq.ParquetWriter(target, file.schema_arrow) as writer:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group)
                wanted = pc.is_in(pc.cast(table[key], pa.string()), value_set=keys)
                writer.write_table(table.filter(wanted))
