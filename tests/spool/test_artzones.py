"""Art that would print where the inserter reads is found, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from printstream.base.errors import JobError
from printstream.spool import check_art_zones
from tests.judges.nights import call, job_with, make_input

HEIGHT = 792_000
ZONE = (540_000, 200_000, 612_000, 400_000)
"""On paper: x 540 to 612, y 392 to 592 from below."""


def art(path: Path, draw: Callable[[Canvas], None], size: tuple[float, float] = (612, 792)) -> Path:
    canvas = Canvas(str(path), pagesize=size, invariant=True)
    draw(canvas)
    canvas.showPage()
    canvas.save()
    return path


def picture(canvas: Canvas) -> None:
    from PIL import Image

    canvas.drawImage(ImageReader(Image.new("RGB", (4, 4), (240, 200, 200))), 500, 300, 60, 120)


def strokes(*steps: tuple[str, *tuple[float, ...]]) -> Callable[[Canvas], None]:
    """Calls of the canvas by name, with numbers; rectangles are filled."""

    def draw(canvas: Canvas) -> None:
        for name, *numbers in steps:
            extra = {"stroke": 0, "fill": 1} if name == "rect" else {}
            getattr(canvas, name)(*numbers, **extra)

    return draw


def clipped(canvas: Canvas) -> None:
    path = canvas.beginPath()
    path.rect(0, 0, 500, 792)
    canvas.clipPath(path, stroke=0, fill=0)
    canvas.rect(0, 0, 612, 792, stroke=0, fill=1)


INKED: dict[str, Callable[[Canvas], None]] = {
    "text": lambda c: c.drawString(560, 500, "x"),
    "line through": strokes(("line", 0, 392.5, 612, 392.5)),
    "hairline": strokes(("setLineWidth", 0.1), ("line", 545, 450, 600, 450)),
    "tint": strokes(("setFillGray", 0.9), ("rect", 530, 380, 12, 14)),
    "image": picture,
    "curve bulging in": strokes(("bezier", 500, 400, 600, 450, 600, 500, 500, 550)),
}
CLEAR: dict[str, Callable[[Canvas], None]] = {
    "nothing": strokes(),
    "around": strokes(("rect", 10, 10, 525, 770), ("line", 0, 390, 612, 390), ("line", 0, 594, 612, 594)),
    "white": strokes(("setFillGray", 1), ("rect", 530, 380, 50, 50)),
    "frame around the zone": lambda c: c.rect(530, 380, 90, 222),
    "clipped away": clipped,
}


@pytest.mark.parametrize("name", [*INKED])
def test_ink_in_the_zone_is_refused(name: str, tmp_path: Path) -> None:
    path = art(tmp_path / "art.pdf", INKED[name])
    with pytest.raises(
        JobError, match=r"7\.50 to 8\.50 in from the left and 2\.78 to 5\.56 in from the top"
    ) as caught:
        check_art_zones(path, 1, HEIGHT, ((0, 0, 1_000, 1_000), ZONE), "template.first.blocks.0")
    assert caught.value.where == "template.first.blocks.0"


@pytest.mark.parametrize("name", [*CLEAR])
def test_art_beside_the_zone_is_let_be(name: str, tmp_path: Path) -> None:
    check_art_zones(art(tmp_path / "art.pdf", CLEAR[name]), 1, HEIGHT, (ZONE,), "x")


def test_art_is_placed_by_its_trimmed_corner(tmp_path: Path) -> None:
    """A page with bleed, and one lower than the sheet: the lower left corners of trim and sheet meet."""
    path = art(tmp_path / "bleed.pdf", lambda c: c.rect(60, 400, 10, 10, stroke=0, fill=1), (632, 812))
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.pages[0].TrimBox = [20, 20, 632, 812]
        pdf.save(path)
    mark = (40_000, HEIGHT - 390_000, 50_000, HEIGHT - 380_000)
    with pytest.raises(JobError, match="ink"):
        check_art_zones(path, 1, HEIGHT, (mark,), "x")
    check_art_zones(path, 1, HEIGHT, ((60_000, mark[1], 70_000, mark[3]),), "x")
    low = art(tmp_path / "low.pdf", lambda c: c.rect(40, 380, 10, 10, stroke=0, fill=1), (612, 400))
    with pytest.raises(JobError, match="ink"):
        check_art_zones(low, 1, HEIGHT, (mark,), "x")


def test_check_refuses_the_job(tmp_path: Path) -> None:
    data = tmp_path / "data"
    make_input("0.001", data)
    job = job_with(tmp_path / "job", {})
    assert call("check", job, "--input", data, "--quiet").code == 0
    art(job / "art" / "letterhead.pdf", lambda c: c.drawString(580, 480, "Thank you"))
    done = call("check", job, "--input", data, "--quiet")
    assert done.code == 3
    assert "the art has ink in the inserter's clear zone" in done.err
