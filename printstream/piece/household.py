"""Documents into envelopes: those that are matched share one, those of a household as far as the job's limits go.

In: documents with SHEETS and what the rules say of matches and households. Out: pieces, each the list of its documents in
order. Never: reads an address; sameness was decided by the rules.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base.columns import ADDRESSEE, HOUSEHOLD, HOUSEHOLD_ORDER, MATCH, SHEETS
from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.base.program import Enclosures
from printstream.envelope import Household
from printstream.job import Job
from printstream.piece.weigh import weigh

_MOST_SHEETS = 4_096
"""An envelope with several documents has fewer sheets than this; a longer document still travels, alone."""
_ALONE = 1 << 32


def match_documents(documents: pl.DataFrame, job: Job) -> Enclosures:
    """Fill envelopes: whole matches in the order of their types, households in the order of enclosures.

    Args:
        documents: a row a document with SHEETS; MATCH where the job has several types, in whose order the documents are;
            HOUSEHOLD and HOUSEHOLD_ORDER where it has households.
        job: the job.

    Raises:
        JobError: the rules have not looked for matches or households.
    """
    needed = [MATCH.name] if job.types else []
    needed += [HOUSEHOLD.name] if job.household is not None else []
    if not set(needed) <= set(documents.columns):
        what = "the documents have no household keys, so they cannot share envelopes"
        raise JobError(what, where="household", next_step="Run the job with these settings in its file")
    sheets = documents[SHEETS.name].to_numpy().astype(np.int64)
    units = _Units.of(documents, sheets, matched=bool(job.types))
    if job.household is None:
        return _enclosures(units.documents, units.begins, sheets)
    order = np.lexsort(
        (documents[HOUSEHOLD_ORDER.name].to_numpy()[units.lead], _households(documents)[units.lead])
    )
    begins = _filled(documents, units, order, job, job.household)
    return _enclosures(*units.expanded(order, begins), sheets)


@frozen
class _Units:
    """What goes into one envelope or the other as a whole: a document, or a match.

    Attributes:
        documents: int64[documents]: unit after unit, those of a unit as they lie in it.
        begins: bool[documents]: whether a unit begins there.
        lead: int64[units]: first document of each.
        sheets, sizes: int64[units]: sheets and documents of each.
    """

    documents: NDArray[np.int64]
    begins: NDArray[np.bool_]
    lead: NDArray[np.int64]
    sheets: NDArray[np.int64]
    sizes: NDArray[np.int64]

    @classmethod
    def of(cls, documents: pl.DataFrame, sheets: NDArray[np.int64], *, matched: bool) -> _Units:
        """Bring together what is matched."""
        if not matched:
            own = np.arange(sheets.size)
            return cls(own, np.ones(own.size, np.bool_), own, sheets, np.ones(own.size, np.int64))
        match = documents[MATCH.name].to_numpy().astype(np.int64)
        # Stable: documents are in the order of their types.
        order = np.argsort(match, kind="stable")
        begins = np.diff(match[order], prepend=-1) != 0 if order.size else np.zeros(0, np.bool_)
        starts = np.flatnonzero(begins)
        total = np.add.reduceat(sheets[order], starts) if starts.size else sheets
        return cls(order, begins, order[starts], total, np.diff(starts, append=order.size))

    def expanded(
        self, order: NDArray[np.int64], begins: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Documents of the units in an order, and whether an envelope begins with each; ``begins`` says so of units."""
        starts, sizes = np.flatnonzero(self.begins)[order], self.sizes[order]
        first = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
        places = np.arange(first[-1]) + np.repeat(starts - first[:-1], sizes)
        opens = np.zeros(places.size, np.bool_)
        opens[first[:-1]] = begins
        return self.documents[places], opens


def _filled(
    documents: pl.DataFrame, units: _Units, order: NDArray[np.int64], job: Job, settings: Household
) -> NDArray[np.bool_]:
    """Whether an envelope begins with each unit, in their order."""
    from printstream.kernels.household import fill_envelopes

    most = min(settings.max_sheets or _MOST_SHEETS, _MOST_SHEETS)
    begins = np.zeros(order.size, np.bool_)
    fill_envelopes(
        _households(documents)[units.lead][order],
        units.sheets[order],
        units.sizes[order],
        *_limits(most, job, settings),
        settings.max_documents or documents.height,
        settings.keep_stream,
        begins,
    )
    return begins


def several_addressees(documents: pl.DataFrame, enclosures: Enclosures) -> NDArray[np.uint32]:
    """First documents of the pieces that hold documents to more than one addressee, ascending."""
    addressee = documents[ADDRESSEE.name].to_numpy()[enclosures.documents]
    counts = np.diff(enclosures.first)
    lead = np.repeat(np.arange(counts.size), counts)
    # Documents of a piece follow one another, so one that differs from its neighbour tells.
    differs = (addressee[1:] != addressee[:-1]) & (lead[1:] == lead[:-1])
    return np.unique(lead[1:][differs]).astype(np.uint32)


def _households(documents: pl.DataFrame) -> NDArray[np.int64]:
    """Household of each document; one of its own where it stays alone."""
    own = pl.int_range(_ALONE, _ALONE + documents.height, dtype=pl.Int64, eager=True)
    household: NDArray[np.int64] = (
        documents.select(pl.coalesce(pl.col(HOUSEHOLD.name).cast(pl.Int64), own)).to_series().to_numpy()
    )
    return household


def _limits(most: int, job: Job, settings: Household) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """By sheets: whether an envelope with several documents may hold so many, and its stream."""
    numbers = {stream.name: k for k, stream in enumerate(job.streams)}
    takes, stream = np.zeros(most + 1, np.bool_), np.zeros(most + 1, np.int64)
    for sheets in range(1, most + 1):
        filled = weigh(sheets, job)
        stream[sheets] = numbers[filled.stream.name]
        light = settings.max_weight_mg is None or filled.max_weight_mg <= settings.max_weight_mg
        thin = settings.max_thickness_um is None or filled.max_thickness_um <= settings.max_thickness_um
        takes[sheets] = light and thin
    return takes, stream


def _enclosures(order: NDArray[np.int64], begins: NDArray[np.bool_], sheets: NDArray[np.int64]) -> Enclosures:
    """Lay the pieces one behind the other by their first documents."""
    starts = np.flatnonzero(begins)
    counts = np.diff(starts, append=order.size)
    lead = order[starts]
    by_lead = np.argsort(lead, kind="stable")
    first = np.zeros(order.size + 1, np.int64)
    first[lead + 1] = counts
    np.cumsum(first, out=first)
    ends = np.cumsum(counts[by_lead])
    places = np.arange(order.size) + np.repeat(starts[by_lead] - (ends - counts[by_lead]), counts[by_lead])
    documents = order[places]
    return Enclosures(documents.astype(np.uint32), sheets[documents].astype(np.uint32), first)
