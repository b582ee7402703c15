"""Counts the lines of every document and adds up their money, then groups them; parts of the lines side by side.

In: whose line each is, and what it amounts to. Out: sums, and the lines in the documents' order. Never: depends on the
number of parts.
"""

from __future__ import annotations

from concurrent.futures import Executor, Future
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from printstream.base.frozen import frozen
from printstream.ingest.sinks import Aside
from printstream.ingest.tables import Tally
from printstream.kernels.ingest import FATES
from printstream.kernels.lines import COUNT, HIGH, LOW, TALLIES, place_lines, settle_sums, tally_lines

_LINES_A_DOCUMENT = 8
"""A further part pays, in time and memory, when it has more lines than that."""


@frozen
class Tallied:
    """Lines counted and added up.

    Attributes:
        sums: int64[documents]: money of each document's lines, UNREADABLE beyond 63 bits.
        lines, cents: lines by fate, and their money.
        first: int64[documents + 1]: places of each document's lines when they are grouped.
        cuts: where the parts begin, and the rows' end.
        counts: of each part, uint32[documents]: lines of each document.
        in_order: whether the lines of documents lie in the documents' order.
    """

    sums: NDArray[np.int64]
    lines: Tally
    cents: Tally
    first: NDArray[np.int64]
    cuts: tuple[int, ...]
    counts: tuple[NDArray[np.uint32], ...]
    in_order: bool


def tally(
    documents: NDArray[np.int32],
    cents: NDArray[Any] | None,
    aside: Aside,
    count: int,
    pool: Executor,
    workers: int,
) -> Tallied:
    """Count lines and add up their money.

    Args:
        documents: int32[rows]: document or fate of every line.
        cents: what each amounts to; None where there is no money.
        aside: amounts that the column is too narrow for, and which are 0 there.
        count: documents.
        pool: threads.
        workers: how many.
    """
    rows = documents.size
    parts = max(1, min(workers, rows // (_LINES_A_DOCUMENT * max(count, 1))))
    cuts = tuple(rows * k // parts for k in range(parts + 1))
    money = np.zeros(0, np.int8) if cents is None else cents
    tallies = [np.zeros((count, TALLIES), np.int64) for _ in range(parts)]
    fates = np.zeros((parts, FATES, TALLIES), np.int64)
    jobs = [
        pool.submit(tally_lines, documents[a:b], money[a:b], tallies[k], fates[k])
        for k, (a, b) in enumerate(pairwise(cuts))
    ]
    found = [job.result() for job in jobs]
    ends = [place for _, *both in found if both[0] >= 0 for place in both]
    in_order = all(ordered for ordered, *_ in found) and ends == sorted(ends)
    counts = tuple(each[:, COUNT].astype(np.uint32) for each in tallies)
    total, of_fates = tallies[0], fates.sum(axis=0)
    for other in tallies[1:]:
        total += other
    first = np.zeros(count + 1, np.int64)
    np.cumsum(total[:, COUNT], out=first[1:])
    lines = Tally(*of_fates[:, COUNT].tolist())
    if aside.rows.size:
        tally_lines(
            documents[aside.rows], aside.values, total, of_fates
        )  # only the money counts from here on
    sums = np.empty(count, np.int64)
    settle_sums(total, sums)
    exact = ((int(high) << 32) + int(low) for high, low in of_fates[:, HIGH : LOW + 1])
    return Tallied(sums, lines, Tally(*exact), first, cuts, counts, in_order)


@frozen
class Grouping:
    """Lines on their way into the documents' order.

    Attributes:
        documents: int32[rows]: document or fate of every line.
        tallied: the same lines.
        order: uint32[lines of documents]: their rows; None where they lie in order, and are numbered when all is done.
        jobs: what is being placed.
    """

    documents: NDArray[np.int32]
    tallied: Tallied
    order: NDArray[np.uint32] | None
    jobs: tuple[Future[None], ...]

    @classmethod
    def begin(cls, documents: NDArray[np.int32], tallied: Tallied, pool: Executor) -> Grouping:
        """Begin; lines that lie in order take the place of ``documents``, which others may still read."""
        if tallied.in_order:
            return cls(documents, tallied, None, ())
        order = np.empty(tallied.lines.accepted, np.uint32)
        following = tallied.first[:-1].copy()
        jobs = []
        for (begin, end), counts in zip(pairwise(tallied.cuts), tallied.counts, strict=True):
            jobs.append(pool.submit(place_lines, documents[begin:end], begin, following.copy(), order))
            following += counts
        return cls(documents, tallied, order, tuple(jobs))

    def finish(self) -> NDArray[np.uint32]:
        """Give the rows of the lines by document, in their order; ``documents`` may be gone."""
        for job in self.jobs:
            job.result()
        if self.order is not None:
            return self.order
        order = self.documents.view(np.uint32)[: self.tallied.lines.accepted]
        place_lines(self.documents, 0, self.tallied.first[:-1].copy(), order)
        return order
