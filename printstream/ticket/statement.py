"""``postal/statement.html``: the postage statement in short, and what each stream qualified for.

In: the mail, its trays. Out: the page. Never: a form of the post; figures to fill one in from.
"""

from __future__ import annotations

import polars as pl

from printstream.base import columns as c
from printstream.base.frozen import frozen
from printstream.ticket.post import Post
from printstream.ticket.record import ContainerLevelRow, container_levels, container_rows
from printstream.ticket.report import Money, level_name, page_template

STATEMENT_FILE = "statement.html"


@frozen
class Line:
    """Pieces at one price."""

    level: str
    pieces: int
    rate_mills: int
    weight_mg: int
    postage_mills: int


@frozen
class Level:
    """What a level came to."""

    level: str
    minimum: int
    pieces: int
    rolled: int
    trays: int
    full_trays: int


@frozen
class Stream:
    """A stream's mailing: a postage statement of its own."""

    name: str
    title: str
    lines: tuple[Line, ...]
    levels: tuple[Level, ...]
    containers: tuple[ContainerLevelRow, ...] = ()

    def total(self, figure: str) -> int:
        """Sum of a figure of the lines."""
        return sum(getattr(line, figure) for line in self.lines)


def streams_of(post: Post) -> tuple[Stream, ...]:
    """Gather lines and levels by stream, in the job's order; streams without a piece are left out."""
    out = []
    for stream in post.job.streams:
        of_stream = pl.col(c.STREAM.name) == stream.name
        rates, levels = post.rates.filter(of_stream), post.levels.filter(of_stream)
        if rates.is_empty():
            continue
        name = stream.scheme or levels[c.SCHEME.name][0]
        lines = rates.select(
            *(x.name for x in (c.PRESORT_LEVEL, c.PIECES, c.RATE_MILLS, c.WEIGHT_MG, c.POSTAGE_MILLS))
        )
        reached = levels.select(
            *(x.name for x in (c.PRESORT_LEVEL, c.MINIMUM, c.PIECES, c.ROLLED, c.TRAYS, c.FULL_TRAYS))
        )
        out.append(
            Stream(
                stream.name,
                post.schemes.get(name, name),
                tuple(Line(*row) for row in lines.iter_rows()),
                tuple(Level(*row) for row in reached.iter_rows()),
                _containers(post, stream.name),
            )
        )
    return tuple(out)


def _containers(post: Post, stream: str) -> tuple[ContainerLevelRow, ...]:
    """What the stream's trays travel in, by level."""
    if post.containers is None:
        return ()
    rows = container_rows(post.containers.filter(pl.col(c.STREAM.name) == stream))
    return container_levels(rows or ())


def statement_html(post: Post) -> str:
    """Set the page."""
    maildat = post.job.mailing.maildat
    return page_template("statement.html.j2").render(
        job=post.job,
        streams=streams_of(post),
        money=Money(post.currency),
        level_name=level_name,
        maildat=maildat,
        pounds=lambda weight_mg: f"{weight_mg / 453_592.37:,.4f}",
        kilograms=lambda weight_mg: f"{weight_mg / 1e6:,.3f}",
    )
