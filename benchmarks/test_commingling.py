"""Two jobs of 500,000 pieces sorted as one mailing, the saving shared to the piece; and ten of 100,000, all coalitions.

Every round checks that invoices add up to the postage of the mailing as sorted. PIECES=... for other sizes in all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from benchmarks.test_presort import PIECES, mailing
from printstream import presort
from printstream.commingle.classes import Feed, MailClass, PriceLists
from printstream.commingle.pool import Pool, sort_together
from printstream.commingle.settings import Sharing
from printstream.commingle.share import class_games, piece_shares, share_class
from printstream.job import Job

JOB = Job.model_validate(
    {
        "format": "printstream-job/1",
        "name": "bench",
        "title": "bench",
        "production_date": "2026-01-31",
        "input": {"documents": {"files": ["d.parquet"], "key": "k"}},
        "address": {"lines": ["n"], "street": "s", "city": "c", "state": "st", "zip5": "z"},
    }
)
LISTS = PriceLists(*presort.load_prices(JOB))


def pool_of(jobs: int) -> Pool:
    """Jobs of equal size, each sorted alone."""
    pieces, mills, levels = mailing(PIECES), [], []
    owner = np.arange(PIECES) * jobs // PIECES
    for number in range(jobs):
        alone = presort.sort_mailing(pieces.filter(owner == number), JOB, LISTS.schemes, LISTS.singles).pieces
        alone = alone.sort("document")
        mills.append(alone["postage_mills"].to_numpy())
        levels.append(alone["presort_level"])
    first = np.searchsorted(owner, np.arange(jobs + 1)).astype(np.int64)
    return Pool(pieces, first, owner.astype(np.uint16), np.concatenate(mills), pl.concat(levels))


@pytest.mark.parametrize("jobs", [2, 10])
def test_jobs_sorted_together_and_the_saving_shared(benchmark: Any, jobs: int) -> None:
    pool = pool_of(jobs)
    group = MailClass("us_fcm_letters", tuple(Feed(k, JOB.streams[0]) for k in range(jobs)))
    stream_of = {(k, "letter"): "letter" for k in range(jobs)}

    def together() -> tuple[presort.Presorted, np.ndarray]:
        (game,) = class_games(pool, [group], JOB, LISTS, Sharing().exact_up_to)
        (game,) = game.groups()
        done = sort_together(pool, JOB, stream_of, LISTS)
        shared = share_class(game, Sharing(), [str(k) for k in range(jobs)])
        return done, piece_shares(pool, [shared])

    done, shares = benchmark.pedantic(together, rounds=3, warmup_rounds=1)
    postage = int(done.pieces["postage_mills"].sum())
    assert int((pool.alone_mills - shares).sum()) == postage
    benchmark.extra_info["pieces"] = PIECES
    benchmark.extra_info["saved_percent"] = round(
        100 * float(shares.sum()) / float(pool.alone_mills.sum()), 3
    )
