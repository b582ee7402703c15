"""Documents into envelopes: those of a household share one as far as the job's limits go.

In: documents with SHEETS and what the rules say of households. Out: pieces, each the list of its documents in order.
Never: reads an address; sameness was decided by the rules.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base.columns import ADDRESSEE, HOUSEHOLD, HOUSEHOLD_ORDER, SHEETS
from printstream.base.errors import JobError
from printstream.base.program import Enclosures
from printstream.envelope import Household
from printstream.job import Job
from printstream.piece.weigh import weigh

_MOST_SHEETS = 4_096
"""An envelope with several documents has fewer sheets than this; a longer document still travels, alone."""
_ALONE = 1 << 32


def match_documents(documents: pl.DataFrame, job: Job, settings: Household) -> Enclosures:
    """Fill envelopes, household by household, in the order of enclosures.

    Args:
        documents: a row a document with SHEETS, HOUSEHOLD, HOUSEHOLD_ORDER.
        job: the job.
        settings: its household settings.

    Raises:
        JobError: the rules have not looked for households.
    """
    from printstream.kernels.household import fill_envelopes

    if HOUSEHOLD.name not in documents.columns:
        what = "the documents have no household keys, so they cannot share envelopes"
        raise JobError(what, where="household", next_step="Run the job with these settings in its file")
    sheets = documents[SHEETS.name].to_numpy().astype(np.int64)
    household = _households(documents)
    order = np.lexsort((documents[HOUSEHOLD_ORDER.name].to_numpy(), household))
    most = min(settings.max_sheets or _MOST_SHEETS, _MOST_SHEETS)
    takes, stream = _limits(most, job, settings)
    begins = np.zeros(order.size, np.bool_)
    fill_envelopes(
        household[order],
        sheets[order],
        takes,
        stream,
        settings.max_documents or order.size,
        settings.keep_stream,
        begins,
    )
    return _enclosures(order, begins, sheets)


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
