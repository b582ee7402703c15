"""Rooms 4 to 6: documents into pieces, pieces into the mailing, the mailing onto press sheets.

In: documents with their pages. Out: ``Arranged``. Never: draws, reads data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream import address, impose, marks, piece, presort
from printstream.base import columns as c
from printstream.base import interrupts
from printstream.base.frozen import frozen
from printstream.base.log import Reporter
from printstream.base.program import Enclosures
from printstream.base.steps import PriceSteps
from printstream.job import Job


@frozen
class Enclosed:
    """What the papers say of envelopes with several documents, and of inserts.

    Attributes:
        enclosures: documents of the pieces; None where each piece is one document.
        mixed: first documents of the pieces that hold documents to more than one addressee.
        alone_pieces: envelopes that the documents would need one by one; 0 where they have these anyhow.
        alone_postage_mills: postage of these, without inserts.
        inserts: what became of each insert.
        pockets: by stream, the insert in each pocket (places in the job's list).
        insert_postage_mills: postage that inserts cost, paid for by somebody.
    """

    enclosures: Enclosures | None
    mixed: NDArray[np.uint32]
    alone_pieces: int
    alone_postage_mills: int
    inserts: tuple[piece.InsertCount, ...]
    pockets: Mapping[str, tuple[int, ...]]
    insert_postage_mills: int


@frozen
class Arranged:
    """A mailing, and where it lies.

    Attributes:
        documents: with all that the rooms added.
        presorted: pieces in mailing order; INSERTS where the job has inserts.
        imposed: spools, sheets, press sheets.
        pieces: a row a piece with its stream, weight and thickness.
        enclosed: None for a job with neither households, several types nor inserts.
    """

    documents: pl.DataFrame
    presorted: presort.Presorted
    imposed: impose.Imposed
    pieces: pl.DataFrame
    enclosed: Enclosed | None = None


def arrange(
    documents: pl.DataFrame,
    job: Job,
    job_dir: Path,
    page_mpt: tuple[int, int],
    reporter: Reporter | None = None,
) -> Arranged:
    """Walk rooms 4 to 6: pieces, the global sort, spools.

    Args:
        documents: a row a document with its PAGES, and the rules' columns.
        job: the job.
        job_dir: its folder.
        page_mpt: width and height of a page.
        reporter: told of the stages.
    """
    plain = job.household is None and not job.inserts and not job.types
    with _stage(reporter, 4, "piece"):
        steps = presort.price_steps(job, job_dir) if job.inserts else None
        documents = address.keep_apart(documents)
        made = _made(documents, job, steps)
    with _stage(reporter, 5, "presort"):
        presorted = _sorted(made.frame, job, job_dir)
        if steps is not None:
            unsorted = presorted.pieces.filter(pl.col(c.PRESORT_LEVEL.name) == _SINGLE)
            anew = piece.check_inserts(made, unsorted[c.DOCUMENT.name].to_numpy(), job, steps)
            if anew is not None:
                made = _diverted(anew, job)
                presorted = _sorted(made.frame, job, job_dir)
            presorted = replace(presorted, pieces=_with_inserts(presorted.pieces, made))
        enclosed = None if plain else _compare(documents, made, presorted, job, job_dir)
        if reporter is not None:
            reporter.advance(made.frame.height, made.frame.height, "pieces")
    with _stage(reporter, 6, "impose"):
        imposed = place(presorted, documents, job, page_mpt, made.enclosures)
        if reporter is not None:
            reporter.advance(imposed.spools.height, imposed.spools.height, "spools")
    documents = made.frame if made.enclosures is None else made.documents
    return Arranged(documents, presorted, imposed, made.frame, enclosed)


def place(
    presorted: presort.Presorted,
    documents: pl.DataFrame,
    job: Job,
    page_mpt: tuple[int, int],
    enclosures: Enclosures | None,
) -> impose.Imposed:
    """Walk room 6: a mailing onto press sheets, and what the inserter does with each piece.

    Args:
        presorted: the mailing.
        documents: with the columns that spools are cut by.
        job: the job.
        page_mpt: width and height of a page.
        enclosures: documents of the pieces; None where each is one.
    """
    placed = with_columns_of(presorted.pieces, documents, spool_columns(job))
    imposed = impose.impose(placed, job, *page_mpt, enclosures, presorted.trays)
    limits = job.inserter.divert_over_mg, job.inserter.divert_over_um
    return replace(imposed, piece_control=marks.piece_control(presorted.pieces, imposed.piece_spool, *limits))


def _made(documents: pl.DataFrame, job: Job, steps: Mapping[str, PriceSteps] | None = None) -> piece.Pieces:
    """Fill the envelopes; documents that the address policy diverts have a stream of their own."""
    return _diverted(piece.make_pieces(documents, job, steps), job)


def _diverted(made: piece.Pieces, job: Job) -> piece.Pieces:
    def weigh(documents: pl.DataFrame, alone: Job) -> pl.DataFrame:
        return piece.make_pieces(documents, alone).frame

    same = made.empty is made.frame
    frame = address.divert(made.frame, job, weigh)
    return replace(made, frame=frame, empty=frame if same else address.divert(made.empty, job, weigh))


def _sorted(pieces: pl.DataFrame, job: Job, job_dir: Path) -> presort.Presorted:
    """The mailing; what has no postal code of the home post lies in streams that are not sorted."""
    return presort.presort(address.sortable(pieces, job), job, job_dir)


def spool_columns(job: Job) -> list[str]:
    """Columns of the documents by which spools are cut, or that records name; those of pieces are made by the rooms."""
    made = {column.name for column in (c.STREAM, c.PRESORT_LEVEL, c.TRAY_TYPE, c.DESTINATION, c.WEIGHT_BAND)}
    said = job.spool.records.name if job.spool.has_records else None
    wanted = (*job.spool.each, *((said,) if said else ()))
    return [name for name in dict.fromkeys(wanted) if name not in made]


def with_columns_of(pieces: pl.DataFrame, documents: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Add columns of its first document to every piece."""
    wanted = [c.DOCUMENT.name, *(name for name in names if name not in pieces.columns)]
    if len(wanted) == 1:
        return pieces
    return pieces.join(documents.select(wanted), on=c.DOCUMENT.name, how="left", maintain_order="left")


_SINGLE = "single"
"""Level of the pieces that no scheme takes (presort)."""


@contextmanager
def _stage(reporter: Reporter | None, number: int, name: str) -> Iterator[None]:
    """A numbered stage; a run that was stopped ends before it."""
    interrupts.check()
    if reporter is None:
        yield
        return
    with reporter.stage(number, name):
        yield


def _with_inserts(pieces: pl.DataFrame, made: piece.Pieces) -> pl.DataFrame:
    """The mailing with the pockets of each piece."""
    bits = np.zeros(made.documents.height, np.uint32)
    bits[made.frame[c.DOCUMENT.name].to_numpy()] = made.frame[c.INSERTS.name].to_numpy()
    return pieces.with_columns(pl.Series(c.INSERTS.name, bits[pieces[c.DOCUMENT.name].to_numpy()]))


def _compare(
    documents: pl.DataFrame, made: piece.Pieces, presorted: presort.Presorted, job: Job, job_dir: Path
) -> Enclosed:
    """Price the mailing as it would be with an envelope a document, and without inserts: sorted too, to be fair."""
    alone_pieces = alone_mills = insert_mills = 0
    if made.enclosures is not None:
        alone = _made(documents, job.model_copy(update={"household": None, "types": (), "inserts": ()}))
        alone_pieces, alone_mills = alone.frame.height, _postage(_sorted(alone.frame, job, job_dir))
    if any(insert.pays_postage for insert in job.inserts):
        insert_mills = _postage(presorted) - _postage(_sorted(made.empty, job, job_dir))
    return Enclosed(
        made.enclosures, made.mixed, alone_pieces, alone_mills, made.inserts, made.pockets, insert_mills
    )


def _postage(presorted: presort.Presorted) -> int:
    return int(presorted.pieces[c.POSTAGE_MILLS.name].sum())
