"""Draw the pictures of docs/imposition.md: ``python docs/imposition_pictures.py``.

Numbered pages are imposed by every shipped scheme with ``printstream impose``, and a press sheet of each is drawn with
``printstream show``. Needs the extras ``show`` and ``demo``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from printstream.cli import main as printstream
from printstream.imposition import scheme_names

HERE = Path(__file__).parent / "img" / "imposition"
A5, CARD = (148 * mm, 210 * mm), (90 * mm, 60 * mm)
PAGES = 32
CASES: dict[str, tuple[str, list[str]]] = {
    "booklet_perfect": ("a5", ["--sheet", "340mmx460mm"]),
    "booklet_saddle": ("a5", ["--sheet", "330mmx240mm"]),
    "gang": ("card", ["--sheet", "320mmx240mm"]),
    "step_and_repeat": ("card", ["--sheet", "320mmx240mm"]),
    "roll_two_across": ("a5", ["--sheet", "320mmx214mm", "--piece-pages", "4"]),
    "roll_three_across": ("a5", ["--sheet", "470mmx214mm", "--piece-pages", "4"]),
    "roll_landscape": ("a5", ["--sheet", "440mmx148mm", "--piece-pages", "4"]),
}


def pages(path: Path, size: tuple[float, float]) -> None:
    """Write pages that say their number, head and foot."""
    width, height = size
    canvas = Canvas(str(path), pagesize=size, invariant=1)
    for number in range(1, PAGES + 1):
        canvas.setFillGray(0.94)
        canvas.rect(8 * mm, 8 * mm, width - 16 * mm, height - 16 * mm, fill=1, stroke=0)
        canvas.setFillGray(0.3)
        canvas.setFont("Helvetica-Bold", height / 6)
        canvas.drawCentredString(width / 2, height * 0.73, str(number))
        canvas.setFont("Helvetica", 11)
        canvas.drawCentredString(width / 2, height - 6 * mm, "head")
        canvas.drawCentredString(width / 2, 3 * mm, "foot")
        canvas.showPage()
    canvas.save()


def draw(name: str, folder: Path) -> None:
    """Impose by a scheme and draw its second press sheet."""
    source, options = CASES.get(name, ("a5", ["--piece-pages", {"n_up": "3", "simplex": "2"}.get(name, "4")]))
    file, order = folder / f"{name}.pdf", folder / f"{name}.json"
    words = ["impose", name, "--input", str(folder / f"{source}.pdf"), "--out", str(file), "--quiet"]
    done = printstream([*words, "--work-order", str(order), *options])
    words = ["show", str(file), "--work-order", str(order), "--sheet", "2", "--width", "1100"]
    if done or printstream([*words, "--out", str(HERE / f"{name}.png")]):
        sys.exit(1)


def main() -> None:
    """Draw every scheme, or those named on the command line."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        pages(folder / "a5.pdf", A5)
        pages(folder / "card.pdf", CARD)
        for name in sys.argv[1:] or scheme_names():
            draw(name, folder)


if __name__ == "__main__":
    main()
