"""Where a bench is kept: JSON for the next comparison, a page for people.

In: a record, a comparison. Out: two files, each whole or not there.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from printstream.base.errors import ResourceError
from printstream.base.files import write_whole
from printstream.base.options import Options, new_run_id
from printstream.bench.compare import Comparison
from printstream.bench.page import write_page
from printstream.bench.record import Record, json_text


def save(
    record: Record, comparison: Comparison | None, options: Options, path: Path | None
) -> tuple[Path, Path]:
    """Write JSON and page; give their paths.

    Raises:
        ResourceError: when they cannot be written.
    """
    if path is None:
        name = options.run_id or new_run_id(datetime.fromisoformat(record.made), record.job)
        path = options.out / record.job / f"bench-{name}.json"
    page = path.with_suffix(".html")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json_text(record).encode())
        write_page(page, record, comparison)
    except OSError as error:
        what = f"the figures cannot be saved: {error.strerror}"
        raise ResourceError(what, where=str(path), next_step="Let this user write there") from error
    return path, page
