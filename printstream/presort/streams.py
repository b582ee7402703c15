"""A stream at a time: which pieces its scheme takes, and the batches that follow from it.

In: rows of a stream, codes, loaded schemes. Out: batches and warnings. Never: mixes streams; pieces of two
streams lie in different envelopes, so each stream is a mailing of its own.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base.columns import CITY, STATE
from printstream.base.frozen import frozen
from printstream.job import Job, StreamSettings
from printstream.presort.batches import Batch, Labels, single_batch
from printstream.presort.checks import trays_for
from printstream.presort.codes import Codes
from printstream.presort.forms import CodeTable
from printstream.presort.groups import level_keys
from printstream.presort.load import LoadedScheme, LoadedSingle
from printstream.presort.prepare import Mail, prepare
from printstream.presort.scheme import Scheme, TraySet
from printstream.presort.single import SinglePiece


@frozen
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
    singles: dict[str, LoadedSingle]

    def single_of(self, stream: StreamSettings) -> tuple[str, SinglePiece]:
        """Name and prices of what the stream's scheme does not take."""
        name = single_name(stream, self.schemes)
        return name, self.singles[name].single


@frozen
class SortedStream:
    """A stream's mail.

    Attributes:
        batches: in mailing order.
        warnings: sentences for the operator.
        greedy_mills: postage of the greedy preparation.
        greedy_trays: its trays.
        gap_mills: postage that the cheapest preparation could save at most; 0 where this one is proved cheapest.
    """

    batches: list[Batch]
    warnings: list[str]
    greedy_mills: int
    greedy_trays: int
    gap_mills: int = 0


def single_name(stream: StreamSettings, schemes: dict[str, LoadedScheme]) -> str:
    """Name of the prices of what a stream's scheme does not take."""
    return stream.single if stream.scheme is None else schemes[stream.scheme].scheme.residual


def sort_stream(rows: NDArray[np.uint32], stream: StreamSettings, desk: Desk) -> SortedStream:
    """Presort what the scheme takes; the rest follows unsorted, as a mailing of its own (DMM 235.1.2)."""
    batches: list[Batch] = []
    warnings: list[str] = []
    greedy_mills = greedy_trays = gap_mills = 0
    name, single = desk.single_of(stream)
    rest = rows
    if stream.scheme is not None:
        loaded = desk.schemes[stream.scheme]
        tray_sets, warning = trays_for(stream, loaded)
        takes, warnings = _takes(rows, stream, loaded, desk.codes)
        warnings += [warning] if warning else []
        done = prepare(mail_of(rows[takes], stream, desk, tray_sets))
        batches = done.batches
        greedy_mills, greedy_trays, gap_mills = done.greedy_mills, done.greedy_trays, done.gap_mills
        if gap_mills:
            warnings.append(
                f"Stream {stream.name}: scheme {stream.scheme} leaves more choices than are looked at; the postage is at "
                f"most {gap_mills / 1000:.3f} {loaded.scheme.currency} above the least."
            )
        rest = np.sort(np.concatenate([rows[~takes], done.left]))
    batches.append(single_batch(rest, desk.codes, single, stream.name))
    # Pieces that the greedy preparation leaves over are priced there already, trays of theirs are not counted.
    if stream.scheme is None:
        greedy_mills = int(batches[-1].postage_mills.sum())
    else:
        out = rows[~takes]
        greedy_mills += (
            int(single_batch(out, desk.codes, single, stream.name).postage_mills.sum()) if out.size else 0
        )
    if batches[-1].unpriced:
        warnings.append(
            f"Stream {stream.name}: {_pieces(batches[-1].unpriced, 'is', 'are')} heavier or thicker than the last "
            f"price of scheme {name}; that price is charged, which is too low."
        )
    return SortedStream(batches, warnings, greedy_mills, greedy_trays, gap_mills)


