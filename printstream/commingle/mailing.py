"""The plan of a common mailing: jobs planned one by one, sorted as one, parted again, the saving shared.

In: what is asked for, options. Out: ``Mailing``. Never: draws, writes files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream import mailpapers, presort
from printstream.base import columns as c
from printstream.base.errors import BalanceError, JobError
from printstream.base.frozen import frozen
from printstream.base.log import Reporter
from printstream.base.options import Options
from printstream.commingle.classes import (
    PriceLists,
    check_together,
    common_job,
    mail_classes,
    price_lists,
)
from printstream.commingle.pool import Pool, gather, part_of, sort_together
from printstream.commingle.serials import check_registers
from printstream.commingle.settings import Sharing
from printstream.commingle.share import ClassGame, ClassShare, class_games, piece_shares, share_class
from printstream.commingle.words import Asked, name_of
from printstream.job import Job
from printstream.mailer import Party, maildat_fault
from printstream.order import WorkOrder, read_order
from printstream.plan import Plan, make_plan


@frozen
class Orders:
    """The jobs of a mailing, by name, before any data is read.

    Attributes:
        asked: what was asked for, its clients in the order of ``orders``.
        name: of the mailing.
        orders: the jobs.
        lists: the prices of all of them.
    """

    asked: Asked
    name: str
    orders: tuple[WorkOrder, ...]
    lists: PriceLists


@frozen
class Mailing:
    """A common mailing, planned.

    Attributes:
        orders: the jobs.
        job: settings of the mailing as a whole.
        plans: the jobs alone.
        parts: the jobs' parts of the mailing.
        pool: all pieces.
        presorted: the mailing.
        games: all classes of mail that at least two jobs have pieces of.
        shares: groups of jobs that are sorted together, with their shares; jobs in none of them stay apart.
        share_mills: int64[pieces], by row of the pool.
        stream_of: common stream of each job's stream.
    """

    orders: Orders
    job: Job
    plans: tuple[Plan, ...]
    parts: tuple[Plan, ...]
    pool: Pool
    presorted: presort.Presorted
    games: tuple[ClassGame, ...]
    shares: tuple[ClassShare, ...]
    share_mills: NDArray[np.int64]
    stream_of: dict[tuple[int, str], str]

    def job_total(self, mills: NDArray[np.int64], number: int) -> int:
        """Sum over a job's pieces of mills by row of the pool."""
        return int(mills[self.pool.job == number].sum())


@dataclass
class Laps:
    """Stages by job: what a reporter has timed since it was looked at last."""

    reporter: Reporter
    seconds: dict[int, dict[tuple[int, str], float]] = field(default_factory=dict)

    @contextmanager
    def of(self, job: int) -> Iterator[None]:
        """Count what is timed within to a job."""
        before = {(number, name): spent for number, name, spent in self.reporter.stages}
        yield
        mine = self.seconds.setdefault(job, {})
        for number, name, spent in self.reporter.stages:
            more = spent - before.get((number, name), 0.0)
            if more > 0:
                mine[number, name] = mine.get((number, name), 0.0) + more

    def stages(self, job: int) -> tuple[tuple[int, str, float], ...]:
        """Number, name and seconds of a job's stages."""
        return tuple(sorted((*key, spent) for key, spent in self.seconds.get(job, {}).items()))


def read_orders(asked: Asked, serials: Path | None) -> Orders:
    """Read all jobs and refuse what cannot be one mailing; touches no data.

    Args:
        asked: what is to be sorted together.
        serials: the register of the command line.

    Raises:
        JobError: with the place.
        UsageError: when the mailing needs a name.
    """
    both = [(read_order(client.job_dir), client) for client in asked.clients]
    both.sort(key=lambda pair: pair[0].job.name)
    orders = tuple(order for order, _ in both)
    for order in orders:
        mailpapers.check_papers(order)
    check_together(orders)
    check_registers(orders, serials)
    lists = price_lists(orders)
    name = asked.name or name_of([order.job.name for order in orders])
    made = Orders(replace(asked, clients=tuple(client for _, client in both)), name, orders, lists)
    _check_maildat(made, registered=serials is not None)
    return made


