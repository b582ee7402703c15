"""Draw the placard for docs/papers.md: letters made up, sorted and put on pallets by the product, rendered by PDFium.

In: nothing. Out: docs/img/placard.png. Run as ``python docs/placard_picture.py`` in the repository's root.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pypdfium2
from PIL import Image

from printstream import mailpapers, presort, spool, ticket
from printstream.job import Job

HERE = Path(__file__).resolve().parent
OUT = HERE / "img" / "placard.png"
PIECES = 40_000
WIDTH_PX = 1100


def made_job() -> Job:
    """A job whose letters travel on pallets."""
    return Job.model_validate(
        {
            "format": "printstream-job/1",
            "name": "picture",
            "title": "Meridian Trade Supply, customer statements",
            "production_date": "2025-08-01",
            "input": {"documents": {"files": ["d.parquet"], "key": "k"}},
            "address": {"lines": ["n"], "street": "s", "city": "c", "state": "st", "zip5": "z"},
            "streams": [
                {"name": "letter", "scheme": "us_fcm_letters", "containers": "pallet", "envelope": "#10"}
            ],
        }
    )


def letters() -> pl.DataFrame:
    """Letters to New York and everywhere."""
    random = np.random.default_rng(1)
    near = np.array([f"{code:05d}" for code in range(10001, 10041)])
    far = np.array([f"{code:05d}" for code in range(1001, 99_950)])
    codes = np.where(random.random(PIECES) < 0.6, random.choice(near, PIECES), random.choice(far, PIECES))
    sheets = random.choice([2, 3, 4], PIECES)
    return pl.DataFrame(
        {
            "document": np.arange(PIECES, dtype=np.uint32),
            "postal_code": codes,
            "plus4": ["1234"] * PIECES,
            "delivery_point": ["56"] * PIECES,
            "weight_mg": 4_700 + 5_429 * sheets,
            "thickness_um": 200 + 330 * sheets,
            "sheets": sheets.astype(np.uint32),
            "stream": ["letter"] * PIECES,
        }
    )


def main() -> None:
    """Sort, stow, draw, render."""
    job = made_job()
    schemes, singles = presort.load_prices(job)
    done = presort.sort_mailing(letters(), job, schemes, singles)
    levels = mailpapers.levels_of(job, schemes, singles)
    pieces = done.pieces.with_columns(pl.lit(1, pl.UInt32).alias("spool"))
    post = ticket.Post(
        job, pieces, done.trays, done.qualification.levels, done.qualification.rates, done.currency,
        levels.titles, levels.papers, 1, containers=done.containers, carriers=levels.carriers,
    )  # fmt: skip
    table = ticket.container_table(post)
    made = ticket.placard_sheets(table, levels.carriers["letter"], table.height, job)
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "img" / "placard.pdf"
    sheets = spool.Sheets(
        made.faces, made.codepage, made.width_mpt, made.height_mpt, "placards", job.production_date, bytes(16)
    )
    spool.write_sheets(path, sheets, made.pages)
    data = path.read_bytes()
    path.unlink()
    with pypdfium2.PdfDocument(io.BytesIO(data)) as pdf:
        image = pdf[0].render(scale=2 * WIDTH_PX / pdf[0].get_width()).to_pil()
    image = image.resize((WIDTH_PX, round(WIDTH_PX * image.height / image.width)), Image.Resampling.LANCZOS)
    framed = Image.new("RGB", (image.width + 2, image.height + 2), (160, 160, 160))
    framed.paste(image, (1, 1))
    framed.quantize(16, dither=Image.Dither.NONE).save(OUT, optimize=True)
    print(f"{OUT}: {OUT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
