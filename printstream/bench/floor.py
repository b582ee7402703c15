"""The floor: what any program would have to do for the same print files on this machine, and nothing else.

In: a run's print files, the columns that it read. Out: seconds to read these columns, to compress the very same content
at the same level, and to write it, with the same number of threads. Never: counts decompressing (it happens before the
clock starts), hashing, verifying, PDF syntax or start-up as part of the floor.
"""

from __future__ import annotations

import os
import shutil
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from isal import igzip_lib

from printstream.base.frozen import frozen
from printstream.bench.content import plain_sides, sides_by_spool
from printstream.order import WorkOrder, check_source

_SIDES_A_TASK = 64
_TASKS_AHEAD = 4
_WRITE_BYTES = 4 << 20
_BATCH_ROWS = 1 << 16
IGZIP_LEVEL = 1
"""The quickest library and level that make about as few bytes as we do; our own kernel is no part of its own floor."""


@frozen
class Floor:
    """Seconds at least.

    Attributes:
        read: the same columns of the same Parquet files, decoded.
        pack: compressing and writing the same content; what reaches the system's cache counts as written.
        flush: until these bytes are on the disk; a run waits for that, the floor does not count it.
        content_bytes: content before compression; packed_bytes: after.
    """

    read: float
    pack: float
    flush: float
    content_bytes: int
    packed_bytes: int

    @property
    def seconds(self) -> float:
        """The floor."""
        return self.read + self.pack


@frozen
class Columns:
    """The columns of one table that a run reads."""

    files: tuple[Path, ...]
    names: tuple[str, ...]


def floor_of(run_dir: Path, tables: Sequence[Columns], workers: int) -> Floor:
    """Measure the floor under a finished run."""
    read = _read(tables, workers)
    pack, flush, content, packed = 0.0, 0.0, 0, 0
    out = run_dir.with_name(f"{run_dir.name}.floor")
    out.mkdir()
    try:
        # One print file's content at a time, so that the bench needs no more memory than the run. What was written stays,
        # as a run's files do: writing into the memory of a file that has gone is quicker than any run can be.
        for name, recorded in sides_by_spool(run_dir).items():
            plain = plain_sides(run_dir / "spool" / name, recorded)
            content += sum(map(len, plain))
            timed = _pack(plain, out / name, workers)
            pack, flush, packed = pack + timed[0], flush + timed[1], packed + timed[2]
    finally:
        shutil.rmtree(out)
    return Floor(read, pack, flush, content, packed)


def columns_read(order: WorkOrder, data_dir: Path) -> tuple[Columns, ...]:
    """Name the files and columns that a run of this job reads."""
    source = check_source(order, data_dir)
    settings, address = order.job.input, order.job.address
    places = (
        address.street,
        address.city,
        address.state,
        address.zip5,
        address.postal_code,
        address.plus4,
        address.delivery_point,
    )
    own = (settings.documents.key, settings.documents.money, *address.lines, *places)
    tables = [_table(data_dir, settings.documents.files, {*own, *source.read_documents})]
    if (details := settings.details) is not None:
        own_lines = (details.key, details.money, details.group, *details.order_by)
        tables.append(_table(data_dir, details.files, {*own_lines, *source.read_lines}))
    return tuple(tables)


def files_of(data_dir: Path, patterns: Sequence[str]) -> tuple[Path, ...]:
    """List the files that a job's setting names; ``check_source`` has judged them already."""
    found: set[Path] = set()
    for pattern in patterns:
        plain = data_dir / pattern
        for path in [plain] if plain.exists() else data_dir.glob(pattern):
            found.update(path.rglob("*.parquet") if path.is_dir() else [path])
    return tuple(sorted(p for p in found if p.is_file()))


def _table(data_dir: Path, patterns: Sequence[str], names: set[str | None]) -> Columns:
    return Columns(files_of(data_dir, patterns), tuple(sorted(n for n in names if n is not None)))


def _read(tables: Sequence[Columns], workers: int) -> float:
    """Decode all columns, row groups side by side, text as dictionaries, and drop them."""
    begin = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        tasks = [
            pool.submit(_read_group, path, group, table.names)
            for table in tables
            for path in table.files
            for group in range(pq.read_metadata(path).num_row_groups)
        ]
        for task in tasks:
            task.result()
    return time.perf_counter() - begin


def _read_group(path: Path, group: int, names: Sequence[str]) -> int:
    schema = pq.read_schema(path)
    present = [name for name in names if name in schema.names]
    texts = [n for n in present if pa.types.is_string(schema.field(n).type)]
    rows = 0
    with pq.ParquetFile(path, read_dictionary=texts, pre_buffer=False) as file:
        for batch in file.iter_batches(_BATCH_ROWS, row_groups=[group], columns=present, use_threads=False):
            rows += batch.num_rows
    return rows


def _pack(plain: Sequence[bytes], out: Path, workers: int) -> tuple[float, float, int]:
    """Compress and write one print file's sides; give seconds, seconds to flush, bytes."""
    begin = time.perf_counter()
    packed, pending = 0, []
    with out.open("wb") as file, ThreadPoolExecutor(workers) as pool:
        waiting = 0
        for streams in _in_order(plain, pool, workers):
            pending += streams
            waiting += sum(map(len, streams))
            if waiting >= _WRITE_BYTES:
                packed += file.write(b"".join(pending))
                pending, waiting = [], 0
        packed += file.write(b"".join(pending))
        file.flush()
        written = time.perf_counter()
        os.fsync(file.fileno())
        flushed = time.perf_counter()
    return written - begin, flushed - written, packed


def _in_order(plain: Sequence[bytes], pool: ThreadPoolExecutor, workers: int) -> Iterator[list[bytes]]:
    waiting: deque[Future[list[bytes]]] = deque()
    for first in range(0, len(plain), _SIDES_A_TASK):
        waiting.append(pool.submit(_compress, plain[first : first + _SIDES_A_TASK]))
        if len(waiting) > _TASKS_AHEAD * workers:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _compress(sides: Sequence[bytes]) -> list[bytes]:
    compress, form = igzip_lib.compress, igzip_lib.COMP_ZLIB
    return [compress(side, IGZIP_LEVEL, form) for side in sides]
