"""Print, cut and stack, with lists for paper.

A press sheet is printed on both sides and turned about its vertical axis, so that what stands at the left of its back
lies behind what stands at the right of its front. The whole spool is cut between the pages, which gives a pile a slot;
the piles are laid on each other, the first slot's on top.
"""

from __future__ import annotations

from collections.abc import Sequence

Leaf = tuple[int, int]
"""Sheet of the run on the front, and on the back; -1 where nothing is printed."""


def cut(fronts: Sequence[int], backs: Sequence[int]) -> list[Leaf]:
    """Leaves of one press sheet, from the left as its front shows them."""
    return list(zip(fronts, reversed(backs), strict=True))


def stack(press_sheets: Sequence[tuple[Sequence[int], Sequence[int]]]) -> list[Leaf]:
    """All leaves in the order in which they lie after cutting and stacking, from the top."""
    leaves = [cut(fronts, backs) for fronts, backs in press_sheets]
    slots = len(leaves[0]) if leaves else 0
    return [sheet[slot] for slot in range(slots) for sheet in leaves]
