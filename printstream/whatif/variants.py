"""Variants of a job: words on the command line to jobs with other settings.

In: the job file, words. Out: ``Variant``. Never: touches a setting that pages depend on; those need another plan.
"""

from __future__ import annotations

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from printstream.base.errors import JobError, UsageError
from printstream.base.frozen import frozen
from printstream.base.yamlfile import load_yaml
from printstream.job import Job

AS_IT_IS = "as it is"
CLOSING = "closing_lines"
"""No setting of the job: documents whose last page holds so many lines at most lose that page."""
# What rooms 4 to 6 read. A room that joins documents into pieces adds its settings here.
_FREE = re.compile(
    r"streams\.[a-z0-9_-]+\.\w+|stock\.(grammage_gsm|caliper_um)|mailing\.origin|production_date|imposition\.\w+|spool\.\w+"
    r"|household|household\.(max_\w+|keep_stream)|inserts|closing_lines"
)
_NEXT_STEP = "Write KEY=VALUE[,VALUE], such as spool.sheets=2000,5000 or streams.letter.scheme=us_mm_letters"


@frozen
class Variant:
    """A job beside the job as it is.

    Attributes:
        name: what is different.
        job: the job.
        closing_lines: most lines on a last page that is closed up; None: pages stay as they are.
    """

    name: str
    job: Job
    closing_lines: int | None = None


def variants_of(job_dir: Path, words: list[str]) -> list[Variant]:
    """Make the variants that words ask for; each value of a key is one of its own.

    Args:
        job_dir: folder that holds job.yaml.
        words: ``KEY=VALUE[,VALUE...]``, several settings of one variant joined by ``+``; ``none`` takes a
            setting away.

    Raises:
        UsageError: when a word is no setting, or one that pages depend on.
        JobError: when the job does not allow a value.
    """
    data, _ = load_yaml(job_dir / "job.yaml")
    variants = []
    for word in words:
        *fixed, last = word.split("+")
        key, values = _setting(last)
        for value in values.split(","):
            changes = [*(_setting(w) for w in fixed), (key, value)]
            variants.append(_variant(data, changes))
    return variants


def _setting(word: str) -> tuple[str, str]:
    key, equals, value = word.strip().partition("=")
    if not equals or not value:
        what = f"{word!r} is no setting"
        raise UsageError(what, where="--compare", next_step=_NEXT_STEP)
    if not _FREE.fullmatch(key):
        what = f"{key!r} is no setting that can be compared without breaking pages anew"
        raise UsageError(what, where="--compare", next_step=_NEXT_STEP)
    return key, value


def _variant(data: dict[str, Any], changes: list[tuple[str, str]]) -> Variant:
    changed = deepcopy(data)
    closing = None
    for key, value in changes:
        if key == CLOSING:
            closing = _lines(value)
        else:
            _change(changed, key.split("."), value)
    name = " + ".join(f"{key}={value}" for key, value in changes)
    try:
        return Variant(name, Job.model_validate(changed), closing)
    except ValidationError as error:
        first = error.errors()[0]
        what = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise JobError(
            what, where=f"--compare {name}", next_step="See docs/job.md for what it may be"
        ) from error


def _lines(value: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,5}", value):
        what = f"{CLOSING} is a number of lines from 1 on, not {value!r}"
        raise UsageError(what, where="--compare", next_step=f"Write {CLOSING}=3,5,10")
    return int(value)


def _change(data: dict[str, Any], steps: list[str], value: str) -> None:
    place: Any = data
    for step in steps[:-1]:
        if isinstance(place, list):
            found = next((entry for entry in place if entry.get("name") == step), None)
            if found is None:
                what = f"the job has no stream {step!r}"
                raise UsageError(what, where="--compare", next_step="Take the name from streams of job.yaml")
            place = found
        else:
            place = place.setdefault(step, [] if step == "streams" else {})
    if value == "none":
        place.pop(steps[-1], None)
    else:
        place[steps[-1]] = int(value) if re.fullmatch(r"[0-9]{1,18}", value) else value
