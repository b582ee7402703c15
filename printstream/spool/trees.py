"""Balanced trees of objects with consecutive numbers."""

from __future__ import annotations

FANOUT = 64
"""Kids of a node: shallow trees, and a RIP that seeks a page reads a few hundred bytes a level."""


def tree_levels(first: int, leaves: int) -> list[tuple[int, int]]:
    """Give first number and count of the leaves, of their parents, and so on up to the single root."""
    levels = [(first, leaves)]
    while len(levels) == 1 or levels[-1][1] > 1:
        number, count = levels[-1]
        levels.append((number + count, max(1, -(-count // FANOUT))))
    return levels
