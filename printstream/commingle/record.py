"""The figures of a common mailing, and of each of its jobs.

In: the mailing. Out: records for the papers. Never: writes files.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from printstream import presort, ticket
from printstream.base import columns as c
from printstream.base.measure import cpu_name, versions
from printstream.base.options import available_cores
from printstream.commingle.mailing import Mailing
from printstream.commingle.settings import Sharing
from printstream.commingle.share import ClassGame, ClassShare

JOBS = "jobs"


def folder_of(job: str) -> str:
    """Run folder of a job, below the mailing's."""
    return f"{JOBS}/{job}"


def commingled_row(mailing: Mailing, number: int, run_id: str) -> ticket.CommingledRow:
    """What a job's own papers say of the mailing."""
    return ticket.CommingledRow(
        mailing.orders.name,
        run_id,
        len(mailing.parts),
        mailing.job_total(mailing.pool.alone_mills, number),
        mailing.job_total(mailing.share_mills, number),
        (mailing.orders.asked.sharing or Sharing()).rule,
    )


def warnings_of(mailing: Mailing) -> tuple[str, ...]:
    """Sentences for the operator, besides those of the sort."""
    found = list(mailing.presorted.warnings)
    names = [order.job.name for order in mailing.orders.orders]
    for name, order in zip(names, mailing.orders.orders, strict=True):
        said = presort.service_warnings(order.job, mailing.orders.lists.schemes)
        found += [f"Job {name}: {sentence}" for sentence in said]
    none_left = [name for name, plan in zip(names, mailing.plans, strict=True) if plan.documents.is_empty()]
    found += [f"Job {name}: nothing is printed." for name in none_left]
    for game in mailing.games:
        apart = _apart(mailing, game)
        if apart:
            jobs = ", ".join(names[k] for k in apart)
            found.append(
                f"Scheme {game.mail.scheme}: sorted together with the others' the mail of {jobs} would cost more; "
                "it stays apart."
            )
    for one in mailing.shares:
        found += [
            f"Scheme {one.game.mail.scheme}: by the {one.rule} rule job {names[k]} pays more than it would alone."
            for k in one.losers
        ]
    found += [
        f"Scheme {game.mail.scheme}: what coalitions pay is at most {game.gap_mills / 1000:.3f} above the least, "
        "because the scheme leaves more choices than are looked at; shares are made of what was found."
        for game in mailing.games
        if game.gap_mills
    ]
    asked = mailing.orders.asked
    if asked.maildat is None and any(o.job.mailing.maildat is not None for o in mailing.orders.orders):
        found.append(
            "No Mail.dat is made: one of a common mailing needs settings of its own, maildat in its mailing.yaml."
        )
    return tuple(found)


def mailing_record(
    mailing: Mailing,
    run_id: str,
    started: datetime,
    stages: Sequence[tuple[int, str, float]],
    seconds: float,
    peak_memory_bytes: int,
    workers: int,
    *,
    status: str,
) -> ticket.MailingRecord:
    """Gather what the papers of the mailing say."""
    presorted, job = mailing.presorted, mailing.job
    pieces = presorted.pieces
    in_trays = pl.col(c.TRAY_TYPE.name) != "none"
    trays = presorted.trays.filter(in_trays)
    return ticket.MailingRecord(
        name=mailing.orders.name,
        title=job.title,
        run_id=run_id,
        started=started,
        production_date=job.production_date,
        currency=presorted.currency,
        clients=tuple(_client(mailing, number) for number in range(len(mailing.parts))),
        classes=_classes(mailing),
        trays=trays.height,
        full_trays=int(trays[c.FULL.name].sum()),
        pieces=pieces.height,
        postage_mills=int(pieces[c.POSTAGE_MILLS.name].sum()),
        single_piece_mills=presorted.single_piece_mills,
        warnings=warnings_of(mailing),
        stages=tuple(ticket.StageRow(*stage) for stage in stages),
        total_seconds=seconds,
        peak_memory_bytes=peak_memory_bytes,
        versions=versions(),
        machine=ticket.Machine(cpu_name(), available_cores(), workers),
        status=status,
    )


