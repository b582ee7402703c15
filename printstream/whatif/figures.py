"""What each variant costs: pieces, trays by level, postage, paper.

In: a plan, variants. Out: ``Comparison``. Never: changes the plan.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from printstream import impose, presort
from printstream.arrange import arrange
from printstream.base import columns as c
from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.base.units import MPT_PER_IN
from printstream.job import Job
from printstream.plan import Plan
from printstream.whatif.closing import Closed, closed_up, spilling
from printstream.whatif.variants import AS_IT_IS, Variant

_MM_PER_MPT = 25.4 / MPT_PER_IN
_OF_PIECES = (
    *(c.SHEETS.name, c.STREAM.name, c.WEIGHT_MG.name, c.THICKNESS_UM.name),
    *(c.MAX_WEIGHT_MG.name, c.MAX_THICKNESS_UM.name, c.INSERTS.name),
)


@frozen
class LevelFigures:
    """A level of a stream.

    Attributes:
        stream, level: which one.
        pieces: that pay its price.
        trays: that carry its label.
        postage_mills: of these pieces.
    """

    stream: str
    level: str
    pieces: int
    trays: int
    postage_mills: int


@frozen
class Figures:
    """One variant.

    Attributes:
        name: what is different.
        currency: of its postage.
        pieces, sheets, press_sheets, trays, spools: how many; trays without containers of unsorted mail.
        paper_mg: weight of the sheets of all pieces.
        mail_mg: weight of all pieces.
        postage_mills, single_piece_mills, greedy_mills: as made, unsorted, prepared greedily.
        gap_mills: postage that the cheapest preparation could save at most; 0 where this one is proved cheapest.
        containers: pallets and other containers; None where no stream names any.
        closed: documents that lost their last page; None where pages are as they are.
        levels: by stream and level, without empty ones.
        warnings: of this variant and not of the job as it is.
    """

    name: str
    currency: str
    pieces: int
    sheets: int
    press_sheets: int
    trays: int
    spools: int
    paper_mg: int
    mail_mg: int
    postage_mills: int
    single_piece_mills: int
    greedy_mills: int
    gap_mills: int
    levels: tuple[LevelFigures, ...]
    warnings: tuple[str, ...] = ()
    closed: Closed | None = None
    containers: int | None = None


@frozen
class Comparison:
    """A job and its variants; the job as it is comes first."""

    job: str
    rows: tuple[Figures, ...]


def compare(plan: Plan, variants: list[Variant]) -> Comparison:
    """Plan rooms 4 to 6 for each variant and set the figures side by side.

    Raises:
        JobError: naming the variant that cannot be prepared.
    """
    order = plan.order
    rows = [_figures(AS_IT_IS, order.job, plan.presorted, plan.imposed, ())]
    documents = plan.documents.drop(_OF_PIECES, strict=False)
    rows += [_variant_figures(plan, documents, variant) for variant in variants]
    return Comparison(order.job.name, tuple(rows))


def _variant_figures(plan: Plan, documents: pl.DataFrame, variant: Variant) -> Figures:
    """Arrange the documents by the variant, with a page less where it closes them up."""
    order, lines = plan.order, variant.closing_lines
    chosen = None if lines is None else spilling(plan, lines)
    if chosen is not None:
        documents = documents.with_columns(pl.col(c.PAGES.name) - pl.Series(chosen).cast(c.PAGES.dtype))
    try:
        size = order.template.width, order.template.height
        made = arrange(documents, variant.job, order.job_dir, size)
    except JobError as error:
        where = f"--compare {variant.name}"
        raise JobError(error.what, where=where, next_step=error.next_step) from error
    found = _figures(variant.name, variant.job, made.presorted, made.imposed, plan.presorted.warnings)
    if chosen is None or lines is None:
        return found
    return replace(found, closed=closed_up(plan, chosen, lines, made.presorted))


def _figures(
    name: str, job: Job, presorted: presort.Presorted, imposed: impose.Imposed, known: tuple[str, ...]
) -> Figures:
    pieces, trays = presorted.pieces, presorted.trays
    sheets = int(pieces[c.SHEETS.name].sum())
    square_m = job.stock.width * job.stock.height * _MM_PER_MPT**2 / 1e6
    levels = presorted.qualification.levels.filter((pl.col("pieces") > 0) | (pl.col("trays") > 0))
    chosen = (c.STREAM.name, c.PRESORT_LEVEL.name, "pieces", "trays", c.POSTAGE_MILLS.name)
    return Figures(
        name=name,
        currency=presorted.currency,
        pieces=pieces.height,
        sheets=sheets,
        press_sheets=sum(spread.press_sheets for spread in imposed.spreads),
        trays=trays.filter(pl.col(c.TRAY_TYPE.name) != "none").height,
        spools=imposed.spools.height,
        paper_mg=round(sheets * square_m * job.stock.grammage_gsm * 1000),
        mail_mg=int(pieces[c.WEIGHT_MG.name].sum()),
        postage_mills=int(pieces[c.POSTAGE_MILLS.name].sum()),
        single_piece_mills=presorted.single_piece_mills,
        greedy_mills=presorted.greedy_mills,
        gap_mills=presorted.gap_mills,
        levels=tuple(LevelFigures(*row) for row in levels.select(chosen).iter_rows()),
        warnings=tuple(w for w in presorted.warnings if w not in known) if known else (),
        containers=None if presorted.containers is None else presorted.containers.height,
    )
