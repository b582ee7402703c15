"""What sorting together saves, and who gets how much of it, down to the piece.

In: all pieces, classes of mail. Out: which classes are worth it, ``ClassShare``, mills a piece. Never: sorts the mailing;
rounds anything twice.

The value of a coalition is what its jobs pay apart less what they pay sorted together; where that would be less than
nothing its jobs stay apart, so it is nothing. Classes of mail do not touch one another: each is a game of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from printstream import presort
from printstream.base import interrupts
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
    """

    mail: MailClass
    jobs: tuple[int, ...]
    rows: tuple[NDArray[np.uint32], ...]
    apart_mills: tuple[int, ...]
    coalitions: presort.Coalitions
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
            self._together[coalition] = self.coalitions.cost(coalition)
        return self._together[coalition][0]

    @property
    def gap_mills(self) -> int:
        """What a cheaper preparation of a coalition looked at could save at most; 0: all are proved cheapest."""
        return max((gap for _, gap in self._together.values()), default=0)

    def saved(self, coalition: int) -> int:
        """The value of a coalition: whom it would cost stays apart."""
        return max(0, self.apart(coalition) - self.together(coalition))

    @property
    def is_worth_it(self) -> bool:
        """Whether all together pay no more than apart."""
        return self.together(self.all) <= self.apart(self.all)


@dataclass(frozen=True)
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


def class_games(pool: Pool, classes: Sequence[MailClass], job: Job, lists: PriceLists) -> list[ClassGame]:
    """Make a game of every class in which at least two jobs have pieces.

    Args:
        pool: all pieces.
        classes: the streams that could share trays.
        job: the day and the place of the mailing.
        lists: the prices.
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
            found.append(ClassGame(mail, jobs, parties, apart, coalitions))
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
    if count > sharing.exact_up_to:
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
