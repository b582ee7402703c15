"""A small night that tries what cutting could change, and what of a run folder must not depend on it."""

from __future__ import annotations

from hashlib import file_digest, sha256
from pathlib import Path

import polars as pl

from printstream.base.places import Place
from tests.judges.nights import files_below

TABLES = ("manifest.parquet", "rejects.parquet", "trays.parquet", "sides.parquet")
DOCUMENTS = 1800


def digests(run_dir: Path) -> dict[str, str]:
    """Digests of all that must be the same, by name."""
    folders = (run_dir / "postal", run_dir / "inserter")
    papers = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    files = [*sorted((run_dir / "spool").iterdir()), *(run_dir / name for name in TABLES), *papers]
    return {file.name: sha256(file.read_bytes()).hexdigest() for file in files}


_OF_A_RUN = ("run.json", "report.html", ".xjdf")
"""Files that say when and where a run was."""


def all_digests(run_dir: Path) -> dict[str, str]:
    """Digests of every file but the run's own record, by name."""
    found = {}
    for name in files_below(run_dir):
        if not name.endswith(_OF_A_RUN):
            with (run_dir / name).open("rb") as file:
                found[name] = file_digest(file, "sha256").hexdigest()
    return found


def dirty_night(source: Path, folder: Path) -> None:
    """Spoil a night and scatter it over files.

    Documents: doubled keys, empty names, unknown ZIPs, faulty text, characters without a glyph, amounts that their
    lines contradict. Lines: without key, of nobody, with a missing value, with characters without a glyph. Files: keys of
    different widths, text plain and as dictionary, short row groups, one file without a row.
    """
    documents = pl.read_parquet(source / "documents" / "*.parquet").head(DOCUMENTS)
    lines = pl.read_parquet(source / "lines" / "*.parquet")
    lines = lines.filter(pl.col("customer_key").is_in(documents["customer_key"].implode()))
    documents = _spoil_documents(documents)
    lines = _spoil_lines(lines)
    _write(folder / "documents", documents, (0, 300, 300, 650))
    _write(folder / "lines", lines, (0, lines.height // 3, lines.height // 2))


def _set(frame: pl.DataFrame, column: str, rows: list[int], value: object) -> pl.DataFrame:
    at = pl.int_range(pl.len()).is_in(rows)
    return frame.with_columns(
        pl.when(at).then(pl.lit(value, frame[column].dtype)).otherwise(pl.col(column)).alias(column)
    )


def _spoil_documents(documents: pl.DataFrame) -> pl.DataFrame:
    documents = _set(documents, "name", [3, 400], "  ")
    documents = _set(documents, "zip5", [5, 333, 700], "00000")
    documents = _set(documents, "street", [7, 650], "1 Snowman \u2603 Street")
    documents = _set(documents, "city", [11, 801], "Tab\there")
    documents = _set(documents, "name", [8, 9, 840], "Zo\u00eb \u0141ukasz \u00c5ngstr\u00f6m")
    documents = documents.with_columns(
        pl.when(pl.int_range(pl.len()).is_in([13, 500]))
        .then(pl.col("total_cents") + 1)
        .otherwise(pl.col("total_cents"))
    )
    doubled = documents[[2, 444, 888]].with_columns(pl.lit("Double").alias("name"))
    return pl.concat([documents[:600], doubled, documents[600:]])


def _spoil_lines(lines: pl.DataFrame) -> pl.DataFrame:
    text = next(name for name, dtype in lines.schema.items() if dtype == pl.String)
    some = [17, lines.height // 2 + 5, lines.height - 3]
    lines = _set(lines, text, some, "\u2622 \u2603")
    lines = _set(lines, text, [99, lines.height // 2 + 60], "na\u00efve")
    lines = _set(lines, "net_cents", [1000, lines.height - 900], None)
    lone = lines[[5, 600, 9000]].with_columns(
        pl.lit(999_999_999, lines["customer_key"].dtype).alias("customer_key")
    )
    nobody = lines[[6, 601]].with_columns(pl.lit(None, lines["customer_key"].dtype).alias("customer_key"))
    middle = lines.height // 4
    return pl.concat([lone, lines[:middle], nobody, lines[middle:], lone])


def _write(folder: Path, frame: pl.DataFrame, starts: tuple[int, ...]) -> None:
    folder.mkdir(parents=True)
    for k, (begin, end) in enumerate(zip(starts, (*starts[1:], frame.height), strict=True)):
        part = frame[begin:end]
        key = pl.col("customer_key").cast(pl.Int64 if k % 2 else pl.Int32)
        texts = pl.col(pl.String).cast(pl.Categorical) if k == 1 else pl.col(pl.String)
        part.with_columns(key, texts).write_parquet(folder / f"{k:04d}.parquet", row_group_size=700 + 311 * k)


def upload(folder: Path, place: Place) -> None:
    """Put all files of a folder into a store."""
    for name in files_below(folder):
        (place / name).put(folder / name)


def download(place: Place, folder: Path) -> Path:
    """Fetch all files of a store's folder."""
    for name in place.names():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).fetch(folder / name)
    return folder
