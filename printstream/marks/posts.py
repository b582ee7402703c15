"""Payloads of the posts' codes other than the Intelligent Mail barcode, what is wrong with them, their text.

In: documents, the job. Out: ``Posts`` for the kernels, faults, text for the manifest. Never: loaded by a job without.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base import columns as c
from printstream.base.errors import JobError
from printstream.base.program import PostalMark
from printstream.fonts.bar_font import MEASURES
from printstream.job import Job
from printstream.kernels.datamatrix import datamatrix_tables
from printstream.kernels.fourstate_tables import REASONS, fourstate_tables
from printstream.kernels.posts import MATRIX_BYTES, MATRIX_C40, POST_SETTINGS, Posts, check_posts
from printstream.marks.recipes import Recipe, recipe_of

_TOO_LONG = "the content is too long for the symbol"
_ROYAL = "bars-royal"
_FACES = {
    "mailmark_c": (_ROYAL, 66),
    "mailmark_l": (_ROYAL, 78),
    "rm4scc": (_ROYAL, 42),
    "kix": (_ROYAL, 72),
    "auspost": ("bars-auspost", 67),
    "japanpost": ("bars-japanpost", 67),
    "postnet": ("bars-postnet", 62),
    "planet": ("bars-postnet", 72),
}
"""Face and most bars; Australia Post's number goes by the format control code."""
_AUS_BARS = {"59": 52, "62": 67}
_QUIET_MODULES = 4
"""Free modules around a post's Data Matrix (Royal Mail, definition document 2.4; more than ISO/IEC 16022 asks)."""


def mark_of(job: Job) -> PostalMark:
    """What the job's code looks like."""
    mailing, recipe = job.mailing, recipe_of(job)
    _, rows, columns = recipe.matrix
    own = mailing.mailmark_2d or mailing.dp_datamatrix
    if own is not None:
        if own.module <= 0:
            msg = "the symbol's modules have no width"
            where = f"job.mailing.{mailing.barcode}.module"
            raise JobError(msg, where=where, next_step="Leave the setting out, or give it 0.5mm")
        quiet = _QUIET_MODULES * own.module
        return PostalMark("", 0, rows, columns, own.module, (quiet, quiet))
    face, bars = _FACES[mailing.barcode]
    if mailing.auspost is not None:
        bars = _AUS_BARS.get(mailing.auspost.control, 37)
    measures = MEASURES[face]
    return PostalMark(face, bars, clear_mpt=(measures.clear_x, measures.clear_y))


def payloads(documents: pl.DataFrame, job: Job) -> Posts:
    """Payloads of all documents for the kernels."""
    recipe = recipe_of(job)
    text = _each(documents, recipe.text)
    settings = np.zeros(POST_SETTINGS, np.int64)
    settings[:] = (
        recipe.kind,
        recipe.matrix[0],
        recipe.number_at,
        recipe.number_bytes,
        recipe.number_base,
        job.mailing.first_serial,
        recipe.limit,
        recipe.fill,
    )
    head = np.frombuffer(recipe.head, np.uint8)
    return Posts(settings, head, *_latin1(text), fourstate_tables(), datamatrix_tables())


def _each(documents: pl.DataFrame, value: pl.Expr) -> pl.Series:
    """A value a document; one that names no column would come only once."""
    return documents.select(pl.int_range(pl.len()), value=value)["value"]


def _latin1(text: pl.Series) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Bytes of all texts and where each begins; characters beyond Latin-1 become ?."""
    plain = text.str.len_bytes().sum() == text.str.len_chars().sum()
    if plain:
        joined = text.str.join("").item().encode() if len(text) else b""
    else:
        joined = "".join(text.to_list()).encode("latin-1", "replace")
    offsets = np.zeros(len(text) + 1, np.int64)
    np.cumsum(text.str.len_chars().to_numpy(), out=offsets[1:])
    return np.frombuffer(joined, np.uint8), offsets


def find_faults(documents: pl.DataFrame, job: Job) -> dict[int, str]:
    """Rows whose payload the post would not take, and why."""
    recipe = recipe_of(job)
    posts = payloads(documents, job)
    codes = np.zeros(documents.height, np.int8)
    check_posts(posts, codes)
    reasons: dict[int, str] = {}
    for rule, reason in recipe.rules:
        good = _each(documents, rule).fill_null(value=False).to_numpy()
        for row in np.flatnonzero(~good).tolist():
            reasons.setdefault(row, reason)
    for row in np.flatnonzero(codes < 0).tolist():
        reasons.setdefault(row, _reason(recipe, int(codes[row])))
    return reasons


def _reason(recipe: Recipe, code: int) -> str:
    return _TOO_LONG if recipe.kind in (MATRIX_C40, MATRIX_BYTES) else REASONS[code]


def barcode_texts(pieces: pl.DataFrame, documents: pl.DataFrame, job: Job) -> pl.Series:
    """See marks.postal_barcodes."""
    recipe = recipe_of(job)
    number = pl.col(c.PIECE_ID.name).cast(pl.Int64) - 1 + job.mailing.first_serial
    text = _each(documents, recipe.text).gather(pieces[c.DOCUMENT.name])
    parts = pieces.select(number=number % recipe.limit).with_columns(text=text)
    if recipe.number_base == 256:
        return _hexadecimal(parts, recipe)
    end = recipe.number_at + recipe.number_bytes
    serial = pl.lit("")
    if recipe.number_bytes:
        serial = pl.col("number").cast(pl.String).str.zfill(recipe.number_bytes)
    head = pl.lit(recipe.head[: recipe.number_at].decode())
    rest = pl.lit(recipe.head[end:].decode())
    return parts.select(pl.concat_str(head, serial, rest, pl.col("text"))).to_series()


def _hexadecimal(parts: pl.DataFrame, recipe: Recipe) -> pl.Series:
    end = recipe.number_at + recipe.number_bytes
    words = []
    for number, text in parts.select("number", "text").iter_rows():
        serial = int(number).to_bytes(recipe.number_bytes, "big")
        payload = (
            recipe.head[: recipe.number_at] + serial + recipe.head[end:] + text.encode("latin-1", "replace")
        )
        words.append(payload.ljust(recipe.fill, b"\0").hex())
    return pl.Series(words, dtype=pl.String)
