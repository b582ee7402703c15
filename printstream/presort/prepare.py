"""Prepare a mailing: choose levels, make batches, and say what the greedy preparation would have cost.

In: the pieces that a scheme takes. Out: ``Prepared``. Never: looks at pieces that the scheme does not take.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from printstream.base.frozen import frozen
from printstream.presort.batches import Batch, Kinds, Labels, cut_trays, presorted_batch, single_postage
from printstream.presort.codes import Codes, mailing_order
from printstream.presort.groups import RESIDUAL, SortPlan, greedy_levels, level_keys, plan_of_levels
from printstream.presort.load import LoadedScheme
from printstream.presort.optimise import Choice, cheapest_levels, check_nested
from printstream.presort.scheme import RateCard, TraySet
from printstream.presort.single import SinglePiece


@frozen
class Mail:
    """A mailing and all that its preparation needs.

    Attributes:
        rows: uint32[n], rows of the pieces.
        codes: of all documents.
        loaded: the scheme.
        card: the prices of the day.
        single: prices of what no level takes.
        tray_sets: the trays that the envelope may lie in.
        labels: what tray labels say.
    """

    rows: NDArray[np.uint32]
    codes: Codes
    loaded: LoadedScheme
    card: RateCard
    single: SinglePiece
    tray_sets: tuple[TraySet, ...]
    labels: Labels

    def count(self, rows: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Pieces of each postal code."""
        return np.bincount(self.codes.code[rows], minlength=self.codes.table.size)

    def batch(self, rows: NDArray[np.uint32], plan: SortPlan) -> Batch:
        """Pieces with levels, in trays."""
        return presorted_batch(
            rows, self.codes, plan, self.loaded.scheme, self.card, self.tray_sets, self.labels
        )


@frozen
class Prepared:
    """A mailing in trays.

    Attributes:
        batches: in mailing order.
        left: uint32[k], rows that no level takes.
        greedy_mills: postage of the greedy preparation, with what it leaves over at single-piece price.
        greedy_trays: its trays.
        gap_mills: postage that the cheapest preparation could save at most; 0 where this one is proved cheapest.
    """

    batches: list[Batch]
    left: NDArray[np.uint32]
    greedy_mills: int
    greedy_trays: int
    gap_mills: int = 0


def prepare(mail: Mail) -> Prepared:
    """Make the cheapest lawful preparation; see docs/presort.md."""
    keys = level_keys(mail.loaded, mail.codes.table)
    batches, rows = _full_trays(mail, keys)
    pieces = mail.count(rows)
    choice = choice_of(mail, rows, pieces, keys)
    levels = mail.loaded.scheme.levels
    if any(level.optional or level.overflow == "roll" for level in levels):
        check_nested(choice)
    chosen = cheapest_levels(choice)
    batch, left = _batch_of(mail, rows, pieces, chosen.level_of, keys)
    greedy = choice.greedy()
    greedy_trays = batch.greedy_trays
    if not np.array_equal(greedy, chosen.level_of):
        greedy_trays = _batch_of(mail, rows, pieces, greedy, keys)[0].greedy_trays
    before = int(sum(int(b.postage_mills.sum()) for b in batches))
    trays = sum(b.tray_first.size for b in batches)
    return Prepared(
        [*batches, batch], left, before + choice.postage(greedy), trays + greedy_trays, chosen.gap_mills
    )


def _batch_of(
    mail: Mail,
    rows: NDArray[np.uint32],
    pieces: NDArray[np.int64],
    level_of: NDArray[np.int8],
    keys: tuple[NDArray[np.int32], ...],
) -> tuple[Batch, NDArray[np.uint32]]:
    """The batch of the codes that have a level, and the rows of the others."""
    plan = plan_of_levels(level_of, pieces, keys, mail.loaded, mail.codes.table)
    takes = level_of[mail.codes.code[rows]] != RESIDUAL
    return mail.batch(rows[takes], plan), rows[~takes]


