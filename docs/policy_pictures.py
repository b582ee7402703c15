"""Draw the picture of docs/pieces.md: ``python docs/policy_pictures.py``.

The first envelope of a run of jobs/policy with three documents, its pages side by side. Needs the extras ``show`` and
``demo``.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

import polars as pl
import pypdfium2 as pdfium
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fixtures.policies import write  # noqa: E402
from printstream.cli import main as printstream  # noqa: E402

JOB, TARGET = ROOT / "jobs" / "policy", ROOT / "docs" / "img" / "policy-envelope.png"
ONE_UP = "  scheme: one_up\n  sheet_width: 8.5in\n  sheet_height: 11in\n  crop_marks: false\n"
SCALE, GAP_PX, COLORS = 0.62, 18, 256


def pages(folder: Path) -> list[Image.Image]:
    """The pages of the first envelope with all three documents, of a run with a page on a sheet."""
    write(folder / "data", 40)
    shutil.copytree(JOB, folder / "job")
    job = folder / "job" / "job.yaml"
    text, count = re.subn(r"(imposition:\n)(?:  .*\n)+", rf"\g<1>{ONE_UP}", job.read_text())
    text = text.replace('"0.03"', '"1"')
    job.write_text(text)
    words = ["run", folder / "job", "--input", folder / "data", "--out", folder, "--run-id", "1", "--quiet"]
    if count != 1 or printstream([str(word) for word in words]):
        sys.exit("the run failed")
    run = folder / "policy" / "1"
    rows = pl.read_parquet(run / "manifest.parquet").filter(pl.col("enclosures") == 3)[:3]
    with pdfium.PdfDocument(run / "spool" / "0001.pdf") as pdf:
        sides = [row["first_side"] + k for row in rows.iter_rows(named=True) for k in range(row["pages"])]
        return [pdf[side].render(scale=SCALE).to_pil() for side in sides]


def main() -> None:
    """Draw them on a desk."""
    with tempfile.TemporaryDirectory() as made:
        images = pages(Path(made))
    width, height = images[0].size
    desk = Image.new("RGB", (GAP_PX + len(images) * (width + GAP_PX), height + 2 * GAP_PX), "#e4e7e6")
    pen = ImageDraw.Draw(desk)
    for k, image in enumerate(images):
        left = GAP_PX + k * (width + GAP_PX)
        pen.rectangle((left + 3, GAP_PX + 3, left + width + 2, GAP_PX + height + 2), fill="#c3c9c6")
        desk.paste(image, (left, GAP_PX))
    desk.quantize(COLORS, dither=Image.Dither.NONE).save(TARGET, optimize=True)


if __name__ == "__main__":
    main()
