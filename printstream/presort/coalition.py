"""What the mail of several parties costs sorted together, for any coalition of them.

In: rows of a stream, parted by party. Out: postage. Never: makes a tray, knows whose mail it is.

Levels and prices depend on pieces and prices by postal code, and those of parties add up; so a party's mail is counted
once, and the optimiser that prepares mailings chooses levels for the sums. Only where levels make full trays
(``overflow: none``) are the pieces themselves prepared for each coalition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from printstream.base.frozen import frozen
from printstream.job import StreamSettings
from printstream.presort.batches import single_postage
from printstream.presort.checks import trays_for
from printstream.presort.groups import level_keys
from printstream.presort.optimise import Choice, cheapest_levels
from printstream.presort.prepare import choice_of, prepare
from printstream.presort.streams import Desk, fitting, least_pieces, mail_of


@frozen
class _Party:
    """A party's mail.

    Attributes:
        rows: uint32[n], the pieces that the scheme takes.
        choice: pieces and prices of these by postal code.
        outside_mills: what the others cost.
        single_mills: what all cost where the coalition is too small for the scheme.
    """

    rows: NDArray[np.uint32]
    choice: Choice
    outside_mills: int
    single_mills: int


class Coalitions:
    """Postage of every coalition of the parties whose mail is a stream.

    Args:
        desk: what sorting needs.
        stream: the stream; it has a scheme.
        parties: uint32[n] each, rows of each party's pieces, ascending.
    """

    def __init__(self, desk: Desk, stream: StreamSettings, parties: Sequence[NDArray[np.uint32]]) -> None:
        assert stream.scheme is not None
        self._desk, self._stream = desk, stream
        self._loaded = desk.schemes[stream.scheme]
        self._trays = trays_for(stream, self._loaded)[0]
        codes = [desk.codes.code[rows] for rows in parties]
        self._present = np.unique(np.concatenate(codes)) if codes else np.empty(0, np.int32)
        keys = level_keys(self._loaded, desk.codes.table)
        self._parties = [self._party(rows, keys) for rows in parties]

    def mills(self, coalition: int) -> int:
        """Postage of the parties whose bits are set, their mail sorted together."""
        return self.cost(coalition)[0]

    def cost(self, coalition: int) -> tuple[int, int]:
        """Postage of a coalition, and what a cheaper preparation could save of it at most (0: there is none)."""
        members = [p for k, p in enumerate(self._parties) if coalition >> k & 1]
        if not members:
            return 0, 0
        choice = reduce(_added, (p.choice for p in members))
        codes = self._present[np.flatnonzero(choice.pieces)]
        least = least_pieces(codes, self._loaded, self._desk.codes.table)
        if int(choice.pieces.sum()) < least:
            return sum(p.single_mills for p in members), 0
        outside = sum(p.outside_mills for p in members)
        if self._loaded.scheme.full_only:
            mills, gap = self._prepared(np.sort(np.concatenate([p.rows for p in members])))
            return outside + mills, gap
        chosen = cheapest_levels(choice)
        return outside + choice.postage(chosen.level_of), chosen.gap_mills

    def _prepared(self, rows: NDArray[np.uint32]) -> tuple[int, int]:
        done = prepare(mail_of(rows, self._stream, self._desk, self._trays))
        mills = sum(int(b.postage_mills.sum()) for b in done.batches)
        return mills + self._single(done.left), done.gap_mills

    def _party(self, rows: NDArray[np.uint32], keys: tuple[NDArray[np.int32], ...]) -> _Party:
        takes = fitting(rows, self._loaded.scheme, self._desk.codes)
        mail = mail_of(rows[takes], self._stream, self._desk, self._trays)
        whole = choice_of(mail, mail.rows, mail.count(mail.rows), keys)
        at = self._present
        choice = replace(
            whole, keys=tuple(key[at] for key in keys), pieces=whole.pieces[at], mills=whole.mills[:, at]
        )
        return _Party(mail.rows, choice, self._single(rows[~takes]), self._single(rows))

    def _single(self, rows: NDArray[np.uint32]) -> int:
        codes, single = self._desk.codes, self._desk.single_of(self._stream)[1]
        return int(single_postage(codes.weight_mg[rows], codes.thickness_um[rows], single)[0].sum())


def _added(one: Choice, two: Choice) -> Choice:
    return replace(one, pieces=one.pieces + two.pieces, mills=one.mills + two.mills)
