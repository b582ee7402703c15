"""Reads marks off pixels, as the heads of an inserter do: a machine's eye, which knows nothing of how marks are drawn.

In: grey images of sheets (255 is paper). Out: which marks are there, and how well. Never: knows a profile's words; imports
a kernel that draws.
"""

from __future__ import annotations

import numpy as np

from printstream.kernels.jit import inline_kernel, kernel

MARKS_READ, MARKS_NONE, MARKS_FAINT, MARKS_UNEVEN, MARKS_STRAY, MARKS_PARTED, MARKS_MANY = range(7)
"""Read; no ink under any head; ink too faint, too thin or too thick for a mark; not on one pitch; ink where no mark can
be; the heads disagree; more runs of ink than marks."""
HEADS = 3
READ_FIELDS = 4
_MAX_RUNS = 64
_FAINT, _DARK = 0.2, 0.5


@inline_kernel
def _darkness(image, row, left, right):  # type: ignore[no-untyped-def]
    """Mean darkness, 0 to 1, of a row's pixels under a head."""
    total = 0
    for column in range(left, right):
        total += 255 - image[row, column]
    return total / (255.0 * (right - left))


@inline_kernel
def _runs_under(image, left, right, first_row, last_row, centres, weights, peaks):  # type: ignore[no-untyped-def]
    """Runs of ink under a head: centre of gravity, darkness summed up (its thickness), darkest row; -1: too many."""
    count, row = 0, first_row
    while row < last_row:
        dark = _darkness(image, row, left, right)
        if dark < _FAINT:
            row += 1
            continue
        if count == _MAX_RUNS:
            return -1
        weight, moment, peak = 0.0, 0.0, 0.0
        while row < last_row and dark >= _FAINT:
            weight += dark
            moment += dark * (row + 0.5)
            peak = max(peak, dark)
            row += 1
            dark = _darkness(image, row, left, right) if row < last_row else 0.0
        centres[count], weights[count], peaks[count] = moment / weight, weight, peak
        count += 1
    return count


@inline_kernel
def _marks_of(centres, weights, peaks, count, expected, key, least, most, found):  # type: ignore[no-untyped-def]
    """Give each run its mark.

    Returns:
        bits (bit k: mark k), shift of the first run's mark in pixels, status.
    """
    pitch, first, marks = expected
    bits, shift, status = 0, 0.0, MARKS_READ
    for run in range(count):
        if peaks[run] < _DARK or weights[run] < least or weights[run] > most:
            return bits, shift, MARKS_FAINT
        if run == 0:
            # A machine keys on the first mark where that is always printed, else on the sheet's edge.
            mark = 0 if key else round((centres[0] - first) / pitch)
            shift = centres[0] - first - mark * pitch
        else:
            mark = round((centres[run] - first - shift) / pitch)
        if mark < 0 or mark >= marks or bits >> mark & 1:
            return bits, shift, MARKS_STRAY
        if abs(centres[run] - first - shift - mark * pitch) > pitch / 6:
            return bits, shift, MARKS_UNEVEN
        bits |= 1 << mark
        found[mark] = centres[run]
    return bits, shift, status


@kernel
def read_track(image, heads, rows, expected, key, thickness, result):  # type: ignore[no-untyped-def]
    """Read a track of marks that lie across the way of the paper.

    Args:
        image: uint8[height, width], C-contiguous, 255 is paper.
        heads: int64[3, 2]: first and last + 1 column under each of three heads; the middle one reads, the others
            must agree.
        rows: int64[2]: first and last + 1 row that are looked at.
        expected: (float, float, int): pitch in pixels, middle of the first mark, marks of the track (at most 62).
        key: bool: whether the first mark is always printed, so that the reading may start from it.
        thickness: float: pixels of a mark.
        result: float64[4], the caller's: status (MARKS_...), bits, shift of the marks along the paper (pixels), rise of
            the marks from the first head to the last (pixels).
    """
    runs = np.empty((3, _MAX_RUNS))
    centres, weights, peaks = runs[0], runs[1], runs[2]
    places = np.empty((2, 64))
    found, firsts = places[0], places[1]
    result[:] = 0.0
    bits_before, rise, marks, inked = -1, 0.0, 0, False
    for head in range(HEADS):
        count = _runs_under(image, heads[head, 0], heads[head, 1], rows[0], rows[1], centres, weights, peaks)
        if count < 0:
            result[0] = MARKS_MANY
            return
        inked = inked or count > 0
        bits, shift, status = _marks_of(
            centres, weights, peaks, count, expected, key, 0.6 * thickness, 1.6 * thickness, found
        )
        if status != MARKS_READ:
            result[0] = status
            return
        if head > 0 and bits != bits_before:
            result[0] = MARKS_PARTED
            return
        bits_before = bits
        if head == 1:
            result[2] = shift
        for mark in range(expected[2]):
            if bits >> mark & 1:
                if head == 0:
                    firsts[mark] = found[mark]
                elif head == 2:
                    rise += found[mark] - firsts[mark]
                    marks += 1
    result[0] = MARKS_READ if inked else MARKS_NONE
    result[1] = bits_before
    result[3] = rise / marks if marks else 0.0


@kernel
def ink_outside(image, boxes, margin, left, right, dark):  # type: ignore[no-untyped-def]
    """Count dark pixels that lie outside of all boxes.

    Args:
        image: uint8[height, width], C-contiguous.
        boxes: int64[n, 4]: left, top, right, bottom (last + 1) of what may be dark.
        margin: int: pixels by which boxes are widened.
        left: int: first column looked at.
        right: int: last + 1.
        dark: int: pixels below this are dark.

    Returns:
        int64: how many there are.
    """
    count = 0
    for row in range(image.shape[0]):
        for column in range(left, right):
            if image[row, column] < dark:
                inside = False
                for box in range(boxes.shape[0]):
                    if (
                        boxes[box, 0] - margin <= column < boxes[box, 2] + margin
                        and boxes[box, 1] - margin <= row < boxes[box, 3] + margin
                    ):
                        inside = True
                if not inside:
                    count += 1
    return count


@kernel
def turn_image(image, degrees_cos_sin, shift, bed, out):  # type: ignore[no-untyped-def]
    """Turn a sheet about its middle and move it, as it may lie under the heads.

    Args:
        image: uint8[height, width], C-contiguous.
        degrees_cos_sin: (float, float): cosine and sine of the angle, clockwise as seen.
        shift: (float, float): pixels to the right and down.
        bed: int: grey of what lies beside the sheet.
        out: uint8[height, width], the caller's; sampled bilinearly.
    """
    cosine, sine = degrees_cos_sin
    height, width = image.shape
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    for row in range(height):
        for column in range(width):
            x, y = column - middle_x - shift[0], row - middle_y - shift[1]
            from_x = cosine * x + sine * y + middle_x
            from_y = cosine * y - sine * x + middle_y
            if from_x < 0 or from_y < 0 or from_x > width - 1 or from_y > height - 1:
                out[row, column] = bed
                continue
            j, i = min(int(from_x), width - 2), min(int(from_y), height - 2)
            u, v = from_x - j, from_y - i
            above = (1 - u) * image[i, j] + u * image[i, j + 1]
            below = (1 - u) * image[i + 1, j] + u * image[i + 1, j + 1]
            out[row, column] = int((1 - v) * above + v * below + 0.5)
