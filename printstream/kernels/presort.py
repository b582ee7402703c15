"""Fill containers with things that stand one behind the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from printstream.kernels.jit import kernel


@kernel
def fill_containers(
    thickness: NDArray[np.int64],
    group_first: NDArray[np.int64],
    large: int,
    small: int,
    max_items: int,
    container_first: NDArray[np.int64],
    is_small: NDArray[np.uint8],
) -> int:
    """Cut every group into containers, in order; the last one of a group may be of the small kind.

    A container takes items until the next one would exceed ``large`` or ``max_items``; it takes at least one.
    The items that end a group go into the small kind where they fit into it.

    Args:
        thickness: int64[n], thickness of each item, one unit throughout, >= 0.
        group_first: int64[groups + 1], first item of each group and n at the end; rising.
        large: what the large kind takes.
        small: what the small kind takes; negative where there is no small kind.
        max_items: most items of a container.
        container_first: int64[>= n], written: first item of each container. Owned by the caller.
        is_small: uint8[>= n], written: 1 for containers of the small kind. Owned by the caller.

    Returns:
        the number of containers.
    """
    containers = 0
    for group in range(len(group_first) - 1):
        item = group_first[group]
        end = group_first[group + 1]
        while item < end:
            first = item
            filled = thickness[item]
            item += 1
            while item < end and item - first < max_items and filled + thickness[item] <= large:
                filled += thickness[item]
                item += 1
            container_first[containers] = first
            is_small[containers] = 1 if item == end and filled <= small else 0
            containers += 1
    return containers
