"""What sorting together saves, and who gets how much of it, down to the piece.

In: all pieces, classes of mail. Out: which classes are worth it, ``ClassShare``, mills a piece. Never: sorts the mailing;
rounds anything twice.

The value of a coalition is what its jobs pay apart less what they pay when those of them are sorted together for whom that
is best, and the others stay apart. Classes of mail do not touch one another: each is a game of its own, and so is each
group of jobs that are sorted together (the value of a game with coalition structure: R. Aumann, J. Dreze, 1974).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from printstream import presort
from printstream.base import interrupts
from printstream.base.frozen import frozen
from printstream.commingle import game
from printstream.commingle.classes import MailClass, PriceLists
from printstream.commingle.pool import Pool
from printstream.commingle.settings import Sharing
from printstream.job import Job


@dataclass
class ClassGame:
    """A class of mail as a game of the jobs that have pieces in it.

    Attributes:
        mail: the class.
        jobs: its jobs, ascending.
        rows: uint32[n] each: rows of each job's pieces.
        apart_mills: what each pays alone.
        coalitions: the postage of jobs sorted together.
        parties: place of each job among the parties of ``coalitions``.
        exact: whether all coalitions are looked at, so that some may stay apart where that is better for all.
    """

    mail: MailClass
    jobs: tuple[int, ...]
    rows: tuple[NDArray[np.uint32], ...]
    apart_mills: tuple[int, ...]
    coalitions: presort.Coalitions
    parties: tuple[int, ...]
    exact: bool
    _together: dict[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def all(self) -> int:
        """The coalition of all jobs."""
        return (1 << len(self.jobs)) - 1

    def apart(self, coalition: int) -> int:
        """What jobs pay apart, mills."""
        return sum(mills for k, mills in enumerate(self.apart_mills) if coalition >> k & 1)

    def together(self, coalition: int) -> int:
        """What they pay sorted together, mills."""
        if coalition not in self._together:
            interrupts.check()
            parties = sum(1 << party for k, party in enumerate(self.parties) if coalition >> k & 1)
            self._together[coalition] = self.coalitions.cost(parties)
        return self._together[coalition][0]

    @property
    def gap_mills(self) -> int:
        """What a cheaper preparation of a coalition looked at could save at most; 0: all are proved cheapest."""
        return max((gap for _, gap in self._together.values()), default=0)

    def saved(self, coalition: int) -> int:
        """The value of a coalition: whom it would cost stays apart."""
        return self._splits[0][coalition] if self.exact else max(0, self._saved_together(coalition))

    def groups(self) -> list[ClassGame]:
        """The jobs that are sorted together, as games of their own; those in none of them stay apart."""
        if self.exact:
            masks = game.groups_of(self.all, self._splits[1])
        else:
            masks = [self.all] if self._saved_together(self.all) >= 0 else []
        return [self._of(mask) for mask in masks if mask.bit_count() > 1]

    def _saved_together(self, coalition: int) -> int:
        """What all of them save together; a job by itself is what it is when it runs alone."""
        return self.apart(coalition) - self.together(coalition) if coalition.bit_count() > 1 else 0

    @cached_property
    def _splits(self) -> tuple[list[int], list[int]]:
        return game.best_splits(len(self.jobs), self._saved_together)

    def _of(self, mask: int) -> ClassGame:
        """The game of some of the jobs."""
        if mask == self.all:
            return self
        mine = [k for k in range(len(self.jobs)) if mask >> k & 1]
        jobs = tuple(self.jobs[k] for k in mine)
        feeds = tuple(feed for feed in self.mail.feeds if feed.job in jobs)
        return ClassGame(
            MailClass(self.mail.scheme, feeds),
            jobs,
            tuple(self.rows[k] for k in mine),
            tuple(self.apart_mills[k] for k in mine),
            self.coalitions,
            tuple(self.parties[k] for k in mine),
            self.exact,
        )


@frozen
class ClassShare:
    """The saving of a class, shared.

    Attributes:
        game: the class.
        rule: shapley or proportional.
        shares_mills: by job of the class.
        exact: the same before rounding.
        permutations: orders drawn by lot; 0 where nothing was.
        standard_errors: mills, of shares drawn by lot.
        objections: coalitions that would do better by themselves; None where not all coalitions were looked at.
    """

    game: ClassGame
    rule: str
    shares_mills: tuple[int, ...]
    exact: tuple[Fraction, ...]
    permutations: int = 0
    standard_errors: tuple[float, ...] | None = None
    objections: tuple[int, ...] | None = None

    @property
    def losers(self) -> tuple[int, ...]:
        """Jobs that would pay more than alone, as places among the mailing's."""
        return tuple(job for job, share in zip(self.game.jobs, self.shares_mills, strict=True) if share < 0)


def class_games(
    pool: Pool, classes: Sequence[MailClass], job: Job, lists: PriceLists, exact_up_to: int
) -> list[ClassGame]:
    """Make a game of every class in which at least two jobs have pieces.

    Args:
        pool: all pieces.
        classes: the streams that could share trays.
        job: the day and the place of the mailing.
        lists: the prices.
        exact_up_to: jobs up to which all coalitions are looked at.
    """
    if not classes:
        return []
    desk, _ = presort.desk_of(pool.pieces, job, lists.schemes, lists.singles)
    found = []
    for mail in classes:
        by_job: dict[int, list[str]] = {}
        for feed in mail.feeds:
            by_job.setdefault(feed.job, []).append(feed.stream.name)
        rows = {number: pool.rows_of(number, streams) for number, streams in by_job.items()}
        jobs = tuple(number for number, mine in rows.items() if mine.size)
        if len(jobs) > 1:
            parties = tuple(rows[number] for number in jobs)
            apart = tuple(int(pool.alone_mills[mine].sum()) for mine in parties)
            coalitions = presort.Coalitions(desk, mail.feeds[0].stream, parties)
            exact = len(jobs) <= exact_up_to
            numbers = tuple(range(len(jobs)))
            found.append(ClassGame(mail, jobs, parties, apart, coalitions, numbers, exact))
    return found


def share_class(played: ClassGame, sharing: Sharing, seeds: Sequence[str]) -> ClassShare:
    """Share the saving of a class among its jobs.

    Args:
        played: the class.
        sharing: by which rule.
        seeds: of the class's jobs, for orders drawn by lot.
    """
    count = len(played.jobs)
    if sharing.rule == "proportional":
        shares = game.proportional(played.apart_mills, played.saved(played.all))
        return ClassShare(played, sharing.rule, tuple(game.rounded(shares.exact)), shares.exact)
    if not played.exact:
        orders = game.drawn_orders(seeds, sharing.permutations)
        shares = game.sampled_shapley(played.saved, orders)
        whole = tuple(game.rounded(shares.exact))
        return ClassShare(
            played, sharing.rule, whole, shares.exact, sharing.permutations, shares.standard_errors
        )
    shares = game.shapley(count, played.saved)
    against = tuple(game.objections(count, played.saved, shares.exact))
    return ClassShare(
        played, sharing.rule, tuple(game.rounded(shares.exact)), shares.exact, objections=against
    )


def piece_shares(pool: Pool, shared: Sequence[ClassShare]) -> NDArray[np.int64]:
    """Each piece's part of its job's share, in proportion to what it costs alone: int64[pieces], mills."""
    mills = np.zeros(pool.job.size, np.int64)
    for one in shared:
        for share, rows in zip(one.shares_mills, one.game.rows, strict=True):
            mills[rows] = game.spread(share, pool.alone_mills[rows])
    return mills
