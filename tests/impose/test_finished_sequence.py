"""Every shipped scheme, printed, cut, stacked and folded: what comes out is the plain sequence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from printstream.imposition import load_scheme, scheme_names
from printstream.reimpose import reimpose
from tests.judges.finishing import ANCHOR, Label, Leaf, Shop

SCHEMES = Path(__file__).parents[2] / "printstream" / "impose" / "schemes"
PAGE = (120.0, 90.0)
MM = 72 / 25.4


def source_of(pieces: list[int], path: Path) -> None:
    canvas = Canvas(str(path), pagesize=PAGE, invariant=1)
    for piece, pages in enumerate(pieces, 1):
        for page in range(1, pages + 1):
            canvas.setFont("Courier", 6)
            canvas.drawString(ANCHOR[0], PAGE[1] - ANCHOR[1], f"<{piece}/{page}>")
            canvas.showPage()
    canvas.save()


def text_of(scheme: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((SCHEMES / f"{scheme}.yaml").read_text())
    return found


@st.composite
def piece_lists(draw: st.DrawFn) -> list[int]:
    return draw(st.lists(st.integers(1, 5) | st.integers(1, 23), min_size=1, max_size=9))


CHANGES: dict[str, list[dict[str, Any]]] = {
    "n_up": [{"columns": 3, "rows": 1, "scale_percent": 50}, {"turn": "over", "rotate": [90]}],
    "four_up_cut_and_stack": [
        {"stack_depth": 4},
        {"stack_depth": 7, "columns": 3, "turn": "over"},
        {"rotate": [270], "stack_depth": 0, "shift_x": "4mm"},
    ],
    "two_up_cut_and_stack": [{"turn": "over"}, {"split_pieces": True}, {"columns": 5, "rotate": [90, 270]}],
    "stack_by_column": [{"rows": 3, "stack_depth": 2, "turn": "over"}],
    "come_and_go": [{"turn": "over"}, {"turned_over": [2]}, {"rows": 1, "columns": 2, "rotate": [90, 270]}],
    "head_to_head": [{"turn": "over"}],
    "booklet_saddle": [
        {"turn": "over"},
        {"rows": 2, "order": "stacks", "rotate": [0, 180]},
        {"rotate": [90], "columns": 2, "order": "stacks"},
    ],
    "booklet_perfect": [
        {"turn": "over", "rotate": [90]},
        {"columns": 2, "order": "stacks", "creep": "0.2mm"},
    ],
    "step_and_repeat": [{"turn": "over", "scale_percent": 75}],
    "roll_two_across": [{"rows": 2}],
}
CASES = [(name, {}) for name in scheme_names()] + [
    (n, change) for n, all_ in CHANGES.items() for change in all_
]
FOLDED = {
    "signature of 16": (
        "booklet_perfect",
        {
            "unit": {
                "front": ["5r 12r 9r 8r", "4 13 16 1"],
                "back": ["7r 10r 11r 6r", "2 15 14 3"],
                "folds": ["left_behind", "top_behind", "left_behind"],
                "binding": "perfect",
            }
        },
    ),
    "nested signatures of 8": (
        "booklet_saddle",
        {
            "unit": {
                "front": ["5r 4r", "8 1"],
                "back": ["3r 6r", "2 7"],
                "folds": ["top_behind", "left_behind"],
                "binding": "saddle",
            }
        },
    ),
}


@pytest.mark.parametrize(("name", "changes"), [*CASES, *FOLDED.values()])
def test_what_comes_out_is_the_plain_sequence(
    name: str, changes: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("press")

    @settings(max_examples=8, deadline=None)
    @given(pieces=piece_lists())
    def check(pieces: list[int]) -> None:
        finished_in_order(name, changes, pieces, folder)

    check()
    finished_in_order(name, changes, [23, 1, 1, 2, 7, 4, 30, 3], folder)


def finished_in_order(name: str, changes: dict[str, Any], pieces: list[int], folder: Path) -> None:
    source, out = folder / "in.pdf", folder / "out.pdf"
    source_of(pieces, source)
    done = reimpose(source, out, load_scheme(name, changes), piece_pages=tuple(pieces))
    described = text_of(name) | changes
    shop = Shop(described, PAGE, (done.sheet_mpt[0] / 1000, done.sheet_mpt[1] / 1000))
    stacks = shop.finish(out, done.lifts)
    for leaves in stacks:
        check_leaves(shop, leaves, pieces)


def check_leaves(shop: Shop, leaves: list[Leaf], pieces: list[int]) -> None:
    """Pages in order, backs with their fronts, pieces whole, everything upright and in its place."""
    back = shop.unit["back"]
    tumbled = bool(back) and back[0].endswith("r") and not shop.unit["folds"]
    printed = [leaf for leaf in leaves if leaf.seen or leaf.behind]
    pages = [label for leaf in printed for label in ((leaf.seen, leaf.behind) if back else (leaf.seen,))]
    assert [(p.piece, p.page) for p in pages if p] == [
        (piece, page) for piece, count in enumerate(pieces, 1) for page in range(1, count + 1)
    ]
    cells: dict[int, list[int]] = {}
    for leaf in printed:
        assert leaf.seen is not None, "a printed back behind a blank front"
        if leaf.behind is not None:
            assert leaf.behind.piece == leaf.seen.piece, "a back of another piece than its front"
            assert leaf.behind.page == leaf.seen.page + 1
        check_place(shop, leaf.seen, behind=False, on_head=False, pieces=pieces)
        if leaf.behind is not None:
            check_place(shop, leaf.behind, behind=True, on_head=tumbled, pieces=pieces)
        cells.setdefault(leaf.seen.piece, []).append(leaf.cell)
    if shop.scheme.get("order") == "stacks" and not shop.scheme.get("split_pieces"):
        assert all(len(set(found)) == 1 for found in cells.values()), "a piece in two stacks"


def check_place(shop: Shop, label: Label, *, behind: bool, on_head: bool, pieces: list[int]) -> None:
    """The label's head points up, and its anchor is where the page has it, but for creep."""
    width, height = shop.scaled
    scale = width / shop.page[0]
    sign = -1 if on_head else 1
    assert label.up == pytest.approx((0, sign), abs=1e-3)
    x = width - label.at[0] if behind else label.at[0]
    y = label.at[1]
    if on_head:
        x, y = width - x, height - y
    assert height - y == pytest.approx(ANCHOR[1] * scale, abs=0.02)
    # Pages further in move to the spine: right-hand pages to the left, left-hand pages to the right.
    inward = (ANCHOR[0] * scale - x) * (1 if label.page % 2 else -1)
    assert inward == pytest.approx(depth_of(shop, label, pieces) * shop.length("creep"), abs=0.02)


def depth_of(shop: Shop, label: Label, pieces: list[int]) -> int:
    """Leaves of its booklet or signature that lie around the page."""
    if shop.unit["binding"] == "none":
        return 0
    unit = sum(len(row.split()) for row in shop.unit["front"]) * 2
    if shop.unit["binding"] == "perfect":
        page, total = (label.page - 1) % unit, unit
    else:
        page, total = label.page - 1, -(-pieces[label.piece - 1] // unit) * unit
    return min(page // 2, (total - 1 - page) // 2)
