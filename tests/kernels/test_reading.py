"""The machine's eye: marks drawn by hand are read back, also askew, moved and blurred; damage is never read as something else."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from printstream.kernels import reading
from tests.reference import reading as slow

PITCH, LENGTH, THICK = 50.0, 142, 6
LEFT, FIRST, MARKS = 80, 236, 7
HEADS = np.array([[LEFT + m - 6, LEFT + m + 6] for m in (43, 71, 99)], np.int64)
HEIGHT, WIDTH = 780, 295


def paper(bits: int) -> NDArray[np.uint8]:
    image = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for k in range(MARKS):
        if bits >> k & 1:
            top = FIRST + round(k * PITCH)
            image[top : top + THICK, LEFT : LEFT + LENGTH] = 0
    return image


def read(image: NDArray[np.uint8], *, key: bool = True) -> tuple[int, int, float, float]:
    result = np.zeros(reading.READ_FIELDS)
    rows = np.array([0, image.shape[0]], np.int64)
    reading.read_track(image, HEADS, rows, (PITCH, FIRST + THICK / 2, MARKS), key, float(THICK), result)
    return int(result[0]), int(result[1]), float(result[2]), float(result[3])


def moved(image: NDArray[np.uint8], degrees: float, right: float, down: float) -> NDArray[np.uint8]:
    out = np.empty_like(image)
    angle = math.radians(degrees)
    reading.turn_image(image, (math.cos(angle), math.sin(angle)), (right, down), 255, out)
    return out


def blurred(image: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
    grey = image.astype(float)
    for _ in range(times):
        grey[1:-1] = (grey[:-2] + 2 * grey[1:-1] + grey[2:]) / 4
        grey[:, 1:-1] = (grey[:, :-2] + 2 * grey[:, 1:-1] + grey[:, 2:]) / 4
    return grey.round().astype(np.uint8)


codes = st.integers(0, (1 << MARKS - 2) - 1).map(lambda middle: 1 | middle << 1 | 1 << MARKS - 1)


@given(codes)
def test_what_is_drawn_is_read(bits: int) -> None:
    status, found, shift, rise = read(paper(bits))
    assert (status, found) == (reading.MARKS_READ, bits)
    assert abs(shift) < 1e-9
    assert abs(rise) < 1e-9


@settings(max_examples=60)
@given(codes, st.floats(-1, 1), st.floats(-11.8, 11.8), st.floats(-11.8, 11.8), st.integers(0, 6))
def test_a_sheet_within_tolerance_is_read(
    bits: int, degrees: float, right: float, down: float, blur: int
) -> None:
    """Askew by 1 degree, beside its place by 1 mm, out of focus: all at once."""
    status, found, shift, rise = read(blurred(moved(paper(bits), degrees, right, down), blur))
    assert (status, found) == (reading.MARKS_READ, bits)
    assert shift == pytest.approx(down, abs=4)
    assert math.degrees(math.atan2(rise, HEADS[2, 0] - HEADS[0, 0])) == pytest.approx(degrees, abs=0.35)


@settings(max_examples=80)
@given(
    codes,
    st.integers(0, MARKS - 1),
    st.integers(0, LENGTH - 50),
    st.integers(50, LENGTH),
    st.integers(60, 255),
)
def test_a_mark_that_is_partly_gone_is_not_read(
    bits: int, mark: int, begin: int, length: int, grey: int
) -> None:
    """Either the rest is enough to read what was drawn, or the track is not read."""
    image = paper(bits)
    top = FIRST + round(mark * PITCH)
    gone = image[top : top + THICK, LEFT + begin : min(LEFT + begin + length, LEFT + LENGTH - 40)]
    gone[:] = np.maximum(gone, grey)
    status, found, _, _ = read(image)
    assert status != reading.MARKS_READ or found == bits


@settings(max_examples=80)
@given(
    codes, st.integers(0, HEIGHT - 40), st.integers(0, WIDTH - 60), st.integers(2, 40), st.integers(30, 60)
)
def test_a_blot_is_not_read_as_a_mark(bits: int, top: int, left: int, high: int, wide: int) -> None:
    image = paper(bits)
    image[top : top + high, left : left + wide] = 0
    status, found, _, _ = read(image)
    assert status != reading.MARKS_READ or found == bits


def test_what_is_wrong_is_said() -> None:
    assert read(paper(0))[0] == reading.MARKS_NONE
    faint = paper(65)
    faint[faint == 0] = 160
    assert read(faint)[0] == reading.MARKS_FAINT
    uneven = paper(65)
    uneven[FIRST + 120 : FIRST + 120 + THICK, LEFT : LEFT + LENGTH] = 0
    assert read(uneven)[0] == reading.MARKS_UNEVEN
    beyond = paper(65)
    beyond[FIRST + 350 : FIRST + 350 + THICK, LEFT : LEFT + LENGTH] = 0
    assert read(beyond)[0] == reading.MARKS_STRAY
    half = paper(67)
    half[FIRST + 45 : FIRST + 60, LEFT + 80 :] = 255
    assert read(half)[0] == reading.MARKS_PARTED
    many = np.where(np.arange(HEIGHT)[:, None] // 3 % 2 == 0, 0, 255).astype(np.uint8).repeat(WIDTH, 1)
    assert read(np.ascontiguousarray(many))[0] != reading.MARKS_READ


def test_without_a_first_mark_the_edge_counts() -> None:
    assert read(paper(0b0100100), key=False)[:2] == (reading.MARKS_READ, 0b0100100)
    assert read(paper(0b0100100), key=True)[:2] == (reading.MARKS_READ, 0b0001001)


@given(st.integers(0, 2**32 - 1), st.integers(0, 4))
def test_ink_outside_is_counted_as_the_slow_twin_counts(seed: int, margin: int) -> None:
    lot = np.random.default_rng(seed)
    image = lot.integers(0, 256, (30, 24), np.uint8)
    boxes = np.sort(lot.integers(0, 24, (3, 2, 2)), axis=1).reshape(3, 4)
    left, right = sorted(lot.integers(0, 25, 2).tolist())
    assert reading.ink_outside(image, boxes, margin, left, right, 128) == slow.ink_outside(
        image, boxes, margin, left, right, 128
    )


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.floats(-180, 180), st.floats(-5, 5), st.floats(-5, 5))
def test_turning_is_that_of_the_slow_twin(seed: int, degrees: float, right: float, down: float) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (17, 23), np.uint8)
    angle = math.radians(degrees)
    out = np.empty_like(image)
    reading.turn_image(image, (math.cos(angle), math.sin(angle)), (right, down), 40, out)
    wanted = slow.turned(image, degrees, right, down, 40)
    # A sample on the very edge may fall to either side of it.
    assert (np.abs(out.astype(int) - wanted) > 1).sum() <= 2
