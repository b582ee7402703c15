"""Fill containers with things that stand one behind the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from printstream.kernels.jit import kernel


@kernel
def fill_containers(
    thickness: NDArray[np.int64],
    weight: NDArray[np.int64],
    group_first: NDArray[np.int64],
    large: NDArray[np.int64],
    small: NDArray[np.int64],
    container_first: NDArray[np.int64],
    is_small: NDArray[np.uint8],
) -> int:
    """Cut every group into containers, in order; the last one of a group may be of the small kind.

    A container takes items until the next one would exceed a limit; it takes at least one. The items that end
    a group go into the small kind where they fit into it.

    Args:
        thickness: int64[n], thickness of each item, one unit throughout, >= 0.
        weight: int64[n], weight of each item, >= 0; any array of this length where no kind limits it.
        group_first: int64[groups + 1], first item of each group and n at the end; rising.
        large: int64[3], what the large kind takes: thickness, weight, items.
        small: int64[3], the same of the small kind; a negative thickness where there is no small kind.
        container_first: int64[>= n], written: first item of each container. Owned by the caller.
        is_small: uint8[>= n], written: 1 for containers of the small kind. Owned by the caller.

    Returns:
        the number of containers.
    """
    containers = 0
    most, heaviest, items = large[0], large[1], large[2]
    for group in range(len(group_first) - 1):
        item = group_first[group]
        end = group_first[group + 1]
        while item < end:
            first = item
            filled = thickness[item]
            heavy = weight[item]
            item += 1
            while item < end and item - first < items:
                if filled + thickness[item] > most or heavy + weight[item] > heaviest:
                    break
                filled += thickness[item]
                heavy += weight[item]
                item += 1
            container_first[containers] = first
            fits = filled <= small[0] and heavy <= small[1] and item - first <= small[2]
            is_small[containers] = 1 if item == end and fits else 0
            containers += 1
    return containers


@kernel
def choose_blocks(
    thickness: NDArray[np.int64],
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
    saved: NDArray[np.int64],
    own: NDArray[np.uint8],
    large: int,
    taken: NDArray[np.uint8],
) -> int:
    """Choose which blocks of items stand among a group's own, so that all together need the fewest containers.

    Items fill containers in order, each until the next one would exceed ``large``. Of two ways to come so far
    the one with fewer containers is never worse later, and among equals the one whose last is emptier; so
    the better of taking and leaving each block, in order, is the best of all choices.

    Args:
        thickness: int64[n], thickness of each item, each <= ``large``.
        begin: int64[segments], first item of each segment, in the order in which they stand.
        end: int64[segments], the item after its last.
        saved: int64[segments], containers saved elsewhere when the segment is taken; 0 for the group's own items.
        own: uint8[segments], 1 for the group's own items, which are always taken.
        large: what a container takes.
        taken: uint8[segments], written: 1 where the segment is taken. Owned by the caller.

    Returns:
        containers of the group, less those that are saved elsewhere.
    """
    cost = 0
    # Nothing is open yet: even an item without thickness opens a container.
    filled = large + 1
    for segment in range(len(begin)):
        here = cost - saved[segment]
        fill = filled
        for item in range(begin[segment], end[segment]):
            if fill + thickness[item] > large:
                here += 1
                fill = thickness[item]
            else:
                fill += thickness[item]
        take = own[segment] == 1 or here < cost or (here == cost and fill < filled)
        taken[segment] = 1 if take else 0
        if take:
            cost = here
            filled = fill
    return cost
