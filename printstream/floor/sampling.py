"""A sample of sheets instead of all, and what it is worth.

In: the size of the pile, a seed. Out: which sheets, and a bound on the share of faulty ones. Never: claims more than the
sample shows.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95


def choose(sheets: int, size: int, seed: int) -> NDArray[np.int64]:
    """Draw places of the pile without putting any back, in rising order."""
    lot = np.random.default_rng(seed)
    return np.sort(lot.choice(sheets, min(size, sheets), replace=False)).astype(np.int64)


def faulty_at_most(found: int, size: int, sheets: int) -> float:
    """Upper bound of the share of faulty sheets in the pile, with 95 % confidence (Clopper and Pearson, one-sided).

    The bound is that of drawing with replacement, which for a sample of a pile errs on the safe side.

    Args:
        found: faulty sheets in the sample.
        size: of the sample.
        sheets: of the pile.
    """
    if size >= sheets:
        return found / sheets if sheets else 0.0
    if found >= size:
        return 1.0
    low, high = found / size, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _at_most(found, size, middle) > 1 - CONFIDENCE:
            low = middle
        else:
            high = middle
    return high


def _at_most(found: int, size: int, share: float) -> float:
    """Chance of at most ``found`` faulty ones in a sample, when ``share`` of the pile is faulty."""
    if share >= 1:
        return 0.0
    if share <= 0:
        return 1.0
    total = 0.0
    for k in range(found + 1):
        ways = math.lgamma(size + 1) - math.lgamma(k + 1) - math.lgamma(size - k + 1)
        total += math.exp(ways + k * math.log(share) + (size - k) * math.log1p(-share))
    return total
