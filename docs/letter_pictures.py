"""Draw the picture of docs/faces.md: ``python docs/letter_pictures.py``.

A letter of a run of jobs/cn-insurance, cut out of its press sheet. Needs the extras ``show`` and ``demo``.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pypdfium2 as pdfium
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from printstream.cli import main as printstream  # noqa: E402

JOB, TARGET = ROOT / "jobs" / "cn-insurance", ROOT / "docs" / "img" / "cn-insurance.png"
PX_PER_MM, COLORS = 4.2, 64
CUT_MM = (15.0, 11.5, 15.0 + 210.0, 11.5 + 182.0)
"""The left page down to behind its paragraph, on a sheet of 450 x 320 mm."""


def main() -> None:
    """Draw it."""
    with tempfile.TemporaryDirectory() as made:
        data = Path(made) / "data"
        command = [sys.executable, ROOT / "fixtures" / "letters.py", "cn", "--count", "1200", "--out", data]
        subprocess.run(command, check=True)
        words = ["run", JOB, "--input", data, "--out", made, "--run-id", "1", "--quiet"]
        if printstream([str(word) for word in words]):
            sys.exit("the run failed")
        with pdfium.PdfDocument(Path(made) / "cn-insurance" / "1" / "spool" / "0001.pdf") as pdf:
            sheet = pdf[0].render(scale=PX_PER_MM * 25.4 / 72).to_pil()
    left, top, right, bottom = (round(mm * PX_PER_MM) for mm in CUT_MM)
    page = sheet.crop((left, top, right, bottom))
    page.quantize(COLORS, dither=Image.Dither.NONE).save(TARGET, optimize=True)


if __name__ == "__main__":
    main()
