"""The address room's place in the corridor: after the rules, before anything is laid out; and the list for services.

In: work order, documents. Out: what stays and what leaves, the preflight, the list to send. Never: judges an address.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream import address, ingest
from printstream.base.addressplace import AddressPlace
from printstream.base.errors import UsageError
from printstream.base.files import write_whole
from printstream.base.frozen import frozen
from printstream.base.postcodes import CodeForms
from printstream.job import Job


@frozen
class Addressed:
    """Documents after the address room.

    Attributes:
        kept: those to print or divert.
        leaving: the others by action: digital, suppress, reject.
        rejects: the rejected ones, with their reasons.
        preflight: what was found.
    """

    kept: pl.DataFrame
    leaving: Mapping[str, pl.DataFrame]
    rejects: pl.DataFrame
    preflight: address.Preflight

    def keys(self, key: str, *actions: str) -> list[pl.Series]:
        """Keys of those that leave by some actions."""
        return [self.leaving[action][key] for action in actions]


def with_returned(
    read: ingest.Documents, job: Job, input_dir: ingest.Input, limit: int | None
) -> pl.DataFrame:
    """The accepted documents, with the addresses of the job's returned list where it names one.

    Raises:
        InputError: when the list does not fit the documents.
        UsageError: when there is no folder to find it in.
    """
    checks = job.address.checks
    if checks is None or checks.returned is None:
        return read.accepted
    if not isinstance(input_dir, Path):
        what = "the job takes addresses from a returned list, and a single document has none beside it"
        raise UsageError(what, where="job.address.checks.returned", next_step="Replace its address first")
    limited = limit is not None
    return address.replace_addresses(read.accepted, job, input_dir, read.rejected_keys, limited=limited)


def check_addresses(
    documents: pl.DataFrame,
    job: Job,
    job_dir: Path,
    place: AddressPlace | None,
    again: NDArray[np.bool_] | None = None,
) -> Addressed | None:
    """Judge the documents to print; None where the job does not ask for it.

    ``again`` tells duplicates where these documents are a part of all.

    Raises:
        JobError: when the list of places is wrong, or a line cannot be measured.
    """
    if job.address.checks is None:
        return None
    places = address.read_places(job, job_dir, ingest.known_places())
    documents, judged = address.judge_addresses(documents, job, places, place, again)
    parted = address.part_documents(documents, judged)
    rejected = parted.leaving["reject"]
    rows = np.arange(rejected.height, dtype=np.int64)
    rejects = ingest.reject_documents(rejected, rows, parted.columns, parted.reasons)
    return Addressed(parted.kept, parted.leaving, rejects, address.preflight_of(documents, judged, job))


def write_list(
    job: Job, input_dir: Path, limit: int | None, path: Path, codes: CodeForms | None = None
) -> int:
    """Write the list for an address service: CSV in UTF-8, a row a document that ingest accepts.

    Returns:
        rows.
    """
    read = ingest.read_documents(job, input_dir, address.columns_used(job), limit, codes=codes)
    listed = address.address_list(read.accepted, job)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, listed.write_csv().encode())
    return listed.height
