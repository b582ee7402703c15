"""Put trays into containers: as few as the levels allow, in the order in which trays are made.

In: the trays of a stream, a container. Out: ``Stowed``, the container of each tray. Never: opens a tray, mixes streams.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from printstream.base.frozen import frozen
from printstream.presort.containers import Container
from printstream.presort.labels import NO_GROUP

LOOSE = -1
_NO_LIMIT = 1 << 62
_NO_SMALL = np.full(3, -1, np.int64)


@frozen
class Loads:
    """The trays of a stream, in the order in which they are made.

    Attributes:
        places: int64[n], places that each tray takes.
        gross_mg: int64[n], each tray with its mail.
        keys: int64[levels, n], group of each tray at each level of the container; NO_GROUP where it may not go there.
    """

    places: NDArray[np.int64]
    gross_mg: NDArray[np.int64]
    keys: NDArray[np.int64]


@frozen
class Stowed:
    """Containers of a stream: finest level first, then by destination, then as they were filled.

    Attributes:
        of_tray: int64[n], container of each tray, from 0 on; LOOSE where it is in none.
        level: int64[containers], place in the container's levels.
    """

    of_tray: NDArray[np.int64]
    level: NDArray[np.int64]

    @property
    def cost(self) -> tuple[int, int]:
        """Trays that travel loose, and containers."""
        return int(np.count_nonzero(self.of_tray == LOOSE)), self.level.size


def stow(loads: Loads, container: Container) -> Stowed:
    """Make or leave the optional levels: the fewest loose trays, then the fewest containers, then the finest levels.

    With n trays it costs n log n for each way to choose; docs/presort.md has the rules.
    """
    optional = [number for number, level in enumerate(container.levels) if level.optional]
    best: Stowed | None = None
    # All made comes first, and a later choice must be better: so equals go to the finest levels.
    for choice in product((True, False), repeat=len(optional)):
        left_out = {number for number, made in zip(optional, choice, strict=True) if not made}
        made = _stow(loads, container, [n for n in range(len(container.levels)) if n not in left_out])
        if best is None or made.cost < best.cost:
            best = made
    assert best is not None
    return best


def _stow(loads: Loads, container: Container, numbers: list[int]) -> Stowed:
    """Make the levels one after the other; each takes what the ones before it left."""
    of_tray = np.full(loads.places.size, LOOSE, np.int64)
    left = np.arange(loads.places.size)
    levels: list[NDArray[np.int64]] = []
    made = 0
    for number in numbers:
        kept, ends = _level(loads, container, number, left)
        of_tray[kept] = made + np.repeat(np.arange(ends.size), np.diff(ends, prepend=0))
        levels.append(np.full(ends.size, number, np.int64))
        made += ends.size
        left = left[of_tray[left] == LOOSE]
    return Stowed(of_tray, np.concatenate(levels))


def _level(
    loads: Loads, container: Container, number: int, left: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Containers of a level.

    Returns:
        the trays that it takes, container after container, and where each container ends among them.
    """
    from printstream.kernels.presort import fill_containers

    key = loads.keys[number, left]
    trays = left[key != NO_GROUP]
    key = key[key != NO_GROUP]
    if not trays.size:
        return trays, np.empty(0, np.int64)
    order = np.argsort(key, kind="stable")
    trays, key = trays[order], key[order]
    begins = np.flatnonzero(np.r_[True, np.diff(key) != 0])
    limits = np.array([container.places, container.load_mg, container.max_trays or _NO_LIMIT], np.int64)
    places = loads.places[trays]
    first, small = np.empty(trays.size, np.int64), np.empty(trays.size, np.uint8)
    groups = np.append(begins, trays.size).astype(np.int64)
    count = fill_containers(places, loads.gross_mg[trays], groups, limits, _NO_SMALL, first, small)
    first = first[:count].copy()
    stays = _stays(first, np.add.reduceat(places, first), begins, container, number)
    sizes = np.diff(first, append=trays.size)
    return trays[np.repeat(stays, sizes)], np.cumsum(sizes[stays])


def _stays(
    first: NDArray[np.int64],
    places: NDArray[np.int64],
    begins: NDArray[np.intp],
    container: Container,
    number: int,
) -> NDArray[np.bool_]:
    """Which containers are made; only the last one of a group can be less than full."""
    level = container.levels[number]
    is_first = np.isin(first, begins)
    is_last = np.append(is_first[1:], True)
    stays = ~is_last | (places >= level.minimum_places)
    if level.overflow == "own":
        stays |= ~is_first
    stays_all: NDArray[np.bool_] = stays
    return stays_all