def _client(mailing: Mailing, number: int) -> ticket.ClientRow:
    part, plan = mailing.parts[number], mailing.plans[number]
    job, pieces = part.order.job, part.presorted.pieces
    errors = [
        one.standard_errors[one.game.jobs.index(number)]
        for one in mailing.shares
        if one.standard_errors is not None and number in one.game.jobs
    ]
    return ticket.ClientRow(
        job=job.name,
        title=job.title,
        folder=folder_of(job.name),
        documents_in=part.documents_in,
        printed=part.documents.height,
        pieces=pieces.height,
        sheets=int(pieces[c.SHEETS.name].sum()),
        trays_alone=plan.presorted.trays.filter(pl.col(c.TRAY_TYPE.name) != "none").height,
        alone_mills=mailing.job_total(mailing.pool.alone_mills, number),
        postage_mills=int(pieces[c.POSTAGE_MILLS.name].sum()),
        share_mills=mailing.job_total(mailing.share_mills, number),
        # Classes are games of their own, so their errors are independent but for the orders drawn; this is the most.
        standard_error_mills=round(sum(errors), 3) if errors else None,
    )


def _apart(mailing: Mailing, game: ClassGame) -> tuple[int, ...]:
    """Jobs of a class that are sorted together with none."""
    grouped = {
        (one.game.mail.scheme, feed.job, feed.stream.name)
        for one in mailing.shares
        for feed in one.game.mail.feeds
    }
    own = {(game.mail.scheme, feed.job, feed.stream.name): feed.job for feed in game.mail.feeds}
    together = {job for key, job in own.items() if key in grouped}
    return tuple(job for job in game.jobs if job not in together)


def _classes(mailing: Mailing) -> tuple[ticket.ClassRow, ...]:
    rows = [_class(mailing, one) for one in mailing.shares]
    rows += [_row_apart(mailing, game, apart) for game in mailing.games if (apart := _apart(mailing, game))]
    return tuple(rows)


def _row_apart(mailing: Mailing, game: ClassGame, apart: tuple[int, ...]) -> ticket.ClassRow:
    """The jobs of a class that stay apart, and what all of the class would cost together."""
    names = [order.job.name for order in mailing.orders.orders]
    return ticket.ClassRow(
        stream="",
        scheme=game.mail.scheme,
        jobs=tuple(names[k] for k in apart),
        pieces=sum(rows.size for job, rows in zip(game.jobs, game.rows, strict=True) if job in apart),
        apart_mills=game.apart(game.all),
        together_mills=game.together(game.all),
        saved_mills=0,
        rule="",
        method="none",
        permutations=0,
        losers=(),
        in_core=None,
        gap_mills=game.gap_mills,
    )


def _class(mailing: Mailing, shared: ClassShare) -> ticket.ClassRow:
    """A group of jobs that are sorted together."""
    names = [order.job.name for order in mailing.orders.orders]
    game = shared.game
    feed = game.mail.feeds[0]
    drawn = "drawn" if shared.permutations else "exact"
    return ticket.ClassRow(
        stream=mailing.stream_of[feed.job, feed.stream.name],
        scheme=game.mail.scheme,
        jobs=tuple(names[k] for k in game.jobs),
        pieces=sum(rows.size for rows in game.rows),
        apart_mills=game.apart(game.all),
        together_mills=game.together(game.all),
        saved_mills=game.saved(game.all),
        rule=shared.rule,
        method=drawn if shared.rule == "shapley" else "proportional",
        permutations=shared.permutations,
        losers=tuple(names[k] for k in shared.losers),
        in_core=None if shared.objections is None else not shared.objections,
        gap_mills=game.gap_mills,
        coalitions=_coalitions(names, game, shared),
    )


def _coalitions(names: Sequence[str], game: ClassGame, shared: ClassShare) -> tuple[ticket.CoalitionRow, ...]:
    """All coalitions, smaller ones first, where the shares are made of all of them."""
    if shared.objections is None:
        return ()
    order = sorted(range(1, game.all + 1), key=lambda k: (k.bit_count(), _members(k)))
    return tuple(
        ticket.CoalitionRow(
            tuple(names[game.jobs[p]] for p in _members(k)),
            game.apart(k),
            game.together(k),
            game.saved(k),
            sum(shared.shares_mills[p] for p in _members(k)),
        )
        for k in order
    )


def _members(coalition: int) -> tuple[int, ...]:
    return tuple(p for p in range(coalition.bit_length()) if coalition >> p & 1)
