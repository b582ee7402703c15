"""Draw the posts' codes for docs/postal-barcodes.md: letters made by the product, rendered and cut out.

In: nothing. Out: docs/img/postal-barcodes.png. Run as ``python docs/postal_pictures.py``.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pypdfium2 as pdfium
from PIL import Image, ImageDraw, ImageFont
from ruamel.yaml import YAML

from printstream.ondemand import Composer

OUT = Path(__file__).resolve().parent / "img" / "postal-barcodes.png"
FACE = Path(__file__).resolve().parents[1] / "printstream" / "fonts" / "IBMPlexSans-Regular.ttf"
DPI = 200
ROYAL = {"postcode": "pc", "suffix": "dps"}
CODES: dict[str, tuple[str, dict[str, Any]]] = {
    "imb": ("Intelligent Mail", {"mailer_id": "902345678", "service_type": "270"}),
    "mailmark_c": ("Mailmark C", {"mailmark": {**ROYAL, "supply_chain": "22"}}),
    "mailmark_l": ("Mailmark L", {"mailmark": {**ROYAL, "supply_chain": "654321"}}),
    "rm4scc": ("RM4SCC", {"rm4scc": ROYAL}),
    "kix": ("KIX", {"kix": {"postcode": "nl", "house_number": "number"}}),
    "auspost": (
        "Australia Post 52",
        {"auspost": {"control": "59", "sorting_code": "dpid", "information": "number"}},
    ),
    "japanpost": ("Japan Post", {"japanpost": {"postcode": "jp", "address": "jpa"}}),
    "postnet": ("POSTNET", {}),
    "planet": ("PLANET", {"planet": {"code": "planet"}}),
    "mailmark_2d": (
        "Mailmark 2D, type 29",
        {"mailmark_2d": {**ROYAL, "supply_chain": "1234567", "type": 29}},
    ),
    "dp_datamatrix": (
        "Deutsche Post",
        {
            "dp_datamatrix": {
                "price_version": 33,
                "customer": "5125149612",
                "value_cents": 185,
                "product": 148,
                "participation": 1,
                "statement": 588,
            }
        },
    ),
}
ROW = {
    "key": 1, "name": "A Person", "street": "1 Broad Street", "city": "New York", "state": "NY", "zip5": "10001",
    "pc": "EC1A 1BB", "dps": "1A", "nl": "2500 GG", "number": "30250", "dpid": "39549554", "jp": "154-0023",
    "jpa": "3-16-4-205", "planet": "40123452356",
}  # fmt: skip


def write_job(folder: Path, barcode: str, settings: dict[str, Any]) -> None:
    """A letter with its postal block 20 mm from the left and the top."""
    job = {
        "format": "printstream-job/1",
        "name": "picture",
        "title": "Picture",
        "production_date": "2026-01-02",
        "input": {"documents": {"files": ["d.parquet"], "key": "key"}},
        "address": {"lines": ["name"], "street": "street", "city": "city", "state": "state", "zip5": "zip5"},
        "mailing": {"barcode": barcode, **settings},
    }
    template = {
        "format": "printstream-template/1",
        "styles": {"body": {"size": "10pt"}},
        "first": {
            "blocks": [{"kind": "postal", "at": ["20mm", "20mm"]}],
            "area": {"top": "150mm", "bottom": "250mm"},
        },
    }
    for name, document in (("job.yaml", job), ("template.yaml", template)):
        with (folder / name).open("w") as file:
            YAML(typ="safe").dump(document, file)


def picture(barcode: str, settings: dict[str, Any]) -> Image.Image:
    """The code with its clear zone, cut out of a letter."""
    with tempfile.TemporaryDirectory() as name:
        write_job(Path(name), barcode, settings)
        with Composer(Path(name)) as composer:
            pdf = composer.compose(pa.Table.from_pylist([ROW])).pdf
    page = pdfium.PdfDocument(io.BytesIO(pdf))[0].render(scale=DPI / 72, grayscale=True).to_pil()
    is_matrix = barcode in ("mailmark_2d", "dp_datamatrix")
    box = (17, 18 if is_matrix else 15, 117, 35 if is_matrix else 25)
    return page.crop(tuple(round(edge / 25.4 * DPI) for edge in box))


def main() -> None:
    """Stack all pictures, a name beside each."""
    font = ImageFont.truetype(str(FACE), 26)
    pictures = [(name, picture(barcode, settings)) for barcode, (name, settings) in CODES.items()]
    gap, left = 16, 270
    height = sum(p.height + gap for _, p in pictures) + gap
    sheet = Image.new("L", (left + max(p.width for _, p in pictures) + gap, height), 255)
    pen = ImageDraw.Draw(sheet)
    y = gap
    for name, cut in pictures:
        sheet.paste(cut, (left, y))
        pen.text((gap, y + cut.height // 2), name, font=font, fill=0, anchor="lm")
        y += cut.height + gap
    sheet.save(OUT, optimize=True)


if __name__ == "__main__":
    main()
