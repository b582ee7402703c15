"""What coalitions cost, against sorting their mail as a mailing and against the brute force of the rule text."""

from __future__ import annotations

from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from printstream.job import Job
from printstream.presort import Coalitions, desk_of, sort_mailing
from tests.presort.presortkit import SCHEMA, Document, Rules, job_of
from tests.presort.test_presort_twin import SINGLE, random_mailing, random_rules, scheme_of
from tests.reference import presort as twin


def brute_postage(pieces: list[Document], rules: Rules) -> int:
    """The cheapest lawful preparation, by trying all."""
    taken = twin.accepted(pieces, rules)
    gone = {d["document"] for d in taken}
    outside = sum(twin.single_price(d, rules) for d in pieces if d["document"] not in gone)
    return outside + min(twin.cost(made, taken, rules)[0] for made in twin.preparations(taken, rules))


@settings(max_examples=12)
@given(st.integers(0, 2**64 - 1))
def test_a_coalition_costs_what_its_mail_costs_as_a_mailing(seed: int) -> None:
    _try_all_coalitions(seed)


@pytest.mark.long
@settings(max_examples=100)
@given(st.integers(0, 2**64 - 1))
def test_many_coalitions_cost_what_their_mail_costs_as_a_mailing(seed: int) -> None:
    _try_all_coalitions(seed)


def _try_all_coalitions(seed: int) -> None:
    dice = Random(seed)
    rules = random_rules(dice)
    mail = sorted(random_mailing(dice, ["a"]), key=lambda d: d["document"])
    owner = [dice.randrange(3) for _ in mail]
    job: Job = job_of([{"name": "a", "scheme": "a"}])
    schemes, singles = {"a": scheme_of(rules)}, {"us_fcm_single": SINGLE}
    frame = pl.DataFrame(mail, schema=SCHEMA)
    desk, _ = desk_of(frame, job, schemes, singles)
    rows = [np.array([k for k, who in enumerate(owner) if who == party], np.uint32) for party in range(3)]
    coalitions = Coalitions(desk, job.streams[0], rows)
    for members in range(8):
        mine = [k for k, who in enumerate(owner) if members >> who & 1]
        done = sort_mailing(frame[mine], job, schemes, singles)
        costs = coalitions.mills(members)
        assert costs == done.pieces["postage_mills"].sum()
        assert costs == brute_postage([mail[k] for k in mine], rules)
    event(f"full trays only: {any(level['overflow'] == 'none' for level in rules['levels'])}")
    whole, parts = coalitions.mills(7), sum(coalitions.mills(1 << p) for p in range(3))
    event(f"together {'less' if whole < parts else 'the same' if whole == parts else 'more'}")
