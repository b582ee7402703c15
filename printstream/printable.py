"""Documents that cannot be printed leave: their texts have no glyphs or do not fit, or the post has no code for them.

In: documents as they were encoded. Out: those that can be printed, their lines and columns. Never: encodes again.
"""

from __future__ import annotations

from concurrent.futures import Executor

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream import address, ingest, layout, marks
from printstream.job import Job
from printstream.outcomes import Outcomes


def keep_printable(
    job: Job,
    documents: pl.DataFrame,
    lines: ingest.Details | None,
    done: layout.Typeset,
    outcomes: Outcomes,
    executor: Executor,
) -> tuple[pl.DataFrame, ingest.Details | None, layout.Typeset]:
    """Let documents leave that cannot be printed, by their texts or the post's code."""
    documents = address.settle(documents)
    bad = done.unprintable
    gone = set(bad.documents.tolist())
    rejects = [ingest.reject_documents(documents, bad.documents, bad.columns, bad.reasons)]
    for column, (entries, points) in sorted(bad.entries.items()):
        if lines is not None:
            owners, reasons = _owners(lines, column, entries, points)
            new = np.array([d not in gone for d in owners.tolist()], np.bool_)
            gone.update(owners.tolist())
            why = [reason for reason, is_new in zip(reasons, new.tolist(), strict=True) if is_new]
            rejects.append(ingest.reject_documents(documents, owners[new], column, why))
    post = marks.faulty_documents(documents, job)
    new = np.array([d not in gone for d in post.documents.tolist()], np.bool_)
    gone.update(post.documents.tolist())
    reasons = [reason for reason, is_new in zip(post.reasons, new.tolist(), strict=True) if is_new]
    rejects.append(ingest.reject_documents(documents, post.documents[new], post.column, reasons))
    if not gone:
        return documents, lines, done
    leaving = np.array(sorted(gone), np.int64)
    outcomes.leave("rejected", documents[leaving])
    outcomes.rejects += rejects
    keeping = executor.submit(layout.keep_documents, done, documents.height, leaving)
    documents, lines = ingest.drop_documents(documents, lines, leaving, executor)
    return documents, lines, keeping.result()


def _owners(
    lines: ingest.Details, column: str, entries: NDArray[np.int64], points: NDArray[np.int32]
) -> tuple[NDArray[np.int64], list[str]]:
    """Documents with a line whose text cannot be printed, ascending, and the reason of the first such line."""
    fault = np.zeros(len(lines.dictionaries[column]), np.int32)
    fault[entries] = points
    faults = fault[lines.values(column)[lines.order]]
    places = np.flatnonzero(faults)
    owners, firsts = np.unique(np.searchsorted(lines.first, places, side="right") - 1, return_index=True)
    return owners, [layout.glyph_reason(point) for point in faults[places[firsts]].tolist()]
