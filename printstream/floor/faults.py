"""Mishaps on the floor, done on purpose, to see which of them marks and codes give away.

In: words such as ``drop:3`` or ``skew=2.5``, a seed, a pile. Out: where each happens; the feeding order that follows.
Never: touches a print file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from printstream.base.errors import UsageError
from printstream.base.frozen import frozen


@frozen
class Kind:
    """A mishap.

    Attributes:
        sentence: what happens.
        amount: how much, where nothing is said; 0: it has no amount.
        unit: of the amount.
        on_paper: whether the sheet itself is damaged; else the pile is.
    """

    sentence: str
    amount: float = 0.0
    unit: str = ""
    on_paper: bool = False


KINDS: Mapping[str, Kind] = {
    "tear": Kind("a sheet is torn at the edge where marks and code are", 30, "mm", on_paper=True),
    "tear_away": Kind("a sheet is torn at a corner where nothing is read", 30, "mm", on_paper=True),
    "skew": Kind("a sheet is printed askew", 3, "degrees", on_paper=True),
    "shift": Kind("a sheet's print lies beside its place", 5, "mm", on_paper=True),
    "fade": Kind("a streak along a sheet has no toner", 6, "mm", on_paper=True),
    "flip": Kind("a sheet lies face down", on_paper=True),
    "turn": Kind("a sheet lies upside down", on_paper=True),
    "drop": Kind("a sheet is missing"),
    "double": Kind("the feeder takes two sheets at once"),
    "repeat": Kind("a sheet was printed twice"),
    "swap": Kind("two neighbouring sheets are exchanged"),
    "lost_piece": Kind("all sheets of a piece are missing"),
    "restack": Kind("the cut stacks of a print file are laid on one another in the wrong order"),
}
_WORD = re.compile(r"(?P<kind>[a-z_]+)(=(?P<amount>\d+(\.\d+)?))?(:(?P<count>[1-9]\d{0,5}))?\Z")
_APART = 12
"""Sheets between two mishaps, so that each is found by itself."""


@frozen
class Wanted:
    """Mishaps of one kind to be done."""

    kind: str
    amount: float
    count: int


@frozen
class Mishap:
    """One mishap.

    Attributes:
        kind: of KINDS.
        amount: how much.
        place: of the sheet in the pile; for restack, the spool's first sheet.
        last: the last place concerned.
        seed: of what is drawn by lot within it.
    """

    kind: str
    amount: float
    place: int
    last: int
    seed: int


def wanted(word: str) -> Wanted:
    """Read ``KIND[=AMOUNT][:COUNT]``.

    Raises:
        UsageError: it is none.
    """
    match = _WORD.match(word)
    if match is None or match["kind"] not in KINDS:
        what = f"{word!r} is no mishap"
        raise UsageError(
            what, where="--fault", next_step=f"Known are: {', '.join(KINDS)}; KIND[=AMOUNT][:COUNT]"
        )
    kind = KINDS[match["kind"]]
    if match["amount"] and not kind.unit:
        what = f"a {match['kind']} has no amount"
        raise UsageError(what, where="--fault", next_step=f"Write {match['kind']}:COUNT")
    amount = float(match["amount"] or kind.amount)
    return Wanted(match["kind"], amount, int(match["count"] or 1))


def place_mishaps(
    wants: Sequence[Wanted],
    seed: int,
    spools: NDArray[np.int64],
    stacks: NDArray[np.int64],
    sets: NDArray[np.int64],
) -> list[Mishap]:
    """Choose by lot where mishaps happen, apart from one another.

    Args:
        wants: what shall happen.
        seed: of the lot.
        spools: int64[sheets]: print file of each sheet of the pile.
        stacks: int64[sheets]: its stack.
        sets: int64[sheets]: number of the envelope that each sheet belongs to; -1 where it is a blank.

    Raises:
        UsageError: the pile is too small for so many.
    """
    lot = np.random.default_rng(seed)
    taken = sets < 0
    done: list[Mishap] = []
    # Whole stacks first: they do not mind what happens to single sheets.
    for want in sorted(wants, key=lambda want: want.kind != "restack"):
        done += [_place(want, lot, taken, spools, stacks, sets) for _ in range(want.count)]
    return sorted(done, key=lambda mishap: mishap.place)


def _place(
    want: Wanted,
    lot: np.random.Generator,
    taken: NDArray[np.bool_],
    spools: NDArray[np.int64],
    stacks: NDArray[np.int64],
    sets: NDArray[np.int64],
) -> Mishap:
    own_seed = int(lot.integers(1 << 31))
    if want.kind == "restack":
        cut = sorted({int(s) for s in spools[(stacks > 0) & (sets >= 0)]})
        if not cut:
            what = "no print file has two stacks to be exchanged"
            raise UsageError(what, where="--fault", next_step="Leave restack out")
        places = np.flatnonzero(spools == lot.choice(cut))
        return Mishap(want.kind, 0, int(places[0]), int(places[-1]), own_seed)
    free = np.flatnonzero(~taken)
    # The last sheet of a print file has no neighbour; a lost first piece leaves nothing before the gap.
    inner = free[(free > 0) & (free + 1 < sets.size)]
    inner = inner[
        (spools[inner - 1] == spools[inner]) & (spools[inner + 1] == spools[inner]) & (sets[inner + 1] >= 0)
    ]
    if inner.size == 0:
        what = "the pile is too small for so many mishaps"
        raise UsageError(what, where="--fault", next_step="Ask for fewer")
    place = last = int(lot.choice(inner))
    if want.kind == "lost_piece":
        own = np.flatnonzero(sets == sets[place])
        place, last = int(own[0]), int(own[-1])
    elif want.kind in ("swap", "double"):
        last = place + 1
    taken[max(place - _APART, 0) : last + _APART] = True
    return Mishap(want.kind, want.amount, place, last, own_seed)


def feeding_order(
    mishaps: Sequence[Mishap], spools: NDArray[np.int64], stacks: NDArray[np.int64]
) -> list[tuple[int, tuple[int, ...]]]:
    """The feed after all that happens to the pile: the sheet that is read, and those that cling below it."""
    order = np.arange(spools.size)
    for mishap in mishaps:
        if mishap.kind == "restack":
            own = np.flatnonzero(spools == spools[mishap.place])
            order[own] = own[np.argsort(-stacks[own], kind="stable")]
    feed: dict[int, list[tuple[int, tuple[int, ...]]]] = {int(p): [(int(p), ())] for p in order}
    for mishap in mishaps:
        place, last = mishap.place, mishap.last
        if mishap.kind in ("drop", "lost_piece"):
            for gone in range(place, last + 1):
                feed[gone] = []
        elif mishap.kind == "repeat":
            feed[place] = [(place, ()), (place, ())]
        elif mishap.kind == "double":
            feed[place], feed[last] = [(place, (last,))], []
        elif mishap.kind == "swap":
            feed[place], feed[last] = feed[last], feed[place]
    return [entry for p in order for entry in feed[int(p)]]
