"""Draw every inserter profile for docs/inserters.md: a letter of three sheets made by the product, its marks cut out.

In: nothing. Out: docs/img/inserter-*.png. Run as ``python docs/inserter_pictures.py``.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import pyarrow as pa
import pypdfium2 as pdfium
from PIL import Image, ImageDraw, ImageFont
from ruamel.yaml import YAML

from printstream.marks import load_profile, shipped
from printstream.ondemand import Composer

OUT = Path(__file__).resolve().parent / "img"
FACE = Path(__file__).resolve().parents[1] / "printstream" / "fonts" / "IBMPlexSans-Regular.ttf"
DPI = 150
SHEETS = 3
GROUPS = {
    "pitney-bowes": "pb_",
    "neopost": ("neopost_", "formax_", "fp_"),
    "others": ("omr_", "pfe_", "hefter", "kern_", "boewe_", "bell_"),
}
ROW = {
    "key": 1,
    "name": "A Person",
    "street": "1 Broad Street",
    "city": "New York",
    "state": "NY",
    "zip5": "10001",
}


def write_job(folder: Path, profile: str) -> None:
    """A letter of three sheets: ten lines, two a page."""
    job = {
        "format": "printstream-job/1",
        "name": "picture",
        "title": "Picture",
        "production_date": "2026-01-02",
        "input": {
            "documents": {"files": ["d.parquet"], "key": "key"},
            "details": {"files": ["l.parquet"], "key": "key"},
        },
        "address": {"lines": ["name"], "street": "street", "city": "city", "state": "state", "zip5": "zip5"},
        "mailing": {"barcode": "none"},
        "inserter": {"profile": profile, "job_code": "AB12"},
    }
    line = {"height": "200pt", "baseline": "9pt", "style": "body", "cells": []}
    template = {
        "format": "printstream-template/1",
        "styles": {"body": {"size": "10pt"}},
        "first": {"area": {"top": "100pt", "bottom": "700pt"}},
        "table": {"x": "250pt", "sum": "n", "line": line},
    }
    for name, document in (("job.yaml", job), ("template.yaml", template)):
        with (folder / name).open("w") as file:
            YAML(typ="safe").dump(document, file)


def sheets_of(profile: str) -> list[Image.Image]:
    """The marks' surroundings on each front."""
    with tempfile.TemporaryDirectory() as name:
        write_job(Path(name), profile)
        with Composer(Path(name)) as composer:
            lines = pa.table({"key": [1] * 16, "n": [1] * 16})
            pdf = composer.compose(pa.Table.from_pylist([ROW]), lines).pdf
            zones = composer.order.marks.clear_zones_mpt
    left, top = max(min(z[0] for z in zones), 0), min(z[1] for z in zones)
    right, bottom = max(z[2] for z in zones), max(z[3] for z in zones)
    document = pdfium.PdfDocument(io.BytesIO(pdf))
    pages = [document[2 * k].render(scale=DPI / 72, grayscale=True).to_pil() for k in range(SHEETS)]
    assert len(document) > 2 * SHEETS - 2
    box = tuple(round(edge / 72_000 * DPI) for edge in (left, top, right, bottom))
    return [page.crop(box) for page in pages]


def picture(profile: str) -> Image.Image:
    """Title, and the three sheets beside each other as cut-outs of their sheets."""
    small, large = (ImageFont.truetype(str(FACE), size) for size in (18, 24))
    cuts = sheets_of(profile)
    gap, head = 14, 92
    width = max(SHEETS * (cuts[0].width + gap) + gap, 660)
    sheet = Image.new("L", (width, head + cuts[0].height + gap), 255)
    pen = ImageDraw.Draw(sheet)
    pen.text((gap, 8), profile, font=large, fill=0)
    pen.text((gap, 38), load_profile(profile).title, font=small, fill=60)
    for k, cut in enumerate(cuts):
        x = gap + k * (cut.width + gap)
        pen.text((x, 66), f"{k + 1} of {SHEETS}" if cut.width > 70 else f"{k + 1}", font=small, fill=60)
        sheet.paste(cut, (x, head))
        pen.rectangle((x - 1, head - 1, x + cut.width, head + cut.height), outline=190)
    return sheet


def main() -> None:
    """A picture for each group of makers."""
    for group, begins in GROUPS.items():
        made = [picture(name) for name in shipped() if name.startswith(begins)]
        columns = 2
        rows = [made[k : k + columns] for k in range(0, len(made), columns)]
        width = max(sum(p.width + 24 for p in row) for row in rows)
        whole = Image.new("L", (width, sum(max(p.height for p in row) + 24 for row in rows)), 255)
        y = 0
        for row in rows:
            x = 0
            for cut in row:
                whole.paste(cut, (x, y))
                x += width // columns
            y += max(p.height for p in row) + 24
        whole.quantize(16).save(OUT / f"inserter-{group}.png", optimize=True)


if __name__ == "__main__":
    main()