def _check_maildat(made: Orders, *, registered: bool) -> None:
    """Refuse a Mail.dat that the jobs' settings do not suffice for."""
    settings = made.asked.maildat
    if settings is None:
        return
    where = "mailing.maildat"
    for order, client in zip(made.orders, made.asked.clients, strict=True):
        mailing = order.job.mailing
        has_register = registered or mailing.serials is not None
        fault = maildat_fault(settings, mailing.barcode, mailing.service_type, registered=has_register)
        if fault:
            raise JobError(f"job {order.job.name}: {fault}", where=where)  # noqa: EM102
        if client.owner is None and mailing.maildat is None:
            what = f"it is not known whose mail job {order.job.name} is"
            raise JobError(what, where=where, next_step="Give its entry in the mailing's file an owner")
    job, _ = common_job(made.asked, made.name, made.orders, mail_classes(made.orders, made.lists.schemes))
    mailpapers.check_maildat(job, made.lists.schemes, made.lists.singles)


def owners_of(made: Orders) -> list[Party]:
    """Whose mail each job is, for Mail.dat."""
    owners = []
    for order, client in zip(made.orders, made.asked.clients, strict=True):
        own = order.job.mailing.maildat
        party = client.owner or (own.owner if own is not None else None)
        assert party is not None
        owners.append(party)
    return owners


def make_mailing(
    made: Orders, options: Options, executor: Executor, workers: int, reporter: Reporter, laps: Laps
) -> Mailing:
    """Plan each job by itself, sort all pieces as one mailing, part it, share the saving."""
    plans = []
    for number, (order, client) in enumerate(zip(made.orders, made.asked.clients, strict=True)):
        reporter.info(f"Job {order.job.name}")
        with laps.of(number):
            plans.append(make_plan(order, client.input_dir, options.limit, executor, workers, reporter))
    with reporter.stage(5, "commingle"):
        pool = gather(plans)
        possible = mail_classes(made.orders, made.lists.schemes)
        trial, _ = common_job(made.asked, made.name, made.orders, possible)
        exact_up_to = (made.asked.sharing or Sharing()).exact_up_to
        games = class_games(pool, possible, trial, made.lists, exact_up_to)
        worth = [group for game in games for group in game.groups()]
        job, stream_of = common_job(made.asked, made.name, made.orders, [game.mail for game in worth])
        presorted = sort_together(pool, job, stream_of, made.lists)
        reporter.advance(pool.pieces.height, pool.pieces.height, "pieces")
    with reporter.stage(5, "share"):
        shares = [_shared(made, game) for game in worth]
        share_mills = piece_shares(pool, shares)
        _check_values(pool, presorted, worth, stream_of)
    parts = []
    for number in range(len(plans)):
        with laps.of(number), reporter.stage(6, "impose"):
            parts.append(part_of(pool, presorted, plans, number, stream_of))
    return Mailing(
        made,
        job,
        tuple(plans),
        tuple(parts),
        pool,
        presorted,
        tuple(games),
        tuple(shares),
        share_mills,
        stream_of,
    )


def _shared(made: Orders, game: ClassGame) -> ClassShare:
    jobs = [made.orders[number].job for number in game.jobs]
    seeds = [f"{job.seed}/{job.name}" for job in jobs]
    return share_class(game, made.asked.sharing or Sharing(), seeds)


def _check_values(
    pool: Pool,
    presorted: presort.Presorted,
    worth: Sequence[ClassGame],
    stream_of: dict[tuple[int, str], str],
) -> None:
    """Compare what the shares are made of with the mailing as sorted.

    Raises:
        BalanceError: when the postage of a class, or of mail that is in none, is not what was worked out.
    """
    mills = np.zeros(pool.job.size, np.int64)
    rows = pool.rows_of_documents(presorted.pieces[c.DOCUMENT.name])
    mills[rows] = presorted.pieces[c.POSTAGE_MILLS.name].to_numpy()
    outside = np.ones(pool.job.size, np.bool_)
    for game in worth:
        mine = np.concatenate(game.rows)
        outside[mine] = False
        feed = game.mail.feeds[0]
        _compare(
            f"stream {stream_of[feed.job, feed.stream.name]}", int(mills[mine].sum()), game.together(game.all)
        )
    _compare("mail sorted apart", int(mills[outside].sum()), int(pool.alone_mills[outside].sum()))


def _compare(what: str, sorted_mills: int, worked_out: int) -> None:
    if sorted_mills != worked_out:
        msg = f"{what}: sorted it costs {sorted_mills:,} mills, the shares were made for {worked_out:,}"
        raise BalanceError(msg, next_step="Nothing was released; keep the input and report it")


def common_stream_series(mailing: Mailing) -> pl.Series:
    """The common stream of each piece, in mailing order."""
    return mailing.presorted.pieces[c.STREAM.name]
