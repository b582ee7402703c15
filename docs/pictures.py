"""Draw the pictures of README and docs from a finished run: ``python docs/pictures.py out/statement/<run>``.

PDFium renders what printstream wrote; nothing is retouched.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pypdfium2
from PIL import Image

HERE = Path(__file__).parent / "img"


def sheet(run: Path, spool: int, side: int, name: str, width_px: int = 1500) -> Path:
    """Render one press side; side counts from 0."""
    with pypdfium2.PdfDocument(run / "spool" / f"{spool:04d}.pdf") as pdf:
        page = pdf[side]
        image = page.render(scale=2 * width_px / page.get_width()).to_pil()
    image = image.resize((width_px, round(width_px * image.height / image.width)), Image.Resampling.LANCZOS)
    path = HERE / f"{name}.png"
    image.quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)
    return path


def labels(run: Path, name: str, width_px: int = 1500) -> Path:
    """Render the upper half of the first sheet of tray labels."""
    with pypdfium2.PdfDocument(run / "postal" / "tray-labels.pdf") as pdf:
        image = pdf[0].render(scale=2 * width_px / pdf[0].get_width()).to_pil()
    image = image.crop((0, 0, image.width, image.height * 60 // 100))
    image = image.resize((width_px, round(width_px * image.height / image.width)), Image.Resampling.LANCZOS)
    path = HERE / f"{name}.png"
    image.quantize(16, dither=Image.Dither.NONE).save(path, optimize=True)
    return path


def main() -> None:
    """Render the pictures of the run named on the command line."""
    run = Path(sys.argv[1])
    HERE.mkdir(exist_ok=True)
    for side, name in ((0, "sheet-front"), (1, "sheet-back")):
        path = sheet(run, 1, side, name)
        print(f"{path}: {path.stat().st_size:,} bytes")
    path = labels(run, "tray-labels")
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
