"""Counting ink and turning paper, slowly."""

from __future__ import annotations

import cmath
import math

import numpy as np
from numpy.typing import NDArray


def ink_outside(
    image: NDArray[np.uint8], boxes: NDArray[np.int64], margin: int, left: int, right: int, dark: int
) -> int:
    """Dark pixels of the columns from left to right, after everything inside the widened boxes was wiped white."""
    wiped = image.copy()
    for x0, y0, x1, y1 in boxes:
        wiped[max(y0 - margin, 0) : max(y1 + margin, 0), max(x0 - margin, 0) : max(x1 + margin, 0)] = 255
    return int((wiped[:, left:right] < dark).sum())


def turned(
    image: NDArray[np.uint8], degrees: float, right: float, down: float, bed: int
) -> NDArray[np.int64]:
    """Each pixel looked up where it came from, in complex numbers about the middle of the sheet."""
    height, width = image.shape
    middle = complex((width - 1) / 2, (height - 1) / 2)
    out = np.full(image.shape, bed, np.int64)
    for y in range(height):
        for x in range(width):
            came = (complex(x - right, y - down) - middle) * cmath.exp(-1j * math.radians(degrees)) + middle
            if 0 <= came.real <= width - 1 and 0 <= came.imag <= height - 1:
                out[y, x] = round(_between(image, came.real, came.imag))
    return out


def _between(image: NDArray[np.uint8], x: float, y: float) -> float:
    """The mean of the four neighbours, each weighted by how near it is."""
    total = 0.0
    for i in (math.floor(y), math.floor(y) + 1):
        for j in (math.floor(x), math.floor(x) + 1):
            weight = (1 - abs(y - i)) * (1 - abs(x - j))
            if weight > 0:
                total += weight * image[i, j]
    return total
