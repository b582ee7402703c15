"""The pattern that all spools of a job share, from its scheme."""

from __future__ import annotations

import numpy as np

from printstream.impose import ink
from printstream.impose.geometry import Layout
from printstream.impose.spread import Pattern
from printstream.impose.stacks import stack_cells
from printstream.imposition import Scheme


def make_pattern(
    scheme: Scheme, layout: Layout, most_leaves: int, *, crop: bool = True, as_forms: bool = False
) -> Pattern:
    """Turn a layout into the arrays that production reads.

    Args:
        scheme: the scheme.
        layout: of its press sheet.
        most_leaves: of a piece; decides how deep leaves lie.
        crop: whether the scheme's crop marks are drawn.
        as_forms: see Pattern.
    """
    stack_of, rank_of, cells = stack_cells(scheme)
    backward = np.zeros(scheme.cells, np.bool_)
    backward[[cell - 1 for cell in scheme.turned_over]] = True
    if scheme.creep == 0 or scheme.unit.binding == "none":
        depths = 1
    elif scheme.unit.binding == "perfect":
        depths = scheme.unit.pages // 4
    else:
        depths = max(1, (most_leaves + 1) // 2)
    fragments = ink.place_fragments(layout, scheme, depths)
    return Pattern(
        scheme,
        layout,
        stack_of,
        rank_of,
        cells,
        backward,
        np.array([[place.cell for place in side] for side in layout.sides], np.int64),
        np.array([[place.page for place in side] for side in layout.sides], np.int64),
        *fragments,
        depths,
        ink.under(layout, scheme, crop=crop),
        as_forms,
    )