def choice_of(
    mail: Mail, rows: NDArray[np.uint32], pieces: NDArray[np.int64], keys: tuple[NDArray[np.int32], ...]
) -> Choice:
    """Pieces and prices by postal code; those of two parts of a mailing add up to those of the whole."""
    levels = mail.loaded.scheme.levels
    mills = np.zeros((len(levels) + 1, pieces.size), np.int64)
    code, weight = mail.codes.code[rows], mail.codes.weight_mg[rows]
    for number, level in enumerate(levels):
        if mail.card.steps_of(level.name):
            np.add.at(mills[number], code, mail.card.mills(level.name, weight))
        else:
            mills[number] = pieces * int(mail.card.mills(level.name, np.zeros(1, np.int64))[0])
    last = levels[-1]
    rest = not last.takes_all or last.optional or last.minimum_pieces > 1 or last.overflow == "none"
    if rest:
        np.add.at(mills[-1], code, single_postage(weight, mail.codes.thickness_um[rows], mail.single)[0])
    return Choice(levels, mail.loaded.scheme.full_only, keys, pieces, mills, _prices(mail), rest)


def _prices(mail: Mail) -> NDArray[np.int64]:
    """Price of a piece at each level, for each weight class that the prices tell apart."""
    names = [level.name for level in mail.loaded.scheme.levels]
    limits = {step.max_weight_mg for name in names for step in mail.card.steps_of(name)}
    heaviest = mail.loaded.scheme.max_weight_mg
    weights = np.array(sorted({min(w, heaviest) for w in limits} | {heaviest}), np.int64)
    return np.stack([mail.card.mills(name, weights) for name in names])


def _full_trays(mail: Mail, keys: tuple[NDArray[np.int32], ...]) -> tuple[list[Batch], NDArray[np.uint32]]:
    """Make the levels up to the last one whose trays must all be full, one after the other.

    Returns:
        a batch for each of these levels, and the rows that go on.
    """
    batches = []
    rows = mail.rows
    levels = mail.loaded.scheme.levels
    minimums = [level.minimum_pieces for level in levels]
    for number in range(mail.loaded.scheme.full_only):
        level_of = greedy_levels(mail.count(rows), keys, minimums, range(number, number + 1))
        if levels[number].overflow == "none":
            kept = _in_full_trays(mail, rows, level_of, keys)
        else:
            kept = level_of[mail.codes.code[rows]] != RESIDUAL
        pieces = mail.count(rows[kept])
        level_of[pieces == 0] = RESIDUAL
        batches.append(_batch_of(mail, rows[kept], pieces, level_of, keys)[0])
        rows = rows[~kept]
    return batches, rows


def _in_full_trays(
    mail: Mail, rows: NDArray[np.uint32], level_of: NDArray[np.int8], keys: tuple[NDArray[np.int32], ...]
) -> NDArray[np.bool_]:
    """Whether each row lies in a full tray of its group, in the trays of the first set."""
    codes = mail.codes
    plan = plan_of_levels(level_of, mail.count(rows), keys, mail.loaded, codes.table)
    mine = np.flatnonzero(level_of[codes.code[rows]] != RESIDUAL)
    mine = mine[mailing_order(plan.rank[codes.code[rows[mine]]], codes.tail[rows[mine]])]
    sizes = np.cumsum([0, *(group.pieces for group in plan.groups)])
    kinds = Kinds.of(mail.loaded.scheme, mail.tray_sets[0])
    cut = codes.thickness_um[rows[mine]], codes.weight_mg[rows[mine]]
    trays = cut_trays(*cut, sizes.astype(np.int64), kinds)
    kept = np.zeros(rows.size, np.bool_)
    # Only the last tray of a group can be less than full where pieces are thin against trays; others stay.
    is_last = np.r_[np.diff(trays.group) != 0, True][: trays.group.size]
    stays = np.repeat(trays.full | ~is_last, np.diff(trays.first, append=mine.size))
    level = np.array([group.level for group in plan.groups], np.int64)
    group_of = np.repeat(np.arange(level.size), np.diff(sizes))
    minimums = np.array([x.minimum_pieces for x in mail.loaded.scheme.levels], np.int64)[level]
    kept[mine] = stays & (np.bincount(group_of[stays], minlength=level.size) >= minimums)[group_of]
    return kept
