"""Overflow that rolls: which last trays are emptied into a tray of the next level, so that trays are fewest.

Pieces that roll keep the price of their own level (DMM 235.6.5 allows it for small overflow). In: groups in
their trays. Out: the groups' pieces in their new order. Never: changes a price, or which groups are made.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from printstream.base.frozen import frozen
from printstream.presort.groups import Group, SortPlan
from printstream.presort.labels import NO_GROUP
from printstream.presort.scheme import Level


@frozen
class Filled:
    """Groups in trays, before anything rolls.

    Attributes:
        thickness: int64[n], of the pieces in mailing order.
        code: int32[n], their postal codes.
        group_first: int64[groups + 1], first piece of each group.
        trays: int64[groups], trays of each group.
        last: int64[groups], first piece of the last tray of each group.
        last_full: bool[groups], whether that tray is full.
        large_um: what a tray takes.
    """

    thickness: NDArray[np.int64]
    code: NDArray[np.int32]
    group_first: NDArray[np.int64]
    trays: NDArray[np.int64]
    last: NDArray[np.int64]
    last_full: NDArray[np.bool_]
    large_um: int


@dataclass
class Node:
    """A group that others may roll into, or that may roll.

    Attributes:
        guests: groups whose overflow may roll into this one, in the order in which they stand.
        stays: fewest trays of the group and of all that may roll into it, when its own overflow stays.
        rolls: the same when its own overflow rolls: then nothing rolls into it.
        taken: whether each guest's overflow rolls in, when this one's stays.
    """

    guests: list[int] = field(default_factory=list)
    stays: int = 0
    rolls: int = 0
    taken: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))


def roll_overflow(
    filled: Filled, plan: SortPlan, levels: tuple[Level, ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Choose what rolls.

    Returns:
        the pieces in their new order, as places in the old one, and the first piece of each group in it; None
        where nothing rolls.
    """
    hosts = _hosts(filled, plan, levels)
    nodes: dict[int, Node] = {}
    for guest, host in hosts.items():
        nodes.setdefault(host, Node()).guests.append(guest)
        nodes.setdefault(guest, Node())
    # Groups are in the order of levels, so a guest's own guests come before it.
    for number in sorted(nodes):
        _weigh(number, nodes, filled)
    into = _decide(nodes, hosts)
    return _reorder(into, filled) if into else None


def _hosts(filled: Filled, plan: SortPlan, levels: tuple[Level, ...]) -> dict[int, int]:
    """For each group whose overflow may roll, the group that it may roll into."""
    number_of = {(g.level, g.key): n for n, g in enumerate(plan.groups)}
    hosts = {}
    for number, group in enumerate(plan.groups):
        level = levels[group.level]
        if level.overflow != "roll" or filled.trays[number] < 2 or filled.last_full[number]:
            continue
        overflow = int(filled.group_first[number + 1] - filled.last[number])
        key = int(plan.keys[group.level + 1][group.first_code])
        host = number_of.get((group.level + 1, key)) if key != NO_GROUP else None
        if host is not None and _may_roll(group, overflow, plan.groups[host], level):
            hosts[number] = host
    return hosts


def _may_roll(group: Group, overflow: int, host: Group, level: Level) -> bool:
    """Few enough roll, enough stay, and the host is a group in its own right."""
    few = overflow < (level.roll_below or level.minimum_pieces)
    enough = group.pieces - overflow >= level.minimum_pieces
    return few and enough and host.pieces >= (level.roll_onto or level.minimum_pieces)


def _weigh(number: int, nodes: dict[int, Node], filled: Filled) -> None:
    from printstream.kernels.presort import choose_blocks

    node = nodes[number]
    own = int(filled.trays[number])
    node.guests.sort(key=lambda g: (int(filled.code[filled.last[g]]), g))
    below = sum(nodes[g].stays for g in node.guests)
    node.rolls = own - 1 + below
    node.stays = own
    if node.guests:
        begin, end, guest = _segments(number, node.guests, filled)
        gains = np.array([nodes[g].stays - nodes[g].rolls for g in node.guests], np.int64)
        saved = np.where(guest < 0, 0, gains[guest])
        own_items = (guest < 0).astype(np.uint8)
        taken = np.zeros(begin.size, np.uint8)
        trays = choose_blocks(filled.thickness, begin, end, saved, own_items, filled.large_um, taken)
        node.stays = below + int(trays)
        node.taken = taken[guest >= 0].astype(np.bool_)


def _segments(
    number: int, guests: list[int], filled: Filled
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The host's own pieces, cut where guests stand among them: first piece, end, guest or -1."""
    first, last = int(filled.group_first[number]), int(filled.group_first[number + 1])
    codes = filled.code[filled.last[guests]]
    # A guest stands before the first piece with a greater postal code than its own first piece.
    places = first + np.searchsorted(filled.code[first:last], codes, side="right")
    rows = []
    for k, (guest, place) in enumerate(zip(guests, places.tolist(), strict=True)):
        rows.append((first, place, -1))
        rows.append((int(filled.last[guest]), int(filled.group_first[guest + 1]), k))
        first = place
    rows.append((first, last, -1))
    table = np.array([r for r in rows if r[0] < r[1]], np.int64)
    return table[:, 0].copy(), table[:, 1].copy(), table[:, 2].copy()


def _decide(nodes: dict[int, Node], hosts: dict[int, int]) -> dict[int, list[int]]:
    """For each host, the guests that roll into it; a group that rolls takes none."""
    into: dict[int, list[int]] = {}
    rolling: set[int] = set()
    for number in sorted(nodes, reverse=True):
        if number not in rolling and nodes[number].guests:
            chosen = [g for g, t in zip(nodes[number].guests, nodes[number].taken.tolist(), strict=True) if t]
            if chosen:
                into[number] = chosen
                rolling.update(chosen)
    return into


def _reorder(into: dict[int, list[int]], filled: Filled) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    rolling = {guest for guests in into.values() for guest in guests}
    pieces: list[NDArray[np.int64]] = []
    sizes = []
    for number in range(filled.trays.size):
        spans = [(int(filled.group_first[number]), int(filled.group_first[number + 1]))]
        if number in rolling:
            spans = [(spans[0][0], int(filled.last[number]))]
        elif number in into:
            begin, end, _ = _segments(number, into[number], filled)
            spans = list(zip(begin.tolist(), end.tolist(), strict=True))
        pieces += [np.arange(a, b) for a, b in spans]
        sizes.append(sum(b - a for a, b in spans))
    return np.concatenate(pieces), np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
