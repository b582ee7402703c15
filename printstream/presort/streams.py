"""A stream at a time: which pieces its scheme takes, and the batches that follow from it.

In: rows of a stream, codes, loaded schemes. Out: batches and warnings. Never: mixes streams; pieces of two
streams lie in different envelopes, so each stream is a mailing of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base.columns import CITY, STATE
from printstream.job import Job, StreamSettings
from printstream.presort.batches import Batch, Labels, presorted_batch, single_batch
from printstream.presort.checks import trays_for
from printstream.presort.codes import Codes
from printstream.presort.groups import RESIDUAL, plan_groups
from printstream.presort.labels import ZIPS
from printstream.presort.scheme import SINGLE_PIECE_SCHEME, LoadedScheme, SinglePiece


@dataclass(frozen=True)
class Desk:
    """What sorting a stream needs at hand.

    Attributes:
        documents: a row a piece, by document number.
        codes: the address codes of the same rows.
        job: the job.
        schemes: schemes by the names in the job's streams.
        singles: single-piece prices by name.
    """

    documents: pl.DataFrame
    codes: Codes
    job: Job
    schemes: dict[str, LoadedScheme]
    singles: dict[str, SinglePiece]

    def single_of(self, stream: StreamSettings) -> tuple[str, SinglePiece]:
        """Name and prices of what the stream's scheme does not take."""
        name = SINGLE_PIECE_SCHEME
        if stream.scheme is not None:
            name = self.schemes[stream.scheme].scheme.residual
        return name, self.singles[name]


def sort_stream(
    rows: NDArray[np.uint32], stream: StreamSettings, desk: Desk
) -> tuple[list[Batch], list[str]]:
    """Presort what the scheme takes; the rest follows unsorted, as a mailing of its own (DMM 235.1.2).

    Returns:
        the batches in mailing order, and warnings.
    """
    batches: list[Batch] = []
    warnings: list[str] = []
    if stream.scheme is not None:
        loaded = desk.schemes[stream.scheme]
        tray_set, warning = trays_for(stream, loaded)
        takes, warnings = _takes(rows, stream, loaded, desk.codes)
        warnings += [warning] if warning else []
        plan = plan_groups(np.bincount(desk.codes.zip5[rows[takes]], minlength=ZIPS), loaded)
        takes &= plan.level[desk.codes.zip5[rows]] != RESIDUAL
        places = desk.documents.select(c.name for c in (CITY, STATE) if c.name in desk.documents.columns)
        labels = Labels(stream.name, desk.job.mailing.origin, places)
        batches = [presorted_batch(rows[takes], desk.codes, plan, loaded.scheme, tray_set, labels)]
        rows = rows[~takes]
    name, single = desk.single_of(stream)
    batches.append(single_batch(rows, desk.codes, single, stream.name))
    if batches[-1].unpriced:
        warnings.append(
            f"Stream {stream.name}: {batches[-1].unpriced} pieces are heavier or thicker than the last price "
            f"of scheme {name}; they carry that price, which is too low."
        )
    return batches, warnings


def _takes(
    rows: NDArray[np.uint32], stream: StreamSettings, loaded: LoadedScheme, codes: Codes
) -> tuple[NDArray[np.bool_], list[str]]:
    """Whether the scheme takes each piece: first the limits of a piece, then the minimum of the mailing."""
    scheme, warnings = loaded.scheme, []
    too_big = (codes.weight_mg[rows] > scheme.max_weight_mg) | (
        codes.thickness_um[rows] > scheme.max_thickness_um
    )
    if too_big.any():
        warnings.append(
            f"Stream {stream.name}: {int(too_big.sum())} pieces are heavier than {scheme.max_weight_mg} mg "
            f"or thicker than {scheme.max_thickness_um} um; scheme {stream.scheme} does not take them."
        )
    takes = ~too_big
    incomplete = takes & ~codes.complete[rows]
    if incomplete.any():
        left_out = scheme.missing_delivery_point == "residual"
        warnings.append(
            f"Stream {stream.name}: {int(incomplete.sum())} pieces lack ZIP+4 or delivery point, which "
            f"automation prices need; they are {'left out' if left_out else 'sorted all the same'}."
        )
        takes &= ~incomplete if left_out else True
    count = int(takes.sum())
    if 0 < count < scheme.minimum_pieces:
        warnings.append(
            f"Stream {stream.name}: {count} pieces are fewer than the {scheme.minimum_pieces} that a mailing "
            f"of scheme {stream.scheme} needs; all go at single-piece price."
        )
        takes[:] = False
    return takes, warnings
