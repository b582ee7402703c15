"""Trays into containers by brute force, from the rule text of docs/presort.md alone: dicts, lists and loops.

Shares no code with the product. A tray is a dict with at least ``places``, ``gross`` and ``keys``: by level of the
container the destination that it has there, None where it may not go. ``rules`` is a plain dict:
    places, load, trays: what a container takes; trays None: no limit
    levels: [{minimum, optional, own}], finest first; with a minimum above 1 in the last one, trays may be left loose
"""

from __future__ import annotations

from itertools import combinations, pairwise, product

Made = list[tuple[int, list[int]]]
"""Level and trays of each container, in order."""


def fits(trays: list[dict], rules: dict) -> bool:
    """Whether trays fit into one container."""
    if sum(t["places"] for t in trays) > rules["places"] or sum(t["gross"] for t in trays) > rules["load"]:
        return False
    return rules["trays"] is None or len(trays) <= rules["trays"]


def filled(trays: list[dict], numbers: list[int], rules: dict) -> list[list[int]]:
    """A container takes trays in order until the next one would not fit."""
    containers: list[list[int]] = []
    for number in numbers:
        if containers and fits([trays[k] for k in [*containers[-1], number]], rules):
            containers[-1].append(number)
        else:
            containers.append([number])
    return containers


def by_levels(trays: list[dict], rules: dict, made: list[int]) -> Made:
    """The preparation with these levels made."""
    left, out = list(range(len(trays))), []
    for level in made:
        rule = rules["levels"][level]
        groups: dict = {}
        for number in left:
            if trays[number]["keys"][level] is not None:
                groups.setdefault(trays[number]["keys"][level], []).append(number)
        for key in sorted(groups):
            containers = filled(trays, groups[key], rules)
            last = sum(trays[k]["places"] for k in containers[-1])
            stays = last >= rule["minimum"] or (rule["own"] and len(containers) > 1)
            out += [(level, c) for c in (containers if stays else containers[:-1])]
        taken = {k for _, c in out for k in c}
        left = [k for k in left if k not in taken]
    assert not left or rules["levels"][-1]["minimum"] > 1
    return out


def loose(trays: list[dict], made: Made) -> int:
    """How many trays lie in no container."""
    return len(trays) - sum(len(inside) for _, inside in made)


def choices(rules: dict) -> list[list[int]]:
    """Every set of levels that may be made: all required ones, any of the optional ones."""
    kinds = [(True, False) if level["optional"] else (True,) for level in rules["levels"]]
    return [[n for n, made in enumerate(choice) if made] for choice in product(*kinds)]


def prepared(trays: list[dict], rules: dict) -> Made:
    """The preparation that the rules ask for: fewest loose, fewest containers, of equals that with the finest levels."""
    found = [(by_levels(trays, rules, made), made) for made in choices(rules)]
    least = min((loose(trays, containers), len(containers)) for containers, _ in found)
    best = [pair for pair in found if (loose(trays, pair[0]), len(pair[0])) == least]
    order = range(len(rules["levels"]))
    return min(best, key=lambda pair: [n not in pair[1] for n in order])[0]


def fewest_in_order(trays: list[dict], numbers: list[int], rules: dict) -> int:
    """The fewest containers that take these trays in their order, whatever each is filled with: every cut is tried."""
    places = range(1, len(numbers))
    for count in range(len(numbers)):
        for cut in combinations(places, count):
            ends = [0, *cut, len(numbers)]
            runs = [numbers[a:b] for a, b in pairwise(ends)]
            if all(fits([trays[k] for k in run], rules) for run in runs):
                return count + 1
    return len(numbers)