def mail_of(
    rows: NDArray[np.uint32], stream: StreamSettings, desk: Desk, tray_sets: tuple[TraySet, ...]
) -> Mail:
    """The pieces that a stream's scheme takes, with all that their preparation needs."""
    assert stream.scheme is not None
    loaded = desk.schemes[stream.scheme]
    card, single = loaded.scheme.card(desk.job.production_date), desk.single_of(stream)[1]
    return Mail(rows, desk.codes, loaded, card, single, tray_sets, labels_of(stream, desk, loaded))


def labels_of(stream: StreamSettings, desk: Desk, loaded: LoadedScheme) -> Labels:
    """What labels of a stream say of their destinations."""
    places = desk.documents.select(c.name for c in (CITY, STATE) if c.name in desk.documents.columns)
    # Tray labels of the USPS carry five digits; what other posts put into a barcode is their own affair.
    digits = 5 if loaded.scheme.postal_code == "us" else 0
    return Labels(stream.name, desk.job.mailing.origin, places, digits, loaded.form.width)


def _takes(
    rows: NDArray[np.uint32], stream: StreamSettings, loaded: LoadedScheme, codes: Codes
) -> tuple[NDArray[np.bool_], list[str]]:
    """Whether the scheme takes each piece: first the limits of a piece, then the minimum of the mailing."""
    scheme, warnings = loaded.scheme, []
    too_big = _too_big(rows, scheme, codes)
    if too_big.any():
        warnings.append(
            f"Stream {stream.name}: {_pieces(int(too_big.sum()), 'is', 'are')} heavier than {scheme.max_weight_mg} mg "
            f"or thicker than {scheme.max_thickness_um} um, which scheme {stream.scheme} does not take."
        )
    if scheme.missing_delivery_point != "ignore":
        incomplete = ~too_big & ~codes.complete[rows]
        left_out = scheme.missing_delivery_point == "residual"
        if incomplete.any():
            warnings.append(
                f"Stream {stream.name}: {_pieces(int(incomplete.sum()), 'lacks', 'lack')} ZIP+4 or delivery point, which "
                f"automation prices need: {'left out' if left_out else 'sorted all the same'}."
            )
    takes = fitting(rows, scheme, codes)
    count = int(takes.sum())
    least = least_pieces(np.flatnonzero(np.bincount(codes.code[rows[takes]])), loaded, codes.table)
    if 0 < count < least:
        warnings.append(
            f"Stream {stream.name}: {_pieces(count, 'is', 'are')} fewer than the {least} that a mailing "
            f"of scheme {stream.scheme} needs; all go at single-piece price."
        )
        takes[:] = False
    return takes, warnings


def _pieces(count: int, one: str, several: str) -> str:
    """So many pieces, and the word that follows."""
    return f"1 piece {one}" if count == 1 else f"{count} pieces {several}"


def _too_big(rows: NDArray[np.uint32], scheme: Scheme, codes: Codes) -> NDArray[np.bool_]:
    heavy = codes.heaviest_mg[rows] > scheme.max_weight_mg
    return heavy | (codes.thickest_um[rows] > scheme.max_thickness_um)


def fitting(rows: NDArray[np.uint32], scheme: Scheme, codes: Codes) -> NDArray[np.bool_]:
    """Whether a scheme takes each piece, as far as the piece alone decides it."""
    takes = ~_too_big(rows, scheme, codes)
    if scheme.missing_delivery_point == "residual":
        takes &= codes.complete[rows]
    return takes


def least_pieces(present: NDArray[np.signedinteger], loaded: LoadedScheme, table: CodeTable) -> int:
    """Fewest pieces of a mailing to these postal codes: the smaller minimum where all are of one group."""
    scheme = loaded.scheme
    smaller = scheme.minimum_of_group
    if smaller is None or not present.size:
        return scheme.minimum_pieces
    number = next(n for n, level in enumerate(scheme.levels) if level.name == smaller.level)
    keys = np.unique(level_keys(loaded, table)[number][present])
    one_group = keys.size == 1 and keys[0] >= 0
    return min(smaller.pieces, scheme.minimum_pieces) if one_group else scheme.minimum_pieces
